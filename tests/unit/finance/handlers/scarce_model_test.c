/*
 * Budgets, reservations and payments under random calls, beside an oracle that is told nothing but
 * the calls: each ends as the oracle says, and after each the budget is what it says: spent,
 * committed and reserved never exceed it.
 *
 * The seed is printed; KANTOR_SEED repeats a run.
 */
#include "desk.h"

#include "domain/reason.h"

#include <kt/prng.h>
#include <stdlib.h>

#define STEPS        5000
#define VERIFY_EVERY 250
#define THINGS_MAX   64 /* reservations, and as many schedules; then those of the past are left */
#define LINES        3

typedef enum is { FREE, RESERVED, COMMITTED, SPENT, RELEASED } is_t;
typedef enum plan_is { NO_PLAN, OPEN, PAID, CANCELLED } plan_is_t;

typedef struct thing {
    is_t is;
    int64_t amount, spent, scheduled, expires_us;
    const char *reference;
    char name[16];
} thing_t;

typedef struct plan {
    plan_is_t is;
    uint32_t of; /* the reservation's place */
    uint32_t lines, paid;
    int64_t amounts[LINES];
    int32_t due[LINES];
    bool paid_line[LINES];
    char name[16];
} plan_t;

typedef struct model {
    room_t *room;
    kt_prng_t prng;
    int64_t limit;
    thing_t things[THINGS_MAX];
    plan_t plans[THINGS_MAX];
    uint32_t made; /* names that were given */
    unsigned ok, refused;
} model_t;

static uint32_t
below(model_t *m, uint32_t bound)
{
    return (uint32_t)kt_prng_below(&m->prng, bound);
}

static bool
is_alive(const model_t *m, const thing_t *thing)
{
    return thing->is == RESERVED && thing->expires_us > room_now(m->room);
}

/* What the rule adds up. */
typedef struct sums {
    int64_t reserved, committed;
} sums_t;

static int64_t spent_for_ever; /* of this run, by things whose place was given away too */

static sums_t
sums_of(const model_t *m)
{
    sums_t sums = {0};
    for (uint32_t i = 0; i < THINGS_MAX; i++) {
        const thing_t *thing = &m->things[i];
        sums.reserved += is_alive(m, thing) ? thing->amount : 0;
        sums.committed += thing->is == COMMITTED ? thing->amount - thing->spent : 0;
    }
    return sums;
}

static int64_t
in_use(const model_t *m)
{
    sums_t sums = sums_of(m);
    return sums.reserved + sums.committed + spent_for_ever;
}

/* The call ended with that reason; 0: it was done. */
static void
expect(model_t *m, const char *what, kt_status_t status, uint32_t reason)
{
    if (status.reason != reason || kt_failed(status) != (reason != 0))
        fail_msg("%s: %s %u %s, expected %u", what, kt_code_name(status.code),
                 (unsigned)status.reason, status.text ? status.text : "", (unsigned)reason);
    if (reason == 0)
        m->ok++;
    else
        m->refused++;
}

/* ---- what is called ---- */

/* A place whose thing is over, for a new one. */
static thing_t *
free_place(model_t *m)
{
    for (uint32_t tries = 0; tries < THINGS_MAX; tries++) {
        thing_t *thing = &m->things[below(m, THINGS_MAX)];
        if (thing->is == FREE || thing->is == SPENT || thing->is == RELEASED)
            return thing;
    }
    return NULL;
}

static void
reserve(model_t *m)
{
    thing_t *thing = free_place(m);
    int64_t amount = 1 + below(m, 12000);
    if (thing == NULL)
        return;
    bool fits = in_use(m) + amount <= m->limit;
    char name[16];
    snprintf(name, sizeof(name), "r-%u", ++m->made);
    expect(m, "reserve", desk_reserve(m->room, name, amount, NULL), fits ? 0 : FIN_BUDGET_EXCEEDED);
    if (!fits)
        return;
    for (uint32_t i = 0; i < THINGS_MAX; i++) /* plans of the old one are of the past too */
        if (m->plans[i].is != NO_PLAN && &m->things[m->plans[i].of] == thing)
            m->plans[i].is = NO_PLAN;
    *thing = (thing_t){
        .is = RESERVED, .amount = amount, .expires_us = room_now(m->room) + DESK_DAY_US};
    memcpy(thing->name, name, sizeof(name));
}

