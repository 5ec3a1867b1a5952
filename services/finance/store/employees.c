#include "store/employees.h"

#include "store/lookup.h"
#include "store/tables.h"

/* ---- keys ---- */

kt_key_t *
fin_headcount_key(kt_key_t *key, uint64_t part, const fin_headcount_record_t *headcount)
{
    return fin_place_key(key, part, headcount->cost_centre, headcount->position);
}

/* ---- headcounts ---- */

/* The headcount of ORDER's cost centre and position, and what has expired of it. */
static kt_status_t
load_headcount(const kt_call_t *call, uint64_t part, const fin_headcount_record_t *order,
               fin_headcount_facts_t *facts, fin_expired_t *expired)
{
    kt_key_t key;
    fin_headcount_key(&key, part, order);
    KT_TRY(kt_row_get(call, FIN_TABLE_HEADCOUNT, &key, &fin_headcount_layout, &facts->headcount,
                      &facts->found));
    if (!facts->found)
        return kt_ok();
    fin_allowance_key_t of = {FIN_SCARCE_HEADCOUNT, &key};
    KT_TRY(fin_store_load_expired(call, &of, &facts->headcount.allowance, expired));
    facts->lapsed = expired->lapsed;
    return kt_ok();
}

kt_status_t
fin_store_load_headcount(const kt_call_t *call, const fin_headcount_record_t *order,
                         fin_headcount_facts_t *facts, fin_headcount_work_t *work)
{
    kt_key_t key;
    *facts = (fin_headcount_facts_t){0};
    *work = (fin_headcount_work_t){0};
    KT_TRY(fin_store_part(call, order->book, &work->part));
    kt_key_name(kt_key_u64(kt_key(&key), work->part), order->cost_centre);
    KT_TRY(kt_row_has(call, FIN_TABLE_COST_CENTRE, &key, &facts->cost_centre));
    return load_headcount(call, work->part, order, facts, &work->expired);
}

kt_status_t
fin_store_apply_headcount(const kt_call_t *call, const fin_headcount_work_t *work,
                          const fin_headcount_record_t *headcount)
{
    kt_key_t key;
    KT_TRY(fin_store_apply_expired(call, &work->expired));
    return kt_row_put(call, FIN_TABLE_HEADCOUNT, fin_headcount_key(&key, work->part, headcount),
                      &fin_headcount_layout, headcount);
}

kt_status_t
fin_store_list_headcounts(const kt_call_t *call, kt_span_t book, fin_listing_t *listing)
{
    uint64_t part;
    kt_key_t key;
    KT_TRY(fin_store_part(call, book, &part));
    KT_TRY(fin_store_list(call, FIN_TABLE_HEADCOUNT, kt_key_u64(kt_key(&key), part),
                          &fin_headcount_layout, listing));
    for (uint32_t i = 0; i < listing->count; i++) {
        fin_headcount_record_t *headcount = (fin_headcount_record_t *)listing->rows + i;
        fin_allowance_key_t of = {FIN_SCARCE_HEADCOUNT, fin_headcount_key(&key, part, headcount)};
        fin_expired_t expired;
        KT_TRY(fin_store_load_expired(call, &of, &headcount->allowance, &expired));
        fin_allowance_advance(&headcount->allowance, &expired.lapsed, call->now_us);
    }
    return kt_ok();
}

/* ---- reservations of headcount ---- */

/* What the reservation in FACTS is of. */
static kt_status_t
load_its_headcount(const kt_call_t *call, fin_place_facts_t *facts, fin_headcount_work_t *work)
{
    fin_headcount_record_t of = {.cost_centre = facts->place.cost_centre,
                                 .position = facts->place.position};
    fin_headcount_facts_t headcount = {0};
    *work = (fin_headcount_work_t){0};
    KT_TRY(fin_store_part(call, facts->place.book, &work->part));
    KT_TRY(load_headcount(call, work->part, &of, &headcount, &work->expired));
    facts->found = headcount.found;
    facts->headcount = headcount.headcount;
    facts->lapsed = headcount.lapsed;
    return kt_ok();
}

kt_status_t
fin_store_load_new_place(const kt_call_t *call, fin_place_facts_t *facts,
                         fin_headcount_work_t *work)
{
    kt_key_t key;
    KT_TRY(kt_row_has(call, FIN_TABLE_HEADCOUNT_RESERVATION,
                      kt_key_of_name(&key, facts->place.reservation), &facts->taken));
    return load_its_headcount(call, facts, work);
}

kt_status_t
fin_store_load_place(const kt_call_t *call, kt_span_t name, fin_place_facts_t *facts,
                     fin_headcount_work_t *work)
{
    kt_key_t key;
    bool found;
    *facts = (fin_place_facts_t){0};
    KT_TRY(kt_row_get(call, FIN_TABLE_HEADCOUNT_RESERVATION, kt_key_of_name(&key, name),
                      &fin_place_layout, &facts->place, &found));
    if (!found)
        return kt_error(KT_NOT_FOUND, FIN_HEADCOUNT_RESERVATION_UNKNOWN,
                        "there is no reservation of headcount of that name");
    KT_TRY(load_its_headcount(call, facts, work));
    return facts->found ? kt_ok()
                        : fin_store_corrupt(call, FIN_TABLE_HEADCOUNT, "a reserved headcount");
}

