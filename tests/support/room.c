#include "room.h"

#include "batch.h"
#include "record.h"
#include "verify_report.h"

#include <kantor/rpc/v1/call.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/lives.h>
#include <kt/message.h>
#include <kt/process_service.h>
#include <kt/rows.h>
#include <kt/scan.h>
#include <kt/time.h>
#include <stdlib.h>

#define ARENA_BYTES_FIRST 65536
#define ARENA_BYTES_MAX   (64u << 20)
#define ROLES_MAX         16
#define ROLES_CHARS_MAX   512
#define ROOM_BINDINGS_MAX 32
#define WEEK_US           (7 * KT_US_PER_DAY)

struct room {
    const kt_service_t *service;
    kt_kv_t *store;
    kt_batch_t *batch;
    void *state;
    int64_t now_us;

    const char *principal;
    char roles_text[ROLES_CHARS_MAX];
    const char *roles[ROLES_MAX];
    uint32_t roles_count;
    const char *on_behalf_of; /* of the next call */
    kt_ulid_t key;            /* the same, if has_key */
    bool has_key;
    uint64_t keys; /* how many were made */

    kt_arena_t **arenas; /* one of each call, until room_forget */
    size_t arenas_count;
    kt_call_t read;                           /* of room_read */
    kt_call_t look;                           /* of the room's own looking */
    uint64_t taken;                           /* events that were taken */
    kt_binding_t bindings[ROOM_BINDINGS_MAX]; /* its own, and those that all have */
    uint32_t bindings_count;
    uint64_t commits; /* of batches before the last restart */
};

/* ---- opening and closing ---- */

static kt_arena_t *
new_arena(room_t *room)
{
    kt_arena_t **more = (kt_arena_t **)realloc((void *)room->arenas,
                                               (room->arenas_count + 1) * sizeof(*more));

    assert_non_null(more);
    room->arenas = more;
    more[room->arenas_count] = kt_arena_new(ARENA_BYTES_FIRST, ARENA_BYTES_MAX);
    assert_non_null(more[room->arenas_count]);
    return more[room->arenas_count++];
}

static void
bind(room_t *room)
{
    for (uint32_t i = 0; i < room->service->bindings_count; i++)
        room->bindings[room->bindings_count++] = room->service->bindings[i];
    if (room->service->shared_first > 0)
        room->bindings[room->bindings_count++] = kt_process_binding();
    KT_ASSERT(room->bindings_count <= ROOM_BINDINGS_MAX);
}

static void
start(room_t *room)
{
    const kt_service_t *service = room->service;
    kt_txn_t *txn = NULL;

    if (service->start) {
        assert_ok(kt_kv_begin_read(room->store, &txn));
        assert_ok(service->start(txn, &room->state));
        kt_kv_abort(&txn);
    }
    const kt_batch_options_t batch = {
        .store = room->store,
        .tables = service->tables,
        .tables_count = service->tables_count,
        .retention_us = WEEK_US,
        .forget = service->forget,
        .service = room->state,
    };
    assert_ok(kt_batch_new(&batch, &room->batch));
}

static kt_kv_t *
open_store(const kt_service_t *service)
{
    kt_kv_options_t options = {
        .service = service->name,
        .format = service->format,
        .tables = service->tables,
        .tables_count = service->tables_count,
    };
    kt_kv_t *inner = NULL, *store = NULL;

    assert_ok(kt_kv_open_ram(&options, &inner));
    assert_ok(kt_kv_open_fault(&inner, &store));
    return store;
}

room_t *
room_open(const kt_service_t *service)
{
    room_t *room = (room_t *)calloc(1, sizeof(*room));

    assert_non_null(room);
    room->service = service;
    room->now_us = ROOM_NOW_US;
    bind(room);
    room_as(room, "nobody", "");
    room->store = open_store(service);
    start(room);
    return room;
}

static void
stop(room_t *room)
{
    room->commits += kt_batch_stat(room->batch).commits;
    kt_batch_destroy(&room->batch);
    if (room->service->stop)
        room->service->stop(room->state);
    room->state = NULL;
}

void
room_restart(room_t *room)
{
    stop(room);
    start(room);
}

