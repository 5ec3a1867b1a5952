#include "tcp.h"

#include <errno.h>
#include <kt/time.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
end(tcp_probe_t *probe, tcp_outcome_t outcome, const char *text)
{
    if (probe->fd >= 0)
        close(probe->fd);
    probe->fd = -1;
    probe->outcome = outcome;
    probe->at_us = kt_clock_wall_us();
    int64_t took_us = kt_clock_mono_us() - probe->began_us;
    probe->latency_us = (uint32_t)KT_MIN(took_us, UINT32_MAX);
    snprintf(probe->text, sizeof probe->text, "%s", text);
}

/* What an errno of connect says about the other end. */
static void
end_with(tcp_probe_t *probe, int error)
{
    tcp_outcome_t outcome = TCP_UNREACHABLE;
    if (error == 0)
        outcome = TCP_REACHED;
    else if (error == ECONNREFUSED)
        outcome = TCP_REFUSED;
    else if (error == ETIMEDOUT)
        outcome = TCP_TIMED_OUT;
    end(probe, outcome, error == 0 ? "connected" : strerror(error));
}

static void
begin(tcp_probe_t *probe)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found = NULL;
    char port[8];
    probe->fd = -1;
    snprintf(port, sizeof port, "%u", (unsigned)probe->port);
    probe->began_us = kt_clock_mono_us();
    int error = getaddrinfo(probe->host, port, &hints, &found);
    if (error != 0) {
        end(probe, TCP_UNREACHABLE, gai_strerror(error));
        return;
    }
    probe->began_us = kt_clock_mono_us(); /* the time that looking the name up took is not its */
    probe->until_us = probe->began_us + (int64_t)probe->timeout_ms * KT_US_PER_MS;
    probe->fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe->fd < 0)
        end_with(probe, errno);
    else if (connect(probe->fd, found->ai_addr, found->ai_addrlen) == 0)
        end_with(probe, 0);
    else if (errno != EINPROGRESS)
        end_with(probe, errno);
    freeaddrinfo(found);
}

/* The outcome of a connection that poll says something about. */
static void
finish(tcp_probe_t *probe)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    end_with(probe, error);
}

/* Ends those whose time is over; how many are open, and when the next one's time is over. */
static unsigned
gather(tcp_probe_t *probes, unsigned count, struct pollfd *fds, tcp_probe_t **open,
       int64_t *until_us)
{
    unsigned still = 0;
    int64_t now_us = kt_clock_mono_us();
    *until_us = INT64_MAX;
    for (unsigned i = 0; i < count; i++) {
        if (probes[i].fd >= 0 && probes[i].until_us <= now_us)
            end(&probes[i], TCP_TIMED_OUT, "no answer in time");
        if (probes[i].fd < 0)
            continue;
        fds[still] = (struct pollfd){.fd = probes[i].fd, .events = POLLOUT};
        open[still++] = &probes[i];
        *until_us = KT_MIN(*until_us, probes[i].until_us);
    }
    return still;
}

void
tcp_probe(tcp_probe_t *probes, unsigned count)
{
    struct pollfd fds[TCP_PROBES_MAX];
    tcp_probe_t *open[TCP_PROBES_MAX];
    int64_t until_us;
    unsigned still;
    KT_ASSERT(count <= TCP_PROBES_MAX);
    for (unsigned i = 0; i < count; i++)
        begin(&probes[i]);
    while ((still = gather(probes, count, fds, open, &until_us)) > 0) {
        int64_t wait_us = KT_MAX(until_us - kt_clock_mono_us(), 0);
        if (poll(fds, still, (int)(wait_us / KT_US_PER_MS) + 1) <= 0)
            continue;
        for (unsigned i = 0; i < still; i++)
            if (fds[i].revents != 0)
                finish(open[i]);
    }
}
