/* The command line's verbs about processes, over those of the shop (mill.h). */
#include "testing.h"

#include "cli.h"
#include "departments.h"
#include "mill.h"
#include "stage.h"

#include <kantor/process/v1/process.kt.h>
#include <kt/time.h>
#include <stdlib.h>

#define ID_SIZE (KT_ULID_CHARS + 1)
#define SHORT   12 /* of an id: enough to say which, after some milliseconds */

static const stage_principal_t principals[] = {
    {"carla", "clerk", NULL},
    {"mia", "miller", NULL},
    {"ada", "auditor", NULL},
    {"olga", "it.expert clerk", NULL},
    {"shop", "department", "shop"},
    {"mill", "department", "mill"},
    {NULL, NULL, NULL},
};

/* The three departments, which are asked when none is named. */
static const stage_principal_t office[] = {
    {"ada", "auditor", NULL},
    {"finance", "department", "finance"},
    {"legal", "department", "legal"},
    {"it", "department", "it"},
    {NULL, NULL, NULL},
};

typedef struct world {
    stage_t *stage;
    kt_shell_t *shop, *mill;
    kt_client_t *carla, *mia;
    kt_reply_t reply;
    char id[ID_SIZE];
} world_t;

static int
setup(void **state)
{
    world_t *w = (world_t *)calloc(1, sizeof(*w));

    assert_non_null(w);
    w->stage = stage_new(principals);
    w->mill = stage_start(w->stage, mill_service(), NULL);
    w->shop = stage_start(w->stage, shop_service(), NULL);
    w->carla = stage_client(w->stage, "carla");
    w->mia = stage_client(w->stage, "mia");
    assert_ok(kt_reply_init(&w->reply));
    *state = w;
    return 0;
}

static int
teardown(void **state)
{
    world_t *w = (world_t *)*state;

    kt_reply_fini(&w->reply);
    kt_client_destroy(&w->carla);
    kt_client_destroy(&w->mia);
    kt_shell_destroy(&w->shop);
    kt_shell_destroy(&w->mill);
    stage_destroy(&w->stage);
    free(w);
    return 0;
}

/* ---- what people and departments do ---- */

static void
order(world_t *w, int64_t amount, int64_t at_us)
{
    shop_order_request_t request = SHOP_ORDER_REQUEST_INIT;

    request.order = "o-1";
    request.amount = amount;
    request.at_us = at_us;
    assert_ok(kt_client_call(w->carla, &shop_shop_service.methods[SHOP_SHOP_ORDER], NULL,
                             &request.base, &w->reply));
    (void)snprintf(w->id, sizeof(w->id), "%s",
                   ((const shop_order_response_t *)w->reply.message)->process);
}

static void
judge(world_t *w, mill_thing_state_t state)
{
    mill_judge_request_t request = MILL_JUDGE_REQUEST_INIT;
    char thing[ID_SIZE];

    for (size_t i = 0; i < ID_SIZE; i++)
        thing[i] = (char)(w->id[i] >= 'A' && w->id[i] <= 'Z' ? w->id[i] - 'A' + 'a' : w->id[i]);
    request.thing = thing;
    request.state = state;
    assert_ok(kt_client_call(w->mia, &mill_mill_service.methods[MILL_MILL_JUDGE], NULL,
                             &request.base, &w->reply));
}

/* Waits until the process's timeline has COUNT entries. */
static void
await(world_t *w, uint32_t count)
{
    process_watch_process_request_t request = PROCESS_WATCH_PROCESS_REQUEST_INIT;
    kt_call_options_t options = {.department = "shop", .timeout_ms = 60000};
    kt_client_t *ada = stage_client(w->stage, "ada");
    kt_stream_t *stream = NULL;
    size_t seen = 0;

    request.process = w->id;
    assert_ok(kt_client_open(ada,
                             &process_processes_service.methods[PROCESS_PROCESSES_WATCH_PROCESS],
                             &options, &request.base, &stream));
    while (seen < count) {
        assert_ok(kt_stream_receive(stream, &w->reply));
        seen += ((const process_watch_process_response_t *)w->reply.message)->n_timeline;
    }
    kt_stream_close(&stream);
    kt_client_destroy(&ada);
}

/* ---- kantor ---- */

/* Runs "kantor process WORDS" as WHO, "ID" and "SHORT" the process's, and looks for each of WANTED
 * in what it prints on either output; NULL at the end. */
