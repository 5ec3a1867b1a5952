#include "arena_fixture.h"

#include "domain/desk.h"
#include "domain/reason.h"

#define OK_ 0

/* Every refusal of a step: from where, what, whether it was answered, by whom. */
static const struct {
    it_ticket_standing_t state;
    it_ticket_step_t command;
    bool answered, own_only;
    uint32_t changes;
    uint32_t code, reason;
} ROWS[] = {
    {IT_TICKET_NEW, IT_TICKET_DO_ASSIGN, false, false, 1, OK_, 0},
    {IT_TICKET_NEW, IT_TICKET_DO_ASSIGN, false, true, 1, KT_PERMISSION_DENIED, IT_NOT_OWN_TICKET},
    {IT_TICKET_NEW, IT_TICKET_DO_PAUSE, false, false, 1, KT_FAILED_PRECONDITION, IT_TICKET_STATE},
    {IT_TICKET_IN_PROGRESS, IT_TICKET_DO_PAUSE, false, false, 2, KT_FAILED_PRECONDITION,
     IT_TICKET_STATE},
    {IT_TICKET_IN_PROGRESS, IT_TICKET_DO_PAUSE, true, false, 2, OK_, 0},
    {IT_TICKET_IN_PROGRESS, IT_TICKET_DO_RESPOND, true, false, 2, KT_FAILED_PRECONDITION,
     IT_TICKET_STATE},
    {IT_TICKET_RESOLVED, IT_TICKET_DO_ASSIGN, true, false, 3, KT_FAILED_PRECONDITION,
     IT_TICKET_STATE},
    {IT_TICKET_CLOSED, IT_TICKET_DO_REOPEN, true, false, 4, KT_FAILED_PRECONDITION,
     IT_TICKET_STATE},
    {IT_TICKET_CLOSED, IT_TICKET_DO_COMMENT, true, false, 4, KT_FAILED_PRECONDITION,
     IT_TICKET_STATE},
    {IT_TICKET_NEW, IT_TICKET_DO_COMMENT, false, false,
     IT_TICKET_LINES_MAX - IT_TICKET_LINES_RESERVE, KT_RESOURCE_EXHAUSTED, IT_TICKET_FULL},
    {IT_TICKET_NEW, IT_TICKET_DO_COMMENT, false, false,
     IT_TICKET_LINES_MAX - IT_TICKET_LINES_RESERVE - 1, OK_, 0},
    {IT_TICKET_NEW, IT_TICKET_DO_RESOLVE, false, false,
     IT_TICKET_LINES_MAX - IT_TICKET_LINES_RESERVE, OK_, 0},
    {IT_TICKET_RESOLVED, IT_TICKET_DO_CLOSE, false, false, IT_TICKET_LINES_MAX,
     KT_RESOURCE_EXHAUSTED, IT_TICKET_FULL},
};

static void
steps_are_taken_or_refused_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        it_actor_t actor = {
            .principal = kt_span_str("ida"), .own_only = ROWS[i].own_only, .now_us = 50};
        it_ticket_record_t ticket = {.requester = kt_span_str("bob"),
                                     .state = ROWS[i].state,
                                     .changes = ROWS[i].changes,
                                     .changed_us = 70};
        it_ticket_order_t order = {.command = ROWS[i].command};
        it_ticket_effects_t fx;
        kt_status_t status = it_decide_ticket(arena, &actor, &order, &ticket, ROWS[i].answered,
                                              &fx);
        print_message("row %zu\n", i);
        assert_status(status, ROWS[i].code, ROWS[i].reason);
        if (ROWS[i].code != OK_)
            continue;
        assert_int_equal(fx.line.number, ROWS[i].changes + 1);
        assert_int_equal(fx.ticket.changes, ROWS[i].changes + 1);
        assert_int_equal(fx.line.state, fx.ticket.state);
        /* Time does not run backwards. */
        assert_int_equal(fx.line.time_us, 70);
    }
}

static void
an_employee_opens_for_itself_and_an_id_is_taken_once(void **state)
{
    (void)state;
    it_ticket_effects_t fx;
    it_actor_t actor = {.principal = kt_span_str("bob"), .own_only = true, .now_us = 5};
    it_ticket_record_t draft = {.ticket = kt_span_str("t"), .requester = kt_span_str("bob")};
    assert_ok(it_decide_open_ticket(&actor, &draft, false, &fx));
    assert_int_equal(fx.ticket.state, IT_TICKET_NEW);
    assert_int_equal(fx.ticket.opened_us, 5);
    assert_status(it_decide_open_ticket(&actor, &draft, true, &fx), KT_ALREADY_EXISTS,
                  IT_TICKET_EXISTS);
    draft.requester = kt_span_str("ann");
    assert_status(it_decide_open_ticket(&actor, &draft, false, &fx), KT_PERMISSION_DENIED,
                  IT_NOT_OWN_TICKET);
    actor.own_only = false;
    assert_ok(it_decide_open_ticket(&actor, &draft, false, &fx));
}

static void
the_table_is_sound(void **state)
{
    (void)state;
    const char *wrong = kt_machine_wrong(&it_ticket_machine);
    if (wrong)
        fail_msg("%s", wrong);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(steps_are_taken_or_refused_as_the_table_says),
        ARENA_TEST(an_employee_opens_for_itself_and_an_id_is_taken_once),
        ARENA_TEST(the_table_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
