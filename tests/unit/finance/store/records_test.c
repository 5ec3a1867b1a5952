#include "testing.h"

#include "store/records.h"

static uint8_t buffer[FIN_RECORD_BYTES_MAX];

static kt_writer_t
writer(void)
{
    memset(buffer, 0xAA, sizeof(buffer));
    return kt_writer(buffer, sizeof(buffer));
}

/* A text of SIZE bytes, the longest there may be. */
static kt_span_t
long_text(size_t size)
{
    static char text[600];
    memset(text, 'm', sizeof(text));
    assert_true(size <= sizeof(text));
    return kt_span(text, size);
}

/* Checks that VALUE reads back with GET, and that no part of it and nothing longer does. */
#define assert_strict(value, get, type)                                                            \
    do {                                                                                           \
        kt_span_t whole_ = (value);                                                                \
        assert_true(whole_.size > 0 && whole_.size < FIN_RECORD_BYTES_MAX);                        \
        type into_ = {0};                                                                          \
        assert_true(get(whole_, &into_));                                                          \
        for (size_t size_ = 0; size_ < whole_.size; size_++)                                       \
            assert_false(get(kt_span(whole_.data, size_), &into_));                                \
        assert_false(get(kt_span(whole_.data, whole_.size + 1), &into_));                          \
    } while (0)

static void
a_book(void **state)
{
    (void)state;
    fin_book_record_t book = {.part = FIN_PART(1, 2),
                              .kind = FIN_KIND_CLIENT,
                              .organization = long_text(FIN_ID_BYTES_MAX),
                              .title = long_text(FIN_TITLE_BYTES_MAX),
                              .first_month = 4,
                              .explicit_periods = true,
                              .created_us = 12345};
    kt_writer_t w = writer();
    fin_put_book(&w, &book);
    assert_strict(kt_written(&w), fin_get_book, fin_book_record_t);
    fin_book_record_t read = {0};
    assert_true(fin_get_book(kt_written(&w), &read));
    assert_true(read.part == book.part && read.kind == book.kind && read.first_month == 4);
    assert_true(read.explicit_periods && read.created_us == 12345);
    assert_span_equal(read.organization, book.organization);
    assert_span_equal(read.title, book.title);
    buffer[8] = FIN_KIND_CLIENT + 1;
    assert_false(fin_get_book(kt_written(&w), &read));
}

static void
an_account(void **state)
{
    (void)state;
    fin_account_record_t account = {.number = 5,
                                    .type = FIN_TYPE_TRADING,
                                    .closed = true,
                                    .title = long_text(FIN_TITLE_BYTES_MAX),
                                    .floors_count = FIN_FLOORS_MAX};
    account.floors[7] = (fin_floor_record_t){.commodity = 840, .amount_minor = INT64_MIN};
    kt_writer_t w = writer();
    fin_put_account(&w, &account);
    assert_strict(kt_written(&w), fin_get_account, fin_account_record_t);
    fin_account_record_t read = {0};
    assert_true(fin_get_account(kt_written(&w), &read));
    assert_true(read.number == 5 && read.type == FIN_TYPE_TRADING && read.closed);
    assert_true(read.floors_count == FIN_FLOORS_MAX && read.floors[7].commodity == 840);
    assert_true(read.floors[7].amount_minor == INT64_MIN);
}

static void
a_commodity(void **state)
{
    (void)state;
    fin_commodity_record_t usd = {.symbol = kt_span_str("USD"), .number = 840, .scale = 18};
    kt_writer_t w = writer();
    fin_put_commodity(&w, &usd);
    assert_strict(kt_written(&w), fin_get_commodity, fin_commodity_record_t);
    w = writer();
    fin_put_commodity_number(&w, &usd);
    assert_strict(kt_written(&w), fin_get_commodity_number, fin_commodity_record_t);
    fin_commodity_record_t read = {0};
    assert_true(fin_get_commodity_number(kt_written(&w), &read));
    assert_span_equal(read.symbol, usd.symbol);
    assert_int_equal(read.scale, 18);
    buffer[0] = FIN_SCALE_MAX + 1;
    assert_false(fin_get_commodity_number(kt_written(&w), &read));
}

