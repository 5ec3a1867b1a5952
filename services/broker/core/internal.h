/* internal.h: the core's own types, and what its files ask of each other. */
#ifndef BROKER_INTERNAL_H
#define BROKER_INTERNAL_H

#include "core.h"
#include "list.h"
#include "wheel.h"
#include <kt/prng.h>
#include <kt/time.h>

#define BROKER_NONE        UINT32_MAX /* no slot */
#define BROKER_CALLS_CHUNK 4096       /* slots reserved together: none moves when there are more */

typedef struct broker_call broker_call_t;
typedef struct broker_method broker_method_t;
typedef struct broker_service broker_service_t;

#define BROKER_METHODS_RECENT 4

/* ---- what waits for a peer to take it (outbox.c) ---- */

typedef struct broker_outbox {
    kt_peer_t peer;
    broker_side_t side;
    bool gone;
    bool slow; /* more waited than may: until all is taken, the peer is not listened to */
    uint32_t count;
    uint64_t bytes;
    broker_node_t parcels; /* of broker_parcel_t */
    broker_node_t waiting; /* in core->waiting while not empty */
    broker_node_t trouble; /* in core->troubled */
} broker_outbox_t;

/* Who is there at one of the sockets. */
typedef struct broker_places {
    broker_outbox_t **at; /* by kt_peer_place; NULL: nobody */
    uint32_t room, taken;
} broker_places_t;

typedef struct broker_parcel {
    broker_node_t node;
    size_t size;
    kt_message_t message;
} broker_parcel_t;

/* ---- fair queues (queue.c) ---- */

/* The calls of one peer (inner), or the lanes of one principal's peers (outer), in one service's
 * queue. */
typedef struct broker_lane {
    broker_node_t ring;  /* outer: in the service's ring; inner: in the outer lane's items */
    broker_node_t owned; /* in the principal's or peer's lanes */
    broker_node_t items;
    broker_service_t *service;
    struct broker_lane *outer; /* NULL: this is one */
} broker_lane_t;

/* ---- who calls ---- */

typedef struct broker_principal {
    char name[BROKER_NAME_BYTES_MAX + 1];
    const broker_grant_t *grant; /* in core->directory; NULL: no longer there */
    uint32_t index;
    uint32_t open, queued;
    uint64_t queued_bytes;
    broker_node_t lanes; /* outer */
    uint16_t caller_size;
    uint8_t caller[KT_CALLER_BYTES_MAX];
} broker_principal_t;

typedef struct broker_peer {
    broker_outbox_t outbox; /* first: an outbox of side CLIENTS is its peer */
    char key[KT_KEY_CHARS + 1];
    broker_principal_t *principal; /* NULL: the key is on no list (any more) */
    bool barred;                   /* it was on the list once */
    /* Of its last calls, the latest first: the next is mostly of one of them. */
    broker_method_t *methods[BROKER_METHODS_RECENT];
    int64_t heard_us;
    bool dismissed;      /* it was told to go elsewhere */
    broker_node_t calls; /* open ones, by broker_call_t.of_peer */
    uint32_t open;
    broker_node_t lanes; /* inner */
    broker_node_t all;   /* in core->peers */
} broker_peer_t;

/* ---- who serves ---- */

struct broker_method {
    char path[KT_PATH_BYTES_MAX + 1];
    size_t path_size;
    uint64_t hash;
    broker_rule_t rule;
    broker_service_t *service; /* NULL: local */
    uint64_t served_by;        /* bits: places in service->instances */
    uint64_t allowed[BROKER_PRINCIPALS_MAX / 64];
    broker_local_t run;
    void *run_context;
    broker_method_stats_t stats;
    void *user; /* the shell's, see broker_ports_t.ended */
};

typedef struct broker_instance {
    broker_outbox_t outbox; /* first: an outbox of side SERVICES is its instance */
    char key[KT_KEY_CHARS + 1];
    char name[BROKER_NAME_BYTES_MAX + 1];
    char version[BROKER_VERSION_BYTES_MAX + 1];
    broker_principal_t *principal;
    broker_service_t *service;
    unsigned place;
    uint32_t capacity, open;
    uint64_t epoch; /* of the life of its store; 0: not said */
    kt_ulid_t life;
    bool draining;
    int64_t since_us, heard_us;
    broker_node_t calls; /* by broker_call_t.place */
} broker_instance_t;

