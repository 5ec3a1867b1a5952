/* kantor.events.v1.Feed: what happened here, for the others; and what happened there, taken. */
#include "cursor.h"
#include "lives.h"
#include "shell.h"
#include "witness.h"

#include <kantor/events/v1/events.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/event.h>
#include <kt/fields.h>
#include <kt/rows.h>
#include <kt/time.h>

#define TYPES_MAX       16
#define READ_MAX        500
#define READ_USUAL      100
#define READ_WAIT_MS    30000
#define STEP_EVENTS_MAX 1000 /* passed over in one step for those of other types */

static kt_shell_t *
shell_of(const kt_call_t *call)
{
    return (kt_shell_t *)call->service;
}

/* ---- reading the table: u64 sequence -> the layout ---- */

static uint32_t
table_of(const kt_call_t *call)
{
    return call->shared_first + KT_SHARED_EVENT;
}

static bool
read_key(kt_span_t key, void *event)
{
    kt_reader_t r = kt_reader(key);

    ((kt_event_t *)event)->sequence = kt_get_u64(&r);
    return kt_reader_done(&r);
}

/* 0: there is none. */
static kt_status_t
last_sequence(const kt_call_t *call, uint64_t *last)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    kt_event_t event = {0};
    kt_key_t all;

    KT_TRY(kt_rows_begin_last(&rows, call, table_of(call), kt_key(&all)));
    if (kt_rows_next(&rows, NULL, NULL))
        (void)read_key(rows.key, &event);
    *last = event.sequence;
    return rows.status;
}

/* Where a reader begins: FROM, 0 meaning 1, at most one past the end. */
static kt_status_t
check_from(const kt_call_t *call, uint64_t from, uint64_t *first, uint64_t *last)
{
    KT_TRY(last_sequence(call, last));
    *first = KT_MAX(from, UINT64_C(1));
    return *first - 1 <= *last ? kt_ok()
                               : kt_error(KT_OUT_OF_RANGE, 0,
                                          "from_sequence is more than one past the newest event");
}

/* ---- Subscribe ---- */

typedef struct subscription {
    uint64_t next;
    kt_span_t types[TYPES_MAX];
    uint32_t types_count;
} subscription_t;

static kt_status_t
take_types(kt_call_t *call, const events_subscribe_request_t *request, subscription_t *to)
{
    if (request->n_types > TYPES_MAX)
        return kt_call_bad_field(call, "has more than 16", "types");
    for (size_t i = 0; i < request->n_types; i++) {
        kt_span_t type = kt_span_str(request->types[i]);
        const char *wrong = kt_wrong_name(type, KT_EVENT_TYPE_BYTES_MAX);
        char *copy;

        if (wrong)
            return kt_call_bad_field(call, wrong, "types[%zu]", i);
        copy = kt_arena_copy(call->stream_arena, type);
        if (!copy)
            return kt_call_out_of_memory(call);
        to->types[to->types_count++] = kt_span(copy, type.size);
    }
    return kt_ok();
}

static kt_status_t
subscribe_take(kt_call_t *call, const events_subscribe_request_t *request)
{
    subscription_t *to;
    uint64_t last;

    if (!request)
        return kt_ok();
    call->state = to = KT_ARENA_NEW(call->stream_arena, subscription_t);
    if (!to)
        return kt_call_out_of_memory(call);
    KT_TRY(take_types(call, request, to));
    return check_from(call, request->from_sequence, &to->next, &last);
}

static bool
is_wanted(const subscription_t *to, const kt_event_t *event)
{
    for (uint32_t i = 0; i < to->types_count; i++)
        if (kt_span_equal(to->types[i], event->type))
            return true;
    return to->types_count == 0;
}

/* The next event that is wanted; GIVEN tells whether there is one now. */
static kt_status_t
find_next(kt_call_t *call, kt_event_t *event, kt_give_t *given)
{
    subscription_t *to = (subscription_t *)call->state;
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    kt_key_t all, from;
    uint32_t passed = 0;

    (void)kt_key_u64(kt_key(&from), to->next);
    KT_TRY(kt_rows_begin_at(&rows, call, table_of(call), kt_key(&all), kt_key_span(&from)));
    while (passed < STEP_EVENTS_MAX && kt_rows_next(&rows, &kt_event_layout, event)) {
        passed++;
        (void)read_key(rows.key, event);
        to->next = event->sequence + 1;
        if (is_wanted(to, event)) {
            *given = KT_GIVE_MESSAGE;
            return kt_ok();
        }
    }
    KT_TRY(rows.status);
    *given = KT_GIVE_WAIT;
    return kt_call_await(call, KT_NEWS_EVENT, passed == STEP_EVENTS_MAX ? 1 : KT_CALL_AGAIN_MS_MAX);
}