static void
a_period(void **state)
{
    (void)state;
    fin_period_record_t period = {.state = FIN_MONTH_CLOSED,
                                  .reason = long_text(FIN_REASON_BYTES_MAX),
                                  .changed_by = long_text(FIN_PRINCIPAL_BYTES_MAX),
                                  .changed_us = -1};
    kt_writer_t w = writer();
    fin_put_period(&w, &period);
    assert_strict(kt_written(&w), fin_get_period, fin_period_record_t);
}

static void
a_hold_of_a_hundred_parts(void **state)
{
    (void)state;
    fin_hold_record_t hold = {.debit_account = 1,
                              .credit_account = 2,
                              .commodity = 840,
                              .amount_minor = 500,
                              .committed_minor = 500,
                              .created_us = 1,
                              .expires_us = 2,
                              .released = true,
                              .description = long_text(FIN_DESCRIPTION_BYTES_MAX),
                              .parts_count = FIN_HOLD_PARTS_MAX};
    hold.parts[99] = (fin_hold_part_t){.year = 9999, .number = UINT64_MAX};
    kt_writer_t w = writer();
    fin_put_hold(&w, &hold);
    assert_strict(kt_written(&w), fin_get_hold, fin_hold_record_t);
    fin_hold_record_t read = {0};
    assert_true(fin_get_hold(kt_written(&w), &read));
    assert_true(read.parts_count == 100 && read.parts[99].year == 9999);
    assert_true(read.parts[99].number == UINT64_MAX && read.released);
    hold.committed_minor = 501;
    w = writer();
    fin_put_hold(&w, &hold);
    assert_false(fin_get_hold(kt_written(&w), &read));
}

static void
numbers(void **state)
{
    (void)state;
    kt_writer_t w = writer();
    fin_put_number(&w, UINT64_MAX);
    assert_strict(kt_written(&w), fin_get_number, uint64_t);
    w = writer();
    fin_put_held(&w, -7);
    assert_strict(kt_written(&w), fin_get_held, int64_t);
    w = writer();
    fin_put_series(&w, &(fin_series_record_t){.number = 1, .sequence = 2});
    assert_strict(kt_written(&w), fin_get_series, fin_series_record_t);
    w = writer();
    fin_put_source(&w, &(fin_source_record_t){.sequence = 1, .digest = 2});
    assert_strict(kt_written(&w), fin_get_source, fin_source_record_t);
}

static void
the_days_of_a_month(void **state)
{
    (void)state;
    fin_day_record_t days[FIN_DAYS_MAX] = {0}, read[FIN_DAYS_MAX];
    for (uint32_t i = 0; i < FIN_DAYS_MAX; i++)
        days[i] = (fin_day_record_t){.day = i + 1, .turnover = {i, 2 * i}, .newest = 99};
    kt_writer_t w = writer();
    fin_turnover_t total;
    fin_put_total(&w, &(fin_turnover_t){.debit_minor = INT64_MAX, .credit_minor = 7});
    for (uint32_t i = 0; i < FIN_DAYS_MAX; i++)
        fin_put_day(&w, &days[i]);
    uint32_t count = 0;
    assert_true(fin_get_days(kt_written(&w), read, &count));
    assert_int_equal(count, FIN_DAYS_MAX);
    assert_true(read[30].day == 31 && read[30].turnover.credit_minor == 60);
    assert_true(fin_get_total(kt_written(&w), &total));
    assert_true(total.debit_minor == INT64_MAX && total.credit_minor == 7);
    const size_t total_bytes = 9 + 1, day_bytes = 4;
    assert_int_equal(w.size, total_bytes + FIN_DAYS_MAX * day_bytes);
    for (size_t size = 0; size < w.size; size++) {
        bool whole = size >= total_bytes && (size - total_bytes) % day_bytes == 0;
        assert_true(fin_get_days(kt_span(buffer, size), read, &count) == whole);
        assert_true(count <= fin_days_in(kt_span(buffer, size)));
        assert_true(fin_get_total(kt_span(buffer, size), &total) == (size >= total_bytes));
    }
    fin_put_day(&w, &days[0]);
    assert_false(fin_get_days(kt_written(&w), read, &count)); /* 32 of them */
    w.size -= day_bytes;
    /* Neither out of order, nor twice, nor past 63 bits. */
    buffer[total_bytes + day_bytes] = 1;
    assert_false(fin_get_days(kt_written(&w), read, &count));
    buffer[total_bytes + day_bytes] = 0;
    assert_false(fin_get_days(kt_written(&w), read, &count));
    buffer[1] = 0x80;
    assert_false(fin_get_total(kt_written(&w), &total));
}

