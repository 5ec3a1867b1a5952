#include <kt/event.h>

#include <kt/journal.h>
#include <kt/rows.h>

static const kt_field_t value_fields[] = {
    KT_F_NAME(kt_event_value_t, name, 32, KT_REQUIRED),
    KT_F_TEXT(kt_event_value_t, value, KT_EVENT_VALUE_BYTES_MAX, 0),
};
static const kt_layout_t value_layout = KT_LAYOUT("event value", kt_event_value_t, value_fields);

static const kt_field_t event_fields[] = {
    KT_F_I64(kt_event_t, sequence, 1, INT64_MAX, KT_KEYED),
    KT_F_TIME(kt_event_t, time_us, 0),
    KT_F_NAME(kt_event_t, type, KT_EVENT_TYPE_BYTES_MAX, 0),
    KT_F_TEXT(kt_event_t, subject, KT_EVENT_SUBJECT_BYTES_MAX, 0),
    KT_F_LIST(kt_event_t, values, &value_layout, KT_EVENT_VALUES_MAX, 0),
};
const kt_layout_t kt_event_layout = KT_LAYOUT("event", kt_event_t, event_fields);

static const kt_field_t refusal_fields[] = {
    KT_F_ID(kt_refusal_t, key, KT_KEYED),
    KT_F_TIME(kt_refusal_t, time_us, 0),
    KT_F_TEXT(kt_refusal_t, principal, KT_REFUSAL_PERSON_BYTES_MAX, 0),
    KT_F_TEXT(kt_refusal_t, on_behalf_of, KT_REFUSAL_PERSON_BYTES_MAX, 0),
    KT_F_TEXT(kt_refusal_t, method, KT_REFUSAL_TEXT_BYTES_MAX, 0),
    KT_F_TEXT(kt_refusal_t, subject, KT_REFUSAL_TEXT_BYTES_MAX, 0),
    KT_F_TEXT(kt_refusal_t, state, KT_REFUSAL_TEXT_BYTES_MAX, 0),
    KT_F_TEXT(kt_refusal_t, command, KT_REFUSAL_TEXT_BYTES_MAX, 0),
    KT_F_U32(kt_refusal_t, reason, 0, UINT32_MAX, 0),
    KT_F_TEXT(kt_refusal_t, text, KT_REFUSAL_TEXT_BYTES_MAX, 0),
};
const kt_layout_t kt_refusal_layout = KT_LAYOUT("refusal", kt_refusal_t, refusal_fields);

/* ---- events ---- */

static kt_status_t
last_sequence(const kt_call_t *call, uint32_t table, uint64_t *last)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    kt_key_t all;
    kt_reader_t r;

    *last = 0;
    KT_TRY(kt_rows_begin_last(&rows, call, table, kt_key(&all)));
    if (!kt_rows_next(&rows, NULL, NULL))
        return rows.status;
    r = kt_reader(rows.key);
    *last = kt_get_u64(&r);
    KT_ASSERT(kt_reader_done(&r));
    return kt_ok();
}

kt_status_t
kt_event_emit(kt_call_t *call, const char *type, kt_span_t subject, const kt_event_value_t *values,
              uint32_t count)
{
    uint32_t table = call->shared_first + KT_SHARED_EVENT;
    kt_event_t event = {
        .time_us = call->now_us,
        .type = kt_span_str(type),
        .subject = subject,
        .values = {.items = (void *)(uintptr_t)values, .count = count},
    };
    kt_key_t key;

    KT_ASSERT(call->shared_first > 0);
    KT_TRY(last_sequence(call, table, &event.sequence));
    event.sequence++;
    KT_TRY(kt_row_append(call, table, kt_key_u64(kt_key(&key), event.sequence), &kt_event_layout,
                         &event));
    call->events++;
    return kt_ok();
}

/* ---- refusals ---- */

/* TEXT as the layout takes it, in the arena: at most MAX bytes of it, cut where a character begins.
 * NULL data when the arena is used up. */
static kt_span_t
tidy(kt_call_t *call, const char *text, size_t max)
{
    kt_span_t given = kt_span_str(text);
    size_t size = KT_MIN(given.size, max);
    char *copy;

    while (size < given.size && size > 0 && (given.data[size] & 0xC0) == 0x80)
        size--;
    copy = kt_arena_copy(call->arena, kt_span(given.data, size));
    for (size_t i = 0; copy && i < size; i++) {
        uint8_t c = (uint8_t)copy[i];

        if (c < 0x20 || c == 0x7F)
            copy[i] = '?';
        if (c == 0xC2 && (uint8_t)copy[i + 1] < 0xA0)
            copy[i] = copy[i + 1] = '?';
    }
    return kt_span(copy, copy ? size : 0);
}

kt_status_t
kt_call_refuse(kt_call_t *call, uint32_t reason, const char *text, const char *subject,
               const char *state, const char *command)
{
    kt_refusal_t *refusal = KT_ARENA_NEW(call->arena, kt_refusal_t);

    if (!refusal)
        return kt_call_out_of_memory(call);
    *refusal = (kt_refusal_t){
        .key = call->key,
        .time_us = call->now_us,
        .principal = tidy(call, call->principal, KT_REFUSAL_PERSON_BYTES_MAX),
        .on_behalf_of = tidy(call, call->on_behalf_of, KT_REFUSAL_PERSON_BYTES_MAX),
        .method = tidy(call, call->method ? call->method->path : NULL, KT_REFUSAL_TEXT_BYTES_MAX),
        .subject = tidy(call, subject, KT_REFUSAL_TEXT_BYTES_MAX),
        .state = tidy(call, state, KT_REFUSAL_TEXT_BYTES_MAX),
        .command = tidy(call, command, KT_REFUSAL_TEXT_BYTES_MAX),
        .reason = reason,
        .text = tidy(call, text, KT_REFUSAL_TEXT_BYTES_MAX),
    };
    if (kt_arena_exhausted(call->arena))
        return kt_call_out_of_memory(call);
    KT_ASSERT(!kt_layout_wrong(&kt_refusal_layout, refusal));
    call->refusal = refusal;
    return kt_error(KT_FAILED_PRECONDITION, reason, text);
}
