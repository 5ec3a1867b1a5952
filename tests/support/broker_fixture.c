#include "broker_fixture.h"

#include "testing.h"
#include <google/rpc/error_details.kt.h>
#include <kantor/rpc/v1/call.kt.h>
#include <stdlib.h>

#define STARTED_US 1000000
#define PEERS_MAX  128
#define INBOX_MAX  20000
#define BODY_BYTES 64
#define CALL_MS    5000

typedef struct line {
    kt_io_t io;
    kt_message_t *inbox;
    unsigned first, count;
} line_t;

static struct {
    broker_core_t *core;
    broker_directory_t *directory;
    broker_limits_t limits;
    int64_t now_us;
    line_t lines[BROKER_SIDES][PEERS_MAX];
    broker_traced_t traced[BROKER_TRACED_MAX];
    unsigned traced_count;
} it;

broker_core_t *
broker_it(void)
{
    return it.core;
}

int64_t
broker_now_us(void)
{
    return it.now_us;
}

/* ---- who is who ---- */

static const struct person {
    const char *name, *role, *serves;
    broker_caller_limits_t limits;
    const char *next_key;
} people[] = {
    {"clerk", "finance.clerk", NULL, {64, 64, 1 << 20}, "clerk-next"},
    {"guest", "guest", NULL, {64, 64, 1 << 20}, NULL},
    {"few", "finance.clerk", NULL, {2, 1, 256}, "few-next"},
    {"operator", "it.operator", NULL, {64, 64, 1 << 20}, NULL},
    {"finance", "service", "finance", {64, 64, 1 << 20}, "finance-next"},
    {"legal", "service", "legal", {64, 64, 1 << 20}, NULL},
};

/* The text that begins the key of PEER's connection: its principal's name, or its next key's. */
static const char *
name_of(kt_peer_t peer)
{
    static const char *const clients[] = {"",    "clerk",    "clerk",      "guest",   "stranger",
                                          "few", "operator", "clerk-next", "few-next"};
    static const char *const services[] = {[LEGAL - FIN_A] = "legal",
                                           [FIN_NEXT - FIN_A] = "finance-next"};
    if (peer < KT_COUNT(clients))
        return clients[peer];
    bool serves = peer >= FIN_A && peer < FIN_A + KT_COUNT(services);
    const char *name = serves ? services[peer - FIN_A] : NULL;
    return name != NULL ? name : "finance";
}

static const char *
key_text(const char *name)
{
    static char text[KT_KEY_CHARS + 1];
    memset(text, '.', KT_KEY_CHARS);
    memcpy(text, name, strlen(name));
    return text;
}

const char *
key_of(kt_peer_t peer)
{
    return key_text(name_of(kt_peer_place(peer)));
}

/* A key, unless it is the one that is left out. */
static void
add_key(broker_directory_t *directory, const char *name, bool next, const char *without)
{
    if (name == NULL || (without != NULL && strcmp(name, without) == 0))
        return;
    broker_key_t *key = &directory->keys[directory->keys_count++];
    memcpy(key->text, key_text(name), sizeof key->text);
    key->grant = directory->grants_count;
    key->next = next;
}

static broker_directory_t *
directory_without(const char *name, const char *key)
{
    broker_directory_t *directory = calloc(1, sizeof *directory);
    assert_non_null(directory);
    directory->grants = calloc(KT_COUNT(people), sizeof directory->grants[0]);
    directory->keys = calloc(KT_COUNT(people) * BROKER_KEYS_OF_PRINCIPAL,
                             sizeof directory->keys[0]);
    for (unsigned i = 0; i < KT_COUNT(people); i++) {
        if (name != NULL && strcmp(people[i].name, name) == 0)
            continue;
        broker_grant_t *grant = &directory->grants[directory->grants_count];
        strcpy(grant->name, people[i].name);
        strcpy(grant->roles[0], people[i].role);
        grant->roles_count = 1;
        if (people[i].serves != NULL) {
            strcpy(grant->serves[0], people[i].serves);
            grant->serves_count = 1;
        }
        grant->limits = people[i].limits;
        add_key(directory, people[i].name, false, key);
        add_key(directory, people[i].next_key, true, key);
        directory->grants_count++;
    }
    assert_true(broker_directory_seal(directory, NULL));
    return directory;
}

/* Goes over to DIRECTORY, which is taken. */
static void
go_over(broker_directory_t *directory)
{
    broker_directory_t *old = it.directory;
    it.directory = directory;
    assert_ok(broker_core_reload(it.core, &it.limits, it.directory, it.now_us));
    broker_directory_destroy(&old);
}

