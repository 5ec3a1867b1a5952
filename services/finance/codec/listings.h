/* listings.h: pages of listings, and dates and times that several requests have. */
#ifndef FIN_CODEC_LISTINGS_H
#define FIN_CODEC_LISTINGS_H

#include "domain/listing.h"

#include <kt/fields.h>

/* FIELDS as for kt_page_from_pb. */
kt_status_t
fin_listing_from_pb(kt_call_t *call, int32_t size, const char *token, const char *const *fields,
                    uint32_t fields_count, fin_listing_t *listing);
kt_status_t fin_listing_to_pb(kt_call_t *call, const fin_listing_t *listing, char **token);

/* Today at the time of the call (UTC). */
int32_t fin_today(const kt_call_t *call);
/* Refuses a day after tomorrow: dates are local, and no place is more than 14 hours ahead of UTC.
 */
kt_status_t fin_check_past(kt_call_t *call, int32_t days, const char *field);
/* Refuses a time that is not in the future, or more than 366 days ahead. */
kt_status_t fin_check_expiry(kt_call_t *call, int64_t expires_us);
/* A name that is looked up: 1..63 of [a-z0-9._-]. */
kt_status_t fin_name_from_pb(kt_call_t *call, const char *text, const char *field, kt_span_t *name);

#endif
