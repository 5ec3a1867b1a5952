#include "mill.h"

#include <kt/fields.h>
#include <kt/journal.h>
#include <kt/rows.h>

#define DAY_US (INT64_C(86400) * 1000000)

/* ---- the mill ---- */

typedef struct thing {
    kt_span_t thing;
    int64_t amount, until_us;
    uint32_t state;
    kt_list_t tags;
} thing_t;

static const kt_field_t THING_FIELDS[] = {
    KT_F_NAME(thing_t, thing, 63, KT_REQUIRED),
    KT_F_I64(thing_t, amount, 0, MILL_STOCK, 0),
    KT_F_ENUM(thing_t, state, MILL_THING_STATE_GIVEN, KT_OUTPUT),
    KT_F_TIME(thing_t, until_us, 0),
    KT_F_NAMES(thing_t, tags, 32, 8, 0),
};
static const kt_layout_t THING = KT_LAYOUT("thing", thing_t, THING_FIELDS);

enum {
    MILL_TABLE_SHARED = KT_TABLE_FIRST,
    MILL_TABLE_THING = MILL_TABLE_SHARED + KT_SHARED_COUNT,
    MILL_TABLE_STOCK,
    MILL_TABLES,
};
static const kt_table_t mill_tables[MILL_TABLES] = {
    KT_SYSTEM_TABLES,
    KT_SHARED_TABLES(MILL_TABLE_SHARED),
    [MILL_TABLE_THING] = {"thing", KT_TABLE_FACT},
    [MILL_TABLE_STOCK] = {"stock", KT_TABLE_FACT},
};

static kt_status_t
load(kt_call_t *call, const char *name, thing_t *thing, bool *found)
{
    kt_key_t key;

    return kt_row_get(call, MILL_TABLE_THING, kt_key_name(kt_key(&key), kt_span_str(name)), &THING,
                      thing, found);
}

static kt_status_t
save(kt_call_t *call, const thing_t *thing, mill_thing_t *response)
{
    kt_event_value_t state = {
        kt_span_str("state"),
        kt_span_str(thing->state == MILL_THING_STATE_GOOD ? "good" : "other")};
    kt_key_t key;

    KT_TRY(kt_fields_to_pb(call, &THING, thing, &response->base));
    KT_TRY(
        kt_row_put(call, MILL_TABLE_THING, kt_key_name(kt_key(&key), thing->thing), &THING, thing));
    return kt_event_emit(call, "thing.changed", thing->thing, &state, 1);
}

/* What is out, kept as a sum. */
typedef struct stock {
    int64_t taken;
} stock_t;
static const kt_field_t STOCK_FIELDS[] = {KT_F_I64(stock_t, taken, 0, MILL_STOCK, 0)};
static const kt_layout_t STOCK = KT_LAYOUT("stock", stock_t, STOCK_FIELDS);

static kt_status_t
load_stock(kt_call_t *call, stock_t *stock)
{
    kt_key_t key;
    bool found;

    *stock = (stock_t){0};
    return kt_row_get(call, MILL_TABLE_STOCK, kt_key_u8(kt_key(&key), 0), &STOCK, stock, &found);
}

static kt_status_t
save_stock(kt_call_t *call, const stock_t *stock)
{
    kt_key_t key;

    return kt_row_put(call, MILL_TABLE_STOCK, kt_key_u8(kt_key(&key), 0), &STOCK, stock);
}

static kt_status_t
take(kt_call_t *call, const mill_thing_request_t *request, mill_thing_t *response)
{
    thing_t thing = {.state = MILL_THING_STATE_NEW};
    stock_t stock;

    KT_TRY(kt_fields_from_pb(call, &THING, request->thing ? &request->thing->base : NULL, "thing.",
                             &thing));
    KT_TRY(load_stock(call, &stock));
    stock.taken += thing.amount;
    if (stock.taken > MILL_STOCK)
        return kt_call_refuse(call, MILL_REASON_EMPTY, "the stock has not so much left",
                              request->thing->thing, "", "Take");
    KT_TRY(save_stock(call, &stock));
    return save(call, &thing, response);
}

static kt_status_t
change(kt_call_t *call, const char *name, uint32_t state, mill_thing_t *response)
{
    thing_t thing = {0};
    stock_t stock;
    bool found;

    KT_TRY(load_stock(call, &stock));
    KT_TRY(load(call, name, &thing, &found));
    if (!found)
        return kt_error(KT_NOT_FOUND, MILL_REASON_UNKNOWN, "no such thing");
    if (thing.state != MILL_THING_STATE_NEW && thing.state != state &&
        state != MILL_THING_STATE_GIVEN)
        return kt_error(KT_FAILED_PRECONDITION, MILL_REASON_JUDGED, "it was judged");
    if (state == MILL_THING_STATE_GIVEN && thing.state != state) {
        stock.taken -= thing.amount;
        KT_TRY(save_stock(call, &stock));
    }
    thing.state = state;
    return save(call, &thing, response);
}