static thing_t *
any_thing(model_t *m)
{
    thing_t *thing = &m->things[below(m, THINGS_MAX)];
    return thing->is == FREE ? NULL : thing;
}

static void
commit(model_t *m)
{
    thing_t *thing = any_thing(m);
    const char *reference = below(m, 4) > 0 ? "c-1" : "c-2";
    if (thing == NULL)
        return;
    bool first = is_alive(m, thing);
    bool again = (thing->is == COMMITTED || thing->is == SPENT) &&
                 strcmp(thing->reference, reference) == 0;
    expect(m, "commit", desk_commit(m->room, thing->name, reference, NULL),
           first || again ? 0 : FIN_RESERVATION_STATE);
    if (!first)
        return;
    thing->is = COMMITTED;
    thing->reference = reference;
}

static void
release(model_t *m)
{
    thing_t *thing = any_thing(m);
    if (thing == NULL)
        return;
    bool may = thing->is == RESERVED || thing->is == RELEASED ||
               (thing->is == COMMITTED && thing->scheduled == 0);
    expect(m, "release", desk_release(m->room, thing->name, NULL), may ? 0 : FIN_RESERVATION_STATE);
    if (may)
        thing->is = RELEASED;
}

static const char *
day_text(int32_t days, char text[11])
{
    kt_date_format(kt_date_from_days(days), text);
    return text;
}

static int32_t
today(const model_t *m)
{
    return (int32_t)(room_now(m->room) / KT_US_PER_DAY);
}

static void
schedule(model_t *m)
{
    uint32_t of = below(m, THINGS_MAX), at = below(m, THINGS_MAX);
    thing_t *thing = &m->things[of];
    plan_t plan = {.is = OPEN, .of = of, .lines = 1 + below(m, LINES)};
    desk_line_t lines[LINES];
    char days[LINES][11];
    int64_t sum = 0;
    if (thing->is == FREE || m->plans[at].is == OPEN)
        return;
    for (uint32_t i = 0; i < plan.lines; i++) {
        plan.amounts[i] = 1 + below(m, (uint32_t)thing->amount);
        plan.due[i] = today(m) + (int32_t)i;
        lines[i] = (desk_line_t){day_text(plan.due[i], days[i]), plan.amounts[i]};
        sum += plan.amounts[i];
    }
    bool may = thing->is == COMMITTED && thing->scheduled + sum <= thing->amount - thing->spent;
    snprintf(plan.name, sizeof(plan.name), "s-%u", ++m->made);
    expect(m, "schedule", desk_schedule(m->room, plan.name, thing->name, lines, plan.lines, NULL),
           may ? 0 : FIN_PAYABLE_NOT_COVERED);
    if (!may)
        return;
    thing->scheduled += sum;
    m->plans[at] = plan;
    assert_ok(desk_receive(m->room, plan.name));
}

static void
cancel(model_t *m)
{
    plan_t *plan = &m->plans[below(m, THINGS_MAX)];
    if (plan->is == NO_PLAN)
        return;
    bool may = plan->is == CANCELLED || (plan->is == OPEN && plan->paid == 0);
    expect(m, "cancel", desk_cancel(m->room, plan->name, NULL), may ? 0 : FIN_SCHEDULE_STATE);
    if (!may || plan->is == CANCELLED)
        return;
    plan->is = CANCELLED;
    for (uint32_t i = 0; i < plan->lines; i++)
        m->things[plan->of].scheduled -= plan->amounts[i];
}

