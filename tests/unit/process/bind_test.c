/* Texts into messages and out of them: every kind of field, what is refused, and there and back. */
#include "arena_fixture.h"
#include "seed.h"

#include <kt/message.h>
#include <kt/process_bind.h>
#include <sample/v1/types.kt.h>

#define ROUNDS 2000

static void
assert_says(const char *problem, const char *expected)
{
    if (!expected && problem)
        fail_msg("it says '%s'", problem);
    if (expected && (!problem || strcmp(problem, expected) != 0))
        fail_msg("it says '%s' and should say '%s'", problem ? problem : "nothing", expected);
}

static void
assert_text(const ProtobufCMessage *message, const char *path, const char *expected)
{
    kt_span_t text;

    assert_ok(kt_bind_get(arena, message, path, &text));
    if (!kt_span_equal(text, kt_span_str(expected)))
        fail_msg("%s is '%.*s' and should be '%s'", path, (int)text.size, (const char *)text.data,
                 expected);
}

/* ---- scalars ---- */

static void
every_scalar_goes_in_and_out(void **state)
{
    static const struct {
        const char *path, *in, *out; /* OUT NULL: as IN */
    } rows[] = {
        {"a_int32", "2147483647", NULL},
        {"a_int32", "-2147483648", NULL},
        {"a_int32", "007", "7"},
        {"a_int32", "-0", "0"},
        {"a_sint32", "-2147483648", NULL},
        {"a_sfixed32", "2147483647", NULL},
        {"a_uint32", "4294967295", NULL},
        {"a_fixed32", "4294967295", NULL},
        {"a_int64", "9223372036854775807", NULL},
        {"a_int64", "-9223372036854775808", NULL},
        {"a_sint64", "-9223372036854775808", NULL},
        {"a_sfixed64", "9223372036854775807", NULL},
        {"a_uint64", "18446744073709551615", NULL},
        {"a_fixed64", "18446744073709551615", NULL},
        {"a_bool", "true", NULL},
        {"a_bool", "false", NULL},
        {"a_string", "", NULL},
        {"a_string", "Größe, a=b;c", NULL},
        {"a_bytes", "", NULL},
        {"a_bytes", "00ff7a", NULL},
        {"a_colour", "RED", NULL},
        {"a_colour", "COLOUR_UNSPECIFIED", NULL},
    };

    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        smp_scalars_t message = SMP_SCALARS_INIT;
        assert_says(kt_bind_set(arena, &message.base, rows[i].path, kt_span_str(rows[i].in)), NULL);
        assert_text(&message.base, rows[i].path, rows[i].out ? rows[i].out : rows[i].in);
    }
}

