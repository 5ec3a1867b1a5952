/*
 * fields.h: what the messages of Books and of Ledger's reads share: names, texts of answers.
 *
 * Each fin_wrong_ gives NULL for a field that is right, else what is wrong with it, in words
 * (static); FIN_CHECK turns that into INVALID_ARGUMENT with BAD_FIELD under the field's name, which
 * is only written out when it is needed.
 */
#ifndef FIN_FIELDS_H
#define FIN_FIELDS_H

#include "domain/types.h"

#include <kt/fields.h>
#include <kt/pack.h>

#define FIN_CHECK(call, wrong, ...)                                                                \
    do {                                                                                           \
        const char *fin_wrong_ = (wrong);                                                          \
        if (fin_wrong_)                                                                            \
            return kt_call_bad_field((call), fin_wrong_, __VA_ARGS__);                             \
    } while (0)

/* [a-z0-9][a-z0-9._-]{0,62}: of a book or an organisation. */
const char *fin_wrong_id(kt_span_t text);
/* 1..32 bytes of UTF-8 without control characters. */
const char *fin_wrong_symbol(kt_span_t text);
/* "2026-11"; MONTH as kt_month_of. */
const char *fin_wrong_month(kt_span_t text, int32_t *month);
/* ---- answers ---- */

/* A copy of TEXT for a message, in the call's arena. When the arena is used up it is NULL, and
 * fin_pb_done says so: fill the message first, ask once. */
char *fin_pb_text(const kt_call_t *call, kt_span_t text);
char *fin_pb_date(const kt_call_t *call, int32_t days);
char *fin_pb_month(const kt_call_t *call, int32_t month);
/* The name of an entry; empty for number 0. */
char *fin_pb_entry(const kt_call_t *call, int32_t year, uint64_t number);
/* The token of the page that begins at PLACE. */
char *fin_pb_token(const kt_call_t *call, const kt_list_page_t *page, kt_span_t place);
kt_status_t fin_pb_done(const kt_call_t *call);

#endif
