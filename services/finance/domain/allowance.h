/*
 * allowance.h: something scarce that is reserved, committed and used: a budget, a headcount.
 *
 * Reservations expire by time alone, so what they hold is dropped when the allowance is next
 * touched: the store finds what expired since (fin_lapsed_t), and every decision begins with
 * fin_allowance_advance. Nothing has to run when a reservation expires.
 */
#ifndef FIN_ALLOWANCE_H
#define FIN_ALLOWANCE_H

#include <kt/layout.h>

/* Active reservations of one allowance: as many as a call may have to drop. */
#define FIN_RESERVATIONS_ACTIVE_MAX 10000
#define FIN_RESERVATION_DAYS_MAX    366

/* None is negative, and used + committed + reserved <= limit, always. */
typedef struct fin_allowance {
    int64_t limit;
    int64_t reserved; /* by reservations that had not expired at `seen_us` */
    int64_t committed;
    int64_t used;
    uint32_t active; /* how many reservations make up `reserved` */
    int64_t seen_us; /* the latest time it was changed at */
} fin_allowance_t;

extern const kt_layout_t fin_allowance_layout;

/* Reservations that an allowance counts and that have expired. */
typedef struct fin_lapsed {
    int64_t amount;
    uint32_t count;
} fin_lapsed_t;

static inline int64_t
fin_allowance_free(const fin_allowance_t *allowance)
{
    return allowance->limit - allowance->reserved - allowance->committed - allowance->used;
}

/* The time that counts: it never runs backwards for one allowance, so that what was dropped stays
 * expired whatever the clock does. */
static inline int64_t
fin_allowance_time(const fin_allowance_t *allowance, int64_t now_us)
{
    return allowance->seen_us > now_us ? allowance->seen_us : now_us;
}

/* Drops LAPSED, which is all that had expired at fin_allowance_time. */
void fin_allowance_advance(fin_allowance_t *allowance, const fin_lapsed_t *lapsed, int64_t now_us);

/* A reservation of AMOUNT comes, and goes. */
void fin_allowance_reserve(fin_allowance_t *allowance, int64_t amount);
void fin_allowance_unreserve(fin_allowance_t *allowance, int64_t amount);

#endif
