/* batch_world.h: the writer's batches over a small department of one method, which adds to named
 * balances. */
#ifndef KANTOR_BATCH_WORLD_H
#define KANTOR_BATCH_WORLD_H

#include "testing.h"

#include "batch.h"

#include <kantor/echo/v1/echo.kt.h>
#include <kt/time.h>

#define NOW_US    INT64_C(1800000000000000)
#define WEEK_US   (INT64_C(7) * KT_US_PER_DAY)
#define BATCH_MAX 8

typedef struct world {
    kt_kv_t *store; /* the RAM backend behind the fault decorator */
    kt_batch_t *batch;
    unsigned forgotten;
    kt_arena_t *arenas[BATCH_MAX];
    kt_call_t calls[BATCH_MAX];
    kt_write_t writes[BATCH_MAX];
    kt_write_t *list[BATCH_MAX];
    echo_echo_request_t requests[BATCH_MAX];
    atomic_bool cancelled[BATCH_MAX];
    uint32_t count;
} world_t;

/* A batch over the RAM backend behind the fault decorator. */
int batch_setup(void **state);
int batch_teardown(void **state);
/* As a new process would. */
void open_batch(world_t *w);
/* A key made at MADE_US; NUMBER tells it from others. */
kt_ulid_t key_at(int64_t made_us, uint64_t number);
/* One more write of the next batch: adds AMOUNT to NAME. requests[i].fail_code refuses: before it
 * writes when AMOUNT is 0, else after. */
kt_write_t *ask(world_t *w, kt_ulid_t key, const char *name, uint32_t amount);
/* Carries the batch out. */
void run(world_t *w);
uint64_t balance_of(world_t *w, const char *name);
uint64_t journal_size(world_t *w);
void assert_verifies(world_t *w);
/* The new balance, as the reply says it. */
const char *answer_of(const kt_write_t *write);

#endif
