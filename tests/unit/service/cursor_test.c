/* What was taken of other departments, over all their lives: rows for what is refused, and a world
 * of chance in which departments and followers are put back, held against what a naive model says:
 * every event that a department has is taken once, and what is lost is counted. */
#include "arena_fixture.h"
#include "seed.h"

#include "cursor.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/pack.h>
#include <kt/time.h>

#define CURSOR_TABLE (KT_TABLE_FIRST + KT_SHARED_CURSOR)

static const kt_span_t north = {(const uint8_t *)"north", 5};

/* ---- a follower ---- */

typedef struct follower {
    kt_kv_t *store;
    kt_call_t call;
} follower_t;

static void
open_follower(follower_t *f)
{
    static const kt_table_t tables[] = {KT_SYSTEM_TABLES, KT_SHARED_TABLES(KT_TABLE_FIRST)};
    const kt_kv_options_t options = {
        .service = "south", .format = 1, .tables = tables, .tables_count = KT_COUNT(tables)};

    assert_ok(kt_kv_open_ram(&options, &f->store));
    kt_call_init(&f->call, arena, NULL, "south", KT_US_PER_S);
    f->call.shared_first = KT_TABLE_FIRST;
}

static kt_cursor_now_t
begin(follower_t *f)
{
    kt_cursor_now_t cursor;

    kt_arena_reset(arena);
    assert_ok(kt_kv_begin_write(f->store, &f->call.txn));
    assert_ok(kt_cursor_load(&f->call, north, &cursor));
    return cursor;
}

static void
commit(follower_t *f)
{
    assert_ok(kt_kv_commit(&f->call.txn));
}

static kt_status_t
adopt(follower_t *f, const kt_life_t *lives, uint32_t count, kt_events_lost_t *lost)
{
    kt_cursor_now_t cursor = begin(f);
    kt_status_t status = kt_cursor_adopt(&f->call, north, &cursor, lives, count, lost);

    if (kt_failed(status))
        kt_kv_abort(&f->call.txn);
    else
        commit(f);
    return status;
}

static void
take(follower_t *f, uint64_t sequence)
{
    kt_cursor_now_t cursor = begin(f);

    assert_ok(kt_cursor_take(&f->call, north, &cursor, sequence, 0, NULL));
    commit(f);
}

static uint64_t
sequence_of(follower_t *f)
{
    kt_cursor_now_t cursor = begin(f);
    uint64_t sequence = kt_cursor_sequence(&cursor);

    kt_kv_abort(&f->call.txn);
    return sequence;
}

static kt_life_t
life_of(uint64_t epoch, uint64_t second, uint64_t events)
{
    kt_life_t life = {.epoch = epoch, .events = events};

    if (second > 0)
        life.life = kt_ulid_make((int64_t)second * KT_US_PER_S, 0, second);
    return life;
}

/* ---- rows ---- */

static void
what_is_had_in_common_is_not_taken_again(void **state)
{
    const kt_life_t lives[] = {life_of(1, 1, 0), life_of(2, 2, 5), life_of(3, 3, 8)};
    follower_t f;
    kt_events_lost_t lost;

    (void)state;
    open_follower(&f);
    assert_int_equal(sequence_of(&f), 0);
    assert_ok(adopt(&f, lives, 1, &lost));
    take(&f, 9);
    assert_ok(adopt(&f, lives, 2, &lost));
    assert_int_equal(sequence_of(&f), 5);
    assert_int_equal(lost.events, 4);
    assert_int_equal(lost.first, 6);
    assert_int_equal(lost.last, 9);
    assert_ok(adopt(&f, lives, 2, &lost)); /* again: it is known */
    assert_int_equal(lost.events, 0);
    take(&f, 7);
    assert_ok(adopt(&f, lives, 3, &lost));
    assert_int_equal(sequence_of(&f), 7); /* the eighth of the second life is still to be taken */
    assert_int_equal(lost.events, 0);
    take(&f, 9);
    assert_int_equal(sequence_of(&f), 9);
    kt_kv_close(&f.store);
}

/* Back to an older backup, and then to a newer one of the first life after all. */
static void
what_was_lost_may_come_back(void **state)
{
    const kt_life_t older[] = {life_of(1, 1, 0), life_of(2, 2, 3)};
    const kt_life_t newer[] = {life_of(1, 1, 0), life_of(3, 3, 6)};
    follower_t f;
    kt_events_lost_t lost;

    (void)state;
    open_follower(&f);
    assert_ok(adopt(&f, older, 1, &lost));
    take(&f, 7);
    assert_ok(adopt(&f, older, 2, &lost));
    assert_int_equal(lost.events, 4);
    take(&f, 5);
    assert_ok(adopt(&f, newer, 2, &lost));
    assert_int_equal(lost.events, 2); /* the two of the second life */
    assert_int_equal(lost.first, 4);
    assert_int_equal(lost.last, 5);
    assert_int_equal(sequence_of(&f), 6); /* 4 to 6 of the first life were taken long ago */
    kt_kv_close(&f.store);
}

