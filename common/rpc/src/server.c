#include "server.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <stdlib.h>

#define NO_METHOD UINT32_MAX

/* ---- methods by path ---- */

static uint32_t
hash_of(kt_span_t path)
{
    uint64_t hash = kt_span_hash(KT_HASH_BEGIN,
                                 path); /* the table is fixed and not a peer's choice */

    return (uint32_t)(hash ^ hash >> 32);
}

uint32_t
server_find_method(const kt_server_t *server, kt_span_t path)
{
    uint32_t at = hash_of(path) & server->method_mask;

    while (server->method_index[at] != NO_METHOD) {
        uint32_t method = server->method_index[at];
        if (kt_span_equal(path, kt_span_str(server->options.methods[method].path)))
            return method;
        at = (at + 1) & server->method_mask;
    }
    return NO_METHOD;
}

static bool
index_methods(kt_server_t *server)
{
    uint32_t size = 16;

    while (size < 2 * server->options.methods_count)
        size *= 2;
    server->method_mask = size - 1;
    server->method_index = (uint32_t *)malloc(size * sizeof(uint32_t));
    if (!server->method_index)
        return false;
    for (uint32_t i = 0; i < size; i++)
        server->method_index[i] = NO_METHOD;
    for (uint32_t i = 0; i < server->options.methods_count; i++) {
        kt_span_t path = kt_span_str(server->options.methods[i].path);
        uint32_t at = hash_of(path) & server->method_mask;
        KT_ASSERT(server_find_method(server, path) == NO_METHOD);
        while (server->method_index[at] != NO_METHOD)
            at = (at + 1) & server->method_mask;
        server->method_index[at] = i;
    }
    return true;
}

/* ---- the machine ---- */

static bool
make_tables(kt_server_t *server)
{
    uint32_t capacity = server->options.capacity;

    server->calls = (kt_server_call_t *)calloc(capacity, sizeof(kt_server_call_t));
    server->free_slots = (uint32_t *)calloc(capacity, sizeof(uint32_t));
    server->timers = (server_timer_t *)calloc(capacity, sizeof(server_timer_t));
    if (!server->calls || !server->free_slots || !server->timers || !index_methods(server))
        return false;
    for (uint32_t i = 0; i < capacity; i++)
        server->free_slots[server->free_count++] = capacity - 1 - i;
    for (unsigned i = 0; i < server->options.links; i++)
        if (!(server->links[i].open = kt_map_new(capacity)))
            return false;
    return true;
}

kt_status_t
kt_server_new(const kt_server_options_t *options, kt_server_t **server)
{
    kt_server_t *made;

    KT_ASSERT(options->links >= 1 && options->links <= KT_SERVER_LINKS_MAX);
    KT_ASSERT(options->capacity >= 1 && options->capacity <= KT_SERVER_CAPACITY_MAX);
    made = (kt_server_t *)calloc(1, sizeof(*made));
    if (made) {
        made->options = *options;
        if (make_tables(made)) {
            *server = made;
            return kt_ok();
        }
        kt_server_destroy(&made);
    }
    return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the table of calls");
}

void
kt_server_destroy(kt_server_t **server)
{
    kt_server_t *s = KT_TAKE(*server);

    if (!s)
        return;
    for (unsigned i = 0; i < s->options.links; i++) {
        server_link_drop_queue(&s->links[i]);
        free(s->links[i].queue);
        kt_map_destroy(&s->links[i].open);
    }
    free(s->method_index);
    free(s->timers);
    free(s->free_slots);
    free(s->calls);
    free(s);
}

/* ---- timers: a binary heap; each call knows its place in it ---- */

static int64_t
due_of(const kt_server_call_t *call)
{
    /* Once over, a deadline has said all it has to say. */
    int64_t deadline_us = call->over ? INT64_MAX : call->deadline_us;

    return call->alarm_us != 0 ? KT_MIN(call->alarm_us, deadline_us) : deadline_us;
}

static void
set_timer(kt_server_t *server, uint32_t at, server_timer_t timer)
{
    server->timers[at] = timer;
    timer.call->timer = at;
}

