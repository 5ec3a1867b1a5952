/* calls.c: the pool of call slots. An instance names a call by slot and generation, which is one
 * look; a caller by its own number, which is one hash of (peer, number). */
#include "internal.h"

static uint64_t
call_hash(const broker_core_t *core, kt_peer_t peer, uint64_t client_id)
{
    uint64_t hash = (client_id ^ core->seed) * UINT64_C(0x9E3779B97F4A7C15);
    hash = (hash ^ hash >> 32 ^ peer) * UINT64_C(0xD6E8FEB86659FD93);
    return hash ^ hash >> 32;
}

broker_call_t *
broker_call_find(const broker_core_t *core, kt_peer_t peer, uint64_t client_id)
{
    uint64_t hash = call_hash(core, peer, client_id);
    uint32_t at = core->buckets[hash & core->buckets_mask];
    while (at != BROKER_NONE) {
        broker_call_t *call = &core->calls[at];
        if (call->hash == hash && call->client_id == client_id && call->peer->outbox.peer == peer)
            return call;
        at = call->hash_next;
    }
    return NULL;
}

broker_call_t *
broker_call_at(const broker_core_t *core, uint64_t id)
{
    uint32_t index = (uint32_t)id;
    if (index >= core->calls_used)
        return NULL;
    broker_call_t *call = &core->calls[index];
    bool inside = call->state == CALL_RUNNING || call->state == CALL_ABANDONED;
    return inside && call->generation == id >> 32 ? call : NULL;
}

uint64_t
broker_call_wire_id(const broker_call_t *call)
{
    return (uint64_t)call->generation << 32 | call->index;
}

static broker_call_t *
slot_take(broker_core_t *core)
{
    broker_call_t *call;
    if (core->calls_free != BROKER_NONE) {
        call = &core->calls[core->calls_free];
        core->calls_free = call->hash_next;
    } else {
        if (core->calls_used == core->limits.calls_max)
            return NULL;
        call = &core->calls[core->calls_used];
        call->index = core->calls_used++;
    }
    /* Generation 0 is never given, so that no call has the id 0. */
    call->generation = call->generation == UINT32_MAX ? 1 : call->generation + 1;
    return call;
}

broker_call_t *
broker_call_new(broker_core_t *core, broker_peer_t *peer, uint64_t client_id)
{
    broker_call_t *call = slot_take(core);
    if (call == NULL)
        return NULL;
    call->state = CALL_FREE;
    call->resends = 0;
    call->whole = call->keep = call->replied = call->cancelled = false;
    call->client_id = client_id;
    call->peer = peer;
    call->method = NULL;
    call->instance = NULL;
    call->lane = NULL;
    call->dispatched_us = 0;
    call->up = call->down = (broker_flow_t){.next = 1, .credit = KT_STREAM_WINDOW};
    call->queued_bytes = call->kept_bytes = 0;
    broker_timer_init(&call->timer);
    broker_list_init(&call->place);
    broker_list_init(&call->backlog);
    kt_message_init(&call->request);
    call->hash = call_hash(core, peer->outbox.peer, client_id);
    uint32_t *bucket = &core->buckets[call->hash & core->buckets_mask];
    call->hash_next = *bucket;
    *bucket = call->index;
    broker_list_append(&peer->calls, &call->of_peer);
    peer->open++;
    peer->principal->open++;
    core->stats.open++;
    return call;
}

void
broker_call_drop_request(broker_core_t *core, broker_call_t *call)
{
    core->stats.kept_bytes -= call->kept_bytes;
    call->kept_bytes = 0;
    call->keep = false;
    kt_message_close(&call->request);
}

void
broker_call_detach(broker_core_t *core, broker_call_t *call)
{
    uint32_t *link = &core->buckets[call->hash & core->buckets_mask];
    while (*link != call->index)
        link = &core->calls[*link].hash_next;
    *link = call->hash_next;
    if (call->state == CALL_QUEUED)
        broker_queue_remove(core, call);
    broker_wheel_cancel(&core->wheel, &call->timer);
    broker_queue_shrink(core, call, call->queued_bytes);
    broker_parcels_drop(&call->backlog);
    if (call->keep || call->state != CALL_RUNNING)
        broker_call_drop_request(core, call);
    broker_list_unlink(&call->of_peer);
    call->peer->open--;
    call->peer->principal->open--;
    core->stats.open--;
    call->peer = NULL;
    call->state = call->state == CALL_RUNNING ? CALL_ABANDONED : CALL_FREE;
}

void
broker_call_free(broker_core_t *core, broker_call_t *call)
{
    if (call->instance != NULL) {
        broker_list_unlink(&call->place);
        call->instance->open--;
        call->instance = NULL;
    }
    kt_message_close(&call->request);
    call->state = CALL_FREE;
    call->hash_next = core->calls_free;
    core->calls_free = call->index;
}
