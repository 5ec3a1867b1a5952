/*
 * contracts.h: contracts, what may be done with them, and how they stand on a date. Pure.
 */
#ifndef LEGAL_CONTRACTS_H
#define LEGAL_CONTRACTS_H

#include "domain/approvals.h"
#include "domain/terms.h"

#define LEGAL_TITLE_BYTES_MAX   160
#define LEGAL_SIGNER_BYTES_MAX  100
#define LEGAL_UPLOADS_MAX       200 /* begun, of one contract */
#define LEGAL_VERSION_BYTES_MAX (INT64_C(16) << 20)
#define LEGAL_CHUNK_BYTES_MAX   49152

/* The numbers of the contracts' ContractKind. */
enum {
    LEGAL_KIND_PURCHASE = 1,
    LEGAL_KIND_SALE,
    LEGAL_KIND_SERVICE,
    LEGAL_KIND_LICENCE,
    LEGAL_KIND_EMPLOYMENT,
    LEGAL_KIND_NDA,
    LEGAL_KIND_OTHER,
};
/* "EMPLOYMENT". Static. */
const char *legal_kind_name(uint32_t kind);

/* The numbers of the contracts' ContractStatus. The states of the machine are those up to VOID;
 * NONE is that of a contract that is not there yet. */
typedef enum legal_status {
    LEGAL_NONE,
    LEGAL_DRAFT,
    LEGAL_REVIEW,
    LEGAL_APPROVAL,
    LEGAL_SIGNING,
    LEGAL_SIGNED,
    LEGAL_TERMINATED,
    LEGAL_SUPERSEDED,
    LEGAL_VOID,
    LEGAL_STATES_COUNT,
    LEGAL_ACTIVE = LEGAL_STATES_COUNT,
    LEGAL_NOTICE,
    LEGAL_EXPIRED,
    LEGAL_STATUSES_COUNT,
} legal_status_t;
/* "SIGNED". Static. */
const char *legal_status_name(uint32_t status);

/* The numbers of the contracts' SignatureSide. */
enum { LEGAL_SIDE_US = 1, LEGAL_SIDE_THEM };

typedef struct legal_signed {
    kt_span_t name; /* empty: not signed */
    int32_t on;
    kt_span_t recorded_by;
    int64_t recorded_us;
} legal_signed_t;

typedef struct legal_contract_record {
    kt_span_t contract;
    uint32_t kind;
    kt_span_t party, employee, title, currency;
    int64_t value_minor;
    uint32_t risk;
    legal_terms_t terms;
    kt_span_t requested_by, opener, supersedes;
    kt_span_t drafted_by, last_edited_by;
    int64_t created_us;
    uint32_t state;
    int64_t state_since_us;
    uint32_t version;
    uint8_t sha256[KT_HASH_BYTES];
    uint32_t uploads; /* that were begun */
    uint32_t round;   /* how often approval was started */
    uint32_t plan;    /* of this round */
    bool needed_ceo;
    legal_signed_t us, them;
    int64_t signed_us;
    int32_t notice_given_on, terminated_on, superseded_on;
    kt_span_t superseded_by, reason;
} legal_contract_record_t;

typedef struct legal_version_record {
    uint32_t version;
    int64_t size;
    uint8_t sha256[KT_HASH_BYTES];
    kt_span_t media_type, name, finished_by, on_behalf_of;
    int64_t finished_us;
    kt_ulid_t upload; /* where the content lies */
} legal_version_record_t;

typedef struct legal_upload_record {
    kt_ulid_t upload;
    kt_span_t contract, media_type, name;
    int64_t size;
    kt_span_t begun_by;
    int64_t begun_us;
    bool finished;
} legal_upload_record_t;

extern const kt_layout_t legal_contract_layout, legal_version_layout, legal_upload_layout;

/* ---- how it stands ---- */

typedef struct legal_standing {
    legal_status_t status;
    legal_problem_t problem; /* without one, the days are there */
    int32_t first_end, current_end, notice_deadline;
    int32_t ends_on; /* the last day in force; KT_DATE_NONE: it is open or goes on renewing */
} legal_standing_t;

legal_standing_t legal_stand(const legal_contract_record_t *contract, int32_t day);

/* Whether two contracts are both in force on some day, by their terms and what ended them. */
bool legal_overlap(const legal_contract_record_t *a, const legal_contract_record_t *b);

/* ---- what is done ---- */

typedef enum legal_command {
    LEGAL_DO_DRAFT,
    LEGAL_DO_UPDATE,
    LEGAL_DO_VERSION,
    LEGAL_DO_SUBMIT,
    LEGAL_DO_RETURN,
    LEGAL_DO_START,
    LEGAL_DO_APPROVE,
    LEGAL_DO_REJECT,
    LEGAL_DO_OPEN,
    LEGAL_DO_SIGN,
    LEGAL_DO_VOID,
    LEGAL_DO_NOTICE,
    LEGAL_DO_TERMINATE,
    LEGAL_DO_SUPERSEDE,
    LEGAL_COMMANDS_COUNT,
} legal_command_t;

