/* Routers and dealers over CURVE: who gets in, what arrives, and how an end is noticed. */
#include "support.h"

#include <kt/prng.h>
#include <kt/wire.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void
test_there_and_back(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    kt_socket_t *dealer = world_dealer(&world, &world.known);
    kt_message_t message;
    kt_message_init(&message);
    kt_peer_t first = 0;
    for (unsigned frames = 1; frames <= 3; frames++) {
        message_set(&message, frames, "hello");
        send_patiently(dealer, &message);
        kt_peer_t peer = 0;
        const char *key = NULL;
        assert_int_equal(receive_patiently(world.router, &message, &peer, &key), KT_IO_OK);
        assert_int_equal(message.count, frames);
        assert_int_equal(kt_message_size(&message), 5 * frames);
        assert_string_equal(key, world.known.public_key);
        assert_true(peer != 0 && (first == 0 || peer == first));
        first = peer;
        assert_int_equal(kt_socket_send(world.router, &message, peer), KT_IO_OK);
        assert_int_equal(receive_patiently(dealer, &message, NULL, NULL), KT_IO_OK);
        assert_int_equal(message.count, frames);
        assert_span_equal(kt_frame_span(&message.frames[frames - 1]), kt_span_str("hello"));
    }
    assert_null(kt_socket_trouble(dealer));
    assert_int_equal(kt_socket_recv(dealer, &message, NULL, NULL), KT_IO_AGAIN);
    kt_message_close(&message);
    kt_socket_close(&dealer);
    world_close(&world);
}

static void
test_two_peers_two_numbers(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    atomic_store(&world.all, true);
    kt_socket_t *dealers[2] = {world_dealer(&world, &world.known),
                               world_dealer(&world, &world.stranger)};
    const char *keys[2] = {world.known.public_key, world.stranger.public_key};
    kt_peer_t peers[2];
    kt_message_t message;
    kt_message_init(&message);
    for (unsigned i = 0; i < 2; i++) {
        message_set(&message, 1, "x");
        send_patiently(dealers[i], &message);
        const char *key;
        assert_int_equal(receive_patiently(world.router, &message, &peers[i], &key), KT_IO_OK);
        assert_string_equal(key, keys[i]);
    }
    assert_true(peers[0] != peers[1]);
    message_set(&message, 1, "for the second");
    assert_int_equal(kt_socket_send(world.router, &message, peers[1]), KT_IO_OK);
    assert_int_equal(receive_patiently(dealers[1], &message, NULL, NULL), KT_IO_OK);
    assert_int_equal(kt_socket_recv(dealers[0], &message, NULL, NULL), KT_IO_AGAIN);
    kt_message_close(&message);
    kt_socket_close(&dealers[0]);
    kt_socket_close(&dealers[1]);
    world_close(&world);
}

static int
option_of(int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(fd, level, option, &value, &size) == 0 ? value : -1;
}

/* Whether FD is one end of a TCP connection. */
static bool
is_connection(int fd)
{
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &size) == 0 && peer.sin_family == AF_INET;
}

/* A host that is gone says nothing: the kernel asks for it, at both ends, and gives up after six
 * seconds. */
