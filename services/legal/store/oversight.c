#include "store/oversight.h"

#include "domain/reason.h"
#include "store/tables.h"

#include <kt/event.h>

kt_status_t
legal_store_find_report(const kt_call_t *call, kt_span_t period, legal_report_record_t *report,
                        bool *found)
{
    kt_key_t key;
    kt_layout_clear(&legal_report_layout, report);
    KT_TRY(kt_row_get(call, LEGAL_TABLE_REPORT, kt_key_of_name(&key, period), &legal_report_layout,
                      report, found));
    report->period = period;
    return kt_ok();
}

kt_status_t
legal_store_load_report(const kt_call_t *call, kt_span_t period, legal_report_record_t *report)
{
    bool found;
    KT_TRY(legal_store_find_report(call, period, report, &found));
    return found ? kt_ok()
                 : kt_error(KT_NOT_FOUND, LEGAL_REPORT_UNKNOWN, "no report was made of that month");
}

kt_status_t
legal_store_apply_report(kt_call_t *call, const legal_report_record_t *report)
{
    kt_key_t key;
    kt_event_value_t value = {.name = kt_span_str("state"),
                              .value = kt_span_str(legal_report_machine.states[report->state])};
    KT_TRY(kt_row_put(call, LEGAL_TABLE_REPORT, kt_key_of_name(&key, report->period),
                      &legal_report_layout, report));
    return kt_event_emit(call, "report.state", report->period, &value, 1);
}

static bool
read_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);
    ((legal_report_record_t *)row)->period = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_list_reports(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page)
{
    kt_key_t all;
    return kt_rows_page(call, LEGAL_TABLE_REPORT, kt_key(&all), from, size, &legal_report_layout,
                        read_key, page);
}

/* ---- counting ---- */

#define SCRATCH_FIRST 16384
#define SCRATCH_LIMIT (1u << 20)
#define ROWS_UNASKED  64

typedef struct counting {
    const kt_call_t *call;
    legal_tally_t *tally;
    kt_arena_t *scratch; /* of one record */
} counting_t;

typedef kt_status_t (*count_row_t)(const counting_t *counting, kt_span_t value);

static kt_status_t
corrupt(const char *text)
{
    return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT, text);
}

/* The value of that name, or an empty one. */
static kt_span_t
value_of(const kt_event_t *event, const char *name)
{
    const kt_event_value_t *values = (const kt_event_value_t *)event->values.items;
    for (uint32_t i = 0; i < event->values.count; i++)
        if (kt_span_equal(values[i].name, kt_span_str(name)))
            return values[i].value;
    return kt_span(NULL, 0);
}

static int64_t
number_of(const kt_event_t *event, const char *name)
{
    kt_span_t text = value_of(event, name);
    int64_t number = 0;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] >= '0' && text.data[i] <= '9')
            number = number * 10 + (text.data[i] - '0');
    return number;
}

static kt_status_t
count_event(const counting_t *counting, kt_span_t value)
{
    kt_event_t event = {0};
    if (!kt_layout_get(counting->scratch, value, &kt_event_layout, &event))
        return corrupt("an event cannot be read: run kantor verify");
    if (kt_span_equal(event.type, kt_span_str("contract.gate")))
        legal_tally_gate(counting->tally, event.time_us);
    if (kt_span_equal(event.type, kt_span_str("contract.state")))
        legal_tally_step(counting->tally,
                         &(legal_stepped_t){.time_us = event.time_us,
                                            .from = value_of(&event, "from"),
                                            .state = value_of(&event, "state"),
                                            .since_us = number_of(&event, "since_us"),
                                            .drafted_us = number_of(&event, "drafted_us")});
    return kt_ok();
}

static kt_status_t
count_refusal(const counting_t *counting, kt_span_t value)
{
    kt_refusal_t refusal = {0};
    if (!kt_layout_get(counting->scratch, value, &kt_refusal_layout, &refusal))
        return corrupt("a refusal cannot be read: run kantor verify");
    legal_tally_refusal(counting->tally, refusal.time_us, refusal.command);
    return kt_ok();
}

/* Every record of a table, in memory one at a time. */
static kt_status_t
count_table(const counting_t *counting, uint32_t table, count_row_t count_row)
{
    KT_CLEANUP(kt_kv_cursor_close) kt_cursor_t *cursor = NULL;
    kt_span_t key, value;
    KT_TRY(kt_kv_cursor(counting->call->txn, table, &cursor));
    for (uint32_t i = 1;; i++) {
        kt_status_t status = kt_cursor_next(cursor, &key, &value);
        if (status.code == KT_NOT_FOUND)
            return kt_ok();
        KT_TRY(status);
        if (i % ROWS_UNASKED == 0 && kt_call_over(counting->call))
            return kt_error(KT_CANCELLED, 0, "the caller went away");
        kt_arena_reset(counting->scratch);
        KT_TRY(count_row(counting, value));
    }
}

kt_status_t
legal_store_count_month(const kt_call_t *call, int64_t from_us, int64_t to_us,
                        legal_figures_t *figures)
{
    legal_tally_t tally;
    KT_CLEANUP(kt_arena_destroy)
    kt_arena_t *scratch = kt_arena_new(SCRATCH_FIRST, SCRATCH_LIMIT);
    if (!scratch)
        return kt_call_out_of_memory(call);
    counting_t counting = {.call = call, .tally = &tally, .scratch = scratch};
    legal_tally_begin(&tally, call->arena, from_us, to_us);
    KT_TRY(count_table(&counting, LEGAL_TABLE_SHARED + KT_SHARED_EVENT, count_event));
    KT_TRY(count_table(&counting, LEGAL_TABLE_SHARED + KT_SHARED_REFUSAL, count_refusal));
    *figures = legal_tally_end(&tally);
    return tally.failed ? kt_call_out_of_memory(call) : kt_ok();
}
