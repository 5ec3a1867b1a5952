/* Streams of the client machine: windows both ways, numbers, ends, and what a broker can get wrong.
 */
#include "client_world.h"

static kt_rpc_request_t
stream_request(bool client_streaming, bool server_streaming)
{
    kt_rpc_request_t request = request_of(KT_METHOD_READ, 60000);
    request.client_streaming = client_streaming;
    request.server_streaming = server_streaming;
    return request;
}

static kt_rpc_io_t
stream_send(world_t *world, kt_rpc_call_t *call, const char *text, bool last)
{
    kt_frame_t body;
    assert_ok(kt_frame_init_copy(&body, kt_span_str(text)));
    kt_rpc_io_t io = kt_rpc_stream_send(world->client, call, &body, last);
    assert_int_equal(kt_frame_span(&body).size, io == KT_RPC_OK ? 0 : strlen(text));
    kt_frame_close(&body);
    world_turn(world);
    return io;
}

static void
broker_streams(world_t *world, uint64_t call_id, uint32_t number)
{
    kt_head_t head = {.kind = KT_MESSAGE, .arg = number, .call_id = call_id};
    broker_says(world, head, 2, kt_span_str("message"), kt_span(NULL, 0));
}

static kt_rpc_io_t
stream_receive(world_t *world, kt_rpc_call_t *call)
{
    kt_rpc_io_t io = kt_rpc_stream_receive(world->client, call, &world->body, &world->end);
    world_turn(world);
    return io;
}

static void
test_client_streaming(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 1, 0);
    kt_rpc_call_t *call = world_start(&world, stream_request(true, false));
    sent_t *sent = world_sent(&world, KT_CALL);
    assert_int_equal(sent->head.flags, 0);
    assert_int_equal(sent->message.count, 3);
    assert_int_equal(kt_frame_span(&sent->message.frames[KT_FRAME_BODY]).size, 0);
    uint64_t call_id = sent->head.call_id;
    for (uint32_t i = 1; i <= KT_STREAM_WINDOW; i++) {
        assert_int_equal(stream_send(&world, call, "number", false), KT_RPC_OK);
        sent = world_sent(&world, KT_MESSAGE);
        assert_int_equal(sent->head.arg, i);
        assert_int_equal(sent->head.call_id, call_id);
        assert_span_equal(kt_frame_span(&sent->message.frames[1]), kt_span_str("number"));
    }
    assert_int_equal(stream_send(&world, call, "number", false), KT_RPC_AGAIN);
    kt_head_t window = {.kind = KT_WINDOW, .arg = 2, .call_id = call_id};
    broker_says(&world, window, 1, kt_span(NULL, 0), kt_span(NULL, 0));
    assert_int_equal(stream_send(&world, call, "number", false), KT_RPC_OK);
    assert_int_equal(world_sent(&world, KT_MESSAGE)->head.flags, 0);
    assert_int_equal(stream_send(&world, call, "number", true), KT_RPC_OK);
    assert_int_equal(world_sent(&world, KT_MESSAGE)->head.flags, KT_FLAG_LAST);
    assert_int_equal(stream_receive(&world, call), KT_RPC_AGAIN);
    broker_ends_ok(&world, call_id);
    for (unsigned i = 0; i < 2; i++) { /* the end can be asked for again */
        assert_int_equal(stream_receive(&world, call), KT_RPC_ENDED);
        assert_end(&world.end, KT_OK, 0, false);
        assert_span_equal(kt_frame_span(&world.end.body), kt_span_str("response"));
    }
    kt_rpc_stream_close(world.client, &call, world.now_us);
    assert_null(call);
    world_turn(&world);
    world_sent_nothing(&world);
    assert_int_equal(kt_rpc_client_open_calls(world.client), 0);
    world_close(&world);
}

/* "No more" needs no room in the window. */
static void
test_bare_last(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 1, 0);
    world.closed = true;
    kt_rpc_call_t *call = world_start(&world, stream_request(true, true));
    for (uint32_t i = 0; i < KT_STREAM_WINDOW; i++)
        assert_int_equal(stream_send(&world, call, "x", false), KT_RPC_OK);
    assert_int_equal(stream_send(&world, call, "x", false), KT_RPC_AGAIN);
    assert_int_equal(kt_rpc_stream_send(world.client, call, NULL, true), KT_RPC_OK);
    world.closed = false;
    world_turn(&world);
    world_sent(&world, KT_CALL);
    for (uint32_t i = 0; i < KT_STREAM_WINDOW; i++)
        assert_int_equal(world_sent(&world, KT_MESSAGE)->message.count, 2);
    sent_t *last = world_sent(&world, KT_MESSAGE);
    assert_int_equal(last->message.count, 1);
    assert_int_equal(last->head.flags, KT_FLAG_LAST);
    kt_rpc_stream_close(world.client, &call, world.now_us);
    world_turn(&world);
    world_sent(&world, KT_CANCEL);
    world_close(&world);
}

