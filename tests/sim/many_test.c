/*
 * A thousand purchases and hires at once over the three departments, with a budget, places and
 * laptops that do not suffice for all of them. People approve, reject, sign and forget by chance,
 * departments die and answers are lost. In the end everything has ended or is an incident, and the
 * books fit: an oracle knows what was signed and paid, and of the rest nothing is left. At no
 * commit is more than the budget taken, or more than the places.
 */
#include "office_story.h"
#include "seed.h"

#include <kantor/finance/v1/budgets.kt.h>
#include <kantor/finance/v1/employees.kt.h>
#include <kantor/finance/v1/ledger.kt.h>
#include <kantor/finance/v1/payables.kt.h>
#include <kantor/it/v1/accounts.kt.h>
#include <kantor/it/v1/purchases.kt.h>
#include <kantor/it/v1/software.kt.h>
#include <kantor/legal/v1/contracts.kt.h>
#include <kantor/legal/v1/hires.kt.h>

#define PURCHASES    600
#define HIRES        400
#define CASES        (PURCHASES + HIRES)
#define VENDORS      100
#define PLACES       150
#define LAPTOPS      120
#define BUDGET_MINOR INT64_C(16000000000) /* about half of what is asked for */
#define TICK_HOURS   2

/* What people will do with it if it comes to them. */
typedef enum fate {
    GOES_ON,
    NOT_APPROVED, /* given up before anybody decides */
    SENT_BACK,    /* by the officer, and then given up */
    FORGOTTEN_APPROVAL,
    NOT_SIGNED, /* given up when it may be signed */
    FORGOTTEN_SIGNATURE,
    NOT_ACKNOWLEDGED, /* a hire; a purchase goes on */
} fate_t;

typedef struct matter {
    char id[16];
    bool hire;
    fate_t fate;
    kt_ulid_t process;
    int64_t amount_minor;
    bool drafted, signed_, given_up, acknowledged, received;
    uint32_t paid; /* instalments, of two */
} matter_t;

typedef struct play {
    world_t *world;
    kt_prng_t prng;
    uint64_t looks;
    matter_t matters[CASES];
} play_t;

static bool
odds(play_t *play, uint64_t one_in)
{
    return kt_prng_below(&play->prng, one_in) == 0;
}

/* ---- never more than there is ---- */

static const fin_budget_t *
budget(world_t *world)
{
    return (const fin_budget_t *)story_say(
        world, "rev", "finance", "Budgets/GetBudget",
        "{'book':'company','costCentre':'it','commodity':'IDR','onDate':'2026-11-15'}");
}

static const fin_headcount_t *
places(world_t *world)
{
    const fin_list_headcounts_response_t *list = (const fin_list_headcounts_response_t *)story_say(
        world, "rev", "finance", "Employees/ListHeadcounts", "{'book':'company'}");

    assert_int_equal(list->n_headcounts, 1);
    return list->headcounts[0];
}

/* After each commit, wherever it was. */
static void
look(void *context)
{
    play_t *play = (play_t *)context;
    const fin_budget_t *b = budget(play->world);
    const fin_headcount_t *p = places(play->world);

    assert_int_equal(b->amount_minor, BUDGET_MINOR);
    assert_true(b->spent_minor >= 0 && b->committed_minor >= 0 && b->reserved_minor >= 0);
    if (b->spent_minor + b->committed_minor + b->reserved_minor > BUDGET_MINOR)
        fail_msg("%lld of the budget are taken", (long long)(BUDGET_MINOR - b->free_minor));
    assert_int_equal(b->spent_minor + b->committed_minor + b->reserved_minor + b->free_minor,
                     BUDGET_MINOR);
    assert_true(p->hired + p->reserved <= PLACES);
    play->looks++;
}

/* ---- the office ---- */

static void
open_for_many(world_t *world)
{
    (void)story_say(world, "ana", "finance", "Budgets/SetBudget",
                    "{'book':'company','costCentre':'it','commodity':'IDR','periodFrom':'2026-11',"
                    "'periodTo':'2026-12','amountMinor':'%lld'}",
                    (long long)BUDGET_MINOR);
    (void)story_say(world, "ana", "finance", "Employees/SetHeadcount",
                    "{'book':'company','costCentre':'it','position':'engineer','count':%d}",
                    PLACES);
    for (unsigned i = 0; i < VENDORS; i++)
        (void)story_say(world, "olga", "legal", "Parties/CreateParty",
                        "{'party':{'party':'v-%u','kind':'COMPANY','name':'V','country':'ID'}}", i);
    for (unsigned i = 2; i <= LAPTOPS; i++) /* one is there */
        (void)story_say(world, "erik", "it", "Accounts/RegisterAsset",
                        "{'asset':{'asset':'lap-%u','kind':'laptop'}}", i);
}

