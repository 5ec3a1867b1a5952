/* Every message of every contract, with chance contents: what is packed, unpacked and packed again
 * is the same. */
#include "messages.h"
#include "testing.h"
#include <kantor/sets/sample.kt.h>
#include <kt/message.h>

#define ROUNDS      50
#define ARENA_BYTES ((size_t)16 << 20)

static void
round_trip(kt_prng_t *prng, kt_arena_t *arena, const ProtobufCMessageDescriptor *descriptor)
{
    kt_span_t packed, again;
    ProtobufCMessage *unpacked;
    kt_arena_reset(arena);
    const ProtobufCMessage *message = testing_random_message(prng, arena, descriptor);
    assert_ok(kt_message_pack(arena, message, &packed));
    assert_ok(kt_message_unpack(arena, descriptor, packed, &unpacked));
    if (!testing_messages_equal(message, unpacked))
        fail_msg("%s does not come back as it went", descriptor->name);
    assert_ok(kt_message_pack(arena, unpacked, &again));
    assert_span_equal(packed, again);
}

static void
round_trips(kt_prng_t *prng, kt_arena_t *arena, const kt_proto_set_t *set)
{
    for (uint32_t i = 0; i < set->messages_count; i++)
        for (int round = 0; round < ROUNDS; round++)
            round_trip(prng, arena, set->messages[i]);
}

static void
every_message_comes_back_as_it_went(void **state)
{
    kt_arena_t *arena = kt_arena_new(1 << 16, ARENA_BYTES);
    kt_prng_t prng;
    (void)state;
    kt_prng_seed(&prng, testing_seed());
    for (size_t i = 0; i < TESTING_SETS; i++)
        round_trips(&prng, arena, testing_sets[i]);
    round_trips(&prng, arena, &sample_proto_set);
    kt_arena_destroy(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_comes_back_as_it_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
