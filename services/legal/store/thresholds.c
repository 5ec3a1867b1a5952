#include "store/thresholds.h"

#include "domain/reason.h"
#include "store/tables.h"

static kt_status_t
load_newest(const kt_call_t *call, legal_thresholds_record_t *thresholds)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t all;
    KT_TRY(kt_rows_begin_last(&rows, call, LEGAL_TABLE_THRESHOLDS, kt_key(&all)));
    if (!kt_rows_next(&rows, &legal_thresholds_layout, thresholds))
        return rows.status;
    kt_reader_t r = kt_reader(rows.key);
    thresholds->revision = kt_get_u32(&r);
    return kt_ok();
}

kt_status_t
legal_store_load_thresholds(const kt_call_t *call, uint32_t revision,
                            legal_thresholds_record_t *thresholds)
{
    kt_key_t key;
    bool found;
    kt_layout_clear(&legal_thresholds_layout, thresholds);
    if (revision == 0)
        return load_newest(call, thresholds);
    KT_TRY(kt_row_get(call, LEGAL_TABLE_THRESHOLDS, kt_key_u32(kt_key(&key), revision),
                      &legal_thresholds_layout, thresholds, &found));
    thresholds->revision = revision;
    return found ? kt_ok()
                 : kt_error(KT_NOT_FOUND, LEGAL_THRESHOLDS_UNKNOWN,
                            "there are no thresholds of that revision");
}

kt_status_t
legal_store_apply_thresholds(const kt_call_t *call, const legal_thresholds_record_t *thresholds)
{
    kt_key_t key;
    return kt_row_put(call, LEGAL_TABLE_THRESHOLDS, kt_key_u32(kt_key(&key), thresholds->revision),
                      &legal_thresholds_layout, thresholds);
}
