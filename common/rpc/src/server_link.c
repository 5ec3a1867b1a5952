#include "server.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/pb.h>
#include <stdlib.h>

#define REASON_DOMAIN   "kantor.rpc"
#define QUEUE_FIRST     64
#define MACHINE_END_MAX 512 /* an END of the machine's own: a code, two literals */

/* ---- outgoing ---- */

static queued_t *
queued_at(const server_link_t *link, size_t i)
{
    return &link->queue[(link->queue_first + i) % link->queue_capacity];
}

/* Room for one more message; growing moves the ring to the front of a new one. */
static bool
make_room(server_link_t *link)
{
    size_t capacity = KT_MAX(2 * link->queue_capacity, (size_t)QUEUE_FIRST);
    queued_t *queue;

    if (link->queue_count < link->queue_capacity)
        return true;
    queue = (queued_t *)malloc(capacity * sizeof(queued_t));
    if (!queue)
        return false;
    for (size_t i = 0; i < capacity; i++)
        kt_message_init(&queue[i].message);
    for (size_t i = 0; i < link->queue_count; i++) {
        kt_message_move(&queue[i].message, &queued_at(link, i)->message);
        queue[i].size = queued_at(link, i)->size;
    }
    free(link->queue);
    link->queue = queue;
    link->queue_capacity = capacity;
    link->queue_first = 0;
    return true;
}

static void
take_frame(kt_message_t *message, kt_frame_t *frame)
{
    if (frame)
        kt_frame_move(&message->frames[message->count++], frame);
}

void
server_put(kt_server_t *server, unsigned link_index, const kt_head_t *head, kt_frame_t *second,
           kt_frame_t *third)
{
    server_link_t *link = &server->links[link_index];
    uint8_t bytes[KT_HEAD_BYTES + KT_TIMELINE_BYTES];
    size_t size = kt_head_encode_all(head, bytes);
    kt_frame_t first;

    /* Without memory for this little the message is lost as in a network, and the caller's deadline
     * holds. */
    if (!make_room(link) || kt_failed(kt_frame_init_copy(&first, kt_span(bytes, size)))) {
        server->dropped++;
        if (second)
            kt_frame_close(second);
        if (third)
            kt_frame_close(third);
        return;
    }
    queued_t *queued = queued_at(link, link->queue_count++);
    take_frame(&queued->message, &first);
    take_frame(&queued->message, second);
    take_frame(&queued->message, third);
    queued->size = kt_message_size(&queued->message);
    link->queue_bytes += queued->size;
}

void
server_link_drop_queue(server_link_t *link)
{
    for (size_t i = 0; i < link->queue_count; i++)
        kt_message_close(&queued_at(link, i)->message);
    link->queue_count = 0;
    link->queue_bytes = 0;
}

kt_message_t *
kt_server_outgoing(kt_server_t *server, unsigned link_index)
{
    server_link_t *link = &server->links[link_index];

    return link->queue_count > 0 ? &queued_at(link, 0)->message : NULL;
}

/* Tells the streams of a link that there is room again. */
static void
tell_room(kt_server_t *server, unsigned link_index)
{
    for (uint32_t i = 0; i < server->options.capacity; i++) {
        kt_server_call_t *call = &server->calls[i];
        if (call->open && call->link == link_index && kt_server_room(server, call) > 0)
            server->options.events->room(server->options.context, call);
    }
}

void
kt_server_sent(kt_server_t *server, unsigned link_index)
{
    server_link_t *link = &server->links[link_index];
    bool was_full = link->queue_bytes > KT_SERVER_QUEUE_BYTES_MAX;

    KT_ASSERT(link->queue_count > 0);
    kt_message_close(&queued_at(link, 0)->message);
    link->queue_bytes -= queued_at(link, 0)->size;
    link->queue_first = (link->queue_first + 1) % link->queue_capacity;
    link->queue_count--;
    if (was_full && link->queue_bytes <= KT_SERVER_QUEUE_BYTES_MAX)
        tell_room(server, link_index);
}

void
server_refuse(kt_server_t *server, unsigned link, uint64_t call_id, kt_status_t status,
              const char *reason)
{
    kt_end_t end = {
        .status = status, .reason = reason, .domain = REASON_DOMAIN, .retry_after_ms = -1};
    if (status.reason == RPC_REASON_QUEUE_FULL)
        end.retry_after_ms = KT_SERVER_BUSY_MS;
    uint8_t bytes[MACHINE_END_MAX];
    size_t size = kt_end_encode(&end, bytes, sizeof(bytes));
    kt_frame_t meta, body;

    server->refused++;
    kt_frame_init(&body);
    if (kt_failed(kt_frame_init_copy(&meta, kt_span(bytes, size)))) {
        server->dropped++;
        return;
    }
    server_put(server, link,
               &(kt_head_t){.kind = KT_END, .flags = KT_FLAG_LAST, .call_id = call_id}, &meta,
               &body);
}

/* ---- registration and liveness ---- */

static void
tell_link(kt_server_t *server, unsigned link, kt_server_link_event_t event, const char *text)
{
    server->options.events->link(server->options.context, link, event, text);
}

static void
send_registration(kt_server_t *server, unsigned link_index)
{
    server_link_t *link = &server->links[link_index];
    kt_frame_t meta;

    link->state = LINK_REGISTERING;
    link->heard_us = server->now_us;
    link->registration_id = ++server->next_registration_id;
    if (kt_failed(kt_frame_init_copy(&meta, server->options.registration))) {
        server->dropped++;
        return; /* tried again after the silence that follows */
    }
    server_put(server, link_index,
               &(kt_head_t){.kind = KT_REGISTER, .call_id = link->registration_id}, &meta, NULL);
}

