#include "codec/single.h"

#include "domain/policies.h"

kt_status_t
legal_name_from_pb(kt_call_t *call, const char *text, const char *field, kt_span_t *name)
{
    const char *wrong = kt_wrong_name(kt_span_str(text), LEGAL_NAME_BYTES_MAX);

    if (wrong)
        return kt_call_bad_field(call, wrong, "%s", field);
    *name = kt_span_str(text);
    return kt_ok();
}

kt_status_t
legal_date_from_pb(kt_call_t *call, const char *text, const char *field, int32_t *date)
{
    kt_date_t parsed;

    *date = legal_day_of(call->now_us);
    if (text[0] == '\0')
        return kt_ok();
    if (!kt_date_parse(kt_span_str(text), &parsed))
        return kt_call_bad_field(call, "is no date such as 2026-11-28", "%s", field);
    *date = kt_days_from_date(parsed);
    return kt_ok();
}

kt_status_t
legal_past_from_pb(kt_call_t *call, const char *text, const char *field, int32_t *date)
{
    KT_TRY(legal_date_from_pb(call, text, field, date));
    /* Days begin earlier in the east than in UTC. */
    if (*date > legal_day_of(call->now_us) + 1)
        return kt_call_bad_field(call, "lies ahead", "%s", field);
    return kt_ok();
}

kt_status_t
legal_name_or_new(kt_call_t *call, kt_span_t given, kt_span_t *name)
{
    *name = given.size > 0 ? given : kt_call_new_name(call);
    return name->size > 0 ? kt_ok() : kt_call_out_of_memory(call);
}

kt_status_t
legal_text_from_pb(kt_call_t *call, const char *text, size_t bytes_max, const char *field,
                   kt_span_t *out)
{
    const char *wrong = text[0] == '\0' ? "is missing"
                                        : kt_wrong_text(kt_span_str(text), bytes_max);

    if (wrong)
        return kt_call_bad_field(call, wrong, "%s", field);
    *out = kt_span_str(text);
    return kt_ok();
}
