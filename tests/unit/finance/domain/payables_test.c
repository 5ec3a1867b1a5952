/* Schedules, and the gate that payments pass: every refusal has its row. */
#include "arena_fixture.h"

#include "domain/payables.h"

#define NAME(text) kt_span_str(text)

/* Days: the contract runs 100..200, the line is due on 110, today is what the order says. */

static void
the_table_is_sound(void **state)
{
    (void)state;
    assert_null(kt_machine_wrong(&fin_schedule_machine));
}

/* ---- contracts ---- */

static void
a_contract_is_active_by_state_and_day(void **state)
{
    (void)state;
    static const struct {
        const char *state;
        int32_t starts_on, ends_on, date;
        bool active;
    } ROWS[] = {
        {"SIGNED", 100, 200, 99, false},
        {"SIGNED", 100, 200, 100, true},
        {"SIGNED", 100, 200, 200, true},
        {"SIGNED", 100, 200, 201, false},
        {"SIGNED", 100, KT_DATE_NONE, 9999, true},
        {"SIGNED", KT_DATE_NONE, 200, 150, false},
        {"TERMINATED", 100, 200, 200, true},
        {"TERMINATED", 100, 200, 201, false},
        {"TERMINATED", 100, KT_DATE_NONE, 150, false},
        {"SUPERSEDED", 100, 200, 200, true}, /* its successor begins on 201 */
        {"SUPERSEDED", 100, 200, 201, false},
        {"SUPERSEDED", 100, KT_DATE_NONE, 150, false},
        {"VOID", 100, 200, 150, false},
        {"signed", 100, 200, 150, false},
        {"", 100, 200, 150, false},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_contract_record_t contract = {.state = fin_contract_state(NAME(ROWS[i].state)),
                                          .starts_on = ROWS[i].starts_on,
                                          .ends_on = ROWS[i].ends_on};
        if (fin_contract_active(&contract, ROWS[i].date) != ROWS[i].active)
            fail_msg("row %zu", i);
    }
}

static void
a_line_is_what_record_and_day_say(void **state)
{
    (void)state;
    fin_payable_record_t line = {.due_on = 110, .paid_on = KT_DATE_NONE};
    assert_int_equal(fin_payable_state(&line, FIN_SCHEDULE_OPEN, 109), FIN_PAYABLE_OPEN);
    assert_int_equal(fin_payable_state(&line, FIN_SCHEDULE_OPEN, 110), FIN_PAYABLE_DUE);
    assert_int_equal(fin_payable_state(&line, FIN_SCHEDULE_CANCELLED, 110), FIN_PAYABLE_CANCELLED);
    line.paid_on = 111;
    assert_int_equal(fin_payable_state(&line, FIN_SCHEDULE_OPEN, 109), FIN_PAYABLE_PAID);
}

/* ---- schedules ---- */

static fin_reservation_facts_t
commitment(void)
{
    return (fin_reservation_facts_t){
        .found = true,
        .reservation = {.reservation = NAME("r"),
                        .book = NAME("acme"),
                        .commodity = NAME("USD"),
                        .amount_minor = 100,
                        .spent_minor = 20,
                        .scheduled_minor = 30,
                        .state = FIN_RESERVATION_COMMITTED},
        .budget.allowance = {.limit = 1000, .committed = 80, .used = 20},
    };
}

static fin_plan_t
plan_of(fin_payable_record_t *lines, uint32_t count)
{
    return (fin_plan_t){.schedule = {.schedule = NAME("s"),
                                     .book = NAME("acme"),
                                     .party = NAME("p"),
                                     .contract = NAME("c"),
                                     .reservation = NAME("r"),
                                     .commodity = NAME("USD"),
                                     .expense_account = NAME("expenses:software"),
                                     .payable_account = NAME("liabilities:payables"),
                                     .description = NAME("d"),
                                     .lines_count = count,
                                     .received_on = KT_DATE_NONE},
                        .lines = lines};
}

