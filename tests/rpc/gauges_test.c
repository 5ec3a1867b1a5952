/* The gauges of a store that nobody writes to any more say what is in it. */
#include "mill.h"
#include "shell.h"
#include "stage.h"
#include "testing.h"

#include <kantor/store/v1/store.kt.h>
#include <stdio.h>
#include <stdlib.h>

#define QUOTA_BYTES   (UINT64_C(10) << 30)
#define WRITES        20
#define PATIENCE_US   (INT64_C(20) * 1000000)
#define LINE_SIZE_MAX 128

static const stage_principal_t principals[] = {
    {"carla", "clerk auditor it.operator department", NULL},
    {"mill", "department", "mill"},
    {NULL, NULL, NULL},
};

static bool
shown(const kt_shell_t *shell, const char *line)
{
    size_t size;
    char *text = kt_metrics_text(shell->metrics, &size);
    bool found;

    assert_non_null(text);
    found = strstr(text, line);
    free(text);
    return found;
}

static const store_stats_response_t *
stats(stage_world_t *w)
{
    static const store_stats_request_t request = STORE_STATS_REQUEST_INIT;
    const kt_call_options_t options = {.department = "mill"};

    assert_ok(kt_client_call(w->client, &store_store_service.methods[STORE_STORE_STATS], &options,
                             &request.base, &w->reply));
    return (const store_stats_response_t *)w->reply.message;
}

/* Reads alone pass the time: the metrics have to become right by themselves. */
static void
until_shown(stage_world_t *w, const char *line)
{
    int64_t until_us = kt_clock_mono_us() + PATIENCE_US;

    while (!shown(w->shell, line)) {
        if (kt_clock_mono_us() > until_us)
            fail_msg("the metrics never say%s", line);
        (void)stats(w);
    }
}

static void
take(stage_world_t *w, unsigned number)
{
    mill_thing_request_t request = MILL_THING_REQUEST_INIT;
    mill_thing_t thing = MILL_THING_INIT;
    char name[16];

    (void)snprintf(name, sizeof(name), "lot-%u", number);
    thing.thing = name;
    thing.amount = 1;
    request.thing = &thing;
    assert_ok(kt_client_call(w->client, &mill_mill_service.methods[MILL_MILL_TAKE], NULL,
                             &request.base, &w->reply));
}

static void
with_quota(kt_shell_options_t *options)
{
    options->quota_bytes = QUOTA_BYTES;
}

static void
an_idle_store_is_measured(void **state)
{
    stage_world_t *w = stage_world_new(principals, mill_service(), with_quota);
    char lines[16][LINE_SIZE_MAX];
    size_t count;

    *state = w;
    until_shown(w, "\nkantor_store_quota_bytes 10737418240\n"); /* before anything was written */
    /* More than one a second: the last ones are not measured with their batch. */
    for (unsigned i = 0; i < WRITES; i++)
        take(w, i);
    const store_stats_response_t *found = stats(w);
    count = KT_MIN(found->n_tables, KT_COUNT(lines));
    for (size_t i = 0; i < count; i++)
        (void)snprintf(lines[i], sizeof(lines[i]),
                       "\nkantor_store_table_records{table=\"%s\"} %llu\n", found->tables[i]->name,
                       (unsigned long long)found->tables[i]->records);
    assert_true(count > 3);
    for (size_t i = 0; i < count; i++)
        until_shown(w, lines[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_idle_store_is_measured, stage_world_teardown)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
