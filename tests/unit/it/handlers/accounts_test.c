/* Accounts and equipment of employees, through the department. */
#include "story.h"

#define DAY_US INT64_C(86400000000)

/* What the legal department tells of an employee. */
static void
tell_policies(room_t *room, const char *employee, const char *acknowledged)
{
    kt_event_value_t value = {.name = kt_span_str("must_acknowledged"),
                              .value = kt_span_str(acknowledged)};
    room_take(room, "legal", "employee.policies", employee, &value, 1);
}

/* Starts tomorrow, 2026-11-03T09:00Z. */
static const step_t HIRE[] = {
    SAYS("legal", "Accounts/CreateAccount",
         "{'account':{'employee':'e1','principal':'emma','startsUs':'1793696400000000'}}",
         "'status':'ACCOUNT_PREPARED'"),
};

static void
an_account_opens_when_it_starts_and_policies_are_acknowledged(void **state)
{
    room_t *room = *state;
    static const step_t early[] = {
        {"legal", "Accounts/OpenAccount", "{'employee':'e1'}", KT_FAILED_PRECONDITION,
         IT_NOT_STARTED, NULL},
    };
    static const step_t open_policies[] = {
        SAYS("rev", "Accounts/GetAccount", "{'employee':'e1'}", "!openable"),
        {"legal", "Accounts/OpenAccount", "{'employee':'e1'}", KT_FAILED_PRECONDITION,
         IT_POLICIES_OPEN, NULL},
    };
    static const step_t ready[] = {
        SAYS("rev", "Accounts/GetAccount", "{'employee':'e1'}", "'openable':true"),
        SAYS("legal", "Accounts/OpenAccount", "{'employee':'e1'}", "'status':'ACCOUNT_OPEN'"),
        SAYS("legal", "Accounts/OpenAccount", "{'employee':'e1'}", "'status':'ACCOUNT_OPEN'"),
        SAYS("rev", "Accounts/ListAccounts", "{}", "'status':'ACCOUNT_OPEN'"),
    };
    TELL(room, HIRE);
    TELL(room, early);
    tell_policies(room, "e1", "true");
    TELL(room, early);
    room_set_now(room, ROOM_NOW_US + DAY_US);
    tell_policies(room, "e1", "false");
    TELL(room, open_policies);
    /* What others say of policies, and what legal says of others, changes nothing. */
    kt_event_value_t value = {.name = kt_span_str("must_acknowledged"),
                              .value = kt_span_str("true")};
    room_take(room, "finance", "employee.policies", "e1", &value, 1);
    room_take(room, "legal", "employee.hired", "e1", &value, 1);
    tell_policies(room, "e2", "true");
    tell_policies(room, "e1", "maybe");
    tell_policies(room, "no name!", "true");
    TELL(room, open_policies);
    tell_policies(room, "e1", "true");
    TELL(room, ready);
    assert_int_equal(room_refusals(room), 4);
}

