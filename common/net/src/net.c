#include "zmq_net.h"

#include <errno.h>
#include <kt/prng.h>
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

/* A wait takes one poll item, a dealer with its monitor two. */
static int
poll_items(const kt_wait_t *waits, unsigned count, zmq_pollitem_t *items)
{
    int used = 0;
    for (unsigned i = 0; i < count; i++) {
        const kt_wait_t *wait = &waits[i];
        if (!wait->socket) {
            items[used++] = (zmq_pollitem_t){.fd = wait->fd, .events = ZMQ_POLLIN};
            continue;
        }
        bool sends = wait->for_send || (!wait->socket->router && wait->socket->waiting);
        short events = (short)(ZMQ_POLLIN | (sends ? ZMQ_POLLOUT : 0));
        items[used++] = (zmq_pollitem_t){.socket = wait->socket->zmq, .events = events};
        if (wait->socket->monitor)
            items[used++] = (zmq_pollitem_t){.socket = wait->socket->monitor, .events = ZMQ_POLLIN};
    }
    return used;
}

kt_status_t
kt_net_wait(kt_wait_t *waits, unsigned count, int64_t timeout_ms)
{
    KT_ASSERT(count <= KT_WAITS_MAX);
    zmq_pollitem_t items[2 * KT_WAITS_MAX];
    int used = poll_items(waits, count, items);
    for (unsigned i = 0; i < count; i++)
        waits[i].ready = false;
    int rc = zmq_poll(items, used, (long)timeout_ms);
    if (rc < 0)
        return zmq_errno() == EINTR ? kt_ok()
                                    : kt_error(KT_UNAVAILABLE, 0, "the net is shutting down");
    for (unsigned i = 0, at = 0; i < count; i++) {
        waits[i].ready = items[at++].revents != 0;
        if (waits[i].socket && waits[i].socket->monitor)
            waits[i].ready |= items[at++].revents != 0;
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