void
reload_without(const char *name)
{
    go_over(directory_without(name, NULL));
}

void
reload_without_key(const char *key)
{
    go_over(directory_without(NULL, key));
}

void
reload_role(const char *name, const char *role)
{
    broker_directory_t *directory = directory_without(NULL, NULL);
    for (unsigned i = 0; i < directory->grants_count; i++)
        if (strcmp(directory->grants[i].name, name) == 0)
            strcpy(directory->grants[i].roles[0], role);
    go_over(directory);
}

void
reload_limits(const broker_limits_t *limits)
{
    it.limits = *limits;
    go_over(directory_without(NULL, NULL));
}

void
reload_caller_limits(const char *name, const broker_caller_limits_t *limits)
{
    broker_directory_t *directory = directory_without(NULL, NULL);
    for (unsigned i = 0; i < directory->grants_count; i++)
        if (strcmp(directory->grants[i].name, name) == 0)
            directory->grants[i].limits = *limits;
    go_over(directory);
}

/* ---- the core ---- */

static line_t *
line_of(broker_side_t side, kt_peer_t peer)
{
    assert_true(kt_peer_place(peer) < PEERS_MAX);
    return &it.lines[side][kt_peer_place(peer)];
}

static kt_io_t
port_send(void *context, broker_side_t side, kt_peer_t peer, kt_message_t *sent)
{
    (void)context;
    line_t *line = line_of(side, peer);
    if (line->io != KT_IO_OK)
        return line->io;
    if (line->inbox == NULL)
        line->inbox = calloc(INBOX_MAX, sizeof line->inbox[0]);
    assert_true(line->count < INBOX_MAX);
    kt_message_init(&line->inbox[line->count]);
    kt_message_move(&line->inbox[line->count++], sent);
    return KT_IO_OK;
}

broker_limits_t
broker_test_limits(void)
{
    broker_limits_t limits = broker_limits_usual();
    limits.calls_max = 256;
    limits.grace_ms = 0;
    return limits;
}

static void
port_traced(void *context, const broker_traced_t *part)
{
    (void)context;
    it.traced[it.traced_count++ % BROKER_TRACED_MAX] = *part;
}

unsigned
broker_traced(broker_traced_t parts[BROKER_TRACED_MAX])
{
    for (unsigned i = 0; i < KT_MIN(it.traced_count, (unsigned)BROKER_TRACED_MAX); i++)
        parts[i] = it.traced[(it.traced_count - 1 - i) % BROKER_TRACED_MAX];
    return it.traced_count;
}

static void
open_core(const broker_limits_t *limits, bool traced, uint32_t per_million)
{
    memset(&it, 0, sizeof it);
    it.directory = directory_without(NULL, NULL);
    it.limits = limits != NULL ? *limits : broker_test_limits();
    it.now_us = STARTED_US;
    broker_options_t options = {.limits = it.limits,
                                .directory = it.directory,
                                .ports = {.send = port_send, .traced = traced ? port_traced : NULL},
                                .trace_per_million = per_million,
                                .seed = 42,
                                .now_us = it.now_us};
    assert_ok(broker_core_new(&options, &it.core));
}

void
broker_open(const broker_limits_t *limits)
{
    open_core(limits, false, 0);
}

void
broker_open_traced(const broker_limits_t *limits, uint32_t per_million)
{
    open_core(limits, true, per_million);
}

void
broker_close(void)
{
    broker_core_destroy(&it.core);
    broker_directory_destroy(&it.directory);
    for (unsigned side = 0; side < BROKER_SIDES; side++)
        for (unsigned peer = 0; peer < PEERS_MAX; peer++) {
            line_t *line = &it.lines[side][peer];
            for (unsigned i = line->first; i < line->count; i++)
                kt_message_close(&line->inbox[i]);
            free(line->inbox);
        }
}

int
broker_setup(void **state)
{
    (void)state;
    broker_open(NULL);
    return 0;
}

int
broker_teardown(void **state)
{
    (void)state;
    broker_close();
    return 0;
}

void
advance_us(int64_t us)
{
    int64_t until_us = it.now_us + us;
    int64_t due_us;
    while ((due_us = broker_core_next_us(it.core)) <= until_us) {
        it.now_us = KT_MAX(it.now_us, due_us);
        broker_core_tick(it.core, it.now_us);
    }
    it.now_us = until_us;
    broker_core_tick(it.core, it.now_us);
}

void
set_io(broker_side_t side, kt_peer_t peer, kt_io_t io)
{
    line_of(side, peer)->io = io;
}

broker_stats_t
stats(void)
{
    broker_stats_t now;
    broker_core_stats(it.core, &now);
    return now;
}

