#include "bench.h"

#include "../progress.h"

#include <kantor/echo/v1/echo.kt.h>
#include <kantor/finance/v1/books.client.kt.h>
#include <kantor/finance/v1/ledger.client.kt.h>
#include <kt/prng.h>
#include <kt/time.h>
#include <stdlib.h>

#define ACCOUNT_FORMAT "bench:a%08u" /* all of one length, so that bodies can be patched */
#define ACCOUNT_DIGITS 8
#define OPEN_BATCH     500
#define COMMODITY      "EUR"
#define FILL_BATCH     1000
#define FILL_INFLIGHT  4

static bool
encode(bench_load_t *load, const ProtobufCMessage *message)
{
    load->body_size = protobuf_c_message_get_packed_size(message);
    load->body = malloc(load->body_size > 0 ? load->body_size : 1);
    if (load->body)
        (void)protobuf_c_message_pack(message, load->body);
    return load->body != NULL;
}

bool
bench_echo_load(bench_load_t *load, size_t payload)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    uint8_t *bytes = calloc(payload + 1, 1);
    load->method = echo_echo_service.methods[ECHO_ECHO_ECHO];
    load->method.response = NULL;
    load->per_call = 1;
    request.payload = (ProtobufCBinaryData){.len = payload, .data = bytes};
    bool made = bytes && encode(load, &request.base);
    free(bytes);
    return made;
}

/* ---- postings ---- */

struct bench_posting {
    kt_prng_t prng;
    unsigned accounts;
    size_t places_count;
    size_t places[2 * BENCH_BATCH_MAX]; /* where the digits of the accounts stand in the body */
};

/* Writes two different accounts by chance into every entry of the body. */
static void
patch_accounts(bench_load_t *load)
{
    bench_posting_t *posting = load->context;
    uint64_t first = 0;
    for (size_t i = 0; i < posting->places_count; i++) {
        uint64_t account = kt_prng_below(&posting->prng, posting->accounts);
        if (i % 2 == 1 && account == first)
            account = (account + 1) % posting->accounts;
        first = account;
        for (size_t digit = ACCOUNT_DIGITS; digit-- > 0; account /= 10)
            load->body[posting->places[i] + digit] = (uint8_t)('0' + account % 10);
    }
}

/* Finds where the accounts stand in the encoded body: as often as there are lines, and nowhere
 * else. */
static void
find_places(const bench_load_t *load, bench_posting_t *posting)
{
    char sample[32];
    snprintf(sample, sizeof sample, ACCOUNT_FORMAT, 0u);
    size_t size = strlen(sample);
    for (size_t at = 0; at + size <= load->body_size; at++)
        if (memcmp(load->body + at, sample, size) == 0)
            posting->places[posting->places_count++] = at + size - ACCOUNT_DIGITS;
}

static bool
encode_entries(bench_load_t *load, const char *book, unsigned batch)
{
    char account[32];
    snprintf(account, sizeof account, ACCOUNT_FORMAT, 0u);
    fin_line_t debit = FIN_LINE_INIT, credit = FIN_LINE_INIT, *lines[] = {&debit, &credit};
    debit.account = credit.account = account;
    debit.commodity = credit.commodity = (char *)(uintptr_t)COMMODITY;
    debit.amount_minor = 1250;
    credit.amount_minor = -1250;
    fin_entry_draft_t draft = FIN_ENTRY_DRAFT_INIT;
    draft.date = (char *)(uintptr_t) "2026-11-23";
    draft.description = (char *)(uintptr_t) "bench";
    draft.lines = lines;
    draft.n_lines = KT_COUNT(lines);
    if (batch == 1) {
        fin_post_entry_request_t request = FIN_POST_ENTRY_REQUEST_INIT;
        request.book = (char *)(uintptr_t)book;
        request.entry = &draft;
        return encode(load, &request.base);
    }
    fin_entry_draft_t *drafts[BENCH_BATCH_MAX];
    for (unsigned i = 0; i < batch; i++)
        drafts[i] = &draft;
    fin_post_entries_request_t request = FIN_POST_ENTRIES_REQUEST_INIT;
    request.book = (char *)(uintptr_t)book;
    request.entries = drafts;
    request.n_entries = batch;
    request.mode = FIN_BATCH_MODE_EACH;
    return encode(load, &request.base);
}

bool
bench_post_load(bench_load_t *load, const char *book, unsigned accounts, unsigned batch)
{
    KT_ASSERT(batch >= 1 && batch <= BENCH_BATCH_MAX && accounts >= 2);
    bench_posting_t *posting = calloc(1, sizeof *posting);
    if (!posting)
        return false;
    posting->accounts = accounts;
    kt_prng_seed(&posting->prng, 1);
    load->context = posting;
    load->method =
        fin_ledger_service.methods[batch == 1 ? FIN_LEDGER_POST_ENTRY : FIN_LEDGER_POST_ENTRIES];
    load->method.response = NULL;
    load->per_call = batch;
    load->patch = patch_accounts;
    if (!encode_entries(load, book, batch))
        return false;
    find_places(load, posting);
    KT_ASSERT(posting->places_count == (size_t)2 * batch);
    return true;
}

