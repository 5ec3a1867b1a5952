/* The writer's batches: what each write ends with, and what is in the store then. */
#include "batch_world.h"

#include "record.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/log.h>
#include <kt/prng.h>

/* ---- what goes well ---- */

static void
writes_of_a_batch_see_each_other(void **state)
{
    world_t *w = (world_t *)*state;
    kt_write_t *first = ask(w, key_at(NOW_US, 1), "a", 5);
    kt_write_t *second = ask(w, key_at(NOW_US, 2), "a", 7);

    run(w);
    assert_ok(first->status);
    assert_string_equal(answer_of(first), "5");
    assert_ok(second->status);
    assert_string_equal(answer_of(second), "12");
    assert_int_equal(balance_of(w, "a"), 12);
    assert_int_equal(journal_size(w), 2);
    assert_int_equal(kt_batch_stat(w->batch).commits, 1);
    assert_int_equal(kt_batch_stat(w->batch).writes, 2);
    assert_verifies(w);
}

static void
same_key_same_bytes_is_replayed(void **state)
{
    world_t *w = (world_t *)*state;
    kt_write_t *write;

    ask(w, key_at(NOW_US, 1), "a", 5);
    write = ask(w, key_at(NOW_US, 1), "a", 5); /* in the same batch */
    run(w);
    assert_true(write->replayed);
    assert_string_equal(answer_of(write), "5");
    ask(w, key_at(NOW_US, 2), "a", 1);
    run(w);
    open_batch(w); /* a new process */
    write = ask(w, key_at(NOW_US, 1), "a", 5);
    run(w);
    assert_ok(write->status);
    assert_true(write->replayed);
    assert_string_equal(answer_of(write), "5");
    assert_int_equal(balance_of(w, "a"), 6);
    assert_int_equal(journal_size(w), 2);
    assert_int_equal(kt_batch_stat(w->batch).commits, 0); /* a replay alone writes nothing */
}

static void
keys_may_come_out_of_order(void **state)
{
    world_t *w = (world_t *)*state;
    kt_ulid_t keys[64];
    kt_prng_t prng;

    kt_prng_seed(&prng, 7);
    for (size_t i = 0; i < KT_COUNT(keys); i++)
        keys[i] = key_at(NOW_US - (int64_t)kt_prng_below(&prng, 1000000), kt_prng_next(&prng));
    /* In batches of every size; then all of them again, in a new process. */
    for (size_t i = 0, size = 1; i < KT_COUNT(keys); size = size % BATCH_MAX + 1) {
        for (size_t of = 0; of < size && i < KT_COUNT(keys); of++, i++)
            ask(w, keys[i], "a", 1);
        run(w);
        for (size_t of = 0; of < size; of++)
            assert_ok(w->writes[of].status);
    }
    assert_int_equal(balance_of(w, "a"), KT_COUNT(keys));
    open_batch(w);
    for (size_t i = 0; i < KT_COUNT(keys); i++) {
        kt_write_t *write = ask(w, keys[i], "a", 1);
        run(w);
        assert_ok(write->status);
        assert_true(write->replayed);
    }
    assert_int_equal(balance_of(w, "a"), KT_COUNT(keys));
    assert_verifies(w);
}

static void
keys_belong_to_their_principal(void **state)
{
    world_t *w = (world_t *)*state;
    kt_write_t *other;

    ask(w, key_at(NOW_US, 1), "a", 5);
    other = ask(w, key_at(NOW_US, 1), "b", 7);
    other->call->principal = "bob";
    run(w);
    assert_ok(other->status);
    assert_false(other->replayed);
    assert_int_equal(balance_of(w, "b"), 7);
}

