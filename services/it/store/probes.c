/* Keys: target and reach: name. Maintenance: id. Window: u8 kind, name, i64 end, id: what is over
 * lies in front and is skipped. */
#include "store/probes.h"

#include "domain/reason.h"
#include "store/networks.h"
#include "store/tables.h"

#define TEXT(span) (int)(span).size, (const char *)(span).data

enum { OF_TARGET = 1, OF_SITE };

/* What a window's row says; its end stands in the key. */
typedef struct window_row {
    int64_t from_us;
} window_row_t;
static const kt_field_t window_fields[] = {KT_F_TIME(window_row_t, from_us, 0)};
static const kt_layout_t window_layout = KT_LAYOUT("window", window_row_t, window_fields);

/* ---- maintenance ---- */

static kt_key_t *
window_prefix(kt_key_t *key, uint8_t kind, kt_span_t name)
{
    return kt_key_name(kt_key_u8(kt_key(key), kind), name);
}

static kt_key_t *
window_key(kt_key_t *key, const it_window_record_t *window)
{
    bool of_target = window->target.size > 0;
    window_prefix(key, of_target ? OF_TARGET : OF_SITE, of_target ? window->target : window->site);
    return kt_key_name(kt_key_i64(key, window->until_us), window->maintenance);
}

/* How many windows are not over, and whether one of them has begun. */
static kt_status_t
look_ahead(const kt_call_t *call, uint8_t kind, kt_span_t name, uint32_t *ahead, bool *inside)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t prefix, from;
    window_row_t row;
    window_prefix(&prefix, kind, name);
    from = prefix;
    kt_key_i64(&from, call->now_us + 1);
    KT_TRY(kt_rows_begin_at(&rows, call, IT_TABLE_WINDOW, &prefix, kt_key_span(&from)));
    while (kt_rows_next(&rows, &window_layout, &row)) {
        ++*ahead;
        *inside = *inside || row.from_us <= call->now_us;
    }
    return rows.status;
}

static kt_status_t
is_maintained(const kt_call_t *call, const it_target_record_t *target, bool *maintained)
{
    uint32_t ahead = 0;
    *maintained = false;
    KT_TRY(look_ahead(call, OF_TARGET, target->target, &ahead, maintained));
    if (*maintained || target->site.size == 0)
        return kt_ok();
    return look_ahead(call, OF_SITE, target->site, &ahead, maintained);
}

kt_status_t
it_store_load_place_window(const kt_call_t *call, const it_window_record_t *draft,
                           it_window_facts_t *facts)
{
    kt_key_t key;
    bool of_target = draft->target.size > 0, inside = false;
    kt_span_t name = of_target ? draft->target : draft->site;
    uint32_t table = of_target ? IT_TABLE_TARGET : IT_TABLE_SITE;
    *facts = (it_window_facts_t){0};
    KT_TRY(kt_row_has(call, table, kt_key_of_name(&key, name), &facts->there));
    return look_ahead(call, of_target ? OF_TARGET : OF_SITE, name, &facts->ahead, &inside);
}

kt_status_t
it_store_put_window(const kt_call_t *call, const it_window_record_t *window)
{
    kt_key_t key;
    window_row_t row = {.from_us = window->from_us};
    KT_TRY(kt_row_put(call, IT_TABLE_MAINTENANCE, kt_key_of_name(&key, window->maintenance),
                      &it_window_layout, window));
    return kt_row_put(call, IT_TABLE_WINDOW, window_key(&key, window), &window_layout, &row);
}

kt_status_t
it_store_load_window(const kt_call_t *call, kt_span_t id, it_window_record_t *window)
{
    kt_key_t key;
    bool there;
    KT_TRY(kt_row_get(call, IT_TABLE_MAINTENANCE, kt_key_of_name(&key, id), &it_window_layout,
                      window, &there));
    return there ? kt_ok()
                 : kt_error(KT_NOT_FOUND, IT_MAINTENANCE_UNKNOWN,
                            kt_arena_printf(call->arena, "there is no maintenance %.*s", TEXT(id)));
}

kt_status_t
it_store_apply_end_window(const kt_call_t *call, const it_window_record_t *was,
                          const it_window_record_t *window)
{
    kt_key_t key;
    KT_TRY(kt_row_delete(call, IT_TABLE_WINDOW, window_key(&key, was)));
    return it_store_put_window(call, window);
}

kt_status_t
it_store_list_windows(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page)
{
    kt_key_t key;
    return kt_rows_page(call, IT_TABLE_MAINTENANCE, kt_key(&key), from, size, &it_window_layout,
                        NULL, page);
}

/* ---- targets ---- */

static kt_status_t
load_link(const kt_call_t *call, kt_span_t name, it_link_t *link, bool *there)
{
    kt_key_t key;
    bool probed;
    *link = (it_link_t){0};
    KT_TRY(kt_row_get(call, IT_TABLE_TARGET, kt_key_of_name(&key, name), &it_target_layout,
                      &link->target, there));
    if (!*there)
        return kt_ok();
    KT_TRY(kt_row_get(call, IT_TABLE_REACH, &key, &it_reach_layout, &link->reach, &probed));
    return is_maintained(call, &link->target, &link->maintained);
}

static kt_status_t
load_chain(const kt_call_t *call, kt_span_t name, it_chain_t *chain, bool *there)
{
    *there = true;
    for (chain->count = 0; name.size > 0; name = chain->links[chain->count++].target.depends_on) {
        bool found;
        if (chain->count == IT_CHAIN_MAX)
            return kt_error(KT_DATA_LOSS, 0, "a chain of targets is too long");
        KT_TRY(load_link(call, name, &chain->links[chain->count], &found));
        if (!found && chain->count > 0)
            return kt_error(KT_DATA_LOSS, 0, "a target depends on one that is not there");
        *there = found;
        if (!found)
            return kt_ok();
    }
    return kt_ok();
}

