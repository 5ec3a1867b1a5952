/* How contracts end: notice, termination, successors; and employment, of which one is in force. */
#include "firm.h"

static firm_draft_t draft;

#define IS(status) LEGAL_CONTRACT_STATUS_CONTRACT_##status

/* ---- ends ---- */

static void
notice_ends_what_goes_on(void **state)
{
    room_t *room = *state;
    firm_renews(firm_fill(&draft, "c-1"), 12, 3);
    draft.terms.starts_on = text("2025-12-01");
    firm_signed(room, &draft);
    assert_string_equal(firm_get(room, "c-1", "")->current_end, "2026-11-30");
    assert_string_equal(firm_get(room, "c-1", "")->notice_deadline, "2026-08-30");
    /* Today, 2 November, is too late for this year's end. */
    uint64_t events = room_events(room);
    assert_ok(firm_notice(room, "c-1", ""));
    const char *const told[] = {"state", "SIGNED", "ends_on", "2027-11-30", NULL};
    firm_assert_event(room, events + 1, "contract.standing", told);
    assert_int_equal(room_events(room), events + 1);
    const legal_contract_view_t *view = firm_get(room, "c-1", "");
    assert_int_equal(view->status, IS(NOTICE));
    assert_string_equal(view->ends_on, "2027-11-30");
    assert_string_equal(view->current_end, "2026-11-30");
    assert_string_equal(view->notice_deadline, "");
    assert_int_equal(firm_status(room, "c-1", "2026-11-01"), IS(ACTIVE));
    assert_int_equal(firm_status(room, "c-1", "2027-11-30"), IS(NOTICE));
    assert_int_equal(firm_status(room, "c-1", "2027-12-01"), IS(EXPIRED));
    firm_assert_kept(room, firm_notice(room, "c-1", ""), LEGAL_NOTICE_NO_EFFECT, "give notice");
    assert_status(firm_notice(room, "c-1", "2026-11-03"), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
}

static void
notice_in_time_ends_the_present_term(void **state)
{
    room_t *room = *state;
    firm_renews(firm_fill(&draft, "c-1"), 12, 3);
    draft.terms.starts_on = text("2025-12-01");
    firm_signed(room, &draft);
    assert_ok(firm_notice(room, "c-1", "2026-08-30"));
    assert_string_equal(firm_get(room, "c-1", "")->ends_on, "2026-11-30");
}

static void
notice_needs_something_to_end(void **state)
{
    room_t *room = *state;
    firm_signed(room, firm_fill(&draft, "c-1")); /* begins in December */
    firm_assert_kept(room, firm_notice(room, "c-1", ""), LEGAL_NOT_IN_FORCE, "give notice");
    draft.terms.starts_on = text("2026-10-01");
    draft.contract.contract = text("c-2");
    firm_signed(room, &draft); /* in force, and ends by itself */
    firm_assert_kept(room, firm_notice(room, "c-2", ""), LEGAL_NOTICE_NO_EFFECT, "give notice");
    firm_fill(&draft, "c-3");
    draft.terms.starts_on = text("2026-10-01");
    draft.first.amount = draft.first.unit = 0;
    draft.terms.open = true;
    draft.notice.amount = 30;
    draft.notice.unit = LEGAL_TERM_UNIT_DAYS;
    firm_signed(room, &draft);
    assert_ok(firm_notice(room, "c-3", ""));
    assert_string_equal(firm_get(room, "c-3", "")->ends_on, "2026-12-02");
}

static void
termination_takes_effect_on_its_day(void **state)
{
    room_t *room = *state;
    firm_signed(room, firm_fill(&draft, "c-1"));
    firm_assert_kept(room, firm_terminate(room, "c-1", "2027-12-01"), LEGAL_NOT_IN_FORCE,
                     "terminate");
    as_it(room);
    assert_ok(firm_terminate(room, "c-1", "2027-03-01"));
    const char *const told[] = {"state", "TERMINATED", "ends_on", "2027-02-28", NULL};
    firm_assert_event(room, room_events(room), "contract.standing", told);
    assert_ok(firm_terminate(room, "c-1", "2027-03-01")); /* again, as of the same day */
    firm_assert_kept(room, firm_terminate(room, "c-1", "2027-04-01"), LEGAL_NOT_IN_FORCE,
                     "terminate");
    assert_int_equal(firm_status(room, "c-1", "2027-02-28"), IS(ACTIVE));
    assert_int_equal(firm_status(room, "c-1", "2027-03-01"), IS(TERMINATED));
    assert_string_equal(firm_get(room, "c-1", "")->ends_on, "2027-02-28");
}

static void
a_successor_takes_over_on_its_first_day(void **state)
{
    room_t *room = *state;
    firm_signed(room, firm_fill(&draft, "c-1"));
    firm_fill(&draft, "c-2");
    draft.terms.starts_on = text("2027-06-01");
    firm_signing(room, &draft);
    firm_assert_kept(room, firm_supersede(room, "c-1", "c-2"), LEGAL_SUCCESSOR_UNFIT, "supersede");
    firm_assert_kept(room, firm_supersede(room, "c-1", "c-1"), LEGAL_SUCCESSOR_UNFIT, "supersede");
    assert_status(firm_supersede(room, "c-1", "c-0"), KT_NOT_FOUND, LEGAL_CONTRACT_UNKNOWN);
    assert_ok(firm_sign(room, "c-2", "one", LEGAL_SIGNATURE_SIDE_US));
    assert_ok(firm_sign(room, "c-2", "one", LEGAL_SIGNATURE_SIDE_THEM));
    assert_ok(firm_supersede(room, "c-1", "c-2"));
    const char *const told[] = {"state", "SUPERSEDED", "ends_on", "2027-05-31", NULL};
    firm_assert_event(room, room_events(room), "contract.standing", told);
    assert_ok(firm_supersede(room, "c-1", "c-2"));
    assert_int_equal(firm_status(room, "c-1", "2027-05-31"), IS(ACTIVE));
    assert_int_equal(firm_status(room, "c-1", "2027-06-01"), IS(SUPERSEDED));
    firm_signed(room, firm_fill(&draft, "c-3"));
    firm_assert_kept(room, firm_supersede(room, "c-1", "c-3"), LEGAL_SUCCESSOR_UNFIT, "supersede");
}

/* ---- employment ---- */

static void
an_employment_is_followed_by_one_of_the_same_employee(void **state)
{
    room_t *room = *state;
    firm_employs(firm_fill(&draft, "e-1"), "budi");
    firm_signed(room, &draft);
    firm_signed(room, firm_fill(&draft, "c-1"));
    struct {
        const char *employee, *supersedes;
    } rows[] = {{"dewi", "e-1"}, {NULL, "e-1"}, {"dewi", "c-1"}};
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        firm_fill(&draft, "x");
        if (rows[i].employee)
            firm_employs(&draft, rows[i].employee);
        draft.contract.supersedes = text(rows[i].supersedes);
        firm_assert_kept(room, firm_send(room, &draft), LEGAL_SUCCESSOR_UNFIT, "draft");
    }
    firm_employs(firm_fill(&draft, "e-2"), "dewi");
    firm_signed(room, &draft);
    firm_assert_kept(room, firm_supersede(room, "e-1", "e-2"), LEGAL_SUCCESSOR_UNFIT, "supersede");
    firm_assert_kept(room, firm_supersede(room, "e-1", "c-1"), LEGAL_SUCCESSOR_UNFIT, "supersede");
    assert_int_equal(firm_status(room, "e-1", "2027-01-01"), IS(ACTIVE));
}

