#include "arena_fixture.h"

#include <kt/page.h>
#include <kt/prng.h>

#define ROUNDS 2000

static uint64_t
query_of(const char *first, const char *second)
{
    return kt_page_query(kt_page_query(0, kt_span_str(first)), kt_span_str(second));
}

static void
a_place_comes_back_as_it_was(void **state)
{
    (void)state;
    kt_prng_t prng;
    kt_prng_seed(&prng, 11);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        kt_arena_reset(arena);
        uint8_t bytes[KT_PAGE_PLACE_BYTES_MAX];
        size_t size = kt_prng_below(&prng, sizeof bytes + 1);
        for (size_t b = 0; b < size; b++)
            bytes[b] = (uint8_t)kt_prng_next(&prng);
        uint64_t query = kt_prng_next(&prng);
        char *token = kt_page_token(arena, query, kt_span(bytes, size));
        assert_non_null(token);
        assert_true(strlen(token) <= KT_PAGE_TOKEN_CHARS_MAX);
        kt_span_t place;
        assert_true(kt_page_parse(arena, kt_span_str(token), query, &place));
        assert_span_equal(place, kt_span(bytes, size));
    }
}

static void
a_token_of_another_query_is_refused(void **state)
{
    (void)state;
    char *token = kt_page_token(arena, query_of("acme", "assets"), kt_span_str("here"));
    kt_span_t place;
    assert_true(kt_page_parse(arena, kt_span_str(token), query_of("acme", "assets"), &place));
    assert_false(kt_page_parse(arena, kt_span_str(token), query_of("acme", "equity"), &place));
    assert_false(kt_page_parse(arena, kt_span_str(token), query_of("acmea", "ssets"), &place));
}

static void
what_was_made_up_is_refused(void **state)
{
    (void)state;
    static const char *const ROWS[] = {"",  "A",    "AA",  "AQAAAAAAAAA",
                                       "=", "AQ==", "a b", "\xc3\xa4"};
    kt_span_t place;
    for (size_t i = 0; i < KT_COUNT(ROWS); i++)
        assert_false(kt_page_parse(arena, kt_span_str(ROWS[i]), 0, &place));
    /* Version 1, query 0, an empty place; then another version, and bits left over. */
    assert_true(kt_page_parse(arena, kt_span_str("AQAAAAAAAAAA"), 0, &place));
    assert_false(kt_page_parse(arena, kt_span_str("AgAAAAAAAAAA"), 0, &place));
    assert_true(kt_page_parse(arena, kt_span_str("AQAAAAAAAAAAAA"), 0, &place));
    assert_false(kt_page_parse(arena, kt_span_str("AQAAAAAAAAAAAB"), 0, &place));
    assert_false(kt_page_parse(arena, kt_span_str("AQAAAAAAAAAAA"), 0, &place));
    char long_one[KT_PAGE_TOKEN_CHARS_MAX + 2];
    memset(long_one, 'A', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    assert_false(kt_page_parse(arena, kt_span_str(long_one), 0, &place));
}

static void
every_changed_character_is_seen_or_lies_in_the_place(void **state)
{
    (void)state;
    char *token = kt_page_token(arena, query_of("acme", "assets"), kt_span_str("here"));
    size_t head_chars = 12; /* version and query: nine bytes */
    for (size_t i = 0; i < head_chars; i++) {
        char saved = token[i];
        token[i] = saved == 'A' ? 'B' : 'A';
        kt_span_t place;
        assert_false(kt_page_parse(arena, kt_span_str(token), query_of("acme", "assets"), &place));
        token[i] = saved;
    }
}

static void
want_of_memory_is_no_crash(void **state)
{
    (void)state;
    while (kt_arena_alloc(arena, 64))
        ;
    kt_span_t place;
    assert_null(kt_page_token(arena, 0, kt_span_str("here")));
    assert_false(kt_page_parse(arena, kt_span_str("AQAAAAAAAAAA"), 0, &place));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(a_place_comes_back_as_it_was),
        ARENA_TEST(a_token_of_another_query_is_refused),
        ARENA_TEST(what_was_made_up_is_refused),
        ARENA_TEST(every_changed_character_is_seen_or_lies_in_the_place),
        ARENA_TEST(want_of_memory_is_no_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
