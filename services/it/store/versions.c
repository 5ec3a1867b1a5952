/* Calendars and service levels: each version a row, (name, version), newest last. */
#include "store/desk.h"
#include "store/tables.h"

#include <kt/time.h>

static kt_key_t *
version_key(kt_key_t *key, kt_span_t id, uint32_t version)
{
    return kt_key_u32(kt_key_of_name(key, id), version);
}

static uint32_t
version_of(kt_span_t key)
{
    kt_reader_t r = kt_reader(key);
    (void)kt_key_get_name(&r);
    return kt_get_u32(&r);
}

kt_status_t
it_store_last_version(const kt_call_t *call, uint32_t table, kt_span_t id, uint32_t *version)
{
    kt_key_t prefix;
    *version = 0;
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin_last(&rows, call, table, kt_key_of_name(&prefix, id)));
    if (kt_rows_next(&rows, NULL, NULL))
        *version = version_of(rows.key);
    return rows.status;
}

kt_status_t
it_store_load_level(const kt_call_t *call, kt_span_t id, int64_t at_us, it_level_record_t *level,
                    bool *found)
{
    kt_key_t prefix;
    *found = false;
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin_last(&rows, call, IT_TABLE_LEVEL, kt_key_of_name(&prefix, id)));
    while (!*found && kt_rows_next(&rows, &it_level_layout, level)) {
        level->level = id;
        level->version = version_of(rows.key);
        *found = level->set_us <= at_us;
    }
    return rows.status;
}

kt_status_t
it_store_apply_level(const kt_call_t *call, const it_level_record_t *level)
{
    kt_key_t key;
    return kt_row_put(call, IT_TABLE_LEVEL, version_key(&key, level->level, level->version),
                      &it_level_layout, level);
}

/* ---- calendars ---- */

static kt_status_t
load_holidays(const kt_call_t *call, it_calendar_record_t *calendar)
{
    if (calendar->holidays_count == 0)
        return kt_ok();
    it_holiday_record_t *all = KT_ARENA_ARRAY(call->arena, it_holiday_record_t,
                                              calendar->holidays_count);
    if (!all)
        return kt_call_out_of_memory(call);
    uint32_t count = 0;
    it_holidays_row_t row;
    kt_key_t prefix;
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin(&rows, call, IT_TABLE_HOLIDAYS,
                         version_key(&prefix, calendar->calendar, calendar->version)));
    while (kt_rows_next(&rows, &it_holidays_layout, &row))
        for (uint32_t i = 0; i < row.holidays.count && count < calendar->holidays_count; i++)
            all[count++] = ((const it_holiday_record_t *)row.holidays.items)[i];
    calendar->holidays = (kt_list_t){.items = all, .count = count};
    return rows.status;
}

static kt_status_t
find_calendar(const kt_call_t *call, kt_span_t id, int64_t at_us, it_calendar_record_t *calendar,
              bool *found)
{
    kt_key_t prefix;
    *found = false;
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin_last(&rows, call, IT_TABLE_CALENDAR, kt_key_of_name(&prefix, id)));
    while (!*found && kt_rows_next(&rows, &it_calendar_layout, calendar)) {
        calendar->calendar = id;
        calendar->version = version_of(rows.key);
        *found = calendar->set_us <= at_us;
    }
    return rows.status;
}

kt_status_t
it_store_load_calendar(const kt_call_t *call, kt_span_t id, int64_t at_us,
                       it_calendar_record_t *calendar, bool *found)
{
    KT_TRY(find_calendar(call, id, at_us, calendar, found));
    return *found ? load_holidays(call, calendar) : kt_ok();
}

kt_status_t
it_store_apply_calendar(const kt_call_t *call, const it_calendar_record_t *calendar)
{
    kt_key_t key;
    it_holiday_record_t *all = (it_holiday_record_t *)calendar->holidays.items;
    KT_TRY(kt_row_put(call, IT_TABLE_CALENDAR,
                      version_key(&key, calendar->calendar, calendar->version), &it_calendar_layout,
                      calendar));
    uint8_t number = 0;
    for (uint32_t i = 0; i < calendar->holidays.count; i += IT_HOLIDAYS_PER_ROW_MAX) {
        uint32_t left = calendar->holidays.count - i;
        it_holidays_row_t row = {
            .holidays = {.items = &all[i],
                         .count = KT_MIN(left, (uint32_t)IT_HOLIDAYS_PER_ROW_MAX)}};
        version_key(&key, calendar->calendar, calendar->version);
        KT_TRY(kt_row_put(call, IT_TABLE_HOLIDAYS, kt_key_u8(&key, number++), &it_holidays_layout,
                          &row));
    }
    return kt_ok();
}
