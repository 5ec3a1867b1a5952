#include "log.h"
#include "crc.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC      UINT32_C(0x524c544b) /* "KTLR" */
#define FILL_BYTES ((size_t)1 << 20)

const char *const kt_log_names[KT_LOG_SEGMENTS] = {"log.0", "log.1", "log.2", "log.3"};

typedef struct head {
    uint32_t magic, crc;
    uint64_t lineage, index;
    uint32_t size, checkpoint;
} head_t;

_Static_assert(sizeof(head_t) == KT_LOG_HEAD_BYTES, "a record's head has no holes");

/* From behind the checksum itself to the end of the payload. */
static uint32_t
crc_of(const uint8_t *record, size_t size)
{
    size_t from = offsetof(head_t, lineage);

    return kt_crc_add(KT_CRC_BEGIN, record + from, KT_LOG_HEAD_BYTES - from + size);
}

size_t
kt_log_frame_bytes(size_t size)
{
    return (KT_LOG_HEAD_BYTES + size + KT_LOG_BLOCK_BYTES - 1) & ~(KT_LOG_BLOCK_BYTES - 1);
}

void
kt_log_frame(uint8_t *record, size_t size, const kt_log_label_t *label)
{
    head_t head = {
        .magic = htole32(MAGIC),
        .lineage = htole64(label->lineage),
        .index = htole64(label->index),
        .size = htole32((uint32_t)size),
        .checkpoint = htole32(label->checkpoint),
    };

    memcpy(record, &head, sizeof(head));
    head.crc = htole32(crc_of(record, size));
    memcpy(record + offsetof(head_t, crc), &head.crc, sizeof(head.crc));
    memset(record + KT_LOG_HEAD_BYTES + size, 0,
           kt_log_frame_bytes(size) - KT_LOG_HEAD_BYTES - size);
}

size_t
kt_log_payload_bytes(const uint8_t *record)
{
    head_t head;

    memcpy(&head, record, sizeof(head));
    return le32toh(head.size);
}

/* ---- files ---- */

void
kt_log_init(kt_log_t *log)
{
    *log = (kt_log_t){0};
    for (unsigned i = 0; i < KT_LOG_SEGMENTS; i++)
        log->fds[i] = -1;
}

void
kt_log_close(kt_log_t *log)
{
    for (unsigned i = 0; i < KT_LOG_SEGMENTS; i++)
        if (log->fds[i] >= 0)
            close(log->fds[i]);
    kt_log_init(log);
}

void
kt_log_remove(const char *folder)
{
    char path[PATH_MAX];

    for (unsigned i = 0; i < KT_LOG_SEGMENTS; i++)
        if (!kt_failed(kt_folder_join(folder, kt_log_names[i], path, sizeof(path))))
            (void)unlink(path);
}

/* Past the page cache where the file system can: a record is written once and not read again. */
static int
open_segment(const char *path, int flags)
{
    int fd = open(path, flags | O_RDWR | O_DSYNC | O_DIRECT | O_CLOEXEC, 0600);

    return fd < 0 && errno == EINVAL ? open(path, flags | O_RDWR | O_DSYNC | O_CLOEXEC, 0600) : fd;
}

kt_status_t
kt_log_open(kt_log_t *log, const char *folder)
{
    char path[PATH_MAX];

    for (unsigned i = 0; i < KT_LOG_SEGMENTS; i++) {
        KT_TRY(kt_folder_join(folder, kt_log_names[i], path, sizeof(path)));
        log->fds[i] = open_segment(path, 0);
        if (log->fds[i] < 0 && errno != ENOENT)
            return kt_folder_error("cannot open", path, errno);
    }
    return kt_ok();
}

/* ---- reading ---- */

typedef struct scan {
    int fd;
    uint64_t size; /* of the file */
    uint8_t *buffer;
    size_t capacity;
    int error; /* not the end of the log, but of the disk */
} scan_t;

static void
free_buffer(uint8_t **buffer)
{
    free(*buffer);
}