static kt_status_t
subscribe_give(kt_call_t *call, events_event_t *response, kt_give_t *given)
{
    kt_event_t event;

    KT_TRY(find_next(call, &event, given));
    return *given == KT_GIVE_MESSAGE
               ? kt_fields_to_pb(call, &kt_event_layout, &event, &response->base)
               : kt_ok();
}

/* ---- ReadEvents ---- */

static kt_status_t
read_all(kt_call_t *call, uint64_t first, uint32_t max, events_read_events_response_t *response)
{
    kt_row_page_t page;
    kt_key_t all, from;

    (void)kt_key_u64(kt_key(&from), first);
    KT_TRY(kt_rows_page(call, table_of(call), kt_key(&all), kt_key_span(&from), max,
                        &kt_event_layout, read_key, &page));
    return kt_fields_list_to_pb(call, &kt_event_layout, page.rows, page.count,
                                &events_event_descriptor, &response->n_events,
                                (void ***)&response->events);
}

static kt_status_t
put_head(kt_call_t *call, events_read_events_response_t *response)
{
    kt_hash_t root;

    KT_TRY(kt_journal_head(call->txn, &response->journal_size, &root));
    return kt_bytes_to_pb(call, kt_span(root.bytes, sizeof(root.bytes)), &response->journal_root);
}

/* Milliseconds that the call has yet to wait for news: it may be here for the second time. */
static uint32_t
left_ms(const kt_call_t *call, uint32_t wait_ms)
{
    int64_t waited_ms = (kt_clock_wall_us() - call->now_us) / KT_US_PER_MS;

    return waited_ms < 0 || waited_ms >= wait_ms ? 0 : wait_ms - (uint32_t)waited_ms;
}

/* That the journal begins with the one that the caller has seen. */
static kt_status_t
check_seen(kt_call_t *call, const events_read_events_request_t *request)
{
    kt_hash_t root;
    kt_status_t status = kt_journal_root(call->txn, request->journal_size, &root);

    if (kt_failed(status) && status.code != KT_OUT_OF_RANGE)
        return status;
    if (!kt_failed(status) &&
        memcmp(root.bytes, request->journal_root.data, sizeof(root.bytes)) == 0)
        return kt_ok();
    return kt_error(KT_FAILED_PRECONDITION, RPC_REASON_HISTORY_DIFFERS,
                    "the journal is not the one that was seen: an older copy of the store runs; "
                    "put a backup back with kantor restore, which begins another epoch");
}

/* What the caller says that it knows. OTHER: of another life than the store is in. */
static kt_status_t
check_history(kt_call_t *call, const events_read_events_request_t *request, bool *other)
{
    const kt_ulid_t *life = &shell_of(call)->life.life;

    *other = false;
    if (request->life.len != 0 && request->life.len != KT_ULID_BYTES)
        return kt_call_bad_field(call, "must have 16 bytes, or none", "life");
    if (request->journal_size > 0 && request->journal_root.len != KT_SHA256_BYTES)
        return kt_call_bad_field(call, "must have 32 bytes", "journal_root");
    *other = request->life.len > 0 && memcmp(request->life.data, life->bytes, KT_ULID_BYTES) != 0;
    /* While it waits, the journal only grows. */
    return *other || request->journal_size == 0 || call->runs > 0 ? kt_ok()
                                                                  : check_seen(call, request);
}

static kt_status_t
read_events(kt_call_t *call, const events_read_events_request_t *request,
            events_read_events_response_t *response)
{
    uint32_t max = request->max == 0 ? READ_USUAL : request->max;
    uint32_t wait_ms = left_ms(call, request->wait_ms);
    bool is_other;
    uint64_t first;

    if (max > READ_MAX)
        return kt_call_bad_field(call, "must be at most 500", "max");
    if (request->wait_ms > READ_WAIT_MS)
        return kt_call_bad_field(call, "must be at most 30,000", "wait_ms");
    KT_TRY(check_history(call, request, &is_other));
    KT_TRY(kt_life_id_to_pb(call, &shell_of(call)->life.life, &response->life));
    if (is_other) {
        KT_TRY(kt_lives_to_pb(call, false, &response->n_lives, &response->lives));
        return put_head(call, response);
    }
    KT_TRY(check_from(call, request->from_sequence, &first, &response->last_sequence));
    if (first > response->last_sequence && wait_ms > 0)
        return kt_call_await(call, KT_NEWS_EVENT, wait_ms);
    KT_TRY(read_all(call, first, max, response));
    return put_head(call, response);
}

/* ---- TakeEvents ---- */

static bool
is_followed(const kt_service_t *service, const char *department)
{
    for (uint32_t i = 0; i < service->follows_count; i++)
        if (strcmp(service->follows[i], department) == 0)
            return true;
    return false;
}

