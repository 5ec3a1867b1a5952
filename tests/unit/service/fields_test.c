/* Messages to records and back: each type, each refusal with the path of its field, and messages of
 * chance against ones made by hand. */
#include "arena_fixture.h"
#include "seed.h"
#include "shelf.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/fields.h>
#include <kt/message.h>
#include <kt/prng.h>
#include <kt/time.h>

#define ROUNDS 2000

static kt_call_t call;

static void
begin(void)
{
    kt_arena_reset(arena);
    kt_call_init(&call, arena, NULL, "ann", 0);
}

/* ---- the round trip ---- */

static char *
text_of(kt_prng_t *prng, const char *letters, size_t size_min, size_t size_max)
{
    size_t size = size_min + kt_prng_below(prng, size_max - size_min + 1);
    char *text = (char *)kt_arena_zalloc(arena, size + 1, 1);
    for (size_t i = 0; i < size; i++)
        text[i] = letters[kt_prng_below(prng, strlen(letters))];
    return text;
}

static char *
day_of(kt_prng_t *prng, int32_t *days)
{
    char text[11] = "";
    *days = KT_DATE_NONE;
    if (kt_prng_below(prng, 3) > 0) {
        *days = (int32_t)kt_prng_below(prng, 2900000);
        kt_date_format(kt_date_from_days(*days), text);
    }
    return kt_arena_strdup(arena, text);
}

static void
some_line(kt_prng_t *prng, shelf_line_t *line, shelf_line_record_t *record)
{
    *line = (shelf_line_t)SHELF_LINE_INIT;
    line->label = text_of(prng, "ab \n~", 1, 10);
    line->weight = (uint32_t)kt_prng_below(prng, 1001);
    line->day = day_of(prng, &record->day);
    record->label = kt_span_str(line->label);
    record->weight = line->weight;
}

static void
some_lists(kt_prng_t *prng, shelf_box_t *box, shelf_box_record_t *record)
{
    box->n_lines = kt_prng_below(prng, 4);
    box->lines = KT_ARENA_ARRAY(arena, shelf_line_t *, box->n_lines + 1);
    shelf_line_record_t *lines = KT_ARENA_ARRAY(arena, shelf_line_record_t, box->n_lines + 1);
    for (size_t i = 0; i < box->n_lines; i++) {
        box->lines[i] = KT_ARENA_NEW(arena, shelf_line_t);
        some_line(prng, box->lines[i], &lines[i]);
    }
    record->lines = (kt_list_t){lines, (uint32_t)box->n_lines};
    box->n_names = kt_prng_below(prng, 4);
    box->names = KT_ARENA_ARRAY(arena, char *, box->n_names + 1);
    kt_span_t *names = KT_ARENA_ARRAY(arena, kt_span_t, box->n_names + 1);
    for (size_t i = 0; i < box->n_names; i++) {
        box->names[i] = text_of(prng, "abc09", 1, 8);
        names[i] = kt_span_str(box->names[i]);
    }
    record->names = (kt_list_t){names, (uint32_t)box->n_names};
}

/* One and the same as a message and as a record. */
static void
some_box(kt_prng_t *prng, shelf_box_t *box, shelf_box_record_t *record)
{
    *box = (shelf_box_t)SHELF_BOX_INIT;
    *record = (shelf_box_record_t){0};
    box->box = text_of(prng, "abcxyz019", 1, 63);
    box->text = text_of(prng, "aZ \n~", 0, 60);
    record->box = kt_span_str(box->box);
    record->text = kt_span_str(box->text);
    if (kt_prng_below(prng, 2)) {
        char text[KT_ULID_CHARS + 1];
        record->id = kt_ulid_make((int64_t)kt_prng_below(prng, INT64_C(1) << 50), 1, 2);
        kt_ulid_format(&record->id, text);
        box->id = kt_arena_strdup(arena, text);
    }
    if (kt_prng_below(prng, 2)) {
        for (size_t i = 0; i < KT_HASH_BYTES; i++)
            record->hash[i] = (uint8_t)kt_prng_next(prng);
        box->hash = (ProtobufCBinaryData){.len = KT_HASH_BYTES, .data = record->hash};
    }
    record->flag = kt_prng_below(prng, 2) == 1;
    box->flag = record->flag;
    record->colour = box->colour = (shelf_colour_t)kt_prng_below(prng, 3);
    record->count = box->count = (uint32_t)kt_prng_next(prng);
    box->small = (int32_t)kt_prng_below(prng, 101);
    record->small = (uint32_t)box->small;
    record->amount = box->amount = -10 + (int64_t)kt_prng_below(prng, 1000000);
    box->large = kt_prng_next(prng) >> 1;
    record->large = (int64_t)box->large;
    record->delta = box->delta = (int64_t)kt_prng_next(prng);
    box->day = day_of(prng, &record->day);
    some_lists(prng, box, record);
    box->part = KT_ARENA_NEW(arena, shelf_line_t);
    some_line(prng, box->part, &record->part);
    if (kt_prng_below(prng, 2)) {
        record->maybe = box->maybe = 1 + (int64_t)kt_prng_below(prng, 100);
        box->maybe_given_case = SHELF__V1__BOX__MAYBE_GIVEN_MAYBE;
    }
}

