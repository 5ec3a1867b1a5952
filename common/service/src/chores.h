/* chores.h: what a department does by itself from time to time (kt_service_t.chores), as a source
 * of the caller's calls. */
#ifndef KT_SERVICE_CHORES_H
#define KT_SERVICE_CHORES_H

#include "caller.h"

struct kt_chores;

/* Adds the source to the shell's caller. The shell destroys it after the caller. */
kt_status_t kt_chores_new(struct kt_shell *shell, struct kt_chores **chores);
void kt_chores_destroy(struct kt_chores **chores);

#endif
