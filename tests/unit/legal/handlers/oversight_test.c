/* Thresholds and reports by their methods. */
#include "firm.h"

static firm_draft_t draft;

static kt_status_t
make(room_t *room, const char *period, const legal_report_t **report)
{
    legal_make_report_request_t request = LEGAL_MAKE_REPORT_REQUEST_INIT;
    request.period = text(period);
    return room_call(room, "Oversight/MakeReport", &request.base, (const void **)report);
}

static kt_status_t
sign(room_t *room, const char *period)
{
    legal_sign_report_request_t request = LEGAL_SIGN_REPORT_REQUEST_INIT;
    request.period = text(period);
    return room_call(room, "Oversight/SignReport", &request.base, NULL);
}

static kt_status_t
send_back(room_t *room, const char *period)
{
    legal_return_report_request_t request = LEGAL_RETURN_REPORT_REQUEST_INIT;
    request.period = text(period);
    request.reason = text("count again");
    return room_call(room, "Oversight/ReturnReport", &request.base, NULL);
}

static kt_status_t
get(room_t *room, const char *period, const legal_report_view_t **view)
{
    legal_get_report_request_t request = LEGAL_GET_REPORT_REQUEST_INIT;
    request.period = text(period);
    return room_call(room, "Oversight/GetReport", &request.base, (const void **)view);
}

static void
after_days(room_t *room, int days)
{
    room_set_now(room, room_now(room) + days * FIRM_DAY_US);
}

/* What happens in November 2026, and a little in December. */
static void
live_through_november(room_t *room)
{
    /* 2 November: drafted; signed on the 4th and on the 12th. */
    firm_signing(room, firm_fill(&draft, "c-1"));
    firm_fill(&draft, "c-2")->contract.value_minor = 20000; /* needs the CEO */
    draft.contract.requested_by = text("budi");
    firm_signing(room, &draft);
    firm_review(room, firm_fill(&draft, "c-3")); /* stays in review */
    after_days(room, 2);
    assert_ok(firm_sign(room, "c-1", "one", LEGAL_SIGNATURE_SIDE_US));
    assert_ok(firm_sign(room, "c-1", "one", LEGAL_SIGNATURE_SIDE_THEM));
    after_days(room, 8);
    assert_ok(firm_sign(room, "c-2", "one", LEGAL_SIGNATURE_SIDE_US));
    assert_ok(firm_sign(room, "c-2", "one", LEGAL_SIGNATURE_SIDE_THEM));
    /* The 12th: one is returned, one comes in too late to be overdue, two tries are refused. */
    firm_review(room, firm_fill(&draft, "c-4"));
    assert_ok(firm_return(room, "c-4"));
    after_days(room, 6);
    firm_review(room, firm_fill(&draft, "c-5"));
    assert_ok(firm_start(room, "c-5"));
    assert_status(firm_approve(room, "c-5", "one", LEGAL_APPROVAL_LEVEL_OFFICER),
                  KT_FAILED_PRECONDITION, LEGAL_APPROVER_INVOLVED);
    assert_status(firm_open(room, "c-5"), KT_FAILED_PRECONDITION, LEGAL_APPROVALS_MISSING);
    firm_review(room, firm_fill(&draft, "c-6"));
    after_days(room, 15); /* 3 December */
    assert_ok(firm_start(room, "c-3"));
    assert_status(firm_open(room, "c-5"), KT_FAILED_PRECONDITION, LEGAL_APPROVALS_MISSING);
}

static void
assert_november(const legal_report_figures_t *figures)
{
    assert_int_equal(figures->contracts_signed, 2);
    assert_int_equal(figures->reviews_done, 4);    /* c-1, c-2, c-4, c-5 */
    assert_int_equal(figures->reviews_overdue, 1); /* c-3; c-6 is younger */
    assert_int_equal(figures->cycle_median_us, 6 * FIRM_DAY_US);
    assert_int_equal(figures->cycle_longest_us, 10 * FIRM_DAY_US);
    assert_int_equal(figures->refusals, 2);
    assert_int_equal(figures->approvals_refused, 1);
    assert_int_equal(figures->gate_hits, 1);
}