/* SIZE bytes at OFFSET into the scan's buffer, which grows; false past the end, too. */
static bool
fetch(scan_t *scan, uint64_t offset, size_t size)
{
    if (offset > scan->size || size > scan->size - offset)
        return false;
    if (size > scan->capacity) {
        free(scan->buffer);
        scan->buffer = (uint8_t *)aligned_alloc(KT_LOG_BLOCK_BYTES, size);
        scan->capacity = scan->buffer ? size : 0;
        scan->error = scan->buffer ? 0 : ENOMEM;
    }
    for (size_t at = 0; scan->error == 0 && at < size;) {
        ssize_t got = pread(scan->fd, scan->buffer + at, size - at, (off_t)(offset + at));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            scan->error = got < 0 ? errno : EIO;
        at += got > 0 ? (size_t)got : 0;
    }
    return scan->error == 0;
}

/* The record at OFFSET in the scan's buffer; false when there is none that is whole. */
static bool
fetch_record(scan_t *scan, uint64_t offset, kt_log_label_t *label, size_t *size)
{
    head_t head;

    if (!fetch(scan, offset, KT_LOG_BLOCK_BYTES))
        return false;
    memcpy(&head, scan->buffer, sizeof(head));
    *size = le32toh(head.size);
    *label = (kt_log_label_t){.lineage = le64toh(head.lineage),
                              .index = le64toh(head.index),
                              .checkpoint = le32toh(head.checkpoint)};
    if (le32toh(head.magic) != MAGIC || *size > scan->size)
        return false;
    if (kt_log_frame_bytes(*size) > KT_LOG_BLOCK_BYTES &&
        !fetch(scan, offset, kt_log_frame_bytes(*size)))
        return false;
    return le32toh(head.crc) == crc_of(scan->buffer, *size);
}

typedef struct reading {
    kt_log_place_t at;
    uint32_t checkpoint;
    kt_log_each_t each;
    void *context;
} reading_t;

/* Hands on what continues the reading in the segment that SCAN is of. */
static kt_status_t
read_records(scan_t *scan, reading_t *reading)
{
    kt_log_place_t *at = &reading->at;
    kt_log_label_t label;
    size_t size;

    while (fetch_record(scan, at->offset, &label, &size) && label.lineage == at->lineage &&
           label.index == at->next) {
        if (label.checkpoint > reading->checkpoint)
            return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT,
                            "the store's newest checkpoint is damaged: restore a backup");
        KT_TRY(reading->each(reading->context, at->next,
                             kt_span(scan->buffer + KT_LOG_HEAD_BYTES, size)));
        at->next++;
        at->offset += kt_log_frame_bytes(size);
    }
    return kt_ok();
}

/* A segment that begins with a later record of the same life was written over, which only a newer
 * checkpoint allows. */
static kt_status_t
check_beginning(scan_t *scan, reading_t *reading)
{
    kt_log_label_t label;
    size_t size;

    if (fetch_record(scan, 0, &label, &size) && label.lineage == reading->at.lineage &&
        label.index > reading->at.next)
        return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT,
                        "the store's log does not follow its checkpoint: restore a backup");
    return kt_ok();
}

static kt_status_t
with_segment(int fd, kt_status_t (*run)(scan_t *scan, reading_t *reading), reading_t *reading)
{
    struct stat file;
    scan_t scan = {.fd = fd};

    if (fd < 0)
        return kt_ok();
    if (fstat(fd, &file) != 0)
        return kt_folder_error("cannot read", "the log", errno);
    scan.size = (uint64_t)file.st_size;
    kt_status_t status = run(&scan, reading);
    free(scan.buffer);
    KT_TRY(status);
    return scan.error ? kt_folder_error("cannot read", "the log", scan.error) : kt_ok();
}

/* A log that an earlier build left has fewer. */
static unsigned
segments_there(const kt_log_t *log)
{
    unsigned there = 0;

    while (there < KT_LOG_SEGMENTS && log->fds[there] >= 0)
        there++;
    return there;
}

