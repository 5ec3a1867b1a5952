/* kantor keys: CURVE key pairs as certificate files. */
#include "verbs.h"

#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <kt/net.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096

static bool
name_is_right(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size > 0 && size <= 64 && name[size] == 0;
}

/* The two files of a pair: FOLDER/NAME.key and FOLDER/NAME.key_secret, or with NEXT those of the
 * second pair, FOLDER/NAME.next.key and FOLDER/NAME.next.key_secret. */
typedef struct pair {
    char public_path[PATH_BYTES_MAX], secret_path[PATH_BYTES_MAX];
} pair_t;

static bool
pair_of(cli_t *cli, const char *folder, const char *name, bool next, pair_t *pair)
{
    const char *middle = next ? ".next" : "";
    int size = snprintf(pair->public_path, PATH_BYTES_MAX, "%s/%s%s.key", folder, name, middle);
    snprintf(pair->secret_path, PATH_BYTES_MAX, "%s/%s%s.key_secret", folder, name, middle);
    if (!name_is_right(name))
        cli_fail(cli, 0, "a name is 1 to 64 of a-z, 0-9 and '-', not '%s'", name);
    else if (size >= PATH_BYTES_MAX - 8)
        cli_fail(cli, 0, "the folder's name is too long");
    else
        return true;
    return false;
}

static bool
there(const char *path)
{
    struct stat stat;
    return lstat(path, &stat) == 0;
}

static int
make_pair(cli_t *cli, const char *name, const pair_t *pair, kt_key_pair_t *keys)
{
    kt_status_t status = kt_keys_generate(keys);
    if (!kt_failed(status))
        status = kt_keys_save(keys, name, pair->public_path, pair->secret_path);
    return kt_failed(status) ? cli_fail(cli, CLI_EXIT_OUTPUT, "%s", status.text) : 0;
}

static int
keys_new(cli_t *cli)
{
    const char *name = cli->operands[0], *folder = cli_required(cli, "dir");
    pair_t pair;
    kt_key_pair_t keys;
    if (!folder || !pair_of(cli, folder, name, false, &pair))
        return CLI_EXIT_USAGE;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return cli_fail(cli, CLI_EXIT_OUTPUT, "%s: %s", folder, strerror(errno));
    if (there(pair.secret_path) || there(pair.public_path))
        return cli_fail(
            cli, KT_ALREADY_EXISTS,
            "%s: there are keys of that name already, and they are kept; replace them with "
            "kantor keys rotate",
            pair.public_path);
    int code = make_pair(cli, name, &pair, &keys);
    if (code != 0)
        return code;
    cli_say(cli, "%s: the public key, for the broker's list", pair.public_path);
    cli_say(cli, "%s: the secret key, for %s alone", pair.secret_path, name);
    fprintf(cli->out, "%s\n", keys.public_key);
    return 0;
}

/* ---- rotate ---- */

typedef struct rotation {
    const char *name;
    pair_t now, next;
} rotation_t;

/* The next secret key is for whoever may read the present one: packages give it to a group. */
static int
give_alike(cli_t *cli, const rotation_t *r)
{
    struct stat now;
    if (stat(r->now.secret_path, &now) != 0)
        return 0; /* it is kept elsewhere */
    if (chown(r->next.secret_path, now.st_uid, now.st_gid) != 0 ||
        chmod(r->next.secret_path, now.st_mode & 0640) != 0)
        return cli_fail(cli, CLI_EXIT_OUTPUT, "%s: cannot be given to who has %s: %s",
                        r->next.secret_path, r->now.secret_path, strerror(errno));
    return 0;
}

