/* kantor verify --witness and kantor events against two departments that follow each other. */
#include "testing.h"

#include "crier.h"
#include "said.h"
#include "service.h"
#include "stage.h"

#include <pthread.h>
#include <unistd.h>

static const stage_principal_t two_departments[] = {
    {"ann", "clerk auditor", NULL},
    {"north", "department", "north"},
    {"south", "department", "south"},
    {NULL, NULL, NULL},
};
/* Echo keeps no journal, and runs only when a test starts it. */
static const stage_principal_t and_echo[] = {
    {"ann", "clerk auditor", NULL},
    {"north", "department", "north"},
    {"south", "department", "south"},
    {"echo", "department", "echo"},
    {NULL, NULL, NULL},
};

typedef struct world {
    stage_t *stage;
    kt_shell_t *north, *south;
    kt_client_t *ann;
    kt_reply_t reply;
    char config[PATH_MAX], store[PATH_MAX], yesterday[PATH_MAX];
} world_t;

static int
make_world(void **state, const stage_principal_t *principals)
{
    world_t *w = (world_t *)calloc(1, sizeof(*w));

    assert_non_null(w);
    w->stage = stage_new(principals);
    w->north = stage_start(w->stage, crier_north(), NULL);
    w->south = stage_start(w->stage, crier_south(), NULL);
    w->ann = stage_client(w->stage, "ann");
    assert_ok(kt_reply_init(&w->reply));
    stage_client_config(w->stage, "ann", w->config);
    tempdir_join(stage_folder(w->stage), "north-store", w->store);
    tempdir_join(stage_folder(w->stage), "north-yesterday", w->yesterday);
    *state = w;
    return 0;
}

static int
setup(void **state)
{
    return make_world(state, two_departments);
}

static int
setup_with_echo(void **state)
{
    return make_world(state, and_echo);
}

static int
teardown(void **state)
{
    world_t *w = (world_t *)*state;

    kt_reply_fini(&w->reply);
    kt_client_destroy(&w->ann);
    kt_shell_destroy(&w->north);
    kt_shell_destroy(&w->south);
    stage_destroy(&w->stage);
    free(w);
    return 0;
}

static void
say(world_t *w, const kt_service_t *service, unsigned count)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    uint8_t subject[] = "thing";

    request.payload = (ProtobufCBinaryData){.data = subject, .len = sizeof(subject) - 1};
    for (unsigned i = 0; i < count; i++)
        assert_ok(kt_client_call(w->ann, &crier_methods(service)[CRIER_SAY], NULL, &request.base,
                                 &w->reply));
}

/* Waits until SERVICE has taken COUNT events. */
static void
await(world_t *w, const kt_service_t *service, unsigned count)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;

    request.hold_ms = count;
    assert_ok(kt_client_call(w->ann, &crier_methods(service)[CRIER_HEARD], NULL, &request.base,
                             &w->reply));
}

/* ---- verify --witness ---- */

static void
honest_departments_fit(void **state)
{
    world_t *w = (world_t *)*state;
    said_t said;

    KANTOR(w, &said, "verify", "--witness", "-o", "csv");
    assert_int_equal(said.code, 0);
    say(w, crier_north(), 20);
    await(w, crier_south(), 20);
    say(w, crier_south(), 20);
    await(w, crier_north(), 20);
    say(w, crier_north(), 20);
    await(w, crier_south(), 40);
    kt_shell_destroy(&w->north);
    w->north = stage_start(w->stage, crier_north(), NULL);
    KANTOR(w, &said, "verify", "--witness", "-o", "csv");
    assert_int_equal(said.code, 0);
    said_assert(&said, "north", ",fits");
    said_assert(&said, "south", ",fits");
    KANTOR(w, &said, "verify", "--witness", "south", "-o", "csv");
    assert_int_equal(said.code, 0);
    said_assert(&said, "south", ",fits");
    assert_null(strstr(said.out, "\nnorth,"));
}

static void
a_store_put_back_is_named(void **state)
{
    world_t *w = (world_t *)*state;
    said_t said;

    say(w, crier_south(), 3);
    await(w, crier_north(), 3);
    say(w, crier_north(), 10);
    await(w, crier_south(), 10);
    kt_shell_destroy(&w->north);
    tempdir_copy(w->store, w->yesterday);
    w->north = stage_start(w->stage, crier_north(), NULL);
    say(w, crier_north(), 10);
    await(w, crier_south(), 20);
    kt_shell_destroy(&w->north);
    tempdir_copy(w->yesterday, w->store);
    w->north = stage_start(w->stage, crier_north(), NULL);
    KANTOR(w, &said, "verify", "--witness", "-o", "csv");
    assert_int_equal(said.code, KT_DATA_LOSS);
    said_assert(&said, "north", "SHORTER");
    said_assert(&said, "south", ",fits");
    assert_non_null(strstr(said.err, "north: its history is not the one that south has seen"));
    say(w, crier_north(), 30); /* grown past what was seen, it is another all the same */
    KANTOR(w, &said, "verify", "--witness", "north", "-o", "csv");
    assert_int_equal(said.code, KT_DATA_LOSS);
    said_assert(&said, "north", "ANOTHER");
    KANTOR(w, &said, "verify", "--witness", "south", "-o", "csv");
    assert_int_equal(said.code, 0);
}

