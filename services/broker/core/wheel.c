#include "wheel.h"

void
broker_wheel_init(broker_wheel_t *wheel, int64_t now_us)
{
    *wheel = (broker_wheel_t){.tick = now_us >> BROKER_TICK_US_SHIFT};
    for (size_t i = 0; i < BROKER_WHEEL_SLOTS; i++)
        broker_list_init(&wheel->slots[i]);
}

void
broker_timer_init(broker_timer_t *timer)
{
    *timer = (broker_timer_t){0};
    broker_list_init(&timer->node);
}

void
broker_wheel_cancel(broker_wheel_t *wheel, broker_timer_t *timer)
{
    if (!broker_list_linked(&timer->node))
        return;
    broker_list_unlink(&timer->node);
    wheel->count--;
    if (broker_list_empty(&wheel->slots[timer->slot]))
        wheel->occupied[timer->slot / 64] &= ~(UINT64_C(1) << timer->slot % 64);
}

void
broker_wheel_set(broker_wheel_t *wheel, broker_timer_t *timer, int64_t at_us)
{
    broker_wheel_cancel(wheel, timer);
    int64_t tick = KT_MAX(at_us >> BROKER_TICK_US_SHIFT, wheel->tick);
    timer->at_us = at_us;
    timer->slot = (uint32_t)(tick % BROKER_WHEEL_SLOTS);
    broker_list_append(&wheel->slots[timer->slot], &timer->node);
    wheel->occupied[timer->slot / 64] |= UINT64_C(1) << timer->slot % 64;
    wheel->count++;
}

static broker_timer_t *
first_due(broker_wheel_t *wheel, int64_t now_us)
{
    broker_node_t *list = &wheel->slots[wheel->tick % BROKER_WHEEL_SLOTS];
    for (broker_node_t *node = list->next; node != list; node = node->next) {
        broker_timer_t *timer = BROKER_ITEM(node, broker_timer_t, node);
        if (timer->at_us <= now_us)
            return timer;
    }
    return NULL;
}

broker_timer_t *
broker_wheel_take(broker_wheel_t *wheel, int64_t now_us)
{
    int64_t now_tick = now_us >> BROKER_TICK_US_SHIFT;
    if (wheel->count == 0) {
        wheel->tick = KT_MAX(wheel->tick, now_tick);
        return NULL;
    }
    /* After a long sleep one turn sees every slot. */
    wheel->tick = KT_MAX(wheel->tick, now_tick - BROKER_WHEEL_SLOTS);
    for (;; wheel->tick++) {
        broker_timer_t *timer = first_due(wheel, now_us);
        if (timer != NULL) {
            broker_wheel_cancel(wheel, timer);
            return timer;
        }
        if (wheel->tick >= now_tick)
            return NULL;
    }
}

/* The first occupied slot at or after FROM, counted in slots from it. */
static uint32_t
slots_ahead(const broker_wheel_t *wheel, uint32_t from)
{
    uint32_t words = KT_COUNT(wheel->occupied);
    uint64_t word = wheel->occupied[from / 64] & (~UINT64_C(0) << from % 64);
    uint32_t at = from / 64;
    for (uint32_t seen = 0; word == 0 && seen < words; seen++) {
        at = (at + 1) % words;
        word = wheel->occupied[at];
    }
    uint32_t slot = at * 64 + (uint32_t)__builtin_ctzll(word);
    return (slot - from) % BROKER_WHEEL_SLOTS;
}

int64_t
broker_wheel_next_us(const broker_wheel_t *wheel)
{
    if (wheel->count == 0)
        return INT64_MAX;
    int64_t tick = wheel->tick + slots_ahead(wheel, (uint32_t)(wheel->tick % BROKER_WHEEL_SLOTS));
    const broker_node_t *list = &wheel->slots[tick % BROKER_WHEEL_SLOTS];
    int64_t next_us =
        (tick + 1) << BROKER_TICK_US_SHIFT; /* when all of them belong to later turns */
    for (const broker_node_t *node = list->next; node != list; node = node->next)
        next_us = KT_MIN(next_us, BROKER_ITEM(node, broker_timer_t, node)->at_us);
    return next_us;
}
