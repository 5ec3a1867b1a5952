#include "contracts.h"

#include "method_name.h"

#include <grpc/health/health.kt.h>
#include <grpc/reflection/reflection.client.kt.h>
#include <kantor/broker/v1/broker.client.kt.h>
#include <kt/time.h>
#include <stdlib.h>
#include <time.h>

#define ARENA_FIRST ((size_t)256 << 10)
#define ARENA_LIMIT ((size_t)64 << 20)
#define PAUSE_MS    100 /* before somebody who was away is asked again */

struct cli_contracts {
    cli_t *cli;
    kt_arena_t *arena;
    kt_reply_t reply;
    cli_method_t *methods;
    size_t count;
    const char *missing; /* "finance, it": departments that are away, or "" */
    int64_t until_us;    /* they are waited for */
    unsigned departments_count;
    struct {
        const char *name;
        const kt_dynamic_t *dynamic; /* NULL: not asked yet */
    } departments[CLI_DEPARTMENTS_MAX];
};

static const kt_service_desc_t *const own_services[] = {&broker_api_broker_service,
                                                        &health_health_service};

static const char *
join(kt_arena_t *arena, const char *const *words, size_t count)
{
    const char *all = "";
    for (size_t i = 0; i < count; i++)
        all = kt_arena_printf(arena, "%s%s%s", all, i > 0 ? ", " : "", words[i]);
    return all;
}

static void
add(cli_contracts_t *c, cli_method_t method)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->methods[i].path, method.path) == 0)
            return; /* another instance of the department */
    if (c->count < CLI_METHODS_MAX)
        c->methods[c->count++] = method;
}

static const char *
add_department(cli_contracts_t *c, const char *name)
{
    for (unsigned i = 0; i < c->departments_count; i++)
        if (strcmp(c->departments[i].name, name) == 0)
            return c->departments[i].name;
    const char *kept = kt_arena_strdup(c->arena, name);
    if (kept && c->departments_count < CLI_DEPARTMENTS_MAX)
        c->departments[c->departments_count++].name = kept;
    return kept ? kept : "";
}

static void
add_instance(cli_contracts_t *c, const broker_api_instance_t *instance)
{
    const char *department = add_department(c, instance->service);
    for (size_t i = 0; i < instance->n_methods; i++) {
        const Kantor__Rpc__V1__RegisteredMethod *m = instance->methods[i];
        cli_method_t method = {
            .path = kt_arena_strdup(c->arena, m->path),
            .department = department,
            .shared = m->path[0] != '/',
            .kind = (kt_method_kind_t)m->kind,
            .client_streaming = m->client_streaming,
            .server_streaming = m->server_streaming,
            .roles = join(c->arena, (const char *const *)m->roles, m->n_roles),
        };
        if (method.path)
            add(c, method);
    }
}

static void
add_own(cli_contracts_t *c)
{
    for (size_t s = 0; s < KT_COUNT(own_services); s++)
        for (uint32_t i = 0; i < own_services[s]->methods_count; i++) {
            const kt_method_t *m = &own_services[s]->methods[i];
            if (m->client_streaming || m->server_streaming)
                continue; /* the broker answers what is unary only */
            add(c, (cli_method_t){.path = m->path,
                                  .department = "",
                                  .kind = m->kind,
                                  .roles = join(c->arena, m->roles, m->roles_count)});
        }
}

static int
by_path(const void *a, const void *b)
{
    return strcmp(((const cli_method_t *)a)->path, ((const cli_method_t *)b)->path);
}

int
cli_contracts_open(cli_t *cli, cli_contracts_t **contracts)
{
    cli_contracts_t *c = calloc(1, sizeof *c);
    *contracts = c;
    int code = c ? cli_connect(cli) : cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    if (code != 0)
        return code;
    c->cli = cli;
    c->arena = kt_arena_new(ARENA_FIRST, ARENA_LIMIT);
    c->methods = calloc(CLI_METHODS_MAX, sizeof *c->methods);
    if (!c->arena || !c->methods || kt_failed(kt_reply_init(&c->reply)))
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    kt_call_options_t options = cli_call_options(cli, NULL);
    uint32_t timeout_ms = cli->timeout_ms ? cli->timeout_ms : (uint32_t)KT_TIMEOUT_MS_USUAL;
    c->until_us = kt_clock_mono_us() + timeout_ms * KT_US_PER_MS;
    broker_api_list_services_request_t request = BROKER_API_LIST_SERVICES_REQUEST_INIT;
    const broker_api_list_services_response_t *response;
    if (kt_failed(
            broker_api_broker_list_services(cli->client, &options, &request, &c->reply, &response)))
        return cli_report(cli, "the broker", &c->reply);
    for (size_t i = 0; i < response->n_instances; i++)
        add_instance(c, response->instances[i]);
    c->missing = join(c->arena, (const char *const *)response->missing, response->n_missing);
    add_own(c);
    qsort(c->methods, c->count, sizeof *c->methods, by_path);
    return 0;
}

