/* single.h: fields of requests that are no part of a record. All refuse with INVALID_ARGUMENT and
 * the field's name. */
#ifndef LEGAL_CODEC_SINGLE_H
#define LEGAL_CODEC_SINGLE_H

#include <kt/fields.h>

kt_status_t
legal_name_from_pb(kt_call_t *call, const char *text, const char *field, kt_span_t *name);
/* Empty: the call's day. */
kt_status_t legal_date_from_pb(kt_call_t *call, const char *text, const char *field, int32_t *date);
/* The same, and not later than the day after the call's. */
kt_status_t legal_past_from_pb(kt_call_t *call, const char *text, const char *field, int32_t *date);
/* 1..BYTES_MAX bytes of text. */
kt_status_t legal_text_from_pb(kt_call_t *call, const char *text, size_t bytes_max,
                               const char *field, kt_span_t *out);
/* What the caller gave, or an id of the call's as a name. */
kt_status_t legal_name_or_new(kt_call_t *call, kt_span_t given, kt_span_t *name);

#endif
