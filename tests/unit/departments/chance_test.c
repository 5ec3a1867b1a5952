/*
 * Requests of chance to every unary method of every department: whatever comes, no call ends as a
 * bug or as damage, what is refused wrote nothing (the room sees to that), and the store verifies.
 * The same over a store whose operations fail: each failure is told, and the same key does it once.
 *
 * Fields are filled as their names say (dates, currencies, names that were answered before), so
 * that many requests are good and things go through their states; now and then with anything.
 */
#include "departments.h"
#include "room.h"
#include "seed.h"

#include <kt/log.h>
#include <kt/message.h>
#include <kt/time.h>

#define CALLS      4000
#define POOL       256
#define TEXT_BYTES 300
#define DEPTH_MAX  5

static kt_prng_t prng;
static kt_arena_t *arena; /* of one request */

/* Texts that answers had, and in which field: for the next requests. */
static struct {
    const char *field;
    char text[TEXT_BYTES];
} pool[POOL];
static uint32_t pooled;

static uint64_t
below(uint64_t bound)
{
    return kt_prng_below(&prng, bound);
}

#define ONE_OF(array) ((array)[below(KT_COUNT(array))])

/* ---- texts ---- */

static bool
ends_in(const char *name, const char *end)
{
    size_t size = strlen(name), tail = strlen(end);
    return size >= tail && strcmp(name + size - tail, end) == 0;
}

static const char *
anything(void)
{
    static const char *const TEXTS[] = {
        "",
        "a",
        "-",
        "A B",
        "\n",
        "\x01",
        "\xC3\xA9",
        "0",
        "2026-02-29",
        "9999-12-31",
        "01KB3Z7J8Q9R0S1T2V3W4X5Y6Z",
        "10.0.0.0/24",
        "fe80::1",
        "Asia/Jakarta",
    };
    char *text;
    size_t size;
    if (below(3) > 0)
        return ONE_OF(TEXTS);
    size = below(3) ? below(70) : below(3000);
    text = (char *)kt_arena_zalloc(arena, size + 1, 1);
    memset(text, 'x', size);
    return text;
}

static const char *
day(void)
{
    char text[11];
    int32_t today = (int32_t)(ROOM_NOW_US / INT64_C(86400000000));
    kt_date_format(kt_date_from_days(today - 400 + (int32_t)below(800)), text);
    return kt_arena_strdup(arena, text);
}

/* A text that an answer had in a field of that name, or NULL. */
static const char *
known(const char *field)
{
    uint32_t first = pooled > 0 ? (uint32_t)below(pooled) : 0;
    for (uint32_t i = 0; i < pooled; i++)
        if (strcmp(pool[(first + i) % pooled].field, field) == 0)
            return kt_arena_strdup(arena, pool[(first + i) % pooled].text);
    return NULL;
}

static const char *
text_for(const char *field)
{
    static const char *const NAMES[] = {"a", "b", "c", "ann", "bob", "acme"};
    static const char *const CURRENCIES[] = {"IDR", "USD"};
    static const char *const COUNTRIES[] = {"ID", "DE"};
    static const char *const CLOCKS[] = {"08:00", "12:30", "17:00"};
    static const char *const PREFIXES[] = {"10.0.0.0/8", "10.0.0.0/24", "10.1.0.0/16", "fd00::/64"};
    static const char *const ADDRESSES[] = {"10.0.0.1", "10.0.0.2", "10.1.2.3", "fd00::1"};
    const char *before = below(2) ? known(field) : NULL;
    if (below(25) == 0)
        return anything();
    if (before)
        return before;
    if (strcmp(field, "page_token") == 0)
        return below(4) ? "" : anything();
    if (ends_in(field, "_on") || ends_in(field, "date") || ends_in(field, "_from"))
        return below(5) ? day() : "";
    if (strcmp(field, "currency") == 0 || strcmp(field, "commodity") == 0)
        return ONE_OF(CURRENCIES);
    if (strcmp(field, "country") == 0)
        return ONE_OF(COUNTRIES);
    if (ends_in(field, "month") || ends_in(field, "period"))
        return below(2) ? "2026-11" : "2026-10";
    if (strcmp(field, "time_zone") == 0)
        return "Asia/Jakarta";
    if (ends_in(field, "prefix"))
        return ONE_OF(PREFIXES);
    if (ends_in(field, "address"))
        return ONE_OF(ADDRESSES);
    if (ends_in(field, "opens") || ends_in(field, "closes"))
        return ONE_OF(CLOCKS);
    if (pooled > 0 && below(6) == 0)
        return kt_arena_strdup(arena, pool[below(pooled)].text);
    return ONE_OF(NAMES);
}

