/* The trace of one command: it and its calls. */
#include "../cli.h"

#include <kt/prng.h>
#include <kt/time.h>
#include <kt/tracer.h>
#include <stdlib.h>
#include <unistd.h>

#define NAME_BYTES 96

static const char *
file_of(const cli_t *cli)
{
    const char *path = cli_text(cli, "trace");
    return path ? path : getenv("KANTOR_TRACE");
}

/* What is kept is sampled, so that the others keep their parts as well. */
static int
keep(cli_t *cli, const char *path, kt_prng_t *prng)
{
    char instance[32];
    snprintf(instance, sizeof instance, "kantor-%ld", (long)getpid());
    const kt_tracer_options_t options = {.path = path,
                                         .keep = KT_TRACER_KEEP_USUAL,
                                         .per_million = KT_TRACE_ALWAYS,
                                         .service = "kantor",
                                         .version = KANTOR_VERSION,
                                         .instance = instance};
    kt_status_t status = kt_tracer_new(&options, &cli->tracer);
    if (kt_failed(status))
        return cli_fail(cli, CLI_EXIT_OUTPUT, "traces cannot be kept in %s: %s", path, status.text);
    cli->trace.sampled = true;
    kt_trace_new_span(prng, &cli->trace);
    return 0;
}

int
cli_trace_begin(cli_t *cli)
{
    const char *path = file_of(cli), *parent = getenv("TRACEPARENT");
    kt_prng_t prng;
    kt_prng_seed_system(&prng);
    cli->started_us = kt_clock_wall_us();
    if (kt_trace_parse(kt_span_str(parent), &cli->trace))
        memcpy(cli->trace_parent, cli->trace.span, sizeof cli->trace_parent);
    else
        cli->trace = kt_trace_new(&prng, 0);
    return path && path[0] ? keep(cli, path, &prng) : 0;
}

void
cli_trace_end(cli_t *cli, int code)
{
    char name[NAME_BYTES], exit_code[16];
    const kt_trace_sink_t *sink = kt_tracer_sink(cli->tracer);
    if (!sink)
        return;
    snprintf(name, sizeof name, "kantor %s", cli->verb->name);
    snprintf(exit_code, sizeof exit_code, "%d", code);
    kt_trace_span_t span = {.trace = cli->trace,
                            .kind = KT_TRACE_INTERNAL,
                            .name = name,
                            .from_us = cli->started_us,
                            .to_us = kt_clock_wall_us(),
                            .attributes = {{"kantor.exit_code", exit_code}}};
    memcpy(span.parent, cli->trace_parent, sizeof span.parent);
    sink->keep(sink->context, &span);
    kt_tracer_destroy(&cli->tracer);
}
