/* verifying.h: what the parts of a verification share. Inside store/ only. */
#ifndef FIN_VERIFYING_H
#define FIN_VERIFYING_H

#include "store/entries.h"
#include "store/keys.h"
#include "store/records.h"
#include "store/tables.h"
#include "store/verify.h"

typedef struct fin_verify {
    const fin_verify_sink_t *sink;
    kt_arena_t *arena;     /* of the piece of work at hand */
    kt_arena_t *lasting;   /* of the whole verification */
    kt_call_t call;        /* of no one: what loads want; its arena is `arena` */
    fin_fact_set_t series; /* fin_seen_series_t */
    uint64_t entries;      /* the highest sequence */
    uint64_t lines;        /* of all entries that read back */
    uint64_t chained;      /* lines that stand in a day's chain */
} fin_verify_t;

/* A book's fiscal year, as the entries so far tell it. */
typedef struct fin_seen_series {
    fin_fact_t fact;
    uint64_t part;
    int32_t year;
    int32_t first_month; /* of the book */
    fin_series_record_t newest;
} fin_seen_series_t;

/* A finding about the record of KEY. */
void fin_verify_find(fin_verify_t *v, uint32_t table, kt_span_t key, const char *what, ...)
    KT_PRINTF(4, 5);
/* A finding about the entry of that sequence. */
void
fin_verify_find_entry(fin_verify_t *v, uint64_t sequence, const char *what, ...) KT_PRINTF(3, 4);

/* What a look at a record gave; damage has been reported. */
typedef enum fin_look { FIN_LOOK_ABSENT, FIN_LOOK_THERE, FIN_LOOK_DAMAGED } fin_look_t;
kt_status_t
fin_verify_get(fin_verify_t *v, uint32_t table, kt_span_t key, kt_span_t *value, fin_look_t *look);
/* Reports unless the record of KEY is there and is EXPECTED. */
kt_status_t fin_verify_expect(fin_verify_t *v, uint32_t table, kt_span_t key, kt_span_t expected);

/* Calls CHECK with every record of TABLE in order; reports those that are damaged. The arena is
 * taken back after each. */
typedef kt_status_t (*fin_verify_check_t)(fin_verify_t *v, kt_span_t key, kt_span_t value);
kt_status_t fin_verify_each(fin_verify_t *v, uint32_t table, fin_verify_check_t check);

/* CANCELLED when nobody waits any more. DONE and ALL are of the whole work. */
kt_status_t fin_verify_tell(fin_verify_t *v, uint64_t done);

/* The parts, in order. */
kt_status_t fin_verify_entries(fin_verify_t *v);
kt_status_t fin_verify_numbering(fin_verify_t *v);
kt_status_t fin_verify_balances(fin_verify_t *v);
kt_status_t fin_verify_names(fin_verify_t *v);
kt_status_t fin_verify_holds(fin_verify_t *v);

#endif
