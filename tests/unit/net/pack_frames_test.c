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
assert_same(const kt_message_t *a, const kt_message_t *b)
{
    assert_int_equal(a->count, b->count);
    for (unsigned i = 0; i < a->count; i++)
        assert_span_equal(kt_frame_span(&a->frames[i]), kt_frame_span(&b->frames[i]));
}

static kt_span_t
span_of(const kt_pack_t *pack)
{
    return kt_span(pack->bytes, pack->size);
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
        {1, {16}, true},           {2, {0, 0}, true},        {2, {16, 100}, true},
        {3, {16, 0, 0}, true},     {3, {52, 60, 200}, true}, {3, {16, 0, 4080}, true},
        {3, {16, 0, 4081}, false}, {2, {16, 100000}, false},
    };
    for (size_t row = 0; row < KT_COUNT(rows); row++) {
        kt_message_t message, back;
        kt_pack_t pack;
        size_t at = 0;
        make_message(&message, rows[row].sizes, rows[row].count);
        kt_message_init(&back);
        assert_int_equal(kt_packable(&message), rows[row].packable);
        if (rows[row].packable) {
            kt_pack_init(&pack);
            assert_true(kt_pack_add(&pack, &message));
            assert_true(kt_is_pack(span_of(&pack)));
            assert_ok(kt_pack_check(span_of(&pack)));
            assert_ok(kt_pack_next(span_of(&pack), &at, &back));
            assert_int_equal(at, pack.size);
            assert_same(&back, &message);
        }
        kt_message_close(&message);
        kt_message_close(&back);
    }
}

/* A pack takes messages until one does not fit, and gives them back in order. */
static void
test_many(void **state)
{
    (void)state;
    kt_message_t messages[3], back;
    make_message(&messages[0], (size_t[]){16}, 1);
    make_message(&messages[1], (size_t[]){50, 60, 120}, 3);
    make_message(&messages[2], (size_t[]){16, 4000}, 2);
    kt_pack_t pack;
    kt_pack_init(&pack);
    size_t added = 0, at = 0;
    while (kt_pack_add(&pack, &messages[added % 3]))
        added++;
    assert_true(added >= 9);
    assert_true(pack.size <= KT_PACK_BYTES_MAX);
    assert_ok(kt_pack_check(span_of(&pack)));
    kt_message_init(&back);
    for (size_t i = 0; i < added; i++) {
        assert_true(at < pack.size);
        assert_ok(kt_pack_next(span_of(&pack), &at, &back));
        assert_same(&back, &messages[i % 3]);
    }
    assert_int_equal(at, pack.size);
    kt_message_close(&back);
    for (size_t i = 0; i < KT_COUNT(messages); i++)
        kt_message_close(&messages[i]);
}

static void
test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } rows[] = {
        {"", 0},
        {"K", 1},
        {"K1\x01\0\1x", 6},             /* another magic */
        {"KP", 2},                      /* no message at all */
        {"KP\x00", 3},                  /* a message without frames */
        {"KP\x01", 3},                  /* no size */
        {"KP\x01\x00", 4},              /* half a size */
        {"KP\x04\0\0\0\0\0\0\0\0", 11}, /* four frames */
        {"KP\x02\0\1\0\0", 7},          /* a frame that is not there */
        {"KP\x02\0\0\0\0x", 8},         /* a byte too many: no message */
        {"KP\x02\xff\xff\xff\xff", 7},  /* sizes far beyond the end */
        {"KP\x03\0\0\0\0", 7},          /* a size is missing */
        {"KP\x01\0\1x\x01\0\2x", 10},   /* the second does not fit */
    };
    for (size_t row = 0; row < KT_COUNT(rows); row++)
        assert_status(kt_pack_check(kt_span(rows[row].bytes, rows[row].size)), KT_INVALID_ARGUMENT,
                      2);
    static uint8_t large[KT_PACK_BYTES_MAX + 1];
    memcpy(large, "KP\x01\x10\x01", 5); /* 4,097 bytes */
    assert_status(kt_pack_check(kt_span(large, 5 + 4097)), KT_INVALID_ARGUMENT, 2);
    memset(large, 0, sizeof large);
    memcpy(large, "KP", 2);
    for (size_t at = 2; at + 3 <= sizeof large; at += 3)
        large[at] = 1; /* empty frames without end */
    assert_int_equal((sizeof large - 2) % 3, 0);
    assert_status(kt_pack_check(kt_span(large, sizeof large)), KT_INVALID_ARGUMENT, 2);
    assert_ok(kt_pack_check(kt_span(large, sizeof large - 3)));
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
    for (int round = 0; round < 40000; round++) {
        uint8_t bytes[40] = {'K', 'P', (uint8_t)(1 + kt_prng_below(&prng, 3))};
        size_t size = 5 + kt_prng_below(&prng, sizeof bytes - 5), at = 0;
        for (size_t i = 3; i < size; i++)
            bytes[i] = (uint8_t)kt_prng_below(&prng, i % 2 == 1 && i < 9 ? 1 : 16);
        kt_span_t frame = kt_span(bytes, size);
        if (kt_failed(kt_pack_check(frame)))
            continue;
        accepted++;
        kt_pack_t again;
        kt_pack_init(&again);
        while (at < size) {
            assert_ok(kt_pack_next(frame, &at, &message));
            assert_true(kt_pack_add(&again, &message));
        }
        assert_span_equal(span_of(&again), frame);
    }
    assert_true(accepted > 100);
    kt_message_close(&message);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
