#include "testing.h"

#include "store/keys.h"

#include <kt/prng.h>

#define PART FIN_PART(7, 9)

static const kt_ulid_t id = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255}};

static void
every_key_reads_back(void **state)
{
    (void)state;
    fin_key_t key;
    uint64_t part, number;
    uint32_t small;
    int32_t year;
    kt_span_t text;
    kt_ulid_t read_id;
    assert_true(fin_parse_text(fin_key_text(&key, PART, kt_span_str("assets:bank")), &part, &text));
    assert_true(part == PART);
    assert_span_equal(text, kt_span_str("assets:bank"));
    assert_true(fin_parse_number(fin_key_number(&key, PART, 77), &part, &small));
    assert_true(part == PART && small == 77);
    assert_true(fin_parse_period(fin_key_period(&key, PART, 9999 * 12 + 11), &part, &year));
    assert_true(part == PART && year == 9999 * 12 + 11);
    assert_true(fin_parse_hold(fin_key_hold(&key, PART, &id), &part, &read_id));
    assert_true(part == PART);
    assert_memory_equal(&read_id, &id, sizeof(id));
    assert_true(fin_parse_entry(fin_key_entry(&key, FIN_LINE_NAME(3, 8191)), &number));
    assert_true(FIN_LINE_SEQUENCE(number) == 3 && FIN_LINE_PLACE(number) == 8191);
    assert_true(fin_parse_series(fin_key_series(&key, PART, 9999), &part, &year));
    assert_true(part == PART && year == 9999);
    assert_true(fin_parse_anchor(fin_key_anchor(&key, PART, 2026, 640), &part, &year, &number));
    assert_true(part == PART && year == 2026 && number == 640);
    assert_true(fin_parse_reversal(fin_key_reversal(&key, 12), &number));
    assert_true(number == 12);
    fin_balance_key_t balance = {.part = PART, .account = 4, .commodity = 840, .month = 24322};
    fin_balance_key_t read_balance = {0};
    assert_true(fin_parse_balance(fin_key_balance(&key, &balance), &read_balance));
    assert_true(read_balance.part == balance.part && read_balance.account == balance.account);
    assert_true(read_balance.commodity == balance.commodity && read_balance.month == balance.month);
    fin_hold_account_key_t held = {
        .part = PART, .account = 4, .commodity = 840, .expires_us = -1, .id = id};
    fin_hold_account_key_t read_held = {0};
    assert_true(fin_parse_hold_account(fin_key_hold_account(&key, &held), &read_held));
    assert_true(read_held.part == held.part && read_held.account == held.account);
    assert_true(read_held.commodity == held.commodity);
    assert_true(read_held.expires_us == held.expires_us);
    assert_memory_equal(&read_held.id, &held.id, sizeof(held.id));
}

static void
a_key_cut_short_does_not_read(void **state)
{
    (void)state;
    fin_key_t key;
    fin_hold_account_key_t held = {.part = PART, .account = 4, .id = id}, into;
    kt_span_t whole = fin_key_hold_account(&key, &held);
    for (size_t size = 0; size < whole.size; size++)
        assert_false(fin_parse_hold_account(kt_span(whole.data, size), &into));
    uint64_t part, number;
    int32_t year;
    kt_span_t text;
    assert_false(fin_parse_text(kt_span(whole.data, 8), &part, &text));
    assert_false(fin_parse_text(kt_span(whole.data, 7), &part, &text));
    assert_false(fin_parse_entry(kt_span(whole.data, 9), &number));
    memset(key.bytes, 0xFF, 20);
    assert_false(fin_parse_anchor(kt_span(key.bytes, 20), &part, &year, &number));
    assert_false(fin_parse_period(kt_span(key.bytes, 12), &part, &year));
}