static void
histories_that_are_refused(void **state)
{
    static const struct {
        uint64_t first, epoch, second; /* of its first life's time, and its last life */
        kt_code_t code;
        uint32_t reason;
    } rows[] = {
        {1, 2, 20, KT_FAILED_PRECONDITION, RPC_REASON_HISTORY_DIFFERS},  /* an older epoch */
        {1, 3, 29, KT_FAILED_PRECONDITION, RPC_REASON_HISTORY_DIFFERS},  /* an older one of it */
        {99, 3, 31, KT_FAILED_PRECONDITION, RPC_REASON_HISTORY_DIFFERS}, /* nothing in common */
        {1, 3, 30, KT_OK, 0},                                            /* the same */
        {1, 3, 31, KT_OK, 0}, /* put back twice, elsewhere */
        {99, 4, 1, KT_OK, 0}, /* another store, and meant */
    };
    const kt_life_t seen[] = {life_of(1, 1, 0), life_of(3, 30, 2)};
    kt_events_lost_t lost;

    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        const kt_life_t told[] = {life_of(1, rows[i].first, 0),
                                  life_of(rows[i].epoch, rows[i].second, 1)};
        follower_t f;

        open_follower(&f);
        assert_ok(adopt(&f, seen, 2, &lost));
        take(&f, 4);
        assert_status(adopt(&f, told, 2, &lost), rows[i].code, rows[i].reason);
        if (rows[i].code != KT_OK)
            assert_int_equal(sequence_of(&f), 4);
        kt_kv_close(&f.store);
    }
}

/* An empty store in place of the one that was there: of the first epoch as well. */
static void
an_empty_store_is_another_one(void **state)
{
    const kt_life_t was = life_of(1, 1, 0), is = life_of(1, 2, 0);
    kt_events_lost_t lost;
    follower_t f;

    (void)state;
    open_follower(&f);
    assert_ok(adopt(&f, &was, 1, &lost));
    assert_status(adopt(&f, &is, 1, &lost), KT_FAILED_PRECONDITION, RPC_REASON_HISTORY_DIFFERS);
    kt_kv_close(&f.store);
}

static void
what_are_no_lives(void **state)
{
    static const struct {
        uint64_t epochs[3], events[3];
        uint32_t count;
    } rows[] = {
        {{0}, {0}, 1},
        {{1}, {4}, 1},
        {{1, 1}, {0, 0}, 2},
        {{1, 3, 2}, {0, 4, 4}, 3},
        {{1, 2, 3}, {0, 4, 3}, 3},
        {{1, UINT64_MAX}, {0, 0}, 2},
        {{1, 2}, {0, INT64_MAX}, 2},
    };
    kt_events_lost_t lost;
    follower_t f;

    (void)state;
    open_follower(&f);
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_life_t lives[3] = {0};

        for (uint32_t j = 0; j < rows[i].count; j++)
            lives[j] = life_of(rows[i].epochs[j], 7, rows[i].events[j]);
        assert_status(adopt(&f, lives, rows[i].count, &lost), KT_INVALID_ARGUMENT,
                      RPC_REASON_BAD_FIELD);
    }
    assert_status(adopt(&f, NULL, 0, &lost), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    kt_kv_close(&f.store);
}

static void
open_from_before(follower_t *f)
{
    const uint8_t key[] = "north"; /* with its zero byte */
    uint8_t value[8];
    kt_writer_t w = kt_writer(value, sizeof(value));

    open_follower(f);
    kt_put_u64(&w, 8);
    assert_ok(kt_kv_begin_write(f->store, &f->call.txn));
    assert_ok(kt_kv_put(f->call.txn, CURSOR_TABLE, kt_span(key, sizeof(key)), kt_written(&w)));
    commit(f);
    assert_int_equal(sequence_of(f), 8);
}

/* A department that was made when lives were kept, and followed by a program that knew of none. */
static void
a_cursor_from_before_gets_a_name(void **state)
{
    const kt_life_t lives[] = {life_of(1, 1, 0), life_of(2, 2, 5)};
    kt_events_lost_t lost;
    follower_t f;

    (void)state;
    for (uint32_t count = 1; count <= 2; count++) {
        open_from_before(&f);
        assert_ok(adopt(&f, lives, count, &lost));
        assert_int_equal(lost.events, count == 1 ? 0 : 3);
        kt_cursor_now_t cursor = begin(&f);
        assert_false(cursor.unnamed);
        assert_memory_equal(&cursor.lives[0].life, &lives[0].life, KT_ULID_BYTES);
        assert_int_equal(kt_cursor_sequence(&cursor), count == 1 ? 8 : 5);
        kt_kv_abort(&f.call.txn);
        kt_kv_close(&f.store);
    }
}

