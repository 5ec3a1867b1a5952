#include "json_split.h"

#include <stdlib.h>

struct cli_json_split {
    FILE *in;
    size_t bytes_max, size, room;
    char *bytes;
};

cli_json_split_t *
cli_json_split_new(FILE *in, size_t bytes_max)
{
    cli_json_split_t *split = calloc(1, sizeof *split);
    if (split)
        *split = (cli_json_split_t){.in = in, .bytes_max = bytes_max};
    return split;
}

void
cli_json_split_destroy(cli_json_split_t **split)
{
    cli_json_split_t *s = KT_TAKE(*split);
    if (!s)
        return;
    free(s->bytes);
    free(s);
}

static kt_status_t
keep(cli_json_split_t *split, int c)
{
    if (split->size == split->bytes_max)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "a JSON object is too long");
    if (split->size == split->room) {
        size_t room = split->room ? split->room * 2 : 4096;
        char *grown = realloc(split->bytes, room);
        if (!grown)
            return kt_error(KT_RESOURCE_EXHAUSTED, 0, "out of memory");
        split->bytes = grown;
        split->room = room;
    }
    split->bytes[split->size++] = (char)c;
    return kt_ok();
}

/* The first character of the next object, or EOF; other characters than blanks are refused. */
static kt_status_t
find(cli_json_split_t *split, int *first)
{
    do
        *first = getc_unlocked(split->in);
    while (*first == ' ' || *first == '\t' || *first == '\r' || *first == '\n');
    if (*first != EOF && *first != '{')
        return kt_error(KT_INVALID_ARGUMENT, 0,
                        "expected are JSON objects, {...}, one after another");
    return kt_ok();
}

kt_status_t
cli_json_split_next(cli_json_split_t *split, kt_span_t *text)
{
    int c;
    size_t depth = 0;
    bool quoted = false, escaped = false;
    split->size = 0;
    KT_TRY(find(split, &c));
    if (c == EOF)
        return kt_error(KT_NOT_FOUND, 0, "no more objects");
    do {
        KT_TRY(keep(split, c));
        if (quoted) {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else {
            quoted = c == '"';
            depth += c == '{';
            depth -= c == '}';
        }
        if (depth == 0) {
            *text = kt_span(split->bytes, split->size);
            return kt_ok();
        }
    } while ((c = getc_unlocked(split->in)) != EOF);
    return kt_error(KT_INVALID_ARGUMENT, 0, "a JSON object begins and never ends");
}
