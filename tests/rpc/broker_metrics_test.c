/* The broker's counts as Prometheus reads them: from the core, over HTTP. */
#include "broker_fixture.h"
#include "http.h"
#include "shell/metrics.h"
#include "testing.h"

static broker_metrics_t *metrics;

static void
assert_shown(const char *line)
{
    static char answer[131072];
    http_ask(broker_metrics_port(metrics),
             "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", answer,
             sizeof answer);
    if (strstr(answer, line) == NULL)
        fail_msg("no <%s> in\n%s", line, answer);
}

static void
test_counts(void **state)
{
    (void)state;
    broker_open(NULL);
    assert_ok(broker_metrics_new("127.0.0.1:0", &metrics));
    enroll(FIN_A, "a", 1);
    for (uint64_t id = 1; id <= 3; id++)
        call(CLERK, id, READ_PATH);
    call(GUEST, 1, READ_PATH);
    broker_metrics_update(metrics, broker_it(), (kt_tracer_stat_t){.written = 5, .dropped = 2},
                          true);
    assert_shown("\nkantor_broker_open_calls 3\n");
    assert_shown("\nkantor_broker_queued_calls 2\n");
    assert_shown("\nkantor_broker_refused_total 1\n");
    assert_shown("\nkantor_broker_instances 1\n");
    assert_shown("\nkantor_threads_gathered 1\n");
    assert_shown("\nkantor_trace_spans_total 5\n");
    assert_shown("\nkantor_trace_dropped_spans_total 2\n");
    call(GUEST, 2, READ_PATH);
    broker_metrics_update(metrics, broker_it(), (kt_tracer_stat_t){.written = 6, .dropped = 2},
                          false);
    assert_shown("\nkantor_broker_refused_total 2\n");
    assert_shown("\nkantor_threads_gathered 0\n");
    assert_shown("\nkantor_trace_spans_total 6\n");
    broker_close();
    broker_metrics_destroy(&metrics);
}

static void
test_ended_calls(void **state)
{
    (void)state;
    void *user = NULL;
    assert_ok(broker_metrics_new("127.0.0.1:0", &metrics));
    broker_metrics_ended(metrics, READ_PATH, &user, KT_OK, 120);
    broker_metrics_ended(metrics, READ_PATH, &user, KT_OK, 80);
    broker_metrics_ended(metrics, READ_PATH, &user, KT_NOT_FOUND, -1);
    broker_metrics_ended(metrics, READ_PATH, &user, 99, 0);
    assert_shown("kantor_broker_calls_total{method=\"" READ_PATH "\",code=\"OK\"} 2\n");
    assert_shown("kantor_broker_calls_total{method=\"" READ_PATH "\",code=\"NOT_FOUND\"} 1\n");
    assert_shown("kantor_broker_calls_total{method=\"" READ_PATH "\",code=\"UNKNOWN\"} 1\n");
    assert_shown("kantor_broker_call_seconds_count{method=\"" READ_PATH "\"} 4\n");
    assert_shown("kantor_broker_call_seconds_bucket{method=\"" READ_PATH "\",le=\"0.0001\"} 3\n");
    broker_metrics_destroy(&metrics);
}

static void
test_no_address_is_no_server(void **state)
{
    (void)state;
    assert_ok(broker_metrics_new("", &metrics));
    assert_int_equal(broker_metrics_port(metrics), 0);
    broker_metrics_destroy(&metrics);
    assert_status(broker_metrics_new("metrics.example:0", &metrics), KT_INVALID_ARGUMENT, 0);
    assert_null(metrics);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_ended_calls),
        cmocka_unit_test(test_no_address_is_no_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
