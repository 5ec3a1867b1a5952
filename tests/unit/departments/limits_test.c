/*
 * Every unary method of every department, with a request of right shape that names things which are
 * not there: it is answered NOT_FOUND, but for the methods that are listed here, and those make
 * nothing twice. Each text, list and run of bytes in turn, longer than any limit allows, is
 * refused, but for what only the department fills; and so are pages of a size that no listing has.
 * Nothing in the lists below is there in vain: a new method or field is held to the rule until it
 * is listed.
 */
#include "departments.h"
#include "room.h"

#include <kt/message.h>
#include <kt/time.h>
#include <stdlib.h>

#define ROOM_FOR   (8u << 20)
#define LONG_BYTES 60000
#define LONG_LIST  9000 /* more than the ledger's lines in one batch */
#define PATH_CHARS 200
#define DEPTH_MAX  6

/* ---- requests of right shape ---- */

static kt_arena_t *arena; /* of one request */

/* What a text is filled with, by the end of its field's name; the first that fits. */
static const struct {
    const char *end, *text;
} TEXTS[] = {
    {"page_token", ""},
    {"currency", "IDR"},
    {"commodity", "IDR"},
    {"country", "ID"},
    {"period_from", "2026-11"},
    {"period_to", "2026-11"},
    {"month", "2026-10"},
    {"period", "2026-11"},
    {"time_zone", "Asia/Jakarta"},
    {"prefix", "10.0.0.0/24"},
    {"address", "10.0.0.1"},
    {"opens", "08:00"},
    {"closes", "17:00"},
    {"_on", "2026-11-02"},
    {"_date", "2026-11-02"},
    {"date", "2026-11-02"},
    {"due_until", "2026-11-02"},
    {"effective_from", "2026-11-02"},
    {"process", "01KB3Z7J8Q9R0S1T2V3W4X5Y6Z"},
    {"upload", "01KB3Z7J8Q9R0S1T2V3W4X5Y6Z"},
};

/* What methods want else, by the end of their path. */
static const struct {
    const char *method, *field, *value;
} SHAPES[] = {
    {"Books/UpdateAccount", "set_title", "1"},
    {"Books/UpdateAccount", "set_floors", "1"},
    {"Ledger/ReverseEntry", "entry", "2026-000123"},
    {"Ledger/GetEntry", "entry", "2026-000123"},
    {"Ledger/GetEntry", "source_ref", ""},
    {"Ledger/ListRegister", "from", "2026-11-02"},
    {"Ledger/ListRegister", "to", "2026-11-02"},
    {"Ledger/ListRegister", "at", ""},
    {"Ledger/GetBalance", "at", "2026-11-02"},
    {"Ledger/ReserveHold", "hold.credit_account", "other"},
    {"Ledger/CommitHold", "hold", "01KB3Z7J8Q9R0S1T2V3W4X5Y6Z"},
    {"Ledger/ReleaseHold", "hold", "01KB3Z7J8Q9R0S1T2V3W4X5Y6Z"},
    {"Ledger/GetHold", "hold", "01KB3Z7J8Q9R0S1T2V3W4X5Y6Z"},
    {"Software/ListSeats", "employee", ""},
    {"Accounts/WriteOffAsset", "state", "3"},
    {"Desk/SetCalendar", "calendar.time_zone", "UTC0"},
    {"Desk/SetCalendar", "calendar.hours.until_minute", "2"},
    {"Probes/CreateTarget", "target.timeout_ms", "1000"},
    {"Probes/CreateTarget", "target.department", ""},
    {"Probes/ReportProbe", "at_us", "1793600000000000"},
    {"Probes/PlaceMaintenance", "maintenance.site", ""},
    {"Probes/PlaceMaintenance", "maintenance.until_us", "1793800000000000"},
    {"Databases/ReportSample", "sample.at_us", "1793600000000000"},
    {"Databases/ReportBackup", "backup.started_us", "1"},
    {"Databases/ReportBackup", "backup.finished_us", "2"},
    {"Contracts/DraftContract", "contract.employee", ""},
    {"Contracts/DraftContract", "contract.supersedes", "earlier"},
    {"Contracts/TerminateContract", "on", "2026-11-02"},
    {"Oversight/MakeReport", "period", "2026-10"},
    {"Matters/ListDeadlines", "from", ""},
    {"Matters/ListDeadlines", "to", ""},
};

