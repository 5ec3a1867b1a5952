/* Departments that are put back by `kantor restore`, behind a real broker: who follows one goes on
 * with what is new, takes nothing twice, and says what is lost; an older copy that nobody restored
 * is refused. */
#include "testing.h"

#include "crier.h"
#include "said.h"
#include "shell.h"
#include "stage.h"

#include <kantor/events/v1/events.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/time.h>
#include <poll.h>
#include <stdlib.h>

static const stage_principal_t principals[] = {
    {"ann", "clerk auditor it.operator", NULL},
    {"north", "department", "north"},
    {"south", "department", "south"},
    {NULL, NULL, NULL},
};

typedef struct world {
    stage_t *stage;
    kt_shell_t *north, *south;
    kt_client_t *ann;
    kt_reply_t reply;
    said_t said;
    char config[PATH_MAX], store[PATH_MAX], backups[PATH_MAX], copy[PATH_MAX];
} world_t;

static int
setup(void **state)
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
    tempdir_join(stage_folder(w->stage), "north-backups", w->backups);
    tempdir_join(stage_folder(w->stage), "north-copy", w->copy);
    *state = w;
    return 0;
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

/* ---- what people do ---- */

/* North says FIRST, FIRST + 1, ... to LAST, with a letter that tells when: "a1". */
static void
say(world_t *w, char when, unsigned first, unsigned last)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    char subject[16];

    for (unsigned i = first; i <= last; i++) {
        request.payload = (ProtobufCBinaryData){
            .data = (uint8_t *)subject,
            .len = (size_t)snprintf(subject, sizeof(subject), "%c%u", when, i)};
        assert_ok(kt_client_call(w->ann, &crier_methods(crier_north())[CRIER_SAY], NULL,
                                 &request.base, &w->reply));
    }
}

/* Waits until south has taken COUNT events, and asserts which: "1 a1\n2 a2\n..." as north numbered
 * them. */
static void
assert_heard(world_t *w, unsigned count, const char *heard)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    const echo_echo_response_t *response;
    char lines[4096];

    request.hold_ms = count;
    assert_ok(kt_client_call(w->ann, &crier_methods(crier_south())[CRIER_HEARD], NULL,
                             &request.base, &w->reply));
    response = (const echo_echo_response_t *)w->reply.message;
    (void)snprintf(lines, sizeof(lines), "%.*s", (int)response->payload.len,
                   (const char *)response->payload.data);
    /* Only the subjects: south numbers what it hears itself. */
    for (char *in = lines, *out = lines, *end; (end = strchr(in, '\n')); in = end + 1) {
        const char *subject = strchr(in, ' ') + 1;
        size_t size = (size_t)(end - subject);
        memmove(out, subject, size);
        out += size;
        *out++ = ' ';
        *out = '\0';
    }
    assert_string_equal(lines, heard);
}

static void
back_up(world_t *w, const char *name)
{
    KANTOR(w, &w->said, "backup", "north", "--name", name, "-q", "-o", "csv");
    if (w->said.code != 0)
        fail_msg("%s", w->said.err);
}

static void
put_back(world_t *w, const char *name, const char *epoch)
{
    char from[2 * PATH_MAX];

    kt_shell_destroy(&w->north);
    (void)snprintf(from, sizeof(from), "%s/%s", w->backups, name);
    KANTOR(w, &w->said, "restore", "-q", "--from", from, "--to", w->store, "--replace",
           epoch ? "--epoch" : "-q", epoch ? epoch : "-q");
    if (w->said.code != 0)
        fail_msg("%s", w->said.err);
    w->north = stage_start(w->stage, crier_north(), NULL);
}

/* What is lost is an incident of south's, or there is none. */
static void
assert_incident(world_t *w, const char *subject)
{
    KANTOR(w, &w->said, "process", "ls", "south", "--state", "incident", "-o", "csv");
    assert_int_equal(w->said.code, 0);
    if (!subject)
        assert_null(strstr(w->said.out, "\nsouth,"));
    else
        said_assert(&w->said, "south", subject);
}

