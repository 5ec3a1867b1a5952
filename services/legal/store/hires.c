#include "store/hires.h"

#include "domain/reason.h"
#include "store/contracts.h"
#include "store/policies.h"
#include "store/tables.h"

/* Which leave of an employee is the last one: "leave_employee". */
typedef struct last_leave {
    kt_span_t leave;
} last_leave_t;
static const kt_field_t LAST_LEAVE_FIELDS[] = {
    KT_F_NAME(last_leave_t, leave, LEGAL_NAME_BYTES_MAX, 0)};
static const kt_layout_t LAST_LEAVE = KT_LAYOUT("leave_employee", last_leave_t, LAST_LEAVE_FIELDS);

/* ---- hires ---- */

kt_status_t
legal_store_load_start_hire(const kt_call_t *call, const legal_hire_record_t *draft,
                            legal_hire_facts_t *facts)
{
    legal_contract_record_t contract;
    legal_employee_record_t employee;
    kt_key_t key;

    *facts = (legal_hire_facts_t){0};
    KT_TRY(kt_row_has(call, LEGAL_TABLE_HIRE, kt_key_of_name(&key, draft->hire), &facts->exists));
    KT_TRY(legal_store_find_contract(call, draft->hire, &contract, &facts->contract_there));
    KT_TRY(legal_store_find_employee(call, draft->employee, &employee, &facts->enrolled));
    facts->enrolled = facts->enrolled && !legal_is_closed(&employee);
    return legal_store_find_principal(call, draft->principal, &employee, &facts->principal_taken);
}

kt_status_t
legal_store_apply_hire(const kt_call_t *call, const legal_hire_record_t *hire)
{
    kt_key_t key;

    return kt_row_put(call, LEGAL_TABLE_HIRE, kt_key_of_name(&key, hire->hire), &legal_hire_layout,
                      hire);
}

kt_status_t
legal_store_load_hire(const kt_call_t *call, kt_span_t id, legal_hire_record_t *hire)
{
    kt_key_t key;

    *hire = (legal_hire_record_t){.hire = id};
    return kt_row_must(call, LEGAL_TABLE_HIRE, kt_key_of_name(&key, id), &legal_hire_layout, hire,
                       LEGAL_HIRE_UNKNOWN, "there is no such hire");
}

static bool
read_hire_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);

    ((legal_hire_record_t *)row)->hire = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_list_hires(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page)
{
    kt_key_t all;

    return kt_rows_page(call, LEGAL_TABLE_HIRE, kt_key(&all), from, size, &legal_hire_layout,
                        read_hire_key, page);
}

/* ---- leaves ---- */

kt_status_t
legal_store_load_start_leave(const kt_call_t *call, const legal_leave_record_t *draft,
                             legal_leave_facts_t *facts)
{
    legal_employee_record_t employee;
    last_leave_t last;
    kt_key_t key;

    *facts = (legal_leave_facts_t){0};
    KT_TRY(kt_row_has(call, LEGAL_TABLE_LEAVE, kt_key_of_name(&key, draft->leave), &facts->exists));
    KT_TRY(legal_store_find_employee(call, draft->employee, &employee, &facts->enrolled));
    facts->enrolled = facts->enrolled && !legal_is_closed(&employee);
    KT_TRY(
        legal_store_find_contract(call, draft->contract, &facts->contract, &facts->contract_there));
    KT_TRY(kt_row_get(call, LEGAL_TABLE_LEAVE_EMPLOYEE, kt_key_of_name(&key, draft->employee),
                      &LAST_LEAVE, &last, &facts->leaving));
    if (!facts->leaving)
        return kt_ok();
    /* One who came back may leave again: the last leave was of another contract. */
    legal_leave_record_t before;
    KT_TRY(legal_store_load_leave(call, last.leave, &before));
    facts->leaving = kt_span_equal(before.contract, draft->contract);
    facts->process = before.process;
    return kt_ok();
}

kt_status_t
legal_store_apply_leave(const kt_call_t *call, const legal_leave_record_t *leave)
{
    last_leave_t last = {.leave = leave->leave};
    kt_key_t key;

    KT_TRY(kt_row_put(call, LEGAL_TABLE_LEAVE, kt_key_of_name(&key, leave->leave),
                      &legal_leave_layout, leave));
    return kt_row_put(call, LEGAL_TABLE_LEAVE_EMPLOYEE, kt_key_of_name(&key, leave->employee),
                      &LAST_LEAVE, &last);
}

kt_status_t
legal_store_load_leave(const kt_call_t *call, kt_span_t id, legal_leave_record_t *leave)
{
    kt_key_t key;

    *leave = (legal_leave_record_t){.leave = id};
    return kt_row_must(call, LEGAL_TABLE_LEAVE, kt_key_of_name(&key, id), &legal_leave_layout,
                       leave, LEGAL_LEAVE_UNKNOWN, "there is no such leave");
}

static bool
read_leave_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);

    ((legal_leave_record_t *)row)->leave = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_list_leaves(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page)
{
    kt_key_t all;

    return kt_rows_page(call, LEGAL_TABLE_LEAVE, kt_key(&all), from, size, &legal_leave_layout,
                        read_leave_key, page);
}
