#include "store/allowances.h"

#include "domain/post.h"
#include "store/tables.h"

static const kt_field_t FIELDS[] = {
    KT_F_I64(fin_expiry_t, amount, 1, INT64_MAX, 0),
};
const kt_layout_t fin_expiry_layout = KT_LAYOUT("expiry", fin_expiry_t, FIELDS);

static kt_key_t *
prefix(kt_key_t *key, const fin_allowance_key_t *of)
{
    return kt_key_bytes(kt_key_u8(kt_key(key), (uint8_t)of->kind), of->key->data, of->key->size);
}

kt_key_t *
fin_expiry_key(kt_key_t *key, const fin_allowance_key_t *of, const fin_expiry_t *expiry)
{
    return kt_key_name(kt_key_i64(prefix(key, of), expiry->expires_us), expiry->reservation);
}

kt_status_t
fin_store_load_expired(const kt_call_t *call, const fin_allowance_key_t *of,
                       const fin_allowance_t *allowance, fin_expired_t *expired)
{
    int64_t until_us = fin_allowance_time(allowance, call->now_us);
    kt_key_t begin;
    fin_expiry_t expiry;
    *expired = (fin_expired_t){0};
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    KT_TRY(kt_rows_begin(&rows, call, FIN_TABLE_EXPIRY, prefix(&begin, of)));
    while (kt_rows_next(&rows, &fin_expiry_layout, &expiry)) {
        kt_reader_t r = kt_reader(rows.key);
        kt_get_bytes(&r, begin.size);
        if (kt_get_key_i64(&r) > until_us)
            return kt_ok();
        fin_expired_key_t *one = KT_ARENA_NEW(call->arena, fin_expired_key_t);
        if (one == NULL)
            return fin_out_of_memory();
        *one = (fin_expired_key_t){.key = rows.key, .next = expired->keys};
        expired->keys = one;
        expired->lapsed.amount += expiry.amount;
        expired->lapsed.count++;
    }
    return rows.status;
}

kt_status_t
fin_store_apply_expired(const kt_call_t *call, const fin_expired_t *expired)
{
    for (const fin_expired_key_t *one = expired->keys; one != NULL; one = one->next) {
        kt_key_t key;
        KT_TRY(kt_row_delete(call, FIN_TABLE_EXPIRY,
                             kt_key_bytes(kt_key(&key), one->key.data, one->key.size)));
    }
    return kt_ok();
}

kt_status_t
fin_store_put_expiry(const kt_call_t *call, const fin_allowance_key_t *of,
                     const fin_expiry_t *expiry, bool active)
{
    kt_key_t key;
    fin_expiry_key(&key, of, expiry);
    if (!active)
        return kt_row_delete(call, FIN_TABLE_EXPIRY, &key);
    return kt_row_put(call, FIN_TABLE_EXPIRY, &key, &fin_expiry_layout, expiry);
}
