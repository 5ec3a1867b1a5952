/* What a department does by itself: again and again, and on from where it was while there is more.
 */
#include "mill.h"
#include "stage.h"
#include "testing.h"

#include <kantor/events/v1/events.kt.h>

#define MS     INT64_C(1000)
#define ROUNDS 4

static const stage_principal_t principals[] = {
    {"ada", "auditor", NULL},
    {"mill", "department", "mill"},
    {NULL, NULL, NULL},
};

static void
a_chore_is_done_again_and_again(void **state)
{
    static const kt_chore_t chores[] = {{"/kantor.mill.v1.Mill/Sweep", 5 * MS, "more", "after"}};
    static const char *const ROOMS[] = {"first", "second", "third"};
    const kt_call_options_t options = {.department = "mill"};
    events_read_events_request_t request = EVENTS_READ_EVENTS_REQUEST_INIT;
    kt_service_t service = *mill_service();
    uint64_t seen = 0;

    (void)state;
    service.chores = chores;
    service.chores_count = KT_COUNT(chores);
    stage_world_t *w = stage_world_new(principals, &service, NULL);
    while (seen < ROUNDS * KT_COUNT(ROOMS)) {
        request.from_sequence = seen + 1;
        request.max = 1;
        request.wait_ms = 5000;
        assert_ok(kt_client_call(w->client, &events_feed_service.methods[EVENTS_FEED_READ_EVENTS],
                                 &options, &request.base, &w->reply));
        const events_read_events_response_t *read = (const events_read_events_response_t *)
                                                        w->reply.message;
        assert_int_equal(read->n_events, 1);
        assert_string_equal(read->events[0]->subject, ROOMS[seen % KT_COUNT(ROOMS)]);
        seen++;
    }
    void *world = w;
    assert_int_equal(stage_world_teardown(&world), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_chore_is_done_again_and_again)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
