/* Objects out of a stream. */
#include "testing.h"

#include "json_split.h"

#include <string.h>

static void
splits(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {" ", "NOT_FOUND"},
        {"{}", "{}|NOT_FOUND"},
        {" {\"a\":{}}\n{\"b\":\"}\"} ", "{\"a\":{}}|{\"b\":\"}\"}|NOT_FOUND"},
        {"{\"a\":\"\\\"}\"}{}", "{\"a\":\"\\\"}\"}|{}|NOT_FOUND"},
        {"{\"a\":\"\\\\\"}x", "{\"a\":\"\\\\\"}|INVALID_ARGUMENT"},
        {"[]", "INVALID_ARGUMENT"},
        {"{} 5", "{}|INVALID_ARGUMENT"},
        {"{\"a\":1", "INVALID_ARGUMENT"},
        {"{\"a}", "INVALID_ARGUMENT"},
        {"{\"a\":\"0123456789012345678901234567890\"}", "RESOURCE_EXHAUSTED"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        char out[256] = "";
        size_t at = 0;
        kt_span_t text;
        kt_status_t status;
        FILE *in = fmemopen((void *)(uintptr_t)rows[i].in, strlen(rows[i].in), "r");
        cli_json_split_t *split = cli_json_split_new(in, 32);
        while (!kt_failed(status = cli_json_split_next(split, &text)))
            at += (size_t)snprintf(out + at, sizeof out - at, "%.*s|", (int)text.size,
                                   (const char *)text.data);
        snprintf(out + at, sizeof out - at, "%s", kt_code_name(status.code));
        assert_string_equal(out, rows[i].out);
        cli_json_split_destroy(&split);
        fclose(in);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(splits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
