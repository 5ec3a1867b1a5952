#include "handlers/contracts.h"

#include "codec/contracts.h"
#include "store/contracts.h"

#include <kt/event.h>

kt_status_t
legal_kept(kt_call_t *call, const legal_contract_record_t *contract, legal_command_t command,
           kt_status_t status)
{
    if (status.code != KT_FAILED_PRECONDITION)
        return status;
    return kt_call_refuse(
        call, status.reason, status.text,
        kt_arena_printf(call->arena, "contract %.*s", (int)contract->contract.size,
                        (const char *)contract->contract.data),
        legal_status_name(contract->state), legal_contract_machine.commands[command]);
}

static kt_status_t
draft_contract(kt_call_t *call, const legal_draft_contract_request_t *request,
               legal_contract_t *response)
{
    legal_contract_record_t draft, next;
    legal_case_t at = {.caller = legal_caller(call)};
    KT_TRY(legal_draft_from_pb(call, request->contract, &draft));
    KT_TRY(legal_store_load_draft(call, &draft, &at));
    KT_TRY(legal_kept(call, &draft, LEGAL_DO_DRAFT, legal_decide_draft(&at, &draft, &next)));
    KT_TRY(legal_contract_to_pb(call, &next, response));
    return legal_store_apply_draft(call, &next);
}

static kt_status_t
update_contract(kt_call_t *call, const legal_update_contract_request_t *request,
                legal_contract_t *response)
{
    legal_contract_record_t change, next;
    legal_case_t at = {.caller = legal_caller(call)};
    KT_TRY(legal_change_from_pb(call, request->contract, &change));
    KT_TRY(legal_store_load_case(call, change.contract, 0, &at));
    KT_TRY(
        legal_kept(call, &at.contract, LEGAL_DO_UPDATE, legal_decide_update(&at, &change, &next)));
    KT_TRY(legal_contract_to_pb(call, &next, response));
    KT_TRY(legal_store_apply_editor(call, next.contract));
    return legal_store_apply_contract(call, &at.contract, &next);
}

static kt_status_t
get_contract(kt_call_t *call, const legal_get_contract_request_t *request,
             legal_contract_view_t *response)
{
    legal_order_t order;
    legal_case_t at = {.caller = legal_caller(call)};
    KT_TRY(legal_order_from_pb(call, &request->base, &order));
    KT_TRY(legal_store_load_case(call, order.contract, LEGAL_WITH_PLAN, &at));
    KT_TRY(legal_check_seen(&at.caller, &at.contract));
    legal_view_t view = legal_view(&at.contract, order.on_date);
    view.approved = legal_approved(&at);
    view.needed = legal_needed(&at);
    return legal_view_to_pb(call, &view, response);
}

static kt_status_t
list_contracts(kt_call_t *call, const legal_list_contracts_request_t *request,
               legal_list_contracts_response_t *response)
{
    legal_contracts_order_t order;
    legal_contract_list_t list;
    KT_TRY(legal_list_contracts_from_pb(call, request, &order));
    legal_filter_t filter = {.party = order.party,
                             .status = order.status,
                             .kind = order.kind,
                             .day = order.on_date,
                             .from = order.page.place,
                             .size = order.page.size};
    KT_TRY(legal_store_list_contracts(call, &filter, &list));
    legal_view_t *views = KT_ARENA_ARRAY(call->arena, legal_view_t, list.count);
    if (!views)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < list.count; i++)
        views[i] = legal_view(&list.rows[i], order.on_date);
    return legal_contracts_to_pb(call, &order, views, list.count, list.next, response);
}

static kt_status_t
list_approvals(kt_call_t *call, const legal_list_approvals_request_t *request,
               legal_list_approvals_response_t *response)
{
    legal_order_t order;
    legal_approval_record_t *approvals;
    uint32_t count;
    legal_case_t at = {.caller = legal_caller(call)};
    KT_TRY(legal_order_from_pb(call, &request->base, &order));
    KT_TRY(legal_store_load_case(call, order.contract, 0, &at));
    KT_TRY(legal_check_seen(&at.caller, &at.contract));
    KT_TRY(legal_store_list_approvals(call, order.contract, &approvals, &count));
    return legal_approvals_to_pb(call, &at.contract, approvals, count, response);
}

static kt_status_t
check_terms(kt_call_t *call, const legal_check_terms_request_t *request,
            legal_check_terms_response_t *response)
{
    legal_terms_t terms;
    int32_t day;
    KT_TRY(legal_check_terms_from_pb(call, request, &terms, &day));
    return legal_check_terms_to_pb(call, &terms, day, response);
}

const legal_contracts_handlers_t legal_contracts_handlers = {
    .draft_contract = draft_contract,
    .update_contract = update_contract,
    .begin_version = legal_begin_version,
    .put_chunk = legal_put_chunk,
    .finish_version = legal_finish_version,
    .read_version_take = legal_read_take,
    .read_version_give = legal_read_give,
    .submit_contract = legal_submit,
    .return_contract = legal_return,
    .start_approval = legal_start_approval,
    .approve = legal_approve,
    .reject_approval = legal_reject,
    .open_signing = legal_open_signing,
    .record_signature = legal_record_signature,
    .void_contract = legal_void,
    .give_notice = legal_give_notice,
    .terminate_contract = legal_terminate,
    .supersede_contract = legal_supersede,
    .get_contract = get_contract,
    .list_contracts = list_contracts,
    .list_approvals = list_approvals,
    .list_versions = legal_list_versions,
    .check_terms = check_terms,
};
