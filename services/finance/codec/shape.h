/*
 * shape.h: fields that many requests have. Each is refused with INVALID_ARGUMENT BAD_FIELD under
 * the name FIELD; what is made borrows from TEXT, which is never NULL.
 */
#ifndef FIN_SHAPE_H
#define FIN_SHAPE_H

#include "domain/types.h"

#include <kt/call.h>

/* A book's id, as far as looking it up asks: 1 to FIN_ID_BYTES_MAX bytes. */
kt_status_t fin_shape_book(kt_call_t *call, const char *text, const char *field, kt_span_t *book);
/* At most BYTES_MAX bytes. */
kt_status_t fin_shape_text(kt_call_t *call, const char *text, size_t bytes_max, const char *field,
                           kt_span_t *span);
/* 1 to BYTES_MAX bytes: an account's path or a commodity, to be looked up. */
kt_status_t fin_shape_name(kt_call_t *call, const char *text, size_t bytes_max, const char *field,
                           kt_span_t *span);
/* "2026-11-23", to days. */
kt_status_t fin_shape_date(kt_call_t *call, const char *text, const char *field, int32_t *days);
/* A ULID or a UUID. */
kt_status_t fin_shape_id(kt_call_t *call, const char *text, const char *field, kt_ulid_t *id);

#endif