struct broker_service {
    char name[BROKER_SERVICE_BYTES_MAX + 1];
    broker_instance_t *instances[BROKER_INSTANCES_MAX]; /* with holes */
    unsigned instances_count, next; /* next: where the search for the least loaded starts */
    broker_node_t ring;             /* outer lanes with calls that wait */
    uint32_t queued;
};

/* ---- calls ---- */

typedef enum broker_state {
    CALL_FREE,
    CALL_QUEUED,
    CALL_RUNNING,   /* at call->instance */
    CALL_ABANDONED, /* the caller has its END; the instance still has to say END */
} broker_state_t;

/* One direction of a stream. */
typedef struct broker_flow {
    uint32_t next;   /* number of the next message */
    uint32_t credit; /* messages that may still come */
    bool last;       /* no more may come */
} broker_flow_t;

struct broker_call {
    uint32_t index, generation; /* the id that instances see: index | generation << 32 */
    uint32_t hash_next;         /* chain of core->buckets, or of the free slots */
    uint8_t state;              /* a broker_state_t */
    uint8_t resends;
    bool whole;     /* its CALL had LAST: nothing more comes from the caller */
    bool keep;      /* the request stays with the call, for a second instance */
    bool replied;   /* a message went to the caller */
    bool cancelled; /* the instance was told */
    bool kept;      /* its trace: TRACE and PARENT are set */
    uint64_t hash, client_id;
    broker_peer_t *peer;     /* NULL when abandoned */
    broker_method_t *method; /* NULL while the broker does not know it yet */
    broker_instance_t *instance;
    broker_lane_t *lane; /* while queued */
    int64_t received_us, dispatched_us, deadline_us;
    int64_t moved_us;      /* when it was dispatched, or a message of its stream passed */
    broker_node_t of_peer; /* in peer->calls */
    broker_node_t place;   /* in a lane's items or in instance->calls */
    broker_timer_t timer;
    broker_flow_t up, down; /* from the caller; to the caller */
    broker_node_t backlog;  /* parcels from the caller that its instance cannot take yet */
    uint64_t queued_bytes;  /* of the request while the call is queued, and of the backlog */
    uint64_t kept_bytes;
    kt_message_t request; /* as it came: while queued, and while running if it is kept */
    kt_trace_t trace;     /* the broker's own place in it */
    uint8_t parent[KT_TRACE_SPAN_BYTES];
};

struct broker_core {
    broker_limits_t limits;
    broker_ports_t ports;
    const broker_directory_t *directory;
    int64_t key_heard_us[BROKER_KEYS_MAX]; /* beside directory->keys: by who is forgotten by now */
    uint64_t seed;
    kt_prng_t prng; /* of traces */
    uint32_t trace_per_million;
    int64_t now_us; /* of the message or tick that is being handled */
    int64_t swept_us, peers_swept_us;
    /* Draining: calls that crossed with the word have arrived, and the last END is read: libzmq
     * drops what a caller has not taken yet when its connection breaks (its ZMQ_IMMEDIATE). */
    int64_t settled_us;
    bool draining;

    /* Slots for limits.calls_max calls; those never used are never touched. */
    broker_call_t *calls[BROKER_CALLS_MAX / BROKER_CALLS_CHUNK];
    uint32_t calls_used, calls_free;
    uint32_t calls_taken;                          /* slots that are not free */
    uint32_t *buckets, buckets_mask, buckets_room; /* of which mask + 1 are in use */
    broker_wheel_t wheel;

    broker_principal_t **principals; /* by index, NULL from principals_count on */
    unsigned principals_count;
    broker_places_t places[BROKER_SIDES]; /* by broker_side_t */
    broker_node_t peers;

