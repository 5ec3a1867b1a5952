/* metrics_address.h: where metrics are served: numeric. */
#ifndef KT_METRICS_ADDRESS_H
#define KT_METRICS_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

typedef union kt_metrics_address {
    struct sockaddr any;
    struct sockaddr_in v4; /* its port lies where v6's does */
    struct sockaddr_in6 v6;
} kt_metrics_address_t;

/* Reads "127.0.0.1:9464" or "[::1]:9464"; false for anything else. */
bool kt_metrics_address_parse(const char *text, kt_metrics_address_t *address);

#endif
