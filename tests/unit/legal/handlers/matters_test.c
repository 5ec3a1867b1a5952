/* Matters, deadlines, costs and legal holds, through the department. The room's first day is
 * 2026-11-02. */
#include "matters.h"

#include <kt/prng.h>

/* A room with one open matter "m". */
static room_t *
open_m(void)
{
    room_t *room = staff_open();
    assert_ok(open_matter(room, "m"));
    assert_ok(assign(room, "m", "lea"));
    return room;
}

/* ---- matters ---- */

static void
a_matter_is_opened_assigned_closed_and_reopened(void **state)
{
    (void)state;
    room_t *room = staff_open();
    assert_ok(open_matter(room, "m"));
    assert_status(open_matter(room, "m"), KT_ALREADY_EXISTS, LEGAL_MATTER_EXISTS);
    assert_status(open_matter(room, "M"), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(assign(room, "n", "lea"), KT_NOT_FOUND, LEGAL_MATTER_UNKNOWN);
    assert_status(assign(room, "m", ""), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_int_equal(get_matter(room, "m")->state, LEGAL_MATTER_STATE_MATTER_INTAKE);
    assert_status(close_matter(room, "m"), KT_FAILED_PRECONDITION, LEGAL_MATTER_STATE);
    assert_ok(assign(room, "m", "lea"));
    assert_status(reopen(room, "m"), KT_FAILED_PRECONDITION, LEGAL_MATTER_STATE);
    assert_ok(close_matter(room, "m"));
    assert_status(close_matter(room, "n"), KT_NOT_FOUND, LEGAL_MATTER_UNKNOWN);
    assert_status(assign(room, "m", "max"), KT_FAILED_PRECONDITION, LEGAL_MATTER_STATE);
    assert_status(add_deadline(room, "m", "d", "2026-12-01"), KT_FAILED_PRECONDITION,
                  LEGAL_MATTER_STATE);
    assert_status(add_cost(room, "m", "EUR", 1), KT_FAILED_PRECONDITION, LEGAL_MATTER_STATE);
    assert_int_equal(room_refusals(room), 5);
    assert_span_equal(room_refusal(room)->subject, kt_span_str("matter m"));
    assert_span_equal(room_refusal(room)->state, kt_span_str("CLOSED"));
    assert_span_equal(room_refusal(room)->command, kt_span_str("add cost"));
    assert_status(reopen(room, "n"), KT_NOT_FOUND, LEGAL_MATTER_UNKNOWN);
    assert_ok(reopen(room, "m"));
    const legal_matter_t *matter = get_matter(room, "m");
    assert_int_equal(matter->state, LEGAL_MATTER_STATE_MATTER_OPEN);
    assert_string_equal(matter->outcome, "settled");
    assert_string_equal(matter->reopened_for, "new facts");
    assert_string_equal(matter->opened_by, "lea");
    assert_int_equal(count_told(room, "matter.opened"), 1);
    assert_int_equal(count_told(room, "matter.closed"), 1);
    assert_int_equal(count_told(room, "matter.reopened"), 1);
    room_close(&room);
}

static void
a_matter_without_an_id_gets_one(void **state)
{
    (void)state;
    room_t *room = staff_open();
    assert_ok(open_matter(room, ""));
    assert_ok(open_matter(room, ""));
    legal_list_matters_request_t request = LEGAL_LIST_MATTERS_REQUEST_INIT;
    const void *answer = NULL;
    assert_ok(room_call(room, "Matters/ListMatters", &request.base, &answer));
    const legal_list_matters_response_t *all = (const legal_list_matters_response_t *)answer;
    assert_int_equal(all->n_matters, 2);
    assert_int_equal(strlen(all->matters[0]->matter), 26);
    room_close(&room);
}

static void
matters_are_filtered(void **state)
{
    (void)state;
    room_t *room = staff_open();
    char name[8];
    for (unsigned i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "m%02u", i);
        assert_ok(open_matter(room, name));
        assert_ok(assign(room, name, "lea"));
        if (i % 3 == 0) /* every third is late on the 5th */
            assert_ok(add_deadline(room, name, "d", "2026-11-04"));
        if (i % 4 == 3)
            assert_ok(i % 3 == 0 ? meet(room, name, "d", "2026-11-03") : close_matter(room, name));
    }
    legal_list_matters_request_t request = LEGAL_LIST_MATTERS_REQUEST_INIT;
    const void *answer = NULL;
    static const struct {
        bool open_only, overdue_only;
        const char *date, *names;
    } rows[] = {
        {false, false, "", "00 01 02 03 04 05 06 07 08 09 10 11 "},
        {true, false, "", "00 01 02 03 04 05 06 08 09 10 "},
        {false, true, "2026-11-05", "00 06 09 "},
        {true, true, "2026-11-04", ""},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        char names[80] = "";
        request.open_only = rows[i].open_only;
        request.overdue_only = rows[i].overdue_only;
        request.on_date = text_of(rows[i].date);
        request.page_size = 2;
        request.page_token = text_of("");
        do {
            assert_ok(room_call(room, "Matters/ListMatters", &request.base, &answer));
            const legal_list_matters_response_t *page = (const legal_list_matters_response_t *)
                answer;
            assert_in_range(page->n_matters, 0, 2);
            for (size_t j = 0; j < page->n_matters; j++) {
                strcat(names, page->matters[j]->matter + 1);
                strcat(names, " ");
            }
            request.page_token = page->next_page_token;
        } while (request.page_token[0]);
        assert_string_equal(names, rows[i].names);
    }
    room_close(&room);
}

/* ---- deadlines ---- */

static void
nothing_closes_while_a_deadline_is_pending(void **state)
{
    (void)state;
    room_t *room = open_m();
    assert_ok(add_deadline(room, "m", "reply", "2026-11-10"));
    assert_status(add_deadline(room, "m", "reply", "2026-11-11"), KT_ALREADY_EXISTS,
                  LEGAL_DEADLINE_EXISTS);
    assert_status(add_deadline(room, "n", "reply", "2026-11-10"), KT_NOT_FOUND,
                  LEGAL_MATTER_UNKNOWN);
    assert_status(add_deadline(room, "m", "late", ""), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(close_matter(room, "m"), KT_FAILED_PRECONDITION, LEGAL_DEADLINE_IS_PENDING);
    assert_status(meet(room, "m", "none", "2026-11-02"), KT_NOT_FOUND, LEGAL_DEADLINE_UNKNOWN);
    assert_status(meet(room, "n", "reply", "2026-11-02"), KT_NOT_FOUND, LEGAL_MATTER_UNKNOWN);
    assert_status(meet(room, "m", "reply", "2026-11-04"), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(meet(room, "m", "reply", ""), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_ok(meet(room, "m", "reply", "2026-11-03")); /* where it is that day already */
    assert_status(meet(room, "m", "reply", "2026-11-02"), KT_FAILED_PRECONDITION,
                  LEGAL_DEADLINE_IS_MET);
    assert_ok(close_matter(room, "m"));
    assert_status(meet(room, "m", "reply", "2026-11-02"), KT_FAILED_PRECONDITION,
                  LEGAL_MATTER_STATE);
    room_close(&room);
}

static void
an_order_supersedes(void **state)
{
    (void)state;
    room_t *room = open_m();
    assert_ok(add_deadline(room, "m", "reply", "2026-11-10"));
    assert_status(supersede(room, "m", "none", "r2", "2026-12-10"), KT_NOT_FOUND,
                  LEGAL_DEADLINE_UNKNOWN);
    assert_status(supersede(room, "n", "reply", "r2", "2026-12-10"), KT_NOT_FOUND,
                  LEGAL_MATTER_UNKNOWN);
    assert_status(supersede(room, "m", "reply", "reply", "2026-12-10"), KT_ALREADY_EXISTS,
                  LEGAL_DEADLINE_EXISTS);
    assert_status(supersede(room, "m", "reply", "r2", ""), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_ok(supersede(room, "m", "reply", "r2", "2026-12-10"));
    assert_status(supersede(room, "m", "reply", "r3", "2026-12-11"), KT_FAILED_PRECONDITION,
                  LEGAL_DEADLINE_IS_SUPERSEDED);
    assert_status(meet(room, "m", "reply", "2026-11-02"), KT_FAILED_PRECONDITION,
                  LEGAL_DEADLINE_IS_SUPERSEDED);
    assert_ok(supersede(room, "m", "r2", "", "2026-12-20"));
    const legal_list_deadlines_response_t *all = list_deadlines(room, "m", "", "", "");
    assert_int_equal(all->n_deadlines, 3);
    assert_int_equal(get_matter(room, "m")->deadlines, 3);
    for (size_t i = 0; i < 3; i++) {
        const legal_deadline_t *one = all->deadlines[i];
        bool newest = one->superseded_by[0] == '\0';
        assert_int_equal(one->state, newest ? LEGAL_DEADLINE_STATE_DEADLINE_PENDING
                                            : LEGAL_DEADLINE_STATE_DEADLINE_SUPERSEDED);
        if (newest)
            assert_string_equal(one->due_on, "2026-12-20");
        if (strcmp(one->deadline, "reply") == 0)
            assert_string_equal(one->due_on, "2026-11-10");
    }
    room_close(&room);
}

/* No method has a deadline's date in its request but those that make one; and nothing that is done
 * to a matter changes the date of one that is there. */
static void
no_method_changes_when_a_deadline_is_due(void **state)
{
    (void)state;
    static const char *const makers[] = {"AddDeadline", "SupersedeDeadline"};
    const kt_service_desc_t *service = &legal_matters_service;
    size_t made = 0;
    for (uint32_t i = 0; i < service->methods_count; i++) {
        const kt_method_t *method = &service->methods[i];
        const char *name = strrchr(method->path, '/') + 1;
        for (unsigned f = 0; f < method->request->n_fields; f++) {
            const char *field = method->request->fields[f].name;
            if (strcmp(field, "due_on") != 0 && strcmp(field, "new_due_on") != 0)
                continue;
            assert_true(made < KT_COUNT(makers));
            assert_string_equal(name, makers[made]);
            made++;
        }
    }
    assert_int_equal(made, KT_COUNT(makers));

    room_t *room = open_m();
    assert_ok(add_deadline(room, "m", "a", "2026-11-03"));
    assert_ok(add_deadline(room, "m", "b", "2026-11-03"));
    assert_ok(add_deadline(room, "m", "c", "2026-11-03"));
    assert_ok(meet(room, "m", "a", "2026-11-02"));
    assert_ok(supersede(room, "m", "b", "z", "2026-11-04"));
    assert_ok(assign(room, "m", "max"));
    staff_day(room, 9);
    assert_ok(close_matter(room, "m")); /* what is missed does not wait any more */
    assert_ok(reopen(room, "m"));
    assert_ok(meet(room, "m", "c", "2026-11-11"));
    const legal_list_deadlines_response_t *all = list_deadlines(room, "m", "", "", "");
    static const legal_deadline_state_t states[] = {
        LEGAL_DEADLINE_STATE_DEADLINE_MET, LEGAL_DEADLINE_STATE_DEADLINE_SUPERSEDED,
        LEGAL_DEADLINE_STATE_DEADLINE_MET_LATE, LEGAL_DEADLINE_STATE_DEADLINE_MISSED};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(all->deadlines[i]->due_on, i == 3 ? "2026-11-04" : "2026-11-03");
        assert_int_equal(all->deadlines[i]->state, states[i]);
    }
    room_close(&room);
}

static void
deadlines_of_all_matters_come_by_date(void **state)
{
    (void)state;
    room_t *room = open_m();
    assert_ok(open_matter(room, "a"));
    assert_ok(add_deadline(room, "m", "x", "2026-11-20"));
    assert_ok(add_deadline(room, "m", "y", "2026-11-05"));
    assert_ok(add_deadline(room, "a", "x", "2026-11-20"));
    assert_ok(add_deadline(room, "a", "y", "2026-12-01"));
    const legal_list_deadlines_response_t *all = list_deadlines(room, "", "2026-11-05",
                                                                "2026-11-20", "2026-11-06");
    assert_int_equal(all->n_deadlines, 3);
    assert_string_equal(all->deadlines[0]->deadline, "y");
    assert_int_equal(all->deadlines[0]->state, LEGAL_DEADLINE_STATE_DEADLINE_MISSED);
    assert_string_equal(all->deadlines[1]->matter, "a");
    assert_int_equal(all->deadlines[1]->state, LEGAL_DEADLINE_STATE_DEADLINE_PENDING);
    assert_string_equal(all->deadlines[2]->matter, "m");
    assert_int_equal(list_deadlines(room, "", "2026-11-06", "2026-11-19", "")->n_deadlines, 0);
    assert_int_equal(list_deadlines(room, "", "", "", "")->n_deadlines, 4);

    legal_list_deadlines_request_t request = LEGAL_LIST_DEADLINES_REQUEST_INIT;
    const void *answer = NULL;
    request.page_size = 3;
    assert_ok(room_call(room, "Matters/ListDeadlines", &request.base, &answer));
    request.page_token = ((const legal_list_deadlines_response_t *)answer)->next_page_token;
    assert_ok(room_call(room, "Matters/ListDeadlines", &request.base, &answer));
    all = (const legal_list_deadlines_response_t *)answer;
    assert_int_equal(all->n_deadlines, 1);
    assert_string_equal(all->deadlines[0]->due_on, "2026-12-01");
    request.page_token = text_of("");
    request.matter = text_of("n");
    assert_status(room_call(room, "Matters/ListDeadlines", &request.base, NULL), KT_NOT_FOUND,
                  LEGAL_MATTER_UNKNOWN);
    request.from = text_of("2026-11-05");
    assert_status(room_call(room, "Matters/ListDeadlines", &request.base, NULL),
                  KT_INVALID_ARGUMENT, BAD_FIELD);
    room_close(&room);
}

static void
a_matter_has_100_deadlines_at_most(void **state)
{
    (void)state;
    room_t *room = open_m();
    for (unsigned i = 0; i < 100; i++)
        assert_ok(add_deadline(room, "m", "", "2026-12-01"));
    assert_status(add_deadline(room, "m", "", "2026-12-01"), KT_RESOURCE_EXHAUSTED,
                  LEGAL_TOO_MANY_DEADLINES);
    room_close(&room);
}

/* ---- costs ---- */

static void
costs_are_only_added(void **state)
{
    (void)state;
    room_t *room = open_m();
    const void *answer = NULL;
    assert_ok(add_cost(room, "m", "EUR", 120000));
    assert_ok(add_cost(room, "m", "IDR", 5));
    assert_ok(add_cost(room, "m", "EUR", -20000));
    assert_status(add_cost(room, "m", "EUR", 0), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(add_cost(room, "m", "eur", 1), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(add_cost(room, "m", "EU", 1), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(add_cost(room, "n", "EUR", 1), KT_NOT_FOUND, LEGAL_MATTER_UNKNOWN);
    assert_status(add_cost(room, "m", "EUR", INT64_MAX), KT_OUT_OF_RANGE, LEGAL_COST_OVERFLOW);
    const legal_matter_t *matter = get_matter(room, "m");
    assert_int_equal(matter->costs, 3);
    assert_int_equal(matter->n_totals, 2);
    assert_string_equal(matter->totals[0]->currency, "EUR");
    assert_int_equal(matter->totals[0]->amount_minor, 100000);
    assert_int_equal(matter->totals[1]->amount_minor, 5);
    legal_list_costs_request_t request = LEGAL_LIST_COSTS_REQUEST_INIT;
    request.matter = text_of("m");
    assert_ok(room_call(room, "Matters/ListCosts", &request.base, &answer));
    const legal_list_costs_response_t *all = (const legal_list_costs_response_t *)answer;
    assert_int_equal(all->n_costs, 3);
    assert_int_equal(all->costs[2]->number, 3);
    assert_int_equal(all->costs[2]->amount_minor, -20000);
    assert_string_equal(all->costs[0]->added_by, "lea");
    request.matter = text_of("n");
    assert_status(room_call(room, "Matters/ListCosts", &request.base, NULL), KT_NOT_FOUND,
                  LEGAL_MATTER_UNKNOWN);
    static const char *const others[] = {"USD", "GBP", "CHF", "JPY", "SGD", "AUD"};
    for (size_t i = 0; i < KT_COUNT(others); i++)
        assert_ok(add_cost(room, "m", others[i], 1));
    assert_status(add_cost(room, "m", "NOK", 1), KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_CURRENCIES);
    room_close(&room);
}

/* ---- legal holds ---- */

static void
who_is_held_is_known(void **state)
{
    (void)state;
    room_t *room = open_m();
    assert_ok(enrol(room, "ana"));
    assert_ok(enrol(room, "bo"));
    assert_ok(open_matter(room, "a"));
    assert_false(is_held(room, "ana")->held);
    assert_status(place_hold(room, "m", "mail", "zoe", ""), KT_NOT_FOUND, LEGAL_EMPLOYEE_UNKNOWN);
    assert_status(place_hold(room, "n", "mail", "ana", ""), KT_NOT_FOUND, LEGAL_MATTER_UNKNOWN);
    assert_status(place_hold(room, "m", "mail", "ana", "ana"), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_ok(place_hold(room, "m", "mail", "ana", "bo"));
    assert_status(place_hold(room, "m", "mail", "ana", ""), KT_ALREADY_EXISTS, LEGAL_HOLD_EXISTS);
    assert_ok(place_hold(room, "m", "files", "ana", ""));
    assert_ok(place_hold(room, "a", "mail", "ana", ""));
    assert_int_equal(count_told(room, "employee.held"), 2);
    const legal_is_held_response_t *held = is_held(room, "ana");
    assert_true(held->held);
    assert_int_equal(held->n_matters, 2);
    assert_string_equal(held->matters[1], "m");
    assert_status(close_matter(room, "m"), KT_FAILED_PRECONDITION, LEGAL_HOLD_IS_ACTIVE);
    assert_status(release_hold(room, "m", "none"), KT_NOT_FOUND, LEGAL_HOLD_UNKNOWN);
    assert_status(release_hold(room, "n", "mail"), KT_NOT_FOUND, LEGAL_MATTER_UNKNOWN);
    assert_ok(release_hold(room, "m", "mail"));
    assert_false(is_held(room, "bo")->held);
    assert_true(is_held(room, "ana")->held);
    assert_ok(release_hold(room, "m", "files"));
    assert_int_equal(count_told(room, "employee.held"), 3);
    assert_ok(close_matter(room, "m"));
    assert_ok(release_hold(room, "m", "mail")); /* it is released already */
    assert_ok(release_hold(room, "a", "mail"));
    assert_false(is_held(room, "ana")->held);
    assert_int_equal(count_told(room, "employee.held"), 4);
    legal_list_legal_holds_request_t request = LEGAL_LIST_LEGAL_HOLDS_REQUEST_INIT;
    const void *answer = NULL;
    request.matter = text_of("m");
    assert_ok(room_call(room, "Matters/ListLegalHolds", &request.base, &answer));
    const legal_list_legal_holds_response_t *all = (const legal_list_legal_holds_response_t *)
        answer;
    assert_int_equal(all->n_holds, 2);
    assert_string_equal(all->holds[1]->hold, "mail");
    assert_string_equal(all->holds[1]->custodians[1], "bo");
    assert_string_equal(all->holds[1]->reason, "the case is over");
    request.matter = text_of("n");
    assert_status(room_call(room, "Matters/ListLegalHolds", &request.base, NULL), KT_NOT_FOUND,
                  LEGAL_MATTER_UNKNOWN);
    legal_is_held_request_t who = LEGAL_IS_HELD_REQUEST_INIT;
    who.employee = text_of("zoe");
    assert_status(room_call(room, "Matters/IsHeld", &who.base, NULL), KT_NOT_FOUND,
                  LEGAL_EMPLOYEE_UNKNOWN);
    room_close(&room);
}

static void
a_matter_has_32_holds_at_most(void **state)
{
    (void)state;
    room_t *room = open_m();
    assert_ok(enrol(room, "ana"));
    for (unsigned i = 0; i < 32; i++)
        assert_ok(place_hold(room, "m", "", "ana", ""));
    assert_status(place_hold(room, "m", "", "ana", ""), KT_RESOURCE_EXHAUSTED,
                  LEGAL_TOO_MANY_HOLDS);
    room_close(&room);
}

/* The longest texts that the contract lets through are kept whole. */
static void
the_longest_texts_fit(void **state)
{
    (void)state;
    char text[501];
    memset(text, 'x', sizeof text - 1);
    text[500] = '\0';
    room_t *room = open_m();
    legal_place_hold_request_t hold = LEGAL_PLACE_HOLD_REQUEST_INIT;
    char names[16][64];
    char *custodians[16];
    for (unsigned i = 0; i < 16; i++) {
        snprintf(names[i], sizeof names[i], "e%062u", i);
        custodians[i] = names[i];
        char principal[16];
        snprintf(principal, sizeof principal, "p%u", i);
        assert_ok(enrol_as(room, names[i], principal, "sales", "2020-01-01"));
    }
    hold.matter = text_of("m");
    hold.hold = text_of("h");
    hold.scope = text + 100;
    hold.custodians = custodians;
    hold.n_custodians = 16;
    assert_ok(room_call(room, "Matters/PlaceHold", &hold.base, NULL));
    legal_release_hold_request_t release = LEGAL_RELEASE_HOLD_REQUEST_INIT;
    release.matter = text_of("m");
    release.hold = text_of("h");
    release.reason = text + 200;
    char longest[65];
    memset(longest, 'p', 64);
    longest[64] = '\0';
    room_as(room, longest, "legal.officer");
    assert_ok(room_call(room, "Matters/ReleaseHold", &release.base, NULL));
    legal_close_matter_request_t closing = LEGAL_CLOSE_MATTER_REQUEST_INIT;
    closing.matter = text_of("m");
    closing.outcome = text;
    assert_ok(room_call(room, "Matters/CloseMatter", &closing.base, NULL));
    room_close(&room);
}

/* ---- failures, and chance ---- */

/* Every store call of a superseding fails once; then it is done as if nothing had been. */
static void
a_superseding_fails_whole(void **state)
{
    (void)state;
    room_t *room = open_m();
    assert_ok(add_deadline(room, "m", "a", "2026-11-10"));
    for (uint64_t n = 1;; n++) {
        room_fail(room, n);
        kt_status_t status = supersede(room, "m", "a", "b", "2026-11-20");
        bool struck = room_struck(room);
        room_fail(room, 0);
        if (!struck) {
            assert_ok(status);
            break;
        }
        assert_true(kt_failed(status));
        assert_int_equal(list_deadlines(room, "m", "", "", "")->n_deadlines, 1);
        assert_int_equal(room_verify(room), 0);
    }
    assert_int_equal(list_deadlines(room, "m", "", "", "")->n_deadlines, 2);
    room_close(&room);
}

/* What the last event of employee.held says of NAME; each one is a change. */
static bool
told_held(room_t *room, const char *name)
{
    bool told = false;
    for (uint64_t n = 1; n <= room_events(room); n++) {
        const kt_event_t *event = room_event(room, n);
        const kt_event_value_t *values = (const kt_event_value_t *)event->values.items;
        if (!kt_span_equal(event->type, kt_span_str("employee.held")) ||
            !kt_span_equal(event->subject, kt_span_str(name)))
            continue;
        bool held = kt_span_equal(values[0].value, kt_span_str("true"));
        assert_int_not_equal(held, told);
        told = held;
    }
    return told;
}

/* Whatever happens in which order, what is told of holds is what is so, a closed matter has nothing
 * open, and the derived tables are what they should be (room_close verifies). */
static void
chance_leaves_nothing_open_behind(void **state)
{
    (void)state;
    const uint64_t seed = 99;
    static const char *const currencies[] = {"EUR", "IDR"};
    kt_prng_t prng;
    room_t *room = staff_open();
    uint32_t closed = 0;
    char name[4];
    kt_prng_seed(&prng, seed);
    assert_ok(enrol(room, "e0"));
    assert_ok(enrol(room, "e1"));
    for (int32_t i = 0; i < 1500; i++) {
        char m[4], d[4], e[4];
        snprintf(m, sizeof m, "m%u", (unsigned)kt_prng_below(&prng, 3));
        snprintf(d, sizeof d, "d%u", (unsigned)kt_prng_below(&prng, 5));
        snprintf(e, sizeof e, "e%u", (unsigned)kt_prng_below(&prng, 2));
        staff_day(room, i / 30);
        switch (kt_prng_below(&prng, 11)) {
        case 0:
            kt_ignore(open_matter(room, m));
            break;
        case 1:
            kt_ignore(assign(room, m, e));
            break;
        case 2:
            kt_ignore(add_deadline(room, m, d, "2026-11-20"));
            break;
        case 3:
            kt_ignore(meet(room, m, d, "2026-11-02"));
            break;
        case 4:
            kt_ignore(supersede(room, m, d, "", "2026-11-25"));
            break;
        case 5:
            kt_ignore(place_hold(room, m, d, e, ""));
            break;
        case 6:
        case 7:
            kt_ignore(release_hold(room, m, d));
            break;
        case 8:
            kt_ignore(add_cost(room, m, currencies[i % 2], i - 750));
            break;
        case 9: {
            kt_status_t status = close_matter(room, m);
            if (kt_failed(status))
                break;
            const legal_list_deadlines_response_t *all = list_deadlines(room, m, "", "", "");
            for (size_t j = 0; j < all->n_deadlines; j++)
                assert_int_not_equal(all->deadlines[j]->state,
                                     LEGAL_DEADLINE_STATE_DEADLINE_PENDING);
            closed++;
            break;
        }
        default:
            kt_ignore(reopen(room, m));
        }
        room_forget(room);
    }
    for (unsigned e = 0; e < 2; e++) {
        snprintf(name, sizeof name, "e%u", e);
        if (is_held(room, name)->held != told_held(room, name))
            fail_msg("seed %llu: %s", (unsigned long long)seed, name);
    }
    assert_true(closed > 3);
    room_close(&room);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_matter_is_opened_assigned_closed_and_reopened),
        cmocka_unit_test(a_matter_without_an_id_gets_one),
        cmocka_unit_test(matters_are_filtered),
        cmocka_unit_test(nothing_closes_while_a_deadline_is_pending),
        cmocka_unit_test(an_order_supersedes),
        cmocka_unit_test(no_method_changes_when_a_deadline_is_due),
        cmocka_unit_test(deadlines_of_all_matters_come_by_date),
        cmocka_unit_test(a_matter_has_100_deadlines_at_most),
        cmocka_unit_test(costs_are_only_added),
        cmocka_unit_test(who_is_held_is_known),
        cmocka_unit_test(a_matter_has_32_holds_at_most),
        cmocka_unit_test(the_longest_texts_fit),
        cmocka_unit_test(a_superseding_fails_whole),
        cmocka_unit_test(chance_leaves_nothing_open_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
