/* procure-to-pay over the three departments, in virtual time. */
#include "office_story.h"

#include <kantor/finance/v1/budgets.kt.h>
#include <kantor/it/v1/software.kt.h>
#include <kantor/legal/v1/contracts.kt.h>

#define WHOLE                                                                                      \
    "started check-vendor:done check-expense-account:done check-payable-account:done "             \
    "reserve-budget:done draft-contract:done approval:done confirm-budget:done open-signing:done " \
    "signature:done schedule-payables:done activate-licence:done first-day:done "                  \
    "assign-seats:done "                                                                           \
    "payment:done ended"
#define TO_BUDGET                                                                                  \
    "started check-vendor:done check-expense-account:done check-payable-account:done "             \
    "reserve-budget:done "

/* ---- what is as before ---- */

static const fin_budget_t *
budget(world_t *world)
{
    return (const fin_budget_t *)story_say(
        world, "rev", "finance", "Budgets/GetBudget",
        "{'book':'company','costCentre':'it','commodity':'IDR','onDate':'2026-11-15'}");
}

/* No money, no seat, no contract that anybody can sign is left of it. */
static void
assert_nothing_left(world_t *world, const char *id)
{
    const legal_contract_view_t *view;
    char get[128];

    assert_int_equal(budget(world)->free_minor, budget(world)->amount_minor);
    (void)snprintf(get, sizeof(get), "{'licence':'%s'}", id);
    assert_int_equal(story_try(world, "rev", "it", "Software/GetLicence", get).code, KT_NOT_FOUND);
    (void)snprintf(get, sizeof(get), "{'schedule':'%s'}", id);
    assert_int_equal(story_try(world, "rev", "finance", "Payables/GetSchedule", get).code,
                     KT_NOT_FOUND);
    (void)snprintf(get, sizeof(get), "{'contract':'%s'}", id);
    if (kt_failed(story_try(world, "rev", "legal", "Contracts/GetContract", get)))
        return;
    view = (const legal_contract_view_t *)story_say(world, "rev", "legal", "Contracts/GetContract",
                                                    "{'contract':'%s'}", id);
    assert_int_equal(view->status, LEGAL_CONTRACT_STATUS_CONTRACT_VOID);
}

/* ---- one purchase ---- */

static void
a_purchase_goes_all_the_way(void **unused)
{
    (void)unused;
    world_t *world = story_open(1);
    kt_ulid_t process = story_purchase(world, "p-1");
    const it_licence_t *licence;

    story_assert(world, "it", process, WHOLE);
    assert_string_equal(story_state(world, "it", process), "DONE");
    assert_int_equal(budget(world)->spent_minor, 3000000000);
    assert_int_equal(budget(world)->committed_minor, 0);
    licence = (const it_licence_t *)story_say(world, "rev", "it", "Software/GetLicence",
                                              "{'licence':'p-1'}");
    assert_int_equal(licence->used, 2);
    assert_int_equal(licence->free, 8);
    world_close(&world);
}

/* Every step that can be refused, and what is done before it is undone. */
static void
a_refusal_at_any_step_leaves_nothing(void **unused)
{
    (void)unused;
    static const struct {
        const char *method, *story;
    } ROWS[] = {
        {"Parties/CheckParty", "started check-vendor:rejected ended"},
        {"Books/GetAccount", "started check-vendor:done check-expense-account:rejected ended"},
        {"Budgets/Reserve",
         "started check-vendor:done check-expense-account:done check-payable-account:done "
         "reserve-budget:rejected ended"},
        {"Contracts/DraftContract",
         TO_BUDGET "draft-contract:rejected reserve-budget:undone ended"},
        {"Budgets/Commit", TO_BUDGET "draft-contract:done approval:done confirm-budget:rejected "
                                     "draft-contract:undone reserve-budget:undone ended"},
        {"Contracts/OpenSigning",
         TO_BUDGET "draft-contract:done approval:done confirm-budget:done open-signing:rejected "
                   "confirm-budget:undone draft-contract:undone reserve-budget:undone ended"},
    };

    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        world_t *world = story_open(i);
        world_refuse(world, ROWS[i].method);
        kt_ulid_t process = story_request(world, "p-1");
        story_pass(world, STORY_HOUR_US);
        if (strcmp(story_state(world, "it", process), "RUNNING") == 0) {
            story_prepare_contract(world, "p-1");
            story_approve_contract(world, "p-1");
            story_pass(world, STORY_HOUR_US);
        }
        story_assert(world, "it", process, ROWS[i].story);
        assert_string_equal(story_state(world, "it", process), "REJECTED");
        world_refuse(world, NULL);
        assert_nothing_left(world, "p-1");
        world_close(&world);
    }
}

