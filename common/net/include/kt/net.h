/*
 * net.h: the transport seam. Sockets that carry kt_message_t between peers; the ZeroMQ backend is
 * the only place that knows ZeroMQ's sockets. Every connection is CURVE; a server socket enforces
 * its ZAP domain.
 *
 * A socket belongs to one thread at a time. Nothing here blocks but kt_net_wait.
 */
#ifndef KT_NET_H
#define KT_NET_H

#include <kt/frame.h>
#include <pthread.h>

#define KT_KEY_CHARS 40 /* a CURVE key in Z85 (ZeroMQ RFC 32) */

typedef struct kt_net kt_net_t;
typedef struct kt_socket kt_socket_t;

#define KT_PEERS_MAX 262144 /* at one router */

/* Who a message came from at a router, which is the connection it came over: a number that is never
 * used again while the process lives. */
typedef uint64_t kt_peer_t;
/* Its place among the router's peers, below KT_PEERS_MAX, for tables of them. Who comes later may
 * have it again once the peer is gone, and one that was silent for two minutes is. */
static inline uint32_t
kt_peer_place(kt_peer_t peer)
{
    return (uint32_t)peer;
}

typedef struct kt_key_pair {
    char public_key[KT_KEY_CHARS + 1];
    char secret_key[KT_KEY_CHARS + 1];
} kt_key_pair_t;

/* One per process. The caller destroys it after its sockets; waits at most the sockets' linger. */
kt_status_t kt_net_new(unsigned io_threads, kt_net_t **net);
void kt_net_destroy(kt_net_t **net);

/* Asked by the handshake thread for every key that wants in; true lets it in. Must be quick and
 * thread-safe. */
typedef bool (*kt_net_allow_t)(void *context, const char public_key[KT_KEY_CHARS + 1]);
/* Starts the process's ZAP thread (RFC 27): no other authority lets a key in. Call before any
 * router is made. It also raises the process's limit of open files to the hard limit (a server out
 * of descriptors spins in accept), and seeds rand(3) from the kernel's entropy: libzmq draws the
 * first routing id from it, which no peer may guess. */
kt_status_t kt_net_authenticate(kt_net_t *net, kt_net_allow_t allow, void *context);

typedef struct kt_socket_options {
    const kt_key_pair_t *keys;
    /* dealer: the broker's public key; NULL makes a router a CURVE server */
    const char *server_key;
    unsigned linger_ms; /* at close; 0: nothing is waited for */
} kt_socket_options_t;

/* A router binds and has many peers; a dealer connects to one endpoint and has one peer. Both:
 * mandatory delivery or an answer, KT_BODY_BYTES_MAX as the largest frame, TCP keepalive.
 * A dealer is one connection, tried once: until it is there kt_socket_send says KT_IO_AGAIN and
 * nothing was sent; when it cannot be made, or was there and broke, kt_socket_recv says KT_IO_LOST.
 * Whoever wants another opens another, and the name of its host is looked up anew. */
kt_status_t
kt_socket_router(kt_net_t *net, const kt_socket_options_t *options, kt_socket_t **socket);
kt_status_t
kt_socket_dealer(kt_net_t *net, const kt_socket_options_t *options, kt_socket_t **socket);
void kt_socket_close(kt_socket_t **socket);

/* "tcp://127.0.0.1:0" picks a port. Texts say which endpoint and what to do. */
kt_status_t kt_socket_bind(kt_socket_t *socket, const char *endpoint);
/* Begins to connect. The name of a host is looked up meanwhile, for IPv4, as long as its server
 * takes, and nothing else waits for that. RESOURCE_EXHAUSTED when no thread can be had for it. */
kt_status_t kt_socket_connect(kt_socket_t *socket, const char *endpoint);
/* The endpoint really bound, with its port; borrowed until close. */
const char *kt_socket_endpoint(const kt_socket_t *socket);
/* What last went wrong with a dealer's connection, for people; a literal, NULL when nothing did. */
const char *kt_socket_trouble(const kt_socket_t *socket);

