#include "store/seats_check.h"

#include "domain/software.h"
#include "store/tables.h"

static kt_key_t *
turned(kt_key_t *key, kt_span_t pair)
{
    kt_reader_t r = kt_reader(pair);
    kt_span_t first = kt_key_get_name(&r);
    kt_span_t second = kt_key_get_name(&r);
    return kt_key_name(kt_key_of_name(key, second), first);
}

/* The seats of a licence: how many, each with its twin. */
static kt_status_t
count_seats(const it_walk_t *w, const kt_key_t *licence, uint32_t *count)
{
    kt_key_t twin;
    bool found;
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin(&rows, &w->call, IT_TABLE_SEAT, licence));
    for (*count = 0; kt_rows_next(&rows, NULL, NULL); ++*count) {
        KT_TRY(kt_row_has(&w->call, IT_TABLE_SEAT_EMPLOYEE, turned(&twin, rows.key), &found));
        if (!found)
            it_walk_find(w, "seat", rows.key, "its employee has no row of it");
    }
    return rows.status;
}

static kt_status_t
check_licence(it_walk_t *w, const void *row)
{
    const it_licence_record_t *licence = (const it_licence_record_t *)row;
    uint32_t count;
    KT_TRY(count_seats(w, &w->at, &count));
    if (count != licence->used)
        it_walk_find(w, "licence", kt_key_span(&w->at),
                     kt_arena_printf(w->call.arena, "it counts %u seats; there are %u",
                                     licence->used, count));
    if (count > licence->seats)
        it_walk_find(
            w, "licence", kt_key_span(&w->at),
            kt_arena_printf(w->call.arena, "it has %u seats of %u bought", count, licence->seats));
    return kt_ok();
}

static kt_status_t
check_employee(it_walk_t *w, const void *row)
{
    kt_key_t twin;
    bool there;
    (void)row;
    KT_TRY(kt_row_has(&w->call, IT_TABLE_SEAT, turned(&twin, kt_key_span(&w->at)), &there));
    if (!there)
        it_walk_find(w, "seat_employee", kt_key_span(&w->at), "the licence has no row of it");
    return kt_ok();
}

static kt_status_t
check_all(it_walk_t *w)
{
    it_licence_record_t licence;
    KT_TRY(it_walk_all(w, IT_TABLE_LICENCE, &it_licence_layout, &licence, check_licence));
    return it_walk_all(w, IT_TABLE_SEAT_EMPLOYEE, NULL, NULL, check_employee);
}

kt_status_t
it_store_check_seats(kt_txn_t *txn, const it_check_sink_t *sink)
{
    return it_walk_run(txn, sink, NULL, check_all, "the seats could not be read");
}