kt_status_t
kt_log_read(const kt_log_t *log, const kt_log_place_t *place, uint32_t checkpoint,
            kt_log_each_t each, void *context, uint64_t *next)
{
    reading_t reading = {.at = *place, .checkpoint = checkpoint, .each = each, .context = context};
    unsigned there = segments_there(log);

    for (unsigned i = 0; i < there; i++) {
        KT_TRY(with_segment(log->fds[reading.at.segment], read_records, &reading));
        reading.at.segment = (reading.at.segment + 1) % there;
        reading.at.offset = 0;
    }
    for (unsigned i = 0; i < KT_LOG_SEGMENTS; i++)
        KT_TRY(with_segment(log->fds[i], check_beginning, &reading));
    *next = reading.at.next;
    return kt_ok();
}

/* ---- writing ---- */

static kt_status_t
write_all(int fd, const uint8_t *bytes, size_t size, uint64_t offset)
{
    for (size_t at = 0; at < size;) {
        ssize_t put = pwrite(fd, bytes + at, size - at, (off_t)(offset + at));
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return kt_folder_error("cannot write", "the log", put < 0 ? errno : EIO);
        at += (size_t)put;
    }
    return kt_ok();
}

/* Really written: blocks that were only set aside would cost an append a change of metadata. */
static kt_status_t
fill(int fd, uint64_t bytes)
{
    uint8_t *zeros KT_CLEANUP(free_buffer) = (uint8_t *)aligned_alloc(KT_LOG_BLOCK_BYTES,
                                                                      FILL_BYTES);

    if (!zeros)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the log");
    memset(zeros, 0, FILL_BYTES);
    for (uint64_t at = 0; at < bytes; at += FILL_BYTES)
        KT_TRY(write_all(fd, zeros, (size_t)KT_MIN(FILL_BYTES, bytes - at), at));
    return kt_ok();
}

static kt_status_t
make_segment(int *fd, const char *path, uint64_t bytes)
{
    struct stat file;

    if (*fd < 0)
        *fd = open_segment(path, O_CREAT);
    if (*fd < 0 || fstat(*fd, &file) != 0)
        return kt_folder_error("cannot make", path, errno);
    if ((uint64_t)file.st_size == bytes)
        return kt_ok();
    if (ftruncate(*fd, 0) != 0)
        return kt_folder_error("cannot make", path, errno);
    return fill(*fd, bytes);
}

kt_status_t
kt_log_begin(kt_log_t *log, const char *folder, uint64_t segment_bytes, uint64_t lineage,
             uint64_t next)
{
    char path[PATH_MAX];

    KT_ASSERT(segment_bytes > 0 && segment_bytes % KT_LOG_BLOCK_BYTES == 0);
    for (unsigned i = 0; i < KT_LOG_SEGMENTS; i++) {
        KT_TRY(kt_folder_join(folder, kt_log_names[i], path, sizeof(path)));
        KT_TRY(make_segment(&log->fds[i], path, segment_bytes));
    }
    log->segment_bytes = segment_bytes;
    log->end = (kt_log_place_t){.lineage = lineage, .next = next};
    return kt_folder_sync(folder);
}

bool
kt_log_fits(const kt_log_t *log, size_t bytes)
{
    return bytes <= log->segment_bytes - log->end.offset;
}

void
kt_log_turn(kt_log_t *log)
{
    log->end.segment = kt_log_next_segment(log->end.segment);
    log->end.offset = 0;
}

uint64_t
kt_log_behind(const kt_log_t *log, const kt_log_place_t *place)
{
    uint32_t turns = (log->end.segment + KT_LOG_SEGMENTS - place->segment) % KT_LOG_SEGMENTS;

    return turns * log->segment_bytes + log->end.offset - place->offset;
}

kt_status_t
kt_log_append(kt_log_t *log, const uint8_t *records, size_t bytes, uint64_t count)
{
    kt_status_t status;

    KT_ASSERT(kt_log_fits(log, bytes));
    status = write_all(log->fds[log->end.segment], records, bytes, log->end.offset);
    if (kt_failed(status))
        return kt_error(KT_UNAVAILABLE, KT_KV_FAILED, status.text);
    log->end.offset += bytes;
    log->end.next += count;
    return kt_ok();
}
