/* Hire to retire over the three departments, in virtual time. */
#include "office_story.h"

#include <kantor/finance/v1/employees.kt.h>
#include <kantor/it/v1/accounts.kt.h>
#include <kantor/legal/v1/policies.kt.h>

#define HIRED                                                                                      \
    "started reserve-headcount:done set-aside-equipment:done draft-contract:done approval:done "   \
    "open-signing:done signature:done hire-employee:done enrol:done prepare-account:done "         \
    "first-day:done acknowledged:done open-account:done ended"
#define GONE                                                                                       \
    "started check-books:done check-account:done end-contract:done suspend-account:done "          \
    "last-hour:done release-seats:done assets-back:done confirm-left:done close-policies:done "    \
    "leave-books:done settlement:done ended"

/* ---- what is to be seen ---- */

static const it_account_t *
account(world_t *world)
{
    return (const it_account_t *)story_say(world, "rev", "it", "Accounts/GetAccount",
                                           "{'employee':'sari'}");
}

static const it_holdings_t *
holdings(world_t *world)
{
    return (const it_holdings_t *)story_say(world, "rev", "it", "Accounts/ListHoldings",
                                            "{'employee':'sari'}");
}

static const fin_headcount_t *
headcount(world_t *world)
{
    const fin_list_headcounts_response_t *list = (const fin_list_headcounts_response_t *)story_say(
        world, "rev", "finance", "Employees/ListHeadcounts", "{'book':'company'}");

    assert_int_equal(list->n_headcounts, 1);
    return list->headcounts[0];
}

static void
assert_nothing_left(world_t *world)
{
    assert_int_equal(headcount(world)->reserved, 0);
    assert_int_equal(headcount(world)->hired, 0);
    assert_int_equal(holdings(world)->outstanding, 0);
    assert_int_equal(
        story_try(world, "rev", "it", "Accounts/GetAccount", "{'employee':'sari'}").code,
        KT_NOT_FOUND);
    assert_int_equal(
        story_try(world, "olga", "legal", "Policies/GetEmployee", "{'employee':'sari'}").code,
        KT_NOT_FOUND);
}

/* ---- taking on ---- */

static void
a_hire_goes_all_the_way(void **unused)
{
    (void)unused;
    world_t *world = story_open(1);
    kt_ulid_t process = story_hire(world, "h-1");

    story_assert(world, "legal", process, HIRED);
    assert_int_equal(account(world)->status, IT_ACCOUNT_STATUS_ACCOUNT_OPEN);
    assert_int_equal(holdings(world)->outstanding, 1);
    assert_int_equal(headcount(world)->hired, 1);
    world_close(&world);
}

/* The account stays blocked until the first day, and until the policy is acknowledged. */
static void
the_account_opens_when_both_gates_do(void **unused)
{
    (void)unused;
    world_t *world = story_open(2);
    kt_ulid_t process = story_hire_request(world, "h-1");

    story_pass(world, STORY_HOUR_US);
    story_prepare_contract(world, "h-1");
    story_approve_contract(world, "h-1");
    story_pass(world, STORY_HOUR_US);
    story_sign_contract(world, "h-1");
    story_pass(world, STORY_HOUR_US);
    assert_int_equal(account(world)->status, IT_ACCOUNT_STATUS_ACCOUNT_PREPARED);
    assert_int_equal(
        story_try(world, "erik", "it", "Accounts/OpenAccount", "{'employee':'sari'}").code,
        KT_FAILED_PRECONDITION);
    story_pass(world, 6 * STORY_DAY_US); /* the first day has come */
    assert_false(account(world)->openable);
    assert_string_equal(story_state(world, "legal", process), "RUNNING");
    story_acknowledge(world);
    story_pass(world, STORY_HOUR_US);
    story_assert(world, "legal", process, HIRED);
    assert_int_equal(account(world)->status, IT_ACCOUNT_STATUS_ACCOUNT_OPEN);
    world_close(&world);
}

/* Nobody acknowledges: after the pivot that is an incident for legal, and the account stays shut.
 */
static void
who_never_acknowledges_is_an_incident(void **unused)
{
    (void)unused;
    world_t *world = story_open(3);
    kt_ulid_t process = story_hire_request(world, "h-1");

    story_pass(world, STORY_HOUR_US);
    story_prepare_contract(world, "h-1");
    story_approve_contract(world, "h-1");
    story_pass(world, STORY_HOUR_US);
    story_sign_contract(world, "h-1");
    story_pass(world, 70 * STORY_DAY_US);
    assert_string_equal(story_state(world, "legal", process), "INCIDENT");
    assert_int_equal(account(world)->status, IT_ACCOUNT_STATUS_ACCOUNT_PREPARED);
    world_close(&world);
}