static const kt_method_t *filling; /* the method of the request */
static int32_t page_size = 1;

static bool
ends_in(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);

    return size >= tail && strcmp(text + size - tail, end) == 0;
}

/* What this method wants in the field, or NULL. */
static const char *
shape_of(const char *where, const char *field)
{
    char full[PATH_CHARS];

    (void)snprintf(full, sizeof(full), "%s%s", where, field);
    for (size_t i = 0; i < KT_COUNT(SHAPES); i++)
        if (strcmp(SHAPES[i].field, full) == 0 && ends_in(filling->path, SHAPES[i].method))
            return SHAPES[i].value;
    return NULL;
}

static const char *
text_for(const char *where, const char *field)
{
    const char *wanted = shape_of(where, field);

    for (size_t i = 0; i < KT_COUNT(TEXTS) && !wanted; i++)
        if (ends_in(field, TEXTS[i].end))
            wanted = TEXTS[i].text;
    return wanted ? wanted : "none";
}

static int64_t
number_for(const char *where, const char *field)
{
    const char *wanted = shape_of(where, field);

    if (wanted)
        return strtoll(wanted, NULL, 10);
    if (strcmp(field, "page_size") == 0)
        return page_size;
    return ends_in(field, "_us") ? ROOM_NOW_US + KT_US_PER_DAY : 1;
}

/* The texts, bytes and lists of a request are counted as they are filled; the one of number TARGET
 * becomes longer than any limit allows, and its path is kept. */
static unsigned counted, target;
static char path[PATH_CHARS];

static bool
is_target(const char *where, const char *field)
{
    if (++counted != target)
        return false;
    (void)snprintf(path, sizeof(path), "%s%s", where, field);
    return true;
}

static void fill(ProtobufCMessage *message, const char *where, unsigned depth);

static char *
long_text(void)
{
    char *text = (char *)kt_arena_zalloc(arena, LONG_BYTES + 1, 1);

    assert_non_null(text);
    memset(text, 'x', LONG_BYTES);
    return text;
}

static void
fill_message(const ProtobufCFieldDescriptor *field, void *into, const char *where, unsigned depth)
{
    ProtobufCMessage *part = kt_message_new(arena,
                                            (const ProtobufCMessageDescriptor *)field->descriptor);
    char inner[PATH_CHARS];

    assert_non_null(part);
    (void)snprintf(inner, sizeof(inner), "%s%s.", where, field->name);
    fill(part, inner, depth + 1);
    *(ProtobufCMessage **)into = part;
}

static void
fill_bytes(const ProtobufCFieldDescriptor *field, ProtobufCBinaryData *into, const char *where)
{
    bool too_long = is_target(where, field->name);

    into->len = too_long ? LONG_BYTES : 32;
    into->data = (uint8_t *)(too_long ? long_text() : kt_arena_zalloc(arena, 32, 1));
    into->data[0] = 1;
}

