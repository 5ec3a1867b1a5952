/* The head codec: every kind there and back, every refusal once, and a walk over random bytes. */
#include "testing.h"

#include <kt/prng.h>
#include <kt/wire.h>

static uint8_t buffer[KT_HEAD_BYTES_MAX + 1];

/* A head of KIND with EXTRA_SIZE bytes behind it, in `buffer`. */
static kt_span_t
head_of(uint8_t kind, uint8_t flags, size_t extra_size)
{
    kt_head_t head = {.kind = kind, .flags = flags, .arg = 7, .call_id = 9};
    memset(buffer, 'x', sizeof buffer);
    kt_head_encode(&head, buffer);
    return kt_span(buffer, KT_HEAD_BYTES + extra_size);
}

static void
test_bytes(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0x4B, 0x31, 1,    0x03, 0x01, 0x02, 0x03, 0x04,
                                       0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
                                       '/',  'a',  '.',  'B',  '/',  'C'};
    kt_head_t head = {.kind = KT_CALL,
                      .flags = KT_FLAG_LAST | KT_FLAG_AGAIN,
                      .arg = 0x01020304,
                      .call_id = UINT64_C(0x1112131415161718),
                      .extra = kt_span_str("/a.B/C")};
    size_t size = kt_head_encode_all(&head, buffer);
    assert_int_equal(size, sizeof expected);
    assert_memory_equal(buffer, expected, sizeof expected);
}

static void
test_every_kind(void **state)
{
    (void)state;
    static const struct {
        uint8_t kind, flags;
        unsigned frames;
        size_t extra;
    } rows[] = {
        {KT_CALL, KT_FLAG_LAST, 3, 20},
        {KT_CALL, 0, 3, 0}, /* no path: malformed, but answered and not dropped */
        {KT_CALL, KT_FLAG_AGAIN, 3, KT_PATH_BYTES_MAX + 1 + KT_CALLER_BYTES_MAX},
        {KT_MESSAGE, 0, 2, 0},
        {KT_MESSAGE, KT_FLAG_LAST, 2, 0},
        {KT_MESSAGE, KT_FLAG_LAST, 1, 0},
        {KT_END, KT_FLAG_LAST, 3, 0},
        {KT_END, 0, 3, KT_TIMELINE_BYTES},
        {KT_CANCEL, 0, 1, 0},
        {KT_WINDOW, 0, 1, 0},
        {KT_PING, 0, 1, 0},
        {KT_PONG, 0xF0, 1, 0}, /* unknown flags are ignored */
        {KT_REGISTER, 0, 2, 0},
        {KT_DRAIN, 0, 1, 0},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_span_t frame = head_of(rows[i].kind, rows[i].flags, rows[i].extra);
        kt_head_t head;
        assert_ok(kt_head_decode(frame, rows[i].frames, &head));
        assert_int_equal(head.kind, rows[i].kind);
        assert_int_equal(head.flags, rows[i].flags);
        assert_int_equal(head.arg, 7);
        assert_int_equal(head.call_id, 9);
        assert_int_equal(head.extra.size, rows[i].extra);
        uint8_t again[KT_HEAD_BYTES_MAX];
        assert_span_equal(kt_span(again, kt_head_encode_all(&head, again)), frame);
    }
}

static void
test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint8_t kind, flags;
        unsigned frames;
        size_t extra;
    } rows[] = {
        {"kind 0", 0, 0, 1, 0},
        {"kind 10", 10, 0, 1, 0},
        {"kind 255", 255, 0, 1, 0},
        {"CALL of two frames", KT_CALL, 0, 2, 6},
        {"CALL with a path and caller too long", KT_CALL, 0, 3,
         KT_PATH_BYTES_MAX + 1 + KT_CALLER_BYTES_MAX + 1},
        {"MESSAGE of three frames", KT_MESSAGE, 0, 3, 0},
        {"MESSAGE without a body that is not the last", KT_MESSAGE, 0, 1, 0},
        {"MESSAGE with an extra", KT_MESSAGE, 0, 2, 1},
        {"END of one frame", KT_END, 0, 1, 0},
        {"END with half a timeline", KT_END, 0, 3, 8},
        {"END with more than a timeline", KT_END, 0, 3, 17},
        {"CANCEL of two frames", KT_CANCEL, 0, 2, 0},
        {"CANCEL with an extra", KT_CANCEL, 0, 1, 1},
        {"WINDOW of two frames", KT_WINDOW, 0, 2, 0},
        {"WINDOW with an extra", KT_WINDOW, 0, 1, 4},
        {"PING of three frames", KT_PING, 0, 3, 0},
        {"PING with an extra", KT_PING, 0, 1, 1},
        {"PONG of no frames", KT_PONG, 0, 0, 0},
        {"PONG with an extra", KT_PONG, 0, 1, 1},
        {"REGISTER of one frame", KT_REGISTER, 0, 1, 0},
        {"REGISTER with an extra", KT_REGISTER, 0, 2, 1},
        {"DRAIN of two frames", KT_DRAIN, 0, 2, 0},
        {"DRAIN with an extra", KT_DRAIN, 0, 1, 1},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_span_t frame = head_of(rows[i].kind, rows[i].flags, rows[i].extra);
        kt_head_t head;
        kt_status_t status = kt_head_decode(frame, rows[i].frames, &head);
        if (status.code != KT_INVALID_ARGUMENT || status.reason != KT_MALFORMED_FRAME)
            fail_msg("%s: %s", rows[i].what, kt_code_name(status.code));
    }
    kt_span_t frame = head_of(KT_PING, 0, 0);
    kt_head_t head;
    assert_status(kt_head_decode(kt_span(NULL, 0), 1, &head), KT_INVALID_ARGUMENT,
                  KT_MALFORMED_FRAME);
    assert_status(kt_head_decode(kt_span(frame.data, 15), 1, &head), KT_INVALID_ARGUMENT,
                  KT_MALFORMED_FRAME);
    buffer[0] = 'k';
    assert_status(kt_head_decode(frame, 1, &head), KT_INVALID_ARGUMENT, KT_MALFORMED_FRAME);
    buffer[0] = 'K';
    buffer[1] = '2';
    assert_status(kt_head_decode(frame, 1, &head), KT_INVALID_ARGUMENT, KT_MALFORMED_FRAME);
}

