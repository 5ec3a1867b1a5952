/* client_machine.h: what the files of the client machine share. */
#ifndef KT_CLIENT_MACHINE_H
#define KT_CLIENT_MACHINE_H

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/arena.h>
#include <kt/outcome.h>
#include <kt/prng.h>
#include <kt/rpc_client.h>

#define CHUNK_CALLS   64 /* slots are made as many at a time, and never given back */
#define CHUNKS_MAX    (KT_RPC_CALLS_MAX / CHUNK_CALLS)
#define SLOT_BITS     16
#define OUT_RING      (KT_STREAM_WINDOW + 1) /* a window, and the bare LAST that needs no room */
#define FAREWELLS_MAX 64
#define WINDOW_STEP   (KT_STREAM_WINDOW / 2) /* credit is given back in steps of so many messages */
#define NOT_IN_HEAP   UINT32_MAX

_Static_assert(KT_RPC_CALLS_MAX <= 1 << SLOT_BITS, "a call id's low bits name the slot");

typedef enum call_state { CALL_FREE, CALL_OPEN, CALL_DONE } call_state_t;

typedef struct stream {
    struct {
        kt_frame_t body;
        bool has_body, last;
    } out[OUT_RING];
    unsigned out_first, out_count;
    uint32_t out_number; /* of the last message sent */
    uint64_t out_credit; /* messages that may still be queued */
    bool out_last;       /* LAST was queued */
    kt_frame_t in[KT_STREAM_WINDOW];
    unsigned in_first, in_count;
    uint32_t in_number;   /* of the last message received */
    unsigned in_credit;   /* messages that may still come */
    unsigned in_consumed; /* taken by the user and not yet given back as credit */
} stream_t;

struct kt_rpc_call {
    call_state_t state;
    uint32_t slot;
    uint64_t call_id; /* of this attempt; 0: it has not begun */
    uint32_t heap_index;
    int64_t due_us; /* heap order: the deadline, or an earlier retry */
    int64_t started_us, deadline_us;
    int64_t retry_us; /* not to be sent before; 0: now */
    unsigned attempts;
    kt_method_kind_t kind;
    bool server_streaming, client_streaming, once;
    bool sampled; /* its trace is to be kept */
    bool sent;    /* this attempt is with the broker */
    bool doubt;   /* an attempt got lost that may have had an effect */
    bool cancel_due;
    bool queued; /* in the list of those that have something to send */
    uint8_t path[KT_PATH_BYTES_MAX];
    size_t path_size;
    uint8_t meta[KT_CALL_META_BYTES_MAX];
    size_t meta_size;
    kt_frame_t body;
    stream_t *stream; /* NULL: unary */
    kt_rpc_end_t end;
    kt_rpc_call_t *next_queued, *next; /* NEXT: in the list of the done, or of the free */
};

typedef struct call_list {
    kt_rpc_call_t *first, *last;
} call_list_t;

struct kt_rpc_client {
    kt_rpc_client_options_t options;
    kt_prng_t prng;
    kt_rpc_call_t *chunks[CHUNKS_MAX];
    unsigned slots; /* made so far */
    kt_rpc_call_t *free;
    call_list_t queued; /* by next_queued */
    call_list_t held;   /* by next_queued: those that may not go out over this connection, yet */
    call_list_t done;   /* by next */
    kt_rpc_call_t **heap;
    unsigned heap_size;
    unsigned calls; /* not free */
    unsigned sent;  /* with the broker now */
    uint64_t attempt;
    uint64_t farewells[FAREWELLS_MAX]; /* calls to be cancelled whose slots are free already */
    unsigned farewells_count;
    kt_arena_t *scratch;
    uint64_t dropped;
    /* the connection */
    kt_rpc_link_t link;
    bool opened, up;
    bool heard;   /* the broker has said something over it */
    bool leaving; /* no further call goes out over it */
    int64_t opened_us, heard_us, said_us, pinged_us;
    int64_t asked_us; /* since when an answer to a PING is owed; 0: none is */
    bool ping_due;
    unsigned failures, refusals; /* in a row */
};

/* client.c */
kt_rpc_call_t *kt_rpc_call_of_id(kt_rpc_client_t *client, uint64_t call_id);
/* Puts the call behind the others of LIST, which is one by next_queued. */
void kt_rpc_queue_put(call_list_t *list, kt_rpc_call_t *call);
/* Puts the call into the list of those that have something to send. */
void kt_rpc_call_enqueue(kt_rpc_client_t *client, kt_rpc_call_t *call);
/* Ends an open call by the machine's own word. */
void kt_rpc_call_end(kt_rpc_client_t *client, kt_rpc_call_t *call, kt_status_t status, bool unknown,
                     int64_t now_us);
/* Marks an open call as ended; call->end says how. */
void kt_rpc_call_finish(kt_rpc_client_t *client, kt_rpc_call_t *call, int64_t now_us);
/* Asks the broker to forget the attempt of a call that is over here. */
void kt_rpc_call_farewell(kt_rpc_client_t *client, kt_rpc_call_t *call);
/* This attempt is over, whatever the call does next. */
void kt_rpc_call_unsent(kt_rpc_client_t *client, kt_rpc_call_t *call);
/* Lets calls out that were held back; they come before those that are queued. */
void kt_rpc_client_release(kt_rpc_client_t *client);
/* Sends a PING, and the broker is gone if nothing comes. */
void kt_rpc_client_ask(kt_rpc_client_t *client, int64_t now_us);
/* Whether another attempt cannot repeat what this one may have done. */
bool kt_rpc_call_repeatable(const kt_rpc_call_t *call);
/* Whether a call that ends with CODE says nothing about what an earlier, lost attempt did. */
bool kt_rpc_call_in_doubt(const kt_rpc_call_t *call, uint32_t code);
/* How long to wait before attempt number ATTEMPTS + 1. */
int64_t kt_rpc_backoff_us(kt_rpc_client_t *client, unsigned attempts);

/* call_heap.c: open calls by due_us, the earliest first. */
void kt_rpc_heap_put(kt_rpc_client_t *client, kt_rpc_call_t *call);
void kt_rpc_heap_remove(kt_rpc_client_t *client, kt_rpc_call_t *call);

/* client_stream.c */
stream_t *kt_rpc_stream_new(void);
void kt_rpc_stream_free(stream_t **stream);

#endif
