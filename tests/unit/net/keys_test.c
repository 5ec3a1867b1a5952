/* Certificate files: there and back, and what is refused. */
#include "testing.h"

#include <fcntl.h>
#include <kt/net.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/kantor-keys-XXXXXX";

static const char *
path_of(const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int
setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int
teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
    (void)unlink(path_of(name));
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_EXCL, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

static void
test_there_and_back(void **state)
{
    (void)state;
    kt_key_pair_t keys, loaded;
    assert_ok(kt_keys_generate(&keys));
    mode_t before = umask(0);
    assert_ok(kt_keys_save(&keys, "clerk-1", path_of("cert"), path_of("secret")));
    assert_int_equal(umask(before), 0); /* it does not touch the process's mask */
    struct stat stat_of;
    assert_int_equal(stat(path_of("secret"), &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    assert_ok(kt_keys_load(path_of("secret"), true, &loaded));
    assert_string_equal(loaded.public_key, keys.public_key);
    assert_string_equal(loaded.secret_key, keys.secret_key);
    assert_ok(kt_keys_load(path_of("cert"), false, &loaded));
    assert_string_equal(loaded.public_key, keys.public_key);
    assert_string_equal(loaded.secret_key, "");
    assert_ok(kt_keys_load(path_of("secret"), false, &loaded)); /* its public half */
    assert_string_equal(loaded.secret_key, "");
    kt_status_t again = kt_keys_save(&keys, "clerk-1", NULL, path_of("secret"));
    assert_int_equal(again.code, KT_ALREADY_EXISTS);
    assert_int_equal(unlink(path_of("cert")), 0);
    assert_int_equal(unlink(path_of("secret")), 0);
}

static void
test_refusals(void **state)
{
    (void)state;
    kt_key_pair_t a, b, loaded;
    assert_ok(kt_keys_generate(&a));
    assert_ok(kt_keys_generate(&b));
    assert_status(kt_keys_load(path_of("none"), true, &loaded), KT_NOT_FOUND, 0);
    assert_status(kt_keys_load(folder, true, &loaded), KT_INVALID_ARGUMENT, 0);
    static const char too_long[] =
        "0123456789012345678901234567890123456789012345678901234567890123456789";
    static const char *const names[] = {"", "a b", "a\"b", "a\nb", too_long};
    for (size_t i = 0; i < KT_COUNT(names); i++)
        assert_status(kt_keys_save(&a, names[i], path_of("x"), NULL), KT_INVALID_ARGUMENT, 0);
    assert_status(kt_keys_save(&a, "a", path_of("no/such/folder"), NULL), KT_FAILED_PRECONDITION,
                  0);
    char text[512];
    static const char shape[] = "curve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n";
    snprintf(text, sizeof text, shape, a.public_key, b.secret_key); /* not a pair */
    write_file("x", text, 0600);
    assert_status(kt_keys_load(path_of("x"), true, &loaded), KT_INVALID_ARGUMENT, 0);
    snprintf(text, sizeof text, shape, a.public_key, a.secret_key);
    write_file("x", text, 0644);
    assert_status(kt_keys_load(path_of("x"), true, &loaded), KT_FAILED_PRECONDITION, 0);
    assert_ok(kt_keys_load(path_of("x"), false, &loaded));
    static const char *const rows[] = {
        "", "nonsense", "curve\n", "curve\n    public-key = \"short\"\n",
        "curve\n    public-key = \"~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\"\n"};
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        write_file("x", rows[i], 0600);
        assert_status(kt_keys_load(path_of("x"), false, &loaded), KT_INVALID_ARGUMENT, 0);
    }
    snprintf(text, sizeof text, "curve\n    public-key = \"%s\"\n", a.public_key);
    write_file("x", text, 0600);
    assert_status(kt_keys_load(path_of("x"), true, &loaded), KT_INVALID_ARGUMENT, 0);
    assert_int_equal(unlink(path_of("x")), 0);
}

/* Modes that others than the owner are let in by: for a file of root's, a reading group is none. */
static void
test_modes(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        bool ours, roots;
    } rows[] = {{0600, true, true},   {0400, true, true},   {0640, false, true},
                {0440, false, true},  {0660, false, false}, {0650, false, false},
                {0604, false, false}, {0602, false, false}, {0444, false, false}};
    kt_key_pair_t keys, loaded;
    assert_ok(kt_keys_generate(&keys));
    assert_ok(kt_keys_save(&keys, "a", NULL, path_of("moded")));
    for (int roots = 0; roots <= (geteuid() == 0); roots++) {
        if (geteuid() == 0)
            assert_int_equal(chown(path_of("moded"), roots ? 0 : 65532, (gid_t)-1), 0);
        for (size_t i = 0; i < KT_COUNT(rows); i++) {
            assert_int_equal(chmod(path_of("moded"), rows[i].mode), 0);
            kt_status_t status = kt_keys_load(path_of("moded"), true, &loaded);
            bool wanted = roots ? rows[i].roots : rows[i].ours;
            assert_int_equal(status.code, wanted ? KT_OK : KT_FAILED_PRECONDITION);
        }
    }
    assert_int_equal(unlink(path_of("moded")), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_there_and_back),
                                       cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_modes)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
