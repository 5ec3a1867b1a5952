/* The connection to a broker: how its silence is noticed, when it is left, and for whom. */
#include "client_world.h"

static void
broker_pongs(world_t *world, const sent_t *ping)
{
    kt_head_t pong = {.kind = KT_PONG, .arg = ping->head.arg};
    broker_says(world, pong, 1, kt_span(NULL, 0), kt_span(NULL, 0));
}

static void
test_ping_and_silence(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 2, 0);
    world_pass(&world, 60 * SECOND);
    world_sent_nothing(&world); /* nobody beats without an open call */
    world_call(&world, KT_METHOD_READ, 60000);
    world_sent(&world, KT_CALL);
    for (unsigned i = 0; i < 6; i++) {
        world_pass(&world, KT_RPC_PING_US - 1);
        world_sent_nothing(&world);
        world_pass(&world, 1);
        broker_pongs(&world, world_sent(&world, KT_PING));
    }
    kt_rpc_link_t before = kt_rpc_client_link(world.client);
    world_pass(&world, KT_RPC_PING_US + KT_RPC_PONG_US - 1);
    assert_int_equal(kt_rpc_client_link(world.client).generation, before.generation);
    world.closed = true;
    world_pass(&world, 1);
    kt_rpc_link_t after = kt_rpc_client_link(world.client);
    assert_true(after.generation != before.generation && after.broker != before.broker);
    world_close(&world);
}

/* Nor does a connection that takes nothing keep the machine from noticing: the PING need not
 * leave. */
static void
test_silence_of_a_full_connection(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 2, 0);
    world_call(&world, KT_METHOD_WRITE, 60000);
    uint64_t first = world_sent(&world, KT_CALL)->head.call_id;
    kt_rpc_link_t before = kt_rpc_client_link(world.client);
    world.closed = true;
    world_pass(&world, KT_RPC_PING_US + KT_RPC_PONG_US);
    assert_true(kt_rpc_client_link(world.client).generation != before.generation);
    world.closed = false;
    world_pass(&world, 2 * KT_RPC_BACKOFF_FIRST_US);
    sent_t *again = world_sent(&world, KT_CALL);
    assert_true(again->head.call_id != first);
    assert_true(again->head.arg <= 60000 - (KT_RPC_PING_US + KT_RPC_PONG_US) / 1000);
    broker_ends_ok(&world, again->head.call_id);
    assert_end(world_end(&world), KT_OK, 0, false);
    world_close(&world);
}

/* Who sleeps hears nothing, and that is not the broker's doing. */
static void
test_own_sleep_is_no_silence(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 2, 0);
    world_call(&world, KT_METHOD_READ, 600000);
    world_sent(&world, KT_CALL);
    uint32_t generation = kt_rpc_client_link(world.client).generation;
    for (unsigned i = 0; i < 3; i++) {
        world.now_us += 60 * SECOND;
        world_turn(&world); /* asks */
        sent_t *ping = world_sent(&world, KT_PING);
        assert_int_equal(kt_rpc_client_link(world.client).generation, generation);
        if (i == 1)
            broker_pongs(&world, ping);
    }
    world_pass(&world, KT_RPC_PONG_US);
    assert_true(kt_rpc_client_link(world.client).generation != generation);
    world_close(&world);
}

static void
broker_drains(world_t *world)
{
    broker_says(world, (kt_head_t){.kind = KT_DRAIN}, 1, kt_span(NULL, 0), kt_span(NULL, 0));
}

/* A broker that drains keeps the calls that are inside and gets no further ones; these go to the
 * next broker, in their order, as soon as the last one inside has ended. */