/* ---- what peers do ---- */

void
send_raw(broker_side_t side, kt_peer_t peer, const kt_span_t *frames, unsigned count)
{
    kt_message_t made;
    kt_message_init(&made);
    for (unsigned i = 0; i < count; i++) {
        kt_frame_close(&made.frames[i]);
        assert_ok(kt_frame_init_copy(&made.frames[i], frames[i]));
    }
    made.count = count;
    if (side == BROKER_CLIENTS)
        broker_core_on_client(it.core, peer, key_of(peer), &made, it.now_us);
    else
        broker_core_on_service(it.core, peer, key_of(peer), &made, it.now_us);
    assert_int_equal(made.count, 0);
    kt_message_close(&made);
}

static kt_span_t
encoded(kt_kind_t kind, uint8_t flags, uint32_t arg, uint64_t id, kt_span_t extra)
{
    static uint8_t bytes[KT_HEAD_BYTES + 65536];
    kt_head_t head = {
        .kind = (uint8_t)kind, .flags = flags, .arg = arg, .call_id = id, .extra = extra};
    return kt_span(bytes, kt_head_encode_all(&head, bytes));
}

void
send_head(broker_side_t side, kt_peer_t peer, kt_kind_t kind, uint8_t flags, uint32_t arg,
          uint64_t id)
{
    kt_span_t frame = encoded(kind, flags, arg, id, kt_span(NULL, 0));
    send_raw(side, peer, &frame, 1);
}

void
call_full(kt_peer_t peer, uint64_t id, const char *path, uint8_t flags, uint32_t timeout_ms,
          kt_span_t meta, kt_span_t body)
{
    kt_span_t frames[] = {encoded(KT_CALL, flags, timeout_ms, id, kt_span_str(path)), meta, body};
    send_raw(BROKER_CLIENTS, peer, frames, KT_COUNT(frames));
}

void
call_sized(kt_peer_t peer, uint64_t id, const char *path, size_t size)
{
    uint8_t *body = calloc(1, size + 1);
    assert_non_null(body);
    call_full(peer, id, path, KT_FLAG_LAST, CALL_MS, kt_span(NULL, 0), kt_span(body, size));
    free(body);
}

void
call(kt_peer_t peer, uint64_t id, const char *path)
{
    call_sized(peer, id, path, BODY_BYTES);
}

void
message(broker_side_t side, kt_peer_t peer, uint64_t id, uint32_t number, uint8_t flags)
{
    kt_span_t frames[] = {encoded(KT_MESSAGE, flags, number, id, kt_span(NULL, 0)),
                          kt_span_str("a message")};
    send_raw(side, peer, frames, KT_COUNT(frames));
}

void
end(kt_peer_t instance, uint64_t id, uint32_t code)
{
    uint8_t meta[] = {0x08, (uint8_t)code};
    uint8_t timeline[KT_TIMELINE_BYTES];
    kt_timeline_encode(&(kt_timeline_t){.waited_us = 1, .ran_us = 2, .committed_us = 3}, timeline);
    kt_span_t frames[] = {encoded(KT_END, KT_FLAG_LAST, 0, id, kt_span(timeline, sizeof timeline)),
                          kt_span(meta, code == KT_OK ? 0 : sizeof meta),
                          kt_span_str("a response")};
    send_raw(BROKER_SERVICES, instance, frames, KT_COUNT(frames));
}

static void
send_registration(kt_peer_t instance, const rpc_registration_t *registration)
{
    size_t size = kantor__rpc__v1__registration__get_packed_size(registration);
    uint8_t *meta = malloc(size + 1);
    assert_non_null(meta);
    kantor__rpc__v1__registration__pack(registration, meta);
    kt_span_t frames[] = {encoded(KT_REGISTER, 0, 0, 1, kt_span(NULL, 0)), kt_span(meta, size)};
    send_raw(BROKER_SERVICES, instance, frames, KT_COUNT(frames));
    free(meta);
}

static char *
borrowed(const char *text)
{
    return (char *)(uintptr_t)text;
}

