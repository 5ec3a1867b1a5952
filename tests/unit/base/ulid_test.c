#include "testing.h"

#include <kt/prng.h>
#include <kt/time.h>
#include <kt/ulid.h>

static void
pinned(void **state)
{
    (void)state;
    char text[KT_ULID_CHARS + 1];
    /* The example of the ULID specification: 1469918176385 ms is "01ARYZ6S41". */
    kt_ulid_t id = kt_ulid_make(INT64_C(1469918176385000), 0, 0);
    kt_ulid_format(&id, text);
    assert_string_equal(text, "01ARYZ6S410000000000000000");
    assert_true(kt_ulid_time_us(&id) == INT64_C(1469918176385000));
    id = kt_ulid_make(INT64_MAX, UINT16_MAX, UINT64_MAX);
    kt_ulid_format(&id, text);
    assert_string_equal(text, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    id = kt_ulid_make(-1, 0, 1);
    kt_ulid_format(&id, text);
    assert_string_equal(text, "00000000000000000000000001");
}

static void
round_trip(void **state)
{
    (void)state;
    kt_prng_t prng;
    kt_prng_seed(&prng, 2);
    for (int i = 0; i < 10000; i++) {
        int64_t time_us = (int64_t)kt_prng_below(&prng, UINT64_C(1) << 50) * KT_US_PER_MS / 4;
        kt_ulid_t id = kt_ulid_make(time_us, (uint16_t)kt_prng_next(&prng), kt_prng_next(&prng));
        kt_ulid_t back;
        char text[KT_ULID_CHARS + 1];
        kt_ulid_format(&id, text);
        assert_true(kt_ulid_parse(kt_span_str(text), &back));
        assert_memory_equal(&id, &back, sizeof(id));
        assert_true(kt_ulid_time_us(&id) == time_us / KT_US_PER_MS * KT_US_PER_MS);
        for (char *c = text; *c; c++)
            *c = (char)(*c >= 'A' ? *c + 32 : *c);
        assert_true(kt_ulid_parse(kt_span_str(text), &back));
        assert_memory_equal(&id, &back, sizeof(id));
    }
}

/* In small letters it is a name, and reads as the same id. */
static void
name_is_the_text_in_small_letters(void **state)
{
    kt_ulid_t id = kt_ulid_make(INT64_C(1793610000000000), 0xFACE, UINT64_C(0xFEDCBA9876543210)),
              read;
    char text[KT_ULID_CHARS + 1], name[KT_ULID_CHARS + 1];

    (void)state;
    kt_ulid_format(&id, text);
    kt_ulid_format_name(&id, name);
    assert_int_equal(strcasecmp(text, name), 0);
    for (const char *c = name; *c; c++)
        assert_false(*c >= 'A' && *c <= 'Z');
    assert_true(kt_ulid_parse(kt_span_str(name), &read));
    assert_memory_equal(&read, &id, sizeof(id));
}

static void
text_sorts_as_bytes_do(void **state)
{
    (void)state;
    kt_prng_t prng;
    kt_prng_seed(&prng, 3);
    for (int i = 0; i < 1000; i++) {
        char text[2][KT_ULID_CHARS + 1];
        kt_ulid_t id[2];
        for (int j = 0; j < 2; j++) {
            id[j] = kt_ulid_make((int64_t)kt_prng_below(&prng, 4000), 0, kt_prng_next(&prng));
            kt_ulid_format(&id[j], text[j]);
        }
        int by_text = strcmp(text[0], text[1]);
        int by_bytes = memcmp(&id[0], &id[1], sizeof(id[0]));
        assert_int_equal((by_text > 0) - (by_text < 0), (by_bytes > 0) - (by_bytes < 0));
    }
}

static void
uuid_v7(void **state)
{
    (void)state;
    /* The example of RFC 9562, appendix A.6: 2022-02-22T19:22:22Z. */
    kt_ulid_t id;
    assert_true(kt_ulid_parse(kt_span_str("017F22E2-79B0-7cc3-98c4-dc0c0c07398f"), &id));
    assert_true(kt_ulid_time_us(&id) == INT64_C(1645557742000000));
    assert_int_equal(id.bytes[15], 0x8F);
}

static void
texts_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "01ARYZ6S41000000000000000",   /* 25 */
        "01ARYZ6S4100000000000000000", /* 27 */
        "80000000000000000000000000",  /* 129 bits */
        "01ARYZ6S41000000000000000U",  /* a letter Crockford leaves out */
        "01ARYZ6S41000000000000000I",
        "01ARYZ6S41000000000000000L",
        "01ARYZ6S41000000000000000O",
        "01ARYZ6S41 000000000000000",
        "017F22E2079B0-7CC3-98C4-DC0C0C07398F", /* hyphen missing */
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398G",
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398",
        "017F22E279B07CC398C4DC0C0C07398F",
    };
    kt_ulid_t id = kt_ulid_make(0, 0, 9);
    for (size_t i = 0; i < KT_COUNT(bad); i++)
        assert_false(kt_ulid_parse(kt_span_str(bad[i]), &id));
    assert_false(kt_ulid_parse(kt_span("01ARYZ6S4\0000000000000000000", 26), &id));
    assert_int_equal(id.bytes[15], 9);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pinned),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(name_is_the_text_in_small_letters),
        cmocka_unit_test(text_sorts_as_bytes_do),
        cmocka_unit_test(uuid_v7),
        cmocka_unit_test(texts_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
