/* Payables through calls: a purchase that is paid, every refusal, and what the ledger has of it. */
#include "desk.h"

#include "domain/reason.h"
#include "service.h"
#include "store/payables.h"
#include "store/tables.h"

#include <kantor/finance/v1/ledger.kt.h>
#include <kantor/rpc/v1/reason.kt.h>

static const desk_line_t TWO_LINES[] = {{"2026-11-02", 30000}, {"2026-12-02", 10000}};

static int
setup(void **state)
{
    room_t *room = desk_open();
    assert_ok(desk_reserve(room, "r", 50000, NULL));
    assert_ok(desk_commit(room, "r", "contract c-1", NULL));
    *state = room;
    return 0;
}

static int
teardown(void **state)
{
    room_close((room_t **)state);
    return 0;
}

static int64_t
balance(room_t *room, const char *account)
{
    fin_get_balance_request_t request = FIN_GET_BALANCE_REQUEST_INIT;
    const fin_get_balance_response_t *answer;
    request.book = DESK_TEXT("acme");
    request.account = DESK_TEXT(account);
    assert_ok(room_call(room, "Ledger/GetBalance", &request.base, (const void **)&answer));
    return answer->n_balances > 0
               ? answer->balances[0]->debit_minor - answer->balances[0]->credit_minor
               : 0;
}

static void
a_purchase_is_paid(void **state)
{
    room_t *room = (room_t *)*state;
    const fin_payment_schedule_t *schedule;
    const fin_payable_t *payable;
    desk_as_department(room, "it");
    assert_ok(desk_schedule(room, "s", "r", TWO_LINES, 2, &schedule));
    assert_int_equal(schedule->state, FIN_SCHEDULE_STATE_SCHEDULE_OPEN);
    assert_int_equal(schedule->amount_minor, 40000);
    assert_int_equal(schedule->lines[0]->state, FIN_PAYABLE_STATE_PAYABLE_DUE);
    assert_int_equal(schedule->lines[1]->state, FIN_PAYABLE_STATE_PAYABLE_OPEN);
    assert_int_equal(desk_reservation(room, "r")->scheduled_minor, 40000);
    assert_ok(desk_schedule(room, "s", "r", TWO_LINES, 2, NULL)); /* again */
    desk_as_clerk(room);
    desk_contract(room, "SIGNED", "");
    assert_ok(desk_receive(room, "s"));
    assert_ok(desk_receive(room, "s")); /* again */

    assert_ok(desk_pay(room, "s", 1, "2026-11-03", &payable));
    assert_int_equal(payable->state, FIN_PAYABLE_STATE_PAYABLE_PAID);
    assert_string_equal(payable->paid_on, "2026-11-03");
    assert_string_equal(payable->entry, "2026-000001");
    assert_int_equal(balance(room, "assets:bank"), -30000);
    assert_int_equal(balance(room, "expenses:software"), 30000);
    assert_int_equal(balance(room, "liabilities:payables"), 0);
    assert_int_equal(desk_budget(room)->spent_minor, 30000);
    assert_int_equal(desk_budget(room)->committed_minor, 20000);
    assert_status(desk_pay(room, "s", 1, "2026-11-03", NULL), KT_FAILED_PRECONDITION,
                  FIN_PAYABLE_PAID_ALREADY);

    room_set_now(room, room_now(room) + 30 * DESK_DAY_US);
    assert_ok(desk_pay(room, "s", 2, "2026-12-02", NULL));
    schedule = desk_get_schedule(room, "s");
    assert_int_equal(schedule->state, FIN_SCHEDULE_STATE_SCHEDULE_PAID);
    assert_int_equal(schedule->paid_minor, 40000);
    assert_string_equal(schedule->received_by, "iris");
    assert_int_equal(desk_reservation(room, "r")->scheduled_minor, 0);
    /* What the schedule left of the commitment is given back by whoever knows it is not needed. */
    assert_ok(desk_release(room, "r", NULL));
    assert_int_equal(desk_budget(room)->committed_minor, 0);
    assert_int_equal(desk_budget(room)->spent_minor, 40000);
    assert_int_equal(room_events(room), 4);
    assert_string_equal(room_event_type(room, 1), "payable.scheduled");
    assert_string_equal(room_event_type(room, 2), "payable.paid");
    assert_string_equal(room_event_type(room, 3), "payable.paid");
    assert_string_equal(room_event_type(room, 4), "schedule.paid");
    assert_int_equal(room_refusals(room), 1);
}

