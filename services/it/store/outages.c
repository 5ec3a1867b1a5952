/* Keys: outage: id, so as they were opened. Outage_open: the root cause's name. */
#include "store/outages.h"

#include "domain/reason.h"
#include "store/desk.h"
#include "store/probes.h"
#include "store/tables.h"

#include <kt/event.h>

#define TEXT(span) (int)(span).size, (const char *)(span).data

typedef struct open_row {
    kt_span_t outage;
} open_row_t;
static const kt_field_t open_fields[] = {KT_F_NAME(open_row_t, outage, IT_NAME_BYTES_MAX, 0)};
static const kt_layout_t open_layout = KT_LAYOUT("outage_open", open_row_t, open_fields);

kt_status_t
it_store_load_outage(const kt_call_t *call, kt_span_t id, it_outage_record_t *outage)
{
    kt_key_t key;
    bool there;
    KT_TRY(kt_row_get(call, IT_TABLE_OUTAGE, kt_key_of_name(&key, id), &it_outage_layout, outage,
                      &there));
    return there ? kt_ok()
                 : kt_error(KT_NOT_FOUND, IT_OUTAGE_UNKNOWN,
                            kt_arena_printf(call->arena, "there is no outage %.*s", TEXT(id)));
}

kt_status_t
it_store_load_open(const kt_call_t *call, kt_span_t target, it_outage_record_t *outage, bool *there)
{
    kt_key_t key;
    open_row_t row;
    KT_TRY(kt_row_get(call, IT_TABLE_OUTAGE_OPEN, kt_key_of_name(&key, target), &open_layout, &row,
                      there));
    return *there ? it_store_load_outage(call, row.outage, outage) : kt_ok();
}

kt_status_t
it_store_name_outages(const kt_call_t *call, it_target_item_t *items, uint32_t count)
{
    kt_key_t key;
    for (uint32_t i = 0; i < count; i++) {
        open_row_t row = {0};
        bool there;
        if (items[i].cause.size == 0)
            continue;
        KT_TRY(kt_row_get(call, IT_TABLE_OUTAGE_OPEN, kt_key_of_name(&key, items[i].cause),
                          &open_layout, &row, &there));
        items[i].view.outage = row.outage;
    }
    return kt_ok();
}

/* ---- what a report rests on ---- */

static kt_status_t
load_one(const kt_call_t *call, kt_span_t target, const it_outage_record_t **outage)
{
    it_outage_record_t *found = KT_ARENA_NEW(call->arena, it_outage_record_t);
    bool there;
    if (!found)
        return kt_call_out_of_memory(call);
    KT_TRY(it_store_load_open(call, target, found, &there));
    *outage = there ? found : NULL;
    return kt_ok();
}

/* Whether NAME depends on CAUSE, directly or not. */
static kt_status_t
depends_on(const kt_call_t *call, kt_span_t name, kt_span_t cause, bool *depends)
{
    it_chain_t *chain = KT_ARENA_NEW(call->arena, it_chain_t);
    if (!chain)
        return kt_call_out_of_memory(call);
    KT_TRY(it_store_load_chain(call, name, chain));
    *depends = false;
    for (uint32_t i = 1; i < chain->count; i++)
        *depends = *depends || kt_span_equal(chain->links[i].target.target, cause);
    return kt_ok();
}

static kt_status_t
load_below(const kt_call_t *call, kt_span_t cause, it_outage_facts_t *facts)
{
    kt_row_page_t open;
    it_outage_record_t *below = KT_ARENA_ARRAY(call->arena, it_outage_record_t, IT_DEPENDENTS_MAX);
    if (!below)
        return kt_call_out_of_memory(call);
    facts->below = below;
    KT_TRY(it_store_list_outages(call, true, kt_span(NULL, 0), IT_TARGETS_MAX, &open));
    const it_outage_record_t *outages = (const it_outage_record_t *)open.rows;
    for (uint32_t i = 0; i < open.count; i++) {
        bool depends = false;
        KT_TRY(depends_on(call, outages[i].target, cause, &depends));
        if (!depends)
            continue;
        KT_ASSERT(facts->below_count < IT_DEPENDENTS_MAX);
        below[facts->below_count++] = outages[i];
    }
    return kt_ok();
}

kt_status_t
it_store_load_outages(const kt_call_t *call, const it_chain_t *chain, it_outage_facts_t *facts)
{
    int32_t root = it_chain_root(chain);
    *facts = (it_outage_facts_t){.chain = chain};
    KT_TRY(load_one(call, chain->links[0].target.target, &facts->own));
    if (root < 0)
        return kt_ok();
    kt_span_t cause = chain->links[root].target.target;
    KT_TRY(load_one(call, cause, &facts->cause));
    return it_outages_move(facts) ? load_below(call, cause, facts) : kt_ok();
}

