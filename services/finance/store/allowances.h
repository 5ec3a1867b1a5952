/*
 * allowances.h: which reservations of an allowance expire when. One table for budgets and
 * headcounts: what has expired by a time is a range at its allowance's beginning.
 */
#ifndef FIN_STORE_ALLOWANCES_H
#define FIN_STORE_ALLOWANCES_H

#include "domain/allowance.h"

#include <kt/rows.h>

/* What leads a key of the table `expiry`. */
typedef enum fin_scarce { FIN_SCARCE_BUDGET = 1, FIN_SCARCE_HEADCOUNT = 2 } fin_scarce_t;

/* An allowance by its kind and its own key; borrowed. */
typedef struct fin_allowance_key {
    fin_scarce_t kind;
    const kt_key_t *key;
} fin_allowance_key_t;

typedef struct fin_expired_key {
    kt_span_t key; /* of `expiry`, in the arena */
    struct fin_expired_key *next;
} fin_expired_key_t;

typedef struct fin_expired {
    fin_lapsed_t lapsed;
    fin_expired_key_t *keys;
} fin_expired_t;

/* What ALLOWANCE counts and has expired at the time of the call. */
kt_status_t fin_store_load_expired(const kt_call_t *call, const fin_allowance_key_t *of,
                                   const fin_allowance_t *allowance, fin_expired_t *expired);
/* After fin_allowance_advance: they are not counted any more. */
kt_status_t fin_store_apply_expired(const kt_call_t *call, const fin_expired_t *expired);

typedef struct fin_expiry {
    kt_span_t reservation;
    int64_t expires_us;
    int64_t amount;
} fin_expiry_t;
/* Has the reservation counted until it expires, or (ACTIVE false) no longer. */
kt_status_t fin_store_put_expiry(const kt_call_t *call, const fin_allowance_key_t *of,
                                 const fin_expiry_t *expiry, bool active);
/* For verification: the table's key and value of that. */
kt_key_t *fin_expiry_key(kt_key_t *key, const fin_allowance_key_t *of, const fin_expiry_t *expiry);
extern const kt_layout_t fin_expiry_layout;

#endif
