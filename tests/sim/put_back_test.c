/* A purchase and a hire while one department is put back to an earlier backup, for many backups and
 * many moments: people do every day what there is to do, and in the end nothing stands still
 * unseen: each process is done, undone, or an incident for a named role. */
#include "office_story.h"

#include <kantor/finance/v1/budgets.kt.h>
#include <kantor/finance/v1/payables.kt.h>
#include <kantor/it/v1/accounts.kt.h>
#include <kantor/process/v1/process.kt.h>
#include <kt/time.h>

#define DAYS 50
/* Longer than the longest wait of any process. */
#define EVER_US (1200 * STORY_DAY_US)

static const char *const DEPARTMENTS[] = {"finance", "legal", "it"};

/* ---- people ---- */

/* They look first, and do only what is to do: what is refused is kept, too. */
static void
pay_today(world_t *world)
{
    const fin_payment_schedule_t *schedule = (const fin_payment_schedule_t *)story_ask(
        world, "rev", "finance", "Payables/GetSchedule", "{'schedule':'p-1'}");
    fin_payable_state_t lines[2];

    if (!schedule || schedule->n_lines != KT_COUNT(lines))
        return;
    for (unsigned i = 0; i < KT_COUNT(lines); i++)
        lines[i] = schedule->lines[i]->state;
    if (schedule->received_on[0] == '\0')
        story_receive(world, "p-1");
    for (unsigned i = 0; i < KT_COUNT(lines); i++)
        if (lines[i] == FIN_PAYABLE_STATE_PAYABLE_DUE)
            story_pay(world, "p-1", i + 1);
}

static void
buy_today(world_t *world)
{
    if (!story_ask(world, "rev", "it", "Purchases/GetPurchase", "{'purchase':'p-1'}"))
        (void)story_request(world, "p-1");
    story_push_contract(world, "p-1");
    pay_today(world);
}

static void
hire_today(world_t *world)
{
    const it_account_t *account;

    if (!story_ask(world, "rev", "legal", "Hires/GetHire", "{'hire':'h-1'}"))
        (void)story_hire_request(world, "h-1");
    story_push_contract(world, "h-1");
    account = (const it_account_t *)story_ask(world, "rev", "it", "Accounts/GetAccount",
                                              "{'employee':'sari'}");
    if (account && account->status == IT_ACCOUNT_STATUS_ACCOUNT_PREPARED && !account->openable)
        story_acknowledge_if(world, "sari");
}

typedef struct play {
    const char *name, *owner;
    void (*today)(world_t *world);
    const char *const *commands; /* of other departments, each carried out once */
} play_t;

static const char *const BUYING[] = {"Budgets/Reserve",   "Contracts/DraftContract",
                                     "Budgets/Commit",    "Contracts/OpenSigning",
                                     "Payables/Schedule", NULL};
static const char *const HIRING[] = {"Employees/ReserveHeadcount", "Accounts/AssignEquipment",
                                     "Employees/HireEmployee",     "Accounts/CreateAccount",
                                     "Accounts/OpenAccount",       NULL};
static const play_t PLAYS[] = {
    {"purchase", "it", buy_today, BUYING},
    {"hire", "legal", hire_today, HIRING},
};

static void
play_out(world_t *world, const play_t *play)
{
    for (unsigned i = 0; i < DAYS; i++) {
        play->today(world);
        story_pass(world, STORY_DAY_US);
    }
}

/* ---- what becomes of it ---- */

static const process_list_processes_response_t *
processes(world_t *world, const char *department)
{
    return (const process_list_processes_response_t *)story_say(world, "rev", department,
                                                                "Processes/ListProcesses", "{}");
}

static unsigned
count_in(world_t *world, const play_t *play, process_state_t state)
{
    const process_list_processes_response_t *list = processes(world, play->owner);
    unsigned count = 0;

    for (size_t i = 0; i < list->n_processes; i++)
        count += list->processes[i]->state == state;
    return count;
}

