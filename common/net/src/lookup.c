/*
 * Names of hosts, each looked up by a thread of its own. libzmq would ask in its I/O thread, anew
 * for each try: while a name server does not answer, and of a container that is being replaced it
 * does not for tens of seconds, no other connection of the process would move.
 */
#include "zmq_net.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define STACK_BYTES (1u << 20)

struct kt_lookup {
    atomic_uint holders; /* the socket, and the thread: whoever comes last frees it */
    atomic_bool done;
    kt_bell_t bell;
    char host[KT_ENDPOINT_CHARS];
    char address[INET_ADDRSTRLEN]; /* empty: nobody knows it */
};

static atomic_uint running;

bool
kt_lookup_wanted(const char *endpoint, kt_span_t *host, const char **port)
{
    static const char scheme[] = "tcp://";
    char text[KT_ENDPOINT_CHARS];
    struct in_addr address;
    const char *from = endpoint + sizeof scheme - 1, *colon;

    if (strncmp(endpoint, scheme, sizeof scheme - 1) != 0 || !(colon = strrchr(from, ':')))
        return false;
    *host = kt_span(from, (size_t)(colon - from));
    *port = colon + 1;
    if (host->size == 0 || host->size >= sizeof text || strpbrk(endpoint, ";[*") ||
        strspn(*port, "0123456789") != strlen(*port) || strtoul(*port, NULL, 10) - 1 >= UINT16_MAX)
        return false; /* libzmq knows what it is, or refuses it */
    memcpy(text, host->data, host->size);
    text[host->size] = '\0';
    return inet_pton(AF_INET, text, &address) != 1;
}

void
kt_lookup_release(kt_lookup_t **lookup)
{
    kt_lookup_t *l = KT_TAKE(*lookup);
    if (!l || atomic_fetch_sub(&l->holders, 1) > 1)
        return;
    kt_bell_fini(&l->bell);
    free(l);
}

static void *
look_up(void *context)
{
    kt_lookup_t *lookup = context;
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;

    if (getaddrinfo(lookup->host, NULL, &hints, &found) == 0) {
        const struct sockaddr_in *first = (const struct sockaddr_in *)(const void *)found->ai_addr;
        (void)inet_ntop(AF_INET, &first->sin_addr, lookup->address, sizeof lookup->address);
        freeaddrinfo(found);
    }
    atomic_fetch_sub(&running, 1);
    atomic_store(&lookup->done, true);
    kt_bell_ring(&lookup->bell);
    kt_lookup_release(&lookup);
    return NULL;
}

/* Nobody joins it: a process that ends does not wait for a name server. */
static bool
start_thread(kt_lookup_t *lookup)
{
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    bool started = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                   pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0 &&
                   pthread_create(&thread, &attributes, look_up, lookup) == 0;
    (void)pthread_attr_destroy(&attributes);
    return started;
}

kt_status_t
kt_lookup_begin(kt_span_t host, kt_lookup_t **lookup)
{
    kt_status_t refused = kt_error(KT_RESOURCE_EXHAUSTED, 0,
                                   "no memory or threads to look a broker's name up, or as many "
                                   "names as may be are being looked up");
    kt_lookup_t *made = calloc(1, sizeof *made);
    if (!made || host.size >= sizeof made->host || kt_failed(kt_bell_init(&made->bell))) {
        free(made);
        return refused;
    }
    memcpy(made->host, host.data, host.size);
    atomic_init(&made->holders, 2);
    atomic_init(&made->done, false);
    if (atomic_fetch_add(&running, 1) < KT_LOOKUPS_MAX && start_thread(made)) {
        *lookup = made;
        return kt_ok();
    }
    atomic_fetch_sub(&running, 1);
    kt_bell_fini(&made->bell);
    free(made);
    return refused;
}

int
kt_lookup_fd(const kt_lookup_t *lookup)
{
    return lookup->bell.fd;
}

bool
kt_lookup_done(const kt_lookup_t *lookup, const char **address)
{
    if (!atomic_load(&lookup->done))
        return false;
    *address = lookup->address[0] != '\0' ? lookup->address : NULL;
    return true;
}