/* Nobody approves, nobody signs, or the contract is given up. */
static void
a_wait_that_expires_leaves_nothing(void **unused)
{
    (void)unused;
    world_t *world = story_open(2);
    kt_ulid_t process = story_request(world, "p-1");

    story_pass(world, 31 * STORY_DAY_US);
    story_assert(world, "it", process,
                 TO_BUDGET "draft-contract:done approval:expired draft-contract:undone "
                           "reserve-budget:undone ended");
    assert_nothing_left(world, "p-1");

    process = story_request(world, "p-2");
    story_pass(world, STORY_HOUR_US);
    story_prepare_contract(world, "p-2");
    story_approve_contract(world, "p-2");
    story_pass(world, 31 * STORY_DAY_US);
    story_assert(world, "it", process,
                 TO_BUDGET "draft-contract:done approval:done confirm-budget:done "
                           "open-signing:done signature:expired open-signing:undone "
                           "confirm-budget:undone draft-contract:undone reserve-budget:undone "
                           "ended");
    assert_nothing_left(world, "p-2");
    world_close(&world);
}

static void
a_contract_that_is_given_up_ends_it(void **unused)
{
    (void)unused;
    world_t *world = story_open(3);
    kt_ulid_t process = story_request(world, "p-1");

    story_pass(world, STORY_HOUR_US);
    (void)story_say(world, "olga", "legal", "Contracts/VoidContract",
                    "{'contract':'p-1','reason':'another vendor'}");
    story_pass(world, STORY_HOUR_US);
    story_assert(world, "it", process,
                 TO_BUDGET "draft-contract:done approval:rejected draft-contract:undone "
                           "reserve-budget:undone ended");
    assert_nothing_left(world, "p-1");
    world_close(&world);
}

/* The departments themselves say no: a blocked vendor, more than the budget has, an unknown
 * account. */
static void
departments_refuse_by_their_own_records(void **unused)
{
    (void)unused;
    world_t *world = story_open(4);
    kt_ulid_t process;

    (void)story_say(world, "olga", "legal", "Parties/BlockParty",
                    "{'party':'editor-inc','reason':'sanctions'}");
    process = story_request(world, "p-1");
    story_pass(world, STORY_HOUR_US);
    story_assert(world, "it", process, "started check-vendor:rejected ended");
    (void)story_say(world, "olga", "legal", "Parties/UnblockParty",
                    "{'party':'editor-inc','reason':'a mistake'}");
    (void)story_say(world, "ana", "finance", "Budgets/SetBudget",
                    "{'book':'company','costCentre':'it','commodity':'IDR','periodFrom':'2026-11',"
                    "'periodTo':'2026-12','amountMinor':'2999999999'}");
    process = story_request(world, "p-2");
    story_pass(world, STORY_HOUR_US);
    story_assert(world, "it", process,
                 "started check-vendor:done check-expense-account:done "
                 "check-payable-account:done reserve-budget:rejected ended");
    assert_nothing_left(world, "p-2");
    world_close(&world);
}

/* What would fail when it is signed and nothing can be undone any more fails when it is asked for.
 */
static void
what_cannot_be_licensed_is_refused_at_once(void **unused)
{
    (void)unused;
    static const char REQUEST[] =
        "{'purchase':{'purchase':'%s','title':'Editor','vendor':'editor-inc','product':'editor',"
        "'book':'company','costCentre':'it','currency':'IDR','amountMinor':'100',"
        "'instalments':[{'dueOn':'2026-11-20','amountMinor':'100'}],"
        "'expenseAccount':'expenses:software','payableAccount':'liabilities:payable','seats':1,"
        "'employees':['%s'],'fromDate':'2026-10-01','untilDate':'%s'}}";
    static const struct {
        const char *id, *employee, *until;
        kt_code_t code;
    } ROWS[] = {
        {"full-1", "e1", "2027-09-30", KT_ALREADY_EXISTS}, /* a licence of that id */
        {"p-1", "e1", "2026-11-01", KT_FAILED_PRECONDITION},
        {"p-1", "gone", "2027-09-30", KT_FAILED_PRECONDITION},
        {"p-1", "full", "2027-09-30", KT_RESOURCE_EXHAUSTED},
        {"p-1", "e1", "2027-09-30", KT_OK},
    };
    world_t *world = story_open(7);
    char json[1024];

    (void)story_say(world, "erik", "it", "Accounts/CreateAccount",
                    "{'account':{'employee':'gone','principal':'gone','startsUs':'1'}}");
    (void)story_say(world, "erik", "it", "Accounts/ScheduleSuspension",
                    "{'employee':'gone','atUs':'2'}");
    (void)story_say(world, "erik", "it", "Accounts/ConfirmLeft", "{'employee':'gone'}");
    for (unsigned i = 1; i <= 64; i++) {
        (void)story_say(world, "erik", "it", "Software/ActivateLicence",
                        "{'licence':{'licence':'full-%u','product':'editor','seats':1,"
                        "'fromDate':'2026-10-01'}}",
                        i);
        (void)story_say(world, "erik", "it", "Software/AssignSeats",
                        "{'licence':'full-%u','employees':['full']}", i);
    }
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        (void)snprintf(json, sizeof(json), REQUEST, ROWS[i].id, ROWS[i].employee, ROWS[i].until);
        assert_int_equal(story_try(world, "erik", "it", "Purchases/RequestPurchase", json).code,
                         ROWS[i].code);
    }
    world_close(&world);
}

