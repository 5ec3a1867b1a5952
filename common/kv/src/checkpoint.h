/*
 * checkpoint.h: the state of the engine that the log goes on from, so that the engine's own commits
 * need no flush.
 *
 * LMDB keeps two meta pages and writes them in turn; without a flush either may reach the disk
 * before the pages it leads to. So what leads to the pages of a state that is durable as a whole is
 * kept here: copies of both meta pages. Opening puts them back, whatever stands there, and replays
 * the log from the checkpoint's place. That the state's pages are still what they were is seen to
 * by a read transaction that is held open until the next checkpoint.
 *
 * The file `checkpoint` has two slots, written in turn, each with a CRC32C: a torn write leaves the
 * other. A store that was closed in order has a clean checkpoint: LMDB's files then stand by
 * themselves, and nothing is put back.
 */
#ifndef KT_KV_CHECKPOINT_H
#define KT_KV_CHECKPOINT_H

#include "log.h"

#define KT_META_PAGES_BYTES ((size_t)8192) /* two pages of 4,096 bytes, LMDB's page here */

typedef struct kt_checkpoint {
    uint64_t sequence; /* the larger of the two slots' counts */
    bool clean;
    kt_log_place_t place;  /* of the first record that the state does not have */
    uint32_t tables_count; /* what the numbers of tables in the log mean */
    uint32_t tables_crc;
    uint8_t metas[KT_META_PAGES_BYTES];
} kt_checkpoint_t;

/* The newest checkpoint in FOLDER; *FOUND is false when there is no file, or one that was never
 * finished. DATA_LOSS when it is damaged. */
kt_status_t kt_checkpoint_load(const char *folder, kt_checkpoint_t *checkpoint, bool *found);

/* Makes the file where there is none, and opens it for kt_checkpoint_store. The caller closes *FD.
 */
kt_status_t kt_checkpoint_open(const char *folder, int *fd);
/* Writes CHECKPOINT durably under the next sequence, which it then has. Blocking. */
kt_status_t kt_checkpoint_store(int fd, kt_checkpoint_t *checkpoint);

/* Reads the meta pages of the data file FD, and puts them back, durably. */
kt_status_t kt_metas_read(int fd, uint8_t metas[KT_META_PAGES_BYTES]);
kt_status_t kt_metas_restore(const char *folder, const uint8_t metas[KT_META_PAGES_BYTES]);

void kt_checkpoint_remove(const char *folder);

#endif
