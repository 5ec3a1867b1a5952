#include "zmq_net.h"

#include <errno.h>
#include <kt/wire.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Messages a peer's pipe holds each way. Bytes are bounded by the queues above; these keep a peer
 * that does not read or a process that does not keep up from holding thousands of large messages
 * inside libzmq. */
#define SEND_MESSAGES_MAX    1024
#define RECEIVE_MESSAGES_MAX 256
#define BACKLOG              1024
#define HANDSHAKE_MS         10000
#define CONNECT_MS           2000
/* libzmq's own tries, for sockets that nobody looks at now; each leaves an event for who does. */
#define RECONNECT_FIRST_MS 250
#define RECONNECT_MAX_MS   30000
/* Over TCP a host that is gone is noticed by the kernel. ZMTP's heartbeats would see no more, and
 * arm a timer each time libzmq's I/O thread waits, which is a tenth of an echo's system time. */
#define ALIVE_IDLE_S       2
#define ALIVE_INTERVAL_S   1
#define ALIVE_TRIES        4
#define ALIVE_LOST_MS      ((ALIVE_IDLE_S + ALIVE_INTERVAL_S * ALIVE_TRIES) * 1000)
#define CURVE_BYTES_MAX    64 /* what CURVE adds to a frame before libzmq looks at its size: 33 */
#define ZAP_ENFORCE_DOMAIN 93 /* ZMQ_ZAP_ENFORCE_DOMAIN; only libzmq's draft header names it */

static kt_status_t
set_options(void *zmq, const kt_socket_options_t *options, bool router)
{
    const struct {
        int option, value;
    } common[] = {
        {ZMQ_LINGER, (int)options->linger_ms},
        {ZMQ_SNDHWM, SEND_MESSAGES_MAX},
        {ZMQ_RCVHWM, RECEIVE_MESSAGES_MAX},
        {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS},
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_TCP_KEEPALIVE_IDLE, ALIVE_IDLE_S},
        {ZMQ_TCP_KEEPALIVE_INTVL, ALIVE_INTERVAL_S},
        {ZMQ_TCP_KEEPALIVE_CNT, ALIVE_TRIES},
        {ZMQ_TCP_MAXRT, ALIVE_LOST_MS},
        {ZMQ_IPV6, 0},
        {router ? ZMQ_ROUTER_MANDATORY : ZMQ_IMMEDIATE, 1},
        {router ? ZMQ_BACKLOG : ZMQ_RECONNECT_IVL, router ? BACKLOG : RECONNECT_FIRST_MS},
        {router ? ZMQ_CURVE_SERVER : ZMQ_RECONNECT_IVL_MAX, router ? 1 : RECONNECT_MAX_MS},
        {router ? ZAP_ENFORCE_DOMAIN : ZMQ_CONNECT_TIMEOUT, router ? 1 : CONNECT_MS},
    };
    bool set = true;
    for (size_t i = 0; i < KT_COUNT(common); i++)
        set &= zmq_setsockopt(zmq, common[i].option, &common[i].value, sizeof(int)) == 0;
    int64_t frame_max = KT_BODY_BYTES_MAX + CURVE_BYTES_MAX;
    set &= zmq_setsockopt(zmq, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) == 0;
    if (!set)
        return kt_error(KT_INTERNAL, 0, "libzmq refuses a socket option: is it 4.3 or newer?");
    const char *public_key = options->keys->public_key, *secret_key = options->keys->secret_key;
    set &= zmq_setsockopt(zmq, ZMQ_CURVE_PUBLICKEY, public_key, KT_KEY_CHARS + 1) == 0;
    set &= zmq_setsockopt(zmq, ZMQ_CURVE_SECRETKEY, secret_key, KT_KEY_CHARS + 1) == 0;
    if (router)
        set &= zmq_setsockopt(zmq, ZMQ_ZAP_DOMAIN, KT_ZAP_DOMAIN, strlen(KT_ZAP_DOMAIN)) == 0;
    else
        set &= zmq_setsockopt(zmq, ZMQ_CURVE_SERVERKEY, options->server_key, KT_KEY_CHARS + 1) == 0;
    return set ? kt_ok() : kt_error(KT_INVALID_ARGUMENT, 0, "not a CURVE key in Z85");
}

