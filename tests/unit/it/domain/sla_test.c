/* Clocks: histories of chance, and an oracle that steps through them minute by minute. */
#include "business.h"

#include "domain/sla.h"

#define LINES 12

typedef struct story {
    calendar_of_chance_t calendar;
    it_line_record_t lines[2 * LINES];
    uint32_t count;
    int64_t end_us;
} story_t;

/* A history that the table of transitions allows. */
static void
story_of_chance(kt_prng_t *prng, story_t *s)
{
    const kt_transition_t *rows = it_ticket_machine.rows;
    int64_t at = minute_of_chance(prng);
    calendar_of_chance(prng, at, &s->calendar);
    s->count = 0;
    uint32_t state = IT_TICKET_ABSENT;
    for (int tries = 0; s->count < LINES && tries < 400; tries++) {
        const kt_transition_t *row = &rows[kt_prng_below(prng, it_ticket_machine.rows_count)];
        bool answered = it_lines_answered(s->lines, s->count);
        if (row->state != state || (row->guard == IT_TICKET_UNANSWERED && answered) ||
            (row->guard == IT_TICKET_ANSWERED && !answered))
            continue;
        state = row->next;
        s->lines[s->count] = (it_line_record_t){
            .number = s->count + 1, .time_us = at, .command = row->command, .state = state};
        s->count++;
        at += chance(prng, 0, 2) * chance(prng, 0, 1440) * MINUTE_US;
    }
    s->end_us = at + chance(prng, 0, 1440) * MINUTE_US;
}

/* Whether the clock runs in the minute that begins at AT_US: read off the lines up to it. */
static bool
oracle_runs(const story_t *s, it_clock_sort_t kind, int64_t at_us)
{
    uint32_t state = IT_TICKET_ABSENT;
    bool answered = false;
    for (uint32_t i = 0; i < s->count && s->lines[i].time_us <= at_us; i++) {
        state = s->lines[i].state;
        answered = answered || s->lines[i].command == IT_TICKET_DO_RESPOND ||
                   s->lines[i].command == IT_TICKET_DO_RESOLVE;
    }
    if (kind == IT_CLOCK_RESPONSE && answered)
        return false;
    return state == IT_TICKET_NEW || state == IT_TICKET_IN_PROGRESS;
}

typedef struct oracle {
    int64_t minutes;
    int64_t due_us; /* when TARGET minutes were reached; 0: not */
} oracle_t;

static oracle_t
oracle_step(const story_t *s, it_clock_sort_t kind, uint32_t target, int64_t at_us)
{
    oracle_t o = {0};
    for (int64_t at = s->lines[0].time_us; at < at_us; at += MINUTE_US) {
        if (!oracle_runs(s, kind, at) || !oracle_counts(&s->calendar, at))
            continue;
        o.minutes++;
        if (o.minutes == target)
            o.due_us = at + MINUTE_US;
    }
    return o;
}

static it_clock_record_t
clock_at(const story_t *s, it_clock_sort_t kind, uint32_t target, int64_t at_us)
{
    return it_sla_clock(&s->calendar.business, kind, target, s->lines, s->count, at_us);
}

static void
clocks_are_those_of_stepping_minute_by_minute(void **state)
{
    (void)state;
    kt_prng_t prng;
    seed_print(&prng);
    static story_t s;
    for (int n = 0; n < 150; n++) {
        story_of_chance(&prng, &s);
        for (int kind = IT_CLOCK_RESPONSE; kind <= IT_CLOCK_RESOLUTION; kind++) {
            uint32_t target = (uint32_t)chance(&prng, 1, 1200);
            it_clock_record_t c = clock_at(&s, (it_clock_sort_t)kind, target, s.end_us);
            oracle_t o = oracle_step(&s, (it_clock_sort_t)kind, target, s.end_us);
            assert_int_equal(c.elapsed_us, o.minutes * MINUTE_US);
            assert_int_equal(c.breached, o.minutes > target);
            if (o.due_us != 0)
                assert_int_equal(c.due_us, o.due_us);
            else if (!c.running)
                assert_int_equal(c.due_us, 0);
            assert_int_equal(c.running, oracle_runs(&s, (it_clock_sort_t)kind, s.end_us));
            /* What happens at an instant has happened at it. */
            for (uint32_t i = 0; i < s.count; i++) {
                int64_t at = s.lines[i].time_us;
                c = clock_at(&s, (it_clock_sort_t)kind, target, at);
                assert_int_equal(c.running, oracle_runs(&s, (it_clock_sort_t)kind, at));
            }
        }
    }
}

static void
they_are_monotone_and_the_same_whenever_they_are_computed(void **state)
{
    (void)state;
    kt_prng_t prng;
    seed_print(&prng);
    static story_t s, early;
    for (int n = 0; n < 2000; n++) {
        story_of_chance(&prng, &s);
        it_clock_sort_t kind = (it_clock_sort_t)chance(&prng, IT_CLOCK_RESPONSE,
                                                       IT_CLOCK_RESOLUTION + 1);
        int64_t at = chance(&prng, s.lines[0].time_us, s.end_us + 1);
        int64_t later = chance(&prng, at, s.end_us + 1);
        it_clock_record_t now = clock_at(&s, kind, 300, at);
        it_clock_record_t then = clock_at(&s, kind, 300, later);
        assert_true(now.elapsed_us <= then.elapsed_us);
        assert_true(!now.breached || (then.breached && then.due_us == now.due_us));
        /* As it was computed when nothing later had happened yet. */
        early = s;
        for (early.count = 0; early.count < s.count && s.lines[early.count].time_us <= at;)
            early.count++;
        it_clock_record_t fresh = clock_at(&early, kind, 300, at);
        assert_memory_equal(&fresh, &now, sizeof now);
    }
}