typedef enum kt_io {
    KT_IO_OK,
    /* nothing to receive; or the peer takes no more now: keep the message and try later */
    KT_IO_AGAIN,
    /* no such peer (any more): the message was not sent and is still the caller's */
    KT_IO_GONE,
    /* received and thrown away: more than three frames, or a routing id the peer chose */
    KT_IO_BAD,
    KT_IO_CLOSED, /* the net is shutting down */
    /* a dealer's connection broke, and all that came before was received, or could not be made:
     * close the socket */
    KT_IO_LOST,
    /* the other side does not know a dealer's key: close the socket */
    KT_IO_REFUSED,
} kt_io_t;

/* Receives one message without waiting. KT_IO_AGAIN may come before all was received, but then
 * kt_net_wait does not wait. MESSAGE is initialised; what it held is closed. At a router
 * PEER says who, and KEY (40 characters, borrowed until the next receive) with which key; both may
 * be NULL at a dealer. */
kt_io_t
kt_socket_recv(kt_socket_t *socket, kt_message_t *message, kt_peer_t *peer, const char **key);
/* Sends one message, and what was queued for its peer before it, without waiting; on KT_IO_OK the
 * message is empty. PEER is ignored by a dealer. */
kt_io_t kt_socket_send(kt_socket_t *socket, kt_message_t *message, kt_peer_t peer);
/* As kt_socket_send, but a small message may wait for others to the same peer, to travel with them
 * (kt/pack_frames.h). What waits is at most KT_PACK_BYTES_MAX for each peer and leaves in order, at
 * the latest with kt_socket_flush: call it before waiting. */
kt_io_t kt_socket_queue(kt_socket_t *socket, kt_message_t *message, kt_peer_t peer);
/* Sends what was queued. KT_IO_OK: nothing waits any more; KT_IO_AGAIN: somebody takes no more now,
 * try later; KT_IO_GONE: the peer *GONE is, and what waited for it is dropped: call again for the
 * others. GONE may be NULL at a dealer. */
kt_io_t kt_socket_flush(kt_socket_t *socket, kt_peer_t *gone);

/* Waits until a socket has something to receive, a dealer takes what was queued, a wake-up is rung,
 * or the time is over. */
typedef struct kt_wait {
    kt_socket_t *socket; /* or NULL, and */
    int fd;              /* a file descriptor to be readable */
    bool for_send;       /* a dealer: also until it takes a message */
    bool ready;          /* out: it may have something; receive until it has not */
} kt_wait_t;
#define KT_WAITS_MAX 16
/* TIMEOUT_MS -1: for ever. EINTR counts as a wake-up with nothing ready. COUNT is at most
 * KT_WAITS_MAX. */
kt_status_t kt_net_wait(kt_wait_t *waits, unsigned count, int64_t timeout_ms);
/* The same where sockets belong to whoever holds LOCK: the caller does, but not while it sleeps. */
kt_status_t
kt_net_wait_unlocked(kt_wait_t *waits, unsigned count, int64_t timeout_ms, pthread_mutex_t *lock);
/* Whether kt_net_wait would find WAIT's socket ready without waiting. */
bool kt_net_ready(const kt_wait_t *wait);

/* A bell rung from any thread or signal handler and heard through kt_net_wait (an eventfd). */
typedef struct kt_bell {
    int fd;
} kt_bell_t;
kt_status_t kt_bell_init(kt_bell_t *bell);
void kt_bell_fini(kt_bell_t *bell);
void kt_bell_ring(kt_bell_t *bell);
/* Silences it until the next ring. */
void kt_bell_hear(kt_bell_t *bell);

/* New keys from the system's entropy, and czmq certificate files (ZPL). A secret file is made with
 * mode 0600; one that others may read is refused, but a group may when root owns the file. */
kt_status_t kt_keys_generate(kt_key_pair_t *keys);
/* Either path may be NULL. ALREADY_EXISTS when there is such a file: a key is never overwritten. */
kt_status_t kt_keys_save(const kt_key_pair_t *keys, const char *name, const char *public_path,
                         const char *secret_path);
/* SECRET: whether the secret key must be there. */
kt_status_t kt_keys_load(const char *path, bool secret, kt_key_pair_t *keys);

#endif