    broker_method_t *methods[BROKER_METHODS_KNOWN_MAX];
    unsigned methods_count;
    uint16_t paths[2 * BROKER_METHODS_KNOWN_MAX]; /* open addressing: index into methods + 1 */
    broker_service_t *services[BROKER_SERVICES_MAX];
    unsigned services_count;
    broker_service_t limbo; /* where calls of methods that are not known yet wait */

    broker_node_t waiting, troubled; /* outboxes */
    int64_t retry_us;
    broker_lane_t *spare_lanes;
    broker_stats_t stats;
};

/* calls.c: slots, the index by (peer, client's id) */
static inline broker_call_t *
broker_call_slot(const broker_core_t *core, uint32_t index)
{
    return &core->calls[index / BROKER_CALLS_CHUNK][index % BROKER_CALLS_CHUNK];
}
/* Room for CALLS_MAX calls; what there is stays where it is. False when memory is out. */
bool broker_calls_reserve(broker_core_t *core, uint32_t calls_max);
void broker_calls_release(broker_core_t *core);
/* What a caller names a call by, hashed once for all that is done with it. */
typedef struct broker_call_name {
    kt_peer_t peer;
    uint64_t client_id, hash;
} broker_call_name_t;
broker_call_name_t
broker_call_name(const broker_core_t *core, const broker_peer_t *peer, uint64_t client_id);
broker_call_t *broker_call_find(const broker_core_t *core, const broker_call_name_t *name);
/* The call an instance means, or NULL; ID is of broker_call_wire_id. */
broker_call_t *broker_call_at(const broker_core_t *core, uint64_t id);
uint64_t broker_call_wire_id(const broker_call_t *call);
/* A new call of PEER under NAME, not queued and not running; NULL when all slots are taken. */
broker_call_t *
broker_call_new(broker_core_t *core, broker_peer_t *peer, const broker_call_name_t *name);
/* Takes the call away from its caller, timer and queue; what is running stays so, as abandoned. */
void broker_call_detach(broker_core_t *core, broker_call_t *call);
/* Gives the slot of a detached call back. */
void broker_call_free(broker_core_t *core, broker_call_t *call);
/* Drops the kept or queued request. */
void broker_call_drop_request(broker_core_t *core, broker_call_t *call);

/* places.c */
/* Whoever has PEER's place, if it is PEER; else NULL. */
broker_outbox_t *broker_place_find(const broker_core_t *core, broker_side_t side, kt_peer_t peer);
/* Whoever has PEER's place and is not PEER is gone, and forgotten. */
void broker_place_vacate(broker_core_t *core, broker_side_t side, kt_peer_t peer);
/* A place that nobody has. False when memory is out, or there is no such place. */
bool broker_place_take(broker_core_t *core, broker_outbox_t *outbox);
void broker_place_leave(broker_core_t *core, const broker_outbox_t *outbox);
void broker_places_free(broker_core_t *core);

/* outbox.c */
void broker_outbox_init(broker_outbox_t *outbox, broker_side_t side, kt_peer_t peer);
void broker_outbox_fini(broker_core_t *core, broker_outbox_t *outbox);
/* Sends MESSAGE, or keeps it until the peer takes more. MESSAGE is empty afterwards. */
void broker_post(broker_core_t *core, broker_outbox_t *outbox, kt_message_t *message);
/* A head and nothing else. */
void broker_post_head(broker_core_t *core, broker_outbox_t *outbox, const kt_head_t *head);
void broker_parcels_drop(broker_node_t *parcels);
/* Tries everything that waits once more. */
void broker_outboxes_flush(broker_core_t *core);
void broker_outbox_trouble(broker_core_t *core, broker_outbox_t *outbox, bool gone);

/* reply.c */
/* Ends CALL with a verdict of the broker's own; an instance that has it is told to cancel. */
void broker_end(broker_core_t *core, broker_call_t *call, const broker_verdict_t *verdict);
/* The END of a CALL that never got a slot. METHOD may be NULL. */
void broker_refuse(broker_core_t *core, broker_outbox_t *outbox, uint64_t call_id,
                   broker_method_t *method, const broker_verdict_t *verdict);
/* Passes the END of the call's instance on to its caller. */
void broker_relay_end(broker_core_t *core, broker_call_t *call, const kt_head_t *head,
                      kt_message_t *message);
