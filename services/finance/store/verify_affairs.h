/*
 * verify_affairs.h: computes anew what is derived beside the ledger: which reservations expire
 * when, lists, what is due, and the sums that budgets, headcounts, schedules and reservations keep.
 *
 * Needs memory for each budget, headcount and reservation that schedules draw on.
 */
#ifndef FIN_VERIFY_AFFAIRS_H
#define FIN_VERIFY_AFFAIRS_H

#include "store/verify.h"

/* The status is about the work itself: findings are no failure. */
kt_status_t fin_store_verify_affairs(kt_txn_t *txn, const fin_verify_sink_t *sink);

#endif
