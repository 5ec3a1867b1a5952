/* Who answers while the front sleeps wakes it only where it must look at something itself. */
#include "counter.h"
#include "shell.h"
#include "stage.h"
#include "testing.h"

#include <sched.h>

#define PATIENCE_US (INT64_C(20) * 1000000)

static const stage_principal_t principals[] = {
    {"ann", "counter.clerk", NULL},
    {"counter", NULL, "counter"},
    {NULL, NULL, NULL},
};

static int
setup(void **state)
{
    *state = stage_world_new(principals, counter_service(), NULL);
    return 0;
}

/* Until the front sleeps and has nothing to look at. */
static void
until_idle(kt_shell_t *shell)
{
    int64_t until_us = kt_clock_mono_us() + PATIENCE_US;

    while (!kt_front_answer(shell)) {
        if (kt_clock_mono_us() > until_us)
            fail_msg("the front never sleeps without being wanted");
        (void)sched_yield();
    }
}

/* The front sleeps until then, as far as who answers can see. Returns what it was. */
static int64_t
pretend_due(kt_shell_t *shell, int64_t due_us)
{
    int64_t was_us;

    pthread_mutex_lock(&shell->front_lock);
    was_us = shell->due_us;
    shell->due_us = due_us;
    pthread_mutex_unlock(&shell->front_lock);
    return was_us;
}

/* A front that would sleep past what has become due meanwhile. It may wake by itself between two
 * steps of this, and says anew until when it sleeps: then it is tried again. */
static void
what_is_due_sooner_wakes_it(void **state)
{
    const stage_world_t *w = (const stage_world_t *)*state;
    bool answered;

    do {
        until_idle(w->shell);
        (void)pretend_due(w->shell, INT64_MAX);
        answered = kt_front_answer(w->shell);
    } while (pretend_due(w->shell, 0) != INT64_MAX);
    assert_false(answered);
}

/* Calls are answered, by whoever it is, and then nobody wants anything. */
static void
idle_after_calls(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;

    for (unsigned i = 0; i < 20; i++) {
        echo_echo_request_t request = counter_request("a", 1);
        kt_call_options_t options = {0};
        assert_ok(kt_client_call(w->client, &counter_methods[COUNTER_ADD], &options, &request.base,
                                 &w->reply));
        until_idle(w->shell);
    }
}

/* A store that failed: nothing more is answered in its place, and the front drains. */
static void
a_failed_store_wakes_it(void **state)
{
    const stage_world_t *w = (const stage_world_t *)*state;

    until_idle(w->shell);
    atomic_store(&w->shell->failed, true);
    for (unsigned i = 0; i < 20; i++)
        assert_false(kt_front_answer(w->shell));
    assert_false(kt_shell_wait(w->shell));
    assert_false(kt_front_answer(w->shell));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_due_sooner_wakes_it, setup, stage_world_teardown),
        cmocka_unit_test_setup_teardown(idle_after_calls, setup, stage_world_teardown),
        cmocka_unit_test_setup_teardown(a_failed_store_wakes_it, setup, stage_world_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
