#include "store/budgets.h"

#include "store/lookup.h"
#include "store/tables.h"

/* ---- keys ---- */

kt_key_t *
fin_cost_centre_key(kt_key_t *key, uint64_t part, kt_span_t cost_centre)
{
    return kt_key_name(kt_key_u64(kt_key(key), part), cost_centre);
}

/* Those of one cost centre and commodity sort by their last month, and do not overlap: the budget
 * of a month is the first that ends in it or later, if it begins early enough. */
kt_key_t *
fin_budget_key(kt_key_t *key, uint64_t part, const fin_budget_record_t *budget)
{
    fin_cost_centre_key(key, part, budget->cost_centre);
    return kt_key_u32(kt_key_name(key, budget->commodity), budget->to_month);
}

/* ---- cost centres ---- */

static kt_status_t
has_cost_centre(const kt_call_t *call, uint64_t part, kt_span_t cost_centre, bool *found)
{
    kt_key_t key;
    return kt_row_has(call, FIN_TABLE_COST_CENTRE, fin_cost_centre_key(&key, part, cost_centre),
                      found);
}

kt_status_t
fin_store_has_cost_centre(const kt_call_t *call, kt_span_t book, kt_span_t cost_centre, bool *found)
{
    uint64_t part;
    KT_TRY(fin_store_part(call, book, &part));
    return has_cost_centre(call, part, cost_centre, found);
}

kt_status_t
fin_store_load_cost_centre(const kt_call_t *call, kt_span_t book, kt_span_t cost_centre,
                           fin_cost_centre_record_t *record)
{
    uint64_t part;
    kt_key_t key;
    KT_TRY(fin_store_part(call, book, &part));
    return kt_row_must(call, FIN_TABLE_COST_CENTRE, fin_cost_centre_key(&key, part, cost_centre),
                       &fin_cost_centre_layout, record, FIN_COST_CENTRE_UNKNOWN,
                       "the book has no such cost centre");
}

kt_status_t
fin_store_apply_cost_centre(const kt_call_t *call, const fin_cost_centre_record_t *record)
{
    uint64_t part;
    kt_key_t key;
    KT_TRY(fin_store_part(call, record->book, &part));
    return kt_row_put(call, FIN_TABLE_COST_CENTRE,
                      fin_cost_centre_key(&key, part, record->cost_centre), &fin_cost_centre_layout,
                      record);
}

kt_status_t
fin_store_list_cost_centres(const kt_call_t *call, kt_span_t book, fin_listing_t *listing)
{
    uint64_t part;
    kt_key_t prefix;
    KT_TRY(fin_store_part(call, book, &part));
    return fin_store_list(call, FIN_TABLE_COST_CENTRE, kt_key_u64(kt_key(&prefix), part),
                          &fin_cost_centre_layout, listing);
}

/* ---- budgets ---- */

/* The first budget of that cost centre and commodity that ends in to_month or later. */
static kt_status_t
find_budget(const kt_call_t *call, uint64_t part, const fin_budget_record_t *from,
            fin_budget_record_t *budget, bool *found)
{
    kt_key_t key, prefix;
    fin_budget_key(&key, part, from);
    kt_key_bytes(kt_key(&prefix), key.data, key.size - sizeof(uint32_t));
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    KT_TRY(kt_rows_begin_at(&rows, call, FIN_TABLE_BUDGET, &prefix, kt_key_span(&key)));
    *found = kt_rows_next(&rows, &fin_budget_layout, budget);
    return rows.status;
}

static kt_status_t
load_expired(const kt_call_t *call, uint64_t part, const fin_budget_record_t *budget,
             fin_expired_t *expired)
{
    kt_key_t key;
    fin_allowance_key_t of = {FIN_SCARCE_BUDGET, fin_budget_key(&key, part, budget)};
    return fin_store_load_expired(call, &of, &budget->allowance, expired);
}