void
cli_contracts_close(cli_contracts_t **contracts)
{
    cli_contracts_t *c = KT_TAKE(*contracts);
    if (!c)
        return;
    kt_reply_fini(&c->reply);
    kt_arena_destroy(&c->arena);
    free(c->methods);
    free(c);
}

const cli_method_t *
cli_contracts_methods(const cli_contracts_t *contracts, size_t *count)
{
    *count = contracts->count;
    return contracts->methods;
}

/* How many methods NAME can mean, and the last of them; 1 when it is the whole path of one. */
static size_t
find(const cli_contracts_t *contracts, const char *name, const char *department,
     const cli_method_t **method)
{
    size_t found = 0;
    for (size_t i = 0; i < contracts->count; i++) {
        const cli_method_t *m = &contracts->methods[i];
        if (department && strcmp(m->department, department) != 0)
            continue;
        if (!cli_method_matches(m->path, name))
            continue;
        *method = m;
        found++;
        if (cli_method_is(m->path, name))
            return 1;
    }
    return found;
}

/* False, at once, when the time that somebody is waited for is over. */
static bool
pause_until(int64_t until_us)
{
    if (kt_clock_mono_us() + PAUSE_MS * KT_US_PER_MS >= until_us)
        return false;
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    return true;
}

int
cli_contracts_open_for(cli_t *cli, const char *name, const char *department,
                       cli_contracts_t **contracts, const cli_method_t **method)
{
    int code = cli_contracts_open(cli, contracts);
    int64_t until_us = code == 0 ? (*contracts)->until_us : 0;
    while (code == 0 && find(*contracts, name, department, method) == 0 &&
           (*contracts)->missing[0] && pause_until(until_us)) {
        cli_contracts_close(contracts);
        cli_disconnect(cli); /* another broker may have them: one is taken by chance */
        code = cli_contracts_open(cli, contracts);
    }
    return code != 0 ? code : cli_contracts_method(*contracts, name, department, method);
}

int
cli_contracts_method(cli_contracts_t *contracts, const char *name, const char *department,
                     const cli_method_t **method)
{
    size_t found = find(contracts, name, department, method);
    if (found == 1)
        return 0;
    cli_t *cli = contracts->cli;
    if (found == 0 && contracts->missing[0])
        return cli_fail(cli, KT_UNAVAILABLE,
                        "%s: no running department has such a method; away, and not asked: %s",
                        name, contracts->missing);
    if (found == 0)
        return cli_fail(cli, KT_UNIMPLEMENTED,
                        "%s: no running department has such a method; 'kantor describe' lists them",
                        name);
    cli_fail(cli, 0, "%s can be any of these; say more of its path, or --department:", name);
    for (size_t i = 0; i < contracts->count; i++) {
        const cli_method_t *m = &contracts->methods[i];
        if ((!department || strcmp(m->department, department) == 0) &&
            cli_method_matches(m->path, name))
            fprintf(cli->err, "  %s\n", m->path);
    }
    return CLI_EXIT_USAGE;
}

/* ---- reflection ---- */

/* Opens a reflection stream to DEPARTMENT. */
static kt_status_t
open_reflection(cli_contracts_t *c, const char *department, kt_stream_t **stream)
{
    kt_call_options_t options = cli_call_options(c->cli, department);
    return kt_client_open(c->cli->client,
                          &reflection_server_reflection_service
                               .methods[REFLECTION_SERVER_REFLECTION_SERVER_REFLECTION_INFO],
                          &options, NULL, stream);
}

