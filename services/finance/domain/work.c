#include "domain/work.h"

bool
fin_fact_set_init(fin_fact_set_t *set, kt_arena_t *arena, size_t expected)
{
    size_t buckets = 4;
    while (buckets < expected)
        buckets *= 2;
    *set = (fin_fact_set_t){.mask = buckets - 1,
                            .buckets = KT_ARENA_ARRAY(arena, fin_fact_t *, buckets)};
    return set->buckets != NULL;
}

void
fin_fact_set_add(fin_fact_set_t *set, fin_fact_t *fact, uint64_t hash)
{
    fin_fact_t **bucket = &set->buckets[hash & set->mask];
    fact->hash = hash;
    fact->in_bucket = *bucket;
    *bucket = fact;
    if (set->last != NULL)
        set->last->next = fact;
    else
        set->first = fact;
    set->last = fact;
}

fin_fact_t *
fin_fact_set_next(const fin_fact_set_t *set, const fin_fact_t *before, uint64_t hash)
{
    fin_fact_t *fact = before ? before->in_bucket : set->buckets[hash & set->mask];
    while (fact != NULL && fact->hash != hash)
        fact = fact->in_bucket;
    return fact;
}

/* The finisher of MurmurHash3 (Appleby, public domain): every bit of the input moves every bit of
 * the output. */
static uint64_t
mix(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xFF51AFD7ED558CCD);
    x ^= x >> 33;
    x *= UINT64_C(0xC4CEB9FE1A85EC53);
    return x ^ x >> 33;
}

uint64_t
fin_hash_pair(uint64_t a, uint64_t b)
{
    return mix(mix(a) + b);
}

uint64_t
fin_hash_text(kt_span_t text)
{
    uint64_t hash = text.size;
    for (size_t at = 0; at < text.size; at += 8) {
        uint64_t piece = 0;
        memcpy(&piece, text.data + at, KT_MIN((size_t)8, text.size - at));
        hash = mix(hash ^ piece);
    }
    return hash;
}

/* Where the day's slot is, or would be. Entries mostly come in order of date, so from the end. */
static uint32_t
place_of(const fin_balance_fact_t *balance, uint32_t day)
{
    uint32_t at = balance->count;
    while (at > 0 && balance->days[at - 1].day >= day)
        at--;
    return at;
}

fin_day_record_t *
fin_balance_day(const fin_balance_fact_t *balance, uint32_t day)
{
    uint32_t at = place_of(balance, day);
    return at < balance->count && balance->days[at].day == day ? &balance->days[at] : NULL;
}

bool
fin_balance_add_day(fin_balance_fact_t *balance, kt_arena_t *arena, uint32_t day)
{
    uint32_t at = place_of(balance, day);
    if (at < balance->count && balance->days[at].day == day)
        return true;
    if (balance->count == balance->capacity) {
        uint32_t capacity = KT_MIN(2 * balance->capacity + 2, (uint32_t)FIN_DAYS_MAX);
        fin_day_record_t *days = KT_ARENA_ARRAY(arena, fin_day_record_t, capacity);
        if (days == NULL)
            return false;
        if (balance->count > 0)
            memcpy(days, balance->days, balance->count * sizeof(*days));
        balance->days = days;
        balance->capacity = capacity;
    }
    memmove(&balance->days[at + 1], &balance->days[at],
            (balance->count - at) * sizeof(*balance->days));
    balance->days[at] = (fin_day_record_t){.day = day};
    balance->count++;
    return true;
}
