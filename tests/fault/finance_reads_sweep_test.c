/* Under every read of finance each operation of the store fails in turn, and memory ends at every
 * place: the caller hears of it, or gets the very answer that it gets when nothing fails. */
#include "story.h"

#include "handlers/books.h"
#include "handlers/reads.h"

#include <stdlib.h>

#define OPERATIONS_MAX 20000
#define ANSWER_MAX     (1u << 20)

static const kt_status_t broken = {KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "the store failed"};

/* Runs inside office_begin and office_end; ANSWER is in the call's arena. */
typedef kt_status_t (*read_t)(office_t *office, ProtobufCMessage **answer);

#define READ(name, handler, request_t, REQUEST, response_t, RESPONSE, ...)                         \
    static kt_status_t name(office_t *office, ProtobufCMessage **answer)                           \
    {                                                                                              \
        request_t request = FIN_##REQUEST##_INIT;                                                  \
        static response_t response;                                                                \
        response = (response_t)FIN_##RESPONSE##_INIT;                                              \
        *answer = &response.base;                                                                  \
        request.book = "acme";                                                                     \
        __VA_ARGS__;                                                                               \
        return (handler)(&office->call, &request, &response);                                      \
    }

READ(book, fin_books_handlers.get_book, fin_get_book_request_t, GET_BOOK_REQUEST, fin_book_t,
     BOOK, )
READ(account, fin_books_handlers.get_account, fin_get_account_request_t, GET_ACCOUNT_REQUEST,
     fin_account_t, ACCOUNT, request.account = "assets:cash")
READ(accounts, fin_books_handlers.list_accounts, fin_list_accounts_request_t, LIST_ACCOUNTS_REQUEST,
     fin_list_accounts_response_t, LIST_ACCOUNTS_RESPONSE, request.under = "assets")
READ(commodities, fin_books_handlers.list_commodities, fin_list_commodities_request_t,
     LIST_COMMODITIES_REQUEST, fin_list_commodities_response_t, LIST_COMMODITIES_RESPONSE,
     request.built_in = true)
READ(periods, fin_books_handlers.list_periods, fin_list_periods_request_t, LIST_PERIODS_REQUEST,
     fin_list_periods_response_t, LIST_PERIODS_RESPONSE, )
READ(entry, fin_read_entry, fin_get_entry_request_t, GET_ENTRY_REQUEST, fin_entry_t, ENTRY,
     request.entry = "2026-000002")
READ(source, fin_read_entry, fin_get_entry_request_t, GET_ENTRY_REQUEST, fin_entry_t, ENTRY,
     request.source_ref = "bank:2")
READ(entries, fin_read_entries, fin_list_entries_request_t, LIST_ENTRIES_REQUEST,
     fin_list_entries_response_t, LIST_ENTRIES_RESPONSE, request.page_size = 3)
READ(ledger, fin_read_register, fin_list_register_request_t, LIST_REGISTER_REQUEST,
     fin_list_register_response_t, LIST_REGISTER_RESPONSE,
     (request.account = "assets:cash", request.commodity = "USD", request.page_size = 4))
READ(balance, fin_read_balance, fin_get_balance_request_t, GET_BALANCE_REQUEST,
     fin_get_balance_response_t, GET_BALANCE_RESPONSE, request.account = "assets:cash")
READ(balance_below, fin_read_balance, fin_get_balance_request_t, GET_BALANCE_REQUEST,
     fin_get_balance_response_t, GET_BALANCE_RESPONSE,
     (request.account = "assets:bank", request.with_children = true, request.at = "2026-11-30"))
READ(holds, fin_read_holds, fin_list_holds_request_t, LIST_HOLDS_REQUEST, fin_list_holds_response_t,
     LIST_HOLDS_RESPONSE, )
READ(holds_of, fin_read_holds, fin_list_holds_request_t, LIST_HOLDS_REQUEST,
     fin_list_holds_response_t, LIST_HOLDS_RESPONSE, request.account = "assets:cash")

