/*
 * wheel.h: a hashed timer wheel (Varghese and Lauck 1987, scheme 6): setting and cancelling cost
 * the same however many timers there are. One turn is about four seconds; a timer further away is
 * passed over once a turn.
 */
#ifndef BROKER_WHEEL_H
#define BROKER_WHEEL_H

#include "list.h"

#define BROKER_WHEEL_SLOTS   4096
#define BROKER_TICK_US_SHIFT 10 /* a tick is 1,024 us */

typedef struct broker_timer {
    broker_node_t node;
    int64_t at_us;
    uint32_t slot;
} broker_timer_t;

typedef struct broker_wheel {
    int64_t tick; /* every timer of an earlier tick was taken */
    size_t count;
    uint64_t occupied[BROKER_WHEEL_SLOTS / 64];
    broker_node_t slots[BROKER_WHEEL_SLOTS];
} broker_wheel_t;

void broker_wheel_init(broker_wheel_t *wheel, int64_t now_us);
/* A timer is initialised once before it is set or cancelled. */
void broker_timer_init(broker_timer_t *timer);
/* Sets TIMER, which may be set already, to AT_US; a time in the past is due at once. */
void broker_wheel_set(broker_wheel_t *wheel, broker_timer_t *timer, int64_t at_us);
void broker_wheel_cancel(broker_wheel_t *wheel, broker_timer_t *timer);
/* Takes one timer that is due out of the wheel; NULL when none is. Timers of one tick come in the
 * order they were set. */
broker_timer_t *broker_wheel_take(broker_wheel_t *wheel, int64_t now_us);
/* No timer is due before this; INT64_MAX when none is set. */
int64_t broker_wheel_next_us(const broker_wheel_t *wheel);

#endif
