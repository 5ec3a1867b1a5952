#include "messages.h"
#include "testing.h"
#include <google/rpc/error_details.kt.h>
#include <grpc/reflection/reflection.kt.h>
#include <kantor/echo/v1/echo.kt.h>
#include <kantor/finance/v1/ledger.kt.h>
#include <kantor/rpc/v1/call.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/message.h>
#include <kt/scan.h>
#include <kt/time.h>

#define ARENA_BYTES ((size_t)64 << 20)

static kt_status_t
scan(const ProtobufCMessageDescriptor *descriptor, kt_span_t bytes, kt_scan_result_t *result)
{
    kt_scan_limits_t limits = kt_scan_limits_usual();
    return kt_scan(descriptor, bytes, &limits, result);
}

/* What the scan and protobuf-c say of the same bytes must fit. True when the scan accepted. */
static bool
agree(kt_arena_t *arena, const ProtobufCMessageDescriptor *descriptor, kt_span_t bytes)
{
    kt_scan_result_t result;
    ProtobufCMessage *message;

    kt_arena_reset(arena);
    if (kt_failed(scan(descriptor, bytes, &result)))
        return false;
    assert_ok(kt_message_unpack(arena, descriptor, bytes, &message));
    assert_true(kt_arena_used(arena) <= result.memory_bytes);
    return true;
}

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static const struct row {
    const char *name;
    const ProtobufCMessageDescriptor *descriptor;
    const uint8_t *bytes;
    size_t size;
    uint32_t code, reason;
    const char *field;
} rows[] = {
    {"nothing", &echo_number_descriptor, NULL, 0, KT_OK, 0, NULL},
    {"one number", &echo_number_descriptor, BYTES(0x08, 0x05), KT_OK, 0, NULL},
    {"a number twice: the last counts", &echo_number_descriptor, BYTES(0x08, 5, 0x08, 6), KT_OK, 0,
     NULL},
    {"64 bits", &echo_number_descriptor,
     BYTES(0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01), KT_OK, 0, NULL},
    {"65 bits", &echo_number_descriptor,
     BYTES(0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, "value"},
    {"11 bytes of varint", &echo_number_descriptor,
     BYTES(0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00),
     KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY, "value"},
    {"a cut varint", &echo_number_descriptor, BYTES(0x08, 0x80), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, "value"},
    {"a tag alone", &echo_number_descriptor, BYTES(0x08), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, "value"},
    {"a cut tag", &echo_number_descriptor, BYTES(0x88), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, NULL},
    {"field number 0", &echo_number_descriptor, BYTES(0x00, 0x00), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, NULL},
    {"field number 0 in two bytes", &echo_number_descriptor, BYTES(0x80, 0x00, 0x00),
     KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY, NULL},
    {"the greatest field number", &echo_number_descriptor,
     BYTES(0xF8, 0xFF, 0xFF, 0xFF, 0x0F, 0x00), KT_OK, 0, NULL},
    {"a field number past 2^29 - 1", &echo_number_descriptor,
     BYTES(0xF8, 0xFF, 0xFF, 0xFF, 0x1F, 0x00), KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY,
     NULL},
    {"another wire type", &echo_number_descriptor, BYTES(0x0D, 0, 0, 0, 0), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, "value"},
    {"a group", &echo_number_descriptor, BYTES(0x0B, 0x0C), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, "value"},
    {"an unknown group", &echo_number_descriptor, BYTES(0x13, 0x14), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, NULL},
    {"wire type 6", &echo_number_descriptor, BYTES(0x16, 0x00), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, NULL},
    {"unknown fields of every type", &echo_number_descriptor,
     BYTES(0x10, 1, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x12, 2, 1, 2, 0x15, 1, 2, 3, 4), KT_OK, 0, NULL},
    {"an unknown varint past 64 bits", &echo_number_descriptor,
     BYTES(0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, NULL},
    {"an unknown field cut", &echo_number_descriptor, BYTES(0x12, 3, 1, 2), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, NULL},
    {"an unknown fixed64 cut", &echo_number_descriptor, BYTES(0x11, 3, 1, 2), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, NULL},
    {"bytes cut", &echo_echo_request_descriptor, BYTES(0x0A, 2, 1), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, "payload"},
    {"bytes of absurd length", &echo_echo_request_descriptor,
     BYTES(0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F), KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY,
     "payload"},
    {"a length of six bytes", &echo_echo_request_descriptor,
     BYTES(0x0A, 0x81, 0x80, 0x80, 0x80, 0x80, 0, 1), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, "payload"},
    {"bytes need not be UTF-8", &echo_echo_request_descriptor, BYTES(0x0A, 2, 0xFF, 0), KT_OK, 0,
     NULL},
    {"a string", &google_rpc_error_info_descriptor, BYTES(0x0A, 2, 'o', 'k'), KT_OK, 0, NULL},
    {"a string that is not UTF-8", &google_rpc_error_info_descriptor, BYTES(0x0A, 2, 'o', 0xFF),
     KT_INVALID_ARGUMENT, RPC_REASON_NOT_UTF8, "reason"},
    {"a string with half a pair", &google_rpc_error_info_descriptor,
     BYTES(0x0A, 3, 0xED, 0xA0, 0x80), KT_INVALID_ARGUMENT, RPC_REASON_NOT_UTF8, "reason"},
    {"a string with a NUL", &google_rpc_error_info_descriptor, BYTES(0x12, 2, 'o', 0),
     KT_INVALID_ARGUMENT, RPC_REASON_NOT_UTF8, "domain"},
    {"an inner string that is not UTF-8", &google_rpc_bad_request_descriptor,
     BYTES(0x0A, 3, 0x0A, 1, 0xFF), KT_INVALID_ARGUMENT, RPC_REASON_NOT_UTF8, "field"},
    {"an inner field past its message", &google_rpc_bad_request_descriptor,
     BYTES(0x0A, 2, 0x0A, 1, 'x'), KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY, "field"},
    {"a message twice", &google_rpc_retry_info_descriptor, BYTES(0x0A, 0, 0x0A, 0),
     KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY, "retry_delay"},
    {"packed numbers", &reflection_extension_number_response_descriptor, BYTES(0x12, 3, 1, 0x80, 1),
     KT_OK, 0, NULL},
    {"numbers not packed", &reflection_extension_number_response_descriptor,
     BYTES(0x10, 1, 0x10, 2), KT_OK, 0, NULL},
    {"packed numbers cut", &reflection_extension_number_response_descriptor,
     BYTES(0x12, 2, 1, 0x80), KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY, "extension_number"},
    {"a packed number past 64 bits", &reflection_extension_number_response_descriptor,
     BYTES(0x12, 10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02),
     KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY, "extension_number"},
    {"packed numbers of cut length", &reflection_extension_number_response_descriptor,
     BYTES(0x12, 9, 1), KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY, "extension_number"},
    {"strings are not packed", &rpc_caller_descriptor, BYTES(0x10, 1), KT_INVALID_ARGUMENT,
     RPC_REASON_MALFORMED_BODY, "roles"},
};

static void
every_refusal_has_its_reason(void **state)
{
    kt_arena_t *arena = kt_arena_new(1024, ARENA_BYTES);
    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        kt_scan_result_t result;
        kt_span_t bytes = kt_span(row->bytes, row->size);
        kt_status_t status = scan(row->descriptor, bytes, &result);
        if (status.code != row->code || status.reason != row->reason)
            fail_msg("%s: %s, reason %u", row->name, kt_code_name(status.code),
                     (unsigned)status.reason);
        if ((result.field == NULL) != (row->field == NULL) ||
            (row->field && strcmp(result.field, row->field) != 0))
            fail_msg("%s: field %s", row->name, result.field ? result.field : "none");
        assert_int_equal(agree(arena, row->descriptor, bytes), row->code == KT_OK);
    }
    kt_arena_destroy(&arena);
}

/* A message that holds itself, which no contract may, but a descriptor can. */
static const ProtobufCFieldDescriptor chain_field = {
    .name = "inner",
    .id = 1,
    .label = PROTOBUF_C_LABEL_NONE,
    .type = PROTOBUF_C_TYPE_MESSAGE,
    .offset = sizeof(ProtobufCMessage),
    .descriptor = NULL,
};

typedef struct chain {
    ProtobufCFieldDescriptor field;
    ProtobufCIntRange ranges[2];
    ProtobufCMessageDescriptor descriptor;
} chain_t;

static void
chain_init(chain_t *chain)
{
    *chain = (chain_t){.field = chain_field, .ranges = {{1, 0}, {0, 1}}};
    chain->field.descriptor = &chain->descriptor;
    chain->descriptor = (ProtobufCMessageDescriptor){
        .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
        .name = "test.Chain",
        .sizeof_message = sizeof(ProtobufCMessage) + sizeof(void *),
        .n_fields = 1,
        .fields = &chain->field,
        .n_field_ranges = 1,
        .field_ranges = chain->ranges,
    };
}

/* LEVELS messages inside the outermost one. Each length is written in five bytes. */
static kt_span_t
nest(uint8_t *out, size_t levels)
{
    for (size_t i = 0; i < levels; i++) {
        size_t inner = (levels - i - 1) * 6;
        uint8_t *at = out + 6 * i;
        at[0] = 0x0A;
        for (unsigned j = 0; j < 5; j++)
            at[1 + j] = (uint8_t)(((inner >> (7 * j)) & 0x7F) | (j < 4 ? 0x80 : 0));
    }
    return kt_span(out, levels * 6);
}

static void
depth_is_limited(void **state)
{
    enum { ABSURD = 100000 };
    static uint8_t bytes[6 * ABSURD];
    kt_scan_result_t result;
    chain_t chain;
    (void)state;
    chain_init(&chain);
    assert_ok(scan(&chain.descriptor, nest(bytes, KT_SCAN_DEPTH_MAX - 1), &result));
    assert_int_equal(result.depth, KT_SCAN_DEPTH_MAX);
    assert_status(scan(&chain.descriptor, nest(bytes, KT_SCAN_DEPTH_MAX), &result),
                  KT_INVALID_ARGUMENT, RPC_REASON_TOO_DEEP);
    int64_t start = kt_clock_mono_us();
    kt_span_t deep = nest(bytes, ABSURD);
    assert_status(scan(&chain.descriptor, deep, &result), KT_INVALID_ARGUMENT, RPC_REASON_TOO_DEEP);
    assert_true(kt_clock_mono_us() - start < KT_US_PER_S);
}

static void
elements_are_limited(void **state)
{
    kt_scan_limits_t limits = {.elements_max = 3, .memory_max = ARENA_BYTES};
    kt_scan_result_t result;
    const uint8_t packed[] = {0x12, 3, 1, 2, 3, 0x10, 4};
    const uint8_t strings[] = {0x12, 0, 0x12, 0, 0x12, 0, 0x12, 0};
    (void)state;
    assert_ok(kt_scan(&reflection_extension_number_response_descriptor, kt_span(packed, 5), &limits,
                      &result));
    assert_int_equal(result.elements, 3);
    assert_status(kt_scan(&reflection_extension_number_response_descriptor, kt_span(packed, 7),
                          &limits, &result),
                  KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS);
    assert_string_equal(result.field, "extension_number");
    assert_ok(kt_scan(&rpc_caller_descriptor, kt_span(strings, 6), &limits, &result));
    assert_status(kt_scan(&rpc_caller_descriptor, kt_span(strings, 8), &limits, &result),
                  KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS);
}

static void
unknown_fields_are_limited(void **state)
{
    uint8_t bytes[2 * (KT_SCAN_UNKNOWN_MAX + 1)];
    kt_scan_result_t result;
    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i += 2) {
        bytes[i] = 0x10;
        bytes[i + 1] = 1;
    }
    assert_ok(scan(&echo_number_descriptor, kt_span(bytes, sizeof(bytes) - 2), &result));
    assert_status(scan(&echo_number_descriptor, kt_span(bytes, sizeof(bytes)), &result),
                  KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS);
    kt_scan_limits_t one = kt_scan_limits_usual();
    one.unknown_max = 1;
    assert_ok(kt_scan(&echo_number_descriptor, kt_span(bytes, 2), &one, &result));
    assert_status(kt_scan(&echo_number_descriptor, kt_span(bytes, 4), &one, &result),
                  KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS);
}

