/* verify.h: the state that the steps of a verification share. */
#ifndef KT_VERIFY_H
#define KT_VERIFY_H

#include "facts.h"
#include "lives_list.h"
#include "merkle.h"
#include "write_set.h"

typedef struct kt_verification {
    kt_txn_t *txn;
    const kt_journal_verify_t *how;
    const kt_table_t *tables;
    uint32_t tables_count;
    uint64_t journal_size; /* records in the table, whatever meta says */
    uint32_t passes, pass; /* over the facts */
    uint64_t done, all;    /* records, for the progress */
    kt_facts_t *facts;
    uint8_t (*position)[KT_KV_KEY_BYTES_MAX]; /* by table: the last log record that was verified */
    uint16_t *position_size;                  /* 0: none yet */
    kt_lives_list_t lives;                    /* as meta has them */
    kt_life_t life;                           /* the last that the records told of */
    uint32_t lives_met;
} kt_verification_t;

/* Reports one finding. KEY is printed as kt_key_format does; an empty one as "-". */
void kt_verify_report(kt_verification_t *v, uint32_t table, kt_span_t key, const char *format, ...)
    KT_PRINTF(4, 5);
/* Counts one record as done; CANCELLED when the caller wants no more. */
kt_status_t kt_verify_step(kt_verification_t *v);
/* Passes a status on unless it is about one damaged record, which kt_verify_records has told. */
kt_status_t kt_verify_unless_damaged(kt_status_t status);

/* Every record by itself: checksums and searches. */
kt_status_t kt_verify_records(kt_verification_t *v);
/* The log: numbers, leaves, tiles, frontier. */
kt_status_t kt_verify_log(kt_verification_t *v);
/* The tables against the write sets. */
kt_status_t kt_verify_tables(kt_verification_t *v);

#endif
