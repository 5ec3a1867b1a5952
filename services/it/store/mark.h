/* mark.h: rows of an index, whose keys say all. */
#ifndef IT_MARK_H
#define IT_MARK_H

#include <kt/rows.h>

typedef struct it_mark {
    int64_t since_us;
} it_mark_t;

extern const kt_layout_t it_mark_layout;

kt_status_t it_mark_put(const kt_call_t *call, uint32_t table, const kt_key_t *key);

#endif
