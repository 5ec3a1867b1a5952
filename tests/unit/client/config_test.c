/* Client configurations: one that works, and a row for each refusal. */
#include "testing.h"

#include <kt/client.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

static char folder[] = "/tmp/kantor-config-XXXXXX";

static const char *
path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void
write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int
setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(mkdir(path_of("keys"), 0700), 0);
    kt_key_pair_t keys;
    char secret[256];
    assert_ok(kt_keys_generate(&keys));
    snprintf(secret, sizeof secret, "%s", path_of("keys/own.secret"));
    assert_ok(kt_keys_save(&keys, "own", path_of("keys/own.cert"), secret));
    snprintf(secret, sizeof secret, "%s", path_of("keys/open.secret"));
    assert_ok(kt_keys_save(&keys, "own", NULL, secret));
    return chmod(secret, 0644);
}

static int
teardown(void **state)
{
    (void)state;
    static const char *const names[] = {"keys/own.secret", "keys/own.cert", "keys/open.secret",
                                        "kantor.conf"};
    for (size_t i = 0; i < KT_COUNT(names); i++)
        (void)unlink(path_of(names[i]));
    (void)rmdir(path_of("keys"));
    return rmdir(folder);
}

#define CLIENT "client\n    certificate = \"keys/own.secret\"\n"
#define BROKER "broker\n    endpoint = \"tcp://127.0.0.1:5701\"\n    key = \"" KEY "\"\n"

static void
test_good(void **state)
{
    (void)state;
    char absolute[512];
    snprintf(absolute, sizeof absolute,
             "client\n    certificate = \"%s\"\n    inflight_max = 10\n    reach_ms = 500\n%s",
             path_of("keys/own.secret"), BROKER);
    const char *const rows[] = {
        CLIENT BROKER,
        CLIENT BROKER BROKER BROKER BROKER BROKER BROKER BROKER BROKER,
        CLIENT "broker\n    endpoint = \"ipc://x\"\n    certificate = \"keys/own.cert\"\n",
        absolute,
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        write_file("kantor.conf", rows[i]);
        kt_client_t *client = NULL;
        assert_ok(kt_client_from_config(path_of("kantor.conf"), &client));
        kt_client_destroy(&client);
        assert_null(client);
    }
}

static void
test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        kt_code_t code;
    } rows[] = {
        {CLIENT, KT_INVALID_ARGUMENT},
        {BROKER, KT_INVALID_ARGUMENT},
        {CLIENT CLIENT BROKER, KT_INVALID_ARGUMENT},
        {CLIENT BROKER "other\n    a = \"b\"\n", KT_INVALID_ARGUMENT},
        {CLIENT BROKER BROKER BROKER BROKER BROKER BROKER BROKER BROKER BROKER,
         KT_INVALID_ARGUMENT},
        {"client\n    name = \"x\"\n" BROKER, KT_INVALID_ARGUMENT},
        {CLIENT "    inflight_max = \"many\"\n" BROKER, KT_INVALID_ARGUMENT},
        {CLIENT "    inflight_max = \"65537\"\n" BROKER, KT_INVALID_ARGUMENT},
        {CLIENT "    reach_ms = \"-1\"\n" BROKER, KT_INVALID_ARGUMENT},
        {CLIENT "broker\n    key = \"" KEY "\"\n", KT_INVALID_ARGUMENT},
        {CLIENT "broker\n    endpoint = \"ipc://x\"\n", KT_INVALID_ARGUMENT},
        {CLIENT "broker\n    endpoint = \"ipc://x\"\n    key = \"short\"\n", KT_INVALID_ARGUMENT},
        {CLIENT BROKER "    certificate = \"keys/own.cert\"\n", KT_INVALID_ARGUMENT},
        {CLIENT "broker\n    endpoint = \"ipc://x\"\n    certificate = \"none\"\n", KT_NOT_FOUND},
        {"client\n    certificate = \"keys/none\"\n" BROKER, KT_NOT_FOUND},
        {"client\n    certificate = \"keys/own.cert\"\n" BROKER, KT_FAILED_PRECONDITION},
        {"client\n    certificate = \"keys/open.secret\"\n" BROKER, KT_FAILED_PRECONDITION},
        {"client\n    certificate = \"kantor.conf\"\n" BROKER, KT_FAILED_PRECONDITION},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        write_file("kantor.conf", rows[i].text);
        kt_client_t *client = NULL;
        kt_status_t status = kt_client_from_config(path_of("kantor.conf"), &client);
        if (status.code != (uint32_t)rows[i].code)
            fail_msg("row %zu: %s: %s", i, kt_code_name(status.code), status.text);
        assert_null(client);
    }
    kt_client_t *client = NULL;
    assert_status(kt_client_from_config(path_of("none"), &client), KT_NOT_FOUND, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good),
                                       cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
