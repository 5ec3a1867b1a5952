/* The n-th store operation of a call fails, for every n; and its memory runs out, for every amount:
 * nothing of it happened, the books verify, and what comes after has one effect. */
#include "story.h"

#include "domain/post.h"
#include "store/entries.h"

static const kt_status_t full = {KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "no space left on the device"};

static kt_status_t
run(office_t *office, const story_call_t *call)
{
    office_begin(office);
    if (office->call.txn == NULL)
        return office_end(office, kt_ok());
    return office_end(office, call->run(office));
}

static uint64_t
newest_number(office_t *office)
{
    uint64_t sequence = 0, number = 0;
    office_begin(office);
    while (
        !kt_failed(fin_store_find_entry(&office->call, office->part, 2026, number + 1, &sequence)))
        number++;
    kt_ignore(office_end(office, kt_ok()));
    return number;
}

static uint64_t
entries_of_2026(void)
{
    uint64_t entries = 0;
    for (size_t i = 1; i < STORY_CALLS; i++) /* the first falls into the year before */
        entries += story[i].entries;
    return entries;
}

static void
every_store_operation_fails_once(void **state)
{
    (void)state;
    office_t office;
    uint32_t failures = 0;
    office_open(&office, OFFICE_FAULTY);
    for (size_t i = 0; i < STORY_CALLS; i++) {
        for (uint64_t n = 1;; n++) {
            kt_kv_fault_arm(office.store, n, full);
            kt_status_t status = run(&office, &story[i]);
            bool struck = kt_kv_fault_struck(office.store);
            kt_kv_fault_arm(office.store, 0, full);
            if (!struck) {
                assert_ok(status);
                break;
            }
            failures++;
            if (!kt_failed(status))
                fail_msg("%s: operation %llu failed, and the call did not", story[i].name,
                         (unsigned long long)n);
            if (office_verify(&office, true) > 0)
                fail_msg("%s: after operation %llu failed", story[i].name, (unsigned long long)n);
        }
        assert_int_equal(office_verify(&office, true), 0);
    }
    assert_int_equal(newest_number(&office), entries_of_2026());
    print_message("%u failures\n", failures);
    office_close(&office);
}

static void
memory_runs_out_at_every_place(void **state)
{
    (void)state;
    office_t office;
    office_open(&office, OFFICE_RAM);
    kt_arena_t *large = office.arena;
    for (size_t i = 0; i < STORY_CALLS; i++) {
        kt_status_t status = fin_out_of_memory();
        for (size_t bytes = 4096; kt_failed(status); bytes += KT_MAX(bytes / 64, (size_t)64)) {
            office.arena = kt_arena_new(1024, bytes);
            office_begin(&office);
            /* The request is the test's: it has what it needs. */
            kt_arena_t *small = office.call.arena;
            office.arena = large;
            kt_arena_reset(large);
            status = office_end(&office, story[i].run(&office));
            if (kt_failed(status))
                assert_int_equal(status.code, KT_RESOURCE_EXHAUSTED);
            kt_arena_destroy(&small);
        }
        assert_int_equal(office_verify(&office, true), 0);
    }
    assert_int_equal(newest_number(&office), entries_of_2026());
    office_close(&office);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_store_operation_fails_once),
        cmocka_unit_test(memory_runs_out_at_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
