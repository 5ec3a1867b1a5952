/* The command line's verbs of legal against the real department. */
#include "testing.h"

#include "cli.h"
#include "service.h"
#include "stage.h"

#include <kt/json.h>
#include <stdlib.h>

/* Emma calls as herself, lea is the officer. */
static const stage_principal_t principals[] = {{"lea", "legal.officer", NULL},
                                               {"emma", "employee", NULL},
                                               {"legal", NULL, "legal"},
                                               {NULL, NULL, NULL}};

static int
setup(void **state)
{
    *state = stage_world_new(principals, legal_service(), NULL);
    return 0;
}

/* Calls METHOD ("Matters/OpenMatter"); quotes in JSON are single ones. */
static void
call(stage_world_t *w, const char *name, const char *json)
{
    const kt_service_t *service = legal_service();
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

/* Runs `kantor legal VERB ... --config FILE` as WHO, and looks for SAYS in what it prints, on
 * either output. */
static void
says(stage_world_t *w, const char *who, const char *words, int code, const char *wanted)
{
    char config[PATH_MAX], line[256], *argv[16], *printed = NULL, *complained = NULL;
    size_t printed_size, complained_size;
    int argc = 0;
    stage_client_config(w->stage, who, config);
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
    if (!strstr(printed, wanted) && !strstr(complained, wanted))
        fail_msg("%s: %s%s, wanted %s", words, printed, complained, wanted);
    free(printed);
    free(complained);
}

/* SHA-256 of "be kind" */
#define BE_KIND "959c5805d5c257bf3270f6fddfaaf04a72e02b5871d950154c42148369ee5378"

static void
policies_are_read_and_attested(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    call(w, "Policies/CreatePolicy",
         "{'policy':'conduct','title':'Conduct','mustAcknowledge':true}");
    call(w, "Policies/PublishVersion",
         "{'policy':'conduct','text':'YmUga2luZA==','effectiveFrom':'2020-01-01'}");
    call(w, "Policies/EnrolEmployee",
         "{'employee':'emma','principal':'emma','unit':'sales','name':'Emma','startsOn':"
         "'2020-02-01'}");

    says(w, "lea", "kantor legal policies -o csv", 0, "conduct,PUBLISHED,1,yes,,Conduct");
    says(w, "lea", "kantor legal policies conduct -o csv", 0, "1,2020-01-01,7,");
    says(w, "lea", "kantor legal policies none", KT_NOT_FOUND, "POLICY_UNKNOWN");
    says(w, "lea", "kantor legal compliance emma", 0, "emma does not comply on ");
    says(w, "lea", "kantor legal compliance emma -o csv", 0, "conduct,1,");
    says(w, "lea", "kantor legal compliance emma --at 2019-01-01", 0,
         "emma complies on 2019-01-01");
    says(w, "lea", "kantor legal compliance --policy conduct -o csv", 0, "emma,conduct,1,OPEN,");
    says(w, "lea", "kantor legal compliance emma --policy conduct", CLI_EXIT_USAGE, "either");
    says(w, "lea", "kantor legal compliance bob", KT_NOT_FOUND, "EMPLOYEE_UNKNOWN");
    says(w, "emma", "kantor legal attest -o csv", 0, "conduct,1,OPEN,");
    says(w, "emma", "kantor legal attest conduct", 0, "be kind");
    says(w, "emma", "kantor legal attest conduct", 0, "attest conduct --hash " BE_KIND);
    says(w, "emma", "kantor legal attest gifts", KT_NOT_FOUND, "nothing is asked of you");
    says(w, "emma", "kantor legal attest conduct --hash 0000000000", CLI_EXIT_USAGE,
         "read it again");
    says(w, "emma", "kantor legal attest --hash 00", CLI_EXIT_USAGE, "goes with a POLICY");
    says(w, "emma", "kantor legal attest conduct -o csv --hash " BE_KIND, 0, "conduct,1,ATTESTED,");
    says(w, "lea", "kantor legal compliance emma", 0, "emma complies on ");
}

static void
matters_and_deadlines_are_shown(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    call(w, "Matters/OpenMatter",
         "{'matter':'m1','title':'A claim','kind':'CLAIM','requestedBy':'sales','counterparty':"
         "'Acme'}");
    call(w, "Matters/AssignMatter", "{'matter':'m1','assignee':'lea'}");
    call(w, "Matters/AddDeadline",
         "{'matter':'m1','deadline':'reply','dueOn':'2020-03-01','what':'the reply','source':"
         "'SOURCE_STATUTE','sourceText':'section 276'}");
    call(w, "Matters/AddDeadline",
         "{'matter':'m1','deadline':'brief','dueOn':'2099-03-01','what':'the brief','source':"
         "'SOURCE_ORDER','sourceText':'order 5'}");
    call(w, "Matters/AddCost",
         "{'matter':'m1','date':'2020-01-01','currency':'EUR','amountMinor':'120000','what':"
         "'counsel'}");

    says(w, "lea", "kantor legal matters -o csv", 0, "m1,OPEN,CLAIM,Acme,lea,A claim");
    says(w, "lea", "kantor legal matters --overdue --at 2020-03-01 -o json", 0, "[]");
    says(w, "lea", "kantor legal matters --overdue -o json", 0, "\"m1\"");
    says(w, "lea", "kantor legal matters m1 -o csv", 0, "costs,EUR 120000 (minor units)");
    says(w, "lea", "kantor legal matters m2", KT_NOT_FOUND, "MATTER_UNKNOWN");
    says(w, "lea", "kantor legal deadlines -o csv", 0, "2020-03-01,MISSED,m1,reply,,the reply");
    says(w, "lea", "kantor legal deadlines --to 2020-02-29 -o json", 0, "[]");
    says(w, "lea", "kantor legal deadlines --matter m1 -o csv", 0, "2099-03-01,PENDING,m1,brief");
    says(w, "lea", "kantor legal deadlines --from soon", CLI_EXIT_USAGE, "--from");
    call(w, "Matters/MeetDeadline",
         "{'matter':'m1','deadline':'reply','metOn':'2020-02-20','evidence':'receipt 4'}");
    says(w, "lea", "kantor legal deadlines --to 2020-12-31 --open -o json", 0, "[]");
    says(w, "lea", "kantor legal deadlines --to 2020-12-31 -o csv", 0, "2020-03-01,MET,m1,reply");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(policies_are_read_and_attested, setup,
                                        stage_world_teardown),
        cmocka_unit_test_setup_teardown(matters_and_deadlines_are_shown, setup,
                                        stage_world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