static void
test_draining_broker_is_left(void **state)
{
    (void)state;
    for (unsigned brokers = 1; brokers <= 2; brokers++) {
        world_t world;
        world_open(&world, 8, brokers, 0);
        world_call(&world, KT_METHOD_ADMIN, 30000);
        uint64_t inside = world_sent(&world, KT_CALL)->head.call_id;
        kt_rpc_link_t before = kt_rpc_client_link(world.client);
        broker_drains(&world);
        for (unsigned i = 0; i < 3; i++) {
            kt_rpc_request_t request = request_of(KT_METHOD_WRITE, 30000);
            request.tag = 100 + i;
            kt_rpc_call_t *call = world_start(&world, request);
            if (i == 1) {
                kt_rpc_client_cancel(world.client, call, world.now_us);
                assert_end(world_end(&world), KT_CANCELLED, RPC_REASON_CALL_CANCELLED, false);
            }
        }
        world_pass(&world, KT_RPC_PING_US / 2);
        world_sent_nothing(&world);
        assert_int_equal(kt_rpc_client_link(world.client).generation, before.generation);
        broker_ends_ok(&world, inside);
        assert_end(world_end(&world), KT_OK, 0, false);
        kt_rpc_link_t after = kt_rpc_client_link(world.client);
        assert_true(after.generation != before.generation);
        assert_true(brokers == 1 || after.broker != before.broker);
        world_pass(&world, 2 * KT_RPC_BACKOFF_FIRST_US);
        for (unsigned i = 0; i < 3; i += 2) {
            broker_ends_ok(&world, world_sent(&world, KT_CALL)->head.call_id);
            assert_int_equal(world_end(&world)->tag, 100 + i);
            assert_int_equal(world.end.attempts, 1);
        }
        world_sent_nothing(&world);
        world_close(&world);
    }
}

/* One that is told so while nothing is inside, or refuses the call that crossed with its word. */
static void
test_draining_broker_is_left_at_once(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 8, 2, 0);
    world_call(&world, KT_METHOD_READ, 30000);
    broker_ends_ok(&world, world_sent(&world, KT_CALL)->head.call_id);
    assert_end(world_end(&world), KT_OK, 0, false);
    kt_rpc_link_t before = kt_rpc_client_link(world.client);
    broker_drains(&world);
    assert_true(kt_rpc_client_link(world.client).broker != before.broker);
    assert_int_equal(kt_rpc_client_link(world.client).open_us, INT64_MAX);
    world_call(&world, KT_METHOD_ADMIN, 30000);
    world_pass(&world, 2 * KT_RPC_BACKOFF_FIRST_US);
    uint64_t refused = world_sent(&world, KT_CALL)->head.call_id;
    broker_drains(&world);
    broker_ends(&world, refused, status_of(KT_UNAVAILABLE, false, 0, "DRAINING"));
    world_pass(&world, 4 * KT_RPC_BACKOFF_FIRST_US);
    assert_int_equal(kt_rpc_client_link(world.client).broker, before.broker);
    broker_ends_ok(&world, world_sent(&world, KT_CALL)->head.call_id);
    assert_end(world_end(&world), KT_OK, 0, false);
    world_close(&world);
}

/* Another broker may know the department that this one has not; but who waits for other answers
 * here stays. */
static void
test_no_instance_is_tried_elsewhere(void **state)
{
    (void)state;
    static const struct {
        unsigned brokers;
        const char *reason;
        bool alone, leaves;
    } rows[] = {
        {2, "NO_INSTANCE", true, true},
        {2, "NO_INSTANCE", false, false},
        {2, "QUEUE_FULL", true, false},
        {1, "NO_INSTANCE", true, false},
    };
    for (unsigned i = 0; i < KT_COUNT(rows); i++) {
        world_t world;
        world_open(&world, 8, rows[i].brokers, 0);
        world_call(&world, KT_METHOD_WRITE, 30000);
        uint64_t refused = world_sent(&world, KT_CALL)->head.call_id;
        if (!rows[i].alone)
            world_call(&world, KT_METHOD_READ, 30000);
        world.seen = world.sent_count;
        kt_rpc_link_t before = kt_rpc_client_link(world.client);
        broker_ends(&world, refused, status_of(KT_UNAVAILABLE, false, 100, rows[i].reason));
        world_pass(&world, 200 * MS);
        assert_int_equal(kt_rpc_client_link(world.client).generation != before.generation,
                         rows[i].leaves);
        broker_ends_ok(&world, world_sent(&world, KT_CALL)->head.call_id);
        assert_end(world_end(&world), KT_OK, 0, false);
        world_close(&world);
    }
}

