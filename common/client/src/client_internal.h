/* client_internal.h: a client is a call machine, and a socket that follows what the machine wants.
 */
#ifndef KT_CLIENT_INTERNAL_H
#define KT_CLIENT_INTERNAL_H

#include <kt/client.h>
#include <kt/prng.h>
#include <kt/rpc_client.h>

#define KT_ENDPOINT_CHARS_MAX 256

typedef struct kt_broker {
    char endpoint[KT_ENDPOINT_CHARS_MAX];
    char server_key[KT_KEY_CHARS + 1];
} kt_broker_t;

struct kt_client {
    kt_net_t *net;
    bool net_is_own;
    kt_key_pair_t keys;
    kt_broker_t brokers[KT_CLIENT_BROKERS_MAX];
    kt_rpc_client_t *machine;
    kt_socket_t *socket;         /* NULL while there is no connection */
    uint32_t generation;         /* of the link that SOCKET serves */
    int wake_fd;                 /* or -1 */
    bool woken;                  /* WAKE_FD was readable in the last step */
    int64_t looked_us;           /* when it last looked what had come */
    int64_t wall_looked_us;      /* when it last looked at the wall clock, */
    int64_t wall_offset_us;      /* and how far that was ahead of the monotonic one */
    const kt_trace_sink_t *sink; /* or NULL */
    kt_trace_t parent;           /* of calls that have none of their own; or none */
    kt_prng_t prng;              /* of traces and spans */
    kt_message_t message;
    kt_rpc_end_t end;
};

/* Waits for something to happen, at most until UNTIL_US, and does it. */
kt_status_t kt_client_step(kt_client_t *client, int64_t until_us);
/* Before a call begins: the time, one look at the clock for all that is done with it. With no other
 * call open nobody has looked whether the connection still is the one it was: a call sent over a
 * new one would be taken for lost with the old one. */
int64_t kt_client_begin(kt_client_t *client);
/* Sends what waits to be sent. */
void kt_client_push(kt_client_t *client, int64_t now_us);

/* The request as the machine wants it, at WALL_US in Unix time; BODY is initialised and becomes the
 * encoded request. */
kt_status_t kt_client_request(const kt_method_t *method, const kt_call_options_t *options,
                              const ProtobufCMessage *request, int64_t wall_us, kt_frame_t *body,
                              kt_rpc_request_t *out);
/* MESSAGE encoded into FRAME (initialised). */
kt_status_t kt_client_encode(const ProtobufCMessage *message, kt_frame_t *frame);

/* ---- traces ---- */

/* Finds REQUEST's place in its trace, and whether a span is to be kept of it (in TRACED).
 * INVALID_ARGUMENT for a traceparent that is none. */
kt_status_t kt_client_trace_begin(kt_client_t *client, const kt_call_options_t *options,
                                  kt_rpc_traced_t *traced, kt_rpc_request_t *request);
/* Keeps the span of a call that ended, now or TOOK_US after it began. */
void
kt_client_trace_end(const kt_client_t *client, const kt_method_t *method, const kt_rpc_end_t *end);

/* ---- replies ---- */

void kt_reply_reset(kt_reply_t *reply);
/* A call that never began. Returns STATUS. */
kt_status_t kt_reply_failed(kt_reply_t *reply, kt_status_t status);
/* Fills REPLY from END; the body is taken over. */
void kt_reply_fill(kt_reply_t *reply, const kt_method_t *method, kt_rpc_end_t *end);
/* One message of a stream; BODY is taken over. */
kt_status_t kt_reply_message(kt_reply_t *reply, const kt_method_t *method, kt_frame_t *body);

#endif
