/* networks.h: messages of Networks to what the domain works with, and back. Each _from_pb refuses
 * with INVALID_ARGUMENT and names the field. */
#ifndef IT_CODEC_NETWORKS_H
#define IT_CODEC_NETWORKS_H

#include "domain/networks.h"

#include <kantor/it/v1/networks.kt.h>
#include <kt/fields.h>

/* A name that must be given. */
kt_status_t it_name_from_pb(kt_call_t *call, const char *text, const char *field, kt_span_t *name);

kt_status_t it_create_site_from_pb(kt_call_t *call, const it_create_site_request_t *request,
                                   it_site_record_t *site);
kt_status_t it_create_vrf_from_pb(kt_call_t *call, const it_create_vrf_request_t *request,
                                  it_vrf_record_t *vrf);
kt_status_t it_create_prefix_from_pb(kt_call_t *call, const it_create_prefix_request_t *request,
                                     it_prefix_record_t *draft, it_cidr_t *cidr);
kt_status_t it_remove_prefix_from_pb(kt_call_t *call, const it_remove_prefix_request_t *request,
                                     kt_span_t *vrf, it_cidr_t *cidr);
kt_status_t it_allocate_from_pb(kt_call_t *call, const it_allocate_address_request_t *request,
                                it_take_order_t *order);
kt_status_t it_assign_from_pb(kt_call_t *call, const it_assign_address_request_t *request,
                              it_take_order_t *order);
kt_status_t it_release_from_pb(kt_call_t *call, const it_release_address_request_t *request,
                               it_take_order_t *order);
/* *WITHIN says whether only those inside CIDR are wanted. */
kt_status_t
it_list_addresses_from_pb(kt_call_t *call, const it_list_addresses_request_t *request,
                          kt_span_t *vrf, bool *within, it_cidr_t *cidr, kt_list_page_t *page);

#endif
