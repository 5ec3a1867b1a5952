/* zmq_net.h: what the files of the ZeroMQ backend share. */
#ifndef KT_ZMQ_NET_H
#define KT_ZMQ_NET_H

#include <kt/map.h>
#include <kt/net.h>
#include <kt/pack_frames.h>
#include <stdatomic.h>
#include <zmq.h>

/* The domain of every CURVE server here. What it is called does not matter, that it is enforced
 * does. */
#define KT_ZAP_DOMAIN "kantor"

struct kt_net {
    void *context;
    void *zap_socket;     /* NULL while no ZAP thread runs */
    uintptr_t zap_thread; /* a pthread_t */
    kt_net_allow_t allow;
    void *allow_context;
    uint64_t connections; /* let in so far; the ZAP thread's */
    atomic_uint monitors; /* to name the monitors' endpoints */
};

/* What libzmq puts on each message of a connection: its key in Z85, and which one it is, in
 * hexadecimal. */
#define KT_USER_ID_CHARS (KT_KEY_CHARS + 16)

/* Serves RFC 27 requests on NET's zap socket until the context shuts down. Closes the socket. */
void *kt_zap_run(void *net);

/* ---- bytes on their way to a peer ---- */

#define KT_FLOW_BYTES_MAX (8u << 20) /* past it a peer takes no more */
#define KT_FLOW_FRAME_MIN 4096       /* smaller frames are bounded by the number of messages */

typedef struct kt_flow kt_flow_t;

/* NULL when memory is out. */
kt_flow_t *kt_flow_new(void);
void kt_flow_release(kt_flow_t **flow);
/* FLOW may be NULL. */
bool kt_flow_full(const kt_flow_t *flow);
/* Makes MSG a frame of the same bytes that counts until libzmq is done with it. */
void kt_flow_count(kt_flow_t *flow, zmq_msg_t *msg);

/* ---- messages that wait to travel together ---- */

#define KT_SPARE_PACKS_MAX 16

/* What waits for one peer. */
typedef struct kt_waiting_pack {
    struct kt_waiting_pack *next; /* of the packs that wait, or of those to spare */
    kt_peer_t peer;               /* 0 at a dealer */
    kt_pack_t pack;
} kt_waiting_pack_t;

/* ---- a router's peers ---- */

#define KT_ROUTING_ID_BYTES 5 /* what libzmq makes: a zero byte and a counter of 32 bits */

/*
 * Peers are connections, which the ZAP thread counts. A connection that claims the routing id of
 * another is another peer, and what is sent to the old one is not sent at all. Peers do not say
 * that they leave: who was silent for KT_PEER_SILENT_S is forgotten as new ones come.
 */
typedef struct kt_peer_entry {
    kt_peer_t number; /* 0: it was forgotten */
    uint64_t connection;
    uint32_t place, routing_id;
    int64_t seen_s;
    bool packs; /* it has sent a packed message, so it may be sent some */
    char key[KT_KEY_CHARS + 1];
    kt_flow_t *flow;                   /* NULL before the first large frame to it */
    kt_waiting_pack_t *waiting;        /* in the socket's list; NULL: nothing waits */
    struct kt_peer_entry *row_next;    /* in the same row of kt_peers_t */
    struct kt_peer_entry *prev, *next; /* heard before and after it; of those to spare, the next */
} kt_peer_entry_t;

typedef struct kt_peers {
    kt_peer_entry_t **places; /* by place, those to spare too */
    kt_peer_entry_t **rows;   /* those that are there, by the low bits of their connections */
    uint32_t room;            /* of both; 0 or a power of two */
    uint32_t places_count;
    kt_map_t *by_routing_id; /* asked when one comes, not for each of its messages */
    kt_peer_entry_t *spare;
    kt_peer_entry_t *oldest, *newest; /* by when they were last heard */
} kt_peers_t;

#define KT_PEER_SILENT_S 120