static kt_span_t
packed(const ProtobufCMessage *message)
{
    kt_span_t bytes;
    assert_ok(kt_message_pack(arena, message, &bytes));
    return bytes;
}

static kt_span_t
stored(const shelf_box_record_t *record)
{
    uint8_t *bytes = (uint8_t *)kt_arena_alloc(arena, 4096);
    kt_writer_t w = kt_writer(bytes, 4096);
    kt_layout_put(&w, &shelf_box_layout, record);
    assert_false(w.failed);
    return kt_written(&w);
}

static void
messages_and_records_say_the_same(void **state)
{
    (void)state;
    kt_prng_t prng;
    seed_print(&prng);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        begin();
        shelf_box_t box, told = SHELF_BOX_INIT;
        shelf_box_record_t record, read = {0};
        some_box(&prng, &box, &record);
        kt_span_t bytes = packed(&box.base);
        ProtobufCMessage *message;
        assert_ok(kt_message_unpack(arena, &shelf_box_descriptor, bytes, &message));
        assert_ok(kt_fields_from_pb(&call, &shelf_box_layout, message, "", &read));
        assert_span_equal(read.box, record.box);
        assert_span_equal(stored(&read), stored(&record));
        assert_ok(kt_fields_to_pb(&call, &shelf_box_layout, &record, &told.base));
        assert_span_equal(packed(&told.base), bytes);
    }
}

/* ---- what one side has alone ---- */

static void
what_only_one_has_is_left_alone(void **state)
{
    (void)state;
    begin();
    shelf_box_t box = SHELF_BOX_INIT, told = SHELF_BOX_INIT;
    shelf_box_record_t record = {
        .of_the_record_only = 5, .made_us = 6, .state = 2, .part = {.weight = 7}};
    box.box = (char *)(uintptr_t) "b";
    box.made_us = 99;
    box.state = SHELF_STATE_SHUT;
    box.of_the_message_only = (char *)(uintptr_t) "x";
    assert_ok(kt_fields_from_pb(&call, &shelf_box_layout, &box.base, "", &record));
    assert_true(record.of_the_record_only == 5);
    assert_true(record.made_us == 6);  /* OUTPUT */
    assert_int_equal(record.state, 2); /* the same */
    assert_int_equal(record.day, KT_DATE_NONE);
    assert_int_equal(record.part.day, KT_DATE_NONE); /* of a part that is not there */
    assert_int_equal(record.part.weight, 0);
    assert_ok(kt_fields_to_pb(&call, &shelf_box_layout, &record, &told.base));
    assert_true(told.made_us == 6);
    assert_int_equal(told.state, SHELF_STATE_OPEN);
    assert_string_equal(told.of_the_message_only, "");
    assert_string_equal(told.day, "");
    assert_string_equal(told.id, "");
    assert_int_equal(told.hash.len, 0);
    assert_int_equal(told.maybe_given_case, SHELF__V1__BOX__MAYBE_GIVEN__NOT_SET);
}

/* ---- refusals ---- */

