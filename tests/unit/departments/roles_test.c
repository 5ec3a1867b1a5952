/* Every method of every department, called by those who may and by those who may not. */
#include "departments.h"
#include "room.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/message.h>

/* Every role that there is (docs/architecture.md), and one that nobody knows. */
static const char *const ROLES[] = {
    "finance.clerk", "finance.analyst", "legal.officer", "it.expert",  "it.operator",   "ceo",
    "auditor",       "employee",        "front-office",  "department", "nobody.at-all",
};

/* WRITE methods that everybody may call, and why. */
static const struct {
    const char *path, *why;
} OPEN_WRITES[] = {
    {NULL, NULL}, /* the end */
};

typedef void (*visit_t)(room_t *room, const kt_method_t *method);

static void
for_each_method(visit_t visit)
{
    uint32_t methods = 0;
    for (uint32_t d = 0; d < DEPARTMENTS; d++) {
        const kt_service_t *service = department(d);
        room_t *room = room_open(service);
        for (uint32_t b = 0; b < service->bindings_count; b++)
            for (uint32_t m = 0; m < service->bindings[b].desc->methods_count; m++, methods++) {
                visit(room, &service->bindings[b].desc->methods[m]);
                room_forget(room);
            }
        room_close(&room);
    }
    print_message("%u methods\n", (unsigned)methods);
    assert_true(methods > 0);
}

static bool
admits(const kt_method_t *method, const char *role)
{
    for (uint32_t i = 0; i < method->roles_count; i++)
        if (strcmp(method->roles[i], "*") == 0 || strcmp(method->roles[i], role) == 0)
            return true;
    return false;
}

/* With a request that says nothing. */
static kt_status_t
call(room_t *room, const kt_method_t *method)
{
    kt_arena_t *arena = kt_arena_new(4096, 65536);
    assert_non_null(arena);
    const ProtobufCMessage *request = kt_message_new(arena, method->request);
    assert_non_null(request);
    kt_status_t status = room_call(room, method->path + 1, request, NULL);
    kt_arena_destroy(&arena);
    return status;
}

static bool
is_denied(kt_status_t status)
{
    return status.code == KT_PERMISSION_DENIED && status.reason == RPC_REASON_ROLE_MISSING;
}

static void
deny_all_others(room_t *room, const kt_method_t *method)
{
    char others[512] = "";
    size_t size = 0;
    assert_true(method->roles_count > 0);
    if (admits(method, "*"))
        return;
    room_as(room, "eve", "");
    if (!is_denied(call(room, method)))
        fail_msg("%s admits who has no role", method->path);
    for (size_t i = 0; i < KT_COUNT(ROLES); i++) {
        if (admits(method, ROLES[i]))
            continue;
        room_as(room, "eve", ROLES[i]);
        if (!is_denied(call(room, method)))
            fail_msg("%s admits %s", method->path, ROLES[i]);
        size += (size_t)snprintf(others + size, sizeof others - size, " %s", ROLES[i]);
    }
    room_as(room, "eve", others); /* all of them together do not make one that may */
    if (!is_denied(call(room, method)))
        fail_msg("%s admits%s", method->path, others);
}

static void
whoever_has_no_role_of_a_method_is_refused(void **state)
{
    (void)state;
    for_each_method(deny_all_others);
}

/* An empty request is answered, whatever the answer: never a crash, a bug or a lack of roles. */
static void
admit_each(room_t *room, const kt_method_t *method)
{
    if (method->client_streaming || method->server_streaming)
        return;
    for (size_t i = 0; i < KT_COUNT(ROLES); i++) {
        if (!admits(method, ROLES[i]))
            continue;
        room_as(room, "ann", ROLES[i]);
        if (is_denied(call(room, method)))
            fail_msg("%s does not admit %s", method->path, ROLES[i]);
    }
}

static void
whoever_has_a_role_of_a_method_is_answered(void **state)
{
    (void)state;
    for_each_method(admit_each);
}

static void
expect_known_roles(room_t *room, const kt_method_t *method)
{
    (void)room;
    for (uint32_t i = 0; i < method->roles_count; i++) {
        bool known = strcmp(method->roles[i], "*") == 0;
        for (size_t k = 0; k + 1 < KT_COUNT(ROLES); k++)
            known = known || strcmp(method->roles[i], ROLES[k]) == 0;
        if (!known)
            fail_msg("%s: there is no role %s", method->path, method->roles[i]);
    }
}

static void
every_role_is_a_known_one(void **state)
{
    (void)state;
    for_each_method(expect_known_roles);
}

static void
expect_closed_writes(room_t *room, const kt_method_t *method)
{
    bool listed = false;
    (void)room;
    for (size_t i = 0; OPEN_WRITES[i].path; i++)
        listed = listed || strcmp(OPEN_WRITES[i].path, method->path) == 0;
    if (listed != (method->kind == KT_METHOD_WRITE && admits(method, "*")))
        fail_msg("%s: a write that everybody may call is listed here with its reason",
                 method->path);
}

static void
no_write_is_open_to_all_without_a_reason(void **state)
{
    (void)state;
    for_each_method(expect_closed_writes);
}

static void
expect_unary_writes(room_t *room, const kt_method_t *method)
{
    (void)room;
    if (method->kind == KT_METHOD_WRITE && (method->client_streaming || method->server_streaming))
        fail_msg("%s: a write is unary", method->path);
}

static void
every_write_is_unary(void **state)
{
    (void)state;
    for_each_method(expect_unary_writes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_has_no_role_of_a_method_is_refused),
        cmocka_unit_test(whoever_has_a_role_of_a_method_is_answered),
        cmocka_unit_test(every_role_is_a_known_one),
        cmocka_unit_test(no_write_is_open_to_all_without_a_reason),
        cmocka_unit_test(every_write_is_unary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