static kt_status_t
give(kt_call_t *call, const mill_name_request_t *request, mill_thing_t *response)
{
    return change(call, request->thing, MILL_THING_STATE_GIVEN, response);
}

static kt_status_t
judge(kt_call_t *call, const mill_judge_request_t *request, mill_thing_t *response)
{
    return change(call, request->thing, (uint32_t)request->state, response);
}

static kt_status_t
shut(kt_call_t *call, const mill_name_request_t *request, mill_thing_t *response)
{
    return change(call, request->thing, MILL_THING_STATE_SHUT, response);
}

static kt_status_t
look(kt_call_t *call, const mill_name_request_t *request, mill_thing_t *response)
{
    thing_t thing = {0};
    bool found;

    KT_TRY(load(call, request->thing, &thing, &found));
    if (!found)
        return kt_error(KT_NOT_FOUND, MILL_REASON_UNKNOWN, "no such thing");
    return kt_fields_to_pb(call, &THING, &thing, &response->base);
}

static kt_status_t
sweep(kt_call_t *call, const mill_sweep_request_t *request, mill_sweep_response_t *response)
{
    static char *const NEXT[] = {"first", "second", "third"};
    uint32_t room = 0;

    while (room < 2 && strcmp(request->after, "") != 0 && strcmp(NEXT[room++], request->after) != 0)
        continue;
    response->more = room < 2;
    response->after = NEXT[room];
    return kt_event_emit(call, "mill.swept", kt_span_str(NEXT[room]), NULL, 0);
}

const kt_service_t *
mill_service(void)
{
    static const mill_mill_handlers_t HANDLERS = {
        .take = take, .give = give, .look = look, .judge = judge, .shut = shut, .sweep = sweep};
    static kt_binding_t bindings[1];
    static kt_service_t service = {
        .name = "mill",
        .version = "1",
        .bindings = bindings,
        .bindings_count = KT_COUNT(bindings),
        .reasons = &mill_reason_descriptor,
        .reason_domain = "kantor.mill",
        .tables = mill_tables,
        .tables_count = MILL_TABLES,
        .shared_first = MILL_TABLE_SHARED,
        .format = 1,
    };

    bindings[0] = mill_mill_bind(&HANDLERS);
    return &service;
}

/* ---- the shop ---- */

typedef struct note {
    kt_span_t text;
} note_t;
static const kt_field_t NOTE_FIELDS[] = {KT_F_TEXT(note_t, text, 200, 0)};
static const kt_layout_t NOTE = KT_LAYOUT("note", note_t, NOTE_FIELDS);

enum {
    SHOP_TABLE_SHARED = KT_TABLE_FIRST,
    SHOP_TABLE_NOTE = SHOP_TABLE_SHARED + KT_SHARED_COUNT,
    SHOP_TABLES,
};
static const kt_table_t shop_tables[SHOP_TABLES] = {
    KT_SYSTEM_TABLES,
    KT_SHARED_TABLES(SHOP_TABLE_SHARED),
    [SHOP_TABLE_NOTE] = {"note", KT_TABLE_FACT},
};

