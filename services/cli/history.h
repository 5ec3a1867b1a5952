/* history.h: what a department says of its journal and of the lives of its store, held to proofs.
 * Nobody is believed: what cannot be proven is not told. */
#ifndef CLI_HISTORY_H
#define CLI_HISTORY_H

#include "connect.h"

#include <kt/client.h>
#include <kt/lives.h>

typedef struct cli_history {
    uint64_t size; /* of its journal, and its root */
    kt_hash_t root;
    kt_life_t lives[KT_LIVES_MAX]; /* the oldest first; their texts are left empty */
    unsigned count;
    char by[128]; /* of the last one: who put it back */
} cli_history_t;

typedef enum cli_proven {
    CLI_PROVEN,
    CLI_AWAY,     /* it does not answer */
    CLI_UNPROVEN, /* it gives no proof */
    CLI_FALSE,    /* it gives a false one */
} cli_proven_t;

/* Size and root of DEPARTMENT's journal now, and its lives: that each restore is a record of this
 * journal, in its place, and that the journal begins with the records that it was put back to. A
 * program from before lives were kept has one without a name. REPLY is used for the calls. */
cli_proven_t
cli_history(cli_t *cli, const char *department, kt_reply_t *reply, cli_history_t *history);

/* Whether the journal of HISTORY begins with SIZE records whose root is ROOT. */
cli_proven_t cli_history_begins(cli_t *cli, const char *department, kt_reply_t *reply,
                                const cli_history_t *history, uint64_t size, const kt_hash_t *root);

#endif
