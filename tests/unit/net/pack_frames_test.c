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
        kt_unpack_t unpack;
        make_message(&message, rows[row].sizes, rows[row].count);
        kt_message_init(&back);
        assert_int_equal(kt_packable(&message), rows[row].packable);
        if (rows[row].packable) {
            kt_pack_init(&pack);
            assert_true(kt_pack_add(&pack, &message));
            assert_true(kt_is_pack(span_of(&pack)));
            assert_ok(kt_pack_check(span_of(&pack)));
            kt_unpack_init(&unpack);
            assert_ok(kt_pack_next(span_of(&pack), &unpack, &back));
            assert_int_equal(unpack.at, pack.size);
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
    kt_unpack_t unpack;
    size_t added = 0;
    kt_unpack_init(&unpack);
    while (kt_pack_add(&pack, &messages[added % 3]))
        added++;
    assert_true(added >= 9);
    assert_true(pack.size <= KT_PACK_BYTES_MAX);
    assert_ok(kt_pack_check(span_of(&pack)));
    kt_message_init(&back);
    for (size_t i = 0; i < added; i++) {
        assert_true(unpack.at < pack.size);
        assert_ok(kt_pack_next(span_of(&pack), &unpack, &back));
        assert_same(&back, &messages[i % 3]);
    }
    assert_int_equal(unpack.at, pack.size);
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
        {"K1\x05\0\1\0\0x", 8},               /* another magic */
        {"KP", 2},                            /* no message at all */
        {"KP\x00", 3},                        /* a message without frames */
        {"KP\x01", 3},                        /* nothing of what its head shares */
        {"KP\x05\x00", 4},                    /* half a size */
        {"KP\x01\0", 4},                      /* half of what its head shares */
        {"KP\x21\0\0", 5},                    /* more than a shape says */
        {"KP\x09\0\0\0\0", 7},                /* the size of a frame that it has not */
        {"KP\x13\0\0\0", 6},                  /* half of the size of its third frame */
        {"KP\x0f\0\0\0\0\0\0\0\0\0\0", 13},   /* so many sizes that one is no size */
        {"KP\x0e\0\1\0\0\0\0", 9},            /* a frame that is not there */
        {"KP\x0e\0\0\0\0\0\0x", 10},          /* a byte too many: no message */
        {"KP\x0e\xff\xff\xff\xff\0\0", 9},    /* sizes far beyond the end */
        {"KP\x1f\0\0\0\0\0\0", 9},            /* what its head shares is missing */
        {"KP\x05\0\1\0\0x\x05\0\2\0\0x", 14}, /* the second does not fit */
        {"KP\x05\0\1\0\0x\x01\0\0", 11},      /* nor does one of the first's size */
        {"KP\x05\0\1\1\0", 7},                /* the first has nothing to share with */
        {"KP\x05\0\1\0\0x\x05\0\2\1\1", 13},  /* more than the one before has */
        {"KP\x05\0\2\0\0xy\x05\0\1\1\1", 14}, /* more than it has itself */
    };
    for (size_t row = 0; row < KT_COUNT(rows); row++)
        assert_status(kt_pack_check(kt_span(rows[row].bytes, rows[row].size)), KT_INVALID_ARGUMENT,
                      2);
    static uint8_t large[KT_PACK_BYTES_MAX + 5];
    memcpy(large, "KP\x05\x10\x01", 5); /* 4,097 bytes, nothing shared */
    assert_status(kt_pack_check(kt_span(large, 7 + 4097)), KT_INVALID_ARGUMENT, 2);
    memset(large, 0, sizeof large);
    memcpy(large, "KP", 2);
    size_t end = 2;
    for (; end <= KT_PACK_BYTES_MAX; end += 3)
        large[end] = 1; /* empty frames without end */
    assert_ok(kt_pack_check(kt_span(large, end - 3)));
    assert_status(kt_pack_check(kt_span(large, end)), KT_INVALID_ARGUMENT, 2);
}

