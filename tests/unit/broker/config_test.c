/* The configuration file: one that is right, and one row a refusal. */
#include "config/config.h"
#include "tempdir.h"
#include "testing.h"

static tempdir_t folder;

static int
setup(void **state)
{
    (void)state;
    static const char *const names[] = {"broker", "clerk", "finance"};
    tempdir_init(&folder);
    for (size_t i = 0; i < KT_COUNT(names); i++) {
        kt_key_pair_t keys;
        char file[64], public_path[PATH_MAX], secret_path[PATH_MAX];
        snprintf(file, sizeof file, "%s.cert", names[i]);
        tempdir_join(&folder, file, public_path);
        snprintf(file, sizeof file, "%s.secret", names[i]);
        tempdir_join(&folder, file, secret_path);
        assert_ok(kt_keys_generate(&keys));
        assert_ok(kt_keys_save(&keys, names[i], public_path, secret_path));
    }
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    tempdir_fini(&folder);
    return 0;
}

static kt_status_t
load(const char *text, broker_config_t *config)
{
    char path[PATH_MAX];
    tempdir_join(&folder, "broker.conf", path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return broker_config_load(path, config);
}

#define ENDPOINTS "clients = \"tcp://127.0.0.1:0\"\nservices = \"tcp://127.0.0.1:0\"\n"
#define KEY       "key = \"broker.secret\"\n"
#define CLERK     "    clerk\n        key = \"clerk.cert\"\n"
#define GOOD      ENDPOINTS KEY "principals\n" CLERK

static void
test_a_whole_file(void **state)
{
    (void)state;
    broker_config_t config;
    assert_ok(load(ENDPOINTS KEY
                   "metrics = \"127.0.0.1:0\"\nlog = warning\nlog-format = json\ndrain-ms = 1234\n"
                   "threads = free\n"
                   "limits\n    calls = 100\n    kept-bytes = 0\n    grace-ms = 7\n"
                   "principals\n" CLERK "        roles = \"finance.clerk, front-office\"\n"
                   "        limits\n            calls = 5\n            queued-bytes = 99\n"
                   "    finance\n        serves = \"finance legal\"\n"
                   "        next-key = \"finance.cert\"\n"
                   "        key = \"z85:rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"\n",
                   &config));
    assert_int_equal(config.log, KT_LOG_WARNING);
    assert_int_equal(config.log_format, KT_LOG_JSON);
    assert_false(config.gather);
    assert_int_equal(config.drain_ms, 1234);
    assert_int_equal(config.limits.calls_max, 100);
    assert_int_equal(config.limits.kept_bytes_max, 0);
    assert_int_equal(config.limits.grace_ms, 7);
    assert_int_equal(config.limits.queued_max, broker_limits_usual().queued_max);
    assert_int_equal(config.directory->grants_count, 2);
    assert_int_equal(config.directory->keys_count, 3);
    const broker_grant_t *clerk = &config.directory->grants[0],
                         *finance = &config.directory->grants[1];
    assert_string_equal(clerk->name, "clerk");
    assert_int_equal(clerk->roles_count, 2);
    assert_string_equal(clerk->roles[1], "front-office");
    assert_int_equal(clerk->limits.calls_max, 5);
    assert_int_equal(clerk->limits.queued_bytes_max, 99);
    assert_int_equal(clerk->limits.queued_max, 4096);
    assert_int_equal(finance->serves_count, 2);
    assert_string_equal(finance->serves[1], "legal");
    for (unsigned i = 0; i < config.directory->keys_count; i++) {
        const broker_key_t *key = &config.directory->keys[i];
        bool finances_first = strncmp(key->text, "rq:rM", 5) == 0;
        assert_int_equal(key->next, key->grant == 1 && !finances_first);
    }
    assert_ptr_equal(
        broker_directory_find(config.directory, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"),
        finance);
    assert_null(
        broker_directory_find(config.directory, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf8"));
    broker_config_fini(&config);
}

static void
test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"clients\n  = bad indentation\n", ""},
        {KEY "principals\n" CLERK, "clients is missing"},
        {"clients = \"tcp://127.0.0.1:0\"\n" KEY "principals\n" CLERK, "services is missing"},
        {ENDPOINTS "principals\n" CLERK, "key is missing"},
        {ENDPOINTS KEY, "principals is missing"},
        {GOOD "colour = blue\n", "colour: unknown"},
        {GOOD "log = loud\n", "log: not debug"},
        {GOOD "log-format = xml\n", "log-format: neither logfmt nor json"},
        {GOOD "threads = two\n", "threads: neither gather nor free"},
        {GOOD "log = info\nlog = info\n", "log: stands twice"},
        {GOOD "drain-ms = soon\n", "drain-ms: \"soon\" is not a whole number"},
        {GOOD "drain-ms = 600001\n", "from 0 to 600000"},
        {GOOD "drain-ms = -1\n", "is not a whole number"},
        {GOOD "limits\n    calls = 0\n", "calls: \"0\" is not a whole number from 1"},
        {GOOD "limits\n    calls = 99999999999999999999999\n", "calls: "},
        {GOOD "limits\n    speed = 1\n", "speed: unknown limit"},
        {GOOD "limits\n    calls = 1\n    calls = 2\n", "calls: stands twice"},
        {"clients = \"udp://x\"\nservices = \"tcp://127.0.0.1:0\"\n" KEY "principals\n" CLERK,
         "clients: an endpoint begins with"},
        {ENDPOINTS "key = \"clerk.cert\"\nprincipals\n" CLERK, "key: clerk.cert: "},
        {ENDPOINTS "key = \"nowhere.secret\"\nprincipals\n" CLERK, "key: nowhere.secret: "},
        {ENDPOINTS KEY "principals\n", "principals"},
        {ENDPOINTS KEY "principals\n    clerk\n        roles = \"a\"\n",
         "clerk: a principal needs a key"},
        {ENDPOINTS KEY "principals\n    Clerk\n        key = \"clerk.cert\"\n",
         "Clerk: a principal's name"},
        {ENDPOINTS KEY "principals\n    clerk\n        next-key = \"clerk.cert\"\n",
         "clerk: a principal needs a key; next-key is a second one"},
        {GOOD "        key = \"finance.cert\"\n", "key: stands twice in clerk; a principal has one "
                                                  "key, and while it is rotated one next-key"},
        {GOOD "        next-key = \"finance.cert\"\n        next-key = \"finance.cert\"\n",
         "next-key: stands twice in clerk; a principal has one key"},
        {GOOD "        next-key = \"clerk.next.cert\"\n", "next-key: clerk.next.cert: "},
        {GOOD "        next-key = \"z85:short\"\n", "next-key: no public key"},
        {GOOD "        next-key = \"clerk.cert\"\n",
         "stands twice, at clerk and at clerk; each key is for one place alone"},
        {GOOD "        keys\n            one = \"finance.cert\"\n",
         "keys: a principal has key, next-key, "},
        {GOOD CLERK, "clerk: stands twice"},
        {GOOD "    other\n        key = \"clerk.cert\"\n", "stands twice, at "},
        {GOOD "    other\n        key = \"finance.cert\"\n        next-key = \"clerk.cert\"\n",
         "stands twice, at "},
        {GOOD "        roles = \"Clerk\"\n", "roles: a word"},
        {GOOD "        serves = \"a.b\"\n", "serves: a word"},
        {GOOD "        serves = \"a b c d e f g h i\"\n", "serves: more than 8 words"},
        {GOOD "        age = 4\n", "age: a principal has"},
        {GOOD "        limits\n            grace-ms = 4\n", "grace-ms: unknown limit"},
        {GOOD "    x\n        key = \"z85:short\"\n", "key: no public key"},
        {GOOD "    x\n        key = "
              "\"z85:"
              "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f"
              "\x7f\x7f"
              "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\"\n",
         "key: no public key"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        broker_config_t config;
        kt_status_t status = load(rows[i].text, &config);
        if (status.code != KT_INVALID_ARGUMENT || strstr(status.text, rows[i].problem) == NULL)
            fail_msg("row %zu: \"%s\", expected \"%s\"", i,
                     status.text != NULL ? status.text : "OK", rows[i].problem);
        assert_non_null(strstr(status.text, "broker.conf: "));
        assert_null(config.directory);
    }
}

/* What a broker that runs cannot take over is named, and nothing else. */
static void
test_what_only_a_restart_changes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *fixed;
    } rows[] = {
        {GOOD, ""},
        {GOOD "log = error\ndrain-ms = 1\nlimits\n    calls = 9\n", ""},
        {ENDPOINTS KEY "principals\n    other\n        key = \"finance.cert\"\n", ""},
        {"clients = \"tcp://127.0.0.1:1\"\nservices = \"tcp://127.0.0.1:0\"\n" KEY
         "principals\n" CLERK,
         "clients"},
        {"clients = \"tcp://127.0.0.1:0\"\nservices = \"ipc://x\"\n"
         "metrics = \"127.0.0.1:0\"\nkey = \"clerk.secret\"\nprincipals\n" CLERK,
         "services metrics key"},
        {GOOD "threads = free\n", "threads"},
        {GOOD "threads = gather\n", ""},
    };
    broker_config_t running;
    assert_ok(load(GOOD, &running));
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        broker_config_t read;
        char fixed[BROKER_FIXED_BYTES_MAX];
        assert_ok(load(rows[i].text, &read));
        broker_config_fixed(&running, &read, fixed);
        assert_string_equal(fixed, rows[i].fixed);
        broker_config_fini(&read);
    }
    broker_config_fini(&running);
}

static void
test_no_file(void **state)
{
    (void)state;
    broker_config_t config;
    assert_status(broker_config_load("/nowhere/broker.conf", &config), KT_INVALID_ARGUMENT, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_file),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_what_only_a_restart_changes),
        cmocka_unit_test(test_no_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
