#include "store/mark.h"

static const kt_field_t MARK[] = {KT_F_TIME(it_mark_t, since_us, 0)};
const kt_layout_t it_mark_layout = KT_LAYOUT("mark", it_mark_t, MARK);

kt_status_t
it_mark_put(const kt_call_t *call, uint32_t table, const kt_key_t *key)
{
    return kt_row_put(call, table, key, &it_mark_layout, &(it_mark_t){.since_us = call->now_us});
}

kt_span_t
it_store_new_name(kt_call_t *call)
{
    char text[KT_ULID_CHARS + 1];
    kt_ulid_t id = kt_call_new_id(call);
    kt_ulid_format(&id, text);
    for (char *c = text; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    const char *copy = kt_arena_strdup(call->arena, text);
    return kt_span(copy, copy ? KT_ULID_CHARS : 0);
}
