/*
 * rpc_server.h: the call machine of an instance (proto/PROTOCOL.md, "An instance's side").
 * Sans-I/O: messages and time go in, messages and a next time come out; the sockets are the
 * shell's.
 *
 * It keeps the connection to each broker of the list alive and registered, holds the table of open
 * calls, their deadlines, their stream windows and sequence numbers, and says DRAIN. What a call
 * means is not its business: that goes up through kt_server_events_t.
 *
 * Belongs to one thread. All times are monotonic microseconds and never go back. Nothing allocates
 * after kt_server_new but the queues of outgoing messages, which grow to their largest use once.
 */
#ifndef KT_RPC_SERVER_H
#define KT_RPC_SERVER_H

#include <kt/call_meta.h>
#include <kt/frame.h>
#include <kt/method.h>
#include <kt/wire.h>

#define KT_SERVER_LINKS_MAX    8
#define KT_SERVER_CAPACITY_MAX 65535
#define KT_SERVER_PING_US      INT64_C(1000000)
#define KT_SERVER_SILENCE_US   INT64_C(5000000)
/* How long a broker may take to hear of the last END. */
#define KT_SERVER_HEAR_US INT64_C(1000000)
/* After a refused registration. */
#define KT_SERVER_RETRY_US INT64_C(1000000)
/* When to come back to an instance that two brokers filled together. */
#define KT_SERVER_BUSY_MS 20
/* Streams have no room while more than this waits to be sent to their broker. */
#define KT_SERVER_QUEUE_BYTES_MAX (16u << 20)

typedef struct kt_server kt_server_t;

/* One open call. The first part is for reading; the rest is the machine's own. */
typedef struct kt_server_call {
    uint32_t slot;   /* its place in the table, 0 .. capacity - 1: the shell keeps its own array
                        beside it */
    uint32_t method; /* its place in kt_server_options_t.methods */
    unsigned link;
    uint64_t id;
    bool again; /* it was already given to an instance that died */
    bool takes; /* the caller may send further messages */
    bool over;  /* kt_server_events_t.over was told */
    int64_t taken_us;
    int64_t deadline_us;

    bool open, gone;           /* gone: its broker is; nothing more is sent */
    uint32_t received, window; /* messages from the caller, and how many more it may send */
    uint32_t consumed;         /* taken and not yet granted again */
    uint32_t sent, credit;     /* messages to the caller, and how many more may be sent */
    int64_t alarm_us;          /* 0: none */
    uint32_t timer;            /* place in the heap */
} kt_server_call_t;

/* A path and the method behind it: for shared services the department stands in front of the
 * method's own path. */
typedef struct kt_server_method {
    const char *path;
    const kt_method_t *method;
} kt_server_method_t;

/* What a CALL brought; borrowed during the event. The shell may take META and BODY with
 * kt_frame_move. */
typedef struct kt_server_begin {
    const kt_caller_t *caller;
    uint64_t caller_number; /* from 1; equal in calls one after another: of the same caller */
    kt_frame_t *meta;
    kt_frame_t *body;
} kt_server_begin_t;

typedef enum kt_server_link_event {
    KT_LINK_REGISTERED,
    KT_LINK_REFUSED, /* the broker's words are in TEXT; tried again after KT_SERVER_RETRY_US */
    KT_LINK_LOST,    /* close the socket, open a new one, call kt_server_connected */
} kt_server_link_event_t;

/* All run inside kt_server_receive, kt_server_lost or kt_server_tick, and may call everything below
 * but those three. */
typedef struct kt_server_events {
    /* A call begins; it is open until kt_server_end, which may come at once. */
    void (*call)(void *context, kt_server_call_t *call, kt_server_begin_t *begin);
    /* A message of its stream, or NULL for a LAST without one. LAST: call->takes is false from now
     * on. */
    void (*message)(void *context, kt_server_call_t *call, kt_frame_t *body);
    /* The caller, or the way to it, has room again. */
    void (*room)(void *context, kt_server_call_t *call);
    /* Nobody waits for more: cancelled, expired, the broker lost, or a broken stream. Told once;
     * the shell ends the call with this status, or with what it has, as soon as it can. */
    void (*over)(void *context, kt_server_call_t *call, kt_status_t why);
    /* The time of kt_server_alarm has come. */
    void (*alarm)(void *context, kt_server_call_t *call);
    void (*link)(void *context, unsigned link, kt_server_link_event_t event, const char *text);
} kt_server_events_t;

