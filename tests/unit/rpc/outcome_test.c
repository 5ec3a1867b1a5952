/* The meta frames: CallMeta byte for byte as protobuf-c writes it, and CallStatus read. */
#include "client_world.h"

#include <kt/prng.h>

static void
test_call_meta_equals_protobuf(void **state)
{
    (void)state;
    kt_prng_t prng;
    uint64_t seed = 5;
    kt_prng_seed(&prng, seed);
    for (unsigned round = 0; round < 2000; round++) {
        kt_ulid_t key = kt_ulid_make((int64_t)kt_prng_below(&prng, 1u << 30), 1,
                                     kt_prng_next(&prng));
        char text[KT_TRACEPARENT_CHARS + 1], behalf[129] = {0};
        kt_trace_t trace = {.sampled = false};
        if (kt_prng_below(&prng, 4) > 0)
            trace = kt_trace_new(&prng, KT_TRACE_ALWAYS / 2);
        kt_trace_format(&trace, text);
        memset(behalf, 'b', kt_prng_below(&prng, 129));
        bool keyed = kt_prng_below(&prng, 2);
        rpc_call_meta_t meta = RPC_CALL_META_INIT;
        if (kt_trace_placed(&trace))
            meta.traceparent = text;
        else if (kt_trace_known(&trace))
            meta.trace_id = (ProtobufCBinaryData){sizeof trace.id, trace.id};
        meta.on_behalf_of = behalf;
        if (keyed)
            meta.idempotency_key = (ProtobufCBinaryData){KT_ULID_BYTES, key.bytes};
        uint8_t expected[1024], got[KT_CALL_META_BYTES_MAX], value[KT_METADATA_BYTES_MAX] = {7};
        /* With what stands around it, just not too long; or nothing at all. */
        kt_metadata_t pair = {"a-key-bin", kt_span(value, kt_prng_below(&prng, 240))};
        rpc_pair_t packed = RPC_PAIR_INIT, *list = &packed;
        packed.key = (char *)(uintptr_t)pair.key;
        packed.value = (ProtobufCBinaryData){pair.value.size, value};
        meta.n_metadata = (size_t)kt_prng_below(&prng, 2);
        meta.metadata = &list;
        size_t expected_size = kantor__rpc__v1__call_meta__pack(&meta, expected);
        size_t size = kt_call_meta_encode(keyed ? &key : NULL, &trace, kt_span_str(behalf), got);
        size_t before = size;
        if (meta.n_metadata > 0) {
            size += kt_metadata_encode(&pair, got + size);
            assert_int_equal(size - before, kt_metadata_size(&pair));
        }
        /* The fields may stand in another order. */
        rpc_call_meta_t *read = kantor__rpc__v1__call_meta__unpack(NULL, size, got);
        assert_non_null(read);
        uint8_t again[1024];
        size_t again_size = kantor__rpc__v1__call_meta__pack(read, again);
        kantor__rpc__v1__call_meta__free_unpacked(read, NULL);
        if (size != expected_size ||
            !kt_span_equal(kt_span(again, again_size), kt_span(expected, expected_size)))
            fail_msg("seed %llu round %u", (unsigned long long)seed, round);
    }
}

static void
test_read(void **state)
{
    (void)state;
    kt_arena_t *arena = kt_arena_new(1024, 65536);
    kt_outcome_t outcome;
    assert_ok(kt_outcome_read(arena, kt_span(NULL, 0), &outcome));
    assert_false(kt_failed(outcome.status));
    assert_int_equal(outcome.retry_after_ms, -1);
    assert_ok(
        kt_outcome_read(arena, status_of(KT_UNAVAILABLE, true, 1500, "QUEUE_FULL"), &outcome));
    assert_int_equal(outcome.status.code, KT_UNAVAILABLE);
    assert_int_equal(outcome.status.reason, RPC_REASON_QUEUE_FULL);
    assert_string_equal(outcome.status.text, "the broker's words");
    assert_string_equal(outcome.reason, "QUEUE_FULL");
    assert_string_equal(outcome.domain, "kantor.rpc");
    assert_int_equal(outcome.retry_after_ms, 1500);
    assert_true(outcome.unknown);
    assert_ok(kt_outcome_read(arena, status_of(KT_ABORTED, false, -1, "NO_SUCH_REASON"), &outcome));
    assert_int_equal(outcome.status.reason, 0);
    assert_string_equal(outcome.reason, "NO_SUCH_REASON");
    kt_arena_destroy(&arena);
}

