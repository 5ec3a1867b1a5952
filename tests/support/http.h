/* http.h: one request by hand to a port on loopback. */
#ifndef KANTOR_TEST_HTTP_H
#define KANTOR_TEST_HTTP_H

#include "testing.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Sends REQUEST to the server's port and reads until it closes. */
static inline void
http_ask(uint16_t port, const char *request, char *answer, size_t size)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(port)};
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&where, sizeof where), 0);
    assert_int_equal(write(fd, request, strlen(request)), (ssize_t)strlen(request));
    size_t at = 0;
    ssize_t got;
    while (at < size - 1 && (got = read(fd, answer + at, size - 1 - at)) > 0)
        at += (size_t)got;
    answer[at] = '\0';
    close(fd);
}

#endif
