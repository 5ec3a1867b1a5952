/*
 * What an entry of two lines costs finance itself: unpacked request to answer, without wire, shell
 * and journal.
 *
 * usage: bench_finance_post [ENTRIES [PER_COMMIT [ACCOUNTS]]]   over LMDB in a temporary folder
 */
#include "office.h"

#include "handlers/posting.h"
#include "store/keys.h"
#include "store/records.h"
#include "store/tables.h"

#include <kt/prng.h>
#include <kt/time.h>

#include <stdlib.h>

#define ACCOUNTS_MAX 100000

typedef struct plan {
    uint64_t entries, per_commit, accounts;
} plan_t;

static char paths[ACCOUNTS_MAX][24];

static void
open_accounts(office_t *office, const plan_t *plan)
{
    uint8_t buffer[FIN_RECORD_BYTES_MAX];
    fin_key_t key;
    office_begin(office);
    for (uint32_t i = 0; i < plan->accounts; i++) {
        fin_account_record_t account = {.number = OFFICE_ACCOUNTS + 1 + i, .type = FIN_TYPE_ASSET};
        kt_writer_t w = kt_writer(buffer, sizeof(buffer));
        snprintf(paths[i], sizeof(paths[i]), "assets:%06u", (unsigned)i);
        fin_put_account(&w, &account);
        assert_ok(kt_kv_put(office->call.txn, FIN_TABLE_ACCOUNT,
                            fin_key_text(&key, office->part, kt_span_str(paths[i])),
                            kt_written(&w)));
        assert_ok(kt_kv_put(office->call.txn, FIN_TABLE_ACCOUNT_NUMBER,
                            fin_key_number(&key, office->part, account.number),
                            kt_span_str(paths[i])));
    }
    assert_ok(office_end(office, kt_ok()));
}

static uint64_t
argument(int argc, char **argv, int at, uint64_t otherwise)
{
    return argc > at ? strtoull(argv[at], NULL, 10) : otherwise;
}

static void
post_one(kt_call_t *call, kt_prng_t *prng, const plan_t *plan, fin_post_entry_request_t *request)
{
    fin_posted_entry_t response = FIN_POSTED_ENTRY_INIT;
    for (int i = 0; i < 2; i++)
        request->entry->lines[i]->account = paths[kt_prng_below(prng, plan->accounts)];
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
    int64_t posting_us = 0, began_us = kt_clock_mono_us(), tenth_us[10] = {0};
    for (uint64_t done = 0; done < plan->entries; done += plan->per_commit) {
        int64_t from_us = kt_clock_mono_us();
        office_begin(office);
        for (uint64_t i = 0; i < plan->per_commit; i++)
            post_one(&office->call, &prng, plan, &request);
        posting_us += kt_clock_mono_us() - from_us;
        assert_ok(office_end(office, kt_ok()));
        tenth_us[done * 10 / plan->entries] += kt_clock_mono_us() - from_us;
    }
    int64_t all_us = kt_clock_mono_us() - began_us;
    double entries = (double)plan->entries;
    printf("%.0f entries of two lines on %llu accounts, %llu a commit, LMDB, default sync: %.2f us "
           "posting, %.2f us "
           "with commits, %.0f entries/s\n",
           entries, (unsigned long long)plan->accounts, (unsigned long long)plan->per_commit,
           (double)posting_us / entries, (double)all_us / entries, entries * 1e6 / (double)all_us);
    printf("each tenth, us an entry:");
    for (size_t i = 0; i < KT_COUNT(tenth_us); i++)
        printf(" %.2f", (double)tenth_us[i] * 10 / entries);
    printf("\n");
    kt_arena_destroy(&requests);
}

int
main(int argc, char **argv)
{
    office_t office;
    plan_t plan = {.entries = argument(argc, argv, 1, 100000),
                   .per_commit = argument(argc, argv, 2, 512),
                   .accounts = KT_MIN(argument(argc, argv, 3, 10000), (uint64_t)ACCOUNTS_MAX)};
    office_open(&office, OFFICE_LMDB);
    open_accounts(&office, &plan);
    run(&office, &plan);
    int64_t from_us = kt_clock_mono_us();
    uint32_t findings = office_verify(&office, true);
    printf("verified in %.2f s: %u findings\n", (double)(kt_clock_mono_us() - from_us) / 1e6,
           findings);
    office_close(&office);
    return findings > 0;
}