static kt_status_t
trial(office_t *office, ProtobufCMessage **answer)
{
    static fin_trial_balance_page_t page;
    fin_trial_balance_request_t request = FIN_TRIAL_BALANCE_REQUEST_INIT;
    kt_give_t given;
    page = (fin_trial_balance_page_t)FIN_TRIAL_BALANCE_PAGE_INIT;
    *answer = &page.base;
    request.book = "acme";
    request.at = "2026-11-30";
    request.with_trading = true;
    office->call.stream_arena = office->call.arena;
    KT_TRY(fin_read_trial_take(&office->call, &request));
    return fin_read_trial_give(&office->call, &page, &given);
}

static const struct {
    const char *name;
    read_t run;
} READS[] = {
    {"book", book},
    {"account", account},
    {"accounts", accounts},
    {"commodities", commodities},
    {"periods", periods},
    {"entry", entry},
    {"source", source},
    {"entries", entries},
    {"ledger", ledger},
    {"balance", balance},
    {"balance_below", balance_below},
    {"holds", holds},
    {"holds_of", holds_of},
    {"trial", trial},
};

static uint8_t expected[ANSWER_MAX], got[ANSWER_MAX];

/* One call; its answer, packed, in BYTES. */
static kt_status_t
run(office_t *office, size_t i, uint8_t *bytes, size_t *size)
{
    ProtobufCMessage *answer = NULL;
    office_begin(office);
    if (!office->call.txn)
        return office_end(office, kt_ok());
    kt_status_t status = READS[i].run(office, &answer);
    *size = 0;
    if (!kt_failed(status)) {
        assert_true(protobuf_c_message_get_packed_size(answer) <= ANSWER_MAX);
        *size = protobuf_c_message_pack(answer, bytes);
    }
    return office_end(office, status);
}

static void
every_operation_fails_in_turn(void **state)
{
    (void)state;
    office_t office;
    office_open(&office, OFFICE_FAULTY);
    story_tell(&office);
    for (size_t i = 0; i < KT_COUNT(READS); i++) {
        size_t want, size = 0;
        assert_ok(run(&office, i, expected, &want));
        bool struck = true;
        for (uint64_t n = 1; struck; n++) {
            assert_true(n < OPERATIONS_MAX);
            kt_kv_fault_arm(office.store, n, broken);
            kt_status_t status = run(&office, i, got, &size);
            struck = kt_kv_fault_struck(office.store);
            kt_kv_fault_arm(office.store, 0, kt_ok());
            if (struck && (status.code != broken.code || status.reason != broken.reason))
                fail_msg("%s: operation %llu failed, and the call said %s", READS[i].name,
                         (unsigned long long)n, kt_code_name(status.code));
            if (struck)
                continue;
            assert_ok(status);
            assert_int_equal(size, want);
            assert_memory_equal(got, expected, want);
        }
    }
    office_close(&office);
}

static void
memory_runs_out_at_every_place(void **state)
{
    (void)state;
    office_t office;
    office_open(&office, OFFICE_RAM);
    story_tell(&office);
    kt_arena_t *large = office.arena;
    for (size_t i = 0; i < KT_COUNT(READS); i++) {
        size_t want, size = 0;
        assert_ok(run(&office, i, expected, &want));
        kt_status_t status = broken;
        for (size_t bytes = 64; kt_failed(status); bytes += KT_MAX(bytes / 64, (size_t)64)) {
            office.arena = kt_arena_new(64, bytes);
            status = run(&office, i, got, &size);
            kt_arena_destroy(&office.arena);
            office.arena = large;
            if (kt_failed(status))
                assert_int_equal(status.code, KT_RESOURCE_EXHAUSTED);
        }
        assert_int_equal(size, want);
        assert_memory_equal(got, expected, want);
    }
    office_close(&office);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_fails_in_turn),
        cmocka_unit_test(memory_runs_out_at_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