static void
no_two_employments_overlap(void **state)
{
    room_t *room = *state;
    firm_employs(firm_fill(&draft, "e-1"), "budi");
    firm_employs(firm_fill(&draft, "e-2"), "budi");
    draft.terms.starts_on = text("2027-11-30"); /* the last day of the first */
    firm_signing(room, &draft);                 /* nothing stands yet: it may be drafted */
    firm_employs(firm_fill(&draft, "e-1"), "budi");
    firm_signed(room, &draft);
    const char *const told[] = {"employee", "budi", "kind", "EMPLOYMENT", "party", "", NULL};
    firm_assert_event(room, room_events(room), "contract.standing", told);
    assert_ok(firm_sign(room, "e-2", "one", LEGAL_SIGNATURE_SIDE_US));
    firm_assert_kept(room, firm_sign(room, "e-2", "one", LEGAL_SIGNATURE_SIDE_THEM),
                     LEGAL_EMPLOYMENT_OVERLAP, "record signature");
    firm_employs(firm_fill(&draft, "e-3"), "budi");
    firm_assert_kept(room, firm_send(room, &draft), LEGAL_EMPLOYMENT_OVERLAP, "draft");
    draft.terms.starts_on = text("2027-12-01");
    assert_ok(firm_send(room, &draft));
    firm_employs(firm_fill(&draft, "e-4"), "dewi"); /* somebody else */
    assert_ok(firm_send(room, &draft));
    /* When the first ends earlier, there is room. */
    assert_ok(firm_terminate(room, "e-1", "2027-06-01"));
    assert_ok(firm_sign(room, "e-2", "one", LEGAL_SIGNATURE_SIDE_THEM));
}

