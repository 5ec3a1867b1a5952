/* A department with a store behind a real broker: writes that happen once, reads, streams that wait
 * for commits, roles, and kantor.store.v1.Store. */
#include "testing.h"

#include "counter.h"
#include "stage.h"

#include <kantor/echo/v1/echo.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kantor/store/v1/store.kt.h>
#include <kt/time.h>
#include <unistd.h>

static const stage_principal_t principals[] = {
    {"ann", "counter.clerk it.operator", NULL},
    {"bob", NULL, NULL},
    {"counter", NULL, "counter"},
    {NULL, NULL, NULL},
};

static int
setup(void **state)
{
    counter_finding = NULL;
    counter_verifies_for_ever = false;
    *state = stage_world_new(principals, counter_service(), NULL);
    return 0;
}

static void
restart(stage_world_t *w)
{
    kt_shell_destroy(&w->shell);
    w->shell = stage_start(w->stage, counter_service(), NULL);
}

/* ---- calls ---- */

static kt_status_t
call(stage_world_t *w, kt_client_t *client, uint32_t method, const kt_ulid_t *key, const char *name,
     uint32_t amount)
{
    echo_echo_request_t request = counter_request(name, amount);
    kt_call_options_t options = {.key = key};

    return kt_client_call(client, &counter_methods[method], &options, &request.base, &w->reply);
}

static kt_status_t
add(stage_world_t *w, const kt_ulid_t *key, const char *name, uint32_t amount)
{
    return call(w, w->client, COUNTER_ADD, key, name, amount);
}

static const char *
answer(const stage_world_t *w)
{
    return ((const echo_echo_response_t *)w->reply.message)->instance;
}

static void
assert_sum(stage_world_t *w, const char *name, const char *sum)
{
    assert_ok(call(w, w->client, COUNTER_GET, NULL, name, 0));
    assert_string_equal(answer(w), sum);
}

static kt_status_t
store_call(stage_world_t *w, uint32_t method, const ProtobufCMessage *request)
{
    kt_call_options_t options = {.department = "counter"};

    return kt_client_call(w->client, &store_store_service.methods[method], &options, request,
                          &w->reply);
}

/* ---- writes and reads ---- */

static void
write_is_read_back(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;

    assert_ok(add(w, NULL, "a", 5));
    assert_string_equal(answer(w), "5");
    assert_true(w->reply.timeline.committed_us > 0);
    assert_ok(add(w, NULL, "a", 2));
    assert_sum(w, "a", "7");
    restart(w);
    assert_sum(w, "a", "7");
}

static void
once_means_once(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    kt_ulid_t key = kt_ulid_make(kt_clock_wall_us(), 1, 2);

    assert_ok(add(w, &key, "a", 5));
    assert_false(w->reply.replayed);
    assert_ok(add(w, &key, "a", 5));
    assert_true(w->reply.replayed);
    assert_string_equal(answer(w), "5");
    restart(w);
    assert_ok(add(w, &key, "a", 5));
    assert_true(w->reply.replayed);
    assert_status(add(w, &key, "a", 6), KT_ALREADY_EXISTS, RPC_REASON_KEY_REUSED);
    assert_sum(w, "a", "5");
}

static void
keys_that_are_refused(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    kt_ulid_t none = {{0}};
    kt_ulid_t old = kt_ulid_make(kt_clock_wall_us() - 8 * KT_US_PER_DAY, 1, 2);
    kt_ulid_t early = kt_ulid_make(kt_clock_wall_us() + 400 * KT_US_PER_S, 1, 2);

    assert_status(add(w, &none, "a", 5), KT_INVALID_ARGUMENT, RPC_REASON_KEY_MISSING);
    assert_status(add(w, &old, "a", 5), KT_FAILED_PRECONDITION, RPC_REASON_KEY_TOO_OLD);
    assert_status(add(w, &early, "a", 5), KT_FAILED_PRECONDITION, RPC_REASON_KEY_FROM_FUTURE);
    assert_sum(w, "a", "0");
}

