/*
 * room.h: one department in a test, without threads and sockets: its store in memory, and calls
 * that run as the shell runs them (roles, idempotency, journal, refusals that are kept), in virtual
 * time.
 *
 * A refusal that writes anything but its record of refusal fails the test, and room_close fails it
 * when verification finds something.
 */
#ifndef KANTOR_ROOM_H
#define KANTOR_ROOM_H

#include "testing.h"

#include <kt/service.h>

typedef struct room room_t;

/* 2026-11-02T09:00:00Z, a Monday: where a room's clock begins. */
#define ROOM_NOW_US INT64_C(1793610000000000)

room_t *room_open(const kt_service_t *service);
void room_close(room_t **room);

/* Moves the clock, which stands still otherwise. */
void room_set_now(room_t *room, int64_t now_us);
int64_t room_now(const room_t *room);

/* Who calls from now on: "clerk", "finance.clerk auditor". Both borrowed. */
void room_as(room_t *room, const char *principal, const char *roles);
/* ...on whose behalf, for the next call only. */
void room_on_behalf_of(room_t *room, const char *whom);
/* The idempotency key of the next call only; otherwise each call has a new one. */
void room_with_key(room_t *room, const kt_ulid_t *key);

/*
 * Calls the method with the path's end NAME ("Contracts/DraftContract"; a bug when there is none),
 * with a request of its type. RESPONSE, if not NULL, becomes the answer when the status is OK; it
 * and texts live until room_forget or the end. PERMISSION_DENIED when the caller has none of the
 * method's roles. Unary methods only.
 */
kt_status_t
room_call(room_t *room, const char *name, const ProtobufCMessage *request, const void **response);
/* Has the department take an event of DEPARTMENT, as the shell would; VALUES as for kt_event_emit.
 */
void room_take(room_t *room, const char *department, const char *type, const char *subject,
               const kt_event_value_t *values, uint32_t count);
/* Frees what calls answered so far. */
void room_forget(room_t *room);

/* How many refusals are kept, and the newest, until room_forget; NULL: none. */
uint32_t room_refusals(room_t *room);
const kt_refusal_t *room_refusal(room_t *room);
/* How many events were emitted; the type of the N-th (from 1), "" past the last; all of it, until
 * room_forget, NULL past the last. */
uint64_t room_events(room_t *room);
const char *room_event_type(room_t *room, uint64_t sequence);
const kt_event_t *room_event(room_t *room, uint64_t sequence);
/* How many things the verification finds. */
unsigned room_verify(room_t *room);
/* The call that a test may read the store with, in a read transaction until room_read_end. */
kt_call_t *room_read(room_t *room);
void room_read_end(room_t *room);

/* ---- for worlds of several rooms ---- */

/* A method of the department's own, or one that all have (processes), by its full path; NULL: there
 * is none. */
const kt_method_t *room_method(room_t *room, const char *path);
/* Calls it with a packed request, as whoever calls now; BODY becomes the packed answer. */
kt_status_t
room_call_packed(room_t *room, const kt_method_t *method, kt_span_t request, kt_span_t *body);
/* What happens when the process dies and comes back: all that is not in the store is gone. */
void room_restart(room_t *room);
/* A copy of its store as it is. The caller closes it, or gives it to room_put_back, whose store it
 * becomes: in another life, as `kantor restore` begins it, and with all that is not in the store
 * gone. */
kt_kv_t *room_back_up(room_t *room);
void room_put_back(room_t *room, kt_kv_t **backup);
/* How many writes were committed. */
uint64_t room_commits(const room_t *room);
/* A digest of every record but those of the shell's own (idempotency, journal, meta), for comparing
 * what two histories have led to; with WORDS, every record is printed. */
kt_hash_t room_digest(room_t *room, bool words);

/* Makes the N-th store operation of the next calls fail as on a full disk (kt_kv_fault_arm); 0:
 * none. */
void room_fail(room_t *room, uint64_t n);
bool room_struck(const room_t *room);
/* Fails the n-th store operation of a write, for every n, until it goes through, and returns what
 * that answered: a failure leaves nothing behind, and what comes last has its effect once (closing
 * the room verifies). */
const void *room_sweep(room_t *room, const char *method, const ProtobufCMessage *request);

#endif
