#include "testing.h"

#include <kt/gather.h>
#include <pthread.h>
#include <time.h>

#define LOOK KT_GATHER_LOOK_US

static void
what_is_wanted(void **state)
{
    (void)state;
    static const struct {
        bool together;
        int64_t ran, waited; /* in percent */
        bool wanted;
    } rows[] = {
        {false, 0, 0, true},
        {false, KT_GATHER_RAN_LOW, KT_GATHER_WAITED_LOW, true},
        {false, KT_GATHER_RAN_LOW + 1, 0, false},
        {false, 0, KT_GATHER_WAITED_LOW + 1, false},
        {true, KT_GATHER_RAN_HIGH, KT_GATHER_WAITED_HIGH, true},
        {true, KT_GATHER_RAN_HIGH + 1, 0, false},
        {true, 0, KT_GATHER_WAITED_HIGH + 1, false},
        {false, 800, 0, false},
    };

    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_gather_look_t look = {.passed_us = LOOK,
                                 .ran_us = LOOK * rows[i].ran / 100,
                                 .waited_us = LOOK * rows[i].waited / 100};
        assert_int_equal(kt_gather_wanted(rows[i].together, &look), rows[i].wanted);
    }
}

static void
how_configurations_say_it(void **state)
{
    (void)state;
    bool gather = false;

    assert_true(kt_gather_parse("gather", &gather));
    assert_true(gather);
    assert_true(kt_gather_parse("free", &gather));
    assert_false(gather);
    assert_false(kt_gather_parse("yes", &gather));
    assert_false(kt_gather_parse("", &gather));
}

/* ---- with this process, on a clock of the test's ---- */

typedef struct world {
    kt_gather_t gather;
    int64_t now_us;
    cpu_set_t before;
    pthread_t other; /* a thread that only waits */
    pthread_mutex_t gate;
} world_t;

static void *
wait_at(void *gate)
{
    pthread_mutex_lock((pthread_mutex_t *)gate);
    pthread_mutex_unlock((pthread_mutex_t *)gate);
    return NULL;
}

static int
set_up(void **state)
{
    static world_t world;

    world = (world_t){.now_us = 1000000};
    assert_int_equal(sched_getaffinity(0, sizeof(world.before), &world.before), 0);
    assert_int_equal(pthread_mutex_init(&world.gate, NULL), 0);
    pthread_mutex_lock(&world.gate);
    assert_int_equal(pthread_create(&world.other, NULL, wait_at, &world.gate), 0);
    *state = &world;
    return 0;
}

static int
tear_down(void **state)
{
    world_t *world = (world_t *)*state;

    pthread_mutex_unlock(&world->gate);
    assert_int_equal(pthread_join(world->other, NULL), 0);
    pthread_mutex_destroy(&world->gate);
    return sched_setaffinity(0, sizeof(world->before), &world->before);
}

static void
look_after(world_t *world, int64_t passed_us)
{
    world->now_us += passed_us;
    kt_gather_tick(&world->gather, world->now_us);
}

static int64_t
processor_us(void)
{
    struct timespec time;

    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time), 0);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void
run_for(int64_t run_us)
{
    int64_t until_us = processor_us() + run_us;

    while (processor_us() < until_us)
        ;
}

/* Both threads may run where WHERE says. */
static bool
both_are_at(const world_t *world, const cpu_set_t *where)
{
    cpu_set_t own, other;

    assert_int_equal(sched_getaffinity(0, sizeof(own), &own), 0);
    assert_int_equal(pthread_getaffinity_np(world->other, sizeof(other), &other), 0);
    return CPU_EQUAL(&own, where) && CPU_EQUAL(&other, where);
}

static bool
is_together(const world_t *world)
{
    bool one = world->gather.together && CPU_COUNT(&world->gather.one) == 1 &&
               both_are_at(world, &world->gather.one);

    assert_true(one || both_are_at(world, &world->before));
    return one;
}

/* An hour passes, in which next to nothing ran. */
#define QUIET_US INT64_C(3600000000)

static bool
has_one_processor(const world_t *world)
{
    return CPU_COUNT(&world->before) < 2;
}

static void
threads_gather_when_little_runs_and_part_when_much_does(void **state)
{
    world_t *world = (world_t *)*state;

    look_after(world, LOOK);
    assert_false(is_together(world)); /* there was no look before */
    look_after(world, QUIET_US);
    assert_int_equal(is_together(world), !has_one_processor(world));

    run_for(LOOK);
    look_after(world, LOOK);
    assert_false(is_together(world));
    look_after(world, KT_GATHER_APART_US - 1);
    assert_false(is_together(world)); /* it is not looked again so soon */
    look_after(world, QUIET_US);
    assert_int_equal(is_together(world), !has_one_processor(world));
}

static void
looks_have_their_distance(void **state)
{
    world_t *world = (world_t *)*state;

    look_after(world, LOOK);
    look_after(world, LOOK - 1);
    assert_int_equal(world->gather.looked_us, world->now_us - LOOK + 1);
    look_after(world, 1);
    assert_int_equal(world->gather.looked_us, world->now_us);
}

static void
who_is_placed_meanwhile_is_where_that_put_him(void **state)
{
    world_t *world = (world_t *)*state;

    if (has_one_processor(world))
        skip();
    look_after(world, LOOK);
    look_after(world, QUIET_US);
    assert_true(is_together(world));
    /* As taskset -a does, which then wants both processors or more. */
    assert_int_equal(sched_setaffinity(0, sizeof(world->before), &world->before), 0);
    assert_int_equal(pthread_setaffinity_np(world->other, sizeof(world->before), &world->before),
                     0);
    run_for(LOOK);
    look_after(world, LOOK);
    assert_false(world->gather.together);
    assert_false(is_together(world));
}

static void
who_has_another_policy_is_let_be(void **state)
{
    world_t *world = (world_t *)*state;
    const struct sched_param none = {0};

    look_after(world, LOOK);
    assert_int_equal(sched_setscheduler(0, SCHED_BATCH, &none), 0);
    look_after(world, QUIET_US);
    assert_false(is_together(world));
    assert_int_equal(sched_setscheduler(0, SCHED_OTHER, &none), 0);
    look_after(world, QUIET_US);
    assert_int_equal(is_together(world), !has_one_processor(world));

    /* On the same processor on purpose, it stays there, much as it needs. */
    assert_int_equal(sched_setscheduler(0, SCHED_BATCH, &none), 0);
    run_for(LOOK);
    look_after(world, LOOK);
    assert_false(world->gather.together);
    assert_true(has_one_processor(world) || both_are_at(world, &world->gather.one));
    assert_int_equal(sched_setscheduler(0, SCHED_OTHER, &none), 0);
    assert_int_equal(pthread_setaffinity_np(world->other, sizeof(world->before), &world->before),
                     0);
}

static void
nothing_is_done_where_it_is_not_wished(void **state)
{
    world_t *world = (world_t *)*state;

    world->gather.never = true;
    look_after(world, LOOK);
    look_after(world, QUIET_US);
    assert_false(is_together(world));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wanted),
        cmocka_unit_test(how_configurations_say_it),
        cmocka_unit_test_setup_teardown(threads_gather_when_little_runs_and_part_when_much_does,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(looks_have_their_distance, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_placed_meanwhile_is_where_that_put_him, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_has_another_policy_is_let_be, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_done_where_it_is_not_wished, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