/* What was taken before lives were told is of the life without a name. */
static void
a_cursor_from_before(void **state)
{
    const kt_life_t lives[] = {life_of(1, 0, 0), life_of(2, 2, 5)};
    kt_events_lost_t lost;
    follower_t f;

    (void)state;
    open_from_before(&f);
    take(&f, 9);
    assert_int_equal(sequence_of(&f), 9);
    assert_ok(adopt(&f, lives, 1, &lost));
    assert_int_equal(lost.events, 0);
    assert_int_equal(sequence_of(&f), 9);
    assert_ok(adopt(&f, lives, 2, &lost));
    assert_int_equal(lost.events, 4);
    assert_int_equal(sequence_of(&f), 5);
    kt_kv_close(&f.store);
}

static void
there_is_an_end_of_lives(void **state)
{
    follower_t f;
    kt_events_lost_t lost;
    kt_status_t status = kt_ok();
    uint64_t epoch = 2;

    (void)state;
    open_follower(&f);
    for (; !kt_failed(status); epoch++) {
        const kt_life_t lives[] = {life_of(1, 1, 0), life_of(epoch, epoch, 1)};
        status = adopt(&f, lives, 2, &lost);
    }
    assert_status(status, KT_RESOURCE_EXHAUSTED, 0);
    assert_int_equal(epoch, KT_CURSOR_LIVES_MAX + 2);
    kt_kv_close(&f.store);
}

/* ---- a world of chance ---- */

#define EVENTS_MAX 4096 /* ever */
#define SHELF      6    /* backups */
#define WORLDS     30
#define STEPS      400
#define LIVES_MAX  64
#define FOLLOWERS  3

typedef struct department {
    unsigned events[EVENTS_MAX], events_count; /* which: by number of all that ever were */
    kt_life_t lives[LIVES_MAX];
    uint32_t lives_count;
} department_t;

typedef struct believer {
    follower_t follower;
    bool taken[EVENTS_MAX]; /* done, whatever became of the department */
    bool has[EVENTS_MAX];   /* of these, what the life that it follows has */
    uint64_t epoch, second; /* of the life that it follows; 0: none */
} believer_t;

typedef struct world {
    kt_prng_t prng;
    department_t now, shelf[SHELF];
    bool shelved[SHELF];
    believer_t believers[FOLLOWERS];
    unsigned events_ever;
    uint64_t second, epoch_highest;
    unsigned adopted, refused, lost;
} world_t;

static void
write_events(world_t *w)
{
    for (int64_t n = chance(&w->prng, 1, 6); n > 0 && w->events_ever < EVENTS_MAX; n--)
        w->now.events[w->now.events_count++] = w->events_ever++;
}

/* Now and then on a machine that does not know what the highest epoch was. */
static void
put_back(world_t *w)
{
    unsigned from = (unsigned)chance(&w->prng, 0, SHELF);
    kt_life_t *life;
    uint64_t epoch;

    if (!w->shelved[from] || w->shelf[from].lives_count == LIVES_MAX)
        return;
    w->now = w->shelf[from];
    epoch = chance(&w->prng, 0, 4) == 0 ? w->now.lives[w->now.lives_count - 1].epoch
                                        : w->epoch_highest;
    life = &w->now.lives[w->now.lives_count++];
    *life = life_of(epoch + 1, ++w->second, w->now.events_count);
    w->epoch_highest = KT_MAX(w->epoch_highest, epoch + 1);
}

static bool
has(const department_t *d, unsigned event)
{
    for (unsigned i = 0; i < d->events_count; i++)
        if (d->events[i] == event)
            return true;
    return false;
}

static bool
adopts(world_t *w, believer_t *b)
{
    const kt_life_t *last = &w->now.lives[w->now.lives_count - 1];
    bool newer = last->epoch > b->epoch ||
                 (last->epoch == b->epoch &&
                  (uint64_t)kt_ulid_time_us(&last->life) >= b->second * (uint64_t)KT_US_PER_S);
    kt_events_lost_t lost;
    kt_status_t status = adopt(&b->follower, w->now.lives, w->now.lives_count, &lost);
    unsigned gone = 0;

    if (!newer) {
        assert_status(status, KT_FAILED_PRECONDITION, RPC_REASON_HISTORY_DIFFERS);
        w->refused++;
        return false;
    }
    assert_ok(status);
    for (unsigned i = 0; i < w->events_ever; i++) {
        gone += b->has[i] && !has(&w->now, i);
        b->has[i] = b->taken[i] && has(&w->now, i);
    }
    assert_int_equal(lost.events, gone);
    w->adopted++;
    w->lost += gone;
    b->epoch = last->epoch;
    b->second = (uint64_t)(kt_ulid_time_us(&last->life) / KT_US_PER_S);
    return true;
}

