/*
 * Calls through brokers that die, instances that die and connections that break, over many seeds.
 * Whatever happens: every call ends exactly once and not after its deadline, what is not known to
 * be harmless is never done twice, and an end that is not "unknown" tells the truth.
 *
 *   sim_calls_test [FIRST_SEED [SEEDS]]     KANTOR_SEED=n runs that seed alone
 */
#include "sim_office.h"
#include "testing.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <stdlib.h>

#define SEEDS     60
#define LOAD_US   (20 * SECOND)
#define SETTLE_US (60 * SECOND) /* longer than the longest timeout */

static uint64_t first_seed = 1, seeds = SEEDS;
static office_t office;

static void
fault(void)
{
    int64_t back_us = office_now(&office) + (int64_t)office_chance(&office, 4000) * MS;
    sim_broker_t *broker = &office.brokers[office_chance(&office, BROKERS)];
    sim_instance_t *instance = &office.instances[office_chance(&office, INSTANCES)];
    switch (office_chance(&office, 8)) {
    case 0:
        if (broker->core)
            sim_broker_kill(broker, back_us);
        break;
    case 3:
        if (broker->core)
            sim_broker_vanish(broker, back_us);
        break;
    case 4:
        if (broker->core && broker->leave_us == 0)
            sim_broker_drain(broker,
                             office_now(&office) + (int64_t)office_chance(&office, 2000) * MS + 1,
                             back_us + 2 * SECOND);
        break;
    case 1:
        if (instance->server)
            sim_instance_kill(instance, back_us);
        break;
    case 2:
        if (instance->server && instance->leave_us == 0)
            sim_instance_drain(instance,
                               office_now(&office) + (int64_t)office_chance(&office, 500) * MS + 1,
                               back_us + SECOND);
        break;
    default:
        kt_sim_cut_any(office.sim);
        break;
    }
}

/* The codes that a broken connection or a dead process can bring about. Anything else is a
 * machine's mistake. */
static bool
code_explained(const sim_call_t *call)
{
    switch (call->code) {
    case KT_OK:
    case KT_DEADLINE_EXCEEDED:
    case KT_UNAVAILABLE:
    case KT_CANCELLED:
        return true;
    case KT_RESOURCE_EXHAUSTED: /* an instance that two brokers filled */
        return call->reason == RPC_REASON_QUEUE_FULL;
    default:
        return false;
    }
}

static void
check_call(uint32_t number)
{
    const sim_call_t *call = &office.calls[number];
    const char *wrong = NULL;
    if (call->ends != 1)
        wrong = "did not end exactly once";
    else if (call->kind != KT_METHOD_READ && call->effects > 1)
        wrong = "was done twice";
    else if (call->code == KT_OK && !call->down && !call->up && call->effects == 0)
        wrong = "is said to be done and is not";
    else if (call->code != KT_OK && !call->unknown && call->kind != KT_METHOD_READ &&
             call->effects > 0)
        wrong = "is said not to be done and is";
    else if (!code_explained(call))
        wrong = "ended with what nothing here explains";
    if (wrong)
        fail_msg("KANTOR_SEED=%llu call %u (kind %d, %s reason %u, unknown %d, ended %u, done %u, "
                 "ran %u): %s",
                 (unsigned long long)office.seed, (unsigned)number, (int)call->kind,
                 kt_code_name(call->code), (unsigned)call->reason, call->unknown, call->ends,
                 call->effects, call->runs, wrong);
}

typedef struct tally {
    int64_t longest_us;
    unsigned long calls, ok, unknown, refused, reruns, replays, up, down;
} tally_t;

static void
run_seed(uint64_t seed, bool faults, tally_t *tally)
{
    office_open(&office, seed, BROKERS);
    int64_t until_us = office_now(&office) + LOAD_US;
    while (office_now(&office) < until_us) {
        int64_t calm_us = (int64_t)office_chance(&office, 1500) * MS + 1;
        office_run(&office, KT_MIN(office_now(&office) + calm_us, until_us), true);
        if (faults)
            fault();
    }
    office_run(&office, until_us + SETTLE_US, false);
    for (uint32_t i = 0; i < office.calls_count; i++) {
        const sim_call_t *call = &office.calls[i];
        check_call(i);
        tally->calls++;
        tally->ok += call->code == KT_OK;
        tally->unknown += call->unknown;
        tally->refused += call->code != KT_OK && !call->unknown;
        tally->reruns += call->runs > 1;
        tally->longest_us = KT_MAX(tally->longest_us, call->took_us);
        tally->up += call->up && call->code == KT_OK;
        tally->down += call->down && call->code == KT_OK;
    }
    tally->replays += office.replays;
    for (unsigned i = 0; i < CLIENTS; i++)
        assert_int_equal(kt_rpc_client_open_calls(office.clients[i].machine), 0);
    office_close(&office);
}

static void
print_tally(const char *what, const tally_t *tally)
{
    print_message("%s: seeds %llu..%llu: %lu calls, %lu OK, %lu unknown, %lu refused, %lu given "
                  "out again, %lu stored replies, %lu streams up, %lu down; longest %lld ms\n",
                  what, (unsigned long long)first_seed,
                  (unsigned long long)(first_seed + seeds - 1), tally->calls, tally->ok,
                  tally->unknown, tally->refused, tally->reruns, tally->replays, tally->up,
                  tally->down, (long long)tally->longest_us / 1000);
}

