/* networks.h: sites, VRFs, prefixes and addresses in the store. Statuses as in kt/rows.h. */
#ifndef IT_STORE_NETWORKS_H
#define IT_STORE_NETWORKS_H

#include "domain/networks.h"

#include <kt/rows.h>

kt_status_t it_store_has_site(const kt_call_t *call, kt_span_t site, bool *there);
kt_status_t it_store_put_site(const kt_call_t *call, const it_site_record_t *site);
kt_status_t
it_store_list_sites(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page);

kt_status_t it_store_has_vrf(const kt_call_t *call, kt_span_t vrf, bool *there);
kt_status_t it_store_put_vrf(const kt_call_t *call, const it_vrf_record_t *vrf);
kt_status_t
it_store_list_vrfs(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page);

/* SITE may be empty. The parent lies in the arena. */
kt_status_t it_store_load_prefix(const kt_call_t *call, kt_span_t vrf, kt_span_t site,
                                 const it_cidr_t *cidr, it_prefix_facts_t *facts);
kt_status_t it_store_put_prefix(const kt_call_t *call, const it_prefix_record_t *prefix);
kt_status_t it_store_delete_prefix(const kt_call_t *call, kt_span_t vrf, const it_cidr_t *cidr);
/* With parents and depths. NOT_FOUND with VRF_UNKNOWN. */
kt_status_t it_store_list_prefixes(const kt_call_t *call, kt_span_t vrf, kt_span_t from,
                                   uint32_t size, kt_row_page_t *page);

kt_status_t
it_store_load_allocate(const kt_call_t *call, const it_take_order_t *order, it_take_facts_t *facts);
/* The lowest free place, where it_check_allocate found that there is one. */
kt_status_t
it_store_find_free(const kt_call_t *call, const it_take_order_t *order, it_take_facts_t *facts);
kt_status_t
it_store_load_assign(const kt_call_t *call, const it_take_order_t *order, it_take_facts_t *facts);
kt_status_t it_store_apply_take(const kt_call_t *call, const it_take_effects_t *fx);

kt_status_t it_store_load_release(const kt_call_t *call, const it_take_order_t *order,
                                  it_release_facts_t *facts);
kt_status_t it_store_apply_release(const kt_call_t *call, const it_take_order_t *order,
                                   const it_prefix_record_t *prefix);
/* WITHIN may be NULL. NOT_FOUND with VRF_UNKNOWN. */
kt_status_t it_store_list_addresses(const kt_call_t *call, kt_span_t vrf, const it_cidr_t *within,
                                    kt_span_t from, uint32_t size, kt_row_page_t *page);

#endif
