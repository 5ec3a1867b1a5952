#include "domain/allowance.h"

static const kt_field_t FIELDS[] = {
    KT_F_I64(fin_allowance_t, limit, 0, INT64_MAX, KT_OUTPUT),
    KT_F_I64(fin_allowance_t, reserved, 0, INT64_MAX, KT_OUTPUT),
    KT_F_I64(fin_allowance_t, committed, 0, INT64_MAX, KT_OUTPUT),
    KT_F_I64(fin_allowance_t, used, 0, INT64_MAX, KT_OUTPUT),
    KT_F_U32(fin_allowance_t, active, 0, FIN_RESERVATIONS_ACTIVE_MAX, KT_OUTPUT),
    KT_F_TIME(fin_allowance_t, seen_us, KT_OUTPUT),
};
const kt_layout_t fin_allowance_layout = KT_LAYOUT("allowance", fin_allowance_t, FIELDS);

void
fin_allowance_advance(fin_allowance_t *allowance, const fin_lapsed_t *lapsed, int64_t now_us)
{
    allowance->reserved -= lapsed->amount;
    allowance->active -= lapsed->count;
    allowance->seen_us = fin_allowance_time(allowance, now_us);
}

void
fin_allowance_reserve(fin_allowance_t *allowance, int64_t amount)
{
    KT_ASSERT(amount > 0 && amount <= fin_allowance_free(allowance));
    allowance->reserved += amount;
    allowance->active++;
}

void
fin_allowance_unreserve(fin_allowance_t *allowance, int64_t amount)
{
    KT_ASSERT(allowance->active > 0 && amount <= allowance->reserved);
    allowance->reserved -= amount;
    allowance->active--;
}