static void
a_report_counts_a_month_and_can_be_counted_again(void **state)
{
    room_t *room = *state;
    const legal_report_t *report;
    const legal_report_view_t *view;
    live_through_november(room);
    as_lena(room);
    assert_ok(make(room, "2026-11", &report));
    assert_november(report->figures);
    assert_string_equal(report->made_by, "lena");
    /* Months later nothing of it has changed. */
    after_days(room, 90);
    assert_ok(firm_void(room, "c-6"));
    assert_ok(get(room, "2026-11", &view));
    assert_true(view->fits);
    assert_november(view->recomputed);
    assert_ok(make(room, "2026-12", &report));
    assert_int_equal(report->figures->contracts_signed, 0);
    assert_int_equal(report->figures->cycle_median_us, 0);
    assert_int_equal(report->figures->reviews_done, 1);
    assert_int_equal(report->figures->reviews_overdue, 1); /* c-6 */
    assert_int_equal(report->figures->refusals, 1);
    assert_int_equal(report->figures->gate_hits, 0);
}

static void
the_ceo_signs_or_returns_it(void **state)
{
    room_t *room = *state;
    const legal_report_view_t *view;
    as_carl(room);
    assert_status(sign(room, "2026-10"), KT_NOT_FOUND, LEGAL_REPORT_UNKNOWN);
    assert_status(get(room, "2026-10", NULL), KT_NOT_FOUND, LEGAL_REPORT_UNKNOWN);
    as_lena(room);
    assert_ok(make(room, "2026-10", NULL));
    firm_assert_kept(room, make(room, "2026-10", NULL), LEGAL_REPORT_STATE, "make");
    assert_status(sign(room, "2026-10"), KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING);
    as_carl(room);
    assert_ok(send_back(room, "2026-10"));
    firm_assert_kept(room, sign(room, "2026-10"), LEGAL_REPORT_STATE, "sign");
    assert_ok(get(room, "2026-10", &view));
    assert_int_equal(view->report->state, LEGAL_REPORT_STATE_REPORT_RETURNED);
    assert_string_equal(view->report->reason, "count again");
    as_lena(room);
    assert_ok(make(room, "2026-10", NULL));
    as_carl(room);
    assert_ok(sign(room, "2026-10"));
    const char *const told[] = {"state", "SIGNED", NULL};
    firm_assert_event(room, room_events(room), "report.state", told);
    firm_assert_kept(room, send_back(room, "2026-10"), LEGAL_REPORT_STATE, "return");
    firm_assert_kept(room, make(room, "2026-10", NULL), LEGAL_REPORT_STATE, "make");
    const legal_list_reports_response_t *list;
    legal_list_reports_request_t request = LEGAL_LIST_REPORTS_REQUEST_INIT;
    assert_ok(room_call(room, "Oversight/ListReports", &request.base, (const void **)&list));
    assert_int_equal(list->n_reports, 1);
    assert_string_equal(list->reports[0]->period, "2026-10");
    assert_string_equal(list->reports[0]->decided_by, "carl");
}

