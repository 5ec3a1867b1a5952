#include "store/scan.h"

kt_status_t
fin_scan_begin(fin_scan_t *scan, const kt_call_t *call, uint32_t table, kt_span_t prefix)
{
    *scan = (fin_scan_t){.call = call, .prefix = prefix};
    return kt_kv_cursor(call->txn, table, &scan->cursor);
}

void
fin_scan_end(fin_scan_t *scan)
{
    if (scan->cursor)
        kt_kv_cursor_close(&scan->cursor);
}

kt_status_t
fin_scan_wanted(const kt_call_t *call)
{
    return kt_call_over(call) ? kt_error(KT_CANCELLED, 0, "nobody waits for the answer any more")
                              : kt_ok();
}

/* What a cursor's step came to: past the end of the table is past the end of the prefix. */
static kt_status_t
arrive(fin_scan_t *scan, kt_status_t step, bool *found)
{
    *found = !kt_failed(step) && kt_span_starts_with(scan->key, scan->prefix);
    return step.code == KT_NOT_FOUND ? kt_ok() : step;
}

static kt_status_t
look(fin_scan_t *scan)
{
    return ++scan->passed % FIN_SCAN_LOOK == 0 ? fin_scan_wanted(scan->call) : kt_ok();
}

kt_status_t
fin_scan_seek(fin_scan_t *scan, kt_span_t from, bool *found)
{
    if (from.size == 0)
        return arrive(scan, kt_cursor_first(scan->cursor, &scan->key, &scan->value), found);
    return arrive(scan, kt_cursor_seek(scan->cursor, from, &scan->key, &scan->value), found);
}

kt_status_t
fin_scan_next(fin_scan_t *scan, bool *found)
{
    KT_TRY(look(scan));
    return arrive(scan, kt_cursor_next(scan->cursor, &scan->key, &scan->value), found);
}

kt_status_t
fin_scan_seek_back(fin_scan_t *scan, kt_span_t at, bool *found)
{
    return arrive(scan, kt_cursor_seek_back(scan->cursor, at, &scan->key, &scan->value), found);
}

kt_status_t
fin_scan_back(fin_scan_t *scan, bool *found)
{
    KT_TRY(look(scan));
    return arrive(scan, kt_cursor_prev(scan->cursor, &scan->key, &scan->value), found);
}
