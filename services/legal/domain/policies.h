/*
 * policies.h: policies, their versions, and the staff that they are for. What is asked of whom
 * stands in tasks.h.
 */
#ifndef LEGAL_POLICIES_H
#define LEGAL_POLICIES_H

#include "domain/actor.h"

#include <kt/layout.h>

#define LEGAL_NAME_BYTES_MAX      63
#define LEGAL_PRINCIPAL_BYTES_MAX 64
/* Policies there are, retired ones counted: an employee has at most as many open tasks. */
#define LEGAL_POLICIES_MAX           200
#define LEGAL_POLICY_UNITS_MAX       16
#define LEGAL_POLICY_VERSIONS_MAX    1000
#define LEGAL_POLICY_TEXT_BYTES_MAX  49152
#define LEGAL_POLICY_CHUNK_BYTES_MAX 1800

typedef struct legal_employee_record {
    kt_span_t employee;
    kt_span_t principal;
    kt_span_t unit;
    kt_span_t name;
    int32_t starts_on;
    int32_t left_on; /* KT_DATE_NONE: not closed */
    int64_t enrolled_us;
    int64_t closed_us;
} legal_employee_record_t;
extern const kt_layout_t legal_employee_layout;

static inline bool
legal_is_closed(const legal_employee_record_t *employee)
{
    return employee->left_on != KT_DATE_NONE;
}

/* The numbers of the contract's PolicyState; NONE is before there is one. */
typedef enum legal_policy_at {
    LEGAL_POLICY_AT_NONE,
    LEGAL_POLICY_AT_DRAFT,
    LEGAL_POLICY_AT_PUBLISHED,
    LEGAL_POLICY_AT_RETIRED,
    LEGAL_POLICY_AT_COUNT,
} legal_policy_at_t;
typedef enum legal_policy_command {
    LEGAL_POLICY_CREATE,
    LEGAL_POLICY_PUBLISH,
    LEGAL_POLICY_START_CAMPAIGN,
    LEGAL_POLICY_RETIRE,
} legal_policy_command_t;
extern const kt_machine_t legal_policy_machine;

typedef struct legal_policy_record {
    kt_span_t policy;
    kt_span_t title;
    bool must_acknowledge;
    kt_list_t units; /* of kt_span_t; none: everybody */
    uint32_t state;
    uint32_t versions;
    kt_span_t campaign; /* the one that runs; empty: none */
    int64_t created_us;
    int64_t retired_us;
} legal_policy_record_t;
extern const kt_layout_t legal_policy_layout;

/* Whether a policy is for an employee of UNIT. */
bool legal_is_for(const legal_policy_record_t *policy, kt_span_t unit);

typedef struct legal_policy_version_record {
    kt_span_t policy;
    uint32_t version;
    uint8_t sha256[KT_HASH_BYTES];
    uint32_t size;
    int32_t effective_from;
    kt_span_t published_by;
    int64_t published_us;
} legal_policy_version_record_t;
extern const kt_layout_t legal_policy_version_layout;

/* ---- decisions ---- */

/* POLICY_EXISTS, TOO_MANY_POLICIES. POLICY is the draft, and what is to be written. */
kt_status_t legal_decide_create_policy(const legal_actor_t *actor, bool there, uint32_t policies,
                                       legal_policy_record_t *policy);

/* NEWEST is NULL when there is no version yet. VERSION has its text's hash and size and its date;
 * the rest is filled in. POLICY is changed. POLICY_VERSION_EXISTS, POLICY_STATE,
 * POLICY_VERSION_ORDER, TOO_MANY_POLICY_VERSIONS. */
kt_status_t
legal_decide_publish(const legal_actor_t *actor, const legal_policy_version_record_t *newest,
                     legal_policy_record_t *policy, legal_policy_version_record_t *version);

/* Retiring what is retired changes nothing. POLICY_STATE. */
kt_status_t legal_decide_retire(const legal_actor_t *actor, legal_policy_record_t *policy);

/* Whether the employee there is the same as DRAFT, as far as a caller gives it. */
bool
legal_same_employee(const legal_employee_record_t *there, const legal_employee_record_t *draft);

/* Closes EMPLOYEE; *CHANGES is false when it was closed with this date already. EMPLOYEE_LEFT. */
kt_status_t legal_decide_close_employee(const legal_actor_t *actor, int32_t left_on,
                                        legal_employee_record_t *employee, bool *changes);

#endif