static void
a_refusal_at_any_step_leaves_nothing(void **unused)
{
    (void)unused;
    static const struct {
        const char *method, *story;
    } ROWS[] = {
        {"Employees/ReserveHeadcount", "started reserve-headcount:rejected ended"},
        {"Accounts/AssignEquipment", "started reserve-headcount:done set-aside-equipment:rejected "
                                     "reserve-headcount:undone ended"},
        {"Contracts/DraftContract", "started reserve-headcount:done set-aside-equipment:done "
                                    "draft-contract:rejected set-aside-equipment:undone "
                                    "reserve-headcount:undone ended"},
        {"Contracts/OpenSigning", "started reserve-headcount:done set-aside-equipment:done "
                                  "draft-contract:done approval:done open-signing:rejected "
                                  "draft-contract:undone set-aside-equipment:undone "
                                  "reserve-headcount:undone ended"},
    };

    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        world_t *world = story_open(i);
        world_refuse(world, ROWS[i].method);
        kt_ulid_t process = story_hire_request(world, "h-1");
        story_pass(world, STORY_HOUR_US);
        if (strcmp(story_state(world, "legal", process), "RUNNING") == 0) {
            story_prepare_contract(world, "h-1");
            story_approve_contract(world, "h-1");
            story_pass(world, STORY_HOUR_US);
        }
        story_assert(world, "legal", process, ROWS[i].story);
        world_refuse(world, NULL);
        assert_nothing_left(world);
        world_close(&world);
    }
}

static void
a_wait_that_expires_leaves_nothing(void **unused)
{
    (void)unused;
    world_t *world = story_open(4);
    kt_ulid_t process = story_hire_request(world, "h-1");

    story_pass(world, 31 * STORY_DAY_US);
    story_assert(world, "legal", process,
                 "started reserve-headcount:done set-aside-equipment:done draft-contract:done "
                 "approval:expired draft-contract:undone set-aside-equipment:undone "
                 "reserve-headcount:undone ended");
    assert_nothing_left(world);
    process = story_hire_request(world, "h-2");
    story_pass(world, STORY_HOUR_US);
    story_prepare_contract(world, "h-2");
    story_approve_contract(world, "h-2");
    story_pass(world, 31 * STORY_DAY_US);
    story_assert(world, "legal", process,
                 "started reserve-headcount:done set-aside-equipment:done draft-contract:done "
                 "approval:done open-signing:done signature:expired open-signing:undone "
                 "draft-contract:undone set-aside-equipment:undone reserve-headcount:undone ended");
    assert_nothing_left(world);
    world_close(&world);
}

/* ---- letting go ---- */

static void
a_leave_goes_all_the_way(void **unused)
{
    (void)unused;
    world_t *world = story_open(5);
    kt_ulid_t process;

    (void)story_hire(world, "h-1");
    process = story_leave(world, "l-1", "h-1");
    story_assert(world, "legal", process, GONE);
    assert_int_equal(account(world)->status, IT_ACCOUNT_STATUS_ACCOUNT_SUSPENDED);
    assert_int_equal(headcount(world)->hired, 0);
    assert_true(holdings(world)->cleared);
    world_close(&world);
}

/* At the instant, whatever else is late; and nothing is settled before all of it is done. */
static void
accounts_are_suspended_at_the_instant_and_settlement_waits(void **unused)
{
    (void)unused;
    world_t *world = story_open(6);
    int64_t leave_us;
    kt_ulid_t process;

    (void)story_hire(world, "h-1");
    leave_us = world_now(world) / STORY_DAY_US * STORY_DAY_US + 10 * STORY_DAY_US +
               17 * STORY_HOUR_US;
    process = story_leave_request(world, "l-1", "h-1");
    world_run(world, leave_us - STORY_MINUTE_US);
    assert_int_equal(account(world)->status, IT_ACCOUNT_STATUS_ACCOUNT_OPEN);
    world_away(world, "it"); /* nobody has to do anything for it */
    world_run(world, leave_us);
    assert_int_equal(account(world)->status, IT_ACCOUNT_STATUS_ACCOUNT_SUSPENDED);
    world_away(world, NULL);
    story_pass(world, 5 * STORY_DAY_US);
    assert_string_equal(story_state(world, "legal", process), "RUNNING"); /* the laptop is out */
    assert_int_equal(story_try(world, "carla", "finance", "Employees/SettleFinal",
                               "{'employee':'sari','amountMinor':'1','note':''}")
                         .code,
                     KT_FAILED_PRECONDITION);
    story_bring_back(world);
    story_pass(world, STORY_HOUR_US);
    story_settle(world);
    story_pass(world, STORY_HOUR_US);
    story_assert(world, "legal", process, GONE);
    world_close(&world);
}

