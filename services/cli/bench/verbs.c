/* kantor bench rpc, bench post, bench compare */
#include "../verbs.h"
#include "bench.h"
#include "pace.h"

#include <pthread.h>
#include <stdlib.h>

#define FIGURES_MAX    (4 * BENCH_LIST_MAX)
#define SECONDS_MS_MAX UINT64_C(3600000)

typedef struct bench {
    cli_t *cli;
    bool post; /* entries, not echo */
    const char *department;
    bench_office_t office;
    bool spawned;
    bench_processes_t processes;
    unsigned in_flight[BENCH_LIST_MAX], in_flight_count;
    uint64_t payload, instances, accounts, batch, fill, rounds, seconds_ms, warm_ms, reads;
    const char *book, *anchors;
    bench_load_t load;
    cli_t reader; /* a second connection, for what is read meanwhile */
    bench_load_t reading;
    bench_floor_t floors[2];
    unsigned floors_count;
    bench_figures_t *figures; /* FIGURES_MAX */
    unsigned figures_count;
    char conditions[1024];
} bench_t;

static bool
read_options(bench_t *b)
{
    cli_t *cli = b->cli;
    const char *usual = b->post ? "1,64,1024" : "1,64";
    b->anchors = cli_text(cli, "anchors");
    if (b->anchors)
        usual = b->post ? "64,1024" : "1,64";
    b->book = cli_text(cli, "book") ? cli_text(cli, "book") : "bench";
    b->spawned = cli_flag(cli, "spawn") || b->anchors;
    b->department = b->post ? "finance" : "echo";
    return bench_list(cli, "in-flight", usual, 16384, b->in_flight, &b->in_flight_count) &&
           cli_number(cli, "payload", 0, 1u << 20, 64, &b->payload) &&
           cli_number(cli, "instances", 1, BENCH_INSTANCES_MAX, 1, &b->instances) &&
           cli_number(cli, "accounts", 2, 1000000, 10000, &b->accounts) &&
           cli_number(cli, "batch", 1, BENCH_BATCH_MAX, 1, &b->batch) &&
           cli_number(cli, "fill", 0, UINT64_MAX, 0, &b->fill) &&
           cli_number(cli, "reads", 0, 1024, 0, &b->reads) &&
           cli_number(cli, "rounds", 1, BENCH_ROUNDS_MAX, b->anchors ? 5 : 3, &b->rounds) &&
           cli_seconds(cli, "seconds", SECONDS_MS_MAX, 2000, &b->seconds_ms) &&
           cli_seconds(cli, "warm", SECONDS_MS_MAX, 500, &b->warm_ms);
}

static void
describe_conditions(bench_t *b)
{
    char text[640], what[256], where[160];
    if (b->post)
        snprintf(
            what, sizeof what,
            "durable entries of two lines, each answered after its commit is on disk; batch %llu "
            "a call; %llu accounts; %llu entries stored before",
            (unsigned long long)b->batch, (unsigned long long)b->accounts,
            (unsigned long long)b->fill);
    else
        snprintf(what, sizeof what, "echo through the broker, no store; payload %llu bytes",
                 (unsigned long long)b->payload);
    if (b->spawned)
        snprintf(where, sizeof where, "ipc; instances: %llu; folder on %s",
                 (unsigned long long)b->instances, bench_file_system(b->office.folder));
    else
        snprintf(where, sizeof where, "the office of %s", cli_config(b->cli));
    snprintf(text, sizeof text,
             "%s; CURVE on; %s; %llu rounds of %.3g s after %.3g s; one client thread", what, where,
             (unsigned long long)b->rounds, (double)b->seconds_ms / 1000,
             (double)b->warm_ms / 1000);
    bench_conditions(b->conditions, sizeof b->conditions, text);
}

static int
open_floors(bench_t *b)
{
    const char *folder = b->office.folder;
    bool right;
    if (b->post) {
        right = bench_floor_post(b->cli, b->anchors, folder, (unsigned)b->accounts, b->fill,
                                 &b->floors[0]);
        b->floors_count = 1;
    } else {
        right = bench_floor_rpc(b->cli, b->anchors, folder, b->payload, false, &b->floors[0]) &&
                bench_floor_rpc(b->cli, b->anchors, folder, b->payload, true, &b->floors[1]);
        b->floors_count = 2;
    }
    return right ? 0 : CLI_EXIT_NOINPUT;
}

static int
open_reader(bench_t *b)
{
    b->reader = *b->cli;
    b->reader.client = NULL;
    int code = cli_connect(&b->reader);
    if (code != 0)
        return code;
    b->reading = (bench_load_t){
        .cli = &b->reader, .processes = &b->processes, .in_flight = (unsigned)b->reads};
    return bench_balance_load(&b->reading, b->book, (unsigned)b->accounts)
               ? 0
               : cli_fail(b->cli, CLI_EXIT_BUG, "out of memory");
}

