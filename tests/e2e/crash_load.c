/*
 * crash_load: keeps many postings in flight while somebody kills or replaces the processes that
 * serve them.
 *
 *   crash_load CONFIG BOOK IN_FLIGHT FIRST [reads]
 *
 * Posts entries numbered FIRST, FIRST + 1, ... (the number stands in the description, the amount
 * follows from it) until its standard input ends, then waits for what is in flight; with "reads"
 * it asks for a balance beside each. Writes one line an entry: "A number entry ms" acknowledged
 * after so many milliseconds, "U number" outcome unknown, "R number code reason" refused; and one a
 * read: "B ms", or "N code reason". crash_test.py and rolling_test.py hold these lines against the
 * books.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <kantor/finance/v1/ledger.kt.h>
#include <kt/client.h>

#define TIMEOUT_MS 25000
#define WAIT_MS    20
#define READ_TAG   UINT64_MAX

typedef struct load {
    const char *book;
    unsigned in_flight;
    uint64_t first;
    bool reads;
} load_t;

static kt_status_t
start_post(kt_client_t *client, const char *book, uint64_t number)
{
    char description[64];
    snprintf(description, sizeof description, "n=%" PRIu64, number);
    int64_t amount = (int64_t)(number % 1000) + 1;
    fin_line_t debit = KANTOR__FINANCE__V1__LINE__INIT;
    fin_line_t credit = KANTOR__FINANCE__V1__LINE__INIT;
    debit.account = (char *)"assets:cash";
    credit.account = (char *)"income:crash";
    debit.commodity = credit.commodity = (char *)"EUR";
    debit.amount_minor = amount;
    credit.amount_minor = -amount;
    fin_line_t *lines[] = {&debit, &credit};
    fin_entry_draft_t draft = KANTOR__FINANCE__V1__ENTRY_DRAFT__INIT;
    draft.date = (char *)"2026-11-01";
    draft.description = description;
    draft.lines = lines;
    draft.n_lines = KT_COUNT(lines);
    fin_post_entry_request_t request = KANTOR__FINANCE__V1__POST_ENTRY_REQUEST__INIT;
    request.book = (char *)(uintptr_t)book;
    request.entry = &draft;
    kt_call_options_t options = {.timeout_ms = TIMEOUT_MS};
    return kt_client_start(client, &fin_ledger_service.methods[FIN_LEDGER_POST_ENTRY], &options,
                           &request.base, number);
}

static kt_status_t
start_read(kt_client_t *client, const char *book)
{
    fin_get_balance_request_t request = FIN_GET_BALANCE_REQUEST_INIT;
    request.book = (char *)(uintptr_t)book;
    request.account = (char *)"assets:cash";
    kt_call_options_t options = {.timeout_ms = TIMEOUT_MS};
    return kt_client_start(client, &fin_ledger_service.methods[FIN_LEDGER_GET_BALANCE], &options,
                           &request.base, READ_TAG);
}

static bool
input_ended(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte;
    return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

static void
print_read(const kt_reply_t *reply)
{
    if (!kt_failed(reply->status))
        printf("B %" PRId64 "\n", reply->took_us / 1000);
    else
        printf("N %s %s\n", kt_code_name(reply->status.code), reply->reason ? reply->reason : "-");
}

static void
print_outcome(uint64_t number, const kt_reply_t *reply)
{
    if (number == READ_TAG) {
        print_read(reply);
    } else if (!kt_failed(reply->status)) {
        const fin_posted_entry_t *posted = (const fin_posted_entry_t *)(const void *)reply->message;
        printf("A %" PRIu64 " %s %" PRId64 "\n", number, posted->entry, reply->took_us / 1000);
    } else if (reply->outcome_unknown || reply->status.code == KT_DEADLINE_EXCEEDED) {
        printf("U %" PRIu64 "\n", number);
    } else {
        printf("R %" PRIu64 " %s %s\n", number, kt_code_name(reply->status.code),
               reply->reason ? reply->reason : "-");
    }
    fflush(stdout);
}

static kt_status_t
run(kt_client_t *client, const load_t *load, kt_reply_t *reply)
{
    bool ended = false;
    uint64_t number = load->first;
    while (!ended || kt_client_open_calls(client) > 0) {
        ended = ended || input_ended();
        while (!ended && kt_client_open_calls(client) < load->in_flight) {
            KT_TRY(start_post(client, load->book, number++));
            if (load->reads)
                KT_TRY(start_read(client, load->book));
        }
        uint64_t tag;
        kt_status_t status = kt_client_next(client, WAIT_MS, &tag, reply);
        if (!kt_failed(status))
            print_outcome(tag, reply);
        else if (status.code != KT_DEADLINE_EXCEEDED && status.code != KT_NOT_FOUND)
            return status;
    }
    return kt_ok();
}

int
main(int argc, char **argv)
{
    bool reads = argc == 6 && strcmp(argv[5], "reads") == 0;
    if (argc != 5 && !reads) {
        fputs("usage: crash_load CONFIG BOOK IN_FLIGHT FIRST [reads]\n", stderr);
        return 2;
    }
    const load_t load = {
        .book = argv[2],
        .in_flight = (unsigned)strtoul(argv[3], NULL, 10),
        .first = strtoull(argv[4], NULL, 10),
        .reads = reads,
    };
    kt_client_t *client = NULL;
    kt_reply_t reply;
    kt_status_t status = kt_client_from_config(argv[1], &client);
    if (!kt_failed(status))
        status = kt_reply_init(&reply);
    if (kt_failed(status)) {
        fprintf(stderr, "crash_load: %s\n", status.text);
        return 1;
    }
    status = run(client, &load, &reply);
    if (kt_failed(status))
        fprintf(stderr, "crash_load: %s\n", status.text);
    kt_reply_fini(&reply);
    kt_client_destroy(&client);
    return kt_failed(status) ? 1 : 0;
}