/* Asks for the files of SYMBOL, and copies them into FILES behind the *COUNT that are there. */
static kt_status_t
ask_files(cli_contracts_t *c, kt_stream_t *stream, const char *symbol, kt_span_t *files,
          size_t *count)
{
    reflection_server_reflection_request_t request = REFLECTION_SERVER_REFLECTION_REQUEST_INIT;
    request.message_request_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL;
    request.file_containing_symbol = (char *)(uintptr_t)symbol;
    KT_TRY(kt_stream_send(stream, &request.base, false));
    KT_TRY(kt_stream_receive(stream, &c->reply));
    const reflection_server_reflection_response_t *response =
        (const reflection_server_reflection_response_t *)c->reply.message;
    if (response->message_response_case !=
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE)
        return kt_error(KT_NOT_FOUND, 0, "reflection does not know a service that is registered");
    const reflection_file_descriptor_response_t *answer = response->file_descriptor_response;
    for (size_t i = 0; i < answer->n_file_descriptor_proto; i++) {
        const ProtobufCBinaryData *file = &answer->file_descriptor_proto[i];
        kt_span_t bytes = kt_span(file->data, file->len);
        bool known = false;
        for (size_t k = 0; k < *count && !known; k++)
            known = kt_span_equal(files[k], bytes);
        if (known)
            continue;
        char *copy = kt_arena_copy(c->arena, bytes);
        if (!copy || *count == KT_DYNAMIC_FILES_MAX)
            return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the contracts are too large");
        files[(*count)++] = kt_span(copy, bytes.size);
    }
    return kt_ok();
}

/* Whether an earlier method of the list has the same service in the same department. */
static bool
asked_before(const cli_contracts_t *c, size_t at)
{
    kt_span_t service = cli_path_service(c->methods[at].path);
    for (size_t i = 0; i < at; i++)
        if (c->methods[i].department == c->methods[at].department &&
            kt_span_equal(cli_path_service(c->methods[i].path), service))
            return true;
    return false;
}

static kt_status_t
load_all(cli_contracts_t *c, const char *department, kt_stream_t *stream,
         const kt_dynamic_t **dynamic)
{
    kt_span_t files[KT_DYNAMIC_FILES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->methods[i].department != department || asked_before(c, i))
            continue;
        kt_span_t service = cli_path_service(c->methods[i].path);
        char *symbol = kt_arena_copy(c->arena, service);
        if (!symbol)
            return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the contracts are too large");
        KT_TRY(ask_files(c, stream, symbol, files, &count));
    }
    KT_TRY(kt_stream_send(stream, NULL, true));
    kt_ignore(kt_stream_receive(stream, &c->reply)); /* its end, so that it counts as answered */
    return kt_dynamic_build(c->arena, files, count, dynamic);
}

/* Asks DEPARTMENT for all its contracts; *OVER when it is the reply that says why it fails. */
static kt_status_t
reflect(cli_contracts_t *c, const char *department, bool *over, const kt_dynamic_t **dynamic)
{
    kt_stream_t *stream = NULL;
    kt_status_t status = open_reflection(c, department, &stream);
    if (!kt_failed(status))
        status = load_all(c, department, stream, dynamic);
    *over = status.code == KT_OUT_OF_RANGE;
    if (stream && *over)
        kt_ignore(kt_stream_receive(stream, &c->reply)); /* whoever could not send has not heard */
    if (stream)
        kt_stream_close(&stream);
    *over &= kt_failed(c->reply.status);
    return *over ? c->reply.status : status;
}

int
cli_contracts_load(cli_contracts_t *contracts, const char *department, const kt_dynamic_t **dynamic)
{
    cli_contracts_t *c = contracts;
    unsigned at = 0;
    while (at < c->departments_count && strcmp(c->departments[at].name, department) != 0)
        at++;
    if (at == c->departments_count)
        return cli_fail(c->cli, KT_NOT_FOUND, "%s: no such department is running", department);
    bool over = false;
    while (!c->departments[at].dynamic) {
        kt_status_t status = reflect(c, c->departments[at].name, &over,
                                     &c->departments[at].dynamic);
        /* One that is being replaced, as its broker may be, is asked anew. */
        if (status.code == KT_UNAVAILABLE && pause_until(c->until_us))
            continue;
        if (kt_failed(status))
            return over ? cli_report(c->cli, "reflection", &c->reply)
                        : cli_report_status(c->cli, "reflection", status);
    }
    *dynamic = c->departments[at].dynamic;
    return 0;
}

int
cli_contracts_describe(cli_contracts_t *contracts, const cli_method_t *method,
                       const kt_method_t **contract, const kt_dynamic_t **dynamic)
{
    *dynamic = NULL;
    *contract = NULL;
    for (size_t s = 0; s < KT_COUNT(own_services) && !method->department[0]; s++)
        for (uint32_t i = 0; i < own_services[s]->methods_count; i++)
            if (strcmp(own_services[s]->methods[i].path, method->path) == 0)
                *contract = &own_services[s]->methods[i];
    if (*contract)
        return 0;
    int code = cli_contracts_load(contracts, method->department, dynamic);
    if (code != 0)
        return code;
    *contract = kt_dynamic_method(*dynamic, method->path + strcspn(method->path, "/"));
    return *contract ? 0
                     : cli_fail(contracts->cli, KT_INTERNAL, "%s: reflection does not have it",
                                method->path);
}