static int64_t
number_for(const char *field)
{
    static const int64_t ANY[] = {0, -1, 1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 366};
    if (below(30) == 0)
        return ONE_OF(ANY);
    if (ends_in(field, "_us"))
        return ROOM_NOW_US + ((int64_t)below(2000) - 1000) * INT64_C(3600000000);
    if (ends_in(field, "_minor"))
        return (int64_t)below(100000);
    return (int64_t)below(40);
}

/* ---- messages ---- */

static void fill(ProtobufCMessage *message, uint32_t depth);

static void
fill_one(const ProtobufCFieldDescriptor *field, void *into, uint32_t depth)
{
    const ProtobufCEnumDescriptor *values = (const ProtobufCEnumDescriptor *)field->descriptor;
    ProtobufCMessage *part;
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(const char **)into = text_for(field->name);
        return;
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *)into = (ProtobufCBinaryData){
            .len = below(8) ? 32 : below(100), .data = (uint8_t *)kt_arena_zalloc(arena, 100, 1)};
        ((ProtobufCBinaryData *)into)->data[0] = (uint8_t)(1 + below(2));
        return;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)into = below(2) == 1;
        return;
    case PROTOBUF_C_TYPE_ENUM:
        *(int32_t *)into = below(20) ? values->values[below(values->n_values)].value
                                     : (int32_t)below(99) - 9;
        return;
    case PROTOBUF_C_TYPE_MESSAGE:
        part = kt_message_new(arena, (const ProtobufCMessageDescriptor *)field->descriptor);
        fill(part, depth + 1);
        *(ProtobufCMessage **)into = part;
        return;
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FLOAT:
        return;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        *(int32_t *)into = (int32_t)number_for(field->name);
        return;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        *(int64_t *)into = number_for(field->name);
        return;
    }
}

static void
fill_list(const ProtobufCFieldDescriptor *field, size_t *n, void **list, uint32_t depth)
{
    size_t size = kt_field_bytes(field->type);
    *n = below(20) ? below(4) : below(80);
    *list = kt_arena_zalloc(arena, *n + 1, size);
    for (size_t i = 0; i < *n; i++)
        fill_one(field, (uint8_t *)*list + size * i, depth);
}

static void
fill(ProtobufCMessage *message, uint32_t depth)
{
    for (unsigned i = 0; i < message->descriptor->n_fields && depth <= DEPTH_MAX; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        void *into = (uint8_t *)message + field->offset;
        void *quantifier = (uint8_t *)message + field->quantifier_offset;
        if (below(20) == 0)
            continue;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            fill_list(field, (size_t *)quantifier, (void **)into, depth);
            continue;
        }
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
            if (*(uint32_t *)quantifier != 0 || below(2))
                continue;
            *(uint32_t *)quantifier = field->id;
        }
        fill_one(field, into, depth);
    }
}

