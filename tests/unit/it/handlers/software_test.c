/* Products, licences and seats, through the department. */
#include "story.h"

/* ROOM_NOW_US is 2026-11-02. */
static const step_t OFFICE[] = {
    SAYS("erik", "Software/CreateProduct", "{'product':{'product':'editor','title':'Editor'}}",
         "'createdUs':'1793610000000000'"),
    SAYS("finance", "Software/ActivateLicence",
         "{'licence':{'licence':'l1','product':'editor','contract':'c-1','seats':2,"
         "'fromDate':'2026-11-01','untilDate':'2026-11-30','costMinor':'9900','currency':'EUR'}}",
         "'inTerm':true,'free':2"),
};

static void
seats_are_given_all_or_none_and_never_twice(void **state)
{
    room_t *room = *state;
    static const step_t steps[] = {
        SAYS("finance", "Software/AssignSeats", "{'licence':'l1','employees':['e1']}",
             "'used':1,'free':1},'assigned':1"),
        /* Again, beside another, and named twice: one more. */
        SAYS("erik", "Software/AssignSeats", "{'licence':'l1','employees':['e2','e1','e2']}",
             "'used':2},'assigned':1"),
        {"erik", "Software/AssignSeats", "{'licence':'l1','employees':['e1','e3']}",
         KT_RESOURCE_EXHAUSTED, IT_SEATS_EXHAUSTED, NULL},
        SAYS("rev", "Software/ListSeats", "{'licence':'l1'}",
             "{'seats':[{'licence':'l1','employee':'e1','assignedUs':'1793610000000000',"
             "'assignedBy':'finance'},{'licence':'l1','employee':'e2'"),
        SAYS("rev", "Software/ListSeats", "{'employee':'e2'}", "'licence':'l1'"),
        /* All hold one already: nothing is needed. */
        SAYS("erik", "Software/AssignSeats", "{'licence':'l1','employees':['e1']}", "!assigned"),
        SAYS("erik", "Software/ReleaseSeats", "{'employee':'e1'}", "{'released':1}"),
        SAYS("erik", "Software/ReleaseSeats", "{'employee':'e1','licence':'l1'}", "{}"),
        SAYS("erik", "Software/AssignSeats", "{'licence':'l1','employees':['e3']}", "'assigned':1"),
    };
    TELL(room, OFFICE);
    TELL(room, steps);
    assert_int_equal(story_events(room, "employee.seats"), 4);
}

static void
a_seat_is_in_force_only_in_its_term(void **state)
{
    room_t *room = *state;
    static const step_t within[] = {
        SAYS("erik", "Software/AssignSeats", "{'licence':'l1','employees':['e1']}", "'used':1"),
        SAYS("erik", "Accounts/ListHoldings", "{'employee':'e1'}", "'licences':['l1']"),
        SAYS("rev", "Software/GetLicence", "{'licence':'l1','date':'2026-10-31'}", "!'inTerm'"),
        SAYS("rev", "Software/GetLicence", "{'licence':'l1','date':'2026-12-01'}", "!'free'"),
        SAYS("rev", "Software/GetLicence", "{'licence':'l1','date':'2026-11-30'}", "'free':1"),
    };
    static const step_t after[] = {
        SAYS("rev", "Software/GetLicence", "{'licence':'l1'}", "!'used'"),
        {"erik", "Software/AssignSeats", "{'licence':'l1','employees':['e2']}",
         KT_FAILED_PRECONDITION, IT_LICENCE_NOT_IN_TERM, NULL},
        SAYS("erik", "Accounts/ListHoldings", "{'employee':'e1'}", "!'licences'"),
        /* The row goes as well. */
        SAYS("erik", "Software/ReleaseSeats", "{'employee':'e1'}", "{'released':1}"),
        SAYS("rev", "Software/ListSeats", "{'licence':'l1'}", "{}"),
    };
    TELL(room, OFFICE);
    TELL(room, within);
    room_set_now(room, ROOM_NOW_US + 29 * INT64_C(86400000000));
    TELL(room, after);
    assert_int_equal(room_refusals(room), 1);
}

