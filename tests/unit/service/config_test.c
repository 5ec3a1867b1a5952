/* A department's configuration file: what it may say, and what is said when it is wrong. */
#include "testing.h"

#include "config.h"
#include "tempdir.h"

#include <kt/time.h>

typedef struct world {
    tempdir_t folder;
    char path[PATH_MAX];
    kt_key_pair_t own, broker;
} world_t;

static int
setup(void **state)
{
    world_t *w = (world_t *)calloc(1, sizeof(*w));
    char public_path[PATH_MAX], secret_path[PATH_MAX];

    assert_non_null(w);
    tempdir_init(&w->folder);
    tempdir_join(&w->folder, "a.conf", w->path);
    assert_ok(kt_keys_generate(&w->own));
    assert_ok(kt_keys_generate(&w->broker));
    tempdir_join(&w->folder, "own.cert", public_path);
    tempdir_join(&w->folder, "own.secret", secret_path);
    assert_ok(kt_keys_save(&w->own, "own", public_path, secret_path));
    tempdir_join(&w->folder, "broker.cert", public_path);
    tempdir_join(&w->folder, "broker.secret", secret_path);
    assert_ok(kt_keys_save(&w->broker, "broker", public_path, secret_path));
    *state = w;
    return 0;
}

static int
teardown(void **state)
{
    world_t *w = (world_t *)*state;

    tempdir_fini(&w->folder);
    free(w);
    return 0;
}

