/* Spans in a file: their form, its limits, and that nothing here stops anybody. */
#include "tempdir.h"
#include "testing.h"

#include <jansson.h>
#include <kt/log.h>
#include <kt/tracer.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static tempdir_t folder;

static kt_tracer_t *
open_tracer(const char *path, uint64_t bytes_max, unsigned keep)
{
    kt_tracer_t *tracer = NULL;
    const kt_tracer_options_t options = {.path = path,
                                         .bytes_max = bytes_max,
                                         .keep = keep,
                                         .per_million = 7,
                                         .service = "kantor-finance",
                                         .version = "1.2.3",
                                         .instance = "finance-x"};
    assert_ok(kt_tracer_new(&options, &tracer));
    return tracer;
}

/* A span whose id is NUMBER. */
static kt_trace_span_t
span_of(uint8_t number)
{
    return (kt_trace_span_t){
        .trace = {.id = {0xAB, [15] = 1}, .span = {[7] = number}, .sampled = true},
        .parent = {[0] = 0x10},
        .kind = KT_TRACE_SERVER,
        .name = "/kantor.finance.v1.Ledger/PostEntry",
        .from_us = INT64_C(1795834800000001),
        .to_us = INT64_C(1795834800001234),
    };
}

static void
keep(kt_tracer_t *tracer, const kt_trace_span_t *span)
{
    const kt_trace_sink_t *sink = kt_tracer_sink(tracer);
    sink->keep(sink->context, span);
}

/* The spans of a file, whose every line is a whole ExportTraceServiceRequest; the last line's
 * resource is in *RESOURCE (borrowed), unless that is NULL. The caller gives the array back. */
static json_t *
read_spans(const char *path, json_t **resource)
{
    FILE *file = fopen(path, "r");
    json_t *all = json_array();
    char *line = NULL;
    size_t room = 0;
    assert_non_null(file);
    for (ssize_t size; (size = getline(&line, &room, file)) > 0;) {
        json_error_t error;
        assert_int_equal(line[size - 1], '\n');
        json_t *request = json_loadb(line, (size_t)size - 1, JSON_REJECT_DUPLICATES, &error);
        json_t *of_resource = json_array_get(json_object_get(request, "resourceSpans"), 0);
        json_t *of_scope = json_array_get(json_object_get(of_resource, "scopeSpans"), 0);
        json_t *spans = json_object_get(of_scope, "spans");
        assert_true(json_array_size(spans) > 0 && json_array_size(spans) <= KT_TRACER_LINE_SPANS);
        assert_int_equal(json_array_extend(all, spans), 0);
        if (resource) {
            json_decref(*resource);
            *resource = json_incref(json_object_get(of_resource, "resource"));
        }
        json_decref(request);
    }
    free(line);
    fclose(file);
    return all;
}

static const char *
text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* The value of an attribute, which stands there once; "" when it does not. */
static const char *
attribute(const json_t *of, const char *key)
{
    const char *found = "";
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(of, "attributes"), i, one)
    {
        json_t *value = json_object_get(one, "value");
        if (strcmp(text_of(one, "key"), key) != 0)
            continue;
        assert_string_equal(found, "");
        assert_int_equal(json_object_size(value), 1);
        found = json_string_value(json_object_iter_value(json_object_iter(value)));
        assert_non_null(found); /* whole numbers of 64 bits are strings, too */
    }
    return found;
}

