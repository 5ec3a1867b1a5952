#include "domain/payables.h"

#include <kt/checked.h>

static const kt_field_t CONTRACT_FIELDS[] = {
    KT_F_NAME(fin_contract_record_t, contract, FIN_NAME_BYTES_MAX, 0),
    KT_F_ENUM(fin_contract_record_t, state, FIN_CONTRACT_VOID, 0),
    KT_F_DATE(fin_contract_record_t, starts_on, 0),
    KT_F_DATE(fin_contract_record_t, ends_on, 0),
    KT_F_TEXT(fin_contract_record_t, party, FIN_NAME_BYTES_MAX, 0),
    KT_F_TEXT(fin_contract_record_t, kind, FIN_CONTRACT_KIND_BYTES_MAX, 0),
};
const kt_layout_t fin_contract_layout = KT_LAYOUT("contract", fin_contract_record_t,
                                                  CONTRACT_FIELDS);

static const kt_field_t SCHEDULE_FIELDS[] = {
    KT_F_NAME(fin_schedule_record_t, schedule, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_schedule_record_t, book, FIN_ID_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_schedule_record_t, party, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_schedule_record_t, contract, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_schedule_record_t, reservation, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(fin_schedule_record_t, commodity, FIN_SYMBOL_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(fin_schedule_record_t, expense_account, FIN_PATH_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(fin_schedule_record_t, payable_account, FIN_PATH_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(fin_schedule_record_t, description, FIN_SCHEDULE_TEXT_BYTES_MAX, 0),
    KT_F_I64(fin_schedule_record_t, amount_minor, 1, INT64_MAX, KT_OUTPUT),
    KT_F_I64(fin_schedule_record_t, paid_minor, 0, INT64_MAX, KT_OUTPUT),
    KT_F_U32(fin_schedule_record_t, lines_count, 1, FIN_SCHEDULE_LINES_MAX, KT_OUTPUT),
    KT_F_U32(fin_schedule_record_t, paid_count, 0, FIN_SCHEDULE_LINES_MAX, KT_OUTPUT),
    KT_F_ENUM(fin_schedule_record_t, state, FIN_SCHEDULE_CANCELLED, KT_OUTPUT),
    KT_F_DATE(fin_schedule_record_t, received_on, KT_OUTPUT),
    KT_F_TEXT(fin_schedule_record_t, received_by, FIN_RECEIVER_BYTES_MAX, KT_OUTPUT),
    KT_F_TEXT(fin_schedule_record_t, received_for, FIN_RECEIVED_FOR_BYTES_MAX, KT_OUTPUT),
    KT_F_TEXT(fin_schedule_record_t, receipt, FIN_SCHEDULE_TEXT_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(fin_schedule_record_t, created_us, KT_OUTPUT),
};
const kt_layout_t fin_schedule_layout = KT_LAYOUT("schedule", fin_schedule_record_t,
                                                  SCHEDULE_FIELDS);

static const kt_field_t PAYABLE_FIELDS[] = {
    KT_F_NAME(fin_payable_record_t, schedule, FIN_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_U32(fin_payable_record_t, line, 1, FIN_SCHEDULE_LINES_MAX, KT_OUTPUT),
    KT_F_DATE(fin_payable_record_t, due_on, KT_REQUIRED),
    KT_F_I64(fin_payable_record_t, amount_minor, 1, INT64_MAX, KT_REQUIRED),
    KT_F_DATE(fin_payable_record_t, paid_on, KT_OUTPUT),
    KT_F_U32(fin_payable_record_t, entry_year, 0, KT_YEAR_MAX, KT_OUTPUT),
    KT_F_I64(fin_payable_record_t, entry_number, 0, INT64_MAX, KT_OUTPUT),
    KT_F_NAME(fin_payable_record_t, book, FIN_ID_BYTES_MAX, KT_OUTPUT),
    KT_F_NAME(fin_payable_record_t, party, FIN_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_TEXT(fin_payable_record_t, commodity, FIN_SYMBOL_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t fin_payable_layout = KT_LAYOUT("payable", fin_payable_record_t, PAYABLE_FIELDS);

/* ---- the table ---- */

enum { LAST, UNPAID, SAME_RECEIPT };

static const char *const STATES[] = {"NONE", "OPEN", "PAID", "CANCELLED"};
static const char *const COMMANDS[] = {"schedule", "receive", "pay", "cancel"};
static const char *const GUARDS[] = {
    [LAST] = "no other line is unpaid",
    [UNPAID] = "nothing of it is paid",
    [SAME_RECEIPT] = "nothing was received yet, or just the same",
};
static const kt_transition_t ROWS[] = {
    {FIN_SCHEDULE_NONE, FIN_SCHEDULE_PLAN, KT_UNGUARDED, FIN_SCHEDULE_OPEN, NULL},
    {FIN_SCHEDULE_OPEN, FIN_SCHEDULE_RECEIVE, SAME_RECEIPT, FIN_SCHEDULE_OPEN, NULL},
    {FIN_SCHEDULE_OPEN, FIN_SCHEDULE_PAY, LAST, FIN_SCHEDULE_PAID, NULL},
    {FIN_SCHEDULE_OPEN, FIN_SCHEDULE_PAY, KT_UNGUARDED, FIN_SCHEDULE_OPEN, NULL},
    {FIN_SCHEDULE_OPEN, FIN_SCHEDULE_CANCEL, UNPAID, FIN_SCHEDULE_CANCELLED, NULL},
    {FIN_SCHEDULE_PAID, FIN_SCHEDULE_RECEIVE, SAME_RECEIPT, FIN_SCHEDULE_PAID, NULL},
    {FIN_SCHEDULE_CANCELLED, FIN_SCHEDULE_CANCEL, KT_UNGUARDED, FIN_SCHEDULE_CANCELLED, NULL},
};
const kt_machine_t fin_schedule_machine = {
    .name = "finance.schedule",
    .states = STATES,
    .commands = COMMANDS,
    .guards = GUARDS,
    .states_count = KT_COUNT(STATES),
    .commands_count = KT_COUNT(COMMANDS),
    .guards_count = KT_COUNT(GUARDS),
    .rows = ROWS,
    .rows_count = KT_COUNT(ROWS),
    .first = FIN_SCHEDULE_NONE,
};

static kt_status_t
step(kt_arena_t *arena, uint32_t command, uint32_t holds, fin_schedule_record_t *schedule)
{
    fin_step_t step = {.machine = &fin_schedule_machine,
                       .command = command,
                       .holds = holds,
                       .reason = FIN_SCHEDULE_STATE,
                       .thing = schedule->schedule};
    return fin_step(arena, &step, &schedule->state);
}

/* ---- contracts ---- */

uint32_t
fin_contract_state(kt_span_t text)
{
    static const char *const NAMES[] = {"", "SIGNED", "TERMINATED", "SUPERSEDED", "VOID"};
    for (uint32_t i = 1; i < KT_COUNT(NAMES); i++)
        if (kt_span_equal(text, kt_span_str(NAMES[i])))
            return i;
    return FIN_CONTRACT_UNKNOWN;
}

bool
fin_contract_active(const fin_contract_record_t *contract, int32_t date)
{
    if (contract->starts_on == KT_DATE_NONE || date < contract->starts_on)
        return false;
    if (contract->state == FIN_CONTRACT_SIGNED)
        return contract->ends_on == KT_DATE_NONE || date <= contract->ends_on;
    bool ended = contract->state == FIN_CONTRACT_TERMINATED ||
                 contract->state == FIN_CONTRACT_SUPERSEDED;
    return ended && contract->ends_on != KT_DATE_NONE && date <= contract->ends_on;
}

/* ---- schedules ---- */

uint32_t
fin_payable_state(const fin_payable_record_t *payable, uint32_t schedule_state, int32_t today)
{
    if (payable->paid_on != KT_DATE_NONE)
        return FIN_PAYABLE_PAID;
    if (schedule_state == FIN_SCHEDULE_CANCELLED)
        return FIN_PAYABLE_CANCELLED;
    return payable->due_on <= today ? FIN_PAYABLE_DUE : FIN_PAYABLE_OPEN;
}

static bool
same_plan(const fin_plan_t *a, const fin_plan_t *b)
{
    const fin_schedule_record_t *x = &a->schedule, *y = &b->schedule;
    if (!kt_span_equal(x->book, y->book) || !kt_span_equal(x->party, y->party) ||
        !kt_span_equal(x->contract, y->contract) ||
        !kt_span_equal(x->reservation, y->reservation) ||
        !kt_span_equal(x->commodity, y->commodity) ||
        !kt_span_equal(x->expense_account, y->expense_account) ||
        !kt_span_equal(x->payable_account, y->payable_account) ||
        !kt_span_equal(x->description, y->description) || x->lines_count != y->lines_count)
        return false;
    for (uint32_t i = 0; i < x->lines_count; i++)
        if (a->lines[i].due_on != b->lines[i].due_on ||
            a->lines[i].amount_minor != b->lines[i].amount_minor)
            return false;
    return true;
}

static kt_status_t
sum_lines(fin_plan_t *plan)
{
    plan->schedule.amount_minor = 0;
    for (uint32_t i = 0; i < plan->schedule.lines_count; i++)
        if (!kt_add_i64(plan->schedule.amount_minor, plan->lines[i].amount_minor,
                        &plan->schedule.amount_minor))
            return kt_error(KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW,
                            "the sum of the lines does not fit 64 bits");
    return kt_ok();
}

static kt_status_t
not_covered(const char *text)
{
    return kt_error(KT_FAILED_PRECONDITION, FIN_PAYABLE_NOT_COVERED, text);
}

static kt_status_t
check_covered(kt_arena_t *arena, const fin_schedule_record_t *schedule,
              const fin_reservation_record_t *reservation)
{
    int64_t left = fin_reservation_left(reservation) - reservation->scheduled_minor;
    if (reservation->state != FIN_RESERVATION_COMMITTED)
        return not_covered(kt_arena_printf(arena, "the reservation is %s, not COMMITTED",
                                           fin_reservation_machine.states[reservation->state]));
    if (!kt_span_equal(schedule->book, reservation->book) ||
        !kt_span_equal(schedule->commodity, reservation->commodity))
        return not_covered("the reservation is of another book or commodity");
    if (schedule->amount_minor > left)
        return not_covered(kt_arena_printf(
            arena, "of the commitment only %lld is neither spent nor scheduled", (long long)left));
    return kt_ok();
}

kt_status_t
fin_decide_schedule(kt_arena_t *arena, int64_t now_us, fin_plan_facts_t *facts, fin_plan_t *asked,
                    bool *changes)
{
    *changes = !facts->there;
    if (facts->there && !same_plan(&facts->plan, asked))
        return kt_error(KT_ALREADY_EXISTS, FIN_SCHEDULE_EXISTS,
                        "there is a schedule of that name with other content");
    if (facts->there) {
        *asked = facts->plan;
        return kt_ok();
    }
    KT_TRY(sum_lines(asked));
    KT_TRY(check_covered(arena, &asked->schedule, &facts->reservation.reservation));
    facts->reservation.reservation.scheduled_minor += asked->schedule.amount_minor;
    asked->schedule.created_us = now_us;
    for (uint32_t i = 0; i < asked->schedule.lines_count; i++) {
        fin_payable_record_t *line = &asked->lines[i];
        line->schedule = asked->schedule.schedule;
        line->line = i + 1;
        line->paid_on = KT_DATE_NONE;
        line->book = asked->schedule.book;
        line->party = asked->schedule.party;
        line->commodity = asked->schedule.commodity;
    }
    return step(arena, FIN_SCHEDULE_PLAN, 0, &asked->schedule);
}

kt_status_t
fin_decide_cancel(kt_arena_t *arena, fin_plan_facts_t *facts, bool *changes)
{
    fin_schedule_record_t *schedule = &facts->plan.schedule;
    *changes = schedule->state == FIN_SCHEDULE_OPEN;
    KT_TRY(step(arena, FIN_SCHEDULE_CANCEL, schedule->paid_count == 0 ? FIN_HOLDS(UNPAID) : 0,
                schedule));
    if (*changes)
        facts->reservation.reservation.scheduled_minor -= schedule->amount_minor;
    return kt_ok();
}

kt_status_t
fin_decide_receipt(kt_arena_t *arena, const fin_receipt_t *receipt, fin_schedule_record_t *schedule)
{
    bool none = schedule->received_on == KT_DATE_NONE;
    bool same = schedule->received_on == receipt->received_on &&
                kt_span_equal(schedule->receipt, receipt->receipt) &&
                kt_span_equal(schedule->received_by, receipt->received_by) &&
                kt_span_equal(schedule->received_for, receipt->received_for);
    KT_TRY(step(arena, FIN_SCHEDULE_RECEIVE, none || same ? FIN_HOLDS(SAME_RECEIPT) : 0, schedule));
    schedule->received_on = receipt->received_on;
    schedule->receipt = receipt->receipt;
    schedule->received_by = receipt->received_by;
    schedule->received_for = receipt->received_for;
    return kt_ok();
}

/* ---- paying ---- */

static kt_status_t
no(uint32_t reason, const char *text)
{
    return kt_error(KT_FAILED_PRECONDITION, reason, text);
}

static bool
is_someone(kt_span_t who, kt_span_t other)
{
    return who.size > 0 && kt_span_equal(who, other);
}

/* Whoever acts, and on whose behalf: neither has received what they pay for. */
static bool
is_receiver(const fin_pay_order_t *order, const fin_schedule_record_t *schedule)
{
    return is_someone(order->payer, schedule->received_by) ||
           is_someone(order->payer, schedule->received_for) ||
           is_someone(order->payer_for, schedule->received_by) ||
           is_someone(order->payer_for, schedule->received_for);
}

static kt_status_t
check_gate(kt_arena_t *arena, const fin_pay_order_t *order, const fin_pay_facts_t *facts)
{
    const fin_schedule_record_t *schedule = &facts->schedule;
    const fin_contract_record_t *contract = &facts->contract;
    if (order->paid_on < facts->payable.due_on)
        return no(FIN_PAYABLE_NOT_DUE, "it is not due on that day");
    if (schedule->received_on == KT_DATE_NONE)
        return no(FIN_RECEIPT_MISSING, "nobody has recorded that it was received");
    if (is_receiver(order, schedule))
        return no(FIN_PAYER_IS_RECEIVER, "who recorded the receipt does not pay");
    if (!facts->contract_known || !fin_contract_active(contract, order->paid_on))
        return no(FIN_CONTRACT_NOT_ACTIVE,
                  kt_arena_printf(arena,
                                  "by what legal told, contract %.*s is not active on that "
                                  "day",
                                  (int)schedule->contract.size,
                                  (const char *)schedule->contract.data));
    if (!kt_span_equal(contract->party, schedule->party))
        return no(FIN_CONTRACT_PARTY, "by what legal told, the contract is with another party");
    if (facts->reservation.reservation.state != FIN_RESERVATION_COMMITTED)
        return not_covered("the reservation it is paid out of is no commitment");
    /* Out of the expense's own account nothing would be paid, and all of it spent. */
    if (facts->bank_known && (facts->bank_type != FIN_TYPE_ASSET ||
                              kt_span_equal(order->bank_account, schedule->expense_account)))
        return no(FIN_PAYMENT_ACCOUNT, "it is paid out of an asset account, not the expense's own");
    return kt_ok();
}

kt_status_t
fin_decide_pay(kt_arena_t *arena, int64_t now_us, const fin_pay_order_t *order,
               fin_pay_facts_t *facts)
{
    fin_schedule_record_t *schedule = &facts->schedule;
    fin_payable_record_t *payable = &facts->payable;
    bool last = schedule->paid_count + 1 == schedule->lines_count;
    if (payable->paid_on != KT_DATE_NONE)
        return no(FIN_PAYABLE_PAID_ALREADY, "it is paid already");
    KT_TRY(step(arena, FIN_SCHEDULE_PAY, last ? FIN_HOLDS(LAST) : 0, schedule));
    KT_TRY(check_gate(arena, order, facts));
    KT_TRY(fin_decide_spend_budget(arena, now_us, payable->amount_minor, &facts->reservation));
    schedule->paid_minor += payable->amount_minor;
    schedule->paid_count++;
    payable->paid_on = order->paid_on;
    return kt_ok();
}
