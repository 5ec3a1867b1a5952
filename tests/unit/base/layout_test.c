#include "arena_fixture.h"
#include "seed.h"

#include <kt/layout.h>
#include <kt/prng.h>
#include <kt/time.h>

#define ROUNDS 3000

typedef struct {
    kt_span_t label;
    uint32_t weight;
    kt_span_t keyed;
} line_t;

static const kt_field_t line_fields[] = {
    KT_F_TEXT(line_t, label, 12, 0),
    KT_F_U32(line_t, weight, 0, UINT32_MAX, 0),
    KT_F_NAME(line_t, keyed, 8, KT_KEYED),
};
static const kt_layout_t line_layout = KT_LAYOUT("line", line_t, line_fields);

typedef struct {
    kt_span_t key;
    kt_span_t name, text;
    kt_ulid_t id;
    uint8_t hash[KT_HASH_BYTES];
    bool flag;
    uint32_t kind, count;
    int64_t amount;
    int32_t day;
    kt_list_t lines, names;
    line_t part;
} thing_t;

static const kt_field_t thing_fields[] = {
    KT_F_NAME(thing_t, key, 8, KT_REQUIRED | KT_KEYED),
    KT_F_NAME(thing_t, name, 10, 0),
    KT_F_TEXT(thing_t, text, 20, KT_REQUIRED),
    KT_F_ID(thing_t, id, 0),
    KT_F_HASH(thing_t, hash, 0),
    KT_F_BOOL(thing_t, flag, 0),
    KT_F_ENUM(thing_t, kind, 300, 0),
    KT_F_U32(thing_t, count, 3, 4000000000, 0),
    KT_F_I64(thing_t, amount, -5, INT64_C(1) << 40, 0),
    KT_F_DATE(thing_t, day, 0),
    KT_F_LIST(thing_t, lines, &line_layout, 4, 0),
    KT_F_NAMES(thing_t, names, 6, 3, KT_OUTPUT),
    KT_F_PART(thing_t, part, &line_layout, 0),
};
static const kt_layout_t thing_layout = KT_LAYOUT("thing", thing_t, thing_fields);

/* ---- things of chance ---- */

