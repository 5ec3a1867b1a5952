/* outbox.c: what a peer does not take yet. ROUTER sockets say per peer that they are full, and
 * never say when they are no longer: what waits is tried again every BROKER_RETRY_US. */
#include "internal.h"

#include <stdlib.h>

void
broker_outbox_init(broker_outbox_t *outbox, broker_side_t side, kt_peer_t peer)
{
    *outbox = (broker_outbox_t){.peer = peer, .side = side};
    broker_list_init(&outbox->parcels);
    broker_list_init(&outbox->waiting);
    broker_list_init(&outbox->trouble);
}

static void
parcel_free(broker_parcel_t *parcel)
{
    broker_list_unlink(&parcel->node);
    kt_message_close(&parcel->message);
    free(parcel);
}

void
broker_parcels_drop(broker_node_t *parcels)
{
    while (!broker_list_empty(parcels))
        parcel_free(BROKER_ITEM(parcels->next, broker_parcel_t, node));
}

void
broker_outbox_fini(broker_core_t *core, broker_outbox_t *outbox)
{
    core->stats.outbox_bytes -= outbox->bytes;
    broker_parcels_drop(&outbox->parcels);
    broker_list_unlink(&outbox->waiting);
    broker_list_unlink(&outbox->trouble);
}

void
broker_outbox_trouble(broker_core_t *core, broker_outbox_t *outbox, bool gone)
{
    outbox->gone |= gone;
    outbox->slow |= !gone;
    if (!broker_list_linked(&outbox->trouble))
        broker_list_append(&core->troubled, &outbox->trouble);
}

/* True when the message left, or nobody is there to take it. */
static bool
try_send(broker_core_t *core, broker_outbox_t *outbox, kt_message_t *message, size_t size)
{
    kt_io_t io = core->ports.send(core->ports.context, outbox->side, outbox->peer, message);
    if (io == KT_IO_AGAIN)
        return false;
    if (io == KT_IO_OK)
        core->stats.bytes_out += size;
    else
        broker_outbox_trouble(core, outbox, true);
    return true;
}

void
broker_post(broker_core_t *core, broker_outbox_t *outbox, kt_message_t *message)
{
    size_t size = kt_message_size(message);
    if (outbox->gone || (outbox->count == 0 && try_send(core, outbox, message, size))) {
        kt_message_close(message);
        return;
    }
    broker_parcel_t *parcel = malloc(sizeof *parcel);
    if (parcel == NULL) { /* a lost message must not pass for an answer that never came */
        kt_message_close(message);
        broker_outbox_trouble(core, outbox, true);
        return;
    }
    kt_message_init(&parcel->message);
    kt_message_move(&parcel->message, message);
    parcel->size = size;
    broker_list_append(&outbox->parcels, &parcel->node);
    outbox->count++;
    outbox->bytes += size;
    core->stats.outbox_bytes += size;
    if (broker_list_empty(&core->waiting))
        core->retry_us = core->now_us + BROKER_RETRY_US;
    if (!broker_list_linked(&outbox->waiting))
        broker_list_append(&core->waiting, &outbox->waiting);
    if (!outbox->slow && (outbox->bytes > core->limits.outbox_bytes_max ||
                          core->stats.outbox_bytes > core->limits.outbox_all_bytes_max))
        broker_outbox_trouble(core, outbox, false);
}

void
broker_post_head(broker_core_t *core, broker_outbox_t *outbox, const kt_head_t *head)
{
    kt_message_t message;
    kt_message_init(&message);
    kt_frame_t frame;
    if (kt_failed(kt_frame_init_size(&frame, KT_HEAD_BYTES)))
        return;
    kt_head_encode(head, kt_frame_bytes(&frame));
    kt_frame_move(&message.frames[KT_FRAME_HEAD], &frame);
    kt_frame_close(&frame);
    message.count = 1;
    broker_post(core, outbox, &message);
    kt_message_close(&message);
}

static void
outbox_flush(broker_core_t *core, broker_outbox_t *outbox)
{
    while (outbox->count > 0 && !outbox->gone) {
        broker_parcel_t *parcel = BROKER_ITEM(outbox->parcels.next, broker_parcel_t, node);
        size_t size = parcel->size;
        if (!try_send(core, outbox, &parcel->message, size))
            return;
        outbox->count--;
        outbox->bytes -= size;
        core->stats.outbox_bytes -= size;
        parcel_free(parcel);
    }
    broker_list_unlink(&outbox->waiting);
    outbox->slow = false;
    if (outbox->side == BROKER_SERVICES && !outbox->gone)
        broker_instance_ready(core, (broker_instance_t *)(void *)outbox);
}

void
broker_outboxes_flush(broker_core_t *core)
{
    if (broker_list_empty(&core->waiting) || core->now_us < core->retry_us)
        return;
    core->retry_us = core->now_us + BROKER_RETRY_US;
    broker_node_t *node = core->waiting.next;
    while (node != &core->waiting) {
        broker_node_t *next = node->next;
        outbox_flush(core, BROKER_ITEM(node, broker_outbox_t, waiting));
        node = next;
    }
}
