/* kantor trace show: one trace as a tree, out of the files that programs kept it in. */
#include "../output.h"
#include "../verbs.h"
#include "spans.h"

#include <stdlib.h>

#define NONE       SIZE_MAX
#define BAR_CHARS  24
#define DEPTH_MAX  1000 /* what lies deeper begins anew at the left edge */
#define INDENT_MAX 32   /* levels that are seen as such */
#define NAME_BYTES 400
#define NS_PER_MS  1e6

typedef struct tree {
    trace_spans_t spans;  /* by begin */
    size_t *child, *next; /* the first below each, and the next beside it; NONE: none */
    size_t root;          /* the first of those without a parent here */
    int64_t begin_ns, end_ns;
} tree_t;

/* ---- the tree ---- */

static int
by_begin(const void *a, const void *b)
{
    const trace_span_t *x = a, *y = b;
    if (x->begin_ns != y->begin_ns)
        return x->begin_ns < y->begin_ns ? -1 : 1;
    return (x->end_ns < y->end_ns) - (x->end_ns > y->end_ns); /* what holds the other comes first */
}

typedef struct place {
    uint8_t id[KT_TRACE_SPAN_BYTES];
    size_t at;
} place_t;

static int
by_id(const void *a, const void *b)
{
    return memcmp(((const place_t *)a)->id, ((const place_t *)b)->id, KT_TRACE_SPAN_BYTES);
}

static size_t
parent_of(const tree_t *tree, const place_t *places, size_t at)
{
    static const uint8_t none[KT_TRACE_SPAN_BYTES];
    place_t wanted = {.at = 0};
    memcpy(wanted.id, tree->spans.items[at].parent, sizeof wanted.id);
    if (memcmp(wanted.id, none, sizeof none) == 0)
        return NONE;
    const place_t *found = bsearch(&wanted, places, tree->spans.count, sizeof *places, by_id);
    return found && found->at != at ? found->at : NONE;
}

/* Whether AT stands below itself, or too deep: files may say anything. */
static bool
is_lost(const size_t *parents, size_t at)
{
    size_t up = parents[at];
    for (size_t steps = 0; up != NONE && up != at && steps < DEPTH_MAX; steps++)
        up = parents[up];
    return up != NONE;
}

static void
link_all(tree_t *tree, size_t *parents)
{
    for (size_t i = 0; i < tree->spans.count; i++)
        if (parents[i] != NONE && is_lost(parents, i))
            parents[i] = NONE;
    for (size_t i = tree->spans.count; i-- > 0;) { /* backwards, so that the lists are by begin */
        size_t *list = parents[i] == NONE ? &tree->root : &tree->child[parents[i]];
        tree->next[i] = *list;
        *list = i;
    }
}

/* False when memory is out. */
static bool
grow_tree(tree_t *tree)
{
    size_t count = tree->spans.count;
    place_t *places = calloc(count, sizeof *places);
    size_t *parents = calloc(count, sizeof *parents);
    tree->child = calloc(count, sizeof *tree->child);
    tree->next = calloc(count, sizeof *tree->next);
    bool fine = places && parents && tree->child && tree->next;
    if (fine) {
        qsort(tree->spans.items, count, sizeof *tree->spans.items, by_begin);
        tree->begin_ns = tree->end_ns = tree->spans.items[0].begin_ns;
        for (size_t i = 0; i < count; i++) {
            memcpy(places[i].id, tree->spans.items[i].id, sizeof places[i].id);
            places[i].at = i;
            tree->child[i] = tree->next[i] = NONE;
            tree->end_ns = KT_MAX(tree->end_ns, tree->spans.items[i].end_ns);
        }
        tree->root = NONE;
        qsort(places, count, sizeof *places, by_id);
        for (size_t i = 0; i < count; i++)
            parents[i] = parent_of(tree, places, i);
        link_all(tree, parents);
    }
    free(places);
    free(parents);
    return fine;
}

/* ---- rows ---- */

/* Where in the whole it lies: "    ====        ". */
static void
draw_bar(const tree_t *tree, const trace_span_t *span, char bar[BAR_CHARS + 1])
{
    double whole = (double)KT_MAX(tree->end_ns - tree->begin_ns, INT64_C(1));
    size_t from = (size_t)((double)(span->begin_ns - tree->begin_ns) / whole * BAR_CHARS);
    size_t to = (size_t)((double)(span->end_ns - tree->begin_ns) / whole * BAR_CHARS + 0.999);
    from = KT_MIN(from, (size_t)BAR_CHARS - 1);
    to = KT_MIN(KT_MAX(to, from + 1), (size_t)BAR_CHARS);
    memset(bar, ' ', BAR_CHARS);
    memset(bar + from, '=', to - from);
    bar[BAR_CHARS] = 0;
}