static void
spans_are_otlp(void **state)
{
    (void)state;
    char path[PATH_MAX];
    tempdir_join(&folder, "form.jsonl", path);
    kt_tracer_t *tracer = open_tracer(path, 0, 1);
    assert_int_equal(kt_tracer_sink(tracer)->per_million, 7);
    kt_trace_span_t one = span_of(1);
    one.attributes[0] = (kt_trace_attribute_t){"kantor.principal", "web-shop"};
    keep(tracer, &one);
    kt_trace_span_t two = span_of(2);
    memset(two.parent, 0, sizeof two.parent);
    two.kind = KT_TRACE_CLIENT;
    two.name = "finance/kantor.store.v1.Store/Stats";
    two.code = KT_NOT_FOUND;
    keep(tracer, &two);
    kt_trace_span_t three = span_of(3);
    three.kind = KT_TRACE_INTERNAL;
    three.name = "commit";
    three.to_us = three.from_us - 5; /* a clock went back */
    keep(tracer, &three);
    kt_tracer_destroy(&tracer);

    json_t *resource = NULL, *spans = read_spans(path, &resource), *span;
    assert_string_equal(attribute(resource, "service.name"), "kantor-finance");
    assert_string_equal(attribute(resource, "service.version"), "1.2.3");
    assert_string_equal(attribute(resource, "service.instance.id"), "finance-x");
    assert_int_equal(json_array_size(spans), 3);
    span = json_array_get(spans, 0);
    assert_string_equal(text_of(span, "traceId"), "ab000000000000000000000000000001");
    assert_string_equal(text_of(span, "spanId"), "0000000000000001");
    assert_string_equal(text_of(span, "parentSpanId"), "1000000000000000");
    assert_string_equal(text_of(span, "name"), "kantor.finance.v1.Ledger/PostEntry");
    assert_int_equal(json_integer_value(json_object_get(span, "kind")), 2);
    assert_string_equal(text_of(span, "startTimeUnixNano"), "1795834800000001000");
    assert_string_equal(text_of(span, "endTimeUnixNano"), "1795834800001234000");
    assert_string_equal(attribute(span, "rpc.service"), "kantor.finance.v1.Ledger");
    assert_string_equal(attribute(span, "rpc.method"), "PostEntry");
    assert_string_equal(attribute(span, "rpc.system"), "kantor");
    assert_string_equal(attribute(span, "rpc.grpc.status_code"), "0");
    assert_string_equal(attribute(span, "kantor.principal"), "web-shop");
    assert_string_equal(attribute(span, "error.type"), "");
    assert_int_equal(json_object_size(json_object_get(span, "status")), 0);
    span = json_array_get(spans, 1);
    assert_null(json_object_get(span, "parentSpanId"));
    assert_string_equal(attribute(span, "rpc.service"), "kantor.store.v1.Store");
    assert_string_equal(attribute(span, "rpc.grpc.status_code"), "5");
    assert_string_equal(attribute(span, "error.type"), "NOT_FOUND");
    span = json_array_get(spans, 2);
    assert_string_equal(text_of(span, "name"), "commit");
    assert_string_equal(attribute(span, "rpc.system"), "");
    assert_string_equal(text_of(span, "endTimeUnixNano"), text_of(span, "startTimeUnixNano"));
    json_decref(spans);
    json_decref(resource);
}

/* The semantic conventions of RPC: what is an error of the server, and of the client. */
static void
what_is_an_error(void **state)
{
    (void)state;
    char path[PATH_MAX];
    tempdir_join(&folder, "errors.jsonl", path);
    kt_tracer_t *tracer = open_tracer(path, 0, 1);
    for (uint32_t code = 0; code < KT_CODE_COUNT; code++) {
        kt_trace_span_t span = span_of((uint8_t)(code + 1));
        span.code = code;
        keep(tracer, &span);
        span.kind = KT_TRACE_CLIENT;
        keep(tracer, &span);
    }
    kt_tracer_destroy(&tracer);
    json_t *spans = read_spans(path, NULL);
    for (uint32_t code = 0; code < KT_CODE_COUNT; code++) {
        static const bool of_server[KT_CODE_COUNT] = {
            [KT_UNKNOWN] = true,  [KT_DEADLINE_EXCEEDED] = true, [KT_UNIMPLEMENTED] = true,
            [KT_INTERNAL] = true, [KT_UNAVAILABLE] = true,       [KT_DATA_LOSS] = true};
        for (unsigned client = 0; client < 2; client++) {
            json_t *status = json_object_get(json_array_get(spans, 2 * code + client), "status");
            bool error = json_integer_value(json_object_get(status, "code")) == 2;
            if (error != (client ? code != KT_OK : of_server[code]))
                fail_msg("code %u at the %s", code, client ? "client" : "server");
        }
    }
    json_decref(spans);
}