/* What must not be sent again is sent to a broker that has spoken: it is not on its way while that
 * one leaves. The other calls need not wait. */
static void
test_a_silent_broker_gets_nothing_that_is_for_once(void **state)
{
    (void)state;
    for (unsigned once = 0; once < 2; once++) {
        world_t world;
        world_open(&world, 8, 2, 0);
        world.mute = true;
        kt_rpc_request_t request = request_of(once ? KT_METHOD_READ : KT_METHOD_ADMIN, 30000);
        request.once = once;
        world_start(&world, request);
        world_sent(&world, KT_PING);
        world_call(&world, KT_METHOD_WRITE, 30000);
        uint64_t write = world_sent(&world, KT_CALL)->head.call_id;
        world_sent_nothing(&world);
        broker_ends_ok(&world, write);
        assert_end(world_end(&world), KT_OK, 0, false);
        broker_ends_ok(&world, world_sent(&world, KT_CALL)->head.call_id);
        assert_end(world_end(&world), KT_OK, 0, false);
        /* One that leaves instead of answering gets nothing at all, nor does one that is gone. */
        kt_rpc_client_lost(world.client, world.now_us);
        world_start(&world, request);
        world_pass(&world, 2 * KT_RPC_BACKOFF_FIRST_US);
        world_sent(&world, KT_PING);
        broker_drains(&world);
        world_pass(&world, 2 * KT_RPC_BACKOFF_FIRST_US);
        world_sent(&world, KT_PING);
        world_pass(&world, KT_RPC_PONG_US + 2 * KT_RPC_BACKOFF_FIRST_US);
        for (unsigned i = 0; i < 2; i++) /* once a second, and then to the next one */
            world_sent(&world, KT_PING);
        world_sent_nothing(&world);
        world_greet(&world);
        world_turn(&world);
        broker_ends_ok(&world, world_sent(&world, KT_CALL)->head.call_id);
        assert_end(world_end(&world), KT_OK, 0, false);
        assert_int_equal(world.end.attempts, 1);
        world_close(&world);
    }
}

static void
test_next_broker(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 3, 0);
    world.closed = true;
    world_call(&world, KT_METHOD_WRITE, 30000);
    bool tried[3] = {false};
    for (unsigned i = 0; i < 3; i++) {
        tried[kt_rpc_client_link(world.client).broker] = true;
        world_pass(&world, KT_RPC_REACH_US);
    }
    assert_true(tried[0] && tried[1] && tried[2]);
    world.closed = false;
    world_turn(&world);
    broker_ends_ok(&world, world_sent(&world, KT_CALL)->head.call_id);
    assert_end(world_end(&world), KT_OK, 0, false);
    world_close(&world);
}

static void
test_refused_by_all(void **state)
{
    (void)state;
    world_t world;
    world_open(&world, 4, 2, 0);
    world.closed = true;
    world_call(&world, KT_METHOD_WRITE, 30000);
    kt_rpc_client_refused(world.client, world.now_us);
    world_no_end(&world); /* the other one may know us */
    world_pass(&world, SECOND);
    kt_rpc_client_refused(world.client, world.now_us);
    assert_end(world_end(&world), KT_UNAUTHENTICATED, RPC_REASON_UNKNOWN_PRINCIPAL, false);
    world_close(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ping_and_silence),
        cmocka_unit_test(test_silence_of_a_full_connection),
        cmocka_unit_test(test_own_sleep_is_no_silence),
        cmocka_unit_test(test_draining_broker_is_left),
        cmocka_unit_test(test_draining_broker_is_left_at_once),
        cmocka_unit_test(test_no_instance_is_tried_elsewhere),
        cmocka_unit_test(test_a_silent_broker_gets_nothing_that_is_for_once),
        cmocka_unit_test(test_next_broker),
        cmocka_unit_test(test_refused_by_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