static void
copy_table(kt_txn_t *from, kt_txn_t *to, uint32_t table)
{
    kt_cursor_t *cursor = NULL;
    kt_span_t key, value;

    assert_ok(kt_kv_cursor(from, table, &cursor));
    for (kt_status_t s = kt_cursor_first(cursor, &key, &value); !kt_failed(s);
         s = kt_cursor_next(cursor, &key, &value))
        assert_ok(kt_kv_put(to, table, key, value));
    kt_kv_cursor_close(&cursor);
}

kt_kv_t *
room_back_up(room_t *room)
{
    kt_kv_t *backup = open_store(room->service);
    kt_txn_t *from = NULL, *to = NULL;

    assert_ok(kt_kv_begin_read(room->store, &from));
    assert_ok(kt_kv_begin_write(backup, &to));
    for (uint32_t i = 0; i < room->service->tables_count; i++)
        copy_table(from, to, i);
    assert_ok(kt_kv_commit(&to));
    kt_kv_abort(&from);
    return backup;
}

void
room_put_back(room_t *room, kt_kv_t **backup)
{
    kt_txn_t *txn = NULL;
    kt_life_t life;

    stop(room);
    kt_kv_close(&room->store);
    room->store = KT_TAKE(*backup);
    assert_ok(kt_kv_begin_write(room->store, &txn));
    assert_ok(kt_lives_now(txn, &life));
    life.epoch++;
    assert_ok(kt_lives_begin(txn, &life));
    assert_ok(kt_kv_commit(&txn));
    start(room);
}

uint64_t
room_commits(const room_t *room)
{
    return room->commits + kt_batch_stat(room->batch).commits;
}

void
room_forget(room_t *room)
{
    for (size_t i = 0; i < room->arenas_count; i++)
        kt_arena_destroy(&room->arenas[i]);
    room->arenas_count = 0;
}

void
room_close(room_t **room)
{
    room_t *closing = KT_TAKE(*room);
    unsigned findings;

    room_fail(closing, 0);
    findings = room_verify(closing);
    stop(closing);
    kt_kv_close(&closing->store);
    room_forget(closing);
    free((void *)closing->arenas);
    free(closing);
    assert_int_equal(findings, 0);
}

/* ---- who calls, and when ---- */

void
room_set_now(room_t *room, int64_t now_us)
{
    room->now_us = now_us;
}

int64_t
room_now(const room_t *room)
{
    return room->now_us;
}

void
room_as(room_t *room, const char *principal, const char *roles)
{
    char *at = room->roles_text, *rest = NULL;

    KT_ASSERT(strlen(roles) < sizeof(room->roles_text));
    (void)snprintf(room->roles_text, sizeof(room->roles_text), "%s", roles);
    room->principal = principal;
    room->roles_count = 0;
    for (const char *role = strtok_r(at, " ", &rest); role; role = strtok_r(NULL, " ", &rest)) {
        KT_ASSERT(room->roles_count < ROLES_MAX);
        room->roles[room->roles_count++] = role;
    }
}

void
room_on_behalf_of(room_t *room, const char *whom)
{
    room->on_behalf_of = whom;
}

void
room_with_key(room_t *room, const kt_ulid_t *key)
{
    room->key = *key;
    room->has_key = true;
}

/* Keys sort as their calls were made. */
static kt_ulid_t
next_key(room_t *room)
{
    kt_ulid_t key = room->has_key ? room->key : kt_ulid_make(room->now_us, 0, ++room->keys);

    room->has_key = false;
    return key;
}

static void
begin_call(room_t *room, const kt_method_t *method, kt_call_t *call)
{
    kt_call_init(call, new_arena(room), NULL, room->principal, room->now_us);
    call->method = method;
    call->roles = room->roles;
    call->roles_count = room->roles_count;
    call->service = room->state;
    call->shared_first = room->service->shared_first;
    call->department = room->service->name;
    call->processes = room->service->processes;
    call->on_behalf_of = room->on_behalf_of;
    room->on_behalf_of = NULL;
}

/* ---- calling ---- */

