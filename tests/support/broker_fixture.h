/*
 * broker_fixture.h: a broker core with virtual time and pretended peers, so that a test reads like
 * a story: a caller calls, an instance gets it, time passes, the caller hears. PINGs of the broker
 * to instances are passed over.
 */
#ifndef KANTOR_BROKER_FIXTURE_H
#define KANTOR_BROKER_FIXTURE_H

#include "core/core.h"
#include <kt/time.h>

/* Connections at the clients endpoint; their principals have these names. */
enum { CLERK = 1, CLERK_TOO = 2, GUEST = 3, STRANGER = 4, FEW = 5, OPERATOR = 6 };
/* The same principals with their other keys, "clerk-next" and "few-next". */
enum { CLERK_NEXT = 7, FEW_NEXT = 8 };
/* Connections at the services endpoint, with the key of principal "finance", of "legal", and with
 * the other key of "finance", "finance-next". */
enum { FIN_A = 101, FIN_B = 102, FIN_C = 103, LEGAL = 104, FIN_NEXT = 105 };

/* Who comes later and has the place of PEER then, and its principal. */
#define LATER(peer) ((kt_peer_t)1 << 32 | (peer))

#define READ_PATH  "/kantor.finance.v1.Ledger/GetEntry"   /* READ, finance.clerk */
#define WRITE_PATH "/kantor.finance.v1.Ledger/PostEntry"  /* WRITE, finance.clerk */
#define ADMIN_PATH "finance/kantor.store.v1.Store/Backup" /* ADMIN, it.operator */
#define OPEN_PATH  "/kantor.finance.v1.Ledger/Hello"      /* READ, everyone */
#define UP_PATH    "/kantor.finance.v1.Ledger/Upload"     /* READ, streams from the client */
#define DOWN_PATH  "/kantor.finance.v1.Ledger/Watch"      /* READ, streams from the server */
#define BIDI_PATH  "/kantor.finance.v1.Ledger/Talk"       /* READ, both */

/* A core with grace_ms 0, so that what is unknown is refused at once, unless LIMITS says otherwise;
 * NULL: the usual ones. */
void broker_open(const broker_limits_t *limits);
/* The same, with traces kept: those that callers ask for, and PER_MILLION of the others. */
void broker_open_traced(const broker_limits_t *limits, uint32_t per_million);
/* The parts of traces that were told, so far; of at most BROKER_TRACED_MAX the last first. */
#define BROKER_TRACED_MAX 64
unsigned broker_traced(broker_traced_t parts[BROKER_TRACED_MAX]);
void broker_close(void);
/* For cmocka: the setup of a test that begins with the usual core, and the teardown of any test. */
int broker_setup(void **state);
int broker_teardown(void **state);
broker_core_t *broker_it(void);
broker_limits_t broker_test_limits(void);
int64_t broker_now_us(void);

/* Moves the time on, timer by timer. */
void advance_us(int64_t us);
/* How the peer's socket answers from now on. */
void set_io(broker_side_t side, kt_peer_t peer, kt_io_t io);

/* Who somebody is. Only before the first message; or after it, with broker_rename. */
const char *key_of(kt_peer_t peer);
/* Another directory in which the principal NAME is missing; NULL: the first one again. */
void reload_without(const char *name);
/* The first directory but for one key, "clerk" or "clerk-next". */
void reload_without_key(const char *key);
/* The first directory, in which the principal NAME has ROLE instead of its own; has LIMITS. */
void reload_role(const char *name, const char *role);
void reload_caller_limits(const char *name, const broker_caller_limits_t *limits);
/* Other limits of the broker as a whole. */
void reload_limits(const broker_limits_t *limits);

/* ---- what peers do ---- */

void send_raw(broker_side_t side, kt_peer_t peer, const kt_span_t *frames, unsigned count);
void send_head(broker_side_t side, kt_peer_t peer, kt_kind_t kind, uint8_t flags, uint32_t arg,
               uint64_t id);
/* CALL|LAST with a body of SIZE bytes and 5 seconds. */
void call(kt_peer_t peer, uint64_t id, const char *path);
void call_sized(kt_peer_t peer, uint64_t id, const char *path, size_t size);
void call_full(kt_peer_t peer, uint64_t id, const char *path, uint8_t flags, uint32_t timeout_ms,
               kt_span_t meta, kt_span_t body);
void message(broker_side_t side, kt_peer_t peer, uint64_t id, uint32_t number, uint8_t flags);
/* END with code CODE (OK: an empty meta) and a body. */
void end(kt_peer_t instance, uint64_t id, uint32_t code);
/* REGISTER of the department finance with all the paths above. */
void enroll(kt_peer_t instance, const char *name, uint32_t capacity);
/* The same, and takes the END, which must say OK. */
void enroll_ok(kt_peer_t instance, const char *name, uint32_t capacity);
/* One path with one rule. */
void enroll_one(kt_peer_t instance, const char *service, const char *name, const char *path,
                uint32_t kind, const char *role);
/* One path, and a store of EPOCH whose life is 16 bytes LIFE; SIZE of them are sent. */
void enroll_life(kt_peer_t instance, const char *name, uint64_t epoch, uint8_t life, size_t size);
/* An encoded CallMeta with an idempotency key of 16 bytes FILL; static. */
kt_span_t meta_with_key(uint8_t fill);

/* ---- what peers get; each takes the next message of that peer and fails when it is another ----
 */

typedef struct got {
    kt_head_t head;
    char path[KT_PATH_BYTES_MAX + 1]; /* CALL */
    char principal[BROKER_NAME_BYTES_MAX + 1];
    kt_trace_t trace;       /* of the Caller */
    kt_timeline_t timeline; /* END */
    uint32_t code;
    char reason[64];
    char text[160];
    bool unknown, retry;
    uint8_t key; /* first byte of the idempotency key in it, or 0 */
    size_t meta_size, body_size;
} got_t;

/* False when nothing is there. */
bool next(broker_side_t side, kt_peer_t peer, got_t *got);
/* The id the instance knows it by. */
uint64_t expect_call(kt_peer_t instance, const char *path);
uint64_t expect_call_again(kt_peer_t instance, const char *path);
got_t expect_kind(broker_side_t side, kt_peer_t peer, kt_kind_t kind, uint64_t id);
/* END of a call: REASON "" means none. */
got_t expect_end(kt_peer_t peer, uint64_t id, uint32_t code, const char *reason);
void expect_silence(broker_side_t side, kt_peer_t peer);
/* The END of a REGISTER, whose id is 1. */
void expect_enrolled(kt_peer_t instance, uint32_t code, const char *reason);
broker_stats_t stats(void);

#endif
