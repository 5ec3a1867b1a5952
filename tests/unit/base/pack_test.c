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

static kt_span_t
varint(uint8_t packed[KT_VARINT_BYTES_MAX], uint64_t number)
{
    kt_writer_t w = kt_writer(packed, KT_VARINT_BYTES_MAX);
    kt_put_varint(&w, number);
    assert_false(w.failed);
    return kt_written(&w);
}

static void
assert_varint(uint64_t number, size_t size)
{
    uint8_t packed[KT_VARINT_BYTES_MAX];
    kt_span_t bytes = varint(packed, number);
    assert_int_equal(bytes.size, size);
    kt_reader_t r = kt_reader(bytes);
    assert_true(kt_get_varint(&r) == number);
    assert_true(kt_reader_done(&r));
    for (size_t cut = 0; cut < size; cut++) {
        r = kt_reader(kt_span(packed, cut));
        (void)kt_get_varint(&r);
        assert_true(r.failed);
    }
    uint8_t small[KT_VARINT_BYTES_MAX];
    kt_writer_t w = kt_writer(small, size - 1);
    kt_put_varint(&w, number);
    assert_true(w.failed);
}

static void
a_varint_is_as_short_as_its_number(void **state)
{
    (void)state;
    static const struct {
        uint64_t number;
        size_t size;
    } edges[] = {{0, 1},
                 {240, 1},
                 {241, 2},
                 {2287, 2},
                 {2288, 3},
                 {67823, 3},
                 {67824, 4},
                 {(1u << 24) - 1, 4},
                 {1u << 24, 5},
                 {UINT32_MAX, 5},
                 {UINT64_C(1) << 32, 6},
                 {(UINT64_C(1) << 40) - 1, 6},
                 {UINT64_C(1) << 40, 7},
                 {UINT64_C(1) << 48, 8},
                 {UINT64_C(1) << 56, 9},
                 {UINT64_MAX, 9}};
    uint8_t packed[KT_VARINT_BYTES_MAX];
    for (size_t i = 0; i < KT_COUNT(edges); i++)
        assert_varint(edges[i].number, edges[i].size);
    assert_memory_equal(varint(packed, 241).data, "\xF1\x01", 2);
    assert_memory_equal(varint(packed, 2288).data, "\xF9\x00\x00", 3);
    assert_memory_equal(varint(packed, 67824).data, "\xFA\x01\x08\xF0", 4);
}

static void
varints_sort_as_their_numbers(void **state)
{
    (void)state;
    kt_prng_t prng;
    kt_prng_seed(&prng, 2);
    for (size_t i = 0; i < 20000; i++) {
        uint64_t a = kt_prng_next(&prng) >> kt_prng_below(&prng, 64);
        uint64_t b = kt_prng_below(&prng, 4) ? kt_prng_next(&prng) >> kt_prng_below(&prng, 64)
                                             : a + kt_prng_below(&prng, 3) - 1;
        uint8_t packed[2][KT_VARINT_BYTES_MAX];
        kt_span_t bytes = varint(packed[0], a);
        int order = kt_span_compare(bytes, varint(packed[1], b));
        assert_int_equal((order > 0) - (order < 0), (a > b) - (a < b));
        kt_reader_t r = kt_reader(bytes);
        assert_true(kt_get_varint(&r) == a);
        assert_true(kt_reader_done(&r));
    }
}

static void
only_the_shortest_form_of_a_varint_reads(void **state)
{
    (void)state;
    static const uint8_t longer[][KT_VARINT_BYTES_MAX] = {
        {0xFA, 0, 0, 1},                /* 1 in four bytes */
        {0xFA, 0x01, 0x08, 0xEF},       /* 67,823 */
        {0xFB, 0x00, 0xFF, 0xFF, 0xFF}, /* three bytes would do */
        {0xFF, 0, 1, 1, 1, 1, 1, 1, 1}, /* seven would */
    };
    for (size_t i = 0; i < KT_COUNT(longer); i++) {
        kt_reader_t r = kt_reader(kt_span(longer[i], sizeof(longer[i])));
        assert_true(kt_get_varint(&r) == 0);
        assert_true(r.failed);
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
        cmocka_unit_test(a_varint_is_as_short_as_its_number),
        cmocka_unit_test(varints_sort_as_their_numbers),
        cmocka_unit_test(only_the_shortest_form_of_a_varint_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
