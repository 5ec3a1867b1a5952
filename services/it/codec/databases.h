/* databases.h: messages of Databases to what the domain works with, and back. */
#ifndef IT_CODEC_DATABASES_H
#define IT_CODEC_DATABASES_H

#include "domain/databases.h"

#include <kantor/it/v1/databases.kt.h>
#include <kt/fields.h>

/* How far ahead of the department's clock a report's may be. */
#define IT_SAMPLE_AHEAD_US INT64_C(300000000)
/* Each has up to 64 tables. */
#define IT_PROOFS_PAGE_MAX 100

/* Of RegisterDatabase and UpdateDatabase; MESSAGE may be NULL, which is refused. */
kt_status_t
it_database_from_pb(kt_call_t *call, const it_database_t *message, it_database_record_t *draft);
kt_status_t it_sample_from_pb(kt_call_t *call, const it_report_sample_request_t *request,
                              it_sample_record_t *sample);
kt_status_t it_backup_from_pb(kt_call_t *call, const it_report_backup_request_t *request,
                              it_backup_record_t *draft);
kt_status_t it_proof_from_pb(kt_call_t *call, const it_report_restore_proof_request_t *request,
                             it_proof_record_t *draft);
/* A page of what belongs to DATABASE. */
kt_status_t it_database_page_from_pb(kt_call_t *call, const char *database, int32_t size,
                                     const char *token, kt_span_t *name, kt_list_page_t *page);

/* LAST may be NULL. */
kt_status_t
it_database_to_pb(kt_call_t *call, const it_database_record_t *database,
                  const it_sample_record_t *last, int64_t bytes_per_day, it_database_t *response);

#endif