static void
many_writes_share_commits(void **state)
{
    enum { WRITES = 2000, INSIDE = 200 };
    stage_world_t *w = (stage_world_t *)*state;
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    unsigned started = 0, ended = 0;
    uint8_t name = 'a';
    uint64_t tag;

    request.payload = (ProtobufCBinaryData){.data = &name, .len = 1};
    request.hold_ms = 1;
    while (ended < WRITES) {
        if (started < WRITES && started - ended < INSIDE) {
            assert_ok(kt_client_start(w->client, &counter_methods[COUNTER_ADD], NULL, &request.base,
                                      started++));
            continue;
        }
        assert_ok(kt_client_next(w->client, -1, &tag, &w->reply));
        assert_ok(w->reply.status);
        ended++;
    }
    assert_sum(w, "a", "2000");
}

static void
roles_are_checked(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    kt_client_t *bob = stage_client(w->stage, "bob");

    assert_status(call(w, bob, COUNTER_ADD, NULL, "a", 5), KT_PERMISSION_DENIED,
                  RPC_REASON_ROLE_MISSING);
    assert_ok(call(w, bob, COUNTER_GET, NULL, "a", 0));
    kt_client_destroy(&bob);
}

static void
malformed_bodies_are_refused(void **state)
{
    /* A method of the same path whose request is another message: CountRequest, and Verify's nested
     * progress. */
    stage_world_t *w = (stage_world_t *)*state;
    kt_method_t wrong = counter_methods[COUNTER_GET];
    store_finding_t finding = STORE_FINDING_INIT;
    char text[] = "x";

    wrong.request = &store_finding_descriptor;
    finding.key = text; /* field 2 is a number in EchoRequest */
    assert_status(kt_client_call(w->client, &wrong, NULL, &finding.base, &w->reply),
                  KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY);
}

/* ---- streams ---- */

static void
stream_waits_for_commits(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    kt_client_t *bob = stage_client(w->stage, "bob");
    echo_count_request_t request = ECHO_COUNT_REQUEST_INIT;
    kt_stream_t *stream = NULL;

    request.from = 1;
    assert_ok(kt_client_open(bob, &counter_methods[COUNTER_TAIL], NULL, &request.base, &stream));
    for (uint64_t line = 1; line <= 40; line++) {
        assert_ok(add(w, NULL, "a", 1));
        assert_ok(kt_stream_receive(stream, &w->reply));
        assert_int_equal(((const echo_number_t *)w->reply.message)->value, line);
    }
    kt_stream_close(&stream);
    kt_client_destroy(&bob);
}

/* ---- kantor.store.v1.Store ---- */

static void
stats(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    store_stats_request_t request = STORE_STATS_REQUEST_INIT;
    const store_stats_response_t *response;

    assert_ok(add(w, NULL, "a", 1));
    assert_ok(store_call(w, STORE_STORE_STATS, &request.base));
    response = (const store_stats_response_t *)w->reply.message;
    assert_string_equal(response->service, "counter");
    assert_int_equal(response->journal_size, 1);
    assert_int_equal(response->journal_root.len, KT_SHA256_BYTES);
    assert_int_equal(response->n_tables, KT_TABLE_FIRST + 2);
    assert_string_equal(response->tables[KT_TABLE_FIRST]->name, "sums");
    assert_int_equal(response->tables[KT_TABLE_FIRST]->records, 1);
    assert_int_equal(response->epoch, 1);
    assert_int_equal(response->life.len, KT_ULID_BYTES);
}

/* A store that was never put back has one life, which no record of its journal begins. */
static void
lives(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    store_lives_request_t request = STORE_LIVES_REQUEST_INIT;
    const store_lives_response_t *response;

    assert_ok(store_call(w, STORE_STORE_LIVES, &request.base));
    response = (const store_lives_response_t *)w->reply.message;
    assert_int_equal(response->n_lives, 1);
    assert_int_equal(response->lives[0]->epoch, 1);
    assert_int_equal(response->lives[0]->journal_size, 0);
    assert_int_equal(response->lives[0]->record.len, 0);
}

static kt_stream_t *
open_store_stream(stage_world_t *w, uint32_t method, const ProtobufCMessage *request)
{
    kt_call_options_t options = {.department = "counter"};
    kt_stream_t *stream = NULL;

    assert_ok(kt_client_open(w->client, &store_store_service.methods[method], &options, request,
                             &stream));
    return stream;
}