static void
journal_says_who_did_what(void **state)
{
    world_t *w = (world_t *)*state;
    kt_write_t *write = ask(w, key_at(NOW_US, 1), "a", 5);
    kt_txn_t *txn = NULL;
    kt_record_t record;
    kt_span_t bytes;

    write->call->on_behalf_of = "Ann B.";
    run(w);
    assert_ok(kt_kv_begin_read(w->store, &txn));
    assert_ok(kt_journal_get(txn, 0, &bytes));
    assert_ok(kt_record_decode(bytes, &record));
    assert_int_equal(record.time_us, NOW_US);
    assert_span_equal(record.principal, kt_span_str("ann"));
    assert_span_equal(record.on_behalf_of, kt_span_str("Ann B."));
    assert_span_equal(record.method, kt_span_str("/t.T/Add"));
    assert_memory_equal(&record.key, &write->call->key, sizeof(record.key));
    assert_memory_equal(&record.digest, &write->digest, sizeof(record.digest));
    assert_true(record.write_set.size > 0);
    assert_status(kt_record_decode(kt_span(bytes.data, 20), &record), KT_DATA_LOSS,
                  RPC_REASON_STORE_CORRUPT);
    kt_kv_abort(&txn);
}

/* ---- what is refused ---- */

typedef struct refusal {
    int64_t made_us;
    uint64_t number;
    uint32_t amount, fail_code;
    bool cancelled, expired;
    kt_code_t code;
    uint32_t reason;
} refusal_t;

static void
refusals_write_nothing(void **state)
{
    static const refusal_t rows[] = {
        {0, 0, 5, 0, false, false, KT_INVALID_ARGUMENT, RPC_REASON_KEY_MISSING},
        {NOW_US - WEEK_US - KT_US_PER_S, 2, 5, 0, false, false, KT_FAILED_PRECONDITION,
         RPC_REASON_KEY_TOO_OLD},
        {NOW_US + 301 * KT_US_PER_S, 2, 5, 0, false, false, KT_FAILED_PRECONDITION,
         RPC_REASON_KEY_FROM_FUTURE},
        {NOW_US, 1, 6, 0, false, false, KT_ALREADY_EXISTS, RPC_REASON_KEY_REUSED},
        {NOW_US, 2, 0, KT_NOT_FOUND, false, false, KT_NOT_FOUND, 1001},
        {NOW_US, 2, 5, 0, true, false, KT_CANCELLED, RPC_REASON_CALL_CANCELLED},
        {NOW_US, 2, 5, 0, false, true, KT_DEADLINE_EXCEEDED, RPC_REASON_DEADLINE_PASSED},
        {NOW_US, 2, 5, KT_ABORTED, false, false, KT_INTERNAL, RPC_REASON_BUG},
    };
    world_t *w = (world_t *)*state;

    kt_log_setup("batch_test", KT_LOG_ERROR + 1);
    ask(w, key_at(NOW_US, 1), "a", 5);
    run(w);
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        const refusal_t *row = &rows[i];
        kt_write_t *good = ask(w, key_at(NOW_US, 100 + i), "b", 1);
        kt_write_t *bad = ask(w, key_at(row->made_us, row->number), "a", row->amount);

        w->requests[1].fail_code = row->fail_code;
        atomic_store(&w->cancelled[1], row->cancelled);
        if (row->expired)
            bad->call->over_us = 1;
        run(w);
        assert_status(bad->status, row->code, row->reason);
        assert_ok(good->status); /* its neighbour is none the worse */
        assert_int_equal(balance_of(w, "a"), 5);
        assert_int_equal(balance_of(w, "b"), i + 1);
        assert_int_equal(journal_size(w), i + 2);
    }
    assert_verifies(w);
}

static void
what_a_refusal_says_outlives_the_next_ones(void **state)
{
    static const char *const names[] = {"first", "second", "third"};
    world_t *w = (world_t *)*state;
    kt_write_t *writes[KT_COUNT(names)];

    for (uint32_t i = 0; i < KT_COUNT(names); i++) {
        writes[i] = ask(w, key_at(NOW_US, i + 1), names[i], i == 1 ? 5 : 0);
        w->requests[i].fail_code = i == 1 ? 0 : KT_ABORTED;
    }
    run(w);
    assert_status(writes[0]->status, KT_ABORTED, 1001);
    assert_string_equal(writes[0]->status.text, "first refused");
    assert_string_equal(w->calls[0].violations[0].field, "first");
    assert_string_equal(w->calls[0].violations[0].description, "is refused");
    assert_string_equal(answer_of(writes[1]), "5");
    assert_string_equal(writes[2]->status.text, "third refused");
    assert_string_equal(w->calls[2].violations[0].field, "third");
}