static void
put_row(out_t *out, const tree_t *tree, size_t at, unsigned depth)
{
    const trace_span_t *span = &tree->spans.items[at];
    char id[2 * KT_TRACE_SPAN_BYTES + 1] = "", parent[sizeof id] = "", bar[BAR_CHARS + 1];
    char name[NAME_BYTES], after[32], took[32];
    static const uint8_t none[KT_TRACE_SPAN_BYTES];
    kt_trace_hex(span->id, sizeof span->id, id);
    if (memcmp(span->parent, none, sizeof none) != 0)
        kt_trace_hex(span->parent, sizeof span->parent, parent);
    snprintf(name, sizeof name, "%*s%s", (int)(2 * depth), "", span->name);
    snprintf(after, sizeof after, "%.3f", (double)(span->begin_ns - tree->begin_ns) / NS_PER_MS);
    snprintf(took, sizeof took, "%.3f", (double)(span->end_ns - span->begin_ns) / NS_PER_MS);
    draw_bar(tree, span, bar);
    out_row(out, (const char *const[]){name, span->name, span->service, after, took,
                                       span->code != KT_OK ? kt_code_name(span->code) : "", bar, id,
                                       parent});
}

/* Depth first, without a call for each level: how deep a file says is not ours. */
static int
put_tree(cli_t *cli, const tree_t *tree)
{
    static const out_column_t columns[] = {
        {NULL, "span", OUT_TEXT},
        {"name", NULL, OUT_TEXT},
        {"service", "service", OUT_TEXT},
        {"after_ms", "after ms", OUT_NUMBER},
        {"took_ms", "took ms", OUT_NUMBER},
        {"code", "code", OUT_TEXT},
        {NULL, "", OUT_TEXT},
        {"span", NULL, OUT_TEXT},
        {"parent", NULL, OUT_TEXT},
    };
    out_t *out = out_new(cli->out, cli->format, columns, KT_COUNT(columns));
    size_t *path = calloc(tree->spans.count, sizeof *path);
    size_t depth = 0, at = tree->root;
    if (!out || !path) {
        out_drop(&out);
        free(path);
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    }
    while (at != NONE) {
        put_row(out, tree, at, (unsigned)KT_MIN(depth, (size_t)INDENT_MAX));
        if (tree->child[at] != NONE) {
            path[depth++] = at;
            at = tree->child[at];
            continue;
        }
        while (tree->next[at] == NONE && depth > 0)
            at = path[--depth];
        at = tree->next[at];
    }
    free(path);
    return out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
}

/* ---- the verb ---- */

static bool
read_trace(const char *text, uint8_t id[KT_TRACE_ID_BYTES])
{
    kt_trace_t trace;
    if (kt_trace_unhex(kt_span_str(text), id, KT_TRACE_ID_BYTES))
        return true;
    if (!kt_trace_parse(kt_span_str(text), &trace))
        return false;
    memcpy(id, trace.id, sizeof trace.id);
    return true;
}

static int
show_all(cli_t *cli, tree_t *tree)
{
    if (tree->spans.count == 0)
        return cli_fail(cli, KT_NOT_FOUND, "no span of that trace is in these files");
    if (tree->spans.more)
        cli_say(cli, "the first %d spans; there are more", TRACE_SPANS_MAX);
    return grow_tree(tree) ? put_tree(cli, tree) : cli_fail(cli, CLI_EXIT_BUG, "out of memory");
}

static int
show(cli_t *cli)
{
    uint8_t id[KT_TRACE_ID_BYTES];
    tree_t tree = {.root = NONE};
    if (!read_trace(cli->operands[0], id))
        return cli_fail(cli, CLI_EXIT_USAGE,
                        "'%s' is no trace: 32 digits of hexadecimal, or a traceparent",
                        cli->operands[0]);
    int code = 0;
    for (unsigned i = 1; i < cli->operands_count && code == 0; i++)
        code = trace_spans_read(cli, cli->operands[i], id, &tree.spans);
    if (code == 0)
        code = show_all(cli, &tree);
    trace_spans_free(&tree.spans);
    free(tree.child);
    free(tree.next);
    return code;
}

static const char *const examples[] = {
    "kantor trace show 4bf92f3577b34da6a3ce929d0e0e4736 mine.jsonl /var/log/kantor/*/spans.jsonl",
    NULL};
const cli_verb_t cli_verb_trace_show = {
    .name = "trace show",
    .operands = "TRACE FILE...",
    .operands_min = 2,
    .operands_max = CLI_OPERANDS_MAX,
    .summary = "One trace as a tree, out of the files that it was kept in.",
    .about = "TRACE is an id, as 'kantor process show' and logs have it, or a traceparent. FILEs "
             "are those of\n--trace and of 'trace' in configurations. What stands at the left edge "
             "began the trace, or its\nparent is in none of the files.",
    .examples = examples,
    .run = show,
};
