#include "checkpoint.h"
#include "crc.h"

#include <errno.h>
#include <fcntl.h>
#include <kt/pack.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECKPOINT_FILE "checkpoint"
#define MAGIC           UINT32_C(0x4b544350) /* "KTCP" */
#define VERSION         1
#define SLOT_BYTES      ((size_t)12288)
#define SLOTS           2u
#define HEAD_BYTES      (4 + 4 + 4 + 8 + 1 + 8 + 8 + 4 + 8 + 4 + 4)

_Static_assert(HEAD_BYTES + KT_META_PAGES_BYTES <= SLOT_BYTES, "a checkpoint fits a slot");

/* u32 magic, u32 CRC32C of all that follows, then the fields in order, big-endian, then the pages.
 */
static void
encode(const kt_checkpoint_t *c, uint8_t slot[SLOT_BYTES])
{
    memset(slot, 0, SLOT_BYTES);
    kt_writer_t w = kt_writer(slot, SLOT_BYTES);
    kt_put_u32(&w, MAGIC);
    kt_put_u32(&w, 0);
    kt_put_u32(&w, VERSION);
    kt_put_u64(&w, c->sequence);
    kt_put_u8(&w, c->clean);
    kt_put_u64(&w, c->place.lineage);
    kt_put_u64(&w, c->place.next);
    kt_put_u32(&w, c->place.segment);
    kt_put_u64(&w, c->place.offset);
    kt_put_u32(&w, c->tables_count);
    kt_put_u32(&w, c->tables_crc);
    kt_put_bytes(&w, c->metas, sizeof(c->metas));
    KT_ASSERT(!w.failed);
    w = kt_writer(slot + 4, 4);
    kt_put_u32(&w, kt_crc_add(KT_CRC_BEGIN, slot + 8, SLOT_BYTES - 8));
}

static bool
decode(uint8_t slot[SLOT_BYTES], kt_checkpoint_t *c)
{
    kt_reader_t r = kt_reader(kt_span(slot, SLOT_BYTES));
    uint32_t magic = kt_get_u32(&r), crc = kt_get_u32(&r), version = kt_get_u32(&r);

    c->sequence = kt_get_u64(&r);
    c->clean = kt_get_u8(&r) != 0;
    c->place.lineage = kt_get_u64(&r);
    c->place.next = kt_get_u64(&r);
    c->place.segment = kt_get_u32(&r);
    c->place.offset = kt_get_u64(&r);
    c->tables_count = kt_get_u32(&r);
    c->tables_crc = kt_get_u32(&r);
    kt_span_t metas = kt_get_bytes(&r, sizeof(c->metas));
    memcpy(c->metas, metas.data, sizeof(c->metas));
    return magic == MAGIC && version == VERSION && c->place.segment < KT_LOG_SEGMENTS &&
           crc == kt_crc_add(KT_CRC_BEGIN, slot + 8, SLOT_BYTES - 8);
}

static bool
is_empty(const uint8_t *slot)
{
    for (size_t i = 0; i < SLOT_BYTES; i++)
        if (slot[i] != 0)
            return false;
    return true;
}

static kt_status_t
pick(uint8_t slots[SLOTS][SLOT_BYTES], kt_checkpoint_t *checkpoint, bool *found)
{
    kt_checkpoint_t one;
    bool empty = true;

    for (unsigned i = 0; i < SLOTS; i++) {
        empty &= is_empty(slots[i]);
        if (decode(slots[i], &one) && (!*found || one.sequence > checkpoint->sequence)) {
            *checkpoint = one;
            *found = true;
        }
    }
    /* One write may be torn; two are damage. The first checkpoint of a store is alone, and until it
     * is whole LMDB's files stand by themselves: its slot is the second, the other is zeros. */
    if (*found || empty || is_empty(slots[0]))
        return kt_ok();
    return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT,
                    "both slots of the store's checkpoint are damaged: restore a backup");
}

kt_status_t
kt_checkpoint_load(const char *folder, kt_checkpoint_t *checkpoint, bool *found)
{
    char path[PATH_MAX];
    uint8_t slots[SLOTS][SLOT_BYTES];

    *found = false;
    KT_TRY(kt_folder_join(folder, CHECKPOINT_FILE, path, sizeof(path)));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? kt_ok() : kt_folder_error("cannot open", path, errno);
    ssize_t got = pread(fd, slots, sizeof(slots), 0);
    int error = errno;
    close(fd);
    if (got < 0)
        return kt_folder_error("cannot read", path, error);
    if ((size_t)got < sizeof(slots))
        return kt_ok(); /* it was being made */
    return pick(slots, checkpoint, found);
}

kt_status_t
kt_checkpoint_open(const char *folder, int *fd)
{
    char path[PATH_MAX];
    struct stat file;
    static const uint8_t zeros[SLOTS * SLOT_BYTES];

    KT_TRY(kt_folder_join(folder, CHECKPOINT_FILE, path, sizeof(path)));
    *fd = open(path, O_RDWR | O_CREAT | O_DSYNC | O_CLOEXEC, 0600);
    if (*fd < 0 || fstat(*fd, &file) != 0)
        return kt_folder_error("cannot make", path, errno);
    if ((size_t)file.st_size == sizeof(zeros))
        return kt_ok();
    if (pwrite(*fd, zeros, sizeof(zeros), 0) != (ssize_t)sizeof(zeros) || fsync(*fd) != 0)
        return kt_folder_error("cannot make", path, errno);
    return kt_folder_sync(folder);
}

kt_status_t
kt_checkpoint_store(int fd, kt_checkpoint_t *checkpoint)
{
    uint8_t slot[SLOT_BYTES];

    checkpoint->sequence++;
    encode(checkpoint, slot);
    off_t at = (off_t)(checkpoint->sequence % SLOTS * SLOT_BYTES);
    ssize_t put = pwrite(fd, slot, sizeof(slot), at);
    if (put == (ssize_t)sizeof(slot))
        return kt_ok();
    kt_status_t status = kt_folder_error("cannot write", "the checkpoint", put < 0 ? errno : EIO);
    return kt_error(KT_UNAVAILABLE, KT_KV_FAILED, status.text);
}

kt_status_t
kt_metas_read(int fd, uint8_t metas[KT_META_PAGES_BYTES])
{
    ssize_t got = pread(fd, metas, KT_META_PAGES_BYTES, 0);

    return got == (ssize_t)KT_META_PAGES_BYTES
               ? kt_ok()
               : kt_folder_error("cannot read", KT_DATA_FILE, got < 0 ? errno : EIO);
}

kt_status_t
kt_metas_restore(const char *folder, const uint8_t metas[KT_META_PAGES_BYTES])
{
    char path[PATH_MAX];

    KT_TRY(kt_folder_join(folder, KT_DATA_FILE, path, sizeof(path)));
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return kt_folder_error("cannot open", path, errno);
    bool fine = pwrite(fd, metas, KT_META_PAGES_BYTES, 0) == (ssize_t)KT_META_PAGES_BYTES &&
                fdatasync(fd) == 0;
    int error = errno;
    close(fd);
    return fine ? kt_ok() : kt_folder_error("cannot write", path, error);
}

void
kt_checkpoint_remove(const char *folder)
{
    char path[PATH_MAX];

    if (!kt_failed(kt_folder_join(folder, CHECKPOINT_FILE, path, sizeof(path))))
        (void)unlink(path);
}
