/* networks.h: sites, VRFs, prefixes and addresses: what is kept of them, and the rules. */
#ifndef IT_DOMAIN_NETWORKS_H
#define IT_DOMAIN_NETWORKS_H

#include "domain/addresses.h"
#include "domain/limits.h"

#include <kt/layout.h>
#include <kt/status.h>

/* Addresses of one prefix. Finding the lowest free one walks at most as many keys. */
#define IT_ADDRESSES_MAX 65536

typedef struct it_site_record {
    kt_span_t site, title;
    int64_t created_us;
} it_site_record_t;

typedef struct it_vrf_record {
    kt_span_t vrf, title;
    int64_t created_us;
} it_vrf_record_t;

typedef struct it_prefix_record {
    kt_span_t vrf, prefix, site, title;
    uint32_t assigned; /* addresses of it */
    uint32_t taken;    /* so many of its lowest host addresses are assigned, or more */
    int64_t created_us;
    kt_span_t parent; /* derived: not kept */
    uint32_t depth;
} it_prefix_record_t;

typedef struct it_address_record {
    kt_span_t vrf, address, prefix, holder;
    int64_t assigned_us;
    kt_span_t assigned_by;
} it_address_record_t;

extern const kt_layout_t it_site_layout, it_vrf_layout, it_prefix_layout, it_address_layout;

kt_status_t
it_decide_create_site(kt_arena_t *arena, it_site_record_t *site, bool there, int64_t now_us);
kt_status_t
it_decide_create_vrf(kt_arena_t *arena, it_vrf_record_t *vrf, bool there, int64_t now_us);

typedef struct it_prefix_facts {
    bool vrf_there, site_there;
    bool there;
    bool divided;                     /* there is a prefix inside */
    it_prefix_record_t prefix;        /* if THERE */
    const it_prefix_record_t *parent; /* the smallest around it; NULL: none */
} it_prefix_facts_t;

/* Completes DRAFT. Refuses with VRF_UNKNOWN, SITE_UNKNOWN, PREFIX_EXISTS, PREFIX_HAS_ADDRESSES. */
kt_status_t it_decide_create_prefix(kt_arena_t *arena, it_prefix_record_t *draft,
                                    const it_prefix_facts_t *facts, int64_t now_us);
/* VRF_UNKNOWN, PREFIX_HAS_ADDRESSES. */
kt_status_t
it_decide_remove_prefix(kt_arena_t *arena, kt_span_t vrf, const it_prefix_facts_t *facts);

/* What taking an address rests on. */
typedef struct it_take_facts {
    bool vrf_there;
    bool there; /* the prefix */
    bool divided;
    it_prefix_record_t prefix; /* if THERE */
    bool taken;                /* AssignAddress: the address is held */
    kt_span_t holder;          /* ...by this one */
    uint64_t free_place;       /* AllocateAddress: of the lowest free host address */
} it_take_facts_t;

typedef struct it_take_effects {
    it_prefix_record_t prefix;
    it_address_record_t address;
} it_take_effects_t;

typedef struct it_take_order {
    kt_span_t vrf, holder, by;
    it_cidr_t prefix; /* AllocateAddress */
    it_ip_t address;  /* AssignAddress */
    int64_t now_us;
} it_take_order_t;

/* Whether there is a lowest free address to be looked for. Refuses with VRF_UNKNOWN,
 * PREFIX_UNKNOWN, PREFIX_DIVIDED, PREFIX_FULL, TOO_MANY_ADDRESSES. */
kt_status_t
it_check_allocate(kt_arena_t *arena, const it_take_order_t *order, const it_take_facts_t *facts);
/* After it_check_allocate, with the free place found. */
kt_status_t it_decide_allocate(kt_arena_t *arena, const it_take_order_t *order,
                               const it_take_facts_t *facts, it_take_effects_t *fx);
/* VRF_UNKNOWN, NO_PREFIX_AROUND, ADDRESS_TAKEN, PREFIX_DIVIDED, ADDRESS_RESERVED,
 * TOO_MANY_ADDRESSES. */
kt_status_t it_decide_assign(kt_arena_t *arena, const it_take_order_t *order,
                             const it_take_facts_t *facts, it_take_effects_t *fx);

typedef struct it_release_facts {
    bool vrf_there;
    bool there; /* the address is held */
    it_address_record_t address;
    it_prefix_record_t prefix; /* that holds it */
} it_release_facts_t;

typedef struct it_release_effects {
    bool released;
    it_address_record_t address; /* as it stands then */
    it_prefix_record_t prefix;   /* if RELEASED */
} it_release_effects_t;

/* What the order's holder does not have is released already, for it. Refuses with VRF_UNKNOWN. */
kt_status_t it_decide_release(kt_arena_t *arena, const it_take_order_t *order,
                              const it_release_facts_t *facts, it_release_effects_t *fx);

/* Derives parent and depth of COUNT prefixes in tree order (by network, then length), the first of
 * which has AROUND (its prefixes from the outermost inward) around it. */
void it_prefix_parents(it_prefix_record_t *prefixes, uint32_t count,
                       const it_prefix_record_t *around, uint32_t around_count);

#endif
