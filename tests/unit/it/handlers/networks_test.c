/* Sites, VRFs, prefixes and addresses, through the department. */
#include "nets.h"

#include <kantor/it/v1/networks.kt.h>
#include <kt/page.h>

#define SEED   UINT64_C(0x4632)
#define ROUNDS 2000

static kt_status_t
create_site(room_t *room, const char *name)
{
    it_create_site_request_t request = IT_CREATE_SITE_REQUEST_INIT;
    it_site_t site = IT_SITE_INIT;
    site.site = text(name);
    site.title = text("Head office");
    request.site = &site;
    return room_call(room, "Networks/CreateSite", &request.base, NULL);
}

static kt_status_t
create_vrf(room_t *room, const char *name)
{
    it_create_vrf_request_t request = IT_CREATE_VRF_REQUEST_INIT;
    it_vrf_t vrf = IT_VRF_INIT;
    vrf.vrf = text(name);
    request.vrf = &vrf;
    return room_call(room, "Networks/CreateVrf", &request.base, NULL);
}

static kt_status_t
create_prefix_at(room_t *room, const char *vrf, const char *cidr, const char *site,
                 const it_prefix_t **made)
{
    it_create_prefix_request_t request = IT_CREATE_PREFIX_REQUEST_INIT;
    it_prefix_t prefix = IT_PREFIX_INIT;
    const void *response = NULL;
    prefix.vrf = text(vrf);
    prefix.prefix = text(cidr);
    prefix.site = text(site);
    request.prefix = &prefix;
    kt_status_t status = room_call(room, "Networks/CreatePrefix", &request.base, &response);
    if (made)
        *made = (const it_prefix_t *)response;
    return status;
}

static kt_status_t
create_prefix(room_t *room, const char *cidr)
{
    return create_prefix_at(room, "main", cidr, "", NULL);
}

static kt_status_t
remove_prefix(room_t *room, const char *vrf, const char *cidr)
{
    it_remove_prefix_request_t request = IT_REMOVE_PREFIX_REQUEST_INIT;
    request.vrf = text(vrf);
    request.prefix = text(cidr);
    return room_call(room, "Networks/RemovePrefix", &request.base, NULL);
}

static kt_status_t
allocate_in(room_t *room, const char *vrf, const char *prefix, const it_address_t **got)
{
    it_allocate_address_request_t request = IT_ALLOCATE_ADDRESS_REQUEST_INIT;
    const void *response = NULL;
    request.vrf = text(vrf);
    request.prefix = text(prefix);
    request.holder = text("printer");
    kt_status_t status = room_call(room, "Networks/AllocateAddress", &request.base, &response);
    if (got)
        *got = (const it_address_t *)response;
    return status;
}

static const char *
allocate(room_t *room, const char *prefix)
{
    const it_address_t *got;
    assert_ok(allocate_in(room, "main", prefix, &got));
    return got->address;
}

static kt_status_t
assign(room_t *room, const char *vrf, const char *address, const char *holder,
       const it_address_t **got)
{
    it_assign_address_request_t request = IT_ASSIGN_ADDRESS_REQUEST_INIT;
    const void *response = NULL;
    request.vrf = text(vrf);
    request.address = text(address);
    request.holder = text(holder);
    kt_status_t status = room_call(room, "Networks/AssignAddress", &request.base, &response);
    if (got)
        *got = (const it_address_t *)response;
    return status;
}

static kt_status_t
release(room_t *room, const char *vrf, const char *address, const char *holder,
        const it_address_t **got)
{
    it_release_address_request_t request = IT_RELEASE_ADDRESS_REQUEST_INIT;
    const void *response = NULL;
    request.vrf = text(vrf);
    request.address = text(address);
    request.holder = text(holder);
    kt_status_t status = room_call(room, "Networks/ReleaseAddress", &request.base, &response);
    if (got)
        *got = (const it_address_t *)response;
    return status;
}

