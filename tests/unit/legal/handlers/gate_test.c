/*
 * The gate against people of chance: they draft, edit, upload, approve on each other's behalf,
 * reject and open in any order, and an oracle that keeps nothing but who touched what says of each
 * try whether it must succeed. No contract comes to be signable past it.
 */
#include "firm.h"

#include <kt/prng.h>

#define RUNS      40
#define TRIES     500
#define CONTRACTS 3
#define NOBODY    UINT32_MAX

static const struct {
    const char *name, *roles;
    bool officer, analyst, ceo;
} PEOPLE[] = {
    {"lena", "legal.officer", true, false, false},
    {"otto", "legal.officer", true, false, false},
    {"fina", "finance.analyst employee", false, true, false},
    {"finn", "finance.analyst employee", false, true, false},
    {"carl", "ceo employee", false, false, true},
    {"olga", "legal.officer", true, false, false},
    {"oskar", "legal.officer", true, false, false},
    {"felix", "finance.analyst", false, true, false},
    {"cora", "ceo", false, false, true},
    {"anna", "legal.officer finance.analyst ceo", true, true, true},
};
#define PEOPLE_COUNT KT_COUNT(PEOPLE)

static const char *const WORDS[] = {"one", "two", "three"};
static const int64_t VALUES[] = {1, 1000, 10000};

/* What the oracle knows of a contract. */
typedef struct known {
    char name[8];
    bool there;
    uint32_t state;
    uint32_t involved; /* people, as bits */
    uint32_t owner;
    uint32_t words, value; /* NOBODY: no version */
    struct {
        bool given;
        uint32_t words, by, behalf;
    } levels[LEGAL_LEVELS_COUNT];
} known_t;

typedef struct world {
    room_t *room;
    kt_prng_t prng;
    known_t contracts[CONTRACTS];
    uint32_t who, behalf; /* of this try */
    uint32_t opened, approved;
} world_t;

static uint32_t
below(world_t *w, uint32_t bound)
{
    return (uint32_t)kt_prng_below(&w->prng, bound);
}

static uint32_t
bit(uint32_t person)
{
    return person == NOBODY ? 0 : UINT32_C(1) << person;
}

static bool
is_needed(const known_t *k, uint32_t level)
{
    return level == LEGAL_LEVEL_OFFICER || k->value + 1 >= level;
}

static void
forget_approvals(known_t *k)
{
    memset(k->levels, 0, sizeof k->levels);
}

static bool
may_touch(const world_t *w, const known_t *k)
{
    return PEOPLE[w->who].officer || w->who == k->owner;
}

static bool
may_approve(const world_t *w, const known_t *k, uint32_t words, uint32_t level)
{
    bool has_role = level == LEGAL_LEVEL_OFFICER
                        ? PEOPLE[w->who].officer
                        : (level == LEGAL_LEVEL_CEO ? PEOPLE[w->who].ceo : PEOPLE[w->who].analyst);
    uint32_t us = bit(w->who) | bit(w->behalf);
    if (k->state != LEGAL_APPROVAL || words != k->words || (us & k->involved) || !has_role ||
        !is_needed(k, level) || k->levels[level].given)
        return false;
    for (uint32_t i = 1; i < LEGAL_LEVELS_COUNT; i++)
        if (k->levels[i].given && (us & (bit(k->levels[i].by) | bit(k->levels[i].behalf))))
            return false;
    return true;
}

static bool
may_open(const world_t *w, const known_t *k)
{
    if (k->state == LEGAL_SIGNING)
        return PEOPLE[w->who].officer;
    if (k->state != LEGAL_APPROVAL || !PEOPLE[w->who].officer)
        return false;
    for (uint32_t level = 1; level < LEGAL_LEVELS_COUNT; level++)
        if (is_needed(k, level) && (!k->levels[level].given || k->levels[level].words != k->words))
            return false;
    return true;
}

/* The caller of the next try. */
static void
call_as(world_t *w)
{
    room_as(w->room, PEOPLE[w->who].name, PEOPLE[w->who].roles);
    room_on_behalf_of(w->room, w->behalf == NOBODY ? NULL : PEOPLE[w->behalf].name);
}

static void
expect(const world_t *w, const known_t *k, const char *what, bool expected, kt_status_t status)
{
    if (kt_failed(status) == expected)
        fail_msg("%s of %s by %s for %s: %s", what, k->name, PEOPLE[w->who].name,
                 w->behalf == NOBODY ? "nobody" : PEOPLE[w->behalf].name,
                 status.text ? status.text : "OK");
}

static void
touch(world_t *w, known_t *k)
{
    k->involved |= bit(w->who) | bit(w->behalf);
}

static void
try_draft(world_t *w, known_t *k)
{
    firm_draft_t draft;
    k->value = below(w, KT_COUNT(VALUES));
    firm_fill(&draft, k->name)->contract.value_minor = VALUES[k->value];
    draft.contract.party = text(k->name); /* each of its own, so that none counts with another */
    w->behalf = NOBODY;
    call_as(w);
    bool may = PEOPLE[w->who].officer || strstr(PEOPLE[w->who].roles, "employee");
    expect(w, k, "draft", may, firm_send(w->room, &draft));
    if (!may)
        return;
    k->there = true;
    k->state = LEGAL_DRAFT;
    k->owner = w->who;
    k->words = NOBODY;
    touch(w, k);
}

