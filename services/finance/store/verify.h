/*
 * verify.h: computes the derived tables anew from the facts and the entries, and names what
 * differs.
 *
 * Every entry balances per commodity, its number follows the one before, its fiscal year is that of
 * its date, a reversal mirrors what it reverses; anchors, series, sources and reversals are those
 * of the entries. Every day of every balance is walked back through its lines: they are of that
 * account, commodity and day, add up to what the day says, and together are all lines there are.
 * Totals are the sums of their months. Numbers lead to the names that have them, and active holds
 * stand on both of their accounts.
 *
 * Needs memory for each book and fiscal year and for the largest entry, not for the number of
 * entries. Reads the entries about twice.
 */
#ifndef FIN_VERIFY_H
#define FIN_VERIFY_H

#include <kt/journal.h>

/* Where findings go, and who hears how far it is. */
typedef struct fin_verify_sink {
    kt_finding_fn_t report;
    kt_verify_progress_t progress; /* false: give up (CANCELLED) */
    void *context;
} fin_verify_sink_t;

/* The status is about the work itself: findings are no failure. */
kt_status_t fin_store_verify(kt_txn_t *txn, const fin_verify_sink_t *sink);

#endif