static void
says(world_t *w, const char *who, const char *words, int code, const char *const *wanted)
{
    char config[PATH_MAX], line[256], small[SHORT + 1], *argv[16], *printed = NULL,
                                                                   *complained = NULL;
    size_t printed_size, complained_size;
    int argc = 0, got;
    FILE *out = open_memstream(&printed, &printed_size);
    FILE *err = open_memstream(&complained, &complained_size);

    stage_client_config(w->stage, who, config);
    (void)snprintf(line, sizeof(line), "kantor process %s", words);
    for (size_t i = 0; i < SHORT; i++)
        small[i] = (char)(w->id[i] >= 'A' && w->id[i] <= 'Z' ? w->id[i] - 'A' + 'a' : w->id[i]);
    small[SHORT] = '\0';
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "ID") == 0 ? w->id : strcmp(word, "SHORT") == 0 ? small : word;
    argv[argc++] = (char *)(uintptr_t) "--config";
    argv[argc++] = config;
    got = cli_main(argc, argv, out, err);
    (void)fclose(out);
    (void)fclose(err);
    if (got != code)
        fail_msg("%s: exit %d: %s%s", words, got, printed, complained);
    for (; *wanted; wanted++)
        if (!strstr(printed, *wanted) && !strstr(complained, *wanted))
            fail_msg("%s: %s%s, wanted %s", words, printed, complained, *wanted);
    free(printed);
    free(complained);
}

#define SAYS(who, words, code, ...)                                                                \
    says(w, who, words, code, (const char *const[]){__VA_ARGS__, NULL})

static void
processes_are_listed(void **state)
{
    world_t *w = (world_t *)*state;

    SAYS("ada", "ls shop -o json", 0, "[]");
    SAYS("ada", "ls -o json", 0, "[]", "finance is not running; its processes are not seen");
    order(w, 30, kt_clock_wall_us());
    await(w, 3);
    SAYS("ada", "ls shop", 0, "department", w->id, "RUNNING", "judged", "miller");
    SAYS("ada", "ls shop -o csv --state running --type order", 0, "shop,", w->id,
         ",order,o-1,RUNNING,judged,miller,2");
    SAYS("ada", "ls shop -o json --state done", 0, "[]");
    SAYS("ada", "ls shop -o json --type other", 0, "[]");
    SAYS("ada", "ls shop --state asleep", CLI_EXIT_USAGE, "INCIDENT");
    SAYS("ada", "ls shop -n 0", CLI_EXIT_USAGE, "--limit");
    SAYS("mia", "ls shop", KT_PERMISSION_DENIED, "ROLE_MISSING");
    SAYS("ada", "ls mill", 0, "department  process"); /* it owns none */
    SAYS("ada", "ls bakery", KT_UNIMPLEMENTED, "bakery");
}

static void
a_process_is_shown(void **state)
{
    world_t *w = (world_t *)*state;

    order(w, 30, kt_clock_wall_us());
    await(w, 3);
    SAYS("ada", "show shop ID", 0, w->id, " in shop\n", "type     order, version 1\n",
         "subject  o-1\n", "state    RUNNING\n", "now      judged waits for miller until 2",
         "started  2", " by carla\n", "what happened\n", "STARTED  carla", "DONE     mill",
         "Goods are taken", "what is to come\n", "now  judged  miller", "within 1 d 0 h",
         "retriable");
    SAYS("ada", "show shop SHORT --variables", 0, "variables\n", "amount    30\n",
         "taken_as  NEW\n");
    SAYS("ada", "show shop ID -o csv", 0, "time,after,step,result,who,what,text\n",
         ",take,DONE,mill,Goods are taken,\n");
    SAYS("ada", "show shop ID -o json", 0, "\"state\":\"RUNNING\"", "\"steps\":", "\"variables\":");
    SAYS("ada", "show shop 01abc", CLI_EXIT_USAGE, "at least its first 6 characters");
    SAYS("ada", "show shop 7zzzzzz", KT_NOT_FOUND, "no process has an id that begins with 7zzzzzz");
    SAYS("ada", "show shop 01JZZZZZZZZZZZZZZZZZZZZZZZ", KT_NOT_FOUND, "no process has an id");
    SAYS("ada", "show shop 01JZZZZZZZZZZZZZZZZZZZZZZO", KT_INVALID_ARGUMENT, "26 characters");
    SAYS("ada", "show ID", KT_NOT_FOUND, "no process has an id that begins with");
    judge(w, MILL_THING_STATE_BAD);
    await(w, 7);
    SAYS("ada", "show shop SHORT", 0, "state    REJECTED\n", "ended    2", "note     state is BAD",
         "judged  REJECTED  miller", "take    UNDONE    mill");
}

