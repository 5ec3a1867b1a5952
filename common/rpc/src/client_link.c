/* The connection to a broker: when to open one, to whom, and when it counts as gone; and the
 * timers. */
#include "client_machine.h"

kt_rpc_link_t
kt_rpc_client_link(const kt_rpc_client_t *client)
{
    kt_rpc_link_t link = client->link;
    if (!client->opened && client->calls == 0)
        link.open_us = INT64_MAX;
    return link;
}

void
kt_rpc_client_opened(kt_rpc_client_t *client, int64_t now_us)
{
    client->opened = true;
    client->up = client->heard = false;
    client->asked_us = 0;
    client->opened_us = client->heard_us = client->said_us = client->pinged_us = now_us;
}

/* The attempt of an open call is lost with its connection. */
static void
attempt_lost(kt_rpc_client_t *client, kt_rpc_call_t *call, int64_t now_us)
{
    kt_rpc_call_unsent(client, call);
    if (kt_rpc_call_repeatable(call)) {
        call->doubt = true;
        kt_rpc_call_enqueue(client, call);
        return;
    }
    kt_status_t lost = kt_error(KT_UNAVAILABLE, RPC_REASON_NO_BROKER,
                                "the connection to the broker broke while the call was inside");
    kt_rpc_call_end(client, call, lost, true, now_us);
}

void
kt_rpc_client_release(kt_rpc_client_t *client)
{
    call_list_t *held = &client->held, *queued = &client->queued;
    if (!held->first)
        return;
    held->last->next_queued = queued->first;
    queued->first = held->first;
    if (!queued->last)
        queued->last = held->last;
    *held = (call_list_t){0};
}

/* Gives the connection up: every call that was sent over it is lost, and the next broker is to be
 * opened after DELAY_US. */
static void
give_up(kt_rpc_client_t *client, int64_t delay_us, int64_t now_us)
{
    client->link.generation++;
    client->link.broker = (client->link.broker + 1) % client->options.brokers_count;
    client->link.open_us = now_us + delay_us;
    client->opened = client->up = client->leaving = client->ping_due = false;
    client->farewells_count = 0;
    client->asked_us = 0;
    kt_rpc_client_release(client);
    for (unsigned i = 0; i < client->slots && client->sent > 0; i++) {
        kt_rpc_call_t *call = &client->chunks[i / CHUNK_CALLS][i % CHUNK_CALLS];
        if (call->state == CALL_OPEN && call->sent)
            attempt_lost(client, call, now_us);
    }
}

/* Leaves a connection over which no further call goes out, once none is inside. */
static void
leave(kt_rpc_client_t *client, int64_t now_us)
{
    if (!client->leaving || client->sent > 0)
        return;
    give_up(client, kt_rpc_backoff_us(client, 1), now_us);
}

void
kt_rpc_client_lost(kt_rpc_client_t *client, int64_t now_us)
{
    client->failures++;
    give_up(client, kt_rpc_backoff_us(client, client->failures), now_us);
}

void
kt_rpc_client_refused(kt_rpc_client_t *client, int64_t now_us)
{
    kt_rpc_client_lost(client, now_us);
    if (++client->refusals < client->options.brokers_count)
        return;
    client->refusals = 0;
    kt_status_t refused = kt_error(KT_UNAUTHENTICATED, RPC_REASON_UNKNOWN_PRINCIPAL,
                                   "the broker does not know this key");
    for (unsigned i = 0; i < client->slots; i++) {
        kt_rpc_call_t *call = &client->chunks[i / CHUNK_CALLS][i % CHUNK_CALLS];
        if (call->state == CALL_OPEN)
            kt_rpc_call_end(client, call, refused, false, now_us);
    }
}

/* ---- timers ---- */

/* When a call that no broker was reached for gives up waiting. */
static int64_t
reach_end_us(const kt_rpc_client_t *client, const kt_rpc_call_t *call)
{
    return client->options.reach_us > 0
               ? KT_MIN(call->deadline_us, call->started_us + client->options.reach_us)
               : call->deadline_us;
}

