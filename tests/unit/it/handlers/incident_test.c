/* Tickets that open by themselves: one for each cause while it is open. The desk of this test has
 * another handler behind CommentTicket, which does what other areas do where they apply. */
#include "story.h"

#include "handlers/desk.h"
#include "store/desk.h"

static kt_status_t
open_for_cause(kt_call_t *call, const it_ticket_step_request_t *request, it_ticket_t *response)
{
    it_incident_t incident = {.cause = kt_span_str(request->ticket),
                              .title = kt_span_str(request->text),
                              .priority = IT_URGENCY_HIGH};
    kt_span_t ticket;
    bool opened;
    KT_TRY(it_store_open_ticket(call, &incident, &ticket, &opened));
    response->ticket = kt_arena_copy(call->arena, ticket);
    response->changes = opened;
    return response->ticket ? kt_ok() : kt_call_out_of_memory(call);
}

static int
setup(void **state)
{
    static it_desk_handlers_t handlers;
    static kt_binding_t binding;
    static kt_service_t service;
    handlers = it_desk_handlers;
    handlers.comment_ticket = open_for_cause;
    binding = it_desk_bind(&handlers);
    service = *it_service();
    service.bindings = &binding;
    service.bindings_count = 1;
    *state = room_open(&service);
    return 0;
}

/* The ticket of a cause: its id in OUT, until the next call. */
static void
cause(room_t *room, const char *name, bool opens, char out[64])
{
    char json[256];
    const char *answer = NULL;
    snprintf(json, sizeof json, "{'ticket':'%s','text':'A backup is too old'}", name);
    assert_ok(story_call(room, "otto", "Desk/CommentTicket", json, &answer));
    assert_int_equal(strstr(answer, "\"changes\":1") != NULL, opens);
    assert_int_equal(sscanf(answer, "{\"ticket\":\"%63[a-z0-9]", out), 1);
}

static void
step_ticket(room_t *room, const char *method, const char *ticket)
{
    char json[256];
    snprintf(json, sizeof json, "{'ticket':'%s'}", ticket);
    assert_ok(story_call(room, "erik", method, json, NULL));
}

static void
a_cause_has_one_open_ticket(void **state)
{
    room_t *room = *state;
    char first[64], again[64], other[64], second[64];
    cause(room, "rpo:finance", true, first);
    cause(room, "rpo:finance", false, again);
    assert_string_equal(first, again);
    cause(room, "rpo:legal", true, other);
    assert_string_not_equal(first, other);

    /* Resolved: the same cause opens another. */
    step_ticket(room, "Desk/ResolveTicket", first);
    cause(room, "rpo:finance", true, second);
    assert_string_not_equal(first, second);
    cause(room, "rpo:finance", false, again);
    assert_string_equal(second, again);

    /* The old one comes back and goes: the new one keeps the cause. */
    step_ticket(room, "Desk/ReopenTicket", first);
    cause(room, "rpo:finance", false, again);
    assert_string_equal(second, again);
    step_ticket(room, "Desk/ResolveTicket", first);
    cause(room, "rpo:finance", false, again);
    assert_string_equal(second, again);

    /* With no other one open, a reopened ticket has its cause again. */
    step_ticket(room, "Desk/ResolveTicket", second);
    step_ticket(room, "Desk/ReopenTicket", second);
    cause(room, "rpo:finance", false, again);
    assert_string_equal(second, again);
}

static void
long_texts_are_cut_between_characters(void **state)
{
    room_t *room = *state;
    char id[64], json[1200], title[300] = "";
    const char *answer = NULL;
    for (int i = 0; i < 70; i++)
        strcat(title, "\xE2\x82\xAC"); /* the euro sign: three bytes */
    snprintf(json, sizeof json, "{'ticket':'cause','text':'%s'}", title);
    assert_ok(story_call(room, "otto", "Desk/CommentTicket", json, &answer));
    assert_int_equal(sscanf(answer, "{\"ticket\":\"%63[a-z0-9]", id), 1);
    snprintf(json, sizeof json, "{'ticket':'%s'}", id);
    assert_ok(story_call(room, "erik", "Desk/GetTicket", json, &answer));
    const char *told = strstr(answer, "\"title\":\"");
    assert_non_null(told);
    assert_int_equal(strcspn(told + strlen("\"title\":\""), "\""), 198);
    assert_non_null(strstr(answer, "\"kind\":\"INCIDENT\",\"priority\":\"HIGH\""));
    assert_non_null(strstr(answer, "\"requester\":\"otto\""));
    assert_non_null(strstr(answer, "\"cause\":\"cause\""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cause_has_one_open_ticket, setup, nets_teardown),
        cmocka_unit_test_setup_teardown(long_texts_are_cut_between_characters, setup,
                                        nets_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
