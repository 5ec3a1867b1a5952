/*
 * log.h: the log in front of a store: what was written is durable here before the engine behind it
 * has it on disk. Append, read, truncate: the seam at which a batch could as well be made durable
 * on several machines. Knows files, not LMDB.
 *
 * Segments of equal size, filled in turn and written over in place, so that an append changes no
 * metadata of the file system and costs one flush. A segment may be written over once it lies
 * before the newest checkpoint.
 *
 * A record is made by kt_log_frame: a head of 32 bytes, the payload, zeros up to a multiple of
 * KT_LOG_BLOCK_BYTES. Whole blocks, so that durable bytes are never written again. The head, all
 * little-endian: u32 magic, u32 CRC32C from here to the payload's end, u64 lineage, u64 index, u32
 * payload bytes, u32 sequence of the newest checkpoint. Indexes count from 1 over the store's life;
 * a lineage is drawn for every life of the process, so that what an earlier life left behind a torn
 * end is never taken for its continuation.
 */
#ifndef KT_KV_LOG_H
#define KT_KV_LOG_H

#include "backend.h"

#define KT_LOG_BLOCK_BYTES ((size_t)4096)
#define KT_LOG_HEAD_BYTES  ((size_t)32)
#define KT_LOG_SEGMENTS    4u

/* The segments' files in a store's folder. */
extern const char *const kt_log_names[KT_LOG_SEGMENTS];

typedef struct kt_log_place {
    uint64_t lineage;
    uint64_t next; /* index of the record that stands, or will stand, here */
    uint32_t segment;
    uint64_t offset;
} kt_log_place_t;

/* What stands in a record's head beside its payload's size. */
typedef struct kt_log_label {
    uint64_t lineage, index;
    uint32_t checkpoint;
} kt_log_label_t;

typedef struct kt_log {
    int fds[KT_LOG_SEGMENTS];
    uint64_t segment_bytes;
    kt_log_place_t end; /* where the next record goes */
} kt_log_t;

void kt_log_init(kt_log_t *log);
void kt_log_close(kt_log_t *log);
/* Opens the segments in FOLDER as far as they are there. */
kt_status_t kt_log_open(kt_log_t *log, const char *folder);

/* Hands the records from PLACE on to EACH, in order, up to the first that is not whole, and leaves
 * the index behind them in *NEXT. The payload is borrowed for the call. DATA_LOSS when a record
 * says that there was a newer checkpoint than number CHECKPOINT, or stands where only that could
 * have let it be written: the place is not where the log goes on. */
typedef kt_status_t (*kt_log_each_t)(void *context, uint64_t index, kt_span_t payload);
kt_status_t kt_log_read(const kt_log_t *log, const kt_log_place_t *place, uint32_t checkpoint,
                        kt_log_each_t each, void *context, uint64_t *next);

/* Makes all segments SEGMENT_BYTES (a multiple of the block) large where they are not, and begins
 * LINEAGE at the first one's start; what they held is void. */
kt_status_t kt_log_begin(kt_log_t *log, const char *folder, uint64_t segment_bytes,
                         uint64_t lineage, uint64_t next);

/* Bytes that a record with a payload of SIZE bytes takes. */
size_t kt_log_frame_bytes(size_t size);
/* Writes the head before a payload of SIZE bytes at RECORD + KT_LOG_HEAD_BYTES, and the zeros
 * behind it. */
void kt_log_frame(uint8_t *record, size_t size, const kt_log_label_t *label);

/* The size of the payload behind a head that kt_log_frame has written. */
size_t kt_log_payload_bytes(const uint8_t *record);

/* Whether BYTES of records fit behind the end; if not, kt_log_turn goes on in the next segment,
 * which must be free. */
bool kt_log_fits(const kt_log_t *log, size_t bytes);
static inline uint32_t
kt_log_next_segment(uint32_t segment)
{
    return (segment + 1) % KT_LOG_SEGMENTS;
}
/* Bytes of segments from PLACE to the end. */
uint64_t kt_log_behind(const kt_log_t *log, const kt_log_place_t *place);
void kt_log_turn(kt_log_t *log);
/* Appends COUNT whole records (in memory aligned to the block) that fit. Blocking; durable when OK,
 * unknown after UNAVAILABLE with KT_KV_FAILED. */
kt_status_t kt_log_append(kt_log_t *log, const uint8_t *records, size_t bytes, uint64_t count);

/* Removes the segments from FOLDER. */
void kt_log_remove(const char *folder);

#endif
