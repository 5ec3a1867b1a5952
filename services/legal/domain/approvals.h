/*
 * approvals.h: which approvals a contract needs, and who may give them. Pure.
 *
 * A plan is a set of levels, one bit each (1 << level). It is computed when approval starts, and
 * again whenever it is asked about: thresholds that became stricter meanwhile count, those that
 * became milder do not.
 */
#ifndef LEGAL_APPROVALS_H
#define LEGAL_APPROVALS_H

#include "domain/parties.h"

/* The numbers of the contracts' ApprovalLevel. */
typedef enum legal_level {
    LEGAL_LEVEL_NONE,
    LEGAL_LEVEL_OFFICER,
    LEGAL_LEVEL_FINANCE,
    LEGAL_LEVEL_CEO,
    LEGAL_LEVELS_COUNT,
} legal_level_t;
#define LEGAL_LEVEL_BIT(level) (UINT32_C(1) << (level))
#define LEGAL_PLAN_ALL                                                                             \
    (LEGAL_LEVEL_BIT(LEGAL_LEVEL_OFFICER) | LEGAL_LEVEL_BIT(LEGAL_LEVEL_FINANCE) |                 \
     LEGAL_LEVEL_BIT(LEGAL_LEVEL_CEO))

/* The numbers of the contracts' ContractRisk. */
enum { LEGAL_IS_LOW = 1, LEGAL_IS_MEDIUM, LEGAL_IS_HIGH };

/* Contracts with one party, for one requester, drafted within so many days of each other, count
 * together. With more of them than that, every level is needed. */
#define LEGAL_SPLIT_DAYS           90
#define LEGAL_SPLIT_MAX            200
#define LEGAL_THRESHOLD_VALUES_MAX 48
#define LEGAL_THRESHOLD_RISKS_MAX  9

typedef struct legal_value_row {
    kt_span_t currency;
    int64_t from_minor;
    uint32_t level;
} legal_value_row_t;

typedef struct legal_risk_row {
    uint32_t risk, level;
} legal_risk_row_t;

typedef struct legal_thresholds_record {
    uint32_t revision; /* from 1; 0: none were set */
    kt_list_t values;  /* of legal_value_row_t */
    kt_list_t risks;   /* of legal_risk_row_t */
    kt_span_t set_by;
    int64_t set_us;
} legal_thresholds_record_t;

extern const kt_layout_t legal_value_row_layout, legal_risk_row_layout, legal_thresholds_layout;

/* The index of the first of VALUES whose currency and level an earlier one has; its count: none. */
uint32_t legal_thresholds_double(const legal_thresholds_record_t *thresholds);

typedef struct legal_value {
    kt_span_t currency;
    int64_t minor;
} legal_value_t;

/* What counts together for one contract. */
typedef struct legal_group {
    const legal_value_t *values; /* of all of them, its own included */
    uint32_t count;
    bool beyond; /* there are more */
    uint32_t risk;
} legal_group_t;

uint32_t legal_plan(const legal_thresholds_record_t *thresholds, const legal_group_t *group);

typedef struct legal_approval_record {
    uint32_t round, level;
    uint8_t sha256[KT_HASH_BYTES];
    kt_span_t approver, on_behalf_of;
    int64_t given_us;
} legal_approval_record_t;

extern const kt_layout_t legal_approval_layout;

/* The role that gives a level. Static. */
const char *legal_level_role(uint32_t level);

/* One try to approve, and what there is to know about it. */
typedef struct legal_try {
    uint32_t level;
    bool fresh;      /* the hash is the newest version's */
    bool involved;   /* the approver wrote, edited or asked for it */
    bool delegate;   /* on whose behalf they call did */
    bool has_role;   /* the level's */
    uint32_t needed; /* the plan */
    kt_span_t approver, on_behalf_of;
    const legal_approval_record_t *given; /* in this round */
    uint32_t given_count;
} legal_try_t;

/* FAILED_PRECONDITION: VERSION_STALE, APPROVER_INVOLVED, APPROVER_DELEGATE, LEVEL_NOT_NEEDED,
 * LEVEL_ROLE, APPROVER_REPEATS, LEVEL_GIVEN. */
kt_status_t legal_check_approval(const legal_try_t *tried);

/* The levels that are given for the version of that hash. */
uint32_t legal_given(const legal_approval_record_t *given, uint32_t count,
                     const uint8_t sha256[KT_HASH_BYTES]);

#endif
