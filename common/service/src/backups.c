#include "backups.h"

#include <dirent.h>
#include <fcntl.h>
#include <kt/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTIAL ".partial" /* kt_kv_backup's */
#define GONE    ".gone-"   /* so that nobody takes one that is removed in part for a backup */

static bool
is_partial(const char *name)
{
    size_t size = strlen(name);

    return size > strlen(PARTIAL) && strcmp(name + size - strlen(PARTIAL), PARTIAL) == 0;
}

int64_t
kt_backups_last_s(const char *path)
{
    DIR *folder = opendir(path);
    int64_t last_s = 0;

    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        struct stat found;
        if (entry->d_name[0] != '.' && !is_partial(entry->d_name) &&
            fstatat(dirfd(folder), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISDIR(found.st_mode))
            last_s = KT_MAX(last_s, (int64_t)found.st_mtime);
    }
    if (folder)
        (void)closedir(folder);
    return last_s;
}

/* Where "-2026-11-23T16-04-05Z" ends in NAME; NULL when it is not named by time. */
static const char *
after_time(const char *name, const char *service)
{
    static const char shape[] = "-dddd-dd-ddTdd-dd-ddZ";
    size_t size = strlen(service);

    if (strncmp(name, service, size) != 0)
        return NULL;
    name += size;
    for (const char *s = shape; *s != '\0'; s++, name++)
        if (*s == 'd' ? *name < '0' || *name > '9' : *name != *s)
            return NULL;
    return name;
}

/* A backup's folder, which has files alone. */
static bool
remove_one(int folder, const char *name)
{
    char gone[NAME_MAX + sizeof(GONE)];
    int fd;
    DIR *files;

    snprintf(gone, sizeof gone, "%s%s", name[0] == '.' ? "" : GONE, name);
    if (name[0] != '.' && renameat(folder, name, folder, gone) != 0)
        return false;
    fd = openat(folder, gone, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    files = fd >= 0 ? fdopendir(fd) : NULL;
    if (!files) {
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    for (struct dirent *entry; (entry = readdir(files)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)unlinkat(fd, entry->d_name, 0);
    (void)closedir(files);
    return unlinkat(folder, gone, AT_REMOVEDIR) == 0;
}

unsigned
kt_backups_prune(const char *path, const char *service, unsigned keep)
{
    struct dirent **names = NULL;
    int count = scandir(path, &names, NULL, alphasort), folder;
    unsigned whole = 0, removed = 0;

    KT_ASSERT(keep > 0);
    folder = count > 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    for (int i = count - 1; i >= 0; i--) { /* the youngest first: times sort as texts */
        const char *name = names[i]->d_name;
        bool gone = strncmp(name, GONE, strlen(GONE)) == 0;
        const char *end = after_time(gone ? name + strlen(GONE) : name, service);
        bool is_whole = end && *end == '\0' && !gone;
        bool is_dead = end && (gone || strcmp(end, PARTIAL) == 0);

        whole += is_whole;
        if (folder >= 0 && (is_dead || (is_whole && whole > keep)) && remove_one(folder, name)) {
            removed++;
            kt_log(KT_LOG_INFO, "backup-removed", "name=%s", name);
        }
        free(names[i]);
    }
    free(names);
    if (folder >= 0)
        (void)close(folder);
    return removed;
}