/* Keeps what may name a thing. */
static void
remember(const ProtobufCMessage *message, uint32_t depth)
{
    for (unsigned i = 0; i < message->descriptor->n_fields && depth <= DEPTH_MAX; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        const void *at = (const uint8_t *)message + field->offset;
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            continue;
        if (field->type == PROTOBUF_C_TYPE_STRING) {
            const char *text = *(const char *const *)at;
            if (text[0] == '\0' || strlen(text) >= TEXT_BYTES || below(2))
                continue;
            uint32_t to = pooled < POOL ? pooled++ : (uint32_t)below(POOL);
            pool[to].field = field->name;
            (void)snprintf(pool[to].text, TEXT_BYTES, "%s", text);
        } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            const ProtobufCMessage *part = *(const ProtobufCMessage *const *)at;
            if (part)
                remember(part, depth + 1);
        }
    }
}

/* ---- calls ---- */

typedef struct {
    const kt_method_t *methods[KT_SERVICE_METHODS_MAX];
    uint32_t count, writes_done;
    uint32_t codes[KT_CODE_COUNT];
} tried_t;

static void
list_methods(const kt_service_t *service, tried_t *tried)
{
    for (uint32_t b = 0; b < service->bindings_count; b++)
        for (uint32_t m = 0; m < service->bindings[b].desc->methods_count; m++) {
            const kt_method_t *method = &service->bindings[b].desc->methods[m];
            if (method->client_streaming || method->server_streaming)
                continue;
            assert_true(tried->count < KT_COUNT(tried->methods));
            tried->methods[tried->count++] = method;
        }
}

/* A caller of the method, by chance, and a request. */
static const kt_method_t *
choose(room_t *room, const tried_t *tried, ProtobufCMessage **request)
{
    static const char *const WHO[] = {"ann", "bob", "eve", "finance", "legal", "it"};
    const kt_method_t *method = tried->methods[below(tried->count)];
    char roles[KT_METHOD_ROLES_MAX * 50] = "";
    kt_arena_reset(arena);
    *request = kt_message_new(arena, method->request);
    fill(*request, 1);
    for (uint32_t r = 0; r < method->roles_count; r++) {
        size_t size = strlen(roles);
        if (r == 0 || below(2))
            (void)snprintf(roles + size, sizeof roles - size, " %s", method->roles[r]);
    }
    room_as(room, ONE_OF(WHO), roles);
    return method;
}

static void
assert_honest(const kt_method_t *method, kt_status_t status)
{
    if (status.code >= KT_CODE_COUNT || status.code == KT_INTERNAL || status.code == KT_DATA_LOSS ||
        status.code == KT_UNKNOWN || status.code == KT_UNAVAILABLE)
        fail_msg("%s: %s %u: %s", method->path, kt_code_name(status.code), (unsigned)status.reason,
                 status.text);
}

static void
call_one(room_t *room, tried_t *tried)
{
    const void *answer = NULL;
    ProtobufCMessage *request;
    const kt_method_t *method = choose(room, tried, &request);
    if (below(4) == 0)
        room_on_behalf_of(room, "gil");
    kt_status_t status = room_call(room, method->path + 1, request, &answer);
    assert_honest(method, status);
    tried->codes[status.code]++;
    if (!kt_failed(status))
        remember((const ProtobufCMessage *)answer, 1);
    tried->writes_done += !kt_failed(status) && method->kind == KT_METHOD_WRITE;
}

/* Time passes, and what was answered is given back. */
static void
pass_time(room_t *room)
{
    room_forget(room);
    room_set_now(room, room_now(room) + (int64_t)below(72) * INT64_C(3600000000));
}

static void
whatever_comes_is_answered(uint32_t number)
{
    const kt_service_t *service = department(number);
    tried_t tried = {.count = 0};
    room_t *room = room_open(service);
    pooled = 0;
    list_methods(service, &tried);
    seed_print(&prng);
    for (uint32_t i = 0; i < CALLS; i++) {
        call_one(room, &tried);
        if (i % 32 == 0)
            pass_time(room);
    }
    print_message("%s: %u writes done;", service->name, (unsigned)tried.writes_done);
    for (uint32_t c = 0; c < KT_CODE_COUNT; c++)
        if (tried.codes[c] > 0)
            print_message(" %s %u", kt_code_name(c), (unsigned)tried.codes[c]);
    print_message("\n");
    assert_true(tried.writes_done > 0);
    room_close(&room); /* verifies */
}

