/*
 * shell.h: a department running inside a process: what kt_service_main starts, and what tests start
 * beside themselves.
 */
#ifndef KT_SHELL_H
#define KT_SHELL_H

#include <kt/net.h>
#include <kt/service.h>

#define KT_SHELL_BROKERS_MAX          8
#define KT_SHELL_READERS_MAX          64
#define KT_SHELL_READERS_USUAL        2
#define KT_SHELL_CAPACITY_MAX         16384
#define KT_SHELL_CAPACITY_USUAL       1024
#define KT_SHELL_DRAIN_MS_USUAL       10000
#define KT_SHELL_DRAIN_S_MAX          3600
#define KT_SHELL_RETENTION_DAYS_USUAL 7
#define KT_SHELL_RETENTION_DAYS_MAX   3650
#define KT_SHELL_BACKUPS_KEEP_MAX     100000
#define KT_INSTANCE_CHARS_MAX         64
/* Requests inside the process at once, in bytes; a call past it is told to come back. */
#define KT_SHELL_INSIDE_BYTES_MAX (64u << 20)

typedef struct kt_shell_broker {
    char *endpoint; /* for services */
    /* For callers, or NULL. Without one at any broker this department calls nobody: it follows no
     * events, and what waits to be sent waits. */
    char *clients;
    char server_key[KT_KEY_CHARS + 1];
} kt_shell_broker_t;

/* Where spans of traces go (kt/tracer.h). */
typedef struct kt_shell_trace {
    char *path; /* NULL: none are kept */
    uint64_t bytes_max;
    unsigned keep;
    uint32_t per_million;
} kt_shell_trace_t;

typedef struct kt_shell_options {
    kt_shell_broker_t brokers[KT_SHELL_BROKERS_MAX];
    unsigned brokers_count;
    kt_key_pair_t keys;
    char instance[KT_INSTANCE_CHARS_MAX + 1]; /* empty: the department's name and chance */
    char *store;           /* folder; NULL only for a department without tables */
    char *backups;         /* folder of backups; NULL: none are made */
    unsigned backups_keep; /* of those named by time, the youngest so many; 0: all */
    uint64_t quota_bytes;  /* 0: none */
    uint64_t log_bytes;    /* of the log in front of the store; 0: none */
    /* Threads for READ and ADMIN. 0: they run in the front thread, which is quicker for handlers
     * that take microseconds and have no store; a department with one needs at least 1. */
    unsigned readers;
    bool gather;       /* the process's threads, while one processor is enough (kt/gather.h) */
    uint32_t capacity; /* calls inside at once */
    int64_t retention_us;
    uint32_t drain_ms; /* after this long, calls that are still open are ended */
    char *metrics;     /* "127.0.0.1:9465", or NULL */
    kt_shell_trace_t trace;
    /* How the store is opened: kt_kv_open_lmdb, unless a test says otherwise. */
    kt_status_t (*open)(const kt_kv_options_t *options, kt_kv_t **store);
} kt_shell_options_t;

typedef struct kt_shell kt_shell_t;

/* Opens the store, starts the threads, and returns; registration goes on behind. OPTIONS and
 * SERVICE are borrowed for the shell's life. The texts of its statuses say what to do. The caller
 * destroys it. */
kt_status_t
kt_shell_start(const kt_shell_options_t *options, const kt_service_t *service, kt_shell_t **shell);
/* Takes quota_bytes, retention_us, backups_keep and drain_ms of OPTIONS over while the shell runs;
 * nothing is kept of it. Thread-safe. A quota below what is used refuses writes until it fits. */
void kt_shell_reload(kt_shell_t *shell, const kt_shell_options_t *options);
/* No new calls; returns at once. Thread-safe. */
void kt_shell_drain(kt_shell_t *shell);
/* Waits until the shell has drained: after kt_shell_drain, or when the store failed. False: it
 * failed. */
bool kt_shell_wait(kt_shell_t *shell);
/* Opens the file of traces anew (logrotate). Thread-safe. */
void kt_shell_reopen(kt_shell_t *shell);
/* A descriptor that becomes readable when kt_shell_wait would not wait. */
int kt_shell_fd(const kt_shell_t *shell);
/* Brokers that this instance is registered with now. Thread-safe. */
unsigned kt_shell_registered(const kt_shell_t *shell);
/* Drains, waits, closes the store. */
void kt_shell_destroy(kt_shell_t **shell);

#endif
