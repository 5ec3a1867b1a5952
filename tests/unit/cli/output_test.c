/* Rows as table, CSV and JSON; widths on a terminal; texts that would steer it. */
#include "testing.h"

#include "display.h"
#include "output.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const out_column_t columns[] = {
    {"name", "account", OUT_TEXT},    {"count", "entries", OUT_NUMBER},
    {"amount", "amount", OUT_AMOUNT}, {"open", NULL, OUT_YES},
    {NULL, "note", OUT_TEXT},
};

static void
expect(cli_format_t format, const char *const rows[][KT_COUNT(columns)], size_t count,
       const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    out_t *out = out_new(file, format, columns, KT_COUNT(columns));
    for (size_t i = 0; i < count; i++) {
        if (i + 1 == count && count > 1)
            out_rule(out);
        out_row(out, rows[i]);
    }
    assert_true(out_end(&out));
    assert_null(out);
    fclose(file);
    assert_string_equal(text, expected);
    free(text);
}

static const char *const rows[][KT_COUNT(columns)] = {
    {"assets:caf\xC3\xA9", "7", "-0.05", "yes", "a \"b\""},
    {"\xE8\xB5\x84\xE4\xBA\xA7", "1234567", "12.00", "no", NULL},
    {"x, \x1b[2J", NULL, NULL, NULL, "tail"},
};

static void
tables_align(void **state)
{
    (void)state;
    expect(CLI_TABLE, rows, KT_COUNT(rows),
           "account      entries  amount  note\n"
           "-----------  -------  ------  -----\n"
           "assets:caf\xC3\xA9        7   -0.05  a \"b\"\n"
           "\xE8\xB5\x84\xE4\xBA\xA7         1234567   12.00\n"
           "-----------  -------  ------  -----\n"
           "x, ?[2J                       tail\n");
    expect(CLI_TABLE, rows, 0, "account  entries  amount  note\n-------  -------  ------  ----\n");
}

static void
csv_and_json_are_for_programs(void **state)
{
    (void)state;
    expect(CLI_CSV, rows, KT_COUNT(rows),
           "name,count,amount,open\n"
           "assets:caf\xC3\xA9,7,-0.05,yes\n"
           "\xE8\xB5\x84\xE4\xBA\xA7,1234567,12.00,no\n"
           "\"x, \x1b[2J\",,,\n");
    expect(
        CLI_JSON, rows, KT_COUNT(rows),
        "[\n {\"name\": \"assets:caf\xC3\xA9\", \"count\": 7, \"amount\": \"-0.05\", \"open\": "
        "true},\n"
        " {\"name\": \"\xE8\xB5\x84\xE4\xBA\xA7\", \"count\": 1234567, \"amount\": \"12.00\", "
        "\"open\": false},\n"
        " {\"name\": \"x, \\u001b[2J\", \"count\": null, \"amount\": null, \"open\": null}\n]\n");
    expect(CLI_JSON, rows, 0, "[]\n");
}

static void
long_tables_keep_their_first_widths(void **state)
{
    (void)state;
    static const out_column_t one[] = {{"n", "n", OUT_NUMBER}};
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    out_t *out = out_new(file, CLI_TABLE, one, 1);
    for (int i = 0; i < OUT_WIDTH_ROWS; i++)
        out_row(out, (const char *const[]){"1"});
    out_row(out, (const char *const[]){"123"});
    assert_true(out_end(&out));
    fclose(file);
    assert_int_equal(size, 4 + 2 * OUT_WIDTH_ROWS + 4);
    free(text);
}

static void
texts_for_json_and_csv(void **state)
{
    (void)state;
    static const struct {
        const char *text, *json, *csv;
    } texts[] = {
        {"", "\"\"", ""},
        {"a\\b\"c", "\"a\\\\b\\\"c\"", "\"a\\b\"\"c\""},
        {"a\nb", "\"a\\nb\"", "\"a\nb\""},
        {"\x01\x7f", "\"\\u0001\\u007f\"", "\x01\x7f"},
        {"\xff\xc3", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"", "\xff\xc3"},
        {" a", "\" a\"", "\" a\""},
    };
    for (size_t i = 0; i < KT_COUNT(texts); i++) {
        char json[64] = "", csv[64] = "";
        FILE *file = fmemopen(json, sizeof json, "w");
        out_json_string(file, texts[i].text);
        fclose(file);
        file = fmemopen(csv, sizeof csv, "w");
        out_csv_field(file, texts[i].text);
        fclose(file);
        assert_string_equal(json, texts[i].json);
        assert_string_equal(csv, texts[i].csv);
    }
}

static void
cuts_between_characters(void **state)
{
    (void)state;
    const char *text = "a\xE2\x82\xAC"
                       "b"; /* 1 + 3 + 1 bytes */
    static const size_t cut[] = {0, 1, 1, 1, 4, 5, 5};
    for (size_t i = 0; i < KT_COUNT(cut); i++)
        assert_int_equal(cli_utf8_cut(text, i), cut[i]);
    assert_int_equal(cli_display_width(text), 3);
    assert_int_equal(cli_display_width("\xff\x07"), 2);
    assert_int_equal(cli_display_width("e\xCC\x81"), 1); /* a combining accent takes no column */
}

int
main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_align),
        cmocka_unit_test(csv_and_json_are_for_programs),
        cmocka_unit_test(long_tables_keep_their_first_widths),
        cmocka_unit_test(texts_for_json_and_csv),
        cmocka_unit_test(cuts_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