/* Waits until what south measures of north has that VALUE. */
static void
await_metric(world_t *w, const char *name, const char *value)
{
    int64_t until_us = kt_clock_mono_us() + 20 * KT_US_PER_S;
    char line[128];
    bool found = false;

    (void)snprintf(line, sizeof(line), "%s{department=\"north\"} %s\n", name, value);
    while (!found) {
        size_t size;
        char *text = kt_metrics_text(w->south->metrics, &size);

        assert_non_null(text);
        found = strstr(text, line) != NULL;
        if (!found && kt_clock_mono_us() > until_us)
            fail_msg("no %s in:\n%s", line, text);
        free(text);
        (void)poll(NULL, 0, 1);
    }
}

/* ---- put back ---- */

static void
who_follows_goes_on(void **state)
{
    world_t *w = (world_t *)*state;

    say(w, 'a', 1, 5);
    back_up(w, "one");
    say(w, 'a', 6, 9);
    assert_heard(w, 9, "a1 a2 a3 a4 a5 a6 a7 a8 a9 ");
    put_back(w, "one", NULL);
    assert_int_equal(w->north->life.epoch, 2);
    say(w, 'b', 6, 7);
    assert_heard(w, 11, "a1 a2 a3 a4 a5 a6 a7 a8 a9 b6 b7 ");
    await_metric(w, "kantor_events_lost_total", "4");
    await_metric(w, "kantor_history_differs", "0");
    assert_incident(w, "north was put back: 4 events are lost there");
}

/* What was not taken when it was lost is no loss. */
static void
who_was_behind_loses_nothing(void **state)
{
    world_t *w = (world_t *)*state;

    say(w, 'a', 1, 3);
    assert_heard(w, 3, "a1 a2 a3 ");
    kt_shell_destroy(&w->south);
    say(w, 'a', 4, 5);
    back_up(w, "one");
    say(w, 'a', 6, 9);
    put_back(w, "one", NULL);
    say(w, 'b', 6, 6);
    w->south = stage_start(w->stage, crier_south(), NULL);
    assert_heard(w, 6, "a1 a2 a3 a4 a5 b6 ");
    assert_incident(w, NULL);
}

/* Twice from one backup, the second time where nobody knows of the first. */
static void
one_backup_twice(void **state)
{
    world_t *w = (world_t *)*state;
    char command[3 * PATH_MAX];

    say(w, 'a', 1, 2);
    back_up(w, "one");
    put_back(w, "one", NULL);
    say(w, 'b', 3, 4);
    assert_heard(w, 4, "a1 a2 b3 b4 ");
    kt_shell_destroy(&w->north);
    (void)snprintf(command, sizeof(command), "rm -rf '%s' '%s'.replaced-*", w->store, w->store);
    assert_int_equal(system(command), 0);
    put_back(w, "one", NULL);
    assert_int_equal(w->north->life.epoch, 2);
    say(w, 'c', 3, 3);
    assert_heard(w, 5, "a1 a2 b3 b4 c3 ");
    await_metric(w, "kantor_events_lost_total", "2");
}

/* An older backup, and then a newer one after all: what it has was taken long ago. */
static void
a_newer_backup_after_an_older_one(void **state)
{
    world_t *w = (world_t *)*state;

    say(w, 'a', 1, 2);
    back_up(w, "old");
    say(w, 'a', 3, 4);
    back_up(w, "new");
    say(w, 'a', 5, 5);
    assert_heard(w, 5, "a1 a2 a3 a4 a5 ");
    put_back(w, "old", NULL);
    say(w, 'b', 3, 3);
    assert_heard(w, 6, "a1 a2 a3 a4 a5 b3 ");
    put_back(w, "new", NULL);
    assert_int_equal(w->north->life.epoch, 3); /* above the one that was moved aside */
    say(w, 'c', 5, 5);
    assert_heard(w, 7, "a1 a2 a3 a4 a5 b3 c5 ");
}