static void
the_gate_is_kept(void **state)
{
    room_t *room = (room_t *)*state;
    assert_ok(desk_schedule(room, "s", "r", TWO_LINES, 2, NULL));
    assert_status(desk_pay(room, "s", 2, "2026-11-03", NULL), KT_FAILED_PRECONDITION,
                  FIN_PAYABLE_NOT_DUE);
    assert_status(desk_pay(room, "s", 1, "2026-11-02", NULL), KT_FAILED_PRECONDITION,
                  FIN_RECEIPT_MISSING);
    assert_ok(desk_receive(room, "s"));
    assert_status(desk_pay(room, "s", 1, "2026-11-02", NULL), KT_FAILED_PRECONDITION,
                  FIN_CONTRACT_NOT_ACTIVE); /* legal told nothing yet */
    desk_contract(room, "SIGNED", "2026-11-01");
    assert_status(desk_pay(room, "s", 1, "2026-11-02", NULL), KT_FAILED_PRECONDITION,
                  FIN_CONTRACT_NOT_ACTIVE);
    desk_contract(room, "VOID", "");
    assert_status(desk_pay(room, "s", 1, "2026-11-02", NULL), KT_FAILED_PRECONDITION,
                  FIN_CONTRACT_NOT_ACTIVE);
    desk_contract(room, "TERMINATED", "2026-11-02"); /* its last day */
    room_as(room, "iris", "finance.clerk");
    assert_status(desk_pay(room, "s", 1, "2026-11-02", NULL), KT_FAILED_PRECONDITION,
                  FIN_PAYER_IS_RECEIVER);
    desk_as_clerk(room);
    room_on_behalf_of(room, "iris");
    assert_status(desk_pay(room, "s", 1, "2026-11-02", NULL), KT_FAILED_PRECONDITION,
                  FIN_PAYER_IS_RECEIVER);
    assert_int_equal(room_refusals(room), 7);
    const kt_refusal_t *refusal = room_refusal(room);
    assert_span_equal(refusal->subject, kt_span_str("schedule s"));
    assert_span_equal(refusal->command, kt_span_str("pay"));
    assert_int_equal(balance(room, "assets:bank"), 0);
    assert_ok(desk_pay(room, "s", 1, "2026-11-02", NULL));
}

static void
the_ledgers_own_rules_hold(void **state)
{
    room_t *room = (room_t *)*state;
    fin_close_period_request_t close = FIN_CLOSE_PERIOD_REQUEST_INIT;
    fin_pay_payable_request_t pay = FIN_PAY_PAYABLE_REQUEST_INIT;
    assert_ok(desk_schedule(room, "s", "r", TWO_LINES, 2, NULL));
    assert_ok(desk_receive(room, "s"));
    desk_contract(room, "SIGNED", "");
    pay.schedule = DESK_TEXT("s");
    pay.line = 1;
    pay.paid_on = DESK_TEXT("2026-11-02");
    pay.bank_account = DESK_TEXT("assets:cellar");
    assert_status(room_call(room, "Payables/PayPayable", &pay.base, NULL), KT_NOT_FOUND,
                  FIN_ACCOUNT_UNKNOWN);
    const char *const no_bank[] = {"expenses:software", "liabilities:payables"};
    for (size_t i = 0; i < KT_COUNT(no_bank); i++) {
        pay.bank_account = DESK_TEXT(no_bank[i]);
        assert_status(room_call(room, "Payables/PayPayable", &pay.base, NULL),
                      KT_FAILED_PRECONDITION, FIN_PAYMENT_ACCOUNT);
    }
    close.book = DESK_TEXT("acme");
    close.period = DESK_TEXT("2026-11");
    desk_as_analyst(room);
    assert_ok(room_call(room, "Books/ClosePeriod", &close.base, NULL));
    desk_as_clerk(room);
    assert_status(desk_pay(room, "s", 1, "2026-11-02", NULL), KT_FAILED_PRECONDITION,
                  FIN_PERIOD_CLOSED);
    assert_int_equal(desk_budget(room)->spent_minor, 0);
    assert_int_equal(desk_get_schedule(room, "s")->paid_minor, 0);
}