static void
ask_for_licences(play_t *play, matter_t *m, unsigned number)
{
    int64_t half = (int64_t)(1 + kt_prng_below(&play->prng, 10)) * 5000000;
    const it_purchase_t *made;

    m->amount_minor = 2 * half;
    (void)snprintf(m->id, sizeof(m->id), "p-%u", number);
    made = (const it_purchase_t *)story_say(
        play->world, "erik", "it", "Purchases/RequestPurchase",
        "{'purchase':{'purchase':'%s','title':'Editor','vendor':'v-%u','product':'editor',"
        "'book':'company','costCentre':'it','currency':'IDR','amountMinor':'%lld',"
        "'instalments':[{'dueOn':'2026-11-04','amountMinor':'%lld'},"
        "{'dueOn':'2026-11-05','amountMinor':'%lld'}],'expenseAccount':'expenses:software',"
        "'payableAccount':'liabilities:payable','seats':3,'employees':['a%u','b%u'],"
        "'fromDate':'2026-11-03','untilDate':'2027-11-02'}}",
        m->id, number % 8 ? number % VENDORS : 0, (long long)m->amount_minor, (long long)half,
        (long long)half, number, number);
    assert_true(kt_ulid_parse(kt_span_str(made->process), &m->process));
}

static void
ask_for_engineer(play_t *play, matter_t *m, unsigned number)
{
    const legal_hire_t *made;

    m->hire = true;
    (void)snprintf(m->id, sizeof(m->id), "h-%u", number);
    made = (const legal_hire_t *)story_say(
        play->world, "olga", "legal", "Hires/StartHire",
        "{'hire':{'hire':'%s','employee':'%s','name':'N','principal':'%s','unit':'it',"
        "'book':'company','costCentre':'it','position':'engineer','currency':'IDR',"
        "'salaryMinor':'150000000','startsOn':'2026-11-05','noticeMonths':1,"
        "'equipment':['laptop']}}",
        m->id, m->id, m->id);
    assert_true(kt_ulid_parse(kt_span_str(made->process), &m->process));
}

/* Most go on; what is forgotten is asked for through weeks, so it is rarer than what is refused. */
static fate_t
fate_of(play_t *play)
{
    static const fate_t FATES[] = {NOT_APPROVED, NOT_APPROVED,       SENT_BACK,
                                   SENT_BACK,    NOT_SIGNED,         NOT_SIGNED,
                                   NOT_SIGNED,   FORGOTTEN_APPROVAL, FORGOTTEN_SIGNATURE};

    if (!odds(play, 4))
        return GOES_ON;
    if (odds(play, 20))
        return NOT_ACKNOWLEDGED;
    return FATES[kt_prng_below(&play->prng, KT_COUNT(FATES))];
}

static void
start_all(play_t *play)
{
    unsigned hires = 0;

    for (unsigned i = 0; i < CASES; i++) {
        matter_t *m = &play->matters[i];
        m->fate = fate_of(play);
        if (hires < HIRES && (i - hires == PURCHASES || odds(play, 2)))
            ask_for_engineer(play, m, hires++);
        else
            ask_for_licences(play, m, i - hires);
    }
}

/* ---- what people do ---- */

/* The contract, or NULL. */
static const legal_contract_view_t *
view_of(world_t *world, const char *id)
{
    char get[64];

    (void)snprintf(get, sizeof(get), "{'contract':'%s'}", id);
    if (story_try(world, "rev", "legal", "Contracts/GetContract", get).code == KT_NOT_FOUND)
        return NULL;
    return (const legal_contract_view_t *)story_say(world, "rev", "legal", "Contracts/GetContract",
                                                    "{'contract':'%s'}", id);
}

static void
give_up(play_t *play, matter_t *m)
{
    (void)story_say(play->world, "olga", "legal", "Contracts/VoidContract",
                    "{'contract':'%s','reason':'given up'}", m->id);
    m->given_up = true;
}

static void
decide(play_t *play, matter_t *m)
{
    if (m->fate == NOT_APPROVED || m->fate == SENT_BACK) {
        if (m->fate == SENT_BACK)
            story_reject_contract(play->world, m->id);
        give_up(play, m);
    } else if (m->fate != FORGOTTEN_APPROVAL) {
        story_approve_contract(play->world, m->id);
    }
}

static void
sign(play_t *play, matter_t *m)
{
    if (m->fate == NOT_SIGNED) {
        give_up(play, m);
    } else if (m->fate != FORGOTTEN_SIGNATURE) {
        story_sign_contract(play->world, m->id);
        m->signed_ = true;
    }
}