static void
what_is_meant_by_several_is_asked(void **state)
{
    world_t *w = (world_t *)*state;
    char first[ID_SIZE], words[32];

    order(w, 1, kt_clock_wall_us());
    (void)snprintf(first, sizeof(first), "%s", w->id);
    order(w, 1, kt_clock_wall_us());
    (void)snprintf(words, sizeof(words), "show shop %.6s", w->id);
    SAYS("ada", words, CLI_EXIT_USAGE, "several are meant", first, w->id);
}

static void
a_process_is_watched(void **state)
{
    static const struct {
        mill_thing_state_t judged;
        int code;
        const char *said;
    } rows[] = {
        {MILL_THING_STATE_GOOD, 0, "ENDED  shop  everything is done\n"},
        {MILL_THING_STATE_BAD, KT_FAILED_PRECONDITION, "ENDED  shop  what was done is undone\n"},
    };
    world_t *w = (world_t *)*state;

    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        order(w, 30, kt_clock_wall_us());
        await(w, 3);
        judge(w, rows[i].judged);
        SAYS("ada", "watch shop ID", rows[i].code, "STARTED  carla  o-1\n",
             "  take  DONE  shop  Goods are taken\n", rows[i].said);
        SAYS("ada", "watch shop ID -o csv", rows[i].code, "time,step,result,by,text\n",
             ",take,DONE,shop,Goods are taken\n");
        SAYS("ada", "watch shop ID -o json", rows[i].code, "\"kind\":\"PROCESS_ENDED\"");
    }
}

static void
an_incident_is_resolved(void **state)
{
    world_t *w = (world_t *)*state;

    order(w, 30, -1); /* no instant to wait for */
    await(w, 3);
    judge(w, MILL_THING_STATE_GOOD);
    await(w, 6);
    SAYS("ada", "show shop ID", 0, "state    INCIDENT\n",
         "now      later is an incident for clerk: kantor process resolve\n", "INCIDENT  clerk");
    SAYS("ada", "ls shop -o csv --state incident", 0, ",INCIDENT,later,clerk,");
    SAYS("olga", "resolve shop ID skip", CLI_EXIT_USAGE, "--why");
    SAYS("olga", "resolve shop ID mend --why x", CLI_EXIT_USAGE, "retry, skip, undo or abandon");
    SAYS("ada", "resolve shop ID skip --why x", KT_PERMISSION_DENIED, "ROLE_MISSING");
    SAYS("olga", "resolve shop ID undo --why x", KT_FAILED_PRECONDITION, "PROCESS_PAST_PIVOT");
    SAYS("olga", "resolve shop SHORT abandon --why over -o csv", 0, "shop,", ",ABANDONED,,,2");
    SAYS("ada", "watch shop ID", KT_ABORTED, "  later  RESOLVED  olga  over\n",
         "ENDED  olga  ended as it stands\n");
    SAYS("olga", "resolve shop ID retry --why x", KT_FAILED_PRECONDITION, "PROCESS_NO_INCIDENT");
}

/* Finance runs no processes; who is away is said. */
static void
all_departments_are_asked(void **unused)
{
    world_t *w = &(world_t){.stage = stage_new(office), .id = "01JZZZZZZZZZZZZZZZZZZZZZZZ"};
    kt_shell_t *shells[DEPARTMENTS] = {NULL};

    (void)unused;
    for (uint32_t i = 0; i < DEPARTMENTS; i++)
        shells[i] = stage_start(w->stage, department(i), NULL);
    SAYS("ada", "ls -o json", 0, "[]");
    SAYS("ada", "show ID", KT_NOT_FOUND, "no process has an id that begins with");
    SAYS("ada", "show SHORT", KT_NOT_FOUND, "no process has an id that begins with");
    for (uint32_t i = 0; i < DEPARTMENTS; i++)
        if (department(i)->processes)
            kt_shell_destroy(&shells[i]);
    SAYS("ada", "ls -o json", 0, "[]", "legal ", "it ", "its processes are not seen");
    for (uint32_t i = 0; i < DEPARTMENTS; i++)
        kt_shell_destroy(&shells[i]);
    stage_destroy(&w->stage);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(processes_are_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_process_is_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_meant_by_several_is_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(a_process_is_watched, setup, teardown),
        cmocka_unit_test_setup_teardown(an_incident_is_resolved, setup, teardown),
        cmocka_unit_test(all_departments_are_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
