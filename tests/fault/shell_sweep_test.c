/* A department whose store fails at its n-th operation, for every n, behind a real broker: every
 * answer is true, and the same key has one effect in the end. */
#include "testing.h"

#include "counter.h"
#include "stage.h"

#include <kantor/echo/v1/echo.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/log.h>
#include <kt/time.h>

/* More operations than one write and what goes with it take. */
#define OPERATIONS_MAX 40

static const stage_principal_t principals[] = {
    {"ann", "counter.clerk", NULL},
    {"counter", NULL, "counter"},
    {NULL, NULL, NULL},
};

static kt_kv_t *store; /* of the shell that runs */

static kt_status_t
open_failing(const kt_kv_options_t *options, kt_kv_t **opened)
{
    kt_kv_t *inner = NULL;

    KT_TRY(kt_kv_open_lmdb(options, &inner));
    KT_TRY(kt_kv_open_fault(&inner, &store));
    *opened = store;
    return kt_ok();
}

static void
let_fail(kt_shell_options_t *options)
{
    options->open = open_failing;
}

static int
setup(void **state)
{
    *state = stage_world_new(principals, counter_service(), let_fail);
    kt_log_setup("test", KT_LOG_ERROR + 1);
    return 0;
}

static kt_status_t
call(stage_world_t *w, uint32_t method, const kt_ulid_t *key, const char *name)
{
    echo_echo_request_t request = counter_request(name, 5);
    kt_call_options_t options = {.key = key, .once = true};

    return kt_client_call(w->client, &counter_methods[method], &options, &request.base, &w->reply);
}

static void
assert_sum(stage_world_t *w, const char *name, const char *sum)
{
    assert_ok(call(w, COUNTER_GET, NULL, name));
    assert_string_equal(((const echo_echo_response_t *)w->reply.message)->instance, sum);
}

static void
full_disk(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    unsigned failed = 0;

    for (uint64_t n = 1; n <= OPERATIONS_MAX; n++) {
        kt_ulid_t key = kt_ulid_make(kt_clock_wall_us(), 0, n);
        char name[32];
        kt_status_t status;

        (void)snprintf(name, sizeof(name), "full-%u", (unsigned)n);
        kt_kv_fault_arm(store, n, kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "made up"));
        status = call(w, COUNTER_ADD, &key, name);
        kt_kv_fault_arm(store, 0, kt_ok());
        if (kt_failed(status)) {
            failed++;
            assert_status(status, KT_RESOURCE_EXHAUSTED, RPC_REASON_STORE_FULL);
            assert_sum(w, name, "0");
        }
        assert_ok(call(w, COUNTER_ADD, &key, name));
        assert_true(w->reply.replayed == !kt_failed(status));
        assert_sum(w, name, "5");
    }
    assert_true(failed >= 8);
}

/* An I/O error: what was under way is unknown, the process ends, and the next one knows. */
static void
failed_store(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    unsigned unknown = 0;

    for (uint64_t n = 1; n <= 16; n++) {
        kt_ulid_t key = kt_ulid_make(kt_clock_wall_us(), 0, n);
        char name[32];
        kt_status_t status;

        (void)snprintf(name, sizeof(name), "failed-%u", (unsigned)n);
        kt_kv_fault_arm(store, n, kt_error(KT_UNAVAILABLE, KT_KV_FAILED, "made up"));
        status = call(w, COUNTER_ADD, &key, name);
        if (kt_failed(status)) {
            assert_status(status, KT_UNAVAILABLE, RPC_REASON_STORE_FAILED);
            unknown += w->reply.outcome_unknown;
            assert_false(kt_shell_wait(w->shell)); /* it leaves by itself */
        }
        kt_shell_destroy(&w->shell);
        w->shell = stage_start(w->stage, counter_service(), let_fail);
        assert_ok(call(w, COUNTER_ADD, &key, name));
        assert_sum(w, name, "5");
    }
    assert_true(unknown > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(full_disk, setup, stage_world_teardown),
        cmocka_unit_test_setup_teardown(failed_store, setup, stage_world_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
