/*
 * status.h: the one error type. A status is a gRPC code, a reason and a text, passed by value.
 *
 * The code is one of gRPC's 17 and decides what a caller may do (retry, give up, fix the request).
 * The reason is finer and stable for programs: numbers below 1000 are kantor.rpc.v1.Reason, numbers
 * from 1000 on belong to the service that answers (kantor.finance.v1.Reason and so on). The text is
 * for people. It is borrowed: a string literal, or a string in the arena of the call that the
 * status belongs to.
 */
#ifndef KT_STATUS_H
#define KT_STATUS_H

#include <kt/def.h>

/* gRPC status codes: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
typedef enum kt_code {
    KT_OK = 0,
    KT_CANCELLED = 1,
    KT_UNKNOWN = 2,
    KT_INVALID_ARGUMENT = 3,
    KT_DEADLINE_EXCEEDED = 4,
    KT_NOT_FOUND = 5,
    KT_ALREADY_EXISTS = 6,
    KT_PERMISSION_DENIED = 7,
    KT_RESOURCE_EXHAUSTED = 8,
    KT_FAILED_PRECONDITION = 9,
    KT_ABORTED = 10,
    KT_OUT_OF_RANGE = 11,
    KT_UNIMPLEMENTED = 12,
    KT_INTERNAL = 13,
    KT_UNAVAILABLE = 14,
    KT_DATA_LOSS = 15,
    KT_UNAUTHENTICATED = 16,
} kt_code_t;

#define KT_CODE_COUNT 17

/* gcc knows this attribute on functions only; the clang build checks every call for us. */
#ifdef __clang__
#define KT_STATUS_MUST_CHECK KT_MUST_CHECK
#else
#define KT_STATUS_MUST_CHECK
#endif

typedef struct KT_STATUS_MUST_CHECK kt_status {
    uint32_t code;    /* a kt_code_t */
    uint32_t reason;  /* 0 when there is nothing finer to say */
    const char *text; /* NULL when code is KT_OK, else not NULL */
} kt_status_t;

_Static_assert(sizeof(kt_status_t) == 16, "a status travels in two registers");

static inline kt_status_t
kt_ok(void)
{
    return (kt_status_t){0};
}

/* The status for a failure. TEXT is borrowed: a literal, or in the call's arena. */
static inline kt_status_t
kt_error(kt_code_t code, uint32_t reason, const char *text)
{
    return (kt_status_t){.code = (uint32_t)code, .reason = reason, .text = text};
}

static inline bool
kt_failed(kt_status_t status)
{
    return status.code != KT_OK;
}

/* For the few places where a failure has no reader left, such as closing after an error. */
static inline void
kt_ignore(kt_status_t status)
{
    (void)status;
}

/* Passes a failure on to the caller of the surrounding function. */
#define KT_TRY(expression)                                                                         \
    do {                                                                                           \
        kt_status_t kt_try_ = (expression);                                                        \
        if (kt_failed(kt_try_))                                                                    \
            return kt_try_;                                                                        \
    } while (0)

/* The code's name as gRPC spells it ("NOT_FOUND"), or "CODE_?" for a number that is no code.
 * Static. */
const char *kt_code_name(uint32_t code);

/* The code by its gRPC name; false when there is none. */
bool kt_code_from_name(const char *name, kt_code_t *code);

#endif