static void
pay(model_t *m)
{
    plan_t *plan = &m->plans[below(m, THINGS_MAX)];
    char day[11];
    if (plan->is == NO_PLAN)
        return;
    uint32_t at = below(m, plan->lines), reason = 0;
    if (plan->paid_line[at])
        reason = FIN_PAYABLE_PAID_ALREADY;
    else if (plan->is != OPEN)
        reason = FIN_SCHEDULE_STATE;
    else if (plan->due[at] > today(m))
        reason = FIN_PAYABLE_NOT_DUE;
    expect(m, "pay", desk_pay(m->room, plan->name, at + 1, day_text(today(m), day), NULL), reason);
    if (reason != 0)
        return;
    thing_t *thing = &m->things[plan->of];
    plan->paid_line[at] = true;
    if (++plan->paid == plan->lines)
        plan->is = PAID;
    thing->spent += plan->amounts[at];
    thing->scheduled -= plan->amounts[at];
    spent_for_ever += plan->amounts[at];
    if (thing->spent == thing->amount)
        thing->is = SPENT;
}

/* The budget grows with what is spent, so that the run does not dry up; and is tried to be cut. */
static void
set_budget(model_t *m)
{
    int64_t limit = spent_for_ever + 20000 + below(m, 80000);
    bool fits = limit >= in_use(m);
    desk_as_analyst(m->room);
    expect(m, "set", desk_set_budget(m->room, "2026-11", "2027-10", limit, NULL),
           fits ? 0 : FIN_BUDGET_BELOW_USE);
    desk_as_clerk(m->room);
    if (fits)
        m->limit = limit;
}

static void
pass_time(model_t *m)
{
    room_set_now(m->room, room_now(m->room) + 1 + (int64_t)below(m, 6) * KT_US_PER_DAY / 24);
}

static void
step(model_t *m)
{
    static void (*const STEP[])(model_t *) = {reserve, reserve,  reserve,    commit,   commit,
                                              release, schedule, schedule,   cancel,   pay,
                                              pay,     pay,      set_budget, pass_time};
    STEP[below(m, KT_COUNT(STEP))](m);
}

static void
compare(model_t *m)
{
    const fin_budget_t *budget = desk_budget(m->room);
    sums_t sums = sums_of(m);
    assert_int_equal(budget->amount_minor, m->limit);
    assert_int_equal(budget->reserved_minor, sums.reserved);
    assert_int_equal(budget->committed_minor, sums.committed);
    assert_int_equal(budget->spent_minor, spent_for_ever);
    assert_true(sums.reserved + sums.committed + spent_for_ever <= m->limit);
}

static uint64_t
seed_of(void)
{
    const char *given = getenv("KANTOR_SEED");
    kt_prng_t prng;
    kt_prng_seed_system(&prng);
    return given ? strtoull(given, NULL, 10) : kt_prng_next(&prng) % 1000000;
}

static void
the_rule_holds_at_every_commit(void **state)
{
    model_t model = {.limit = DESK_BUDGET};
    uint64_t seed = seed_of();
    (void)state;
    print_message("KANTOR_SEED=%llu\n", (unsigned long long)seed);
    kt_prng_seed(&model.prng, seed);
    spent_for_ever = 0;
    model.room = desk_open();
    desk_contract(model.room, "SIGNED", "");
    for (uint32_t i = 1; i <= STEPS; i++) {
        step(&model);
        compare(&model);
        room_forget(model.room);
        if (i % VERIFY_EVERY == 0)
            assert_int_equal(room_verify(model.room), 0);
    }
    print_message("%u done, %u refused, %lld spent\n", model.ok, model.refused,
                  (long long)spent_for_ever);
    assert_true(model.ok > STEPS / 10 && model.refused > STEPS / 20 && spent_for_ever > 0);
    room_close(&model.room);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rule_holds_at_every_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