static int
rotate_begin(cli_t *cli, const rotation_t *r)
{
    kt_key_pair_t keys;
    if (!there(r->now.public_path) && !there(r->now.secret_path))
        return cli_fail(cli, CLI_EXIT_NOINPUT,
                        "%s: there is no key to be rotated; kantor keys new makes one",
                        r->now.public_path);
    if (there(r->next.public_path) || there(r->next.secret_path))
        return cli_fail(cli, KT_ALREADY_EXISTS,
                        "%s: a rotation is under way; go on with --swap, or end it with --end",
                        r->next.public_path);
    int code = make_pair(cli, r->name, &r->next, &keys);
    if (code == 0)
        code = give_alike(cli, r);
    if (code != 0)
        return code;
    cli_say(cli, "%s: the next public key. Now, at every broker: put it into %s's section,",
            r->next.public_path, r->name);
    cli_say(cli, "    next-key = \"%s\"", r->next.public_path);
    cli_say(cli, "and reload. Then: kantor keys rotate %s --swap", r->name);
    fprintf(cli->out, "%s\n", keys.public_key);
    return 0;
}

/* Whether both pairs have this one of their files; WRONG: one of them alone has. */
static bool
both_there(const char *now, const char *next, const char **wrong)
{
    bool a = there(now), b = there(next);
    if (a != b)
        *wrong = a ? next : now;
    return a && b;
}

/* Whether the public file is not that of the secret one: a swap got as far as that. */
static bool
half_swapped(const rotation_t *r)
{
    kt_key_pair_t public, secret;
    return !kt_failed(kt_keys_load(r->now.public_path, false, &public)) &&
           !kt_failed(kt_keys_load(r->now.secret_path, false, &secret)) &&
           strcmp(public.public_key, secret.public_key) != 0;
}

static int
exchange(cli_t *cli, const char *now, const char *next)
{
    if (renameat2(AT_FDCWD, now, AT_FDCWD, next, RENAME_EXCHANGE) == 0)
        return 0;
    return cli_fail(cli, CLI_EXIT_OUTPUT, "%s and %s cannot change places: %s", now, next,
                    strerror(errno));
}

/* The files of the two pairs change places, each at once: whoever reads one meanwhile gets a whole
 * key that is valid. */
static int
rotate_swap(cli_t *cli, const rotation_t *r)
{
    const char *missing = NULL;
    bool publics = both_there(r->now.public_path, r->next.public_path, &missing);
    bool secrets = both_there(r->now.secret_path, r->next.secret_path, &missing);
    if (missing)
        return cli_fail(cli, CLI_EXIT_NOINPUT, "%s: there is no such file; nothing was changed",
                        missing);
    if (!publics && !secrets)
        return cli_fail(cli, CLI_EXIT_NOINPUT,
                        "%s: there is no next key; kantor keys rotate %s makes one",
                        r->next.public_path, r->name);
    int code = 0;
    if (secrets && !(publics && half_swapped(r)))
        code = exchange(cli, r->now.secret_path, r->next.secret_path);
    if (code == 0 && publics)
        code = exchange(cli, r->now.public_path, r->next.public_path);
    if (code == 0) {
        cli_say(cli,
                "The next key is in its place, and the old one in the next one's. Now start "
                "%s again.",
                r->name);
        cli_say(cli, "When nobody uses the old key any more: take next-key away at every broker, "
                     "and reload;");
        cli_say(cli, "then: kantor keys rotate %s --end. To go back: --swap once more.", r->name);
    }
    return code;
}

static int
rotate_end(cli_t *cli, const rotation_t *r)
{
    const char *const paths[] = {r->next.public_path, r->next.secret_path};
    unsigned removed = 0;
    if (half_swapped(r))
        return cli_fail(cli, KT_FAILED_PRECONDITION,
                        "%s and %s are not of one pair: a swap was interrupted; --swap ends it",
                        r->now.public_path, r->now.secret_path);
    for (unsigned i = 0; i < KT_COUNT(paths); i++) {
        if (unlink(paths[i]) == 0)
            removed++;
        else if (errno != ENOENT)
            return cli_fail(cli, CLI_EXIT_OUTPUT, "%s: %s", paths[i], strerror(errno));
    }
    if (removed == 0)
        return cli_fail(cli, CLI_EXIT_NOINPUT, "%s: there is no such file; nothing is rotated",
                        r->next.public_path);
    cli_say(cli, "The rotation of %s is over; %s stays.", r->name, r->now.public_path);
    return 0;
}

