/* metrics_server.c: GET /metrics over libmicrohttpd. */
#include <kt/metrics.h>

#include "metrics_address.h"
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_SECONDS_MAX     10
#define CONNECTION_BYTES_MAX 16384

struct kt_metrics_server {
    struct MHD_Daemon *daemon;
    kt_metrics_t *metrics;
};

static enum MHD_Result
reply(struct MHD_Connection *connection, unsigned code, const char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result
handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
       const char *version KT_UNUSED, const char *data KT_UNUSED, size_t *data_size,
       void **state KT_UNUSED)
{
    const kt_metrics_server_t *server = context;
    if (*data_size > 0) /* a body nobody asked for */
        return MHD_NO;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return reply(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
    if (strcmp(url, "/metrics") != 0)
        return reply(connection, MHD_HTTP_NOT_FOUND, "see /metrics\n");
    size_t size = 0;
    char *text = kt_metrics_text(server->metrics, &size);
    if (text == NULL)
        return reply(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
    struct MHD_Response *response = MHD_create_response_from_buffer(size, text,
                                                                    MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(text);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                            "text/plain; version=0.0.4; charset=utf-8");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

bool
kt_metrics_address_parse(const char *text, kt_metrics_address_t *address)
{
    char host[64];
    unsigned port = 0;
    char rest = 0;
    memset(address, 0, sizeof *address);
    if (sscanf(text, "[%63[0-9a-fA-F:]]:%u%c", host, &port, &rest) == 2 && port <= 65535) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons((uint16_t)port);
        return inet_pton(AF_INET6, host, &address->v6.sin6_addr) == 1;
    }
    if (sscanf(text, "%63[0-9.]:%u%c", host, &port, &rest) == 2 && port <= 65535) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons((uint16_t)port);
        return inet_pton(AF_INET, host, &address->v4.sin_addr) == 1;
    }
    return false;
}

kt_status_t
kt_metrics_serve(kt_metrics_t *metrics, const char *address, kt_metrics_server_t **server)
{
    kt_metrics_address_t where;
    if (!kt_metrics_address_parse(address, &where))
        return kt_error(
            KT_INVALID_ARGUMENT, 0,
            "the metrics address is not a numeric address with a port, like 127.0.0.1:9464");
    kt_metrics_server_t *made = calloc(1, sizeof *made);
    if (made == NULL)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the metrics server");
    made->metrics = metrics;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
    if (where.any.sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    made->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, made, MHD_OPTION_SOCK_ADDR, &where.any,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)KT_METRICS_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES_MAX, MHD_OPTION_END);
    if (made->daemon == NULL) {
        free(made);
        return kt_error(KT_UNAVAILABLE, 0, "cannot serve metrics: is the port taken?");
    }
    *server = made;
    return kt_ok();
}

uint16_t
kt_metrics_server_port(const kt_metrics_server_t *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon,
                                                           MHD_DAEMON_INFO_BIND_PORT);
    return info != NULL ? info->port : 0;
}

void
kt_metrics_server_destroy(kt_metrics_server_t **server)
{
    kt_metrics_server_t *self = *server;
    *server = NULL;
    if (self == NULL)
        return;
    MHD_stop_daemon(self->daemon);
    free(self);
}