/* The method whose path ends in NAME, behind a dot or a slash. */
static const kt_binding_t *
find_method(const room_t *room, const char *name, uint32_t *at)
{
    for (uint32_t i = 0; i < room->bindings_count; i++) {
        const kt_binding_t *binding = &room->bindings[i];

        for (*at = 0; *at < binding->desc->methods_count; ++*at) {
            const char *path = binding->desc->methods[*at].path;
            size_t size = strlen(path), end = strlen(name);

            if (size > end && strcmp(path + size - end, name) == 0 &&
                strchr("./", path[size - end - 1]))
                return binding;
        }
    }
    return NULL;
}

static kt_status_t
check_roles(const kt_call_t *call)
{
    const kt_method_t *method = call->method;

    for (uint32_t i = 0; i < method->roles_count; i++)
        if (strcmp(method->roles[i], "*") == 0 || kt_call_has_role(call, method->roles[i]))
            return kt_ok();
    return kt_error(KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING,
                    "none of the method's roles is the caller's");
}

/* What the wire makes of MESSAGE, within its limits. */
static kt_status_t
over_the_wire(kt_call_t *call, const ProtobufCMessage *message, kt_span_t *body,
              ProtobufCMessage **copy)
{
    kt_scan_limits_t limits = kt_scan_limits_usual();
    kt_scan_result_t scanned;

    KT_TRY(kt_message_pack(call->arena, message, body));
    KT_TRY(kt_scan(message->descriptor, *body, &limits, &scanned));
    return kt_message_unpack(call->arena, message->descriptor, *body, copy);
}

/* As the shell makes them, but for what is there of chance. */
static void
give_key(room_t *room, kt_call_t *call, kt_span_t body, kt_hash_t *digest)
{
    kt_sha256_t sha;
    uint64_t from_digest, from_key;

    call->key = next_key(room);
    kt_sha256_init(&sha);
    kt_sha256_add(&sha, kt_span_str(call->method->path));
    kt_sha256_add(&sha, body);
    *digest = kt_sha256_end(&sha);
    memcpy(&from_digest, digest->bytes, sizeof(from_digest));
    memcpy(&from_key, call->key.bytes + KT_ULID_BYTES - sizeof(from_key), sizeof(from_key));
    call->chance = from_digest ^
                   (from_key + kt_span_hash(KT_HASH_BEGIN, kt_span_str(call->principal)));
}

static kt_status_t
run_write(room_t *room, kt_write_t *write)
{
    uint64_t mark = kt_batch_seal(room->batch, &write, 1);

    (void)kt_batch_harden(room->batch, mark, &write, 1);
    if (write->status.code == KT_INTERNAL && write->status.reason == RPC_REASON_BUG)
        fail_msg("%s: %s", write->call->method->path, write->status.text);
    return write->status;
}

static kt_status_t
call_write(room_t *room, kt_write_t *write, kt_span_t body, ProtobufCMessage **response)
{
    kt_call_t *call = write->call;

    give_key(room, call, body, &write->digest);
    KT_TRY(run_write(room, write));
    return kt_message_unpack(call->arena, call->method->response, write->reply, response);
}

static kt_status_t
call_read(room_t *room, const kt_write_t *read, ProtobufCMessage **response)
{
    kt_call_t *call = read->call;
    ProtobufCMessage *filled = kt_message_new(call->arena, call->method->response);
    kt_status_t status;
    kt_span_t body;

    assert_non_null(filled);
    if (call->method->kind == KT_METHOD_ADMIN)
        call->store = room->store;
    room->has_key = false; /* it was for this call */
    call->chance = ++room->keys;
    KT_TRY(kt_kv_begin_read(room->store, &call->txn));
    status = read->run->unary(read->handlers, call, read->request, filled);
    kt_kv_abort(&call->txn);
    KT_TRY(status);
    if (call->again_ms >= 0)
        fail_msg("%s asks to be run again, which a room does not", call->method->path);
    return over_the_wire(call, filled, &body, response);
}

const kt_method_t *
room_method(room_t *room, const char *path)
{
    uint32_t at = 0;
    const kt_binding_t *binding = find_method(room, path + 1, &at);

    return binding ? &binding->desc->methods[at] : NULL;
}

