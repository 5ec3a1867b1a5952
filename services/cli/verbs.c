#include "verbs.h"

const cli_verb_t *const cli_verbs[] = {
    &cli_verb_keys_new,
    &cli_verb_keys_show,
    &cli_verb_completion,
};
const unsigned cli_verbs_count = KT_COUNT(cli_verbs);
