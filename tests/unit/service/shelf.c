#include "shelf.h"

#include <kt/event.h>
#include <kt/fields.h>
#include <kt/rows.h>

/* ---- layouts ---- */

static const kt_field_t line_fields[] = {
    KT_F_TEXT(shelf_line_record_t, label, 10, KT_REQUIRED),
    KT_F_U32(shelf_line_record_t, weight, 0, 1000, 0),
    KT_F_DATE(shelf_line_record_t, day, 0),
};
const kt_layout_t shelf_line_layout = KT_LAYOUT("line", shelf_line_record_t, line_fields);

static const kt_field_t box_fields[] = {
    KT_F_NAME(shelf_box_record_t, box, 63, KT_REQUIRED | KT_KEYED),
    KT_F_TEXT(shelf_box_record_t, text, 1900, 0),
    KT_F_ID(shelf_box_record_t, id, 0),
    KT_F_HASH(shelf_box_record_t, hash, 0),
    KT_F_BOOL(shelf_box_record_t, flag, 0),
    KT_F_ENUM(shelf_box_record_t, colour, SHELF_COLOUR_BLUE, 0),
    KT_F_U32(shelf_box_record_t, count, 0, UINT32_MAX, 0),
    KT_F_U32(shelf_box_record_t, small, 0, 100, 0),
    KT_F_I64(shelf_box_record_t, amount, -10, INT64_C(1000000000000), 0),
    KT_F_I64(shelf_box_record_t, large, 0, INT64_MAX, 0),
    KT_F_TIME(shelf_box_record_t, delta, 0),
    KT_F_DATE(shelf_box_record_t, day, 0),
    KT_F_LIST(shelf_box_record_t, lines, &shelf_line_layout, 3, 0),
    KT_F_NAMES(shelf_box_record_t, names, 8, 3, 0),
    KT_F_PART(shelf_box_record_t, part, &shelf_line_layout, 0),
    KT_F_I64(shelf_box_record_t, maybe, INT64_MIN, INT64_MAX, 0),
    KT_F_TIME(shelf_box_record_t, made_us, KT_OUTPUT),
    KT_F_ENUM(shelf_box_record_t, state, SHELF_STATE_OPEN, KT_OUTPUT),
    KT_F_TIME(shelf_box_record_t, of_the_record_only, 0),
};
const kt_layout_t shelf_box_layout = KT_LAYOUT("box", shelf_box_record_t, box_fields);

/* ---- the transition table ---- */

enum { COMMAND_OPEN };
enum { GUARD_FLAG };

static const char *const states[] = {"UNSPECIFIED", "SHUT", "OPEN"};
static const char *const commands[] = {"open"};
static const char *const guards[] = {"the flag is up"};
static const kt_transition_t transitions[] = {
    {SHELF_STATE_UNSPECIFIED, COMMAND_OPEN, GUARD_FLAG, SHELF_STATE_SHUT, "nobody"},
    {SHELF_STATE_SHUT, COMMAND_OPEN, GUARD_FLAG, SHELF_STATE_OPEN, "shelf.clerk"},
    {SHELF_STATE_SHUT, COMMAND_OPEN, KT_UNGUARDED, SHELF_STATE_OPEN, "ceo"},
};
static const kt_machine_t machine = {
    .name = "shelf.box",
    .states = states,
    .commands = commands,
    .guards = guards,
    .states_count = KT_COUNT(states),
    .commands_count = KT_COUNT(commands),
    .guards_count = KT_COUNT(guards),
    .rows = transitions,
    .rows_count = KT_COUNT(transitions),
};

/* ---- the store ---- */

static const kt_table_t tables[] = {
    KT_SYSTEM_TABLES,
    KT_SHARED_TABLES(SHELF_TABLE_SHARED),
    [SHELF_TABLE_BOX] = {"box", KT_TABLE_FACT},
};

static kt_key_t *
key_of(kt_key_t *key, kt_span_t box)
{
    return kt_key_name(kt_key(key), box);
}

static bool
read_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);
    ((shelf_box_record_t *)row)->box = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

static kt_status_t
load(kt_call_t *call, const char *name, shelf_box_record_t *box)
{
    kt_key_t key;
    bool found;
    box->box = kt_span_str(name);
    KT_TRY(
        kt_row_get(call, SHELF_TABLE_BOX, key_of(&key, box->box), &shelf_box_layout, box, &found));
    return found ? kt_ok() : kt_error(KT_NOT_FOUND, 0, "there is no such box");
}

static kt_status_t
put(kt_call_t *call, const shelf_box_record_t *box)
{
    kt_key_t key;
    return kt_row_put(call, SHELF_TABLE_BOX, key_of(&key, box->box), &shelf_box_layout, box);
}

