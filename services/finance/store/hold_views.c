#include "domain/reason.h"
#include "store/post.h"
#include "store/records.h"
#include "store/scan.h"
#include "store/tables.h"
#include "store/views.h"

static kt_status_t
read_hold(const kt_call_t *call, uint64_t part, const kt_ulid_t *id, kt_span_t value,
          fin_hold_view_t *view)
{
    if (!fin_get_hold(value, &view->hold))
        return fin_store_corrupt(call, FIN_TABLE_HOLD, "a hold");
    view->hold.id = *id;
    return fin_store_hold_names(call, part, view);
}

kt_status_t
fin_store_view_hold(const kt_call_t *call, const fin_book_record_t *book, const kt_ulid_t *id,
                    fin_hold_view_t *view)
{
    fin_key_t key;
    kt_span_t value;
    bool found;
    KT_TRY(fin_store_get(call, FIN_TABLE_HOLD, fin_key_hold(&key, book->part, id), &value, &found));
    if (found)
        return read_hold(call, book->part, id, value, view);
    char text[KT_ULID_CHARS + 1];
    kt_ulid_format(id, text);
    return kt_error(KT_NOT_FOUND, FIN_HOLD_UNKNOWN,
                    kt_arena_printf(call->arena,
                                    "book %.*s has no hold %s: see ListHolds for those there are",
                                    (int)book->id.size, (const char *)book->id.data, text));
}

static kt_status_t
list_all(const kt_call_t *call, uint64_t part, const kt_ulid_t *after, uint32_t limit,
         fin_hold_list_t *list)
{
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    fin_key_t prefix, key;
    kt_span_t from = fin_key_hold(&key, part, after);
    bool found;
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_HOLD, fin_key_part(&prefix, part)));
    KT_TRY(fin_scan_seek(&scan, from, &found));
    if (found && kt_span_equal(scan.key, from))
        KT_TRY(fin_scan_next(&scan, &found));
    while (found && list->count < limit) {
        kt_ulid_t id;
        if (!fin_parse_hold(scan.key, &part, &id))
            return fin_store_corrupt(call, FIN_TABLE_HOLD, "a hold");
        KT_TRY(read_hold(call, part, &id, scan.value, &list->holds[list->count++]));
        KT_TRY(fin_scan_next(&scan, &found));
    }
    list->more = found;
    return kt_ok();
}

/* The least LIMIT + 1 of the ids that were offered, in order. */
typedef struct least {
    kt_ulid_t *ids;
    uint32_t count, room;
} least_t;

static void
offer(least_t *least, const kt_ulid_t *id)
{
    uint32_t at = least->count;
    while (at > 0 && memcmp(id->bytes, least->ids[at - 1].bytes, sizeof id->bytes) < 0)
        at--;
    if (at == least->room)
        return;
    uint32_t behind = KT_MIN(least->count, least->room - 1) - at;
    memmove(&least->ids[at + 1], &least->ids[at], behind * sizeof *least->ids);
    least->ids[at] = *id;
    least->count = KT_MIN(least->count + 1, least->room);
}

/* Offers the active holds of one account after AFTER. They lie by commodity and expiry, not by id:
 * at most FIN_HOLDS_ACTIVE_MAX a commodity. */
static kt_status_t
offer_active(const kt_call_t *call, uint64_t part, uint32_t account, const kt_ulid_t *after,
             least_t *least)
{
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    fin_key_t prefix, key;
    bool found;
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_HOLD_ACCOUNT,
                          fin_key_number(&prefix, part, account)));
    KT_TRY(fin_scan_seek(&scan, scan.prefix, &found));
    while (found) {
        fin_hold_account_key_t at;
        if (!fin_parse_hold_account(scan.key, &at))
            return fin_store_corrupt(call, FIN_TABLE_HOLD_ACCOUNT, "a hold");
        if (at.expires_us <= call->now_us) {
            at.expires_us = call->now_us + 1;
            at.id = (kt_ulid_t){0};
            KT_TRY(fin_scan_seek(&scan, fin_key_hold_account(&key, &at), &found));
            continue;
        }
        if (memcmp(at.id.bytes, after->bytes, sizeof at.id.bytes) > 0)
            offer(least, &at.id);
        KT_TRY(fin_scan_next(&scan, &found));
    }
    return kt_ok();
}

static kt_status_t
list_active(const kt_call_t *call, const fin_book_record_t *book, uint32_t account,
            const kt_ulid_t *after, uint32_t limit, fin_hold_list_t *list)
{
    least_t least = {.ids = KT_ARENA_ARRAY(call->arena, kt_ulid_t, limit + 1), .room = limit + 1};
    if (!least.ids)
        return kt_call_out_of_memory(call);
    KT_TRY(offer_active(call, book->part, account, after, &least));
    list->more = least.count > limit;
    while (list->count < KT_MIN(least.count, limit)) {
        KT_TRY(fin_store_view_hold(call, book, &least.ids[list->count], &list->holds[list->count]));
        list->count++;
    }
    return kt_ok();
}

kt_status_t
fin_store_list_holds(const kt_call_t *call, const fin_book_record_t *book, uint32_t account,
                     const kt_ulid_t *after, uint32_t limit, fin_hold_list_t *list)
{
    *list = (fin_hold_list_t){.holds = KT_ARENA_ARRAY(call->arena, fin_hold_view_t, limit)};
    if (!list->holds)
        return kt_call_out_of_memory(call);
    if (account == 0)
        return list_all(call, book->part, after, limit, list);
    return list_active(call, book, account, after, limit, list);
}