static void
what_a_field_cannot_be(void **state)
{
    static const struct {
        const char *path, *text, *said;
    } rows[] = {
        {"a_int32", "2147483648", "a_int32 cannot be '2147483648'"},
        {"a_int32", "-2147483649", "a_int32 cannot be '-2147483649'"},
        {"a_int32", "", "a_int32 cannot be ''"},
        {"a_int32", "-", "a_int32 cannot be '-'"},
        {"a_int32", "+1", "a_int32 cannot be '+1'"},
        {"a_int32", " 1", "a_int32 cannot be ' 1'"},
        {"a_int32", "1 ", "a_int32 cannot be '1 '"},
        {"a_int32", "0x1", "a_int32 cannot be '0x1'"},
        {"a_int32", "1.0", "a_int32 cannot be '1.0'"},
        {"a_sint32", "2147483648", "a_sint32 cannot be '2147483648'"},
        {"a_sfixed32", "x", "a_sfixed32 cannot be 'x'"},
        {"a_uint32", "4294967296", "a_uint32 cannot be '4294967296'"},
        {"a_uint32", "-1", "a_uint32 cannot be '-1'"},
        {"a_fixed32", "4294967296", "a_fixed32 cannot be '4294967296'"},
        {"a_int64", "9223372036854775808", "a_int64 cannot be '9223372036854775808'"},
        {"a_int64", "000000000000000000000001", "a_int64 cannot be '000000000000000000000001'"},
        {"a_sint64", "-9223372036854775809", "a_sint64 cannot be '-9223372036854775809'"},
        {"a_sfixed64", "--1", "a_sfixed64 cannot be '--1'"},
        {"a_uint64", "18446744073709551616", "a_uint64 cannot be '18446744073709551616'"},
        {"a_fixed64", "-1", "a_fixed64 cannot be '-1'"},
        {"a_float", "1", "a_float cannot be '1'"},
        {"a_double", "1", "a_double cannot be '1'"},
        {"a_bool", "True", "a_bool cannot be 'True'"},
        {"a_bool", "1", "a_bool cannot be '1'"},
        {"a_bytes", "0", "a_bytes cannot be '0'"},
        {"a_bytes", "0G", "a_bytes cannot be '0G'"},
        {"a_bytes", "FF", "a_bytes cannot be 'FF'"},
        {"a_colour", "red", "a_colour cannot be 'red'"},
        {"a_colour", "1", "a_colour cannot be '1'"},
        {"a_colour", "R23456789012345678901234567890123456789012345678901234567890123456789",
         "a_colour cannot be 'R23456789012345678901234567890123456789012345678901234567890'"},
        {"a_size", "1", "a_size: no such field"},
        {"", "1", ": no such field"},
        {".a_int32", "1", ".a_int32: no such field"},
        {"a_int32.", "1", "a_int32.: no such field"},
        {"a_string.size", "1", "a_string.size: no such field"},
        {"a23456789012345678901234567890123456789012345678901234567890123456789", "1",
         "a23456789012345678901234567890123456789012345678901234567890123456789: no such field"},
    };

    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        smp_scalars_t message = SMP_SCALARS_INIT;
        assert_says(kt_bind_set(arena, &message.base, rows[i].path, kt_span_str(rows[i].text)),
                    rows[i].said);
    }
}

/* ---- messages inside messages, and one of several ---- */

static void
messages_on_the_way_are_made(void **state)
{
    smp_http_outer_t outer = SMP_HTTP_OUTER_INIT;

    (void)state;
    assert_text(&outer.base, "inner.core.size", "");
    assert_says(kt_bind_set(arena, &outer.base, "inner.core.size", kt_span_str("7")), NULL);
    assert_says(kt_bind_set(arena, &outer.base, "inner.mood", kt_span_str("GOOD")), NULL);
    assert_int_equal(outer.inner->core->size, 7);
    assert_int_equal(outer.inner->mood, SMP_HTTP_OUTER_INNER_MOOD_GOOD);
    assert_text(&outer.base, "inner.core.size", "7");
    assert_text(&outer.base, "inner.mood", "GOOD");
}

static void
one_of_several_is_chosen(void **state)
{
    static const struct {
        const char *path, *text;
        smp_http_outer_choice_case_t chosen;
    } rows[] = {
        {"text", "some text", SMP_HTTP_OUTER_CHOICE_TEXT},
        {"some_core.size", "9", SMP_HTTP_OUTER_CHOICE_SOME_CORE},
        {"flag", "true", SMP_HTTP_OUTER_CHOICE_FLAG},
        {"some_core.size", "10", SMP_HTTP_OUTER_CHOICE_SOME_CORE},
        {"colour", "RED", SMP_HTTP_OUTER_CHOICE_COLOUR},
        {"raw", "abcd", SMP_HTTP_OUTER_CHOICE_RAW},
        {"big", "-1", SMP_HTTP_OUTER_CHOICE_BIG},
    };
    smp_http_outer_t outer = SMP_HTTP_OUTER_INIT;

    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_span_t packed;
        ProtobufCMessage *again;
        assert_says(kt_bind_set(arena, &outer.base, rows[i].path, kt_span_str(rows[i].text)), NULL);
        assert_int_equal(outer.choice_case, rows[i].chosen);
        assert_ok(kt_message_pack(arena, &outer.base, &packed));
        assert_ok(kt_message_unpack(arena, &smp_http_outer_descriptor, packed, &again));
        for (size_t j = 0; j < KT_COUNT(rows); j++)
            if (rows[j].chosen != rows[i].chosen)
                assert_text(again, rows[j].path, "");
        assert_text(again, rows[i].path, rows[i].text);
    }
}

