/* mortal.so: loaded before the system's library, it ends the process at the KANTOR_DIES_AT-th call
 * that changes or flushes something on disk, without that call: as kill -9 does it at the worst
 * moment. */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define SEEN_BY_ALL __attribute__((visibility("default")))
#define DEAD        137

static atomic_uint calls;

static void
live_or_die(void)
{
    const char *last = getenv("KANTOR_DIES_AT");

    if (last && atomic_fetch_add(&calls, 1) + 1 >= (unsigned)atoi(last))
        _exit(DEAD);
}

/* The call NAME of the same shape, as the system has it. */
#define MORTAL(type, name, parameters, ...)                                                        \
    SEEN_BY_ALL type name parameters;                                                              \
    SEEN_BY_ALL type name parameters                                                               \
    {                                                                                              \
        type(*real) parameters;                                                                    \
        live_or_die();                                                                             \
        *(void **)&real = dlsym(RTLD_NEXT, #name);                                                 \
        return real(__VA_ARGS__);                                                                  \
    }

MORTAL(int, rename, (const char *from, const char *to), from, to)
MORTAL(int, unlink, (const char *path), path)
MORTAL(int, mkdir, (const char *path, mode_t mode), path, mode)
MORTAL(int, rmdir, (const char *path), path)
MORTAL(int, fsync, (int fd), fd)
MORTAL(int, fdatasync, (int fd), fd)
MORTAL(int, ftruncate, (int fd, off_t size), fd, size)
MORTAL(int, ftruncate64, (int fd, off_t size), fd, size)
MORTAL(ssize_t, pwrite, (int fd, const void *bytes, size_t size, off_t at), fd, bytes, size, at)
MORTAL(ssize_t, pwrite64, (int fd, const void *bytes, size_t size, off_t at), fd, bytes, size, at)
