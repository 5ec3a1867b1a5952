/* kantor completion: the bash completion, from the rows of the verb table. */
#include "verbs.h"

static void
option_words(FILE *out, const cli_option_t *options, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fprintf(out, " --%s", options[i].name);
}

/* Words that may follow the first word GROUP of two-word verbs. */
static void
group_words(FILE *out, const char *group, size_t size)
{
    for (unsigned i = 0; i < cli_verbs_count; i++)
        if (strncmp(cli_verbs[i]->name, group, size) == 0 && cli_verbs[i]->name[size] == ' ')
            fprintf(out, " %s", cli_verbs[i]->name + size + 1);
}

/* Whether an earlier verb has the same first word. */
static bool
seen_before(unsigned verb, size_t size)
{
    for (unsigned i = 0; i < verb; i++)
        if (strncmp(cli_verbs[i]->name, cli_verbs[verb]->name, size) == 0 &&
            strchr("  ", cli_verbs[i]->name[size]))
            return true;
    return false;
}

static int
completion(cli_t *cli)
{
    FILE *out = cli->out;
    if (strcmp(cli->operands[0], "bash") != 0)
        return cli_fail(cli, CLI_EXIT_USAGE, "only bash has a completion, not '%s'",
                        cli->operands[0]);
    fputs("# bash completion for kantor; made by 'kantor completion bash'\n"
          "_kantor() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} first= second= "
          "words= w i\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        w=${COMP_WORDS[i]}\n"
          "        case $w in --config|--timeout|--output|-o) ((i++)) ;; -*) ;;\n"
          "        *) if [[ -z $first ]]; then first=$w; elif [[ -z $second ]]; then second=$w; fi "
          ";; esac\n"
          "    done\n"
          "    case $prev in\n"
          "    --output|-o) COMPREPLY=($(compgen -W 'table csv json' -- \"$cur\")); return ;;\n"
          "    --config|--dir|--from|--to|--anchors|--postgres-sql|--out) COMPREPLY=($(compgen -f "
          "-- \"$cur\")); return "
          ";;\n"
          "    esac\n"
          "    case \"$first $second\" in\n",
          out);
    for (unsigned i = 0; i < cli_verbs_count; i++) {
        const cli_verb_t *verb = cli_verbs[i];
        fprintf(out, "    '%s'%s) words='", verb->name, strchr(verb->name, ' ') ? "" : "' '*");
        option_words(out, verb->options, verb->options_count);
        fputs("' ;;\n", out);
    }
    for (unsigned i = 0; i < cli_verbs_count; i++) {
        size_t size = strcspn(cli_verbs[i]->name, " ");
        if (cli_verbs[i]->name[size] == 0 || seen_before(i, size))
            continue;
        fprintf(out, "    '%.*s '*) words='", (int)size, cli_verbs[i]->name);
        group_words(out, cli_verbs[i]->name, size);
        fputs("' ;;\n", out);
    }
    fputs("    ' ') words='", out);
    for (unsigned i = 0; i < cli_verbs_count; i++) {
        size_t size = strcspn(cli_verbs[i]->name, " ");
        if (!seen_before(i, size))
            fprintf(out, " %.*s", (int)size, cli_verbs[i]->name);
    }
    fputs("' ;;\n    esac\n    words+='", out);
    option_words(out, cli_common_options, cli_common_options_count);
    fputs("'\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "    if [[ ${#COMPREPLY[@]} -eq 0 && $cur != -* ]]; then COMPREPLY=($(compgen -f -- "
          "\"$cur\")); fi\n"
          "}\n"
          "complete -o filenames -F _kantor kantor deploy/kantor ./deploy/kantor\n",
          out);
    return 0;
}

static const char *const examples[] = {"eval \"$(kantor completion bash)\"", NULL};
const cli_verb_t cli_verb_completion = {
    .name = "completion",
    .operands = "bash",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Prints the completion script of a shell.",
    .examples = examples,
    .run = completion,
};
