/* Frames: who owns what when they are made, moved, shared and closed. */
#include "testing.h"

#include <kt/frame.h>
#include <pthread.h>

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

/* What is closed is used again, whichever size it had; and the thread's end gives it back, which
 * the address sanitizer would miss. */
static void *
use_frames(void *context)
{
    static const size_t sizes[] = {41, 256, 257, 1024, 1025, 100000};
    (void)context;
    for (unsigned round = 0; round < 3; round++) {
        kt_frame_t frames[KT_COUNT(sizes)][20];
        for (size_t i = 0; i < KT_COUNT(sizes); i++)
            for (size_t j = 0; j < KT_COUNT(frames[i]); j++) {
                assert_ok(kt_frame_init_size(&frames[i][j], sizes[i]));
                memset(kt_frame_bytes(&frames[i][j]), (int)(i + j), sizes[i]);
            }
        for (size_t i = 0; i < KT_COUNT(sizes); i++)
            for (size_t j = 0; j < KT_COUNT(frames[i]); j++) {
                kt_span_t bytes = kt_frame_span(&frames[i][j]);
                assert_int_equal(bytes.data[0], i + j);
                assert_int_equal(bytes.data[sizes[i] - 1], i + j);
                kt_frame_close(&frames[i][j]);
            }
        if (round == 1)
            kt_frames_trim();
    }
    return NULL;
}

static void
test_kept(void **state)
{
    (void)state;
    pthread_t threads[2];
    for (size_t i = 0; i < KT_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_frames, NULL), 0);
    for (size_t i = 0; i < KT_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    (void)use_frames(NULL);
}

/* A frame that one thread made and another closes. */
static void *
close_it(void *context)
{
    kt_frame_close((kt_frame_t *)context);
    return NULL;
}

static void
test_handed_over(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        pthread_t thread;
        kt_frame_t a, b;
        kt_frame_init(&b);
        assert_ok(kt_frame_init_size(&a, 500));
        assert_ok(kt_frame_share(&b, &a));
        assert_int_equal(pthread_create(&thread, NULL, close_it, &a), 0);
        kt_frame_close(&b);
        pthread_join(thread, NULL);
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
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_handed_over),
        cmocka_unit_test(test_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
