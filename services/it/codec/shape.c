#include "codec/shape.h"

#include <kt/time.h>

#define AHEAD_US (3653 * KT_US_PER_DAY)

kt_status_t
it_shape_name(kt_call_t *call, const char *text, const char *field, kt_span_t *name)
{
    *name = kt_span_str(text);
    const char *wrong = kt_wrong_name(*name, IT_NAME_BYTES_MAX);
    return wrong ? kt_call_bad_field(call, wrong, "%s", field) : kt_ok();
}

kt_status_t
it_shape_maybe_name(kt_call_t *call, const char *text, const char *field, kt_span_t *name)
{
    *name = kt_span(NULL, 0);
    return text[0] ? it_shape_name(call, text, field, name) : kt_ok();
}

kt_status_t
it_shape_text(kt_call_t *call, const char *text, size_t bytes_max, const char *field,
              kt_span_t *span)
{
    *span = kt_span_str(text);
    const char *wrong = kt_wrong_text(*span, bytes_max);
    return wrong ? kt_call_bad_field(call, wrong, "%s", field) : kt_ok();
}

kt_status_t
it_shape_date(kt_call_t *call, const char *text, int32_t today, const char *field, int32_t *days)
{
    kt_date_t date;
    *days = today;
    if (!text[0])
        return kt_ok();
    if (!kt_date_parse(kt_span_str(text), &date))
        return kt_call_bad_field(call, "is no date such as 2026-11-28", "%s", field);
    *days = kt_days_from_date(date);
    return kt_ok();
}

kt_status_t
it_shape_instant(kt_call_t *call, int64_t at_us, const char *field, int64_t *us)
{
    *us = at_us == 0 ? call->now_us : at_us;
    if (*us < 0 || *us > call->now_us + AHEAD_US)
        return kt_call_bad_field(call, "is before 1970 or more than ten years ahead", "%s", field);
    return kt_ok();
}