static void
assert_nothing_stands_still(world_t *world, const play_t *play)
{
    const process_list_processes_response_t *list;

    if (count_in(world, play, PROCESS_STATE_RUNNING) > 0 ||
        count_in(world, play, PROCESS_STATE_UNDOING) > 0)
        story_pass(world, EVER_US);
    list = processes(world, play->owner);
    assert_true(list->n_processes > 0);
    for (size_t i = 0; i < list->n_processes; i++) {
        const process_process_t *p = list->processes[i];
        bool ended = p->state == PROCESS_STATE_DONE || p->state == PROCESS_STATE_REJECTED;

        if (!ended && !(p->state == PROCESS_STATE_INCIDENT && p->incident_owner[0] != '\0'))
            fail_msg("%s %s is in state %d at %s: %s", p->type, p->subject, (int)p->state,
                     p->step_name, p->note);
    }
}

/* Whatever was lost and done again, no more was spent than was asked for. */
static void
assert_money(world_t *world)
{
    const fin_budget_t *budget = (const fin_budget_t *)story_say(
        world, "rev", "finance", "Budgets/GetBudget",
        "{'book':'company','costCentre':'it','commodity':'IDR','onDate':'2026-11-15'}");

    assert_true(budget->spent_minor <= INT64_C(3000000000));
}

static uint64_t
commits_of(const play_t *play, uint64_t *before)
{
    world_t *world = story_open(1);
    uint64_t after;

    *before = world_commits(world);
    play_out(world, play);
    after = world_commits(world);
    assert_int_equal(count_in(world, play, PROCESS_STATE_DONE), 1);
    for (const char *const *command = play->commands; *command; command++)
        assert_int_equal(world_done(world, *command), 1);
    world_close(&world);
    return after;
}

typedef struct tally {
    unsigned plays, done, rejected, incidents;
} tally_t;

static void
put_back_once(const play_t *play, const char *department, uint64_t backup, uint64_t restore,
              tally_t *tally)
{
    world_t *world = story_open(1);

    world_put_back(world, department, backup, restore);
    play_out(world, play);
    assert_true(world_was_put_back(world));
    assert_nothing_stands_still(world, play);
    assert_money(world);
    tally->plays++;
    tally->done += count_in(world, play, PROCESS_STATE_DONE);
    tally->rejected += count_in(world, play, PROCESS_STATE_REJECTED);
    tally->incidents += count_in(world, play, PROCESS_STATE_INCIDENT);
    world_close(&world); /* which verifies every store */
}

/* Backups of every few commits, each put back soon, later, and when almost all is done. */
static void
put_back_at_any_time(const play_t *play)
{
    static const uint64_t LATER[] = {1, 3, 9, 20};
    uint64_t before, after = commits_of(play, &before);

    for (size_t d = 0; d < KT_COUNT(DEPARTMENTS); d++) {
        tally_t tally = {0};

        for (uint64_t backup = before; backup < after; backup += 3)
            for (size_t i = 0; i < KT_COUNT(LATER) && backup + LATER[i] <= after; i++)
                put_back_once(play, DEPARTMENTS[d], backup, backup + LATER[i], &tally);
        print_message("%s, %s put back %u times: %u done, %u undone, %u incidents\n", play->name,
                      DEPARTMENTS[d], tally.plays, tally.done, tally.rejected, tally.incidents);
        assert_true(tally.done > 0);
    }
}

static void
a_purchase_survives(void **unused)
{
    (void)unused;
    put_back_at_any_time(&PLAYS[0]);
}

static void
a_hire_survives(void **unused)
{
    (void)unused;
    put_back_at_any_time(&PLAYS[1]);
}

/* What the owner of a process had sent when the backup was made goes out again under its key, and
 * is answered as before: put back by one commit, everything is done, and each command once. */
static void
the_owner_asks_again_under_its_keys(void **unused)
{
    (void)unused;
    for (size_t p = 0; p < KT_COUNT(PLAYS); p++) {
        const play_t *play = &PLAYS[p];
        uint64_t before, after = commits_of(play, &before);

        for (uint64_t backup = before; backup < after; backup++) {
            world_t *world = story_open(1);

            world_put_back(world, play->owner, backup, backup + 1);
            play_out(world, play);
            assert_true(world_was_put_back(world));
            if (count_in(world, play, PROCESS_STATE_DONE) != 1)
                fail_msg("%s: put back by commit %llu of %llu, it is not done", play->name,
                         (unsigned long long)(backup + 1 - before),
                         (unsigned long long)(after - before));
            for (const char *const *command = play->commands; *command; command++)
                assert_int_equal(world_done(world, *command), 1);
            world_close(&world);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_purchase_survives),
        cmocka_unit_test(a_hire_survives),
        cmocka_unit_test(the_owner_asks_again_under_its_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
