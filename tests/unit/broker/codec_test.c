/* What the broker itself reads and writes of protobuf: whole, cut and garbage. */
#include "protocol/codec.h"
#include "testing.h"
#include <kantor/rpc/v1/call.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/prng.h>

static void
test_the_code_of_a_status_by_its_first_byte(void **state)
{
    (void)state;
    static const struct {
        const char *meta;
        size_t size;
        uint32_t code;
    } rows[] = {
        {"", 0, KT_OK},
        {"\x08\x05", 2, KT_NOT_FOUND},
        {"\x08\x05\x12\x01x", 5, KT_NOT_FOUND},
        {"\x12\x01x", 3, KT_OK},     /* another field: the code is 0 */
        {"\x08", 1, KT_UNKNOWN},     /* cut */
        {"\x08\x11", 2, KT_UNKNOWN}, /* no code of gRPC's */
        {"\x08\xff\x01", 3, KT_UNKNOWN},
        {"\x0a\x01x", 3, KT_UNKNOWN}, /* field 1, and no number */
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        assert_int_equal(broker_status_code(kt_span(rows[i].meta, rows[i].size)), rows[i].code);
}

static void
test_a_verdict_goes_there_and_back(void **state)
{
    (void)state;
    kt_ulid_t key = {{7, 7, 7}};
    broker_verdict_t verdict = {
        .status = kt_error(KT_UNAVAILABLE, RPC_REASON_NO_INSTANCE, "nobody is there"),
        .retry_ms = 1250,
        .unknown = true,
        .key = &key,
    };
    kt_frame_t frame;
    kt_frame_init(&frame);
    assert_ok(broker_verdict_encode(&verdict, &frame));
    kt_span_t meta = kt_frame_span(&frame);
    assert_int_equal(broker_status_code(meta), KT_UNAVAILABLE);
    rpc_call_status_t *status = kantor__rpc__v1__call_status__unpack(NULL, meta.size, meta.data);
    assert_non_null(status);
    assert_string_equal(status->message, "nobody is there");
    assert_int_equal(status->n_details, 2);
    assert_string_equal(status->details[0]->type_url, "type.googleapis.com/google.rpc.ErrorInfo");
    assert_string_equal(status->details[1]->type_url, "type.googleapis.com/google.rpc.RetryInfo");
    assert_int_equal(status->outcome, RPC_OUTCOME_UNKNOWN);
    assert_memory_equal(status->idempotency_key.data, key.bytes, sizeof key.bytes);
    kantor__rpc__v1__call_status__free_unpacked(status, NULL);
    kt_frame_close(&frame);
}

static void
test_ok_is_an_empty_frame(void **state)
{
    (void)state;
    kt_frame_t frame;
    kt_frame_init(&frame);
    assert_ok(broker_verdict_encode(&(broker_verdict_t){0}, &frame));
    assert_int_equal(kt_frame_span(&frame).size, 0);
    kt_frame_close(&frame);
}

static void
test_the_key_of_a_meta(void **state)
{
    (void)state;
    uint8_t meta[18] = {0x0a, 16, 1, 2, 3};
    kt_ulid_t key = {{0}};
    assert_true(broker_meta_key(kt_span(meta, sizeof meta), &key));
    assert_int_equal(key.bytes[2], 3);
    assert_false(broker_meta_key(kt_span(meta, sizeof meta - 1), &key)); /* cut */
    meta[1] = 15;
    assert_false(broker_meta_key(kt_span(meta, sizeof meta - 1), &key)); /* too short */
    assert_false(broker_meta_key(kt_span(NULL, 0), &key));
}

/* Whatever comes, a registration is read whole or refused; nothing is left behind. */
static void
test_registrations_of_chance_bytes(void **state)
{
    (void)state;
    uint64_t seed = 4711;
    print_message("seed %llu\n", (unsigned long long)seed);
    kt_prng_t prng;
    kt_prng_seed(&prng, seed);
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t bytes[64];
        size_t size = kt_prng_below(&prng, sizeof bytes);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)kt_prng_below(&prng, kt_prng_below(&prng, 2) ? 256 : 24);
        broker_registration_t registration = {0};
        assert_true(kt_failed(broker_registration_decode(kt_span(bytes, size), &registration)));
        assert_null(registration.offers);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_code_of_a_status_by_its_first_byte),
        cmocka_unit_test(test_a_verdict_goes_there_and_back),
        cmocka_unit_test(test_ok_is_an_empty_frame),
        cmocka_unit_test(test_the_key_of_a_meta),
        cmocka_unit_test(test_registrations_of_chance_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