static void
the_file_turns_over(void **state)
{
    (void)state;
    char path[PATH_MAX], old[PATH_MAX + 8];
    tempdir_join(&folder, "turn.jsonl", path);
    uint64_t written = 0, found = 0;
    struct stat stat_of;
    for (unsigned round = 0; round < 40; round++) { /* each a line of its own */
        kt_tracer_t *tracer = open_tracer(path, KT_TRACER_BYTES_MIN, 2);
        for (uint8_t i = 1; i <= 30; i++)
            keep(tracer, &(kt_trace_span_t){.trace = span_of(i).trace, .name = "x", .kind = 1});
        kt_tracer_destroy(&tracer);
        written += 30;
    }
    for (unsigned i = 0; i <= 3; i++) {
        snprintf(old, sizeof old, i > 0 ? "%s.%u" : "%s", path, i);
        if (stat(old, &stat_of) != 0) {
            assert_int_equal(i, 3); /* no more than are kept */
            continue;
        }
        assert_in_range(stat_of.st_size, 1, KT_TRACER_BYTES_MIN);
        assert_int_equal(stat_of.st_mode & 07, 0);
        json_t *spans = read_spans(old, NULL);
        found += json_array_size(spans);
        json_decref(spans);
    }
    assert_in_range(found, 300, written);
}

static void
opened_anew(void **state)
{
    (void)state;
    char path[PATH_MAX], away[PATH_MAX];
    struct stat stat_of;
    tempdir_join(&folder, "rotated.jsonl", path);
    tempdir_join(&folder, "rotated.jsonl-20261128", away);
    kt_tracer_t *tracer = open_tracer(path, 0, 1);
    kt_trace_span_t span = span_of(1);
    keep(tracer, &span);
    assert_int_equal(rename(path, away), 0);
    kt_tracer_reopen(tracer);
    while (stat(path, &stat_of) != 0)
        (void)sched_yield(); /* the thread is on its way */
    keep(tracer, &span);
    kt_tracer_destroy(&tracer);
    json_t *before = read_spans(away, NULL), *after = read_spans(path, NULL);
    assert_int_equal(json_array_size(before) + json_array_size(after), 2);
    assert_true(json_array_size(after) >= 1);
    json_decref(before);
    json_decref(after);
    kt_tracer_reopen(NULL);
    assert_null(kt_tracer_sink(NULL));
}

static void
a_full_disk_drops(void **state)
{
    (void)state;
    kt_tracer_t *tracer = open_tracer("/dev/full", 0, 1);
    kt_trace_span_t span = span_of(1);
    for (unsigned i = 0; i < 1000; i++)
        keep(tracer, &span);
    kt_tracer_stat_t stat;
    do
        stat = kt_tracer_stat(tracer);
    while (stat.dropped < 1000 && sched_yield() == 0);
    assert_int_equal(stat.written, 0);
    assert_int_equal(stat.dropped, 1000);
    kt_tracer_destroy(&tracer);
}

/* What fits is whole lines, and goes on when there is room again. */
static void
no_half_lines(void **state)
{
    (void)state;
    char path[PATH_MAX];
    struct rlimit before;
    tempdir_join(&folder, "short.jsonl", path);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    kt_trace_span_t span = span_of(1);
    for (rlim_t size = 1; size < 3000; size += 97) {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){size, before.rlim_max}), 0);
        kt_tracer_t *tracer = open_tracer(path, 0, 1);
        keep(tracer, &span);
        kt_tracer_destroy(&tracer);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    json_t *spans = read_spans(path, NULL);
    assert_in_range(json_array_size(spans), 2, 20);
    json_decref(spans);
}