static void
agree(play_t *play, matter_t *m)
{
    const legal_contract_view_t *view = view_of(play->world, m->id);

    if (!view)
        return;
    m->drafted = true;
    if (view->contract->state == LEGAL_CONTRACT_STATUS_CONTRACT_DRAFT)
        story_prepare_contract(play->world, m->id);
    else if (view->contract->state == LEGAL_CONTRACT_STATUS_CONTRACT_APPROVAL && !view->approved)
        decide(play, m);
    else if (view->contract->state == LEGAL_CONTRACT_STATUS_CONTRACT_SIGNING)
        sign(play, m);
}

/* Receives it, and pays what is due; nothing is scheduled at once, or paid without a receipt. */
static void
pay(play_t *play, matter_t *m)
{
    static const int64_t DUE_DAYS[] = {2, 3}; /* after the world's first */
    char get[64];

    (void)snprintf(get, sizeof(get), "{'schedule':'%s'}", m->id);
    if (kt_failed(story_try(play->world, "rev", "finance", "Payables/GetSchedule", get)))
        return;
    if (!m->received) {
        story_receive(play->world, m->id);
        m->received = true;
    } else if (m->paid < 2 && world_now(play->world) / STORY_DAY_US >=
                                  ROOM_NOW_US / STORY_DAY_US + DUE_DAYS[m->paid]) {
        story_pay(play->world, m->id, ++m->paid);
    }
}

static void
acknowledge(play_t *play, matter_t *m)
{
    char get[64];

    (void)snprintf(get, sizeof(get), "{'employee':'%s'}", m->id);
    if (m->acknowledged || m->fate == NOT_ACKNOWLEDGED ||
        kt_failed(story_try(play->world, "olga", "legal", "Policies/GetEmployee", get)))
        return;
    story_acknowledge_as(play->world, m->id);
    m->acknowledged = true;
}

static void
act(play_t *play, matter_t *m)
{
    if (m->given_up)
        return;
    if (!m->signed_)
        agree(play, m);
    else if (m->hire)
        acknowledge(play, m);
    else
        pay(play, m);
}

/* Everybody looks now and then at what is theirs; now and then somebody dies, or is not heard. */
static void
people_act(play_t *play)
{
    static const char *const LOST[] = {"Reserve",          "DraftContract",   "Commit",
                                       "Schedule",         "Settle",          "AssignSeats",
                                       "Release",          "AssignEquipment", "OpenSigning",
                                       "ReleaseHeadcount", "CreateAccount"};
    int64_t until_us = world_now(play->world) + 5 * STORY_DAY_US;

    while (world_now(play->world) < until_us) {
        world_die_often(play->world, 80, 4);
        world_lose(play->world, LOST[kt_prng_below(&play->prng, KT_COUNT(LOST))], 10);
        story_pass(play->world, TICK_HOURS * STORY_HOUR_US);
        for (unsigned i = 0; i < CASES; i++)
            if (odds(play, 2))
                act(play, &play->matters[i]);
    }
    story_pass(play->world, STORY_DAY_US);
    for (unsigned turn = 0; turn < 3; turn++) /* what is signed is paid, or begun, in the end */
        for (unsigned i = 0; i < CASES; i++)
            if (play->matters[i].signed_)
                act(play, &play->matters[i]);
}

/* ---- what has come of it ---- */

typedef struct sums {
    uint32_t done, rejected, incidents, hired, signed_;
    int64_t spent_minor;
} sums_t;

static void
assert_none(play_t *play, const matter_t *m, const char *department, const char *method,
            const char *field)
{
    char get[64];

    (void)snprintf(get, sizeof(get), "{'%s':'%s'}", field, m->id);
    if (story_try(play->world, "erik", department, method, get).code != KT_NOT_FOUND)
        fail_msg("%s was rejected, and %s has one", m->id, method);
}

static void
assert_nothing_left(play_t *play, const matter_t *m)
{
    const legal_contract_view_t *view = view_of(play->world, m->id);

    if (view && view->contract->state != LEGAL_CONTRACT_STATUS_CONTRACT_VOID)
        fail_msg("%s was rejected, and its contract is there", m->id);
    if (m->hire) {
        const it_holdings_t *held = (const it_holdings_t *)story_say(
            play->world, "rev", "it", "Accounts/ListHoldings", "{'employee':'%s'}", m->id);
        assert_int_equal(held->outstanding, 0);
        assert_none(play, m, "it", "Accounts/GetAccount", "employee");
    } else {
        assert_none(play, m, "it", "Software/GetLicence", "licence");
        assert_none(play, m, "finance", "Payables/GetSchedule", "schedule");
    }
}