static kt_span_t
some_name(kt_prng_t *prng, size_t size_min, size_t size_max)
{
    static const char LETTERS[] = "abcxyz0189._-";
    size_t size = size_min + kt_prng_below(prng, size_max - size_min + 1);
    uint8_t *text = (uint8_t *)kt_arena_alloc(arena, size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = (uint8_t)LETTERS[kt_prng_below(prng, i == 0 ? 10 : sizeof LETTERS - 1)];
    return kt_span(text, size);
}

static kt_span_t
some_text(kt_prng_t *prng, size_t size_max)
{
    static const char *const PIECES[] = {"a", "Z", " ", "\n", "\xC3\xA9", "\xE2\x82\xAC", "~"};
    char *text = (char *)kt_arena_zalloc(arena, size_max + 1, 1);
    size_t size = 0;
    for (;;) {
        const char *piece = PIECES[kt_prng_below(prng, KT_COUNT(PIECES))];
        if (kt_prng_below(prng, 8) == 0 || size + strlen(piece) > size_max)
            return kt_span(text, size);
        memcpy(text + size, piece, strlen(piece));
        size += strlen(piece);
    }
}

static line_t
some_line(kt_prng_t *prng)
{
    return (line_t){.label = some_text(prng, 12),
                    .weight = (uint32_t)kt_prng_next(prng),
                    .keyed = some_name(prng, 0, 8)};
}

static thing_t
some_thing(kt_prng_t *prng)
{
    thing_t thing = {
        .name = some_name(prng, 0, 10),
        .text = some_text(prng, 20),
        .flag = kt_prng_below(prng, 2) == 1,
        .kind = (uint32_t)kt_prng_below(prng, 301),
        .count = 3 + (uint32_t)kt_prng_below(prng, UINT64_C(3999999998)),
        .amount = -5 + (int64_t)kt_prng_below(prng, (UINT64_C(1) << 40) + 6),
        .day = kt_prng_below(prng, 4) == 0 ? KT_DATE_NONE
                                           : -700000 + (int32_t)kt_prng_below(prng, 3000000),
        .part = some_line(prng),
    };
    for (size_t i = 0; i < KT_ULID_BYTES; i++)
        thing.id.bytes[i] = (uint8_t)kt_prng_next(prng);
    for (size_t i = 0; i < KT_HASH_BYTES; i++)
        thing.hash[i] = (uint8_t)kt_prng_next(prng);
    thing.lines.count = (uint32_t)kt_prng_below(prng, 5);
    line_t *lines = KT_ARENA_ARRAY(arena, line_t, thing.lines.count + 1);
    thing.lines.items = lines;
    for (uint32_t i = 0; i < thing.lines.count; i++)
        lines[i] = some_line(prng);
    thing.names.count = (uint32_t)kt_prng_below(prng, 4);
    kt_span_t *names = KT_ARENA_ARRAY(arena, kt_span_t, thing.names.count + 1);
    thing.names.items = names;
    for (uint32_t i = 0; i < thing.names.count; i++)
        names[i] = some_name(prng, 1, 6);
    return thing;
}

/* ---- the oracle: the stored form, by hand ---- */

static void
put_line(kt_writer_t *w, const line_t *line)
{
    kt_put_str(w, line->label);
    kt_put_u32(w, line->weight);
    kt_put_str(w, line->keyed);
}

static void
put_thing(kt_writer_t *w, const thing_t *thing)
{
    kt_put_str(w, thing->name);
    kt_put_str(w, thing->text);
    kt_put_bytes(w, thing->id.bytes, 16);
    kt_put_bytes(w, thing->hash, 32);
    kt_put_u8(w, thing->flag ? 1 : 0);
    kt_put_u16(w, (uint16_t)thing->kind);
    kt_put_u32(w, thing->count);
    kt_put_i64(w, thing->amount);
    kt_put_u32(w, thing->day == KT_DATE_NONE ? UINT32_C(0x80000000) : (uint32_t)thing->day);
    kt_put_u16(w, (uint16_t)thing->lines.count);
    for (uint32_t i = 0; i < thing->lines.count; i++)
        put_line(w, &((const line_t *)thing->lines.items)[i]);
    kt_put_u16(w, (uint16_t)thing->names.count);
    for (uint32_t i = 0; i < thing->names.count; i++)
        kt_put_str(w, ((const kt_span_t *)thing->names.items)[i]);
    put_line(w, &thing->part);
}

static void
assert_line_equal(const line_t *a, const line_t *b)
{
    assert_span_equal(a->label, b->label);
    assert_int_equal(a->weight, b->weight);
    assert_span_equal(a->keyed, b->keyed);
}

static void
assert_thing_equal(const thing_t *a, const thing_t *b)
{
    assert_span_equal(a->name, b->name);
    assert_span_equal(a->text, b->text);
    assert_memory_equal(a->id.bytes, b->id.bytes, KT_ULID_BYTES);
    assert_memory_equal(a->hash, b->hash, KT_HASH_BYTES);
    assert_int_equal(a->flag, b->flag);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->count, b->count);
    assert_true(a->amount == b->amount);
    assert_int_equal(a->day, b->day);
    assert_int_equal(a->lines.count, b->lines.count);
    for (uint32_t i = 0; i < a->lines.count; i++)
        assert_line_equal(&((const line_t *)a->lines.items)[i],
                          &((const line_t *)b->lines.items)[i]);
    assert_int_equal(a->names.count, b->names.count);
    for (uint32_t i = 0; i < a->names.count; i++)
        assert_span_equal(((const kt_span_t *)a->names.items)[i],
                          ((const kt_span_t *)b->names.items)[i]);
    assert_line_equal(&a->part, &b->part);
}

static void
a_record_comes_back_as_it_was(void **state)
{
    (void)state;
    kt_prng_t prng;
    seed_print(&prng);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        kt_arena_reset(arena);
        thing_t thing = some_thing(&prng);
        uint8_t bytes[1000], expected[1000];
        kt_writer_t w = kt_writer(bytes, sizeof bytes);
        kt_writer_t oracle = kt_writer(expected, sizeof expected);
        assert_null(kt_layout_wrong(&thing_layout, &thing));
        kt_layout_put(&w, &thing_layout, &thing);
        put_thing(&oracle, &thing);
        assert_false(w.failed);
        assert_span_equal(kt_written(&w), kt_written(&oracle));
        assert_int_equal(kt_layout_size(&thing_layout, &thing), w.size);
        thing_t read = {.key = kt_span_str("kept")};
        assert_true(kt_layout_get(arena, kt_written(&w), &thing_layout, &read));
        assert_thing_equal(&thing, &read);
        assert_span_equal(read.key, kt_span_str("kept"));
        kt_writer_t small = kt_writer(expected, w.size - 1);
        kt_layout_put(&small, &thing_layout, &thing);
        assert_true(small.failed);
    }
}