static void
write_file(const world_t *w, const char *text)
{
    FILE *file = fopen(w->path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

#define MINIMAL                                                                                    \
    "certificate = \"own.secret\"\n"                                                               \
    "broker\n"                                                                                     \
    "    endpoint = \"tcp://10.0.0.5:5702\"\n"                                                     \
    "    certificate = \"broker.cert\"\n"

static void
usual_values(void **state)
{
    world_t *w = (world_t *)*state;
    kt_config_t config;

    write_file(w, MINIMAL);
    assert_ok(kt_config_load(&config, w->path, false));
    assert_string_equal(config.shell.keys.secret_key, w->own.secret_key);
    assert_int_equal(config.shell.brokers_count, 1);
    assert_string_equal(config.shell.brokers[0].endpoint, "tcp://10.0.0.5:5702");
    assert_string_equal(config.shell.brokers[0].server_key, w->broker.public_key);
    assert_int_equal(config.shell.readers, 0);
    assert_int_equal(config.shell.capacity, KT_SHELL_CAPACITY_USUAL);
    assert_int_equal(config.shell.retention_us, 7 * KT_US_PER_DAY);
    assert_int_equal(config.shell.backups_keep, 0);
    assert_null(config.shell.metrics);
    assert_int_equal(config.log, KT_LOG_INFO);
    assert_int_equal(config.log_format, KT_LOG_LOGFMT);
    kt_config_fini(&config);
}

static void
everything_said(void **state)
{
    world_t *w = (world_t *)*state;
    kt_config_t config;
    char path[PATH_MAX];

    write_file(w, MINIMAL "broker\n"
                          "    endpoint = \"tcp://10.0.0.6:5702\"\n"
                          "    clients = \"tcp://10.0.0.6:5701\"\n"
                          "    key = \"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"\n"
                          "store\n"
                          "    path = \"data\"\n"
                          "    quota = 10G\n"
                          "    log = 24M\n"
                          "    retention = 3\n"
                          "    keep = 48\n"
                          "    backups = \"/backups\"\n"
                          "instance = finance-1\n"
                          "readers = 4\n"
                          "capacity = 2048\n"
                          "drain = 3\n"
                          "metrics = \"127.0.0.1:9465\"\n"
                          "threads = free\n"
                          "log = debug\nlog-format = json\n");
    assert_ok(kt_config_load(&config, w->path, true));
    assert_int_equal(config.shell.brokers_count, 2);
    assert_string_equal(config.shell.brokers[1].server_key,
                        "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
    assert_null(config.shell.brokers[0].clients);
    assert_string_equal(config.shell.brokers[1].clients, "tcp://10.0.0.6:5701");
    tempdir_join(&w->folder, "data", path);
    assert_string_equal(config.shell.store, path);
    assert_string_equal(config.shell.backups, "/backups");
    assert_true(config.shell.quota_bytes == UINT64_C(10) << 30);
    assert_true(config.shell.log_bytes == UINT64_C(24) << 20);
    assert_int_equal(config.shell.retention_us, 3 * KT_US_PER_DAY);
    assert_int_equal(config.shell.backups_keep, 48);
    assert_string_equal(config.shell.instance, "finance-1");
    assert_int_equal(config.shell.readers, 4);
    assert_false(config.shell.gather);
    assert_int_equal(config.shell.capacity, 2048);
    assert_int_equal(config.shell.drain_ms, 3000);
    assert_string_equal(config.shell.metrics, "127.0.0.1:9465");
    assert_int_equal(config.log, KT_LOG_DEBUG);
    assert_int_equal(config.log_format, KT_LOG_JSON);
    kt_config_fini(&config);
}

typedef struct bad {
    const char *text;
    bool has_store;
    const char *says;
} bad_t;

#define STORE "store\n    path = data\n"

static void
what_is_refused(void **state)
{
    static const bad_t rows[] = {
        {"", false, "certificate is missing"},
        {"certificate = \"own.secret\"\n", false, "no broker is given"},
        {"certificate = \"none.secret\"\n", false, "none.secret"},
        {"certificate = \"own.cert\"\n", false, "own.cert"}, /* no secret key in it */
        {MINIMAL "reeders = 2\n", false, "knows no setting \"reeders\""},
        {MINIMAL "broker\n    port = 2\n", false, "broker knows no setting \"port\""},
        {MINIMAL "broker\n    clients = 10.0.0.6\n", false, "broker: clients = \"10.0.0.6\""},
        {MINIMAL "broker\n    key = \"short\"\n", false, "40 characters"},
        {MINIMAL "broker\n    endpoint = \"tcp://a:1\"\n", false,
         "certificate (or key) is missing"},
        {MINIMAL "broker\n    certificate = \"broker.cert\"\n", false, "endpoint is missing"},
        {MINIMAL "readers = 65\n", false, "0 to 64"},
        {MINIMAL "readers = -1\n", false, "0 to 64"},
        {MINIMAL "readers = two\n", false, "0 to 64"},
        {MINIMAL "capacity = 0\n", false, "1 to 16384"},
        {MINIMAL "capacity = 99999999999999999999999\n", false, "1 to 16384"},
        {MINIMAL "instance = \"Finance 1\"\n", false, "[a-z0-9-]{1,64}"},
        {MINIMAL "log-format = xml\n", false, "logfmt or json"},
        {MINIMAL "threads = 2\n", false, "gather or free"},
        {MINIMAL "log = loud\n", false, "debug, info, warning or error"},
        {MINIMAL, true, "store: path is missing"},
        {MINIMAL STORE, false, "keeps no store"},
        {MINIMAL STORE "    quota = 10X\n", true, "a size is wanted"},
        {MINIMAL STORE "    log = 127K\n", true, "at least 128K is wanted, or 0"},
        {MINIMAL STORE "    quota = 99999999999T\n", true, "a size is wanted"},
        {MINIMAL STORE "    retention = 0\n", true, "1 to 3650"},
        {MINIMAL STORE "    keep = all\n", true, "0 to 100000"},
        {MINIMAL STORE "    paht = data\n", true, "store knows no setting \"paht\""},
        {MINIMAL STORE "readers = 0\n", true, "needs at least 1"},
    };
    world_t *w = (world_t *)*state;
    kt_config_t config;

    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_status_t status;

        write_file(w, rows[i].text);
        status = kt_config_load(&config, w->path, rows[i].has_store);
        if (status.code != KT_INVALID_ARGUMENT || !strstr(status.text, rows[i].says) ||
            !strstr(status.text, "a.conf"))
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, status.text ? status.text : "OK",
                     rows[i].says);
        kt_config_fini(&config);
    }
    assert_int_equal(kt_config_load(&config, "/nowhere/a.conf", false).code, KT_INVALID_ARGUMENT);
    kt_config_fini(&config);
}

static void
at_most_eight_brokers(void **state)
{
    world_t *w = (world_t *)*state;
    kt_config_t config;
    char text[4096] = MINIMAL;

    for (int i = 0; i < KT_SHELL_BROKERS_MAX; i++)
        strcat(text, "broker\n    endpoint = \"tcp://a:1\"\n    certificate = \"broker.cert\"\n");
    write_file(w, text);
    assert_int_equal(kt_config_load(&config, w->path, false).code, KT_INVALID_ARGUMENT);
    kt_config_fini(&config);
}

/* What only a restart changes is named, and nothing else. */
static void
what_is_fixed(void **state)
{
    static const struct {
        const char *text, *fixed;
    } rows[] = {
        {MINIMAL STORE, ""},
        {MINIMAL STORE "    quota = 5G\n    retention = 9\n    keep = 3\ndrain = 1\nlog = error\n"
                       "log-format = json\n",
         ""},
        {MINIMAL STORE "    log = 16M\n    backups = there\ncapacity = 7\nreaders = 9\n"
                       "instance = a\nmetrics = \"127.0.0.1:1\"\nthreads = free\n",
         "store/log store/backups instance readers threads capacity metrics"},
        {MINIMAL "store\n    path = elsewhere\n", "store/path"},
        {MINIMAL "    clients = \"tcp://10.0.0.5:5701\"\n" STORE, "broker"},
        {MINIMAL "broker\n    endpoint = \"tcp://10.0.0.6:5702\"\n"
                 "    certificate = \"broker.cert\"\n" STORE,
         "broker"},
        {"certificate = \"broker.secret\"\nbroker\n    endpoint = \"tcp://10.0.0.5:5702\"\n"
         "    certificate = \"own.cert\"\n" STORE,
         "certificate broker"},
    };
    world_t *w = (world_t *)*state;
    kt_config_t running;

    write_file(w, MINIMAL STORE);
    assert_ok(kt_config_load(&running, w->path, true));
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_config_t read;
        char fixed[KT_CONFIG_FIXED_MAX];

        write_file(w, rows[i].text);
        assert_ok(kt_config_load(&read, w->path, true));
        kt_config_fixed(&running, &read, fixed);
        assert_string_equal(fixed, rows[i].fixed);
        kt_config_fini(&read);
    }
    kt_config_fini(&running);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(usual_values, setup, teardown),
        cmocka_unit_test_setup_teardown(everything_said, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(at_most_eight_brokers, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_fixed, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