static void
the_longest_month_fits(void **state)
{
    (void)state;
    uint8_t month[FIN_BALANCE_BYTES_MAX];
    kt_writer_t w = kt_writer(month, sizeof(month));
    fin_put_total(&w, &(fin_turnover_t){INT64_MAX, INT64_MAX});
    for (uint32_t i = 0; i < FIN_DAYS_MAX; i++)
        fin_put_day(&w, &(fin_day_record_t){.day = i + 1,
                                            .turnover = {INT64_MAX, INT64_MAX},
                                            .newest = UINT64_MAX});
    assert_int_equal(kt_written(&w).size, sizeof(month));
}

static void
an_entry_comes_in_chunks(void **state)
{
    (void)state;
    fin_entry_record_t entry = {.part = FIN_PART(1, 1),
                                .year = 9999,
                                .number = 1,
                                .date = -719162, /* 0001-01-01 */
                                .posted_us = 5,
                                .posted_by = long_text(FIN_PRINCIPAL_BYTES_MAX),
                                .description = long_text(FIN_DESCRIPTION_BYTES_MAX),
                                .source_ref = long_text(FIN_SOURCE_BYTES_MAX),
                                .reverses = 6,
                                .previous = 7,
                                .lines_count = FIN_ENTRY_LINES_MAX,
                                .own_count = 2};
    fin_line_record_t lines[100];
    for (uint32_t i = 0; i < 100; i++)
        lines[i] = (fin_line_record_t){
            .account = i, .commodity = 840, .amount_minor = -1 - (int64_t)i, .previous = i};
    lines[0].memo = long_text(FIN_MEMO_BYTES_MAX);
    lines[1].memo = long_text(FIN_MEMO_BYTES_MAX);
    kt_writer_t w = writer();
    fin_put_entry(&w, &entry);
    assert_int_equal(fin_put_lines(&w, lines, 100),
                     1); /* even the longest head leaves room for one */
    kt_reader_t r = kt_reader(kt_written(&w));
    fin_entry_record_t read = {0};
    fin_line_record_t line;
    assert_true(fin_get_entry(&r, &read));
    assert_true(read.date == -719162 && read.lines_count == FIN_ENTRY_LINES_MAX);
    assert_true(read.own_count == 2 && read.reverses == 6 && read.previous == 7);
    assert_true(fin_get_line(&r, &line));
    assert_true(kt_reader_done(&r));
    assert_true(line.amount_minor == -1 && line.memo.size == FIN_MEMO_BYTES_MAX);
    w = writer();
    assert_int_equal(fin_put_lines(&w, lines + 1, 99), 53); /* as many as the bytes allow */
    w = writer();
    assert_int_equal(fin_put_lines(&w, lines + 2, 98), FIN_CHUNK_LINES_MAX);
    assert_false(w.failed);
    for (size_t size = 0; size < 60; size++) {
        r = kt_reader(kt_span(buffer, size));
        while (r.at < r.size && fin_get_line(&r, &line))
            ;
        assert_true(kt_reader_done(&r) == (size % 26 == 0));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_book),
        cmocka_unit_test(an_account),
        cmocka_unit_test(a_commodity),
        cmocka_unit_test(a_period),
        cmocka_unit_test(a_hold_of_a_hundred_parts),
        cmocka_unit_test(numbers),
        cmocka_unit_test(the_days_of_a_month),
        cmocka_unit_test(the_longest_month_fits),
        cmocka_unit_test(an_entry_comes_in_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
