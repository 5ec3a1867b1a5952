#include "domain/reason.h"
#include "store/accounts.h"
#include "store/mark.h"
#include "store/tables.h"

static kt_key_t *
pair_key(kt_key_t *key, kt_span_t first, kt_span_t second)
{
    return kt_key_name(kt_key_of_name(key, first), second);
}

kt_status_t
it_store_has_asset(const kt_call_t *call, kt_span_t id, bool *found)
{
    kt_key_t key;
    return kt_row_has(call, IT_TABLE_ASSET, kt_key_of_name(&key, id), found);
}

kt_status_t
it_store_load_asset(const kt_call_t *call, kt_span_t id, it_asset_record_t *asset)
{
    kt_key_t key;
    *asset = (it_asset_record_t){.asset = id};
    return kt_row_must(call, IT_TABLE_ASSET, kt_key_of_name(&key, id), &it_asset_layout, asset,
                       IT_ASSET_UNKNOWN, "there is no such asset");
}

static bool
read_asset_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);
    ((it_asset_record_t *)row)->asset = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

kt_status_t
it_store_list_assets(const kt_call_t *call, kt_span_t place, uint32_t size, kt_row_page_t *page)
{
    kt_key_t all;
    return kt_rows_page(call, IT_TABLE_ASSET, kt_key(&all), place, size, &it_asset_layout,
                        read_asset_key, page);
}

kt_status_t
it_store_load_held_assets(const kt_call_t *call, kt_span_t employee, kt_span_t *names,
                          uint32_t *count)
{
    kt_key_t prefix;
    *count = 0;
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin(&rows, call, IT_TABLE_ASSET_EMPLOYEE, kt_key_of_name(&prefix, employee)));
    while (*count < IT_ASSETS_PER_EMPLOYEE_MAX && kt_rows_next(&rows, NULL, NULL)) {
        kt_reader_t r = kt_reader(rows.key);
        (void)kt_key_get_name(&r);
        if (names)
            names[*count] = kt_key_get_name(&r);
        ++*count;
    }
    return rows.status;
}

/* ---- writing ---- */

/* The record and its place in the indexes: stock by kind, hands by employee. */
static kt_status_t
put_asset(const kt_call_t *call, const it_asset_record_t *was, const it_asset_record_t *next)
{
    kt_key_t key;
    uint32_t before = was ? was->state : IT_ASSET_ABSENT;
    KT_TRY(kt_row_put(call, IT_TABLE_ASSET, kt_key_of_name(&key, next->asset), &it_asset_layout,
                      next));
    if (before == next->state)
        return kt_ok();
    if (before == IT_ASSET_IN_STOCK)
        KT_TRY(kt_row_delete(call, IT_TABLE_ASSET_STOCK, pair_key(&key, next->kind, next->asset)));
    if (before == IT_ASSET_ASSIGNED)
        KT_TRY(kt_row_delete(call, IT_TABLE_ASSET_EMPLOYEE,
                             pair_key(&key, was->employee, next->asset)));
    if (next->state == IT_ASSET_IN_STOCK)
        KT_TRY(it_mark_put(call, IT_TABLE_ASSET_STOCK, pair_key(&key, next->kind, next->asset)));
    if (next->state == IT_ASSET_ASSIGNED)
        KT_TRY(it_mark_put(call, IT_TABLE_ASSET_EMPLOYEE,
                           pair_key(&key, next->employee, next->asset)));
    return kt_ok();
}

static kt_status_t
tell_outstanding(kt_call_t *call, kt_span_t employee, uint32_t held)
{
    const char *count = kt_arena_printf(call->arena, "%u", held);
    kt_event_value_t value = {.name = kt_span_str("outstanding"), .value = kt_span_str(count)};
    return kt_event_emit(call, "employee.assets", employee, &value, 1);
}

kt_status_t
it_store_apply_asset(kt_call_t *call, const it_asset_record_t *was, const it_asset_record_t *next)
{
    uint32_t held;
    KT_TRY(put_asset(call, was, next));
    if (!was || was->state != IT_ASSET_ASSIGNED)
        return kt_ok();
    KT_TRY(it_store_load_held_assets(call, was->employee, NULL, &held));
    return tell_outstanding(call, was->employee, held);
}

/* ---- equipment ---- */

