/*
 * rpc_client.h: the caller's side of proto/PROTOCOL.md without sockets and clocks. Messages and the
 * time go in, messages and the next timer come out; the shell (common/client, or a simulated
 * network) owns the connection.
 *
 * The machine holds the open calls. It gives each attempt of a call an id of its own, ends every
 * call at its deadline at the latest, sends PINGs while calls are open and notices a broker that
 * went silent. A broker that drains gets no further calls: when the last one inside has ended, the
 * next broker is connected to. A call that must not be sent again goes out only over a connection
 * over which the broker has spoken. A call that was lost with a broker, or that a broker could not
 * carry out now, it sends again while the deadline lasts, where that cannot have two effects: a
 * READ, a WRITE under the same key, and any call that surely did not run. Everything else ends with
 * an honest "unknown".
 *
 * The shell's loop: keep a connection to what kt_rpc_client_link wants; kt_rpc_client_flush; wait
 * for the socket or kt_rpc_client_timer; give what came to kt_rpc_client_receive, or say
 * kt_rpc_client_lost; kt_rpc_client_tick. Times are microseconds of one clock that does not go
 * back.
 */
#ifndef KT_RPC_CLIENT_H
#define KT_RPC_CLIENT_H

#include <kt/frame.h>
#include <kt/method.h>
#include <kt/trace.h>
#include <kt/ulid.h>
#include <kt/wire.h>

#define KT_RPC_CALLS_MAX           65536
#define KT_RPC_BROKERS_MAX         8
#define KT_RPC_ON_BEHALF_BYTES_MAX 128
/* A PING when nothing was sent, or nothing heard, for so long while calls are open; */
#define KT_RPC_PING_US 1000000
/* and nothing heard for so long after it: the broker is gone. */
#define KT_RPC_PONG_US 2000000
/* Who looks so much later than that was asleep, and asks again. */
#define KT_RPC_STALL_US         1000000
#define KT_RPC_REACH_US         2000000 /* no connection for so long: try the next broker */
#define KT_RPC_BACKOFF_FIRST_US 20000   /* doubles, with as much chance as the step itself */
#define KT_RPC_BACKOFF_MAX_US   2000000

typedef struct kt_rpc_client kt_rpc_client_t;
/* An open call. It lives until its end was taken; a stream until kt_rpc_stream_close. */
typedef struct kt_rpc_call kt_rpc_call_t;

typedef struct kt_rpc_client_options {
    unsigned calls_max;     /* open at once, 1..KT_RPC_CALLS_MAX */
    unsigned brokers_count; /* 1..KT_RPC_BROKERS_MAX; they are numbered from 0 */
    /* How long a call waits for any broker at all before it ends with NO_BROKER; 0: to its
     * deadline. */
    int64_t reach_us;
    uint64_t seed; /* for ids and jitter */
    int64_t now_us;
} kt_rpc_client_options_t;

/* INVALID_ARGUMENT for a number out of its range, RESOURCE_EXHAUSTED when memory is out. The caller
 * destroys it. */
kt_status_t kt_rpc_client_new(const kt_rpc_client_options_t *options, kt_rpc_client_t **client);
void kt_rpc_client_destroy(kt_rpc_client_t **client);
/* From now on calls wait at most REACH_US (> 0) for any broker, or less when the options said so.
 */
void kt_rpc_client_limit_reach(kt_rpc_client_t *client, int64_t reach_us);

/* ---- calls ---- */

/* What the shell wants back with the end of a call, so that it can tell its part of the trace. */
typedef struct kt_rpc_traced {
    bool kept; /* else the rest says nothing */
    kt_trace_t trace;
    uint8_t parent[KT_TRACE_SPAN_BYTES];
    int64_t from_us; /* wall time */
} kt_rpc_traced_t;

typedef struct kt_rpc_request {
    kt_span_t department; /* shared services: "finance"; else empty */
    kt_span_t path;       /* "/package.Service/Method" */
    kt_method_kind_t kind;
    bool client_streaming, server_streaming;
    bool once;           /* never send again */
    uint32_t timeout_ms; /* 0 means KT_TIMEOUT_MS_USUAL, longer than KT_TIMEOUT_MS_MAX means that */
    const kt_ulid_t *key;          /* WRITE: NULL makes one */
    kt_span_t on_behalf_of;        /* or empty */
    kt_trace_t trace;              /* the call's own place in its trace; none: others begin it */
    const kt_rpc_traced_t *traced; /* or NULL; copied */
    /* Pairs that together take at most KT_METADATA_BYTES_MAX of a CallMeta. */
    const kt_metadata_t *metadata;
    unsigned metadata_count;
    kt_frame_t *body; /* taken over, whatever comes; NULL when it streams */
    uint64_t tag;     /* both come back with the end */
    const void *context;
    int64_t wall_us; /* Unix time, for the key */
} kt_rpc_request_t;

/* Opens a call; CALL (may be NULL) is borrowed until its end. INVALID_ARGUMENT with BAD_FIELD for a
 * malformed path, name or trace; RESOURCE_EXHAUSTED with TOO_MANY_CALLS or TOO_LARGE. */