static void
fill_one(const ProtobufCFieldDescriptor *field, void *into, const char *where, unsigned depth)
{
    const ProtobufCEnumDescriptor *values = (const ProtobufCEnumDescriptor *)field->descriptor;

    if (field->type == PROTOBUF_C_TYPE_STRING)
        *(const char **)into = is_target(where, field->name) ? long_text()
                                                             : text_for(where, field->name);
    else if (field->type == PROTOBUF_C_TYPE_BYTES)
        fill_bytes(field, (ProtobufCBinaryData *)into, where);
    else if (field->type == PROTOBUF_C_TYPE_BOOL)
        *(protobuf_c_boolean *)into = shape_of(where, field->name) != NULL;
    else if (field->type == PROTOBUF_C_TYPE_ENUM)
        *(int32_t *)into = shape_of(where, field->name)
                               ? (int32_t)number_for(where, field->name)
                               : values->values[values->n_values > 1].value;
    else if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        fill_message(field, into, where, depth);
    else if (kt_field_bytes(field->type) == sizeof(int64_t))
        *(int64_t *)into = number_for(where, field->name);
    else
        *(int32_t *)into = (int32_t)number_for(where, field->name);
}

/* One thing, or as many as no list takes. */
static void
fill_list(const ProtobufCFieldDescriptor *field, size_t *n, void **list, const char *where,
          unsigned depth)
{
    size_t size = kt_field_bytes(field->type);

    *n = is_target(where, field->name) ? LONG_LIST : 1;
    *list = kt_arena_zalloc(arena, *n, size);
    assert_non_null(*list);
    fill_one(field, *list, where, depth);
    for (size_t i = 1; i < *n; i++)
        memcpy((uint8_t *)*list + size * i, *list, size);
}

static void
fill(ProtobufCMessage *message, const char *where, unsigned depth)
{
    for (unsigned i = 0; i < message->descriptor->n_fields && depth <= DEPTH_MAX; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        void *into = (uint8_t *)message + field->offset;
        void *quantifier = (uint8_t *)message + field->quantifier_offset;

        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            fill_list(field, (size_t *)quantifier, (void **)into, where, depth);
            continue;
        }
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
            if (*(uint32_t *)quantifier != 0)
                continue;
            *(uint32_t *)quantifier = field->id;
        }
        fill_one(field, into, where, depth);
    }
}

/* ---- calls ---- */

static kt_status_t
call(room_t *room, const kt_method_t *method, unsigned too_long, const void **answer)
{
    ProtobufCMessage *request;
    char roles[KT_METHOD_ROLES_MAX * 50] = "";

    kt_arena_reset(arena);
    counted = 0;
    target = too_long;
    filling = method;
    request = kt_message_new(arena, method->request);
    assert_non_null(request);
    fill(request, "", 1);
    for (uint32_t r = 0; r < method->roles_count; r++)
        (void)snprintf(roles + strlen(roles), sizeof(roles) - strlen(roles), " %s",
                       method->roles[r]);
    room_as(room, "ann", roles);
    return room_call(room, method->path + 1, request, answer);
}

typedef void (*visit_t)(room_t *room, const kt_method_t *method);

/* Each with a room of its own. */
static void
for_each_method(visit_t visit)
{
    unsigned methods = 0;

    arena = kt_arena_new(65536, ROOM_FOR);
    assert_non_null(arena);
    for (uint32_t d = 0; d < DEPARTMENTS; d++) {
        const kt_service_t *service = department(d);
        for (uint32_t b = 0; b < service->bindings_count; b++)
            for (uint32_t m = 0; m < service->bindings[b].desc->methods_count; m++) {
                const kt_method_t *method = &service->bindings[b].desc->methods[m];
                room_t *room;
                if (method->client_streaming || method->server_streaming)
                    continue;
                room = room_open(service);
                visit(room, method);
                room_close(&room);
                methods++;
            }
    }
    kt_arena_destroy(&arena);
    assert_true(methods > 150);
}

/* ---- what is not there ---- */

/* Methods that need nothing to be there: lists of everything, what begins something, and what is
 * done already when there is nothing. */