static int
keys_rotate(cli_t *cli)
{
    const char *folder = cli_required(cli, "dir");
    bool swap = cli_flag(cli, "swap"), end = cli_flag(cli, "end");
    rotation_t r = {.name = cli->operands[0]};
    if (!folder || !pair_of(cli, folder, r.name, false, &r.now) ||
        !pair_of(cli, folder, r.name, true, &r.next))
        return CLI_EXIT_USAGE;
    if (swap && end)
        return cli_fail(cli, CLI_EXIT_USAGE, "--swap and --end are two steps");
    return swap ? rotate_swap(cli, &r) : end ? rotate_end(cli, &r) : rotate_begin(cli, &r);
}

/* ---- show ---- */

static int
keys_show(cli_t *cli)
{
    static const out_column_t columns[] = {{"public_key", "public key", OUT_TEXT},
                                           {"secret", "with secret", OUT_YES}};
    kt_key_pair_t keys = {0};
    bool secret = !kt_failed(kt_keys_load(cli->operands[0], true, &keys));
    kt_status_t status = secret ? kt_ok() : kt_keys_load(cli->operands[0], false, &keys);
    if (kt_failed(status))
        return cli_fail(cli, CLI_EXIT_NOINPUT, "%s: %s", cli->operands[0], status.text);
    out_t *out = out_new(cli->out, cli->format, columns, KT_COUNT(columns));
    if (!out)
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    out_row(out, (const char *const[]){keys.public_key, secret ? "yes" : "no"});
    return out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
}

static const cli_option_t new_options[] = {
    {"dir", 0, "FOLDER", "where the two files go; made when absent"},
};
static const char *const new_examples[] = {"kantor keys new web-shop --dir keys", NULL};
const cli_verb_t cli_verb_keys_new = {
    .name = "keys new",
    .operands = "NAME",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Makes a CURVE key pair for a principal, a broker or a department.",
    .about = "Writes FOLDER/NAME.key (public) and FOLDER/NAME.key_secret (mode 0600), czmq "
             "certificates,\n"
             "and prints the public key. Keys that are there are never overwritten.",
    .options = new_options,
    .options_count = KT_COUNT(new_options),
    .examples = new_examples,
    .run = keys_new,
};

static const cli_option_t rotate_options[] = {
    {"dir", 0, "FOLDER", "where NAME's files are"},
    {"swap", 0, NULL, "the second step: the next pair and the present one change places"},
    {"end", 0, NULL, "the last step: the pair that is no longer used is removed"},
};
static const char *const rotate_examples[] = {
    "kantor keys rotate web-shop --dir keys",
    "kantor keys rotate web-shop --dir keys --swap",
    "kantor keys rotate web-shop --dir keys --end",
    NULL,
};
const cli_verb_t cli_verb_keys_rotate = {
    .name = "keys rotate",
    .operands = "NAME",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Replaces a principal's or broker's key, in three steps without a failed call.",
    .about = "First it writes the next pair, FOLDER/NAME.next.key and FOLDER/NAME.next.key_secret, "
             "and prints\n"
             "the public key, for next-key in the broker's list. With --swap the two pairs change "
             "places, so\n"
             "that whoever starts now has the next key; both stay valid. With --end the pair in "
             "the next\n"
             "one's place is removed, once the broker's list no longer has it. Each step works on "
             "the files\n"
             "that are there: a broker's folder may have public ones alone, a caller's the secret "
             "one. The next\n"
             "secret key gets owner and mode of the present one. kantor-broker.conf(5) has the "
             "whole way.",
    .options = rotate_options,
    .options_count = KT_COUNT(rotate_options),
    .examples = rotate_examples,
    .run = keys_rotate,
};

static const char *const show_examples[] = {"kantor keys show keys/web-shop.key", NULL};
const cli_verb_t cli_verb_keys_show = {
    .name = "keys show",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Prints the public key of a certificate file.",
    .about = "Never prints a secret key; says whether the file holds one.",
    .examples = show_examples,
    .run = keys_show,
};
