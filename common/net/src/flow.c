/*
 * How many bytes of large frames libzmq holds for a peer. Its own limits count messages, so a peer
 * that does not read could make it hold a thousand bodies of 4 MiB; libzmq tells when it is done
 * with a frame only by freeing it, and that is what is counted here.
 */
#include "zmq_net.h"

#include <stdlib.h>

struct kt_flow {
    atomic_size_t bytes;
    atomic_uint holders; /* the peer, and every frame under way */
};

/* A large frame under way: what it was before, kept until libzmq frees what it was made into. */
typedef struct parcel {
    kt_flow_t *flow;
    size_t size;
    zmq_msg_t msg;
    atomic_bool packed; /* orders what was written here before what the I/O thread reads */
} parcel_t;

kt_flow_t *
kt_flow_new(void)
{
    kt_flow_t *flow = calloc(1, sizeof *flow);
    if (flow)
        atomic_init(&flow->holders, 1);
    return flow;
}

void
kt_flow_release(kt_flow_t **flow)
{
    kt_flow_t *gone = KT_TAKE(*flow);
    if (gone && atomic_fetch_sub(&gone->holders, 1) == 1)
        free(gone);
}

bool
kt_flow_full(const kt_flow_t *flow)
{
    return flow && atomic_load(&flow->bytes) >= KT_FLOW_BYTES_MAX;
}

/* Runs in libzmq's I/O thread, when the frame has left or its pipe is gone. */
static void
delivered(void *data, void *context)
{
    (void)data;
    parcel_t *parcel = context;
    KT_ASSERT(atomic_load(&parcel->packed));
    kt_flow_t *flow = parcel->flow;
    (void)zmq_msg_close(&parcel->msg);
    atomic_fetch_sub(&flow->bytes, parcel->size);
    free(parcel);
    kt_flow_release(&flow);
}

void
kt_flow_count(kt_flow_t *flow, zmq_msg_t *msg)
{
    parcel_t *parcel = calloc(1, sizeof *parcel);
    if (!parcel)
        return; /* uncounted rather than unsent */
    parcel->flow = flow;
    parcel->size = zmq_msg_size(msg);
    (void)zmq_msg_init(&parcel->msg);
    (void)zmq_msg_move(&parcel->msg, msg);
    zmq_msg_t counted;
    if (zmq_msg_init_data(&counted, zmq_msg_data(&parcel->msg), parcel->size, delivered, parcel) !=
        0) {
        (void)zmq_msg_move(msg, &parcel->msg);
        free(parcel);
        return;
    }
    atomic_fetch_add(&flow->holders, 1);
    atomic_fetch_add(&flow->bytes, parcel->size);
    atomic_store(&parcel->packed, true);
    (void)zmq_msg_move(msg, &counted);
}
