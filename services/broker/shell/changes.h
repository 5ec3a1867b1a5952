/* changes.h: what a reload changed of who may do what, for the log. */
#ifndef BROKER_CHANGES_H
#define BROKER_CHANGES_H

#include "core/directory.h"

/* A line for each key that came or went and for each principal whose roles, limits or departments
 * changed; no key stands in it. */
void broker_log_changes(const broker_directory_t *before, const broker_directory_t *after);

#endif
