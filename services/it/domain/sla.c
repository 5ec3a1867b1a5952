#include "domain/sla.h"

#include <kt/time.h>

#define MINUTE_US (60 * KT_US_PER_S)

static const kt_field_t TARGET[] = {
    KT_F_ENUM(it_goal_record_t, priority, IT_URGENCY_LOW, KT_REQUIRED),
    KT_F_U32(it_goal_record_t, response_minutes, 0, IT_TARGET_MINUTES_MAX, 0),
    KT_F_U32(it_goal_record_t, resolve_minutes, 0, IT_TARGET_MINUTES_MAX, 0),
};
static const kt_layout_t TARGET_LAYOUT = KT_LAYOUT("target", it_goal_record_t, TARGET);

static const kt_field_t LEVEL[] = {
    KT_F_NAME(it_level_record_t, level, IT_NAME_BYTES_MAX, KT_REQUIRED | KT_KEYED),
    KT_F_U32(it_level_record_t, version, 0, UINT32_MAX, KT_KEYED | KT_OUTPUT),
    KT_F_NAME(it_level_record_t, calendar, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_LIST(it_level_record_t, targets, &TARGET_LAYOUT, IT_URGENCIES_COUNT - 1, 0),
    KT_F_TIME(it_level_record_t, set_us, KT_OUTPUT),
    KT_F_TEXT(it_level_record_t, set_by, IT_WHO_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t it_level_layout = KT_LAYOUT("service level", it_level_record_t, LEVEL);

static const kt_field_t CLOCK[] = {
    KT_F_ENUM(it_clock_record_t, kind, IT_CLOCK_RESOLUTION, KT_OUTPUT),
    KT_F_U32(it_clock_record_t, target_minutes, 0, IT_TARGET_MINUTES_MAX, KT_OUTPUT),
    KT_F_TIME(it_clock_record_t, elapsed_us, KT_OUTPUT),
    KT_F_BOOL(it_clock_record_t, running, KT_OUTPUT),
    KT_F_BOOL(it_clock_record_t, stopped, KT_OUTPUT),
    KT_F_TIME(it_clock_record_t, due_us, KT_OUTPUT),
    KT_F_BOOL(it_clock_record_t, breached, KT_OUTPUT),
};
const kt_layout_t it_clock_layout = KT_LAYOUT("clock", it_clock_record_t, CLOCK);

static const kt_field_t BREACH[] = {
    KT_F_NAME(it_breach_record_t, ticket, IT_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_ENUM(it_breach_record_t, kind, IT_CLOCK_RESOLUTION, KT_OUTPUT),
    KT_F_TIME(it_breach_record_t, breached_us, KT_OUTPUT),
};
const kt_layout_t it_breach_layout = KT_LAYOUT("breach", it_breach_record_t, BREACH);

const char *
it_level_wrong(const it_level_record_t *level)
{
    const it_goal_record_t *targets = (const it_goal_record_t *)level->targets.items;
    bool seen[IT_URGENCIES_COUNT] = {false};
    for (uint32_t i = 0; i < level->targets.count; i++) {
        if (seen[targets[i].priority])
            return "has a priority twice";
        seen[targets[i].priority] = true;
    }
    return NULL;
}

const it_goal_record_t *
it_level_goal(const it_level_record_t *level, uint32_t priority)
{
    const it_goal_record_t *targets = (const it_goal_record_t *)level->targets.items;
    for (uint32_t i = 0; i < level->targets.count; i++)
        if (targets[i].priority == priority)
            return &targets[i];
    return NULL;
}

uint32_t
it_goal_minutes(const it_goal_record_t *target, it_clock_sort_t kind)
{
    if (!target)
        return 0;
    return kind == IT_CLOCK_RESPONSE ? target->response_minutes : target->resolve_minutes;
}

/* A clock being wound over a history. */
typedef struct winding {
    const it_business_t *business;
    int64_t target_us; /* 0: none */
    it_clock_record_t clock;
} winding_t;

static void
wind(winding_t *w, int64_t from_us, int64_t to_us)
{
    it_clock_record_t *clock = &w->clock;
    int64_t more = it_business_between(w->business, from_us, to_us);
    int64_t left = w->target_us - clock->elapsed_us;
    /* The target is used up here: that instant stays, whatever comes. */
    if (w->target_us > 0 && left > 0 && more >= left)
        (void)it_business_reach(w->business, from_us, to_us, left, &clock->due_us);
    clock->elapsed_us += more;
    clock->breached = w->target_us > 0 && clock->elapsed_us > w->target_us;
}

static bool
runs(it_clock_sort_t kind, uint32_t state, bool answered)
{
    bool at_work = state == IT_TICKET_NEW || state == IT_TICKET_IN_PROGRESS;
    return at_work && !(kind == IT_CLOCK_RESPONSE && answered);
}

it_clock_record_t
it_sla_clock(const it_business_t *business, it_clock_sort_t kind, uint32_t target_minutes,
             const it_line_record_t *lines, uint32_t count, int64_t at_us)
{
    winding_t w = {
        .business = business,
        .target_us = target_minutes * MINUTE_US,
        .clock = {.kind = kind, .target_minutes = target_minutes},
    };
    bool answered = false, running = false;
    int64_t since_us = 0;
    uint32_t state = IT_TICKET_ABSENT;
    for (uint32_t i = 0; i < count && lines[i].time_us <= at_us; i++) {
        if (running)
            wind(&w, since_us, lines[i].time_us);
        answered = answered || it_lines_answered(&lines[i], 1);
        state = lines[i].state;
        running = runs(kind, state, answered);
        since_us = lines[i].time_us;
    }
    if (running)
        wind(&w, since_us, at_us);
    w.clock.running = running;
    w.clock.stopped = kind == IT_CLOCK_RESPONSE
                          ? answered
                          : state == IT_TICKET_RESOLVED || state == IT_TICKET_CLOSED;
    int64_t left = w.target_us - w.clock.elapsed_us;
    if (running && left > 0)
        (void)it_business_after(business, at_us, left, &w.clock.due_us);
    return w.clock;
}

uint32_t
it_ticket_clocks(const it_ticket_facts_t *facts, int64_t at_us, it_clock_record_t clocks[2])
{
    static const it_clock_sort_t kinds[] = {IT_CLOCK_RESPONSE, IT_CLOCK_RESOLUTION};
    uint32_t count = 0;
    for (uint32_t i = 0; facts->measure.measured && i < KT_COUNT(kinds); i++) {
        uint32_t minutes = it_goal_minutes(&facts->measure.target, kinds[i]);
        if (minutes > 0)
            clocks[count++] = it_sla_clock(&facts->measure.business, kinds[i], minutes,
                                           facts->lines, facts->lines_count, at_us);
    }
    return count;
}

void
it_decide_breaches(const it_ticket_facts_t *facts, int64_t now_us, it_ticket_effects_t *fx)
{
    it_clock_record_t clocks[2];
    uint32_t count = it_ticket_clocks(facts, now_us, clocks);
    fx->breaches_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t *noted_us = clocks[i].kind == IT_CLOCK_RESPONSE
                                ? &fx->ticket.response_breached_us
                                : &fx->ticket.resolution_breached_us;
        if (!clocks[i].breached || *noted_us != 0)
            continue;
        *noted_us = clocks[i].due_us;
        fx->breaches[fx->breaches_count++] = (it_breach_record_t){
            .ticket = fx->ticket.ticket, .kind = clocks[i].kind, .breached_us = clocks[i].due_us};
    }
}
