/* core.c: the way in: who sent what, and what is due. */
#include "internal.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <stdlib.h>

#define PEERS_SWEEP_US 1000000

const kt_status_t broker_draining = {KT_UNAVAILABLE, RPC_REASON_DRAINING,
                                     "the broker is shutting down"};

broker_limits_t
broker_limits_usual(void)
{
    return (broker_limits_t){
        .calls_max = 65536,
        .queued_max = 32768,
        .queued_bytes_max = UINT64_C(256) << 20,
        .kept_bytes_max = UINT64_C(64) << 20,
        .outbox_bytes_max = UINT64_C(8) << 20,
        .outbox_all_bytes_max = UINT64_C(128) << 20,
        .peers_max = 16384,
        .grace_ms = 5000,
    };
}

/* ---- beginning and end ---- */

static bool
limits_valid(const broker_limits_t *limits)
{
    return limits->calls_max > 0 && limits->calls_max <= BROKER_CALLS_MAX &&
           limits->queued_max > 0 && limits->queued_bytes_max > 0 && limits->outbox_bytes_max > 0 &&
           limits->outbox_all_bytes_max > 0 && limits->peers_max > 0;
}

static bool
allocate(broker_core_t *core)
{
    core->principals = calloc(BROKER_PRINCIPALS_MAX, sizeof(broker_principal_t *));
    return broker_calls_reserve(core, core->limits.calls_max) && core->principals != NULL;
}

static broker_core_t *
core_make(const broker_options_t *options)
{
    broker_core_t *core = calloc(1, sizeof *core);
    if (core == NULL)
        return NULL;
    core->limits = options->limits;
    core->ports = options->ports;
    core->seed = options->seed;
    core->trace_per_million = options->trace_per_million;
    kt_prng_seed(&core->prng, options->seed);
    core->now_us = core->swept_us = core->peers_swept_us = options->now_us;
    core->calls_free = BROKER_NONE;
    broker_wheel_init(&core->wheel, options->now_us);
    broker_list_init(&core->peers);
    broker_list_init(&core->waiting);
    broker_list_init(&core->troubled);
    broker_list_init(&core->limbo.ring);
    if (!allocate(core))
        broker_core_destroy(&core);
    return core;
}

static const kt_status_t bad_limits = {KT_INVALID_ARGUMENT, 0,
                                       "a limit is 0, or more than 1,048,576 calls"};
static const kt_status_t too_many_calls = {KT_RESOURCE_EXHAUSTED, 0, "no memory for as many calls"};

kt_status_t
broker_core_new(const broker_options_t *options, broker_core_t **core)
{
    if (!limits_valid(&options->limits))
        return bad_limits;
    broker_core_t *made = core_make(options);
    if (made == NULL)
        return too_many_calls;
    kt_status_t status = broker_principals_load(made, options->directory);
    if (kt_failed(status))
        broker_core_destroy(&made);
    else
        *core = made;
    return status;
}

void
broker_core_destroy(broker_core_t **core)
{
    broker_core_t *self = *core;
    *core = NULL;
    if (self == NULL)
        return;
    broker_callers_free(self);
    broker_instances_free(self);
    broker_methods_free(self);
    broker_lanes_free(self);
    broker_places_free(self);
    free(self->principals);
    broker_calls_release(self);
    free(self);
}

/* ---- what comes in ---- */

static void
pong(broker_core_t *core, broker_outbox_t *outbox, const kt_head_t *ping)
{
    kt_head_t head = {.kind = KT_PONG, .arg = ping->arg, .call_id = ping->call_id};
    broker_post_head(core, outbox, &head);
}

static void
cancel(broker_core_t *core, broker_call_t *call)
{
    if (call->state == CALL_RUNNING) {
        broker_cancel(core, call);
        return;
    }
    broker_end(
        core, call,
        &(broker_verdict_t){
            .status = kt_error(KT_CANCELLED, RPC_REASON_CALL_CANCELLED, "the caller cancelled"),
            .unknown = call->resends > 0 && call->method->rule.kind != BROKER_READ,
        });
}

/* What is about a call that is open. */
static void
client_speaks(broker_core_t *core, broker_peer_t *peer, const kt_head_t *head,
              kt_message_t *message)
{
    broker_call_name_t name = broker_call_name(core, peer, head->call_id);
    broker_call_t *call = broker_call_find(core, &name);
    if (call == NULL)
        core->stats.dropped++;
    else if (head->kind == KT_MESSAGE)
        broker_client_message(core, call, head, message);
    else if (head->kind == KT_WINDOW)
        broker_client_window(core, call, head);
    else
        cancel(core, call);
}

