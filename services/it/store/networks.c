/* Keys: prefix: vrf, family, network, length: in tree order. Address: vrf, family, number. */
#include "store/networks.h"

#include "domain/reason.h"
#include "store/tables.h"

static kt_key_t *
ip_key(kt_key_t *key, kt_span_t vrf, const it_ip_t *ip)
{
    kt_key_u8(kt_key_of_name(key, vrf), ip->family);
    return kt_key_bytes(key, ip->bytes, it_ip_bits(ip) / 8);
}

static kt_key_t *
prefix_key(kt_key_t *key, kt_span_t vrf, const it_cidr_t *cidr)
{
    return kt_key_u8(ip_key(key, vrf, &cidr->ip), cidr->length);
}

static kt_status_t
get_prefix(const kt_call_t *call, kt_span_t vrf, const it_cidr_t *cidr, it_prefix_record_t *prefix,
           bool *there)
{
    kt_key_t key;
    *prefix = (it_prefix_record_t){0};
    return kt_row_get(call, IT_TABLE_PREFIX, prefix_key(&key, vrf, cidr), &it_prefix_layout, prefix,
                      there);
}

/* ---- sites and VRFs ---- */

kt_status_t
it_store_has_site(const kt_call_t *call, kt_span_t site, bool *there)
{
    kt_key_t key;
    return kt_row_has(call, IT_TABLE_SITE, kt_key_of_name(&key, site), there);
}

kt_status_t
it_store_put_site(const kt_call_t *call, const it_site_record_t *site)
{
    kt_key_t key;
    return kt_row_put(call, IT_TABLE_SITE, kt_key_of_name(&key, site->site), &it_site_layout, site);
}

kt_status_t
it_store_list_sites(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page)
{
    kt_key_t key;
    return kt_rows_page(call, IT_TABLE_SITE, kt_key(&key), from, size, &it_site_layout, NULL, page);
}

kt_status_t
it_store_has_vrf(const kt_call_t *call, kt_span_t vrf, bool *there)
{
    kt_key_t key;
    return kt_row_has(call, IT_TABLE_VRF, kt_key_of_name(&key, vrf), there);
}

kt_status_t
it_store_put_vrf(const kt_call_t *call, const it_vrf_record_t *vrf)
{
    kt_key_t key;
    return kt_row_put(call, IT_TABLE_VRF, kt_key_of_name(&key, vrf->vrf), &it_vrf_layout, vrf);
}

kt_status_t
it_store_list_vrfs(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page)
{
    kt_key_t key;
    return kt_rows_page(call, IT_TABLE_VRF, kt_key(&key), from, size, &it_vrf_layout, NULL, page);
}

static kt_status_t
need_vrf(const kt_call_t *call, kt_span_t vrf)
{
    bool there;
    KT_TRY(it_store_has_vrf(call, vrf, &there));
    if (there)
        return kt_ok();
    return kt_error(KT_NOT_FOUND, IT_VRF_UNKNOWN,
                    kt_arena_printf(call->arena, "there is no VRF %.*s", (int)vrf.size,
                                    (const char *)vrf.data));
}

/* ---- prefixes ---- */

/* The prefixes around CIDR, from the outermost inward: at most one of each length below its own. */
static kt_status_t
load_around(const kt_call_t *call, kt_span_t vrf, const it_cidr_t *cidr,
            it_prefix_record_t **around, uint32_t *count)
{
    it_prefix_record_t found;
    *count = 0;
    *around = KT_ARENA_ARRAY(call->arena, it_prefix_record_t, (size_t)cidr->length + 1);
    if (!*around)
        return kt_call_out_of_memory(call);
    for (uint8_t length = 0; length < cidr->length; length++) {
        it_cidr_t outer = it_cidr_around(&cidr->ip, length);
        bool there;
        KT_TRY(get_prefix(call, vrf, &outer, &found, &there));
        if (there)
            (*around)[(*count)++] = found;
    }
    it_prefix_parents(*around, *count, NULL, 0);
    return kt_ok();
}

/* In tree order what lies inside comes right behind. */
static kt_status_t
find_inside(const kt_call_t *call, kt_span_t vrf, const it_cidr_t *cidr, bool *divided)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t key, from;
    it_prefix_record_t next;
    it_cidr_t inner;
    kt_key_u8(kt_key_of_name(&key, vrf), cidr->ip.family);
    it_cidr_t behind = *cidr;
    behind.length++;
    *divided = false;
    KT_TRY(kt_rows_begin_at(&rows, call, IT_TABLE_PREFIX, &key,
                            kt_key_span(prefix_key(&from, vrf, &behind))));
    if (kt_rows_next(&rows, &it_prefix_layout, &next)) {
        KT_ASSERT(!it_cidr_parse(next.prefix, &inner));
        *divided = it_cidr_inside(&inner, cidr);
    }
    return rows.status;
}