static void
test_fields(void **state)
{
    (void)state;
    Google__Rpc__BadRequest__FieldViolation violation =
        GOOGLE__RPC__BAD_REQUEST__FIELD_VIOLATION__INIT;
    violation.field = (char *)"entries[2].date";
    violation.description = (char *)"not a date";
    Google__Rpc__BadRequest__FieldViolation *violations[] = {&violation};
    Google__Rpc__BadRequest bad = GOOGLE__RPC__BAD_REQUEST__INIT;
    bad.field_violations = violations;
    bad.n_field_violations = 1;
    uint8_t bad_bytes[128], bytes[512];
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;
    any.type_url = (char *)"type.googleapis.com/google.rpc.BadRequest";
    any.value.len = google__rpc__bad_request__pack(&bad, bad_bytes);
    any.value.data = bad_bytes;
    Google__Protobuf__Any other = GOOGLE__PROTOBUF__ANY__INIT; /* unknown details are skipped */
    other.type_url = (char *)"type.googleapis.com/google.rpc.Help";
    Google__Protobuf__Any *details[] = {&other, &any};
    uint8_t key[KT_ULID_BYTES] = {1, 2, 3};
    rpc_call_status_t status = RPC_CALL_STATUS_INIT;
    status.code = KT_INVALID_ARGUMENT;
    status.details = details;
    status.n_details = 2;
    status.replayed = true;
    status.idempotency_key = (ProtobufCBinaryData){sizeof key, key};
    kt_arena_t *arena = kt_arena_new(1024, 65536);
    kt_outcome_t outcome;
    kt_span_t meta = kt_span(bytes, kantor__rpc__v1__call_status__pack(&status, bytes));
    assert_ok(kt_outcome_read(arena, meta, &outcome));
    assert_string_equal(outcome.field, "entries[2].date");
    assert_string_equal(outcome.field_problem, "not a date");
    assert_string_equal(outcome.status.text, "no message");
    assert_true(outcome.replayed && outcome.has_key);
    assert_memory_equal(outcome.key.bytes, key, sizeof key);
    kt_arena_destroy(&arena);
}

static void
test_refusals(void **state)
{
    (void)state;
    kt_arena_t *arena = kt_arena_new(1024, 65536);
    kt_outcome_t outcome;
    uint8_t bytes[512];
    static const int32_t codes[] = {-1, KT_CODE_COUNT, INT32_MAX};
    for (size_t i = 0; i < KT_COUNT(codes); i++) {
        rpc_call_status_t status = RPC_CALL_STATUS_INIT;
        status.code = codes[i];
        kt_span_t meta = kt_span(bytes, kantor__rpc__v1__call_status__pack(&status, bytes));
        assert_status(kt_outcome_read(arena, meta, &outcome), KT_INVALID_ARGUMENT,
                      RPC_REASON_MALFORMED_FRAME);
    }
    static uint8_t large[KT_META_BYTES_MAX + 1]; /* zeros are no fields either */
    static const char *const rows[] = {"\x08", "\xFF\xFF", "\x12\x02\xC3\x28", "\x12\x05\x61\x62"};
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        assert_status(kt_outcome_read(arena, kt_span_str(rows[i]), &outcome), KT_INVALID_ARGUMENT,
                      RPC_REASON_MALFORMED_FRAME);
    assert_status(kt_outcome_read(arena, kt_span(large, sizeof large), &outcome),
                  KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_FRAME);
    /* A detail that is not what its type says. */
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;
    any.type_url = (char *)"type.googleapis.com/google.rpc.RetryInfo";
    any.value = (ProtobufCBinaryData){2, (uint8_t *)(uintptr_t) "\xFF\xFF"};
    Google__Protobuf__Any *details[] = {&any};
    rpc_call_status_t status = RPC_CALL_STATUS_INIT;
    status.code = KT_UNAVAILABLE;
    status.details = details;
    status.n_details = 1;
    kt_span_t meta = kt_span(bytes, kantor__rpc__v1__call_status__pack(&status, bytes));
    assert_status(kt_outcome_read(arena, meta, &outcome), KT_INVALID_ARGUMENT,
                  RPC_REASON_MALFORMED_FRAME);
    kt_arena_destroy(&arena);
}

static void
test_reason_names(void **state)
{
    (void)state;
    assert_string_equal(kt_reason_name(RPC_REASON_NO_BROKER), "NO_BROKER");
    assert_null(kt_reason_name(0));
    assert_null(kt_reason_name(999));
    assert_null(kt_reason_name(UINT32_MAX));
    assert_int_equal(RPC_REASON_MALFORMED_FRAME, KT_MALFORMED_FRAME);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call_meta_equals_protobuf),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_reason_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
