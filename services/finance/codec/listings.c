#include "codec/listings.h"

#include "domain/allowance.h"
#include "domain/types.h"

kt_status_t
fin_listing_from_pb(kt_call_t *call, int32_t size, const char *token, const char *const *fields,
                    uint32_t fields_count, fin_listing_t *listing)
{
    kt_list_page_t page;
    KT_TRY(kt_page_from_pb(call, size, token, fields, fields_count, &page));
    *listing = (fin_listing_t){.size = page.size, .query = page.query, .place = page.place};
    return kt_ok();
}

kt_status_t
fin_listing_to_pb(kt_call_t *call, const fin_listing_t *listing, char **token)
{
    kt_list_page_t page = {.size = listing->size, .query = listing->query, .place = listing->place};
    return kt_page_to_pb(call, &page, listing->next, token);
}

int32_t
fin_today(const kt_call_t *call)
{
    return (int32_t)(call->now_us / KT_US_PER_DAY);
}

kt_status_t
fin_check_past(kt_call_t *call, int32_t days, const char *field)
{
    if (days <= fin_today(call) + 1)
        return kt_ok();
    return kt_call_bad_field(call, "is in the future", "%s", field);
}

kt_status_t
fin_check_expiry(kt_call_t *call, int64_t expires_us)
{
    if (expires_us > call->now_us &&
        expires_us - call->now_us <= FIN_RESERVATION_DAYS_MAX * KT_US_PER_DAY)
        return kt_ok();
    return kt_call_bad_field(call, "is not in the future, at most 366 days ahead", "expires_us");
}

kt_status_t
fin_name_from_pb(kt_call_t *call, const char *text, const char *field, kt_span_t *name)
{
    *name = kt_span_str(text);
    const char *wrong = kt_wrong_name(*name, FIN_ID_BYTES_MAX);
    if (name->size == 0)
        wrong = "is missing";
    else if (name->size > FIN_ID_BYTES_MAX)
        wrong = "has more than 63 bytes";
    return wrong ? kt_call_bad_field(call, wrong, "%s", field) : kt_ok();
}
