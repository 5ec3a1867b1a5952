/* calls.c: the pool of call slots. An instance names a call by slot and generation, which is one
 * look; a caller by its own number, which is one hash of (peer, number). */
#include "internal.h"

#include <stdlib.h>

#define BUCKETS_FIRST 256

broker_call_name_t
broker_call_name(const broker_core_t *core, const broker_peer_t *peer, uint64_t client_id)
{
    uint64_t hash = (client_id ^ core->seed) * UINT64_C(0x9E3779B97F4A7C15);
    hash = (hash ^ hash >> 32 ^ peer->outbox.peer) * UINT64_C(0xD6E8FEB86659FD93);
    return (broker_call_name_t){
        .peer = peer->outbox.peer, .client_id = client_id, .hash = hash ^ hash >> 32};
}

static void
index_add(broker_core_t *core, broker_call_t *call)
{
    uint32_t *bucket = &core->buckets[call->hash & core->buckets_mask];
    call->hash_next = *bucket;
    *bucket = call->index;
}

/* Uses COUNT buckets, with all in them that has a caller. */
static void
index_spread(broker_core_t *core, uint32_t count)
{
    memset(core->buckets, 0xFF, count * sizeof core->buckets[0]); /* BROKER_NONE */
    core->buckets_mask = count - 1;
    for (uint32_t i = 0; i < core->calls_used; i++)
        if (broker_call_slot(core, i)->peer != NULL)
            index_add(core, broker_call_slot(core, i));
}

/* As few buckets are in use as the calls of a busy moment need: those stay in the cache. */
static void
index_keep_up(broker_core_t *core)
{
    uint32_t count = core->buckets_mask + 1;
    if (core->stats.open >= count && count < core->buckets_room)
        index_spread(core, 2 * count);
}

static bool
index_reserve(broker_core_t *core, uint32_t calls_max)
{
    uint32_t room = BUCKETS_FIRST;
    while (room < calls_max)
        room *= 2;
    if (room <= core->buckets_room)
        return true;
    uint32_t *buckets = realloc(core->buckets, room * sizeof buckets[0]);
    if (buckets == NULL)
        return false;
    core->buckets = buckets;
    if (core->buckets_room == 0)
        index_spread(core, BUCKETS_FIRST);
    core->buckets_room = room;
    return true;
}

bool
broker_calls_reserve(broker_core_t *core, uint32_t calls_max)
{
    for (uint32_t i = 0; i * BROKER_CALLS_CHUNK < calls_max; i++) {
        if (core->calls[i] == NULL)
            core->calls[i] = calloc(BROKER_CALLS_CHUNK, sizeof(broker_call_t));
        if (core->calls[i] == NULL)
            return false;
    }
    return index_reserve(core, calls_max);
}

void
broker_calls_release(broker_core_t *core)
{
    for (unsigned i = 0; i < KT_COUNT(core->calls); i++)
        free(core->calls[i]);
    free(core->buckets);
}

broker_call_t *
broker_call_find(const broker_core_t *core, const broker_call_name_t *name)
{
    uint32_t at = core->buckets[name->hash & core->buckets_mask];
    while (at != BROKER_NONE) {
        broker_call_t *call = broker_call_slot(core, at);
        if (call->hash == name->hash && call->client_id == name->client_id &&
            call->peer->outbox.peer == name->peer)
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
    broker_call_t *call = broker_call_slot(core, index);
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
    if (core->calls_taken >= core->limits.calls_max)
        return NULL;
    core->calls_taken++;
    if (core->calls_free != BROKER_NONE) {
        call = broker_call_slot(core, core->calls_free);
        core->calls_free = call->hash_next;
    } else {
        call = broker_call_slot(core, core->calls_used);
        call->index = core->calls_used++;
    }
    /* Generation 0 is never given, so that no call has the id 0. */
    call->generation = call->generation == UINT32_MAX ? 1 : call->generation + 1;
    return call;
}

broker_call_t *
broker_call_new(broker_core_t *core, broker_peer_t *peer, const broker_call_name_t *name)
{
    index_keep_up(core);
    broker_call_t *call = slot_take(core);
    if (call == NULL)
        return NULL;
    call->state = CALL_FREE;
    call->resends = 0;
    call->whole = call->keep = call->replied = call->cancelled = false;
    call->client_id = name->client_id;
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
    call->hash = name->hash;
    index_add(core, call);
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
        link = &broker_call_slot(core, *link)->hash_next;
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
    if (core->draining)
        core->settled_us = core->now_us + BROKER_DRAIN_SETTLE_US;
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
    core->calls_taken--;
}
