#include "handlers/payables.h"

#include "codec/payables.h"
#include "domain/post.h"
#include "handlers/kept.h"
#include "store/payables.h"

/* ---- events ---- */

static kt_event_value_t
number(const kt_call_t *call, const char *name, int64_t value)
{
    return (kt_event_value_t){kt_span_str(name),
                              kt_span_str(kt_arena_printf(call->arena, "%lld", (long long)value))};
}

static kt_status_t
emit_schedule(kt_call_t *call, const char *type, const fin_schedule_record_t *schedule)
{
    kt_event_value_t values[] = {
        {kt_span_str("book"), schedule->book},
        {kt_span_str("party"), schedule->party},
        {kt_span_str("contract"), schedule->contract},
        {kt_span_str("reservation"), schedule->reservation},
        {kt_span_str("commodity"), schedule->commodity},
        number(call, "amount_minor", schedule->amount_minor),
        number(call, "lines", schedule->lines_count),
    };
    return kt_event_emit(call, type, schedule->schedule, values, KT_COUNT(values));
}

static kt_status_t
emit_paid(kt_call_t *call, const fin_pay_facts_t *facts, const fin_payable_t *response)
{
    const fin_schedule_record_t *schedule = &facts->schedule;
    kt_event_value_t values[] = {
        {kt_span_str("book"), schedule->book},
        {kt_span_str("party"), schedule->party},
        {kt_span_str("contract"), schedule->contract},
        {kt_span_str("commodity"), schedule->commodity},
        {kt_span_str("paid_on"), kt_span_str(response->paid_on)},
        {kt_span_str("entry"), kt_span_str(response->entry)},
        number(call, "line", facts->payable.line),
        number(call, "amount_minor", facts->payable.amount_minor),
    };
    KT_TRY(kt_event_emit(call, "payable.paid", schedule->schedule, values, KT_COUNT(values)));
    return schedule->state == FIN_SCHEDULE_PAID ? emit_schedule(call, "schedule.paid", schedule)
                                                : kt_ok();
}

/* ---- methods ---- */

static kt_status_t
schedule(kt_call_t *call, const fin_schedule_request_t *request, fin_payment_schedule_t *response)
{
    fin_plan_t plan;
    fin_plan_facts_t facts;
    fin_budget_work_t work;
    bool changes = false;
    KT_TRY(fin_plan_from_pb(call, request, &plan));
    KT_TRY(fin_store_load_new_plan(call, &plan, &facts, &work));
    fin_attempt_t attempt = {&fin_schedule_machine, plan.schedule.schedule, FIN_SCHEDULE_NONE,
                             FIN_SCHEDULE_PLAN};
    KT_TRY(fin_kept(call, &attempt,
                    fin_decide_schedule(call->arena, call->now_us, &facts, &plan, &changes)));
    KT_TRY(fin_plan_to_pb(call, &plan, response));
    if (!changes)
        return kt_ok();
    KT_TRY(fin_store_apply_plan(call, &work, &plan, &facts.reservation.reservation));
    return emit_schedule(call, "payable.scheduled", &plan.schedule);
}

static kt_status_t
cancel_schedule(kt_call_t *call, const fin_cancel_schedule_request_t *request,
                fin_payment_schedule_t *response)
{
    kt_span_t name;
    fin_plan_facts_t facts;
    fin_budget_work_t work;
    bool changes = false;
    KT_TRY(fin_name_from_pb(call, request->schedule, "schedule", &name));
    KT_TRY(fin_store_load_plan_facts(call, name, &facts, &work));
    fin_attempt_t attempt = {&fin_schedule_machine, name, facts.plan.schedule.state,
                             FIN_SCHEDULE_CANCEL};
    KT_TRY(fin_kept(call, &attempt, fin_decide_cancel(call->arena, &facts, &changes)));
    KT_TRY(fin_plan_to_pb(call, &facts.plan, response));
    if (!changes)
        return kt_ok();
    return fin_store_apply_plan(call, &work, &facts.plan, &facts.reservation.reservation);
}

static kt_status_t
record_receipt(kt_call_t *call, const fin_record_receipt_request_t *request,
               fin_payment_schedule_t *response)
{
    fin_receipt_t receipt;
    fin_plan_t plan;
    KT_TRY(fin_receipt_from_pb(call, request, &receipt));
    KT_TRY(fin_store_load_plan(call, receipt.schedule, &plan));
    fin_attempt_t attempt = {&fin_schedule_machine, receipt.schedule, plan.schedule.state,
                             FIN_SCHEDULE_RECEIVE};
    KT_TRY(fin_kept(call, &attempt, fin_decide_receipt(call->arena, &receipt, &plan.schedule)));
    KT_TRY(fin_plan_to_pb(call, &plan, response));
    return fin_store_put_schedule(call, &plan.schedule);
}

/* The gate, then the ledger: its refusals are the payment's. */
static kt_status_t
decide_payment(kt_call_t *call, const fin_pay_order_t *order, fin_pay_facts_t *facts,
               fin_pay_work_t *work)
{
    KT_TRY(fin_decide_pay(call->arena, call->now_us, order, facts));
    KT_TRY(fin_decide_post(work->ledger, &work->draft, &work->posting));
    facts->payable.entry_year = (uint32_t)work->posting.entry.year;
    facts->payable.entry_number = (int64_t)work->posting.entry.number;
    return kt_ok();
}

static kt_status_t
pay_payable(kt_call_t *call, const fin_pay_payable_request_t *request, fin_payable_t *response)
{
    fin_pay_order_t order;
    fin_pay_facts_t facts;
    fin_pay_work_t work;
    KT_TRY(fin_pay_from_pb(call, request, &order));
    KT_TRY(fin_store_load_pay(call, &order, &facts, &work));
    fin_attempt_t attempt = {&fin_schedule_machine, order.schedule, facts.schedule.state,
                             FIN_SCHEDULE_PAY};
    KT_TRY(fin_kept(call, &attempt, decide_payment(call, &order, &facts, &work)));
    KT_TRY(fin_payable_to_pb(call, &facts.payable, facts.schedule.state, response));
    KT_TRY(fin_store_apply_pay(call, &facts, &work));
    return emit_paid(call, &facts, response);
}

static kt_status_t
get_schedule(kt_call_t *call, const fin_get_schedule_request_t *request,
             fin_payment_schedule_t *response)
{
    kt_span_t name;
    fin_plan_t plan;
    KT_TRY(fin_name_from_pb(call, request->schedule, "schedule", &name));
    KT_TRY(fin_store_load_plan(call, name, &plan));
    return fin_plan_to_pb(call, &plan, response);
}

static kt_status_t
list_payables(kt_call_t *call, const fin_list_payables_request_t *request,
              fin_list_payables_response_t *response)
{
    fin_due_order_t order;
    KT_TRY(fin_list_payables_from_pb(call, request, &order));
    KT_TRY(fin_store_list_payables(call, order.book, order.until, &order.listing));
    return fin_payables_to_pb(call, &order.listing, response);
}

const fin_payables_handlers_t fin_payables_handlers = {
    .schedule = schedule,
    .cancel_schedule = cancel_schedule,
    .record_receipt = record_receipt,
    .pay_payable = pay_payable,
    .get_schedule = get_schedule,
    .list_payables = list_payables,
};