static void
test_server_streaming(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 1, 0);
    kt_rpc_call_t *call = world_start(&world, stream_request(false, true));
    sent_t *sent = world_sent(&world, KT_CALL);
    assert_int_equal(sent->head.flags, KT_FLAG_LAST);
    uint64_t call_id = sent->head.call_id;
    uint32_t number = 0, taken = 0, credit = KT_STREAM_WINDOW;
    for (unsigned round = 0; round < 5; round++) {
        while (number < credit)
            broker_streams(&world, call_id, ++number);
        while (stream_receive(&world, call) == KT_RPC_OK) {
            assert_span_equal(kt_frame_span(&world.body), kt_span_str("message"));
            taken++;
            if (taken % (KT_STREAM_WINDOW / 2) == 0) {
                sent = world_sent(&world, KT_WINDOW);
                assert_int_equal(sent->head.call_id, call_id);
                credit += sent->head.arg;
            }
        }
        assert_int_equal(taken, number);
        world_sent_nothing(&world);
    }
    broker_streams(&world, call_id, ++number);
    kt_head_t last = {.kind = KT_MESSAGE, .flags = KT_FLAG_LAST, .call_id = call_id};
    broker_says(&world, last, 1, kt_span(NULL, 0), kt_span(NULL, 0));
    broker_ends(&world, call_id, status_of(KT_ABORTED, false, -1, NULL));
    assert_int_equal(stream_receive(&world, call), KT_RPC_OK); /* what came before the end first */
    assert_int_equal(stream_receive(&world, call), KT_RPC_ENDED);
    assert_end(&world.end, KT_ABORTED, 0, false);
    kt_rpc_stream_close(world.client, &call, world.now_us);
    world_close(&world);
}

static void
test_gap_and_overflow(void **state)
{
    (void)state;
    static const struct {
        uint32_t good, bad; /* as many good ones, then one with this number */
        kt_code_t code;
        uint32_t reason;
    } rows[] = {
        {0, 0, KT_DATA_LOSS, RPC_REASON_STREAM_GAP},
        {0, 2, KT_DATA_LOSS, RPC_REASON_STREAM_GAP},
        {3, 3, KT_DATA_LOSS, RPC_REASON_STREAM_GAP},
        {3, 5, KT_DATA_LOSS, RPC_REASON_STREAM_GAP},
        {KT_STREAM_WINDOW, KT_STREAM_WINDOW + 1, KT_RESOURCE_EXHAUSTED, RPC_REASON_WINDOW_EXCEEDED},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        world_t world;
        world_open(&world, 4, 1, 0);
        kt_rpc_call_t *call = world_start(&world, stream_request(false, true));
        uint64_t call_id = world_sent(&world, KT_CALL)->head.call_id;
        for (uint32_t n = 1; n <= rows[i].good; n++)
            broker_streams(&world, call_id, n);
        broker_streams(&world, call_id, rows[i].bad);
        assert_int_equal(world_sent(&world, KT_CANCEL)->head.call_id, call_id);
        for (uint32_t n = 1; n <= rows[i].good; n++)
            assert_int_equal(stream_receive(&world, call), KT_RPC_OK);
        assert_int_equal(stream_receive(&world, call), KT_RPC_ENDED);
        assert_end(&world.end, rows[i].code, rows[i].reason, false);
        kt_rpc_stream_close(world.client, &call, world.now_us);
        world_close(&world);
    }
}

/* A stream that has begun cannot begin again; one that has not can. */
static void
test_connection_lost(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 1, 0);
    kt_rpc_call_t *fresh = world_start(&world, stream_request(false, true));
    kt_rpc_call_t *begun = world_start(&world, stream_request(false, true));
    kt_rpc_call_t *sending = world_start(&world, stream_request(true, true));
    world_sent(&world, KT_CALL);
    broker_streams(&world, world_sent(&world, KT_CALL)->head.call_id, 1);
    world_sent(&world, KT_CALL);
    assert_int_equal(stream_send(&world, sending, "x", false), KT_RPC_OK);
    world_sent(&world, KT_MESSAGE);
    kt_rpc_client_lost(world.client, world.now_us);
    world_pass(&world, 100 * MS);
    world_sent(&world, KT_CALL);
    world_sent_nothing(&world);
    assert_int_equal(stream_receive(&world, fresh), KT_RPC_AGAIN);
    assert_int_equal(stream_receive(&world, begun), KT_RPC_OK);
    assert_int_equal(stream_receive(&world, begun), KT_RPC_ENDED);
    assert_end(&world.end, KT_UNAVAILABLE, RPC_REASON_NO_BROKER, true);
    assert_int_equal(stream_send(&world, sending, "x", false), KT_RPC_ENDED);
    kt_rpc_stream_close(world.client, &begun, world.now_us);
    kt_rpc_stream_close(world.client, &sending, world.now_us);
    kt_rpc_stream_close(world.client, &fresh, world.now_us);
    world_turn(&world);
    world_sent(&world, KT_CANCEL);
    assert_int_equal(kt_rpc_client_open_calls(world.client), 0);
    world_close(&world);
}

/* While only one side talks, PINGs still ask whether the other lives. */
static void
test_ping_while_sending(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 1, 0);
    kt_rpc_call_t *call = world_start(&world, stream_request(true, false));
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(stream_send(&world, call, "x", false), KT_RPC_OK);
        world_pass(&world, 500 * MS);
    }
    unsigned pings = 0;
    for (unsigned i = 0; i < world.sent_count; i++)
        pings += world.sent[i].head.kind == KT_PING;
    assert_int_equal(pings, 2);
    kt_rpc_stream_close(world.client, &call, world.now_us);
    world_close(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_streaming), cmocka_unit_test(test_bare_last),
        cmocka_unit_test(test_server_streaming), cmocka_unit_test(test_gap_and_overflow),
        cmocka_unit_test(test_connection_lost),  cmocka_unit_test(test_ping_while_sending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
