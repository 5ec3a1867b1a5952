#include "client_internal.h"

#include <kt/message.h>
#include <kt/time.h>
#include <stdio.h>
#include <stdlib.h>

#define INFLIGHT_USUAL 1024
#define RECEIVE_BATCH  256  /* messages taken before replies are handed out */
#define LINGER_MS      100  /* so that a last CANCEL leaves */
#define LOOKED_US      1000 /* who looked so shortly ago need not look again */

static kt_status_t
copy_brokers(kt_client_t *client, const kt_client_options_t *options)
{
    if (options->brokers_count < 1 || options->brokers_count > KT_CLIENT_BROKERS_MAX)
        return kt_error(KT_INVALID_ARGUMENT, 0, "a client needs 1 to 8 brokers");
    for (unsigned i = 0; i < options->brokers_count; i++) {
        const kt_broker_address_t *from = &options->brokers[i];
        if (strlen(from->endpoint) >= KT_ENDPOINT_CHARS_MAX)
            return kt_error(KT_INVALID_ARGUMENT, 0, "a broker's endpoint is too long");
        if (strncmp(from->endpoint, "tcp://", 6) != 0 && strncmp(from->endpoint, "ipc://", 6) != 0)
            return kt_error(KT_INVALID_ARGUMENT, 0,
                            "a broker's endpoint is not of the form tcp://ADDRESS:PORT or "
                            "ipc://PATH");
        if (strlen(from->server_key) != KT_KEY_CHARS)
            return kt_error(KT_INVALID_ARGUMENT, 0, "a broker's key is not a CURVE key in Z85");
        memcpy(client->brokers[i].endpoint, from->endpoint, strlen(from->endpoint) + 1);
        memcpy(client->brokers[i].server_key, from->server_key, KT_KEY_CHARS + 1);
    }
    return kt_ok();
}

static kt_status_t
open_client(kt_client_t *client, const kt_client_options_t *options)
{
    KT_TRY(copy_brokers(client, options));
    client->keys = options->keys;
    client->net = options->net;
    if (!client->net) {
        KT_TRY(kt_net_new(1, &client->net));
        client->net_is_own = true;
    }
    kt_prng_seed_system(&client->prng);
    kt_rpc_client_options_t machine = {
        .calls_max = options->inflight_max ? options->inflight_max : INFLIGHT_USUAL,
        .brokers_count = options->brokers_count,
        .reach_us = (int64_t)options->reach_ms * KT_US_PER_MS,
        .seed = kt_prng_next(&client->prng),
        .now_us = kt_clock_mono_us(),
    };
    return kt_rpc_client_new(&machine, &client->machine);
}

kt_status_t
kt_client_new(const kt_client_options_t *options, kt_client_t **client)
{
    kt_client_t *made = calloc(1, sizeof *made);
    if (!made)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a client");
    made->wake_fd = -1;
    kt_message_init(&made->message);
    kt_rpc_end_init(&made->end);
    kt_status_t status = open_client(made, options);
    if (kt_failed(status)) {
        kt_client_destroy(&made);
        return status;
    }
    *client = made;
    return kt_ok();
}

void
kt_client_limit_reach(kt_client_t *client, uint32_t reach_ms)
{
    kt_rpc_client_limit_reach(client->machine, (int64_t)reach_ms * KT_US_PER_MS);
}

void
kt_client_destroy(kt_client_t **client)
{
    kt_client_t *gone = KT_TAKE(*client);
    if (!gone)
        return;
    kt_socket_close(&gone->socket);
    kt_rpc_client_destroy(&gone->machine);
    kt_message_close(&gone->message);
    kt_rpc_end_close(&gone->end);
    if (gone->net_is_own)
        kt_net_destroy(&gone->net);
    explicit_bzero(gone, sizeof *gone);
    free(gone);
}

/* ---- the connection ---- */

/* Opens the connection that the machine wants, when it is time. */
static kt_status_t
follow_link(kt_client_t *client, int64_t now_us)
{
    kt_rpc_link_t link = kt_rpc_client_link(client->machine);
    if (client->socket && client->generation != link.generation)
        kt_socket_close(&client->socket);
    if (client->socket || now_us < link.open_us)
        return kt_ok();
    const kt_broker_t *broker = &client->brokers[link.broker];
    kt_socket_options_t options = {
        .keys = &client->keys, .server_key = broker->server_key, .linger_ms = LINGER_MS};
    KT_TRY(kt_socket_dealer(client->net, &options, &client->socket));
    kt_status_t status = kt_socket_connect(client->socket, broker->endpoint);
    client->generation = link.generation;
    kt_rpc_client_opened(client->machine, now_us);
    if (!kt_failed(status))
        return kt_ok();
    kt_socket_close(&client->socket);
    kt_rpc_client_lost(client->machine, now_us);
    if (status.code == KT_INVALID_ARGUMENT)
        status.text = "a broker's endpoint is not of the form tcp://ADDRESS:PORT or ipc://PATH";
    return status.code == KT_INVALID_ARGUMENT ? status : kt_ok();
}