kt_status_t kt_rpc_client_start(kt_rpc_client_t *client, const kt_rpc_request_t *request,
                                int64_t now_us, kt_rpc_call_t **call);
/* Asks to stop. A call that was never sent ends at once; else the end comes from the broker, or at
 * the deadline. */
void kt_rpc_client_cancel(kt_rpc_client_t *client, kt_rpc_call_t *call, int64_t now_us);
/* Ends an open call here and now with STATUS, because the shell can do no more for it. */
void kt_rpc_client_abandon(kt_rpc_client_t *client, kt_rpc_call_t *call, kt_status_t status,
                           int64_t now_us);
unsigned kt_rpc_client_open_calls(const kt_rpc_client_t *client);
/* Whether a call is with the broker, so that an answer may come any moment. */
bool kt_rpc_client_awaits(const kt_rpc_client_t *client);

/* How a call ended. */
typedef struct kt_rpc_end {
    uint64_t tag;
    const void *context;
    kt_ulid_t key;      /* WRITE */
    kt_status_t status; /* text: a literal; what META says comes first */
    bool outcome_unknown;
    bool local;        /* the machine ended it: META and BODY are empty */
    unsigned attempts; /* how often it was sent */
    kt_timeline_t timeline;
    int64_t took_us;
    kt_rpc_traced_t traced;
    kt_frame_t meta; /* CallStatus, or empty */
    kt_frame_t body;
} kt_rpc_end_t;

/* END is initialised once and closed once, and may be taken into again and again. */
void kt_rpc_end_init(kt_rpc_end_t *end);
void kt_rpc_end_close(kt_rpc_end_t *end);

/* Takes the next unary call that ended, in the order they did; false when there is none. Its
 * kt_rpc_call_t is gone. */
bool kt_rpc_client_next(kt_rpc_client_t *client, kt_rpc_end_t *end);
/* Whether kt_rpc_client_next would give one. */
bool kt_rpc_client_ended(const kt_rpc_client_t *client);

/* Takes the end of a unary CALL; false while it is open. */
bool kt_rpc_client_take(kt_rpc_client_t *client, kt_rpc_call_t *call, kt_rpc_end_t *end);

/* ---- streams: calls of a client or server streaming method ---- */

typedef enum kt_rpc_io {
    KT_RPC_OK,
    KT_RPC_AGAIN, /* no room in the window; nothing came yet */
    KT_RPC_ENDED, /* the call is over */
} kt_rpc_io_t;

/* Queues a message; BODY is taken over on KT_RPC_OK. BODY NULL with LAST says that no more comes.
 * To send after LAST is a bug. */
kt_rpc_io_t
kt_rpc_stream_send(kt_rpc_client_t *client, kt_rpc_call_t *call, kt_frame_t *body, bool last);
/* The next message into BODY (initialised); or the end into END, once all messages were taken. The
 * end may be taken again. */
kt_rpc_io_t kt_rpc_stream_receive(kt_rpc_client_t *client, kt_rpc_call_t *call, kt_frame_t *body,
                                  kt_rpc_end_t *end);
/* Cancels what is still open and forgets the call; CALL is NULL afterwards. */
void kt_rpc_stream_close(kt_rpc_client_t *client, kt_rpc_call_t **call, int64_t now_us);

/* ---- the connection ---- */

typedef struct kt_rpc_link {
    uint32_t generation; /* another one than before: close the connection and open a new one */
    unsigned broker;     /* to which */
    int64_t open_us;     /* not before; INT64_MAX: no call wants one */
} kt_rpc_link_t;

kt_rpc_link_t kt_rpc_client_link(const kt_rpc_client_t *client);
/* The shell began to open the connection that the link wants. */
void kt_rpc_client_opened(kt_rpc_client_t *client, int64_t now_us);
/* The connection broke, or never came to be; all that it brought was given to kt_rpc_client_receive
 * before. */
void kt_rpc_client_lost(kt_rpc_client_t *client, int64_t now_us);
/* The broker does not know our key. When all of the list say so, open calls end with
 * UNAUTHENTICATED. */
void kt_rpc_client_refused(kt_rpc_client_t *client, int64_t now_us);

/* Hands what waits to SEND, one message after the other, until it says that it took one not. */
typedef bool (*kt_rpc_send_t)(void *context, kt_message_t *message);
void
kt_rpc_client_flush(kt_rpc_client_t *client, kt_rpc_send_t send, void *context, int64_t now_us);
/* Whether something waits to be sent: then the shell also waits for the connection to take it. */
bool kt_rpc_client_pending(const kt_rpc_client_t *client);
/* A message from the broker. MESSAGE is taken: empty afterwards. What the protocol ignores is
 * counted. */
void kt_rpc_client_receive(kt_rpc_client_t *client, kt_message_t *message, int64_t now_us);
/* Does what is due. Call it after receiving, at the latest at kt_rpc_client_timer. */
void kt_rpc_client_tick(kt_rpc_client_t *client, int64_t now_us);
/* When something is due next; INT64_MAX: never. */
int64_t kt_rpc_client_timer(const kt_rpc_client_t *client);
/* Messages that the protocol ignores, so far. */
uint64_t kt_rpc_client_dropped(const kt_rpc_client_t *client);

#endif
