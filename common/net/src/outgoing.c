/* What leaves a socket: at once, or in a pack with others for the same peer. */
#include "zmq_net.h"

#include <kt/wire.h>
#include <stdlib.h>

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
    socket->came_alone &= socket->quiet;
    return events;
}

/* Says that the frames that follow are for ENTRY. */
static kt_io_t
send_routing(kt_socket_t *socket, const kt_peer_entry_t *entry)
{
    uint32_t routing_id = entry->routing_id;
    const uint8_t bytes[KT_ROUTING_ID_BYTES] = {0, (uint8_t)(routing_id >> 24),
                                                (uint8_t)(routing_id >> 16),
                                                (uint8_t)(routing_id >> 8), (uint8_t)routing_id};
    if (zmq_send(socket->zmq, bytes, sizeof bytes, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0)
        return KT_IO_OK;
    kt_io_t io = kt_io_of_errno();
    if (io == KT_IO_GONE)
        kt_peers_forget(&socket->peers, entry->number);
    return io;
}

/* What is longer than this is lent to libzmq, not copied. */
#define COPY_BYTES_MAX 1024

typedef struct lent {
    kt_frame_t frame;
    atomic_bool made; /* orders what was written here before what libzmq's I/O thread reads */
} lent_t;

/* Runs in libzmq's I/O thread, when the frame has left or its pipe is gone. */
static void
take_back(void *data, void *context)
{
    (void)data;
    lent_t *lent = context;
    KT_ASSERT(atomic_load(&lent->made));
    kt_frame_close(&lent->frame);
    free(lent);
}

/* MSG with what FRAME holds; FRAME keeps it, too. */
static bool
msg_of_frame(zmq_msg_t *msg, kt_frame_t *frame)
{
    kt_span_t bytes = kt_frame_span(frame);
    if (bytes.size <= COPY_BYTES_MAX) {
        if (zmq_msg_init_size(msg, bytes.size) != 0)
            return false;
        if (bytes.size > 0)
            memcpy(zmq_msg_data(msg), bytes.data, bytes.size);
        return true;
    }
    lent_t *lent = malloc(sizeof *lent);
    if (!lent)
        return false;
    kt_frame_init(&lent->frame);
    (void)kt_frame_share(&lent->frame, frame); /* a long frame is counted, not copied */
    bytes = kt_frame_span(&lent->frame);
    atomic_store(&lent->made, true);
    if (zmq_msg_init_data(msg, (void *)(uintptr_t)bytes.data, bytes.size, take_back, lent) == 0)
        return true;
    take_back(NULL, lent);
    return false;
}

/* Has a large MSG, which is about to leave, counted on its way to ENTRY. */
static void
count_large(kt_peer_entry_t *entry, zmq_msg_t *msg)
{
    if (zmq_msg_size(msg) < KT_FLOW_FRAME_MIN)
        return;
    if (!entry->flow && !(entry->flow = kt_flow_new()))
        return;
    kt_flow_count(entry->flow, msg);
}

/* Sends COUNT messages of libzmq's as one; what was not taken is closed. */
static kt_io_t
send_msgs(kt_socket_t *socket, zmq_msg_t *msgs, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int flags = ZMQ_DONTWAIT | (i + 1 < count ? ZMQ_SNDMORE : 0);
        if (zmq_msg_send(&msgs[i], socket->zmq, flags) >= 0)
            continue;
        /* Only a message's first frame can find a full pipe or none. */
        KT_ASSERT(i == 0 || zmq_errno() == ETERM);
        kt_io_t io = kt_io_of_errno();
        for (; i < count; i++)
            (void)zmq_msg_close(&msgs[i]);
        return io;
    }
    return KT_IO_OK;
}

/* Whether PEER can be sent to now; *ENTRY is who it is, at a router. */
static kt_io_t
check_peer(kt_socket_t *socket, kt_peer_t peer, kt_peer_entry_t **entry)
{
    *entry = NULL;
    if (!socket->router)
        return socket->lost ? KT_IO_GONE : KT_IO_OK;
    *entry = kt_peers_get(&socket->peers, peer);
    if (!*entry)
        return KT_IO_GONE;
    return kt_flow_full((*entry)->flow) ? KT_IO_AGAIN : KT_IO_OK;
}

static void
close_msgs(zmq_msg_t *msgs, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        (void)zmq_msg_close(&msgs[i]);
}

/* Sends COUNT messages of libzmq's, which are closed whatever comes, as one to PEER. */
static kt_io_t
send_to(kt_socket_t *socket, zmq_msg_t *msgs, unsigned count, kt_peer_t peer)
{
    kt_peer_entry_t *entry;
    kt_io_t io = check_peer(socket, peer, &entry);
    socket->quiet = false; /* a send may take notice of what has come */
    if (io == KT_IO_OK && entry)
        io = send_routing(socket, entry);
    if (io != KT_IO_OK) {
        close_msgs(msgs, count);
        return io;
    }
    for (unsigned i = 0; entry && i < count; i++)
        count_large(entry, &msgs[i]);
    io = send_msgs(socket, msgs, count);
    socket->takes = io == KT_IO_OK;
    return io;
}

/* Sends COUNT frames as one message; they stay as they are. */
static kt_io_t
send_frames(kt_socket_t *socket, kt_frame_t *frames, unsigned count, kt_peer_t peer)
{
    zmq_msg_t msgs[KT_FRAMES_MAX];
    for (unsigned made = 0; made < count; made++) {
        if (msg_of_frame(&msgs[made], &frames[made]))
            continue;
        close_msgs(msgs, made);
        return KT_IO_AGAIN; /* for want of memory */
    }
    return send_to(socket, msgs, count, peer);
}

/* Sends a pack; it stays as it is. */
static kt_io_t
send_bytes(kt_socket_t *socket, const kt_pack_t *pack, kt_peer_t peer)
{
    zmq_msg_t msg;
    if (zmq_msg_init_size(&msg, pack->size) != 0)
        return KT_IO_AGAIN;
    memcpy(zmq_msg_data(&msg), pack->bytes, pack->size);
    return send_to(socket, &msg, 1, peer);
}

/* ---- packs ---- */

/* The pack that waits for PEER; NULL: none. */
static kt_waiting_pack_t *
waiting_for(kt_socket_t *socket, kt_peer_t peer)
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
    kt_io_t io = send_bytes(socket, &(*at)->pack, (*at)->peer);
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
travels_packed(kt_socket_t *socket, const kt_message_t *message, kt_peer_t peer)
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
    kt_pack_init(&pack);
    bool added = kt_pack_add(&pack, message);
    KT_ASSERT(added);
    kt_io_t io = send_bytes(socket, &pack, peer);
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
        kt_message_close(message);
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
