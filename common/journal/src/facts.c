#include "facts.h"

#include <stdlib.h>

#define CAPACITY_FIRST 1024

struct kt_facts {
    kt_fact_t *slots;
    size_t mask, size; /* linear probing; at most 3/4 full */
};

kt_facts_t *
kt_facts_new(void)
{
    kt_facts_t *facts = (kt_facts_t *)calloc(1, sizeof(*facts));

    if (!facts)
        return NULL;
    facts->slots = (kt_fact_t *)calloc(CAPACITY_FIRST, sizeof(kt_fact_t));
    facts->mask = CAPACITY_FIRST - 1;
    if (!facts->slots)
        kt_facts_destroy(&facts);
    return facts;
}

void
kt_facts_destroy(kt_facts_t **facts)
{
    if (*facts)
        free((*facts)->slots);
    free(*facts);
    *facts = NULL;
}

void
kt_facts_clear(kt_facts_t *facts)
{
    memset(facts->slots, 0, (facts->mask + 1) * sizeof(kt_fact_t));
    facts->size = 0;
}

kt_fact_t
kt_fact_of(uint32_t table, kt_span_t key)
{
    uint8_t number = (uint8_t)table;
    kt_fact_t fact = {.number = 0};
    kt_sha256_t sha;

    kt_sha256_init(&sha);
    kt_sha256_add(&sha, kt_span(&number, 1));
    kt_sha256_add(&sha, key);
    kt_hash_t hash = kt_sha256_end(&sha);
    memcpy(fact.key, hash.bytes, sizeof(fact.key));
    return fact;
}

void
kt_fact_set_value(kt_fact_t *fact, kt_span_t value)
{
    kt_hash_t hash = kt_sha256(value);
    memcpy(fact->value, hash.bytes, sizeof(fact->value));
}

static uint64_t
bits_of(const kt_fact_t *fact, size_t at)
{
    uint64_t bits;
    memcpy(&bits, fact->key + at, sizeof(bits));
    return bits;
}

uint32_t
kt_fact_part(const kt_fact_t *fact, uint32_t parts)
{
    return (uint32_t)(bits_of(fact, 8) % parts);
}

static kt_fact_t *
find(const kt_facts_t *facts, const kt_fact_t *key)
{
    size_t at = (size_t)bits_of(key, 0) & facts->mask;

    while (facts->slots[at].number != 0 &&
           memcmp(facts->slots[at].key, key->key, sizeof(key->key)) != 0)
        at = (at + 1) & facts->mask;
    return &facts->slots[at];
}

static bool
double_capacity(kt_facts_t *facts)
{
    kt_facts_t larger = {.mask = facts->mask * 2 + 1, .size = facts->size};

    larger.slots = (kt_fact_t *)calloc(larger.mask + 1, sizeof(kt_fact_t));
    if (!larger.slots)
        return false;
    for (size_t i = 0; i <= facts->mask; i++) {
        if (facts->slots[i].number != 0)
            *find(&larger, &facts->slots[i]) = facts->slots[i];
    }
    free(facts->slots);
    *facts = larger;
    return true;
}

bool
kt_facts_put(kt_facts_t *facts, const kt_fact_t *fact)
{
    kt_fact_t *slot = find(facts, fact);

    KT_ASSERT(fact->number != 0);
    if (slot->number == 0) {
        if (facts->size >= (facts->mask + 1) / 4 * 3) {
            if (!double_capacity(facts))
                return false;
            slot = find(facts, fact);
        }
        facts->size++;
    }
    *slot = *fact;
    return true;
}

bool
kt_facts_take(kt_facts_t *facts, const kt_fact_t *key, kt_fact_t *was)
{
    kt_fact_t *slot = find(facts, key);

    if (slot->number == 0)
        return false;
    *was = *slot;
    /* Close the gap, as in common/base's map.c. */
    size_t gap = (size_t)(slot - facts->slots);
    for (size_t at = (gap + 1) & facts->mask; facts->slots[at].number != 0;
         at = (at + 1) & facts->mask) {
        size_t home = (size_t)bits_of(&facts->slots[at], 0) & facts->mask;
        if (((at - home) & facts->mask) >= ((at - gap) & facts->mask)) {
            facts->slots[gap] = facts->slots[at];
            gap = at;
        }
    }
    facts->slots[gap].number = 0;
    facts->size--;
    return true;
}

bool
kt_facts_next(const kt_facts_t *facts, size_t *cursor, kt_fact_t *fact)
{
    for (size_t i = *cursor; i <= facts->mask; i++) {
        if (facts->slots[i].number != 0) {
            *fact = facts->slots[i];
            *cursor = i + 1;
            return true;
        }
    }
    *cursor = facts->mask + 1;
    return false;
}
