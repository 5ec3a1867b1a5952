/*
 * records.h: the values of finance's tables.
 *
 * Each fin_put_ writes a record through a kt_writer whose buffer has FIN_RECORD_BYTES_MAX; a record
 * whose parts keep their limits (domain/types.h) always fits. Each fin_get_ reads one back, borrows
 * texts from VALUE, leaves alone what the key says (id, part, path, symbol, month, sequence), and
 * is false for bytes that no fin_put_ writes.
 */
#ifndef FIN_RECORDS_H
#define FIN_RECORDS_H

#include "domain/types.h"

#include <kt/pack.h>

/* What the store holds well (DESIGN section 6); longer things come in chunks. */
#define FIN_RECORD_BYTES_MAX 1900

void fin_put_book(kt_writer_t *w, const fin_book_record_t *book);
bool fin_get_book(kt_span_t value, fin_book_record_t *book);

void fin_put_account(kt_writer_t *w, const fin_account_record_t *account);
bool fin_get_account(kt_span_t value, fin_account_record_t *account);

/* commodity: number and scale, by symbol. commodity_number: scale and symbol, by number. */
void fin_put_commodity(kt_writer_t *w, const fin_commodity_record_t *commodity);
bool fin_get_commodity(kt_span_t value, fin_commodity_record_t *commodity);
void fin_put_commodity_number(kt_writer_t *w, const fin_commodity_record_t *commodity);
bool fin_get_commodity_number(kt_span_t value, fin_commodity_record_t *commodity);

void fin_put_period(kt_writer_t *w, const fin_period_record_t *period);
bool fin_get_period(kt_span_t value, fin_period_record_t *period);

void fin_put_hold(kt_writer_t *w, const fin_hold_record_t *hold);
bool fin_get_hold(kt_span_t value, fin_hold_record_t *hold);

/* hold_account: what is left of an active hold, with the sign it would have on the account. */
void fin_put_held(kt_writer_t *w, int64_t amount_minor);
bool fin_get_held(kt_span_t value, int64_t *amount_minor);

/* organization, anchor, reversal: one number. */
void fin_put_number(kt_writer_t *w, uint64_t number);
bool fin_get_number(kt_span_t value, uint64_t *number);

/* The newest entry of a book and fiscal year. */
typedef struct fin_series_record {
    uint64_t number;
    uint64_t sequence;
} fin_series_record_t;

void fin_put_series(kt_writer_t *w, const fin_series_record_t *series);
bool fin_get_series(kt_span_t value, fin_series_record_t *series);

/* The entry that a source reference names, and what it was drafted as (fin_draft_digest). */
typedef struct fin_source_record {
    uint64_t sequence;
    uint64_t digest;
} fin_source_record_t;

void fin_put_source(kt_writer_t *w, const fin_source_record_t *source);
bool fin_get_source(kt_span_t value, fin_source_record_t *source);

/* A balance record: a total, then COUNT days, each once, in order; its numbers are varints. The
 * newest month of an account and commodity has the total of all its months, the others zero. DAYS
 * has room for fin_days_in(value) of them. */
#define FIN_DAY_BYTES_MIN 4
#define FIN_BALANCE_BYTES_MAX                                                                      \
    (2 * KT_VARINT_BYTES_MAX + FIN_DAYS_MAX * (1 + 3 * KT_VARINT_BYTES_MAX))
static inline uint32_t
fin_days_in(kt_span_t value)
{
    return KT_MIN((uint32_t)(value.size / FIN_DAY_BYTES_MIN) + 1, (uint32_t)FIN_DAYS_MAX);
}
void fin_put_total(kt_writer_t *w, const fin_turnover_t *total);
void fin_put_day(kt_writer_t *w, const fin_day_record_t *day);
bool fin_get_days(kt_span_t value, fin_day_record_t *days, uint32_t *count);
/* The total alone; the days are not looked at. */
bool fin_get_total(kt_span_t value, fin_turnover_t *total);

/* The first chunk of an entry begins with the entry, then come lines; further chunks hold lines
 * alone. fin_put_lines writes as many of LINES as FIN_RECORD_BYTES_MAX and FIN_CHUNK_LINES_MAX
 * allow, at least one, and returns how many. */
#define FIN_CHUNK_LINES_MAX 60
void fin_put_entry(kt_writer_t *w, const fin_entry_record_t *entry);
uint32_t fin_put_lines(kt_writer_t *w, const fin_line_record_t *lines, uint32_t count);
/* These read from where the reader stands; check kt_reader_done after the last line. */
bool fin_get_entry(kt_reader_t *r, fin_entry_record_t *entry);
bool fin_get_line(kt_reader_t *r, fin_line_record_t *line);

#endif
