#include "handlers/networks.h"

#include "codec/networks.h"
#include "store/networks.h"

/* ---- sites and VRFs ---- */

static kt_status_t
create_site(kt_call_t *call, const it_create_site_request_t *request, it_site_t *response)
{
    it_site_record_t site;
    bool there = false;
    KT_TRY(it_create_site_from_pb(call, request, &site));
    KT_TRY(it_store_has_site(call, site.site, &there));
    KT_TRY(it_decide_create_site(call->arena, &site, there, call->now_us));
    KT_TRY(kt_fields_to_pb(call, &it_site_layout, &site, &response->base));
    return it_store_put_site(call, &site);
}

static kt_status_t
list_sites(kt_call_t *call, const it_list_sites_request_t *request,
           it_list_sites_response_t *response)
{
    kt_list_page_t page;
    kt_row_page_t rows;
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(it_store_list_sites(call, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_site_layout, rows.rows, rows.count, &it_site_descriptor,
                                &response->n_sites, (void ***)&response->sites));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

static kt_status_t
create_vrf(kt_call_t *call, const it_create_vrf_request_t *request, it_vrf_t *response)
{
    it_vrf_record_t vrf;
    bool there = false;
    KT_TRY(it_create_vrf_from_pb(call, request, &vrf));
    KT_TRY(it_store_has_vrf(call, vrf.vrf, &there));
    KT_TRY(it_decide_create_vrf(call->arena, &vrf, there, call->now_us));
    KT_TRY(kt_fields_to_pb(call, &it_vrf_layout, &vrf, &response->base));
    return it_store_put_vrf(call, &vrf);
}

static kt_status_t
list_vrfs(kt_call_t *call, const it_list_vrfs_request_t *request, it_list_vrfs_response_t *response)
{
    kt_list_page_t page;
    kt_row_page_t rows;
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(it_store_list_vrfs(call, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_vrf_layout, rows.rows, rows.count, &it_vrf_descriptor,
                                &response->n_vrfs, (void ***)&response->vrfs));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- prefixes ---- */

static kt_status_t
create_prefix(kt_call_t *call, const it_create_prefix_request_t *request, it_prefix_t *response)
{
    it_prefix_record_t draft;
    it_cidr_t cidr;
    it_prefix_facts_t facts;
    KT_TRY(it_create_prefix_from_pb(call, request, &draft, &cidr));
    KT_TRY(it_store_load_prefix(call, draft.vrf, draft.site, &cidr, &facts));
    KT_TRY(it_decide_create_prefix(call->arena, &draft, &facts, call->now_us));
    KT_TRY(kt_fields_to_pb(call, &it_prefix_layout, &draft, &response->base));
    return it_store_put_prefix(call, &draft);
}

static kt_status_t
remove_prefix(kt_call_t *call, const it_remove_prefix_request_t *request,
              it_remove_prefix_response_t *response)
{
    kt_span_t vrf;
    it_cidr_t cidr;
    it_prefix_facts_t facts;
    (void)response;
    KT_TRY(it_remove_prefix_from_pb(call, request, &vrf, &cidr));
    KT_TRY(it_store_load_prefix(call, vrf, kt_span(NULL, 0), &cidr, &facts));
    KT_TRY(it_decide_remove_prefix(call->arena, vrf, &facts));
    return it_store_delete_prefix(call, vrf, &cidr);
}

static kt_status_t
list_prefixes(kt_call_t *call, const it_list_prefixes_request_t *request,
              it_list_prefixes_response_t *response)
{
    const char *const fields[] = {request->vrf};
    kt_span_t vrf;
    kt_list_page_t page;
    kt_row_page_t rows;
    KT_TRY(it_name_from_pb(call, request->vrf, "vrf", &vrf));
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           &page));
    KT_TRY(it_store_list_prefixes(call, vrf, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_prefix_layout, rows.rows, rows.count,
                                &it_prefix_descriptor, &response->n_prefixes,
                                (void ***)&response->prefixes));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- addresses ---- */

static kt_status_t
allocate_address(kt_call_t *call, const it_allocate_address_request_t *request,
                 it_address_t *response)
{
    it_take_order_t order;
    it_take_facts_t facts;
    it_take_effects_t fx;
    KT_TRY(it_allocate_from_pb(call, request, &order));
    KT_TRY(it_store_load_allocate(call, &order, &facts));
    KT_TRY(it_check_allocate(call->arena, &order, &facts));
    KT_TRY(it_store_find_free(call, &order, &facts));
    KT_TRY(it_decide_allocate(call->arena, &order, &facts, &fx));
    KT_TRY(kt_fields_to_pb(call, &it_address_layout, &fx.address, &response->base));
    return it_store_apply_take(call, &fx);
}

static kt_status_t
assign_address(kt_call_t *call, const it_assign_address_request_t *request, it_address_t *response)
{
    it_take_order_t order;
    it_take_facts_t facts;
    it_take_effects_t fx;
    KT_TRY(it_assign_from_pb(call, request, &order));
    KT_TRY(it_store_load_assign(call, &order, &facts));
    KT_TRY(it_decide_assign(call->arena, &order, &facts, &fx));
    KT_TRY(kt_fields_to_pb(call, &it_address_layout, &fx.address, &response->base));
    return it_store_apply_take(call, &fx);
}

static kt_status_t
release_address(kt_call_t *call, const it_release_address_request_t *request,
                it_address_t *response)
{
    it_take_order_t order;
    it_release_facts_t facts;
    it_release_effects_t fx;
    KT_TRY(it_release_from_pb(call, request, &order));
    KT_TRY(it_store_load_release(call, &order, &facts));
    KT_TRY(it_decide_release(call->arena, &order, &facts, &fx));
    KT_TRY(kt_fields_to_pb(call, &it_address_layout, &fx.address, &response->base));
    return fx.released ? it_store_apply_release(call, &order, &fx.prefix) : kt_ok();
}

static kt_status_t
list_addresses(kt_call_t *call, const it_list_addresses_request_t *request,
               it_list_addresses_response_t *response)
{
    kt_span_t vrf;
    bool within = false;
    it_cidr_t cidr;
    kt_list_page_t page;
    kt_row_page_t rows;
    KT_TRY(it_list_addresses_from_pb(call, request, &vrf, &within, &cidr, &page));
    KT_TRY(it_store_list_addresses(call, vrf, within ? &cidr : NULL, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_address_layout, rows.rows, rows.count,
                                &it_address_descriptor, &response->n_addresses,
                                (void ***)&response->addresses));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

const it_networks_handlers_t it_networks_handlers = {
    .create_site = create_site,
    .list_sites = list_sites,
    .create_vrf = create_vrf,
    .list_vrfs = list_vrfs,
    .create_prefix = create_prefix,
    .remove_prefix = remove_prefix,
    .list_prefixes = list_prefixes,
    .allocate_address = allocate_address,
    .assign_address = assign_address,
    .release_address = release_address,
    .list_addresses = list_addresses,
};