void
enroll(kt_peer_t instance, const char *name, uint32_t capacity)
{
    static const struct {
        const char *path;
        Kantor__Rpc__V1__Kind kind;
        bool up, down;
        const char *role;
    } rows[] = {
        {READ_PATH, RPC_KIND_READ, false, false, "finance.clerk"},
        {WRITE_PATH, RPC_KIND_WRITE, false, false, "finance.clerk"},
        {ADMIN_PATH, RPC_KIND_ADMIN, false, false, "it.operator"},
        {OPEN_PATH, RPC_KIND_READ, false, false, "*"},
        {UP_PATH, RPC_KIND_READ, true, false, "*"},
        {DOWN_PATH, RPC_KIND_READ, false, true, "*"},
        {BIDI_PATH, RPC_KIND_READ, true, true, "*"},
    };
    rpc_registered_method_t methods[KT_COUNT(rows)], *list[KT_COUNT(rows)];
    char *roles[KT_COUNT(rows)];
    for (unsigned i = 0; i < KT_COUNT(rows); i++) {
        methods[i] = (rpc_registered_method_t)RPC_REGISTERED_METHOD_INIT;
        methods[i].path = borrowed(rows[i].path);
        methods[i].kind = rows[i].kind;
        methods[i].client_streaming = rows[i].up;
        methods[i].server_streaming = rows[i].down;
        roles[i] = borrowed(rows[i].role);
        methods[i].roles = &roles[i];
        methods[i].n_roles = 1;
        list[i] = &methods[i];
    }
    rpc_registration_t registration = RPC_REGISTRATION_INIT;
    registration.service = borrowed("finance");
    registration.instance = borrowed(name);
    registration.capacity = capacity;
    registration.methods = list;
    registration.n_methods = KT_COUNT(rows);
    send_registration(instance, &registration);
}

void
enroll_ok(kt_peer_t instance, const char *name, uint32_t capacity)
{
    enroll(instance, name, capacity);
    expect_enrolled(instance, KT_OK, "");
}

typedef struct store {
    uint64_t epoch;
    uint8_t life[KT_ULID_BYTES + 1];
    size_t life_size;
} store_t;

static void
enroll_with(kt_peer_t instance, const char *service, const char *name, const char *path,
            uint32_t kind, const char *role, store_t store)
{
    rpc_registered_method_t method = RPC_REGISTERED_METHOD_INIT, *list = &method;
    char *roles = borrowed(role);
    method.path = borrowed(path);
    method.kind = (Kantor__Rpc__V1__Kind)kind;
    method.roles = &roles;
    method.n_roles = 1;
    rpc_registration_t registration = RPC_REGISTRATION_INIT;
    registration.service = borrowed(service);
    registration.instance = borrowed(name);
    registration.capacity = 4;
    registration.methods = &list;
    registration.n_methods = 1;
    registration.epoch = store.epoch;
    registration.life = (ProtobufCBinaryData){.data = store.life, .len = store.life_size};
    send_registration(instance, &registration);
}

void
enroll_one(kt_peer_t instance, const char *service, const char *name, const char *path,
           uint32_t kind, const char *role)
{
    enroll_with(instance, service, name, path, kind, role, (store_t){0});
}

void
enroll_life(kt_peer_t instance, const char *name, uint64_t epoch, uint8_t life, size_t size)
{
    store_t store = {.epoch = epoch, .life_size = size};
    memset(store.life, life, sizeof store.life);
    enroll_with(instance, "finance", name, OPEN_PATH, BROKER_READ, "*", store);
}

kt_span_t
meta_with_key(uint8_t fill)
{
    static uint8_t bytes[64];
    uint8_t key[KT_ULID_BYTES];
    memset(key, fill, sizeof key);
    rpc_call_meta_t meta = RPC_CALL_META_INIT;
    meta.idempotency_key.data = key;
    meta.idempotency_key.len = sizeof key;
    return kt_span(bytes, kantor__rpc__v1__call_meta__pack(&meta, bytes));
}

/* ---- what peers get ---- */

static void
read_details(const rpc_call_status_t *status, got_t *got)
{
    for (size_t i = 0; i < status->n_details; i++) {
        const Google__Protobuf__Any *any = status->details[i];
        if (strstr(any->type_url, "/google.rpc.RetryInfo") != NULL)
            got->retry = true;
        if (strstr(any->type_url, "/google.rpc.ErrorInfo") == NULL)
            continue;
        google_rpc_error_info_t *info = google__rpc__error_info__unpack(NULL, any->value.len,
                                                                        any->value.data);
        assert_non_null(info);
        assert_string_equal(info->domain, "kantor.rpc");
        snprintf(got->reason, sizeof got->reason, "%s", info->reason);
        google__rpc__error_info__free_unpacked(info, NULL);
    }
}

static void
read_status(kt_span_t meta, got_t *got)
{
    rpc_call_status_t *status = kantor__rpc__v1__call_status__unpack(NULL, meta.size, meta.data);
    assert_non_null(status);
    got->code = (uint32_t)status->code;
    snprintf(got->text, sizeof got->text, "%s", status->message);
    got->unknown = status->outcome == RPC_OUTCOME_UNKNOWN;
    if (status->idempotency_key.len == KT_ULID_BYTES)
        got->key = status->idempotency_key.data[0];
    read_details(status, got);
    kantor__rpc__v1__call_status__free_unpacked(status, NULL);
}

