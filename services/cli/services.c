/* kantor services and kantor health: who is there, and are they well. */
#include "services.h"
#include "connect.h"
#include "output.h"
#include "verbs.h"

#include <grpc/health/health.client.kt.h>
#include <kantor/broker/v1/broker.client.kt.h>
#include <kt/time.h>
#include <time.h>

#define WAIT_MS_MAX   UINT64_C(86400000)
#define WAIT_STEP_MS  200
#define CHECK_CALL_MS 2000 /* one question of a longer wait */

/* Asks the broker who is registered. 0, or an exit code after saying why not; REPLY is initialised.
 */
static int
list_services(cli_t *cli, kt_reply_t *reply, const broker_api_list_services_response_t **response)
{
    kt_call_options_t options = cli_call_options(cli, NULL);
    broker_api_list_services_request_t request = BROKER_API_LIST_SERVICES_REQUEST_INIT;
    kt_status_t status = broker_api_broker_list_services(cli->client, &options, &request, reply,
                                                         response);
    return kt_failed(status) ? cli_report(cli, "the broker", reply) : 0;
}

int
cli_departments(cli_t *cli, kt_reply_t *reply, cli_departments_t *departments)
{
    const broker_api_list_services_response_t *response;
    int code = list_services(cli, reply, &response);
    *departments = (cli_departments_t){0};
    for (size_t i = 0; code == 0 && i < response->n_instances; i++) {
        const char *name = response->instances[i]->service;
        unsigned count = departments->running_count;
        if (count > 0 && strcmp(departments->running[count - 1], name) == 0)
            continue; /* they come by service */
        if (count == CLI_DEPARTMENTS_MAX)
            return cli_fail(cli, CLI_EXIT_BUG, "more than %d departments", CLI_DEPARTMENTS_MAX);
        departments->running[departments->running_count++] = name;
    }
    if (code == 0) {
        departments->missing = response->missing;
        departments->missing_count = response->n_missing;
    }
    return code;
}

/* Connects and initialises REPLY. 0, or an exit code after saying why not. */
static int
begin(cli_t *cli, kt_reply_t *reply)
{
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    kt_status_t status = kt_reply_init(reply);
    return kt_failed(status) ? cli_report_status(cli, "reply", status) : 0;
}

static void
put_instance(out_t *out, const broker_api_instance_t *instance)
{
    char capacity[16], open[16], methods[16], since[28];
    snprintf(capacity, sizeof capacity, "%u", (unsigned)instance->capacity);
    snprintf(open, sizeof open, "%u", (unsigned)instance->open);
    snprintf(methods, sizeof methods, "%zu", instance->n_methods);
    kt_time_format(instance->since_us, since);
    since[19] = 'Z'; /* to the second */
    since[20] = 0;
    out_row(out, (const char *const[]){instance->service, instance->instance, instance->principal,
                                       instance->version, open, capacity, methods, since,
                                       instance->draining ? "yes" : "no"});
}

static int
services(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"department", "department", OUT_TEXT}, {"instance", "instance", OUT_TEXT},
        {"principal", "principal", OUT_TEXT},   {"version", "version", OUT_TEXT},
        {"open", "open", OUT_NUMBER},           {"capacity", "capacity", OUT_NUMBER},
        {"methods", "methods", OUT_NUMBER},     {"since", "since", OUT_TEXT},
        {"draining", "draining", OUT_YES},
    };
    KT_CLEANUP(kt_reply_fini) kt_reply_t reply = {0};
    const broker_api_list_services_response_t *response;
    int code = begin(cli, &reply);
    if (code == 0)
        code = list_services(cli, &reply, &response);
    if (code != 0)
        return code;
    out_t *out = out_new(cli->out, cli->format, columns, KT_COUNT(columns));
    if (!out)
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    for (size_t i = 0; i < response->n_instances; i++)
        put_instance(out, response->instances[i]);
    return out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
}

static const char *const services_examples[] = {"kantor services", NULL};
const cli_verb_t cli_verb_services = {
    .name = "services",
    .operands = "",
    .summary = "The running instances of every department.",
    .examples = services_examples,
    .run = services,
};

/* ---- health ---- */

/* Asks once about a department. */
static kt_status_t
check(cli_t *cli, const char *department, uint32_t timeout_ms, kt_reply_t *reply,
      health_health_check_response_serving_status_t *serving)
{
    kt_call_options_t options = {.timeout_ms = timeout_ms};
    health_health_check_request_t request = HEALTH_HEALTH_CHECK_REQUEST_INIT;
    const health_health_check_response_t *response;
    request.service = (char *)(uintptr_t)department;
    kt_status_t status = health_health_check(cli->client, &options, &request, reply, &response);
    if (!kt_failed(status))
        *serving = response->status;
    return status;
}