kt_status_t
room_call_packed(room_t *room, const kt_method_t *method, kt_span_t request, kt_span_t *body)
{
    kt_arena_t *arena = new_arena(room);
    ProtobufCMessage *message;
    const void *response = NULL;

    KT_TRY(kt_message_unpack(arena, method->request, request, &message));
    KT_TRY(room_call(room, method->path + 1, message, &response));
    return kt_message_pack(arena, (const ProtobufCMessage *)response, body);
}

kt_status_t
room_call(room_t *room, const char *name, const ProtobufCMessage *request, const void **response)
{
    uint32_t at = 0;
    const kt_binding_t *binding = find_method(room, name, &at);

    if (!binding) {
        fail_msg("%s has no method %s", room->service->name, name);
        return kt_error(KT_UNIMPLEMENTED, 0, "no such method");
    }
    const kt_method_t *method = &binding->desc->methods[at];
    ProtobufCMessage *asked = NULL, *answer = NULL;
    kt_call_t *call;
    kt_write_t write;
    kt_span_t body;

    assert_ptr_equal(request->descriptor, method->request);
    call = KT_ARENA_NEW(new_arena(room), kt_call_t);
    assert_non_null(call);
    begin_call(room, method, call);
    KT_TRY(check_roles(call));
    assert_false(method->client_streaming || method->server_streaming);
    KT_TRY(over_the_wire(call, request, &body, &asked));
    write = (kt_write_t){
        .call = call, .run = &binding->run[at], .handlers = binding->handlers, .request = asked};
    if (method->kind == KT_METHOD_WRITE)
        KT_TRY(call_write(room, &write, body, &answer));
    else
        KT_TRY(call_read(room, &write, &answer));
    if (response)
        *response = answer;
    return kt_ok();
}

/* ---- events of others ---- */

typedef struct taking {
    const kt_service_t *service;
    const char *department;
    kt_event_t event;
} taking_t;

static kt_status_t
take(const void *handlers, kt_call_t *call, const void *request, void *response)
{
    const taking_t *taking = (const taking_t *)handlers;

    (void)request, (void)response;
    return taking->service->take(call, taking->department, &taking->event);
}

void
room_take(room_t *room, const char *department, const char *type, const char *subject,
          const kt_event_value_t *values, uint32_t count)
{
    static const kt_handler_t run = {.unary = take};
    static const kt_method_t method = {
        .path = "/kantor.room.v1.Events/Take",
        .request = &rpc_call_meta_descriptor,
        .response = &rpc_call_meta_descriptor,
        .kind = KT_METHOD_WRITE,
    };
    const taking_t taking = {
        .service = room->service,
        .department = department,
        .event = {.sequence = ++room->taken,
                  .time_us = room->now_us,
                  .type = kt_span_str(type),
                  .subject = kt_span_str(subject),
                  .values = {.items = (void *)(uintptr_t)values, .count = count}},
    };
    kt_call_t call;
    kt_write_t write = {.call = &call, .run = &run, .handlers = &taking};

    assert_non_null(room->service->take);
    assert_null(kt_layout_wrong(&kt_event_layout, &taking.event));
    begin_call(room, &method, &call);
    call.principal = room->service->name;
    call.roles_count = 0;
    give_key(room, &call, kt_span_str(type), &write.digest);
    assert_ok(run_write(room, &write));
}

/* ---- looking ---- */

static kt_call_t *
begin_read(room_t *room, kt_call_t *call)
{
    begin_call(room, NULL, call);
    assert_ok(kt_kv_begin_read(room->store, &call->txn));
    return call;
}

kt_call_t *
room_read(room_t *room)
{
    return begin_read(room, &room->read);
}

void
room_read_end(room_t *room)
{
    kt_kv_abort(&room->read.txn);
}

/* The last record of a shared table, and how many there are. */
static uint32_t
look_all(room_t *room, uint32_t shared, const kt_layout_t *layout, void *last)
{
    kt_call_t *call = begin_read(room, &room->look);
    kt_rows_t rows;
    kt_key_t all;
    uint32_t count = 0;

    assert_true(room->service->shared_first > 0);
    assert_ok(kt_rows_begin(&rows, call, room->service->shared_first + shared, kt_key(&all)));
    while (kt_rows_next(&rows, layout, last))
        count++;
    assert_ok(rows.status);
    kt_rows_end(&rows);
    kt_kv_abort(&call->txn);
    return count;
}