static void
licences_are_activated_once_and_ended_once(void **state)
{
    room_t *room = *state;
    static const step_t steps[] = {
        /* The same content again. */
        SAYS("finance", "Software/ActivateLicence",
             "{'licence':{'licence':'l1','product':'editor','contract':'c-1','seats':2,"
             "'fromDate':'2026-11-01','untilDate':'2026-11-30','costMinor':'9900',"
             "'currency':'EUR'}}",
             "'activatedUs':'1793610000000000'"),
        {"finance", "Software/ActivateLicence",
         "{'licence':{'licence':'l1','product':'editor','seats':3,'fromDate':'2026-11-01'}}",
         KT_ALREADY_EXISTS, IT_LICENCE_EXISTS, NULL},
        {"finance", "Software/ActivateLicence",
         "{'licence':{'licence':'l2','product':'nothing','seats':3,'fromDate':'2026-11-01'}}",
         KT_NOT_FOUND, IT_PRODUCT_UNKNOWN, NULL},
        SAYS("erik", "Software/AssignSeats", "{'licence':'l1','employees':['e1']}", NULL),
        SAYS("finance", "Software/EndLicence", "{'licence':'l1'}", "'endedUs':'1793610000000000'"),
        SAYS("finance", "Software/EndLicence", "{'licence':'l1'}", "'endedUs':'1793610000000000'"),
        {"erik", "Software/AssignSeats", "{'licence':'l1','employees':['e2']}",
         KT_FAILED_PRECONDITION, IT_LICENCE_NOT_IN_TERM, NULL},
        {"finance", "Software/ActivateLicence",
         "{'licence':{'licence':'l1','product':'editor','contract':'c-1','seats':2,"
         "'fromDate':'2026-11-01','untilDate':'2026-11-30','costMinor':'9900','currency':'EUR'}}",
         KT_FAILED_PRECONDITION, IT_LICENCE_ENDED, NULL},
        {"erik", "Software/CreateProduct", "{'product':{'product':'editor'}}", KT_ALREADY_EXISTS,
         IT_PRODUCT_EXISTS, NULL},
        {"erik", "Software/GetProduct", "{'product':'x'}", KT_NOT_FOUND, IT_PRODUCT_UNKNOWN, NULL},
        {"erik", "Software/GetLicence", "{'licence':'x'}", KT_NOT_FOUND, IT_LICENCE_UNKNOWN, NULL},
        {"erik", "Software/EndLicence", "{'licence':'x'}", KT_NOT_FOUND, IT_LICENCE_UNKNOWN, NULL},
        {"erik", "Software/AssignSeats", "{'licence':'x','employees':['e']}", KT_NOT_FOUND,
         IT_LICENCE_UNKNOWN, NULL},
        {"erik", "Software/ReleaseSeats", "{'licence':'x','employee':'e'}", KT_NOT_FOUND,
         IT_LICENCE_UNKNOWN, NULL},
        {"erik", "Software/ListSeats", "{'licence':'x'}", KT_NOT_FOUND, IT_LICENCE_UNKNOWN, NULL},
        SAYS("rev", "Software/GetProduct", "{'product':'editor'}", "'title':'Editor'"),
        SAYS("rev", "Software/ListProducts", "{}", "'product':'editor'"),
        SAYS("rev", "Software/ListLicences", "{'product':'editor'}", "'licence':'l1'"),
        SAYS("rev", "Software/ListLicences", "{'product':'other'}", "{}"),
    };
    TELL(room, OFFICE);
    TELL(room, steps);
}

