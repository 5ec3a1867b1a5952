/* seats_check.h: what must hold of seats in the store as it stands. */
#ifndef IT_STORE_SEATS_CHECK_H
#define IT_STORE_SEATS_CHECK_H

#include "store/walk.h"

/* Every licence counts its rows of seats, has no more than it bought, and each row stands under its
 * employee as well; no employee's row stands alone. */
kt_status_t it_store_check_seats(kt_txn_t *txn, const it_check_sink_t *sink);

#endif