static void
scheduling_needs_a_commitment(void **state)
{
    (void)state;
    static const struct {
        uint32_t reservation_state;
        const char *book, *commodity;
        int64_t first, second;
        uint32_t code, reason;
    } ROWS[] = {
        {FIN_RESERVATION_COMMITTED, "acme", "USD", 49, 1, KT_OK, 0},
        {FIN_RESERVATION_COMMITTED, "acme", "USD", 50, 1, KT_FAILED_PRECONDITION,
         FIN_PAYABLE_NOT_COVERED},
        {FIN_RESERVATION_COMMITTED, "other", "USD", 1, 1, KT_FAILED_PRECONDITION,
         FIN_PAYABLE_NOT_COVERED},
        {FIN_RESERVATION_COMMITTED, "acme", "EUR", 1, 1, KT_FAILED_PRECONDITION,
         FIN_PAYABLE_NOT_COVERED},
        {FIN_RESERVATION_RESERVED, "acme", "USD", 1, 1, KT_FAILED_PRECONDITION,
         FIN_PAYABLE_NOT_COVERED},
        {FIN_RESERVATION_SPENT, "acme", "USD", 1, 1, KT_FAILED_PRECONDITION,
         FIN_PAYABLE_NOT_COVERED},
        {FIN_RESERVATION_RELEASED, "acme", "USD", 1, 1, KT_FAILED_PRECONDITION,
         FIN_PAYABLE_NOT_COVERED},
        {FIN_RESERVATION_COMMITTED, "acme", "USD", INT64_MAX, 1, KT_OUT_OF_RANGE,
         FIN_AMOUNT_OVERFLOW},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_payable_record_t lines[] = {{.due_on = 110, .amount_minor = ROWS[i].first},
                                        {.due_on = 140, .amount_minor = ROWS[i].second}};
        fin_plan_t plan = plan_of(lines, 2);
        fin_plan_facts_t facts = {.reservation = commitment()};
        bool changes = false;
        facts.reservation.reservation.state = ROWS[i].reservation_state;
        plan.schedule.book = NAME(ROWS[i].book);
        plan.schedule.commodity = NAME(ROWS[i].commodity);
        kt_status_t status = fin_decide_schedule(arena, 7, &facts, &plan, &changes);
        if (status.code != ROWS[i].code || status.reason != ROWS[i].reason)
            fail_msg("row %zu: %s %u", i, kt_code_name(status.code), (unsigned)status.reason);
        if (status.code != KT_OK)
            continue;
        assert_true(changes);
        assert_int_equal(plan.schedule.state, FIN_SCHEDULE_OPEN);
        assert_int_equal(plan.schedule.amount_minor, 50);
        assert_int_equal(facts.reservation.reservation.scheduled_minor, 80);
        assert_int_equal(lines[1].line, 2);
        assert_int_equal(lines[1].paid_on, KT_DATE_NONE);
        assert_span_equal(lines[1].party, NAME("p"));
    }
}

static void
the_same_schedule_again_changes_nothing(void **state)
{
    (void)state;
    fin_payable_record_t there[] = {{.line = 1, .due_on = 110, .amount_minor = 5}};
    fin_plan_facts_t facts = {.there = true, .plan = plan_of(there, 1)};
    facts.plan.schedule.state = FIN_SCHEDULE_PAID;
    for (int what = 0; what < 12; what++) {
        fin_payable_record_t lines[] = {{.due_on = 110, .amount_minor = 5},
                                        {.due_on = 110, .amount_minor = 5}};
        fin_plan_t plan = plan_of(lines, what == 1 ? 2 : 1);
        kt_span_t *const texts[] = {&plan.schedule.book,
                                    &plan.schedule.party,
                                    &plan.schedule.contract,
                                    &plan.schedule.reservation,
                                    &plan.schedule.commodity,
                                    &plan.schedule.expense_account,
                                    &plan.schedule.payable_account,
                                    &plan.schedule.description};
        bool changes = true;
        lines[0].due_on += what == 2;
        lines[0].amount_minor += what == 3;
        if (what >= 4)
            *texts[what - 4] = NAME("other");
        kt_status_t status = fin_decide_schedule(arena, 7, &facts, &plan, &changes);
        if (what == 0) {
            assert_ok(status);
            assert_false(changes);
            assert_int_equal(plan.schedule.state, FIN_SCHEDULE_PAID);
        } else {
            assert_status(status, KT_ALREADY_EXISTS, FIN_SCHEDULE_EXISTS);
        }
    }
}

