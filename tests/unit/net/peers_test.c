/* The table of a router's peers: numbers, places, forgetting, limits. */
#include "testing.h"
#include <stdlib.h>

#include "../../../common/net/src/zmq_net.h"

static char key_a[KT_KEY_CHARS + 1], key_b[KT_KEY_CHARS + 1];

static int
setup(void **state)
{
    memset(key_a, 'a', KT_KEY_CHARS);
    memset(key_b, 'b', KT_KEY_CHARS);
    *state = malloc(sizeof(kt_peers_t));
    return *state && kt_peers_init(*state) ? 0 : -1;
}

static int
teardown(void **state)
{
    kt_peers_fini(*state);
    free(*state);
    return 0;
}

static void
test_numbers_are_never_used_again(void **state)
{
    kt_peers_t *peers = *state;
    kt_peer_t first = kt_peers_note(peers, 1, 7, key_a, 0)->number;
    assert_true(kt_peers_note(peers, 1, 7, key_a, 1)->number == first);
    assert_string_equal(kt_peers_get(peers, first)->key, key_a);
    kt_peer_t second = kt_peers_note(peers, 2, 7, key_b, 2)->number; /* has the routing id now */
    assert_true(second != first);
    assert_null(kt_peers_get(peers, first));
    assert_string_equal(kt_peers_get(peers, second)->key, key_b);
    kt_peers_forget(peers, first); /* no such peer any more */
    assert_non_null(kt_peers_get(peers, second));
    kt_peers_forget(peers, second);
    assert_null(kt_peers_get(peers, second));
    assert_null(kt_peers_get(peers, 0)); /* nobody, though places are free */
    kt_peer_t third = kt_peers_note(peers, 3, 7, key_a, 3)->number;
    assert_true(third != first && third != second);
    assert_int_equal(kt_peers_get(peers, third)->routing_id, 7);
}

/* Nothing of who had a place before is left to who has it now. */
static void
test_a_place_is_left_clean(void **state)
{
    kt_peers_t *peers = *state;
    kt_peer_entry_t *entry = kt_peers_note(peers, 1, 7, key_a, 0);
    kt_waiting_pack_t waiting;
    entry->packs = true;
    entry->waiting = &waiting;
    assert_non_null(entry->flow = kt_flow_new());
    uint32_t place = kt_peer_place(entry->number);
    kt_peers_forget(peers, entry->number);
    entry = kt_peers_note(peers, 2, 8, key_b, 0);
    assert_int_equal(kt_peer_place(entry->number), place);
    assert_false(entry->packs);
    assert_null(entry->waiting);
    assert_null(entry->flow);
    assert_string_equal(entry->key, key_b);
}

static void
test_the_silent_are_forgotten(void **state)
{
    kt_peers_t *peers = *state;
    kt_peer_t talker = kt_peers_note(peers, 1, 0, key_a, 0)->number;
    for (uint32_t i = 1; i < 10000; i++) { /* one a second, each heard once */
        assert_non_null(kt_peers_note(peers, 1 + i, i, key_a, i));
        assert_true(kt_peers_note(peers, 1, 0, key_a, i)->number == talker);
    }
    assert_true(peers->places_count <= KT_PEER_SILENT_S + 2);
}

/* Connections whose numbers end in the same bits share a row, and are told apart. */
static void
test_a_row_is_shared(void **state)
{
    kt_peers_t *peers = *state;
    kt_peer_t numbers[48];
    for (uint32_t i = 0; i < KT_COUNT(numbers); i++)
        numbers[i] = kt_peers_note(peers, (uint64_t)i << 32 | 5, i, key_a, 0)->number;
    for (uint32_t i = 0; i < KT_COUNT(numbers); i += 2)
        kt_peers_forget(peers, numbers[i]);
    for (uint32_t i = 0; i < KT_COUNT(numbers); i++) {
        const kt_peer_entry_t *entry = kt_peers_get(peers, numbers[i]);
        assert_int_equal(entry != NULL, i % 2);
        if (entry)
            assert_ptr_equal(kt_peers_note(peers, (uint64_t)i << 32 | 5, i, key_a, 0), entry);
    }
}

static void
test_peers_are_bounded(void **state)
{
    kt_peers_t *peers = *state;
    for (uint32_t i = 0; i < KT_PEERS_MAX; i++)
        assert_non_null(kt_peers_note(peers, 1 + i, i, key_a, 0));
    const uint32_t next = KT_PEERS_MAX;
    assert_null(kt_peers_note(peers, 1 + next, next, key_a, KT_PEER_SILENT_S));
    kt_peer_entry_t *entry = kt_peers_note(peers, 1 + next, next, key_a, KT_PEER_SILENT_S + 1);
    assert_non_null(entry);
    assert_true(kt_peer_place(entry->number) < KT_PEERS_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_numbers_are_never_used_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_place_is_left_clean, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_silent_are_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_row_is_shared, setup, teardown),
        cmocka_unit_test_setup_teardown(test_peers_are_bounded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
