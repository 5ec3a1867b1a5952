/* kantor.events.v1.Feed: what happened here, for the others; and what happened there, taken. */
#include "follow.h"
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

static bool
is_leaving(const kt_shell_t *shell)
{
    return atomic_load(&shell->drain_asked) || atomic_load(&shell->failed);
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

    if (is_leaving(shell_of(call)))
        return kt_error(KT_UNAVAILABLE, RPC_REASON_DRAINING,
                        "the instance is shutting down: subscribe again after the last event");
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
    char *copy;

    KT_TRY(kt_journal_head(call->txn, &response->journal_size, &root));
    copy = kt_arena_copy(call->arena, kt_span(root.bytes, sizeof(root.bytes)));
    if (!copy)
        return kt_call_out_of_memory(call);
    response->journal_root = (ProtobufCBinaryData){.data = (uint8_t *)copy,
                                                   .len = sizeof(root.bytes)};
    return kt_ok();
}

/* Milliseconds that the call has yet to wait for news: it may be here for the second time. */
static uint32_t
left_ms(const kt_call_t *call, uint32_t wait_ms)
{
    int64_t waited_ms = (kt_clock_wall_us() - call->now_us) / KT_US_PER_MS;

    return waited_ms < 0 || waited_ms >= wait_ms ? 0 : wait_ms - (uint32_t)waited_ms;
}

static kt_status_t
read_events(kt_call_t *call, const events_read_events_request_t *request,
            events_read_events_response_t *response)
{
    uint32_t max = request->max == 0 ? READ_USUAL : request->max;
    uint32_t wait_ms = left_ms(call, request->wait_ms);
    uint64_t first;

    if (max > READ_MAX)
        return kt_call_bad_field(call, "must be at most 500", "max");
    if (request->wait_ms > READ_WAIT_MS)
        return kt_call_bad_field(call, "must be at most 30,000", "wait_ms");
    KT_TRY(check_from(call, request->from_sequence, &first, &response->last_sequence));
    if (first > response->last_sequence && wait_ms > 0 && !is_leaving(shell_of(call)))
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
    if (request->n_events == 0 || request->n_events > READ_MAX)
        return kt_call_bad_field(call, "must have 1 to 500", "events");
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

/* The journal that the events came from is as good a witness as one that comes with a call. */
static kt_status_t
keep_witness(kt_call_t *call, const events_take_events_request_t *request)
{
    kt_witness_t witness = {.size = request->journal_size};

    if (witness.size == 0 || request->journal_root.len == 0)
        return kt_ok();
    memcpy(witness.root.bytes, request->journal_root.data, sizeof(witness.root.bytes));
    return kt_witness_keep(call, kt_span_str(request->department), &witness);
}

static kt_status_t
take_events(kt_call_t *call, const events_take_events_request_t *request,
            events_take_events_response_t *response)
{
    kt_span_t department = kt_span_str(request->department);
    kt_event_t *events;

    KT_TRY(check_take(call, request));
    KT_TRY(kt_cursor_get(call->txn, call->shared_first, department, &response->taken_sequence));
    events = KT_ARENA_ARRAY(call->arena, kt_event_t, request->n_events);
    if (!events)
        return kt_call_out_of_memory(call);
    KT_TRY(check_events(call, request, response->taken_sequence, events));
    KT_TRY(take_all(call, request->department, events, request->n_events, response));
    if (response->taken == 0)
        return kt_ok();
    KT_TRY(kt_cursor_put(call->txn, call->shared_first, department, response->taken_sequence));
    return keep_witness(call, request);
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
