#include "codec/matters.h"

kt_status_t
legal_open_matter_from_pb(kt_call_t *call, const legal_open_matter_request_t *request,
                          legal_matter_record_t *draft)
{
    *draft = (legal_matter_record_t){.state = LEGAL_MATTER_AT_NONE};
    KT_TRY(kt_fields_from_pb(call, &legal_matter_layout, &request->base, "", draft));
    return legal_name_or_new(call, draft->matter, &draft->matter);
}

/* ---- deadlines ---- */

kt_status_t
legal_add_deadline_from_pb(kt_call_t *call, const legal_add_deadline_request_t *request,
                           legal_deadline_record_t *draft)
{
    *draft = (legal_deadline_record_t){0};
    KT_TRY(kt_fields_from_pb(call, &legal_deadline_layout, &request->base, "", draft));
    return legal_name_or_new(call, draft->deadline, &draft->deadline);
}

kt_status_t
legal_meet_from_pb(kt_call_t *call, const legal_meet_deadline_request_t *request,
                   legal_meet_order_t *order)
{
    *order = (legal_meet_order_t){0};
    KT_TRY(kt_fields_from_pb(call, &legal_meet_layout, &request->base, "", order));
    return legal_past_from_pb(call, request->met_on, "met_on", &order->met_on);
}

kt_status_t
legal_supersede_from_pb(kt_call_t *call, const legal_supersede_deadline_request_t *request,
                        legal_supersede_order_t *order)
{
    *order = (legal_supersede_order_t){0};
    KT_TRY(kt_fields_from_pb(call, &legal_supersede_layout, &request->base, "", order));
    return legal_name_or_new(call, order->new_deadline, &order->new_deadline);
}

/* An end of a range: empty is OPEN_END. */
static kt_status_t
end_from_pb(kt_call_t *call, const char *text, const char *field, int32_t open_end, int32_t *date)
{
    KT_TRY(legal_date_from_pb(call, text, field, date));
    if (text[0] == '\0')
        *date = open_end;
    return kt_ok();
}

kt_status_t
legal_list_deadlines_from_pb(kt_call_t *call, const legal_list_deadlines_request_t *request,
                             legal_deadlines_order_t *order)
{
    const char *fields[] = {request->from, request->to, request->matter};

    *order = (legal_deadlines_order_t){0};
    KT_TRY(end_from_pb(call, request->from, "from", KT_DATE_NONE, &order->first));
    KT_TRY(end_from_pb(call, request->to, "to", INT32_MAX, &order->last));
    if (request->matter[0] != '\0') {
        KT_TRY(legal_name_from_pb(call, request->matter, "matter", &order->matter));
        if (request->from[0] != '\0' || request->to[0] != '\0')
            return kt_call_bad_field(call, "goes without from and to", "matter");
    }
    KT_TRY(legal_date_from_pb(call, request->on_date, "on_date", &order->on_date));
    return kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           &order->page);
}

void
legal_date_deadlines(legal_deadline_record_t *deadlines, uint32_t count, int32_t date)
{
    for (uint32_t i = 0; i < count; i++)
        deadlines[i].state = legal_deadline_state(&deadlines[i], date);
}

/* ---- costs and holds ---- */

kt_status_t
legal_add_cost_from_pb(kt_call_t *call, const legal_add_cost_request_t *request,
                       legal_cost_record_t *draft)
{
    *draft = (legal_cost_record_t){0};
    KT_TRY(kt_fields_from_pb(call, &legal_cost_layout, &request->base, "", draft));
    for (size_t i = 0; i < 3; i++)
        if (i >= draft->currency.size || draft->currency.data[i] < 'A' ||
            draft->currency.data[i] > 'Z')
            return kt_call_bad_field(call, "is not three letters such as EUR", "currency");
    return kt_ok();
}

kt_status_t
legal_place_hold_from_pb(kt_call_t *call, const legal_place_hold_request_t *request,
                         legal_hold_record_t *draft)
{
    const kt_span_t *custodians;

    *draft = (legal_hold_record_t){0};
    KT_TRY(kt_fields_from_pb(call, &legal_hold_layout, &request->base, "", draft));
    custodians = (const kt_span_t *)draft->custodians.items;
    for (uint32_t i = 0; i < draft->custodians.count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (kt_span_equal(custodians[i], custodians[j]))
                return kt_call_bad_field(call, "stands there twice", "custodians[%u]", (unsigned)i);
    return legal_name_or_new(call, draft->hold, &draft->hold);
}

kt_status_t
legal_held_to_pb(kt_call_t *call, const kt_list_t *names, legal_is_held_response_t *response)
{
    const kt_span_t *spans = (const kt_span_t *)names->items;
    char **texts = KT_ARENA_ARRAY(call->arena, char *, names->count + 1);

    if (!texts)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < names->count; i++) {
        texts[i] = kt_arena_copy(call->arena, spans[i]);
        if (!texts[i])
            return kt_call_out_of_memory(call);
    }
    response->held = names->count > 0;
    response->matters = texts;
    response->n_matters = names->count;
    return kt_ok();
}