/* Nothing is paid without a receipt, before it is due, or by who received it. */
static void
payment_wants_a_receipt_and_a_contract_in_force(void **unused)
{
    (void)unused;
    world_t *world = story_open(5);

    (void)story_request(world, "p-1");
    story_pass(world, STORY_HOUR_US);
    story_prepare_contract(world, "p-1");
    story_approve_contract(world, "p-1");
    story_pass(world, STORY_HOUR_US);
    story_sign_contract(world, "p-1");
    story_pass(world, 19 * STORY_DAY_US);
    assert_int_equal(
        story_try(world, "carla", "finance", "Payables/PayPayable",
                  "{'schedule':'p-1','line':1,'paidOn':'2026-11-21','bankAccount':'assets:bank'}")
            .code,
        KT_FAILED_PRECONDITION);
    story_receive(world, "p-1");
    assert_int_equal(
        story_try(world, "carla", "finance", "Payables/PayPayable",
                  "{'schedule':'p-1','line':2,'paidOn':'2026-11-21','bankAccount':'assets:bank'}")
            .code,
        KT_FAILED_PRECONDITION);
    (void)story_say(world, "olga", "legal", "Contracts/TerminateContract",
                    "{'contract':'p-1','on':'2026-11-21','reason':'does not work'}");
    story_pass(world, STORY_HOUR_US);
    assert_int_equal(
        story_try(world, "carla", "finance", "Payables/PayPayable",
                  "{'schedule':'p-1','line':1,'paidOn':'2026-11-21','bankAccount':'assets:bank'}")
            .code,
        KT_FAILED_PRECONDITION);
    world_close(&world);
}

/* A department that is away for days is an incident for the role that the step names; it is not
 * known whether it has done it, so nothing is undone. Tried again, it goes on. */
static void
who_is_away_for_days_is_an_incident(void **unused)
{
    (void)unused;
    static const struct {
        const char *away, *story, *who;
    } ROWS[] = {
        {"legal", "started check-vendor:incident", "olga"},
        {"finance", "started check-vendor:done check-expense-account:incident", "carla"},
    };

    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        world_t *world = story_open(i);
        kt_ulid_t process;
        char id[KT_ULID_CHARS + 1];
        world_away(world, ROWS[i].away);
        process = story_request(world, "p-1");
        story_pass(world, STORY_DAY_US - STORY_HOUR_US);
        assert_string_equal(story_state(world, "it", process), "RUNNING");
        story_pass(world, STORY_DAY_US);
        story_assert(world, "it", process, ROWS[i].story);
        assert_string_equal(story_state(world, "it", process), "INCIDENT");
        world_away(world, NULL);
        story_pass(world, STORY_DAY_US);
        assert_string_equal(story_state(world, "it", process), "INCIDENT");
        kt_ulid_format(&process, id);
        (void)story_say(world, ROWS[i].who, "it", "Processes/ResolveIncident",
                        "{'process':'%s','resolution':'RETRY','why':'it is back'}", id);
        story_pass(world, STORY_HOUR_US);
        assert_string_equal(story_state(world, "it", process), "RUNNING");
        (void)story_say(world, "olga", "legal", "Contracts/VoidContract",
                        "{'contract':'p-1','reason':'too late'}");
        story_pass(world, STORY_HOUR_US);
        assert_string_equal(story_state(world, "it", process), "REJECTED");
        assert_nothing_left(world, "p-1");
        world_close(&world);
    }
}

static void
lost_answers_never_undo(void **unused)
{
    (void)unused;
    static const char *const METHODS[] = {
        "CheckParty",  "GetAccount", "Reserve",         "DraftContract", "GetContract", "Commit",
        "OpenSigning", "Schedule",   "ActivateLicence", "AssignSeats",   "GetSchedule", "Settle",
    };

    for (size_t i = 0; i < KT_COUNT(METHODS); i++) {
        world_t *world = story_open(i);
        world_lose(world, METHODS[i], 12);
        kt_ulid_t process = story_purchase(world, "p-1");
        story_assert(world, "it", process, WHOLE);
        assert_int_equal(budget(world)->spent_minor, 3000000000);
        world_close(&world);
    }
}

/* ---- crashes ---- */

static void
play(world_t *world, const void *unused)
{
    (void)unused;
    (void)story_purchase(world, "p-1");
}

static void
a_crash_at_any_commit_changes_nothing(void **unused)
{
    (void)unused;
    world_try_every_death(
        &(world_play_t){.open = story_open, .play = play, .seed = 6, .least = 41});
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_purchase_goes_all_the_way),
        cmocka_unit_test(a_refusal_at_any_step_leaves_nothing),
        cmocka_unit_test(a_wait_that_expires_leaves_nothing),
        cmocka_unit_test(a_contract_that_is_given_up_ends_it),
        cmocka_unit_test(departments_refuse_by_their_own_records),
        cmocka_unit_test(what_cannot_be_licensed_is_refused_at_once),
        cmocka_unit_test(payment_wants_a_receipt_and_a_contract_in_force),
        cmocka_unit_test(who_is_away_for_days_is_an_incident),
        cmocka_unit_test(lost_answers_never_undo),
        cmocka_unit_test(a_crash_at_any_commit_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
