#include "codec/budgets.h"

#include "codec/fields.h"

/* ---- cost centres ---- */

kt_status_t
fin_cost_centre_from_pb(kt_call_t *call, const fin_create_cost_centre_request_t *request,
                        fin_cost_centre_record_t *record)
{
    kt_layout_clear(&fin_cost_centre_layout, record);
    KT_TRY(kt_fields_from_pb(call, &fin_cost_centre_layout, &request->base, "", record));
    record->created_us = call->now_us;
    return kt_ok();
}

kt_status_t
fin_cost_centre_to_pb(kt_call_t *call, const fin_cost_centre_record_t *record,
                      fin_cost_centre_t *response)
{
    return kt_fields_to_pb(call, &fin_cost_centre_layout, record, &response->base);
}

kt_status_t
fin_cost_centres_to_pb(kt_call_t *call, const fin_listing_t *listing,
                       fin_list_cost_centres_response_t *response)
{
    KT_TRY(kt_fields_list_to_pb(call, &fin_cost_centre_layout, listing->rows, listing->count,
                                &fin_cost_centre_descriptor, &response->n_cost_centres,
                                (void ***)&response->cost_centres));
    return fin_listing_to_pb(call, listing, &response->next_page_token);
}

/* ---- budgets ---- */

static kt_status_t
month_from_pb(kt_call_t *call, const char *text, const char *field, uint32_t *month)
{
    int32_t read = 0;
    FIN_CHECK(call, fin_wrong_month(kt_span_str(text), &read), "%s", field);
    *month = (uint32_t)read;
    return kt_ok();
}

kt_status_t
fin_set_budget_from_pb(kt_call_t *call, const fin_set_budget_request_t *request,
                       fin_budget_record_t *order)
{
    kt_layout_clear(&fin_budget_layout, order);
    KT_TRY(kt_fields_from_pb(call, &fin_budget_layout, &request->base, "", order));
    KT_TRY(month_from_pb(call, request->period_from, "period_from", &order->from_month));
    KT_TRY(month_from_pb(call, request->period_to, "period_to", &order->to_month));
    if (order->to_month < order->from_month ||
        order->to_month - order->from_month >= FIN_BUDGET_MONTHS_MAX)
        return kt_call_bad_field(call, "is not within 120 months from period_from", "period_to");
    if (request->amount_minor < 0)
        return kt_call_bad_field(call, "is below 0", "amount_minor");
    order->allowance.limit = request->amount_minor;
    return kt_ok();
}

kt_status_t
fin_get_budget_from_pb(kt_call_t *call, const fin_get_budget_request_t *request,
                       fin_budget_record_t *order)
{
    kt_date_t date = kt_date_from_days(fin_today(call));
    kt_layout_clear(&fin_budget_layout, order);
    KT_TRY(kt_fields_from_pb(call, &fin_budget_layout, &request->base, "", order));
    if (request->on_date[0] != '\0' && !kt_date_parse(kt_span_str(request->on_date), &date))
        return kt_call_bad_field(call, "is no date such as 2026-11-28", "on_date");
    order->to_month = (uint32_t)kt_month_of(date);
    return kt_ok();
}

kt_status_t
fin_budget_to_pb(kt_call_t *call, const fin_budget_record_t *budget, fin_budget_t *response)
{
    const fin_allowance_t *allowance = &budget->allowance;
    KT_TRY(kt_fields_to_pb(call, &fin_budget_layout, budget, &response->base));
    response->period_from = fin_pb_month(call, (int32_t)budget->from_month);
    response->period_to = fin_pb_month(call, (int32_t)budget->to_month);
    response->amount_minor = allowance->limit;
    response->reserved_minor = allowance->reserved;
    response->committed_minor = allowance->committed;
    response->spent_minor = allowance->used;
    response->free_minor = fin_allowance_free(allowance);
    response->as_of_us = allowance->seen_us;
    return fin_pb_done(call);
}

kt_status_t
fin_budgets_to_pb(kt_call_t *call, const fin_listing_t *listing,
                  fin_list_budgets_response_t *response)
{
    const fin_budget_record_t *budgets = (const fin_budget_record_t *)listing->rows;
    KT_TRY(kt_fields_list_to_pb(call, &fin_budget_layout, budgets, listing->count,
                                &fin_budget_descriptor, &response->n_budgets,
                                (void ***)&response->budgets));
    for (uint32_t i = 0; i < listing->count; i++)
        KT_TRY(fin_budget_to_pb(call, &budgets[i], response->budgets[i]));
    return fin_listing_to_pb(call, listing, &response->next_page_token);
}

/* ---- reservations ---- */

kt_status_t
fin_reserve_from_pb(kt_call_t *call, const fin_reserve_request_t *request,
                    fin_reservation_record_t *order)
{
    kt_layout_clear(&fin_reservation_layout, order);
    KT_TRY(kt_fields_from_pb(call, &fin_reservation_layout, &request->base, "", order));
    return fin_check_expiry(call, order->expires_us);
}

kt_status_t
fin_reference_from_pb(kt_call_t *call, const fin_commit_request_t *request, kt_span_t *reference)
{
    *reference = kt_span_str(request->reference);
    const char *wrong = kt_wrong_text(*reference, FIN_REFERENCE_BYTES_MAX);
    if (reference->size == 0)
        wrong = "is missing";
    return wrong ? kt_call_bad_field(call, wrong, "reference") : kt_ok();
}

kt_status_t
fin_reservation_to_pb(kt_call_t *call, const fin_reservation_record_t *reservation, int64_t seen_us,
                      fin_reservation_t *response)
{
    KT_TRY(kt_fields_to_pb(call, &fin_reservation_layout, reservation, &response->base));
    response->state = (fin_reservation_state_t)fin_reservation_state(reservation, seen_us);
    return kt_ok();
}

kt_status_t
fin_reservations_to_pb(kt_call_t *call, const fin_listing_t *listing,
                       fin_list_reservations_response_t *response)
{
    const fin_reservation_record_t *list = (const fin_reservation_record_t *)listing->rows;
    KT_TRY(kt_fields_list_to_pb(call, &fin_reservation_layout, list, listing->count,
                                &fin_reservation_descriptor, &response->n_reservations,
                                (void ***)&response->reservations));
    for (uint32_t i = 0; i < listing->count; i++)
        response->reservations[i]->state = (fin_reservation_state_t)fin_reservation_state(
            &list[i], call->now_us);
    return fin_listing_to_pb(call, listing, &response->next_page_token);
}