static bool
send_message(void *context, kt_message_t *message)
{
    kt_client_t *client = context;
    return kt_socket_queue(client->socket, message, 0) == KT_IO_OK;
}

void
kt_client_push(kt_client_t *client, int64_t now_us)
{
    if (!client->socket)
        return;
    kt_rpc_client_flush(client->machine, send_message, client, now_us);
    (void)kt_socket_flush(client->socket, NULL); /* what it does not take, kt_net_wait waits for */
}

/* Takes what has come, until no call is with the broker; false when there was nothing. */
static bool
receive(kt_client_t *client)
{
    bool any = false;
    int64_t now_us = kt_clock_mono_us(); /* one look at the clock for all that is there */
    client->looked_us = now_us;
    for (unsigned i = 0; client->socket && i < RECEIVE_BATCH; i++) {
        kt_io_t io = kt_socket_recv(client->socket, &client->message, NULL, NULL);
        if (io == KT_IO_AGAIN)
            break;
        any = true;
        if (io == KT_IO_OK) {
            kt_rpc_client_receive(client->machine, &client->message, now_us);
            if (!kt_rpc_client_awaits(client->machine))
                break;
        } else if (io != KT_IO_BAD) {
            if (io == KT_IO_REFUSED)
                kt_rpc_client_refused(client->machine, now_us);
            else
                kt_rpc_client_lost(client->machine, now_us);
            kt_socket_close(&client->socket);
        }
    }
    return any;
}

static void
catch_up(kt_client_t *client)
{
    kt_wait_t wait = {.socket = client->socket};
    kt_ignore(kt_net_wait(&wait, 1, 0));
    if (wait.ready)
        (void)receive(client);
}

int64_t
kt_client_begin(kt_client_t *client)
{
    int64_t now_us = kt_clock_mono_us();
    if (now_us >= client->wall_looked_us + LOOKED_US) {
        client->wall_looked_us = now_us;
        client->wall_offset_us = kt_clock_wall_us() - now_us;
    }
    if (client->socket && kt_rpc_client_open_calls(client->machine) == 0 &&
        now_us >= client->looked_us + LOOKED_US)
        catch_up(client);
    return now_us;
}

/* Milliseconds from now to the earlier of UNTIL_US and the machine's timer; -1: for ever. */
static int64_t
wait_ms(const kt_client_t *client, int64_t until_us, int64_t now_us)
{
    int64_t wake_us = KT_MIN(until_us, kt_rpc_client_timer(client->machine));
    if (wake_us == INT64_MAX)
        return -1;
    return wake_us <= now_us ? 0 : (wake_us - now_us + KT_US_PER_MS - 1) / KT_US_PER_MS;
}

/* Waits for the connection and for who wakes. */
static kt_status_t
wait_for_both(kt_client_t *client, int64_t timeout_ms)
{
    kt_wait_t waits[2] = {{.fd = client->wake_fd}};
    unsigned count = client->wake_fd >= 0;
    if (client->socket)
        waits[count++] = (kt_wait_t){.socket = client->socket,
                                     .for_send = kt_rpc_client_pending(client->machine)};
    kt_status_t status = kt_net_wait(waits, count, timeout_ms);
    client->woken = client->wake_fd >= 0 && waits[0].ready;
    return status;
}

/* What ends a call comes last, so that nobody waits here for a call that has ended already. */
kt_status_t
kt_client_step(kt_client_t *client, int64_t until_us)
{
    int64_t now_us = kt_clock_mono_us();
    KT_TRY(follow_link(client, now_us));
    kt_client_push(client, now_us);
    kt_status_t status = kt_ok();
    client->woken = false;
    if (!receive(client))
        status = wait_for_both(client, wait_ms(client, until_us, now_us));
    kt_rpc_client_tick(client->machine, kt_clock_mono_us());
    return status;
}

/* ---- calls ---- */

kt_status_t
kt_client_encode(const ProtobufCMessage *message, kt_frame_t *frame)
{
    kt_frame_close(frame);
    KT_TRY(kt_frame_init_size(frame, protobuf_c_message_get_packed_size(message)));
    (void)protobuf_c_message_pack(message, kt_frame_bytes(frame));
    return kt_ok();
}

