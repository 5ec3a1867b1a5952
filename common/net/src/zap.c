/*
 * The ZAP handler, RFC 27 (https://rfc.zeromq.org/spec/27/): libzmq asks it for every connection's
 * key. The User-Id it answers is the key itself in Z85, for others to say who that is, and the
 * connection's number.
 */
#include "zmq_net.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#define KEY_BYTES      32
#define REQUEST_ID_MAX 255
#define REQUEST_FRAMES 7

enum { F_VERSION, F_REQUEST_ID, F_DOMAIN, F_ADDRESS, F_IDENTITY, F_MECHANISM, F_KEY };

typedef struct request {
    zmq_msg_t frames[REQUEST_FRAMES];
    unsigned count; /* as they came; may be more than are kept */
} request_t;

/* False when the context is shutting down. */
static bool
receive(void *socket, request_t *request)
{
    request->count = 0;
    for (;;) {
        zmq_msg_t extra;
        zmq_msg_t *into = request->count < REQUEST_FRAMES ? &request->frames[request->count]
                                                          : &extra;
        if (into == &extra)
            (void)zmq_msg_init(&extra);
        int rc;
        while ((rc = zmq_msg_recv(into, socket, 0)) < 0 && zmq_errno() == EINTR)
            ;
        bool more = rc >= 0 && zmq_msg_more(into);
        if (into == &extra)
            (void)zmq_msg_close(&extra);
        if (rc < 0)
            return false;
        request->count++;
        if (!more)
            return true;
    }
}

static bool
frame_is(zmq_msg_t *frame, const char *text)
{
    return kt_span_equal(kt_span(zmq_msg_data(frame), zmq_msg_size(frame)), kt_span_str(text));
}

typedef struct verdict {
    const char *code, *text;
    char user_id[KT_USER_ID_CHARS + 1]; /* empty unless let in */
} verdict_t;

static verdict_t
judge(kt_net_t *net, request_t *request)
{
    if (request->count != REQUEST_FRAMES || !frame_is(&request->frames[F_VERSION], "1.0"))
        return (verdict_t){.code = "500", .text = "not a ZAP 1.0 request for CURVE"};
    if (!frame_is(&request->frames[F_DOMAIN], KT_ZAP_DOMAIN))
        return (verdict_t){.code = "400", .text = "unknown domain"};
    zmq_msg_t *key = &request->frames[F_KEY];
    if (!frame_is(&request->frames[F_MECHANISM], "CURVE") || zmq_msg_size(key) != KEY_BYTES)
        return (verdict_t){.code = "400", .text = "CURVE only"};
    verdict_t verdict = {.code = "200", .text = "OK"};
    if (!zmq_z85_encode(verdict.user_id, zmq_msg_data(key), KEY_BYTES))
        return (verdict_t){.code = "500", .text = "the key does not encode"};
    if (!net->allow(net->allow_context, verdict.user_id))
        return (verdict_t){.code = "400", .text = "unknown key"};
    snprintf(verdict.user_id + KT_KEY_CHARS, sizeof verdict.user_id - KT_KEY_CHARS, "%016" PRIx64,
             ++net->connections);
    return verdict;
}

static void
answer(void *socket, request_t *request, const verdict_t *verdict)
{
    kt_span_t id = kt_span(NULL, 0);
    if (request->count > F_REQUEST_ID &&
        zmq_msg_size(&request->frames[F_REQUEST_ID]) <= REQUEST_ID_MAX)
        id = kt_span(zmq_msg_data(&request->frames[F_REQUEST_ID]),
                     zmq_msg_size(&request->frames[F_REQUEST_ID]));
    const kt_span_t frames[] = {
        kt_span_str("1.0"),
        id,
        kt_span_str(verdict->code),
        kt_span_str(verdict->text),
        kt_span_str(verdict->user_id),
        kt_span(NULL, 0), /* no metadata */
    };
    for (size_t i = 0; i < KT_COUNT(frames); i++)
        if (zmq_send(socket, frames[i].data, frames[i].size,
                     i + 1 < KT_COUNT(frames) ? ZMQ_SNDMORE : 0) < 0)
            return; /* shutting down: the next receive sees it */
}

void *
kt_zap_run(void *context)
{
    kt_net_t *net = context;
    sigset_t all;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL); /* signals are for the program's threads */
    request_t request;
    for (unsigned i = 0; i < REQUEST_FRAMES; i++)
        (void)zmq_msg_init(&request.frames[i]);
    while (receive(net->zap_socket, &request)) {
        verdict_t verdict = judge(net, &request);
        answer(net->zap_socket, &request, &verdict);
    }
    for (unsigned i = 0; i < REQUEST_FRAMES; i++)
        (void)zmq_msg_close(&request.frames[i]);
    (void)zmq_close(net->zap_socket);
    return NULL;
}
