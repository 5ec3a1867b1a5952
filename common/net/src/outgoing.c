/* What leaves a socket: at once, or in a pack with others for the same peer. */
#include "zmq_net.h"

#include <kt/wire.h>
#include <stdlib.h>

static zmq_msg_t *
msg_of(kt_frame_t *frame)
{
    return (zmq_msg_t *)(void *)frame;
}

kt_io_t
kt_io_of_errno(void)
{
    switch (zmq_errno()) {
    case EAGAIN:
    case EINTR:
        return KT_IO_AGAIN;
    case ETERM:
        return KT_IO_CLOSED;
    default: /* EHOSTUNREACH; the rest are bugs that end the same way for the caller */
        return KT_IO_GONE;
    }
}

/* ---- to libzmq ---- */

int
kt_socket_events(kt_socket_t *socket)
{
    int events = 0;
    size_t size = sizeof events;
    if (zmq_getsockopt(socket->zmq, ZMQ_EVENTS, &events, &size) != 0)
        return 0;
    socket->quiet = (events & ZMQ_POLLIN) == 0;
    return events;
}

/* Says whom the frames that follow are for. */
static kt_io_t
send_routing(kt_socket_t *socket, kt_peer_t peer)
{
    uint32_t routing_id = kt_peer_routing_id(peer);
    const uint8_t bytes[KT_ROUTING_ID_BYTES] = {0, (uint8_t)(routing_id >> 24),
                                                (uint8_t)(routing_id >> 16),
                                                (uint8_t)(routing_id >> 8), (uint8_t)routing_id};
    if (zmq_send(socket->zmq, bytes, sizeof bytes, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0)
        return KT_IO_OK;
    kt_io_t io = kt_io_of_errno();
    if (io == KT_IO_GONE)
        kt_peers_forget(&socket->peers, peer);
    return io;
}

/* Has FRAME, which is about to leave, counted on its way to ENTRY if it is large. */
static void
count_large(kt_peer_entry_t *entry, kt_frame_t *frame)
{
    if (kt_frame_span(frame).size < KT_FLOW_FRAME_MIN)
        return;
    if (!entry->flow && !(entry->flow = kt_flow_new()))
        return;
    kt_flow_count(entry->flow, msg_of(frame));
}

/* Sends COUNT frames as one message; they are empty afterwards if it was taken. */
static kt_io_t
send_frames(kt_socket_t *socket, kt_frame_t *frames, unsigned count, kt_peer_t peer)
{
    if (!socket->router && socket->lost)
        return KT_IO_GONE;
    if (socket->router) {
        kt_peer_entry_t *entry = kt_peers_get(&socket->peers, peer);
        if (!entry)
            return KT_IO_GONE;
        if (kt_flow_full(entry->flow))
            return KT_IO_AGAIN;
        socket->quiet = false; /* a send may take notice of what has come */
        kt_io_t io = send_routing(socket, peer);
        if (io != KT_IO_OK)
            return io;
        for (unsigned i = 0; i < count; i++)
            count_large(entry, &frames[i]);
    }
    socket->quiet = false;
    for (unsigned i = 0; i < count; i++) {
        int flags = ZMQ_DONTWAIT | (i + 1 < count ? ZMQ_SNDMORE : 0);
        if (zmq_msg_send(msg_of(&frames[i]), socket->zmq, flags) < 0) {
            /* Only a message's first frame can find a full pipe or none. */
            KT_ASSERT(i == 0 || zmq_errno() == ETERM);
            socket->takes = false;
            return kt_io_of_errno();
        }
    }
    socket->takes = true;
    return KT_IO_OK;
}

/* ---- packs ---- */

/* The pack that waits for PEER; NULL: none. */
static kt_waiting_pack_t *
waiting_for(const kt_socket_t *socket, kt_peer_t peer)
{
    if (!socket->router)
        return socket->waiting;
    kt_peer_entry_t *entry = kt_peers_get(&socket->peers, peer);
    return entry ? entry->waiting : NULL;
}

/* A new pack for PEER, in the list; NULL when memory is out. */
static kt_waiting_pack_t *
begin_pack(kt_socket_t *socket, kt_peer_t peer, kt_peer_entry_t *entry)
{
    kt_waiting_pack_t *made = socket->spare;
    if (made) {
        socket->spare = made->next;
        socket->spare_count--;
    } else if (!(made = malloc(sizeof *made))) {
        return NULL;
    }
    kt_pack_init(&made->pack);
    made->peer = peer;
    made->next = socket->waiting;
    socket->waiting = made;
    if (entry)
        entry->waiting = made;
    return made;
}

/* Takes the pack at AT, which was sent or is for nobody, out of the list. */
static void
end_pack(kt_socket_t *socket, kt_waiting_pack_t **at)
{
    kt_waiting_pack_t *gone = *at;
    kt_peer_entry_t *entry = socket->router ? kt_peers_get(&socket->peers, gone->peer) : NULL;
    *at = gone->next;
    if (entry && entry->waiting == gone)
        entry->waiting = NULL;
    if (socket->spare_count == KT_SPARE_PACKS_MAX) {
        free(gone);
        return;
    }
    gone->next = socket->spare;
    socket->spare = gone;
    socket->spare_count++;
}

static kt_io_t
send_pack(kt_socket_t *socket, kt_waiting_pack_t **at)
{
    const kt_pack_t *pack = &(*at)->pack;
    kt_frame_t frame;
    if (kt_failed(kt_frame_init_copy(&frame, kt_span(pack->bytes, pack->size))))
        return KT_IO_AGAIN;
    kt_io_t io = send_frames(socket, &frame, 1, (*at)->peer);
    kt_frame_close(&frame);
    if (io != KT_IO_AGAIN)
        end_pack(socket, at);
    return io;
}

/* Sends what waits for PEER, so that something may follow it. */
static kt_io_t
send_waiting(kt_socket_t *socket, kt_peer_t peer)
{
    const kt_waiting_pack_t *pack = waiting_for(socket, peer);
    if (!pack)
        return KT_IO_OK;
    kt_waiting_pack_t **at = &socket->waiting;
    while (*at != pack)
        at = &(*at)->next;
    return send_pack(socket, at);
}

/* Whether MESSAGE may travel packed: a dealer's broker takes packs, and so does who sent one. */
static bool
travels_packed(const kt_socket_t *socket, const kt_message_t *message, kt_peer_t peer)
{
    const kt_peer_entry_t *entry = socket->router ? kt_peers_get(&socket->peers, peer) : NULL;
    return kt_packable(message) && (entry ? entry->packs : !socket->router);
}

/* What is packed counts as sent, so nothing is packed for a broker that may never come. One that
 * took the last message is believed to take the next. */
static bool
dealer_takes(kt_socket_t *socket)
{
    return socket->takes || (kt_socket_events(socket) & ZMQ_POLLOUT) != 0;
}

/* A new pack for PEER, if it takes one. */
static kt_io_t
open_pack(kt_socket_t *socket, kt_peer_t peer, kt_waiting_pack_t **pack)
{
    kt_peer_entry_t *entry = socket->router ? kt_peers_get(&socket->peers, peer) : NULL;
    if (entry ? kt_flow_full(entry->flow) : !dealer_takes(socket))
        return KT_IO_AGAIN;
    *pack = begin_pack(socket, peer, entry);
    return *pack ? KT_IO_OK : KT_IO_AGAIN;
}

kt_io_t
kt_socket_queue(kt_socket_t *socket, kt_message_t *message, kt_peer_t peer)
{
    if (!travels_packed(socket, message, peer))
        return kt_socket_send(socket, message, peer);
    if (!socket->router && socket->lost)
        return KT_IO_GONE;
    kt_waiting_pack_t *pack = waiting_for(socket, peer);
    if (!pack || !kt_pack_add(&pack->pack, message)) {
        kt_io_t io = send_waiting(socket, peer);
        if (io == KT_IO_OK)
            io = open_pack(socket, peer, &pack);
        if (io != KT_IO_OK)
            return io;
        bool added = kt_pack_add(&pack->pack, message);
        KT_ASSERT(added);
    }
    kt_message_close(message);
    return KT_IO_OK;
}

/* Sends MESSAGE as a pack of its own. */
static kt_io_t
send_packed(kt_socket_t *socket, kt_message_t *message, kt_peer_t peer)
{
    kt_pack_t pack;
    kt_frame_t frame;
    kt_pack_init(&pack);
    bool added = kt_pack_add(&pack, message);
    KT_ASSERT(added);
    if (kt_failed(kt_frame_init_copy(&frame, kt_span(pack.bytes, pack.size))))
        return KT_IO_AGAIN;
    kt_io_t io = send_frames(socket, &frame, 1, peer);
    kt_frame_close(&frame);
    if (io == KT_IO_OK)
        kt_message_close(message);
    return io;
}

kt_io_t
kt_socket_send(kt_socket_t *socket, kt_message_t *message, kt_peer_t peer)
{
    KT_ASSERT(message->count > 0 && message->count <= KT_FRAMES_MAX);
    kt_io_t io = send_waiting(socket, peer);
    if (io != KT_IO_OK)
        return io;
    if (message->count > 1 && travels_packed(socket, message, peer))
        return send_packed(socket, message, peer);
    io = send_frames(socket, message->frames, message->count, peer);
    if (io == KT_IO_OK)
        message->count = 0;
    return io;
}

kt_io_t
kt_socket_flush(kt_socket_t *socket, kt_peer_t *gone)
{
    kt_io_t all = KT_IO_OK;
    for (kt_waiting_pack_t **at = &socket->waiting; *at;) {
        kt_waiting_pack_t *pack = *at;
        kt_peer_t peer = pack->peer;
        kt_io_t io = send_pack(socket, at);
        if (io == KT_IO_GONE && gone)
            *gone = peer;
        if (io == KT_IO_GONE || io == KT_IO_CLOSED)
            return io;
        if (io == KT_IO_AGAIN) {
            all = KT_IO_AGAIN;
            at = &pack->next;
        }
    }
    return all;
}

void
kt_outgoing_fini(kt_socket_t *socket)
{
    kt_waiting_pack_t *lists[] = {socket->waiting, socket->spare};
    for (size_t i = 0; i < KT_COUNT(lists); i++)
        for (kt_waiting_pack_t *pack = lists[i], *next; pack; pack = next) {
            next = pack->next;
            free(pack);
        }
    socket->waiting = socket->spare = NULL;
}
