/*
 * codec.h: the few protobuf messages that the broker itself reads or writes, as plain C. Nothing of
 * protobuf shows here, so that the core includes it.
 */
#ifndef BROKER_CODEC_H
#define BROKER_CODEC_H

#include "core/directory.h"
#include <kt/frame.h>
#include <kt/ulid.h>
#include <kt/wire.h>

#define BROKER_METHOD_ROLES_MAX  8
#define BROKER_METHODS_MAX       512 /* in one registration */
#define BROKER_VERSION_BYTES_MAX 64
#define BROKER_CAPACITY_MAX      65535

typedef enum broker_kind { BROKER_READ = 1, BROKER_WRITE = 2, BROKER_ADMIN = 3 } broker_kind_t;

/* Who may call a method, and how it behaves. */
typedef struct broker_rule {
    broker_kind_t kind;
    bool client_streaming, server_streaming;
    unsigned roles_count;
    char roles[BROKER_METHOD_ROLES_MAX][BROKER_ROLE_BYTES_MAX + 1]; /* {"*"}: every principal */
} broker_rule_t;

typedef struct broker_offer {
    char path[KT_PATH_BYTES_MAX + 1];
    broker_rule_t rule;
} broker_offer_t;

/* A REGISTER, checked for shape: every name, rule and count is within its limit, every path has the
 * shape of a path. */
typedef struct broker_registration {
    char service[BROKER_SERVICE_BYTES_MAX + 1];
    char instance[BROKER_NAME_BYTES_MAX + 1];
    char version[BROKER_VERSION_BYTES_MAX + 1];
    uint32_t capacity;
    uint64_t epoch; /* of the life of its store; 0: not said */
    kt_ulid_t life;
    broker_offer_t *offers;
    unsigned offers_count;
} broker_registration_t;

/* INVALID_ARGUMENT with MALFORMED_BODY, TOO_LARGE or BAD_FIELD, PERMISSION_DENIED with NOT_A_SERVER
 * for a path that does not name the service, RESOURCE_EXHAUSTED; texts are literals. On success the
 * caller finishes it with _fini. */
kt_status_t broker_registration_decode(kt_span_t meta, broker_registration_t *registration);
void broker_registration_fini(broker_registration_t *registration);

/* Whether a valid PATH may be one of SERVICE's: the part before the first slash, or else a part of
 * the package, is its name. */
bool broker_path_names(kt_span_t path, const char *service);

/* The Caller that services get with each call. Returns its size, or 0 when it is longer than OUT.
 */
size_t broker_caller_encode(const broker_grant_t *grant, uint8_t out[KT_CALLER_BYTES_MAX]);

/* What the broker says in an END of its own. */
typedef struct broker_verdict {
    kt_status_t status;   /* OK: the END of a local method */
    uint32_t retry_ms;    /* 0: no RetryInfo */
    bool unknown;         /* OUTCOME_UNKNOWN */
    const kt_ulid_t *key; /* with it, when known; or NULL */
} broker_verdict_t;

/* The CallStatus of VERDICT into FRAME (initialised and empty). RESOURCE_EXHAUSTED when memory is
 * out. */
kt_status_t broker_verdict_encode(const broker_verdict_t *verdict, kt_frame_t *frame);
/* The code of an encoded CallStatus by its first byte; KT_UNKNOWN when the code does not stand
 * there as one byte. */
uint32_t broker_status_code(kt_span_t meta);
/* Says OUTCOME_UNKNOWN, and with KEY (or NULL) the call's key, in an encoded CallStatus, whatever
 * it said before. False when memory is out. */
#define BROKER_DOUBT_BYTES (4 + KT_ULID_BYTES) /* what that adds, at most */
bool broker_status_doubt(kt_frame_t *meta, const kt_ulid_t *key);
/* The idempotency key of an encoded CallMeta; false when there is none of 16 bytes. */
bool broker_meta_key(kt_span_t meta, kt_ulid_t *key);

#endif