static void
assert_all_there(play_t *play, const matter_t *m, bool incident)
{
    if (m->hire) {
        const it_account_t *account = (const it_account_t *)story_say(
            play->world, "rev", "it", "Accounts/GetAccount", "{'employee':'%s'}", m->id);
        const it_holdings_t *held = (const it_holdings_t *)story_say(
            play->world, "rev", "it", "Accounts/ListHoldings", "{'employee':'%s'}", m->id);
        assert_int_equal(account->status, incident ? IT_ACCOUNT_STATUS_ACCOUNT_PREPARED
                                                   : IT_ACCOUNT_STATUS_ACCOUNT_OPEN);
        assert_int_equal(held->outstanding, 1);
    } else {
        const it_licence_t *licence = (const it_licence_t *)story_say(
            play->world, "rev", "it", "Software/GetLicence", "{'licence':'%s'}", m->id);
        assert_int_equal(licence->used, 2);
        assert_int_equal(licence->seats, 3);
    }
}

/* As the oracle has it: what was signed is done, all else is rejected. */
static void
judge(play_t *play, const matter_t *m, sums_t *sums)
{
    const char *state = story_state(play->world, m->hire ? "legal" : "it", m->process);
    bool incident = m->hire && m->signed_ && m->fate == NOT_ACKNOWLEDGED;
    const char *expected = incident ? "INCIDENT" : m->signed_ ? "DONE" : "REJECTED";

    if (strcmp(state, expected) != 0) {
        story_tell(play->world, m->hire ? "legal" : "it", m->process);
        fail_msg("%s (fate %d, %s) is %s", m->id, (int)m->fate,
                 m->signed_ ? "signed" : "not signed", state);
    }
    if (m->drafted && (m->fate == GOES_ON || m->fate == NOT_ACKNOWLEDGED) && !m->signed_)
        fail_msg("%s was drafted, and never came to be signed", m->id);
    sums->incidents += incident;
    sums->done += m->signed_ && !incident;
    sums->rejected += !m->signed_;
    if (!m->signed_) {
        assert_nothing_left(play, m);
        return;
    }
    assert_all_there(play, m, incident);
    sums->hired += m->hire;
    sums->spent_minor += m->hire ? 0 : m->amount_minor;
}

static int64_t
balance(world_t *world, const char *account)
{
    const fin_get_balance_response_t *got = (const fin_get_balance_response_t *)story_say(
        world, "rev", "finance", "Ledger/GetBalance", "{'book':'company','account':'%s'}", account);

    return got->n_balances == 0 ? 0 : got->balances[0]->balance_minor;
}

static void
assert_sums(play_t *play, const sums_t *sums)
{
    const fin_budget_t *b = budget(play->world);
    const fin_headcount_t *p = places(play->world);

    assert_int_equal(b->reserved_minor, 0);
    assert_int_equal(b->committed_minor, 0);
    assert_int_equal(b->spent_minor, sums->spent_minor);
    assert_int_equal(b->free_minor, BUDGET_MINOR - sums->spent_minor);
    assert_int_equal(p->reserved, 0);
    assert_int_equal(p->hired, sums->hired);
    assert_int_equal(balance(play->world, "expenses:software"), sums->spent_minor);
    assert_int_equal(balance(play->world, "liabilities:payable"), 0);
    assert_int_equal(balance(play->world, "assets:bank"), 90000000000 - sums->spent_minor);
}

/* ---- the test ---- */

static void
a_thousand_at_once_fit_the_books(void **unused)
{
    (void)unused;
    play_t *play = (play_t *)calloc(1, sizeof(*play));
    sums_t sums = {0};

    assert_non_null(play);
    seed_print(&play->prng);
    play->world = story_open(kt_prng_next(&play->prng));
    open_for_many(play->world);
    world_watch(play->world, look, play);
    start_all(play);
    people_act(play);
    story_pass(play->world, 70 * STORY_DAY_US);
    for (unsigned i = 0; i < CASES; i++)
        judge(play, &play->matters[i], &sums);
    print_message("%u done, %u rejected, %u incidents; %llu commits, looked at after each\n",
                  sums.done, sums.rejected, sums.incidents, (unsigned long long)play->looks);
    assert_sums(play, &sums);
    assert_true(sums.done > CASES / 10 && sums.rejected > CASES / 10);
    assert_true(play->looks > 10 * CASES);
    world_close(&play->world); /* verifies the stores */
    free(play);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_thousand_at_once_fit_the_books)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