static void
a_suspension_holds_on_every_read_from_its_instant_on(void **state)
{
    room_t *room = *state;
    /* 2026-11-05T09:00Z, then a day earlier. */
    static const step_t schedule[] = {
        SAYS("legal", "Accounts/OpenAccount", "{'employee':'e1'}", NULL),
        SAYS("legal", "Accounts/ScheduleSuspension", "{'employee':'e1','atUs':'1793869200000000'}",
             "'status':'ACCOUNT_OPEN'"),
        SAYS("legal", "Accounts/ScheduleSuspension", "{'employee':'e1','atUs':'1793782800000000'}",
             "'suspendAtUs':'1793782800000000'"),
        {"legal", "Accounts/ScheduleSuspension", "{'employee':'e1','atUs':'1793869200000000'}",
         KT_FAILED_PRECONDITION, IT_SUSPENSION_STANDS, NULL},
        SAYS("erik", "Accounts/ScheduleSuspension", "{'employee':'e1','atUs':'1793869200000000'}",
             "'suspendAtUs':'1793869200000000'"),
        SAYS("legal", "Accounts/ScheduleSuspension", "{'employee':'e1','atUs':'1793782800000000'}",
             "'suspendAtUs':'1793782800000000'"),
    };
    static const step_t open_still[] = {
        SAYS("rev", "Accounts/GetAccount", "{'employee':'e1'}", "'status':'ACCOUNT_OPEN'"),
    };
    static const step_t suspended[] = {
        SAYS("rev", "Accounts/GetAccount", "{'employee':'e1'}", "'status':'ACCOUNT_SUSPENDED'"),
        SAYS("rev", "Accounts/ListHoldings", "{'employee':'e1'}", "'account':'ACCOUNT_SUSPENDED'"),
        {"legal", "Accounts/OpenAccount", "{'employee':'e1'}", KT_FAILED_PRECONDITION,
         IT_ACCOUNT_STATE, NULL},
        /* Asked again, or for earlier: it stands. Later: refused, by whomever. */
        SAYS("legal", "Accounts/ScheduleSuspension", "{'employee':'e1','atUs':'1793782800000000'}",
             "'suspendAtUs':'1793782800000000'"),
        SAYS("legal", "Accounts/ScheduleSuspension", "{'employee':'e1','atUs':'5'}",
             "'suspendAtUs':'1793782800000000'"),
        {"erik", "Accounts/ScheduleSuspension", "{'employee':'e1','atUs':'1793869200000000'}",
         KT_FAILED_PRECONDITION, IT_ACCOUNT_STATE, NULL},
        {"legal", "Accounts/CreateAccount",
         "{'account':{'employee':'e1','principal':'emma','startsUs':'1793696400000000'}}",
         KT_FAILED_PRECONDITION, IT_ACCOUNT_STATE, NULL},
        SAYS("legal", "Accounts/CloseAccount", "{'employee':'e1'}", "'status':'ACCOUNT_CLOSED'"),
        SAYS("legal", "Accounts/CloseAccount", "{'employee':'e1'}", "'status':'ACCOUNT_CLOSED'"),
        SAYS("legal", "Accounts/ScheduleSuspension", "{'employee':'e1','atUs':'1793869200000000'}",
             "'status':'ACCOUNT_CLOSED'"),
        /* Back again. */
        SAYS("legal", "Accounts/CreateAccount",
             "{'account':{'employee':'e1','principal':'emma2','startsUs':'1793869200000000'}}",
             "'status':'ACCOUNT_PREPARED'"),
    };
    TELL(room, HIRE);
    tell_policies(room, "e1", "true");
    room_set_now(room, ROOM_NOW_US + DAY_US);
    TELL(room, schedule);
    room_set_now(room, INT64_C(1793782800000000) - 1);
    TELL(room, open_still);
    room_set_now(room, INT64_C(1793782800000000));
    TELL(room, suspended);
}

static void
accounts_are_created_once_and_bad_fields_refused(void **state)
{
    room_t *room = *state;
    static const step_t steps[] = {
        SAYS("legal", "Accounts/CreateAccount",
             "{'account':{'employee':'e1','principal':'emma','startsUs':'1793696400000000'}}",
             "'status':'ACCOUNT_PREPARED'"),
        {"legal", "Accounts/CreateAccount",
         "{'account':{'employee':'e1','principal':'eva','startsUs':'1793696400000000'}}",
         KT_ALREADY_EXISTS, IT_ACCOUNT_EXISTS, NULL},
        {"legal", "Accounts/CreateAccount", "{'account':{'employee':'e1','principal':'emma'}}",
         KT_ALREADY_EXISTS, IT_ACCOUNT_EXISTS, NULL},
        {"legal", "Accounts/OpenAccount", "{'employee':'e9'}", KT_NOT_FOUND, IT_ACCOUNT_UNKNOWN,
         NULL},
        {"legal", "Accounts/CloseAccount", "{'employee':'e9'}", KT_NOT_FOUND, IT_ACCOUNT_UNKNOWN,
         NULL},
        {"legal", "Accounts/ScheduleSuspension", "{'employee':'e9','atUs':'1'}", KT_NOT_FOUND,
         IT_ACCOUNT_UNKNOWN, NULL},
        {"legal", "Accounts/ConfirmLeft", "{'employee':'e9'}", KT_NOT_FOUND, IT_ACCOUNT_UNKNOWN,
         NULL},
        {"rev", "Accounts/GetAccount", "{'employee':'e9'}", KT_NOT_FOUND, IT_ACCOUNT_UNKNOWN, NULL},
        SAYS("rev", "Accounts/ListHoldings", "{'employee':'e9'}", "{'employee':'e9'}"),
        BAD("legal", "Accounts/CreateAccount", "{}", NULL),
        BAD("legal", "Accounts/CreateAccount", "{'account':{'employee':'e2'}}", NULL),
        BAD("legal", "Accounts/CreateAccount",
            "{'account':{'employee':'e2','principal':'p','startsUs':'-1'}}", NULL),
        BAD("legal", "Accounts/OpenAccount", "{}", NULL),
        BAD("legal", "Accounts/ScheduleSuspension", "{'employee':'e1'}", NULL),
        BAD("legal", "Accounts/GetAccount", "{'employee':'E 1'}", NULL),
        BAD("erik", "Accounts/RegisterAsset", "{'asset':{'asset':'a1'}}", NULL),
        BAD("erik", "Accounts/AssignEquipment", "{'employee':'e1'}", NULL),
        BAD("erik", "Accounts/AssignEquipment",
            "{'employee':'e1','kinds':['a','a','a','a','a','a','a','a','a','a','a']}", NULL),
        BAD("erik", "Accounts/WriteOffAsset",
            "{'asset':'a1','state':'ASSET_ASSIGNED','condition':'x'}", NULL),
        BAD("erik", "Accounts/WriteOffAsset", "{'asset':'a1','state':'ASSET_LOST'}", NULL),
    };
    TELL(room, HIRE);
    TELL(room, steps);
}