kt_status_t
it_store_load_prefix(const kt_call_t *call, kt_span_t vrf, kt_span_t site, const it_cidr_t *cidr,
                     it_prefix_facts_t *facts)
{
    it_prefix_record_t *around;
    uint32_t count;
    *facts = (it_prefix_facts_t){0};
    KT_TRY(it_store_has_vrf(call, vrf, &facts->vrf_there));
    if (site.size > 0)
        KT_TRY(it_store_has_site(call, site, &facts->site_there));
    KT_TRY(get_prefix(call, vrf, cidr, &facts->prefix, &facts->there));
    KT_TRY(find_inside(call, vrf, cidr, &facts->divided));
    KT_TRY(load_around(call, vrf, cidr, &around, &count));
    facts->parent = count > 0 ? &around[count - 1] : NULL;
    return kt_ok();
}

kt_status_t
it_store_put_prefix(const kt_call_t *call, const it_prefix_record_t *prefix)
{
    it_cidr_t cidr;
    kt_key_t key;
    KT_ASSERT(!it_cidr_parse(prefix->prefix, &cidr));
    return kt_row_put(call, IT_TABLE_PREFIX, prefix_key(&key, prefix->vrf, &cidr),
                      &it_prefix_layout, prefix);
}

kt_status_t
it_store_delete_prefix(const kt_call_t *call, kt_span_t vrf, const it_cidr_t *cidr)
{
    kt_key_t key;
    return kt_row_delete(call, IT_TABLE_PREFIX, prefix_key(&key, vrf, cidr));
}

kt_status_t
it_store_list_prefixes(const kt_call_t *call, kt_span_t vrf, kt_span_t from, uint32_t size,
                       kt_row_page_t *page)
{
    it_prefix_record_t *around = NULL;
    uint32_t count = 0;
    kt_key_t key;
    it_cidr_t first;
    KT_TRY(need_vrf(call, vrf));
    KT_TRY(kt_rows_page(call, IT_TABLE_PREFIX, kt_key_of_name(&key, vrf), from, size,
                        &it_prefix_layout, NULL, page));
    it_prefix_record_t *prefixes = (it_prefix_record_t *)page->rows;
    if (page->count == 0)
        return kt_ok();
    KT_ASSERT(!it_cidr_parse(prefixes[0].prefix, &first));
    KT_TRY(load_around(call, vrf, &first, &around, &count));
    it_prefix_parents(prefixes, page->count, around, count);
    return kt_ok();
}

/* ---- taking and giving back ---- */

kt_status_t
it_store_load_allocate(const kt_call_t *call, const it_take_order_t *order, it_take_facts_t *facts)
{
    *facts = (it_take_facts_t){0};
    KT_TRY(it_store_has_vrf(call, order->vrf, &facts->vrf_there));
    KT_TRY(get_prefix(call, order->vrf, &order->prefix, &facts->prefix, &facts->there));
    return find_inside(call, order->vrf, &order->prefix, &facts->divided);
}

/* Walks the addresses from the first that may be free; each that stands where it would be pushes it
 * one further. */
kt_status_t
it_store_find_free(const kt_call_t *call, const it_take_order_t *order, it_take_facts_t *facts)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t key, from;
    uint64_t place = facts->prefix.taken;
    if (place >= it_cidr_hosts(&order->prefix)) /* only what is full has no place left */
        return kt_error(KT_DATA_LOSS, 0, "a prefix counts its addresses wrongly");
    it_ip_t ip = it_cidr_host(&order->prefix, place);
    kt_key_u8(kt_key_of_name(&key, order->vrf), ip.family);
    KT_TRY(kt_rows_begin_at(&rows, call, IT_TABLE_ADDRESS, &key,
                            kt_key_span(ip_key(&from, order->vrf, &ip))));
    while (kt_rows_next(&rows, NULL, NULL)) {
        ip = it_cidr_host(&order->prefix, place);
        if (!kt_span_equal(rows.key, kt_key_span(ip_key(&from, order->vrf, &ip))))
            break;
        if (++place >= it_cidr_hosts(&order->prefix))
            return kt_error(KT_DATA_LOSS, 0, "a prefix counts its addresses wrongly");
    }
    facts->free_place = place;
    return rows.status;
}

/* The smallest prefix that holds IP. */
static kt_status_t
find_around(const kt_call_t *call, kt_span_t vrf, const it_ip_t *ip, it_cidr_t *cidr,
            it_prefix_record_t *prefix, bool *there)
{
    *there = false;
    for (int32_t length = (int32_t)it_ip_bits(ip); length >= 0 && !*there; length--) {
        *cidr = it_cidr_around(ip, (uint8_t)length);
        KT_TRY(get_prefix(call, vrf, cidr, prefix, there));
    }
    return kt_ok();
}

