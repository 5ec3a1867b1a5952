/* What a dealer's connection goes through, from libzmq's monitor: a dealer does not notice by
 * itself that its connection broke and came back, but whoever waits for answers on it must. */
#include "zmq_net.h"

#include <stdio.h>

#define EVENTS                                                                                     \
    (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED |          \
     ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |                  \
     ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

kt_status_t
kt_monitor_open(kt_socket_t *socket)
{
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "inproc://kantor.monitor.%u",
             atomic_fetch_add(&socket->net->monitors, 1));
    int zero = 0;
    if (zmq_socket_monitor(socket->zmq, endpoint, EVENTS) != 0 ||
        !(socket->monitor = zmq_socket(socket->net->context, ZMQ_PAIR)) ||
        zmq_setsockopt(socket->monitor, ZMQ_LINGER, &zero, sizeof zero) != 0 ||
        /* Past a limit libzmq's I/O thread would stand still until somebody reads the events. */
        zmq_setsockopt(socket->monitor, ZMQ_RCVHWM, &zero, sizeof zero) != 0 ||
        zmq_connect(socket->monitor, endpoint) != 0)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory or descriptors for a monitor");
    size_t size = sizeof socket->monitor_fd;
    socket->monitor_due = true;
    (void)zmq_getsockopt(socket->monitor, ZMQ_FD, &socket->monitor_fd, &size);
    return kt_ok();
}

void
kt_monitor_close(kt_socket_t *socket)
{
    if (!socket->monitor)
        return;
    (void)zmq_socket_monitor(socket->zmq, NULL, 0);
    (void)zmq_close(socket->monitor);
    socket->monitor = NULL;
}

static void
note(kt_socket_t *socket, uint16_t event)
{
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        socket->connected = true;
        socket->trouble = NULL;
        break;
    case ZMQ_EVENT_DISCONNECTED: /* follows a failed handshake too */
        if (socket->connected) {
            socket->lost = true;
            socket->trouble = "the connection broke";
        }
        break;
    case ZMQ_EVENT_CONNECT_RETRIED: /* it would try again: whoever opens another does that */
        socket->lost = true;
        if (!socket->trouble)
            socket->trouble = "nobody answers there";
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        socket->refused = true;
        socket->trouble = "it does not know this key";
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        socket->trouble = "the handshake failed: is the server key right?";
        break;
    default:
        break;
    }
}

void
kt_monitor_read(kt_socket_t *socket)
{
    /* Two frames an event: u16 event and u32 value in the machine's order, then the endpoint. */
    zmq_msg_t frame;
    if (!socket->monitor_due)
        return;
    socket->monitor_due = false;
    (void)zmq_msg_init(&frame);
    while (zmq_msg_recv(&frame, socket->monitor, ZMQ_DONTWAIT) >= 0) {
        uint16_t event = 0;
        if (zmq_msg_size(&frame) >= sizeof event)
            memcpy(&event, zmq_msg_data(&frame), sizeof event);
        bool more = zmq_msg_more(&frame);
        note(socket, event);
        while (more && zmq_msg_recv(&frame, socket->monitor, ZMQ_DONTWAIT) >= 0)
            more = zmq_msg_more(&frame);
    }
    (void)zmq_msg_close(&frame);
}