static void
a_leave_that_cannot_be_is_refused_at_once(void **unused)
{
    (void)unused;
    world_t *world = story_open(7);
    static const char LEAVE[] =
        "{'leave':{'leave':'l-%d','employee':'%s','contract':'%s','leaveUs':'1796000000000000',"
        "'reason':'goes'}}";
    static const struct {
        const char *employee, *contract;
        kt_code_t code;
    } ROWS[] = {
        {"nobody", "h-1", KT_NOT_FOUND},
        {"sari", "none", KT_NOT_FOUND},
        {"sari", "h-1", KT_FAILED_PRECONDITION}, /* leaving already */
    };
    char json[512];

    (void)story_hire(world, "h-1");
    (void)story_leave_request(world, "l-0", "h-1");
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        (void)snprintf(json, sizeof(json), LEAVE, (int)i + 1, ROWS[i].employee, ROWS[i].contract);
        assert_int_equal(story_try(world, "olga", "legal", "Hires/StartLeave", json).code,
                         ROWS[i].code);
    }
    world_close(&world);
}

/* Until the contract is ended nothing has happened that would have to be undone. */
static void
a_leave_refused_at_any_step_changes_nothing(void **unused)
{
    (void)unused;
    static const struct {
        const char *method, *story;
    } ROWS[] = {
        {"Employees/GetEmployee", "started check-books:rejected ended"},
        {"Accounts/GetAccount", "started check-books:done check-account:rejected ended"},
        {"Contracts/TerminateContract",
         "started check-books:done check-account:done end-contract:rejected ended"},
    };
    world_t *world = story_open(9);
    kt_ulid_t process;
    char id[8];

    (void)story_hire(world, "h-1");
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        world_refuse(world, ROWS[i].method);
        (void)snprintf(id, sizeof(id), "l-%zu", i);
        process = story_leave_request(world, id, "h-1");
        story_pass(world, 12 * STORY_DAY_US);
        world_refuse(world, NULL);
        story_assert(world, "legal", process, ROWS[i].story);
        assert_string_equal(story_state(world, "legal", process), "REJECTED");
        assert_int_equal(account(world)->status, IT_ACCOUNT_STATUS_ACCOUNT_OPEN);
        assert_int_equal(holdings(world)->outstanding, 1);
        assert_int_equal(headcount(world)->hired, 1);
    }
    story_assert(world, "legal", story_leave(world, "l-9", "h-1"), GONE);
    world_close(&world);
}

static void
lost_answers_never_undo(void **unused)
{
    (void)unused;
    static const char *const METHODS[] = {
        "ReserveHeadcount",  "AssignEquipment",    "DraftContract", "GetContract",  "OpenSigning",
        "HireEmployee",      "EnrolEmployee",      "CreateAccount", "GetAccount",   "OpenAccount",
        "TerminateContract", "ScheduleSuspension", "ReleaseSeats",  "ListHoldings", "ConfirmLeft",
        "CloseEmployee",     "LeaveEmployee",      "GetEmployee",   "Settle",
    };

    for (size_t i = 0; i < KT_COUNT(METHODS); i++) {
        world_t *world = story_open(i);
        world_lose(world, METHODS[i], 12);
        story_assert(world, "legal", story_hire(world, "h-1"), HIRED);
        story_assert(world, "legal", story_leave(world, "l-1", "h-1"), GONE);
        world_close(&world);
    }
}

/* ---- crashes ---- */

static void
play(world_t *world, const void *unused)
{
    (void)unused;
    (void)story_hire(world, "h-1");
    (void)story_leave(world, "l-1", "h-1");
}

static void
a_crash_at_any_commit_changes_nothing(void **unused)
{
    (void)unused;
    world_try_every_death(
        &(world_play_t){.open = story_open, .play = play, .seed = 8, .least = 51});
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hire_goes_all_the_way),
        cmocka_unit_test(the_account_opens_when_both_gates_do),
        cmocka_unit_test(who_never_acknowledges_is_an_incident),
        cmocka_unit_test(a_refusal_at_any_step_leaves_nothing),
        cmocka_unit_test(a_wait_that_expires_leaves_nothing),
        cmocka_unit_test(a_leave_goes_all_the_way),
        cmocka_unit_test(accounts_are_suspended_at_the_instant_and_settlement_waits),
        cmocka_unit_test(a_leave_that_cannot_be_is_refused_at_once),
        cmocka_unit_test(a_leave_refused_at_any_step_changes_nothing),
        cmocka_unit_test(lost_answers_never_undo),
        cmocka_unit_test(a_crash_at_any_commit_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
