/* The exposition text line by line, the bound on series, and one scrape over HTTP. */
#include "http.h"
#include "testing.h"
#include <kt/metrics.h>
#include <kt/time.h>
#include <stdlib.h>
#include <string.h>

static kt_metrics_t *metrics;

static int
setup(void **state)
{
    (void)state;
    return kt_failed(kt_metrics_new(&metrics)) ? -1 : 0;
}

static int
teardown(void **state)
{
    (void)state;
    kt_metrics_destroy(&metrics);
    return 0;
}

static void
assert_text_has(const char *line)
{
    size_t size = 0;
    char *text = kt_metrics_text(metrics, &size);
    assert_non_null(text);
    assert_int_equal(strlen(text), size);
    if (strstr(text, line) == NULL)
        fail_msg("no <%s> in\n%s", line, text);
    free(text);
}

static void
test_counter_and_gauge(void **state)
{
    (void)state;
    kt_family_t *calls = kt_metrics_family(metrics, KT_METRIC_COUNTER, "test_calls_total", "Calls.",
                                           "method,code");
    kt_series_t *ok = kt_metrics_series(calls, (const char *[]){"/a.B/C", "OK"});
    kt_series_add(ok, 2);
    kt_series_add(kt_metrics_series(calls, (const char *[]){"/a.B/C", "OK"}), 3);
    kt_series_t *gauge = kt_metrics_series(
        kt_metrics_family(metrics, KT_METRIC_GAUGE, "test_depth", "Depth.", NULL), NULL);
    kt_series_set(gauge, -7);
    assert_text_has("# HELP test_calls_total Calls.\n# TYPE test_calls_total counter\n"
                    "test_calls_total{method=\"/a.B/C\",code=\"OK\"} 5\n");
    assert_text_has("# TYPE test_depth gauge\ntest_depth -7\n");
    assert_text_has("\nprocess_resident_memory_bytes ");
    assert_text_has("\nprocess_open_fds ");
}

static void
test_histogram_is_cumulative(void **state)
{
    (void)state;
    kt_series_t *series = kt_metrics_series(
        kt_metrics_family(metrics, KT_METRIC_HISTOGRAM, "test_seconds", "Durations.", NULL), NULL);
    kt_series_observe_us(series, 50);
    kt_series_observe_us(series, 51);
    kt_series_observe_us(series, 31000000);
    assert_text_has("test_seconds_bucket{le=\"5e-05\"} 1\ntest_seconds_bucket{le=\"0.0001\"} 2\n");
    assert_text_has("test_seconds_bucket{le=\"30\"} 2\ntest_seconds_bucket{le=\"+Inf\"} 3\n"
                    "test_seconds_sum 31.000101\ntest_seconds_count 3\n");
}

static void
test_values_are_escaped(void **state)
{
    (void)state;
    kt_family_t *family = kt_metrics_family(metrics, KT_METRIC_COUNTER, "test_total", "T.", "x");
    kt_series_add(kt_metrics_series(family, (const char *[]){"a\"b\\c\nd"}), 1);
    assert_text_has("test_total{x=\"a\\\"b\\\\c\\nd\"} 1\n");
}

static void
test_series_are_bounded(void **state)
{
    (void)state;
    kt_family_t *family = kt_metrics_family(metrics, KT_METRIC_COUNTER, "test_total", "T.", "x");
    for (unsigned i = 0; i < KT_METRICS_SERIES_MAX + 2; i++) {
        char value[16];
        snprintf(value, sizeof value, "v%u", i);
        kt_series_add(kt_metrics_series(family, (const char *[]){value}), 1);
    }
    assert_text_has("test_total{x=\"other\"} 2\n");
}

static void
test_nothing_to_count_in(void **state)
{
    (void)state;
    assert_null(kt_metrics_series(NULL, NULL));
    kt_series_add(NULL, 1);
    kt_series_set(NULL, 1);
    kt_series_observe_us(NULL, 1);
}

static void
test_scrape(void **state)
{
    (void)state;
    static char answer[65536];
    kt_metrics_server_t *server = NULL;
    assert_ok(kt_metrics_serve(metrics, "127.0.0.1:0", &server));
    uint16_t port = kt_metrics_server_port(server);
    http_ask(port, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", answer,
             sizeof answer);
    assert_non_null(strstr(answer, "200 OK"));
    assert_non_null(strstr(answer, "text/plain; version=0.0.4"));
    assert_non_null(strstr(answer, "process_cpu_seconds_total"));
    http_ask(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", answer, sizeof answer);
    assert_non_null(strstr(answer, "404"));
    http_ask(port, "DELETE /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", answer,
             sizeof answer);
    assert_non_null(strstr(answer, "405"));
    kt_metrics_server_destroy(&server);
}

static void
test_asked_by_another_process(void **state)
{
    (void)state;
    char address[32];
    int64_t value = 7;
    kt_metrics_server_t *server = NULL;
    kt_series_t *alive = kt_metrics_series(
        kt_metrics_family(metrics, KT_METRIC_GAUGE, "test_alive_timestamp_seconds", "Now.", NULL),
        NULL);
    assert_ok(kt_metrics_serve(metrics, "127.0.0.1:0", &server));
    snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)kt_metrics_server_port(server));
    kt_series_set(alive, kt_clock_wall_us() / KT_US_PER_S);
    assert_ok(kt_metrics_ask_alive(address, "test_alive_timestamp_seconds"));
    kt_series_set(alive, kt_clock_wall_us() / KT_US_PER_S - KT_METRICS_ALIVE_SECONDS - 1);
    assert_status(kt_metrics_ask_alive(address, "test_alive_timestamp_seconds"), KT_UNAVAILABLE, 0);
    assert_status(kt_metrics_ask(address, "test_alive", &value), KT_UNAVAILABLE, 0);
    assert_int_equal(value, 7);
    kt_series_set(alive, -42);
    assert_ok(kt_metrics_ask(address, "test_alive_timestamp_seconds", &value));
    assert_int_equal(value, -42);
    kt_metrics_server_destroy(&server);
    assert_status(kt_metrics_ask(address, "test_alive_timestamp_seconds", &value), KT_UNAVAILABLE,
                  0);
    assert_status(kt_metrics_ask("127.0.0.1:0", "x", &value), KT_INVALID_ARGUMENT, 0);
    assert_status(kt_metrics_ask("", "x", &value), KT_INVALID_ARGUMENT, 0);
}

static void
test_addresses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "localhost:1", "127.0.0.1", "127.0.0.1:65536", "[::]", "[fe80::g]:1",
        "1.2.3:1",     "",          "127.0.0.1:1x"};
    static const char *const good[] = {"127.0.0.1:0", "0.0.0.0:0"};
    kt_metrics_server_t *server = NULL;
    for (size_t i = 0; i < KT_COUNT(bad); i++)
        assert_status(kt_metrics_serve(metrics, bad[i], &server), KT_INVALID_ARGUMENT, 0);
    assert_null(server);
    for (size_t i = 0; i < KT_COUNT(good); i++) {
        assert_ok(kt_metrics_serve(metrics, good[i], &server));
        kt_metrics_server_destroy(&server);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counter_and_gauge, setup, teardown),
        cmocka_unit_test_setup_teardown(test_histogram_is_cumulative, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values_are_escaped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_series_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_to_count_in, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scrape, setup, teardown),
        cmocka_unit_test_setup_teardown(test_asked_by_another_process, setup, teardown),
        cmocka_unit_test_setup_teardown(test_addresses, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