static const char *const ANSWERED[] = {
    "Books/CreateBook",        "Books/ListBooks",         "Software/CreateProduct",
    "Software/ListProducts",   "Software/ListLicences",   "Accounts/CreateAccount",
    "Accounts/ListAccounts",   "Accounts/RegisterAsset",  "Accounts/ReleaseEquipment",
    "Accounts/ListAssets",     "Accounts/ListHoldings",   "Desk/SetCalendar",
    "Desk/ListTickets",        "Desk/RunBreaches",        "Networks/CreateSite",
    "Networks/ListSites",      "Networks/CreateVrf",      "Networks/ListVrfs",
    "Probes/RetireTarget",     "Probes/ListTargets",      "Probes/ListDueProbes",
    "Probes/ListMaintenance",  "Probes/ListOutages",      "Databases/RegisterDatabase",
    "Databases/ListDatabases", "Databases/RunRpo",        "Purchases/ListPurchases",
    "Policies/EnrolEmployee",  "Policies/ListEmployees",  "Policies/CreatePolicy",
    "Policies/ListPolicies",   "Policies/ListCampaigns",  "Policies/RunEscalations",
    "Parties/CreateParty",     "Parties/ListParties",     "Contracts/ListContracts",
    "Contracts/CheckTerms",    "Oversight/SetThresholds", "Oversight/MakeReport",
    "Oversight/ListReports",   "Matters/OpenMatter",      "Matters/ListMatters",
    "Hires/StartHire",         "Hires/ListHires",         "Hires/ListLeaves",
};

static bool
is_listed(const kt_method_t *method, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ends_in(method->path, list[i]))
            return true;
    return false;
}

#define IS_LISTED(method, list) is_listed((method), (list), KT_COUNT(list))

static void
ask_for_nothing(room_t *room, const kt_method_t *method)
{
    kt_status_t status = call(room, method, 0, NULL);
    kt_code_t expected = IS_LISTED(method, ANSWERED) ? KT_OK : KT_NOT_FOUND;

    if (status.code != (uint32_t)expected)
        fail_msg("%s: %s (%s), not %s", method->path, kt_code_name(status.code),
                 status.text ? status.text : "", kt_code_name(expected));
}

static void
what_is_not_there_is_not_found(void **state)
{
    (void)state;
    for_each_method(ask_for_nothing);
}

/* ---- what is too long ---- */

/* Fields of what is made that only the department fills: whatever a request has there is not
 * looked at. */
static const char *const TOLD[] = {
    "hold.hold",
    "hold.entries",
    "asset.employee",
    "asset.condition",
    "asset.reference",
    "calendar.set_by",
    "level.set_by",
    "ticket.assignee",
    "ticket.cause",
    "ticket.clocks",
    "prefix.parent",
    "target.last_text",
    "target.outage",
    "maintenance.maintenance",
    "maintenance.placed_by",
    "maintenance.ended_by",
    "database.last_good_backup",
    "database.ticket",
    "database.last_sample.database",
    "database.last_sample.journal_root",
    "backup.reported_by",
    "proof.proof",
    "proof.reported_by",
    "purchase.requested_by",
    "purchase.process",
    "party.reason",
    "party.changed_by",
    "party.created_by",
    "contract.drafted_by",
    "contract.last_edited_by",
    "contract.sha256",
    "contract.us.name",
    "contract.us.on",
    "contract.us.recorded_by",
    "contract.them.name",
    "contract.them.on",
    "contract.them.recorded_by",
    "contract.notice_given_on",
    "contract.terminated_on",
    "contract.superseded_on",
    "contract.superseded_by",
    "contract.reason",
    "thresholds.set_by",
    "hire.requested_by",
    "hire.process",
    "leave.requested_by",
    "leave.process",
};

static unsigned refused, told[KT_COUNT(TOLD)];

/* Counts it; false when it is not listed. */
static bool
is_only_told(void)
{
    for (size_t i = 0; i < KT_COUNT(TOLD); i++)
        if (strcmp(TOLD[i], path) == 0) {
            told[i]++;
            return true;
        }
    return false;
}