/* Nobody who keeps waits for the disk: it stands still here, and spans are dropped. */
static void
a_slow_disk_holds_nobody(void **state)
{
    (void)state;
    int pipes[2];
    char path[64], bytes[4096];
    assert_int_equal(pipe(pipes), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", pipes[1]);
    kt_tracer_t *tracer = open_tracer(path, 0, 1);
    kt_trace_span_t span = span_of(1);
    uint64_t kept = 0;
    /* A pipe holds 64 KiB: the ring fills behind it. */
    for (; kt_tracer_stat(tracer).dropped == 0 && kept < 10 * KT_TRACER_RING_SPANS; kept++)
        keep(tracer, &span);
    assert_in_range(kept, KT_TRACER_RING_SPANS, 10 * KT_TRACER_RING_SPANS - 1);
    assert_int_equal(fcntl(pipes[0], F_SETFL, O_NONBLOCK), 0);
    close(pipes[1]);
    kt_tracer_stat_t stat;
    do {
        while (read(pipes[0], bytes, sizeof bytes) > 0)
            continue;
        stat = kt_tracer_stat(tracer);
    } while (stat.written + stat.dropped < kept && sched_yield() == 0);
    assert_true(stat.written >= KT_TRACER_RING_SPANS);
    kt_tracer_destroy(&tracer);
    close(pipes[0]);
}

#define THREADS      4
#define SPANS_OF_ONE 5000

static void *
keep_many(void *tracer)
{
    kt_trace_span_t span = span_of(1);
    for (unsigned i = 0; i < SPANS_OF_ONE; i++)
        keep(tracer, &span);
    return NULL;
}

static void
every_span_is_counted(void **state)
{
    (void)state;
    char path[PATH_MAX];
    tempdir_join(&folder, "many.jsonl", path);
    kt_tracer_t *tracer = open_tracer(path, UINT64_C(1) << 30, 1);
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, keep_many, tracer), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    kt_tracer_stat_t stat;
    do
        stat = kt_tracer_stat(tracer);
    while (stat.written + stat.dropped < THREADS * SPANS_OF_ONE && sched_yield() == 0);
    kt_tracer_destroy(&tracer);
    assert_int_equal(stat.written + stat.dropped, THREADS * SPANS_OF_ONE);
    json_t *spans = read_spans(path, NULL);
    assert_int_equal(json_array_size(spans), stat.written);
    json_decref(spans);
}

static void
refusals(void **state)
{
    (void)state;
    kt_tracer_t *tracer = NULL;
    kt_tracer_options_t options = {
        .path = "/nowhere/at/all.jsonl", .service = "s", .version = "v", .instance = "i"};
    kt_status_t status = kt_tracer_new(&options, &tracer);
    assert_int_equal(status.code, KT_INVALID_ARGUMENT);
    assert_string_equal(status.text, "No such file or directory");
    assert_null(tracer);
    char path[KT_TRACER_PATH_MAX + 2];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = 0;
    options.path = path;
    assert_int_equal(kt_tracer_new(&options, &tracer).code, KT_INVALID_ARGUMENT);
    assert_int_equal(kt_tracer_stat(NULL).written, 0);
}

static int
setup(void **state)
{
    (void)state;
    kt_log_setup("test", KT_LOG_ERROR);
    tempdir_init(&folder);
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
        cmocka_unit_test(spans_are_otlp),
        cmocka_unit_test(what_is_an_error),
        cmocka_unit_test(the_file_turns_over),
        cmocka_unit_test(opened_anew),
        cmocka_unit_test(a_full_disk_drops),
        cmocka_unit_test(no_half_lines),
        cmocka_unit_test(a_slow_disk_holds_nobody),
        cmocka_unit_test(every_span_is_counted),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