static void
an_incident_is_settled(void **state)
{
    world_t *w = (world_t *)*state;
    char id[KT_ULID_CHARS + 1];

    say(w, 'a', 1, 1);
    back_up(w, "one");
    say(w, 'a', 2, 2);
    assert_heard(w, 2, "a1 a2 ");
    put_back(w, "one", NULL);
    await_metric(w, "kantor_events_lost_total", "1");
    assert_incident(w, ",events-lost,");
    said_assert(&w->said, "south", "it.operator");
    (void)snprintf(id, sizeof(id), "%s", strstr(w->said.out, "\nsouth,") + 7);
    KANTOR(w, &w->said, "process", "show", "south", id, "--variables");
    assert_int_equal(w->said.code, 0);
    assert_non_null(strstr(w->said.out, "north was put back and has no more events 2 to 2"));
    assert_non_null(strstr(w->said.out, "settle is an incident for it.operator"));
    assert_non_null(strstr(w->said.out, "\nepoch "));
    assert_non_null(strstr(w->said.out, "north-backups/one"));
    KANTOR(w, &w->said, "process", "resolve", "south", id, "retry", "--why", "x");
    assert_int_equal(w->said.code, KT_FAILED_PRECONDITION);
    assert_non_null(strstr(w->said.err, "PROCESS_NOTHING_TO_RETRY"));
    KANTOR(w, &w->said, "process", "resolve", "south", id, "undo", "--why", "x");
    assert_int_equal(w->said.code, KT_FAILED_PRECONDITION);
    KANTOR(w, &w->said, "process", "resolve", "south", id, "skip", "--why", "a2 was told by hand");
    assert_int_equal(w->said.code, 0);
    assert_incident(w, NULL);
    KANTOR(w, &w->said, "process", "show", "south", id);
    assert_non_null(strstr(w->said.out, "DONE"));
    assert_non_null(strstr(w->said.out, "a2 was told by hand"));
    KANTOR(w, &w->said, "verify", "south", "-q");
    assert_int_equal(w->said.code, 0);
}

/* ---- not put back, but brought back ---- */

/* A copy of the folder, of the same life: the journal that was seen is not there. */
static void
an_older_copy_is_refused(void **state)
{
    world_t *w = (world_t *)*state;

    say(w, 'a', 1, 3);
    back_up(w, "one");
    kt_shell_destroy(&w->north);
    tempdir_copy(w->store, w->copy);
    w->north = stage_start(w->stage, crier_north(), NULL);
    say(w, 'a', 4, 6);
    assert_heard(w, 6, "a1 a2 a3 a4 a5 a6 ");
    kt_shell_destroy(&w->north);
    tempdir_copy(w->copy, w->store);
    w->north = stage_start(w->stage, crier_north(), NULL);
    await_metric(w, "kantor_history_differs", "1");
    say(w, 'x', 4, 9); /* longer than what was seen, and another all the same */
    await_metric(w, "kantor_history_differs", "1");
    assert_heard(w, 6, "a1 a2 a3 a4 a5 a6 ");
    put_back(w, "one", NULL);
    say(w, 'b', 4, 4);
    assert_heard(w, 7, "a1 a2 a3 a4 a5 a6 b4 ");
    await_metric(w, "kantor_history_differs", "0");
}

/* The store that was moved aside, moved in again: an epoch that was left. */
static void
an_older_epoch_is_refused(void **state)
{
    world_t *w = (world_t *)*state;

    say(w, 'a', 1, 2);
    back_up(w, "one");
    kt_shell_destroy(&w->north);
    tempdir_copy(w->store, w->copy);
    put_back(w, "one", "5");
    say(w, 'b', 3, 3);
    assert_heard(w, 3, "a1 a2 b3 ");
    kt_shell_destroy(&w->north);
    tempdir_copy(w->copy, w->store);
    w->north = stage_start(w->stage, crier_north(), NULL);
    await_metric(w, "kantor_history_differs", "1");
    say(w, 'x', 3, 3);
    assert_heard(w, 3, "a1 a2 b3 ");
}

/* A volume that was not mounted, say. */
static void
an_empty_store_is_refused(void **state)
{
    world_t *w = (world_t *)*state;
    char command[3 * PATH_MAX];

    say(w, 'a', 1, 2);
    assert_heard(w, 2, "a1 a2 ");
    kt_shell_destroy(&w->north);
    (void)snprintf(command, sizeof(command), "mv '%s' '%s'", w->store, w->copy);
    assert_int_equal(system(command), 0);
    w->north = stage_start(w->stage, crier_north(), NULL);
    await_metric(w, "kantor_history_differs", "1");
    say(w, 'x', 1, 4);
    assert_heard(w, 2, "a1 a2 ");
}

static char another[PATH_MAX];

static void
in_another_folder(kt_shell_options_t *options)
{
    options->store = another;
}