static kt_prng_t
seeded(void)
{
    const char *given = getenv("KANTOR_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20261123;
    kt_prng_t prng;
    print_message("seed %llu\n", (unsigned long long)seed);
    kt_prng_seed(&prng, seed);
    return prng;
}

/* A head that is like the one in BYTES here and there, and a body. */
static void
make_like(kt_prng_t *prng, kt_message_t *message, uint8_t bytes[300])
{
    size_t size = 16 + kt_prng_below(prng, 2) * kt_prng_below(prng, 285); /* some too long */
    for (uint64_t changes = kt_prng_below(prng, 4); changes > 0; changes--)
        bytes[kt_prng_below(prng, kt_prng_below(prng, 2) ? 300 : 16)] = (uint8_t)kt_prng_next(prng);
    kt_message_init(message);
    assert_ok(kt_frame_init_copy(&message->frames[0], kt_span(bytes, size)));
    assert_ok(kt_frame_init_copy(&message->frames[1], kt_span(bytes, kt_prng_below(prng, 300))));
    message->count = 1 + (unsigned)kt_prng_below(prng, 2);
}

/* Heads that share much, little, all or nothing come back as they were; and what two heads share is
 * sent once. */
static void
test_like_heads(void **state)
{
    (void)state;
    kt_prng_t prng = seeded();
    uint8_t bytes[300] = {0};
    static kt_message_t messages[2048];
    static kt_pack_t pack;
    static kt_unpack_t unpack;
    kt_message_t back;
    size_t plain = 0, packed = 0;
    kt_message_init(&back);
    for (int round = 0; round < 200; round++) {
        size_t count = 0;
        kt_pack_init(&pack);
        for (;; count++) {
            assert_true(count < KT_COUNT(messages));
            make_like(&prng, &messages[count], bytes);
            if (!kt_pack_add(&pack, &messages[count]))
                break;
            plain += kt_message_size(&messages[count]);
        }
        packed += pack.size;
        assert_ok(kt_pack_check(span_of(&pack)));
        kt_unpack_init(&unpack);
        for (size_t i = 0; i < count; i++) {
            assert_ok(kt_pack_next(span_of(&pack), &unpack, &back));
            assert_same(&back, &messages[i]);
        }
        assert_int_equal(unpack.at, pack.size);
        for (size_t i = 0; i <= count; i++)
            kt_message_close(&messages[i]);
    }
    assert_true(packed < plain);
    kt_message_close(&back);
}

/* Whatever is accepted can be read to its end, and what was read is packed and read the same. */
static void
test_random_bytes(void **state)
{
    (void)state;
    kt_prng_t prng = seeded();
    static kt_unpack_t unpack, unpack_again;
    static kt_pack_t again;
    kt_message_t message, back;
    unsigned accepted = 0, shared = 0;
    kt_message_init(&message);
    kt_message_init(&back);
    for (int round = 0; round < 200000; round++) {
        uint8_t bytes[40] = {'K', 'P'};
        size_t size = 7 + kt_prng_below(&prng, sizeof bytes - 7);
        for (size_t i = 2; i < size; i++)
            bytes[i] = (uint8_t)kt_prng_below(&prng, kt_prng_below(&prng, 2) ? 1 : 6);
        kt_span_t frame = kt_span(bytes, size);
        if (kt_failed(kt_pack_check(frame)))
            continue;
        accepted++;
        kt_pack_init(&again);
        kt_unpack_init(&unpack);
        while (unpack.at < size) {
            assert_ok(kt_pack_next(frame, &unpack, &message));
            assert_true(kt_pack_add(&again, &message));
        }
        shared += again.size < size;
        kt_unpack_init(&unpack);
        kt_unpack_init(&unpack_again);
        while (unpack.at < size) {
            assert_ok(kt_pack_next(frame, &unpack, &message));
            assert_ok(kt_pack_next(span_of(&again), &unpack_again, &back));
            assert_same(&back, &message);
        }
        assert_int_equal(unpack_again.at, again.size);
    }
    assert_true(accepted > 100 && shared > 0);
    kt_message_close(&message);
    kt_message_close(&back);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_many),
        cmocka_unit_test(test_refusals),       cmocka_unit_test(test_like_heads),
        cmocka_unit_test(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