static void
who_is_away_is_said(void **state)
{
    world_t *w = (world_t *)*state;
    said_t said;

    say(w, crier_north(), 5);
    await(w, crier_south(), 5);
    kt_shell_destroy(&w->north);
    KANTOR(w, &said, "verify", "--witness", "-o", "csv", "--timeout", "1");
    assert_int_equal(said.code, KT_UNAVAILABLE);
    said_assert(&said, "north", ",not running");
    w->north = stage_start(w->stage, crier_north(), NULL);
    KANTOR(w, &said, "verify");
    assert_int_equal(said.code, CLI_EXIT_USAGE);
}

/* With 40 bytes of a witness: one record, and a root that is made up. */
static void
say_as_echo(world_t *w)
{
    static const uint8_t witness[40] = {[7] = 1, [8] = 1};
    const kt_metadata_t pair = {.key = "kantor-witness-bin", .value = kt_span(witness, 40)};
    const kt_call_options_t options = {.metadata = &pair, .metadata_count = 1};
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    kt_client_t *client = stage_client(w->stage, "echo");

    assert_ok(kt_client_call(client, &crier_methods(crier_south())[CRIER_SAY], &options,
                             &request.base, &w->reply));
    kt_client_destroy(&client);
}

/* A department that proves nothing is named, and hides nothing of the others. */
static void
who_proves_nothing_is_named(void **state)
{
    world_t *w = (world_t *)*state;
    kt_shell_t *echo;
    said_t said;

    say(w, crier_north(), 5);
    await(w, crier_south(), 5);
    KANTOR(w, &said, "verify", "--witness", "-o", "csv");
    assert_int_equal(said.code, KT_UNAVAILABLE);
    assert_non_null(strstr(said.err, "echo: it is not running"));
    said_assert(&said, "north", ",fits");
    echo = stage_start(w->stage, echo_service(), NULL);
    say_as_echo(w);
    KANTOR(w, &said, "verify", "--witness", "-o", "csv");
    assert_int_equal(said.code, KT_UNAVAILABLE);
    said_assert(&said, "echo", ",not proven");
    said_assert(&said, "north", ",fits");
    kt_shell_destroy(&echo);
}

/* ---- events ---- */

static void
events_are_printed(void **state)
{
    world_t *w = (world_t *)*state;
    said_t said;

    say(w, crier_north(), 5);
    KANTOR(w, &said, "events", "north", "-o", "csv");
    assert_int_equal(said.code, 0);
    assert_non_null(strstr(said.out, "sequence,time,type,subject,values"));
    assert_non_null(strstr(said.out, "\n5,"));
    assert_non_null(strstr(said.out, ",said,thing,by=ann"));
    KANTOR(w, &said, "events", "north", "--from", "5", "-o", "json");
    assert_int_equal(said.code, 0);
    assert_int_equal(strncmp(said.out, "{\"sequence\":\"5\"", 15), 0);
    assert_ptr_equal(strchr(said.out, '\n'), said.out + strlen(said.out) - 1);
    KANTOR(w, &said, "events", "north", "--types", "whispered,other", "-o", "json");
    assert_int_equal(said.code, 0);
    assert_string_equal(said.out, "");
    KANTOR(w, &said, "events", "north", "--count", "2", "-o", "json");
    assert_non_null(strstr(said.out, "\"sequence\":\"2\""));
    assert_null(strstr(said.out, "\"sequence\":\"3\""));
    KANTOR(w, &said, "events", "north", "--from", "9");
    assert_int_equal(said.code, KT_OUT_OF_RANGE);
    KANTOR(w, &said, "events", "north", "--from", "9", "--follow");
    assert_int_equal(said.code, KT_OUT_OF_RANGE);
}

typedef struct following {
    const world_t *world;
    said_t said;
} following_t;

static void *
follow_ten(void *context)
{
    following_t *f = (following_t *)context;

    KANTOR(f->world, &f->said, "events", "north", "--follow", "--count", "10", "-q");
    return NULL;
}

static void
a_feed_is_followed_past_a_restart(void **state)
{
    world_t *w = (world_t *)*state;
    following_t f = {.world = w};
    pthread_t thread;
    const char *line = f.said.out;

    assert_int_equal(pthread_create(&thread, NULL, follow_ten, &f), 0);
    say(w, crier_north(), 5);
    kt_shell_destroy(&w->north);
    w->north = stage_start(w->stage, crier_north(), NULL);
    say(w, crier_north(), 5);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(f.said.code, 0);
    for (int i = 1; i <= 10; i++) {
        assert_int_equal(atoi(line), i);
        line = strchr(line, '\n') + 1;
    }
    assert_string_equal(line, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(honest_departments_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(a_store_put_back_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_away_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(who_proves_nothing_is_named, setup_with_echo, teardown),
        cmocka_unit_test_setup_teardown(events_are_printed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_feed_is_followed_past_a_restart, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
