/*
 * What an entry of two lines costs finance itself: unpacked request to answer, without wire, shell
 * and journal.
 *
 * usage: bench_finance_post [ENTRIES [PER_COMMIT [ACCOUNTS]]]   over LMDB in a temporary folder
 */
#include "office.h"

#include "handlers/posting.h"
#include "store/post.h"

#include <kt/prng.h>
#include <kt/time.h>

#include <stdlib.h>

typedef struct plan {
    uint64_t entries, per_commit;
} plan_t;

static uint64_t
argument(int argc, char **argv, int at, uint64_t otherwise)
{
    return argc > at ? strtoull(argv[at], NULL, 10) : otherwise;
}

static void
post_one(kt_call_t *call, kt_prng_t *prng, fin_post_entry_request_t *request)
{
    static const uint32_t free_of_floors[] = {0, 3, 5, 6};
    fin_posted_entry_t response = FIN_POSTED_ENTRY_INIT;
    for (int i = 0; i < 2; i++)
        request->entry->lines[i]->account =
            (char *)office_accounts[free_of_floors[kt_prng_below(prng, 4)]].path;
    kt_arena_reset(call->arena);
    assert_ok(fin_post_entry(call, request, &response));
}

static void
run(office_t *office, const plan_t *plan)
{
    char book[] = "acme";
    kt_prng_t prng;
    kt_prng_seed(&prng, 1);
    const office_line_t lines[] = {{"assets:bank", "USD", 100}, {"income:sales", "USD", -100}};
    kt_arena_t *requests = kt_arena_new(4096, 65536), *own = office->arena;
    office->arena = requests;
    fin_post_entry_request_t request = FIN_POST_ENTRY_REQUEST_INIT;
    request.book = book;
    request.entry = office_draft(office, "2026-11-23", "", lines, 2);
    office->arena = own;
    int64_t posting_us = 0, began_us = kt_clock_mono_us();
    for (uint64_t done = 0; done < plan->entries; done += plan->per_commit) {
        int64_t from_us = kt_clock_mono_us();
        office_begin(office);
        for (uint64_t i = 0; i < plan->per_commit; i++)
            post_one(&office->call, &prng, &request);
        posting_us += kt_clock_mono_us() - from_us;
        assert_ok(office_end(office, kt_ok()));
    }
    int64_t all_us = kt_clock_mono_us() - began_us;
    double entries = (double)plan->entries;
    printf("%.0f entries of two lines, %llu a commit, LMDB, default sync: %.2f us posting, %.2f us "
           "with commits, %.0f entries/s\n",
           entries, (unsigned long long)plan->per_commit, (double)posting_us / entries,
           (double)all_us / entries, entries * 1e6 / (double)all_us);
    kt_arena_destroy(&requests);
}

int
main(int argc, char **argv)
{
    office_t office;
    plan_t plan = {.entries = argument(argc, argv, 1, 100000),
                   .per_commit = argument(argc, argv, 2, 512)};
    office_open(&office, OFFICE_LMDB);
    run(&office, &plan);
    int64_t from_us = kt_clock_mono_us();
    uint32_t findings = office_verify(&office, true);
    printf("verified in %.2f s: %u findings\n", (double)(kt_clock_mono_us() - from_us) / 1e6,
           findings);
    office_close(&office);
    return findings > 0;
}