/* ---- what becomes of them ---- */

static kt_status_t
tell(kt_call_t *call, const char *type, const it_outage_record_t *outage)
{
    kt_event_value_t values[] = {
        {.name = kt_span_str("target"), .value = outage->target},
        {.name = kt_span_str("ticket"), .value = outage->ticket},
        {.name = kt_span_str("into"), .value = outage->merged_into},
    };
    uint32_t count = outage->state == IT_OUTAGE_MERGED ? 3 : 2; /* only that has a deeper cause */
    return kt_event_emit(call, type, outage->outage, values, count);
}

static kt_status_t
put_outage(const kt_call_t *call, const it_outage_record_t *outage)
{
    kt_key_t key;
    return kt_row_put(call, IT_TABLE_OUTAGE, kt_key_of_name(&key, outage->outage),
                      &it_outage_layout, outage);
}

/* The incident comes first: it names its ticket. */
static kt_status_t
apply_opened(kt_call_t *call, it_outage_record_t *outage)
{
    kt_key_t key;
    open_row_t row = {.outage = outage->outage};
    it_incident_t incident = {
        .cause = kt_span_str(kt_arena_printf(call->arena, "outage:%.*s", TEXT(outage->target))),
        .title = kt_span_str(kt_arena_printf(call->arena, "%.*s is down", TEXT(outage->target))),
        .description = kt_span_str(kt_arena_printf(call->arena,
                                                   "Outage %.*s: its root cause is %.*s.",
                                                   TEXT(outage->outage), TEXT(outage->target))),
        .priority = IT_URGENCY_HIGH,
    };
    KT_TRY(it_store_open_ticket(call, &incident, &outage->ticket, NULL));
    KT_TRY(put_outage(call, outage));
    KT_TRY(kt_row_put(call, IT_TABLE_OUTAGE_OPEN, kt_key_of_name(&key, outage->target),
                      &open_layout, &row));
    return tell(call, "outage.opened", outage);
}

kt_status_t
it_store_apply_outages(kt_call_t *call, it_outage_effects_t *fx)
{
    kt_key_t key;
    if (fx->opens)
        KT_TRY(apply_opened(call, &fx->opened));
    for (uint32_t i = 0; i < fx->ended_count; i++) {
        const it_outage_record_t *ended = &fx->ended[i];
        bool merged = ended->state == IT_OUTAGE_MERGED;
        KT_TRY(put_outage(call, ended));
        KT_TRY(kt_row_delete(call, IT_TABLE_OUTAGE_OPEN, kt_key_of_name(&key, ended->target)));
        KT_TRY(tell(call, merged ? "outage.merged" : "outage.closed", ended));
    }
    return kt_ok();
}

/* ---- reading ---- */

kt_status_t
it_store_load_affected(const kt_call_t *call, const it_outage_record_t *outage, kt_list_t *names)
{
    it_target_list_t all;
    kt_span_t *list = KT_ARENA_ARRAY(call->arena, kt_span_t, IT_DEPENDENTS_MAX + 1);
    *names = (kt_list_t){.items = list};
    if (!list)
        return kt_call_out_of_memory(call);
    if (outage->state != IT_OUTAGE_OPEN)
        return kt_ok();
    KT_TRY(it_store_list_targets(call, kt_span(NULL, 0), IT_TARGETS_MAX, &all));
    for (uint32_t i = 0; i < all.count; i++) {
        if (!kt_span_equal(all.items[i].cause, outage->target))
            continue;
        KT_ASSERT(names->count <= IT_DEPENDENTS_MAX);
        list[names->count++] = all.items[i].target.target;
    }
    return kt_ok();
}

/* The open ones stand by their causes. */
static kt_status_t
list_open(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page)
{
    kt_key_t key;
    kt_row_page_t open;
    it_outage_record_t *outages = KT_ARENA_ARRAY(call->arena, it_outage_record_t, size);
    if (!outages)
        return kt_call_out_of_memory(call);
    KT_TRY(kt_rows_page(call, IT_TABLE_OUTAGE_OPEN, kt_key(&key), from, size, &open_layout, NULL,
                        &open));
    const open_row_t *rows = (const open_row_t *)open.rows;
    for (uint32_t i = 0; i < open.count; i++)
        KT_TRY(it_store_load_outage(call, rows[i].outage, &outages[i]));
    *page = (kt_row_page_t){.rows = outages, .count = open.count, .next = open.next};
    return kt_ok();
}

kt_status_t
it_store_list_outages(const kt_call_t *call, bool open_only, kt_span_t from, uint32_t size,
                      kt_row_page_t *page)
{
    kt_key_t key;
    if (open_only)
        return list_open(call, from, size, page);
    return kt_rows_page(call, IT_TABLE_OUTAGE, kt_key(&key), from, size, &it_outage_layout, NULL,
                        page);
}