static kt_status_t
make(kt_net_t *net, const kt_socket_options_t *options, bool router, kt_socket_t **socket)
{
    kt_socket_t *made = calloc(1, sizeof *made);
    if (!made)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a socket");
    *made = (kt_socket_t){.net = net, .router = router};
    (void)zmq_msg_init(&made->pack);
    made->zmq = zmq_socket(net->context, router ? ZMQ_ROUTER : ZMQ_DEALER);
    kt_status_t status = kt_ok();
    if (!made->zmq || (router && !kt_peers_init(&made->peers)))
        status = kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory or descriptors for a socket");
    if (!kt_failed(status))
        status = set_options(made->zmq, options, router);
    size_t size = sizeof made->fd;
    if (!kt_failed(status) && zmq_getsockopt(made->zmq, ZMQ_FD, &made->fd, &size) != 0)
        status = kt_error(KT_INTERNAL, 0, "libzmq gives no descriptor of a socket");
    if (!kt_failed(status) && !router)
        status = kt_monitor_open(made);
    if (kt_failed(status)) {
        kt_socket_close(&made);
        return status;
    }
    *socket = made;
    return kt_ok();
}

kt_status_t
kt_socket_router(kt_net_t *net, const kt_socket_options_t *options, kt_socket_t **socket)
{
    /* Without its handler libzmq would refuse everyone, silently; that is never what was meant. */
    KT_ASSERT(net->zap_socket);
    return make(net, options, true, socket);
}

kt_status_t
kt_socket_dealer(kt_net_t *net, const kt_socket_options_t *options, kt_socket_t **socket)
{
    if (!options->server_key || strlen(options->server_key) != KT_KEY_CHARS)
        return kt_error(KT_INVALID_ARGUMENT, 0, "not a CURVE key in Z85");
    return make(net, options, false, socket);
}

void
kt_socket_close(kt_socket_t **socket)
{
    kt_socket_t *gone = KT_TAKE(*socket);
    if (!gone)
        return;
    kt_lookup_release(&gone->lookup);
    kt_monitor_close(gone);
    kt_outgoing_fini(gone);
    (void)zmq_msg_close(&gone->pack);
    if (gone->zmq)
        (void)zmq_close(gone->zmq);
    kt_peers_fini(&gone->peers);
    free(gone);
}

/* An error whose text names the endpoint; the text lies in the socket. */
static kt_status_t
endpoint_error(kt_socket_t *socket, const char *what, const char *endpoint)
{
    int error = zmq_errno();
    const char *advice = "";
    if (error == EADDRINUSE)
        advice = "; another process has it, stop that one or choose another port";
    else if (error == EINVAL)
        advice = "; write it as tcp://ADDRESS:PORT or ipc://PATH";
    snprintf(socket->text, sizeof socket->text, "cannot %s %.200s: %s%s", what, endpoint,
             zmq_strerror(error), advice);
    return kt_error(error == EINVAL ? KT_INVALID_ARGUMENT : KT_UNAVAILABLE, 0, socket->text);
}

kt_status_t
kt_socket_bind(kt_socket_t *socket, const char *endpoint)
{
    KT_ASSERT(socket->router);
    if (zmq_bind(socket->zmq, endpoint) != 0)
        return endpoint_error(socket, "bind", endpoint);
    size_t size = sizeof socket->endpoint;
    if (zmq_getsockopt(socket->zmq, ZMQ_LAST_ENDPOINT, socket->endpoint, &size) != 0)
        return endpoint_error(socket, "learn the endpoint of", endpoint);
    return kt_ok();
}

kt_status_t
kt_socket_connect(kt_socket_t *socket, const char *endpoint)
{
    KT_ASSERT(!socket->router);
    kt_span_t host;
    const char *port;
    snprintf(socket->endpoint, sizeof socket->endpoint, "%s", endpoint);
    if (kt_lookup_wanted(endpoint, &host, &port))
        return kt_lookup_begin(host, &socket->lookup);
    if (zmq_connect(socket->zmq, endpoint) != 0)
        return endpoint_error(socket, "connect to", endpoint);
    return kt_ok();
}

void
kt_socket_follow_lookup(kt_socket_t *socket)
{
    char endpoint[KT_ENDPOINT_CHARS];
    const char *address = NULL;
    if (!kt_lookup_done(socket->lookup, &address))
        return;
    if (address) {
        snprintf(endpoint, sizeof endpoint, "tcp://%s%s", address, strrchr(socket->endpoint, ':'));
        socket->lost = zmq_connect(socket->zmq, endpoint) != 0;
        socket->quiet = false; /* that asked the socket */
    } else {
        socket->lost = true;
        socket->trouble = "nobody knows its name";
    }
    kt_lookup_release(&socket->lookup);
}

