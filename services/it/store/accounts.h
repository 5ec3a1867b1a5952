/* accounts.h: employees' accounts and equipment in the store. */
#ifndef IT_STORE_ACCOUNTS_H
#define IT_STORE_ACCOUNTS_H

#include "domain/accounts.h"
#include "domain/assets.h"

#include <kt/event.h>
#include <kt/rows.h>

/* Whether it was confirmed that the employee left (and did not come back). */
kt_status_t it_store_is_cleared(const kt_call_t *call, kt_span_t employee, bool *cleared);
/* With what the employee holds. */
kt_status_t
it_store_load_account(const kt_call_t *call, kt_span_t employee, it_account_facts_t *facts);
kt_status_t it_store_apply_account(const kt_call_t *call, const it_account_record_t *account);
/* Also tells that the employee is cleared. */
kt_status_t it_store_apply_left(kt_call_t *call, const it_account_record_t *account);

/* A page of accounts with what makes their views. */
typedef struct it_account_list {
    it_account_record_t *views;
    uint32_t count;
    kt_span_t next;
} it_account_list_t;
kt_status_t it_store_list_accounts(const kt_call_t *call, kt_span_t place, uint32_t size,
                                   it_account_list_t *list);

/* Takes an event "employee.policies" of the legal department; leaves what it does not know. */
kt_status_t it_store_take_policies(kt_call_t *call, const kt_event_t *event);

/* ---- assets ---- */

kt_status_t it_store_has_asset(const kt_call_t *call, kt_span_t id, bool *found);
/* ASSET_UNKNOWN. */
kt_status_t it_store_load_asset(const kt_call_t *call, kt_span_t id, it_asset_record_t *asset);
/* WAS: as it stood; NULL for a new one. Tells the holder's count when it changes. */
kt_status_t
it_store_apply_asset(kt_call_t *call, const it_asset_record_t *was, const it_asset_record_t *next);
kt_status_t
it_store_list_assets(const kt_call_t *call, kt_span_t place, uint32_t size, kt_row_page_t *page);
/* The assets in an employee's hands: NAMES has room for IT_ASSETS_PER_EMPLOYEE_MAX, or is NULL. */
kt_status_t it_store_load_held_assets(const kt_call_t *call, kt_span_t employee, kt_span_t *names,
                                      uint32_t *count);
/* ASSET_UNKNOWN. */
kt_status_t it_store_load_equipment(const kt_call_t *call, const it_equipment_record_t *order,
                                    it_equipment_facts_t *facts);
kt_status_t it_store_load_given(const kt_call_t *call, kt_span_t employee, kt_span_t reference,
                                it_given_facts_t *facts);
/* Given to, or taken back from, the employee. */
kt_status_t it_store_apply_equipment(kt_call_t *call, const it_equipment_effects_t *fx);

#endif
