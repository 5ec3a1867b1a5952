#include "testing.h"

#include <kt/pack_frames.h>
#include <kt/prng.h>
#include <stdlib.h>
#include <string.h>

static void
make_message(kt_message_t *message, const size_t *sizes, unsigned count)
{
    kt_message_init(message);
    for (unsigned i = 0; i < count; i++) {
        assert_ok(kt_frame_init_size(&message->frames[i], sizes[i]));
        memset(kt_frame_bytes(&message->frames[i]), 'a' + (int)i, sizes[i]);
    }
    message->count = count;
}

static void
test_there_and_back(void **state)
{
    (void)state;
    static const struct {
        unsigned count;
        size_t sizes[3];
        bool packable;
    } rows[] = {
        {1, {16}, false},          {2, {0, 0}, true},        {2, {16, 100}, true},
        {3, {16, 0, 0}, true},     {3, {52, 60, 200}, true}, {3, {16, 0, 4070}, true},
        {3, {16, 0, 4071}, false}, {2, {16, 100000}, false},
    };
    for (size_t row = 0; row < KT_COUNT(rows); row++) {
        kt_message_t message, back;
        make_message(&message, rows[row].sizes, rows[row].count);
        kt_message_init(&back);
        assert_int_equal(kt_frames_packable(&message), rows[row].packable);
        if (rows[row].packable) {
            kt_frame_t packed;
            kt_frame_init(&packed);
            assert_ok(kt_frames_pack(&message, &packed));
            assert_true(kt_frames_packed(kt_frame_span(&packed)));
            assert_true(kt_frame_span(&packed).size <= KT_PACKED_BYTES_MAX);
            assert_ok(kt_frames_unpack(kt_frame_span(&packed), &back));
            assert_int_equal(back.count, message.count);
            for (unsigned i = 0; i < message.count; i++)
                assert_span_equal(kt_frame_span(&back.frames[i]),
                                  kt_frame_span(&message.frames[i]));
            kt_frame_close(&packed);
        }
        kt_message_close(&message);
        kt_message_close(&back);
    }
}

static void
test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } rows[] = {
        {"KP", 2},                          /* nothing but the magic */
        {"KP\x02", 3},                      /* no fourth byte */
        {"KP\x01\x00\x00\x00", 6},          /* one frame needs no packing */
        {"KP\x04\x00\0\0\0\0\0\0\0\0", 12}, /* four frames */
        {"KP\x02\x01\0\0\0\0", 8},          /* the fourth byte is not zero */
        {"KP\x02\x00\0\1\0\0", 8},          /* a frame that is not there */
        {"KP\x02\x00\0\0\0\0x", 9},         /* a byte too many */
        {"KP\x02\x00\xff\xff\xff\xff", 8},  /* sizes far beyond the end */
        {"KP\x03\x00\0\0\0\0", 8},          /* a size is missing */
    };
    kt_message_t message;
    kt_message_init(&message);
    for (size_t row = 0; row < KT_COUNT(rows); row++) {
        assert_status(kt_frames_unpack(kt_span(rows[row].bytes, rows[row].size), &message),
                      KT_INVALID_ARGUMENT, 2);
        assert_int_equal(message.count, 0);
    }
    kt_message_close(&message);
}

/* Whatever is accepted packs to the same bytes again. */
static void
test_random_bytes(void **state)
{
    (void)state;
    const char *given = getenv("KANTOR_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20261123;
    print_message("seed %llu\n", (unsigned long long)seed);
    kt_prng_t prng;
    kt_prng_seed(&prng, seed);
    kt_message_t message;
    kt_message_init(&message);
    unsigned accepted = 0;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[40] = {'K', 'P', (uint8_t)(2 + kt_prng_below(&prng, 2)), 0};
        size_t size = 8 + kt_prng_below(&prng, sizeof bytes - 8);
        for (size_t i = 4; i < size; i++)
            bytes[i] = (uint8_t)kt_prng_below(&prng, i % 2 == 0 && i < 10 ? 1 : 16);
        if (kt_failed(kt_frames_unpack(kt_span(bytes, size), &message)))
            continue;
        accepted++;
        kt_frame_t packed;
        kt_frame_init(&packed);
        assert_ok(kt_frames_pack(&message, &packed));
        assert_span_equal(kt_frame_span(&packed), kt_span(bytes, size));
        kt_frame_close(&packed);
    }
    assert_true(accepted > 100);
    kt_message_close(&message);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
