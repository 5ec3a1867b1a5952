/*
 * simnet.h: a network in one thread, with a clock that jumps from event to event. The counterpart
 * of kt/net.h for tests: call machines on both sides run against it unchanged.
 *
 * What it keeps of a real network: a connection takes time, delivers in order, and breaks; what was
 * under way when it broke is lost, and its two ends learn of it at different times. Connections do
 * not wait for each other, so messages of different peers overtake. Everything follows from the
 * seed: the same seed and the same calls give the same run.
 */
#ifndef KT_SIMNET_H
#define KT_SIMNET_H

#include <kt/frame.h>
#include <kt/net.h>
#include <kt/prng.h>

#define KT_SIM_LISTENERS_MAX 16
#define KT_SIM_FLIGHT_MAX    1024 /* messages under way on one connection, each way */
#define KT_SIM_RETRY_US      100000

typedef struct kt_sim kt_sim_t;
typedef struct kt_sim_link kt_sim_link_t; /* a dealer's connection */

typedef struct kt_sim_options {
    uint64_t seed;
    int64_t start_us;
    int64_t delay_min_us, delay_max_us; /* of each message and of each connection */
} kt_sim_options_t;

/* NULL when memory is out; running out later is a bug of the test and aborts. */
kt_sim_t *kt_sim_new(const kt_sim_options_t *options);
void kt_sim_destroy(kt_sim_t **sim);
int64_t kt_sim_now_us(const kt_sim_t *sim);
/* The run's own chance: for everything else that a test wants to happen by the seed. */
kt_prng_t *kt_sim_prng(kt_sim_t *sim);

/* ---- a listener: many peers, as a router has ---- */

/* MESSAGE may be moved out of. KEY is what the dealer connected with. */
typedef void (*kt_sim_heard_t)(void *context, kt_peer_t peer, const char *key,
                               kt_message_t *message);
/* Listens at ENDPOINT (borrowed); connections that wait for it come up. */
void kt_sim_listen(kt_sim_t *sim, const char *endpoint, kt_sim_heard_t heard, void *context);
/* Stops listening, as a killed process does: all its connections break. */
void kt_sim_shut(kt_sim_t *sim, const char *endpoint);
/* Stops listening, as a process does that waits until what it has sent has left. */
void kt_sim_leave(kt_sim_t *sim, const char *endpoint);
/* Is not there any more from one moment to the next, as a host whose network is gone: what is under
 * way and what is sent to it is lost, and nobody is told. Whoever listens there again is a stranger
 * to the old connections. */
void kt_sim_vanish(kt_sim_t *sim, const char *endpoint);
/* As kt_socket_send of a router. */
kt_io_t kt_sim_send_to(kt_sim_t *sim, const char *endpoint, kt_peer_t peer, kt_message_t *message);

/* ---- a dealer ---- */

typedef struct kt_sim_dealer {
    void (*heard)(void *context, kt_message_t *message);
    /* The connection broke; the link is dead and to be closed. */
    void (*lost)(void *context);
    void *context;
} kt_sim_dealer_t;

/* Tries to connect until somebody listens there. The link lives until kt_sim_close. KEY is
 * borrowed. */
kt_sim_link_t *
kt_sim_connect(kt_sim_t *sim, const char *endpoint, const char *key, const kt_sim_dealer_t *dealer);
/* As kt_socket_send of a dealer: KT_IO_AGAIN before the connection is there and while too much is
 * under way. */
kt_io_t kt_sim_send(kt_sim_link_t *link, kt_message_t *message);
/* What is under way to the listener still arrives. LINK is NULL afterwards. */
void kt_sim_close(kt_sim_link_t **link);
/* Breaks the connection if there is one. */
void kt_sim_cut(kt_sim_link_t *link);
/* Breaks one connection of all there are, by chance. */
void kt_sim_cut_any(kt_sim_t *sim);

/* Jumps to the next event if that is not later than UNTIL_US, and lets it happen; else to UNTIL_US,
 * and is false. */
bool kt_sim_step(kt_sim_t *sim, int64_t until_us);

#endif
