#include "store/walk.h"

#define ARENA_BYTES_FIRST 65536
#define ARENA_BYTES_MAX   (16u << 20) /* the keys of a licence's seats, ten times over */

/* The next key of TABLE at or behind WALK->at, with its record where LAYOUT is one. */
static kt_status_t
next(it_walk_t *walk, uint32_t table, const kt_layout_t *layout, void *row, bool *found)
{
    kt_key_t all;
    kt_arena_t *arena = walk->call.arena;
    kt_arena_reset(arena);
    kt_call_init(&walk->call, arena, walk->txn, "verify", 0);
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin_at(&rows, &walk->call, table, kt_key(&all), kt_key_span(&walk->at)));
    *found = kt_rows_next(&rows, layout, row);
    if (*found)
        kt_key_bytes(kt_key(&walk->at), rows.key.data, rows.key.size);
    return rows.status;
}

kt_status_t
it_walk_all(it_walk_t *walk, uint32_t table, const kt_layout_t *layout, void *row,
            kt_status_t (*each)(it_walk_t *walk, const void *row))
{
    bool found;
    kt_key(&walk->at);
    KT_TRY(next(walk, table, layout, row, &found));
    while (found) {
        KT_TRY(each(walk, row));
        kt_key_u8(&walk->at, 0); /* the first key behind it */
        KT_TRY(next(walk, table, layout, row, &found));
    }
    return kt_ok();
}

void
it_walk_find(const it_walk_t *walk, const char *table, kt_span_t key, const char *what)
{
    char *text = kt_arena_copy(walk->call.arena, key);
    for (size_t i = 0; text && i + 1 < key.size; i++)
        if (text[i] == '\0')
            text[i] = '/';
    walk->sink->find(walk->sink->context, table, text ? text : "", what);
}

kt_status_t
it_walk_run(kt_txn_t *txn, const it_check_sink_t *sink, void *context,
            kt_status_t (*run)(it_walk_t *walk), const char *unreadable)
{
    it_walk_t walk = {.txn = txn, .sink = sink, .context = context};
    walk.call.arena = kt_arena_new(ARENA_BYTES_FIRST, ARENA_BYTES_MAX);
    if (!walk.call.arena)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the verification");
    kt_status_t status = run(&walk);
    if (kt_failed(status))
        status.text = unreadable; /* a failure's own text lies in the arena */
    kt_arena_destroy(&walk.call.arena);
    return status;
}
