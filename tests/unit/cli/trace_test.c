/* kantor trace show: trees out of files, whatever the files say. */
#include "said.h"
#include "tempdir.h"

#include "verbs.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define OTHER "4bf92f3577b34da6a3ce929d0e0e4737"

static tempdir_t folder;
static char path[PATH_MAX];

/* A span of 16 digits of hexadecimal, FROM to TO milliseconds. */
static void
put_span(FILE *file, const char *trace, const char *id, const char *parent, const char *name,
         unsigned from, unsigned to)
{
    fprintf(
        file,
        "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"
        "{\"stringValue\":\"shop\"}}]},\"scopeSpans\":[{\"spans\":[{\"traceId\":\"%s\","
        "\"spanId\":\"00000000000000%s\",\"parentSpanId\":\"%s%s\",\"name\":\"%s\","
        "\"startTimeUnixNano\":\"%u000000\",\"endTimeUnixNano\":%u000000,\"attributes\":[{"
        "\"key\":\"rpc.grpc.status_code\",\"value\":{\"intValue\":\"%s\"}}]}]}]}]}\n",
        trace, id, parent[0] ? "00000000000000" : "", parent, name, from, to,
        strcmp(name, "failed") == 0 ? "5" : "0");
}

static FILE *
begin(void)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    return file;
}

/* Runs `kantor trace show WHICH` on the file; it ends with CODE, and says OUT, and ERR somewhere.
 */
static void
show(const char *which, const char *format, int code, const char *out, const char *err)
{
    said_t said, trouble;
    char *const words[] = {
        "kantor", "trace", "show", (char *)(uintptr_t)which, path, "-o", (char *)(uintptr_t)format};
    open_said(&said);
    open_said(&trouble);
    int ended = cli_main(KT_COUNT(words), words, said.file, trouble.file);
    fclose(said.file);
    fclose(trouble.file);
    assert_int_equal(ended, code);
    if (out)
        assert_string_equal(said.text, out);
    if (!strstr(trouble.text, err))
        fail_msg("it says: %s", trouble.text);
    free(said.text);
    free(trouble.text);
}

static void
a_tree(void **state)
{
    (void)state;
    FILE *file = begin();
    put_span(file, TRACE, "03", "02", "failed", 1003, 1004);
    put_span(file, TRACE, "04", "01", "second", 1005, 1010);
    put_span(file, OTHER, "09", "", "of another", 0, 9);
    put_span(file, TRACE, "01", "", "root", 1000, 1010);
    put_span(file, TRACE, "02", "01", "first", 1001, 1005);
    fclose(file);
    static const char csv[] = "name,service,after_ms,took_ms,code,span,parent\n"
                              "root,shop,0.000,10.000,,0000000000000001,\n"
                              "first,shop,1.000,4.000,,0000000000000002,0000000000000001\n"
                              "failed,shop,3.000,1.000,NOT_FOUND,0000000000000003,"
                              "0000000000000002\n"
                              "second,shop,5.000,5.000,,0000000000000004,0000000000000001\n";
    show(TRACE, "csv", 0, csv, "");
    show("00-" TRACE "-00f067aa0ba902b7-01", "csv", 0, csv, "");
}

static void
what_has_no_parent_here(void **state)
{
    (void)state;
    FILE *file = begin();
    put_span(file, TRACE, "02", "77", "its parent is elsewhere", 1001, 1005);
    put_span(file, TRACE, "03", "02", "below", 1002, 1003);
    put_span(file, TRACE, "05", "06", "one of a ring", 1006, 1007);
    put_span(file, TRACE, "06", "05", "the other", 1007, 1007);
    put_span(file, TRACE, "08", "08", "its own parent", 1008, 1001);
    fclose(file);
    show(TRACE, "csv", 0,
         "name,service,after_ms,took_ms,code,span,parent\n"
         "its parent is elsewhere,shop,0.000,4.000,,0000000000000002,0000000000000077\n"
         "below,shop,1.000,1.000,,0000000000000003,0000000000000002\n"
         "one of a ring,shop,5.000,1.000,,0000000000000005,0000000000000006\n"
         "the other,shop,6.000,0.000,,0000000000000006,0000000000000005\n"
         "its own parent,shop,7.000,0.000,,0000000000000008,0000000000000008\n",
         "");
}

/* Two thousand levels, backwards: each is there once, in reasonable time. */
static void
a_deep_one(void **state)
{
    (void)state;
    FILE *file = begin();
    for (unsigned i = 2000; i >= 1; i--) {
        char id[24];
        snprintf(id, sizeof id, "%016x", i);
        fprintf(file,
                "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"" TRACE "\","
                "\"spanId\":\"%s\",\"parentSpanId\":\"%016x\",\"name\":\"n\"}]}]}]}\n",
                id, i - 1);
    }
    fclose(file);
    said_t said;
    char *const words[] = {"kantor", "trace", "show", TRACE, path, "-o", "csv"};
    open_said(&said);
    assert_int_equal(cli_main(KT_COUNT(words), words, said.file, stderr), 0);
    fclose(said.file);
    unsigned lines = 0;
    for (const char *c = said.text; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 2001);
    free(said.text);
}

static void
files_that_are_none(void **state)
{
    (void)state;
    FILE *file = begin();
    put_span(file, TRACE, "01", "", "root", 1000, 1010);
    fputs("{\"resourceSpans\":[{\"scopeSp", file); /* being written */
    fclose(file);
    show(TRACE, "csv", 0,
         "name,service,after_ms,took_ms,code,span,parent\n"
         "root,shop,0.000,10.000,,0000000000000001,\n",
         "");
    show(OTHER, "csv", KT_NOT_FOUND, "", "no span of that trace is in these files");
    show("4bf92f", "csv", CLI_EXIT_USAGE, "", "is no trace");
    file = begin();
    fputs("not JSON\n", file);
    fclose(file);
    show(TRACE, "csv", CLI_EXIT_NOINPUT, "", ":1: no line of OTLP/JSON");
    assert_int_equal(remove(path), 0);
    show(TRACE, "csv", CLI_EXIT_NOINPUT, "", "No such file or directory");
}

static int
setup(void **state)
{
    (void)state;
    tempdir_init(&folder);
    tempdir_join(&folder, "spans.jsonl", path);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    tempdir_fini(&folder);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree),
        cmocka_unit_test(what_has_no_parent_here),
        cmocka_unit_test(a_deep_one),
        cmocka_unit_test(files_that_are_none),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