static void
what_the_ledger_has_is_not_paid_again(void **state)
{
    room_t *room = (room_t *)*state;
    fin_line_t lines[2] = {FIN_LINE_INIT, FIN_LINE_INIT}, *list[] = {&lines[0], &lines[1]};
    fin_entry_draft_t draft = FIN_ENTRY_DRAFT_INIT;
    fin_post_entry_request_t post = FIN_POST_ENTRY_REQUEST_INIT;
    assert_ok(desk_schedule(room, "s", "r", TWO_LINES, 2, NULL));
    assert_ok(desk_receive(room, "s"));
    desk_contract(room, "SIGNED", "");
    /* Somebody has posted it by hand. */
    lines[0].account = DESK_TEXT("expenses:software");
    lines[1].account = DESK_TEXT("assets:bank");
    lines[0].commodity = lines[1].commodity = DESK_TEXT("USD");
    lines[0].amount_minor = 30000;
    lines[1].amount_minor = -30000;
    draft.date = DESK_TEXT("2026-11-02");
    draft.source_ref = DESK_TEXT("payable:s:1");
    draft.n_lines = 2;
    draft.lines = list;
    post.book = DESK_TEXT("acme");
    post.entry = &draft;
    assert_ok(room_call(room, "Ledger/PostEntry", &post.base, NULL));
    assert_status(desk_pay(room, "s", 1, "2026-11-02", NULL), KT_ALREADY_EXISTS,
                  FIN_SOURCE_CONFLICT);
    assert_int_equal(balance(room, "assets:bank"), -30000);
}

static void
schedules_are_cancelled_whole(void **state)
{
    room_t *room = (room_t *)*state;
    const fin_payment_schedule_t *schedule;
    assert_ok(desk_schedule(room, "s", "r", TWO_LINES, 2, NULL));
    assert_status(desk_release(room, "r", NULL), KT_FAILED_PRECONDITION, FIN_RESERVATION_STATE);
    assert_ok(desk_cancel(room, "s", &schedule));
    assert_int_equal(schedule->state, FIN_SCHEDULE_STATE_SCHEDULE_CANCELLED);
    assert_int_equal(schedule->lines[0]->state, FIN_PAYABLE_STATE_PAYABLE_CANCELLED);
    assert_ok(desk_cancel(room, "s", NULL));                     /* again */
    assert_int_equal(desk_budget(room)->committed_minor, 50000); /* by itself gives nothing back */
    assert_status(desk_receive(room, "s"), KT_FAILED_PRECONDITION, FIN_SCHEDULE_STATE);
    assert_status(desk_pay(room, "s", 1, "2026-11-02", NULL), KT_FAILED_PRECONDITION,
                  FIN_SCHEDULE_STATE);
    assert_ok(desk_release(room, "r", NULL));

    assert_ok(desk_reserve(room, "r-2", 30000, NULL));
    assert_status(desk_schedule(room, "s-2", "r-2", TWO_LINES, 1, NULL), KT_FAILED_PRECONDITION,
                  FIN_PAYABLE_NOT_COVERED); /* not committed */
    assert_ok(desk_commit(room, "r-2", "c", NULL));
    assert_status(desk_schedule(room, "s-2", "r-2", TWO_LINES, 2, NULL), KT_FAILED_PRECONDITION,
                  FIN_PAYABLE_NOT_COVERED); /* not enough */
    assert_ok(desk_schedule(room, "s-2", "r-2", TWO_LINES, 1, NULL));
    assert_status(desk_schedule(room, "s-3", "r-2", TWO_LINES, 1, NULL), KT_FAILED_PRECONDITION,
                  FIN_PAYABLE_NOT_COVERED); /* another schedule has it */
    assert_ok(desk_receive(room, "s-2"));
    desk_contract(room, "SIGNED", "");
    assert_ok(desk_pay(room, "s-2", 1, "2026-11-02", NULL));
    assert_status(desk_cancel(room, "s-2", NULL), KT_FAILED_PRECONDITION, FIN_SCHEDULE_STATE);
}

