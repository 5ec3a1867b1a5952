/* backups.h: the folder of a department's backups: which is the last, and which are too many. A
 * backup stands under its name only when it was found good. */
#ifndef KT_SERVICE_BACKUPS_H
#define KT_SERVICE_BACKUPS_H

#include <kt/def.h>

/* The time of the youngest backup in FOLDER, whatever its name, in seconds; 0: there is none. */
int64_t kt_backups_last_s(const char *folder);

/* Leaves the KEEP (1 or more) youngest of those that are named by time,
 * "SERVICE-2026-11-23T16-04-05Z", and removes the older ones and what was begun under such a name
 * and never got whole. What a person named stays. Returns how many it removed. Blocking; not while
 * a backup is made. */
unsigned kt_backups_prune(const char *folder, const char *service, unsigned keep);

#endif
