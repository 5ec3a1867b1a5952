/*
 * client.h: libkantor, the C client. Calls methods of Kantor's departments through a list of
 * brokers.
 *
 * A client is one connection at a time to one broker; when that broker is gone it goes on with the
 * next of the list. A client belongs to one thread at a time. It fills in what a call needs: a
 * deadline, and for writes an idempotency key, under which it sends the call again by itself while
 * the deadline lasts when the outcome is unknown.
 *
 * Unary calls block: kt_client_call. Many at once without a thread each: kt_client_start and
 * kt_client_next. Streams: kt_client_open, kt_stream_send, kt_stream_receive.
 */
#ifndef KT_CLIENT_H
#define KT_CLIENT_H

#include <kt/arena.h>
#include <kt/method.h>
#include <kt/net.h>
#include <kt/trace.h>
#include <kt/ulid.h>
#include <kt/wire.h>

#define KT_CLIENT_BROKERS_MAX  8
#define KT_CLIENT_INFLIGHT_MAX 65536

typedef struct kt_client kt_client_t;

typedef struct kt_broker_address {
    const char *endpoint;   /* "tcp://10.0.0.5:5701" */
    const char *server_key; /* Z85 */
} kt_broker_address_t;

typedef struct kt_client_options {
    const kt_broker_address_t *brokers; /* tried in this order, from a random place; copied */
    unsigned brokers_count;             /* 1..KT_CLIENT_BROKERS_MAX */
    kt_key_pair_t keys;
    kt_net_t *net;         /* borrowed; NULL: the client makes its own */
    unsigned inflight_max; /* calls open at once; 0 means 1,024 */
    /* How long a call waits for any broker to be there before it ends as UNAVAILABLE, NO_BROKER; 0
     * means to its deadline: right for programs that outlive a broker's restart. */
    uint32_t reach_ms;
} kt_client_options_t;

/* Does not wait for a connection: the first call does. The caller destroys it. */
kt_status_t kt_client_new(const kt_client_options_t *options, kt_client_t **client);
/* Reads what `deploy/up` and operators write: a ZPL file with brokers, server keys and the path of
 * the own key (docs/man/kantor.conf.5). */
kt_status_t kt_client_from_config(const char *path, kt_client_t **client);
void kt_client_destroy(kt_client_t **client);
/* From now on calls wait at most REACH_MS (> 0) for any broker to be there, or less when the
 * options said so: for people, who want to know at once that the office is closed. */
void kt_client_limit_reach(kt_client_t *client, uint32_t reach_ms);

/*
 * From now on calls without a traceparent of their own are parts of PARENT, or, where that is none,
 * begin traces of their own: here with a sink, else in the department. SINK (borrowed, or NULL) is
 * given a span of each call whose trace is sampled. Without a sink a call has no span of its own,
 * and hands on the one it got.
 */
void kt_client_trace(kt_client_t *client, const kt_trace_sink_t *sink, const kt_trace_t *parent);

typedef struct kt_call_options {
    uint32_t timeout_ms;      /* 0 means KT_TIMEOUT_MS_USUAL */
    const kt_ulid_t *key;     /* WRITE: NULL makes one */
    const char *on_behalf_of; /* or NULL */
    const char *traceparent;  /* W3C, goes on; or NULL: as kt_client_trace says */
    const char *department;   /* shared services: "finance"; else NULL */
    bool once;                /* do not send again by itself */
    /* Pairs for who is called, at most 256 bytes together, or NULL. */
    const kt_metadata_t *metadata;
    unsigned metadata_count;
    const kt_span_t *body; /* the request, encoded already; REQUEST is NULL then. Or NULL */
} kt_call_options_t;

/* What came back. Strings and messages lie in its arena and live until kt_reply_fini or the next
 * use. */
typedef struct kt_reply {
    kt_arena_t *arena;
    kt_status_t status;        /* reason: the number when the domain is kantor.rpc, else 0 */
    const char *reason;        /* its name, "PERIOD_CLOSED", or NULL */
    const char *domain;        /* "kantor.finance", or NULL */
    const char *field;         /* the first field violation's path, or NULL */
    const char *field_problem; /* and its description */
    int64_t retry_after_ms;    /* -1: not said */
    bool outcome_unknown;
    bool replayed;
    kt_ulid_t key; /* the key the call went under, for WRITE */
    kt_timeline_t timeline;
    int64_t took_us;   /* as the caller saw it */
    unsigned attempts; /* how often the call was sent */
    kt_span_t body;    /* the response, encoded */
    /* and unpacked by the method's response descriptor; NULL unless OK, or when there is none */
    const ProtobufCMessage *message;
    kt_frame_t frame; /* private: what body borrows from */
} kt_reply_t;

kt_status_t kt_reply_init(kt_reply_t *reply);
void kt_reply_fini(kt_reply_t *reply);

/* Calls and waits for the answer. Returns reply->status. OPTIONS may be NULL. */
kt_status_t
kt_client_call(kt_client_t *client, const kt_method_t *method, const kt_call_options_t *options,
               const ProtobufCMessage *request, kt_reply_t *reply);

/* Sends a call and returns; TAG comes back with its reply. While finished calls wait for
 * kt_client_next, the call waits with them: it leaves when the last of them was taken, together
 * with the others. RESOURCE_EXHAUSTED when inflight_max calls are open: take replies first. */
kt_status_t
kt_client_start(kt_client_t *client, const kt_method_t *method, const kt_call_options_t *options,
                const ProtobufCMessage *request, uint64_t tag);
/* Waits at most WAIT_MS (-1: for ever) for the next finished call. NOT_FOUND when none is open,
 * DEADLINE_EXCEEDED when the wait is over; else OK, and the call's own status is in REPLY. */
kt_status_t kt_client_next(kt_client_t *client, int64_t wait_ms, uint64_t *tag, kt_reply_t *reply);
unsigned kt_client_open_calls(const kt_client_t *client);
/* From now on kt_client_next also ends, with DEADLINE_EXCEEDED, while the descriptor FD is readable
 * (-1: no longer), so that another thread can wake who waits there. FD is borrowed. */
void kt_client_wake_by(kt_client_t *client, int fd);

/* ---- streams ---- */

typedef struct kt_stream kt_stream_t;

/* Opens a streaming call. REQUEST is the one request of server streaming, else NULL. */
kt_status_t
kt_client_open(kt_client_t *client, const kt_method_t *method, const kt_call_options_t *options,
               const ProtobufCMessage *request, kt_stream_t **stream);
/* Sends one message; waits for room in the window. LAST says that it is the last; MESSAGE NULL with
 * LAST just says so. */
kt_status_t kt_stream_send(kt_stream_t *stream, const ProtobufCMessage *message, bool last);
/* The same without waiting: RESOURCE_EXHAUSTED when the window is full, and nothing was sent. */
kt_status_t kt_stream_offer(kt_stream_t *stream, const ProtobufCMessage *message, bool last);
/* Waits for the next message, which lies in REPLY. OUT_OF_RANGE at the end: then REPLY holds the
 * call's status (and for client streaming the response). */
kt_status_t kt_stream_receive(kt_stream_t *stream, kt_reply_t *reply);
/* The same, but waits at most WAIT_MS (-1: for ever): DEADLINE_EXCEEDED when nothing came. */
kt_status_t kt_stream_poll(kt_stream_t *stream, int64_t wait_ms, kt_reply_t *reply);
/* Asks the service to stop; the end still comes. */
void kt_stream_cancel(kt_stream_t *stream);
/* Cancels if it is still open. */
void kt_stream_close(kt_stream_t **stream);

#endif