static void
what_is_not_there(void **state)
{
    room_t *room = (room_t *)*state;
    fin_get_schedule_request_t get = FIN_GET_SCHEDULE_REQUEST_INIT;
    get.schedule = DESK_TEXT("s");
    assert_status(room_call(room, "Payables/GetSchedule", &get.base, NULL), KT_NOT_FOUND,
                  FIN_SCHEDULE_UNKNOWN);
    assert_status(desk_cancel(room, "s", NULL), KT_NOT_FOUND, FIN_SCHEDULE_UNKNOWN);
    assert_status(desk_receive(room, "s"), KT_NOT_FOUND, FIN_SCHEDULE_UNKNOWN);
    assert_status(desk_pay(room, "s", 1, "2026-11-02", NULL), KT_NOT_FOUND, FIN_SCHEDULE_UNKNOWN);
    assert_status(desk_schedule(room, "s", "q", TWO_LINES, 2, NULL), KT_NOT_FOUND,
                  FIN_RESERVATION_UNKNOWN);
    assert_ok(desk_schedule(room, "s", "r", TWO_LINES, 2, NULL));
    assert_status(desk_pay(room, "s", 3, "2026-11-02", NULL), KT_NOT_FOUND, FIN_PAYABLE_UNKNOWN);
    assert_status(desk_schedule(room, "s", "r", TWO_LINES, 1, NULL), KT_ALREADY_EXISTS,
                  FIN_SCHEDULE_EXISTS);
    fin_list_payables_request_t list = FIN_LIST_PAYABLES_REQUEST_INIT;
    list.book = DESK_TEXT("nobody");
    assert_status(room_call(room, "Payables/ListPayables", &list.base, NULL), KT_NOT_FOUND,
                  FIN_BOOK_UNKNOWN);
}

static void
a_schedule_names_what_there_is(void **state)
{
    room_t *room = (room_t *)*state;
    fin_schedule_request_t request = FIN_SCHEDULE_REQUEST_INIT;
    fin_schedule_line_t line = FIN_SCHEDULE_LINE_INIT, *lines[] = {&line};
    line.due_on = DESK_TEXT("2026-11-02");
    line.amount_minor = 1;
    request.schedule = request.party = request.contract = DESK_TEXT("x");
    request.reservation = DESK_TEXT("r");
    request.commodity = DESK_TEXT("USD");
    request.n_lines = 1;
    request.lines = lines;
    request.book = DESK_TEXT("nobody");
    request.expense_account = DESK_TEXT("expenses:nothing");
    request.payable_account = DESK_TEXT("liabilities:nobody");
    assert_status(room_call(room, "Payables/Schedule", &request.base, NULL), KT_NOT_FOUND,
                  FIN_BOOK_UNKNOWN);
    request.book = DESK_TEXT("acme");
    assert_status(room_call(room, "Payables/Schedule", &request.base, NULL), KT_NOT_FOUND,
                  FIN_ACCOUNT_UNKNOWN);
    request.expense_account = DESK_TEXT("expenses:software");
    assert_status(room_call(room, "Payables/Schedule", &request.base, NULL), KT_NOT_FOUND,
                  FIN_ACCOUNT_UNKNOWN);
    request.payable_account = DESK_TEXT("liabilities:payables");
    request.commodity = DESK_TEXT("EUR");
    assert_status(room_call(room, "Payables/Schedule", &request.base, NULL), KT_FAILED_PRECONDITION,
                  FIN_PAYABLE_NOT_COVERED);
    request.commodity = DESK_TEXT("USD");
    assert_ok(room_call(room, "Payables/Schedule", &request.base, NULL));
}

