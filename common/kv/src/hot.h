/*
 * hot.h: records of derived tables that the writer changes again and again: a posting's balances,
 * the newest number of a series. They are kept here from batch to batch; within a transaction they
 * are read from here, and written to the engine once, when it ends or when a cursor wants to see
 * them.
 *
 * What is here is what the write transaction sees: after an abort everything is forgotten. Only
 * derived tables: facts and logs reach the engine at once, in their order.
 */
#ifndef KT_KV_HOT_H
#define KT_KV_HOT_H

#include <kt/kv.h>

#define KT_HOT_SETS            256
#define KT_HOT_WAYS            4    /* records with one place */
#define KT_HOT_SEEN            1024 /* names remembered to tell what is put again soon */
#define KT_HOT_KEY_BYTES_MAX   40
#define KT_HOT_VALUE_BYTES_MAX 800 /* larger records are not kept */

typedef struct kt_hot_record {
    uint32_t table;
    bool dirty;
    uint16_t key_size, value_size;
    uint8_t key[KT_HOT_KEY_BYTES_MAX];
    uint8_t value[KT_HOT_VALUE_BYTES_MAX];
} kt_hot_record_t;

typedef struct kt_hot kt_hot_t;

/* NULL when memory is out. Takes less than 1 MiB. */
kt_hot_t *kt_hot_new(void);
void kt_hot_destroy(kt_hot_t **hot);

/* The record that is kept, or NULL. Borrowed until the next put, drop or forget. */
const kt_hot_record_t *kt_hot_get(const kt_hot_t *hot, uint32_t table, kt_span_t key);
/* Whether a record is worth keeping: it is kept, or was put a short while ago. To keep what is put
 * once would cost more than it spares. */
bool kt_hot_worth(kt_hot_t *hot, uint32_t table, kt_span_t key);
/* Keeps a record, within the limits above, as one that the engine has not. False: all in its place
 * wait to be written. */
bool kt_hot_put(kt_hot_t *hot, uint32_t table, kt_span_t key, kt_span_t value);
/* Of a record that the engine has. */
void kt_hot_drop(kt_hot_t *hot, uint32_t table, kt_span_t key);
/* How many the engine has not. */
uint32_t kt_hot_dirty(const kt_hot_t *hot);
/* The I-th of these, in the order in which they were put first. */
const kt_hot_record_t *kt_hot_dirty_at(const kt_hot_t *hot, uint32_t i);
/* The engine has all. */
void kt_hot_clean(kt_hot_t *hot);
void kt_hot_forget(kt_hot_t *hot);

#endif
