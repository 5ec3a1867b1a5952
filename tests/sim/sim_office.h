/*
 * sim_office.h: clients, brokers and instances of one department over a simulated network, in one
 * thread and in virtual time. All of it is the real machinery but the sockets; what the department
 * "does" is counted here, outside of every process, as a disk would keep it.
 */
#ifndef SIM_OFFICE_H
#define SIM_OFFICE_H

#include "core/core.h"
#include <kt/rpc_client.h>
#include <kt/rpc_server.h>
#include <kt/simnet.h>

#define BROKERS   2
#define INSTANCES 3
#define CLIENTS   3
#define CAPACITY  4
#define CALLS_MAX 4096
#define MS        INT64_C(1000)
#define SECOND    (1000 * MS)

typedef struct office office_t;

typedef struct sim_broker {
    office_t *office;
    unsigned index;
    broker_core_t *core; /* NULL: it is dead */
    int64_t back_us;     /* when it comes back */
    int64_t leave_us;    /* draining: when it is gone at the latest; 0: it stays */
} sim_broker_t;

typedef struct sim_line { /* one instance's connection to one broker */
    office_t *office;
    unsigned instance, broker;
    kt_sim_link_t *link;
    bool renew;
} sim_line_t;

typedef struct sim_job {
    uint32_t number; /* of the call, from its body */
    uint32_t given;  /* messages of a stream, whichever way */
    bool ready;      /* a stream that waits for room only */
} sim_job_t;

typedef struct sim_instance {
    office_t *office;
    unsigned index, incarnation;
    kt_server_t *server; /* NULL: it is dead */
    int64_t back_us;
    int64_t leave_us; /* draining: when it is gone; 0: it stays */
    sim_line_t lines[BROKERS];
    sim_job_t jobs[CAPACITY];
    uint8_t registration[1024];
    size_t registration_size;
} sim_instance_t;

typedef struct sim_client {
    office_t *office;
    unsigned index;
    kt_rpc_client_t *machine;
    kt_sim_link_t *link;
    uint32_t generation;
    bool lost;
    kt_rpc_call_t *stream; /* at most one at a time */
    uint32_t stream_number, stream_taken, stream_sent;
    int64_t next_us; /* when it thinks of the next call */
} sim_client_t;

/* One call, from its beginning to what became of it. */
typedef struct sim_call {
    kt_method_kind_t kind;
    bool down, up; /* streams from the service, to the service */
    int64_t began_us, deadline_us, took_us;
    unsigned ends;
    uint32_t code, reason;
    bool unknown;
    unsigned effects; /* how often the department did it */
    unsigned runs;    /* how often it was asked to */
} sim_call_t;

struct office {
    uint64_t seed;
    bool plain;
    kt_sim_t *sim;
    sim_broker_t brokers[BROKERS];
    sim_instance_t instances[INSTANCES];
    sim_client_t clients[CLIENTS];
    broker_grant_t grants[2];
    broker_key_t keys[2];
    broker_directory_t directory;
    sim_call_t calls[CALLS_MAX];
    unsigned calls_count;
    kt_rpc_end_t end;
    kt_frame_t body;
    uint64_t replays;
};

/* Clients know the first KNOWN brokers, instances all. */
void office_open(office_t *office, uint64_t seed, unsigned known);
void office_close(office_t *office);
int64_t office_now(const office_t *office);
/* Below BOUND, from the office's own source. */
uint64_t office_chance(office_t *office, uint64_t bound);
/* What clients begin: unary calls alone, of 30 seconds each and sent again if need be. */
void office_plain_calls(office_t *office);
/* Runs until UNTIL_US. LOAD: clients begin new calls. */
void office_run(office_t *office, int64_t until_us, bool load);

/* Each is for one that lives, and it is back at BACK_US. */
void sim_broker_kill(sim_broker_t *broker, int64_t back_us);
/* Its host's network is gone, without a word to anybody. */
void sim_broker_vanish(sim_broker_t *broker, int64_t back_us);
/* Ends as SIGTERM ends it: when nothing is open any more, at the latest at LEAVE_US. */
void sim_broker_drain(sim_broker_t *broker, int64_t leave_us, int64_t back_us);
void sim_instance_kill(sim_instance_t *instance, int64_t back_us);
/* Ends as SIGTERM ends it: no new calls, and gone at LEAVE_US, or when all is answered if that is
 * sooner. */
void sim_instance_drain(sim_instance_t *instance, int64_t leave_us, int64_t back_us);

#endif