static const kt_field_t strict_fields[] = {
    KT_F_NAME(shelf_box_record_t, box, 63, KT_REQUIRED | KT_KEYED),
    KT_F_TEXT(shelf_box_record_t, text, 20, KT_REQUIRED),
    KT_F_ID(shelf_box_record_t, id, KT_REQUIRED),
    KT_F_HASH(shelf_box_record_t, hash, KT_REQUIRED),
    KT_F_BOOL(shelf_box_record_t, flag, KT_REQUIRED),
    KT_F_ENUM(shelf_box_record_t, colour, SHELF_COLOUR_BLUE, KT_REQUIRED),
    KT_F_U32(shelf_box_record_t, count, 0, UINT32_MAX, KT_REQUIRED),
    KT_F_U32(shelf_box_record_t, small, 3, 100, KT_REQUIRED),
    KT_F_I64(shelf_box_record_t, amount, -10, 50, KT_REQUIRED),
    KT_F_I64(shelf_box_record_t, large, 0, INT64_MAX, KT_REQUIRED),
    KT_F_DATE(shelf_box_record_t, day, KT_REQUIRED),
    KT_F_LIST(shelf_box_record_t, lines, &shelf_line_layout, 3, KT_REQUIRED),
    KT_F_NAMES(shelf_box_record_t, names, 8, 3, KT_REQUIRED),
    KT_F_PART(shelf_box_record_t, part, &shelf_line_layout, KT_REQUIRED),
    KT_F_I64(shelf_box_record_t, maybe, 0, 100, KT_REQUIRED),
};
static const kt_layout_t strict_layout = KT_LAYOUT("strict", shelf_box_record_t, strict_fields);

static shelf_line_t lines[4];
static shelf_line_t *lines_list[4];
static char *names_list[4];
static uint8_t hash[KT_HASH_BYTES + 1];
static char LABEL[] = "label", DAY[] = "2026-11-28", ID[] = "01KB3Z7J8Q9R0S1T2V3W4X5Y6Z";
static char NAME[] = "name";

static void
fill_strict(shelf_box_t *box)
{
    *box = (shelf_box_t)SHELF_BOX_INIT;
    memset(hash, 1, sizeof hash);
    for (size_t i = 0; i < 4; i++) {
        lines[i] = (shelf_line_t)SHELF_LINE_INIT;
        lines[i].label = LABEL;
        lines_list[i] = &lines[i];
        names_list[i] = NAME;
    }
    box->box = NAME;
    box->text = LABEL;
    box->id = ID;
    box->hash = (ProtobufCBinaryData){.len = KT_HASH_BYTES, .data = hash};
    box->flag = true;
    box->colour = SHELF_COLOUR_RED;
    box->count = 1;
    box->small = 3;
    box->amount = -10;
    box->large = 1;
    box->day = DAY;
    box->lines = lines_list;
    box->n_lines = 3;
    box->names = names_list;
    box->n_names = 3;
    box->part = &lines[3];
    box->maybe = 1;
    box->maybe_given_case = SHELF__V1__BOX__MAYBE_GIVEN_MAYBE;
}

#define TEXT(literal) ((char *)(uintptr_t)(literal))
#define SETTER(name, statement)                                                                    \
    static void name(KT_UNUSED shelf_box_t *b)                                                     \
    {                                                                                              \
        statement;                                                                                 \
    }
