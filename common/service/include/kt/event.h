/*
 * event.h: what a department tells the others: facts that happened, in one gapless sequence, kept
 * for ever in the transaction of their cause. Others read them by kantor.events.v1.Feed.
 */
#ifndef KT_EVENT_H
#define KT_EVENT_H

#include <kt/call.h>
#include <kt/layout.h>

#define KT_EVENT_TYPE_BYTES_MAX    64
#define KT_EVENT_SUBJECT_BYTES_MAX 128
#define KT_EVENT_VALUES_MAX        16
#define KT_EVENT_VALUE_BYTES_MAX   200

typedef struct kt_event_value {
    kt_span_t name, value; /* a NAME of at most 32 bytes, and text */
} kt_event_value_t;

typedef struct kt_event {
    uint64_t sequence; /* from 1; set by kt_event_emit */
    int64_t time_us;
    kt_span_t type;    /* "contract.signed": a NAME */
    kt_span_t subject; /* the thing's id or name, as its department's methods take it */
    kt_list_t values;  /* of kt_event_value_t: what others want to know without asking */
} kt_event_t;

extern const kt_layout_t kt_event_layout;

/* Appends an event to the sequence; call->now_us is its time. For handlers of WRITE methods, where
 * they apply. Limits are the caller's to keep. */
kt_status_t kt_event_emit(kt_call_t *call, const char *type, kt_span_t subject,
                          const kt_event_value_t *values, uint32_t count);

/* ---- refusals that are kept ---- */

#define KT_REFUSAL_PERSON_BYTES_MAX 128
/* Of each other text; what is longer is cut. */
#define KT_REFUSAL_TEXT_BYTES_MAX 240

typedef struct kt_refusal {
    kt_ulid_t key; /* the call's idempotency key */
    int64_t time_us;
    kt_span_t principal, on_behalf_of, method;
    kt_span_t subject; /* the thing: "contract c-2026-001" */
    kt_span_t state;   /* the state it was in; may be empty */
    kt_span_t command; /* what was asked for */
    uint32_t reason;   /* of the department */
    kt_span_t text;    /* as the caller heard it */
} kt_refusal_t;

extern const kt_layout_t kt_refusal_layout;

/*
 * Refuses with FAILED_PRECONDITION, REASON and TEXT (borrowed), and has the refusal journalled: who
 * tried what. To be returned by a WRITE handler that has written nothing. The shell writes one
 * record to the table `refusal`, once per call key and principal. SUBJECT, STATE and COMMAND are
 * borrowed for the call; STATE may be NULL. Control characters become '?'.
 */
kt_status_t kt_call_refuse(kt_call_t *call, uint32_t reason, const char *text, const char *subject,
                           const char *state, const char *command);

#endif