kt_status_t
fin_store_apply_place(const kt_call_t *call, const fin_headcount_work_t *work,
                      const fin_place_facts_t *facts)
{
    const fin_place_record_t *place = &facts->place;
    kt_key_t key, headcount;
    fin_allowance_key_t of = {FIN_SCARCE_HEADCOUNT,
                              fin_headcount_key(&headcount, work->part, &facts->headcount)};
    fin_expiry_t expiry = {place->reservation, place->expires_us, 1};
    KT_TRY(fin_store_apply_headcount(call, work, &facts->headcount));
    KT_TRY(kt_row_put(call, FIN_TABLE_HEADCOUNT_RESERVATION,
                      kt_key_of_name(&key, place->reservation), &fin_place_layout, place));
    return fin_store_put_expiry(call, &of, &expiry, place->state == FIN_HEADCOUNT_RESERVED);
}

/* ---- employees ---- */

static kt_status_t
get_employee(const kt_call_t *call, kt_span_t name, fin_employee_record_t *employee, bool *found)
{
    kt_key_t key;
    return kt_row_get(call, FIN_TABLE_EMPLOYEE, kt_key_of_name(&key, name), &fin_employee_layout,
                      employee, found);
}

kt_status_t
fin_store_load_employee(const kt_call_t *call, kt_span_t name, fin_employee_record_t *employee)
{
    bool found;
    KT_TRY(get_employee(call, name, employee, &found));
    return found
               ? kt_ok()
               : kt_error(KT_NOT_FOUND, FIN_EMPLOYEE_UNKNOWN, "there is no employee of that name");
}

kt_status_t
fin_store_put_employee(const kt_call_t *call, const fin_employee_record_t *employee)
{
    kt_key_t key;
    return kt_row_put(call, FIN_TABLE_EMPLOYEE, kt_key_of_name(&key, employee->employee),
                      &fin_employee_layout, employee);
}

kt_status_t
fin_store_load_hire(const kt_call_t *call, const fin_employee_record_t *order,
                    fin_hire_facts_t *facts, fin_headcount_work_t *work)
{
    fin_book_record_t book;
    fin_commodity_record_t commodity;
    *facts = (fin_hire_facts_t){0};
    *work = (fin_headcount_work_t){0};
    KT_TRY(get_employee(call, order->employee, &facts->employee, &facts->there));
    if (facts->there)
        return kt_ok();
    KT_TRY(fin_store_load_place(call, order->reservation, &facts->place, work));
    KT_TRY(fin_store_load_book(call, facts->place.place.book, &book));
    return fin_store_load_commodity(call, &book, order->commodity, &commodity);
}

kt_status_t
fin_store_apply_hire(const kt_call_t *call, const fin_headcount_work_t *work,
                     const fin_place_facts_t *place, const fin_employee_record_t *employee)
{
    kt_key_t key;
    KT_TRY(fin_store_apply_place(call, work, place));
    KT_TRY(fin_store_put_employee(call, employee));
    return fin_store_put_place(
        call, FIN_TABLE_EMPLOYEE_PLACE,
        fin_place_key(&key, work->part, employee->cost_centre, employee->employee));
}

kt_status_t
fin_store_load_leave(const kt_call_t *call, kt_span_t name, fin_employee_record_t *employee,
                     fin_headcount_facts_t *facts, fin_headcount_work_t *work)
{
    KT_TRY(fin_store_load_employee(call, name, employee));
    fin_headcount_record_t of = {.book = employee->book,
                                 .cost_centre = employee->cost_centre,
                                 .position = employee->position};
    KT_TRY(fin_store_load_headcount(call, &of, facts, work));
    return facts->found ? kt_ok()
                        : fin_store_corrupt(call, FIN_TABLE_HEADCOUNT, "an employee's headcount");
}

kt_status_t
fin_store_list_employees(const kt_call_t *call, kt_span_t book, kt_span_t cost_centre,
                         fin_listing_t *listing)
{
    uint64_t part;
    kt_key_t prefix;
    KT_TRY(fin_store_part(call, book, &part));
    kt_key_u64(kt_key(&prefix), part);
    if (cost_centre.size > 0)
        kt_key_name(&prefix, cost_centre);
    KT_TRY(fin_store_list_places(call, FIN_TABLE_EMPLOYEE_PLACE, &prefix, listing));
    const kt_span_t *names = (const kt_span_t *)listing->rows;
    fin_employee_record_t *list = KT_ARENA_ARRAY(call->arena, fin_employee_record_t,
                                                 listing->count);
    if (list == NULL)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < listing->count; i++)
        KT_TRY(fin_store_load_employee(call, names[i], &list[i]));
    listing->rows = list;
    return kt_ok();
}

/* ---- clearances ---- */

kt_status_t
fin_store_load_clearance(const kt_call_t *call, kt_span_t employee,
                         fin_clearance_record_t *clearance)
{
    kt_key_t key;
    bool found;
    *clearance = (fin_clearance_record_t){0};
    return kt_row_get(call, FIN_TABLE_CLEARANCE, kt_key_of_name(&key, employee),
                      &fin_clearance_layout, clearance, &found);
}

kt_status_t
fin_store_put_clearance(const kt_call_t *call, kt_span_t employee,
                        const fin_clearance_record_t *clearance)
{
    kt_key_t key;
    return kt_row_put(call, FIN_TABLE_CLEARANCE, kt_key_of_name(&key, employee),
                      &fin_clearance_layout, clearance);
}