/* The old one runs on when the restored one is started elsewhere. */
static void
the_newer_of_two_serves(void **state)
{
    world_t *w = (world_t *)*state;
    char from[2 * PATH_MAX];
    kt_shell_t *old = w->north;
    int64_t until_us;

    say(w, 'a', 1, 3);
    back_up(w, "one");
    say(w, 'a', 4, 4);
    assert_heard(w, 4, "a1 a2 a3 a4 ");
    (void)snprintf(from, sizeof(from), "%s/one", w->backups);
    KANTOR(w, &w->said, "restore", "-q", "--from", from, "--to", w->copy);
    assert_int_equal(w->said.code, 0);
    (void)snprintf(another, sizeof(another), "%s", w->copy);
    w->north = stage_start(w->stage, crier_north(), in_another_folder);
    until_us = kt_clock_mono_us() + 20 * KT_US_PER_S;
    while (kt_shell_registered(old) > 0 && kt_clock_mono_us() < until_us)
        (void)poll(NULL, 0, 1);
    assert_int_equal(kt_shell_registered(old), 0);
    say(w, 'b', 4, 5);
    assert_heard(w, 6, "a1 a2 a3 a4 b4 b5 ");
    assert_int_equal(kt_shell_registered(old), 0);
    assert_int_equal(kt_shell_registered(w->north), 1);
    kt_shell_destroy(&old);
}

/* ---- verify --witness ---- */

static void
assert_witness(world_t *w, int code, const char *verdict, const char *told)
{
    KANTOR(w, &w->said, "verify", "--witness", "-o", "csv");
    if (w->said.code != code)
        fail_msg("exit %d:\n%s%s", w->said.code, w->said.out, w->said.err);
    said_assert(&w->said, "north", verdict);
    if (told && !strstr(w->said.err, told))
        fail_msg("not \"%s\": %s", told, w->said.err);
}

/* In order, or not: a restore is told as one, everything else as what it is. */
static void
a_restore_is_told_from_tampering(void **state)
{
    world_t *w = (world_t *)*state;

    say(w, 'a', 1, 5);
    back_up(w, "one");
    kt_shell_destroy(&w->north);
    tempdir_copy(w->store, w->copy);
    w->north = stage_start(w->stage, crier_north(), NULL);
    say(w, 'a', 6, 9);
    assert_heard(w, 9, "a1 a2 a3 a4 a5 a6 a7 a8 a9 ");
    assert_witness(w, 0, ",fits", NULL);
    put_back(w, "one", NULL);
    assert_witness(w, KT_FAILED_PRECONDITION, "put back at 20",
                   "north: history was put back: epoch 2, restored at 20");
    assert_non_null(strstr(w->said.err, "; south holds "));
    assert_non_null(strstr(w->said.err, " of epoch 1\n"));
    say(w, 'b', 6, 7);
    assert_heard(w, 11, "a1 a2 a3 a4 a5 a6 a7 a8 a9 b6 b7 ");
    assert_witness(w, KT_FAILED_PRECONDITION, "epoch 2", "history was put back: epoch 2");
    kt_shell_destroy(&w->north);
    tempdir_copy(w->copy, w->store); /* the first life again, and nobody restored it */
    w->north = stage_start(w->stage, crier_north(), NULL);
    assert_witness(w, KT_DATA_LOSS, "OLDER: epoch 2 was seen", "its history is not the one");
}

/* The journal's last record is changed, and what is kept of the tree is not. */
static void
spoil_record(kt_txn_t *txn)
{
    uint8_t record[1024], key[8] = {0};
    kt_span_t value;
    kt_hash_t root;
    uint64_t size;

    assert_ok(kt_journal_head(txn, &size, &root));
    key[7] = (uint8_t)(size - 1);
    assert_ok(kt_kv_get(txn, KT_TABLE_JOURNAL, kt_span(key, sizeof(key)), &value));
    assert_true(size < 256 && value.size <= sizeof(record));
    memcpy(record, value.data, value.size);
    record[1] ^= 1; /* its time */
    assert_ok(
        kt_kv_put(txn, KT_TABLE_JOURNAL, kt_span(key, sizeof(key)), kt_span(record, value.size)));
}