bool kt_peers_init(kt_peers_t *peers);
void kt_peers_fini(kt_peers_t *peers);
/* The peer of CONNECTION, made when it is new. Borrowed until it is forgotten. NULL when there are
 * too many peers or memory is out. */
kt_peer_entry_t *kt_peers_note(kt_peers_t *peers, uint64_t connection, uint32_t routing_id,
                               const char *key, int64_t now_s);
/* The peer, unless it was forgotten or another has its routing id; else NULL. */
kt_peer_entry_t *kt_peers_get(const kt_peers_t *peers, kt_peer_t peer);
void kt_peers_forget(kt_peers_t *peers, kt_peer_t peer);

/* ---- lookup.c: names of hosts ---- */

#define KT_ENDPOINT_CHARS 256
#define KT_LOOKUPS_MAX                                                                             \
    64 /* at once in a process; those that nobody waits for any more count too                     \
        */

typedef struct kt_lookup kt_lookup_t;

/* Whether ENDPOINT is of TCP and its host, which is borrowed from it as the port is, a name. */
bool kt_lookup_wanted(const char *endpoint, kt_span_t *host, const char **port);
/* RESOURCE_EXHAUSTED when there is no memory or thread for it, or too many run. */
kt_status_t kt_lookup_begin(kt_span_t host, kt_lookup_t **lookup);
/* Forgets it, ended or not. LOOKUP may point to NULL. */
void kt_lookup_release(kt_lookup_t **lookup);
/* Readable once it has ended. */
int kt_lookup_fd(const kt_lookup_t *lookup);
/* False while it goes on; then *ADDRESS is the IPv4 address, or NULL when there is none. */
bool kt_lookup_done(const kt_lookup_t *lookup, const char **address);

/* ---- sockets ---- */

#define KT_TEXT_CHARS 512

struct kt_socket {
    kt_net_t *net;
    void *zmq;
    void *monitor; /* a dealer's events, else NULL */
    /* What libzmq rings when there may be something to do. It rings once: only who has found
     * nothing left may wait for it. */
    int fd, monitor_fd;
    bool quiet; /* nothing was left to receive, and nothing was asked of the socket since */
    /* Messages of libzmq's since nothing was left, or since it was taken that nothing was. Where
     * one was all that had come the last time, it is taken to be so again: to ask costs a system
     * call, and whoever waits asks anyway. */
    unsigned came;
    bool came_alone;
    bool monitor_due; /* there may be events */
    bool takes;       /* it took the last message that was sent */
    bool router;
    kt_lookup_t *lookup;           /* of a dealer's endpoint; NULL: it goes on no longer */
    bool connected, lost, refused; /* a dealer's connection, as its events tell */
    const char *trouble;
    kt_peers_t peers;
    kt_waiting_pack_t *waiting, *spare;
    unsigned spare_count;
    /* The pack that is being received, up to its next message. */
    zmq_msg_t pack;
    kt_unpack_t unpack;
    kt_peer_t pack_peer;
    char pack_key[KT_KEY_CHARS + 1];
    char endpoint[KT_ENDPOINT_CHARS];
    char text[KT_TEXT_CHARS]; /* of the last status */
};

/* ---- socket.c ---- */
/* Connects, once the name of the endpoint's host has been looked up. */
void kt_socket_follow_lookup(kt_socket_t *socket);

/* ---- outgoing.c ---- */
void kt_outgoing_fini(kt_socket_t *socket);
kt_io_t kt_io_of_errno(void);

/* What libzmq says of SOCKET now: bits of ZMQ_POLLIN and ZMQ_POLLOUT. */
int kt_socket_events(kt_socket_t *socket);

/* Reads the events of a dealer's monitor that are there, if there may be some. */
void kt_monitor_read(kt_socket_t *socket);
kt_status_t kt_monitor_open(kt_socket_t *socket);
void kt_monitor_close(kt_socket_t *socket);

#endif
