/*
 * cursor.h: how far the events of other departments were taken, life by life of their stores.
 *
 * An event is one life's and a sequence. A department that was put back has the events of the lives
 * before up to where each of them was left, and then its own; what a life told after that is lost
 * there, and was perhaps taken here. So what was taken is kept for each life, and the next event to
 * take is the first one that the department has and that was not taken, whichever life it is of.
 *
 * Table `cursor`, key: the department, a zero byte, the life's 16 bytes; the value by layout. A
 * record without a life, u64 sequence, is from before lives were told: it is of the first one.
 */
#ifndef KT_SERVICE_CURSOR_H
#define KT_SERVICE_CURSOR_H

#include <kt/call.h>
#include <kt/layout.h>
#include <kt/lives.h>

/* Lives of one department that are kept; with more of them it is followed no further. */
#define KT_CURSOR_LIVES_MAX 512

/* What was taken of one life. Its own events are those after BEGINS. */
typedef struct kt_taken {
    kt_ulid_t life;
    int64_t epoch;
    int64_t begins;
    /* The last of its events that the department has now: INT64_MAX for the life that goes on, 0
     * for one that it comes from no more. */
    int64_t ends;
    int64_t taken; /* the last that was taken; BEGINS: none */
    int64_t size; /* of the department's journal when events were read from it last; 0: not known */
    uint8_t root[KT_HASH_BYTES];
} kt_taken_t;

/* All lives of a department, the oldest first; none before it was heard of. */
typedef struct kt_cursor_now {
    kt_taken_t *lives;
    uint32_t count;
    bool unnamed; /* the only one is a record from before */
} kt_cursor_now_t;

/* As CALL's transaction sees it, in CALL's arena. */
kt_status_t kt_cursor_load(const kt_call_t *call, kt_span_t department, kt_cursor_now_t *cursor);
/* The life that is followed; NULL: none yet. */
const kt_taken_t *kt_cursor_life(const kt_cursor_now_t *cursor);
/* The last event that was taken of all that the department has: the next one is the first that was
 * not. */
uint64_t kt_cursor_sequence(const kt_cursor_now_t *cursor);

/* Events up to SEQUENCE were taken, from a journal of that SIZE (0: not known) and ROOT. */
kt_status_t kt_cursor_take(const kt_call_t *call, kt_span_t department, kt_cursor_now_t *cursor,
                           uint64_t sequence, uint64_t size, const kt_hash_t *root);

/* What a department that was put back has no more. */
typedef struct kt_events_lost {
    uint64_t events;
    uint64_t first, last; /* of them */
} kt_events_lost_t;

/*
 * The department's store has these LIVES (the oldest first, COUNT of them, from the wire) now. OK
 * as well when that is known. FAILED_PRECONDITION, HISTORY_DIFFERS when the last one is older than
 * the one that is followed, or none of them was seen and it is not of a later epoch: an older copy
 * of the store runs, or another store. INVALID_ARGUMENT when they are no lives of one store,
 * RESOURCE_EXHAUSTED past KT_CURSOR_LIVES_MAX.
 */
kt_status_t kt_cursor_adopt(const kt_call_t *call, kt_span_t department, kt_cursor_now_t *cursor,
                            const kt_life_t *lives, uint32_t count, kt_events_lost_t *lost);

#endif
