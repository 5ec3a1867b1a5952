/* What networks decide where making it come true would take too long. */
#include "arena_fixture.h"
#include "testing.h"

#include "domain/networks.h"
#include "domain/reason.h"

static it_take_order_t
order_of(const char *prefix, const char *address)
{
    it_take_order_t order = {
        .vrf = kt_span_str("main"),
        .holder = kt_span_str("printer"),
        .by = kt_span_str("erik"),
        .now_us = 5,
    };
    assert_null(it_cidr_parse(kt_span_str(prefix), &order.prefix));
    assert_null(it_ip_parse(kt_span_str(address), &order.address));
    return order;
}

static it_take_facts_t
facts_of(const char *prefix, uint32_t assigned)
{
    return (it_take_facts_t){
        .vrf_there = true,
        .there = true,
        .prefix = {.vrf = kt_span_str("main"),
                   .prefix = kt_span_str(prefix),
                   .assigned = assigned,
                   .taken = assigned},
    };
}

static void
a_prefix_holds_only_so_many(void **state)
{
    (void)state;
    it_take_order_t order = order_of("10.0.0.0/8", "10.9.9.9");
    it_take_facts_t facts = facts_of("10.0.0.0/8", IT_ADDRESSES_MAX - 1);
    it_take_effects_t fx;
    facts.free_place = IT_ADDRESSES_MAX - 1;
    assert_ok(it_check_allocate(arena, &order, &facts));
    assert_ok(it_decide_allocate(arena, &order, &facts, &fx));
    assert_int_equal(fx.prefix.assigned, IT_ADDRESSES_MAX);
    assert_int_equal(fx.prefix.taken, IT_ADDRESSES_MAX);
    assert_true(kt_span_equal(fx.address.address, kt_span_str("10.1.0.0")));
    assert_null(kt_layout_wrong(&it_prefix_layout, &fx.prefix));
    facts = facts_of("10.0.0.0/8", IT_ADDRESSES_MAX);
    assert_status(it_check_allocate(arena, &order, &facts), KT_RESOURCE_EXHAUSTED,
                  IT_TOO_MANY_ADDRESSES);
    assert_status(it_decide_assign(arena, &order, &facts, &fx), KT_RESOURCE_EXHAUSTED,
                  IT_TOO_MANY_ADDRESSES);
    /* Where both hold, it is full. */
    order = order_of("10.0.0.0/24", "10.0.0.9");
    facts = facts_of("10.0.0.0/24", 254);
    assert_status(it_check_allocate(arena, &order, &facts), KT_RESOURCE_EXHAUSTED, IT_PREFIX_FULL);
}

static void
parents_follow_from_the_order(void **state)
{
    static const char *const tree[] = {"10.0.0.0/8",  "10.0.0.0/16", "10.0.0.0/24",
                                       "10.1.0.0/16", "11.0.0.0/8",  "2001:db8::/32"};
    static const char *const parents[] = {"", "10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/8", "", ""};
    static const uint32_t depths[] = {0, 1, 2, 1, 0, 0};
    it_prefix_record_t prefixes[KT_COUNT(tree)];
    (void)state;
    /* From any place on, when it is known what is around the first. */
    for (uint32_t from = 0; from < KT_COUNT(tree); from++) {
        it_prefix_record_t around[2] = {{.prefix = kt_span_str("10.0.0.0/8")},
                                        {.prefix = kt_span_str("10.0.0.0/16")}};
        uint32_t count = (uint32_t)KT_COUNT(tree) - from;
        for (uint32_t i = 0; i < count; i++)
            prefixes[i] = (it_prefix_record_t){.prefix = kt_span_str(tree[from + i])};
        it_prefix_parents(prefixes, count, around, depths[from]);
        for (uint32_t i = 0; i < count; i++) {
            assert_true(kt_span_equal(prefixes[i].parent, kt_span_str(parents[from + i])));
            assert_int_equal(prefixes[i].depth, depths[from + i]);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(a_prefix_holds_only_so_many),
        cmocka_unit_test(parents_follow_from_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
