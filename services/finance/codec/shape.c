#include "codec/shape.h"

kt_status_t
fin_shape_text(kt_call_t *call, const char *text, size_t bytes_max, const char *field,
               kt_span_t *span)
{
    *span = kt_span_str(text);
    if (span->size <= bytes_max)
        return kt_ok();
    return kt_call_bad_field(call, kt_arena_printf(call->arena, "at most %zu bytes", bytes_max),
                             "%s", field);
}

kt_status_t
fin_shape_name(kt_call_t *call, const char *text, size_t bytes_max, const char *field,
               kt_span_t *span)
{
    *span = kt_span_str(text);
    if (span->size >= 1 && span->size <= bytes_max)
        return kt_ok();
    return kt_call_bad_field(call, kt_arena_printf(call->arena, "1 to %zu bytes", bytes_max), "%s",
                             field);
}

kt_status_t
fin_shape_book(kt_call_t *call, const char *text, const char *field, kt_span_t *book)
{
    return fin_shape_name(call, text, FIN_ID_BYTES_MAX, field, book);
}

kt_status_t
fin_shape_date(kt_call_t *call, const char *text, const char *field, int32_t *days)
{
    kt_date_t date;
    if (!kt_date_parse(kt_span_str(text), &date))
        return kt_call_bad_field(call, "a date such as 2026-11-23", "%s", field);
    *days = kt_days_from_date(date);
    return kt_ok();
}

kt_status_t
fin_shape_id(kt_call_t *call, const char *text, const char *field, kt_ulid_t *id)
{
    if (!kt_ulid_parse(kt_span_str(text), id))
        return kt_call_bad_field(call, "an id as it was given: 26 characters", "%s", field);
    return kt_ok();
}