/* What is read is what would be written again: no bytes are read that put does not write. */
static void
damaged_bytes_are_refused_or_another_record(void **state)
{
    (void)state;
    kt_prng_t prng;
    seed_print(&prng);
    uint32_t refused = 0, taken = 0;
    for (uint32_t round = 0; round < ROUNDS * 10; round++) {
        kt_arena_reset(arena);
        thing_t thing = some_thing(&prng), read = {0};
        uint8_t bytes[1000], again[1000];
        kt_writer_t w = kt_writer(bytes, sizeof bytes);
        kt_layout_put(&w, &thing_layout, &thing);
        bytes[kt_prng_below(&prng, w.size)] ^= (uint8_t)(1u << kt_prng_below(&prng, 8));
        if (!kt_layout_get(arena, kt_span(bytes, w.size), &thing_layout, &read)) {
            refused++;
            continue;
        }
        taken++;
        kt_writer_t second = kt_writer(again, sizeof again);
        kt_layout_put(&second, &thing_layout, &read);
        assert_span_equal(kt_written(&second), kt_span(bytes, w.size));
    }
    assert_true(refused > 0 && taken > 0);
}

static void
what_is_cut_or_too_long_is_refused(void **state)
{
    (void)state;
    kt_prng_t prng;
    kt_prng_seed(&prng, 5);
    thing_t thing = some_thing(&prng), read;
    uint8_t bytes[1000];
    kt_writer_t w = kt_writer(bytes, sizeof bytes);
    kt_layout_put(&w, &thing_layout, &thing);
    for (size_t size = 0; size < w.size; size++)
        assert_false(kt_layout_get(arena, kt_span(bytes, size), &thing_layout, &read));
    bytes[w.size] = 0;
    assert_false(kt_layout_get(arena, kt_span(bytes, w.size + 1), &thing_layout, &read));
}

/* ---- each limit ---- */

static kt_span_t wide_names[4];
static line_t many_lines[5];

static void
set_line_label(thing_t *t)
{
    static line_t lines[1];
    lines[0].label = kt_span_str("thirteen long");
    t->lines = (kt_list_t){lines, 1};
}

static void
set_lines(thing_t *t)
{
    t->lines = (kt_list_t){many_lines, 5};
}

static void
set_names(thing_t *t)
{
    for (uint32_t i = 0; i < 4; i++)
        wide_names[i] = kt_span_str("n");
    t->names = (kt_list_t){wide_names, 4};
}

static void
set_long_name(thing_t *t)
{
    wide_names[0] = kt_span_str("seven-7");
    t->names = (kt_list_t){wide_names, 1};
}

static void
set_empty_name(thing_t *t)
{
    wide_names[0] = kt_span_str("");
    t->names = (kt_list_t){wide_names, 1};
}

#define SETTER(name, statement)                                                                    \
    static void name(thing_t *t)                                                                   \
    {                                                                                              \
        statement;                                                                                 \
    }
SETTER(set_name_long, t->name = kt_span_str("eleven-long"))
SETTER(set_name_upper, t->name = kt_span_str("aB"))
SETTER(set_name_first, t->name = kt_span_str("-a"))
SETTER(set_text_long, t->text = kt_span_str("twenty-one bytes long"))
SETTER(set_text_control, t->text = kt_span_str("a\tb"))
SETTER(set_text_c1, t->text = kt_span_str("a\xC2\x85"))
SETTER(set_text_delete, t->text = kt_span_str("a\x7F"))
SETTER(set_text_utf8, t->text = kt_span_str("a\xFF"))
SETTER(set_kind, t->kind = 301)
SETTER(set_count_low, t->count = 2)
SETTER(set_count_high, t->count = 4000000001)
SETTER(set_amount_low, t->amount = -6)
SETTER(set_amount_high, t->amount = (INT64_C(1) << 40) + 1)
SETTER(set_day_early, t->day = -719163)
SETTER(set_day_late, t->day = 2932897)
SETTER(set_part_label, t->part.label = kt_span_str("thirteen long"))

static void
a_record_past_its_limits_is_wrong_and_is_not_read(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        void (*set)(thing_t *thing);
    } ROWS[] = {
        {"name", set_name_long},     {"name", set_name_upper},   {"name", set_name_first},
        {"text", set_text_long},     {"text", set_text_control}, {"text", set_text_c1},
        {"text", set_text_delete},   {"text", set_text_utf8},    {"kind", set_kind},
        {"count", set_count_low},    {"count", set_count_high},  {"amount", set_amount_low},
        {"amount", set_amount_high}, {"day", set_day_early},     {"day", set_day_late},
        {"label", set_line_label},   {"label", set_part_label},  {"lines", set_lines},
        {"names", set_names},        {"names", set_long_name},   {"names", set_empty_name},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        thing_t thing = {.count = 3, .day = KT_DATE_NONE}, read;
        uint8_t bytes[1000];
        assert_null(kt_layout_wrong(&thing_layout, &thing));
        ROWS[i].set(&thing);
        const char *wrong = kt_layout_wrong(&thing_layout, &thing);
        assert_non_null(wrong);
        assert_string_equal(wrong, ROWS[i].field);
        kt_writer_t w = kt_writer(bytes, sizeof bytes);
        kt_layout_put(&w, &thing_layout, &thing);
        assert_false(w.failed);
        assert_false(kt_layout_get(arena, kt_written(&w), &thing_layout, &read));
    }
}