static int
open_all(bench_t *b)
{
    int code;
    if (b->spawned) {
        code = bench_office_open(b->cli, b->department, (unsigned)b->instances, &b->office);
        b->processes = b->office.processes;
    } else {
        code = cli_connect(b->cli);
        if (code == 0 && !bench_find_processes(b->cli, b->department, &b->processes))
            code = CLI_EXIT_USAGE;
    }
    if (code == 0 && b->anchors)
        code = open_floors(b);
    if (code == 0 && b->post)
        code = bench_post_prepare(b->cli, b->book, (unsigned)b->accounts);
    if (code == 0 && b->post && b->fill > 0)
        code = bench_post_fill(b->cli, &b->processes, b->book, (unsigned)b->accounts, b->fill);
    if (code != 0)
        return code;
    b->load = (bench_load_t){.cli = b->cli, .processes = &b->processes};
    bool made = b->post
                    ? bench_post_load(&b->load, b->book, (unsigned)b->accounts, (unsigned)b->batch)
                    : bench_echo_load(&b->load, b->payload);
    if (!made)
        return cli_fail(b->cli, CLI_EXIT_BUG, "out of memory");
    return b->post && b->reads > 0 ? open_reader(b) : 0;
}

static bench_figures_t *
add_figures(bench_t *b, const char *what, unsigned in_flight)
{
    bench_figures_t *f = &b->figures[b->figures_count++];
    snprintf(f->what, sizeof f->what, "%s", what);
    f->in_flight = in_flight;
    return f;
}

typedef struct reading {
    bench_load_t *load;
    bench_sample_t *sample;
    int code;
} reading_t;

static void *
read_meanwhile(void *context)
{
    reading_t *reading = context;
    reading->code = bench_run(reading->load, reading->sample);
    return NULL;
}

/* One round of the load, and of the reads beside it. */
static int
run_round(bench_t *b, bench_sample_t *sample, bench_sample_t *read)
{
    pthread_t thread;
    reading_t reading = {.load = &b->reading, .sample = read};
    if (!read)
        return bench_run(&b->load, sample);
    b->reading.seconds = b->load.seconds;
    b->reading.warm_s = b->load.warm_s;
    if (pthread_create(&thread, NULL, read_meanwhile, &reading) != 0)
        return cli_fail(b->cli, CLI_EXIT_BUG, "no thread for the reads");
    int code = bench_run(&b->load, sample);
    pthread_join(thread, NULL);
    return code != 0 ? code : reading.code;
}

/* All rounds at one number in flight: the office and the floors take turns. */
static int
measure(bench_t *b, unsigned in_flight)
{
    static const char *const floor_names[2][2] = {{"bare forwarder", "bare forwarder, CURVE"},
                                                  {"bare posting loop", ""}};
    double seconds = (double)b->seconds_ms / 1000, warm_s = (double)b->warm_ms / 1000;
    bench_figures_t *own = add_figures(b, "kantor", in_flight), *floors[2], *read = NULL;
    if (b->reading.body)
        read = add_figures(b, "balances read meanwhile", b->reading.in_flight);
    for (unsigned i = 0; i < b->floors_count; i++)
        floors[i] = add_figures(b, floor_names[b->post][i], in_flight);
    b->load.in_flight = in_flight;
    b->load.seconds = seconds;
    b->load.warm_s = warm_s;
    for (unsigned round = 0; round < b->rounds; round++) {
        int code = run_round(b, &own->rounds[round], read ? &read->rounds[round] : NULL);
        if (code != 0)
            return code;
        own->count++;
        if (read)
            read->count++;
        for (unsigned i = 0; i < b->floors_count; i++) {
            if (!bench_floor_run(b->cli, &b->floors[i], in_flight, seconds, warm_s,
                                 &floors[i]->rounds[round]))
                return CLI_EXIT_NOINPUT;
            floors[i]->count++;
        }
    }
    return 0;
}