static void
deadline_passed(kt_rpc_client_t *client, kt_rpc_call_t *call, int64_t now_us)
{
    if (call->attempts == 0) {
        kt_status_t unsent = kt_error(KT_UNAVAILABLE, RPC_REASON_NO_BROKER,
                                      "no broker of the list could be reached; nothing was sent");
        kt_rpc_call_end(client, call, unsent, false, now_us);
        return;
    }
    kt_rpc_call_farewell(client, call);
    kt_status_t late = kt_error(KT_DEADLINE_EXCEEDED, RPC_REASON_DEADLINE_PASSED,
                                "no answer came before the deadline");
    kt_rpc_call_end(client, call, late, call->sent && call->kind != KT_METHOD_READ, now_us);
}

static void
call_due(kt_rpc_client_t *client, kt_rpc_call_t *call, int64_t now_us)
{
    if (now_us >= call->deadline_us) {
        deadline_passed(client, call, now_us);
        return;
    }
    call->retry_us = 0;
    kt_rpc_heap_put(client, call);
    kt_rpc_call_enqueue(client, call);
}

/* Without any connection the oldest call waits longest; calls are looked at only while there is
 * none. */
static void
end_unreached(kt_rpc_client_t *client, int64_t now_us)
{
    if (client->up || client->options.reach_us == 0)
        return;
    for (kt_rpc_call_t *call = client->queued.first, *next; call; call = next) {
        next = call->next_queued;
        if (call->state == CALL_OPEN && call->attempts == 0 && now_us >= reach_end_us(client, call))
            deadline_passed(client, call, now_us);
    }
}

static bool
reach_waits(const kt_rpc_client_t *client)
{
    return client->opened && !client->up && client->options.brokers_count > 1 && client->calls > 0;
}

static int64_t
ping_at_us(const kt_rpc_client_t *client)
{
    int64_t quiet_us = KT_MIN(client->said_us, client->heard_us);
    return KT_MAX(client->pinged_us, quiet_us) + KT_RPC_PING_US;
}

static int64_t
gone_at_us(const kt_rpc_client_t *client)
{
    return client->asked_us > 0 ? client->asked_us + KT_RPC_PONG_US : INT64_MAX;
}

void
kt_rpc_client_ask(kt_rpc_client_t *client, int64_t now_us)
{
    client->ping_due = true;
    client->asked_us = now_us;
}

/* Whether the broker still is there, while calls are with it or an answer is owed. */
static void
look_after(kt_rpc_client_t *client, int64_t now_us)
{
    int64_t late_us = now_us - gone_at_us(client);
    if (late_us >= KT_RPC_STALL_US)
        kt_rpc_client_ask(client, now_us);
    else if (late_us >= 0)
        kt_rpc_client_lost(client, now_us);
    else if (now_us >= ping_at_us(client) && client->asked_us > 0)
        client->ping_due = true;
    else if (now_us >= ping_at_us(client))
        kt_rpc_client_ask(client, now_us);
}

void
kt_rpc_client_tick(kt_rpc_client_t *client, int64_t now_us)
{
    while (client->heap_size > 0 && client->heap[0]->due_us <= now_us)
        call_due(client, client->heap[0], now_us);
    end_unreached(client, now_us);
    if (reach_waits(client) && now_us >= client->opened_us + KT_RPC_REACH_US)
        give_up(client, 0, now_us); /* nothing was sent: the next broker, at once */
    leave(client, now_us);
    if (client->sent > 0 || client->asked_us > 0)
        look_after(client, now_us);
}

int64_t
kt_rpc_client_timer(const kt_rpc_client_t *client)
{
    int64_t timer_us = client->heap_size > 0 ? client->heap[0]->due_us : INT64_MAX;
    if (client->leaving && client->sent == 0)
        return client->heard_us; /* at once */
    if (!client->opened && client->calls > 0)
        timer_us = KT_MIN(timer_us, client->link.open_us);
    if (reach_waits(client))
        timer_us = KT_MIN(timer_us, client->opened_us + KT_RPC_REACH_US);
    if (!client->up && client->options.reach_us > 0)
        for (const kt_rpc_call_t *call = client->queued.first; call; call = call->next_queued)
            if (call->state == CALL_OPEN && call->attempts == 0) {
                timer_us = KT_MIN(timer_us, reach_end_us(client, call));
                break; /* they are queued in the order they began */
            }
    timer_us = KT_MIN(timer_us, gone_at_us(client));
    if ((client->sent > 0 || client->asked_us > 0) && !client->ping_due)
        timer_us = KT_MIN(timer_us, ping_at_us(client));
    return timer_us;
}