static void
verify(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    store_verify_request_t request = STORE_VERIFY_REQUEST_INIT;
    unsigned found = 0;
    bool finished = false;
    kt_stream_t *stream;

    for (unsigned i = 0; i < 20; i++)
        assert_ok(add(w, NULL, "a", 1));
    counter_finding = "is not what it was";
    stream = open_store_stream(w, STORE_STORE_VERIFY, &request.base);
    while (!kt_failed(kt_stream_receive(stream, &w->reply))) {
        const store_verify_progress_t *progress = (const store_verify_progress_t *)w->reply.message;
        for (size_t i = 0; i < progress->n_findings; i++, found++)
            assert_string_equal(progress->findings[i]->what, "is not what it was");
        finished = progress->finished;
        if (finished) {
            assert_int_equal(progress->journal_size, 20);
            assert_int_equal(progress->findings_count, 1);
        }
    }
    assert_ok(w->reply.status);
    assert_true(finished);
    assert_int_equal(found, 1);
    kt_stream_close(&stream);
}

static void
backup(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    store_backup_request_t request = STORE_BACKUP_REQUEST_INIT;
    char name[] = "one", bad[] = "../one";
    kt_stream_t *stream;
    uint64_t size = 0;

    assert_ok(add(w, NULL, "a", 1));
    request.name = name;
    stream = open_store_stream(w, STORE_STORE_BACKUP, &request.base);
    while (!kt_failed(kt_stream_receive(stream, &w->reply)))
        size = ((const store_backup_progress_t *)w->reply.message)->journal_size;
    assert_ok(w->reply.status);
    assert_int_equal(size, 1);
    kt_stream_close(&stream);
    stream = open_store_stream(w, STORE_STORE_BACKUP, &request.base);
    assert_int_equal(kt_stream_receive(stream, &w->reply).code, KT_OUT_OF_RANGE);
    assert_int_equal(w->reply.status.code, KT_ALREADY_EXISTS);
    kt_stream_close(&stream);
    request.name = bad;
    stream = open_store_stream(w, STORE_STORE_BACKUP, &request.base);
    assert_int_equal(kt_stream_receive(stream, &w->reply).code, KT_OUT_OF_RANGE);
    assert_status(w->reply.status, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    kt_stream_close(&stream);
}

static void
no_backups(kt_shell_options_t *options)
{
    options->backups = NULL;
}

static void
backup_without_a_folder(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    store_backup_request_t request = STORE_BACKUP_REQUEST_INIT;
    kt_stream_t *stream;

    kt_shell_destroy(&w->shell);
    w->shell = stage_start(w->stage, counter_service(), no_backups);
    stream = open_store_stream(w, STORE_STORE_BACKUP, &request.base);
    assert_int_equal(kt_stream_receive(stream, &w->reply).code, KT_OUT_OF_RANGE);
    assert_status(w->reply.status, KT_FAILED_PRECONDITION, 0);
    kt_stream_close(&stream);
}

static void
backup_is_named_by_time(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    store_backup_request_t request = STORE_BACKUP_REQUEST_INIT;
    kt_stream_t *stream = open_store_stream(w, STORE_STORE_BACKUP, &request.base);
    bool named = false;

    while (!kt_failed(kt_stream_receive(stream, &w->reply)))
        named |= strstr(((const store_backup_progress_t *)w->reply.message)->path, "counter-2") !=
                 NULL;
    assert_ok(w->reply.status);
    assert_true(named);
    kt_stream_close(&stream);
}

static void
keep_one(kt_shell_options_t *options)
{
    options->backups_keep = 1;
}

/* Makes the backup NAME (empty: by time) and gives its path. */
static void
make_backup(stage_world_t *w, char *name, char path[PATH_MAX])
{
    store_backup_request_t request = STORE_BACKUP_REQUEST_INIT;
    kt_stream_t *stream;

    request.name = name;
    stream = open_store_stream(w, STORE_STORE_BACKUP, &request.base);
    while (!kt_failed(kt_stream_receive(stream, &w->reply)))
        snprintf(path, PATH_MAX, "%s", ((const store_backup_progress_t *)w->reply.message)->path);
    assert_ok(w->reply.status);
    kt_stream_close(&stream);
}

static void
old_backups_go(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    char old_name[] = "counter-2020-02-29T00-00-00Z", own_name[] = "before-close", none[] = "";
    char old[PATH_MAX], own[PATH_MAX], new[PATH_MAX];

    kt_shell_destroy(&w->shell);
    w->shell = stage_start(w->stage, counter_service(), keep_one);
    assert_ok(add(w, NULL, "a", 1));
    make_backup(w, own_name, own);
    make_backup(w, old_name, old);
    assert_int_equal(access(old, F_OK), 0);
    make_backup(w, none, new);
    assert_int_equal(access(new, F_OK), 0);
    assert_int_equal(access(own, F_OK), 0);
    assert_int_not_equal(access(old, F_OK), 0);
}

/* One long work at a time; it ends when its caller goes away. */
static void
long_work_is_one_at_a_time(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    store_verify_request_t request = STORE_VERIFY_REQUEST_INIT;
    kt_stream_t *first, *second;
    kt_status_t status;

    counter_verifies_for_ever = true;
    first = open_store_stream(w, STORE_STORE_VERIFY, &request.base);
    assert_ok(kt_stream_receive(first, &w->reply)); /* it has begun */
    second = open_store_stream(w, STORE_STORE_VERIFY, &request.base);
    assert_int_equal(kt_stream_receive(second, &w->reply).code, KT_OUT_OF_RANGE);
    assert_status(w->reply.status, KT_RESOURCE_EXHAUSTED, RPC_REASON_QUEUE_FULL);
    kt_stream_close(&second);
    kt_stream_close(&first);
    do {
        second = open_store_stream(w, STORE_STORE_VERIFY, &request.base);
        status = kt_stream_receive(second, &w->reply);
        kt_stream_close(&second);
    } while (kt_failed(status));
    counter_verifies_for_ever = false;
}

static void
reply_that_is_too_large(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;

    assert_ok(call(w, w->client, COUNTER_GET, NULL, "a", 4000));
    assert_status(call(w, w->client, COUNTER_GET, NULL, "a", 4100), KT_RESOURCE_EXHAUSTED,
                  RPC_REASON_TOO_LARGE);
    assert_status(call(w, w->client, COUNTER_GET, NULL, "a", 200 * 1024), KT_RESOURCE_EXHAUSTED,
                  RPC_REASON_TOO_MANY_ELEMENTS);
    assert_sum(w, "a", "0");
}

static void
short_retention(kt_shell_options_t *options)
{
    options->retention_us = 1;
}

static void
sweep(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    store_sweep_request_t request = STORE_SWEEP_REQUEST_INIT;
    const store_sweep_response_t *response;
    kt_ulid_t key = kt_ulid_make(kt_clock_wall_us() - 10 * KT_US_PER_S, 1, 2);

    assert_ok(add(w, &key, "a", 5));
    kt_shell_destroy(&w->shell);
    w->shell = stage_start(w->stage, counter_service(), short_retention);
    key = kt_ulid_make(kt_clock_wall_us() + 10 * KT_US_PER_S, 1, 2);
    {
        kt_call_options_t options = {.department = "counter", .key = &key};
        assert_ok(kt_client_call(w->client, &store_store_service.methods[STORE_STORE_SWEEP],
                                 &options, &request.base, &w->reply));
    }
    response = (const store_sweep_response_t *)w->reply.message;
    assert_int_equal(response->removed, 1);
    assert_false(response->more);
    request.records_max = 100001;
    key = kt_ulid_make(kt_clock_wall_us() + 11 * KT_US_PER_S, 1, 2);
    {
        kt_call_options_t options = {.department = "counter", .key = &key};
        assert_status(kt_client_call(w->client, &store_store_service.methods[STORE_STORE_SWEEP],
                                     &options, &request.base, &w->reply),
                      KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    }
    /* What was swept is too old for ever, also when more is remembered again. */
    restart(w);
    key = kt_ulid_make(kt_clock_wall_us() - 10 * KT_US_PER_S, 1, 2);
    assert_status(add(w, &key, "a", 5), KT_FAILED_PRECONDITION, RPC_REASON_KEY_TOO_OLD);
    assert_sum(w, "a", "5");
}

/* What a running department takes over: retention, quota, and how many backups stay. */
static void
reload(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    kt_shell_options_t options = {.retention_us = 9 * KT_US_PER_DAY, .backups_keep = 1};
    kt_ulid_t old = kt_ulid_make(kt_clock_wall_us() - 8 * KT_US_PER_DAY, 1, 2);
    char old_name[] = "counter-2020-02-29T00-00-00Z", none[] = "";
    char old_path[PATH_MAX], new_path[PATH_MAX];

    assert_status(add(w, &old, "a", 5), KT_FAILED_PRECONDITION, RPC_REASON_KEY_TOO_OLD);
    make_backup(w, old_name, old_path);
    kt_shell_reload(w->shell, &options);
    assert_ok(add(w, &old, "a", 5));
    make_backup(w, none, new_path);
    assert_int_not_equal(access(old_path, F_OK), 0);
    options.quota_bytes = 100;
    options.retention_us = KT_US_PER_DAY;
    kt_shell_reload(w->shell, &options);
    assert_status(add(w, &old, "a", 5), KT_FAILED_PRECONDITION, RPC_REASON_KEY_TOO_OLD);
    assert_status(add(w, NULL, "a", 5), KT_RESOURCE_EXHAUSTED, KT_KV_QUOTA);
    assert_sum(w, "a", "5");
    options.quota_bytes = 0;
    kt_shell_reload(w->shell, &options);
    assert_ok(add(w, NULL, "a", 5));
    assert_sum(w, "a", "10");
}

static void
prove(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    store_prove_request_t request = STORE_PROVE_REQUEST_INIT;
    const store_prove_response_t *response;
    kt_proof_t proof = {0};
    kt_hash_t leaf, root, old_root;

    for (unsigned i = 0; i < 7; i++)
        assert_ok(add(w, NULL, "a", 1));
    request.by_index = true;
    request.index = 3;
    assert_ok(store_call(w, STORE_STORE_PROVE, &request.base));
    response = (const store_prove_response_t *)w->reply.message;
    proof.count = (uint32_t)response->n_hashes;
    for (size_t i = 0; i < response->n_hashes; i++)
        memcpy(&proof.hashes[i], response->hashes[i].data, KT_SHA256_BYTES);
    memcpy(&leaf, response->leaf_hash.data, KT_SHA256_BYTES);
    memcpy(&root, response->root.data, KT_SHA256_BYTES);
    assert_int_equal(response->size, 7);
    assert_true(kt_merkle_includes(&leaf, 3, 7, &proof, &root));
    request.by_index = false;
    request.old_size = 4;
    assert_ok(store_call(w, STORE_STORE_PROVE, &request.base));
    response = (const store_prove_response_t *)w->reply.message;
    proof.count = (uint32_t)response->n_hashes;
    for (size_t i = 0; i < response->n_hashes; i++)
        memcpy(&proof.hashes[i], response->hashes[i].data, KT_SHA256_BYTES);
    memcpy(&old_root, response->old_root.data, KT_SHA256_BYTES);
    assert_true(kt_merkle_consistent(4, &old_root, 7, &root, &proof));
    request.new_size = 8;
    assert_int_equal(store_call(w, STORE_STORE_PROVE, &request.base).code, KT_OUT_OF_RANGE);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, stage_world_teardown)
    const struct CMUnitTest tests[] = {
        T(write_is_read_back),
        T(once_means_once),
        T(keys_that_are_refused),
        T(many_writes_share_commits),
        T(roles_are_checked),
        T(malformed_bodies_are_refused),
        T(stream_waits_for_commits),
        T(stats),
        T(lives),
        T(verify),
        T(backup),
        T(backup_without_a_folder),
        T(backup_is_named_by_time),
        T(old_backups_go),
        T(long_work_is_one_at_a_time),
        T(reply_that_is_too_large),
        T(sweep),
        T(reload),
        T(prove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