static const it_list_prefixes_response_t *
list_prefixes(room_t *room, const char *vrf, int32_t size, const char *token)
{
    it_list_prefixes_request_t request = IT_LIST_PREFIXES_REQUEST_INIT;
    const void *response;
    request.vrf = text(vrf);
    request.page_size = size;
    request.page_token = text(token);
    assert_ok(room_call(room, "Networks/ListPrefixes", &request.base, &response));
    return (const it_list_prefixes_response_t *)response;
}

static const it_list_addresses_response_t *
list_addresses(room_t *room, const char *prefix, int32_t size, const char *token)
{
    it_list_addresses_request_t request = IT_LIST_ADDRESSES_REQUEST_INIT;
    const void *response;
    request.vrf = text("main");
    request.prefix = text(prefix);
    request.page_size = size;
    request.page_token = text(token);
    assert_ok(room_call(room, "Networks/ListAddresses", &request.base, &response));
    return (const it_list_addresses_response_t *)response;
}

/* ---- sites and VRFs ---- */

static void
sites_and_vrfs_are_made_once(void **state)
{
    room_t *room = (room_t *)*state;
    it_list_sites_request_t sites = IT_LIST_SITES_REQUEST_INIT;
    it_list_vrfs_request_t vrfs = IT_LIST_VRFS_REQUEST_INIT;
    it_create_site_request_t nothing = IT_CREATE_SITE_REQUEST_INIT;
    const void *response;
    assert_ok(create_site(room, "head"));
    assert_ok(create_site(room, "depot"));
    assert_status(create_site(room, "head"), KT_ALREADY_EXISTS, IT_SITE_EXISTS);
    assert_status(create_site(room, "Head"), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(room_call(room, "Networks/CreateSite", &nothing.base, NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_ok(create_vrf(room, "main"));
    assert_status(create_vrf(room, "main"), KT_ALREADY_EXISTS, IT_VRF_EXISTS);
    assert_status(create_vrf(room, ""), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);

    assert_ok(room_call(room, "Networks/ListSites", &sites.base, &response));
    const it_list_sites_response_t *listed = (const it_list_sites_response_t *)response;
    assert_int_equal(listed->n_sites, 2);
    assert_string_equal(listed->sites[0]->site, "depot");
    assert_string_equal(listed->sites[1]->title, "Head office");
    assert_int_equal(listed->sites[1]->created_us, ROOM_NOW_US);
    assert_ok(room_call(room, "Networks/ListVrfs", &vrfs.base, &response));
    assert_int_equal(((const it_list_vrfs_response_t *)response)->n_vrfs, 1);
}

/* ---- prefixes ---- */

static void
prefixes_stand_as_a_tree(void **state)
{
    static const struct {
        const char *prefix, *parent;
        uint32_t depth;
    } tree[] = {
        {"10.0.0.0/8", "", 0},
        {"10.0.0.0/16", "10.0.0.0/8", 1},
        {"10.0.0.0/24", "10.0.0.0/16", 2},
        {"10.0.1.0/24", "10.0.0.0/16", 2},
        {"10.1.0.0/16", "10.0.0.0/8", 1},
        {"192.0.2.0/24", "", 0},
        {"2001:db8::/32", "", 0},
        {"2001:db8::/48", "2001:db8::/32", 1},
    };
    /* Made in another order, the outer ones last. */
    static const uint32_t order[] = {3, 7, 2, 5, 4, 1, 6, 0};
    room_t *room = (room_t *)*state;
    assert_ok(create_vrf(room, "main"));
    assert_ok(create_vrf(room, "other"));
    for (size_t i = 0; i < KT_COUNT(order); i++)
        assert_ok(create_prefix(room, tree[order[i]].prefix));
    assert_ok(create_prefix_at(room, "other", "10.0.0.0/8", "", NULL));

    const it_list_prefixes_response_t *all = list_prefixes(room, "main", 0, "");
    assert_int_equal(all->n_prefixes, KT_COUNT(tree));
    for (uint32_t i = 0; i < KT_COUNT(tree); i++) {
        assert_string_equal(all->prefixes[i]->prefix, tree[i].prefix);
        assert_string_equal(all->prefixes[i]->parent, tree[i].parent);
        assert_int_equal(all->prefixes[i]->depth, tree[i].depth);
    }
    /* Pages of one know what is around them, too. */
    const char *token = "";
    for (uint32_t i = 0; i < KT_COUNT(tree); i++) {
        const it_list_prefixes_response_t *page = list_prefixes(room, "main", 1, token);
        assert_int_equal(page->n_prefixes, 1);
        assert_string_equal(page->prefixes[0]->prefix, tree[i].prefix);
        assert_string_equal(page->prefixes[0]->parent, tree[i].parent);
        assert_int_equal(page->prefixes[0]->depth, tree[i].depth);
        token = page->next_page_token;
    }
    assert_string_equal(token, "");
}

static void
prefixes_are_refused(void **state)
{
    room_t *room = (room_t *)*state;
    const it_prefix_t *made;
    it_list_prefixes_request_t list = IT_LIST_PREFIXES_REQUEST_INIT;
    list.vrf = text("none");
    assert_ok(create_vrf(room, "main"));
    assert_ok(create_site(room, "head"));
    assert_ok(create_prefix_at(room, "main", "10.0.0.0/16", "head", &made));
    assert_string_equal(made->site, "head");
    assert_status(create_prefix_at(room, "none", "10.0.0.0/16", "", NULL), KT_NOT_FOUND,
                  IT_VRF_UNKNOWN);
    assert_status(create_prefix_at(room, "main", "10.2.0.0/16", "none", NULL), KT_NOT_FOUND,
                  IT_SITE_UNKNOWN);
    assert_status(create_prefix(room, "10.0.0.0/16"), KT_ALREADY_EXISTS, IT_PREFIX_EXISTS);
    assert_status(create_prefix(room, "10.0.0.1/24"), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(create_prefix(room, "10.0.0.0"), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_ok(assign(room, "main", "10.0.0.7", "printer", NULL));
    assert_status(create_prefix(room, "10.0.5.0/24"), KT_FAILED_PRECONDITION,
                  IT_PREFIX_HAS_ADDRESSES);
    assert_status(remove_prefix(room, "main", "10.0.0.0/16"), KT_FAILED_PRECONDITION,
                  IT_PREFIX_HAS_ADDRESSES);
    assert_status(remove_prefix(room, "none", "10.0.0.0/16"), KT_NOT_FOUND, IT_VRF_UNKNOWN);
    assert_status(room_call(room, "Networks/ListPrefixes", &list.base, NULL), KT_NOT_FOUND,
                  IT_VRF_UNKNOWN);
    /* One around it may come later. */
    assert_ok(create_prefix(room, "10.0.0.0/8"));
    assert_status(allocate_in(room, "main", "10.0.0.0/8", NULL), KT_FAILED_PRECONDITION,
                  IT_PREFIX_DIVIDED);
    assert_status(assign(room, "main", "10.9.0.7", "printer", NULL), KT_FAILED_PRECONDITION,
                  IT_PREFIX_DIVIDED);
    assert_ok(remove_prefix(room, "main", "10.0.0.0/8"));
    assert_ok(remove_prefix(room, "main", "10.0.0.0/8"));
    assert_ok(release(room, "main", "10.0.0.7", "printer", NULL));
    assert_ok(remove_prefix(room, "main", "10.0.0.0/16"));
    assert_int_equal(list_prefixes(room, "main", 0, "")->n_prefixes, 0);
}

/* ---- addresses ---- */

static void
the_lowest_free_address_is_given(void **state)
{
    room_t *room = (room_t *)*state;
    const it_address_t *got;
    assert_ok(create_vrf(room, "main"));
    assert_ok(create_prefix(room, "10.1.0.0/29"));
    assert_string_equal(allocate(room, "10.1.0.0/29"), "10.1.0.1");
    assert_ok(assign(room, "main", "10.1.0.3", "scanner", &got));
    assert_string_equal(got->prefix, "10.1.0.0/29");
    assert_string_equal(got->holder, "scanner");
    assert_string_equal(got->assigned_by, "erik");
    assert_int_equal(got->assigned_us, ROOM_NOW_US);
    assert_string_equal(allocate(room, "10.1.0.0/29"), "10.1.0.2");
    assert_string_equal(allocate(room, "10.1.0.0/29"), "10.1.0.4");
    assert_string_equal(allocate(room, "10.1.0.0/29"), "10.1.0.5");
    assert_string_equal(allocate(room, "10.1.0.0/29"), "10.1.0.6");
    assert_status(allocate_in(room, "main", "10.1.0.0/29", NULL), KT_RESOURCE_EXHAUSTED,
                  IT_PREFIX_FULL);
    assert_int_equal(list_prefixes(room, "main", 0, "")->prefixes[0]->assigned, 6);
    assert_ok(release(room, "main", "10.1.0.2", "printer", &got));
    assert_string_equal(got->holder, "");
    assert_string_equal(allocate(room, "10.1.0.0/29"), "10.1.0.2");
}

static void
addresses_are_refused(void **state)
{
    room_t *room = (room_t *)*state;
    it_list_addresses_request_t list = IT_LIST_ADDRESSES_REQUEST_INIT;
    list.vrf = text("none");
    assert_ok(create_vrf(room, "main"));
    assert_ok(create_vrf(room, "other"));
    assert_ok(create_prefix(room, "10.1.0.0/24"));
    assert_ok(create_prefix(room, "2001:db8::/64"));
    assert_ok(create_prefix_at(room, "other", "10.1.0.0/24", "", NULL));
    assert_status(allocate_in(room, "none", "10.1.0.0/24", NULL), KT_NOT_FOUND, IT_VRF_UNKNOWN);
    assert_status(allocate_in(room, "main", "10.2.0.0/24", NULL), KT_NOT_FOUND, IT_PREFIX_UNKNOWN);
    assert_status(allocate_in(room, "main", "10.1.0.0", NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_ok(assign(room, "main", "10.1.0.7", "printer", NULL));
    assert_status(assign(room, "main", "10.1.0.7", "printer", NULL), KT_ALREADY_EXISTS,
                  IT_ADDRESS_TAKEN);
    assert_ok(assign(room, "other", "10.1.0.7", "printer", NULL)); /* another table */
    assert_status(assign(room, "main", "10.2.0.7", "printer", NULL), KT_NOT_FOUND,
                  IT_NO_PREFIX_AROUND);
    assert_status(assign(room, "main", "10.1.0.255", "printer", NULL), KT_FAILED_PRECONDITION,
                  IT_ADDRESS_RESERVED);
    assert_status(assign(room, "main", "10.1.0.0", "printer", NULL), KT_FAILED_PRECONDITION,
                  IT_ADDRESS_RESERVED);
    assert_status(assign(room, "main", "2001:db8::", "printer", NULL), KT_FAILED_PRECONDITION,
                  IT_ADDRESS_RESERVED);
    assert_status(assign(room, "none", "10.1.0.8", "printer", NULL), KT_NOT_FOUND, IT_VRF_UNKNOWN);
    assert_status(assign(room, "main", "10.1.0.8", "", NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_status(assign(room, "main", "10.1.0.08", "printer", NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_status(release(room, "none", "10.1.0.7", "printer", NULL), KT_NOT_FOUND, IT_VRF_UNKNOWN);
    assert_status(room_call(room, "Networks/ListAddresses", &list.base, NULL), KT_NOT_FOUND,
                  IT_VRF_UNKNOWN);
    room_as(room, "dora", "employee");
    assert_status(allocate_in(room, "main", "10.1.0.0/24", NULL), KT_PERMISSION_DENIED,
                  RPC_REASON_ROLE_MISSING);
}

static void
releasing_again_changes_nothing(void **state)
{
    room_t *room = (room_t *)*state;
    const it_address_t *got;
    assert_ok(create_vrf(room, "main"));
    assert_ok(create_prefix(room, "10.1.0.0/24"));
    assert_ok(assign(room, "main", "10.1.0.7", "printer", NULL));
    assert_ok(release(room, "main", "10.1.0.7", "printer", &got));
    assert_string_equal(got->address, "10.1.0.7");
    assert_ok(release(room, "main", "10.1.0.7", "printer", &got));
    assert_string_equal(got->address, "10.1.0.7");
    /* Who gives back what another has by now takes nothing from him. */
    assert_ok(assign(room, "main", "10.1.0.7", "scanner", NULL));
    assert_ok(release(room, "main", "10.1.0.7", "printer", &got));
    assert_string_equal(got->holder, "scanner");
    assert_int_equal(list_addresses(room, "", 0, "")->n_addresses, 1);
    assert_int_equal(list_prefixes(room, "main", 0, "")->prefixes[0]->assigned, 1);
}

static void
addresses_are_listed_in_their_order(void **state)
{
    static const char *const order[] = {"10.1.0.9",    "10.1.0.10",   "10.1.0.200",  "10.2.0.1",
                                        "2001:db8::9", "2001:db8::a", "2001:db8::10"};
    room_t *room = (room_t *)*state;
    assert_ok(create_vrf(room, "main"));
    assert_ok(create_prefix(room, "10.1.0.0/24"));
    assert_ok(create_prefix(room, "10.2.0.0/24"));
    assert_ok(create_prefix(room, "2001:db8::/64"));
    for (size_t i = KT_COUNT(order); i > 0; i--)
        assert_ok(assign(room, "main", order[i - 1], "printer", NULL));
    const it_list_addresses_response_t *all = list_addresses(room, "", 0, "");
    assert_int_equal(all->n_addresses, KT_COUNT(order));
    for (size_t i = 0; i < KT_COUNT(order); i++)
        assert_string_equal(all->addresses[i]->address, order[i]);

    const it_list_addresses_response_t *page = list_addresses(room, "10.1.0.0/25", 1, "");
    assert_int_equal(page->n_addresses, 1);
    assert_string_equal(page->addresses[0]->address, "10.1.0.9");
    page = list_addresses(room, "10.1.0.0/25", 1, page->next_page_token);
    assert_string_equal(page->addresses[0]->address, "10.1.0.10");
    assert_string_equal(page->next_page_token, "");
    assert_int_equal(list_addresses(room, "2001:db8::/124", 0, "")->n_addresses, 2);
}

/* Tokens carry no seal: whoever makes one up hears so, or gets what he may read anyway. */
static void
made_up_tokens_do_no_harm(void **state)
{
    static const char *const places[] = {"x", "main", "main\x01\x04", "main\x01\x04\x0a\x01",
                                         "other"};
    room_t *room = (room_t *)*state;
    kt_arena_t *arena = kt_arena_new(4096, 1 << 16);
    const char *path = it_networks_service.methods[IT_NETWORKS_LIST_ADDRESSES].path;
    assert_ok(create_vrf(room, "main"));
    assert_ok(create_prefix(room, "10.1.0.0/24"));
    assert_ok(assign(room, "main", "10.1.0.7", "printer", NULL));
    for (size_t i = 0; i < KT_COUNT(places); i++) {
        it_list_addresses_request_t request = IT_LIST_ADDRESSES_REQUEST_INIT;
        char place[32];
        size_t size = strlen(places[i]);
        for (size_t k = 0; k < size; k++)
            place[k] = places[i][k] == 1 ? 0 : places[i][k]; /* where a name ends */
        uint64_t query = kt_page_query(0, kt_span_str(path));
        query = kt_page_query(query, kt_span_str("main"));
        request.vrf = text("main");
        request.prefix = text("10.1.0.0/25");
        query = kt_page_query(query, kt_span_str(request.prefix));
        request.page_token = kt_page_token(arena, query, kt_span(place, size));
        kt_status_t status = room_call(room, "Networks/ListAddresses", &request.base, NULL);
        if (kt_failed(status))
            assert_status(status, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    }
    kt_arena_destroy(&arena);
}

/* A set of places is the oracle: what is given is its lowest free one. */
static void
the_lowest_free_is_always_right(void **state)
{
    enum { HOSTS = 14 };
    room_t *room = (room_t *)*state;
    bool taken[HOSTS] = {false};
    kt_prng_t prng;
    print_message("seed %#llx\n", (unsigned long long)SEED);
    kt_prng_seed(&prng, SEED);
    assert_ok(create_vrf(room, "main"));
    assert_ok(create_prefix(room, "10.1.0.0/28"));
    for (uint32_t i = 0; i < ROUNDS; i++) {
        char address[32];
        uint32_t place = (uint32_t)kt_prng_below(&prng, HOSTS), lowest = 0;
        while (lowest < HOSTS && taken[lowest])
            lowest++;
        switch (kt_prng_below(&prng, 3)) {
        case 0:
            if (lowest == HOSTS) {
                assert_status(allocate_in(room, "main", "10.1.0.0/28", NULL), KT_RESOURCE_EXHAUSTED,
                              IT_PREFIX_FULL);
                break;
            }
            snprintf(address, sizeof address, "10.1.0.%u", lowest + 1);
            assert_string_equal(allocate(room, "10.1.0.0/28"), address);
            taken[lowest] = true;
            break;
        case 1:
            snprintf(address, sizeof address, "10.1.0.%u", place + 1);
            if (taken[place])
                assert_status(assign(room, "main", address, "printer", NULL), KT_ALREADY_EXISTS,
                              IT_ADDRESS_TAKEN);
            else
                assert_ok(assign(room, "main", address, "printer", NULL));
            taken[place] = true;
            break;
        default:
            snprintf(address, sizeof address, "10.1.0.%u", place + 1);
            assert_ok(release(room, "main", address, "printer", NULL));
            taken[place] = false;
            break;
        }
        room_forget(room);
    }
}

static void
every_failure_of_the_store_leaves_nothing_behind(void **state)
{
    room_t *room = (room_t *)*state;
    it_create_prefix_request_t create = IT_CREATE_PREFIX_REQUEST_INIT;
    it_prefix_t prefix = IT_PREFIX_INIT;
    it_allocate_address_request_t take = IT_ALLOCATE_ADDRESS_REQUEST_INIT;
    it_release_address_request_t give = IT_RELEASE_ADDRESS_REQUEST_INIT;
    it_remove_prefix_request_t take_away = IT_REMOVE_PREFIX_REQUEST_INIT;
    assert_ok(create_vrf(room, "main"));
    prefix.vrf = take.vrf = give.vrf = take_away.vrf = text("main");
    prefix.prefix = take.prefix = take_away.prefix = text("10.1.0.0/24");
    take.holder = give.holder = text("printer");
    give.address = text("10.1.0.1");
    create.prefix = &prefix;
    room_sweep(room, "Networks/CreatePrefix", &create.base);
    room_sweep(room, "Networks/AllocateAddress", &take.base);
    assert_int_equal(list_addresses(room, "", 0, "")->n_addresses, 1);
    room_sweep(room, "Networks/ReleaseAddress", &give.base);
    assert_int_equal(list_addresses(room, "", 0, "")->n_addresses, 0);
    room_sweep(room, "Networks/RemovePrefix", &take_away.base);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        nets_test(sites_and_vrfs_are_made_once),
        nets_test(prefixes_stand_as_a_tree),
        nets_test(prefixes_are_refused),
        nets_test(the_lowest_free_address_is_given),
        nets_test(addresses_are_refused),
        nets_test(releasing_again_changes_nothing),
        nets_test(addresses_are_listed_in_their_order),
        nets_test(made_up_tokens_do_no_harm),
        nets_test(the_lowest_free_is_always_right),
        nets_test(every_failure_of_the_store_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
