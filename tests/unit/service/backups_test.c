/* The folder of backups: the last one, and what is removed from it. */
#include "testing.h"

#include "backups.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void
path_of(const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", folder, name);
}

static void
make(const char *name, int64_t at_s)
{
    char path[256], file[300];
    const struct timespec times[] = {{.tv_sec = (time_t)at_s}, {.tv_sec = (time_t)at_s}};
    int fd;

    path_of(name, path);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(file, sizeof file, "%s/data.mdb", path);
    fd = open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool
there(const char *name)
{
    char path[256];
    struct stat found;

    path_of(name, path);
    return stat(path, &found) == 0;
}

static int
setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/kantor-backups-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int
teardown(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void
the_last_one(void **state)
{
    (void)state;
    assert_int_equal(kt_backups_last_s("/no/such/folder"), 0);
    assert_int_equal(kt_backups_last_s(folder), 0);
    make("finance-2026-11-23T16-04-05Z.partial", 900);
    make(".gone-finance-2026-11-23T16-04-05Z", 900);
    assert_int_equal(kt_backups_last_s(folder), 0);
    make("before-close", 500);
    make("finance-2026-11-23T16-04-05Z", 400);
    assert_int_equal(kt_backups_last_s(folder), 500);
}

/* What is there, and whether it stays when two are kept. */
static void
old_ones_go(void **state)
{
    static const struct {
        const char *name;
        bool stays;
    } rows[] = {
        {"finance-2026-11-23T16-04-05Z", false},
        {"finance-2025-12-31T23-59-59Z", false},
        {"finance-2026-11-23T16-04-06Z", true},
        {"finance-2026-12-01T00-00-00Z", true},
        {"finance-2026-12-02T00-00-00Z.partial", false},
        {".gone-finance-2024-01-01T00-00-00Z", false},
        {"before-close", true},
        {"finance", true},
        {"finance-2020-01-01", true},
        {"finance-2020-01-01T00-00-00Z-kept", true},
        {"finance-2020-01-01T00:00:00Z", true},
        {"legal-2020-01-01T00-00-00Z", true},
        {"before-close.partial", true},
        {".gone-before-close", true},
    };
    unsigned goes = 0;

    (void)state;
    assert_int_equal(kt_backups_prune("/no/such/folder", "finance", 2), 0);
    assert_int_equal(kt_backups_prune(folder, "finance", 2), 0);
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        make(rows[i].name, 1);
        goes += !rows[i].stays;
    }
    assert_int_equal(kt_backups_prune(folder, "finance", 2), goes);
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        if (there(rows[i].name) != rows[i].stays)
            fail_msg("%s: %s", rows[i].name, rows[i].stays ? "is gone" : "is there");
    assert_int_equal(kt_backups_prune(folder, "finance", 2), 0);
    assert_int_equal(kt_backups_prune(folder, "finance", 1), 1);
    assert_true(there("finance-2026-12-01T00-00-00Z"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_one, setup, teardown),
        cmocka_unit_test_setup_teardown(old_ones_go, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