/* The END of a local method that is OK; BODY is moved. */
void
broker_answer(broker_core_t *core, broker_outbox_t *outbox, uint64_t call_id, kt_frame_t *body);
/* The call ends without a word: its caller is gone. */
void broker_forsake(broker_core_t *core, broker_call_t *call);
/* Tells the call's instance to stop, once. */
void broker_cancel(broker_core_t *core, broker_call_t *call);
void broker_count_end(broker_core_t *core, broker_method_t *method, uint32_t code, int64_t took_us);

/* queue.c */
/* Whether there is room for BYTES more of PRINCIPAL. */
bool broker_queue_room(const broker_core_t *core, const broker_principal_t *principal, size_t bytes,
                       uint32_t calls);
/* Puts CALL, whose state becomes CALL_QUEUED, at the end (FRONT: the start) of its peer's lane;
 * false when memory is out. */
bool
broker_queue_push(broker_core_t *core, broker_service_t *service, broker_call_t *call, bool front);
void broker_queue_remove(broker_core_t *core, broker_call_t *call);
/* The call whose turn it is; the queue is not empty. */
broker_call_t *broker_queue_first(const broker_service_t *service);
/* Counts BYTES that wait for an instance, and no longer. */
void broker_queue_grow(broker_core_t *core, broker_call_t *call, size_t bytes);
void broker_queue_shrink(broker_core_t *core, broker_call_t *call, size_t bytes);
/* Sets the timers of all that wait anew: somebody came to serve them, or nobody is left. */
void broker_queue_rearm(broker_core_t *core, broker_service_t *service);
/* Gives queued calls to instances as long as both last. */
void broker_queue_serve(broker_core_t *core, broker_service_t *service);
void broker_lanes_free(broker_core_t *core);

/* dispatch.c */
/* The least loaded instance that serves METHOD and has credit; NULL when there is none. */
broker_instance_t *broker_choose(broker_service_t *service, const broker_method_t *method);
/* Gives CALL (with its request) to INSTANCE. */
void broker_dispatch(broker_core_t *core, broker_call_t *call, broker_instance_t *instance);
/* Whether any instance serves METHOD and takes calls, busy or not. */
bool broker_method_live(const broker_method_t *method);
/* Sets the call's timer: its deadline, or sooner while nobody serves it. */
void broker_arm(broker_core_t *core, broker_call_t *call);
void broker_expire(broker_core_t *core, broker_call_t *call);
/* The call's instance is gone: another gets it, or the caller hears. */
void broker_bereave(broker_core_t *core, broker_call_t *call);

/* admit.c */
void broker_admit(broker_core_t *core, broker_peer_t *peer, const kt_head_t *head,
                  kt_message_t *message);
/* Calls in limbo whose method is known by now go where they belong. */
void broker_limbo_leave(broker_core_t *core);

/* trace.c */
/* Whether the trace of CALL, whose head has FLAGS and whose request just came, is to be kept. */
bool broker_trace_begin(broker_core_t *core, broker_call_t *call, uint8_t flags);
/* Tells the broker's part, of a call that is kept. */
void broker_trace_end(const broker_core_t *core, const broker_call_t *call, uint32_t code);
/* Writes what goes behind the Caller, so that the instance's span is a child of the broker's. */
#define BROKER_TRACE_FIELD_BYTES (2 + KT_CALLER_TRACE_BYTES)
void broker_trace_put(const kt_trace_t *trace, uint8_t out[BROKER_TRACE_FIELD_BYTES]);

/* stream.c */
void broker_client_message(broker_core_t *core, broker_call_t *call, const kt_head_t *head,
                           kt_message_t *message);
void broker_client_window(broker_core_t *core, broker_call_t *call, const kt_head_t *head);
void broker_service_message(broker_core_t *core, broker_call_t *call, const kt_head_t *head,
                            kt_message_t *message);
void broker_service_window(broker_core_t *core, broker_call_t *call, const kt_head_t *head);
/* Sends what came from the caller while its instance could not take it, until it is full again. */
void broker_backlog_flush(broker_core_t *core, broker_call_t *call);