/* ---- handlers ---- */

static kt_status_t
put_box(kt_call_t *call, const shelf_put_box_request_t *request, shelf_box_t *response)
{
    shelf_box_record_t box = {0};
    const kt_event_value_t values[] = {{kt_span_str("colour"), kt_span_str("blue")}};
    KT_TRY(kt_fields_from_pb(call, &shelf_box_layout, (const ProtobufCMessage *)request->box,
                             "box.", &box));
    box.made_us = call->now_us;
    box.state = SHELF_STATE_SHUT;
    KT_TRY(kt_fields_to_pb(call, &shelf_box_layout, &box, &response->base));
    KT_TRY(kt_row_fits(call, &shelf_box_layout, &box));
    KT_TRY(kt_event_emit(call, "box.put", box.box, values, 1));
    return put(call, &box);
}

static kt_status_t
open_box(kt_call_t *call, const shelf_box_request_t *request, shelf_box_t *response)
{
    shelf_box_record_t box;
    const kt_transition_t *row;
    KT_TRY(load(call, request->box, &box));
    const kt_machine_ask_t ask = {.state = box.state,
                                  .command = COMMAND_OPEN,
                                  .roles = call->roles,
                                  .roles_count = call->roles_count,
                                  .holds = box.flag ? 1u << GUARD_FLAG : 0};
    if (kt_machine_ask(&machine, &ask, &row) != KT_STEP_TAKEN)
        return kt_call_refuse(call, SHELF_REASON_WRONG_STATE, "the box does not open",
                              kt_arena_printf(call->arena, "box %s", request->box),
                              states[box.state], commands[COMMAND_OPEN]);
    box.state = row->next;
    KT_TRY(kt_fields_to_pb(call, &shelf_box_layout, &box, &response->base));
    return put(call, &box);
}

static kt_status_t
break_box(kt_call_t *call, const shelf_box_request_t *request, shelf_box_t *response)
{
    shelf_box_record_t box;
    (void)response;
    KT_TRY(load(call, request->box, &box));
    KT_TRY(put(call, &box));
    return kt_call_refuse(call, SHELF_REASON_WRONG_STATE, "too late", "box", NULL, "break");
}

static kt_status_t
get_box(kt_call_t *call, const shelf_box_request_t *request, shelf_box_t *response)
{
    shelf_box_record_t box;
    KT_TRY(load(call, request->box, &box));
    return kt_fields_to_pb(call, &shelf_box_layout, &box, &response->base);
}

static kt_status_t
list_boxes(kt_call_t *call, const shelf_list_boxes_request_t *request,
           shelf_list_boxes_response_t *response)
{
    const char *fields[] = {request->prefix};
    kt_list_page_t page;
    kt_row_page_t rows;
    kt_key_t prefix;
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, 1, &page));
    (void)kt_key_bytes(kt_key(&prefix), request->prefix, strlen(request->prefix));
    KT_TRY(kt_rows_page(call, SHELF_TABLE_BOX, &prefix, page.place, page.size, &shelf_box_layout,
                        read_key, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &shelf_box_layout, rows.rows, rows.count,
                                &shelf_box_descriptor, &response->n_boxes,
                                (void ***)&response->boxes));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- all of it ---- */

/* Others' boxes are put on the shelf as well, by their names. */
static kt_status_t
take(kt_call_t *call, const char *department, const kt_event_t *event)
{
    shelf_box_record_t box;
    if (!kt_span_equal(event->type, kt_span_str("box.sent")))
        return kt_ok();
    kt_layout_clear(&shelf_box_layout, &box);
    box.box = event->subject;
    box.text = kt_span_str(department);
    box.state = SHELF_STATE_SHUT;
    return put(call, &box);
}

const kt_service_t *
shelf_service(void)
{
    static const shelf_shelf_handlers_t handlers = {
        .put_box = put_box,
        .open_box = open_box,
        .break_box = break_box,
        .get_box = get_box,
        .list_boxes = list_boxes,
    };
    static const kt_machine_t *const machines[] = {&machine};
    static const char *const follows[] = {"other"};
    static kt_binding_t binding;
    static const kt_service_t service = {
        .name = "shelf",
        .version = "1",
        .bindings = &binding,
        .bindings_count = 1,
        .tables = tables,
        .tables_count = KT_COUNT(tables),
        .shared_first = SHELF_TABLE_SHARED,
        .format = 1,
        .machines = machines,
        .machines_count = 1,
        .follows = follows,
        .follows_count = 1,
        .take = take,
    };
    binding = shelf_shelf_bind(&handlers);
    return &service;
}
