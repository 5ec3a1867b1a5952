/* Unary calls: what is sent, how they end, and what is sent again. */
#include "client_world.h"

static void
test_there_and_back(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 1, 0);
    kt_rpc_request_t request = request_of(KT_METHOD_WRITE, 1500);
    request.department = kt_span_str("finance");
    request.on_behalf_of = kt_span_str("shop");
    world_start(&world, request);
    sent_t *sent = world_sent(&world, KT_CALL);
    assert_int_equal(sent->head.flags, KT_FLAG_LAST);
    assert_int_equal(sent->head.arg, 1500);
    assert_true(sent->head.call_id != 0);
    assert_span_equal(sent->head.extra, kt_span_str("finance/a.B/C"));
    assert_span_equal(kt_frame_span(&sent->message.frames[KT_FRAME_BODY]), kt_span_str("request"));
    kt_span_t meta = kt_frame_span(&sent->message.frames[KT_FRAME_META]);
    rpc_call_meta_t *decoded = kantor__rpc__v1__call_meta__unpack(NULL, meta.size, meta.data);
    assert_non_null(decoded);
    assert_int_equal(decoded->idempotency_key.len, KT_ULID_BYTES);
    assert_int_equal(decoded->trace_id.len, 0);
    assert_string_equal(decoded->traceparent, "");
    assert_string_equal(decoded->on_behalf_of, "shop");
    world.now_us += 5 * MS;
    broker_ends_ok(&world, sent->head.call_id);
    const kt_rpc_end_t *end = world_end(&world);
    assert_end(end, KT_OK, 0, false);
    assert_int_equal(end->tag, 42);
    assert_int_equal(end->took_us, 5 * MS);
    assert_int_equal(end->attempts, 1);
    assert_int_equal(end->timeline.committed_us, 4);
    assert_memory_equal(end->key.bytes, decoded->idempotency_key.data, KT_ULID_BYTES);
    assert_int_equal(kt_ulid_time_us(&end->key), request.wall_us);
    assert_span_equal(kt_frame_span(&end->body), kt_span_str("response"));
    assert_int_equal(kt_rpc_client_open_calls(world.client), 0);
    kantor__rpc__v1__call_meta__free_unpacked(decoded, NULL);
    world_close(&world);
}

static void
test_deadline(void **state)
{
    (void)state;
    static const struct {
        kt_method_kind_t kind;
        bool unknown;
    } rows[] = {{KT_METHOD_READ, false}, {KT_METHOD_WRITE, true}, {KT_METHOD_ADMIN, true}};
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        world_t world;
        world_open(&world, 4, 1, 0);
        world_call(&world, rows[i].kind, 1000);
        uint64_t call_id = world_sent(&world, KT_CALL)->head.call_id;
        assert_int_equal(kt_rpc_client_timer(world.client), world.now_us + SECOND);
        world_pass(&world, SECOND - 1);
        world_no_end(&world);
        world_pass(&world, 1);
        assert_end(world_end(&world), KT_DEADLINE_EXCEEDED, RPC_REASON_DEADLINE_PASSED,
                   rows[i].unknown);
        assert_int_equal(world_sent(&world, KT_CANCEL)->head.call_id, call_id);
        broker_ends_ok(&world, call_id); /* too late */
        world_no_end(&world);
        assert_int_equal(kt_rpc_client_dropped(world.client), 1);
        world_close(&world);
    }
}

static void
test_default_and_longest_timeout(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 1, 0);
    world_call(&world, KT_METHOD_READ, 0);
    assert_int_equal(world_sent(&world, KT_CALL)->head.arg, KT_TIMEOUT_MS_USUAL);
    world_call(&world, KT_METHOD_READ, UINT32_MAX);
    assert_int_equal(world_sent(&world, KT_CALL)->head.arg, KT_TIMEOUT_MS_MAX);
    world_close(&world);
}

/* What was never sent certainly did not happen. */
static void
test_no_broker(void **state)
{
    (void)state;
    static const struct {
        int64_t option, limit, reach;
    } rows[] = {
        {0, 0, SECOND}, /* the deadline */
        {300 * MS, 0, 300 * MS},
        {0, 300 * MS, 300 * MS},
        {300 * MS, 500 * MS, 300 * MS},
        {500 * MS, 300 * MS, 300 * MS},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        world_t world;
        world_open(&world, 4, 1, rows[i].option);
        if (rows[i].limit > 0)
            kt_rpc_client_limit_reach(world.client, rows[i].limit);
        world.closed = true;
        world_call(&world, KT_METHOD_WRITE, 1000);
        world_pass(&world, rows[i].reach - 1);
        world_no_end(&world);
        world_pass(&world, 1);
        assert_end(world_end(&world), KT_UNAVAILABLE, RPC_REASON_NO_BROKER, false);
        world.closed = false;
        world_pass(&world, 1);
        world_sent_nothing(&world);
        world_close(&world);
    }
}

