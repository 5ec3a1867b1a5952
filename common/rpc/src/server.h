/* server.h: what the parts of the server call machine share. server.c: the table of calls and their
 * timers; server_link.c: registration, liveness, outgoing queues; server_input.c: what each kind of
 * frame means. */
#ifndef KT_RPC_SERVER_INTERNAL_H
#define KT_RPC_SERVER_INTERNAL_H

#include <kt/map.h>
#include <kt/rpc_server.h>

typedef enum link_state {
    LINK_DOWN,        /* no connection yet, or waiting for a new one */
    LINK_REGISTERING, /* REGISTER is out */
    LINK_REGISTERED,
    LINK_REFUSED, /* until retry_us */
} link_state_t;

typedef struct queued {
    kt_message_t message;
    size_t size; /* the socket empties the message, so its bytes are remembered here */
} queued_t;

typedef struct server_link {
    link_state_t state;
    uint64_t registration_id;
    int64_t heard_us, ping_us, retry_us;
    bool heard_all; /* it has heard our last word */
    kt_map_t *open; /* call id -> kt_server_call_t */
    /* A ring of messages to send; grows, never shrinks. */
    queued_t *queue;
    size_t queue_capacity, queue_first, queue_count;
    uint64_t queue_bytes;
} server_link_t;

/* The time lies beside the call, so that the heap is sorted without looking at calls. */
typedef struct server_timer {
    int64_t due_us;
    kt_server_call_t *call;
} server_timer_t;

/* Whom the last CALL was from, and what for: the next one is mostly alike. */
typedef struct server_extra {
    uint8_t bytes[KT_HEAD_BYTES_MAX - KT_HEAD_BYTES];
    size_t size;     /* 0: none */
    uint32_t method; /* in the options */
    kt_caller_t caller;
    uint64_t number; /* how many different ones there were */
} server_extra_t;

struct kt_server {
    kt_server_options_t options;
    int64_t now_us;
    bool draining;
    bool farewell; /* draining, and nothing is open: brokers are asked whether they have heard */
    int64_t farewell_us;
    uint64_t next_registration_id;
    server_link_t links[KT_SERVER_LINKS_MAX];
    kt_server_call_t *calls;
    uint32_t *free_slots;
    uint32_t free_count;
    server_timer_t *timers; /* a binary heap */
    uint32_t timers_count;
    uint32_t *method_index; /* open addressing by the path's hash; UINT32_MAX: free */
    uint32_t method_mask;
    server_extra_t extra;
    uint64_t calls_count, dropped, refused;
};

/* ---- server.c ---- */

/* A free call, in the table and the link's map and with its timer set; NULL when all are in use. */
kt_server_call_t *
server_call_open(kt_server_t *server, unsigned link, uint64_t id, int64_t deadline_us);
void server_call_over(kt_server_t *server, kt_server_call_t *call, kt_status_t why);
/* UINT32_MAX: there is none. */
uint32_t server_find_method(const kt_server_t *server, kt_span_t path);
/* Fires every timer that is due. */
void server_run_timers(kt_server_t *server);

/* ---- server_link.c ---- */

/* Queues a message of a head and up to two frames, which are taken; either may be NULL (left out).
 */
void server_put(kt_server_t *server, unsigned link, const kt_head_t *head, kt_frame_t *second,
                kt_frame_t *third);
/* An END from the machine itself. */
void server_refuse(kt_server_t *server, unsigned link, uint64_t call_id, kt_status_t status,
                   const char *reason);
/* The answer to a REGISTER. */
void server_registration_ended(kt_server_t *server, unsigned link, const kt_message_t *message);
/* The broker is gone. */
void server_link_lost(kt_server_t *server, unsigned link, const char *why);
void server_link_tick(kt_server_t *server, unsigned link);
/* Draining: asks brokers whether they have heard all that there was, once nothing is open. */
void server_farewell(kt_server_t *server);
/* The broker has answered a PING. */
void server_ponged(kt_server_t *server, unsigned link, const kt_head_t *pong);
int64_t server_link_due(const kt_server_t *server, unsigned link);
void server_link_drop_queue(server_link_t *link);

#endif
