#include "domain/networks.h"

#include "domain/reason.h"

#define TEXT(span) (int)(span).size, (const char *)(span).data

static const kt_field_t site_fields[] = {
    KT_F_NAME(it_site_record_t, site, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(it_site_record_t, title, IT_TITLE_BYTES_MAX, 0),
    KT_F_TIME(it_site_record_t, created_us, KT_OUTPUT),
};
const kt_layout_t it_site_layout = KT_LAYOUT("site", it_site_record_t, site_fields);

static const kt_field_t vrf_fields[] = {
    KT_F_NAME(it_vrf_record_t, vrf, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(it_vrf_record_t, title, IT_TITLE_BYTES_MAX, 0),
    KT_F_TIME(it_vrf_record_t, created_us, KT_OUTPUT),
};
const kt_layout_t it_vrf_layout = KT_LAYOUT("vrf", it_vrf_record_t, vrf_fields);

static const kt_field_t prefix_fields[] = {
    KT_F_NAME(it_prefix_record_t, vrf, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(it_prefix_record_t, prefix, IT_CIDR_TEXT_MAX - 1, KT_REQUIRED),
    KT_F_NAME(it_prefix_record_t, site, IT_NAME_BYTES_MAX, 0),
    KT_F_TEXT(it_prefix_record_t, title, IT_TITLE_BYTES_MAX, 0),
    KT_F_U32(it_prefix_record_t, assigned, 0, IT_ADDRESSES_MAX, KT_OUTPUT),
    KT_F_U32(it_prefix_record_t, taken, 0, IT_ADDRESSES_MAX, KT_OUTPUT),
    KT_F_TIME(it_prefix_record_t, created_us, KT_OUTPUT),
    KT_F_TEXT(it_prefix_record_t, parent, IT_CIDR_TEXT_MAX - 1, KT_OUTPUT | KT_KEYED),
    KT_F_U32(it_prefix_record_t, depth, 0, IT_CIDR_BITS_MAX, KT_OUTPUT | KT_KEYED),
};
const kt_layout_t it_prefix_layout = KT_LAYOUT("prefix", it_prefix_record_t, prefix_fields);

static const kt_field_t address_fields[] = {
    KT_F_NAME(it_address_record_t, vrf, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(it_address_record_t, address, IT_IP_TEXT_MAX - 1, KT_REQUIRED),
    KT_F_TEXT(it_address_record_t, prefix, IT_CIDR_TEXT_MAX - 1, KT_REQUIRED),
    KT_F_NAME(it_address_record_t, holder, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TIME(it_address_record_t, assigned_us, KT_OUTPUT),
    KT_F_TEXT(it_address_record_t, assigned_by, IT_WHO_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t it_address_layout = KT_LAYOUT("address", it_address_record_t, address_fields);

/* ---- sites and VRFs ---- */

kt_status_t
it_decide_create_site(kt_arena_t *arena, it_site_record_t *site, bool there, int64_t now_us)
{
    if (there)
        return kt_error(KT_ALREADY_EXISTS, IT_SITE_EXISTS,
                        kt_arena_printf(arena, "site %.*s is there already", TEXT(site->site)));
    site->created_us = now_us;
    return kt_ok();
}

kt_status_t
it_decide_create_vrf(kt_arena_t *arena, it_vrf_record_t *vrf, bool there, int64_t now_us)
{
    if (there)
        return kt_error(KT_ALREADY_EXISTS, IT_VRF_EXISTS,
                        kt_arena_printf(arena, "VRF %.*s is there already", TEXT(vrf->vrf)));
    vrf->created_us = now_us;
    return kt_ok();
}

static kt_status_t
unknown_vrf(kt_arena_t *arena, kt_span_t vrf)
{
    return kt_error(KT_NOT_FOUND, IT_VRF_UNKNOWN,
                    kt_arena_printf(arena, "there is no VRF %.*s", TEXT(vrf)));
}

/* ---- prefixes ---- */

kt_status_t
it_decide_create_prefix(kt_arena_t *arena, it_prefix_record_t *draft,
                        const it_prefix_facts_t *facts, int64_t now_us)
{
    if (!facts->vrf_there)
        return unknown_vrf(arena, draft->vrf);
    if (draft->site.size > 0 && !facts->site_there)
        return kt_error(KT_NOT_FOUND, IT_SITE_UNKNOWN,
                        kt_arena_printf(arena, "there is no site %.*s", TEXT(draft->site)));
    if (facts->there)
        return kt_error(KT_ALREADY_EXISTS, IT_PREFIX_EXISTS,
                        kt_arena_printf(arena, "%.*s is there already in VRF %.*s",
                                        TEXT(draft->prefix), TEXT(draft->vrf)));
    if (facts->parent && facts->parent->assigned > 0)
        return kt_error(
            KT_FAILED_PRECONDITION, IT_PREFIX_HAS_ADDRESSES,
            kt_arena_printf(arena, "%.*s holds %u addresses: release them before it is divided",
                            TEXT(facts->parent->prefix), (unsigned)facts->parent->assigned));
    draft->assigned = 0;
    draft->taken = 0;
    draft->created_us = now_us;
    draft->parent = facts->parent ? facts->parent->prefix : kt_span(NULL, 0);
    draft->depth = facts->parent ? facts->parent->depth + 1 : 0;
    return kt_ok();
}

kt_status_t
it_decide_remove_prefix(kt_arena_t *arena, kt_span_t vrf, const it_prefix_facts_t *facts)
{
    if (!facts->vrf_there)
        return unknown_vrf(arena, vrf);
    if (facts->there && facts->prefix.assigned > 0)
        return kt_error(KT_FAILED_PRECONDITION, IT_PREFIX_HAS_ADDRESSES,
                        kt_arena_printf(arena, "%.*s holds %u addresses: release them first",
                                        TEXT(facts->prefix.prefix),
                                        (unsigned)facts->prefix.assigned));
    return kt_ok();
}

void
it_prefix_parents(it_prefix_record_t *prefixes, uint32_t count, const it_prefix_record_t *around,
                  uint32_t around_count)
{
    it_cidr_t open[IT_CIDR_BITS_MAX + 1] = {{{0}, 0}};
    kt_span_t texts[IT_CIDR_BITS_MAX + 1];
    uint32_t depth = 0;
    for (uint32_t i = 0; i < around_count + count; i++) {
        const kt_span_t text = i < around_count ? around[i].prefix
                                                : prefixes[i - around_count].prefix;
        it_cidr_t cidr;
        KT_ASSERT(!it_cidr_parse(text, &cidr));
        while (depth > 0 && !it_cidr_inside(&cidr, &open[depth - 1]))
            depth--;
        if (i >= around_count) {
            prefixes[i - around_count].depth = depth;
            prefixes[i - around_count].parent = depth > 0 ? texts[depth - 1] : kt_span(NULL, 0);
        }
        KT_ASSERT(depth <= IT_CIDR_BITS_MAX);
        texts[depth] = text;
        open[depth++] = cidr;
    }
}

/* ---- addresses ---- */

static kt_status_t
check_room(kt_arena_t *arena, const it_take_facts_t *facts)
{
    if (facts->divided)
        return kt_error(KT_FAILED_PRECONDITION, IT_PREFIX_DIVIDED,
                        kt_arena_printf(arena,
                                        "%.*s is divided: addresses are of the prefixes inside",
                                        TEXT(facts->prefix.prefix)));
    return kt_ok();
}

static kt_status_t
check_count(kt_arena_t *arena, const it_take_facts_t *facts)
{
    if (facts->prefix.assigned >= IT_ADDRESSES_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, IT_TOO_MANY_ADDRESSES,
                        kt_arena_printf(arena, "%.*s holds %u addresses, and no prefix more",
                                        TEXT(facts->prefix.prefix), (unsigned)IT_ADDRESSES_MAX));
    return kt_ok();
}

kt_status_t
it_check_allocate(kt_arena_t *arena, const it_take_order_t *order, const it_take_facts_t *facts)
{
    char text[IT_CIDR_TEXT_MAX];
    it_cidr_format(&order->prefix, text);
    if (!facts->vrf_there)
        return unknown_vrf(arena, order->vrf);
    if (!facts->there)
        return kt_error(
            KT_NOT_FOUND, IT_PREFIX_UNKNOWN,
            kt_arena_printf(arena, "there is no prefix %s in VRF %.*s", text, TEXT(order->vrf)));
    KT_TRY(check_room(arena, facts));
    if (facts->prefix.assigned >= it_cidr_hosts(&order->prefix))
        return kt_error(KT_RESOURCE_EXHAUSTED, IT_PREFIX_FULL,
                        kt_arena_printf(arena,
                                        "%s is full: all its %llu host addresses are assigned",
                                        text, (unsigned long long)it_cidr_hosts(&order->prefix)));
    return check_count(arena, facts);
}

/* Writes down that the address of PLACE is taken. */
static kt_status_t
take_place(kt_arena_t *arena, const it_take_order_t *order, const it_take_facts_t *facts,
           const it_ip_t *ip, uint64_t place, it_take_effects_t *fx)
{
    char text[IT_IP_TEXT_MAX];
    it_ip_format(ip, text);
    char *kept = kt_arena_strdup(arena, text);
    if (!kept)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the call's memory is used up");
    fx->prefix = facts->prefix;
    fx->prefix.assigned++;
    if (place == fx->prefix.taken)
        fx->prefix.taken++;
    fx->address = (it_address_record_t){
        .vrf = order->vrf,
        .address = kt_span_str(kept),
        .prefix = facts->prefix.prefix,
        .holder = order->holder,
        .assigned_us = order->now_us,
        .assigned_by = order->by,
    };
    return kt_ok();
}

kt_status_t
it_decide_allocate(kt_arena_t *arena, const it_take_order_t *order, const it_take_facts_t *facts,
                   it_take_effects_t *fx)
{
    it_ip_t ip = it_cidr_host(&order->prefix, facts->free_place);
    KT_TRY(take_place(arena, order, facts, &ip, facts->free_place, fx));
    /* All below it are taken: the next one begins to look behind it. */
    fx->prefix.taken = (uint32_t)KT_MIN(facts->free_place + 1, IT_ADDRESSES_MAX);
    return kt_ok();
}

kt_status_t
it_decide_assign(kt_arena_t *arena, const it_take_order_t *order, const it_take_facts_t *facts,
                 it_take_effects_t *fx)
{
    char text[IT_IP_TEXT_MAX];
    it_cidr_t prefix;
    uint64_t place;
    it_ip_format(&order->address, text);
    if (!facts->vrf_there)
        return unknown_vrf(arena, order->vrf);
    if (!facts->there)
        return kt_error(
            KT_NOT_FOUND, IT_NO_PREFIX_AROUND,
            kt_arena_printf(arena, "no prefix of VRF %.*s holds %s", TEXT(order->vrf), text));
    if (facts->taken)
        return kt_error(KT_ALREADY_EXISTS, IT_ADDRESS_TAKEN,
                        kt_arena_printf(arena, "%s is %.*s's in VRF %.*s", text,
                                        TEXT(facts->holder), TEXT(order->vrf)));
    KT_TRY(check_room(arena, facts));
    KT_ASSERT(!it_cidr_parse(facts->prefix.prefix, &prefix));
    if (!it_cidr_place(&prefix, &order->address, &place))
        return kt_error(KT_FAILED_PRECONDITION, IT_ADDRESS_RESERVED,
                        kt_arena_printf(arena, "%s is %.*s's own, for no host", text,
                                        TEXT(facts->prefix.prefix)));
    KT_TRY(check_count(arena, facts));
    return take_place(arena, order, facts, &order->address, place, fx);
}

kt_status_t
it_decide_release(kt_arena_t *arena, const it_take_order_t *order, const it_release_facts_t *facts,
                  it_release_effects_t *fx)
{
    char text[IT_IP_TEXT_MAX];
    it_cidr_t cidr;
    uint64_t place = 0;
    if (!facts->vrf_there)
        return unknown_vrf(arena, order->vrf);
    *fx = (it_release_effects_t){.address = facts->address, .prefix = facts->prefix};
    if (facts->there && !kt_span_equal(facts->address.holder, order->holder))
        return kt_ok();
    it_ip_format(&order->address, text);
    char *kept = kt_arena_strdup(arena, text);
    if (!kept)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the call's memory is used up");
    fx->address = (it_address_record_t){.vrf = order->vrf, .address = kt_span_str(kept)};
    if (!facts->there)
        return kt_ok();
    fx->released = true;
    KT_ASSERT(!it_cidr_parse(fx->prefix.prefix, &cidr) && fx->prefix.assigned > 0);
    KT_ASSERT(it_cidr_place(&cidr, &order->address, &place));
    fx->prefix.assigned--;
    fx->prefix.taken = (uint32_t)KT_MIN(fx->prefix.taken, place);
    return kt_ok();
}