static void
try_update(world_t *w, known_t *k)
{
    firm_draft_t draft;
    uint32_t value = below(w, KT_COUNT(VALUES));
    firm_fill(&draft, k->name)->contract.value_minor = VALUES[value];
    call_as(w);
    bool may = may_touch(w, k) && (k->state == LEGAL_DRAFT || k->state == LEGAL_REVIEW);
    expect(w, k, "update", may, firm_update(w->room, &draft));
    if (may) {
        k->value = value;
        touch(w, k);
    }
}

static void
try_upload(world_t *w, known_t *k)
{
    const legal_upload_t *upload;
    uint32_t words = below(w, KT_COUNT(WORDS));
    bool may = may_touch(w, k) && k->state >= LEGAL_DRAFT && k->state <= LEGAL_SIGNING;
    call_as(w);
    kt_status_t status = firm_begin(w->room, k->name, &upload);
    expect(w, k, "upload", may, status);
    if (!may)
        return;
    call_as(w);
    assert_ok(firm_put(w->room, upload->upload, 0, WORDS[words], strlen(WORDS[words])));
    call_as(w);
    assert_ok(firm_finish(w->room, upload->upload, (int64_t)strlen(WORDS[words])));
    k->words = words;
    touch(w, k);
    forget_approvals(k);
    if (k->state > LEGAL_REVIEW)
        k->state = LEGAL_REVIEW;
}

static void
try_step(world_t *w, known_t *k)
{
    bool submit = k->state == LEGAL_DRAFT || below(w, 2);
    bool may = submit ? may_touch(w, k) && k->state == LEGAL_DRAFT && k->words != NOBODY
                      : PEOPLE[w->who].officer && k->state == LEGAL_REVIEW;
    call_as(w);
    expect(w, k, submit ? "submit" : "start", may,
           submit ? firm_submit(w->room, k->name) : firm_start(w->room, k->name));
    if (may && !submit)
        forget_approvals(k);
    if (may)
        k->state = submit ? LEGAL_REVIEW : LEGAL_APPROVAL;
}

static void
try_approve(world_t *w, known_t *k)
{
    uint32_t level = 1 + below(w, 3);
    uint32_t words = below(w, 4) && k->words != NOBODY ? k->words : below(w, KT_COUNT(WORDS));
    bool may = may_approve(w, k, words, level);
    call_as(w);
    expect(w, k, "approve", may,
           firm_approve(w->room, k->name, WORDS[words], (legal_approval_level_t)level));
    if (!may)
        return;
    k->levels[level].given = true;
    k->levels[level].words = words;
    k->levels[level].by = w->who;
    k->levels[level].behalf = w->behalf;
    w->approved++;
}

static void
try_reject(world_t *w, known_t *k)
{
    bool may = k->state == LEGAL_APPROVAL;
    if (below(w, 8) || k->words == NOBODY)
        return; /* seldom, or nothing would ever be approved */
    call_as(w);
    expect(w, k, "reject", may, firm_reject(w->room, k->name, WORDS[k->words]));
    if (may) {
        k->state = LEGAL_REVIEW;
        forget_approvals(k);
    }
}

static void
try_open(world_t *w, known_t *k)
{
    bool may = may_open(w, k);
    call_as(w);
    expect(w, k, "open", may, firm_open(w->room, k->name));
    if (may && k->state == LEGAL_APPROVAL) {
        k->state = LEGAL_SIGNING;
        w->opened++;
    }
}

static void
try_anything(world_t *w)
{
    known_t *k = &w->contracts[below(w, CONTRACTS)];
    w->who = below(w, PEOPLE_COUNT);
    w->behalf = below(w, 4) == 0 ? below(w, PEOPLE_COUNT) : NOBODY;
    if (!k->there) {
        try_draft(w, k);
        return;
    }
    switch (below(w, 20)) {
    case 0:
        try_update(w, k);
        break;
    case 1:
        try_upload(w, k);
        break;
    case 2:
    case 3:
    case 4:
        try_step(w, k);
        break;
    case 5:
        try_reject(w, k);
        break;
    case 6:
    case 7:
    case 8:
        try_open(w, k);
        break;
    default:
        try_approve(w, k);
        break;
    }
    room_forget(w->room);
}

/* Contracts come and go, so that all is tried from the beginning again and again. */
static void
begin_anew(world_t *w, uint32_t round)
{
    for (uint32_t i = 0; i < CONTRACTS; i++) {
        known_t *k = &w->contracts[i];
        *k = (known_t){.words = NOBODY};
        snprintf(k->name, sizeof k->name, "c%u-%u", (unsigned)round, (unsigned)i);
        as_otto(w->room);
        assert_ok(firm_add_party(w->room, k->name));
    }
}

static void
nothing_becomes_signable_past_the_gate(void **state)
{
    uint64_t seed = (uint64_t)kt_clock_wall_us();
    world_t w = {.room = *state};
    print_message("seed %llu\n", (unsigned long long)seed);
    kt_prng_seed(&w.prng, seed);
    for (uint32_t round = 0; round < RUNS; round++) {
        begin_anew(&w, round);
        for (int i = 0; i < TRIES; i++)
            try_anything(&w);
        for (uint32_t i = 0; i < CONTRACTS; i++) {
            as_lena(w.room);
            if (w.contracts[i].there)
                assert_int_equal(firm_get(w.room, w.contracts[i].name, "")->contract->state,
                                 w.contracts[i].state);
        }
    }
    print_message("%u approvals, %u opened\n", (unsigned)w.approved, (unsigned)w.opened);
    assert_true(w.approved > 0);
    assert_true(w.opened > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        firm_test(nothing_becomes_signable_past_the_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