kt_status_t
fin_store_load_set_budget(const kt_call_t *call, const fin_budget_record_t *order,
                          fin_budget_facts_t *facts, fin_budget_work_t *work)
{
    fin_book_record_t book;
    fin_commodity_record_t commodity;
    fin_budget_record_t from = *order;
    *facts = (fin_budget_facts_t){0};
    *work = (fin_budget_work_t){0};
    KT_TRY(fin_store_load_book(call, order->book, &book));
    work->part = book.part;
    KT_TRY(has_cost_centre(call, book.part, order->cost_centre, &facts->cost_centre));
    KT_TRY(fin_store_load_commodity(call, &book, order->commodity, &commodity));
    from.to_month = order->from_month;
    KT_TRY(find_budget(call, book.part, &from, &facts->budget, &facts->found));
    if (!facts->found)
        return kt_ok();
    KT_TRY(load_expired(call, book.part, &facts->budget, &work->expired));
    facts->lapsed = work->expired.lapsed;
    return kt_ok();
}

kt_status_t
fin_store_apply_budget(const kt_call_t *call, const fin_budget_work_t *work,
                       const fin_budget_record_t *budget)
{
    kt_key_t key;
    KT_TRY(fin_store_apply_expired(call, &work->expired));
    return kt_row_put(call, FIN_TABLE_BUDGET, fin_budget_key(&key, work->part, budget),
                      &fin_budget_layout, budget);
}

/* For those who read: what has expired is dropped from the record they see. */
static kt_status_t
see(const kt_call_t *call, uint64_t part, fin_budget_record_t *budget)
{
    fin_expired_t expired;
    KT_TRY(load_expired(call, part, budget, &expired));
    fin_allowance_advance(&budget->allowance, &expired.lapsed, call->now_us);
    return kt_ok();
}

kt_status_t
fin_store_load_budget(const kt_call_t *call, const fin_budget_record_t *order,
                      fin_budget_record_t *budget)
{
    uint64_t part;
    bool found;
    KT_TRY(fin_store_part(call, order->book, &part));
    KT_TRY(find_budget(call, part, order, budget, &found));
    if (!found || budget->from_month > order->to_month)
        return kt_error(KT_NOT_FOUND, FIN_BUDGET_UNKNOWN,
                        "the cost centre has no budget in that commodity on that day");
    return see(call, part, budget);
}

kt_status_t
fin_store_list_budgets(const kt_call_t *call, kt_span_t book, kt_span_t cost_centre,
                       fin_listing_t *listing)
{
    uint64_t part;
    kt_key_t prefix;
    KT_TRY(fin_store_part(call, book, &part));
    kt_key_u64(kt_key(&prefix), part);
    if (cost_centre.size > 0)
        kt_key_name(&prefix, cost_centre);
    KT_TRY(fin_store_list(call, FIN_TABLE_BUDGET, &prefix, &fin_budget_layout, listing));
    for (uint32_t i = 0; i < listing->count; i++)
        KT_TRY(see(call, part, (fin_budget_record_t *)listing->rows + i));
    return kt_ok();
}

/* ---- reservations ---- */

kt_status_t
fin_store_load_reserve_budget(const kt_call_t *call, fin_reservation_facts_t *facts,
                              fin_budget_work_t *work)
{
    const fin_reservation_record_t *asked = &facts->reservation;
    fin_budget_record_t of = {
        .book = asked->book,
        .cost_centre = asked->cost_centre,
        .commodity = asked->commodity,
        .to_month = (uint32_t)kt_month_of(kt_date_from_days(asked->on_date)),
    };
    kt_key_t key;
    *work = (fin_budget_work_t){0};
    KT_TRY(fin_store_part(call, asked->book, &work->part));
    KT_TRY(has_cost_centre(call, work->part, asked->cost_centre, &facts->cost_centre));
    KT_TRY(kt_row_has(call, FIN_TABLE_RESERVATION, kt_key_of_name(&key, asked->reservation),
                      &facts->taken));
    KT_TRY(find_budget(call, work->part, &of, &facts->budget, &facts->found));
    facts->found = facts->found && facts->budget.from_month <= of.to_month;
    if (!facts->found)
        return kt_ok();
    KT_TRY(load_expired(call, work->part, &facts->budget, &work->expired));
    facts->lapsed = work->expired.lapsed;
    return kt_ok();
}

