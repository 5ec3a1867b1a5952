#include <kt/map.h>
#include <kt/prng.h>

#include <stdlib.h>

#define CAPACITY_MIN 16

typedef struct slot {
    uint64_t key;
    void *value; /* NULL: free */
} slot_t;

struct kt_map {
    slot_t *slots;
    size_t mask; /* capacity - 1; the capacity is a power of two, at most 3/4 full */
    size_t size;
    uint64_t seed;
};

static size_t
home_of(const kt_map_t *map, uint64_t key)
{
    uint64_t mixed = (key ^ map->seed) * UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ (mixed >> 32)) * (map->seed | 1);
    return (size_t)(mixed ^ (mixed >> 29)) & map->mask;
}

/* The slot that holds KEY, or the free one where it would go. */
static slot_t *
find(const kt_map_t *map, uint64_t key)
{
    size_t at = home_of(map, key);

    while (map->slots[at].value && map->slots[at].key != key)
        at = (at + 1) & map->mask;
    return &map->slots[at];
}

kt_map_t *
kt_map_new(size_t expected)
{
    kt_map_t *map = (kt_map_t *)calloc(1, sizeof(*map));
    size_t capacity = CAPACITY_MIN;
    kt_prng_t prng;

    if (!map)
        return NULL;
    while (capacity / 4 * 3 < expected && capacity <= SIZE_MAX / 4)
        capacity *= 2;
    map->slots = (slot_t *)calloc(capacity, sizeof(slot_t));
    if (!map->slots) {
        free(map);
        return NULL;
    }
    map->mask = capacity - 1;
    kt_prng_seed_system(&prng);
    map->seed = kt_prng_next(&prng);
    return map;
}

void
kt_map_destroy(kt_map_t **map)
{
    if (!*map)
        return;
    free((*map)->slots);
    free(*map);
    *map = NULL;
}

void *
kt_map_get(const kt_map_t *map, uint64_t key)
{
    return find(map, key)->value;
}

static bool
double_capacity(kt_map_t *map)
{
    kt_map_t larger = *map;

    larger.mask = map->mask * 2 + 1;
    larger.slots = (slot_t *)calloc(larger.mask + 1, sizeof(slot_t));
    if (!larger.slots)
        return false;
    for (size_t i = 0; i <= map->mask; i++) {
        if (map->slots[i].value)
            *find(&larger, map->slots[i].key) = map->slots[i];
    }
    free(map->slots);
    *map = larger;
    return true;
}

bool
kt_map_put(kt_map_t *map, uint64_t key, void *value)
{
    slot_t *slot = find(map, key);

    KT_ASSERT(value != NULL);
    if (!slot->value) {
        if (map->size >= (map->mask + 1) / 4 * 3) {
            if (!double_capacity(map))
                return false;
            slot = find(map, key);
        }
        map->size++;
    }
    *slot = (slot_t){.key = key, .value = value};
    return true;
}

void *
kt_map_remove(kt_map_t *map, uint64_t key)
{
    slot_t *slot = find(map, key);
    void *removed = slot->value;

    if (!removed)
        return NULL;
    /* Close the gap: whoever stands behind it and has its home at or before it moves up. */
    size_t gap = (size_t)(slot - map->slots);
    for (size_t at = (gap + 1) & map->mask; map->slots[at].value; at = (at + 1) & map->mask) {
        size_t home = home_of(map, map->slots[at].key);
        if (((at - home) & map->mask) >= ((at - gap) & map->mask)) {
            map->slots[gap] = map->slots[at];
            gap = at;
        }
    }
    map->slots[gap].value = NULL;
    map->size--;
    return removed;
}

size_t
kt_map_size(const kt_map_t *map)
{
    return map->size;
}

bool
kt_map_next(const kt_map_t *map, size_t *cursor, uint64_t *key, void **value)
{
    for (size_t i = *cursor; i <= map->mask; i++) {
        if (map->slots[i].value) {
            *key = map->slots[i].key;
            *value = map->slots[i].value;
            *cursor = i + 1;
            return true;
        }
    }
    *cursor = map->mask + 1;
    return false;
}