static const step_t STOCK[] = {
    SAYS("erik", "Accounts/RegisterAsset",
         "{'asset':{'asset':'lt-2','kind':'laptop','serial':'S2','model':'X'}}",
         "'state':'ASSET_IN_STOCK'"),
    SAYS("erik", "Accounts/RegisterAsset", "{'asset':{'asset':'lt-1','kind':'laptop'}}", NULL),
    SAYS("erik", "Accounts/RegisterAsset", "{'asset':{'asset':'ph-1','kind':'phone'}}", NULL),
};

static void
equipment_is_the_lowest_in_stock_all_or_nothing(void **state)
{
    room_t *room = *state;
    static const step_t steps[] = {
        {"erik", "Accounts/RegisterAsset", "{'asset':{'asset':'lt-1','kind':'laptop'}}",
         KT_ALREADY_EXISTS, IT_ASSET_EXISTS, NULL},
        {"legal", "Accounts/AssignEquipment", "{'employee':'e1','kinds':['phone','phone']}",
         KT_RESOURCE_EXHAUSTED, IT_OUT_OF_STOCK, NULL},
        {"legal", "Accounts/AssignEquipment", "{'employee':'e1','assets':['lt-9']}", KT_NOT_FOUND,
         IT_ASSET_UNKNOWN, NULL},
        SAYS("legal", "Accounts/AssignEquipment",
             "{'employee':'e1','kinds':['laptop','phone'],'reference':'hire-1'}",
             "{'assets':['lt-1','ph-1']}"),
        /* Under the same reference the same is answered; another request is refused. */
        SAYS("legal", "Accounts/AssignEquipment",
             "{'employee':'e1','kinds':['laptop','phone'],'reference':'hire-1'}",
             "{'assets':['lt-1','ph-1']}"),
        {"legal", "Accounts/AssignEquipment",
         "{'employee':'e1','kinds':['laptop'],'reference':'hire-1'}", KT_ALREADY_EXISTS,
         IT_REFERENCE_EXISTS, NULL},
        {"erik", "Accounts/AssignEquipment", "{'employee':'e2','assets':['lt-1']}",
         KT_FAILED_PRECONDITION, IT_ASSET_STATE, NULL},
        /* Named ones that the employee holds are fine, beside the next of the kind. */
        SAYS("erik", "Accounts/AssignEquipment",
             "{'employee':'e1','assets':['lt-1'],'kinds':['laptop']}",
             "{'assets':['lt-1','lt-2']}"),
        SAYS("rev", "Accounts/ListHoldings", "{'employee':'e1'}",
             "'assets':['lt-1','lt-2','ph-1'],'outstanding':3"),
        SAYS("erik", "Accounts/ReturnAsset", "{'asset':'lt-2','condition':'dented'}",
             "'state':'ASSET_IN_STOCK','condition':'dented'"),
        SAYS("erik", "Accounts/ReturnAsset", "{'asset':'lt-2'}", "'condition':'dented'"),
        SAYS("erik", "Accounts/WriteOffAsset",
             "{'asset':'ph-1','state':'ASSET_LOST','condition':'on a train'}",
             "'state':'ASSET_LOST','employee':'e1'"),
        SAYS("rev", "Accounts/ListHoldings", "{'employee':'e1'}",
             "'assets':['lt-1'],'outstanding':1"),
        SAYS("erik", "Accounts/WriteOffAsset",
             "{'asset':'lt-2','state':'ASSET_RETIRED','condition':'too old'}",
             "'state':'ASSET_RETIRED'"),
        {"erik", "Accounts/ReturnAsset", "{'asset':'lt-2'}", KT_FAILED_PRECONDITION, IT_ASSET_STATE,
         NULL},
        {"legal", "Accounts/AssignEquipment", "{'employee':'e2','kinds':['laptop']}",
         KT_RESOURCE_EXHAUSTED, IT_OUT_OF_STOCK, NULL},
        SAYS("erik", "Accounts/ReturnAsset", "{'asset':'ph-1'}", "'state':'ASSET_IN_STOCK'"),
        {"erik", "Accounts/ReturnAsset", "{'asset':'lt-9'}", KT_NOT_FOUND, IT_ASSET_UNKNOWN, NULL},
        {"erik", "Accounts/WriteOffAsset", "{'asset':'lt-9','state':'ASSET_LOST','condition':'x'}",
         KT_NOT_FOUND, IT_ASSET_UNKNOWN, NULL},
        SAYS("rev", "Accounts/ListAssets", "{'pageSize':2}", "'nextPageToken'"),
    };
    TELL(room, STOCK);
    TELL(room, steps);
    /* Two assignments, a return, a loss. */
    assert_int_equal(story_events(room, "employee.assets"), 4);
}