static kt_status_t
load_stock(const kt_call_t *call, kt_span_t kind, uint32_t wanted, it_stock_t *stock)
{
    kt_key_t prefix;
    it_asset_record_t *assets = KT_ARENA_ARRAY(call->arena, it_asset_record_t, wanted);
    if (!assets)
        return kt_call_out_of_memory(call);
    *stock = (it_stock_t){.assets = assets};
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin(&rows, call, IT_TABLE_ASSET_STOCK, kt_key_of_name(&prefix, kind)));
    while (stock->count < wanted && kt_rows_next(&rows, NULL, NULL)) {
        kt_reader_t r = kt_reader(rows.key);
        (void)kt_key_get_name(&r);
        KT_TRY(it_store_load_asset(call, kt_key_get_name(&r), &assets[stock->count]));
        stock->count++;
    }
    return rows.status;
}

static kt_status_t
load_known(const kt_call_t *call, kt_span_t reference, const it_equipment_record_t **there)
{
    kt_key_t key;
    bool found;
    it_equipment_record_t *known = KT_ARENA_NEW(call->arena, it_equipment_record_t);
    if (!known)
        return kt_call_out_of_memory(call);
    if (reference.size == 0)
        return kt_ok();
    KT_TRY(kt_row_get(call, IT_TABLE_EQUIPMENT, kt_key_of_name(&key, reference),
                      &it_equipment_layout, known, &found));
    known->reference = reference;
    *there = found ? known : NULL;
    return kt_ok();
}

kt_status_t
it_store_load_equipment(const kt_call_t *call, const it_equipment_record_t *order,
                        it_equipment_facts_t *facts)
{
    const kt_span_t *assets = (const kt_span_t *)order->assets.items;
    const kt_span_t *kinds = (const kt_span_t *)order->kinds.items;
    *facts = (it_equipment_facts_t){0};
    KT_TRY(load_known(call, order->reference, &facts->known));
    if (facts->known)
        return kt_ok();
    it_asset_record_t *named = KT_ARENA_ARRAY(call->arena, it_asset_record_t,
                                              order->assets.count + 1);
    it_stock_t *stocks = KT_ARENA_ARRAY(call->arena, it_stock_t, order->kinds.count + 1);
    if (!named || !stocks)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < order->assets.count; i++)
        KT_TRY(it_store_load_asset(call, assets[i], &named[i]));
    for (uint32_t i = 0; i < order->kinds.count; i++)
        KT_TRY(load_stock(call, kinds[i], order->assets.count + order->kinds.count, &stocks[i]));
    facts->named = named;
    facts->stocks = stocks;
    KT_TRY(it_store_load_held_assets(call, order->employee, NULL, &facts->held));
    return it_store_is_cleared(call, order->employee, &facts->cleared);
}

kt_status_t
it_store_load_given(const kt_call_t *call, kt_span_t employee, kt_span_t reference,
                    it_given_facts_t *facts)
{
    *facts = (it_given_facts_t){0};
    KT_TRY(load_known(call, reference, &facts->known));
    KT_TRY(it_store_load_held_assets(call, employee, NULL, &facts->held));
    if (!facts->known || facts->known->released)
        return kt_ok();
    const kt_list_t *lists[] = {&facts->known->assets, &facts->known->picked};
    it_asset_record_t *assets = KT_ARENA_ARRAY(call->arena, it_asset_record_t, IT_EQUIPMENT_MAX);
    if (!assets)
        return kt_call_out_of_memory(call);
    facts->assets = assets;
    for (size_t l = 0; l < KT_COUNT(lists); l++)
        for (uint32_t i = 0; i < lists[l]->count; i++)
            KT_TRY(it_store_load_asset(call, ((const kt_span_t *)lists[l]->items)[i],
                                       &assets[facts->assets_count++]));
    return kt_ok();
}

kt_status_t
it_store_apply_equipment(kt_call_t *call, const it_equipment_effects_t *fx)
{
    kt_key_t key;
    if (fx->repeated)
        return kt_ok();
    for (uint32_t i = 0; i < fx->assets_count; i++) {
        it_asset_record_t was = fx->assets[i];
        was.state = was.state == IT_ASSET_ASSIGNED ? IT_ASSET_IN_STOCK : IT_ASSET_ASSIGNED;
        was.employee = fx->equipment.employee;
        KT_TRY(put_asset(call, &was, &fx->assets[i]));
    }
    if (fx->equipment.reference.size > 0)
        KT_TRY(kt_row_put(call, IT_TABLE_EQUIPMENT, kt_key_of_name(&key, fx->equipment.reference),
                          &it_equipment_layout, &fx->equipment));
    return fx->assets_count > 0 ? tell_outstanding(call, fx->equipment.employee, fx->held)
                                : kt_ok();
}