static void
refused_key_may_be_used_again(void **state)
{
    world_t *w = (world_t *)*state;
    kt_write_t *write = ask(w, key_at(NOW_US, 1), "a", 0);

    w->requests[0].fail_code = KT_ABORTED;
    run(w);
    assert_status(write->status, KT_ABORTED, 1001);
    write = ask(w, key_at(NOW_US, 1), "a", 5);
    run(w);
    assert_ok(write->status);
    assert_false(write->replayed);
}

static void
limits_of_a_keys_age(void **state)
{
    world_t *w = (world_t *)*state;

    ask(w, key_at(NOW_US - WEEK_US, 1), "a", 1);
    ask(w, key_at(NOW_US + KT_KEY_FUTURE_US, 1), "a", 1);
    run(w);
    assert_ok(w->writes[0].status);
    assert_ok(w->writes[1].status);
}

/* ---- sweeping ---- */

static uint32_t
sweep(world_t *w, int64_t before_us, uint32_t max, bool *more)
{
    kt_txn_t *txn = NULL;
    uint32_t removed = 0;

    kt_arena_reset(w->arenas[0]);
    assert_ok(kt_kv_begin_write(w->store, &txn));
    assert_ok(kt_idempotency_sweep(txn, w->arenas[0], before_us, max, &removed, more));
    assert_ok(kt_kv_commit(&txn));
    return removed;
}

static void
swept_keys_are_refused_for_ever(void **state)
{
    world_t *w = (world_t *)*state;
    kt_write_t *write;
    bool more = false;

    for (uint64_t i = 0; i < 5; i++) {
        ask(w, key_at(NOW_US + (int64_t)i * KT_US_PER_S, i + 1), "a", 1);
        run(w);
    }
    assert_int_equal(sweep(w, NOW_US + 3 * KT_US_PER_S, 2, &more), 2);
    assert_true(more);
    assert_int_equal(sweep(w, NOW_US + 3 * KT_US_PER_S, 2, &more), 1);
    assert_false(more);
    /* Not too old by its age; but what it did is forgotten. */
    write = ask(w, key_at(NOW_US, 1), "a", 1);
    run(w);
    assert_status(write->status, KT_FAILED_PRECONDITION, RPC_REASON_KEY_TOO_OLD);
    write = ask(w, key_at(NOW_US + 3 * KT_US_PER_S, 4), "a", 1);
    run(w);
    assert_true(write->replayed);
    assert_int_equal(balance_of(w, "a"), 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_of_a_batch_see_each_other, batch_setup,
                                        batch_teardown),
        cmocka_unit_test_setup_teardown(same_key_same_bytes_is_replayed, batch_setup,
                                        batch_teardown),
        cmocka_unit_test_setup_teardown(keys_may_come_out_of_order, batch_setup, batch_teardown),
        cmocka_unit_test_setup_teardown(keys_belong_to_their_principal, batch_setup,
                                        batch_teardown),
        cmocka_unit_test_setup_teardown(journal_says_who_did_what, batch_setup, batch_teardown),
        cmocka_unit_test_setup_teardown(refusals_write_nothing, batch_setup, batch_teardown),
        cmocka_unit_test_setup_teardown(what_a_refusal_says_outlives_the_next_ones, batch_setup,
                                        batch_teardown),
        cmocka_unit_test_setup_teardown(refused_key_may_be_used_again, batch_setup, batch_teardown),
        cmocka_unit_test_setup_teardown(limits_of_a_keys_age, batch_setup, batch_teardown),
        cmocka_unit_test_setup_teardown(swept_keys_are_refused_for_ever, batch_setup,
                                        batch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
