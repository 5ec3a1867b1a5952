/*
 * keeper.h: the thread for work that takes minutes, one at a time: a backup of the store, or its
 * verification. A stream's steps look at how far it is; so no reader is held, and no step waits.
 */
#ifndef KT_SERVICE_KEEPER_H
#define KT_SERVICE_KEEPER_H

#include <kt/journal.h>
#include <kt/shell.h>

#define KT_KEEPER_FINDINGS_MAX                                                                     \
    1024                        /* kept until they are looked at; further ones are only counted */
#define KT_LOOK_FINDINGS_MAX 64 /* in one look */
#define KT_BACKUP_NAME_MAX   64
#define KT_BACKUP_PATH_MAX   4096

typedef struct kt_keeper kt_keeper_t;

typedef enum kt_work { KT_WORK_NONE, KT_WORK_VERIFY, KT_WORK_BACKUP } kt_work_t;

/* What there is to say since the last look. */
typedef struct kt_look {
    uint64_t done, all;
    kt_finding_t findings[KT_LOOK_FINDINGS_MAX];
    uint32_t findings_count; /* in this look */
    bool finished;           /* and no findings are left; then: */
    kt_status_t status;
    uint64_t findings_all;
    uint64_t journal_size;
    kt_hash_t journal_root;
    char path[KT_BACKUP_PATH_MAX];
} kt_look_t;

kt_status_t kt_keeper_new(kt_shell_t *shell, kt_keeper_t **keeper);
/* Work that is under way gives up. */
void kt_keeper_destroy(kt_keeper_t **keeper);

/* Begins WORK; PATH is the backup's. The ticket is for the other two. RESOURCE_EXHAUSTED while
 * other work is under way. All three are thread-safe and quick. */
kt_status_t
kt_keeper_begin(kt_keeper_t *keeper, kt_work_t work, const char *path, uint64_t *ticket);
/* False when there is nothing new. */
bool kt_keeper_look(kt_keeper_t *keeper, uint64_t ticket, kt_look_t *look);
/* Nobody looks any more: the work gives up, if it is still that ticket's. */
void kt_keeper_leave(kt_keeper_t *keeper, uint64_t ticket);

#endif
