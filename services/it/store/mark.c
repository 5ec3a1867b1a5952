#include "store/mark.h"

static const kt_field_t MARK[] = {KT_F_TIME(it_mark_t, since_us, 0)};
const kt_layout_t it_mark_layout = KT_LAYOUT("mark", it_mark_t, MARK);

kt_status_t
it_mark_put(const kt_call_t *call, uint32_t table, const kt_key_t *key)
{
    return kt_row_put(call, table, key, &it_mark_layout, &(it_mark_t){.since_us = call->now_us});
}