static void
only_whole_months_are_reported(void **state)
{
    room_t *room = *state;
    const char *const wrong[] = {"2026-13", "2026-00", "2026-1", "2026", "", "2026/10"};
    as_lena(room);
    for (size_t i = 0; i < KT_COUNT(wrong); i++)
        assert_status(make(room, wrong[i], NULL), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(make(room, "2026-11", NULL), KT_FAILED_PRECONDITION, LEGAL_PERIOD_NOT_OVER);
    room_set_now(room, INT64_C(1796083200000000)); /* 2026-12-01T00:00Z */
    assert_ok(make(room, "2026-11", NULL));
}

static void
thresholds_are_kept_with_their_history(void **state)
{
    room_t *room = *state;
    const legal_thresholds_t *thresholds;
    legal_get_thresholds_request_t request = LEGAL_GET_THRESHOLDS_REQUEST_INIT;
    firm_set_thresholds(room, 7, 70);
    assert_ok(
        room_call(room, "Oversight/GetThresholds", &request.base, (const void **)&thresholds));
    assert_int_equal(thresholds->revision, 2);
    assert_int_equal(thresholds->values[1]->from_minor, 7);
    assert_string_equal(thresholds->set_by, "carl");
    request.revision = 1;
    assert_ok(
        room_call(room, "Oversight/GetThresholds", &request.base, (const void **)&thresholds));
    assert_int_equal(thresholds->values[1]->from_minor, 1000);
    request.revision = 3;
    assert_status(room_call(room, "Oversight/GetThresholds", &request.base, NULL), KT_NOT_FOUND,
                  LEGAL_THRESHOLDS_UNKNOWN);
}

static kt_status_t
set(room_t *room, legal_value_threshold_t *rows, size_t count)
{
    legal_value_threshold_t *values[64];
    legal_set_thresholds_request_t request = LEGAL_SET_THRESHOLDS_REQUEST_INIT;
    legal_thresholds_t thresholds = LEGAL_THRESHOLDS_INIT;
    for (size_t i = 0; i < count; i++)
        values[i] = &rows[i];
    thresholds.values = values;
    thresholds.n_values = count;
    request.thresholds = rows ? &thresholds : NULL;
    return room_call(room, "Oversight/SetThresholds", &request.base, NULL);
}

static void
shapes_of_thresholds_are_checked(void **state)
{
    room_t *room = *state;
    legal_value_threshold_t rows[64];
    char currencies[64][4];
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        rows[i] = (legal_value_threshold_t)LEGAL_VALUE_THRESHOLD_INIT;
        snprintf(currencies[i], sizeof currencies[i], "A%c%c", (char)('A' + (int)i / 26 % 26),
                 (char)('A' + (int)i % 26));
        rows[i].currency = currencies[i];
        rows[i].level = LEGAL_APPROVAL_LEVEL_CEO;
    }
    as_carl(room);
    assert_ok(set(room, rows, LEGAL_THRESHOLD_VALUES_MAX));
    assert_ok(set(room, rows, 0));
    assert_status(set(room, rows, LEGAL_THRESHOLD_VALUES_MAX + 1), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_status(set(room, NULL, 0), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    rows[1].currency = rows[0].currency;
    assert_status(set(room, rows, 2), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    rows[1].level = LEGAL_APPROVAL_LEVEL_FINANCE;
    assert_ok(set(room, rows, 2));
    rows[1].from_minor = -1;
    assert_status(set(room, rows, 2), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    rows[0].currency = text("Idr");
    assert_status(set(room, rows, 1), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    rows[0].currency = text("IDR");
    rows[0].level = 0;
    assert_status(set(room, rows, 1), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    as_lena(room);
    assert_status(set(room, rows, 1), KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING);
}

static void
a_failing_store_makes_no_half_report(void **state)
{
    room_t *room = *state;
    live_through_november(room);
    legal_make_report_request_t request = LEGAL_MAKE_REPORT_REQUEST_INIT;
    request.period = text("2026-11");
    const legal_report_t *report = room_sweep(room, "Oversight/MakeReport", &request.base);
    assert_november(report->figures);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        firm_test(a_report_counts_a_month_and_can_be_counted_again),
        firm_test(the_ceo_signs_or_returns_it),
        firm_test(only_whole_months_are_reported),
        firm_test(thresholds_are_kept_with_their_history),
        firm_test(shapes_of_thresholds_are_checked),
        firm_test(a_failing_store_makes_no_half_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
