/* metrics_ask.c: the other side of GET /metrics, for a program that asks itself how it is. */
#include <kt/metrics.h>
#include <kt/time.h>

#include "metrics_address.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";

/* Connected, with an end to every wait; -1 when nobody is there. */
static int
dial(const kt_metrics_address_t *where)
{
    struct timeval patience = {.tv_sec = KT_METRICS_ASK_SECONDS};
    socklen_t size = where->any.sa_family == AF_INET6 ? sizeof where->v6 : sizeof where->v4;
    int fd = socket(where->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
        connect(fd, &where->any, size) != 0 ||
        send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Reads lines until one is "NAME VALUE". */
static bool
find(FILE *answer, const char *name, int64_t *value)
{
    size_t name_size = strlen(name), size = 0;
    char *line = NULL;
    bool found = false;
    while (!found && getline(&line, &size, answer) > 0)
        found = strncmp(line, name, name_size) == 0 && line[name_size] == ' ' &&
                sscanf(line + name_size, "%" SCNd64, value) == 1;
    free(line);
    return found;
}

kt_status_t
kt_metrics_ask(const char *address, const char *name, int64_t *value)
{
    kt_metrics_address_t where;
    if (!kt_metrics_address_parse(address, &where) || where.v4.sin_port == 0)
        return kt_error(KT_INVALID_ARGUMENT, 0, "it has no metrics at a port that could be asked");
    int fd = dial(&where);
    FILE *answer = fd < 0 ? NULL : fdopen(fd, "r");
    if (answer == NULL) {
        if (fd >= 0)
            close(fd);
        return kt_error(KT_UNAVAILABLE, 0, "nobody answers at its metrics port");
    }
    int64_t found;
    bool good = find(answer, name, &found);
    (void)fclose(answer);
    if (!good)
        return kt_error(KT_UNAVAILABLE, 0, "what answers at its metrics port does not say");
    *value = found;
    return kt_ok();
}

kt_status_t
kt_metrics_ask_alive(const char *address, const char *name)
{
    int64_t at_s;
    KT_TRY(kt_metrics_ask(address, name, &at_s));
    if (kt_clock_wall_us() / KT_US_PER_S - at_s > KT_METRICS_ALIVE_SECONDS)
        return kt_error(KT_UNAVAILABLE, 0, "it answers, but its work stands still");
    return kt_ok();
}
