#include "domain/maintenance.h"

#include "domain/reason.h"

#define TEXT(span) (int)(span).size, (const char *)(span).data

static const kt_field_t fields[] = {
    KT_F_NAME(it_window_record_t, maintenance, IT_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_NAME(it_window_record_t, target, IT_NAME_BYTES_MAX, 0),
    KT_F_NAME(it_window_record_t, site, IT_NAME_BYTES_MAX, 0),
    KT_F_I64(it_window_record_t, from_us, 0, INT64_MAX, 0),
    KT_F_I64(it_window_record_t, until_us, 0, INT64_MAX, 0),
    KT_F_TEXT(it_window_record_t, why, IT_TITLE_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(it_window_record_t, placed_by, IT_WHO_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(it_window_record_t, placed_us, KT_OUTPUT),
    KT_F_TEXT(it_window_record_t, ended_by, IT_WHO_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t it_window_layout = KT_LAYOUT("maintenance", it_window_record_t, fields);

kt_status_t
it_decide_place_window(kt_arena_t *arena, const it_window_facts_t *facts, kt_span_t id,
                       kt_span_t by, int64_t now_us, it_window_record_t *draft)
{
    bool of_target = draft->target.size > 0;
    kt_span_t name = of_target ? draft->target : draft->site;
    if (!facts->there)
        return kt_error(KT_NOT_FOUND, of_target ? IT_TARGET_UNKNOWN : IT_SITE_UNKNOWN,
                        kt_arena_printf(arena, "there is no %s %.*s", of_target ? "target" : "site",
                                        TEXT(name)));
    if (facts->ahead >= IT_WINDOWS_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, IT_TOO_MANY_WINDOWS,
                        kt_arena_printf(arena, "%.*s has %u windows that are not over", TEXT(name),
                                        (unsigned)facts->ahead));
    draft->maintenance = id;
    draft->placed_by = by;
    draft->placed_us = now_us;
    return kt_ok();
}

bool
it_decide_end_window(kt_span_t by, int64_t now_us, it_window_record_t *window)
{
    if (window->until_us <= now_us || window->ended_by.size > 0)
        return false;
    window->until_us = KT_MAX(now_us, window->from_us);
    window->ended_by = by;
    return true;
}