static void
cancelling_gives_the_commitment_back_its_room(void **state)
{
    (void)state;
    static const struct {
        uint32_t state, paid_count;
        bool refused, changes;
    } ROWS[] = {
        {FIN_SCHEDULE_OPEN, 0, false, true},
        {FIN_SCHEDULE_OPEN, 1, true, false},
        {FIN_SCHEDULE_PAID, 2, true, false},
        {FIN_SCHEDULE_CANCELLED, 0, false, false},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_plan_facts_t facts = {.there = true,
                                  .plan.schedule = {.schedule = NAME("s"),
                                                    .amount_minor = 30,
                                                    .lines_count = 2,
                                                    .paid_count = ROWS[i].paid_count,
                                                    .state = ROWS[i].state},
                                  .reservation = commitment()};
        bool changes = false;
        kt_status_t status = fin_decide_cancel(arena, &facts, &changes);
        if (ROWS[i].refused) {
            assert_status(status, KT_FAILED_PRECONDITION, FIN_SCHEDULE_STATE);
            continue;
        }
        assert_ok(status);
        assert_int_equal(changes, ROWS[i].changes);
        assert_int_equal(facts.plan.schedule.state, FIN_SCHEDULE_CANCELLED);
        assert_int_equal(facts.reservation.reservation.scheduled_minor, ROWS[i].changes ? 0 : 30);
        assert_int_equal(facts.reservation.budget.allowance.committed, 80); /* stays */
    }
}

static void
one_receipt(void **state)
{
    (void)state;
    fin_receipt_t receipt = {
        .received_on = 105, .receipt = NAME("keys"), .received_by = NAME("iris")};
    fin_schedule_record_t schedule = {
        .schedule = NAME("s"), .state = FIN_SCHEDULE_OPEN, .received_on = KT_DATE_NONE};
    assert_ok(fin_decide_receipt(arena, &receipt, &schedule));
    assert_int_equal(schedule.received_on, 105);
    assert_ok(fin_decide_receipt(arena, &receipt, &schedule)); /* the same */
    for (int what = 0; what < 4; what++) {
        fin_receipt_t other = receipt;
        fin_schedule_record_t now = schedule;
        other.received_on += what == 0;
        if (what == 1)
            other.receipt = NAME("a box");
        if (what == 2)
            other.received_by = NAME("otto");
        if (what == 3)
            other.received_for = NAME("otto");
        assert_status(fin_decide_receipt(arena, &other, &now), KT_FAILED_PRECONDITION,
                      FIN_SCHEDULE_STATE);
    }
    schedule.state = FIN_SCHEDULE_PAID;
    assert_ok(fin_decide_receipt(arena, &receipt, &schedule));
    schedule.state = FIN_SCHEDULE_CANCELLED;
    assert_status(fin_decide_receipt(arena, &receipt, &schedule), KT_FAILED_PRECONDITION,
                  FIN_SCHEDULE_STATE);
}

/* ---- paying ---- */

typedef struct gate {
    fin_pay_order_t order;
    fin_pay_facts_t facts;
} gate_t;

/* All is as it must be: the second of two lines, 10, of a schedule of 30. */
static gate_t
open_gate(void)
{
    return (gate_t){
        .order = {.paid_on = 110, .payer = NAME("carl"), .bank_account = NAME("assets:bank")},
        .facts =
            {.schedule = {.schedule = NAME("s"),
                          .party = NAME("p"),
                          .contract = NAME("c"),
                          .expense_account = NAME("expenses:software"),
                          .amount_minor = 30,
                          .paid_minor = 20,
                          .lines_count = 2,
                          .paid_count = 1,
                          .state = FIN_SCHEDULE_OPEN,
                          .received_on = 105,
                          .received_by = NAME("iris"),
                          .received_for = NAME("")},
             .payable = {.line = 2, .due_on = 110, .amount_minor = 10, .paid_on = KT_DATE_NONE},
             .contract_known = true,
             .contract = {.state = FIN_CONTRACT_SIGNED,
                          .starts_on = 100,
                          .ends_on = 200,
                          .party = NAME("p")},
             .reservation = commitment(),
             .bank_known = true,
             .bank_type = FIN_TYPE_ASSET},
    };
}

