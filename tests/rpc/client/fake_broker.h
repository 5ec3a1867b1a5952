/*
 * fake_broker.h: a thread in the place of broker and service, for kantor.echo.v1.Echo. It speaks
 * just enough of the protocol: Echo answers with its request, Count sends numbers as far as there
 * is credit, Sum swallows, Twice sends back. A request of "silent" is never answered.
 */
#ifndef FAKE_BROKER_H
#define FAKE_BROKER_H

#include "testing.h"

#include <kt/net.h>
#include <kt/time.h>
#include <kt/wire.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define FAKE_COUNT 40 /* messages of a Count */

typedef struct fake_broker {
    kt_net_t *net;
    kt_key_pair_t keys;
    kt_socket_t *router;
    kt_bell_t stop;
    pthread_t thread;
    bool running;
    atomic_uint calls; /* CALLs that came */
    /* the one stream it can serve at a time */
    uint64_t stream_id;
    char stream_kind; /* 'C', 'S', 'D' */
    uint32_t in, out, credit;
} fake_broker_t;

static void
fake_send(fake_broker_t *broker, kt_peer_t peer, kt_head_t head, unsigned count, kt_span_t second,
          kt_frame_t *body)
{
    kt_message_t message;
    kt_message_init(&message);
    uint8_t bytes[KT_HEAD_BYTES_MAX];
    assert_ok(
        kt_frame_init_copy(&message.frames[0], kt_span(bytes, kt_head_encode_all(&head, bytes))));
    if (count == 3)
        assert_ok(kt_frame_init_copy(&message.frames[1], second));
    if (count > 1 && body)
        kt_frame_move(&message.frames[count - 1], body);
    message.count = count;
    assert_int_equal(kt_socket_send(broker->router, &message, peer), KT_IO_OK);
    kt_message_close(&message);
}

static void
fake_end(fake_broker_t *broker, kt_peer_t peer, uint64_t call_id, kt_frame_t *body)
{
    kt_head_t head = {.kind = KT_END, .flags = KT_FLAG_LAST, .call_id = call_id};
    fake_send(broker, peer, head, 3, kt_span(NULL, 0), body);
}

/* Sends what the credit allows of a Count; a Number of value 1 is 08 01. */
static void
fake_count(fake_broker_t *broker, kt_peer_t peer)
{
    while (broker->credit > 0 && broker->out < FAKE_COUNT) {
        kt_frame_t body;
        assert_ok(kt_frame_init_copy(&body, kt_span("\x08\x01", 2)));
        kt_head_t head = {.kind = KT_MESSAGE, .arg = ++broker->out, .call_id = broker->stream_id};
        fake_send(broker, peer, head, 2, kt_span(NULL, 0), &body);
        broker->credit--;
    }
    if (broker->out == FAKE_COUNT && broker->stream_kind == 'C') {
        broker->stream_kind = 0;
        fake_end(broker, peer, broker->stream_id, NULL);
    }
}

static void
fake_call(fake_broker_t *broker, kt_peer_t peer, const kt_head_t *head, kt_message_t *message)
{
    atomic_fetch_add(&broker->calls, 1);
    kt_frame_t *body = &message->frames[KT_FRAME_BODY];
    char kind = (char)head->extra.data[head->extra.size - 3]; /* Echo, Count, Sum, Twice */
    if (kind == 'c') {
        kt_span_t bytes = kt_frame_span(body);
        if (bytes.size == 8 && memcmp(bytes.data + 2, "silent", 6) == 0)
            return;
        fake_end(broker, peer, head->call_id, body);
        return;
    }
    broker->stream_id = head->call_id;
    broker->stream_kind = kind == 'u' ? 'C' : kind == 'S' ? 'S' : 'D';
    broker->in = broker->out = 0;
    broker->credit = KT_STREAM_WINDOW;
    if (broker->stream_kind == 'C')
        fake_count(broker, peer);
}