kt_status_t
fin_store_load_reservation(const kt_call_t *call, kt_span_t name,
                           fin_reservation_record_t *reservation)
{
    kt_key_t key;
    return kt_row_must(call, FIN_TABLE_RESERVATION, kt_key_of_name(&key, name),
                       &fin_reservation_layout, reservation, FIN_RESERVATION_UNKNOWN,
                       "there is no reservation of that name");
}

kt_status_t
fin_store_load_reservation_facts(const kt_call_t *call, kt_span_t name,
                                 fin_reservation_facts_t *facts, fin_budget_work_t *work)
{
    const fin_reservation_record_t *reservation = &facts->reservation;
    kt_key_t key;
    *facts = (fin_reservation_facts_t){0};
    *work = (fin_budget_work_t){0};
    KT_TRY(fin_store_load_reservation(call, name, &facts->reservation));
    KT_TRY(fin_store_part(call, reservation->book, &work->part));
    fin_budget_record_t of = {.cost_centre = reservation->cost_centre,
                              .commodity = reservation->commodity,
                              .to_month = reservation->to_month};
    KT_TRY(kt_row_get(call, FIN_TABLE_BUDGET, fin_budget_key(&key, work->part, &of),
                      &fin_budget_layout, &facts->budget, &facts->found));
    if (!facts->found)
        return fin_store_corrupt(call, FIN_TABLE_BUDGET, "the budget of a reservation");
    KT_TRY(load_expired(call, work->part, &facts->budget, &work->expired));
    facts->lapsed = work->expired.lapsed;
    return kt_ok();
}

kt_status_t
fin_store_put_reservation(const kt_call_t *call, const fin_reservation_record_t *reservation)
{
    kt_key_t key;
    return kt_row_put(call, FIN_TABLE_RESERVATION, kt_key_of_name(&key, reservation->reservation),
                      &fin_reservation_layout, reservation);
}

kt_status_t
fin_store_apply_reservation(const kt_call_t *call, const fin_budget_work_t *work,
                            const fin_reservation_facts_t *facts)
{
    const fin_reservation_record_t *reservation = &facts->reservation;
    kt_key_t key, budget;
    fin_allowance_key_t of = {FIN_SCARCE_BUDGET,
                              fin_budget_key(&budget, work->part, &facts->budget)};
    fin_expiry_t expiry = {.reservation = reservation->reservation,
                           .expires_us = reservation->expires_us,
                           .amount = reservation->amount_minor};
    KT_TRY(fin_store_apply_budget(call, work, &facts->budget));
    KT_TRY(fin_store_put_reservation(call, reservation));
    KT_TRY(fin_store_put_place(
        call, FIN_TABLE_RESERVATION_PLACE,
        fin_place_key(&key, work->part, reservation->cost_centre, reservation->reservation)));
    return fin_store_put_expiry(call, &of, &expiry, reservation->state == FIN_RESERVATION_RESERVED);
}

kt_status_t
fin_store_list_reservations(const kt_call_t *call, kt_span_t book, kt_span_t cost_centre,
                            fin_listing_t *listing)
{
    uint64_t part;
    kt_key_t prefix;
    KT_TRY(fin_store_part(call, book, &part));
    KT_TRY(fin_store_list_places(call, FIN_TABLE_RESERVATION_PLACE,
                                 fin_cost_centre_key(&prefix, part, cost_centre), listing));
    const kt_span_t *names = (const kt_span_t *)listing->rows;
    fin_reservation_record_t *list = KT_ARENA_ARRAY(call->arena, fin_reservation_record_t,
                                                    listing->count);
    if (list == NULL)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < listing->count; i++)
        KT_TRY(fin_store_load_reservation(call, names[i], &list[i]));
    listing->rows = list;
    return kt_ok();
}
