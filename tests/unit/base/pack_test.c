#include "testing.h"

#include <kt/pack.h>
#include <kt/prng.h>

static void
round_trip(void **state)
{
    (void)state;
    uint8_t buffer[64];
    kt_writer_t w = kt_writer(buffer, sizeof(buffer));
    kt_put_u8(&w, 0xAB);
    kt_put_u16(&w, 0x1234);
    kt_put_u32(&w, 0x12345678);
    kt_put_u64(&w, UINT64_C(0x123456789ABCDEF0));
    kt_put_i64(&w, INT64_MIN);
    kt_put_key_i64(&w, -5);
    kt_put_str(&w, kt_span_str("text"));
    kt_put_str(&w, kt_span(NULL, 0));
    kt_put_bytes(&w, "xyz", 3);
    assert_int_equal(buffer[1], 0x12); /* big-endian */
    assert_int_equal(buffer[2], 0x34);

    kt_reader_t r = kt_reader(kt_written(&w));
    assert_int_equal(kt_get_u8(&r), 0xAB);
    assert_int_equal(kt_get_u16(&r), 0x1234);
    assert_int_equal(kt_get_u32(&r), 0x12345678);
    assert_true(kt_get_u64(&r) == UINT64_C(0x123456789ABCDEF0));
    assert_true(kt_get_i64(&r) == INT64_MIN);
    assert_true(kt_get_key_i64(&r) == -5);
    assert_span_equal(kt_get_str(&r), kt_span_str("text"));
    assert_int_equal(kt_get_str(&r).size, 0);
    assert_false(kt_reader_done(&r));
    assert_span_equal(kt_get_bytes(&r, 3), kt_span_str("xyz"));
    assert_true(kt_reader_done(&r));
}

static void
a_writer_stays_failed(void **state)
{
    (void)state;
    uint8_t buffer[4];
    kt_writer_t w = kt_writer(buffer, sizeof(buffer));
    kt_put_u32(&w, 1);
    assert_int_equal(kt_written(&w).size, 4);
    kt_put_u8(&w, 1);
    assert_true(w.failed);
    kt_put_bytes(&w, NULL, 0);
    assert_int_equal(kt_written(&w).size, 0);
    /* A string goes in whole or not at all. */
    w = kt_writer(buffer, sizeof(buffer));
    kt_put_str(&w, kt_span_str("abc"));
    assert_true(w.failed);
    assert_int_equal(w.size, 0);
    static uint8_t large[70000];
    w = kt_writer(large, sizeof(large));
    kt_put_str(&w, kt_span(large, UINT16_MAX + 1));
    assert_true(w.failed);
}

static void
a_reader_stays_failed_and_gives_zeros(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0xFF, 0xFF, 0xFF};
    kt_reader_t r = kt_reader(kt_span(bytes, sizeof(bytes)));
    assert_int_equal(kt_get_u32(&r), 0);
    assert_true(r.failed);
    assert_int_equal(kt_get_u8(&r), 0); /* though one byte is there */
    assert_true(kt_get_key_i64(&r) == 0);
    assert_int_equal(kt_get_str(&r).size, 0);
    assert_false(kt_reader_done(&r));
    r = kt_reader(kt_span(bytes, sizeof(bytes)));
    assert_int_equal(kt_get_str(&r).size, 0); /* says 65,535 bytes, has one */
    assert_true(r.failed);
    r = kt_reader(kt_span(NULL, 0));
    assert_true(kt_reader_done(&r));
    assert_int_equal(kt_get_bytes(&r, SIZE_MAX).size, 0);
    assert_true(r.failed);
}

static int64_t
some_i64(kt_prng_t *prng)
{
    return (int64_t)(kt_prng_next(prng) >> kt_prng_below(prng, 64)) *
           (kt_prng_below(prng, 2) ? 1 : -1);
}

static void
signed_keys_sort_as_numbers(void **state)
{
    (void)state;
    kt_prng_t prng;
    kt_prng_seed(&prng, 1);
    int64_t edges[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX};
    for (size_t i = 0; i < 10000; i++) {
        int64_t a = kt_prng_below(&prng, 8) ? some_i64(&prng) : edges[kt_prng_below(&prng, 6)];
        int64_t b = kt_prng_below(&prng, 8) ? some_i64(&prng) : edges[kt_prng_below(&prng, 6)];
        uint8_t packed[2][8];
        kt_writer_t wa = kt_writer(packed[0], 8), wb = kt_writer(packed[1], 8);
        kt_put_key_i64(&wa, a);
        kt_put_key_i64(&wb, b);
        int order = kt_span_compare(kt_written(&wa), kt_written(&wb));
        assert_int_equal((order > 0) - (order < 0), (a > b) - (a < b));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(a_writer_stays_failed),
        cmocka_unit_test(a_reader_stays_failed_and_gives_zeros),
        cmocka_unit_test(signed_keys_sort_as_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
