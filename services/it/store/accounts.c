#include "store/accounts.h"

#include "domain/reason.h"
#include "store/software.h"
#include "store/tables.h"

/* The record, and whether policies are acknowledged. */
static kt_status_t
load_basis(const kt_call_t *call, kt_span_t employee, it_account_facts_t *facts)
{
    kt_key_t key;
    it_policies_record_t policies = {0};
    bool told;
    *facts = (it_account_facts_t){.account = {.employee = employee}};
    KT_TRY(kt_row_get(call, IT_TABLE_ACCOUNT, kt_key_of_name(&key, employee), &it_account_layout,
                      &facts->account, &facts->there));
    KT_TRY(kt_row_get(call, IT_TABLE_POLICIES, &key, &it_policies_layout, &policies, &told));
    facts->acknowledged = told && policies.acknowledged;
    return kt_ok();
}

kt_status_t
it_store_load_account(const kt_call_t *call, kt_span_t employee, it_account_facts_t *facts)
{
    it_held_seats_t *held = KT_ARENA_NEW(call->arena, it_held_seats_t);
    if (!held)
        return kt_call_out_of_memory(call);
    KT_TRY(load_basis(call, employee, facts));
    KT_TRY(it_store_load_held_seats(call, employee, held));
    facts->seats_in_force = held->in_force;
    return it_store_load_held_assets(call, employee, NULL, &facts->assets_held);
}

kt_status_t
it_store_is_cleared(const kt_call_t *call, kt_span_t employee, bool *cleared)
{
    it_account_facts_t facts;
    KT_TRY(load_basis(call, employee, &facts));
    *cleared = facts.there && facts.account.cleared_us != 0;
    return kt_ok();
}

kt_status_t
it_store_apply_account(const kt_call_t *call, const it_account_record_t *account)
{
    kt_key_t key;
    return kt_row_put(call, IT_TABLE_ACCOUNT, kt_key_of_name(&key, account->employee),
                      &it_account_layout, account);
}

kt_status_t
it_store_apply_left(kt_call_t *call, const it_account_record_t *account)
{
    KT_TRY(it_store_apply_account(call, account));
    return kt_event_emit(call, "employee.cleared", account->employee, NULL, 0);
}

static bool
read_account_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);
    ((it_account_record_t *)row)->employee = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

kt_status_t
it_store_list_accounts(const kt_call_t *call, kt_span_t place, uint32_t size,
                       it_account_list_t *list)
{
    kt_key_t all;
    kt_row_page_t page;
    KT_TRY(kt_rows_page(call, IT_TABLE_ACCOUNT, kt_key(&all), place, size, &it_account_layout,
                        read_account_key, &page));
    it_account_record_t *views = (it_account_record_t *)page.rows;
    for (uint32_t i = 0; i < page.count; i++) {
        it_account_facts_t facts;
        KT_TRY(load_basis(call, views[i].employee, &facts));
        views[i] = it_account_view(&facts, call->now_us);
    }
    *list = (it_account_list_t){.views = views, .count = page.count, .next = page.next};
    return kt_ok();
}

static kt_span_t
value_of(const kt_event_t *event, const char *name)
{
    const kt_event_value_t *values = (const kt_event_value_t *)event->values.items;
    for (uint32_t i = 0; i < event->values.count; i++)
        if (kt_span_equal(values[i].name, kt_span_str(name)))
            return values[i].value;
    return kt_span(NULL, 0);
}

kt_status_t
it_store_take_policies(kt_call_t *call, const kt_event_t *event)
{
    kt_key_t key;
    kt_span_t told = value_of(event, "must_acknowledged");
    it_policies_record_t policies = {.acknowledged = kt_span_equal(told, kt_span_str("true")),
                                     .time_us = event->time_us};
    if (!policies.acknowledged && !kt_span_equal(told, kt_span_str("false")))
        return kt_ok();
    if (kt_wrong_name(event->subject, IT_NAME_BYTES_MAX))
        return kt_ok();
    return kt_row_put(call, IT_TABLE_POLICIES, kt_key_of_name(&key, event->subject),
                      &it_policies_layout, &policies);
}