static void
an_empty_record_has_no_date(void **state)
{
    (void)state;
    typedef struct {
        int32_t day;
        thing_t thing;
    } outer_t;
    static const kt_field_t fields[] = {KT_F_DATE(outer_t, day, 0),
                                        KT_F_PART(outer_t, thing, &thing_layout, 0)};
    static const kt_layout_t layout = KT_LAYOUT("outer", outer_t, fields);
    outer_t record;
    memset(&record, 0xA5, sizeof record);
    kt_layout_clear(&layout, &record);
    assert_int_equal(record.day, KT_DATE_NONE);
    assert_int_equal(record.thing.day, KT_DATE_NONE);
    assert_int_equal(record.thing.amount, 0);
    assert_int_equal(record.thing.lines.count, 0);
}

static void
the_first_and_the_last_day_are_kept(void **state)
{
    (void)state;
    static const kt_date_t DAYS[] = {{KT_YEAR_MIN, 1, 1}, {KT_YEAR_MAX, 12, 31}};
    for (size_t i = 0; i < KT_COUNT(DAYS); i++) {
        thing_t thing = {.count = 3, .day = kt_days_from_date(DAYS[i])};
        assert_null(kt_layout_wrong(&thing_layout, &thing));
    }
}

static void
an_arena_used_up_reads_nothing(void **state)
{
    (void)state;
    kt_prng_t prng;
    kt_prng_seed(&prng, 9);
    thing_t thing = some_thing(&prng), read;
    thing.lines.count = 4;
    thing.lines.items = many_lines;
    uint8_t bytes[1000];
    kt_writer_t w = kt_writer(bytes, sizeof bytes);
    kt_layout_put(&w, &thing_layout, &thing);
    for (size_t limit = 16; limit < 4096; limit += 64) {
        kt_arena_t *small = kt_arena_new(16, limit);
        assert_non_null(small);
        bool fits = kt_layout_get(small, kt_written(&w), &thing_layout, &read);
        assert_true(fits != kt_arena_exhausted(small));
        kt_arena_destroy(&small);
    }
    assert_true(kt_layout_get(arena, kt_written(&w), &thing_layout, &read));
}

static void
names_and_texts_say_what_is_wrong(void **state)
{
    (void)state;
    assert_null(kt_wrong_name(kt_span_str("a"), 1));
    assert_null(kt_wrong_name(kt_span_str("0-a_b.c"), 63));
    assert_string_equal(kt_wrong_name(kt_span_str(""), 63), "is missing");
    assert_string_equal(kt_wrong_name(kt_span_str("abc"), 2), "is too long");
    assert_string_equal(kt_wrong_name(kt_span_str(".a"), 63),
                        "does not begin with a letter of a-z or a digit");
    assert_string_equal(kt_wrong_name(kt_span_str("a b"), 63),
                        "has other characters than a-z, 0-9, '.', '_' and '-'");
    assert_null(kt_wrong_text(kt_span(NULL, 0), 0));
    assert_null(kt_wrong_text(kt_span_str("two\r\nlines"), 63));
    assert_null(kt_wrong_text(kt_span_str("\xC2\xA0"), 63));
    assert_string_equal(kt_wrong_text(kt_span_str("abc"), 2), "is too long");
    assert_string_equal(kt_wrong_text(kt_span_str("\xC2"), 63), "is not UTF-8");
    assert_string_equal(kt_wrong_text(kt_span_str("\x1B"), 63), "has control characters");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(a_record_comes_back_as_it_was),
        ARENA_TEST(damaged_bytes_are_refused_or_another_record),
        ARENA_TEST(what_is_cut_or_too_long_is_refused),
        ARENA_TEST(a_record_past_its_limits_is_wrong_and_is_not_read),
        ARENA_TEST(an_empty_record_has_no_date),
        ARENA_TEST(the_first_and_the_last_day_are_kept),
        ARENA_TEST(an_arena_used_up_reads_nothing),
        ARENA_TEST(names_and_texts_say_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
