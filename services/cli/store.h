/* store.h: backups of a running department's store. */
#ifndef CLI_STORE_H
#define CLI_STORE_H

#include "cli.h"

#include <kt/sha256.h>

#define CLI_WHY_BYTES 200

typedef struct cli_backup {
    char path[4096]; /* where it lies, as the department says */
    uint64_t bytes, epoch, journal_size;
    kt_hash_t journal_root;
    char why[CLI_WHY_BYTES]; /* of a failure that the department told; "" otherwise */
} cli_backup_t;

/* Has DEPARTMENT make a backup called NAME (NULL: named by time). Connects. Blocking, with a
 * progress bar. 0, or an exit code after saying why not. */
int cli_store_backup(cli_t *cli, const char *department, const char *name, cli_backup_t *made);

#endif