SETTER(no_box, b->box = TEXT(""))
SETTER(long_box, memset(b->box = (char *)kt_arena_zalloc(arena, 65, 1), 'x', 64))
SETTER(upper_box, b->box = TEXT("aB"))
SETTER(dash_box, b->box = TEXT("-a"))
SETTER(no_text, b->text = TEXT(""))
SETTER(long_text, b->text = TEXT("twenty-one bytes long"))
SETTER(control_text, b->text = TEXT("a\tb"))
SETTER(no_id, b->id = TEXT(""))
SETTER(zero_id, b->id = TEXT("00000000000000000000000000"))
SETTER(wrong_id, b->id = TEXT("01KB3Z7J8Q9R0S1T2V3W4X5Y6"))
SETTER(no_hash, b->hash.len = 0)
SETTER(short_hash, b->hash.len = KT_HASH_BYTES - 1)
SETTER(long_hash, b->hash.len = KT_HASH_BYTES + 1)
SETTER(zero_hash, memset(hash, 0, sizeof hash))
SETTER(no_flag, b->flag = false)
SETTER(no_colour, b->colour = SHELF_COLOUR_UNSPECIFIED)
SETTER(other_colour, *(int *)(void *)&b->colour = 3)
SETTER(negative_colour, *(int *)(void *)&b->colour = -1)
SETTER(no_count, b->count = 0)
SETTER(no_small, b->small = 0)
SETTER(low_small, b->small = 2)
SETTER(negative_small, b->small = -1)
SETTER(high_small, b->small = 101)
SETTER(low_amount, b->amount = -11)
SETTER(high_amount, b->amount = 51)
SETTER(no_large, b->large = 0)
SETTER(high_large, b->large = UINT64_C(1) << 63)
SETTER(no_day, b->day = TEXT(""))
SETTER(wrong_day, b->day = TEXT("2026-02-29"))
SETTER(no_lines, b->n_lines = 0)
SETTER(many_lines, b->n_lines = 4)
SETTER(line_label, lines[2].label = TEXT(""))
SETTER(line_weight, lines[1].weight = 1001)
SETTER(line_day, lines[0].day = TEXT("tomorrow"))
SETTER(no_names, b->n_names = 0)
SETTER(many_names, b->n_names = 4)
SETTER(empty_name, names_list[1] = TEXT(""))
SETTER(long_name, names_list[2] = TEXT("nine-long"))
SETTER(wrong_name, names_list[0] = TEXT("a b"))
SETTER(no_part, b->part = NULL)
SETTER(part_label, lines[3].label = TEXT("eleven-long"))
SETTER(no_maybe, b->maybe_given_case = SHELF__V1__BOX__MAYBE_GIVEN__NOT_SET)
SETTER(high_maybe, b->maybe = 101)

static const struct {
    void (*set)(shelf_box_t *box);
    const char *field, *text;
} REFUSALS[] = {
    {no_box, "box.box", "is missing"},
    {long_box, "box.box", "has more than 63 bytes"},
    {upper_box, "box.box", "has other characters than a-z, 0-9, '.', '_' and '-'"},
    {dash_box, "box.box", "does not begin with a letter of a-z or a digit"},
    {no_text, "box.text", "is missing"},
    {long_text, "box.text", "has more than 20 bytes"},
    {control_text, "box.text", "has control characters"},
    {no_id, "box.id", "is missing"},
    {zero_id, "box.id", "is missing"},
    {wrong_id, "box.id", "is no id as it was given: 26 characters"},
    {no_hash, "box.hash", "is missing"},
    {short_hash, "box.hash", "is not 32 bytes"},
    {long_hash, "box.hash", "is not 32 bytes"},
    {zero_hash, "box.hash", "is missing"},
    {no_flag, "box.flag", "is missing"},
    {no_colour, "box.colour", "is missing"},
    {other_colour, "box.colour", "has no such value"},
    {negative_colour, "box.colour", "has no such value"},
    {no_count, "box.count", "is missing"},
    {no_small, "box.small", "is missing"},
    {low_small, "box.small", "is not 3 to 100"},
    {negative_small, "box.small", "is not 3 to 100"},
    {high_small, "box.small", "is not 3 to 100"},
    {low_amount, "box.amount", "is not -10 to 50"},
    {high_amount, "box.amount", "is not -10 to 50"},
    {no_large, "box.large", "is missing"},
    {high_large, "box.large", "is not 0 to 9223372036854775807"},
    {no_day, "box.day", "is missing"},
    {wrong_day, "box.day", "is no date such as 2026-11-28"},
    {no_lines, "box.lines", "is missing"},
    {many_lines, "box.lines", "has more than 3 items"},
    {line_label, "box.lines[2].label", "is missing"},
    {line_weight, "box.lines[1].weight", "is not 0 to 1000"},
    {line_day, "box.lines[0].day", "is no date such as 2026-11-28"},
    {no_names, "box.names", "is missing"},
    {many_names, "box.names", "has more than 3 items"},
    {empty_name, "box.names[1]", "is missing"},
    {long_name, "box.names[2]", "has more than 8 bytes"},
    {wrong_name, "box.names[0]", "has other characters than a-z, 0-9, '.', '_' and '-'"},
    {no_part, "box.part", "is missing"},
    {part_label, "box.part.label", "has more than 10 bytes"},
    {no_maybe, "box.maybe", "is missing"},
    {high_maybe, "box.maybe", "is not 0 to 100"},
};

