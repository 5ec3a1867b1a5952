/* The command line's verbs of IT against the real department. */
#include "testing.h"

#include "cli.h"
#include "service.h"
#include "stage.h"

#include <kt/json.h>
#include <stdlib.h>

static const stage_principal_t principals[] = {
    {"erik", "it.expert it.operator department", NULL}, {"it", NULL, "it"}, {NULL, NULL, NULL}};

static int
setup(void **state)
{
    *state = stage_world_new(principals, it_service(), NULL);
    return 0;
}

/* Calls METHOD ("Desk/OpenTicket"); quotes in JSON are single ones. */
static void
call(stage_world_t *w, const char *name, const char *json)
{
    const kt_service_t *service = it_service();
    kt_arena_t *arena = kt_arena_new(4096, 1 << 20);
    ProtobufCMessage *request = NULL;
    char text[1024];
    snprintf(text, sizeof text, "%s", json);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    for (uint32_t i = 0; i < service->bindings_count; i++)
        for (uint32_t j = 0; j < service->bindings[i].desc->methods_count; j++) {
            const kt_method_t *method = &service->bindings[i].desc->methods[j];
            if (strcmp(strrchr(method->path, '.') + 1, name) != 0)
                continue;
            assert_ok(kt_json_parse(arena, method->request, kt_span_str(text), NULL, &request));
            assert_ok(kt_client_call(w->client, method, NULL, request, &w->reply));
        }
    assert_non_null(request);
    kt_arena_destroy(&arena);
}

/* Runs `kantor it VERB ... --config FILE`, and looks for SAYS in what it prints. */
static void
says(stage_world_t *w, const char *words, int code, const char *wanted)
{
    char config[PATH_MAX], line[256], *argv[16], *printed = NULL, *complained = NULL;
    size_t printed_size, complained_size;
    int argc = 0;
    stage_client_config(w->stage, "erik", config);
    snprintf(line, sizeof line, "%s", words);
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc++] = (char *)(uintptr_t) "--config";
    argv[argc++] = config;
    FILE *out = open_memstream(&printed, &printed_size);
    FILE *err = open_memstream(&complained, &complained_size);
    int got = cli_main(argc, argv, out, err);
    fclose(out);
    fclose(err);
    if (got != code)
        fail_msg("%s: exit %d: %s", words, got, complained);
    if (!strstr(code == 0 ? printed : complained, wanted))
        fail_msg("%s: %s%s, wanted %s", words, printed, complained, wanted);
    free(printed);
    free(complained);
}

static void
verbs_show_what_there_is(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    call(w, "Desk/SetCalendar",
         "{'calendar':{'calendar':'always','timeZone':'UTC0','hours':["
         "{'weekday':1,'untilMinute':1440},{'weekday':2,'untilMinute':1440},"
         "{'weekday':3,'untilMinute':1440},{'weekday':4,'untilMinute':1440},"
         "{'weekday':5,'untilMinute':1440},{'weekday':6,'untilMinute':1440},"
         "{'weekday':7,'untilMinute':1440}]}}");
    call(w, "Desk/SetServiceLevel",
         "{'level':{'level':'standard','calendar':'always','targets':[{'priority':'HIGH',"
         "'responseMinutes':90}]}}");
    call(w, "Desk/OpenTicket",
         "{'ticket':{'ticket':'t1','title':'No mail','requester':'bob','priority':'HIGH'}}");
    call(w, "Desk/AssignTicket", "{'ticket':'t1','assignee':'erik'}");
    call(w, "Software/CreateProduct", "{'product':{'product':'editor'}}");
    call(w, "Software/ActivateLicence",
         "{'licence':{'licence':'l1','product':'editor','seats':3,'fromDate':'2020-01-01'}}");
    call(w, "Software/AssignSeats", "{'licence':'l1','employees':['emma']}");
    call(w, "Accounts/CreateAccount",
         "{'account':{'employee':'emma','principal':'emma','startsUs':'1793610000000000'}}");
    call(w, "Accounts/RegisterAsset", "{'asset':{'asset':'lt-1','kind':'laptop'}}");
    call(w, "Accounts/AssignEquipment", "{'employee':'emma','kinds':['laptop']}");

    says(w, "kantor it tickets -o csv", 0, "t1,IN_PROGRESS,HIGH,bob,erik,no,");
    says(w, "kantor it tickets --state in-progress -o json", 0, "\"No mail\"");
    says(w, "kantor it tickets --state closed -o json", 0, "[]");
    says(w, "kantor it tickets --state lost", CLI_EXIT_USAGE, "--state is");
    says(w, "kantor it ticket t1", 0, "IN_PROGRESS, HIGH, for bob, with erik");
    says(w, "kantor it ticket t1", 0, "0:00 of 1:30 hours, running, due ");
    says(w, "kantor it ticket t1 -o csv", 0, ",erik,ASSIGN,IN_PROGRESS,");
    says(w, "kantor it ticket t9", KT_NOT_FOUND, "TICKET_UNKNOWN");
    says(w, "kantor it seats -o csv", 0, "l1,editor,3,1,2,2020-01-01,,yes");
    says(w, "kantor it seats --licence l1 -o csv", 0, "l1,emma,");
    says(w, "kantor it seats --employee emma -o csv", 0, "l1,emma,");
    says(w, "kantor it seats --employee emma --licence l1", CLI_EXIT_USAGE, "either");
    says(w, "kantor it holdings emma -o csv", 0, "account,PREPARED\nasset,lt-1\nseat,l1\n");
    says(w, "kantor it holdings nobody -o csv", 0, "account,none");
    says(w, "kantor it account -o csv", 0, "emma,emma,PREPARED,no,2026-11-02T09:00:00.000000Z,,");
    says(w, "kantor it account emma -o json", 0, "\"openable\": false");
    says(w, "kantor it account nobody", KT_NOT_FOUND, "ACCOUNT_UNKNOWN");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(verbs_show_what_there_is, setup, stage_world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