static void
test_timeline(void **state)
{
    (void)state;
    kt_timeline_t timeline = {
        .queued_us = 1, .waited_us = 0x100, .ran_us = 0x10000, .committed_us = UINT32_MAX};
    uint8_t bytes[KT_TIMELINE_BYTES];
    kt_timeline_encode(&timeline, bytes);
    static const uint8_t expected[] = {0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};
    assert_memory_equal(bytes, expected, sizeof expected);
    kt_timeline_t back = kt_timeline_decode(kt_span(bytes, sizeof bytes));
    assert_memory_equal(&back, &timeline, sizeof back);
    kt_timeline_t none = kt_timeline_decode(kt_span(NULL, 0));
    assert_int_equal(none.queued_us | none.waited_us | none.ran_us | none.committed_us, 0);
}

static void
test_call_extra(void **state)
{
    (void)state;
    kt_span_t path, caller;
    assert_true(kt_call_extra_split(kt_span("/a.B/C\0xyz", 10), &path, &caller));
    assert_span_equal(path, kt_span_str("/a.B/C"));
    assert_span_equal(caller, kt_span_str("xyz"));
    assert_true(kt_call_extra_split(kt_span("\0", 1), &path, &caller));
    assert_int_equal(path.size + caller.size, 0);
    assert_false(kt_call_extra_split(kt_span_str("/a.B/C"), &path, &caller));
    assert_false(kt_call_extra_split(kt_span(NULL, 0), &path, &caller));
}

static void
test_paths(void **state)
{
    (void)state;
    static const char *const good[] = {
        "/kantor.finance.v1.Ledger/PostEntry", "finance/kantor.store.v1.Store/Stats", "/S/m",
        "abcdefghijklmnopqrstuvwxyz-01234/S/m" /* 32 characters of department */};
    static const char *const bad[] = {
        "",       "/",           "//",       "a",
        "a/b",    "/a/",         "//b",      "x//b",
        "/a/b/",  "/a/b/c",      "/a b/c",   "/a/b ",
        "/a\t/b", "/\xC3\xA4/b", "/a/b\x7F", "abcdefghijklmnopqrstuvwxyz-012345/S/m"};
    for (size_t i = 0; i < KT_COUNT(good); i++)
        if (!kt_path_valid(kt_span_str(good[i])))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < KT_COUNT(bad); i++)
        if (kt_path_valid(kt_span_str(bad[i])))
            fail_msg("taken: %s", bad[i]);
    assert_false(kt_path_valid(kt_span("/a/b\0", 5)));
    char longest[KT_PATH_BYTES_MAX + 1];
    memset(longest, 'm', sizeof longest);
    longest[0] = longest[2] = '/';
    assert_true(kt_path_valid(kt_span(longest, KT_PATH_BYTES_MAX)));
    assert_false(kt_path_valid(kt_span(longest, KT_PATH_BYTES_MAX + 1)));
}

/* What decodes, encodes to the same bytes; nothing else is promised of random input. */
static void
test_random_bytes(void **state)
{
    (void)state;
    kt_prng_t prng;
    uint64_t seed = 20261123;
    kt_prng_seed(&prng, seed);
    unsigned taken = 0;
    for (unsigned round = 0; round < 100000; round++) {
        size_t size = kt_prng_below(&prng, 48);
        for (size_t i = 0; i < size; i++)
            buffer[i] = (uint8_t)kt_prng_below(&prng, 12);
        buffer[0] = 'K';
        buffer[1] = '1';
        kt_head_t head;
        if (kt_failed(
                kt_head_decode(kt_span(buffer, size), (unsigned)kt_prng_below(&prng, 5), &head)))
            continue;
        taken++;
        uint8_t again[KT_HEAD_BYTES_MAX];
        if (!kt_span_equal(kt_span(again, kt_head_encode_all(&head, again)), kt_span(buffer, size)))
            fail_msg("seed %llu round %u", (unsigned long long)seed, round);
    }
    assert_true(taken > 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_refusals),     cmocka_unit_test(test_timeline),
        cmocka_unit_test(test_call_extra),   cmocka_unit_test(test_paths),
        cmocka_unit_test(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