static void
paid_already(gate_t *g)
{
    g->facts.payable.paid_on = 110;
    g->facts.schedule.state = FIN_SCHEDULE_PAID;
}
static void
cancelled(gate_t *g)
{
    g->facts.schedule.state = FIN_SCHEDULE_CANCELLED;
    g->order.paid_on = 0;
}
static void
too_early(gate_t *g)
{
    g->order.paid_on = 109;
    g->facts.schedule.received_on = KT_DATE_NONE;
}
static void
not_received(gate_t *g)
{
    g->facts.schedule.received_on = KT_DATE_NONE;
    g->order.payer = NAME("iris");
}
static void
by_the_receiver(gate_t *g)
{
    g->order.payer = NAME("iris");
    g->facts.contract_known = false;
}
static void
for_the_receiver(gate_t *g)
{
    g->order.payer_for = NAME("iris");
}
static void
by_whom_it_was_received_for(gate_t *g)
{
    g->facts.schedule.received_for = NAME("carl");
}
static void
for_whom_it_was_received_for(gate_t *g)
{
    g->facts.schedule.received_for = NAME("ann");
    g->order.payer_for = NAME("ann");
}
static void
unknown_contract(gate_t *g)
{
    g->facts.contract_known = false;
    g->facts.contract.party = NAME("q");
}
static void
contract_ended(gate_t *g)
{
    g->order.paid_on = 201;
}
static void
contract_void(gate_t *g)
{
    g->facts.contract.state = FIN_CONTRACT_VOID;
}
static void
another_party(gate_t *g)
{
    g->facts.contract.party = NAME("q");
    g->facts.reservation.reservation.state = FIN_RESERVATION_RELEASED;
}
static void
released(gate_t *g)
{
    g->facts.reservation.reservation.state = FIN_RESERVATION_RELEASED;
}
static void
out_of_the_debt(gate_t *g)
{
    g->facts.bank_type = FIN_TYPE_LIABILITY;
}
static void
out_of_the_expense(gate_t *g)
{
    g->order.bank_account = g->facts.schedule.expense_account;
}

static void
the_gate(void **state)
{
    (void)state;
    static const struct {
        void (*spoil)(gate_t *gate);
        uint32_t reason;
    } ROWS[] = {
        {paid_already, FIN_PAYABLE_PAID_ALREADY},
        {cancelled, FIN_SCHEDULE_STATE},
        {too_early, FIN_PAYABLE_NOT_DUE},
        {not_received, FIN_RECEIPT_MISSING},
        {by_the_receiver, FIN_PAYER_IS_RECEIVER},
        {for_the_receiver, FIN_PAYER_IS_RECEIVER},
        {by_whom_it_was_received_for, FIN_PAYER_IS_RECEIVER},
        {for_whom_it_was_received_for, FIN_PAYER_IS_RECEIVER},
        {unknown_contract, FIN_CONTRACT_NOT_ACTIVE},
        {contract_ended, FIN_CONTRACT_NOT_ACTIVE},
        {contract_void, FIN_CONTRACT_NOT_ACTIVE},
        {another_party, FIN_CONTRACT_PARTY},
        {released, FIN_PAYABLE_NOT_COVERED},
        {out_of_the_debt, FIN_PAYMENT_ACCOUNT},
        {out_of_the_expense, FIN_PAYMENT_ACCOUNT},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        gate_t gate = open_gate();
        ROWS[i].spoil(&gate);
        kt_status_t status = fin_decide_pay(arena, 7, &gate.order, &gate.facts);
        if (status.code != KT_FAILED_PRECONDITION || status.reason != ROWS[i].reason)
            fail_msg("row %zu: %s %u", i, kt_code_name(status.code), (unsigned)status.reason);
    }
}

static void
paying_moves_commitment_to_spend(void **state)
{
    (void)state;
    gate_t gate = open_gate();
    assert_ok(fin_decide_pay(arena, 7, &gate.order, &gate.facts));
    assert_int_equal(gate.facts.schedule.state, FIN_SCHEDULE_PAID);
    assert_int_equal(gate.facts.schedule.paid_minor, 30);
    assert_int_equal(gate.facts.schedule.paid_count, 2);
    assert_int_equal(gate.facts.payable.paid_on, 110);
    assert_int_equal(gate.facts.reservation.reservation.spent_minor, 30);
    assert_int_equal(gate.facts.reservation.reservation.scheduled_minor, 20);
    assert_int_equal(gate.facts.reservation.budget.allowance.committed, 70);
    assert_int_equal(gate.facts.reservation.budget.allowance.used, 30);
    gate = open_gate();
    gate.facts.schedule.lines_count = 3; /* one more is open */
    assert_ok(fin_decide_pay(arena, 7, &gate.order, &gate.facts));
    assert_int_equal(gate.facts.schedule.state, FIN_SCHEDULE_OPEN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(the_table_is_sound),
        ARENA_TEST(a_contract_is_active_by_state_and_day),
        ARENA_TEST(a_line_is_what_record_and_day_say),
        ARENA_TEST(scheduling_needs_a_commitment),
        ARENA_TEST(the_same_schedule_again_changes_nothing),
        ARENA_TEST(cancelling_gives_the_commitment_back_its_room),
        ARENA_TEST(one_receipt),
        ARENA_TEST(the_gate),
        ARENA_TEST(paying_moves_commitment_to_spend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
