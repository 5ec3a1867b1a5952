/*
 * payables.h: what schedules and payments read and write.
 *
 * Statuses: as kt/rows.h says, and those named here. What is loaded is in the call's arena.
 */
#ifndef FIN_STORE_PAYABLES_H
#define FIN_STORE_PAYABLES_H

#include "domain/payables.h"
#include "store/budgets.h"
#include "store/post.h"

/* ---- schedules ---- */

/* The schedule alone. NOT_FOUND: SCHEDULE_UNKNOWN. */
kt_status_t
fin_store_load_schedule(const kt_call_t *call, kt_span_t name, fin_schedule_record_t *schedule);
kt_status_t fin_store_put_schedule(const kt_call_t *call, const fin_schedule_record_t *schedule);
/* With its lines. NOT_FOUND: SCHEDULE_UNKNOWN. */
kt_status_t fin_store_load_plan(const kt_call_t *call, kt_span_t name, fin_plan_t *plan);

/* For a schedule that is asked for; NOT_FOUND, when it is not there yet: BOOK_UNKNOWN,
 * ACCOUNT_UNKNOWN, RESERVATION_UNKNOWN. */
kt_status_t fin_store_load_new_plan(const kt_call_t *call, const fin_plan_t *asked,
                                    fin_plan_facts_t *facts, fin_budget_work_t *work);
/* For one that is to be there, and its reservation. NOT_FOUND: SCHEDULE_UNKNOWN. */
kt_status_t fin_store_load_plan_facts(const kt_call_t *call, kt_span_t name,
                                      fin_plan_facts_t *facts, fin_budget_work_t *work);
/* A plan that is new, or (its schedule CANCELLED) cancelled; and its reservation. */
kt_status_t
fin_store_apply_plan(const kt_call_t *call, const fin_budget_work_t *work, const fin_plan_t *plan,
                     const fin_reservation_record_t *reservation);

/* A page of fin_payable_record_t that are neither paid nor cancelled, by due day; none that is due
 * after UNTIL. NOT_FOUND: BOOK_UNKNOWN. */
kt_status_t fin_store_list_payables(const kt_call_t *call, kt_span_t book, int32_t until,
                                    fin_listing_t *listing);

/* ---- paying ---- */

typedef struct fin_pay_work {
    fin_budget_work_t budget;
    fin_draft_t draft;
    fin_work_t *ledger;
    fin_posting_t posting; /* for the handler, between decision and writing */
} fin_pay_work_t;

/* Everything that the gate and the ledger want to know. NOT_FOUND: SCHEDULE_UNKNOWN,
 * PAYABLE_UNKNOWN. */
kt_status_t fin_store_load_pay(const kt_call_t *call, const fin_pay_order_t *order,
                               fin_pay_facts_t *facts, fin_pay_work_t *work);
kt_status_t
fin_store_apply_pay(const kt_call_t *call, const fin_pay_facts_t *facts, fin_pay_work_t *work);

/* ---- contracts, as legal tells ---- */

kt_status_t fin_store_load_contract(const kt_call_t *call, kt_span_t name,
                                    fin_contract_record_t *contract, bool *found);
kt_status_t fin_store_put_contract(const kt_call_t *call, const fin_contract_record_t *contract);

/* ---- keys, for verification too ---- */

kt_key_t *fin_payable_due_key(kt_key_t *key, uint64_t part, const fin_payable_record_t *payable);

#endif
