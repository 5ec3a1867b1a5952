#include "testing.h"

static void
order_is_memcmp_with_prefixes_first(void **state)
{
    (void)state;
    static const char *const ascending[] = {"", "a", "aa", "ab", "b", "b\x80", "\xff"};
    for (size_t i = 0; i < KT_COUNT(ascending); i++) {
        for (size_t j = 0; j < KT_COUNT(ascending); j++) {
            kt_span_t a = kt_span_str(ascending[i]), b = kt_span_str(ascending[j]);
            int order = kt_span_compare(a, b);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(kt_span_equal(a, b), i == j);
        }
    }
}

static void
prefixes(void **state)
{
    (void)state;
    assert_true(kt_span_starts_with(kt_span_str("abc"), kt_span_str("ab")));
    assert_true(kt_span_starts_with(kt_span_str("abc"), kt_span(NULL, 0)));
    assert_true(kt_span_starts_with(kt_span(NULL, 0), kt_span(NULL, 0)));
    assert_false(kt_span_starts_with(kt_span_str("ab"), kt_span_str("abc")));
    assert_false(kt_span_starts_with(kt_span_str("abc"), kt_span_str("b")));
    assert_int_equal(kt_span_str(NULL).size, 0);
}

#define BYTES(text)                                                                                \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

static void
utf8_rows(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
    } good[] =
        {
            BYTES(""),
            BYTES("plain"),
            BYTES("eight by"),
            BYTES("more than eight bytes of it"),
            BYTES("\xC2\x80"),
            BYTES("\xDF\xBF"),
            BYTES("\xE0\xA0\x80"),
            BYTES("\xED\x9F\xBF"),
            BYTES("\xEE\x80\x80"),
            BYTES("\xEF\xBF\xBF"),
            BYTES("\xF0\x90\x80\x80"),
            BYTES("\xF4\x8F\xBF\xBF"),
            BYTES("12345678\xC3\xA4"),
            BYTES("1234567\xC3\xA4"),
        },
      bad[] = {
          BYTES("\0"),               /* NUL */
          BYTES("1234567\0"),        /* NUL inside a word */
          BYTES("\x80"),             /* a continuation alone */
          BYTES("\xC0\xAF"),         /* overlong slash */
          BYTES("\xC1\xBF"),         /* overlong */
          BYTES("\xE0\x9F\xBF"),     /* overlong */
          BYTES("\xF0\x8F\xBF\xBF"), /* overlong */
          BYTES("\xED\xA0\x80"),     /* surrogate */
          BYTES("\xED\xBF\xBF"),     /* surrogate */
          BYTES("\xF4\x90\x80\x80"), /* past U+10FFFF */
          BYTES("\xF5\x80\x80\x80"), /* no such lead */
          BYTES("\xFF"),             /* no such byte */
          BYTES("\xC3"),             /* cut */
          BYTES("\xE2\x82"),         /* cut */
          BYTES("\xF0\x9F\x98"),     /* cut */
          BYTES("\xE2\x28\xA1"),     /* second byte is none */
          BYTES("\xF0\x9F\x28\x80"), /* third byte is none */
          BYTES("12345678\xC3"),
      };
    for (size_t i = 0; i < KT_COUNT(good); i++)
        assert_true(kt_utf8_valid(kt_span(good[i].text, good[i].size)));
    for (size_t i = 0; i < KT_COUNT(bad); i++)
        assert_false(kt_utf8_valid(kt_span(bad[i].text, bad[i].size)));
}

/* Every code point, written by the definition of UTF-8: valid but for NUL and the surrogates. */
static void
utf8_every_code_point(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        uint8_t text[4];
        size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        static const uint8_t lead[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
        for (size_t i = size; i-- > 1;)
            text[i] = (uint8_t)(0x80 | (c >> (6 * (size - 1 - i)) & 0x3F));
        text[0] = (uint8_t)(lead[size] | c >> (6 * (size - 1)));
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        if (kt_utf8_valid(kt_span(text, size)) != (c != 0 && !surrogate))
            fail_msg("U+%04X", (unsigned)c);
    }
}

/* Plain text is looked at a word at a time: what is not plain must be seen at every place of every
 * length. */
static void
utf8_at_every_place(void **state)
{
    enum { LENGTH_MAX = 40 };
    char text[LENGTH_MAX + 2];
    (void)state;
    for (size_t length = 1; length <= LENGTH_MAX; length++) {
        for (size_t at = 0; at < length; at++) {
            memset(text, 'a', sizeof(text));
            assert_true(kt_utf8_valid(kt_span(text, length)));
            text[at] = '\xC3';
            assert_false(kt_utf8_valid(kt_span(text, length)));
            text[at + 1] = '\xA4';
            assert_int_equal(kt_utf8_valid(kt_span(text, length)), at + 1 < length);
            text[at] = '\0';
            text[at + 1] = 'a';
            assert_false(kt_utf8_valid(kt_span(text, length)));
        }
    }
}

/* The published vectors of FNV-1a: http://www.isthe.com/chongo/src/fnv/test_fnv.c */
static void
hash_rows(void **state)
{
    (void)state;
    assert_true(kt_span_hash(KT_HASH_BEGIN, kt_span_str("")) == UINT64_C(0xcbf29ce484222325));
    assert_true(kt_span_hash(KT_HASH_BEGIN, kt_span_str("a")) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(kt_span_hash(KT_HASH_BEGIN, kt_span_str("foobar")) == UINT64_C(0x85944171f73967e8));
    assert_true(kt_span_hash(kt_span_hash(KT_HASH_BEGIN, kt_span_str("foo")), kt_span_str("bar")) ==
                UINT64_C(0x85944171f73967e8));
}

static void
utf8_is_cut_between_characters(void **state)
{
    static const struct {
        const char *text;
        size_t max, left;
    } rows[] = {
        {"", 0, 0},         {"abc", 3, 3},      {"abc", 2, 2},           {"abc", 0, 0},
        {"\xC3\xA4", 1, 0}, {"\xC3\xA4", 2, 2}, {"a\xE2\x82\xAC", 3, 1}, {"\xF0\x9F\x98\x80", 3, 0},
    };
    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_span_t cut = kt_utf8_cut(kt_span_str(rows[i].text), rows[i].max);
        assert_int_equal(cut.size, rows[i].left);
    }
}

static void
words_are_added_while_they_fit(void **state)
{
    (void)state;
    char text[9] = "";
    kt_words_add(text, sizeof(text), "ab");
    assert_string_equal(text, "ab");
    kt_words_add(text, sizeof(text), "cde");
    assert_string_equal(text, "ab cde");
    kt_words_add(text, sizeof(text), "fg");
    assert_string_equal(text, "ab cde");
    kt_words_add(text, sizeof(text), "h");
    assert_string_equal(text, "ab cde h");
    kt_words_add(text, sizeof(text), "");
    assert_string_equal(text, "ab cde h");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_memcmp_with_prefixes_first),
        cmocka_unit_test(prefixes),
        cmocka_unit_test(hash_rows),
        cmocka_unit_test(utf8_rows),
        cmocka_unit_test(utf8_every_code_point),
        cmocka_unit_test(utf8_at_every_place),
        cmocka_unit_test(utf8_is_cut_between_characters),
        cmocka_unit_test(words_are_added_while_they_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