static void
fields_that_break_their_limits_are_refused(void **state)
{
    room_t *room = *state;
    static const step_t steps[] = {
        BAD("erik", "Software/CreateProduct", "{}", NULL),
        BAD("erik", "Software/CreateProduct", "{'product':{'product':'Editor'}}", NULL),
        BAD("erik", "Software/ActivateLicence", "{}", NULL),
        BAD("erik", "Software/ActivateLicence",
            "{'licence':{'licence':'l','product':'editor','seats':0,'fromDate':'2026-11-01'}}",
            NULL),
        BAD("erik", "Software/ActivateLicence",
            "{'licence':{'licence':'l','product':'editor','seats':10001,'fromDate':'2026-11-01'}}",
            NULL),
        BAD("erik", "Software/ActivateLicence",
            "{'licence':{'licence':'l','product':'editor','seats':1}}", NULL),
        BAD("erik", "Software/ActivateLicence",
            "{'licence':{'licence':'l','product':'editor','seats':1,'fromDate':'2026-11-01',"
            "'untilDate':'2026-10-31'}}",
            NULL),
        BAD("erik", "Software/ActivateLicence",
            "{'licence':{'licence':'l','product':'editor','seats':1,'fromDate':'2026-11-01',"
            "'costMinor':'5'}}",
            NULL),
        BAD("erik", "Software/ActivateLicence",
            "{'licence':{'licence':'l','product':'editor','seats':1,'fromDate':'2026-11-01',"
            "'currency':'EUR'}}",
            NULL),
        BAD("erik", "Software/AssignSeats", "{'licence':'l1'}", NULL),
        BAD("erik", "Software/AssignSeats", "{'licence':'l1','employees':['E']}", NULL),
        BAD("erik", "Software/ReleaseSeats", "{}", NULL),
        BAD("erik", "Software/ListSeats", "{}", NULL),
        BAD("erik", "Software/ListSeats", "{'licence':'l1','employee':'e'}", NULL),
        BAD("erik", "Software/GetLicence", "{'licence':'l1','date':'tomorrow'}", NULL),
    };
    TELL(room, OFFICE);
    TELL(room, steps);

    char many[4096] = "{'licence':'l1','employees':['e0'";
    for (int i = 1; i <= 100; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), ",'e%d'", i);
    strcat(many, "]}");
    assert_status(story_call(room, "erik", "Software/AssignSeats", many, NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
}

static void
an_employee_holds_no_more_than_64_seats(void **state)
{
    room_t *room = *state;
    char json[512];
    TELL(room, OFFICE);
    for (int i = 0; i < 65; i++) {
        snprintf(json, sizeof json,
                 "{'licence':{'licence':'m%d','product':'editor','seats':1,"
                 "'fromDate':'2026-11-01'}}",
                 i);
        assert_ok(story_call(room, "erik", "Software/ActivateLicence", json, NULL));
        snprintf(json, sizeof json, "{'licence':'m%d','employees':['e1']}", i);
        kt_status_t status = story_call(room, "erik", "Software/AssignSeats", json, NULL);
        if (i < 64)
            assert_ok(status);
        else
            assert_status(status, KT_RESOURCE_EXHAUSTED, IT_TOO_MANY_SEATS);
    }
    static const step_t all[] = {
        SAYS("erik", "Software/ReleaseSeats", "{'employee':'e1','licence':'m3'}",
             "{'released':1,'seats':63}"),
        SAYS("erik", "Software/ReleaseSeats", "{'employee':'e1'}", "{'released':63}"),
        SAYS("erik", "Software/GetLicence", "{'licence':'m7'}", "'free':1"),
    };
    TELL(room, all);
}

static void
a_store_that_fails_anywhere_leaves_nothing_behind(void **state)
{
    room_t *room = *state;
    TELL(room, OFFICE);
    story_sweep(room, "erik", "Software/AssignSeats", "{'licence':'l1','employees':['e1','e2']}");
    story_sweep(room, "erik", "Software/ReleaseSeats", "{'employee':'e1'}");
    static const step_t end[] = {
        SAYS("rev", "Software/GetLicence", "{'licence':'l1'}", "'used':1,'free':1"),
    };
    TELL(room, end);
    assert_int_equal(story_events(room, "employee.seats"), 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        nets_test(seats_are_given_all_or_none_and_never_twice),
        nets_test(a_seat_is_in_force_only_in_its_term),
        nets_test(licences_are_activated_once_and_ended_once),
        nets_test(fields_that_break_their_limits_are_refused),
        nets_test(an_employee_holds_no_more_than_64_seats),
        nets_test(a_store_that_fails_anywhere_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
