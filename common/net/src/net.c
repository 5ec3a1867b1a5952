#include "zmq_net.h"

#include <errno.h>
#include <kt/prng.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#define SOCKETS_MAX 16384

_Static_assert(sizeof(pthread_t) == sizeof(uintptr_t), "kt_net keeps a pthread_t");

kt_status_t
kt_net_new(unsigned io_threads, kt_net_t **net)
{
    kt_net_t *made = calloc(1, sizeof *made);
    if (!made || !(made->context = zmq_ctx_new())) {
        free(made);
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory or descriptors for a ZeroMQ context");
    }
    atomic_init(&made->monitors, 0);
    if (zmq_ctx_set(made->context, ZMQ_IO_THREADS, (int)io_threads) != 0 ||
        zmq_ctx_set(made->context, ZMQ_MAX_SOCKETS, SOCKETS_MAX) != 0) {
        kt_net_destroy(&made);
        return kt_error(KT_INVALID_ARGUMENT, 0, "not a number of I/O threads");
    }
    *net = made;
    return kt_ok();
}

void
kt_net_destroy(kt_net_t **net)
{
    kt_net_t *gone = KT_TAKE(*net);
    if (!gone)
        return;
    (void)zmq_ctx_shutdown(gone->context);
    if (gone->zap_socket)
        pthread_join((pthread_t)gone->zap_thread, NULL);
    while (zmq_ctx_term(gone->context) != 0 && zmq_errno() == EINTR)
        ;
    free(gone);
}

/* One descriptor a connection: take as many as the system gives. Failing is not an error, only a
 * lower ceiling. */
static void
raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/*
 * A router numbers its peers from a start that libzmq takes from rand(), which nobody seeds: the
 * numbers of every broker in the world would be known. A peer that claims the number of the next
 * one as its own routing id ends the process by an assertion of libzmq's, so they must not be
 * known.
 */
static void
seed_routing_ids(void)
{
    kt_prng_t prng;
    kt_prng_seed_system(&prng);
    srand((unsigned)kt_prng_next(&prng));
}

kt_status_t
kt_net_authenticate(kt_net_t *net, kt_net_allow_t allow, void *context)
{
    KT_ASSERT(!net->zap_socket);
    raise_file_limit();
    seed_routing_ids();
    net->allow = allow;
    net->allow_context = context;
    void *socket = zmq_socket(net->context, ZMQ_REP);
    if (!socket)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no ZeroMQ socket for the ZAP thread");
    int zero = 0;
    (void)zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
    if (zmq_bind(socket, "inproc://zeromq.zap.01") != 0) {
        (void)zmq_close(socket);
        return kt_error(KT_INTERNAL, 0, "the ZAP endpoint is taken");
    }
    net->zap_socket = socket;
    pthread_t thread;
    if (pthread_create(&thread, NULL, kt_zap_run, net) != 0) {
        net->zap_socket = NULL;
        (void)zmq_close(socket);
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no thread for ZAP");
    }
    net->zap_thread = (uintptr_t)thread;
    return kt_ok();
}

/* What a socket has to say before anybody waits for its bell. */
bool
kt_net_ready(const kt_wait_t *wait)
{
    kt_socket_t *socket = wait->socket;
    bool sends = wait->for_send || (!socket->router && socket->waiting);
    if (socket->monitor_due)
        return true;
    if (socket->quiet && !sends)
        return false;
    return (kt_socket_events(socket) & (ZMQ_POLLIN | (sends ? ZMQ_POLLOUT : 0))) != 0;
}

/* Where else than at the socket itself something may happen: at a dealer's monitor, and before
 * there is a connection to be watched, at the lookup of its endpoint's name. */
static int
second_fd(const kt_socket_t *socket)
{
    if (!socket || !socket->monitor)
        return -1;
    return socket->lookup ? kt_lookup_fd(socket->lookup) : socket->monitor_fd;
}

/* Fills POLLS, two places for each wait. True when some wait is ready without waiting. */
static bool
prepare_polls(kt_wait_t *waits, unsigned count, struct pollfd *polls)
{
    bool any = false;
    for (unsigned i = 0; i < count; i++) {
        kt_wait_t *wait = &waits[i];
        const kt_socket_t *socket = wait->socket;
        wait->ready = socket && kt_net_ready(wait);
        any |= wait->ready;
        polls[2 * i] = (struct pollfd){.fd = socket ? socket->fd : wait->fd, .events = POLLIN};
        polls[2 * i + 1] = (struct pollfd){.fd = second_fd(socket), .events = POLLIN};
    }
    return any;
}

/* zmq_poll asks every socket before and after it waits, which costs two system calls each; here
 * only those are asked of which it is not known that nothing is left, and of what rang the caller
 * hears that it may have something. */
kt_status_t
kt_net_wait(kt_wait_t *waits, unsigned count, int64_t timeout_ms)
{
    return kt_net_wait_unlocked(waits, count, timeout_ms, NULL);
}

kt_status_t
kt_net_wait_unlocked(kt_wait_t *waits, unsigned count, int64_t timeout_ms, pthread_mutex_t *lock)
{
    KT_ASSERT(count <= KT_WAITS_MAX);
    struct pollfd polls[2 * KT_WAITS_MAX];
    int wait_ms = (int)KT_MIN(timeout_ms, (int64_t)INT_MAX);
    if (prepare_polls(waits, count, polls))
        wait_ms = 0;
    if (lock)
        pthread_mutex_unlock(lock);
    int rc = poll(polls, 2 * (nfds_t)count, wait_ms);
    if (lock)
        pthread_mutex_lock(lock);
    if (rc < 0)
        return errno == EINTR ? kt_ok() : kt_error(KT_UNAVAILABLE, 0, "nothing can be waited for");
    for (unsigned i = 0; rc > 0 && i < count; i++) {
        kt_socket_t *socket = waits[i].socket;
        bool rang = polls[2 * i].revents != 0, monitor_rang = polls[2 * i + 1].revents != 0;
        waits[i].ready |= rang || monitor_rang;
        if (socket) {
            socket->quiet &= !rang;
            socket->monitor_due |= monitor_rang;
            if (socket->lookup && monitor_rang)
                kt_socket_follow_lookup(socket);
        }
    }
    return kt_ok();
}

kt_status_t
kt_bell_init(kt_bell_t *bell)
{
    bell->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return bell->fd >= 0 ? kt_ok() : kt_error(KT_RESOURCE_EXHAUSTED, 0, "no eventfd for a bell");
}

void
kt_bell_fini(kt_bell_t *bell)
{
    if (bell->fd >= 0)
        (void)close(bell->fd);
    bell->fd = -1;
}

void
kt_bell_ring(kt_bell_t *bell)
{
    int saved = errno; /* may run in a signal handler */
    uint64_t one = 1;
    ssize_t written = write(bell->fd, &one, sizeof one);
    (void)written; /* EAGAIN: it rings already */
    errno = saved;
}

void
kt_bell_hear(kt_bell_t *bell)
{
    uint64_t rings;
    ssize_t got = read(bell->fd, &rings, sizeof rings);
    (void)got; /* EAGAIN: it was silent */
}