static void
lengthen_each(room_t *room, const kt_method_t *method)
{
    kt_status_t plain = call(room, method, 0, NULL);
    unsigned all = counted;

    for (unsigned i = 1; i <= all; i++) {
        kt_status_t status = call(room, method, i, NULL);
        if (status.code == KT_INVALID_ARGUMENT || status.code == KT_RESOURCE_EXHAUSTED)
            refused++;
        else if (!is_only_told())
            fail_msg("%s: %s is longer than any limit allows: %s, without it %s", method->path,
                     path, kt_code_name(status.code), kt_code_name(plain.code));
        room_forget(room);
    }
}

static void
what_is_too_long_is_refused(void **state)
{
    (void)state;
    refused = 0;
    memset(told, 0, sizeof(told));
    for_each_method(lengthen_each);
    for (size_t i = 0; i < KT_COUNT(TOLD); i++)
        if (told[i] == 0)
            fail_msg("%s is listed here, and refused or not there", TOLD[i]);
    print_message("%u fields\n", refused);
    assert_true(refused > 400);
}

/* ---- pages ---- */

static int32_t asked_size;

static void
ask_for_page(room_t *room, const kt_method_t *method)
{
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(
        method->request, "page_size");
    kt_status_t status;

    if (!field)
        return;
    page_size = asked_size;
    status = call(room, method, 0, NULL);
    page_size = 1;
    if (status.code != KT_INVALID_ARGUMENT)
        fail_msg("%s gives pages of %d: %s", method->path, (int)asked_size,
                 kt_code_name(status.code));
}

static void
pages_have_a_size(void **state)
{
    static const int32_t SIZES[] = {-1, INT32_MIN, 1001, 1000000, INT32_MAX};

    (void)state;
    for (size_t i = 0; i < KT_COUNT(SIZES); i++) {
        asked_size = SIZES[i];
        for_each_method(ask_for_page);
    }
}

/* ---- what was made ---- */

/* Each with the same answer as before, for it is so already; and thresholds are set anew. */
static const char *const AGAIN[] = {
    "Accounts/CreateAccount",  "Accounts/ReleaseEquipment", "Desk/RunBreaches",
    "Probes/RetireTarget",     "Databases/RunRpo",          "Policies/EnrolEmployee",
    "Policies/RunEscalations",
};
static const char *const ANEW[] = {"Desk/SetCalendar", "Oversight/SetThresholds"};

static kt_span_t
packed(kt_arena_t *into, const void *answer)
{
    kt_span_t bytes = {0};

    assert_ok(kt_message_pack(into, (const ProtobufCMessage *)answer, &bytes));
    return bytes;
}

static void
make_twice(room_t *room, const kt_method_t *method)
{
    const void *first = NULL, *second = NULL;
    kt_arena_t *both;
    kt_status_t status;

    if (method->kind != KT_METHOD_WRITE || !IS_LISTED(method, ANSWERED))
        return;
    assert_ok(call(room, method, 0, &first));
    status = call(room, method, 0, &second);
    if (IS_LISTED(method, ANEW)) {
        assert_ok(status);
    } else if (ends_in(method->path, "Oversight/MakeReport")) {
        assert_int_equal(status.code, KT_FAILED_PRECONDITION); /* until the CEO returns it */
    } else if (!IS_LISTED(method, AGAIN)) {
        if (status.code != KT_ALREADY_EXISTS)
            fail_msg("%s twice: %s", method->path, kt_code_name(status.code));
    } else {
        assert_ok(status);
        both = kt_arena_new(65536, ROOM_FOR);
        assert_non_null(both);
        assert_true(kt_span_equal(packed(both, first), packed(both, second)));
        kt_arena_destroy(&both);
    }
}

static void
nothing_is_made_twice(void **state)
{
    (void)state;
    for_each_method(make_twice);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(pages_have_a_size),
        cmocka_unit_test(nothing_is_made_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
