/*
 * shape.h: fields that many requests have. Each is refused with INVALID_ARGUMENT BAD_FIELD under
 * the name FIELD; what is made borrows from TEXT, which is never NULL.
 */
#ifndef IT_SHAPE_H
#define IT_SHAPE_H

#include "domain/limits.h"

#include <kt/fields.h>

/* A NAME of at most IT_NAME_BYTES_MAX. */
kt_status_t it_shape_name(kt_call_t *call, const char *text, const char *field, kt_span_t *name);
/* The same, or empty. */
kt_status_t
it_shape_maybe_name(kt_call_t *call, const char *text, const char *field, kt_span_t *name);
/* At most BYTES_MAX bytes. */
kt_status_t it_shape_text(kt_call_t *call, const char *text, size_t bytes_max, const char *field,
                          kt_span_t *span);
/* "2026-11-28"; empty: TODAY. */
kt_status_t
it_shape_date(kt_call_t *call, const char *text, int32_t today, const char *field, int32_t *days);
/* An instant, 0: now; up to ten years ahead. */
kt_status_t it_shape_instant(kt_call_t *call, int64_t at_us, const char *field, int64_t *us);

#endif
