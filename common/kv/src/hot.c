#include "hot.h"

#include "crc.h"

#include <stdlib.h>

#define SLOTS ((uint32_t)KT_HOT_SETS * KT_HOT_WAYS)

/* Apart from the records, so that a search looks at one line of the cache. */
typedef struct tag {
    uint32_t hash;
    uint32_t life; /* of kt_hot_t when it was put; any other: free */
} tag_t;

struct kt_hot {
    uint32_t life;
    uint32_t dirty_count;
    uint32_t dirty[SLOTS];
    uint8_t next_way[KT_HOT_SETS]; /* whose turn it is to make room */
    uint32_t seen[KT_HOT_SEEN];    /* hashes, each in one place */
    tag_t tags[SLOTS];
    kt_hot_record_t records[SLOTS];
};

kt_hot_t *
kt_hot_new(void)
{
    kt_hot_t *hot = (kt_hot_t *)calloc(1, sizeof(*hot));

    if (hot)
        hot->life = 1;
    return hot;
}

void
kt_hot_destroy(kt_hot_t **hot)
{
    free(*hot);
    *hot = NULL;
}

static uint32_t
hash_of(uint32_t table, kt_span_t key)
{
    return kt_crc_add(table + 1, key.data, key.size);
}

static uint32_t
set_of(uint32_t hash)
{
    return hash % KT_HOT_SETS * KT_HOT_WAYS;
}

/* The slot of a record, SLOTS when it is not kept. */
static uint32_t
find(const kt_hot_t *hot, uint32_t table, kt_span_t key, uint32_t hash)
{
    uint32_t first = set_of(hash);

    for (uint32_t at = first; at < first + KT_HOT_WAYS; at++) {
        const kt_hot_record_t *record = &hot->records[at];
        if (hot->tags[at].hash == hash && hot->tags[at].life == hot->life &&
            record->table == table && kt_span_equal(kt_span(record->key, record->key_size), key))
            return at;
    }
    return SLOTS;
}

const kt_hot_record_t *
kt_hot_get(const kt_hot_t *hot, uint32_t table, kt_span_t key)
{
    uint32_t at = find(hot, table, key, hash_of(table, key));

    return at < SLOTS ? &hot->records[at] : NULL;
}

bool
kt_hot_worth(kt_hot_t *hot, uint32_t table, kt_span_t key)
{
    uint32_t hash = hash_of(table, key), *seen = &hot->seen[hash / KT_HOT_SETS % KT_HOT_SEEN];

    if (*seen == hash)
        return true;
    if (find(hot, table, key, hash) < SLOTS)
        return true;
    *seen = hash;
    return false;
}

/* A slot for a new record: a free one, else one that the engine has; SLOTS when there is none. */
static uint32_t
make_room(kt_hot_t *hot, uint32_t hash)
{
    uint32_t first = set_of(hash);
    uint8_t *turn = &hot->next_way[first / KT_HOT_WAYS];

    for (uint32_t at = first; at < first + KT_HOT_WAYS; at++)
        if (hot->tags[at].life != hot->life)
            return at;
    for (unsigned i = 0; i < KT_HOT_WAYS; i++) {
        uint32_t at = first + (*turn)++ % KT_HOT_WAYS;
        if (!hot->records[at].dirty)
            return at;
    }
    return SLOTS;
}

bool
kt_hot_put(kt_hot_t *hot, uint32_t table, kt_span_t key, kt_span_t value)
{
    uint32_t hash = hash_of(table, key), at = find(hot, table, key, hash);
    kt_hot_record_t *record;

    KT_ASSERT(key.size <= KT_HOT_KEY_BYTES_MAX && value.size <= KT_HOT_VALUE_BYTES_MAX);
    if (at == SLOTS) {
        at = make_room(hot, hash);
        if (at == SLOTS)
            return false;
        record = &hot->records[at];
        hot->tags[at] = (tag_t){.hash = hash, .life = hot->life};
        record->table = table;
        record->dirty = false;
        record->key_size = (uint16_t)key.size;
        memcpy(record->key, key.data, key.size);
    }
    record = &hot->records[at];
    record->value_size = (uint16_t)value.size;
    if (value.size > 0)
        memcpy(record->value, value.data, value.size);
    if (!record->dirty)
        hot->dirty[hot->dirty_count++] = at;
    record->dirty = true;
    return true;
}

void
kt_hot_drop(kt_hot_t *hot, uint32_t table, kt_span_t key)
{
    uint32_t at = find(hot, table, key, hash_of(table, key));

    if (at < SLOTS) {
        KT_ASSERT(!hot->records[at].dirty);
        hot->tags[at].life = 0;
    }
}

uint32_t
kt_hot_dirty(const kt_hot_t *hot)
{
    return hot->dirty_count;
}

const kt_hot_record_t *
kt_hot_dirty_at(const kt_hot_t *hot, uint32_t i)
{
    KT_ASSERT(i < hot->dirty_count);
    return &hot->records[hot->dirty[i]];
}

void
kt_hot_clean(kt_hot_t *hot)
{
    for (uint32_t i = 0; i < hot->dirty_count; i++)
        hot->records[hot->dirty[i]].dirty = false;
    hot->dirty_count = 0;
}

void
kt_hot_forget(kt_hot_t *hot)
{
    kt_hot_clean(hot);
    if (++hot->life == 0) { /* so that nothing of four thousand million aborts ago comes back */
        memset(hot->tags, 0, sizeof(hot->tags));
        hot->life = 1;
    }
}
