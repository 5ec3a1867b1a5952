/* The writer's batches over a store that fails: every answer is true, and a retry has one effect.
 */
#include "batch_world.h"
#include "capture.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/log.h>

/* Three writes, the N-th operation of the store fails with FAILURE: every answer is true, and a
 * retry has one effect. False when the failure no longer strikes. */
static bool
fail_at(world_t *w, uint64_t n, kt_status_t failure)
{
    char name[32];
    bool struck, done[3];
    kt_write_t *writes[3];
    uint64_t sum = 0;

    (void)snprintf(name, sizeof(name), "%u-%llu", (unsigned)failure.reason, (unsigned long long)n);
    for (uint32_t i = 0; i < 3; i++)
        writes[i] = ask(w, key_at(NOW_US, 100000 * failure.reason + 10 * n + i), name, 1u << i);
    kt_kv_fault_arm(w->store, n, failure);
    run(w);
    struck = kt_kv_fault_struck(w->store);
    kt_kv_fault_arm(w->store, 0, kt_ok());
    for (uint32_t i = 0; i < 3; i++) {
        done[i] = !kt_failed(writes[i]->status);
        sum += done[i] ? 1u << i : 0;
        if (!done[i])
            assert_int_equal(writes[i]->status.code, failure.code);
    }
    assert_int_equal(balance_of(w, name), sum);
    assert_verifies(w);
    open_batch(w);
    for (uint32_t i = 0; i < 3; i++)
        writes[i] = ask(w, key_at(NOW_US, 100000 * failure.reason + 10 * n + i), name, 1u << i);
    run(w);
    for (uint32_t i = 0; i < 3; i++) {
        assert_ok(writes[i]->status);
        assert_true(writes[i]->replayed == done[i]);
    }
    assert_int_equal(balance_of(w, name), 7);
    return struck;
}

static void
nth_operation_fails(void **state)
{
    static const struct {
        kt_code_t code;
        uint32_t reason;
    } failures[] = {
        {KT_RESOURCE_EXHAUSTED, KT_KV_FULL},
        {KT_RESOURCE_EXHAUSTED, KT_KV_QUOTA},
        {KT_DATA_LOSS, KT_KV_CORRUPT},
        {KT_UNAVAILABLE, KT_KV_FAILED},
    };
    world_t *w = (world_t *)*state;

    kt_log_setup("batch_test", KT_LOG_ERROR + 1);
    for (size_t i = 0; i < KT_COUNT(failures); i++) {
        uint64_t n = 1;

        while (fail_at(w, n, kt_error(failures[i].code, failures[i].reason, "made up")))
            n++;
        assert_true(n > 20);
    }
}

static void
run_with(world_t *w, uint64_t number, kt_status_t failure)
{
    ask(w, key_at(NOW_US, number), "a", 1);
    kt_kv_fault_arm(w->store, kt_failed(failure) ? 1 : 0, failure);
    run(w);
}

/* The operator hears once that there is no room, and once that there is again. */
static void
want_of_room_is_logged_once(void **state)
{
    world_t *w = (world_t *)*state;
    kt_status_t full = kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "made up");

    kt_log_setup("batch_test", KT_LOG_INFO);
    CAPTURE(run_with(w, 1, kt_ok()));
    assert_string_equal(captured, "");
    CAPTURE(run_with(w, 2, full));
    assert_non_null(strstr(captured, "level=error app=batch_test event=store-full"));
    CAPTURE(run_with(w, 3, full));
    assert_string_equal(captured, "");
    CAPTURE(run_with(w, 4, kt_ok()));
    assert_non_null(strstr(captured, "event=store-has-room journal=2"));
    CAPTURE(run_with(w, 5, kt_ok()));
    assert_string_equal(captured, "");
}

static void
failed_store_takes_no_writes(void **state)
{
    world_t *w = (world_t *)*state;
    kt_write_t *write = ask(w, key_at(NOW_US, 1), "a", 1);

    kt_log_setup("batch_test", KT_LOG_ERROR + 1);
    kt_kv_fault_arm(w->store, 1, kt_error(KT_UNAVAILABLE, KT_KV_FAILED, "made up"));
    run(w);
    assert_status(write->status, KT_UNAVAILABLE, RPC_REASON_STORE_FAILED);
    assert_false(write->outcome_unknown); /* it had not begun */
    assert_true(kt_batch_failed(w->batch));
    kt_kv_fault_arm(w->store, 0, kt_ok());
    write = ask(w, key_at(NOW_US, 2), "a", 1);
    run(w);
    assert_status(write->status, KT_UNAVAILABLE, RPC_REASON_STORE_FAILED);
    assert_int_equal(balance_of(w, "a"), 0);
}

static void
failed_commit_is_unknown(void **state)
{
    world_t *w = (world_t *)*state;
    bool seen = false;

    kt_log_setup("batch_test", KT_LOG_ERROR + 1);
    for (uint64_t n = 1; n < 100 && !seen; n++) {
        kt_write_t *write = ask(w, key_at(NOW_US, n), "a", 1);

        kt_kv_fault_arm(w->store, n, kt_error(KT_UNAVAILABLE, KT_KV_FAILED, "made up"));
        run(w);
        seen = write->outcome_unknown;
        if (seen)
            assert_status(write->status, KT_UNAVAILABLE, RPC_REASON_STORE_FAILED);
        kt_kv_fault_arm(w->store, 0, kt_ok());
        open_batch(w);
    }
    assert_true(seen);
}

static void
forgets_after_an_abort(void **state)
{
    world_t *w = (world_t *)*state;

    kt_log_setup("batch_test", KT_LOG_ERROR + 1);
    ask(w, key_at(NOW_US, 1), "a", 1);
    ask(w, key_at(NOW_US, 2), "a", 1);
    w->requests[1].fail_code = KT_ABORTED; /* refuses after it has written */
    run(w);
    assert_int_equal(w->forgotten, 2); /* together, and the second alone */
    assert_int_equal(kt_batch_stat(w->batch).reruns, 1);
    assert_int_equal(kt_batch_stat(w->batch).commits, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nth_operation_fails, batch_setup, batch_teardown),
        cmocka_unit_test_setup_teardown(want_of_room_is_logged_once, batch_setup, batch_teardown),
        cmocka_unit_test_setup_teardown(failed_store_takes_no_writes, batch_setup, batch_teardown),
        cmocka_unit_test_setup_teardown(failed_commit_is_unknown, batch_setup, batch_teardown),
        cmocka_unit_test_setup_teardown(forgets_after_an_abort, batch_setup, batch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