static void
on_client(broker_core_t *core, kt_peer_t id, const char *key, kt_message_t *message)
{
    kt_head_t head;
    broker_peer_t *peer = NULL;
    if (!kt_failed(
            kt_head_decode(kt_frame_span(&message->frames[KT_FRAME_HEAD]), message->count, &head)))
        peer = broker_peer_heard(core, id, key);
    if (peer == NULL || (peer->principal == NULL && head.kind != KT_CALL) ||
        peer->outbox.count >= BROKER_OUTBOX_COUNT_MAX || peer->outbox.slow) {
        core->stats.dropped++;
        return;
    }
    if (core->draining)
        broker_peer_dismiss(core, peer);
    switch ((kt_kind_t)head.kind) {
    case KT_CALL:
        broker_admit(core, peer, &head, message);
        break;
    case KT_MESSAGE:
    case KT_WINDOW:
    case KT_CANCEL:
        client_speaks(core, peer, &head, message);
        break;
    case KT_PING:
        pong(core, &peer->outbox, &head);
        break;
    case KT_PONG:
        break;
    case KT_END:
    case KT_REGISTER:
    case KT_DRAIN:
        core->stats.dropped++;
        break;
    }
}

static void
instance_speaks(broker_core_t *core, broker_instance_t *instance, const kt_head_t *head,
                kt_message_t *message)
{
    broker_call_t *call = broker_call_at(core, head->call_id);
    if (call == NULL || call->instance != instance)
        core->stats.dropped++;
    else if (head->kind == KT_END)
        broker_relay_end(core, call, head, message);
    else if (call->state == CALL_ABANDONED)
        core->stats.dropped++; /* it has not heard of the CANCEL yet */
    else if (head->kind == KT_MESSAGE)
        broker_service_message(core, call, head, message);
    else
        broker_service_window(core, call, head);
}

static void
on_service(broker_core_t *core, kt_peer_t id, const char *key, kt_message_t *message)
{
    kt_head_t head;
    broker_instance_t *instance = broker_instance_find(core, id);
    if (kt_failed(kt_head_decode(kt_frame_span(&message->frames[KT_FRAME_HEAD]), message->count,
                                 &head)) ||
        (instance == NULL && head.kind != KT_REGISTER)) {
        core->stats.dropped++;
        return;
    }
    if (instance != NULL)
        instance->heard_us = core->now_us;
    switch ((kt_kind_t)head.kind) {
    case KT_END:
    case KT_MESSAGE:
    case KT_WINDOW:
        instance_speaks(core, instance, &head, message);
        break;
    case KT_REGISTER:
        broker_register(core, id, key, &head, kt_frame_span(&message->frames[KT_FRAME_META]));
        break;
    case KT_DRAIN:
        broker_instance_drain(core, instance);
        break;
    case KT_PING:
        pong(core, &instance->outbox, &head);
        break;
    case KT_PONG:
        break;
    case KT_CALL:
    case KT_CANCEL:
        core->stats.dropped++;
        break;
    }
}

void
broker_settle(broker_core_t *core)
{
    while (!broker_list_empty(&core->troubled)) {
        broker_outbox_t *outbox = BROKER_ITEM(core->troubled.next, broker_outbox_t, trouble);
        broker_list_unlink(&outbox->trouble);
        if (outbox->side == BROKER_SERVICES)
            broker_instance_lost(core, (broker_instance_t *)(void *)outbox, BROKER_LOST,
                                 outbox->gone ? "its connection is gone"
                                              : "it does not take its calls");
        else if (outbox->gone)
            broker_peer_gone(core, (broker_peer_t *)(void *)outbox);
        else
            broker_peer_slow(core, (broker_peer_t *)(void *)outbox);
    }
}

static void
finish_message(broker_core_t *core, kt_message_t *message)
{
    broker_settle(core);
    kt_message_close(message);
}

void
broker_core_on_client(broker_core_t *core, kt_peer_t peer, const char *key, kt_message_t *message,
                      int64_t now_us)
{
    core->now_us = now_us;
    core->stats.bytes_in += kt_message_size(message);
    on_client(core, peer, key, message);
    finish_message(core, message);
}

void
broker_core_on_service(broker_core_t *core, kt_peer_t peer, const char *key, kt_message_t *message,
                       int64_t now_us)
{
    core->now_us = now_us;
    core->stats.bytes_in += kt_message_size(message);
    on_service(core, peer, key, message);
    finish_message(core, message);
}

