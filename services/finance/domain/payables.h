/*
 * payables.h: schedules of payments, and the gate that every payment passes.
 *
 * Money leaves only for a line that is due, of an open schedule, after what it is for was received,
 * by another than who received it, under a contract that is active by what legal told, and out of a
 * commitment.
 */
#ifndef FIN_PAYABLES_H
#define FIN_PAYABLES_H

#include "domain/budgets.h"

#define FIN_SCHEDULE_LINES_MAX      120
#define FIN_SCHEDULE_TEXT_BYTES_MAX 200 /* of its description, and of its receipt */
#define FIN_RECEIVER_BYTES_MAX      64
#define FIN_RECEIVED_FOR_BYTES_MAX  128
#define FIN_CONTRACT_KIND_BYTES_MAX 63

/* ---- contracts, as legal tells of them ---- */

typedef enum fin_contract_status {
    FIN_CONTRACT_UNKNOWN, /* a state that finance does not know */
    FIN_CONTRACT_SIGNED,
    FIN_CONTRACT_TERMINATED,
    FIN_CONTRACT_SUPERSEDED,
    FIN_CONTRACT_VOID,
} fin_contract_status_t;

typedef struct fin_contract_record {
    kt_span_t contract;
    uint32_t state;
    int32_t starts_on; /* KT_DATE_NONE: none */
    int32_t ends_on;   /* the last day; KT_DATE_NONE: open, or it renews */
    kt_span_t party;
    kt_span_t kind;
} fin_contract_record_t;

extern const kt_layout_t fin_contract_layout;

/* "SIGNED" and so on; FIN_CONTRACT_UNKNOWN for anything else. */
uint32_t fin_contract_state(kt_span_t text);
/* In force as legal sees it: begun, and not past its last day, which one that was terminated or
 * superseded has. */
bool fin_contract_active(const fin_contract_record_t *contract, int32_t date);

/* ---- schedules ---- */

/* The numbers of the contract's ScheduleState and PayableState (a test compares them). */
typedef enum fin_schedule_status {
    FIN_SCHEDULE_NONE,
    FIN_SCHEDULE_OPEN,
    FIN_SCHEDULE_PAID,
    FIN_SCHEDULE_CANCELLED,
} fin_schedule_status_t;

typedef enum fin_payable_status {
    FIN_PAYABLE_OPEN = 1,
    FIN_PAYABLE_DUE,
    FIN_PAYABLE_PAID,
    FIN_PAYABLE_CANCELLED,
} fin_payable_status_t;

enum { FIN_SCHEDULE_PLAN, FIN_SCHEDULE_RECEIVE, FIN_SCHEDULE_PAY, FIN_SCHEDULE_CANCEL };

extern const kt_machine_t fin_schedule_machine;

typedef struct fin_schedule_record {
    kt_span_t schedule;
    kt_span_t book;
    kt_span_t party;
    kt_span_t contract;
    kt_span_t reservation;
    kt_span_t commodity;
    kt_span_t expense_account;
    kt_span_t payable_account;
    kt_span_t description;
    int64_t amount_minor;
    int64_t paid_minor;
    uint32_t lines_count;
    uint32_t paid_count;
    uint32_t state;
    int32_t received_on; /* KT_DATE_NONE: no receipt */
    kt_span_t received_by;
    kt_span_t received_for;
    kt_span_t receipt;
    int64_t created_us;
} fin_schedule_record_t;

typedef struct fin_payable_record {
    kt_span_t schedule;
    uint32_t line; /* from 1 */
    int32_t due_on;
    int64_t amount_minor;
    int32_t paid_on;     /* KT_DATE_NONE: not paid */
    uint32_t entry_year; /* the ledger's entry; number 0: none */
    int64_t entry_number;
    /* Of its schedule, so that a list of lines says what each is. */
    kt_span_t book;
    kt_span_t party;
    kt_span_t commodity;
} fin_payable_record_t;

extern const kt_layout_t fin_schedule_layout;
extern const kt_layout_t fin_payable_layout;

/* What a line is on a day. SCHEDULE_STATE is of its schedule. */
uint32_t
fin_payable_state(const fin_payable_record_t *payable, uint32_t schedule_state, int32_t today);

/* A schedule with all its lines. */
typedef struct fin_plan {
    fin_schedule_record_t schedule;
    fin_payable_record_t *lines; /* schedule.lines_count of them, in the arena */
} fin_plan_t;

typedef struct fin_plan_facts {
    bool there;
    fin_plan_t plan; /* as it stands, when it is there */
    fin_reservation_facts_t reservation;
} fin_plan_facts_t;

/* ASKED is as it is to stand; its reservation in FACTS changes. *CHANGES false: the same is there,
 * and ASKED becomes it.
 * ALREADY_EXISTS: SCHEDULE_EXISTS. FAILED_PRECONDITION: PAYABLE_NOT_COVERED.
 * OUT_OF_RANGE: AMOUNT_OVERFLOW. */
kt_status_t fin_decide_schedule(kt_arena_t *arena, int64_t now_us, fin_plan_facts_t *facts,
                                fin_plan_t *asked, bool *changes);

/* FACTS' schedule and reservation change. *CHANGES false: it was cancelled already.
 * FAILED_PRECONDITION: SCHEDULE_STATE. */
kt_status_t fin_decide_cancel(kt_arena_t *arena, fin_plan_facts_t *facts, bool *changes);

typedef struct fin_receipt {
    kt_span_t schedule;
    int32_t received_on;
    kt_span_t receipt;
    kt_span_t received_by;
    kt_span_t received_for;
} fin_receipt_t;

/* SCHEDULE changes; recording the same again changes nothing. FAILED_PRECONDITION: SCHEDULE_STATE.
 */
kt_status_t fin_decide_receipt(kt_arena_t *arena, const fin_receipt_t *receipt,
                               fin_schedule_record_t *schedule);

/* ---- paying ---- */

typedef struct fin_pay_order {
    kt_span_t schedule;
    uint32_t line;
    int32_t paid_on;
    kt_span_t bank_account;
    kt_span_t payer; /* the principal */
    kt_span_t payer_for;
} fin_pay_order_t;

typedef struct fin_pay_facts {
    fin_schedule_record_t schedule;
    fin_payable_record_t payable;
    bool contract_known;
    fin_contract_record_t contract;
    fin_reservation_facts_t reservation;
    bool bank_known; /* else the ledger refuses */
    fin_type_t bank_type;
} fin_pay_facts_t;

/* The gate, and what a payment changes: the schedule, its line and the commitment in FACTS; the
 * ledger's part is its own decision (domain/post.h), and comes after.
 * FAILED_PRECONDITION: PAYABLE_PAID_ALREADY, SCHEDULE_STATE, PAYABLE_NOT_DUE, RECEIPT_MISSING,
 * PAYER_IS_RECEIVER, CONTRACT_NOT_ACTIVE, CONTRACT_PARTY, PAYABLE_NOT_COVERED, PAYMENT_ACCOUNT. */
kt_status_t fin_decide_pay(kt_arena_t *arena, int64_t now_us, const fin_pay_order_t *order,
                           fin_pay_facts_t *facts);

#endif