static void
each_refusal_names_its_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(REFUSALS); i++) {
        begin();
        shelf_box_t box;
        shelf_box_record_t record = {0};
        fill_strict(&box);
        assert_ok(kt_fields_from_pb(&call, &strict_layout, &box.base, "box.", &record));
        REFUSALS[i].set(&box);
        assert_status(kt_fields_from_pb(&call, &strict_layout, &box.base, "box.", &record),
                      KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
        assert_int_equal(call.violations_count, 1);
        assert_string_equal(call.violations[0].field, REFUSALS[i].field);
        assert_string_equal(call.violations[0].description, REFUSALS[i].text);
    }
}

static void
a_request_without_its_part_is_refused(void **state)
{
    (void)state;
    begin();
    shelf_box_record_t record = {0};
    kt_status_t status = kt_fields_from_pb(&call, &strict_layout, NULL, "box.", &record);
    assert_status(status, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_string_equal(status.text, "box: is missing");
}

/* An arena of every size is enough, or says that it is not. */
static void
an_arena_used_up_is_told(void **state)
{
    (void)state;
    uint32_t out = 0;
    for (size_t limit = 16; limit < 8192; limit += 16) {
        kt_arena_t *small = kt_arena_new(16, limit);
        assert_non_null(small);
        shelf_box_t box, told = SHELF_BOX_INIT;
        shelf_box_record_t record = {0};
        shelf_box_t **many = NULL;
        size_t n;
        fill_strict(&box);
        kt_call_init(&call, small, NULL, "ann", 0);
        kt_status_t status = kt_fields_from_pb(&call, &strict_layout, &box.base, "", &record);
        if (!kt_failed(status))
            status = kt_fields_to_pb(&call, &strict_layout, &record, &told.base);
        if (!kt_failed(status))
            status = kt_fields_list_to_pb(&call, &strict_layout, &record, 1, &shelf_box_descriptor,
                                          &n, (void ***)&many);
        if (kt_failed(status)) {
            assert_status(status, KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS);
            out++;
        } else {
            assert_int_equal(n, 1);
            assert_string_equal(many[0]->lines[2]->label, LABEL);
        }
        assert_true(kt_failed(status) == kt_arena_exhausted(small));
        kt_arena_destroy(&small);
    }
    assert_true(out > 10 && out < 500);
}

/* ---- pages ---- */

static void
a_token_leads_to_its_place(void **state)
{
    (void)state;
    begin();
    const char *fields[] = {"acme", "2026"};
    kt_list_page_t page, again;
    char *token;
    assert_ok(kt_page_from_pb(&call, 0, "", fields, 2, &page));
    assert_int_equal(page.size, KT_PAGE_SIZE_USUAL);
    assert_int_equal(page.place.size, 0);
    assert_ok(kt_page_to_pb(&call, &page, kt_span(NULL, 0), &token));
    assert_string_equal(token, "");
    assert_ok(kt_page_to_pb(&call, &page, kt_span_str("there"), &token));
    assert_ok(kt_page_from_pb(&call, 7, token, fields, 2, &again));
    assert_int_equal(again.size, 7);
    assert_span_equal(again.place, kt_span_str("there"));
    assert_status(kt_page_from_pb(&call, 7, token, fields, 1, &again), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_string_equal(call.violations[0].field, "page_token");
}

static void
a_page_has_a_size(void **state)
{
    (void)state;
    begin();
    kt_list_page_t page;
    assert_ok(kt_page_from_pb(&call, KT_PAGE_SIZE_MAX, "", NULL, 0, &page));
    assert_int_equal(page.size, KT_PAGE_SIZE_MAX);
    assert_status(kt_page_from_pb(&call, KT_PAGE_SIZE_MAX + 1, "", NULL, 0, &page),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(kt_page_from_pb(&call, -1, "", NULL, 0, &page), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_string_equal(call.violations[1].field, "page_size");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(messages_and_records_say_the_same),
        ARENA_TEST(what_only_one_has_is_left_alone),
        ARENA_TEST(each_refusal_names_its_field),
        ARENA_TEST(a_request_without_its_part_is_refused),
        ARENA_TEST(an_arena_used_up_is_told),
        ARENA_TEST(a_token_leads_to_its_place),
        ARENA_TEST(a_page_has_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