void
broker_core_on_bad(broker_core_t *core)
{
    core->stats.dropped++;
}

void
broker_core_on_gone(broker_core_t *core, broker_side_t side, kt_peer_t peer, int64_t now_us)
{
    core->now_us = now_us;
    broker_outbox_t *outbox = broker_place_find(core, side, peer);
    if (outbox != NULL)
        broker_outbox_trouble(core, outbox, true);
    broker_settle(core);
}

/* ---- time ---- */

/* The time that the broker itself slept is nobody's silence. */
static void
forgive(broker_core_t *core, int64_t slept_us)
{
    for (broker_node_t *node = core->peers.next; node != &core->peers; node = node->next) {
        broker_peer_t *peer = BROKER_ITEM(node, broker_peer_t, all);
        peer->heard_us = KT_MIN(peer->heard_us + slept_us, core->now_us);
    }
    broker_instances_forgive(core, slept_us);
}

static bool
anybody(const broker_core_t *core)
{
    return core->places[BROKER_CLIENTS].taken > 0 || core->places[BROKER_SERVICES].taken > 0;
}

static void
sweep(broker_core_t *core)
{
    int64_t gap_us = core->now_us - core->swept_us;
    if (gap_us < BROKER_PING_US)
        return;
    if (gap_us > BROKER_STALL_US && anybody(core))
        forgive(core, gap_us);
    core->swept_us = core->now_us;
    broker_instances_sweep(core);
    if (core->draining)
        broker_peers_hurry(core);
    if (core->now_us - core->peers_swept_us < PEERS_SWEEP_US)
        return;
    core->peers_swept_us = core->now_us;
    broker_peers_sweep(core);
}

void
broker_core_tick(broker_core_t *core, int64_t now_us)
{
    core->now_us = now_us;
    broker_outboxes_flush(core);
    broker_timer_t *timer;
    while ((timer = broker_wheel_take(&core->wheel, now_us)) != NULL)
        broker_expire(core, BROKER_ITEM(timer, broker_call_t, timer));
    sweep(core);
    broker_settle(core);
}

int64_t
broker_core_next_us(const broker_core_t *core)
{
    int64_t next_us = broker_wheel_next_us(&core->wheel);
    if (!broker_list_empty(&core->waiting))
        next_us = KT_MIN(next_us, core->retry_us);
    if (core->now_us < core->settled_us)
        next_us = KT_MIN(next_us, core->settled_us);
    if (anybody(core))
        next_us = KT_MIN(next_us, core->swept_us + BROKER_PING_US);
    return next_us;
}

/* ---- the operator ---- */

kt_status_t
broker_core_reload(broker_core_t *core, const broker_limits_t *limits,
                   const broker_directory_t *directory, int64_t now_us)
{
    core->now_us = now_us;
    if (!limits_valid(limits))
        return bad_limits;
    if (!broker_calls_reserve(core, limits->calls_max))
        return too_many_calls;
    KT_TRY(broker_principals_load(core, directory));
    core->limits = *limits;
    broker_methods_allow(core);
    broker_peers_reload(core);
    broker_instances_reload(core);
    broker_settle(core);
    return kt_ok();
}

void
broker_core_drain(broker_core_t *core, int64_t now_us)
{
    core->now_us = now_us;
    core->draining = true;
    if (core->places[BROKER_CLIENTS].taken > 0)
        core->settled_us = now_us + BROKER_DRAIN_SETTLE_US;
    broker_peers_dismiss(core);
    broker_peers_hurry(core);
    broker_settle(core);
}

void
broker_core_finish(broker_core_t *core, int64_t now_us)
{
    core->now_us = now_us;
    for (broker_node_t *node = core->peers.next; node != &core->peers; node = node->next) {
        broker_peer_t *peer = BROKER_ITEM(node, broker_peer_t, all);
        while (!broker_list_empty(&peer->calls)) {
            broker_call_t *call = BROKER_ITEM(peer->calls.next, broker_call_t, of_peer);
            broker_end(core, call,
                       &(broker_verdict_t){
                           .status = broker_draining,
                           .unknown = call->state == CALL_RUNNING || call->resends > 0,
                       });
        }
    }
    broker_settle(core);
}

bool
broker_core_idle(const broker_core_t *core)
{
    return core->stats.open == 0 && broker_list_empty(&core->waiting) &&
           core->now_us >= core->settled_us;
}