static kt_status_t
check_take(kt_call_t *call, const events_take_events_request_t *request)
{
    const kt_service_t *service = shell_of(call)->service;

    if (strcmp(call->principal, service->name) != 0)
        return kt_error(KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING,
                        "a department takes events by its own call alone");
    if (!is_followed(service, request->department))
        return kt_call_bad_field(call, "is none that this department follows", "department");
    if (request->n_lives > KT_LIVES_MAX)
        return kt_call_bad_field(call, "has more than 256", "lives");
    if (request->n_lives > 0 ? request->n_events != 0
                             : request->n_events == 0 || request->n_events > READ_MAX)
        return kt_call_bad_field(call, "must have 1 to 500, or none with lives", "events");
    if (request->life.len != 0 && request->life.len != KT_ULID_BYTES)
        return kt_call_bad_field(call, "must have 16 bytes, or none", "life");
    if (request->journal_root.len != 0 && request->journal_root.len != KT_SHA256_BYTES)
        return kt_call_bad_field(call, "must have 32 bytes, or none", "journal_root");
    return kt_ok();
}

/* The events in order, and that they go on where the last ones ended. */
static kt_status_t
check_events(kt_call_t *call, const events_take_events_request_t *request, uint64_t taken,
             kt_event_t *events)
{
    uint64_t first = request->events[0]->sequence;

    for (uint32_t i = 0; i < request->n_events; i++) {
        const char *prefix = kt_arena_printf(call->arena, "events[%u].", i);
        KT_TRY(kt_fields_from_pb(call, &kt_event_layout, &request->events[i]->base, prefix,
                                 &events[i]));
        if (events[i].sequence != first + i)
            return kt_call_bad_field(call, "does not follow the one before", "events[%u].sequence",
                                     i);
    }
    if (first - 1 > taken)
        return kt_error(KT_FAILED_PRECONDITION, 0,
                        kt_arena_printf(call->arena, "the next event to be taken is %llu",
                                        (unsigned long long)taken + 1));
    return kt_ok();
}

static kt_status_t
take_all(kt_call_t *call, const char *department, const kt_event_t *events, size_t count,
         events_take_events_response_t *response)
{
    kt_shell_t *shell = shell_of(call);
    kt_status_t status = kt_ok();

    /* The department's code finds its own state there, as in its handlers. */
    call->service = shell->state;
    for (size_t i = 0; i < count && !kt_failed(status); i++) {
        if (events[i].sequence <= response->taken_sequence)
            continue;
        status = shell->service->take ? shell->service->take(call, department, &events[i])
                                      : kt_ok();
        response->taken_sequence = events[i].sequence;
        response->taken++;
    }
    call->service = shell;
    return status;
}

/* The events are of the life that is followed, or of a department that does not tell. */
static kt_status_t
check_life(const events_take_events_request_t *request, const kt_cursor_now_t *cursor)
{
    const kt_taken_t *followed = kt_cursor_life(cursor);

    if (request->life.len == 0 || !followed ||
        memcmp(request->life.data, followed->life.bytes, KT_ULID_BYTES) == 0)
        return kt_ok();
    return kt_error(KT_FAILED_PRECONDITION, RPC_REASON_HISTORY_DIFFERS,
                    "the events are of another life than the one that is followed");
}

/* The journal that the events came from is as good a witness as one that comes with a call. */
static kt_status_t
keep_witness(kt_call_t *call, const events_take_events_request_t *request,
             const kt_cursor_now_t *cursor)
{
    const kt_taken_t *life = kt_cursor_life(cursor);
    kt_witness_t witness = {
        .size = request->journal_size, .epoch = (uint64_t)life->epoch, .life = life->life};

    if (witness.size == 0 || request->journal_root.len == 0)
        return kt_ok();
    memcpy(witness.root.bytes, request->journal_root.data, sizeof(witness.root.bytes));
    return kt_witness_keep(call, kt_span_str(request->department), &witness);
}

static kt_status_t
keep_taken(kt_call_t *call, const events_take_events_request_t *request, kt_cursor_now_t *cursor,
           uint64_t sequence)
{
    uint64_t size = request->journal_root.len > 0 ? request->journal_size : 0;
    kt_hash_t root = {{0}};

    if (size > 0)
        memcpy(root.bytes, request->journal_root.data, sizeof(root.bytes));
    return kt_cursor_take(call, kt_span_str(request->department), cursor, sequence, size, &root);
}

