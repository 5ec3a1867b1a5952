/* Frames: who owns what when they are made, moved, shared and closed. */
#include "testing.h"

#include <kt/frame.h>

static void
test_made(void **state)
{
    (void)state;
    kt_frame_t frame;
    kt_frame_init(&frame);
    assert_int_equal(kt_frame_span(&frame).size, 0);
    kt_frame_close(&frame);
    kt_frame_close(&frame); /* closing again is fine */
    assert_ok(kt_frame_init_copy(&frame, kt_span(NULL, 0)));
    assert_int_equal(kt_frame_span(&frame).size, 0);
    kt_frame_close(&frame);
    for (size_t size = 1; size < 100; size++) { /* short ones lie in the frame itself */
        assert_ok(kt_frame_init_size(&frame, size));
        memset(kt_frame_bytes(&frame), (int)size, size);
        assert_int_equal(kt_frame_span(&frame).size, size);
        assert_int_equal(kt_frame_span(&frame).data[size - 1], size);
        kt_frame_close(&frame);
    }
    assert_status(kt_frame_init_size(&frame, SIZE_MAX), KT_RESOURCE_EXHAUSTED, 0);
    assert_int_equal(kt_frame_span(&frame).size, 0); /* still a frame, and empty */
    kt_frame_close(&frame);
}

static void
count_release(void *data, void *context)
{
    assert_string_equal((char *)data, "borrowed");
    ++*(unsigned *)context;
}

static void
test_borrowed(void **state)
{
    (void)state;
    static char memory[] = "borrowed";
    unsigned released = 0;
    kt_frame_t frame, second;
    assert_ok(
        kt_frame_init_borrow(&frame, kt_span(memory, sizeof memory), count_release, &released));
    assert_ptr_equal(kt_frame_span(&frame).data, memory);
    kt_frame_init(&second);
    assert_ok(kt_frame_share(&second, &frame));
    kt_frame_close(&frame);
    assert_int_equal(released, 0); /* a second holder is left */
    assert_ptr_equal(kt_frame_span(&second).data, memory);
    kt_frame_close(&second);
    assert_int_equal(released, 1);
}

static void
test_shared_and_moved(void **state)
{
    (void)state;
    static const char *const texts[] = {"short", "long enough to lie outside of the frame itself"};
    for (size_t i = 0; i < KT_COUNT(texts); i++) {
        kt_frame_t a, b, c;
        kt_frame_init(&b);
        kt_frame_init(&c);
        assert_ok(kt_frame_init_copy(&a, kt_span_str(texts[i])));
        assert_ok(kt_frame_share(&b, &a));
        kt_frame_move(&c, &a);
        assert_int_equal(kt_frame_span(&a).size, 0);
        kt_frame_close(&a);
        assert_span_equal(kt_frame_span(&b), kt_span_str(texts[i]));
        assert_span_equal(kt_frame_span(&c), kt_span_str(texts[i]));
        kt_frame_move(&c, &b); /* what C had is closed */
        assert_span_equal(kt_frame_span(&c), kt_span_str(texts[i]));
        kt_frame_close(&b);
        kt_frame_close(&c);
    }
}

static void
test_messages(void **state)
{
    (void)state;
    kt_message_t a, b;
    kt_message_init(&a);
    kt_message_init(&b);
    for (unsigned i = 0; i < 3; i++)
        assert_ok(kt_frame_init_copy(&a.frames[i], kt_span_str("four")));
    a.count = 3;
    assert_int_equal(kt_message_size(&a), 12);
    kt_message_move(&b, &a);
    assert_int_equal(a.count, 0);
    assert_int_equal(kt_message_size(&a), 0);
    assert_int_equal(b.count, 3);
    assert_span_equal(kt_frame_span(&b.frames[2]), kt_span_str("four"));
    kt_message_close(&b);
    assert_int_equal(b.count, 0);
    kt_message_close(&a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_borrowed),
        cmocka_unit_test(test_shared_and_moved),
        cmocka_unit_test(test_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