/* callers.c: principals and peers */
/* Takes names, limits and Callers over from DIRECTORY; on failure nothing changed. */
kt_status_t broker_principals_load(broker_core_t *core, const broker_directory_t *directory);
broker_principal_t *broker_principal_of(const broker_core_t *core, const char *key);
/* PEER as the core knows it, made if need be; NULL when there is no room. */
broker_peer_t *broker_peer_heard(broker_core_t *core, kt_peer_t peer, const char *key);
void broker_peer_gone(broker_core_t *core, broker_peer_t *peer);
/* More waits for PEER than may: its calls end, and of what waits only short ENDs stay. */
void broker_peer_slow(broker_core_t *core, broker_peer_t *peer);
void broker_peers_sweep(broker_core_t *core);
/* Says DRAIN to PEER, once. */
void broker_peer_dismiss(broker_core_t *core, broker_peer_t *peer);
/* Says it to all. */
void broker_peers_dismiss(broker_core_t *core);
/* Ends what would not end by itself soon while the broker drains and can be begun again elsewhere:
 * what waits for an instance, and reads of which nothing has been heard for a while. */
void broker_peers_hurry(broker_core_t *core);
/* Asks anew who everybody is, and whether what is open may stay so. */
void broker_peers_reload(broker_core_t *core);
/* What a peer without a principal hears. */
kt_status_t broker_peer_unknown(const broker_peer_t *peer);
void broker_callers_free(broker_core_t *core);

/* keys.c */
/* Somebody with KEY, heard last at HEARD_US, is forgotten. */
void broker_key_heard(broker_core_t *core, const char *key, int64_t heard_us);
/* Takes over what is known of the keys that are in DIRECTORY, too, which comes after the present
 * one (NULL: there was none). */
void broker_keys_carry(broker_core_t *core, const broker_directory_t *directory);

/* methods.c */
broker_method_t *broker_method_find(const broker_core_t *core, kt_span_t path);
/* A new method; RESOURCE_EXHAUSTED past the limit. */
kt_status_t broker_method_new(broker_core_t *core, const char *path, broker_method_t **method);
void broker_method_rule(broker_core_t *core, broker_method_t *method, const broker_rule_t *rule);
/* Works out anew who may call what. */
void broker_methods_allow(broker_core_t *core);
bool broker_rule_equal(const broker_rule_t *a, const broker_rule_t *b);
void broker_methods_free(broker_core_t *core);

static inline bool
broker_method_allows(const broker_method_t *method, const broker_principal_t *principal)
{
    return (method->allowed[principal->index / 64] >> principal->index % 64 & 1) != 0;
}

/* instances.c */
broker_instance_info_t broker_instance_info(const broker_instance_t *instance);
broker_service_t *broker_service_named(const broker_core_t *core, const char *name);
/* Whether any instance of SERVICE takes calls, busy or not. */
bool broker_service_live(const broker_service_t *service);
broker_instance_t *broker_instance_find(const broker_core_t *core, kt_peer_t peer);
void broker_register(broker_core_t *core, kt_peer_t peer, const char *key, const kt_head_t *head,
                     kt_span_t meta);
void broker_instance_drain(broker_core_t *core, broker_instance_t *instance);
/* It has taken all that waited for it: what waits in its calls and in the queue is next. */
void broker_instance_ready(broker_core_t *core, broker_instance_t *instance);
/* Takes the instance off the list and sends its calls elsewhere. */
void broker_instance_lost(broker_core_t *core, broker_instance_t *instance, broker_event_t event,
                          const char *why);
void broker_instances_sweep(broker_core_t *core);
/* Counts SLEPT_US as time in which nobody could be heard. */
void broker_instances_forgive(broker_core_t *core, int64_t slept_us);
void broker_instances_reload(broker_core_t *core);
void broker_instances_free(broker_core_t *core);

/* What a broker that drains says of what it does not (go on to) carry out. */
extern const kt_status_t broker_draining;
/* core.c: peers and instances that turned out gone or slow meanwhile */
void broker_settle(broker_core_t *core);

#endif
