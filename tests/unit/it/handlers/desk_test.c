/* The service desk, through the department. A room's clock begins on Monday 2026-11-02, 09:00Z. */
#include "story.h"

#define MINUTE_US INT64_C(60000000)
#define WEEKDAYS                                                                                   \
    "{'weekday':1,'fromMinute':540,'untilMinute':1020},"                                           \
    "{'weekday':2,'fromMinute':540,'untilMinute':1020},"                                           \
    "{'weekday':3,'fromMinute':540,'untilMinute':1020},"                                           \
    "{'weekday':4,'fromMinute':540,'untilMinute':1020},"                                           \
    "{'weekday':5,'fromMinute':540,'untilMinute':1020}"

static const step_t OFFICE[] = {
    SAYS("erik", "Desk/SetCalendar",
         "{'calendar':{'calendar':'office','timeZone':'UTC0','hours':[" WEEKDAYS
         "],'holidays':[{'date':'2026-11-03','name':'Election Day'}]}}",
         "'version':1,'setUs':'1793610000000000','setBy':'erik'"),
    SAYS("erik", "Desk/SetServiceLevel",
         "{'level':{'level':'standard','calendar':'office','targets':["
         "{'priority':'HIGH','responseMinutes':60,'resolveMinutes':480},"
         "{'priority':'NORMAL','responseMinutes':240}]}}",
         "'version':1"),
};

static void
at_minute(room_t *room, int64_t minute)
{
    room_set_now(room, ROOM_NOW_US + minute * MINUTE_US);
}

static void
a_ticket_lives_by_the_table(void **state)
{
    room_t *room = *state;
    static const step_t first[] = {
        SAYS("shop", "Desk/OpenTicket",
             "{'ticket':{'ticket':'t1','title':'No mail','requester':'bob','priority':'HIGH'}}",
             "'kind':'REQUEST','priority':'HIGH','state':'TICKET_NEW','title':'No mail',"
             "'requester':'bob','level':'standard'"),
        {"shop", "Desk/OpenTicket", "{'ticket':{'ticket':'t1','title':'No mail'}}",
         KT_ALREADY_EXISTS, IT_TICKET_EXISTS, NULL},
        {"otto", "Desk/PauseTicket", "{'ticket':'t1'}", KT_FAILED_PRECONDITION, IT_TICKET_STATE,
         NULL},
        SAYS("otto", "Desk/AssignTicket", "{'ticket':'t1','assignee':'erik'}",
             "'state':'TICKET_IN_PROGRESS'"),
        {"otto", "Desk/PauseTicket", "{'ticket':'t1'}", KT_FAILED_PRECONDITION, IT_TICKET_STATE,
         NULL},
        SAYS("erik", "Desk/RespondTicket", "{'ticket':'t1','text':'We look into it'}",
             "'assignee':'erik'"),
        {"erik", "Desk/RespondTicket", "{'ticket':'t1'}", KT_FAILED_PRECONDITION, IT_TICKET_STATE,
         NULL},
        SAYS("erik", "Desk/PauseTicket", "{'ticket':'t1','text':'Which mail?'}",
             "'state':'TICKET_WAITING'"),
        SAYS("bob", "Desk/ResumeTicket", "{'ticket':'t1','text':'All of it'}",
             "'state':'TICKET_IN_PROGRESS'"),
        SAYS("erik", "Desk/ResolveTicket", "{'ticket':'t1'}", "'state':'TICKET_RESOLVED'"),
        SAYS("bob", "Desk/ReopenTicket", "{'ticket':'t1'}", "'state':'TICKET_IN_PROGRESS'"),
        SAYS("erik", "Desk/ChangePriority", "{'ticket':'t1','priority':'LOW'}", "'priority':'LOW'"),
        SAYS("legal", "Desk/ResolveTicket", "{'ticket':'t1'}", "'state':'TICKET_RESOLVED'"),
        SAYS("bob", "Desk/CommentTicket", "{'ticket':'t1','text':'Thanks'}", NULL),
        SAYS("bob", "Desk/CloseTicket", "{'ticket':'t1'}", "'state':'TICKET_CLOSED'"),
        {"erik", "Desk/CommentTicket", "{'ticket':'t1','text':'x'}", KT_FAILED_PRECONDITION,
         IT_TICKET_STATE, NULL},
        {"erik", "Desk/ReopenTicket", "{'ticket':'t1'}", KT_FAILED_PRECONDITION, IT_TICKET_STATE,
         NULL},
        SAYS("bob", "Desk/ListTicketLines", "{'ticket':'t1','pageSize':2}",
             "{'lines':[{'number':1,'timeUs':'1793610000000000','principal':'shop',"
             "'command':'TICKET_OPEN','state':'TICKET_NEW','priority':'HIGH'},{'number':2,"),
    };
    TELL(room, OFFICE);
    TELL(room, first);
    assert_int_equal(room_refusals(room), 5);
}

