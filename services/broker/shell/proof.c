#include "proof.h"

#include <kt/time.h>
#include <kt/wire.h>

#define PROOF_US (5 * KT_US_PER_S)
#define STEP_MS  20

static kt_status_t
fill_ping(kt_message_t *message)
{
    uint8_t head[KT_HEAD_BYTES];
    kt_head_encode(&(kt_head_t){.kind = KT_PING}, head);
    kt_message_close(message);
    KT_TRY(kt_frame_init_copy(&message->frames[KT_FRAME_HEAD], kt_span(head, sizeof head)));
    message->count = 1;
    return kt_ok();
}

/* How ENDPOINT takes KEYS: KT_IO_OK let in, KT_IO_REFUSED; KT_IO_AGAIN neither in time. A dealer
 * can send only after its handshake; the PING it sends is of no principal and will be dropped. */
static kt_status_t
knock(kt_net_t *net, const char *endpoint, const char *server_key, const kt_key_pair_t *keys,
      kt_io_t *answer)
{
    kt_socket_options_t options = {.keys = keys, .server_key = server_key};
    kt_socket_t *socket = NULL;
    KT_TRY(kt_socket_dealer(net, &options, &socket));
    kt_message_t message;
    kt_message_init(&message);
    int64_t until_us = kt_clock_mono_us() + PROOF_US;
    kt_status_t status = kt_socket_connect(socket, endpoint);
    *answer = KT_IO_AGAIN;
    while (!kt_failed(status) && *answer == KT_IO_AGAIN && kt_clock_mono_us() < until_us) {
        kt_wait_t wait = {.socket = socket, .for_send = true};
        status = kt_net_wait(&wait, 1, STEP_MS);
        if (!kt_failed(status) && kt_socket_recv(socket, &message, NULL, NULL) == KT_IO_REFUSED)
            *answer = KT_IO_REFUSED;
        else if (!kt_failed(status) && !kt_failed(status = fill_ping(&message)) &&
                 kt_socket_send(socket, &message, 0) == KT_IO_OK)
            *answer = KT_IO_OK;
    }
    kt_message_close(&message);
    kt_socket_close(&socket);
    return status;
}

kt_status_t
broker_prove(kt_net_t *net, const char *endpoint, const char *server_key,
             const kt_key_pair_t *known)
{
    kt_key_pair_t unknown;
    kt_io_t answer;
    KT_TRY(kt_keys_generate(&unknown));
    KT_TRY(knock(net, endpoint, server_key, &unknown, &answer));
    if (answer == KT_IO_OK)
        return kt_error(
            KT_FAILED_PRECONDITION, 0,
            "a key that is on no list was let in: libzmq does not enforce CURVE; do not run this");
    if (answer != KT_IO_REFUSED)
        return kt_error(
            KT_UNAVAILABLE, 0,
            "a key that is on no list was not refused in 5 seconds; is libzmq 4.3 or newer?");
    KT_TRY(knock(net, endpoint, server_key, known, &answer));
    if (answer != KT_IO_OK)
        return kt_error(
            KT_UNAVAILABLE, 0,
            "a key that is on the list was not let in; is the broker's certificate whole?");
    return kt_ok();
}