static void
released_equipment_goes_back_and_its_reference_ends(void **state)
{
    room_t *room = *state;
    static const step_t steps[] = {
        SAYS("erik", "Accounts/AssignEquipment", "{'employee':'e1','assets':['ph-1']}", NULL),
        SAYS("legal", "Accounts/AssignEquipment",
             "{'employee':'e1','assets':['ph-1','lt-2','lt-2'],'kinds':['laptop'],"
             "'reference':'hire-1'}",
             "{'assets':['ph-1','lt-2','lt-2','lt-1']}"),
        SAYS("rev", "Accounts/ListAssets", "{}", "'reference':'hire-1'"),
        {"legal", "Accounts/ReleaseEquipment", "{'employee':'e2','reference':'hire-1'}",
         KT_FAILED_PRECONDITION, IT_REFERENCE_OF_ANOTHER, NULL},
        /* Back and in the same hands by another assignment: it is not this one's any more. */
        SAYS("erik", "Accounts/ReturnAsset", "{'asset':'lt-2','condition':'dented'}", NULL),
        SAYS("erik", "Accounts/AssignEquipment",
             "{'employee':'e1','assets':['lt-2'],'reference':'other'}", NULL),
        SAYS("legal", "Accounts/ReleaseEquipment", "{'employee':'e1','reference':'hire-1'}",
             "{'assets':['lt-1']}"),
        SAYS("rev", "Accounts/ListHoldings", "{'employee':'e1'}",
             "'assets':['lt-2','ph-1'],'outstanding':2"),
        /* Again: nothing, even though it is at hand by then. */
        SAYS("erik", "Accounts/AssignEquipment", "{'employee':'e1','assets':['lt-1']}", NULL),
        SAYS("legal", "Accounts/ReleaseEquipment", "{'employee':'e1','reference':'hire-1'}", "{}"),
        {"legal", "Accounts/ReleaseEquipment", "{'employee':'e2','reference':'hire-1'}",
         KT_FAILED_PRECONDITION, IT_REFERENCE_OF_ANOTHER, NULL},
        /* The same request as before, and another one. */
        {"legal", "Accounts/AssignEquipment",
         "{'employee':'e1','assets':['ph-1','lt-2','lt-2'],'kinds':['laptop'],"
         "'reference':'hire-1'}",
         KT_FAILED_PRECONDITION, IT_REFERENCE_RELEASED, NULL},
        {"legal", "Accounts/AssignEquipment",
         "{'employee':'e2','kinds':['laptop'],'reference':'hire-1'}", KT_FAILED_PRECONDITION,
         IT_REFERENCE_RELEASED, NULL},
        /* What was lost does not come back by it. */
        SAYS("erik", "Accounts/WriteOffAsset",
             "{'asset':'lt-2','state':'ASSET_LOST','condition':'on a train'}", NULL),
        SAYS("erik", "Accounts/ReleaseEquipment", "{'employee':'e1','reference':'other'}", "{}"),
        SAYS("rev", "Accounts/ListAssets", "{}", "'state':'ASSET_LOST'"),
        BAD("legal", "Accounts/ReleaseEquipment", "{'employee':'e1'}", "reference"),
        BAD("legal", "Accounts/ReleaseEquipment", "{'reference':'r'}", "employee"),
        BAD("legal", "Accounts/ReleaseEquipment", "{'employee':'e1','reference':'R 1'}",
            "reference"),
    };
    TELL(room, STOCK);
    TELL(room, steps);
    /* Four assignments, a return, a release, a loss. */
    assert_int_equal(story_events(room, "employee.assets"), 7);
    assert_int_equal(room_refusals(room), 4);
}

