#include "codec/contracts.h"

#include "codec/single.h"

#include <kt/time.h>

#define PAGE_SIZE_MAX 200

int32_t
legal_today(const kt_call_t *call)
{
    int64_t days = call->now_us / KT_US_PER_DAY;
    return (int32_t)(call->now_us % KT_US_PER_DAY < 0 ? days - 1 : days);
}

legal_caller_t
legal_caller(const kt_call_t *call)
{
    return (legal_caller_t){.arena = call->arena,
                            .principal = kt_span_str(call->principal),
                            .on_behalf_of = kt_span_str(call->on_behalf_of),
                            .roles = call->roles,
                            .roles_count = call->roles_count,
                            .now_us = call->now_us,
                            .today = legal_today(call)};
}

/* ---- contracts ---- */

static kt_status_t
check_value(kt_call_t *call, const legal_contract_record_t *contract)
{
    const char *wrong = legal_wrong_currency(contract->currency);
    if (wrong && (contract->currency.size > 0 || contract->value_minor > 0))
        return kt_call_bad_field(call, wrong, "contract.currency");
    return kt_ok();
}

static kt_status_t
check_sides(kt_call_t *call, const legal_contract_record_t *contract)
{
    bool employment = contract->kind == LEGAL_KIND_EMPLOYMENT;
    if (contract->kind == 0)
        return kt_call_bad_field(call, "is missing", "contract.kind");
    if (employment && contract->employee.size == 0)
        return kt_call_bad_field(call, "says whose employment it is", "contract.employee");
    if (!employment && contract->employee.size > 0)
        return kt_call_bad_field(call, "belongs to EMPLOYMENT", "contract.employee");
    if (!employment && contract->party.size == 0)
        return kt_call_bad_field(call, "says with whom it is made", "contract.party");
    if (contract->supersedes.size > 0 && kt_span_equal(contract->supersedes, contract->contract))
        return kt_call_bad_field(call, "is another contract", "contract.supersedes");
    return kt_ok();
}

static kt_status_t
contract_from_pb(kt_call_t *call, const legal_contract_t *message,
                 legal_contract_record_t *contract)
{
    kt_layout_clear(&legal_contract_layout, contract);
    KT_TRY(kt_fields_from_pb(call, &legal_contract_layout, message ? &message->base : NULL,
                             "contract.", contract));
    return check_value(call, contract);
}

kt_status_t
legal_draft_from_pb(kt_call_t *call, const legal_contract_t *message,
                    legal_contract_record_t *draft)
{
    KT_TRY(contract_from_pb(call, message, draft));
    KT_TRY(check_sides(call, draft));
    return legal_name_or_new(call, draft->contract, &draft->contract);
}

kt_status_t
legal_change_from_pb(kt_call_t *call, const legal_contract_t *message,
                     legal_contract_record_t *change)
{
    KT_TRY(contract_from_pb(call, message, change));
    return change->contract.size == 0 ? kt_call_bad_field(call, "is missing", "contract.contract")
                                      : kt_ok();
}

kt_status_t
legal_order_from_pb(kt_call_t *call, const ProtobufCMessage *request, legal_order_t *order)
{
    int32_t today = legal_today(call);
    kt_layout_clear(&legal_order_layout, order);
    KT_TRY(kt_fields_from_pb(call, &legal_order_layout, request, "", order));
    if (order->signed_on != KT_DATE_NONE && order->signed_on > today)
        return kt_call_bad_field(call, "is still to come", "signed_on");
    if (order->given_on != KT_DATE_NONE && order->given_on > today)
        return kt_call_bad_field(call, "is still to come", "given_on");
    if (order->given_on == KT_DATE_NONE)
        order->given_on = today;
    if (order->on_date == KT_DATE_NONE)
        order->on_date = today;
    return kt_ok();
}

kt_status_t
legal_contract_to_pb(kt_call_t *call, const legal_contract_record_t *contract,
                     legal_contract_t *response)
{
    return kt_fields_to_pb(call, &legal_contract_layout, contract, &response->base);
}

/* ---- views ---- */