static void
test_with_faults(void **state)
{
    (void)state;
    tally_t tally = {0};
    for (uint64_t i = 0; i < seeds; i++)
        run_seed(first_seed + i, true, &tally);
    print_tally("faults", &tally);
    if (seeds >= 10) { /* the run was about something */
        assert_true(tally.ok > tally.calls / 3 && tally.ok < tally.calls);
        assert_true(tally.up > 0 && tally.down > 0 && tally.unknown > 0 && tally.reruns > 0 &&
                    tally.replays > 0);
    }
}

/* ---- one after the other ---- */

#define ROLL_STEP_US (12 * SECOND) /* between two of them: one is back before the next leaves */
#define AWAY_US      (3 * SECOND)  /* a broker is not there for so long, and */
#define GAP_US       (7 * SECOND)  /* the department: longer than calls wait in a broker */
#define DRAIN_US     (10 * SECOND)
/* The longest that a call may take while this goes on: the department's gap; and up to 3 seconds
 * inside before it, with an instance that is lost to it then, and 3 after it. */
#define ROLL_CALL_US (14 * SECOND)

typedef enum roll { ROLL_BROKER, ROLL_INSTANCES, ROLL_SILENT } roll_t;

static void
roll(roll_t what, unsigned index)
{
    int64_t now_us = office_now(&office);
    if (what == ROLL_BROKER)
        sim_broker_drain(&office.brokers[index], now_us + DRAIN_US, now_us + AWAY_US);
    else if (what == ROLL_SILENT)
        sim_broker_vanish(&office.brokers[index], now_us + AWAY_US);
    for (unsigned i = 0; what == ROLL_INSTANCES && i < INSTANCES; i++)
        sim_instance_drain(&office.instances[i], now_us + DRAIN_US, now_us + GAP_US);
}

/* An ADMIN call that a broker took along without a word cannot be sent again. */
static bool
may_be_unknown(const sim_call_t *call, bool silent)
{
    return silent && call->kind == KT_METHOD_ADMIN && call->code == KT_UNAVAILABLE && call->unknown;
}

static int64_t
check_rolled(const sim_call_t *call, bool silent)
{
    if (call->code != KT_OK && !may_be_unknown(call, silent))
        fail_msg("KANTOR_SEED=%llu a call of kind %d, begun at %lld ms, failed after %lld: %s "
                 "reason %u, unknown %d, ran %u",
                 (unsigned long long)office.seed, (int)call->kind, (long long)call->began_us / 1000,
                 (long long)call->took_us / 1000, kt_code_name(call->code), (unsigned)call->reason,
                 call->unknown, call->runs);
    if (call->took_us > ROLL_CALL_US)
        fail_msg("KANTOR_SEED=%llu a call of kind %d took %lld ms", (unsigned long long)office.seed,
                 (int)call->kind, (long long)call->took_us / 1000);
    return call->took_us;
}

/* Every program is replaced, all instances of the department at once; SILENT: brokers vanish, and
 * what must not be sent again when it was with one is all that may fail. */
static void
roll_seed(uint64_t seed, unsigned known, bool silent, tally_t *tally)
{
    static const struct {
        roll_t what;
        unsigned index;
    } order[] = {{ROLL_BROKER, 0}, {ROLL_INSTANCES, 0}, {ROLL_BROKER, 1}, {ROLL_INSTANCES, 0}};
    office_open(&office, seed, known);
    office_plain_calls(&office);
    office_run(&office, office_now(&office) + SECOND, true);
    for (unsigned i = 0; i < KT_COUNT(order); i++) {
        roll(silent && order[i].what == ROLL_BROKER ? ROLL_SILENT : order[i].what, order[i].index);
        office_run(&office, office_now(&office) + ROLL_STEP_US, true);
    }
    office_run(&office, office_now(&office) + SETTLE_US, false);
    int64_t longest_us = 0;
    for (uint32_t i = 0; i < office.calls_count; i++) {
        check_call(i);
        longest_us = KT_MAX(longest_us, check_rolled(&office.calls[i], silent));
        tally->calls++;
        tally->ok += office.calls[i].code == KT_OK;
        tally->unknown += office.calls[i].unknown;
        tally->reruns += office.calls[i].runs > 1;
    }
    tally->replays += office.replays;
    tally->longest_us = KT_MAX(tally->longest_us, longest_us);
    assert_true(office.calls_count > 500);
    office_close(&office);
}

static void
test_rolling(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        unsigned known;
        bool silent;
    } rows[] = {
        {"rolling", BROKERS, false},
        {"rolling, one broker is known", 1, false},
        {"rolling, silent brokers", BROKERS, true},
    };
    for (unsigned r = 0; r < KT_COUNT(rows); r++) {
        tally_t tally = {0};
        for (uint64_t i = 0; i < seeds; i++)
            roll_seed(first_seed + i, rows[r].known, rows[r].silent, &tally);
        print_tally(rows[r].what, &tally);
        assert_true(rows[r].silent || (tally.ok == tally.calls && tally.replays == 0));
    }
}

/* Without faults nothing is lost and nothing is done again. */
static void
test_without_faults(void **state)
{
    (void)state;
    tally_t tally = {0};
    for (uint64_t i = 0; i < KT_MIN(seeds, UINT64_C(10)); i++)
        run_seed(first_seed + i, false, &tally);
    print_tally("no faults", &tally);
    assert_int_equal(tally.reruns, 0);
    assert_int_equal(tally.replays, 0);
}

int
main(int argc, char **argv)
{
    const char *given = getenv("KANTOR_SEED");
    if (given) {
        first_seed = strtoull(given, NULL, 10);
        seeds = 1;
    }
    if (argc > 1)
        first_seed = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        seeds = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_without_faults),
                                       cmocka_unit_test(test_rolling),
                                       cmocka_unit_test(test_with_faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
