/* tcp.h: whether TCP connections open, many at once. */
#ifndef CLI_IT_TCP_H
#define CLI_IT_TCP_H

#include <kt/def.h>

#define TCP_TEXT_BYTES 200

typedef enum tcp_outcome {
    TCP_REACHED = 1,
    TCP_REFUSED,
    TCP_TIMED_OUT,
    TCP_UNREACHABLE,
} tcp_outcome_t;

typedef struct tcp_probe {
    const char *host; /* name or address */
    uint16_t port;
    uint32_t timeout_ms;
    /* Filled in: */
    tcp_outcome_t outcome;
    int64_t at_us; /* wall time of the outcome */
    uint32_t latency_us;
    char text[TCP_TEXT_BYTES]; /* what was heard, for people */
    /* Private. */
    int fd; /* -1: it is over */
    int64_t began_us, until_us;
} tcp_probe_t;

#define TCP_PROBES_MAX 256

/* Tries all COUNT (at most TCP_PROBES_MAX) at once, the first address of each name, and waits until
 * each has its outcome; names are looked up one after the other before. Nothing is sent. */
void tcp_probe(tcp_probe_t *probes, unsigned count);

#endif
