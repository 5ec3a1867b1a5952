/* Under every write of Books each operation of the store fails in turn, and memory ends at every
 * place: then nothing of it is there, what is derived still fits, and the same call again has its
 * one effect. */
#include "../unit/finance/office.h"

#include "handlers/books.h"

#define OPERATIONS_MAX 400

static office_t office;

static kt_status_t
create_book(void)
{
    fin_book_t book = FIN_BOOK_INIT, made = FIN_BOOK_INIT;
    fin_create_book_request_t request = FIN_CREATE_BOOK_REQUEST_INIT;
    book.book = "globex";
    book.kind = FIN_BOOK_KIND_CLIENT;
    request.book = &book;
    return fin_books_handlers.create_book(&office.call, &request, &made);
}

static kt_status_t
declare_commodity(void)
{
    fin_commodity_t commodity = FIN_COMMODITY_INIT, made = FIN_COMMODITY_INIT;
    fin_declare_commodity_request_t request = FIN_DECLARE_COMMODITY_REQUEST_INIT;
    commodity.commodity = "CHF";
    commodity.scale = 4;
    request.book = "acme";
    request.commodity = &commodity;
    return fin_books_handlers.declare_commodity(&office.call, &request, &made);
}

static kt_status_t
open_accounts(void)
{
    fin_account_t accounts[2] = {FIN_ACCOUNT_INIT, FIN_ACCOUNT_INIT};
    fin_account_t *pointers[] = {&accounts[0], &accounts[1]};
    fin_floor_t floor = FIN_FLOOR_INIT;
    fin_floor_t *floors[] = {&floor};
    fin_open_accounts_request_t request = FIN_OPEN_ACCOUNTS_REQUEST_INIT;
    fin_open_accounts_response_t response = FIN_OPEN_ACCOUNTS_RESPONSE_INIT;
    floor.commodity = "ACME";
    accounts[0].account = "till:shop:coins";
    accounts[1].account = "till:shop:notes";
    accounts[1].floors = floors;
    accounts[1].n_floors = 1;
    request.book = "acme";
    request.accounts = pointers;
    request.n_accounts = 2;
    kt_status_t status = fin_books_handlers.open_accounts(&office.call, &request, &response);
    assert_true(kt_failed(status) || response.opened == 4);
    return status;
}

static kt_status_t
update_account(void)
{
    fin_update_account_request_t request = FIN_UPDATE_ACCOUNT_REQUEST_INIT;
    fin_account_t made = FIN_ACCOUNT_INIT;
    request.book = "acme";
    request.account = "assets:cash";
    request.set_title = request.set_closed = request.closed = true;
    request.title = "The till";
    return fin_books_handlers.update_account(&office.call, &request, &made);
}

static kt_status_t
close_period(void)
{
    fin_close_period_request_t request = FIN_CLOSE_PERIOD_REQUEST_INIT;
    fin_period_t made = FIN_PERIOD_INIT;
    request.book = "acme";
    request.period = "2026-11";
    return fin_books_handlers.close_period(&office.call, &request, &made);
}

static kt_status_t (*const WRITES[])(void) = {
    create_book, declare_commodity, open_accounts, update_account, close_period,
};

static void
every_operation_fails_in_turn(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(WRITES); i++) {
        uint64_t n = 1;
        for (bool struck = true; struck; n++) {
            assert_true(n < OPERATIONS_MAX);
            office_open(&office, OFFICE_FAULTY);
            kt_kv_fault_arm(office.store, n,
                            kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "the disk is full"));
            office_begin(&office);
            kt_status_t status = office.call.txn ? WRITES[i]() : kt_ok();
            status = office_end(&office, status);
            struck = kt_kv_fault_struck(office.store);
            if (struck)
                assert_status(status, KT_RESOURCE_EXHAUSTED, KT_KV_FULL);
            else
                assert_ok(status);
            kt_kv_fault_arm(office.store, 0, kt_ok());
            assert_int_equal(office_verify(&office, true), 0);
            if (struck) {
                office_begin(&office);
                assert_ok(office_end(&office, WRITES[i]()));
                assert_int_equal(office_verify(&office, true), 0);
            }
            office_close(&office);
        }
        assert_true(n > 4); /* it did reach the store */
    }
}

static void
memory_runs_out_at_every_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(WRITES); i++) {
        kt_status_t status = kt_error(KT_RESOURCE_EXHAUSTED, 0, "not asked yet");
        office_open(&office, OFFICE_RAM);
        kt_arena_t *large = office.arena;
        for (size_t bytes = 64; kt_failed(status); bytes += 64) {
            office.arena = kt_arena_new(64, bytes);
            office_begin(&office);
            status = office_end(&office, WRITES[i]()); /* a refusal that wrote fails here */
            if (kt_failed(status))
                assert_int_equal(status.code, KT_RESOURCE_EXHAUSTED);
            kt_arena_destroy(&office.arena);
        }
        office.arena = large;
        assert_int_equal(office_verify(&office, true), 0);
        office_close(&office);
    }
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