/* What became of a call that was with a broker whose connection broke. */
static void
test_connection_lost(void **state)
{
    (void)state;
    static const struct {
        kt_method_kind_t kind;
        bool once, again;
    } rows[] = {
        {KT_METHOD_READ, false, true},   {KT_METHOD_WRITE, false, true},
        {KT_METHOD_ADMIN, false, false}, {KT_METHOD_READ, true, false},
        {KT_METHOD_WRITE, true, false},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        world_t world;
        world_open(&world, 4, 1, 0);
        kt_rpc_request_t request = request_of(rows[i].kind, 1000);
        request.once = rows[i].once;
        world_start(&world, request);
        sent_t *first = world_sent(&world, KT_CALL);
        world_pass(&world, 100 * MS);
        kt_rpc_client_lost(world.client, world.now_us);
        world_pass(&world, 100 * MS);
        if (!rows[i].again) {
            assert_end(world_end(&world), KT_UNAVAILABLE, RPC_REASON_NO_BROKER, true);
            world_sent_nothing(&world);
            world_close(&world);
            continue;
        }
        sent_t *second = world_sent(&world, KT_CALL);
        assert_true(second->head.call_id != first->head.call_id);
        assert_true(second->head.arg < 1000 && second->head.arg >= 800);
        for (unsigned f = KT_FRAME_META; f <= KT_FRAME_BODY; f++)
            assert_span_equal(kt_frame_span(&first->message.frames[f]),
                              kt_frame_span(&second->message.frames[f]));
        broker_ends_ok(&world, first->head.call_id); /* of the attempt that was given up */
        world_no_end(&world);
        broker_ends_ok(&world, second->head.call_id);
        assert_end(world_end(&world), KT_OK, 0, false);
        assert_int_equal(world.end.attempts, 2);
        world_close(&world);
    }
}

/* An earlier attempt may have had its effect: only an answer that looked at the key settles it. */
static void
test_doubt_stays(void **state)
{
    (void)state;
    static const struct {
        kt_method_kind_t kind;
        kt_code_t code;
        bool unknown;
    } rows[] = {
        {KT_METHOD_WRITE, KT_UNAUTHENTICATED, true},
        {KT_METHOD_WRITE, KT_PERMISSION_DENIED, true},
        {KT_METHOD_WRITE, KT_UNIMPLEMENTED, true},
        {KT_METHOD_WRITE, KT_RESOURCE_EXHAUSTED, true},
        {KT_METHOD_WRITE, KT_DEADLINE_EXCEEDED, true},
        {KT_METHOD_WRITE, KT_CANCELLED, true},
        {KT_METHOD_WRITE, KT_INVALID_ARGUMENT, false},
        {KT_METHOD_WRITE, KT_NOT_FOUND, false},
        {KT_METHOD_READ, KT_PERMISSION_DENIED, false},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        world_t world;
        world_open(&world, 4, 1, 0);
        world_call(&world, rows[i].kind, 1000);
        world_sent(&world, KT_CALL);
        kt_rpc_client_lost(world.client, world.now_us);
        world_pass(&world, 100 * MS);
        broker_ends(&world, world_sent(&world, KT_CALL)->head.call_id,
                    status_of(rows[i].code, false, -1, NULL));
        assert_end(world_end(&world), rows[i].code, 0, rows[i].unknown);
        world_close(&world);
    }
}