#define LIST(...)  ((const kt_binding_text_t[]){__VA_ARGS__, {NULL, NULL}})
#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const kt_step_t ORDER_STEPS[] = {
    {.name = "note",
     .what = "The order is noted",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_COMPENSATABLE,
     .run = {"shop", "/kantor.shop.v1.Shop/Note", LIST({"note", "$process"}, {"text", "$order"})},
     .undo = {"shop", "/kantor.shop.v1.Shop/Tear", LIST({"note", "$process"})},
     .deadline_us = DAY_US,
     .owner = "clerk"},
    {.name = "take",
     .what = "Goods are taken",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_COMPENSATABLE,
     .run = {"mill", "/kantor.mill.v1.Mill/Take",
             LIST({"thing.thing", "$process"}, {"thing.amount", "$amount"},
                  {"thing.until_us", "$expires_us"}, {"thing.tags", "a,b"})},
     .keep = LIST({"state", "taken_as"}),
     .undo = {"mill", "/kantor.mill.v1.Mill/Give", LIST({"thing", "$process"})},
     .deadline_us = DAY_US,
     .owner = "clerk",
     .reserves_us = 10 * DAY_US,
     .confirmed_by = "judged"},
    {.name = "judged",
     .what = "The goods are judged",
     .kind = KT_STEP_WAIT,
     .class = KT_STEP_PIVOT,
     .run = {"mill", "/kantor.mill.v1.Mill/Look", LIST({"thing", "$process"})},
     .field = "state",
     .hoped = TEXTS("GOOD"),
     .never = TEXTS("BAD"),
     .door = {"mill", "/kantor.mill.v1.Mill/Shut", LIST({"thing", "$process"})},
     .deadline_us = 2 * DAY_US,
     .owner = "miller"},
    {.name = "keep",
     .what = "The goods are kept",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_RETRIABLE,
     .certain = true,
     .run = {"shop", "/kantor.shop.v1.Shop/Note", LIST({"note", "$order"}, {"text", "$taken_as"})},
     .deadline_us = DAY_US,
     .owner = "clerk"},
    {.name = "later",
     .what = "The day has come",
     .kind = KT_STEP_UNTIL,
     .class = KT_STEP_RETRIABLE,
     .instant = "$at_us",
     .owner = "clerk"},
    {.name = "tell",
     .what = "It is told",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_RETRIABLE,
     .certain = true,
     .run = {"shop", "/kantor.shop.v1.Shop/Note", LIST({"note", "$order"}, {"text", "told"})},
     .deadline_us = DAY_US,
     .owner = "clerk"},
};

const kt_process_table_t shop_order_table = {
    .name = "order",
    .what = "An order of the shop",
    .version = 1,
    .steps = ORDER_STEPS,
    .steps_count = KT_COUNT(ORDER_STEPS),
    .variables = TEXTS("order", "amount", "at_us"),
};

static const kt_process_table_t *const TABLES[] = {&shop_order_table};
static const kt_service_desc_t *const CONTRACTS[] = {&mill_mill_service, &shop_shop_service};
const kt_processes_t shop_processes = {.tables = TABLES,
                                       .tables_count = KT_COUNT(TABLES),
                                       .contracts = CONTRACTS,
                                       .contracts_count = KT_COUNT(CONTRACTS)};

static kt_status_t
order(kt_call_t *call, const shop_order_request_t *request, shop_order_response_t *response)
{
    kt_variable_t variables[] = {
        {kt_span_str("order"), kt_span_str(request->order)},
        {kt_span_str("amount"),
         kt_span_str(kt_arena_printf(call->arena, "%lld", (long long)request->amount))},
        {kt_span_str("at_us"),
         kt_span_str(kt_arena_printf(call->arena, "%lld", (long long)request->at_us))},
    };
    kt_ulid_t id = kt_call_new_id(call);

    response->process = (char *)kt_arena_alloc(call->arena, KT_ULID_CHARS + 1);
    if (!response->process)
        return kt_call_out_of_memory(call);
    kt_ulid_format(&id, response->process);
    return kt_process_start(call, &shop_order_table, &id, kt_span_str(request->order), variables,
                            KT_COUNT(variables));
}

static kt_status_t
note(kt_call_t *call, const shop_note_request_t *request, shop_note_response_t *response)
{
    note_t row = {kt_span_str(request->text)};
    kt_key_t key;

    (void)response;
    return kt_row_put(call, SHOP_TABLE_NOTE, kt_key_name(kt_key(&key), kt_span_str(request->note)),
                      &NOTE, &row);
}

static kt_status_t
tear(kt_call_t *call, const shop_note_request_t *request, shop_note_response_t *response)
{
    kt_key_t key;

    (void)response;
    return kt_row_delete(call, SHOP_TABLE_NOTE,
                         kt_key_name(kt_key(&key), kt_span_str(request->note)));
}

const kt_service_t *
shop_service(void)
{
    static const shop_shop_handlers_t HANDLERS = {.order = order, .note = note, .tear = tear};
    static kt_binding_t bindings[1];
    static const char *const FOLLOWS[] = {"mill"};
    static kt_service_t service = {
        .name = "shop",
        .version = "1",
        .bindings = bindings,
        .bindings_count = KT_COUNT(bindings),
        .reason_domain = "kantor.shop",
        .tables = shop_tables,
        .tables_count = SHOP_TABLES,
        .shared_first = SHOP_TABLE_SHARED,
        .format = 1,
        .processes = &shop_processes,
        .follows = FOLLOWS,
        .follows_count = KT_COUNT(FOLLOWS),
    };

    bindings[0] = shop_shop_bind(&HANDLERS);
    return &service;
}
