/*
 * verifying.h: how derived tables are held against facts, for the verify_*.c.
 *
 * Each fact says which records there must be; a record that nobody said is found by counting: a
 * table with more records than were said has strays.
 */
#ifndef LEGAL_STORE_VERIFYING_H
#define LEGAL_STORE_VERIFYING_H

#include "store/tables.h"
#include "store/verify.h"

#include <kt/rows.h>

typedef struct legal_verifying {
    kt_call_t call;  /* reads the facts; its arena is emptied between pages of them */
    kt_call_t inner; /* reads what a fact wants to know; emptied before each fact */
    const legal_verify_sink_t *sink;
    uint64_t said[LEGAL_TABLES_COUNT]; /* records that there must be */
} legal_verifying_t;

/* FACT, with its key filled in, says what there must be. */
typedef kt_status_t (*legal_says_t)(legal_verifying_t *v, const void *fact);

/* The caller has zeroed V; legal_verify_end in any case. */
kt_status_t
legal_verify_begin(legal_verifying_t *v, kt_txn_t *txn, const legal_verify_sink_t *sink);
void legal_verify_end(legal_verifying_t *v);

/* Asks every fact of TABLE. */
kt_status_t legal_verify_each(legal_verifying_t *v, uint32_t table, const kt_layout_t *layout,
                              kt_row_key_t read_key, legal_says_t says);
/* There must be this record. */
kt_status_t
legal_verify_say(legal_verifying_t *v, uint32_t table, const kt_key_t *key, kt_span_t value);
/* Counts TABLE against what was said. */
kt_status_t legal_verify_count(legal_verifying_t *v, uint32_t table);

#endif