void
kt_server_connected(kt_server_t *server, unsigned link_index, int64_t now_us)
{
    server_link_t *link = &server->links[link_index];

    server->now_us = now_us;
    server_link_drop_queue(link);
    link->ping_us = now_us + KT_SERVER_PING_US;
    if (server->draining)
        link->state = LINK_DOWN;
    else
        send_registration(server, link_index);
}

/* The status code of an encoded CallStatus. */
static uint32_t
end_code(kt_span_t meta, kt_span_t *text)
{
    enum { STATUS_CODE = 1, STATUS_MESSAGE = 2 };
    kt_reader_t reader = kt_reader(meta);
    kt_pb_field_t field;
    uint32_t code = KT_OK;

    while (kt_pb_next(&reader, &field)) {
        if (field.number == STATUS_CODE && field.type == KT_PB_VARINT)
            code = (uint32_t)field.value;
        if (field.number == STATUS_MESSAGE && field.type == KT_PB_BYTES)
            *text = field.bytes;
    }
    return reader.failed ? KT_UNKNOWN : code;
}

void
server_registration_ended(kt_server_t *server, unsigned link_index, const kt_message_t *message)
{
    server_link_t *link = &server->links[link_index];
    kt_span_t words = kt_span(NULL, 0);
    uint32_t code = end_code(kt_frame_span(&message->frames[KT_FRAME_META]), &words);
    char text[256];

    if (code == KT_OK) {
        link->state = LINK_REGISTERED;
        tell_link(server, link_index, KT_LINK_REGISTERED, "");
        return;
    }
    link->state = LINK_REFUSED;
    link->retry_us = server->now_us + KT_SERVER_RETRY_US;
    words.size = KT_MIN(words.size, sizeof(text) - 1);
    memcpy(text, words.size > 0 ? (const char *)words.data : "", words.size);
    text[words.size] = '\0';
    tell_link(server, link_index, KT_LINK_REFUSED, text[0] != '\0' ? text : kt_code_name(code));
}

void
server_link_lost(kt_server_t *server, unsigned link_index, const char *why)
{
    server_link_t *link = &server->links[link_index];

    link->state = LINK_DOWN;
    server_link_drop_queue(link);
    for (uint32_t i = 0; i < server->options.capacity; i++) {
        kt_server_call_t *call = &server->calls[i];
        if (!call->open || call->link != link_index || call->gone)
            continue;
        call->gone = true;
        kt_map_remove(link->open, call->id);
        server_call_over(server, call,
                         kt_error(KT_CANCELLED, RPC_REASON_CALL_CANCELLED,
                                  "the broker that sent the call is gone"));
    }
    tell_link(server, link_index, KT_LINK_LOST, why);
}

void
kt_server_lost(kt_server_t *server, unsigned link_index, const char *why, int64_t now_us)
{
    server->now_us = now_us;
    if (server->links[link_index].state != LINK_DOWN)
        server_link_lost(server, link_index, why);
}

void
server_link_tick(kt_server_t *server, unsigned link_index)
{
    server_link_t *link = &server->links[link_index];

    if (link->state == LINK_DOWN)
        return;
    if (server->now_us >= link->heard_us + KT_SERVER_SILENCE_US) {
        server_link_lost(server, link_index, "silent");
        return;
    }
    if (link->state == LINK_REFUSED && server->now_us >= link->retry_us && !server->draining)
        send_registration(server, link_index);
    if (server->now_us >= link->ping_us) {
        link->ping_us = server->now_us + KT_SERVER_PING_US;
        server_put(server, link_index,
                   &(kt_head_t){.kind = KT_PING, .call_id = link->registration_id}, NULL, NULL);
    }
}

int64_t
server_link_due(const kt_server_t *server, unsigned link_index)
{
    const server_link_t *link = &server->links[link_index];
    int64_t due_us = KT_MIN(link->ping_us, link->heard_us + KT_SERVER_SILENCE_US);

    if (link->state == LINK_DOWN)
        return INT64_MAX;
    return link->state == LINK_REFUSED && !server->draining ? KT_MIN(due_us, link->retry_us)
                                                            : due_us;
}

/* ---- leaving ---- */

/* What a broker says and hears has an order: when it has answered this, it has heard all that was
 * said before, and no call that it sent before it heard DRAIN is still on its way. */
#define FAREWELL_PING 1

static bool
may_get_calls(const server_link_t *link)
{
    return link->state == LINK_REGISTERED || link->state == LINK_REGISTERING;
}

void
server_farewell(kt_server_t *server)
{
    if (server->farewell || server->free_count < server->options.capacity)
        return;
    server->farewell = true;
    server->farewell_us = server->now_us;
    for (unsigned i = 0; i < server->options.links; i++)
        if (may_get_calls(&server->links[i]))
            server_put(server, i, &(kt_head_t){.kind = KT_PING, .arg = FAREWELL_PING}, NULL, NULL);
}

void
server_ponged(kt_server_t *server, unsigned link, const kt_head_t *pong)
{
    server->links[link].heard_all |= server->farewell && pong->arg == FAREWELL_PING;
}

bool
kt_server_drained(const kt_server_t *server)
{
    if (!server->farewell)
        return false;
    for (unsigned i = 0; i < server->options.links; i++)
        if (may_get_calls(&server->links[i]) && !server->links[i].heard_all)
            return server->now_us >= server->farewell_us + KT_SERVER_HEAR_US;
    return true;
}

void
kt_server_drain(kt_server_t *server, int64_t now_us)
{
    server->now_us = now_us;
    if (server->draining)
        return;
    server->draining = true;
    for (unsigned i = 0; i < server->options.links; i++)
        if (may_get_calls(&server->links[i]))
            server_put(server, i, &(kt_head_t){.kind = KT_DRAIN}, NULL, NULL);
    server_farewell(server);
}
