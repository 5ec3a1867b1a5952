#include "handlers/probes.h"

#include "codec/networks.h"
#include "codec/probes.h"
#include "store/mark.h"
#include "store/outages.h"
#include "store/probes.h"

/* ---- targets ---- */

/* What is said of the first link of CHAIN, as the store has it. */
static kt_status_t
show(kt_call_t *call, const it_chain_t *chain, it_probe_target_t *response)
{
    it_target_item_t item;
    it_view_target(chain, call->now_us, &item);
    KT_TRY(it_store_name_outages(call, &item, 1));
    return it_target_to_pb(call, &item, response);
}

static kt_status_t
create_target(kt_call_t *call, const it_create_target_request_t *request,
              it_probe_target_t *response)
{
    it_target_record_t draft;
    it_target_facts_t facts;
    KT_TRY(it_create_target_from_pb(call, request, &draft));
    KT_TRY(it_store_load_create_target(call, &draft, &facts));
    KT_TRY(it_decide_create_target(call->arena, &draft, &facts, call->now_us));
    it_target_item_t item = {.target = draft, .view = {.due_us = call->now_us}};
    KT_TRY(it_target_to_pb(call, &item, response));
    return it_store_apply_create_target(call, &draft, facts.above);
}

static kt_status_t
retire_target(kt_call_t *call, const it_retire_target_request_t *request,
              it_retire_target_response_t *response)
{
    kt_span_t name;
    it_chain_t chain;
    bool there = false, down = false;
    it_outage_record_t own;
    it_outage_effects_t fx = {.ended = &own};
    (void)response;
    KT_TRY(it_name_from_pb(call, request->target, "target", &name));
    KT_TRY(it_store_load_retire_target(call, name, &chain, &there));
    if (!there)
        return kt_ok();
    KT_TRY(it_decide_retire_target(call->arena, &chain));
    KT_TRY(it_store_load_open(call, name, &own, &down));
    if (down) {
        it_decide_retire_outage(call->now_us, &own);
        fx.ended_count = 1;
    }
    KT_TRY(it_store_apply_retire_target(call, &chain));
    return it_store_apply_outages(call, &fx);
}

static kt_status_t
get_target(kt_call_t *call, const it_get_target_request_t *request, it_probe_target_t *response)
{
    kt_span_t name;
    it_chain_t chain;
    KT_TRY(it_name_from_pb(call, request->target, "target", &name));
    KT_TRY(it_store_load_chain(call, name, &chain));
    return show(call, &chain, response);
}

static kt_status_t
list_targets(kt_call_t *call, const it_list_targets_request_t *request,
             it_list_targets_response_t *response)
{
    kt_list_page_t page;
    it_target_list_t list;
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(it_store_list_targets(call, page.place, page.size, &list));
    KT_TRY(it_store_name_outages(call, list.items, list.count));
    KT_TRY(
        it_targets_to_pb(call, list.items, list.count, &response->n_targets, &response->targets));
    return kt_page_to_pb(call, &page, list.next, &response->next_page_token);
}

static kt_status_t
list_due_probes(kt_call_t *call, const it_list_due_probes_request_t *request,
                it_list_due_probes_response_t *response)
{
    uint32_t targets_max;
    it_target_list_t list;
    KT_TRY(it_list_due_from_pb(call, request, &targets_max));
    KT_TRY(it_store_list_due(call, targets_max, &list));
    KT_TRY(it_store_name_outages(call, list.items, list.count));
    response->next_due_us = list.next_due_us;
    return it_targets_to_pb(call, list.items, list.count, &response->n_targets, &response->targets);
}

/* ---- reports ---- */