/* Takes what there is, at most so many. */
static void
follow(world_t *w, believer_t *b, uint64_t most)
{
    uint64_t from, to;

    if (!adopts(w, b))
        return;
    from = sequence_of(&b->follower);
    to = KT_MIN(from + most, (uint64_t)w->now.events_count);
    for (uint64_t i = from; i < to; i++) {
        assert_false(b->taken[w->now.events[i]]); /* twice */
        b->taken[w->now.events[i]] = b->has[w->now.events[i]] = true;
    }
    if (to > from)
        take(&b->follower, to);
    for (uint64_t i = 0; i < to; i++)
        assert_true(b->taken[w->now.events[i]]); /* left out */
}

/* An older copy of the folder runs for a while, with none the wiser. Of the life that somebody
 * follows it is the department that finds out, by its journal. */
static void
run_a_copy(world_t *w)
{
    static department_t was;
    unsigned from = (unsigned)chance(&w->prng, 0, SHELF);
    const kt_life_t *last;

    if (!w->shelved[from])
        return;
    last = &w->shelf[from].lives[w->shelf[from].lives_count - 1];
    was = w->now;
    w->now = w->shelf[from];
    for (unsigned i = 0; i < FOLLOWERS; i++)
        if (w->believers[i].epoch > last->epoch)
            follow(w, &w->believers[i], 9);
    w->now = was;
}

/* OTHER is put back to what ONE is. */
static void
put_follower_back(believer_t *other, const believer_t *one)
{
    kt_txn_t *txn = NULL;
    kt_cursor_t *cursor = NULL;
    kt_span_t key, value;
    follower_t copy;

    open_follower(&copy);
    assert_ok(kt_kv_begin_write(copy.store, &copy.call.txn));
    assert_ok(kt_kv_begin_read(one->follower.store, &txn));
    assert_ok(kt_kv_cursor(txn, CURSOR_TABLE, &cursor));
    for (kt_status_t s = kt_cursor_first(cursor, &key, &value); !kt_failed(s);
         s = kt_cursor_next(cursor, &key, &value))
        assert_ok(kt_kv_put(copy.call.txn, CURSOR_TABLE, key, value));
    kt_kv_abort(&txn);
    commit(&copy);
    kt_kv_close(&other->follower.store);
    *other = *one;
    other->follower = copy;
}

static void
step(world_t *w)
{
    int64_t shelf = chance(&w->prng, 0, SHELF), who = chance(&w->prng, 0, FOLLOWERS);

    switch (chance(&w->prng, 0, 16)) {
    case 0:
        put_back(w);
        break;
    case 1:
        w->shelf[shelf] = w->now;
        w->shelved[shelf] = true;
        break;
    case 2:
        run_a_copy(w);
        break;
    case 3:
        put_follower_back(&w->believers[who], &w->believers[0]);
        break;
    case 4:
    case 5:
    case 6:
        write_events(w);
        break;
    default:
        follow(w, &w->believers[who], (uint64_t)chance(&w->prng, 0, 9));
    }
}

static void
play(world_t *w)
{
    memset(w->shelved, 0, sizeof(w->shelved));
    w->now.events_count = 0;
    w->now.lives[0] = life_of(1, ++w->second, 0);
    w->now.lives_count = 1;
    w->epoch_highest = 1;
    w->events_ever = 0;
    for (unsigned i = 0; i < FOLLOWERS; i++) {
        w->believers[i] = (believer_t){0};
        open_follower(&w->believers[i].follower);
    }
    for (unsigned i = 0; i < STEPS; i++)
        step(w);
    for (unsigned i = 0; i < FOLLOWERS; i++) {
        follow(w, &w->believers[i], EVENTS_MAX);
        kt_kv_close(&w->believers[i].follower.store);
    }
}

static void
every_event_once_in_a_world_of_restores(void **state)
{
    static world_t w;

    (void)state;
    seed_print(&w.prng);
    for (unsigned i = 0; i < WORLDS; i++)
        play(&w);
    print_message("%u lives taken up, %u refused, %u events lost\n", w.adopted, w.refused, w.lost);
    assert_true(w.adopted > 1000 && w.refused > 10 && w.lost > 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(what_is_had_in_common_is_not_taken_again),
        ARENA_TEST(what_was_lost_may_come_back),
        ARENA_TEST(histories_that_are_refused),
        ARENA_TEST(an_empty_store_is_another_one),
        ARENA_TEST(what_are_no_lives),
        ARENA_TEST(a_cursor_from_before),
        ARENA_TEST(a_cursor_from_before_gets_a_name),
        ARENA_TEST(there_is_an_end_of_lives),
        ARENA_TEST(every_event_once_in_a_world_of_restores),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