static void
read_call(got_t *got)
{
    kt_span_t path, bytes;
    assert_true(kt_call_extra_split(got->head.extra, &path, &bytes));
    memcpy(got->path, path.data, path.size);
    rpc_caller_t *caller = kantor__rpc__v1__caller__unpack(NULL, bytes.size, bytes.data);
    assert_non_null(caller);
    strcpy(got->principal, caller->principal);
    assert_int_equal(caller->n_roles, 1);
    if (caller->trace.len == KT_CALLER_TRACE_BYTES) {
        memcpy(got->trace.id, caller->trace.data, KT_TRACE_ID_BYTES);
        memcpy(got->trace.span, caller->trace.data + KT_TRACE_ID_BYTES, KT_TRACE_SPAN_BYTES);
        got->trace.sampled = true;
    }
    kantor__rpc__v1__caller__free_unpacked(caller, NULL);
}

bool
next(broker_side_t side, kt_peer_t peer, got_t *got)
{
    line_t *line = line_of(side, peer);
    while (line->first < line->count) {
        kt_message_t *taken = &line->inbox[line->first++];
        memset(got, 0, sizeof *got);
        assert_ok(kt_head_decode(kt_frame_span(&taken->frames[0]), taken->count, &got->head));
        bool passed_over = side == BROKER_SERVICES && got->head.kind == KT_PING;
        kt_span_t meta = kt_frame_span(&taken->frames[KT_FRAME_META]);
        got->meta_size = meta.size;
        got->body_size = kt_frame_span(&taken->frames[KT_FRAME_BODY]).size;
        if (got->head.kind == KT_CALL)
            read_call(got);
        if (got->head.kind == KT_END) {
            got->timeline = kt_timeline_decode(got->head.extra);
            read_status(meta, got);
        }
        got->head.extra = kt_span(NULL, 0);
        kt_message_close(taken);
        if (!passed_over)
            return true;
    }
    line->first = line->count = 0;
    return false;
}

got_t
expect_kind(broker_side_t side, kt_peer_t peer, kt_kind_t kind, uint64_t id)
{
    got_t got;
    if (!next(side, peer, &got))
        fail_msg("peer %u got nothing, expected kind %u", (unsigned)peer, (unsigned)kind);
    if (got.head.kind != kind)
        fail_msg("peer %u got kind %u (code %u, %s), expected %u", (unsigned)peer,
                 (unsigned)got.head.kind, (unsigned)got.code, got.reason, (unsigned)kind);
    if (id != 0)
        assert_int_equal(got.head.call_id, id);
    return got;
}

static got_t
take_call(kt_peer_t instance, const char *path)
{
    got_t got = expect_kind(BROKER_SERVICES, instance, KT_CALL, 0);
    assert_string_equal(got.path, path);
    return got;
}

uint64_t
expect_call(kt_peer_t instance, const char *path)
{
    got_t got = take_call(instance, path);
    assert_int_equal(got.head.flags & KT_FLAG_AGAIN, 0);
    return got.head.call_id;
}

uint64_t
expect_call_again(kt_peer_t instance, const char *path)
{
    got_t got = take_call(instance, path);
    assert_int_equal(got.head.flags & KT_FLAG_AGAIN, KT_FLAG_AGAIN);
    return got.head.call_id;
}

got_t
expect_end(kt_peer_t peer, uint64_t id, uint32_t code, const char *reason)
{
    got_t got = expect_kind(BROKER_CLIENTS, peer, KT_END, 0);
    if (got.head.call_id != id || got.code != code || strcmp(got.reason, reason) != 0)
        fail_msg("END of %u is %s %s, expected %u with %s %s", (unsigned)got.head.call_id,
                 kt_code_name(got.code), got.reason, (unsigned)id, kt_code_name(code), reason);
    return got;
}

void
expect_enrolled(kt_peer_t instance, uint32_t code, const char *reason)
{
    got_t got = expect_kind(BROKER_SERVICES, instance, KT_END, 1);
    assert_string_equal(got.reason, reason);
    assert_int_equal(got.code, code);
}

void
expect_silence(broker_side_t side, kt_peer_t peer)
{
    got_t got;
    if (next(side, peer, &got))
        fail_msg("peer %u got kind %u (%s) unexpectedly", (unsigned)peer, (unsigned)got.head.kind,
                 got.reason);
}
