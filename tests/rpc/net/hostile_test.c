/* What a peer with a good key but bad manners can do to a router, and what the ZAP thread answers
 * to each kind of request. The peers here are bare ZeroMQ sockets. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../../common/net/src/zmq_net.h"

#include <kt/wire.h>

#define RECEIVER_BYTES_MAX ((size_t)32 << 20) /* generous: socket buffers on both sides */

/* A bare DEALER with a key that is let in; ROUTING_ID NULL: libzmq's choice. */
static void *
bare_dealer(world_t *world, const char *routing_id)
{
    void *dealer = zmq_socket(world->net->context, ZMQ_DEALER);
    assert_non_null(dealer);
    int zero = 0, one = 1;
    assert_int_equal(zmq_setsockopt(dealer, ZMQ_LINGER, &zero, sizeof zero), 0);
    assert_int_equal(zmq_setsockopt(dealer, ZMQ_RCVHWM, &one, sizeof one),
                     0); /* reads nothing ahead */
    assert_int_equal(
        zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, world->server.public_key, KT_KEY_CHARS + 1), 0);
    assert_int_equal(
        zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, world->known.public_key, KT_KEY_CHARS + 1), 0);
    assert_int_equal(
        zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, world->known.secret_key, KT_KEY_CHARS + 1), 0);
    if (routing_id)
        assert_int_equal(zmq_setsockopt(dealer, ZMQ_ROUTING_ID, routing_id, strlen(routing_id)), 0);
    assert_int_equal(zmq_connect(dealer, kt_socket_endpoint(world->router)), 0);
    return dealer;
}

static void
bare_send(void *dealer, unsigned frames, const char *text)
{
    for (unsigned i = 0; i < frames; i++)
        assert_true(zmq_send(dealer, text, strlen(text), i + 1 < frames ? ZMQ_SNDMORE : 0) >= 0);
}

static void
test_chosen_routing_id(void **state)
{
    (void)state;
    static const char *const ids[] = {"me", "12345", "a-very-long-routing-id"};
    world_t world;
    world_open(&world);
    kt_message_t message;
    kt_message_init(&message);
    for (size_t i = 0; i < KT_COUNT(ids); i++) {
        void *dealer = bare_dealer(&world, ids[i]);
        bare_send(dealer, 1, "x");
        kt_peer_t peer = 0;
        assert_int_equal(receive_patiently(world.router, &message, &peer, NULL), KT_IO_BAD);
        assert_int_equal(message.count, 0);
        assert_int_equal(zmq_close(dealer), 0);
    }
    world_close(&world);
}

/* The number that the next peer gets must not be known: who claims it first ends the process. */
static void
test_routing_ids_cannot_be_foretold(void **state)
{
    (void)state;
    uint32_t guesses[8]; /* as libzmq would draw them from a rand() that nobody seeded */
    srand(1);
    for (size_t i = 0; i < KT_COUNT(guesses); i++) {
        guesses[i] = (uint32_t)rand();
        guesses[i] |= (uint32_t)rand() << 31;
    }
    srand(1);
    world_t world;
    world_open(&world);
    kt_socket_t *dealer = world_dealer(&world, &world.known);
    kt_message_t message;
    kt_message_init(&message);
    kt_peer_t peer = world_hear(&world, dealer, &message, 1, "x");
    for (size_t i = 0; i < KT_COUNT(guesses); i++)
        assert_true(kt_peers_get(&world.router->peers, peer)->routing_id - guesses[i] > 1000);
    kt_message_close(&message);
    kt_socket_close(&dealer);
    world_close(&world);
}

static void
test_too_many_frames(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    void *dealer = bare_dealer(&world, NULL);
    static const unsigned frames[] = {4, 1, 1000, 3, 5};
    for (size_t i = 0; i < KT_COUNT(frames); i++)
        bare_send(dealer, frames[i], "frame");
    kt_message_t message;
    kt_message_init(&message);
    for (size_t i = 0; i < KT_COUNT(frames); i++) {
        kt_peer_t peer;
        kt_io_t expected = frames[i] > 3 ? KT_IO_BAD : KT_IO_OK;
        assert_int_equal(receive_patiently(world.router, &message, &peer, NULL), expected);
        assert_int_equal(message.count, frames[i] > 3 ? 0 : frames[i]);
    }
    kt_message_close(&message);
    assert_int_equal(zmq_close(dealer), 0);
    world_close(&world);
}

/* A frame past the limit closes the connection; the next connection is served. */
static void
test_oversize(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    void *large = bare_dealer(&world, NULL);
    zmq_msg_t msg;
    assert_int_equal(zmq_msg_init_size(&msg, KT_BODY_BYTES_MAX + 65u), 0);
    memset(zmq_msg_data(&msg), 0, zmq_msg_size(&msg));
    assert_true(zmq_msg_send(&msg, large, 0) >= 0);
    kt_socket_t *dealer = world_dealer(&world, &world.known);
    kt_message_t message;
    kt_message_init(&message);
    world_hear(&world, dealer, &message, 1, "small");
    assert_span_equal(kt_frame_span(&message.frames[0]), kt_span_str("small"));
    kt_message_close(&message);
    assert_int_equal(zmq_close(large), 0);
    kt_socket_close(&dealer);
    world_close(&world);
}

/* A peer that does not read: the router says AGAIN after a while and keeps the message the
 * sender's. */