static void
an_employee_has_so_many_contracts(void **state)
{
    room_t *room = *state;
    char name[16], starts_on[11];
    for (int i = 0; i <= 201; i++) {
        snprintf(name, sizeof name, "e-%d", i);
        snprintf(starts_on, sizeof starts_on, "%d-01-01", 2027 + i);
        firm_employs(firm_fill(&draft, name), "budi");
        draft.terms.starts_on = starts_on;
        if (i < 201)
            assert_ok(firm_send(room, &draft));
        else
            assert_status(firm_send(room, &draft), KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_CONTRACTS);
        room_forget(room);
    }
}

static void
an_employment_that_supersedes_ends_the_other(void **state)
{
    room_t *room = *state;
    firm_employs(firm_fill(&draft, "e-1"), "budi");
    draft.first.amount = draft.first.unit = 0;
    draft.terms.open = true;
    firm_signed(room, &draft);
    draft.contract.contract = text("e-2");
    draft.terms.starts_on = text("2027-07-01");
    firm_assert_kept(room, firm_send(room, &draft), LEGAL_EMPLOYMENT_OVERLAP, "draft");
    draft.contract.supersedes = text("e-1");
    uint64_t events = room_events(room);
    firm_signed(room, &draft);
    const legal_contract_view_t *old = firm_get(room, "e-1", "2027-07-01");
    assert_int_equal(old->status, IS(SUPERSEDED));
    assert_string_equal(old->contract->superseded_by, "e-2");
    assert_string_equal(old->ends_on, "2027-06-30");
    assert_int_equal(firm_status(room, "e-2", "2027-07-01"), IS(ACTIVE));
    unsigned standings = 0;
    for (uint64_t i = events + 1; i <= room_events(room); i++)
        standings += strcmp(room_event_type(room, i), "contract.standing") == 0;
    assert_int_equal(standings, 2); /* the old one's end, and the new one */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        firm_test(notice_ends_what_goes_on),
        firm_test(notice_in_time_ends_the_present_term),
        firm_test(notice_needs_something_to_end),
        firm_test(termination_takes_effect_on_its_day),
        firm_test(a_successor_takes_over_on_its_first_day),
        firm_test(an_employment_is_followed_by_one_of_the_same_employee),
        firm_test(no_two_employments_overlap),
        firm_test(an_employee_has_so_many_contracts),
        firm_test(an_employment_that_supersedes_ends_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