static kt_status_t
take_these(kt_call_t *call, const events_take_events_request_t *request, kt_cursor_now_t *cursor,
           events_take_events_response_t *response)
{
    kt_event_t *events = KT_ARENA_ARRAY(call->arena, kt_event_t, request->n_events);

    if (!events)
        return kt_call_out_of_memory(call);
    KT_TRY(check_life(request, cursor));
    KT_TRY(check_events(call, request, response->taken_sequence, events));
    KT_TRY(take_all(call, request->department, events, request->n_events, response));
    if (response->taken == 0)
        return kt_ok();
    KT_TRY(keep_taken(call, request, cursor, response->taken_sequence));
    return keep_witness(call, request, cursor);
}

/* ---- TakeEvents, of a department that was put back ---- */

static kt_status_t
lives_from_pb(kt_call_t *call, const events_take_events_request_t *request, kt_life_t **lives)
{
    kt_life_t *made = KT_ARENA_ARRAY(call->arena, kt_life_t, request->n_lives);

    if (!made)
        return kt_call_out_of_memory(call);
    for (size_t i = 0; i < request->n_lives; i++) {
        const store_life_t *life = request->lives[i];

        if (life->life.len != KT_ULID_BYTES)
            return kt_call_bad_field(call, "must have 16 bytes", "lives[%zu].life", i);
        made[i] = (kt_life_t){.epoch = life->epoch,
                              .began_us = life->began_us,
                              .events = life->last_sequence,
                              .by = kt_span_str(life->by),
                              .from = kt_span_str(life->from)};
        memcpy(made[i].life.bytes, life->life.data, KT_ULID_BYTES);
    }
    *lives = made;
    return kt_ok();
}

/* A variable holds no control characters. */
static kt_span_t
readable(kt_span_t text)
{
    return kt_wrong_text(text, KT_LIFE_TEXT_BYTES_MAX) ? kt_span_str("?") : text;
}

static kt_span_t
number(const kt_call_t *call, uint64_t value)
{
    return kt_span_str(kt_arena_printf(call->arena, "%llu", (unsigned long long)value));
}

/* People have to look: what was done for these events stands, and the department knows nothing of
 * them. */
static kt_status_t
raise_lost(kt_call_t *call, const char *department, const kt_life_t *life,
           const kt_events_lost_t *lost)
{
    const kt_variable_t variables[] = {
        {kt_span_str("department"), kt_span_str(department)},
        {kt_span_str("lost"), number(call, lost->events)},
        {kt_span_str("first"), number(call, lost->first)},
        {kt_span_str("last"), number(call, lost->last)},
        {kt_span_str("epoch"), number(call, life->epoch)},
        {kt_span_str("put_back_us"), number(call, (uint64_t)life->began_us)},
        {kt_span_str("by"), readable(life->by)},
        {kt_span_str("from"), readable(life->from)},
    };
    const char *subject = kt_arena_printf(call->arena,
                                          "%s was put back: %llu events are lost there", department,
                                          (unsigned long long)lost->events);
    const char *text = kt_arena_printf(
        call->arena,
        "%s was put back and has no more events %llu to %llu of the time before, which were taken "
        "here: what was done for them stands; compare, and settle it",
        department, (unsigned long long)lost->first, (unsigned long long)lost->last);
    kt_ulid_t id = kt_call_new_id(call);

    if (!subject || !text || kt_arena_exhausted(call->arena))
        return kt_call_out_of_memory(call);
    return kt_process_raise(call, &kt_process_events_lost, &id, kt_span_str(subject), variables,
                            KT_COUNT(variables), kt_span_str(text));
}

static kt_status_t
take_lives(kt_call_t *call, const events_take_events_request_t *request, kt_cursor_now_t *cursor,
           events_take_events_response_t *response)
{
    kt_events_lost_t lost;
    kt_life_t *lives = NULL;

    KT_TRY(lives_from_pb(call, request, &lives));
    KT_TRY(kt_cursor_adopt(call, kt_span_str(request->department), cursor, lives,
                           (uint32_t)request->n_lives, &lost));
    response->taken_sequence = kt_cursor_sequence(cursor);
    response->lost = lost.events;
    return lost.events > 0
               ? raise_lost(call, request->department, &lives[request->n_lives - 1], &lost)
               : kt_ok();
}

static kt_status_t
take_events(kt_call_t *call, const events_take_events_request_t *request,
            events_take_events_response_t *response)
{
    kt_cursor_now_t cursor;

    KT_TRY(check_take(call, request));
    KT_TRY(kt_cursor_load(call, kt_span_str(request->department), &cursor));
    response->taken_sequence = kt_cursor_sequence(&cursor);
    return request->n_lives > 0 ? take_lives(call, request, &cursor, response)
                                : take_these(call, request, &cursor, response);
}

kt_binding_t
kt_feed_binding(void)
{
    static const events_feed_handlers_t handlers = {
        .subscribe_take = subscribe_take,
        .subscribe_give = subscribe_give,
        .read_events = read_events,
        .take_events = take_events,
    };

    return events_feed_bind(&handlers);
}
