/* Streams of the server call machine: windows, numbers, and what breaks them. */
#include "server_story.h"

static void
server_stream_keeps_to_its_credit(void **state)
{
    world_t *w = (world_t *)*state;
    kt_frame_t body;

    receive_call(w, 5, "dept/t.T/Down", KT_FLAG_LAST, 1000);
    assert_int_equal(kt_server_room(w->server, w->last), KT_STREAM_WINDOW);
    for (unsigned i = 0; i < KT_STREAM_WINDOW; i++) {
        assert_ok(kt_frame_init_copy(&body, kt_span_str("m")));
        kt_server_send(w->server, w->last, &body);
    }
    assert_int_equal(kt_server_room(w->server, w->last), 0);
    drain_out(w, 0);
    forget(w);
    receive_plain(w, KT_WINDOW, 5, 2);
    expect(w, "room 5; ");
    receive_plain(w, KT_WINDOW, 5, UINT32_MAX); /* saturates */
    assert_int_equal(kt_server_room(w->server, w->last), UINT32_MAX);
    assert_ok(kt_frame_init_copy(&body, kt_span_str("m")));
    kt_server_send(w->server, w->last, &body);
    expect(w, "> MESSAGE 5 17; ");
}

static void
client_stream_gets_its_window_back(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 5, "/t.T/Both", 0, 1000);
    for (uint32_t i = 1; i <= KT_STREAM_WINDOW; i++)
        receive_message(w, 5, i, 0, "m");
    forget(w);
    kt_server_consumed(w->server, w->last, 7);
    expect(w, "");
    kt_server_consumed(w->server, w->last, 2);
    expect(w, "> WINDOW 5 9; ");
    receive_message(w, 5, 17, KT_FLAG_LAST, "n");
    expect(w, "message 5 'n' last; ");
    kt_server_consumed(w->server, w->last, 8); /* no more will come */
    expect(w, "");
}

static void
last_without_a_message(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 5, "/t.T/Both", 0, 1000);
    receive_message(w, 5, 1, KT_FLAG_LAST, NULL);
    expect(w, "call 5 /t.T/Both by ann 'hi'; message 5 '(none)' last; ");
}

static void
broken_streams_are_over(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 1, "/t.T/Both", 0, 1000);
    receive_message(w, 1, 2, 0, "m"); /* a gap */
    receive_call(w, 2, "/t.T/Both", 0, 1000);
    receive_message(w, 2, 1, KT_FLAG_LAST, "m");
    receive_message(w, 2, 2, 0, "m"); /* after the last */
    expect(w, "call 1 /t.T/Both by ann 'hi'; over 1 DATA_LOSS 16; "
              "call 2 /t.T/Both by ann 'hi'; message 2 'm' last; over 2 INVALID_ARGUMENT 2; ");
}

static void
window_is_kept(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 1, "/t.T/Both", 0, 1000);
    for (uint32_t i = 1; i <= KT_STREAM_WINDOW; i++)
        receive_message(w, 1, i, 0, "m");
    forget(w);
    receive_message(w, 1, KT_STREAM_WINDOW + 1, 0, "m");
    expect(w, "over 1 RESOURCE_EXHAUSTED 15; ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(server_stream_keeps_to_its_credit, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(client_stream_gets_its_window_back, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(last_without_a_message, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(broken_streams_are_over, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(window_is_kept, story_setup_registered, story_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