kt_status_t
kt_client_request(const kt_method_t *method, const kt_call_options_t *options,
                  const ProtobufCMessage *request, int64_t wall_us, kt_frame_t *body,
                  kt_rpc_request_t *out)
{
    static const kt_call_options_t none = {0};
    const kt_call_options_t *o = options ? options : &none;
    *out = (kt_rpc_request_t){
        .department = kt_span_str(o->department),
        .path = kt_span_str(method->path),
        .kind = method->kind,
        .client_streaming = method->client_streaming,
        .server_streaming = method->server_streaming,
        .once = o->once,
        .timeout_ms = o->timeout_ms,
        .key = o->key,
        .on_behalf_of = kt_span_str(o->on_behalf_of),
        .metadata = o->metadata,
        .metadata_count = o->metadata_count,
        .context = method,
        .wall_us = wall_us,
    };
    if (method->client_streaming)
        return kt_ok();
    out->body = body;
    if (o->body) {
        kt_frame_close(body);
        return kt_frame_init_copy(body, *o->body);
    }
    return kt_client_encode(request, body);
}

static kt_status_t
start(kt_client_t *client, const kt_method_t *method, const kt_call_options_t *options,
      const ProtobufCMessage *request, uint64_t tag, kt_rpc_call_t **call)
{
    KT_ASSERT(!method->client_streaming && !method->server_streaming);
    kt_frame_t body;
    kt_frame_init(&body);
    kt_rpc_request_t made;
    kt_rpc_traced_t traced;
    int64_t now_us = kt_client_begin(client);
    kt_status_t status = kt_client_request(method, options, request,
                                           now_us + client->wall_offset_us, &body, &made);
    if (!kt_failed(status))
        status = kt_client_trace_begin(client, options, &traced, &made);
    if (kt_failed(status)) {
        kt_frame_close(&body);
        return status;
    }
    made.tag = tag;
    KT_TRY(kt_rpc_client_start(client->machine, &made, now_us, call));
    if (!kt_rpc_client_ended(client->machine))
        kt_client_push(client, now_us);
    return kt_ok();
}

kt_status_t
kt_client_call(kt_client_t *client, const kt_method_t *method, const kt_call_options_t *options,
               const ProtobufCMessage *request, kt_reply_t *reply)
{
    kt_rpc_call_t *call = NULL;
    kt_status_t status = start(client, method, options, request, 0, &call);
    if (kt_failed(status))
        return kt_reply_failed(reply, status);
    while (!kt_rpc_client_take(client->machine, call, &client->end)) {
        status = kt_client_step(client, INT64_MAX);
        if (kt_failed(status)) {
            kt_rpc_client_abandon(client->machine, call, status, kt_clock_mono_us());
            (void)kt_rpc_client_take(client->machine, call, &client->end);
            break;
        }
    }
    kt_client_trace_end(client, method, &client->end);
    kt_reply_fill(reply, method, &client->end);
    return reply->status;
}

kt_status_t
kt_client_start(kt_client_t *client, const kt_method_t *method, const kt_call_options_t *options,
                const ProtobufCMessage *request, uint64_t tag)
{
    return start(client, method, options, request, tag, NULL);
}

kt_status_t
kt_client_next(kt_client_t *client, int64_t wait_ms_max, uint64_t *tag, kt_reply_t *reply)
{
    int64_t until_us = wait_ms_max < 0 ? INT64_MAX
                                       : kt_clock_mono_us() + wait_ms_max * KT_US_PER_MS;
    bool stepped = false;
    while (!kt_rpc_client_next(client->machine, &client->end)) {
        if (kt_rpc_client_open_calls(client->machine) == 0)
            return kt_error(KT_NOT_FOUND, 0, "no call is open");
        if (stepped && (client->woken || kt_clock_mono_us() >= until_us))
            return kt_error(KT_DEADLINE_EXCEEDED, 0, "no call has ended yet");
        KT_TRY(kt_client_step(client, until_us));
        stepped = true;
    }
    *tag = client->end.tag;
    kt_client_trace_end(client, client->end.context, &client->end);
    kt_reply_fill(reply, client->end.context, &client->end);
    return kt_ok();
}

void
kt_client_wake_by(kt_client_t *client, int fd)
{
    client->wake_fd = fd;
}

unsigned
kt_client_open_calls(const kt_client_t *client)
{
    return kt_rpc_client_open_calls(client->machine);
}