bool
bench_balance_load(bench_load_t *load, const char *book, unsigned accounts)
{
    char account[32];
    snprintf(account, sizeof account, ACCOUNT_FORMAT, 0u);
    bench_posting_t *posting = calloc(1, sizeof *posting);
    fin_get_balance_request_t request = FIN_GET_BALANCE_REQUEST_INIT;
    request.book = (char *)(uintptr_t)book;
    request.account = account;
    load->context = posting;
    if (!posting || !encode(load, &request.base))
        return false;
    posting->accounts = accounts;
    kt_prng_seed(&posting->prng, 2);
    load->method = fin_ledger_service.methods[FIN_LEDGER_GET_BALANCE];
    load->method.response = NULL;
    load->per_call = 1;
    load->patch = patch_accounts;
    find_places(load, posting);
    KT_ASSERT(posting->places_count == 1);
    return true;
}

void
bench_load_fini(bench_load_t *load)
{
    free(load->body);
    free(load->context);
    load->body = NULL;
    load->context = NULL;
}

/* Opens the accounts FIRST..FIRST + COUNT - 1. */
static kt_status_t
open_accounts(cli_t *cli, const char *book, unsigned first, unsigned count, kt_reply_t *reply)
{
    char names[OPEN_BATCH][32];
    fin_account_t accounts[OPEN_BATCH], *list[OPEN_BATCH];
    fin_open_accounts_request_t request = FIN_OPEN_ACCOUNTS_REQUEST_INIT;
    const fin_open_accounts_response_t *response;
    kt_call_options_t options = cli_call_options(cli, NULL);
    for (unsigned i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], ACCOUNT_FORMAT, first + i);
        accounts[i] = (fin_account_t)FIN_ACCOUNT_INIT;
        accounts[i].account = names[i];
        accounts[i].type = FIN_ACCOUNT_TYPE_SUSPENSE;
        list[i] = &accounts[i];
    }
    request.book = (char *)(uintptr_t)book;
    request.accounts = list;
    request.n_accounts = count;
    return fin_books_open_accounts(cli->client, &options, &request, reply, &response);
}

int
bench_post_prepare(cli_t *cli, const char *book, unsigned accounts)
{
    KT_CLEANUP(kt_reply_fini) kt_reply_t reply = {0};
    kt_call_options_t options = cli_call_options(cli, NULL);
    fin_create_book_request_t create = FIN_CREATE_BOOK_REQUEST_INIT;
    fin_book_t made = FIN_BOOK_INIT;
    const fin_book_t *response;
    made.book = (char *)(uintptr_t)book;
    made.kind = FIN_BOOK_KIND_COMPANY;
    made.title = (char *)(uintptr_t) "kantor bench post";
    create.book = &made;
    kt_status_t status = kt_reply_init(&reply);
    if (!kt_failed(status))
        status = fin_books_create_book(cli->client, &options, &create, &reply, &response);
    if (kt_failed(status) && status.code != KT_ALREADY_EXISTS)
        return cli_report(cli, book, &reply);
    for (unsigned first = 0; first < accounts; first += OPEN_BATCH) {
        unsigned count = KT_MIN(OPEN_BATCH, accounts - first);
        if (kt_failed(open_accounts(cli, book, first, count, &reply)))
            return cli_report(cli, book, &reply);
    }
    return 0;
}

int
bench_post_fill(cli_t *cli, const bench_processes_t *processes, const char *book, unsigned accounts,
                uint64_t entries)
{
    bench_load_t load = {.cli = cli,
                         .in_flight = FILL_INFLIGHT,
                         .warm_s = 1e6,
                         .seconds = 1e6,
                         .processes = processes};
    bench_sample_t sample;
    cli_progress_t progress;
    cli_progress_mode_t mode = cli->quiet
                                   ? CLI_PROGRESS_NONE
                                   : cli_progress_choose(cli->err, cli_flag(cli, "progress"));
    cli_progress_begin(&progress, cli->err, mode, "filling", "entries");
    int code = bench_post_load(&load, book, accounts, FILL_BATCH)
                   ? 0
                   : cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    for (uint64_t done = 0; code == 0 && done < entries;) {
        uint64_t calls = KT_MIN((entries - done + FILL_BATCH - 1) / FILL_BATCH, 50);
        load.calls_max = KT_MAX(calls, FILL_INFLIGHT);
        code = bench_run(&load, &sample);
        done += load.calls_max * FILL_BATCH;
        cli_progress_step(&progress, KT_MIN(done, entries), entries, kt_clock_mono_us());
    }
    cli_progress_end(&progress, kt_clock_mono_us());
    bench_load_fini(&load);
    return code;
}
