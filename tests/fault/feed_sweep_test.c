/* A department whose store fails at its n-th operation, for every n, while it takes an event and
 * while it keeps a witness: nothing is half done, and the same call done again has one effect. */
#include "testing.h"

#include "crier.h"
#include "stage.h"

#include <kantor/events/v1/events.kt.h>
#include <kantor/process/v1/process.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kantor/store/v1/store.kt.h>
#include <kt/log.h>
#include <kt/time.h>

/* More operations than one write and what goes with it take. */
#define OPERATIONS_MAX 80

static const stage_principal_t principals[] = {
    {"north", "department it.operator", "north"},
    {"south", "department", NULL},
    {NULL, NULL, NULL},
};

static kt_kv_t *store; /* of the shell that runs */

static kt_status_t
open_failing(const kt_kv_options_t *options, kt_kv_t **opened)
{
    kt_kv_t *inner = NULL;

    KT_TRY(kt_kv_open_lmdb(options, &inner));
    KT_TRY(kt_kv_open_fault(&inner, &store));
    *opened = store;
    return kt_ok();
}

/* It calls nobody, so that what fails is what the test asks for. */
static void
let_fail(kt_shell_options_t *options)
{
    options->open = open_failing;
    options->brokers[0].clients = NULL;
}

static int
setup(void **state)
{
    *state = stage_world_new(principals, crier_north(), let_fail);
    kt_log_setup("test", KT_LOG_ERROR + 1);
    return 0;
}

/* ---- calls ---- */

/* The event of south with this SEQUENCE, read from a journal of as many records. */
static kt_status_t
take(stage_world_t *w, uint64_t sequence, const kt_ulid_t *key)
{
    events_take_events_request_t request = EVENTS_TAKE_EVENTS_REQUEST_INIT;
    kt_call_options_t options = {.department = "north", .key = key, .once = true};
    events_event_t event = EVENTS_EVENT_INIT, *list = &event;
    char south[] = "south", type[] = "said", subject[] = "thing";
    uint8_t root[KT_SHA256_BYTES] = {1};

    event.sequence = sequence;
    event.type = type;
    event.subject = subject;
    request.department = south;
    request.n_events = 1;
    request.events = &list;
    request.journal_size = sequence;
    request.journal_root = (ProtobufCBinaryData){.data = root, .len = sizeof(root)};
    return kt_client_call(w->client, &events_feed_service.methods[EVENTS_FEED_TAKE_EVENTS],
                          &options, &request.base, &w->reply);
}

/* Something said in north by south, whose journal has SIZE records. */
static kt_status_t
say(stage_world_t *w, kt_client_t *south, uint64_t size, const kt_ulid_t *key)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    uint8_t witness[8 + KT_SHA256_BYTES] = {[7] = (uint8_t)size, [8] = 1};
    kt_metadata_t pair = {"kantor-witness-bin", kt_span(witness, sizeof(witness))};
    kt_call_options_t options = {.key = key, .once = true, .metadata = &pair, .metadata_count = 1};

    return kt_client_call(south, &crier_methods(crier_north())[CRIER_SAY], &options, &request.base,
                          &w->reply);
}

static void
assert_heard(stage_world_t *w, uint64_t count)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;

    assert_ok(kt_client_call(w->client, &crier_methods(crier_north())[CRIER_HEARD], NULL,
                             &request.base, &w->reply));
    assert_int_equal(atoi(((const echo_echo_response_t *)w->reply.message)->instance), (int)count);
}

static void
assert_witnesses(stage_world_t *w, size_t count)
{
    store_witnesses_request_t request = STORE_WITNESSES_REQUEST_INIT;
    kt_call_options_t options = {.department = "north"};

    request.page_size = 1000;
    assert_ok(kt_client_call(w->client, &store_store_service.methods[STORE_STORE_WITNESSES],
                             &options, &request.base, &w->reply));
    assert_int_equal(((const store_witnesses_response_t *)w->reply.message)->n_witnesses, count);
}

static void
assert_sound(stage_world_t *w)
{
    store_verify_request_t request = STORE_VERIFY_REQUEST_INIT;
    kt_call_options_t options = {.department = "north"};
    kt_stream_t *stream = NULL;
    size_t found = 0;

    assert_ok(kt_client_open(w->client, &store_store_service.methods[STORE_STORE_VERIFY], &options,
                             &request.base, &stream));
    while (!kt_failed(kt_stream_receive(stream, &w->reply)))
        found += ((const store_verify_progress_t *)w->reply.message)->n_findings;
    assert_ok(w->reply.status);
    assert_int_equal(found, 0);
    kt_stream_close(&stream);
}

