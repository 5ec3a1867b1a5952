#include "names.h"

#include <kt/arena.h>
#include <kt/map.h>
#include <stdlib.h>

#define FIRST_BYTES 65536
#define LIMIT_BYTES ((size_t)1 << 30)

/* Names whose hashes are equal hang in one chain. */
typedef struct name {
    struct name *next;
    uint32_t number;
    char text[];
} name_t;

struct cli_names {
    kt_arena_t *arena;
    kt_map_t *map; /* hash -> the first name of its chain */
    name_t **all;
    uint32_t count, room;
};

/* FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/). */
static uint64_t
hash(kt_span_t text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.size; i++)
        h = (h ^ text.data[i]) * UINT64_C(0x100000001b3);
    return h;
}

cli_names_t *
cli_names_new(void)
{
    cli_names_t *names = calloc(1, sizeof *names);
    if (!names)
        return NULL;
    names->arena = kt_arena_new(FIRST_BYTES, LIMIT_BYTES);
    names->map = kt_map_new(64);
    if (!names->arena || !names->map)
        cli_names_destroy(&names);
    return names;
}

void
cli_names_destroy(cli_names_t **names)
{
    cli_names_t *n = KT_TAKE(*names);
    if (!n)
        return;
    kt_arena_destroy(&n->arena);
    kt_map_destroy(&n->map);
    free(n->all);
    free(n);
}

static name_t *
find(const cli_names_t *names, kt_span_t text)
{
    name_t *name = kt_map_get(names->map, hash(text));
    while (name && !kt_span_equal(kt_span_str(name->text), text))
        name = name->next;
    return name;
}

uint32_t
cli_names_find(const cli_names_t *names, kt_span_t text)
{
    const name_t *name = find(names, text);
    return name ? name->number : CLI_NAMES_NONE;
}

uint32_t
cli_names_add(cli_names_t *names, const char *text)
{
    kt_span_t span = kt_span_str(text);
    name_t *name = find(names, span);
    if (name)
        return name->number;
    if (names->count == names->room) {
        uint32_t room = names->room ? names->room * 2 : 64;
        name_t **all = room < CLI_NAMES_NONE / 2 ? realloc(names->all, room * sizeof *all) : NULL;
        if (!all)
            return CLI_NAMES_NONE;
        names->all = all;
        names->room = room;
    }
    name = kt_arena_alloc(names->arena, sizeof *name + span.size + 1);
    if (!name)
        return CLI_NAMES_NONE;
    name->next = kt_map_get(names->map, hash(span));
    name->number = names->count;
    memcpy(name->text, text, span.size + 1);
    if (!kt_map_put(names->map, hash(span), name))
        return CLI_NAMES_NONE;
    names->all[names->count++] = name;
    return name->number;
}

const char *
cli_names_get(const cli_names_t *names, uint32_t number)
{
    KT_ASSERT(number < names->count);
    return names->all[number]->text;
}

uint32_t
cli_names_count(const cli_names_t *names)
{
    return names->count;
}
