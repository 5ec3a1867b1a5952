/* CSV as RFC 4180 has it, and what is none. */
#include "testing.h"

#include "csv.h"

#include <stdlib.h>
#include <string.h>

/* Reads TEXT and writes what came out: fields in [], records ended by '|', then the end or the
 * problem. */
static void
read_all(const char *text, size_t size, char *out, size_t out_size)
{
    FILE *in = fmemopen((void *)(uintptr_t)(size ? text : " "), size ? size : 1, "r");
    assert_non_null(in);
    if (size == 0)
        fgetc(in);
    cli_csv_t *csv = cli_csv_new(in);
    cli_csv_row_t row;
    cli_csv_result_t result;
    size_t at = 0;
    out[0] = 0;
    while ((result = cli_csv_next(csv, &row)) == CLI_CSV_ROW) {
        at += (size_t)snprintf(out + at, out_size - at, "%llu", (unsigned long long)row.line);
        for (unsigned i = 0; i < row.count; i++)
            at += (size_t)snprintf(out + at, out_size - at, "[%s]", row.fields[i]);
        at += (size_t)snprintf(out + at, out_size - at, "|");
    }
    if (result == CLI_CSV_BAD) {
        uint64_t line;
        const char *problem = cli_csv_problem(csv, &line);
        snprintf(out + at, out_size - at, "line %llu: %s", (unsigned long long)line, problem);
        assert_int_equal(cli_csv_next(csv, &row), CLI_CSV_BAD);
    }
    cli_csv_destroy(&csv);
    fclose(in);
}

static void
reads_records(void **state)
{
    (void)state;
    static const struct {
        const char *text, *out;
    } rows[] = {
        {"", ""},
        {"a,b\n1,2\n", "1[a][b]|2[1][2]|"},
        {"a,b\r\n1,2", "1[a][b]|2[1][2]|"},
        {"\xEF\xBB\xBF"
         "a\n",
         "1[a]|"},
        {"\n\na\n\r\n\nb", "3[a]|6[b]|"},
        {"\"a,\"\"b\"\"\",c\n", "1[a,\"b\"][c]|"},
        {"\"two\nlines\",x\ny\n", "1[two\nlines][x]|3[y]|"},
        {"\"\",\n,\"\"\n", "1[][]|2[][]|"},
        {" a , b \n", "1[ a ][ b ]|"},
        {"\"x\"", "1[x]|"},
        {"\"5 \xE2\x82\xAC\"", "1[5 \xE2\x82\xAC]|"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        char out[256];
        read_all(rows[i].text, strlen(rows[i].text), out, sizeof out);
        assert_string_equal(out, rows[i].out);
    }
}

static void
refuses_what_is_no_csv(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        const char *out;
    } rows[] = {
        {"a\n\"b", 4, "1[a]|line 2: a quoted field begins here and is never closed"},
        {"a\n\"b\"c\n", 7, "1[a]|line 2: text after the closing quote of a field"},
        {"a\nb\"c\n", 6, "1[a]|line 2: a quote inside a field that is not quoted"},
        {"a\rb\n", 4, "line 1: a carriage return without a line feed"},
        {"\rb\n", 3, "line 1: a carriage return without a line feed"},
        {"a\0b\n", 4, "line 1: a zero byte: this is no text"},
        {"\"a\0b\"\n", 6, "line 1: a zero byte: this is no text"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        char out[256];
        read_all(rows[i].text, rows[i].size, out, sizeof out);
        assert_string_equal(out, rows[i].out);
    }
}

static void
has_limits(void **state)
{
    (void)state;
    static const char too_long[] =
        "line 1: a record longer than 1 MiB (perhaps a quote that is never closed)";
    char out[256];
    char fields[CLI_CSV_FIELDS_MAX + 2];
    memset(fields, ',', sizeof fields);
    read_all(fields, CLI_CSV_FIELDS_MAX, out, sizeof out);
    assert_string_equal(out, "line 1: more than 64 fields in a record");
    char *large = malloc(CLI_CSV_RECORD_BYTES_MAX + 2);
    assert_non_null(large);
    memset(large, 'x', CLI_CSV_RECORD_BYTES_MAX + 2);
    read_all(large, CLI_CSV_RECORD_BYTES_MAX, out, sizeof out);
    assert_string_equal(out, too_long);
    large[0] = '"';
    read_all(large, CLI_CSV_RECORD_BYTES_MAX + 2, out, sizeof out);
    assert_string_equal(out, too_long);
    free(large);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_records),
        cmocka_unit_test(refuses_what_is_no_csv),
        cmocka_unit_test(has_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