/* ---- over a store that fails ---- */

static bool
same_answers(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    kt_span_t packed_a, packed_b;
    assert_ok(kt_message_pack(arena, a, &packed_a));
    assert_ok(kt_message_pack(arena, b, &packed_b));
    return kt_span_equal(packed_a, packed_b);
}

/* The N-th operation of the store fails, the call is told so, and nothing of it happened: the same
 * key does it once. False when the call needed fewer. */
static bool
fail_one(room_t *room, const kt_method_t *method, const ProtobufCMessage *request, uint64_t n)
{
    static uint64_t keys;
    const kt_ulid_t key = kt_ulid_make(room_now(room), 1, ++keys);
    const void *first = NULL, *second = NULL;
    room_fail(room, n);
    room_with_key(room, &key);
    kt_status_t status = room_call(room, method->path + 1, request, NULL);
    bool struck = room_struck(room);
    room_fail(room, 0);
    if (!struck) {
        assert_honest(method, status);
        return false;
    }
    if (status.code != KT_RESOURCE_EXHAUSTED || status.reason != KT_KV_FULL)
        fail_msg("%s: operation %u of the store failed, and it was told %s %u: %s", method->path,
                 (unsigned)n, kt_code_name(status.code), (unsigned)status.reason,
                 status.text ? status.text : "");
    room_with_key(room, &key);
    status = room_call(room, method->path + 1, request, &first);
    assert_honest(method, status);
    if (kt_failed(status) || method->kind != KT_METHOD_WRITE)
        return true;
    room_with_key(room, &key);
    assert_ok(room_call(room, method->path + 1, request, &second));
    assert_true(same_answers((const ProtobufCMessage *)first, (const ProtobufCMessage *)second));
    remember((const ProtobufCMessage *)first, 1);
    return true;
}

static void
a_failing_store_is_told(uint32_t number)
{
    tried_t tried = {.count = 0};
    room_t *room = room_open(department(number));
    uint32_t struck = 0;
    pooled = 0;
    list_methods(department(number), &tried);
    seed_print(&prng);
    kt_log_setup("chance_test", KT_LOG_ERROR + 1);
    for (uint32_t i = 0; i < CALLS; i++) {
        ProtobufCMessage *request;
        const kt_method_t *method = choose(room, &tried, &request);
        struck += fail_one(room, method, request, 1 + below(below(2) ? 12 : 60));
        if (i % 32 == 0)
            pass_time(room);
        if (i % 256 == 0)
            assert_int_equal(room_verify(room), 0);
    }
    kt_log_setup("chance_test", KT_LOG_INFO);
    print_message("%s: %u failures told\n", department(number)->name, (unsigned)struck);
    assert_true(struck > 0);
    room_close(&room);
}

static void
finance_answers(void **state)
{
    (void)state;
    whatever_comes_is_answered(0);
}

static void
finance_tells_that_its_store_fails(void **state)
{
    (void)state;
    a_failing_store_is_told(0);
}

static void
it_answers(void **state)
{
    (void)state;
    whatever_comes_is_answered(1);
}

static void
it_tells_that_its_store_fails(void **state)
{
    (void)state;
    a_failing_store_is_told(1);
}

static void
legal_answers(void **state)
{
    (void)state;
    whatever_comes_is_answered(2);
}

static void
legal_tells_that_its_store_fails(void **state)
{
    (void)state;
    a_failing_store_is_told(2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finance_answers), cmocka_unit_test(finance_tells_that_its_store_fails),
        cmocka_unit_test(it_answers),      cmocka_unit_test(it_tells_that_its_store_fails),
        cmocka_unit_test(legal_answers),   cmocka_unit_test(legal_tells_that_its_store_fails),
    };
    arena = kt_arena_new(65536, 1 << 26);
    int failed = arena ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    kt_arena_destroy(&arena);
    return failed;
}
