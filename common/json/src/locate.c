/* Where in a text a value stands. jansson keeps no lines of what it has read, so an error's line is
 * looked up when there is one. */
#include "json_private.h"

/* Ways deeper than this are shown from their outer end. */
#define STEPS_MAX 128

typedef struct cursor {
    const char *at, *end;
    unsigned line;
} cursor_t;

static void
skip_blanks(cursor_t *c)
{
    for (; c->at < c->end && strchr(" \t\r\n", *c->at); c->at++)
        c->line += *c->at == '\n';
}

static void
skip_string(cursor_t *c)
{
    for (c->at++; c->at < c->end && *c->at != '"'; c->at++)
        if (*c->at == '\\')
            c->at++;
    c->at++;
}

static void
skip_value(cursor_t *c)
{
    int depth = 0;
    do {
        skip_blanks(c);
        if (c->at >= c->end)
            return;
        if (*c->at == '"') {
            skip_string(c);
            continue;
        }
        if (strchr("{[", *c->at))
            depth++;
        else if (strchr("}]", *c->at))
            depth--;
        c->at++;
        /* The rest of a number or a word, when the value is no more than that. */
        while (depth == 0 && c->at < c->end && !strchr(" \t\r\n,:}]{[\"", *c->at) &&
               !strchr("}]", c->at[-1]))
            c->at++;
    } while (depth > 0);
}

/* Moves from the beginning of a value to that of the one inside it; false when it is not found. */
static bool
step_into(cursor_t *c, const kt_json_step_t *step)
{
    skip_blanks(c);
    c->at++; /* the bracket */
    for (size_t i = 0; c->at < c->end; i++) {
        skip_blanks(c);
        if (c->at >= c->end || strchr("}]", *c->at))
            return false;
        bool here = !step->key && i == step->index;
        if (step->key) {
            const char *key = c->at + 1;
            size_t length = strlen(step->key);
            skip_string(c);
            here = (size_t)(c->at - key) == length + 1 && memcmp(key, step->key, length) == 0;
            skip_blanks(c);
            c->at++; /* the colon */
        }
        if (here)
            return true;
        skip_value(c);
        skip_blanks(c);
        c->at++; /* the comma, or the bracket's end */
        if (c->at <= c->end && strchr("}]", c->at[-1]))
            return false;
    }
    return false;
}

/* The steps from the outermost to the innermost; their count. */
static size_t
outermost_first(const kt_json_step_t *step, const kt_json_step_t *steps[STEPS_MAX])
{
    size_t count = 0, all = 0;
    for (const kt_json_step_t *s = step; s; s = s->up)
        all++;
    for (const kt_json_step_t *s = step; s; s = s->up)
        if (--all < STEPS_MAX) {
            steps[all] = s;
            count++;
        }
    return count;
}

unsigned
kt_json_line(kt_span_t text, const kt_json_step_t *step)
{
    const kt_json_step_t *steps[STEPS_MAX];
    cursor_t c = {
        .at = (const char *)text.data, .end = (const char *)text.data + text.size, .line = 1};
    size_t count = outermost_first(step, steps);
    unsigned line = 1;
    for (size_t i = 0; i < count; i++) {
        if (!step_into(&c, steps[i]))
            return line;
        skip_blanks(&c);
        line = c.line;
    }
    skip_blanks(&c);
    return c.line;
}

const char *
kt_json_path(kt_arena_t *arena, const kt_json_step_t *step)
{
    const kt_json_step_t *steps[STEPS_MAX];
    size_t count = outermost_first(step, steps);
    const char *path = "";
    for (size_t i = 0; i < count; i++)
        path = steps[i]->key
                   ? kt_arena_printf(arena, "%s%s%s", path, i > 0 ? "." : "", steps[i]->key)
                   : kt_arena_printf(arena, "%s[%zu]", path, steps[i]->index);
    return path;
}
