#include "store/seats_check.h"

#include "domain/software.h"
#include "store/tables.h"

#include <kt/rows.h>

#define ARENA_BYTES_FIRST 65536
#define ARENA_BYTES_MAX   (16u << 20) /* the keys of a licence's seats, ten times over */

/* One walk over a table, record by record, with memory that is given back between them. */
typedef struct walk {
    kt_arena_t *arena;
    kt_call_t call;
    kt_txn_t *txn;
    const it_check_sink_t *sink;
    kt_key_t at; /* where to go on */
} walk_t;

static void
fresh(walk_t *w)
{
    kt_arena_reset(w->arena);
    kt_call_init(&w->call, w->arena, w->txn, "verify", 0);
}

static void
find(const walk_t *w, const char *table, kt_span_t key, const char *what)
{
    /* Names in keys end in zero bytes: told as "licence/employee". */
    char *text = kt_arena_copy(w->arena, key);
    for (size_t i = 0; text && i + 1 < key.size; i++)
        if (text[i] == '\0')
            text[i] = '/';
    w->sink->find(w->sink->context, table, text ? text : "", what);
}

static kt_key_t *
turned(kt_key_t *key, kt_span_t pair)
{
    kt_reader_t r = kt_reader(pair);
    kt_span_t first = kt_key_get_name(&r);
    kt_span_t second = kt_key_get_name(&r);
    return kt_key_name(kt_key_name(kt_key(key), second), first);
}

/* The seats of a licence: how many, each with its twin. */
static kt_status_t
count_seats(const walk_t *w, const kt_key_t *licence, uint32_t *count)
{
    kt_key_t twin;
    bool found;
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin(&rows, &w->call, IT_TABLE_SEAT, licence));
    for (*count = 0; kt_rows_next(&rows, NULL, NULL); ++*count) {
        KT_TRY(kt_row_has(&w->call, IT_TABLE_SEAT_EMPLOYEE, turned(&twin, rows.key), &found));
        if (!found)
            find(w, "seat", rows.key, "its employee has no row of it");
    }
    return rows.status;
}

static kt_status_t
check_licence(const walk_t *w, const it_licence_record_t *licence)
{
    uint32_t count;
    KT_TRY(count_seats(w, &w->at, &count));
    if (count != licence->used)
        find(w, "licence", kt_key_span(&w->at),
             kt_arena_printf(w->arena, "it counts %u seats; there are %u", licence->used, count));
    if (count > licence->seats)
        find(w, "licence", kt_key_span(&w->at),
             kt_arena_printf(w->arena, "it has %u seats of %u bought", count, licence->seats));
    return kt_ok();
}

/* The next key of TABLE behind W->at, with its record where LAYOUT is one; false at the end. */
static kt_status_t
next(walk_t *w, uint32_t table, const kt_layout_t *layout, void *row, bool *found)
{
    kt_key_t all;
    fresh(w);
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin_at(&rows, &w->call, table, kt_key(&all), kt_key_span(&w->at)));
    *found = kt_rows_next(&rows, layout, row);
    if (*found)
        kt_key_bytes(kt_key(&w->at), rows.key.data, rows.key.size);
    return rows.status;
}

static kt_status_t
check_all(walk_t *w)
{
    it_licence_record_t licence;
    kt_key_t twin;
    bool found, there;
    KT_TRY(next(w, IT_TABLE_LICENCE, &it_licence_layout, &licence, &found));
    while (found) {
        KT_TRY(check_licence(w, &licence));
        kt_key_u8(&w->at, 0); /* the first key behind it */
        KT_TRY(next(w, IT_TABLE_LICENCE, &it_licence_layout, &licence, &found));
    }
    kt_key(&w->at);
    KT_TRY(next(w, IT_TABLE_SEAT_EMPLOYEE, NULL, NULL, &found));
    while (found) {
        KT_TRY(kt_row_has(&w->call, IT_TABLE_SEAT, turned(&twin, kt_key_span(&w->at)), &there));
        if (!there)
            find(w, "seat_employee", kt_key_span(&w->at), "the licence has no row of it");
        kt_key_u8(&w->at, 0);
        KT_TRY(next(w, IT_TABLE_SEAT_EMPLOYEE, NULL, NULL, &found));
    }
    return kt_ok();
}

kt_status_t
it_store_check_seats(kt_txn_t *txn, const it_check_sink_t *sink)
{
    walk_t w = {
        .txn = txn, .sink = sink, .arena = kt_arena_new(ARENA_BYTES_FIRST, ARENA_BYTES_MAX)};
    if (!w.arena)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the verification");
    kt_status_t status = check_all(&w);
    /* A text of a failure lies in the arena. */
    if (kt_failed(status))
        status.text = "the seats could not be read";
    kt_arena_destroy(&w.arena);
    return status;
}