static kt_status_t
report_probe(kt_call_t *call, const it_report_probe_request_t *request, it_probe_target_t *response)
{
    it_report_t report;
    it_chain_t chain;
    it_outage_facts_t facts;
    it_outage_effects_t fx;
    it_target_item_t item;
    KT_TRY(it_report_from_pb(call, request, &report));
    KT_TRY(it_store_load_chain(call, report.target, &chain));
    KT_TRY(it_decide_reach(call->arena, &report, call->now_us, &chain));
    KT_TRY(it_store_load_outages(call, &chain, &facts));
    KT_TRY(it_decide_outages(call->arena, &facts, kt_call_new_name(call), call->now_us, &fx));
    it_view_target(&chain, call->now_us, &item);
    item.view.outage = fx.outage;
    KT_TRY(it_target_to_pb(call, &item, response));
    KT_TRY(it_store_put_reach(call, report.target, &chain.links[0].reach));
    return it_store_apply_outages(call, &fx);
}

/* ---- maintenance ---- */

static kt_status_t
place_maintenance(kt_call_t *call, const it_place_maintenance_request_t *request,
                  it_maintenance_t *response)
{
    it_window_record_t window;
    it_window_facts_t facts;
    KT_TRY(it_place_from_pb(call, request, &window));
    KT_TRY(it_store_load_place_window(call, &window, &facts));
    KT_TRY(it_decide_place_window(call->arena, &facts, kt_call_new_name(call),
                                  kt_span_str(call->principal), call->now_us, &window));
    KT_TRY(kt_fields_to_pb(call, &it_window_layout, &window, &response->base));
    return it_store_put_window(call, &window);
}

static kt_status_t
end_maintenance(kt_call_t *call, const it_end_maintenance_request_t *request,
                it_maintenance_t *response)
{
    kt_span_t id;
    it_window_record_t was, window;
    KT_TRY(it_name_from_pb(call, request->maintenance, "maintenance", &id));
    KT_TRY(it_store_load_window(call, id, &was));
    window = was;
    bool ends = it_decide_end_window(kt_span_str(call->principal), call->now_us, &window);
    KT_TRY(kt_fields_to_pb(call, &it_window_layout, &window, &response->base));
    return ends ? it_store_apply_end_window(call, &was, &window) : kt_ok();
}

static kt_status_t
list_maintenance(kt_call_t *call, const it_list_maintenance_request_t *request,
                 it_list_maintenance_response_t *response)
{
    kt_list_page_t page;
    kt_row_page_t rows;
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(it_store_list_windows(call, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_window_layout, rows.rows, rows.count,
                                &it_maintenance_descriptor, &response->n_maintenance,
                                (void ***)&response->maintenance));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- outages ---- */

static kt_status_t
get_outage(kt_call_t *call, const it_get_outage_request_t *request, it_outage_t *response)
{
    kt_span_t id;
    it_outage_record_t outage;
    kt_list_t names;
    KT_TRY(it_name_from_pb(call, request->outage, "outage", &id));
    KT_TRY(it_store_load_outage(call, id, &outage));
    KT_TRY(it_store_load_affected(call, &outage, &names));
    return it_outage_to_pb(call, &outage, &names, response);
}

static kt_status_t
list_outages(kt_call_t *call, const it_list_outages_request_t *request,
             it_list_outages_response_t *response)
{
    const char *const fields[] = {request->open_only ? "open" : "all"};
    kt_list_page_t page;
    kt_row_page_t rows;
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           &page));
    KT_TRY(it_store_list_outages(call, request->open_only, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_outage_layout, rows.rows, rows.count,
                                &it_outage_descriptor, &response->n_outages,
                                (void ***)&response->outages));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

const it_probes_handlers_t it_probes_handlers = {
    .create_target = create_target,
    .retire_target = retire_target,
    .get_target = get_target,
    .list_targets = list_targets,
    .list_due_probes = list_due_probes,
    .report_probe = report_probe,
    .place_maintenance = place_maintenance,
    .end_maintenance = end_maintenance,
    .list_maintenance = list_maintenance,
    .get_outage = get_outage,
    .list_outages = list_outages,
};