static void
fields_are_found_by_their_paths(void **state)
{
    static const struct {
        const char *path;
        bool found;
    } rows[] = {
        {"inner", true},   {"inner.core", true}, {"inner.core.size", true}, {"inner.size", false},
        {"inner.", false}, {"", false},          {"text.size", false},      {".", false},
    };

    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        assert_int_equal(kt_bind_field(&smp_http_outer_descriptor, rows[i].path) != NULL,
                         rows[i].found);
    assert_non_null(kt_bind_field(&smp_lists_descriptor, "messages"));
    assert_null(kt_bind_field(&smp_lists_descriptor, "messages.a_int32"));
}

/* ---- lists ---- */

static void
lists_of_texts(void **state)
{
    smp_lists_t lists = SMP_LISTS_INIT;

    (void)state;
    assert_says(kt_bind_set(arena, &lists.base, "strings", kt_span_str("a,b b,,c")), NULL);
    assert_int_equal(lists.n_strings, 4);
    assert_string_equal(lists.strings[0], "a");
    assert_string_equal(lists.strings[1], "b b");
    assert_string_equal(lists.strings[2], "");
    assert_string_equal(lists.strings[3], "c");
    assert_says(kt_bind_set(arena, &lists.base, "strings", kt_span_str("only")), NULL);
    assert_int_equal(lists.n_strings, 1);
    assert_says(kt_bind_set(arena, &lists.base, "strings", kt_span_str("")), NULL);
    assert_int_equal(lists.n_strings, 0);
}

static void
lists_of_messages(void **state)
{
    smp_lists_t lists = SMP_LISTS_INIT;

    (void)state;
    assert_says(kt_bind_set(arena, &lists.base, "messages",
                            kt_span_str("a_int32=1,a_string=x=y;;a_colour=RED")),
                NULL);
    assert_int_equal(lists.n_messages, 3);
    assert_int_equal(lists.messages[0]->a_int32, 1);
    assert_string_equal(lists.messages[0]->a_string, "x=y");
    assert_int_equal(lists.messages[1]->a_int32, 0);
    assert_int_equal(lists.messages[2]->a_colour, SMP_COLOUR_RED);
}

static void
lists_that_are_refused(void **state)
{
    static const struct {
        const char *path, *text, *said;
    } rows[] = {
        {"int32s", "1,2", "int32s: no such list can be sent"},
        {"bytes_list", "00", "bytes_list: no such list can be sent"},
        {"colours", "RED", "colours: no such list can be sent"},
        {"messages", "a_size=1", "a_size: no such field"},
        {"messages", "a_int32=1;a_int32=x", "a_int32 cannot be 'x'"},
        {"messages", "=1", ": no such field"},
        {"messages.a_int32", "1", "messages.a_int32: no such field"},
    };

    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        smp_lists_t lists = SMP_LISTS_INIT;
        assert_says(kt_bind_set(arena, &lists.base, rows[i].path, kt_span_str(rows[i].text)),
                    rows[i].said);
    }
}

static void
what_cannot_be_kept(void **state)
{
    smp_lists_t lists = SMP_LISTS_INIT;
    smp_scalars_t scalars = SMP_SCALARS_INIT;
    kt_span_t text;

    (void)state;
    assert_status(kt_bind_get(arena, &lists.base, "strings", &text), KT_INTERNAL, 0);
    assert_status(kt_bind_get(arena, &lists.base, "messages.a_int32", &text), KT_INTERNAL, 0);
    assert_status(kt_bind_get(arena, &scalars.base, "a_size", &text), KT_INTERNAL, 0);
    assert_status(kt_bind_get(arena, &scalars.base, "a_string.size", &text), KT_INTERNAL, 0);
    scalars.a_colour = (smp_colour_t)99; /* of a contract that is newer than this program */
    assert_text(&scalars.base, "a_colour", "99");
}

/* ---- memory ---- */