static void
they_are_additive_over_any_split_of_the_history(void **state)
{
    (void)state;
    kt_prng_t prng;
    seed_print(&prng);
    static story_t s, split;
    for (int n = 0; n < 2000; n++) {
        story_of_chance(&prng, &s);
        split.calendar = s.calendar;
        split.count = 0;
        /* Comments change nothing: they only cut the stretches of time in two. */
        for (uint32_t i = 0; i < s.count; i++) {
            int64_t next = i + 1 < s.count ? s.lines[i + 1].time_us : s.end_us;
            split.lines[split.count++] = s.lines[i];
            split.lines[split.count] = s.lines[i];
            split.lines[split.count].command = IT_TICKET_DO_COMMENT;
            split.lines[split.count++].time_us = chance(&prng, s.lines[i].time_us, next + 1);
        }
        for (int kind = IT_CLOCK_RESPONSE; kind <= IT_CLOCK_RESOLUTION; kind++) {
            it_clock_record_t a = clock_at(&s, (it_clock_sort_t)kind, 240, s.end_us);
            it_clock_record_t b = clock_at(&split, (it_clock_sort_t)kind, 240, s.end_us);
            assert_memory_equal(&a, &b, sizeof a);
        }
    }
}

static void
without_a_target_a_clock_counts_and_is_never_due(void **state)
{
    (void)state;
    kt_prng_t prng;
    seed_print(&prng);
    static story_t s;
    story_of_chance(&prng, &s);
    it_clock_record_t c = clock_at(&s, IT_CLOCK_RESOLUTION, 0, s.end_us);
    assert_false(c.breached);
    assert_int_equal(c.due_us, 0);
}

/* Friday to Monday, in the hours of a person's week. */
static void
a_breach_is_noted_once_with_its_instant(void **state)
{
    (void)state;
    it_ticket_facts_t facts = {.ticket = {.ticket = kt_span_str("t1"), .state = IT_TICKET_NEW}};
    it_hours_record_t hours[5];
    for (uint32_t day = 0; day < 5; day++)
        hours[day] = (it_hours_record_t){day + 1, 540, 1020};
    it_calendar_record_t calendar = {.time_zone = kt_span_str("UTC0"),
                                     .hours = {.items = hours, .count = 5}};
    const char *field;
    assert_null(it_business_make(&calendar, &facts.measure.business, &field));
    facts.measure.measured = true;
    facts.measure.target = (it_goal_record_t){IT_URGENCY_HIGH, 60, 480};
    int64_t friday = INT64_C(1793980800000000); /* 2026-11-06T16:00Z */
    it_line_record_t line = {
        .number = 1, .time_us = friday, .command = IT_TICKET_DO_OPEN, .state = IT_TICKET_NEW};
    facts.lines = &line;
    facts.lines_count = 1;
    it_ticket_effects_t fx = {.ticket = facts.ticket};
    /* Saturday: an hour has passed and not a minute more. */
    int64_t saturday = friday + 20 * 60 * MINUTE_US;
    it_clock_record_t clocks[2];
    assert_int_equal(it_ticket_clocks(&facts, saturday, clocks), 2);
    assert_int_equal(clocks[0].due_us, friday + 60 * MINUTE_US);
    /* An hour on Friday, seven on Monday from nine. */
    assert_int_equal(clocks[1].due_us, friday + 3 * KT_US_PER_DAY);
    it_decide_breaches(&facts, saturday, &fx);
    assert_int_equal(fx.breaches_count, 0);

    int64_t monday = friday + (2 * 24 + 18) * 60 * MINUTE_US; /* 10:00 */
    it_decide_breaches(&facts, monday, &fx);
    assert_int_equal(fx.breaches_count, 1);
    assert_int_equal(fx.breaches[0].kind, IT_CLOCK_RESPONSE);
    assert_int_equal(fx.breaches[0].breached_us, friday + 60 * MINUTE_US);
    assert_int_equal(fx.ticket.response_breached_us, friday + 60 * MINUTE_US);

    it_decide_breaches(&facts, monday + KT_US_PER_DAY, &fx);
    assert_int_equal(fx.breaches_count, 1);
    assert_int_equal(fx.breaches[0].kind, IT_CLOCK_RESOLUTION);
    it_decide_breaches(&facts, monday + 2 * KT_US_PER_DAY, &fx);
    assert_int_equal(fx.breaches_count, 0);
}

static void
a_level_has_each_priority_once(void **state)
{
    (void)state;
    it_goal_record_t targets[] = {
        {IT_URGENCY_HIGH, 1, 2}, {IT_URGENCY_LOW, 3, 4}, {IT_URGENCY_HIGH, 5, 6}};
    it_level_record_t level = {.targets = {.items = targets, .count = 2}};
    assert_null(it_level_wrong(&level));
    assert_int_equal(it_level_goal(&level, IT_URGENCY_LOW)->response_minutes, 3);
    assert_null(it_level_goal(&level, IT_URGENCY_NORMAL));
    assert_int_equal(it_goal_minutes(NULL, IT_CLOCK_RESPONSE), 0);
    level.targets.count = 3;
    assert_non_null(it_level_wrong(&level));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_are_those_of_stepping_minute_by_minute),
        cmocka_unit_test(they_are_monotone_and_the_same_whenever_they_are_computed),
        cmocka_unit_test(they_are_additive_over_any_split_of_the_history),
        cmocka_unit_test(without_a_target_a_clock_counts_and_is_never_due),
        cmocka_unit_test(a_breach_is_noted_once_with_its_instant),
        cmocka_unit_test(a_level_has_each_priority_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
