/*
 * lives.h: the lives of a store. A store that is put back from a backup begins another life, whose
 * first records of the journal are those of the backup and whose next one says so. What the life
 * before wrote behind that place is lost, and others may have seen it: so a life has a number and a
 * name, and its store tells where it began.
 *
 * - epoch: 1 for the life that a store was made in, larger with each restore
 * - life: an id of the time when it began, and of chance. Two restores of one backup may come to
 *   the same epoch, and never to the same id; of the same epoch the younger id is the newer life.
 *
 * In table meta, "lives": u8 version (1), 16 bytes id of the first life, u64 the number of the
 * journal's record for each later one. Such a record is, in this order: u8 2 (a call's begins with
 * 1), i64 time in Unix microseconds, u64 epoch, 16 bytes id, u64 records before it, 32 bytes their
 * root, u64 the last event's sequence, str by whom, str from what.
 */
#ifndef KT_LIVES_H
#define KT_LIVES_H

#include <kt/arena.h>
#include <kt/journal.h>
#include <kt/ulid.h>

#define KT_LIVES_MAX           256 /* so that one write can take them all over */
#define KT_LIFE_TEXT_BYTES_MAX 400 /* of each text; what is longer is cut */

typedef struct kt_life {
    uint64_t epoch;
    kt_ulid_t life; /* zero: the first of a store that is older than lives are */
    int64_t began_us;
    uint64_t size;      /* records that it began with; its own has that number, if it has one */
    kt_hash_t root;     /* of those */
    uint64_t events;    /* the last event that it began with; 0: none */
    kt_span_t by, from; /* of a restore: who, and which backup */
} kt_life_t;

/* Below, at or above zero as A is older than, the same as or newer than B. */
int kt_life_compare(const kt_life_t *a, const kt_life_t *b);

/* All lives, the oldest first; the last is the one that goes on. In ARENA; at least one.
 * RESOURCE_EXHAUSTED when that is used up, DATA_LOSS for what is no list of lives. */
kt_status_t kt_lives_load(kt_txn_t *txn, kt_arena_t *arena, kt_life_t **lives, uint32_t *count);
/* The last one alone; its texts are left empty. */
kt_status_t kt_lives_now(kt_txn_t *txn, kt_life_t *life);

/* Names the life of a store that has none and nothing in its journal; of others nothing changes. */
kt_status_t kt_lives_name_first(kt_txn_t *txn, const kt_ulid_t *id);
/* Begins another life: appends its record, with the size and root that the journal has, and keeps
 * it. The journal has no writer at that time. FAILED_PRECONDITION for a life that is not newer than
 * the last, RESOURCE_EXHAUSTED past KT_LIVES_MAX. */
kt_status_t kt_lives_begin(kt_txn_t *txn, const kt_life_t *life);

/* Whether a journal's record is that of a life. Spans are borrowed from RECORD. */
bool kt_life_decode(kt_span_t record, kt_life_t *life);

#endif
