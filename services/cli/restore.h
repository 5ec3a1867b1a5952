/* restore.h: backups that become stores. */
#ifndef CLI_RESTORE_H
#define CLI_RESTORE_H

#include "cli.h"

#include <kt/sha256.h>

typedef struct cli_restored {
    uint64_t journal_size;
    kt_hash_t journal_root;
    kt_status_t status; /* why it failed, where the store said so; its text lives on */
} cli_restored_t;

/* Copies the backup FROM as it is to the folder TO, which is not there, reopens the copy and
 * recomputes its journal: for who looks into a backup, not for a department. Blocking, with a
 * progress bar. 0, or an exit code after saying why not. */
int cli_restore_plain(cli_t *cli, const char *from, const char *to, cli_restored_t *made);

#endif