static void
test_peer_that_does_not_read(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    void *dealer = bare_dealer(&world, NULL);
    bare_send(dealer, 1, "x");
    kt_message_t message;
    kt_message_init(&message);
    kt_peer_t peer = 0;
    assert_int_equal(receive_patiently(world.router, &message, &peer, NULL), KT_IO_OK);
    kt_io_t io = KT_IO_OK;
    unsigned sent = 0;
    for (; io == KT_IO_OK && sent < 100000; sent++) {
        kt_message_close(&message);
        assert_ok(kt_frame_init_size(&message.frames[0], 65536));
        memset(kt_frame_bytes(&message.frames[0]), 0, 65536);
        message.count = 1;
        io = kt_socket_send(world.router, &message, peer);
    }
    assert_int_equal(io, KT_IO_AGAIN);
    assert_int_equal(message.count, 1);
    assert_int_equal(kt_message_size(&message), 65536);
    /* Past what the kernel's buffers and the peer's took, no more than that was held. */
    assert_true((sent - 1) * (size_t)65536 < KT_FLOW_BYTES_MAX + RECEIVER_BYTES_MAX);
    /* When the peer is gone, what was held is freed and the sender hears it. */
    assert_int_equal(zmq_close(dealer), 0);
    int64_t until_us = kt_clock_mono_us() + PATIENCE_MS * KT_US_PER_MS;
    while ((io = kt_socket_send(world.router, &message, peer)) != KT_IO_GONE) {
        assert_true(kt_clock_mono_us() < until_us);
        message_set(&message, 1, "still there?");
        kt_wait_t wait = {.socket = world.router};
        assert_ok(kt_net_wait(&wait, 1, 1));
    }
    kt_message_close(&message);
    world_close(&world);
}

/* ---- the ZAP thread ---- */

static void
zap_ask(world_t *world, const kt_span_t *frames, unsigned count, char code[4], char user[64])
{
    void *asker = zmq_socket(world->net->context, ZMQ_REQ);
    assert_non_null(asker);
    int zero = 0;
    assert_int_equal(zmq_setsockopt(asker, ZMQ_LINGER, &zero, sizeof zero), 0);
    assert_int_equal(zmq_connect(asker, "inproc://zeromq.zap.01"), 0);
    for (unsigned i = 0; i < count; i++)
        assert_true(
            zmq_send(asker, frames[i].data, frames[i].size, i + 1 < count ? ZMQ_SNDMORE : 0) >= 0);
    char replies[6][64];
    for (unsigned i = 0; i < 6; i++) {
        int size = zmq_recv(asker, replies[i], sizeof replies[i] - 1, 0);
        assert_true(size >= 0 && size < 64);
        replies[i][size] = '\0';
    }
    assert_string_equal(replies[0], "1.0");
    memcpy(code, replies[2], 4);
    memcpy(user, replies[4], 64);
    assert_int_equal(zmq_close(asker), 0);
}

static void
test_zap(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    uint8_t known[33], stranger[32];
    assert_non_null(zmq_z85_decode(known, world.known.public_key));
    assert_non_null(zmq_z85_decode(stranger, world.stranger.public_key));
    const struct {
        const char *version, *domain, *mechanism;
        kt_span_t key;
        unsigned count;
        const char *code;
    } rows[] = {
        {"1.0", "kantor", "CURVE", kt_span(known, 32), 7, "200"},
        {"1.0", "kantor", "CURVE", kt_span(stranger, 32), 7, "400"},
        {"1.0", "kantor", "CURVE", kt_span(known, 31), 7, "400"},
        {"1.0", "kantor", "CURVE", kt_span(known, 33), 7, "400"},
        {"1.0", "kantor", "CURVE", kt_span(NULL, 0), 7, "400"},
        {"1.0", "kantor", "NULL", kt_span(known, 32), 7, "400"},
        {"1.0", "kantor", "PLAIN", kt_span(known, 32), 7, "400"},
        {"1.0", "other", "CURVE", kt_span(known, 32), 7, "400"},
        {"1.1", "kantor", "CURVE", kt_span(known, 32), 7, "500"},
        {"1.0", "kantor", "CURVE", kt_span(known, 32), 6, "500"},
        {"1.0", "kantor", "CURVE", kt_span(known, 32), 8, "500"},
        {"1.0", "kantor", "CURVE", kt_span(known, 32), 1, "500"},
        {"1.0", "kantor", "CURVE", kt_span(known, 32), 20, "500"},
        {"1.0", "kantor", "CURVE", kt_span(known, 32), 7, "200"},
    };
    unsigned let_in = 0;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_span_t frames[20] = {kt_span_str(rows[i].version),
                                kt_span_str("1"),
                                kt_span_str(rows[i].domain),
                                kt_span_str("127.0.0.1"),
                                kt_span(NULL, 0),
                                kt_span_str(rows[i].mechanism),
                                rows[i].key};
        char code[4], user[64];
        zap_ask(&world, frames, rows[i].count, code, user);
        if (strcmp(code, rows[i].code) != 0)
            fail_msg("row %zu: %s, expected %s", i, code, rows[i].code);
        char expected[64] = "";
        if (strcmp(code, "200") == 0)
            snprintf(expected, sizeof expected, "%s%016x", world.known.public_key, ++let_in);
        assert_string_equal(user, expected);
    }
    world_close(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chosen_routing_id),
        cmocka_unit_test(test_routing_ids_cannot_be_foretold),
        cmocka_unit_test(test_too_many_frames),
        cmocka_unit_test(test_oversize),
        cmocka_unit_test(test_peer_that_does_not_read),
        cmocka_unit_test(test_zap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