kt_status_t
it_store_load_assign(const kt_call_t *call, const it_take_order_t *order, it_take_facts_t *facts)
{
    it_address_record_t held = {0};
    it_cidr_t cidr;
    kt_key_t key;
    *facts = (it_take_facts_t){0};
    KT_TRY(it_store_has_vrf(call, order->vrf, &facts->vrf_there));
    KT_TRY(find_around(call, order->vrf, &order->address, &cidr, &facts->prefix, &facts->there));
    KT_TRY(kt_row_get(call, IT_TABLE_ADDRESS, ip_key(&key, order->vrf, &order->address),
                      &it_address_layout, &held, &facts->taken));
    facts->holder = held.holder;
    return facts->there ? find_inside(call, order->vrf, &cidr, &facts->divided) : kt_ok();
}

kt_status_t
it_store_apply_take(const kt_call_t *call, const it_take_effects_t *fx)
{
    it_ip_t ip;
    kt_key_t key;
    KT_ASSERT(!it_ip_parse(fx->address.address, &ip));
    KT_TRY(it_store_put_prefix(call, &fx->prefix));
    return kt_row_put(call, IT_TABLE_ADDRESS, ip_key(&key, fx->address.vrf, &ip),
                      &it_address_layout, &fx->address);
}

kt_status_t
it_store_load_release(const kt_call_t *call, const it_take_order_t *order,
                      it_release_facts_t *facts)
{
    it_cidr_t cidr;
    kt_key_t key;
    bool there;
    *facts = (it_release_facts_t){0};
    KT_TRY(it_store_has_vrf(call, order->vrf, &facts->vrf_there));
    KT_TRY(kt_row_get(call, IT_TABLE_ADDRESS, ip_key(&key, order->vrf, &order->address),
                      &it_address_layout, &facts->address, &facts->there));
    if (!facts->there)
        return kt_ok();
    KT_ASSERT(!it_cidr_parse(facts->address.prefix, &cidr));
    KT_TRY(get_prefix(call, order->vrf, &cidr, &facts->prefix, &there));
    return there ? kt_ok() : kt_error(KT_DATA_LOSS, 0, "an address stands in no prefix");
}

kt_status_t
it_store_apply_release(const kt_call_t *call, const it_take_order_t *order,
                       const it_prefix_record_t *prefix)
{
    kt_key_t key;
    KT_TRY(it_store_put_prefix(call, prefix));
    return kt_row_delete(call, IT_TABLE_ADDRESS, ip_key(&key, order->vrf, &order->address));
}

/* ---- listing addresses ---- */

/* Whether the address that KEY ends with lies in CIDR. */
static bool
key_inside(kt_span_t key, const it_cidr_t *cidr)
{
    it_ip_t ip = {.family = cidr->ip.family};
    size_t size = it_ip_bits(&ip) / 8;
    if (key.size < size)
        return false;
    memcpy(ip.bytes, key.data + key.size - size, size);
    return it_cidr_holds(cidr, &ip);
}

/* A page of those inside CIDR, whose bits need not end with a byte: the page ends where it does. */
static kt_status_t
list_within(const kt_call_t *call, kt_span_t vrf, const it_cidr_t *cidr, kt_span_t from,
            uint32_t size, kt_row_page_t *page)
{
    kt_key_t key, first;
    it_ip_t ip;
    kt_key_u8(kt_key_of_name(&key, vrf), cidr->ip.family);
    ip_key(&first, vrf, &cidr->ip);
    KT_TRY(kt_rows_page(call, IT_TABLE_ADDRESS, &key, from.size > 0 ? from : kt_key_span(&first),
                        size, &it_address_layout, NULL, page));
    const it_address_record_t *rows = (const it_address_record_t *)page->rows;
    for (uint32_t i = 0; i < page->count; i++) {
        KT_ASSERT(!it_ip_parse(rows[i].address, &ip));
        if (!it_cidr_holds(cidr, &ip)) {
            page->count = i;
            page->next = kt_span(NULL, 0);
        }
    }
    if (page->next.size > 0 && !key_inside(page->next, cidr))
        page->next = kt_span(NULL, 0);
    return kt_ok();
}

kt_status_t
it_store_list_addresses(const kt_call_t *call, kt_span_t vrf, const it_cidr_t *within,
                        kt_span_t from, uint32_t size, kt_row_page_t *page)
{
    kt_key_t key;
    KT_TRY(need_vrf(call, vrf));
    if (within)
        return list_within(call, vrf, within, from, size, page);
    return kt_rows_page(call, IT_TABLE_ADDRESS, kt_key_of_name(&key, vrf), from, size,
                        &it_address_layout, NULL, page);
}
