/*
 * verify_affairs.h: computes anew what is derived beside the ledger: which reservations expire
 * when, lists of them, and the sums that budgets keep.
 *
 * Needs memory for each budget and headcount.
 */
#ifndef FIN_VERIFY_AFFAIRS_H
#define FIN_VERIFY_AFFAIRS_H

#include "store/verify.h"

/* The status is about the work itself: findings are no failure. */
kt_status_t fin_store_verify_affairs(kt_txn_t *txn, const fin_verify_sink_t *sink);

#endif