static const kt_field_t VIEW_FIELDS[] = {
    KT_F_PART(legal_view_t, contract, &legal_contract_layout, KT_OUTPUT),
    KT_F_DATE(legal_view_t, on_date, KT_OUTPUT),
    KT_F_ENUM(legal_view_t, status, LEGAL_EXPIRED, KT_OUTPUT),
    KT_F_BOOL(legal_view_t, approved, KT_OUTPUT),
    KT_F_ENUM(legal_view_t, problem, LEGAL_BEYOND_CALENDAR, KT_OUTPUT),
    KT_F_TEXT(legal_view_t, problem_text, 200, KT_OUTPUT),
    KT_F_DATE(legal_view_t, first_end, KT_OUTPUT),
    KT_F_DATE(legal_view_t, current_end, KT_OUTPUT),
    KT_F_DATE(legal_view_t, notice_deadline, KT_OUTPUT),
    KT_F_DATE(legal_view_t, ends_on, KT_OUTPUT),
};
static const kt_layout_t VIEW = KT_LAYOUT("contract view", legal_view_t, VIEW_FIELDS);

legal_view_t
legal_view(const legal_contract_record_t *contract, int32_t day)
{
    legal_standing_t standing = legal_stand(contract, day);
    return (legal_view_t){
        .contract = *contract,
        .on_date = day,
        .status = (uint32_t)standing.status,
        .problem = (uint32_t)standing.problem,
        .problem_text = kt_span_str(legal_problem_text(standing.problem)),
        .first_end = standing.first_end,
        .current_end = standing.current_end,
        .notice_deadline = standing.notice_deadline,
        .ends_on = standing.ends_on,
        /* Nothing gets there without. */
        .approved = contract->state >= LEGAL_SIGNING && contract->state != LEGAL_VOID,
    };
}

static kt_status_t
fill_needed(kt_call_t *call, uint32_t needed, legal_contract_view_t *response)
{
    response->needed = KT_ARENA_ARRAY(call->arena, legal_approval_level_t, LEGAL_LEVELS_COUNT);
    if (!response->needed)
        return kt_call_out_of_memory(call);
    for (uint32_t level = 1; level < LEGAL_LEVELS_COUNT; level++)
        if (needed & LEGAL_LEVEL_BIT(level))
            response->needed[response->n_needed++] = (legal_approval_level_t)level;
    return kt_ok();
}

kt_status_t
legal_view_to_pb(kt_call_t *call, const legal_view_t *view, legal_contract_view_t *response)
{
    KT_TRY(fill_needed(call, view->needed, response));
    return kt_fields_to_pb(call, &VIEW, view, &response->base);
}

kt_status_t
legal_list_contracts_from_pb(kt_call_t *call, const legal_list_contracts_request_t *request,
                             legal_contracts_order_t *order)
{
    typedef struct filter {
        uint32_t status, kind;
        kt_span_t party;
        int32_t on_date;
    } filter_t;
    static const kt_field_t fields[] = {
        KT_F_ENUM(filter_t, status, LEGAL_EXPIRED, 0),
        KT_F_ENUM(filter_t, kind, LEGAL_KIND_OTHER, 0),
        KT_F_NAME(filter_t, party, LEGAL_NAME_BYTES_MAX, 0),
        KT_F_DATE(filter_t, on_date, 0),
    };
    static const kt_layout_t layout = KT_LAYOUT("filter", filter_t, fields);
    filter_t filter = {.on_date = KT_DATE_NONE};
    KT_TRY(kt_fields_from_pb(call, &layout, &request->base, "", &filter));
    const char *shape[] = {
        request->party, request->on_date,
        kt_arena_printf(call->arena, "%u %u", (unsigned)filter.status, (unsigned)filter.kind)};
    if (request->page_size > PAGE_SIZE_MAX)
        return kt_call_bad_field(call, "is 1 to 200, or 0 for 100", "page_size");
    *order = (legal_contracts_order_t){.status = filter.status,
                                       .kind = filter.kind,
                                       .party = filter.party,
                                       .on_date = filter.on_date == KT_DATE_NONE ? legal_today(call)
                                                                                 : filter.on_date};
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, shape, KT_COUNT(shape),
                           &order->page));
    /* Under a party the places are keys that begin with its name and a zero byte. */
    kt_span_t prefix = kt_span(request->party, order->party.size > 0 ? order->party.size + 1 : 0);
    if (order->page.place.size > 0 && !kt_span_starts_with(order->page.place, prefix))
        return kt_call_bad_field(call, "is no token of this listing: begin again without one",
                                 "page_token");
    return kt_ok();
}

