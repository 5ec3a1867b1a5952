#include "backend.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWNER_FILE "owner"

/* All that a store makes in its folder beside its log. */
static const char *const own_files[] = {KT_DATA_FILE, "lock.mdb", OWNER_FILE, "checkpoint"};

kt_status_t
kt_folder_error(const char *doing, const char *path, int error)
{
    const char *text = kt_kv_text("a file of the store cannot be used", "%s %s: %s", doing, path,
                                  strerrordesc_np(error));

    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        return kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, text);
    if (error == EIO)
        return kt_error(KT_UNAVAILABLE, KT_KV_FAILED, text);
    return kt_error(KT_FAILED_PRECONDITION, 0, text);
}

kt_status_t
kt_folder_join(const char *folder, const char *name, char *out, size_t size)
{
    int length = snprintf(out, size, "%s/%s", folder, name);

    if (length < 0 || (size_t)length >= size)
        return kt_error(KT_INVALID_ARGUMENT, 0, "the store's path is too long");
    return kt_ok();
}

kt_status_t
kt_folder_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 || fsync(fd) != 0 ? errno : 0;

    if (fd >= 0)
        close(fd);
    return error ? kt_folder_error("cannot flush", path, error) : kt_ok();
}

static bool
is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static bool
is_own_file(const char *name)
{
    return is_one_of(name, own_files, KT_COUNT(own_files)) ||
           is_one_of(name, kt_log_names, KT_LOG_SEGMENTS);
}

static void
close_directory(DIR **directory)
{
    closedir(*directory);
}

/* A folder without a store may hold nothing: somebody mistyped a path. A fresh volume's lost+found
 * is fine. */
static kt_status_t
refuse_other_things(const char *path)
{
    DIR *opened = opendir(path);
    if (!opened)
        return kt_folder_error("cannot read the folder", path, errno);
    DIR *directory KT_CLEANUP(close_directory) = opened;
    bool has_data = false, has_others = false;

    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "lost+found") == 0)
            continue;
        has_data |= strcmp(name, KT_DATA_FILE) == 0;
        has_others |= !is_own_file(name);
    }
    if (has_others && !has_data)
        return kt_error(
            KT_FAILED_PRECONDITION, KT_KV_FOREIGN,
            kt_kv_text("the folder holds other things than a store",
                       "the folder %s holds other things than a store: name an empty one", path));
    return kt_ok();
}

static kt_status_t
sync_parent(const char *path)
{
    char parent[PATH_MAX];

    KT_TRY(kt_folder_join(path, "..", parent, sizeof(parent)));
    return kt_folder_sync(parent);
}

kt_status_t
kt_folder_prepare(const char *path, bool read_only)
{
    if (!read_only && mkdir(path, 0700) == 0)
        return sync_parent(path);
    if (!read_only && errno != EEXIST)
        return kt_folder_error("cannot make the folder", path, errno);
    return refuse_other_things(path);
}

static kt_status_t
owned_by_another(const char *path, int fd)
{
    char pid[16] = "";

    if (pread(fd, pid, sizeof(pid) - 1, 0) <= 0)
        pid[0] = '\0';
    pid[strspn(pid, "0123456789")] = '\0';
    return kt_error(KT_FAILED_PRECONDITION, KT_KV_OWNED,
                    kt_kv_text("the store is in use by another process",
                               "the store %s is in use by process %s: stop it first", path,
                               pid[0] ? pid : "?"));
}

kt_status_t
kt_folder_own(const char *path, bool read_only, int *fd)
{
    char name[PATH_MAX], pid[16];
    struct flock lock = {.l_type = read_only ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET};

    KT_TRY(kt_folder_join(path, OWNER_FILE, name, sizeof(name)));
    int opened = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (opened < 0 && read_only && (errno == EROFS || errno == EACCES)) {
        *fd = -1; /* nobody can write there */
        return kt_ok();
    }
    if (opened < 0)
        return kt_folder_error("cannot open", name, errno);
    /* A lock of the open file, not of the process: a second open in this process is refused too. */
    if (fcntl(opened, F_OFD_SETLK, &lock) != 0) {
        kt_status_t status = errno == EAGAIN || errno == EACCES
                                 ? owned_by_another(path, opened)
                                 : kt_folder_error("cannot lock", name, errno);
        close(opened);
        return status;
    }
    /* The number is for the text above only; a full disk must not keep the store from opening. */
    int size = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
    if (!read_only && ftruncate(opened, 0) == 0) {
        ssize_t written = write(opened, pid, (size_t)size);
        (void)written;
    }
    *fd = opened;
    return kt_ok();
}

void
kt_folder_remove(const char *path)
{
    char name[PATH_MAX];

    for (size_t i = 0; i < KT_COUNT(own_files); i++) {
        if (!kt_failed(kt_folder_join(path, own_files[i], name, sizeof(name))))
            unlink(name);
    }
    rmdir(path);
}

kt_status_t
kt_kv_place(const char *from, const char *to)
{
    if (rename(from, to) != 0)
        return kt_folder_error("cannot name the store", to, errno);
    return sync_parent(to);
}

void
kt_kv_remove(const char *folder)
{
    kt_folder_remove(folder);
}
