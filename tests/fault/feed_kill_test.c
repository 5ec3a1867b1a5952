/*
 * Two departments that follow each other are killed, again and again, at moments they do not
 * choose, and so is the broker. Every event is taken once and in order, and both histories are
 * sound. usage: feed_kill_test CRIER
 */
#include "testing.h"

#include "crier.h"
#include "stage.h"

#include <kantor/store/v1/store.kt.h>
#include <kt/prng.h>
#include <kt/time.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS      12
#define ROUND_SAYS  40 /* of each department */
#define INFLIGHT    8
#define BROKER_ODDS 4 /* one round in so many, the broker is started anew as well */

static const stage_principal_t principals[] = {
    {"ann", "clerk auditor", NULL},
    {"north", "department", "north"},
    {"south", "department", "south"},
    {NULL, NULL, NULL},
};

static const char *program;

typedef struct world {
    stage_t *stage;
    kt_client_t *ann;
    kt_reply_t reply;
    pid_t pids[2]; /* of north and south */
    kt_prng_t prng;
} world_t;

static const kt_service_t *
service_of(unsigned which)
{
    return which == 0 ? crier_north() : crier_south();
}

static void
start(world_t *w, unsigned which)
{
    char config[PATH_MAX];
    const char *name = service_of(which)->name;
    char *const arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)name,
                               (char *)(uintptr_t) "--config", config, NULL};

    stage_department_config(w->stage, name, config);
    assert_int_equal(posix_spawn(&w->pids[which], program, NULL, NULL, arguments, environ), 0);
}

static void
end(world_t *w, unsigned which)
{
    int status;

    if (w->pids[which] == 0)
        return;
    assert_int_equal(kill(w->pids[which], SIGKILL), 0);
    assert_int_equal(waitpid(w->pids[which], &status, 0), w->pids[which]);
    w->pids[which] = 0;
}

static int
setup(void **state)
{
    world_t *w = (world_t *)calloc(1, sizeof(*w));

    assert_non_null(w);
    w->stage = stage_new(principals);
    w->ann = stage_client(w->stage, "ann");
    assert_ok(kt_reply_init(&w->reply));
    start(w, 0);
    start(w, 1);
    *state = w;
    return 0;
}

static int
teardown(void **state)
{
    world_t *w = (world_t *)*state;

    end(w, 0);
    end(w, 1);
    kt_reply_fini(&w->reply);
    kt_client_destroy(&w->ann);
    stage_destroy(&w->stage);
    free(w);
    return 0;
}

/* A call that says one more thing; its tag is which department has it. */
static void
say(world_t *w, unsigned which)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    kt_call_options_t options = {.timeout_ms = 60000};
    uint8_t subject[] = "thing";

    request.payload = (ProtobufCBinaryData){.data = subject, .len = sizeof(subject) - 1};
    assert_ok(kt_client_start(w->ann, &crier_methods(service_of(which))[CRIER_SAY], &options,
                              &request.base, which));
}

/* Says so many in both, several at once, and after KILL_AFTER answers kills one of them. */
static void
say_and_kill(world_t *w, unsigned kill_after, unsigned which)
{
    unsigned started = 0, ended = 0;
    uint64_t tag;

    while (ended < 2 * ROUND_SAYS) {
        while (started < 2 * ROUND_SAYS && started - ended < INFLIGHT)
            say(w, started++ % 2);
        assert_ok(kt_client_next(w->ann, -1, &tag, &w->reply));
        assert_ok(w->reply.status);
        if (++ended == kill_after) {
            end(w, which);
            start(w, which);
        }
    }
}

/* Waits until all were taken: their lines say 1 to COUNT, each once and in order. */
static void
assert_heard(world_t *w, unsigned which, unsigned count, uint64_t seed)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    kt_call_options_t options = {.timeout_ms = 60000};
    const echo_echo_response_t *heard;
    char line[32];
    size_t at = 0;

    request.hold_ms = count;
    assert_ok(kt_client_call(w->ann, &crier_methods(service_of(which))[CRIER_HEARD], &options,
                             &request.base, &w->reply));
    heard = (const echo_echo_response_t *)w->reply.message;
    for (unsigned i = 1; i <= count; i++) {
        size_t size = (size_t)snprintf(line, sizeof(line), "%u thing\n", i);
        if (at + size > heard->payload.len || memcmp(heard->payload.data + at, line, size) != 0)
            fail_msg("seed %llu: %s has not heard %u where it should", (unsigned long long)seed,
                     service_of(which)->name, i);
        at += size;
    }
    if (at != heard->payload.len)
        fail_msg("seed %llu: %s has heard more than was said", (unsigned long long)seed,
                 service_of(which)->name);
}

static void
assert_sound(world_t *w, unsigned which)
{
    store_verify_request_t request = STORE_VERIFY_REQUEST_INIT;
    kt_call_options_t options = {.department = service_of(which)->name};
    kt_stream_t *stream = NULL;
    size_t found = 0;

    assert_ok(kt_client_open(w->ann, &store_store_service.methods[STORE_STORE_VERIFY], &options,
                             &request.base, &stream));
    while (!kt_failed(kt_stream_receive(stream, &w->reply)))
        found += ((const store_verify_progress_t *)w->reply.message)->n_findings;
    assert_ok(w->reply.status);
    assert_int_equal(found, 0);
    kt_stream_close(&stream);
}

static void
events_are_taken_once_whoever_dies(void **state)
{
    world_t *w = (world_t *)*state;
    uint64_t seed;

    kt_prng_seed_system(&w->prng);
    seed = kt_prng_next(&w->prng);
    kt_prng_seed(&w->prng, seed);
    for (unsigned round = 0; round < ROUNDS; round++) {
        if (kt_prng_below(&w->prng, BROKER_ODDS) == 0) {
            stage_stop_broker(w->stage);
            stage_start_broker(w->stage);
        }
        say_and_kill(w, 1 + (unsigned)kt_prng_below(&w->prng, 2 * ROUND_SAYS),
                     (unsigned)kt_prng_below(&w->prng, 2));
    }
    for (unsigned which = 0; which < 2; which++) {
        assert_heard(w, which, ROUNDS * ROUND_SAYS, seed);
        assert_sound(w, which);
    }
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events_are_taken_once_whoever_dies, setup, teardown),
    };

    if (argc != 2)
        return 2;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