uint32_t
room_refusals(room_t *room)
{
    kt_refusal_t last;

    return look_all(room, KT_SHARED_REFUSAL, &kt_refusal_layout, &last);
}

const kt_refusal_t *
room_refusal(room_t *room)
{
    kt_refusal_t *last = KT_ARENA_NEW(new_arena(room), kt_refusal_t);

    assert_non_null(last);
    return look_all(room, KT_SHARED_REFUSAL, &kt_refusal_layout, last) > 0 ? last : NULL;
}

uint64_t
room_events(room_t *room)
{
    kt_event_t last;

    return look_all(room, KT_SHARED_EVENT, &kt_event_layout, &last);
}

const kt_event_t *
room_event(room_t *room, uint64_t sequence)
{
    kt_call_t *call = begin_read(room, &room->look);
    kt_event_t *event = KT_ARENA_NEW(call->arena, kt_event_t);
    uint32_t table = room->service->shared_first + KT_SHARED_EVENT;
    kt_key_t key;
    bool found;

    assert_non_null(event);
    event->sequence = sequence;
    assert_ok(kt_row_get(call, table, kt_key_u64(kt_key(&key), sequence), &kt_event_layout, event,
                         &found));
    kt_kv_abort(&call->txn);
    return found ? event : NULL;
}

const char *
room_event_type(room_t *room, uint64_t sequence)
{
    const kt_event_t *event = room_event(room, sequence);

    return event ? (const char *)event->type.data : ""; /* the store's texts end in a NUL */
}

/* ---- verification ---- */

static void
on_finding(void *context, const kt_finding_t *finding)
{
    ++*(unsigned *)context;
    print_error("%s %s: %s\n", finding->table, finding->key, finding->what);
}

static bool
on_progress(void *context, uint64_t done, uint64_t all)
{
    (void)context, (void)done, (void)all;
    return true;
}

unsigned
room_verify(room_t *room)
{
    unsigned findings = 0;
    kt_verify_report_t report = {.find = on_finding, .progress = on_progress, .context = &findings};
    const kt_journal_verify_t how = {
        .write_set_of = kt_record_write_set, .report = on_finding, .report_context = &findings};
    kt_txn_t *txn = NULL;

    assert_ok(kt_kv_begin_read(room->store, &txn));
    assert_ok(kt_journal_verify(room->store, txn, &how));
    if (room->service->verify)
        assert_ok(room->service->verify(txn, &report));
    kt_kv_abort(&txn);
    return findings;
}

/* Times and ids stand in records, so two histories are equal only if theirs are. */
kt_hash_t
room_digest(room_t *room, bool words)
{
    kt_call_t *call = begin_read(room, &room->look);
    kt_sha256_t sha;

    kt_sha256_init(&sha);
    for (uint32_t table = 0; table < room->service->tables_count; table++) {
        kt_cursor_t *cursor = NULL;
        kt_span_t key, value;

        if (room->service->tables[table].kind == KT_TABLE_SYSTEM)
            continue;
        assert_ok(kt_kv_cursor(call->txn, table, &cursor));
        for (kt_status_t s = kt_cursor_first(cursor, &key, &value); !kt_failed(s);
             s = kt_cursor_next(cursor, &key, &value)) {
            char text[KT_KEY_TEXT_MAX], what[KT_KEY_TEXT_MAX];
            kt_sha256_add(&sha, key);
            kt_sha256_add(&sha, value);
            kt_key_format(key, text);
            kt_key_format(value, what);
            if (words)
                print_message("%s %s = %s\n", room->service->tables[table].name, text, what);
        }
        kt_kv_cursor_close(&cursor);
    }
    kt_kv_abort(&call->txn);
    return kt_sha256_end(&sha);
}

/* ---- failures ---- */

void
room_fail(room_t *room, uint64_t n)
{
    kt_kv_fault_arm(room->store, n,
                    n > 0 ? kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "the disk is full")
                          : kt_ok());
}

bool
room_struck(const room_t *room)
{
    return kt_kv_fault_struck(room->store);
}