/* South was put back for the COUNT-th time, each time to its first event. */
static kt_status_t
adopt(stage_world_t *w, uint64_t count, const kt_ulid_t *key)
{
    events_take_events_request_t request = EVENTS_TAKE_EVENTS_REQUEST_INIT;
    kt_call_options_t options = {.department = "north", .key = key, .once = true};
    store_life_t lives[] = {STORE_LIFE_INIT, STORE_LIFE_INIT}, *list[] = {&lives[0], &lives[1]};
    uint8_t first[KT_ULID_BYTES] = {0}, last[KT_ULID_BYTES] = {1};
    char south[] = "south";

    lives[0].epoch = 1;
    lives[0].life = (ProtobufCBinaryData){.data = first, .len = sizeof(first)};
    lives[1].epoch = count + 1;
    lives[1].last_sequence = 1;
    lives[1].life = (ProtobufCBinaryData){.data = last, .len = sizeof(last)};
    last[1] = (uint8_t)count;
    request.department = south;
    request.n_lives = 2;
    request.lives = list;
    return kt_client_call(w->client, &events_feed_service.methods[EVENTS_FEED_TAKE_EVENTS],
                          &options, &request.base, &w->reply);
}

static void
assert_incidents(stage_world_t *w, size_t count)
{
    process_list_processes_request_t request = PROCESS_LIST_PROCESSES_REQUEST_INIT;
    kt_call_options_t options = {.department = "north"};

    request.state = PROCESS_STATE_INCIDENT;
    request.page_size = 1000;
    assert_ok(kt_client_call(w->client,
                             &process_processes_service.methods[PROCESS_PROCESSES_LIST_PROCESSES],
                             &options, &request.base, &w->reply));
    assert_int_equal(((const process_list_processes_response_t *)w->reply.message)->n_processes,
                     count);
}

/* ---- sweeps ---- */

static void
taking(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    unsigned failed = 0;

    for (uint64_t n = 1; n <= OPERATIONS_MAX; n++) {
        kt_ulid_t key = kt_ulid_make(kt_clock_wall_us(), 0, n);
        kt_status_t status;

        kt_kv_fault_arm(store, n, kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "made up"));
        status = take(w, n, &key);
        kt_kv_fault_arm(store, 0, kt_ok());
        if (kt_failed(status)) {
            failed++;
            assert_status(status, KT_RESOURCE_EXHAUSTED, RPC_REASON_STORE_FULL);
            assert_heard(w, n - 1);
            assert_witnesses(w, n - 1);
        }
        assert_ok(take(w, n, &key));
        assert_true(w->reply.replayed == !kt_failed(status));
        assert_heard(w, n);
        assert_witnesses(w, n);
    }
    assert_true(failed >= 12);
    assert_sound(w);
}

/* Each time that it is put back, the event that was taken since is lost, and an incident. */
static void
adopting(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    unsigned failed = 0, struck = 1;
    kt_ulid_t before = kt_ulid_make(kt_clock_wall_us(), 1, 0);

    assert_ok(take(w, 1, &before));
    for (uint64_t n = 1; struck > 0; n++) {
        kt_ulid_t key = kt_ulid_make(kt_clock_wall_us(), 0, n);
        kt_ulid_t taken = kt_ulid_make(kt_clock_wall_us(), 1, n);
        kt_status_t status;

        assert_ok(take(w, 2, &taken));
        kt_kv_fault_arm(store, n, kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "made up"));
        status = adopt(w, n, &key);
        struck = kt_kv_fault_struck(store);
        kt_kv_fault_arm(store, 0, kt_ok());
        if (kt_failed(status)) {
            failed++;
            assert_status(status, KT_RESOURCE_EXHAUSTED, RPC_REASON_STORE_FULL);
            assert_incidents(w, n - 1);
        }
        assert_ok(adopt(w, n, &key));
        assert_incidents(w, n);
    }
    assert_true(failed >= 20);
    assert_sound(w);
}

static void
witnessing(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    kt_client_t *south = stage_client(w->stage, "south");
    unsigned failed = 0;

    for (uint64_t n = 1; n <= OPERATIONS_MAX; n++) {
        kt_ulid_t key = kt_ulid_make(kt_clock_wall_us(), 0, n);
        kt_status_t status;

        kt_kv_fault_arm(store, n, kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "made up"));
        status = say(w, south, n, &key);
        kt_kv_fault_arm(store, 0, kt_ok());
        if (kt_failed(status)) {
            failed++;
            assert_status(status, KT_RESOURCE_EXHAUSTED, RPC_REASON_STORE_FULL);
            assert_witnesses(w, n - 1);
        }
        assert_ok(say(w, south, n, &key));
        assert_witnesses(w, n);
    }
    assert_true(failed >= 10);
    assert_sound(w);
    kt_client_destroy(&south);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(taking, setup, stage_world_teardown),
        cmocka_unit_test_setup_teardown(adopting, setup, stage_world_teardown),
        cmocka_unit_test_setup_teardown(witnessing, setup, stage_world_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
