/* support.h: a router and dealers in one process, on a port or a socket file of the kernel's
 * choice. */
#ifndef NET_TEST_SUPPORT_H
#define NET_TEST_SUPPORT_H

#include "testing.h"

#include <kt/net.h>
#include <kt/time.h>
#include <stdatomic.h>

#define PATIENCE_MS 10000

typedef struct world {
    kt_net_t *net;
    kt_key_pair_t server, known, stranger;
    kt_socket_t *router;
    atomic_bool all; /* the stranger is let in as well */
} world_t;

static bool
world_allow(void *context, const char public_key[KT_KEY_CHARS + 1])
{
    const world_t *world = context;
    return strcmp(public_key, world->known.public_key) == 0 || atomic_load(&world->all);
}

static void
world_open(world_t *world)
{
    memset(world, 0, sizeof *world);
    assert_ok(kt_keys_generate(&world->server));
    assert_ok(kt_keys_generate(&world->known));
    assert_ok(kt_keys_generate(&world->stranger));
    assert_ok(kt_net_new(1, &world->net));
    assert_ok(kt_net_authenticate(world->net, world_allow, world));
    kt_socket_options_t options = {.keys = &world->server};
    assert_ok(kt_socket_router(world->net, &options, &world->router));
    assert_ok(kt_socket_bind(world->router, "tcp://127.0.0.1:0"));
}

static void
world_close(world_t *world)
{
    kt_socket_close(&world->router);
    kt_net_destroy(&world->net);
}

static kt_socket_t *
world_dealer(world_t *world, const kt_key_pair_t *keys)
{
    kt_socket_options_t options = {.keys = keys, .server_key = world->server.public_key};
    kt_socket_t *dealer = NULL;
    assert_ok(kt_socket_dealer(world->net, &options, &dealer));
    assert_ok(kt_socket_connect(dealer, kt_socket_endpoint(world->router)));
    return dealer;
}

static void
message_set(kt_message_t *message, unsigned count, const char *text)
{
    kt_message_close(message);
    for (unsigned i = 0; i < count; i++)
        assert_ok(kt_frame_init_copy(&message->frames[i], kt_span_str(text)));
    message->count = count;
}

/* Waits until SOCKET has something other than AGAIN to say. */
static kt_io_t
receive_patiently(kt_socket_t *socket, kt_message_t *message, kt_peer_t *peer, const char **key)
{
    int64_t until_us = kt_clock_mono_us() + PATIENCE_MS * KT_US_PER_MS;
    kt_io_t io;
    while ((io = kt_socket_recv(socket, message, peer, key)) == KT_IO_AGAIN) {
        if (kt_clock_mono_us() > until_us)
            fail_msg("nothing came");
        kt_wait_t wait = {.socket = socket};
        assert_ok(kt_net_wait(&wait, 1, 1000));
    }
    return io;
}

static void
send_patiently(kt_socket_t *dealer, kt_message_t *message)
{
    int64_t until_us = kt_clock_mono_us() + PATIENCE_MS * KT_US_PER_MS;
    kt_io_t io;
    while ((io = kt_socket_send(dealer, message, 0)) == KT_IO_AGAIN) {
        if (kt_clock_mono_us() > until_us)
            fail_msg("nobody takes it");
        kt_wait_t wait = {.socket = dealer, .for_send = true};
        assert_ok(kt_net_wait(&wait, 1, 1000));
    }
    assert_int_equal(io, KT_IO_OK);
    assert_int_equal(message->count, 0);
}

/* DEALER says TEXT in so many FRAMES, and MESSAGE is what the router hears; the number that it
 * knows DEALER by. More than one frame travels as a pack, so that the router packs for DEALER as
 * well. */
static kt_peer_t
world_hear(world_t *world, kt_socket_t *dealer, kt_message_t *message, unsigned frames,
           const char *text)
{
    kt_peer_t peer = 0;
    message_set(message, frames, text);
    send_patiently(dealer, message);
    assert_int_equal(receive_patiently(world->router, message, &peer, NULL), KT_IO_OK);
    return peer;
}

#endif