/* A refusal that says "later" is tried again; the wait is the hint's, or grows by itself. */
static void
test_retry(void **state)
{
    (void)state;
    static const struct {
        kt_method_kind_t kind;
        kt_code_t code;
        bool unknown, once;
        int64_t hint_ms;
        bool again;
    } rows[] = {
        {KT_METHOD_READ, KT_UNAVAILABLE, false, false, -1, true},
        {KT_METHOD_READ, KT_UNAVAILABLE, true, false, -1, true},
        {KT_METHOD_WRITE, KT_UNAVAILABLE, false, false, -1, true},
        {KT_METHOD_WRITE, KT_UNAVAILABLE, true, false, 200, true},
        {KT_METHOD_ADMIN, KT_UNAVAILABLE, false, false, -1, true},
        {KT_METHOD_ADMIN, KT_UNAVAILABLE, true, false, -1, false},
        {KT_METHOD_WRITE, KT_UNAVAILABLE, false, true, -1, false},
        {KT_METHOD_WRITE, KT_RESOURCE_EXHAUSTED, false, false, 300, true},
        {KT_METHOD_WRITE, KT_RESOURCE_EXHAUSTED, false, false, -1, false},
        {KT_METHOD_WRITE, KT_UNAVAILABLE, false, false, 1000, false}, /* past the deadline */
        {KT_METHOD_WRITE, KT_INVALID_ARGUMENT, false, false, 10, false},
        {KT_METHOD_WRITE, KT_ABORTED, false, false, -1, false},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        world_t world;
        world_open(&world, 4, 1, 0);
        kt_rpc_request_t request = request_of(rows[i].kind, 1000);
        request.once = rows[i].once;
        world_start(&world, request);
        sent_t *first = world_sent(&world, KT_CALL);
        broker_ends(&world, first->head.call_id,
                    status_of(rows[i].code, rows[i].unknown, rows[i].hint_ms, NULL));
        if (!rows[i].again) {
            assert_end(world_end(&world), rows[i].code, 0, rows[i].unknown);
            world_sent_nothing(&world);
            world_close(&world);
            continue;
        }
        world_no_end(&world);
        int64_t least_us = KT_MAX(rows[i].hint_ms * MS, (int64_t)KT_RPC_BACKOFF_FIRST_US);
        world_pass(&world, least_us - 1);
        world_sent_nothing(&world);
        world_pass(&world, KT_RPC_BACKOFF_FIRST_US + 1);
        sent_t *second = world_sent(&world, KT_CALL);
        assert_true(second->head.call_id != first->head.call_id);
        broker_ends_ok(&world, second->head.call_id);
        assert_end(world_end(&world), KT_OK, 0, false);
        world_close(&world);
    }
}

/* A broker that refuses for ever: the attempts thin out, and the last refusal is the answer. */
static void
test_retry_ends(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 1, 0);
    world_call(&world, KT_METHOD_WRITE, 5000);
    int64_t began_us = world.now_us;
    unsigned attempts = 0;
    while (!kt_rpc_client_next(world.client, &world.end)) {
        if (world.seen < world.sent_count) {
            attempts++;
            broker_ends(&world, world_sent(&world, KT_CALL)->head.call_id,
                        status_of(KT_UNAVAILABLE, false, -1, "NO_INSTANCE"));
        }
        world_pass(&world, MS);
    }
    assert_end(&world.end, KT_UNAVAILABLE, RPC_REASON_NO_INSTANCE, false);
    assert_true(attempts >= 5 && attempts <= 10);
    assert_true(world.now_us - began_us <= 5 * SECOND);
    world_close(&world);
}

static void
test_cancel(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 1, 0);
    world.closed = true;
    kt_rpc_call_t *call = world_call(&world, KT_METHOD_WRITE, 1000);
    kt_rpc_client_cancel(world.client, call, world.now_us);
    assert_end(world_end(&world), KT_CANCELLED, RPC_REASON_CALL_CANCELLED, false);
    world.closed = false;
    call = world_call(&world, KT_METHOD_WRITE, 1000);
    uint64_t call_id = world_sent(&world, KT_CALL)->head.call_id;
    kt_rpc_client_cancel(world.client, call, world.now_us);
    world_turn(&world);
    assert_int_equal(world_sent(&world, KT_CANCEL)->head.call_id, call_id);
    world_no_end(&world);
    broker_ends(&world, call_id, status_of(KT_CANCELLED, false, -1, "CALL_CANCELLED"));
    assert_end(world_end(&world), KT_CANCELLED, RPC_REASON_CALL_CANCELLED, false);
    world_close(&world);
}