typedef struct kt_server_options {
    unsigned links;    /* 1 .. KT_SERVER_LINKS_MAX */
    uint32_t capacity; /* calls open at once, 1 .. KT_SERVER_CAPACITY_MAX; the Registration says the
                          same */
    kt_span_t
        registration; /* an encoded kantor.rpc.v1.Registration; borrowed for the machine's life */
    const kt_server_method_t *methods; /* borrowed for the machine's life */
    uint32_t methods_count;
    const kt_server_events_t *events;
    void *context;
} kt_server_options_t;

/* RESOURCE_EXHAUSTED when memory is out. The caller destroys it. */
kt_status_t kt_server_new(const kt_server_options_t *options, kt_server_t **server);
void kt_server_destroy(kt_server_t **server);

/* LINK has a fresh connection: registers. */
void kt_server_connected(kt_server_t *server, unsigned link, int64_t now_us);
/* LINK's connection broke: its calls are over, and kt_server_events_t.link asks for a new one. WHY
 * is borrowed during the call. */
void kt_server_lost(kt_server_t *server, unsigned link, const char *why, int64_t now_us);
/* MESSAGE came in on LINK; its frames are taken or closed. */
void kt_server_receive(kt_server_t *server, unsigned link, kt_message_t *message, int64_t now_us);
/* Does what is due. */
void kt_server_tick(kt_server_t *server, int64_t now_us);
/* When kt_server_tick is wanted next. */
int64_t kt_server_due(const kt_server_t *server);

/* The next message to send on LINK, or NULL. When the socket took it: kt_server_sent. */
kt_message_t *kt_server_outgoing(kt_server_t *server, unsigned link);
void kt_server_sent(kt_server_t *server, unsigned link);

/* How many messages may be sent now. */
uint32_t kt_server_room(const kt_server_t *server, const kt_server_call_t *call);
/* Sends one message of the stream; BODY is taken. There must be room. */
void kt_server_send(kt_server_t *server, kt_server_call_t *call, kt_frame_t *body);
/* The handler has taken COUNT messages of the caller: it may send as many more, and is told in
 * time. */
void kt_server_consumed(kt_server_t *server, kt_server_call_t *call, uint32_t count);
/* Asks for the alarm event at AT_US; 0 takes it back. */
void kt_server_alarm(kt_server_t *server, kt_server_call_t *call, int64_t at_us);
/* Ends the call: META is an encoded CallStatus (an empty frame: OK). META and BODY are taken, CALL
 * is free. TIMELINE may be NULL. */
void kt_server_end(kt_server_t *server, kt_server_call_t *call, kt_frame_t *meta, kt_frame_t *body,
                   const kt_timeline_t *timeline);

/* No new calls from now on: says DRAIN to every broker, and answers what still comes with
 * UNAVAILABLE, DRAINING. */
void kt_server_drain(kt_server_t *server, int64_t now_us);
/* Whether the instance may leave: no call is open, and every broker has heard of the last END and
 * of DRAIN, so that no further call is on its way here; or should have, KT_SERVER_HEAR_US ago. */
bool kt_server_drained(const kt_server_t *server);

typedef struct kt_server_stat {
    uint32_t open;       /* calls */
    uint32_t registered; /* links */
    uint64_t queued_bytes;
    uint64_t queued_messages;
    uint64_t calls;
    uint64_t dropped; /* messages that the protocol ignores */
    uint64_t refused; /* calls that the machine ended itself */
} kt_server_stat_t;
kt_server_stat_t kt_server_stat(const kt_server_t *server);
/* The call in SLOT, or NULL. */
kt_server_call_t *kt_server_open_call(kt_server_t *server, uint32_t slot);

#endif