/* That a restore is told which the journal does not have is worse than none that is told. */
static void
lives_without_records_are_false(void **state)
{
    static const kt_table_t tables[] = {KT_SYSTEM_TABLES};
    world_t *w = (world_t *)*state;
    kt_kv_options_t options = {.path = w->store,
                               .service = "north",
                               .format = crier_north()->format,
                               .tables = tables,
                               .tables_count = KT_COUNT(tables)};
    kt_life_t life = {.epoch = 2, .life = {{7}}};
    kt_kv_t *opened = NULL;
    kt_txn_t *txn = NULL;

    say(w, 'a', 1, 5);
    assert_heard(w, 5, "a1 a2 a3 a4 a5 ");
    kt_shell_destroy(&w->north);
    assert_ok(kt_kv_open_lmdb(&options, &opened));
    assert_ok(kt_kv_begin_write(opened, &txn));
    assert_ok(kt_lives_begin(txn, &life));
    spoil_record(txn);
    assert_ok(kt_kv_commit(&txn));
    kt_kv_close(&opened);
    w->north = stage_start(w->stage, crier_north(), NULL);
    assert_witness(w, KT_DATA_LOSS, "FALSE: it tells of a restore", "its history is not the one");
}

/* ---- what may be asked ---- */

static kt_status_t
read_in(world_t *w, kt_span_t life, uint64_t size, kt_span_t root)
{
    events_read_events_request_t request = EVENTS_READ_EVENTS_REQUEST_INIT;
    kt_call_options_t options = {.department = "north"};

    request.life = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)life.data, .len = life.size};
    request.journal_size = size;
    request.journal_root = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)root.data,
                                                 .len = root.size};
    return kt_client_call(w->ann, &events_feed_service.methods[EVENTS_FEED_READ_EVENTS], &options,
                          &request.base, &w->reply);
}

static void
reads_that_say_what_they_know(void **state)
{
    static const uint8_t other[KT_SHA256_BYTES] = {1};
    world_t *w = (world_t *)*state;
    kt_span_t life = kt_span(w->north->life.life.bytes, KT_ULID_BYTES), none = kt_span(NULL, 0);
    const events_read_events_response_t *answer;
    uint8_t root[KT_SHA256_BYTES];
    uint64_t size;

    say(w, 'a', 1, 2);
    assert_ok(read_in(w, none, 0, none));
    answer = (const events_read_events_response_t *)w->reply.message;
    assert_int_equal(answer->n_events, 2);
    assert_int_equal(answer->n_lives, 0);
    assert_span_equal(kt_span(answer->life.data, answer->life.len), life);
    size = answer->journal_size;
    memcpy(root, answer->journal_root.data, sizeof(root));
    assert_ok(read_in(w, life, size, kt_span(root, sizeof(root))));
    assert_status(read_in(w, life, size + 1, kt_span(root, sizeof(root))), KT_FAILED_PRECONDITION,
                  RPC_REASON_HISTORY_DIFFERS);
    assert_status(read_in(w, life, size, kt_span(other, sizeof(other))), KT_FAILED_PRECONDITION,
                  RPC_REASON_HISTORY_DIFFERS);
    assert_status(read_in(w, life, size, none), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(read_in(w, kt_span(other, 15), 0, none), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_ok(read_in(w, kt_span(other, KT_ULID_BYTES), size, kt_span(other, sizeof(other))));
    answer = (const events_read_events_response_t *)w->reply.message;
    assert_int_equal(answer->n_events, 0);
    assert_int_equal(answer->n_lives, 1);
    assert_int_equal(answer->lives[0]->epoch, 1);
}

#define PUT_BACK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PUT_BACK_TEST(who_follows_goes_on),
        PUT_BACK_TEST(who_was_behind_loses_nothing),
        PUT_BACK_TEST(one_backup_twice),
        PUT_BACK_TEST(a_newer_backup_after_an_older_one),
        PUT_BACK_TEST(an_incident_is_settled),
        PUT_BACK_TEST(an_older_copy_is_refused),
        PUT_BACK_TEST(an_older_epoch_is_refused),
        PUT_BACK_TEST(an_empty_store_is_refused),
        PUT_BACK_TEST(the_newer_of_two_serves),
        PUT_BACK_TEST(a_restore_is_told_from_tampering),
        PUT_BACK_TEST(lives_without_records_are_false),
        PUT_BACK_TEST(reads_that_say_what_they_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