kt_status_t
it_store_load_chain(const kt_call_t *call, kt_span_t target, it_chain_t *chain)
{
    bool there;
    KT_TRY(load_chain(call, target, chain, &there));
    return there ? kt_ok()
                 : kt_error(KT_NOT_FOUND, IT_TARGET_UNKNOWN,
                            kt_arena_printf(call->arena, "there is no target %.*s", TEXT(target)));
}

static kt_status_t
count_targets(const kt_call_t *call, uint32_t *count)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t all;
    KT_TRY(kt_rows_begin(&rows, call, IT_TABLE_TARGET, kt_key(&all)));
    while (kt_rows_next(&rows, NULL, NULL))
        ++*count;
    return rows.status;
}

kt_status_t
it_store_load_create_target(const kt_call_t *call, const it_target_record_t *draft,
                            it_target_facts_t *facts)
{
    kt_key_t key;
    *facts = (it_target_facts_t){.above = KT_ARENA_NEW(call->arena, it_chain_t)};
    if (!facts->above)
        return kt_call_out_of_memory(call);
    KT_TRY(kt_row_has(call, IT_TABLE_TARGET, kt_key_of_name(&key, draft->target), &facts->there));
    if (draft->site.size > 0)
        KT_TRY(it_store_has_site(call, draft->site, &facts->site_there));
    KT_TRY(load_chain(call, draft->depends_on, facts->above, &facts->depends_there));
    return count_targets(call, &facts->targets);
}

static kt_status_t
put_target(const kt_call_t *call, const it_target_record_t *target)
{
    kt_key_t key;
    return kt_row_put(call, IT_TABLE_TARGET, kt_key_of_name(&key, target->target),
                      &it_target_layout, target);
}

kt_status_t
it_store_apply_create_target(const kt_call_t *call, const it_target_record_t *target,
                             const it_chain_t *above)
{
    for (uint32_t i = 0; i < above->count; i++)
        KT_TRY(put_target(call, &above->links[i].target));
    return put_target(call, target);
}

kt_status_t
it_store_load_retire_target(const kt_call_t *call, kt_span_t target, it_chain_t *chain, bool *there)
{
    return load_chain(call, target, chain, there);
}

kt_status_t
it_store_apply_retire_target(const kt_call_t *call, const it_chain_t *chain)
{
    kt_key_t key;
    kt_key_of_name(&key, chain->links[0].target.target);
    KT_TRY(kt_row_delete(call, IT_TABLE_REACH, &key));
    KT_TRY(kt_row_delete(call, IT_TABLE_TARGET, &key));
    for (uint32_t i = 1; i < chain->count; i++)
        KT_TRY(put_target(call, &chain->links[i].target));
    return kt_ok();
}

kt_status_t
it_store_put_reach(const kt_call_t *call, kt_span_t target, const it_reach_record_t *reach)
{
    kt_key_t key;
    return kt_row_put(call, IT_TABLE_REACH, kt_key_of_name(&key, target), &it_reach_layout, reach);
}

/* ---- listings ---- */

/* Room for the items, and for a chain to derive each from. */
static kt_status_t
new_list(const kt_call_t *call, uint32_t size, it_target_list_t *list, it_chain_t **chain)
{
    *list = (it_target_list_t){.items = KT_ARENA_ARRAY(call->arena, it_target_item_t, size)};
    *chain = KT_ARENA_NEW(call->arena, it_chain_t);
    return list->items && *chain ? kt_ok() : kt_call_out_of_memory(call);
}

static kt_status_t
add_item(const kt_call_t *call, kt_span_t target, it_chain_t *chain, it_target_list_t *list)
{
    KT_TRY(it_store_load_chain(call, target, chain));
    it_view_target(chain, call->now_us, &list->items[list->count++]);
    return kt_ok();
}

kt_status_t
it_store_list_targets(const kt_call_t *call, kt_span_t from, uint32_t size, it_target_list_t *list)
{
    kt_key_t key;
    kt_row_page_t page;
    it_chain_t *chain;
    KT_TRY(new_list(call, size, list, &chain));
    KT_TRY(kt_rows_page(call, IT_TABLE_TARGET, kt_key(&key), from, size, &it_target_layout, NULL,
                        &page));
    const it_target_record_t *targets = (const it_target_record_t *)page.rows;
    for (uint32_t i = 0; i < page.count; i++)
        KT_TRY(add_item(call, targets[i].target, chain, list));
    list->next = page.next;
    return kt_ok();
}

kt_status_t
it_store_list_due(const kt_call_t *call, uint32_t targets_max, it_target_list_t *list)
{
    kt_key_t key;
    kt_row_page_t page;
    it_chain_t *chain;
    KT_TRY(new_list(call, targets_max, list, &chain));
    KT_TRY(kt_rows_page(call, IT_TABLE_TARGET, kt_key(&key), kt_span(NULL, 0), IT_TARGETS_MAX,
                        &it_target_layout, NULL, &page));
    const it_target_record_t *targets = (const it_target_record_t *)page.rows;
    for (uint32_t i = 0; i < page.count; i++) {
        it_reach_record_t reach = {0};
        bool probed;
        KT_TRY(kt_row_get(call, IT_TABLE_REACH, kt_key_of_name(&key, targets[i].target),
                          &it_reach_layout, &reach, &probed));
        int64_t due_us = it_due_us(&targets[i], &reach);
        if (due_us <= call->now_us && list->count < targets_max)
            KT_TRY(add_item(call, targets[i].target, chain, list));
        else if (list->next_due_us == 0 || due_us < list->next_due_us)
            list->next_due_us = due_us;
    }
    return kt_ok();
}