static void
keys_sort_as_their_tuples(void **state)
{
    (void)state;
    kt_prng_t prng;
    kt_prng_seed(&prng, 5);
    for (int i = 0; i < 2000; i++) {
        fin_hold_account_key_t a = {.part = kt_prng_below(&prng, 2),
                                    .account = (uint32_t)kt_prng_below(&prng, 2),
                                    .expires_us = (int64_t)kt_prng_below(&prng, 5) - 2};
        fin_hold_account_key_t b = {.part = kt_prng_below(&prng, 2),
                                    .account = (uint32_t)kt_prng_below(&prng, 2),
                                    .expires_us = (int64_t)kt_prng_below(&prng, 5) - 2};
        int expected = a.part != b.part ? (a.part > b.part ? 1 : -1)
                       : a.account != b.account
                           ? (a.account > b.account ? 1 : -1)
                           : (a.expires_us > b.expires_us) - (a.expires_us < b.expires_us);
        fin_key_t ka, kb;
        int order = kt_span_compare(fin_key_hold_account(&ka, &a), fin_key_hold_account(&kb, &b));
        assert_int_equal((order > 0) - (order < 0), expected);
    }
}

static void
the_prefixes_of_a_balance_lead_it(void **state)
{
    (void)state;
    fin_key_t key, prefix;
    fin_balance_key_t at = {.part = PART, .account = 99999, .commodity = 978, .month = 24322};
    kt_span_t whole = fin_key_balance(&key, &at);
    assert_int_equal(whole.size, 1 + 1 + 4 + 2 + 3);
    kt_span_t account = fin_key_balance_account(&prefix, PART, at.account);
    assert_memory_equal(whole.data, account.data, account.size);
    kt_span_t position = fin_key_position(&prefix, PART, at.account, at.commodity);
    assert_memory_equal(whole.data, position.data, position.size);
    assert_int_equal(position.size, whole.size - 3);
}

static void
a_balance_of_larger_numbers_does_not_read(void **state)
{
    (void)state;
    fin_key_t key;
    for (uint32_t large = 0; large < 5; large++) {
        fin_balance_key_t into;
        kt_writer_t w = kt_writer(key.bytes, sizeof(key.bytes));
        for (uint32_t i = 0; i < 5; i++)
            kt_put_varint(&w, i == large ? UINT64_C(1) << 32 : 1);
        assert_false(fin_parse_balance(kt_written(&w), &into));
    }
}

/* As their tuples, whatever the sizes of their numbers. */
static void
balances_sort_by_account_commodity_and_month(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {1, 240, 241, 2287, 2288, 67823, 67824, UINT32_MAX};
    kt_prng_t prng;
    kt_prng_seed(&prng, 6);
    for (int i = 0; i < 5000; i++) {
        fin_balance_key_t at[2];
        fin_key_t keys[2];
        kt_span_t bytes[2];
        for (int k = 0; k < 2; k++) {
            at[k] = (fin_balance_key_t){.part = FIN_PART(1, 1 + kt_prng_below(&prng, 2)),
                                        .account = numbers[kt_prng_below(&prng, 8)],
                                        .commodity = numbers[kt_prng_below(&prng, 8)],
                                        .month = (int32_t)kt_prng_below(&prng, 70000)};
            bytes[k] = fin_key_balance(&keys[k], &at[k]);
        }
        int expected = at[0].part != at[1].part         ? (at[0].part > at[1].part ? 1 : -1)
                       : at[0].account != at[1].account ? (at[0].account > at[1].account ? 1 : -1)
                       : at[0].commodity != at[1].commodity
                           ? (at[0].commodity > at[1].commodity ? 1 : -1)
                           : (at[0].month > at[1].month) - (at[0].month < at[1].month);
        int order = kt_span_compare(bytes[0], bytes[1]);
        assert_int_equal((order > 0) - (order < 0), expected);
    }
}

static void
the_longest_path_fits(void **state)
{
    (void)state;
    char path[FIN_PATH_BYTES_MAX];
    memset(path, 'x', sizeof(path));
    fin_key_t key;
    kt_span_t longest = kt_span(path, sizeof(path));
    assert_int_equal(fin_key_text(&key, PART, longest).size, 8 + FIN_PATH_BYTES_MAX);
    assert_int_equal(fin_key_below(&key, PART, longest).size, FIN_KEY_BYTES_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_reads_back),
        cmocka_unit_test(a_key_cut_short_does_not_read),
        cmocka_unit_test(keys_sort_as_their_tuples),
        cmocka_unit_test(the_prefixes_of_a_balance_lead_it),
        cmocka_unit_test(a_balance_of_larger_numbers_does_not_read),
        cmocka_unit_test(balances_sort_by_account_commodity_and_month),
        cmocka_unit_test(the_longest_path_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
