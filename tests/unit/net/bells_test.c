/* The eventfds of Kantor's programs: what is said of them is what the kernel says, and libzmq is
 * answered by it. */
#include "defined.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define WRITERS     2
#define WRITES_EACH 20000

static int
said(int fd, short events)
{
    struct pollfd one = {.fd = fd, .events = events};
    int count = poll(&one, 1, 0);

    assert_int_equal(count, one.revents != 0);
    return one.revents;
}

/* Not by way of poll. */
static int
kernel_said(int fd, short events)
{
    static const struct timespec none;
    struct pollfd one = {.fd = fd, .events = events};

    assert_true(ppoll(&one, 1, &none, NULL) >= 0);
    return one.revents;
}

static void
ring(int fd, uint64_t times)
{
    assert_int_equal(write(fd, &times, sizeof(times)), sizeof(times));
}

static uint64_t
hear(int fd)
{
    uint64_t times = 0;

    assert_int_equal(read(fd, &times, sizeof(times)), sizeof(times));
    return times;
}

static void
one_is_rung_until_it_was_heard(void **state)
{
    (void)state;
    uint64_t times;
    int fd = eventfd(0, EFD_NONBLOCK);

    assert_int_equal(said(fd, POLLIN), 0);
    ring(fd, 1);
    assert_int_equal(said(fd, POLLIN), POLLIN);
    ring(fd, 2);
    assert_int_equal(hear(fd), 3);
    assert_int_equal(said(fd, POLLIN), 0);
    assert_int_equal(read(fd, &times, sizeof(times)), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(said(fd, POLLIN), 0);
    assert_int_equal(close(fd), 0);

    fd = eventfd(7, EFD_NONBLOCK);
    assert_int_equal(said(fd, POLLIN), POLLIN);
    assert_int_equal(hear(fd), 7);
    assert_int_equal(said(fd, POLLIN), 0);
    assert_int_equal(close(fd), 0);
}

/* A write that the kernel refuses was none. */
static void
refused_writes_do_not_count(void **state)
{
    (void)state;
    uint64_t most = UINT64_MAX - 1, none = UINT64_MAX, one = 1;
    int fd = eventfd(0, EFD_NONBLOCK);

    assert_int_equal(write(fd, &none, sizeof(none)), -1);
    assert_int_equal(write(fd, &one, 4), -1);
    assert_int_equal(said(fd, POLLIN), 0);
    ring(fd, most - 1);
    assert_int_equal(write(fd, &most, sizeof(most)), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(said(fd, POLLIN), POLLIN);
    assert_true(hear(fd) == most - 1);
    assert_int_equal(said(fd, POLLIN), 0);
    assert_int_equal(close(fd), 0);
}

static void
everything_else_is_the_kernels(void **state)
{
    (void)state;
    int ends[2], fd = eventfd(0, EFD_NONBLOCK), counted = eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE);
    uint64_t times;
    struct pollfd two[2] = {{.fd = fd, .events = POLLIN}, {.fd = counted, .events = POLLIN}};

    assert_int_equal(said(fd, POLLOUT), POLLOUT);
    assert_int_equal(said(fd, POLLIN | POLLOUT), POLLOUT);
    assert_int_equal(poll(two, 2, 0), 1);
    assert_int_equal(hear(counted), 1);
    assert_int_equal(said(counted, POLLIN), POLLIN);
    assert_int_equal(hear(counted), 1);
    assert_int_equal(said(counted, POLLIN), 0);
    assert_int_equal(close(counted), 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(said(fd, POLLIN), POLLNVAL);

    /* What has the number of an eventfd that is gone. */
    assert_int_equal(pipe(ends), 0);
    assert_true(ends[0] == fd || ends[1] == fd || ends[0] == counted);
    assert_int_equal(said(ends[0], POLLIN), 0);
    ring(ends[1], 5);
    assert_int_equal(said(ends[0], POLLIN), POLLIN);
    assert_int_equal(read(ends[0], &times, sizeof(times)), sizeof(times));
    assert_int_equal(said(ends[0], POLLIN), 0);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(said(ends[0], POLLIN), POLLHUP);
    assert_int_equal(close(ends[0]), 0);
}

static void *
ring_often(void *context)
{
    const int *fd = (const int *)context;

    for (unsigned i = 0; i < WRITES_EACH; i++)
        ring(*fd, 1 + i % 3);
    return NULL;
}

/* Whatever crosses whatever: where the kernel has something, poll says so. */
static void
nothing_that_was_rung_is_missed(void **state)
{
    (void)state;
    pthread_t writers[WRITERS];
    uint64_t wanted = 0, heard = 0;
    int fd = eventfd(0, EFD_NONBLOCK);

    for (unsigned i = 0; i < WRITES_EACH; i++)
        wanted += WRITERS * (1 + i % 3);
    for (unsigned i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, ring_often, &fd), 0);
    while (heard < wanted) {
        uint64_t times = 0;
        bool there = kernel_said(fd, POLLIN) != 0;
        bool found = said(fd, POLLIN) != 0;

        assert_true(found || !there);
        if (found && read(fd, &times, sizeof(times)) < 0)
            assert_int_equal(errno, EAGAIN);
        heard += times;
    }
    for (unsigned i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_join(writers[i], NULL), 0);
    assert_true(heard == wanted);
    assert_int_equal(said(fd, POLLIN), 0);
    assert_int_equal(close(fd), 0);
}

/* Where libzmq, which is loaded, finds them. */
static void
libraries_find_them(void **state)
{
    (void)state;
    static const char *const names[] = {"eventfd", "read", "write", "poll", "close"};

    for (size_t i = 0; i < KT_COUNT(names); i++)
        assert_defined_here(names[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_is_rung_until_it_was_heard),
        cmocka_unit_test(refused_writes_do_not_count),
        cmocka_unit_test(everything_else_is_the_kernels),
        cmocka_unit_test(nothing_that_was_rung_is_missed),
        cmocka_unit_test(libraries_find_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