static void
employees_see_and_touch_their_own_alone(void **state)
{
    room_t *room = *state;
    static const step_t steps[] = {
        SAYS("bob", "Desk/OpenTicket", "{'ticket':{'ticket':'b1','title':'Bob asks'}}",
             "'requester':'bob'"),
        {"bob", "Desk/OpenTicket", "{'ticket':{'ticket':'b2','title':'x','requester':'ann'}}",
         KT_PERMISSION_DENIED, IT_NOT_OWN_TICKET, NULL},
        SAYS("ann", "Desk/OpenTicket", "{'ticket':{'ticket':'a1','title':'Ann asks'}}", NULL),
        SAYS("ann", "Desk/ListTickets", "{}", "!'b1'"),
        SAYS("ann", "Desk/ListTickets", "{}", "'a1'"),
        SAYS("cleo", "Desk/ListTickets", "{}", "{}"),
        SAYS("rev", "Desk/ListTickets", "{}", "'b1'"),
        SAYS("rev", "Desk/ListTickets", "{'state':'TICKET_NEW','pageSize':1}", "'nextPageToken'"),
        SAYS("rev", "Desk/ListTickets", "{'state':'TICKET_CLOSED'}", "{}"),
        SAYS("rev", "Desk/ListTickets", "{'breached':true}", "{}"),
        {"ann", "Desk/GetTicket", "{'ticket':'b1'}", KT_PERMISSION_DENIED, IT_NOT_OWN_TICKET, NULL},
        {"ann", "Desk/ListTicketLines", "{'ticket':'b1'}", KT_PERMISSION_DENIED, IT_NOT_OWN_TICKET,
         NULL},
        {"ann", "Desk/CommentTicket", "{'ticket':'b1','text':'x'}", KT_PERMISSION_DENIED,
         IT_NOT_OWN_TICKET, NULL},
        {"ann", "Desk/CloseTicket", "{'ticket':'b1'}", KT_PERMISSION_DENIED, IT_NOT_OWN_TICKET,
         NULL},
        SAYS("otto", "Desk/AssignTicket", "{'ticket':'b1','assignee':'otto'}", NULL),
        SAYS("rev", "Desk/ListTickets", "{'assignee':'otto'}", "'b1'"),
        SAYS("rev", "Desk/ListTickets", "{'assignee':'otto'}", "!'a1'"),
    };
    TELL(room, OFFICE);
    TELL(room, steps);
    /* Opening for another, commenting and closing: tries that are kept; reads are not. */
    assert_int_equal(room_refusals(room), 3);
    /* Whom a front office calls for is the requester. */
    const char *answer = NULL;
    room_on_behalf_of(room, "an\x07n");
    assert_status(story_call(room, "shop", "Desk/OpenTicket", "{'ticket':{'title':'x'}}", NULL),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    room_on_behalf_of(room, "ann");
    assert_ok(
        story_call(room, "shop", "Desk/OpenTicket", "{'ticket':{'title':'For Ann'}}", &answer));
    assert_non_null(strstr(answer, "\"requester\":\"ann\""));
}

static const step_t OPEN_HIGH[] = {
    SAYS("shop", "Desk/OpenTicket",
         "{'ticket':{'ticket':'t1','title':'No mail','requester':'bob','priority':'HIGH'}}", NULL),
};

static void
clocks_stand_outside_hours_and_on_holidays(void **state)
{
    room_t *room = *state;
    /* Eight hours of Monday are used up at 17:00; Tuesday is a holiday. */
    static const step_t steps[] = {
        SAYS("bob", "Desk/GetTicket", "{'ticket':'t1','atUs':'1793611800000000'}",
             "{'kind':'CLOCK_RESPONSE','targetMinutes':60,'elapsedUs':'1800000000','running':true,"
             "'dueUs':'1793613600000000'}"),
        SAYS("bob", "Desk/GetTicket", "{'ticket':'t1','atUs':'1793613600000001'}",
             "'dueUs':'1793613600000000','breached':true}"),
        SAYS("erik", "Desk/RespondTicket", "{'ticket':'t1'}", NULL),
        SAYS("erik", "Desk/PauseTicket", "{'ticket':'t1'}", NULL),
        SAYS("bob", "Desk/GetTicket", "{'ticket':'t1'}",
             "{'kind':'CLOCK_RESPONSE','targetMinutes':60,'elapsedUs':'1800000000','stopped':true}"
             ",{'kind':'CLOCK_RESOLUTION','targetMinutes':480,'elapsedUs':'1800000000'}"),
    };
    /* Monday 11:00: half an hour of eight was used; the rest is 17:00 on Monday less six. */
    static const step_t resumed[] = {
        SAYS("erik", "Desk/ResumeTicket", "{'ticket':'t1'}", NULL),
        SAYS("bob", "Desk/GetTicket", "{'ticket':'t1'}",
             "'running':true,'dueUs':'1793788200000000'"),
    };
    TELL(room, OFFICE);
    TELL(room, OPEN_HIGH);
    at_minute(room, 30);
    TELL(room, steps);
    at_minute(room, 120);
    TELL(room, resumed);
}

static void
a_breach_is_noted_once_and_told(void **state)
{
    room_t *room = *state;
    static const step_t none[] = {
        SAYS("otto", "Desk/RunBreaches", "{}", "{}"),
    };
    static const step_t noted[] = {
        SAYS("otto", "Desk/RunBreaches", "{}",
             "{'breaches':[{'ticket':'t1','kind':'CLOCK_RESPONSE',"
             "'breachedUs':'1793613600000000'}]}"),
        SAYS("otto", "Desk/RunBreaches", "{}", "{}"),
        SAYS("rev", "Desk/ListTickets", "{'breached':true}",
             "'responseBreachedUs':'1793613600000000'"),
        SAYS("erik", "Desk/RespondTicket", "{'ticket':'t1'}", NULL),
    };
    static const step_t touched[] = {
        /* Resolving it late notes the other clock as well. */
        SAYS("erik", "Desk/ResolveTicket", "{'ticket':'t1'}",
             "'resolutionBreachedUs':'1793638800000000'"),
        SAYS("otto", "Desk/RunBreaches", "{}", "{}"),
    };
    TELL(room, OFFICE);
    TELL(room, OPEN_HIGH);
    at_minute(room, 60);
    TELL(room, none);
    at_minute(room, 61);
    TELL(room, noted);
    at_minute(room, 3 * 1440);
    TELL(room, touched);
    assert_int_equal(story_events(room, "ticket.breached"), 2);
}

static void
a_new_target_measures_the_whole_history_anew(void **state)
{
    room_t *room = *state;
    static const step_t steps[] = {
        SAYS("bob", "Desk/GetTicket", "{'ticket':'t1'}", "!breached"),
        SAYS("erik", "Desk/SetServiceLevel",
             "{'level':{'level':'standard','calendar':'office','targets':["
             "{'priority':'HIGH','responseMinutes':20}]}}",
             "'version':2"),
        SAYS("bob", "Desk/GetTicket", "{'ticket':'t1'}",
             "'clocks':[{'kind':'CLOCK_RESPONSE','targetMinutes':20,'elapsedUs':'1800000000',"
             "'running':true,'dueUs':'1793611200000000','breached':true}]"),
        /* As it was a minute before. */
        SAYS("bob", "Desk/GetTicket", "{'ticket':'t1','atUs':'1793611740000000'}", "!breached"),
        SAYS("rev", "Desk/GetServiceLevel", "{'level':'standard','atUs':'1793611740000000'}",
             "'version':1"),
        SAYS("rev", "Desk/GetServiceLevel", "{'level':'standard'}", "'version':2"),
        SAYS("erik", "Desk/SetCalendar",
             "{'calendar':{'calendar':'office','timeZone':'UTC0','hours':[" WEEKDAYS
             "],'holidays':[{'date':'2026-11-02'}]}}",
             "'version':2"),
        SAYS("bob", "Desk/GetTicket", "{'ticket':'t1'}", "!breached"),
        SAYS("rev", "Desk/GetCalendar", "{'calendar':'office'}", "'date':'2026-11-02'"),
        SAYS("rev", "Desk/GetCalendar", "{'calendar':'office','atUs':'1793611740000000'}",
             "'name':'Election Day'"),
        {"rev", "Desk/GetCalendar", "{'calendar':'office','atUs':'1793609999999999'}", KT_NOT_FOUND,
         IT_CALENDAR_UNKNOWN, NULL},
    };
    TELL(room, OFFICE);
    TELL(room, OPEN_HIGH);
    at_minute(room, 30);
    TELL(room, steps);
}

static void
what_is_not_there_and_bad_fields_are_refused(void **state)
{
    room_t *room = *state;
    static const step_t steps[] = {
        {"rev", "Desk/GetCalendar", "{'calendar':'x'}", KT_NOT_FOUND, IT_CALENDAR_UNKNOWN, NULL},
        {"rev", "Desk/GetServiceLevel", "{'level':'x'}", KT_NOT_FOUND, IT_LEVEL_UNKNOWN, NULL},
        {"erik", "Desk/SetServiceLevel", "{'level':{'level':'gold','calendar':'x'}}", KT_NOT_FOUND,
         IT_CALENDAR_UNKNOWN, NULL},
        {"shop", "Desk/OpenTicket", "{'ticket':{'title':'x','level':'gold'}}", KT_NOT_FOUND,
         IT_LEVEL_UNKNOWN, NULL},
        {"rev", "Desk/GetTicket", "{'ticket':'x'}", KT_NOT_FOUND, IT_TICKET_UNKNOWN, NULL},
        {"rev", "Desk/ListTicketLines", "{'ticket':'x'}", KT_NOT_FOUND, IT_TICKET_UNKNOWN, NULL},
        {"erik", "Desk/AssignTicket", "{'ticket':'x','assignee':'e'}", KT_NOT_FOUND,
         IT_TICKET_UNKNOWN, NULL},
        {"erik", "Desk/CloseTicket", "{'ticket':'x'}", KT_NOT_FOUND, IT_TICKET_UNKNOWN, NULL},
        BAD("erik", "Desk/SetCalendar", "{}", NULL),
        BAD("erik", "Desk/SetCalendar",
            "{'calendar':{'calendar':'c','timeZone':'Europe/Berlin','hours':[" WEEKDAYS "]}}",
            NULL),
        BAD("erik", "Desk/SetCalendar", "{'calendar':{'calendar':'c','timeZone':'UTC0'}}", NULL),
        BAD("erik", "Desk/SetCalendar",
            "{'calendar':{'calendar':'c','timeZone':'UTC0','hours':[{'weekday':8,"
            "'untilMinute':5}]}}",
            NULL),
        BAD("erik", "Desk/SetCalendar",
            "{'calendar':{'calendar':'c','timeZone':'UTC0','hours':[" WEEKDAYS
            "],'holidays':[{'date':'2026-11-02'},{'date':'2026-11-02'}]}}",
            NULL),
        BAD("erik", "Desk/SetServiceLevel",
            "{'level':{'level':'gold','calendar':'office','targets':[{'priority':'HIGH'},"
            "{'priority':'HIGH'}]}}",
            NULL),
        BAD("erik", "Desk/SetServiceLevel",
            "{'level':{'level':'gold','calendar':'office','targets':[{'responseMinutes':1}]}}",
            NULL),
        BAD("shop", "Desk/OpenTicket", "{}", NULL),
        BAD("shop", "Desk/OpenTicket", "{'ticket':{}}", NULL),
        BAD("shop", "Desk/OpenTicket", "{'ticket':{'title':'x','priority':9}}", NULL),
        BAD("erik", "Desk/AssignTicket", "{'ticket':'t'}", NULL),
        BAD("erik", "Desk/ChangePriority", "{'ticket':'t'}", NULL),
        BAD("erik", "Desk/CommentTicket", "{'ticket':'t'}", NULL),
        BAD("rev", "Desk/GetTicket", "{'ticket':'t','atUs':'-1'}", NULL),
        BAD("rev", "Desk/GetTicket", "{'ticket':'t','atUs':'9000000000000000'}", NULL),
        BAD("rev", "Desk/ListTickets", "{'state':9}", NULL),
        BAD("otto", "Desk/RunBreaches", "{'tickets':101}", NULL),
        SAYS("shop", "Desk/OpenTicket", "{'ticket':{'ticket':'n','title':'x'}}", "!level"),
    };
    TELL(room, steps);
}

/* More tickets than one call notes. */
static void
runs_go_on_where_the_last_ended(void **state)
{
    room_t *room = *state;
    char json[256];
    unsigned calls = 0, told = 0;
    TELL(room, OFFICE);
    for (int i = 0; i < 70; i++) {
        snprintf(json, sizeof json, "{'ticket':{'ticket':'t%02d','title':'x','priority':'HIGH'}}",
                 i);
        assert_ok(story_call(room, "shop", "Desk/OpenTicket", json, NULL));
    }
    at_minute(room, 90);
    snprintf(json, sizeof json, "{}");
    for (const char *answer = "", *after = json; after; calls++) {
        assert_ok(story_call(room, "otto", "Desk/RunBreaches", json, &answer));
        for (const char *at = answer; (at = strstr(at, "breachedUs")); at++)
            told++;
        after = strstr(answer, "\"after\":\"");
        if (after)
            snprintf(json, sizeof json, "{'after':'%.3s'}", after + strlen("\"after\":\""));
        assert_true(calls < 10);
    }
    assert_int_equal(calls, 3);
    assert_int_equal(told, 70);
    assert_int_equal(story_events(room, "ticket.breached"), 70);
}

static void
a_store_that_fails_anywhere_leaves_nothing_behind(void **state)
{
    room_t *room = *state;
    TELL(room, OFFICE);
    story_sweep(room, "erik", "Desk/SetCalendar",
                "{'calendar':{'calendar':'office','timeZone':'UTC0','hours':[" WEEKDAYS
                "],'holidays':[{'date':'2026-11-02'}]}}");
    story_sweep(room, "bob", "Desk/OpenTicket",
                "{'ticket':{'ticket':'t1','title':'x','priority':'HIGH'}}");
    at_minute(room, 3 * 1440);
    story_sweep(room, "otto", "Desk/RunBreaches", "{}");
    story_sweep(room, "erik", "Desk/ResolveTicket", "{'ticket':'t1'}");
    assert_int_equal(story_events(room, "ticket.breached"), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        nets_test(a_ticket_lives_by_the_table),
        nets_test(employees_see_and_touch_their_own_alone),
        nets_test(clocks_stand_outside_hours_and_on_holidays),
        nets_test(a_breach_is_noted_once_and_told),
        nets_test(a_new_target_measures_the_whole_history_anew),
        nets_test(what_is_not_there_and_bad_fields_are_refused),
        nets_test(runs_go_on_where_the_last_ended),
        nets_test(a_store_that_fails_anywhere_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
