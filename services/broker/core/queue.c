/* queue.c: one fair queue a service. Principals take turns, and within a principal its connections
 * do, so that neither many calls nor many connections of one delay another by more than a call. */
#include "internal.h"

#include <stdlib.h>

bool
broker_queue_room(const broker_core_t *core, const broker_principal_t *principal, size_t bytes,
                  uint32_t calls)
{
    const broker_limits_t *all = &core->limits;
    const broker_caller_limits_t *own = &principal->grant->limits;
    return core->stats.queued + calls <= all->queued_max &&
           core->stats.queued_bytes + bytes <= all->queued_bytes_max &&
           principal->queued + calls <= own->queued_max &&
           principal->queued_bytes + bytes <= own->queued_bytes_max;
}

static broker_lane_t *
lane_find(broker_node_t *owned, const broker_service_t *service)
{
    for (broker_node_t *node = owned->next; node != owned; node = node->next) {
        broker_lane_t *lane = BROKER_ITEM(node, broker_lane_t, owned);
        if (lane->service == service)
            return lane;
    }
    return NULL;
}

/* The lane of OWNER (its list of lanes) for SERVICE, made at the end of RING if need be. NULL when
 * memory is out. */
static broker_lane_t *
lane_open(broker_core_t *core, broker_service_t *service, broker_node_t *owner, broker_node_t *ring,
          broker_lane_t *outer)
{
    broker_lane_t *lane = lane_find(owner, service);
    if (lane != NULL)
        return lane;
    lane = core->spare_lanes;
    if (lane != NULL)
        core->spare_lanes = lane->outer;
    else if ((lane = malloc(sizeof *lane)) == NULL)
        return NULL;
    lane->service = service;
    lane->outer = outer;
    broker_list_init(&lane->items);
    broker_list_append(owner, &lane->owned);
    broker_list_append(ring, &lane->ring);
    return lane;
}

static void
lane_close(broker_core_t *core, broker_lane_t *lane)
{
    if (!broker_list_empty(&lane->items))
        return;
    broker_list_unlink(&lane->owned);
    broker_list_unlink(&lane->ring);
    lane->outer = core->spare_lanes;
    core->spare_lanes = lane;
}

void
broker_lanes_free(broker_core_t *core)
{
    while (core->spare_lanes != NULL) {
        broker_lane_t *lane = core->spare_lanes;
        core->spare_lanes = lane->outer;
        free(lane);
    }
}

void
broker_queue_grow(broker_core_t *core, broker_call_t *call, size_t bytes)
{
    call->queued_bytes += bytes;
    call->peer->principal->queued_bytes += bytes;
    core->stats.queued_bytes += bytes;
}

void
broker_queue_shrink(broker_core_t *core, broker_call_t *call, size_t bytes)
{
    call->queued_bytes -= bytes;
    call->peer->principal->queued_bytes -= bytes;
    core->stats.queued_bytes -= bytes;
}

bool
broker_queue_push(broker_core_t *core, broker_service_t *service, broker_call_t *call, bool front)
{
    broker_peer_t *peer = call->peer;
    broker_lane_t *outer = lane_open(core, service, &peer->principal->lanes, &service->ring, NULL);
    if (outer == NULL)
        return false;
    broker_lane_t *inner = lane_open(core, service, &peer->lanes, &outer->items, outer);
    if (inner == NULL) {
        lane_close(core, outer);
        return false;
    }
    if (front)
        broker_list_prepend(&inner->items, &call->place);
    else
        broker_list_append(&inner->items, &call->place);
    call->lane = inner;
    call->state = CALL_QUEUED;
    service->queued++;
    peer->principal->queued++;
    core->stats.queued++;
    broker_queue_grow(core, call, kt_message_size(&call->request));
    return true;
}

void
broker_queue_remove(broker_core_t *core, broker_call_t *call)
{
    broker_lane_t *inner = call->lane, *outer = inner->outer;
    broker_list_unlink(&call->place);
    call->lane = NULL;
    call->state = CALL_FREE;
    inner->service->queued--;
    call->peer->principal->queued--;
    core->stats.queued--;
    broker_queue_shrink(core, call, kt_message_size(&call->request)); /* its backlog still waits */
    lane_close(core, inner);
    lane_close(core, outer);
}

static broker_call_t *
lane_first(broker_node_t *node)
{
    broker_lane_t *inner = BROKER_ITEM(node, broker_lane_t, ring);
    return BROKER_ITEM(inner->items.next, broker_call_t, place);
}

broker_call_t *
broker_queue_first(const broker_service_t *service)
{
    const broker_lane_t *outer = BROKER_ITEM(service->ring.next, broker_lane_t, ring);
    return lane_first(outer->items.next);
}

/* The next call in turn that an instance is free for. A call whose method only busy instances serve
 * holds up its own lane and no other. */
static broker_call_t *
next_call(broker_service_t *service, broker_instance_t **instance)
{
    for (broker_node_t *at = service->ring.next; at != &service->ring; at = at->next) {
        broker_lane_t *outer = BROKER_ITEM(at, broker_lane_t, ring);
        for (broker_node_t *in = outer->items.next; in != &outer->items; in = in->next) {
            broker_call_t *call = lane_first(in);
            *instance = broker_choose(service, call->method);
            if (*instance != NULL)
                return call;
        }
    }
    return NULL;
}

static void
to_back(broker_node_t *list, broker_node_t *node)
{
    broker_list_unlink(node);
    broker_list_append(list, node);
}

void
broker_queue_serve(broker_core_t *core, broker_service_t *service)
{
    broker_instance_t *instance;
    broker_call_t *call;
    while (service->queued > 0 && broker_choose(service, NULL) != NULL &&
           (call = next_call(service, &instance)) != NULL) {
        broker_lane_t *inner = call->lane;
        to_back(&inner->outer->items, &inner->ring);
        to_back(&service->ring, &inner->outer->ring);
        broker_queue_remove(core, call);
        broker_dispatch(core, call, instance);
    }
}

void
broker_queue_rearm(broker_core_t *core, broker_service_t *service)
{
    for (broker_node_t *at = service->ring.next; at != &service->ring; at = at->next) {
        broker_lane_t *outer = BROKER_ITEM(at, broker_lane_t, ring);
        for (broker_node_t *in = outer->items.next; in != &outer->items; in = in->next) {
            broker_lane_t *inner = BROKER_ITEM(in, broker_lane_t, ring);
            for (broker_node_t *node = inner->items.next; node != &inner->items; node = node->next)
                broker_arm(core, BROKER_ITEM(node, broker_call_t, place));
        }
    }
}