static void
shapes_are_checked(void **state)
{
    room_t *room = (room_t *)*state;
    static const desk_line_t ROWS[][2] = {
        {{"2026-11-02", 0}, {"2026-11-02", 1}}, {{"2026-11-02", -1}, {"2026-11-02", 1}},
        {{"", 1}, {"2026-11-02", 1}},           {{"2026-11-31", 1}, {"2026-12-02", 1}},
        {{"2026-11-03", 1}, {"2026-11-02", 1}},
    };
    desk_line_t many[121];
    for (size_t i = 0; i < KT_COUNT(many); i++)
        many[i] = (desk_line_t){"2026-11-02", 1};
    for (size_t i = 0; i < KT_COUNT(ROWS); i++)
        assert_status(desk_schedule(room, "s", "r", ROWS[i], 2, NULL), KT_INVALID_ARGUMENT,
                      RPC_REASON_BAD_FIELD);
    assert_status(desk_schedule(room, "s", "r", many, 0, NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_status(desk_schedule(room, "s", "r", many, 121, NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_status(desk_schedule(room, "S", "r", many, 1, NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_ok(desk_schedule(room, "s", "r", many, 120, NULL));
    assert_status(desk_pay(room, "s", 0, "2026-11-02", NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_status(desk_pay(room, "s", 121, "2026-11-02", NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    /* Tomorrow it is already somewhere; the day after it is nowhere. */
    assert_status(desk_pay(room, "s", 1, "2026-11-04", NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_status(desk_pay(room, "s", 1, "", NULL), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    fin_record_receipt_request_t receipt = FIN_RECORD_RECEIPT_REQUEST_INIT;
    receipt.schedule = DESK_TEXT("s");
    receipt.received_on = DESK_TEXT("2026-11-04");
    receipt.what = DESK_TEXT("the keys");
    assert_status(room_call(room, "Payables/RecordReceipt", &receipt.base, NULL),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    receipt.received_on = DESK_TEXT("2026-11-02");
    receipt.what = DESK_TEXT("");
    assert_status(room_call(room, "Payables/RecordReceipt", &receipt.base, NULL),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
}

static void
what_is_due_is_listed_in_order(void **state)
{
    room_t *room = (room_t *)*state;
    static const desk_line_t EARLY[] = {{"2026-11-01", 1}, {"2026-12-02", 2}};
    static const char *const ORDER[] = {"a1", "b1", "a2", "b2"};
    fin_list_payables_request_t list = FIN_LIST_PAYABLES_REQUEST_INIT;
    const fin_list_payables_response_t *page;
    size_t seen = 0;
    assert_ok(desk_schedule(room, "b", "r", TWO_LINES, 2, NULL));
    assert_ok(desk_schedule(room, "a", "r", EARLY, 2, NULL));
    list.book = DESK_TEXT("acme");
    list.page_size = 3;
    do {
        assert_ok(room_call(room, "Payables/ListPayables", &list.base, (const void **)&page));
        for (size_t i = 0; i < page->n_payables; i++, seen++) {
            assert_int_equal(page->payables[i]->schedule[0], ORDER[seen][0]);
            assert_int_equal(page->payables[i]->line, ORDER[seen][1] - '0');
            assert_string_equal(page->payables[i]->party, "vendor");
        }
        list.page_token = page->next_page_token;
    } while (list.page_token[0] != '\0');
    assert_int_equal(seen, 4);
    list.page_token = DESK_TEXT("");
    list.due_until = DESK_TEXT("2026-12-01");
    list.page_size = 2; /* the page is full, and the next one would be empty */
    assert_ok(room_call(room, "Payables/ListPayables", &list.base, (const void **)&page));
    assert_int_equal(page->n_payables, 2);
    list.page_size = 100;
    assert_ok(room_call(room, "Payables/ListPayables", &list.base, (const void **)&page));
    assert_int_equal(page->n_payables, 2);
    assert_string_equal(page->next_page_token, "");
    /* What is paid or cancelled is due no more. */
    assert_ok(desk_cancel(room, "a", NULL));
    assert_ok(desk_receive(room, "b"));
    desk_contract(room, "SIGNED", "");
    assert_ok(desk_pay(room, "b", 1, "2026-11-02", NULL));
    list.due_until = DESK_TEXT("");
    assert_ok(room_call(room, "Payables/ListPayables", &list.base, (const void **)&page));
    assert_int_equal(page->n_payables, 1);
    assert_string_equal(page->payables[0]->due_on, "2026-12-02");
}

/* ---- what legal tells ---- */

static void
what_has_no_shape_pays_nothing(void **state)
{
    room_t *room = (room_t *)*state;
    assert_ok(desk_schedule(room, "s", "r", TWO_LINES, 2, NULL));
    assert_ok(desk_receive(room, "s"));
    static const struct {
        const char *department, *type, *subject, *state, *starts_on, *ends_on, *party;
        uint32_t reason; /* of a payment after it; 0: it is paid */
    } ROWS[] = {
        {"it", "contract.standing", "c-1", "SIGNED", "2026-11-01", "", "vendor",
         FIN_CONTRACT_NOT_ACTIVE},
        {"legal", "contract.signed", "c-1", "SIGNED", "2026-11-01", "", "vendor",
         FIN_CONTRACT_NOT_ACTIVE},
        {"legal", "contract.standing", "", "SIGNED", "2026-11-01", "", "vendor",
         FIN_CONTRACT_NOT_ACTIVE},
        {"legal", "contract.standing", "No Name", "SIGNED", "2026-11-01", "", "vendor",
         FIN_CONTRACT_NOT_ACTIVE},
        {"legal", "contract.standing", "c-1", "DRAFT", "2026-11-01", "", "vendor",
         FIN_CONTRACT_NOT_ACTIVE},
        {"legal", "contract.standing", "c-1", "SIGNED", "", "", "vendor", FIN_CONTRACT_NOT_ACTIVE},
        {"legal", "contract.standing", "c-1", "SIGNED", "2026-11-01", "soon", "vendor",
         FIN_CONTRACT_NOT_ACTIVE},
        {"legal", "contract.standing", "c-1", "SIGNED", "2026-11-01", "", "", FIN_CONTRACT_PARTY},
        {"legal", "contract.standing", "c-1", "SIGNED", "2026-11-01", "", "other",
         FIN_CONTRACT_PARTY},
        {"legal", "contract.standing", "c-1", "SIGNED", "2026-11-01", "", "vendor", 0},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        kt_event_value_t values[] = {
            {kt_span_str("state"), kt_span_str(ROWS[i].state)},
            {kt_span_str("starts_on"), kt_span_str(ROWS[i].starts_on)},
            {kt_span_str("ends_on"), kt_span_str(ROWS[i].ends_on)},
            {kt_span_str("party"), kt_span_str(ROWS[i].party)},
        };
        room_take(room, ROWS[i].department, ROWS[i].type, ROWS[i].subject, values,
                  KT_COUNT(values));
        kt_status_t status = desk_pay(room, "s", 1, "2026-11-02", NULL);
        if (status.reason != ROWS[i].reason)
            fail_msg("row %zu: %u %s", i, (unsigned)status.reason, status.text);
    }
}

/* ---- verification ---- */

static kt_status_t
spoil(kt_call_t *call, const char *department, const kt_event_t *event)
{
    fin_plan_t plan;
    kt_key_t key;
    uint64_t part;
    if (kt_span_equal(event->type, kt_span_str("contract.standing")))
        return fin_service()->take(call, department, event);
    KT_TRY(fin_store_load_plan(call, kt_span_str("s"), &plan));
    KT_TRY(fin_store_part(call, plan.schedule.book, &part));
    fin_reservation_record_t reservation;
    switch (department[0]) {
    case 'a': /* an open line that is not due */
        return kt_row_delete(call, FIN_TABLE_PAYABLE_DUE,
                             fin_payable_due_key(&key, part, &plan.lines[1]));
    case 'b': /* a paid line that is due */
        return fin_store_put_place(call, FIN_TABLE_PAYABLE_DUE,
                                   fin_payable_due_key(&key, part, &plan.lines[0]));
    case 'c': /* a line of no schedule */
        plan.lines[0].schedule = kt_span_str("t");
        return fin_store_put_place(call, FIN_TABLE_PAYABLE_DUE,
                                   fin_payable_due_key(&key, part, &plan.lines[0]));
    case 'd':
        plan.schedule.paid_minor++;
        return fin_store_put_schedule(call, &plan.schedule);
    default:
        KT_TRY(fin_store_load_reservation(call, kt_span_str("r"), &reservation));
        reservation.scheduled_minor--;
        return fin_store_put_reservation(call, &reservation);
    }
}

static void
verification_finds_what_is_wrong(void **state)
{
    static const char *const WAYS[] = {"a", "b", "c", "d", "e"};
    (void)state;
    for (size_t i = 0; i < KT_COUNT(WAYS); i++) {
        kt_service_t spoilt = *fin_service();
        spoilt.take = spoil;
        room_t *room = desk_open_as(&spoilt);
        assert_ok(desk_reserve(room, "r", 50000, NULL));
        assert_ok(desk_commit(room, "r", "c-1", NULL));
        assert_ok(desk_schedule(room, "s", "r", TWO_LINES, 2, NULL));
        assert_ok(desk_receive(room, "s"));
        desk_contract(room, "SIGNED", "");
        assert_ok(desk_pay(room, "s", 1, "2026-11-02", NULL));
        assert_int_equal(room_verify(room), 0);
        room_take(room, WAYS[i], "spoil", "", NULL, 0);
        assert_true(room_verify(room) > 0);
        spoilt.verify = NULL; /* so that it may be closed as it is */
        room_close(&room);
    }
}

/* ---- failures ---- */

static kt_status_t
one_step(room_t *room, int step)
{
    switch (step) {
    case 0:
        return desk_schedule(room, "s", "r", TWO_LINES, 2, NULL);
    case 1:
        return desk_receive(room, "s");
    case 2:
        return desk_pay(room, "s", 1, "2026-11-02", NULL);
    case 3:
        return desk_schedule(room, "t", "r", TWO_LINES + 1, 1, NULL);
    default:
        return desk_cancel(room, "t", NULL);
    }
}

static void
every_store_operation_may_fail(void **state)
{
    room_t *room = (room_t *)*state;
    desk_contract(room, "SIGNED", "");
    uint64_t struck = desk_fail_each(room, 5, one_step);
    assert_true(struck > 20);
    assert_int_equal(balance(room, "assets:bank"), -30000);
    assert_int_equal(desk_budget(room)->spent_minor, 30000);
    assert_int_equal(desk_reservation(room, "r")->scheduled_minor, 10000);
    assert_int_equal(room_events(room), 3);
}

#define ROOM_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(a_purchase_is_paid),
        ROOM_TEST(the_gate_is_kept),
        ROOM_TEST(the_ledgers_own_rules_hold),
        ROOM_TEST(what_the_ledger_has_is_not_paid_again),
        ROOM_TEST(schedules_are_cancelled_whole),
        ROOM_TEST(what_is_not_there),
        ROOM_TEST(a_schedule_names_what_there_is),
        ROOM_TEST(shapes_are_checked),
        ROOM_TEST(what_is_due_is_listed_in_order),
        ROOM_TEST(what_has_no_shape_pays_nothing),
        cmocka_unit_test(verification_finds_what_is_wrong),
        ROOM_TEST(every_store_operation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