static int
run(bench_t *b)
{
    bench_writes_t before, after;
    int code = open_all(b);
    if (code == 0)
        describe_conditions(b);
    /* Programs read one table at a time; they have Store/Stats for this one. */
    bool tells = code == 0 && b->post && b->cli->format == CLI_TABLE &&
                 bench_writes_read(b->cli, b->department, &before);
    for (unsigned i = 0; code == 0 && i < b->in_flight_count; i++)
        code = measure(b, b->in_flight[i]);
    tells = code == 0 && tells && bench_writes_read(b->cli, b->department, &after);
    if (code == 0)
        code = bench_print(b->cli, b->conditions, b->figures, b->figures_count);
    if (code == 0 && b->floors_count > 0) {
        fputc('\n', b->cli->out);
        code = bench_print_ratios(b->cli, b->conditions, b->figures, b->figures_count);
    }
    if (code == 0 && tells) {
        fputc('\n', b->cli->out);
        code = bench_writes_print(b->cli, b->conditions, &before, &after, "entry");
    }
    return code;
}

static int
bench(cli_t *cli, bool post)
{
    bench_t b = {.cli = cli, .post = post};
    if (!read_options(&b))
        return CLI_EXIT_USAGE;
    b.figures = calloc(FIGURES_MAX, sizeof *b.figures);
    if (!b.figures)
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    bench_catch_signals();
    pace_begin();
    int code = run(&b);
    for (unsigned i = 0; i < b.floors_count; i++)
        bench_floor_close(&b.floors[i]);
    bench_load_fini(&b.load);
    bench_load_fini(&b.reading);
    cli_disconnect(&b.reader);
    cli_disconnect(cli);
    if (b.spawned)
        bench_office_close(&b.office);
    free(b.figures);
    return code;
}

static int
bench_rpc(cli_t *cli)
{
    return bench(cli, false);
}

static int
bench_post(cli_t *cli)
{
    return bench(cli, true);
}

#define COMMON_OPTIONS                                                                             \
    {"in-flight", 0, "N,...", "calls open at once, one measurement each"},                         \
        {"seconds", 0, "SECONDS", "of a round (2)"}, {"warm", 0, "SECONDS", "before it (0.5)"},    \
        {"rounds", 0, "N", "of which medians are told (3; with --anchors 5)"},                     \
        {"instances", 0, "N", "of the department, with --spawn (1)"},                              \
        {"spawn", 0, NULL, "against an office of its own in a temporary folder"},                  \
        {"dir", 0, "FOLDER", "where that folder is made ($TMPDIR, /tmp)"},                         \
        {"anchors", 0, "DIR",                                                                      \
         "beside the floor programs built there, with ratios; implies --spawn"},                   \
    {                                                                                              \
        "pids", 0, "NAME=PID,...", "whose processor time to count: broker=12,finance=13"           \
    }

static const cli_option_t rpc_options[] = {
    {"payload", 0, "BYTES", "in each request and response (64)"},
    COMMON_OPTIONS,
};
static const char *const rpc_examples[] = {
    "kantor bench rpc --spawn --in-flight 1,64,1024",
    "kantor bench rpc --anchors /tmp/anchors --payload 64 --rounds 5", NULL};
const cli_verb_t cli_verb_bench_rpc = {
    .name = "bench rpc",
    .operands = "",
    .summary = "Measures echo calls through the broker.",
    .about = "A closed loop on one connection. Prints medians of the rounds with their range, the "
             "times a\n"
             "call takes, and microseconds of processor time per request of each part, with the "
             "conditions\n"
             "they hold under. Without --spawn it measures the office of the configuration.",
    .options = rpc_options,
    .options_count = KT_COUNT(rpc_options),
    .examples = rpc_examples,
    .run = bench_rpc,
};

static const cli_option_t post_options[] = {
    {"batch", 0, "N", "entries in a call, by PostEntries (1: PostEntry)"},
    {"accounts", 0, "N", "that entries are posted to by chance (10,000)"},
    {"fill", 0, "N", "entries posted before the first round"},
    {"book", 0, "BOOK", "the book that is made for it (bench)"},
    {"reads", 0, "N", "GetBalance calls open meanwhile, on a connection of their own"},
    COMMON_OPTIONS,
};
static const char *const post_examples[] = {
    "kantor bench post --spawn --dir /var/tmp --in-flight 64,1024",
    "kantor bench post --spawn --fill 5000000 --in-flight 1024",
    "kantor bench post --spawn --in-flight 1024 --reads 8",
    "kantor bench post --anchors /tmp/anchors --rounds 5", NULL};
const cli_verb_t cli_verb_bench_post = {
    .name = "bench post",
    .operands = "",
    .summary = "Measures durable entries of two lines.",
    .about =
        "As 'bench rpc', with entries that are on disk before they are answered. Entries stay "
        "in the\n"
        "books for ever: measure with --spawn, or in an office that is there for it. Tells what "
        "an\n"
        "entry makes the store write, table by table (not with -o), where the caller may ask "
        "(it.operator).",
    .options = post_options,
    .options_count = KT_COUNT(post_options),
    .examples = post_examples,
    .run = bench_post,
};
