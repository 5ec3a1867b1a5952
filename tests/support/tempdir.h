/* tempdir.h: a folder for one test that vanishes with everything in it. */
#ifndef KANTOR_TEMPDIR_H
#define KANTOR_TEMPDIR_H

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct tempdir {
    char path[PATH_MAX - 64]; /* room for a name behind it */
} tempdir_t;

/* Makes a new folder below $TMPDIR, or /tmp. Aborts when it cannot: no test goes on from there. */
static inline void
tempdir_init(tempdir_t *dir)
{
    const char *base = getenv("TMPDIR");
    int size = snprintf(dir->path, sizeof(dir->path), "%s/kantor-test-XXXXXX",
                        base ? base : "/tmp");
    if (size >= (int)sizeof(dir->path) || !mkdtemp(dir->path)) {
        perror(dir->path);
        abort();
    }
}

static inline int
tempdir_remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline void
tempdir_fini(tempdir_t *dir)
{
    nftw(dir->path, tempdir_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Makes the folder TO a copy of FROM, in place of what was there. */
static inline void
tempdir_copy(const char *from, const char *to)
{
    char command[3 * PATH_MAX + 32];
    int size = snprintf(command, sizeof(command), "rm -rf '%s' && cp -r '%s' '%s'", to, from, to);
    if (size >= (int)sizeof(command) || system(command) != 0)
        abort();
}

/* Writes "FOLDER/NAME" to OUT. */
static inline void
tempdir_join(const tempdir_t *dir, const char *name, char out[PATH_MAX])
{
    if (snprintf(out, PATH_MAX, "%s/%s", dir->path, name) >= PATH_MAX)
        abort();
}

#endif