const char *
kt_socket_endpoint(const kt_socket_t *socket)
{
    return socket->endpoint;
}

const char *
kt_socket_trouble(const kt_socket_t *socket)
{
    return socket->trouble;
}

/* Before it says that there is nothing, libzmq has looked at all that had come. */
static kt_io_t
nothing_came(kt_socket_t *socket)
{
    kt_io_t io = kt_io_of_errno();
    socket->quiet = io == KT_IO_AGAIN && zmq_errno() == EAGAIN;
    socket->came_alone = socket->came <= 1;
    socket->came = 0;
    return io;
}

/* Whether nothing more is asked for after the one message that came. */
static bool
is_enough(kt_socket_t *socket)
{
    if (socket->came == 0 || !socket->came_alone || socket->monitor_due || socket->lost ||
        socket->refused)
        return false;
    socket->came = 0;
    socket->quiet = false;
    return true;
}

/* What is longer than this stays where libzmq has put it. */
#define COPY_BYTES_MAX 1024

static void
release_msg(void *data, void *context)
{
    (void)data;
    (void)zmq_msg_close((zmq_msg_t *)context);
    free(context);
}

/* FRAME (initialised) takes over what MSG holds. */
static kt_status_t
frame_of_msg(kt_frame_t *frame, zmq_msg_t *msg)
{
    kt_span_t bytes = kt_span(zmq_msg_data(msg), zmq_msg_size(msg));
    kt_frame_close(frame);
    if (bytes.size <= COPY_BYTES_MAX)
        return kt_frame_init_copy(frame, bytes);
    zmq_msg_t *kept = malloc(sizeof *kept);
    if (!kept)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a frame");
    (void)zmq_msg_init(kept);
    (void)zmq_msg_move(kept, msg);
    kt_status_t status = kt_frame_init_borrow(
        frame, kt_span(zmq_msg_data(kept), zmq_msg_size(kept)), release_msg, kept);
    if (kt_failed(status))
        release_msg(NULL, kept);
    return status;
}

/* Takes FIRST, which was received, and the frames that follow it into MESSAGE; what is more than
 * fits is read and thrown away. A multipart message is there as a whole or not at all, so nothing
 * here waits. */
static kt_io_t
receive_frames(kt_socket_t *socket, zmq_msg_t *first, kt_message_t *message)
{
    bool more = zmq_msg_more(first), fits = true;
    fits = !kt_failed(frame_of_msg(&message->frames[message->count++], first));
    while (more) {
        if (zmq_msg_recv(first, socket->zmq, ZMQ_DONTWAIT) < 0)
            return nothing_came(socket);
        more = zmq_msg_more(first);
        fits = fits && message->count < KT_FRAMES_MAX &&
               !kt_failed(frame_of_msg(&message->frames[message->count++], first));
    }
    if (fits)
        return KT_IO_OK;
    kt_message_close(message);
    return KT_IO_BAD;
}

static int64_t
coarse_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec;
}

static kt_span_t
span_of(zmq_msg_t *msg)
{
    return kt_span(zmq_msg_data(msg), zmq_msg_size(msg));
}

static bool
is_pack(zmq_msg_t *first)
{
    return !zmq_msg_more(first) && kt_is_pack(span_of(first));
}

/* Turns to the pack that FIRST is; KT_IO_BAD for a malformed one. */
static kt_io_t
open_pack(kt_socket_t *socket, zmq_msg_t *first, kt_peer_t peer, const char *key)
{
    if (kt_failed(kt_pack_check(span_of(first))))
        return KT_IO_BAD;
    (void)zmq_msg_move(&socket->pack, first);
    kt_unpack_init(&socket->unpack);
    socket->pack_peer = peer;
    memcpy(socket->pack_key, key, sizeof socket->pack_key);
    return KT_IO_OK;
}

/* Whether there is more in the pack that is being received. */
static bool
in_pack(kt_socket_t *socket)
{
    return socket->unpack.at < zmq_msg_size(&socket->pack);
}

/* The next message of the pack. Without memory the rest of it is thrown away. */
static kt_io_t
receive_packed(kt_socket_t *socket, kt_message_t *message, kt_peer_t *peer, const char **key)
{
    kt_status_t status = kt_pack_next(span_of(&socket->pack), &socket->unpack, message);
    if (kt_failed(status) || !in_pack(socket)) {
        (void)zmq_msg_close(&socket->pack);
        (void)zmq_msg_init(&socket->pack);
    }
    if (peer)
        *peer = socket->pack_peer;
    if (key)
        *key = socket->pack_key;
    return kt_failed(status) ? KT_IO_BAD : KT_IO_OK;
}

