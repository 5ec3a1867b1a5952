/* witness.h: kantor verify --witness. */
#ifndef CLI_WITNESS_H
#define CLI_WITNESS_H

#include "cli.h"

/* Holds each department (or the one that is the operand) to what the others keep of its journal.
 * Returns the exit code. */
int cli_verify_witnesses(cli_t *cli);

#endif
