/* A thousand callers at once want the next free address of a /24, through a real broker and shell:
 * 254 get one each, all others hear that it is full. */
#include "testing.h"

#include "service.h"
#include "stage.h"

#include <kantor/it/v1/networks.kt.h>

enum { CLIENTS = 4, CALLS = 250, HOSTS = 254 };

static const stage_principal_t principals[] = {
    {"erik", "it.expert it.operator", NULL}, {"it", NULL, "it"}, {NULL, NULL, NULL}};

static int
setup(void **state)
{
    *state = stage_world_new(principals, it_service(), NULL);
    return 0;
}

static void
make_prefix(stage_world_t *w)
{
    it_create_vrf_request_t vrf_request = IT_CREATE_VRF_REQUEST_INIT;
    it_create_prefix_request_t prefix_request = IT_CREATE_PREFIX_REQUEST_INIT;
    it_vrf_t vrf = IT_VRF_INIT;
    it_prefix_t prefix = IT_PREFIX_INIT;
    char name[] = "main", cidr[] = "10.1.0.0/24";
    vrf.vrf = prefix.vrf = name;
    prefix.prefix = cidr;
    vrf_request.vrf = &vrf;
    prefix_request.prefix = &prefix;
    assert_ok(kt_client_call(w->client, &it_networks_service.methods[IT_NETWORKS_CREATE_VRF], NULL,
                             &vrf_request.base, &w->reply));
    assert_ok(kt_client_call(w->client, &it_networks_service.methods[IT_NETWORKS_CREATE_PREFIX],
                             NULL, &prefix_request.base, &w->reply));
}

static void
ask_for_all(kt_client_t *const clients[CLIENTS])
{
    it_allocate_address_request_t request = IT_ALLOCATE_ADDRESS_REQUEST_INIT;
    char name[] = "main", cidr[] = "10.1.0.0/24", holder[] = "printer";
    request.vrf = name;
    request.prefix = cidr;
    request.holder = holder;
    for (uint64_t i = 0; i < CALLS; i++)
        for (uint32_t k = 0; k < CLIENTS; k++)
            assert_ok(kt_client_start(clients[k],
                                      &it_networks_service.methods[IT_NETWORKS_ALLOCATE_ADDRESS],
                                      NULL, &request.base, i));
}

/* Marks what CLIENT was given; counts what it was refused. */
static void
take_answers(kt_client_t *client, kt_reply_t *reply, bool given[256], uint32_t *full)
{
    for (uint32_t i = 0; i < CALLS; i++) {
        unsigned last;
        uint64_t tag;
        assert_ok(kt_client_next(client, -1, &tag, reply));
        if (kt_failed(reply->status)) {
            assert_int_equal(reply->status.code, KT_RESOURCE_EXHAUSTED);
            assert_non_null(reply->reason);
            assert_string_equal(reply->reason, "PREFIX_FULL");
            assert_string_equal(reply->domain, "kantor.it");
            ++*full;
            continue;
        }
        const it_address_t *address = (const it_address_t *)reply->message;
        assert_int_equal(sscanf(address->address, "10.1.0.%u", &last), 1);
        assert_in_range(last, 1, HOSTS);
        assert_false(given[last]);
        given[last] = true;
    }
}

static void
a_thousand_want_the_next_free_address(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    kt_client_t *clients[CLIENTS];
    bool given[256] = {false};
    uint32_t full = 0, count = 0;
    make_prefix(w);
    for (uint32_t k = 0; k < CLIENTS; k++)
        clients[k] = stage_client(w->stage, "erik");
    ask_for_all(clients);
    for (uint32_t k = 0; k < CLIENTS; k++)
        take_answers(clients[k], &w->reply, given, &full);
    for (uint32_t i = 0; i < KT_COUNT(given); i++)
        count += given[i];
    assert_int_equal(count, HOSTS);
    assert_int_equal(full, CLIENTS * CALLS - HOSTS);
    for (uint32_t k = 0; k < CLIENTS; k++)
        kt_client_destroy(&clients[k]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_thousand_want_the_next_free_address, setup,
                                        stage_world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