kt_status_t
legal_contracts_to_pb(kt_call_t *call, const legal_contracts_order_t *order,
                      const legal_view_t *views, uint32_t count, kt_span_t next,
                      legal_list_contracts_response_t *response)
{
    KT_TRY(kt_fields_list_to_pb(call, &VIEW, views, count, &legal_contract_view_descriptor,
                                &response->n_contracts, (void ***)&response->contracts));
    for (uint32_t i = 0; i < count; i++)
        KT_TRY(fill_needed(call, views[i].needed, response->contracts[i]));
    return kt_page_to_pb(call, &order->page, next, &response->next_page_token);
}

kt_status_t
legal_approvals_to_pb(kt_call_t *call, const legal_contract_record_t *contract,
                      const legal_approval_record_t *approvals, uint32_t count,
                      legal_list_approvals_response_t *response)
{
    KT_TRY(kt_fields_list_to_pb(call, &legal_approval_layout, approvals, count,
                                &legal_contract_approval_descriptor, &response->n_approvals,
                                (void ***)&response->approvals));
    for (uint32_t i = 0; i < count; i++)
        response->approvals[i]->counts = contract->state >= LEGAL_APPROVAL &&
                                         approvals[i].round == contract->round &&
                                         memcmp(approvals[i].sha256, contract->sha256,
                                                KT_HASH_BYTES) == 0;
    return kt_ok();
}

/* ---- the calculator ---- */

kt_status_t
legal_check_terms_from_pb(kt_call_t *call, const legal_check_terms_request_t *request,
                          legal_terms_t *terms, int32_t *day)
{
    legal_order_t order;
    kt_layout_clear(&legal_terms_layout, terms);
    KT_TRY(kt_fields_from_pb(call, &legal_terms_layout,
                             request->terms ? &request->terms->base : NULL, "terms.", terms));
    KT_TRY(legal_order_from_pb(call, &request->base, &order));
    *day = order.on_date;
    return kt_ok();
}

kt_status_t
legal_check_terms_to_pb(kt_call_t *call, const legal_terms_t *terms, int32_t day,
                        legal_check_terms_response_t *response)
{
    typedef struct checked {
        uint32_t problem;
        kt_span_t problem_text;
        legal_length_t first;
        int32_t first_end, current_end, notice_deadline;
    } checked_t;
    static const kt_field_t fields[] = {
        KT_F_ENUM(checked_t, problem, LEGAL_BEYOND_CALENDAR, KT_OUTPUT),
        KT_F_TEXT(checked_t, problem_text, 200, KT_OUTPUT),
        KT_F_PART(checked_t, first, &legal_length_layout, KT_OUTPUT),
        KT_F_DATE(checked_t, first_end, KT_OUTPUT),
        KT_F_DATE(checked_t, current_end, KT_OUTPUT),
        KT_F_DATE(checked_t, notice_deadline, KT_OUTPUT),
    };
    static const kt_layout_t layout = KT_LAYOUT("checked terms", checked_t, fields);
    legal_clear_t clear;
    legal_problem_t problem = legal_terms_clear(terms, &clear);
    checked_t checked = {.problem = (uint32_t)problem,
                         .problem_text = kt_span_str(legal_problem_text(problem)),
                         .first_end = KT_DATE_NONE,
                         .current_end = KT_DATE_NONE,
                         .notice_deadline = KT_DATE_NONE};
    if (problem == LEGAL_NO_PROBLEM) {
        legal_term_t term = legal_term_on(&clear, day);
        checked.first = clear.first;
        checked.first_end = clear.first_end;
        checked.current_end = term.end;
        checked.notice_deadline = term.deadline;
    }
    return kt_fields_to_pb(call, &layout, &checked, &response->base);
}
