/* The table of a router's peers: numbers, forgetting, limits. */
#include "testing.h"

#include "../../../common/net/src/zmq_net.h"

static void
test_numbers_are_never_used_again(void **state)
{
    (void)state;
    kt_peers_t peers;
    assert_true(kt_peers_init(&peers));
    char a[KT_KEY_CHARS + 1], b[KT_KEY_CHARS + 1];
    memset(a, 'a', sizeof a);
    memset(b, 'b', sizeof b);
    kt_peer_t first = kt_peers_note(&peers, 7, a, 0)->number;
    assert_true(kt_peers_note(&peers, 7, a, 1)->number == first);
    kt_peer_t second = kt_peers_note(&peers, 7, b, 2)->number; /* took over the routing id */
    assert_true(second != first);
    assert_null(kt_peers_get(&peers, first));
    assert_non_null(kt_peers_get(&peers, second));
    kt_peers_forget(&peers, first); /* no such peer any more */
    assert_non_null(kt_peers_get(&peers, second));
    kt_peers_forget(&peers, second);
    kt_peer_t third = kt_peers_note(&peers, 7, a, 3)->number;
    assert_true(third != first && third != second);
    assert_int_equal(kt_peer_routing_id(third), 7);
    kt_peers_fini(&peers);
}

static void
test_the_silent_are_forgotten(void **state)
{
    (void)state;
    kt_peers_t peers;
    assert_true(kt_peers_init(&peers));
    char key[KT_KEY_CHARS + 1];
    memset(key, 'k', sizeof key);
    kt_peer_t talker = kt_peers_note(&peers, 0, key, 0)->number;
    for (uint32_t i = 1; i < 10000; i++) { /* one a second, each heard once */
        assert_non_null(kt_peers_note(&peers, i, key, i));
        assert_true(kt_peers_note(&peers, 0, key, i)->number == talker);
    }
    assert_true(kt_map_size(peers.by_id) < 2048);
    kt_peers_fini(&peers);
}

static void
test_peers_are_bounded(void **state)
{
    (void)state;
    kt_peers_t peers;
    assert_true(kt_peers_init(&peers));
    char key[KT_KEY_CHARS + 1];
    memset(key, 'k', sizeof key);
    for (uint32_t i = 0; i < KT_PEERS_MAX; i++)
        assert_non_null(kt_peers_note(&peers, i, key, 0));
    assert_null(kt_peers_note(&peers, KT_PEERS_MAX, key, KT_PEER_SILENT_S));
    assert_non_null(kt_peers_note(&peers, KT_PEERS_MAX, key, KT_PEER_SILENT_S + 1));
    kt_peers_fini(&peers);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_never_used_again),
        cmocka_unit_test(test_the_silent_are_forgotten),
        cmocka_unit_test(test_peers_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
