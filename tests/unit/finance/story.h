/*
 * story.h: a row of calls that together write every table: for sweeps, and for books that have
 * something of all.
 */
#ifndef FIN_STORY_H
#define FIN_STORY_H

#include "office.h"

#define STORY_CALLS 9

typedef struct story_call {
    const char *name;
    /* Runs inside office_begin and office_end. */
    kt_status_t (*run)(office_t *office);
    uint64_t entries; /* how many it posts */
} story_call_t;

extern const story_call_t story[STORY_CALLS];

/* Runs all of it, each call in a transaction of its own. */
void story_tell(office_t *office);

#endif
