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
    switch (office_chance(&office, 6)) {
    case 0:
        if (broker->core)
            sim_broker_kill(broker, back_us);
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
    unsigned long calls, ok, unknown, refused, reruns, replays, up, down;
} tally_t;

static void
run_seed(uint64_t seed, bool faults, tally_t *tally)
{
    office_open(&office, seed);
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
                  "out again, %lu stored replies, %lu streams up, %lu down\n",
                  what, (unsigned long long)first_seed,
                  (unsigned long long)(first_seed + seeds - 1), tally->calls, tally->ok,
                  tally->unknown, tally->refused, tally->reruns, tally->replays, tally->up,
                  tally->down);
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
                                       cmocka_unit_test(test_with_faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
