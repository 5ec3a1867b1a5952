/* databases.h: databases, samples, backups and restore proofs in the store. */
#ifndef IT_STORE_DATABASES_H
#define IT_STORE_DATABASES_H

#include "domain/databases.h"

#include <kt/rows.h>

kt_status_t
it_store_load_register(const kt_call_t *call, kt_span_t database, bool *there, uint32_t *databases);
kt_status_t it_store_put_database(const kt_call_t *call, const it_database_record_t *database);
/* Tells the others when a break is over. */
kt_status_t
it_store_apply_update_database(kt_call_t *call, const it_database_record_t *database, bool kept);
kt_status_t it_store_load_database(const kt_call_t *call, kt_span_t name,
                                   it_database_record_t *database, bool *there);
/* NOT_FOUND with DATABASE_UNKNOWN. */
kt_status_t
it_store_need_database(const kt_call_t *call, kt_span_t name, it_database_record_t *database);
kt_status_t
it_store_list_databases(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page);

/* The newest sample, NULL for none, and the growth that leads to it. */
kt_status_t it_store_load_growth(const kt_call_t *call, kt_span_t database,
                                 const it_sample_record_t **last, int64_t *bytes_per_day);
kt_status_t
it_store_load_sample(const kt_call_t *call, kt_span_t database, it_sample_facts_t *facts);
/* The last sample of a day takes its place; what is too old goes. */
kt_status_t it_store_apply_sample(const kt_call_t *call, const it_sample_record_t *sample);
kt_status_t it_store_list_samples(const kt_call_t *call, kt_span_t database, kt_span_t from,
                                  uint32_t size, kt_row_page_t *page);

kt_status_t it_store_load_backup(const kt_call_t *call, const it_backup_record_t *draft,
                                 it_backup_facts_t *facts);
/* Tells the others when a break is over. */
kt_status_t it_store_apply_backup(kt_call_t *call, const it_backup_effects_t *fx);
kt_status_t it_store_list_backups(const kt_call_t *call, kt_span_t database, kt_span_t from,
                                  uint32_t size, kt_row_page_t *page);

kt_status_t it_store_load_named_backup(const kt_call_t *call, kt_span_t database, kt_span_t name,
                                       it_backup_record_t *backup, bool *there);
kt_status_t
it_store_load_proof(const kt_call_t *call, const it_proof_record_t *draft, it_proof_facts_t *facts);
kt_status_t it_store_apply_proof(kt_call_t *call, const it_proof_effects_t *fx);
/* With their tables. */
kt_status_t it_store_list_proofs(const kt_call_t *call, kt_span_t database, kt_span_t from,
                                 uint32_t size, kt_row_page_t *page);

/* Opens the ticket of a break, which DATABASE then names, and tells the others. */
kt_status_t it_store_apply_break(kt_call_t *call, it_database_record_t *database);

#endif