static void
an_assignment_that_comes_after_it_was_undone_is_refused(void **state)
{
    room_t *room = *state;
    static const step_t steps[] = {
        SAYS("legal", "Accounts/ReleaseEquipment", "{'employee':'e1','reference':'hire-1'}", "{}"),
        {"legal", "Accounts/AssignEquipment",
         "{'employee':'e1','kinds':['laptop'],'reference':'hire-1'}", KT_FAILED_PRECONDITION,
         IT_REFERENCE_RELEASED, NULL},
        SAYS("rev", "Accounts/ListHoldings", "{'employee':'e1'}", "{'employee':'e1'}"),
        SAYS("legal", "Accounts/ReleaseEquipment", "{'employee':'e1','reference':'hire-1'}", "{}"),
    };
    TELL(room, STOCK);
    TELL(room, steps);
    assert_int_equal(story_events(room, "employee.assets"), 0);
}

static void
a_late_duplicate_of_an_assignment_that_was_undone_changes_nothing(void **state)
{
    room_t *room = *state;
    kt_ulid_t assign_key = kt_ulid_make(ROOM_NOW_US, 0, 1);
    kt_ulid_t undo_key = kt_ulid_make(ROOM_NOW_US, 0, 2);
    static const step_t assign[] = {
        SAYS("legal", "Accounts/AssignEquipment",
             "{'employee':'e1','kinds':['laptop'],'reference':'hire-1'}", "{'assets':['lt-1']}"),
    };
    static const step_t undo[] = {
        SAYS("legal", "Accounts/ReleaseEquipment", "{'employee':'e1','reference':'hire-1'}",
             "{'assets':['lt-1']}"),
    };
    static const step_t nothing[] = {
        SAYS("rev", "Accounts/ListHoldings", "{'employee':'e1'}", "{'employee':'e1'}"),
    };
    TELL(room, STOCK);
    room_with_key(room, &assign_key);
    TELL(room, assign);
    room_with_key(room, &undo_key);
    TELL(room, undo);
    room_with_key(room, &assign_key);
    TELL(room, assign);
    TELL(room, nothing);
    room_with_key(room, &undo_key);
    TELL(room, undo);
    assert_int_equal(story_events(room, "employee.assets"), 2);
}

static void
an_employee_holds_no_more_than_100_assets(void **state)
{
    room_t *room = *state;
    char json[256];
    for (int i = 0; i <= 100; i++) {
        snprintf(json, sizeof json, "{'asset':{'asset':'k%03d','kind':'key'}}", i);
        assert_ok(story_call(room, "erik", "Accounts/RegisterAsset", json, NULL));
        kt_status_t status = story_call(room, "erik", "Accounts/AssignEquipment",
                                        "{'employee':'e1','kinds':['key']}", NULL);
        if (i < 100)
            assert_ok(status);
        else
            assert_status(status, KT_RESOURCE_EXHAUSTED, IT_TOO_MANY_ASSETS);
        room_forget(room);
    }
}

