#include "ring.h"

#include <poll.h>
#include <stdlib.h>

kt_status_t
kt_ring_init(kt_ring_t *ring, size_t capacity)
{
    size_t size = 16;

    while (size < capacity)
        size *= 2;
    *ring = (kt_ring_t){.mask = size - 1};
    ring->slots = (_Atomic(void *) *)calloc(size, sizeof(*ring->slots));
    return ring->slots ? kt_ok() : kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a ring");
}

void
kt_ring_fini(kt_ring_t *ring)
{
    free(ring->slots);
    ring->slots = NULL;
}

void
kt_ring_push(kt_ring_t *ring, void *item)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    KT_ASSERT(tail - atomic_load_explicit(&ring->head, memory_order_relaxed) <= ring->mask);
    atomic_store_explicit(&ring->slots[tail & ring->mask], item, memory_order_relaxed);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_seq_cst);
}

/* A slot is filled again only after the head has passed it, so what was read from it is what the
 * winner of the exchange takes. */
void *
kt_ring_pop(kt_ring_t *ring)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

    for (;;) {
        void *item;
        if (head == atomic_load_explicit(&ring->tail, memory_order_seq_cst))
            return NULL;
        item = atomic_load_explicit(&ring->slots[head & ring->mask], memory_order_relaxed);
        if (atomic_compare_exchange_weak_explicit(&ring->head, &head, head + 1,
                                                  memory_order_acq_rel, memory_order_relaxed))
            return item;
    }
}

size_t
kt_ring_count(const kt_ring_t *ring)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    return KT_MIN(tail - head, ring->mask + 1); /* a head of later would make it endless */
}

bool
kt_ring_empty(const kt_ring_t *ring)
{
    return atomic_load_explicit(&ring->head, memory_order_relaxed) ==
           atomic_load_explicit(&ring->tail, memory_order_seq_cst);
}

kt_status_t
kt_door_init(kt_door_t *door)
{
    atomic_init(&door->asleep, false);
    return kt_bell_init(&door->bell);
}

void
kt_door_fini(kt_door_t *door)
{
    kt_bell_fini(&door->bell);
}

bool
kt_door_knock(kt_door_t *door)
{
    if (!atomic_load_explicit(&door->asleep, memory_order_seq_cst) ||
        !atomic_exchange_explicit(&door->asleep, false, memory_order_seq_cst))
        return false;
    kt_bell_ring(&door->bell);
    return true;
}

void
kt_door_enter(kt_door_t *door)
{
    atomic_store_explicit(&door->asleep, true, memory_order_seq_cst);
}

/* A ring that comes late makes one wait end early, no more. */
void
kt_door_leave(kt_door_t *door)
{
    atomic_store_explicit(&door->asleep, false, memory_order_seq_cst);
}

bool
kt_door_wait(kt_door_t *door, int64_t timeout_ms)
{
    struct pollfd poller = {.fd = door->bell.fd, .events = POLLIN};
    int heard;

    while ((heard = poll(&poller, 1, (int)timeout_ms)) < 0)
        continue;
    kt_bell_hear(&door->bell);
    return heard > 0;
}
