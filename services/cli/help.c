/* The help texts, from the rows of the verb table. */
#include "cli.h"

static void
options(FILE *out, const cli_option_t *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char letter[8] = "", left[64];
        if (list[i].letter)
            snprintf(letter, sizeof letter, "-%c, ", list[i].letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, list[i].name, list[i].value ? " " : "",
                 list[i].value ? list[i].value : "");
        fprintf(out, "  %-26s %s\n", left, list[i].help);
    }
}

static void
verbs(FILE *out, const cli_t *cli, const char *group)
{
    size_t size = strlen(group);
    for (unsigned i = 0; i < cli->verbs_count; i++) {
        const char *name = cli->verbs[i]->name;
        if (size == 0 || (strncmp(name, group, size) == 0 && name[size] == ' '))
            fprintf(out, "  %-24s %s\n", name, cli->verbs[i]->summary);
    }
}

void
cli_help(FILE *out, const cli_t *cli)
{
    fputs("usage: kantor [OPTIONS] VERB ...\n\n"
          "Talks to a Kantor office: its broker and its departments.\n\nverbs:\n",
          out);
    verbs(out, cli, "");
    fputs("\noptions of every verb:\n", out);
    options(out, cli_common_options, cli_common_options_count);
    fputs("  --version                  the program's version\n"
          "\nMore on a verb: kantor VERB --help. All of it: man kantor.\n"
          "Exit code: 0, or the number of the gRPC code a call ended with (5 is NOT_FOUND);\n"
          "64 when the command line is wrong, 66 when a file cannot be read, 74 when output cannot "
          "be written.\n",
          out);
}

void
cli_help_group(FILE *out, const cli_t *cli, const char *group)
{
    fprintf(out, "usage: kantor [OPTIONS] %s VERB ...\n\nverbs:\n", group);
    verbs(out, cli, group);
}

void
cli_help_verb(FILE *out, const cli_verb_t *verb)
{
    fprintf(out, "usage: kantor %s [OPTIONS]%s%s\n\n%s\n", verb->name, verb->operands[0] ? " " : "",
            verb->operands, verb->summary);
    if (verb->about)
        fprintf(out, "\n%s\n", verb->about);
    if (verb->options_count > 0)
        fputs("\noptions:\n", out);
    options(out, verb->options, verb->options_count);
    fputs("\noptions of every verb:\n", out);
    options(out, cli_common_options, cli_common_options_count);
    fputs("\nexamples:\n", out);
    for (const char *const *example = verb->examples; *example; example++)
        fprintf(out, "  %s\n", *example);
}