static void
memory_is_limited(void **state)
{
    kt_scan_limits_t limits = {.elements_max = 10, .memory_max = 100};
    kt_scan_result_t result;
    uint8_t bytes[102] = {0x0A, 100};
    (void)state;
    assert_status(
        kt_scan(&echo_echo_request_descriptor, kt_span(bytes, sizeof(bytes)), &limits, &result),
        KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS);
    limits.memory_max = 1;
    assert_status(kt_scan(&echo_number_descriptor, kt_span(NULL, 0), &limits, &result),
                  KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS);
}

/* Many members of one message: the slabs that protobuf-c notes them in must be foretold. */
static void
slabs_are_foretold(void **state)
{
    enum { MEMBERS_MAX = 5000 };
    static uint8_t bytes[2 * MEMBERS_MAX];
    kt_arena_t *arena = kt_arena_new(1024, ARENA_BYTES);
    (void)state;
    for (size_t i = 0; i < MEMBERS_MAX; i++) {
        bytes[2 * i] = 0x08;
        bytes[2 * i + 1] = 1;
    }
    for (size_t members = 1; members < MEMBERS_MAX; members += members < 200 ? 1 : 97)
        assert_true(agree(arena, &echo_number_descriptor, kt_span(bytes, 2 * members)));
    kt_arena_destroy(&arena);
}

