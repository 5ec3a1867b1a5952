/* The commands that take a contract from state to state. */
#include "codec/contracts.h"
#include "handlers/contracts.h"
#include "store/contracts.h"

/* One command on its way. */
typedef struct step {
    legal_order_t order;
    legal_case_t at;
    legal_contract_record_t next;
} step_t;

/* Everything up to the first write. */
static kt_status_t
decide(kt_call_t *call, const ProtobufCMessage *request, unsigned with, legal_command_t command,
       legal_decide_t decide_, step_t *step)
{
    *step = (step_t){.at.caller = legal_caller(call)};
    KT_TRY(legal_order_from_pb(call, request, &step->order));
    KT_TRY(legal_store_load_case(call, step->order.contract, with, &step->at));
    KT_TRY(legal_store_load_other(call, step->order.by, &step->at));
    return legal_kept(call, &step->at.contract, command,
                      decide_(&step->at, &step->order, &step->next));
}

static kt_status_t
apply(kt_call_t *call, const step_t *step)
{
    return legal_store_apply_contract(call, &step->at.contract, &step->next);
}

/* The contract as it stands after the step, today. */
static kt_status_t
view_to_pb(kt_call_t *call, const step_t *step, legal_contract_view_t *response)
{
    legal_case_t after = step->at;
    after.contract = step->next;
    if (after.contract.round != step->at.contract.round)
        after.approvals_count = 0;
    legal_view_t view = legal_view(&step->next, legal_today(call));
    view.approved = legal_approved(&after);
    view.needed = legal_needed(&after);
    return legal_view_to_pb(call, &view, response);
}

static kt_status_t
plain(kt_call_t *call, const ProtobufCMessage *request, unsigned with, legal_command_t command,
      legal_decide_t decide_, legal_contract_t *response)
{
    step_t step;
    KT_TRY(decide(call, request, with, command, decide_, &step));
    KT_TRY(legal_contract_to_pb(call, &step.next, response));
    return apply(call, &step);
}

static kt_status_t
viewed(kt_call_t *call, const ProtobufCMessage *request, legal_command_t command,
       legal_decide_t decide_, legal_contract_view_t *response)
{
    step_t step;
    KT_TRY(decide(call, request, LEGAL_WITH_PLAN, command, decide_, &step));
    KT_TRY(view_to_pb(call, &step, response));
    return apply(call, &step);
}

kt_status_t
legal_submit(kt_call_t *call, const legal_submit_contract_request_t *request,
             legal_contract_t *response)
{
    return plain(call, &request->base, 0, LEGAL_DO_SUBMIT, legal_decide_submit, response);
}

kt_status_t
legal_return(kt_call_t *call, const legal_return_contract_request_t *request,
             legal_contract_t *response)
{
    return plain(call, &request->base, 0, LEGAL_DO_RETURN, legal_decide_return, response);
}

kt_status_t
legal_start_approval(kt_call_t *call, const legal_start_approval_request_t *request,
                     legal_contract_view_t *response)
{
    return viewed(call, &request->base, LEGAL_DO_START, legal_decide_start, response);
}

kt_status_t
legal_approve(kt_call_t *call, const legal_approve_request_t *request,
              legal_contract_view_t *response)
{
    step_t step;
    KT_TRY(decide(call, &request->base, LEGAL_WITH_EDITORS | LEGAL_WITH_PLAN, LEGAL_DO_APPROVE,
                  legal_decide_approve, &step));
    legal_approval_record_t given[LEGAL_LEVELS_COUNT];
    uint32_t count = step.at.approvals_count;
    KT_ASSERT(count < LEGAL_LEVELS_COUNT);
    for (uint32_t i = 0; i < count; i++)
        given[i] = step.at.approvals[i];
    given[count] = legal_approval_made(&step.at, &step.order);
    step.at.approvals = given;
    step.at.approvals_count = count + 1;
    KT_TRY(view_to_pb(call, &step, response));
    KT_TRY(legal_store_apply_approval(call, step.next.contract, &given[count]));
    KT_TRY(apply(call, &step));
    return response->approved ? legal_store_tell_approved(call, &step.next) : kt_ok();
}

kt_status_t
legal_reject(kt_call_t *call, const legal_reject_approval_request_t *request,
             legal_contract_t *response)
{
    return plain(call, &request->base, 0, LEGAL_DO_REJECT, legal_decide_reject, response);
}

kt_status_t
legal_open_signing(kt_call_t *call, const legal_open_signing_request_t *request,
                   legal_contract_t *response)
{
    return plain(call, &request->base, LEGAL_WITH_PLAN | LEGAL_WITH_PARTY, LEGAL_DO_OPEN,
                 legal_decide_open, response);
}

kt_status_t
legal_record_signature(kt_call_t *call, const legal_record_signature_request_t *request,
                       legal_contract_t *response)
{
    step_t step;
    legal_contract_record_t ended;
    KT_TRY(decide(call, &request->base, LEGAL_WITH_EMPLOYEE | LEGAL_WITH_SUPERSEDED, LEGAL_DO_SIGN,
                  legal_decide_sign, &step));
    KT_TRY(legal_contract_to_pb(call, &step.next, response));
    if (legal_ends_other(&step.at, &step.next, &ended))
        KT_TRY(legal_store_apply_contract(call, &step.at.other, &ended));
    return apply(call, &step);
}

kt_status_t
legal_void(kt_call_t *call, const legal_void_contract_request_t *request,
           legal_contract_t *response)
{
    return plain(call, &request->base, 0, LEGAL_DO_VOID, legal_decide_void, response);
}

kt_status_t
legal_give_notice(kt_call_t *call, const legal_give_notice_request_t *request,
                  legal_contract_view_t *response)
{
    return viewed(call, &request->base, LEGAL_DO_NOTICE, legal_decide_notice, response);
}

kt_status_t
legal_terminate(kt_call_t *call, const legal_terminate_contract_request_t *request,
                legal_contract_view_t *response)
{
    return viewed(call, &request->base, LEGAL_DO_TERMINATE, legal_decide_terminate, response);
}

kt_status_t
legal_supersede(kt_call_t *call, const legal_supersede_contract_request_t *request,
                legal_contract_view_t *response)
{
    return viewed(call, &request->base, LEGAL_DO_SUPERSEDE, legal_decide_supersede, response);
}
