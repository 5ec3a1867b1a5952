/* kantor keys new and rotate: which files there are after each step, and what is refused. */
#include "cli.h"
#include "said.h"
#include "tempdir.h"

#include <fcntl.h>
#include <kt/net.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW_PUBLIC  "shop.key"
#define NOW_SECRET  "shop.key_secret"
#define NEXT_PUBLIC "shop.next.key"
#define NEXT_SECRET "shop.next.key_secret"

static tempdir_t folder;

static int
setup(void **state)
{
    (void)state;
    tempdir_init(&folder);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    tempdir_fini(&folder);
    return 0;
}

/* Runs kantor keys VERB shop --dir FOLDER STEP (or NULL); what it complains of must have SAYS. */
static int
keys(const char *verb, const char *step, const char *says)
{
    char *const argv[] = {
        (char[]){"kantor"}, (char[]){"keys"}, (char *)(uintptr_t)verb, (char[]){"shop"},
        (char[]){"--dir"},  folder.path,      (char *)(uintptr_t)step, NULL};
    said_t out, err;
    open_said(&out);
    open_said(&err);
    int code = cli_main(step ? 7 : 6, argv, out.file, err.file);
    fclose(out.file);
    fclose(err.file);
    assert_non_null(strstr(err.text, says));
    if (code == 0 && !step) /* it prints the public key and nothing else */
        assert_int_equal(strlen(out.text), KT_KEY_CHARS + 1);
    free(out.text);
    free(err.text);
    return code;
}

static void
path_of(const char *name, char path[PATH_MAX])
{
    tempdir_join(&folder, name, path);
}

static bool
there(const char *name)
{
    char path[PATH_MAX];
    path_of(name, path);
    return access(path, F_OK) == 0;
}

static void
take_away(const char *name)
{
    char path[PATH_MAX];
    path_of(name, path);
    assert_int_equal(unlink(path), 0);
}

static kt_key_pair_t
load(const char *name, bool secret)
{
    char path[PATH_MAX];
    kt_key_pair_t pair = {0};
    path_of(name, path);
    assert_ok(kt_keys_load(path, secret, &pair));
    return pair;
}

static mode_t
mode_of(const char *name)
{
    char path[PATH_MAX];
    struct stat stat;
    path_of(name, path);
    assert_int_equal(lstat(path, &stat), 0);
    return stat.st_mode & 0777;
}

static void
assert_places(const kt_key_pair_t *now, const kt_key_pair_t *next)
{
    assert_string_equal(load(NOW_PUBLIC, false).public_key, now->public_key);
    assert_string_equal(load(NOW_SECRET, true).secret_key, now->secret_key);
    assert_string_equal(load(NEXT_PUBLIC, false).public_key, next->public_key);
    assert_string_equal(load(NEXT_SECRET, true).secret_key, next->secret_key);
}

static void
in_three_steps(void **state)
{
    (void)state;
    char path[PATH_MAX];
    assert_int_equal(keys("new", NULL, "shop.key: the public key"), 0);
    kt_key_pair_t old = load(NOW_SECRET, true);
    path_of(NOW_SECRET, path);
    if (geteuid() == 0)
        assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(keys("rotate", NULL, "next-key = \""), 0);
    kt_key_pair_t new = load(NEXT_SECRET, true);
    assert_string_not_equal(new.public_key, old.public_key);
    assert_int_equal(mode_of(NEXT_SECRET), geteuid() == 0 ? 0640 : 0600);
    assert_places(&old, &new);
    assert_int_equal(keys("rotate", "--swap", "start shop again"), 0);
    assert_places(&new, &old);
    assert_int_equal(keys("rotate", "--swap", "To go back"), 0);
    assert_places(&old, &new);
    assert_int_equal(keys("rotate", "--swap", ""), 0);
    assert_int_equal(keys("rotate", "--end", "shop.key stays"), 0);
    assert_string_equal(load(NOW_SECRET, true).secret_key, new.secret_key);
    assert_string_equal(load(NOW_PUBLIC, false).public_key, new.public_key);
    assert_false(there(NEXT_PUBLIC) || there(NEXT_SECRET));
}