static void
put_health(out_t *out, const char *department,
           health_health_check_response_serving_status_t serving)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
        &health_health_check_response_serving_status_descriptor, (int)serving);
    out_row(out, (const char *const[]){department, value ? value->name : "?"});
}

/* Asks until the department is SERVING or WAIT_MS are over; *TOLD when a row was put. */
static int
health_of(cli_t *cli, const char *department, uint64_t wait_ms, kt_reply_t *reply, out_t *out,
          bool *told)
{
    health_health_check_response_serving_status_t serving =
        HEALTH_HEALTH_CHECK_RESPONSE_SERVING_STATUS_UNKNOWN;
    int64_t until_us = kt_clock_mono_us() + (int64_t)wait_ms * KT_US_PER_MS;
    for (;;) {
        int64_t left_ms = (until_us - kt_clock_mono_us()) / KT_US_PER_MS;
        uint32_t timeout_ms = wait_ms == 0 ? cli->timeout_ms
                                           : (uint32_t)KT_MAX(1, KT_MIN(left_ms, CHECK_CALL_MS));
        kt_status_t status = check(cli, department, timeout_ms, reply, &serving);
        bool well = !kt_failed(status) &&
                    serving == HEALTH_HEALTH_CHECK_RESPONSE_SERVING_STATUS_SERVING;
        if (well || kt_clock_mono_us() >= until_us) {
            if (kt_failed(status))
                return cli_report(cli, department, reply);
            put_health(out, department, serving);
            *told = true;
            return well ? 0 : KT_UNAVAILABLE;
        }
        nanosleep(&(struct timespec){.tv_nsec = WAIT_STEP_MS * 1000000L}, NULL);
    }
}

/* Of one that has no instance: no call is needed to know that, unless it is waited for. */
static int
health_of_missing(cli_t *cli, const char *department, uint64_t wait_ms, kt_reply_t *reply,
                  out_t *out, bool *told)
{
    if (wait_ms > 0)
        return health_of(cli, department, wait_ms, reply, out, told);
    put_health(out, department, HEALTH_HEALTH_CHECK_RESPONSE_SERVING_STATUS_NOT_SERVING);
    *told = true;
    return KT_UNAVAILABLE;
}

/* Every department that has an instance, and every one that should have. */
static int
health_of_all(cli_t *cli, uint64_t wait_ms, kt_reply_t *reply, out_t *out, bool *told)
{
    KT_CLEANUP(kt_reply_fini) kt_reply_t list = {0};
    cli_departments_t all;
    kt_status_t status = kt_reply_init(&list);
    if (kt_failed(status))
        return cli_report_status(cli, "reply", status);
    int worst = cli_departments(cli, &list, &all);
    if (worst == 0 && all.running_count + all.missing_count == 0)
        return cli_fail(cli, KT_UNAVAILABLE, "no department is running");
    for (unsigned i = 0; i < all.running_count; i++) {
        int code = health_of(cli, all.running[i], wait_ms, reply, out, told);
        worst = worst != 0 ? worst : code;
    }
    for (size_t i = 0; i < all.missing_count; i++) {
        int code = health_of_missing(cli, all.missing[i], wait_ms, reply, out, told);
        worst = worst != 0 ? worst : code;
    }
    return worst;
}

static int
health(cli_t *cli)
{
    static const out_column_t columns[] = {{"department", "department", OUT_TEXT},
                                           {"status", "status", OUT_TEXT}};
    KT_CLEANUP(kt_reply_fini) kt_reply_t reply = {0};
    bool told = false;
    uint64_t wait_ms;
    if (!cli_seconds(cli, "wait", WAIT_MS_MAX, 0, &wait_ms))
        return CLI_EXIT_USAGE;
    int code = begin(cli, &reply);
    if (code != 0)
        return code;
    out_t *out = out_new(cli->out, cli->format, columns, KT_COUNT(columns));
    if (!out)
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    if (cli->operands_count == 1)
        code = health_of(cli, cli->operands[0], wait_ms, &reply, out, &told);
    else
        code = health_of_all(cli, wait_ms, &reply, out, &told);
    if (!told)
        out_drop(&out); /* nothing is known of anybody */
    bool wrote = !told || out_end(&out);
    return code != 0 ? code : wrote ? 0 : CLI_EXIT_OUTPUT;
}

static const cli_option_t health_options[] = {
    {"wait", 0, "SECONDS", "ask again until it is SERVING, so long at most"},
};
static const char *const health_examples[] = {"kantor health", "kantor health finance --wait 10",
                                              NULL};
const cli_verb_t cli_verb_health = {
    .name = "health",
    .operands = "[DEPARTMENT]",
    .operands_max = 1,
    .summary = "Whether a department, or every one of the office, is SERVING.",
    .about =
        "The exit code is 0 when all that were asked about are SERVING, else 14 (UNAVAILABLE).",
    .options = health_options,
    .options_count = KT_COUNT(health_options),
    .examples = health_examples,
    .run = health,
};
