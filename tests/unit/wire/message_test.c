#include "testing.h"
#include <kantor/echo/v1/echo.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/message.h>

static const uint8_t four_bytes[] = {0x0A, 4, 1, 2, 3, 4};

static void
malformed_and_exhausted_are_told_apart(void **state)
{
    kt_arena_t *arena = kt_arena_new(32, 32);
    ProtobufCMessage *message;
    const uint8_t cut[] = {0x08};
    (void)state;
    assert_status(kt_message_unpack(arena, &echo_echo_request_descriptor,
                                    kt_span(four_bytes, sizeof(four_bytes)), &message),
                  KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS);
    kt_arena_destroy(&arena);
    arena = kt_arena_new(4096, 4096);
    assert_status(
        kt_message_unpack(arena, &echo_number_descriptor, kt_span(cut, sizeof(cut)), &message),
        KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY);
    kt_arena_destroy(&arena);
}

static void
what_is_unpacked_packs_to_the_same(void **state)
{
    kt_arena_t *arena = kt_arena_new(4096, 4096);
    ProtobufCMessage *message;
    kt_span_t again;
    (void)state;
    assert_ok(kt_message_unpack(arena, &echo_echo_request_descriptor,
                                kt_span(four_bytes, sizeof(four_bytes)), &message));
    assert_int_equal(((echo_echo_request_t *)message)->payload.len, 4);
    assert_ok(kt_message_pack(arena, message, &again));
    assert_span_equal(again, kt_span(four_bytes, sizeof(four_bytes)));
    kt_arena_destroy(&arena);
}

static void
packing_needs_room(void **state)
{
    kt_arena_t *arena = kt_arena_new(16, 16);
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    uint8_t payload[64] = {0};
    kt_span_t packed;
    (void)state;
    request.payload = (ProtobufCBinaryData){.len = sizeof(payload), .data = payload};
    assert_status(kt_message_pack(arena, &request.base, &packed), KT_RESOURCE_EXHAUSTED,
                  RPC_REASON_TOO_MANY_ELEMENTS);
    kt_arena_destroy(&arena);
}

static void
a_new_message_is_empty(void **state)
{
    kt_arena_t *arena = kt_arena_new(256, 256);
    kt_span_t packed;
    (void)state;
    echo_echo_response_t *message = (echo_echo_response_t *)kt_message_new(
        arena, &echo_echo_response_descriptor);
    assert_non_null(message);
    assert_string_equal(message->instance, "");
    assert_ok(kt_message_pack(arena, &message->base, &packed));
    assert_int_equal(packed.size, 0);
    kt_arena_destroy(&arena);
    arena = kt_arena_new(16, 16);
    assert_null(kt_message_new(arena, &echo_echo_response_descriptor));
    kt_arena_destroy(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_and_exhausted_are_told_apart),
        cmocka_unit_test(what_is_unpacked_packs_to_the_same),
        cmocka_unit_test(packing_needs_room),
        cmocka_unit_test(a_new_message_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