/* The broker's machine has public keys alone, the caller's its secret one. */
static void
on_the_files_that_are_there(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{NOW_PUBLIC, NEXT_PUBLIC}, {NOW_SECRET, NEXT_SECRET}};
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        assert_int_equal(keys("new", NULL, ""), 0);
        assert_int_equal(keys("rotate", NULL, ""), 0);
        take_away(rows[1 - i][0]);
        take_away(rows[1 - i][1]);
        kt_key_pair_t old = load(rows[i][0], false), new = load(rows[i][1], false);
        assert_int_equal(keys("rotate", "--swap", ""), 0);
        assert_string_equal(load(rows[i][0], false).public_key, new.public_key);
        assert_string_equal(load(rows[i][1], false).public_key, old.public_key);
        assert_int_equal(keys("rotate", "--end", ""), 0);
        assert_false(there(rows[i][1]));
        take_away(rows[i][0]);
    }
}

static void
a_swap_that_was_interrupted_is_ended(void **state)
{
    (void)state;
    char now[PATH_MAX], next[PATH_MAX];
    assert_int_equal(keys("new", NULL, ""), 0);
    assert_int_equal(keys("rotate", NULL, ""), 0);
    kt_key_pair_t old = load(NOW_SECRET, true), new = load(NEXT_SECRET, true);
    path_of(NOW_SECRET, now);
    path_of(NEXT_SECRET, next);
    assert_int_equal(renameat2(AT_FDCWD, now, AT_FDCWD, next, RENAME_EXCHANGE), 0);
    assert_int_equal(keys("rotate", "--end", "a swap was interrupted"), KT_FAILED_PRECONDITION);
    assert_int_equal(keys("rotate", "--swap", ""), 0);
    assert_places(&new, &old);
}

static void
what_is_refused(void **state)
{
    (void)state;
    assert_int_equal(keys("rotate", NULL, "there is no key to be rotated"), CLI_EXIT_NOINPUT);
    assert_int_equal(keys("rotate", "--swap", "there is no next key"), CLI_EXIT_NOINPUT);
    assert_int_equal(keys("rotate", "--end", "nothing is rotated"), CLI_EXIT_NOINPUT);
    assert_int_equal(keys("new", NULL, ""), 0);
    assert_int_equal(keys("new", NULL, "kantor keys rotate"), KT_ALREADY_EXISTS);
    assert_int_equal(keys("rotate", "--swap", "shop.next.key"), CLI_EXIT_NOINPUT);
    assert_int_equal(keys("rotate", NULL, ""), 0);
    assert_int_equal(keys("rotate", NULL, "a rotation is under way"), KT_ALREADY_EXISTS);
    kt_key_pair_t now = load(NOW_SECRET, true);
    take_away(NEXT_PUBLIC);
    assert_int_equal(keys("rotate", "--swap", "nothing was changed"), CLI_EXIT_NOINPUT);
    assert_string_equal(load(NOW_SECRET, true).secret_key, now.secret_key);
}

static void
command_lines_that_are_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *words[6];
        const char *says;
    } rows[] = {
        {{"keys", "rotate", "shop"}, "--dir is missing"},
        {{"keys", "rotate", "--dir", "x"}, "missing NAME"},
        {{"keys", "rotate", "sh/op", "--dir", "x"}, "a name is 1 to 64"},
        {{"keys", "new", "shop.next", "--dir", "x"}, "a name is 1 to 64"},
        {{"keys", "rotate", "shop", "--dir=x", "--swap", "--end"}, "are two steps"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        char *argv[8] = {(char[]){"kantor"}};
        int argc = 1;
        for (size_t w = 0; w < KT_COUNT(rows[i].words) && rows[i].words[w]; w++)
            argv[argc++] = (char *)(uintptr_t)rows[i].words[w];
        said_t out, err;
        open_said(&out);
        open_said(&err);
        assert_int_equal(cli_main(argc, argv, out.file, err.file), CLI_EXIT_USAGE);
        fclose(out.file);
        fclose(err.file);
        assert_non_null(strstr(err.text, rows[i].says));
        free(out.text);
        free(err.text);
    }
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(in_three_steps),
        T(on_the_files_that_are_there),
        T(a_swap_that_was_interrupted_is_ended),
        T(what_is_refused),
        T(command_lines_that_are_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