static void
timer_up(kt_server_t *server, uint32_t at)
{
    server_timer_t timer = server->timers[at];

    while (at > 0 && timer.due_us < server->timers[(at - 1) / 2].due_us) {
        set_timer(server, at, server->timers[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    set_timer(server, at, timer);
}

static void
timer_down(kt_server_t *server, uint32_t at)
{
    server_timer_t timer = server->timers[at];

    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= server->timers_count)
            break;
        if (child + 1 < server->timers_count &&
            server->timers[child + 1].due_us < server->timers[child].due_us)
            child++;
        if (server->timers[child].due_us >= timer.due_us)
            break;
        set_timer(server, at, server->timers[child]);
        at = child;
    }
    set_timer(server, at, timer);
}

static void
timer_add(kt_server_t *server, kt_server_call_t *call)
{
    server->timers[server->timers_count] = (server_timer_t){due_of(call), call};
    timer_up(server, server->timers_count++);
}

/* CALL's due time changed. */
static void
timer_changed(kt_server_t *server, kt_server_call_t *call)
{
    server->timers[call->timer].due_us = due_of(call);
    timer_up(server, call->timer);
    timer_down(server, call->timer);
}

static void
timer_remove(kt_server_t *server, const kt_server_call_t *call)
{
    server_timer_t last = server->timers[--server->timers_count];

    if (last.call == call)
        return;
    set_timer(server, call->timer, last);
    timer_up(server, last.call->timer);
    timer_down(server, last.call->timer);
}

void
server_run_timers(kt_server_t *server)
{
    while (server->timers_count > 0) {
        kt_server_call_t *call = server->timers[0].call;
        if (server->timers[0].due_us > server->now_us)
            return;
        if (!call->over && call->deadline_us <= server->now_us) {
            server_call_over(
                server, call,
                kt_error(KT_DEADLINE_EXCEEDED, RPC_REASON_DEADLINE_PASSED, "the deadline passed"));
        } else {
            kt_server_alarm(server, call, 0);
            server->options.events->alarm(server->options.context, call);
        }
    }
}

/* ---- calls ---- */

kt_server_call_t *
server_call_open(kt_server_t *server, unsigned link, uint64_t id, int64_t deadline_us)
{
    kt_server_call_t *call;
    uint32_t slot;

    if (server->free_count == 0)
        return NULL;
    slot = server->free_slots[server->free_count - 1];
    call = &server->calls[slot];
    *call = (kt_server_call_t){
        .slot = slot,
        .link = link,
        .id = id,
        .taken_us = server->now_us,
        .deadline_us = deadline_us,
        .open = true,
        .window = KT_STREAM_WINDOW,
        .credit = KT_STREAM_WINDOW,
    };
    if (!kt_map_put(server->links[link].open, id, call)) {
        call->open = false;
        return NULL;
    }
    server->free_count--;
    server->calls_count++;
    timer_add(server, call);
    return call;
}

void
server_call_over(kt_server_t *server, kt_server_call_t *call, kt_status_t why)
{
    if (call->over)
        return;
    call->over = true;
    timer_changed(server, call);
    server->options.events->over(server->options.context, call, why);
}

uint32_t
kt_server_room(const kt_server_t *server, const kt_server_call_t *call)
{
    const server_link_t *link = &server->links[call->link];

    if (call->gone || call->over)
        return 0;
    return link->queue_bytes > KT_SERVER_QUEUE_BYTES_MAX ? 0 : call->credit;
}

void
kt_server_send(kt_server_t *server, kt_server_call_t *call, kt_frame_t *body)
{
    kt_head_t head = {.kind = KT_MESSAGE, .arg = call->sent + 1, .call_id = call->id};

    KT_ASSERT(call->open && call->credit > 0);
    call->credit--;
    call->sent++;
    if (call->gone)
        kt_frame_close(body);
    else
        server_put(server, call->link, &head, body, NULL);
}

void
kt_server_consumed(kt_server_t *server, kt_server_call_t *call, uint32_t count)
{
    call->consumed += count;
    /* Half a window at a time: the caller never runs dry while it waits, and frames are saved. */
    if (call->consumed < KT_STREAM_WINDOW / 2 || !call->takes || call->gone || call->over)
        return;
    server_put(server, call->link,
               &(kt_head_t){.kind = KT_WINDOW, .arg = call->consumed, .call_id = call->id}, NULL,
               NULL);
    call->window += call->consumed;
    call->consumed = 0;
}

void
kt_server_alarm(kt_server_t *server, kt_server_call_t *call, int64_t at_us)
{
    KT_ASSERT(call->open);
    call->alarm_us = at_us;
    timer_changed(server, call);
}

void
kt_server_end(kt_server_t *server, kt_server_call_t *call, kt_frame_t *meta, kt_frame_t *body,
              const kt_timeline_t *timeline)
{
    uint8_t extra[KT_TIMELINE_BYTES];
    kt_head_t head = {.kind = KT_END, .flags = KT_FLAG_LAST, .call_id = call->id};

    KT_ASSERT(call->open);
    call->open = false;
    timer_remove(server, call);
    server->free_slots[server->free_count++] = call->slot;
    if (call->gone) {
        kt_frame_close(meta);
        kt_frame_close(body);
        if (server->draining)
            server_farewell(server);
        return;
    }
    kt_map_remove(server->links[call->link].open, call->id);
    if (timeline) {
        kt_timeline_encode(timeline, extra);
        head.extra = kt_span(extra, sizeof(extra));
    }
    server_put(server, call->link, &head, meta, body);
    if (server->draining)
        server_farewell(server);
}

kt_server_call_t *
kt_server_open_call(kt_server_t *server, uint32_t slot)
{
    return slot < server->options.capacity && server->calls[slot].open ? &server->calls[slot]
                                                                       : NULL;
}

kt_server_stat_t
kt_server_stat(const kt_server_t *server)
{
    kt_server_stat_t stat = {
        .open = server->options.capacity - server->free_count,
        .calls = server->calls_count,
        .dropped = server->dropped,
        .refused = server->refused,
    };

    for (unsigned i = 0; i < server->options.links; i++) {
        stat.registered += server->links[i].state == LINK_REGISTERED;
        stat.queued_bytes += server->links[i].queue_bytes;
        stat.queued_messages += server->links[i].queue_count;
    }
    return stat;
}
