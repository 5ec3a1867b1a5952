#include "codec/payables.h"

#include "codec/fields.h"
#include "codec/shape.h"

static kt_status_t
lines_from_pb(kt_call_t *call, const fin_schedule_request_t *request, fin_plan_t *plan)
{
    if (request->n_lines < 1 || request->n_lines > FIN_SCHEDULE_LINES_MAX)
        return kt_call_bad_field(call, "has not 1 to 120 lines", "lines");
    plan->schedule.lines_count = (uint32_t)request->n_lines;
    plan->lines = KT_ARENA_ARRAY(call->arena, fin_payable_record_t, request->n_lines);
    if (plan->lines == NULL)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < plan->schedule.lines_count; i++) {
        const char *prefix = kt_arena_printf(call->arena, "lines[%u].", (unsigned)i);
        KT_TRY(kt_fields_from_pb(call, &fin_payable_layout, &request->lines[i]->base, prefix,
                                 &plan->lines[i]));
        if (i > 0 && plan->lines[i].due_on < plan->lines[i - 1].due_on)
            return kt_call_bad_field(call, "is before the line before it", "%sdue_on", prefix);
    }
    return kt_ok();
}

kt_status_t
fin_plan_from_pb(kt_call_t *call, const fin_schedule_request_t *request, fin_plan_t *plan)
{
    kt_layout_clear(&fin_schedule_layout, &plan->schedule);
    KT_TRY(kt_fields_from_pb(call, &fin_schedule_layout, &request->base, "", &plan->schedule));
    return lines_from_pb(call, request, plan);
}

kt_status_t
fin_payable_to_pb(kt_call_t *call, const fin_payable_record_t *payable, uint32_t schedule_state,
                  fin_payable_t *response)
{
    KT_TRY(kt_fields_to_pb(call, &fin_payable_layout, payable, &response->base));
    response->entry = fin_pb_entry(call, (int32_t)payable->entry_year,
                                   (uint64_t)payable->entry_number);
    response->state = (fin_payable_state_t)fin_payable_state(payable, schedule_state,
                                                             fin_today(call));
    return fin_pb_done(call);
}

/* Lines of one schedule, or of several that are open. */
static kt_status_t
payables_to_pb(kt_call_t *call, const fin_payable_record_t *payables, uint32_t count,
               uint32_t schedule_state, size_t *n, fin_payable_t ***list)
{
    KT_TRY(kt_fields_list_to_pb(call, &fin_payable_layout, payables, count, &fin_payable_descriptor,
                                n, (void ***)list));
    for (uint32_t i = 0; i < count; i++)
        KT_TRY(fin_payable_to_pb(call, &payables[i], schedule_state, (*list)[i]));
    return kt_ok();
}

kt_status_t
fin_plan_to_pb(kt_call_t *call, const fin_plan_t *plan, fin_payment_schedule_t *response)
{
    KT_TRY(kt_fields_to_pb(call, &fin_schedule_layout, &plan->schedule, &response->base));
    return payables_to_pb(call, plan->lines, plan->schedule.lines_count, plan->schedule.state,
                          &response->n_lines, &response->lines);
}

kt_status_t
fin_receipt_from_pb(kt_call_t *call, const fin_record_receipt_request_t *request,
                    fin_receipt_t *receipt)
{
    *receipt = (fin_receipt_t){.receipt = kt_span_str(request->what),
                               .received_by = kt_span_str(call->principal),
                               .received_for = kt_span_str(call->on_behalf_of)};
    KT_TRY(fin_name_from_pb(call, request->schedule, "schedule", &receipt->schedule));
    KT_TRY(fin_shape_date(call, request->received_on, "received_on", &receipt->received_on));
    KT_TRY(fin_check_past(call, receipt->received_on, "received_on"));
    const char *wrong = kt_wrong_text(receipt->receipt, FIN_SCHEDULE_TEXT_BYTES_MAX);
    if (receipt->receipt.size == 0)
        wrong = "is missing";
    return wrong ? kt_call_bad_field(call, wrong, "what") : kt_ok();
}

kt_status_t
fin_pay_from_pb(kt_call_t *call, const fin_pay_payable_request_t *request, fin_pay_order_t *order)
{
    *order = (fin_pay_order_t){.line = request->line,
                               .payer = kt_span_str(call->principal),
                               .payer_for = kt_span_str(call->on_behalf_of)};
    KT_TRY(fin_name_from_pb(call, request->schedule, "schedule", &order->schedule));
    if (order->line < 1 || order->line > FIN_SCHEDULE_LINES_MAX)
        return kt_call_bad_field(call, "is not 1 to 120", "line");
    KT_TRY(fin_shape_date(call, request->paid_on, "paid_on", &order->paid_on));
    KT_TRY(fin_check_past(call, order->paid_on, "paid_on"));
    return fin_shape_name(call, request->bank_account, FIN_PATH_BYTES_MAX, "bank_account",
                          &order->bank_account);
}

kt_status_t
fin_list_payables_from_pb(kt_call_t *call, const fin_list_payables_request_t *request,
                          fin_due_order_t *order)
{
    KT_TRY(fin_shape_book(call, request->book, "book", &order->book));
    order->until = INT32_MAX;
    if (request->due_until[0] != '\0')
        KT_TRY(fin_shape_date(call, request->due_until, "due_until", &order->until));
    return fin_listing_from_pb(call, request->page_size, request->page_token,
                               (const char *const[]){request->book, request->due_until}, 2,
                               &order->listing);
}

kt_status_t
fin_payables_to_pb(kt_call_t *call, const fin_listing_t *listing,
                   fin_list_payables_response_t *response)
{
    KT_TRY(payables_to_pb(call, (const fin_payable_record_t *)listing->rows, listing->count,
                          FIN_SCHEDULE_OPEN, &response->n_payables, &response->payables));
    return fin_listing_to_pb(call, listing, &response->next_page_token);
}
