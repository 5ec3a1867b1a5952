/*
 * amounts.h: what stands on accounts, added up by commodity.
 *
 * Amounts are ordered by the commodity's number; what is added joins what is there. They are in the
 * call's arena. Statuses are those of lookup.h; OUT_OF_RANGE with AMOUNT_OVERFLOW for a sum past 64
 * bits, CANCELLED when nobody waits any more.
 */
#ifndef FIN_AMOUNTS_H
#define FIN_AMOUNTS_H

#include "domain/accounts.h"
#include "store/lookup.h"
#include "store/scan.h"

typedef struct fin_amount {
    uint32_t commodity;
    fin_turnover_t turnover;
} fin_amount_t;

typedef struct fin_amounts {
    fin_amount_t *items;
    uint32_t count;
    uint32_t capacity;
} fin_amounts_t;

/* Adds to INTO what was posted over all dates: one record a commodity. */
kt_status_t
fin_store_add_posted(const kt_call_t *call, uint64_t part, uint32_t account, fin_amounts_t *into);
/* Adds to INTO what was posted until the end of the day AT: one record a commodity and month. */
kt_status_t fin_store_add_posted_at(const kt_call_t *call, uint64_t part, uint32_t account,
                                    int32_t at, fin_amounts_t *into);
/* Adds to INTO what the holds that are active now would add to each side. */
kt_status_t
fin_store_add_held(const kt_call_t *call, uint64_t part, uint32_t account, fin_amounts_t *into);

/* The turnover of one account and commodity until the end of the day AT. */
kt_status_t fin_store_turnover_at(const kt_call_t *call, uint64_t part, uint32_t account,
                                  uint32_t commodity, int32_t at, fin_turnover_t *turnover);

/* Gives each its symbol and scale, and puts them in the order of their symbols. */
kt_status_t fin_store_name_standings(const kt_call_t *call, uint64_t part,
                                     fin_standing_t *standings, uint32_t count);

/* OUT_OF_RANGE with AMOUNT_OVERFLOW. */
kt_status_t fin_store_overflow(const kt_call_t *call);

#endif
