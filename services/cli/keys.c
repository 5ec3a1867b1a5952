/* kantor keys: CURVE key pairs as certificate files. */
#include "verbs.h"

#include "output.h"

#include <errno.h>
#include <kt/net.h>
#include <sys/stat.h>

#define PATH_BYTES_MAX 4096

static bool
name_is_right(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size > 0 && size <= 64 && name[size] == 0;
}

static int
keys_new(cli_t *cli)
{
    const char *name = cli->operands[0], *folder = cli_required(cli, "dir");
    char public_path[PATH_BYTES_MAX], secret_path[PATH_BYTES_MAX];
    struct stat there;
    kt_key_pair_t keys;
    if (!folder)
        return CLI_EXIT_USAGE;
    if (!name_is_right(name))
        return cli_fail(cli, CLI_EXIT_USAGE, "a name is 1 to 64 of a-z, 0-9 and '-', not '%s'",
                        name);
    int size = snprintf(public_path, sizeof public_path, "%s/%s.key", folder, name);
    snprintf(secret_path, sizeof secret_path, "%s/%s.key_secret", folder, name);
    if (size >= PATH_BYTES_MAX - 8)
        return cli_fail(cli, CLI_EXIT_USAGE, "the folder's name is too long");
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return cli_fail(cli, CLI_EXIT_OUTPUT, "%s: %s", folder, strerror(errno));
    if (stat(secret_path, &there) == 0 || stat(public_path, &there) == 0)
        return cli_fail(
            cli, KT_ALREADY_EXISTS,
            "%s: there are keys of that name already, and they are kept; take them away "
            "first if they are to be replaced",
            public_path);
    kt_status_t status = kt_keys_generate(&keys);
    if (!kt_failed(status))
        status = kt_keys_save(&keys, name, public_path, secret_path);
    if (kt_failed(status))
        return cli_fail(cli, CLI_EXIT_OUTPUT, "%s", status.text);
    cli_say(cli, "%s: the public key, for the broker's list", public_path);
    cli_say(cli, "%s: the secret key, for %s alone", secret_path, name);
    fprintf(cli->out, "%s\n", keys.public_key);
    return 0;
}

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