static void
fake_message(fake_broker_t *broker, kt_peer_t peer, const kt_head_t *head, kt_message_t *message)
{
    if (message->count == 2 && ++broker->in % 8 == 0) {
        kt_head_t window = {.kind = KT_WINDOW, .arg = 8, .call_id = head->call_id};
        fake_send(broker, peer, window, 1, kt_span(NULL, 0), NULL);
    }
    if (message->count == 2 && broker->stream_kind == 'D') {
        kt_head_t back = {.kind = KT_MESSAGE, .arg = ++broker->out, .call_id = head->call_id};
        fake_send(broker, peer, back, 2, kt_span(NULL, 0), &message->frames[1]);
    }
    if (!(head->flags & KT_FLAG_LAST))
        return;
    kt_frame_t sum;
    uint8_t encoded[] = {0x08, (uint8_t)broker->in}; /* SumResponse.count */
    assert_ok(kt_frame_init_copy(&sum, kt_span(encoded, sizeof encoded)));
    fake_end(broker, peer, head->call_id, broker->stream_kind == 'S' ? &sum : NULL);
    kt_frame_close(&sum);
}

static void
fake_receive(fake_broker_t *broker, kt_peer_t peer, kt_message_t *message)
{
    kt_head_t head;
    assert_ok(kt_head_decode(kt_frame_span(&message->frames[0]), message->count, &head));
    if (head.kind == KT_CALL)
        fake_call(broker, peer, &head, message);
    else if (head.kind == KT_MESSAGE)
        fake_message(broker, peer, &head, message);
    else if (head.kind == KT_WINDOW) {
        broker->credit += head.arg;
        if (broker->stream_kind == 'C')
            fake_count(broker, peer);
    } else if (head.kind == KT_PING) {
        head.kind = KT_PONG;
        fake_send(broker, peer, head, 1, kt_span(NULL, 0), NULL);
    }
}

static void *
fake_run(void *context)
{
    fake_broker_t *broker = context;
    kt_message_t message;
    kt_message_init(&message);
    for (;;) {
        kt_wait_t waits[] = {{.socket = broker->router}, {.fd = broker->stop.fd}};
        assert_ok(kt_net_wait(waits, 2, -1));
        if (waits[1].ready)
            break;
        kt_peer_t peer;
        while (kt_socket_recv(broker->router, &message, &peer, NULL) == KT_IO_OK)
            fake_receive(broker, peer, &message);
    }
    kt_message_close(&message);
    return NULL;
}

static void
fake_listen(fake_broker_t *broker, const char *endpoint)
{
    assert_ok(kt_bell_init(&broker->stop));
    kt_socket_options_t options = {.keys = &broker->keys};
    assert_ok(kt_socket_router(broker->net, &options, &broker->router));
    /* The port of a router that was just closed is free only when libzmq has got round to it. */
    int64_t until_us = kt_clock_mono_us() + 10 * KT_US_PER_S;
    while (kt_failed(kt_socket_bind(broker->router, endpoint)))
        assert_true(kt_clock_mono_us() < until_us);
    assert_int_equal(pthread_create(&broker->thread, NULL, fake_run, broker), 0);
    broker->running = true;
}

static void
fake_start(fake_broker_t *broker, kt_net_t *net)
{
    memset(broker, 0, sizeof *broker);
    broker->net = net;
    atomic_init(&broker->calls, 0);
    assert_ok(kt_keys_generate(&broker->keys));
    fake_listen(broker, "tcp://127.0.0.1:0");
}

/* As kill -9 does: whatever was inside is lost. */
static void
fake_stop(fake_broker_t *broker)
{
    if (!broker->running)
        return;
    kt_bell_ring(&broker->stop);
    pthread_join(broker->thread, NULL);
    kt_socket_close(&broker->router);
    kt_bell_fini(&broker->stop);
    broker->running = false;
}

#endif
