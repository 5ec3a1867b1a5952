#include "codec/networks.h"

kt_status_t
it_name_from_pb(kt_call_t *call, const char *text, const char *field, kt_span_t *name)
{
    *name = kt_span_str(text);
    const char *wrong = kt_wrong_name(*name, IT_NAME_BYTES_MAX);
    return wrong ? kt_call_bad_field(call, wrong, "%s", field) : kt_ok();
}

static kt_status_t
cidr_from_pb(kt_call_t *call, const char *text, const char *field, it_cidr_t *cidr)
{
    const char *wrong = it_cidr_parse(kt_span_str(text), cidr);
    return wrong ? kt_call_bad_field(call, wrong, "%s", field) : kt_ok();
}

static kt_status_t
ip_from_pb(kt_call_t *call, const char *text, it_ip_t *ip)
{
    const char *wrong = it_ip_parse(kt_span_str(text), ip);
    return wrong ? kt_call_bad_field(call, wrong, "address") : kt_ok();
}

kt_status_t
it_create_site_from_pb(kt_call_t *call, const it_create_site_request_t *request,
                       it_site_record_t *site)
{
    *site = (it_site_record_t){0};
    return kt_fields_from_pb(call, &it_site_layout, request->site ? &request->site->base : NULL,
                             "site.", site);
}

kt_status_t
it_create_vrf_from_pb(kt_call_t *call, const it_create_vrf_request_t *request, it_vrf_record_t *vrf)
{
    *vrf = (it_vrf_record_t){0};
    return kt_fields_from_pb(call, &it_vrf_layout, request->vrf ? &request->vrf->base : NULL,
                             "vrf.", vrf);
}

kt_status_t
it_create_prefix_from_pb(kt_call_t *call, const it_create_prefix_request_t *request,
                         it_prefix_record_t *draft, it_cidr_t *cidr)
{
    *draft = (it_prefix_record_t){0};
    KT_TRY(kt_fields_from_pb(call, &it_prefix_layout,
                             request->prefix ? &request->prefix->base : NULL, "prefix.", draft));
    return cidr_from_pb(call, request->prefix->prefix, "prefix.prefix", cidr);
}

kt_status_t
it_remove_prefix_from_pb(kt_call_t *call, const it_remove_prefix_request_t *request, kt_span_t *vrf,
                         it_cidr_t *cidr)
{
    KT_TRY(it_name_from_pb(call, request->vrf, "vrf", vrf));
    return cidr_from_pb(call, request->prefix, "prefix", cidr);
}

/* What the three orders about an address have in common. */
static kt_status_t
order_from_pb(kt_call_t *call, const char *vrf, const char *holder, it_take_order_t *order)
{
    *order = (it_take_order_t){.by = kt_span_str(call->principal), .now_us = call->now_us};
    KT_TRY(it_name_from_pb(call, vrf, "vrf", &order->vrf));
    return it_name_from_pb(call, holder, "holder", &order->holder);
}

kt_status_t
it_allocate_from_pb(kt_call_t *call, const it_allocate_address_request_t *request,
                    it_take_order_t *order)
{
    KT_TRY(order_from_pb(call, request->vrf, request->holder, order));
    return cidr_from_pb(call, request->prefix, "prefix", &order->prefix);
}

kt_status_t
it_assign_from_pb(kt_call_t *call, const it_assign_address_request_t *request,
                  it_take_order_t *order)
{
    KT_TRY(order_from_pb(call, request->vrf, request->holder, order));
    return ip_from_pb(call, request->address, &order->address);
}

kt_status_t
it_release_from_pb(kt_call_t *call, const it_release_address_request_t *request,
                   it_take_order_t *order)
{
    KT_TRY(order_from_pb(call, request->vrf, request->holder, order));
    return ip_from_pb(call, request->address, &order->address);
}

kt_status_t
it_list_addresses_from_pb(kt_call_t *call, const it_list_addresses_request_t *request,
                          kt_span_t *vrf, bool *within, it_cidr_t *cidr, kt_list_page_t *page)
{
    const char *const fields[] = {request->vrf, request->prefix};
    KT_TRY(it_name_from_pb(call, request->vrf, "vrf", vrf));
    *within = request->prefix[0] != 0;
    if (*within)
        KT_TRY(cidr_from_pb(call, request->prefix, "prefix", cidr));
    return kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           page);
}