static void
memory_that_is_out_is_told(void **state)
{
    kt_arena_t *small = kt_arena_new(64, 512);
    smp_http_outer_t outer = SMP_HTTP_OUTER_INIT;
    smp_scalars_t scalars = SMP_SCALARS_INIT;
    static uint8_t bytes[4096];
    kt_span_t text;

    (void)state;
    assert_non_null(small);
    while (kt_arena_alloc(small, 16))
        continue;
    assert_non_null(kt_bind_set(small, &outer.base, "inner.core.size", kt_span_str("7")));
    assert_non_null(kt_bind_set(small, &scalars.base, "a_string", kt_span_str("x")));
    scalars.a_bytes = (ProtobufCBinaryData){.data = bytes, .len = sizeof(bytes)};
    assert_status(kt_bind_get(small, &scalars.base, "a_bytes", &text), KT_RESOURCE_EXHAUSTED, 0);
    kt_arena_destroy(&small);
}

/* ---- there and back ---- */

static void
fill(kt_prng_t *prng, smp_scalars_t *m, char *text, uint8_t *bytes)
{
    size_t size = (size_t)chance(prng, 0, 30);

    *m = (smp_scalars_t)SMP_SCALARS_INIT;
    m->a_int32 = (int32_t)kt_prng_next(prng);
    m->a_sint32 = (int32_t)kt_prng_next(prng) >> chance(prng, 0, 31);
    m->a_sfixed32 = (int32_t)kt_prng_next(prng);
    m->a_uint32 = (uint32_t)kt_prng_next(prng);
    m->a_fixed32 = (uint32_t)kt_prng_next(prng) >> chance(prng, 0, 31);
    m->a_int64 = (int64_t)kt_prng_next(prng) >> chance(prng, 0, 63);
    m->a_sint64 = (int64_t)kt_prng_next(prng);
    m->a_sfixed64 = (int64_t)kt_prng_next(prng);
    m->a_uint64 = kt_prng_next(prng) >> chance(prng, 0, 63);
    m->a_fixed64 = kt_prng_next(prng);
    m->a_bool = chance(prng, 0, 2) != 0;
    m->a_colour = (smp_colour_t)chance(prng, 0, 3);
    for (size_t i = 0; i < size; i++) {
        text[i] = (char)chance(prng, ' ', 127);
        bytes[i] = (uint8_t)kt_prng_next(prng);
    }
    text[size] = '\0';
    m->a_string = text;
    m->a_bytes = (ProtobufCBinaryData){.data = bytes, .len = size};
}

/* Every field's text makes the same field: the encodings are the oracle. */
static void
texts_of_chance_come_back(void **state)
{
    const ProtobufCMessageDescriptor *type = &smp_scalars_descriptor;
    kt_prng_t prng;

    (void)state;
    seed_print(&prng);
    for (unsigned round = 0; round < ROUNDS; round++) {
        char text[32];
        uint8_t bytes[32];
        smp_scalars_t there, back = SMP_SCALARS_INIT;
        kt_span_t packed, again, value;
        fill(&prng, &there, text, bytes);
        for (unsigned i = 0; i < type->n_fields; i++) {
            const ProtobufCFieldDescriptor *field = &type->fields[i];
            if (field->type == PROTOBUF_C_TYPE_FLOAT || field->type == PROTOBUF_C_TYPE_DOUBLE)
                continue;
            assert_ok(kt_bind_get(arena, &there.base, field->name, &value));
            assert_says(kt_bind_set(arena, &back.base, field->name, value), NULL);
        }
        assert_ok(kt_message_pack(arena, &there.base, &packed));
        assert_ok(kt_message_pack(arena, &back.base, &again));
        assert_span_equal(packed, again);
        kt_arena_reset(arena);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(every_scalar_goes_in_and_out),
        ARENA_TEST(what_a_field_cannot_be),
        ARENA_TEST(messages_on_the_way_are_made),
        ARENA_TEST(one_of_several_is_chosen),
        ARENA_TEST(fields_are_found_by_their_paths),
        ARENA_TEST(lists_of_texts),
        ARENA_TEST(lists_of_messages),
        ARENA_TEST(lists_that_are_refused),
        ARENA_TEST(what_cannot_be_kept),
        ARENA_TEST(memory_that_is_out_is_told),
        ARENA_TEST(texts_of_chance_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