/* Breaks a good encoding a little: bytes changed, cut out, put in. */
static size_t
mutate(kt_prng_t *prng, uint8_t *bytes, size_t size, size_t capacity)
{
    for (uint64_t edits = 1 + kt_prng_below(prng, 4); edits > 0 && size > 0; edits--) {
        size_t at = kt_prng_below(prng, size);
        switch (kt_prng_below(prng, 4)) {
        case 0:
            bytes[at] = (uint8_t)kt_prng_next(prng);
            break;
        case 1:
            bytes[at] ^= (uint8_t)(1u << kt_prng_below(prng, 8));
            break;
        case 2:
            memmove(bytes + at, bytes + at + 1, size - at - 1);
            size--;
            break;
        default:
            if (size == capacity)
                break;
            memmove(bytes + at + 1, bytes + at, size - at);
            bytes[at] = (uint8_t)kt_prng_next(prng);
            size++;
        }
    }
    return size;
}

static void
walk_message(kt_prng_t *prng, const ProtobufCMessageDescriptor *descriptor, kt_arena_t *made,
             kt_arena_t *arena)
{
    kt_span_t packed;
    kt_arena_reset(made);
    assert_ok(kt_message_pack(made, testing_random_message(prng, made, descriptor), &packed));
    assert_true(agree(arena, descriptor, packed));
    for (int i = 0; i < 30; i++) {
        size_t capacity = packed.size + 16;
        uint8_t *broken = (uint8_t *)kt_arena_alloc(made, capacity);
        memcpy(broken, packed.data, packed.size);
        size_t size = mutate(prng, broken, packed.size, capacity);
        agree(arena, descriptor, kt_span(broken, size));
    }
}

/* Whatever the scan accepts, protobuf-c unpacks, in no more memory than was foretold. */
static void
scan_and_unpack_agree_on_every_message(void **state)
{
    kt_prng_t prng;
    kt_arena_t *made = kt_arena_new(1 << 16, ARENA_BYTES),
               *arena = kt_arena_new(1 << 16, ARENA_BYTES);
    (void)state;
    kt_prng_seed(&prng, testing_seed());
    for (size_t i = 0; i < TESTING_SETS; i++)
        for (uint32_t j = 0; j < testing_sets[i]->messages_count; j++)
            for (int round = 0; round < 20; round++)
                walk_message(&prng, testing_sets[i]->messages[j], made, arena);
    kt_arena_destroy(&made);
    kt_arena_destroy(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_has_its_reason),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(elements_are_limited),
        cmocka_unit_test(unknown_fields_are_limited),
        cmocka_unit_test(memory_is_limited),
        cmocka_unit_test(slabs_are_foretold),
        cmocka_unit_test(scan_and_unpack_agree_on_every_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