static void
an_employee_has_left_with_nothing_in_hand(void **state)
{
    room_t *room = *state;
    static const step_t hold[] = {
        SAYS("erik", "Software/CreateProduct", "{'product':{'product':'editor'}}", NULL),
        SAYS("erik", "Software/ActivateLicence",
             "{'licence':{'licence':'l1','product':'editor','seats':5,'fromDate':'2026-11-01'}}",
             NULL),
        SAYS("erik", "Software/AssignSeats", "{'licence':'l1','employees':['e1']}", NULL),
        SAYS("erik", "Accounts/AssignEquipment", "{'employee':'e1','kinds':['laptop']}", NULL),
        {"legal", "Accounts/ConfirmLeft", "{'employee':'e1'}", KT_FAILED_PRECONDITION,
         IT_ACCOUNT_STILL_OPEN, NULL},
        SAYS("legal", "Accounts/ScheduleSuspension", "{'employee':'e1','atUs':'1'}",
             "'status':'ACCOUNT_SUSPENDED'"),
        {"legal", "Accounts/ConfirmLeft", "{'employee':'e1'}", KT_FAILED_PRECONDITION,
         IT_SEATS_HELD, NULL},
        SAYS("legal", "Software/ReleaseSeats", "{'employee':'e1'}", NULL),
        {"legal", "Accounts/ConfirmLeft", "{'employee':'e1'}", KT_FAILED_PRECONDITION,
         IT_ASSETS_OUTSTANDING, NULL},
        SAYS("erik", "Accounts/ReturnAsset", "{'asset':'lt-1'}", NULL),
        SAYS("legal", "Accounts/ConfirmLeft", "{'employee':'e1'}",
             "{'employee':'e1','account':'ACCOUNT_SUSPENDED','cleared':true}"),
        SAYS("legal", "Accounts/ConfirmLeft", "{'employee':'e1'}", "'cleared':true"),
        {"erik", "Software/AssignSeats", "{'licence':'l1','employees':['e2','e1']}",
         KT_FAILED_PRECONDITION, IT_EMPLOYEE_CLEARED, NULL},
        {"erik", "Accounts/AssignEquipment", "{'employee':'e1','kinds':['laptop']}",
         KT_FAILED_PRECONDITION, IT_EMPLOYEE_CLEARED, NULL},
    };
    TELL(room, STOCK);
    TELL(room, HIRE);
    TELL(room, hold);
    assert_int_equal(story_events(room, "employee.cleared"), 1);
    assert_int_equal(room_refusals(room), 5);
}

static void
a_store_that_fails_anywhere_leaves_nothing_behind(void **state)
{
    room_t *room = *state;
    TELL(room, STOCK);
    TELL(room, HIRE);
    story_sweep(room, "legal", "Accounts/AssignEquipment",
                "{'employee':'e1','kinds':['laptop','phone'],'reference':'r1'}");
    story_sweep(room, "erik", "Accounts/ReturnAsset", "{'asset':'lt-1','condition':'fine'}");
    story_sweep(room, "erik", "Accounts/ReturnAsset", "{'asset':'ph-1'}");
    story_sweep(room, "legal", "Accounts/CloseAccount", "{'employee':'e1'}");
    story_sweep(room, "legal", "Accounts/ConfirmLeft", "{'employee':'e1'}");
    story_sweep(room, "legal", "Accounts/AssignEquipment",
                "{'employee':'e2','kinds':['laptop','phone'],'reference':'r2'}");
    story_sweep(room, "legal", "Accounts/ReleaseEquipment", "{'employee':'e2','reference':'r2'}");
    story_sweep(room, "legal", "Accounts/ReleaseEquipment", "{'employee':'e2','reference':'r3'}");
    assert_int_equal(story_events(room, "employee.assets"), 5);
    assert_int_equal(story_events(room, "employee.cleared"), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        nets_test(an_account_opens_when_it_starts_and_policies_are_acknowledged),
        nets_test(a_suspension_holds_on_every_read_from_its_instant_on),
        nets_test(accounts_are_created_once_and_bad_fields_refused),
        nets_test(equipment_is_the_lowest_in_stock_all_or_nothing),
        nets_test(released_equipment_goes_back_and_its_reference_ends),
        nets_test(an_assignment_that_comes_after_it_was_undone_is_refused),
        nets_test(a_late_duplicate_of_an_assignment_that_was_undone_changes_nothing),
        nets_test(an_employee_holds_no_more_than_100_assets),
        nets_test(an_employee_has_left_with_nothing_in_hand),
        nets_test(a_store_that_fails_anywhere_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