/* What the ZAP thread wrote. */
static uint64_t
connection_of(const char *digits)
{
    uint64_t connection = 0;
    for (; *digits; digits++)
        connection = connection << 4 |
                     (uint64_t)(*digits <= '9' ? *digits - '0' : *digits - 'a' + 10);
    return connection;
}

/* Who sent what begins with FIRST, behind the routing frame ID. The connection is read from every
 * message: only the message tells who is behind a routing id now. */
static kt_peer_entry_t *
identify(kt_socket_t *socket, zmq_msg_t *id, zmq_msg_t *first)
{
    const uint8_t *bytes = zmq_msg_data(id);
    if (zmq_msg_size(id) != KT_ROUTING_ID_BYTES || bytes[0] != 0)
        return NULL;
    const char *user = zmq_msg_gets(first, "User-Id");
    if (!user || strlen(user) != KT_USER_ID_CHARS)
        return NULL;
    uint32_t routing_id = (uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 |
                          (uint32_t)bytes[3] << 8 | (uint32_t)bytes[4];
    return kt_peers_note(&socket->peers, connection_of(user + KT_KEY_CHARS), routing_id, user,
                         coarse_seconds());
}

/* What follows a routing frame ID that says that more does. */
static kt_io_t
receive_from(kt_socket_t *socket, zmq_msg_t *id, zmq_msg_t *first, kt_message_t *message,
             kt_peer_entry_t **from)
{
    if (zmq_msg_recv(first, socket->zmq, ZMQ_DONTWAIT) < 0)
        return nothing_came(socket);
    *from = identify(socket, id, first);
    if (*from && is_pack(first))
        return open_pack(socket, first, (*from)->number, (*from)->key);
    kt_io_t io = receive_frames(socket, first, message);
    if (*from || io != KT_IO_OK)
        return io;
    kt_message_close(message);
    return KT_IO_BAD;
}

static kt_io_t
receive_router(kt_socket_t *socket, kt_message_t *message, kt_peer_t *peer, const char **key)
{
    zmq_msg_t id, first;
    kt_peer_entry_t *from = NULL;
    (void)zmq_msg_init(&id);
    if (zmq_msg_recv(&id, socket->zmq, ZMQ_DONTWAIT) < 0)
        return nothing_came(socket);
    socket->came++;
    (void)zmq_msg_init(&first);
    kt_io_t io = zmq_msg_more(&id) ? receive_from(socket, &id, &first, message, &from) : KT_IO_BAD;
    (void)zmq_msg_close(&first);
    (void)zmq_msg_close(&id);
    if (io != KT_IO_OK)
        return io;
    from->packs |= message->count == 0;
    *peer = from->number;
    if (key)
        *key = from->key;
    return KT_IO_OK;
}

static kt_io_t
receive_dealer(kt_socket_t *socket, kt_message_t *message)
{
    static const char nobody[KT_KEY_CHARS + 1];
    zmq_msg_t first;
    (void)zmq_msg_init(&first);
    kt_io_t io = KT_IO_OK;
    bool came = zmq_msg_recv(&first, socket->zmq, ZMQ_DONTWAIT) >= 0;
    socket->came += came;
    if (!came)
        io = nothing_came(socket);
    else if (is_pack(&first))
        io = open_pack(socket, &first, 0, nobody);
    else
        io = receive_frames(socket, &first, message);
    (void)zmq_msg_close(&first);
    if (io != KT_IO_AGAIN)
        return io;
    kt_monitor_read(socket);
    if (socket->refused)
        return KT_IO_REFUSED;
    return socket->lost ? KT_IO_LOST : KT_IO_AGAIN;
}

kt_io_t
kt_socket_recv(kt_socket_t *socket, kt_message_t *message, kt_peer_t *peer, const char **key)
{
    if (message->count > 0)
        kt_message_close(message);
    if (!in_pack(socket)) {
        if (is_enough(socket))
            return KT_IO_AGAIN;
        kt_io_t io = socket->router ? receive_router(socket, message, peer, key)
                                    : receive_dealer(socket, message);
        if (io != KT_IO_OK || message->count > 0)
            return io;
    }
    return receive_packed(socket, message, peer, key);
}