static void
test_a_host_that_is_gone(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    kt_socket_t *dealer = world_dealer(&world, &world.known);
    kt_message_t message;
    kt_message_init(&message);
    message_set(&message, 1, "hello");
    send_patiently(dealer, &message);
    kt_peer_t peer = 0;
    assert_int_equal(receive_patiently(world.router, &message, &peer, NULL), KT_IO_OK);
    unsigned ends = 0;
    for (int fd = 0; fd < 256; fd++) {
        if (!is_connection(fd))
            continue;
        ends++;
        assert_int_equal(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
        int idle = option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE);
        int step = option_of(fd, IPPROTO_TCP, TCP_KEEPINTVL);
        assert_int_equal(idle + step * option_of(fd, IPPROTO_TCP, TCP_KEEPCNT), 6);
        assert_int_equal(option_of(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 6000);
    }
    assert_int_equal(ends, 2);
    kt_message_close(&message);
    kt_socket_close(&dealer);
    world_close(&world);
}

/* The limit is on what a frame holds, not on what CURVE makes of it. */
static void
test_the_largest_frame_arrives(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    kt_socket_t *dealer = world_dealer(&world, &world.known);
    kt_message_t message;
    kt_message_init(&message);
    assert_ok(kt_frame_init_size(&message.frames[0], KT_BODY_BYTES_MAX));
    memset(kt_frame_bytes(&message.frames[0]), 'x', KT_BODY_BYTES_MAX);
    message.count = 1;
    send_patiently(dealer, &message);
    kt_peer_t peer = 0;
    for (unsigned way = 0; way < 2; way++) {
        kt_socket_t *to = way == 0 ? world.router : dealer;
        assert_int_equal(receive_patiently(to, &message, &peer, NULL), KT_IO_OK);
        assert_int_equal(kt_message_size(&message), KT_BODY_BYTES_MAX);
        if (way == 0)
            assert_int_equal(kt_socket_send(world.router, &message, peer), KT_IO_OK);
    }
    kt_message_close(&message);
    kt_socket_close(&dealer);
    world_close(&world);
}

static void
test_stranger_is_refused(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    kt_socket_t *dealer = world_dealer(&world, &world.stranger);
    kt_message_t message;
    kt_message_init(&message);
    message_set(&message, 1, "let me in");
    assert_int_equal(kt_socket_send(dealer, &message, 0), KT_IO_AGAIN);
    assert_int_equal(kt_socket_queue(dealer, &message, 0), KT_IO_AGAIN);
    assert_int_equal(message.count, 1);
    assert_int_equal(receive_patiently(dealer, &message, NULL, NULL), KT_IO_REFUSED);
    assert_string_equal(kt_socket_trouble(dealer), "it does not know this key");
    assert_int_equal(kt_socket_recv(world.router, &message, &(kt_peer_t){0}, NULL), KT_IO_AGAIN);
    kt_message_close(&message);
    kt_socket_close(&dealer);
    world_close(&world);
}

static void
test_wrong_server_key(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    kt_key_pair_t other;
    assert_ok(kt_keys_generate(&other));
    kt_socket_options_t options = {.keys = &world.known, .server_key = other.public_key};
    kt_socket_t *dealer = NULL;
    assert_ok(kt_socket_dealer(world.net, &options, &dealer));
    assert_ok(kt_socket_connect(dealer, kt_socket_endpoint(world.router)));
    kt_message_t message;
    kt_message_init(&message);
    while (!kt_socket_trouble(dealer)) {
        kt_wait_t wait = {.socket = dealer};
        assert_ok(kt_net_wait(&wait, 1, PATIENCE_MS));
        assert_true(wait.ready);
        (void)kt_socket_recv(dealer, &message, NULL, NULL);
    }
    assert_string_equal(kt_socket_trouble(dealer),
                        "the handshake failed: is the server key right?");
    assert_int_equal(receive_patiently(dealer, &message, NULL, NULL), KT_IO_LOST);
    kt_message_close(&message);
    kt_socket_close(&dealer);
    world_close(&world);
}

static void
test_bad_keys_and_endpoints(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    kt_socket_t *socket = NULL;
    kt_socket_options_t options = {.keys = &world.known, .server_key = "short"};
    assert_status(kt_socket_dealer(world.net, &options, &socket), KT_INVALID_ARGUMENT, 0);
    options.server_key = NULL;
    assert_status(kt_socket_dealer(world.net, &options, &socket), KT_INVALID_ARGUMENT, 0);
    kt_key_pair_t empty = {{0}, {0}};
    options = (kt_socket_options_t){.keys = &empty, .server_key = world.server.public_key};
    assert_status(kt_socket_dealer(world.net, &options, &socket), KT_INVALID_ARGUMENT, 0);
    assert_null(socket);
    options = (kt_socket_options_t){.keys = &world.server};
    assert_ok(kt_socket_router(world.net, &options, &socket));
    kt_status_t status = kt_socket_bind(socket, kt_socket_endpoint(world.router));
    assert_int_equal(status.code, KT_UNAVAILABLE);
    assert_non_null(strstr(status.text, kt_socket_endpoint(world.router)));
    assert_status(kt_socket_bind(socket, "nonsense"), KT_INVALID_ARGUMENT, 0);
    kt_socket_close(&socket);
    world_close(&world);
}

/* A peer that left: its number is gone, and the message stays the sender's. */
static void
test_peer_gone(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    kt_socket_t *dealer = world_dealer(&world, &world.known);
    kt_message_t message;
    kt_message_init(&message);
    kt_peer_t peer = world_hear(&world, dealer, &message, 1, "x");
    kt_socket_close(&dealer);
    int64_t until_us = kt_clock_mono_us() + PATIENCE_MS * KT_US_PER_MS;
    kt_io_t io = KT_IO_OK;
    while (io == KT_IO_OK && kt_clock_mono_us() < until_us) {
        message_set(&message, 1, "still there?");
        io = kt_socket_send(world.router, &message, peer);
        kt_wait_t wait = {.socket = world.router}; /* lets libzmq see the end */
        assert_ok(kt_net_wait(&wait, 1, 1));
    }
    assert_int_equal(io, KT_IO_GONE);
    assert_int_equal(message.count, 1);
    assert_int_equal(kt_socket_send(world.router, &message, peer), KT_IO_GONE);
    assert_int_equal(kt_socket_send(world.router, &message, peer + 1), KT_IO_GONE);
    kt_message_close(&message);
    world_close(&world);
}

/* What is queued stays until it is flushed or something is sent after it, and comes in order; a
 * message too large for a pack takes along what waits. */
static void
test_queued(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    kt_socket_t *dealer = world_dealer(&world, &world.known);
    kt_message_t message;
    kt_message_init(&message);
    kt_peer_t peer = world_hear(&world, dealer, &message, 2, "first"), from = 0;
    const char *key = NULL;
    enum { SMALL = 300 }; /* more than one pack holds */
    static char large[20000];
    memset(large, 'x', sizeof large - 1);
    for (unsigned way = 0; way < 2; way++) {
        kt_socket_t *out = way == 0 ? dealer : world.router, *in = way == 0 ? world.router : dealer;
        for (unsigned i = 0; i < SMALL; i++) {
            char text[100];
            snprintf(text, sizeof text, "%u of many that travel together", i);
            message_set(&message, 1 + i % 3, text);
            assert_int_equal(kt_socket_queue(out, &message, peer), KT_IO_OK);
            assert_int_equal(message.count, 0);
        }
        message_set(&message, 1, large);
        assert_int_equal(kt_socket_queue(out, &message, peer), KT_IO_OK);
        message_set(&message, 1, "last");
        assert_int_equal(kt_socket_queue(out, &message, peer), KT_IO_OK);
        assert_int_equal(kt_socket_flush(out, &from), KT_IO_OK);
        for (unsigned i = 0; i < SMALL; i++) {
            assert_int_equal(receive_patiently(in, &message, &from, &key), KT_IO_OK);
            assert_int_equal(message.count, 1 + i % 3);
            assert_int_equal(atoi((const char *)kt_frame_span(&message.frames[0]).data), i);
            if (way == 0) {
                assert_true(from == peer);
                assert_string_equal(key, world.known.public_key);
            }
        }
        assert_int_equal(receive_patiently(in, &message, &from, &key), KT_IO_OK);
        assert_int_equal(kt_message_size(&message), sizeof large - 1);
        assert_int_equal(receive_patiently(in, &message, &from, &key), KT_IO_OK);
        assert_span_equal(kt_frame_span(&message.frames[0]), kt_span_str("last"));
    }
    kt_message_close(&message);
    kt_socket_close(&dealer);
    world_close(&world);
}

/* What was queued for a peer that left is dropped, and the flush says whose it was. */
static void
test_queued_for_the_gone(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    kt_socket_t *dealer = world_dealer(&world, &world.known);
    kt_message_t message;
    kt_message_init(&message);
    kt_peer_t peer = world_hear(&world, dealer, &message, 2, "x"), gone = 0;
    kt_socket_close(&dealer);
    int64_t until_us = kt_clock_mono_us() + PATIENCE_MS * KT_US_PER_MS;
    kt_io_t io = KT_IO_OK;
    while (io == KT_IO_OK && kt_clock_mono_us() < until_us) {
        message_set(&message, 2, "still there?");
        assert_int_equal(kt_socket_queue(world.router, &message, peer), KT_IO_OK);
        io = kt_socket_flush(world.router, &gone);
        kt_wait_t wait = {.socket = world.router}; /* lets libzmq see the end */
        assert_ok(kt_net_wait(&wait, 1, 1));
    }
    assert_int_equal(io, KT_IO_GONE);
    assert_true(gone == peer);
    assert_int_equal(kt_socket_flush(world.router, &gone), KT_IO_OK);
    message_set(&message, 2, "x");
    assert_int_equal(kt_socket_queue(world.router, &message, peer), KT_IO_GONE);
    assert_int_equal(message.count, 2);
    kt_message_close(&message);
    world_close(&world);
}

/* What came alone the last time is taken to have come alone: it was not always so, and then nobody
 * waits for what is there. */
static void
test_nothing_that_came_is_waited_for(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    kt_socket_t *dealer = world_dealer(&world, &world.known);
    kt_message_t message;
    kt_prng_t prng;
    kt_message_init(&message);
    kt_prng_seed(&prng, 8);
    for (unsigned round = 0; round < 2000; round++) {
        uint64_t sent = round % 3 == 0 ? 1 + kt_prng_below(&prng, 5) : 1;
        for (uint64_t i = 0; i < sent; i++) {
            message_set(&message, 1, "one of some");
            send_patiently(dealer, &message);
        }
        for (uint64_t left = sent; left > 0;) {
            kt_wait_t wait = {.socket = world.router};
            kt_peer_t peer = 0;
            assert_ok(kt_net_wait(&wait, 1, PATIENCE_MS));
            assert_true(wait.ready);
            while (kt_socket_recv(world.router, &message, &peer, NULL) == KT_IO_OK)
                left--;
        }
    }
    kt_message_close(&message);
    kt_socket_close(&dealer);
    world_close(&world);
}

/* A dealer whose router went away first gets what was sent, then hears that the connection is lost.
 */
static void
test_connection_lost(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    kt_socket_t *dealer = world_dealer(&world, &world.known);
    kt_message_t message;
    kt_message_init(&message);
    kt_peer_t peer = world_hear(&world, dealer, &message, 1, "x");
    assert_int_equal(kt_socket_send(world.router, &message, peer), KT_IO_OK);
    assert_int_equal(receive_patiently(dealer, &message, NULL, NULL), KT_IO_OK);
    kt_socket_close(&world.router);
    assert_int_equal(receive_patiently(dealer, &message, NULL, NULL), KT_IO_LOST);
    assert_string_equal(kt_socket_trouble(dealer), "the connection broke");
    message_set(&message, 1, "x");
    assert_int_equal(kt_socket_send(dealer, &message, 0), KT_IO_GONE);
    kt_message_close(&message);
    kt_socket_close(&dealer);
    world_close(&world);
}

static void
test_nobody_answers(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    char endpoint[128];
    snprintf(endpoint, sizeof endpoint, "%s", kt_socket_endpoint(world.router));
    kt_socket_close(&world.router);
    kt_socket_options_t options = {.keys = &world.known, .server_key = world.server.public_key};
    kt_message_t message;
    kt_message_init(&message);
    kt_io_t io;
    do { /* libzmq may still have the port open for a moment */
        kt_socket_t *dealer = NULL;
        assert_ok(kt_socket_dealer(world.net, &options, &dealer));
        assert_ok(kt_socket_connect(dealer, endpoint));
        io = receive_patiently(dealer, &message, NULL, NULL);
        assert_int_equal(io, KT_IO_LOST);
        io = strcmp(kt_socket_trouble(dealer), "nobody answers there") == 0 ? KT_IO_LOST : KT_IO_OK;
        kt_socket_close(&dealer);
    } while (io == KT_IO_OK);
    kt_message_close(&message);
    world_close(&world);
}

static void
test_bell(void **state)
{
    (void)state;
    kt_bell_t bell;
    assert_ok(kt_bell_init(&bell));
    kt_wait_t wait = {.fd = bell.fd};
    assert_ok(kt_net_wait(&wait, 1, 0));
    assert_false(wait.ready);
    kt_bell_ring(&bell);
    kt_bell_ring(&bell);
    assert_ok(kt_net_wait(&wait, 1, -1));
    assert_true(wait.ready);
    kt_bell_hear(&bell);
    assert_ok(kt_net_wait(&wait, 1, 0));
    assert_false(wait.ready);
    kt_bell_hear(&bell); /* silent already */
    kt_bell_fini(&bell);
}

typedef struct shared {
    pthread_mutex_t lock; /* who holds it may use DEALER */
    kt_socket_t *dealer;
    kt_bell_t sent;
} shared_t;

/* Gets the lock when the main thread, which has it, sleeps. */
static void *
send_meanwhile(void *context)
{
    shared_t *shared = context;
    kt_message_t message;
    kt_message_init(&message);
    message_set(&message, 1, "from another thread");
    pthread_mutex_lock(&shared->lock);
    assert_int_equal(kt_socket_send(shared->dealer, &message, 0), KT_IO_OK);
    pthread_mutex_unlock(&shared->lock);
    kt_bell_ring(&shared->sent);
    return NULL;
}

/* A socket is for whoever takes the lock while its owner sleeps, and then its owner's again. */
static void
test_shared_by_a_lock(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    shared_t shared = {.lock = PTHREAD_MUTEX_INITIALIZER,
                       .dealer = world_dealer(&world, &world.known)};
    kt_message_t message;
    kt_message_init(&message);
    kt_peer_t peer = world_hear(&world, shared.dealer, &message, 1, "from its owner");
    assert_ok(kt_bell_init(&shared.sent));
    pthread_mutex_lock(&shared.lock);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, send_meanwhile, &shared), 0);
    kt_wait_t waits[] = {{.fd = shared.sent.fd}, {.socket = shared.dealer}};
    while (!waits[0].ready)
        assert_ok(kt_net_wait_unlocked(waits, 2, PATIENCE_MS, &shared.lock));
    assert_int_not_equal(pthread_mutex_trylock(&shared.lock), 0); /* it is closed again */
    assert_int_equal(receive_patiently(world.router, &message, &peer, NULL), KT_IO_OK);
    assert_span_equal(kt_frame_span(&message.frames[0]), kt_span_str("from another thread"));

    assert_int_equal(kt_socket_recv(shared.dealer, &message, NULL, NULL), KT_IO_AGAIN);
    assert_false(kt_net_ready(&waits[1]));
    message_set(&message, 1, "back");
    assert_int_equal(kt_socket_send(world.router, &message, peer), KT_IO_OK);
    waits[1].ready = false;
    while (!waits[1].ready)
        assert_ok(kt_net_wait_unlocked(&waits[1], 1, PATIENCE_MS, &shared.lock));
    assert_true(kt_net_ready(&waits[1]));
    assert_int_equal(receive_patiently(shared.dealer, &message, NULL, NULL), KT_IO_OK);
    pthread_mutex_unlock(&shared.lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
    kt_message_close(&message);
    kt_bell_fini(&shared.sent);
    kt_socket_close(&shared.dealer);
    world_close(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_two_peers_two_numbers),
        cmocka_unit_test(test_a_host_that_is_gone),
        cmocka_unit_test(test_the_largest_frame_arrives),
        cmocka_unit_test(test_stranger_is_refused),
        cmocka_unit_test(test_wrong_server_key),
        cmocka_unit_test(test_bad_keys_and_endpoints),
        cmocka_unit_test(test_peer_gone),
        cmocka_unit_test(test_queued),
        cmocka_unit_test(test_queued_for_the_gone),
        cmocka_unit_test(test_nothing_that_came_is_waited_for),
        cmocka_unit_test(test_connection_lost),
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_bell),
        cmocka_unit_test(test_shared_by_a_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