extern const kt_machine_t legal_contract_machine;

typedef struct legal_caller {
    kt_arena_t *arena; /* for words */
    kt_span_t principal, on_behalf_of;
    const char *const *roles;
    uint32_t roles_count;
    int64_t now_us;
    int32_t today; /* UTC */
} legal_caller_t;

bool legal_has_role(const legal_caller_t *caller, const char *role);

/* What a command says beside its contract. */
typedef struct legal_order {
    kt_span_t contract, reason, by;
    uint8_t sha256[KT_HASH_BYTES];
    uint32_t level, side;
    kt_span_t signed_by_name;
    int32_t signed_on, given_on, on, on_date;
} legal_order_t;

extern const kt_layout_t legal_order_layout;

/* A contract, and what there is to know for a command. */
typedef struct legal_case {
    legal_caller_t caller;
    legal_contract_record_t contract;
    bool edited;     /* by the caller, once */
    bool edited_for; /* by whom the caller calls on behalf of, once */
    bool party_known, party_blocked;
    uint32_t plan_now;                        /* by the thresholds and contracts of now */
    const legal_approval_record_t *approvals; /* of its round */
    uint32_t approvals_count;
    const legal_contract_record_t *employments; /* the others of its employee */
    uint32_t employments_count;
    bool other_known; /* what it supersedes, or is superseded by */
    legal_contract_record_t other;
} legal_case_t;

/* The levels that are needed, and whether they are given for the newest version. */
uint32_t legal_needed(const legal_case_t *at);
bool legal_approved(const legal_case_t *at);

/* Whether the caller may see it: PERMISSION_DENIED with CONTRACT_PRIVATE. */
kt_status_t legal_check_seen(const legal_caller_t *caller, const legal_contract_record_t *contract);

/*
 * Each fills NEXT with the contract as it is to stand, which borrows from the case, or refuses:
 * FAILED_PRECONDITION with the reasons of reason.h. What is not in the machine's table is
 * CONTRACT_STATE or CONTRACT_ROLE.
 */
/* NEW_: as it was asked for, with its id. */
kt_status_t legal_decide_draft(const legal_case_t *at, const legal_contract_record_t *new_,
                               legal_contract_record_t *next);
kt_status_t legal_decide_update(const legal_case_t *at, const legal_contract_record_t *change,
                                legal_contract_record_t *next);
/* Whether an upload may begin or go on. */
kt_status_t legal_decide_upload(const legal_case_t *at);
kt_status_t legal_decide_version(const legal_case_t *at, const uint8_t sha256[KT_HASH_BYTES],
                                 legal_contract_record_t *next);

typedef kt_status_t (*legal_decide_t)(const legal_case_t *at, const legal_order_t *order,
                                      legal_contract_record_t *next);
kt_status_t legal_decide_submit(const legal_case_t *at, const legal_order_t *order,
                                legal_contract_record_t *next);
kt_status_t legal_decide_return(const legal_case_t *at, const legal_order_t *order,
                                legal_contract_record_t *next);
kt_status_t legal_decide_start(const legal_case_t *at, const legal_order_t *order,
                               legal_contract_record_t *next);
kt_status_t legal_decide_approve(const legal_case_t *at, const legal_order_t *order,
                                 legal_contract_record_t *next);
kt_status_t legal_decide_reject(const legal_case_t *at, const legal_order_t *order,
                                legal_contract_record_t *next);
kt_status_t legal_decide_open(const legal_case_t *at, const legal_order_t *order,
                              legal_contract_record_t *next);
kt_status_t legal_decide_sign(const legal_case_t *at, const legal_order_t *order,
                              legal_contract_record_t *next);
kt_status_t legal_decide_void(const legal_case_t *at, const legal_order_t *order,
                              legal_contract_record_t *next);
kt_status_t legal_decide_notice(const legal_case_t *at, const legal_order_t *order,
                                legal_contract_record_t *next);
kt_status_t legal_decide_terminate(const legal_case_t *at, const legal_order_t *order,
                                   legal_contract_record_t *next);
kt_status_t legal_decide_supersede(const legal_case_t *at, const legal_order_t *order,
                                   legal_contract_record_t *next);

/* The approval that a successful legal_decide_approve gives. */
legal_approval_record_t legal_approval_made(const legal_case_t *at, const legal_order_t *order);

/* What becomes of the contract that NEXT supersedes when NEXT has just become signed: true, and
 * ENDED is to be stored as well. */
bool legal_ends_other(const legal_case_t *at, const legal_contract_record_t *next,
                      legal_contract_record_t *ended);

#endif
