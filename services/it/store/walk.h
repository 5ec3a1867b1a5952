/* walk.h: what verifications of the store's own invariants share: walks over tables, record by
 * record, with memory that is given back between them. */
#ifndef IT_STORE_WALK_H
#define IT_STORE_WALK_H

#include <kt/rows.h>

typedef struct it_check_sink {
    void (*find)(void *context, const char *table, const char *key, const char *what);
    void *context;
} it_check_sink_t;

typedef struct it_walk {
    kt_call_t call; /* to read with; its arena lasts until the next record */
    kt_txn_t *txn;
    const it_check_sink_t *sink;
    kt_key_t at; /* the key of the record it stands on */
    void *context;
} it_walk_t;

/* Calls EACH for every record of TABLE; LAYOUT may be NULL, then ROW is. */
kt_status_t it_walk_all(it_walk_t *walk, uint32_t table, const kt_layout_t *layout, void *row,
                        kt_status_t (*each)(it_walk_t *walk, const void *row));
/* Names in KEY end in zero bytes: told as "licence/employee". */
void it_walk_find(const it_walk_t *walk, const char *table, kt_span_t key, const char *what);
/* Runs a verification; a failure of the store is told as UNREADABLE (static). */
kt_status_t it_walk_run(kt_txn_t *txn, const it_check_sink_t *sink, void *context,
                        kt_status_t (*run)(it_walk_t *walk), const char *unreadable);

#endif
