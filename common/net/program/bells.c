/*
 * What eventfds hold, known to the program as well. libzmq has one for each of its sockets and I/O
 * threads, and asks the kernel before each look whether it was written to: two dozen times for each
 * call of Kantor's, and mostly it was not. Here a count goes with each eventfd: up before it is
 * written to, down by what was read, so it is never less than what the kernel has. A poll of one
 * eventfd that does not wait is answered by it; at worst the answer is that there is something, and
 * the read that follows finds nothing yet, which libzmq and kt/net.h expect. Everything else goes
 * to the C library. Only in Kantor's own programs: a front office's process keeps its C library's.
 */
#include <dlfcn.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define KNOWN_MAX 1024 /* descriptors from here on are the kernel's alone */
#define EXPORTED  __attribute__((visibility("default")))

/* By descriptor. 0: it is no eventfd; else one more than what was written and not yet read. */
static _Atomic uint64_t known[KNOWN_MAX];

/* The C library's own, or a sanitizer's before it. */
static struct {
    int (*eventfd)(unsigned, int);
    ssize_t (*read)(int, void *, size_t);
    ssize_t (*write)(int, const void *, size_t);
    int (*poll)(struct pollfd *, nfds_t, int);
    int (*close)(int);
} next;

__attribute__((constructor)) static void
begin(void)
{
    if (next.close)
        return;
    /* The cast that POSIX has for dlsym. */
    *(void **)&next.eventfd = dlsym(RTLD_NEXT, "eventfd");
    *(void **)&next.read = dlsym(RTLD_NEXT, "read");
    *(void **)&next.write = dlsym(RTLD_NEXT, "write");
    *(void **)&next.poll = dlsym(RTLD_NEXT, "poll");
    *(void **)&next.close = dlsym(RTLD_NEXT, "close");
}

/* Its count; NULL: not an eventfd that is known. */
static _Atomic uint64_t *
bell_of(int fd)
{
    if (fd < 0 || fd >= KNOWN_MAX || atomic_load_explicit(&known[fd], memory_order_acquire) == 0)
        return NULL;
    return &known[fd];
}

EXPORTED int
eventfd(unsigned value, int flags)
{
    int fd;

    begin(); /* libraries that begin before the program may be here first */
    fd = next.eventfd(value, flags);
    if (fd >= 0 && fd < KNOWN_MAX)
        atomic_store(&known[fd], (flags & EFD_SEMAPHORE) == 0 ? (uint64_t)value + 1 : 0);
    return fd;
}

EXPORTED ssize_t
write(int fd, const void *bytes, size_t size)
{
    _Atomic uint64_t *bell = bell_of(fd);
    uint64_t rung;
    ssize_t written;

    begin();
    if (!bell || size != sizeof(rung))
        return next.write(fd, bytes, size);
    memcpy(&rung, bytes, sizeof(rung));
    atomic_fetch_add(bell, rung);
    written = next.write(fd, bytes, size);
    if (written < 0)
        atomic_fetch_sub(bell, rung);
    return written;
}

EXPORTED ssize_t
read(int fd, void *bytes, size_t size)
{
    _Atomic uint64_t *bell = bell_of(fd);
    uint64_t heard;
    ssize_t got;

    begin();
    got = next.read(fd, bytes, size);
    if (bell && got == (ssize_t)sizeof(heard)) {
        memcpy(&heard, bytes, sizeof(heard));
        atomic_fetch_sub(bell, heard);
    }
    return got;
}

EXPORTED int
poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    _Atomic uint64_t *bell = NULL;

    begin();
    if (count == 1 && timeout_ms == 0 && fds[0].events == POLLIN)
        bell = bell_of(fds[0].fd);
    if (!bell)
        return next.poll(fds, count, timeout_ms);
    fds[0].revents = atomic_load(bell) > 1 ? POLLIN : 0;
    return fds[0].revents != 0;
}

EXPORTED int
close(int fd)
{
    begin();
    if (bell_of(fd))
        atomic_store(&known[fd], 0);
    return next.close(fd);
}
