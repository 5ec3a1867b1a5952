/* verbs.h: the rows of the verb table; each is defined in the file that is named beside it. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli.h"

extern const cli_verb_t cli_verb_keys_new, cli_verb_keys_show; /* keys.c */
extern const cli_verb_t cli_verb_completion;                   /* completion.c */

extern const cli_verb_t cli_verb_finance_import; /* import/verb.c */

#endif