static void
test_refusals(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 2, 1, 0);
    static const struct {
        const char *path, *behalf;
    } rows[] = {
        {"a.B/C", ""},
        {"", ""},
        {"/a.B/C", "\xFF"},
        {"/a.B/C", "0123456789012345678901234567890123456789012345678901234567890123"
                   "0123456789012345678901234567890123456789012345678901234567890123x"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_rpc_request_t request = request_of(KT_METHOD_READ, 1000);
        request.path = kt_span_str(rows[i].path);
        request.on_behalf_of = kt_span_str(rows[i].behalf);
        assert_status(kt_rpc_client_start(world.client, &request, world.now_us, NULL),
                      KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    }
    char path[KT_PATH_BYTES_MAX + 2] = "/S/";
    memset(path + 3, 'm', sizeof path - 4);
    kt_rpc_request_t request = request_of(KT_METHOD_READ, 1000);
    request.path = kt_span_str(path);
    assert_status(kt_rpc_client_start(world.client, &request, world.now_us, NULL),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    kt_frame_t body;
    assert_ok(kt_frame_init_size(&body, KT_BODY_BYTES_MAX + 1));
    request = request_of(KT_METHOD_READ, 1000);
    request.body = &body;
    assert_status(kt_rpc_client_start(world.client, &request, world.now_us, NULL),
                  KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_LARGE);
    assert_int_equal(kt_frame_span(&body).size, 0); /* taken over, whatever came */
    kt_frame_close(&body);
    assert_int_equal(kt_rpc_client_open_calls(world.client), 0);
    world_call(&world, KT_METHOD_READ, 1000);
    world_call(&world, KT_METHOD_READ, 1000);
    request = request_of(KT_METHOD_READ, 1000);
    assert_status(kt_rpc_client_start(world.client, &request, world.now_us, NULL),
                  KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_CALLS);
    world_close(&world);
}

static void
test_options(void **state)
{
    (void)state;
    static const kt_rpc_client_options_t rows[] = {
        {.calls_max = 0, .brokers_count = 1},
        {.calls_max = KT_RPC_CALLS_MAX + 1, .brokers_count = 1},
        {.calls_max = 1, .brokers_count = 0},
        {.calls_max = 1, .brokers_count = KT_RPC_BROKERS_MAX + 1},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_rpc_client_t *client = NULL;
        assert_status(kt_rpc_client_new(&rows[i], &client), KT_INVALID_ARGUMENT, 0);
        assert_null(client);
    }
}

/* Nothing that a broker sends does more than end the call it names. */
static void
test_broker_nonsense(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 1, 0);
    world_call(&world, KT_METHOD_WRITE, 1000);
    uint64_t call_id = world_sent(&world, KT_CALL)->head.call_id;
    kt_span_t none = kt_span(NULL, 0);
    const kt_head_t heads[] = {
        {.kind = KT_END, .call_id = call_id + 1},
        {.kind = KT_END, .call_id = call_id + (1 << 16)},
        {.kind = KT_END, .call_id = UINT64_MAX},
        {.kind = KT_MESSAGE, .call_id = call_id, .arg = 1, .flags = KT_FLAG_LAST},
        {.kind = KT_WINDOW, .call_id = call_id, .arg = 5},
        {.kind = KT_CALL, .call_id = call_id},
        {.kind = KT_REGISTER, .call_id = call_id},
        {.kind = 77, .call_id = call_id},
    };
    static const unsigned frames[] = {3, 3, 3, 2, 1, 3, 2, 1};
    for (size_t i = 0; i < KT_COUNT(heads); i++) {
        broker_says(&world, heads[i], frames[i], none, none);
        world_no_end(&world);
        assert_int_equal(kt_rpc_client_dropped(world.client), i + 1);
    }
    kt_message_t empty;
    kt_message_init(&empty);
    kt_rpc_client_receive(world.client, &empty, world.now_us);
    assert_int_equal(kt_rpc_client_dropped(world.client), KT_COUNT(heads) + 1);
    broker_ends(&world, call_id, kt_span_str("no CallStatus"));
    assert_end(world_end(&world), KT_INTERNAL, RPC_REASON_MALFORMED_FRAME, true);
    world_close(&world);
}

/* Ends come in the order the calls ended, and each can be taken out of its turn. */
static void
test_order_of_ends(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 200, 1, 0);
    kt_rpc_call_t *calls[150];
    for (unsigned i = 0; i < KT_COUNT(calls); i++) {
        kt_rpc_request_t request = request_of(KT_METHOD_READ, 1000);
        request.tag = i;
        calls[i] = world_start(&world, request);
    }
    static const unsigned order[] = {149, 3, 70, 64, 0};
    for (unsigned i = 0; i < KT_COUNT(order); i++)
        broker_ends_ok(&world, world.sent[order[i]].head.call_id);
    assert_false(kt_rpc_client_take(world.client, calls[1], &world.end));
    assert_true(kt_rpc_client_take(world.client, calls[70], &world.end));
    assert_int_equal(world.end.tag, 70);
    assert_true(kt_rpc_client_take(world.client, calls[0], &world.end));
    assert_int_equal(world_end(&world)->tag, 149);
    broker_ends_ok(&world, world.sent[5].head.call_id);
    assert_int_equal(world_end(&world)->tag, 3);
    assert_int_equal(world_end(&world)->tag, 64);
    assert_int_equal(world_end(&world)->tag, 5);
    world_no_end(&world);
    assert_int_equal(kt_rpc_client_open_calls(world.client), KT_COUNT(calls) - 6);
    world_pass(&world, SECOND);
    for (unsigned i = 0; i < KT_COUNT(calls) - 6; i++)
        assert_end(world_end(&world), KT_DEADLINE_EXCEEDED, RPC_REASON_DEADLINE_PASSED, false);
    world_close(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_default_and_longest_timeout),
        cmocka_unit_test(test_no_broker),
        cmocka_unit_test(test_connection_lost),
        cmocka_unit_test(test_doubt_stays),
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_retry_ends),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_broker_nonsense),
        cmocka_unit_test(test_order_of_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
