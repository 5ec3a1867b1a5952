/* Rings and doors: nothing is lost, nothing is taken twice, nobody sleeps through. */
#include "testing.h"

#include "ring.h"

#include <pthread.h>

#define CONSUMERS 3
#define ITEMS     20000
#define INSIDE    64 /* as many as the ring holds */

static void
keeps_order(void **state)
{
    kt_ring_t ring;
    int items[40];

    (void)state;
    assert_ok(kt_ring_init(&ring, KT_COUNT(items)));
    assert_true(kt_ring_empty(&ring));
    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < KT_COUNT(items); i++)
            kt_ring_push(&ring, &items[i]);
        assert_false(kt_ring_empty(&ring));
        for (size_t i = 0; i < KT_COUNT(items); i++)
            assert_ptr_equal(kt_ring_pop(&ring), &items[i]);
        assert_null(kt_ring_pop(&ring));
    }
    kt_ring_fini(&ring);
}

static void
knock_wakes_only_a_sleeper(void **state)
{
    kt_door_t door;

    (void)state;
    assert_ok(kt_door_init(&door));
    assert_false(kt_door_knock(&door));
    kt_door_enter(&door);
    assert_true(kt_door_knock(&door));
    assert_false(kt_door_knock(&door));
    assert_true(kt_door_wait(&door, -1)); /* returns at once: it was rung */
    assert_false(kt_door_wait(&door, 0)); /* and is silent now */
    kt_door_leave(&door);
    assert_false(kt_door_knock(&door));
    kt_door_fini(&door);
}

/* ---- many threads ---- */

typedef struct crowd crowd_t;

typedef struct consumer {
    crowd_t *crowd;
    kt_door_t door;
    kt_ring_t done;
    pthread_t thread;
} consumer_t;

struct crowd {
    kt_ring_t work;
    kt_door_t home; /* of the producer */
    consumer_t consumers[CONSUMERS];
    unsigned taken[ITEMS];
    atomic_bool stop;
};

static void *
consume(void *context)
{
    consumer_t *self = (consumer_t *)context;
    crowd_t *crowd = self->crowd;

    for (;;) {
        unsigned *item = (unsigned *)kt_ring_pop(&crowd->work);
        if (item) {
            ++*item;
            kt_ring_push(&self->done, item);
            (void)kt_door_knock(&crowd->home);
            continue;
        }
        kt_door_enter(&self->door);
        if (atomic_load(&crowd->stop))
            return NULL;
        if (kt_ring_empty(&crowd->work))
            (void)kt_door_wait(&self->door, -1);
        kt_door_leave(&self->door);
    }
}

static unsigned
take_back(crowd_t *crowd)
{
    unsigned back = 0;

    for (size_t i = 0; i < CONSUMERS; i++)
        while (kt_ring_pop(&crowd->consumers[i].done))
            back++;
    return back;
}

static void
knock_all(crowd_t *crowd)
{
    for (size_t i = 0; i < CONSUMERS; i++)
        (void)kt_door_knock(&crowd->consumers[i].door);
}

static void
pass_everything(crowd_t *crowd)
{
    unsigned given = 0, back = 0;

    while (back < ITEMS) {
        unsigned got;
        while (given < ITEMS && given - back < INSIDE)
            kt_ring_push(&crowd->work, &crowd->taken[given++]);
        knock_all(crowd);
        got = take_back(crowd);
        back += got;
        if (got > 0)
            continue;
        kt_door_enter(&crowd->home);
        got = take_back(crowd);
        back += got;
        if (got == 0)
            (void)kt_door_wait(&crowd->home, -1);
        kt_door_leave(&crowd->home);
    }
}

static void
nothing_is_lost_between_threads(void **state)
{
    static crowd_t crowd;

    (void)state;
    assert_ok(kt_ring_init(&crowd.work, INSIDE));
    assert_ok(kt_door_init(&crowd.home));
    for (size_t i = 0; i < CONSUMERS; i++) {
        consumer_t *consumer = &crowd.consumers[i];
        consumer->crowd = &crowd;
        assert_ok(kt_ring_init(&consumer->done, INSIDE));
        assert_ok(kt_door_init(&consumer->door));
        assert_int_equal(pthread_create(&consumer->thread, NULL, consume, consumer), 0);
    }
    pass_everything(&crowd);
    atomic_store(&crowd.stop, true);
    knock_all(&crowd);
    for (size_t i = 0; i < CONSUMERS; i++) {
        assert_int_equal(pthread_join(crowd.consumers[i].thread, NULL), 0);
        kt_ring_fini(&crowd.consumers[i].done);
        kt_door_fini(&crowd.consumers[i].door);
    }
    for (size_t i = 0; i < ITEMS; i++)
        assert_int_equal(crowd.taken[i], 1);
    kt_ring_fini(&crowd.work);
    kt_door_fini(&crowd.home);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_order),
        cmocka_unit_test(knock_wakes_only_a_sleeper),
        cmocka_unit_test(nothing_is_lost_between_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
