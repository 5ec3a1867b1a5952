/*
 * ring.h: how threads hand work to each other. A bounded ring of pointers with one producer and any
 * number of consumers, and a door that a consumer sleeps behind: its bell is rung only when it
 * does.
 *
 * The sequentially consistent pairs are what makes the door safe: a consumer says that it sleeps
 * and then looks at the ring once more; a producer fills the ring and then looks whether somebody
 * sleeps. One of the two sees the other.
 */
#ifndef KT_SERVICE_RING_H
#define KT_SERVICE_RING_H

#include <kt/net.h>
#include <stdatomic.h>

typedef struct kt_ring {
    _Alignas(64) atomic_size_t head; /* next to take */
    _Alignas(64) atomic_size_t tail; /* next to fill */
    size_t mask;
    _Atomic(void *) *slots;
} kt_ring_t;

/* Room for at least CAPACITY pointers. */
kt_status_t kt_ring_init(kt_ring_t *ring, size_t capacity);
void kt_ring_fini(kt_ring_t *ring);
/* The ring is never full: it has room for everything that exists. By the one producer. */
void kt_ring_push(kt_ring_t *ring, void *item);
/* The oldest, or NULL. By any consumer. */
void *kt_ring_pop(kt_ring_t *ring);
bool kt_ring_empty(const kt_ring_t *ring);
/* How many lie in it; what others push and pop meanwhile may count or not. */
size_t kt_ring_count(const kt_ring_t *ring);

typedef struct kt_door {
    kt_bell_t bell;
    _Alignas(64) atomic_bool asleep;
} kt_door_t;

kt_status_t kt_door_init(kt_door_t *door);
void kt_door_fini(kt_door_t *door);
/* Wakes who sleeps behind the door; true when somebody did. After a push. */
bool kt_door_knock(kt_door_t *door);
/* Before sleeping: from now on knocks ring. Look for work once more, then wait on door->bell, then
 * leave. */
void kt_door_enter(kt_door_t *door);
void kt_door_leave(kt_door_t *door);
/* Waits behind the door, which was entered, for a knock; at most TIMEOUT_MS (-1: for ever). False
 * when there was none. */
bool kt_door_wait(kt_door_t *door, int64_t timeout_ms);

#endif
