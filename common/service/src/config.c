#include "config.h"

#include <czmq.h>
#include <errno.h>
#include <kt/gather.h>
#include <kt/setting.h>
#include <kt/time.h>
#include <kt/tracer.h>
#include <libgen.h>
#include <stdlib.h>

const char kt_config_help[] =
    "  certificate = PATH        the department's own key (a secret certificate)\n"
    "  broker                    one for each broker, up to 8\n"
    "      endpoint = ENDPOINT   its services endpoint, \"tcp://10.0.0.5:5702\"\n"
    "      clients = ENDPOINT    its clients endpoint, for departments that call others\n"
    "      certificate = PATH    its public certificate; or\n"
    "      key = \"Z85\"           its public key\n"
    "  store                     for departments that keep one\n"
    "      path = FOLDER         made when absent\n"
    "      quota = SIZE          \"10G\"; 0: none (default)\n"
    "      log = SIZE            of the log in front of the store (default 32M); 0: none\n"
    "      retention = DAYS      of idempotency records (default 7)\n"
    "      backups = FOLDER      where backups go; without it there are none\n"
    "      keep = N              of backups named by time, the youngest; 0: all (default)\n"
    "  trace                     where spans of traces go, as OTLP/JSON; without it none are kept\n"
    "      path = FILE\n"
    "      size = SIZE           at which a new file begins (default 64M)\n"
    "      keep = N              of the files before it, up to 100 (default 1)\n"
    "      ratio = SHARE         of the traces that begin here, \"0.01\" (default 0); those that\n"
    "                            callers want kept always are\n"
    "  instance = NAME           unique among the department's processes (default: by chance)\n"
    "  readers = N               threads for reads, up to 64 (default 2; 0 without a store)\n"
    "  threads = gather | free   on one processor while it is enough (default), or free\n"
    "  capacity = N              calls inside at once, up to 16384 (default 1024)\n"
    "  drain = SECONDS           for open calls to end at SIGTERM (default 10)\n"
    "  metrics = ADDRESS         numeric, for Prometheus: \"127.0.0.1:9465\"\n"
    "  log = LEVEL               debug, info (default), warning or error\n"
    "  log-format = FORMAT       logfmt (default), or json: one object a line\n";

typedef struct reading {
    kt_config_t *config;
    const char *path;
    const char *folder;
    bool failed;
} reading_t;

typedef void (*setter_t)(reading_t *r, zconfig_t *item);

typedef struct setting {
    const char *name;
    setter_t set;
} setting_t;

static void fail(reading_t *r, const char *format, ...) KT_PRINTF(2, 3);

/* The first failure is the one that is told. */
static void
fail(reading_t *r, const char *format, ...)
{
    char *trouble = r->config->trouble;
    int size;
    va_list args;

    if (r->failed)
        return;
    r->failed = true;
    size = snprintf(trouble, KT_CONFIG_TEXT_MAX, "%.200s: ", r->path);
    va_start(args, format);
    (void)vsnprintf(trouble + size, KT_CONFIG_TEXT_MAX - (size_t)size, format, args);
    va_end(args);
}

static const char *
value_of(zconfig_t *item)
{
    const char *value = zconfig_value(item);

    return value ? value : "";
}

/* ---- values ---- */

static uint64_t
number_of(reading_t *r, zconfig_t *item, uint64_t min, uint64_t max)
{
    const char *text = value_of(item);
    char *end;
    unsigned long long number;

    errno = 0;
    number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number < min ||
        number > max)
        fail(r, "%s = \"%s\": a number from %llu to %llu is wanted", zconfig_name(item), text,
             (unsigned long long)min, (unsigned long long)max);
    return number;
}

static uint64_t
size_of(reading_t *r, zconfig_t *item)
{
    uint64_t size = 0;

    if (!kt_size_parse(value_of(item), &size))
        fail(r, "%s = \"%s\": a size is wanted, such as 10G or 512M", zconfig_name(item),
             value_of(item));
    return size;
}

/* Heap; NULL after a failure. */
static char *
path_of(reading_t *r, zconfig_t *item)
{
    const char *text = value_of(item);
    char *path = NULL;

    if (text[0] == '\0')
        fail(r, "%s: a path is wanted", zconfig_name(item));
    else if (asprintf(&path, "%s%s%s", text[0] == '/' ? "" : r->folder, text[0] == '/' ? "" : "/",
                      text) < 0)
        path = NULL;
    return path;
}

static void
replace(char **old, char *new)
{
    free(*old);
    *old = new;
}

/* ---- sections ---- */

static void
set_all(reading_t *r, zconfig_t *section, const setting_t *settings, const char *where)
{
    for (zconfig_t *item = zconfig_child(section); item && !r->failed; item = zconfig_next(item)) {
        const setting_t *setting = settings;

        while (setting->name && strcmp(setting->name, zconfig_name(item)) != 0)
            setting++;
        if (setting->name)
            setting->set(r, item);
        else
            fail(r, "%s knows no setting \"%s\"; see --help", where, zconfig_name(item));
    }
}

static void
load_keys(reading_t *r, zconfig_t *item, bool secret, kt_key_pair_t *keys)
{
    char *path = path_of(r, item);
    kt_status_t status;

    if (!path)
        return;
    status = kt_keys_load(path, secret, keys);
    if (kt_failed(status))
        fail(r, "certificate = \"%s\": %s", path, status.text);
    free(path);
}

static kt_shell_broker_t *
last_broker(reading_t *r)
{
    return &r->config->shell.brokers[r->config->shell.brokers_count - 1];
}

static void
set_endpoint(reading_t *r, zconfig_t *item)
{
    replace(&last_broker(r)->endpoint, strdup(value_of(item)));
}

static void
set_clients(reading_t *r, zconfig_t *item)
{
    const char *endpoint = value_of(item);

    if (strncmp(endpoint, "tcp://", 6) != 0 && strncmp(endpoint, "ipc://", 6) != 0)
        fail(r, "broker: clients = \"%s\": tcp://ADDRESS:PORT or ipc://PATH is wanted", endpoint);
    replace(&last_broker(r)->clients, strdup(endpoint));
}

static void
set_server_certificate(reading_t *r, zconfig_t *item)
{
    kt_key_pair_t keys;

    load_keys(r, item, false, &keys);
    if (!r->failed)
        memcpy(last_broker(r)->server_key, keys.public_key, sizeof(keys.public_key));
}

static void
set_server_key(reading_t *r, zconfig_t *item)
{
    const char *key = value_of(item);

    if (strlen(key) != KT_KEY_CHARS)
        fail(r, "broker: key = \"%s\": 40 characters of Z85 are wanted", key);
    else
        memcpy(last_broker(r)->server_key, key, KT_KEY_CHARS + 1);
}

static void
set_broker(reading_t *r, zconfig_t *item)
{
    static const setting_t settings[] = {
        {"endpoint", set_endpoint},
        {"clients", set_clients},
        {"certificate", set_server_certificate},
        {"key", set_server_key},
        {NULL, NULL},
    };
    kt_shell_options_t *shell = &r->config->shell;

    if (shell->brokers_count == KT_SHELL_BROKERS_MAX) {
        fail(r, "at most %d brokers", KT_SHELL_BROKERS_MAX);
        return;
    }
    shell->brokers_count++;
    set_all(r, item, settings, "broker");
    if (!last_broker(r)->endpoint || last_broker(r)->endpoint[0] == '\0')
        fail(r, "broker: endpoint is missing");
    if (last_broker(r)->server_key[0] == '\0')
        fail(r, "broker: certificate (or key) is missing");
}

static void
set_store_path(reading_t *r, zconfig_t *item)
{
    replace(&r->config->shell.store, path_of(r, item));
}

static void
set_quota(reading_t *r, zconfig_t *item)
{
    r->config->shell.quota_bytes = size_of(r, item);
}

static void
set_store_log(reading_t *r, zconfig_t *item)
{
    uint64_t size = size_of(r, item);

    if (size > 0 && size < KT_KV_LOG_BYTES_MIN)
        fail(r, "log = \"%s\": at least 128K is wanted, or 0", value_of(item));
    r->config->shell.log_bytes = size;
}

static void
set_retention(reading_t *r, zconfig_t *item)
{
    r->config->shell.retention_us = (int64_t)number_of(r, item, 1, KT_SHELL_RETENTION_DAYS_MAX) *
                                    KT_US_PER_DAY;
}

static void
set_backups(reading_t *r, zconfig_t *item)
{
    replace(&r->config->shell.backups, path_of(r, item));
}

static void
set_keep(reading_t *r, zconfig_t *item)
{
    r->config->shell.backups_keep = (unsigned)number_of(r, item, 0, KT_SHELL_BACKUPS_KEEP_MAX);
}

static void
set_store(reading_t *r, zconfig_t *item)
{
    static const setting_t settings[] = {
        {"path", set_store_path},
        {"quota", set_quota},
        {"log", set_store_log},
        {"retention", set_retention},
        {"backups", set_backups},
        {"keep", set_keep},
        {NULL, NULL},
    };

    set_all(r, item, settings, "store");
}

static void
set_trace_path(reading_t *r, zconfig_t *item)
{
    replace(&r->config->shell.trace.path, path_of(r, item));
}

static void
set_trace_size(reading_t *r, zconfig_t *item)
{
    uint64_t size = size_of(r, item);

    if (size < KT_TRACER_BYTES_MIN)
        fail(r, "trace: size = \"%s\": at least 64K is wanted", value_of(item));
    r->config->shell.trace.bytes_max = size;
}

static void
set_trace_keep(reading_t *r, zconfig_t *item)
{
    r->config->shell.trace.keep = (unsigned)number_of(r, item, 0, KT_TRACER_KEEP_MAX);
}

static void
set_trace_ratio(reading_t *r, zconfig_t *item)
{
    if (!kt_share_parse(value_of(item), &r->config->shell.trace.per_million))
        fail(r, "trace: ratio = \"%s\": a share from 0 to 1 is wanted, such as 0.01",
             value_of(item));
}

static void
set_trace(reading_t *r, zconfig_t *item)
{
    static const setting_t settings[] = {
        {"path", set_trace_path},
        {"size", set_trace_size},
        {"keep", set_trace_keep},
        {"ratio", set_trace_ratio},
        {NULL, NULL},
    };

    set_all(r, item, settings, "trace");
    if (!r->config->shell.trace.path)
        fail(r, "trace: path is missing");
}

static void
set_certificate(reading_t *r, zconfig_t *item)
{
    load_keys(r, item, true, &r->config->shell.keys);
}

static void
set_instance(reading_t *r, zconfig_t *item)
{
    const char *name = value_of(item);
    size_t size = strlen(name);

    if (size == 0 || size > KT_INSTANCE_CHARS_MAX ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != size)
        fail(r, "instance = \"%s\": [a-z0-9-]{1,64} is wanted", name);
    else
        memcpy(r->config->shell.instance, name, size + 1);
}

static void
set_readers(reading_t *r, zconfig_t *item)
{
    r->config->shell.readers = (unsigned)number_of(r, item, 0, KT_SHELL_READERS_MAX);
}

static void
set_threads(reading_t *r, zconfig_t *item)
{
    if (!kt_gather_parse(value_of(item), &r->config->shell.gather))
        fail(r, "threads = \"%s\": gather or free is wanted", value_of(item));
}

static void
set_capacity(reading_t *r, zconfig_t *item)
{
    r->config->shell.capacity = (uint32_t)number_of(r, item, 1, KT_SHELL_CAPACITY_MAX);
}

static void
set_drain(reading_t *r, zconfig_t *item)
{
    r->config->shell.drain_ms = (uint32_t)number_of(r, item, 0, KT_SHELL_DRAIN_S_MAX) * 1000;
}

static void
set_metrics(reading_t *r, zconfig_t *item)
{
    replace(&r->config->shell.metrics, strdup(value_of(item)));
}

static void
set_log(reading_t *r, zconfig_t *item)
{
    if (!kt_log_level_parse(value_of(item), &r->config->log))
        fail(r, "log = \"%s\": debug, info, warning or error is wanted", value_of(item));
}

static void
set_log_format(reading_t *r, zconfig_t *item)
{
    if (!kt_log_format_parse(value_of(item), &r->config->log_format))
        fail(r, "log-format = \"%s\": logfmt or json is wanted", value_of(item));
}

/* ---- the file ---- */

static void
check(reading_t *r, bool has_store)
{
    const kt_shell_options_t *shell = &r->config->shell;

    if (shell->keys.secret_key[0] == '\0')
        fail(r, "certificate is missing");
    if (shell->brokers_count == 0)
        fail(r, "no broker is given");
    if (has_store && !shell->store)
        fail(r, "store: path is missing");
    if (!has_store && (shell->store || shell->backups || shell->quota_bytes > 0))
        fail(r, "this department keeps no store");
    if (has_store && shell->readers == 0)
        fail(r, "readers = 0: a department with a store needs at least 1");
}

static void
read_file(reading_t *r)
{
    static const setting_t settings[] = {
        {"certificate", set_certificate},
        {"broker", set_broker},
        {"store", set_store},
        {"trace", set_trace},
        {"instance", set_instance},
        {"readers", set_readers},
        {"threads", set_threads},
        {"capacity", set_capacity},
        {"drain", set_drain},
        {"metrics", set_metrics},
        {"log", set_log},
        {"log-format", set_log_format},
        {NULL, NULL},
    };
    zconfig_t *root;

    if (access(r->path, R_OK) != 0) {
        fail(r, "%s", strerror(errno));
        return;
    }
    root = zconfig_load(r->path);
    if (!root) {
        fail(r, "it is not ZPL (see its indentation: four blanks a level)");
        return;
    }
    set_all(r, root, settings, "the file");
    zconfig_destroy(&root);
}

kt_status_t
kt_config_load(kt_config_t *config, const char *path, bool has_store)
{
    char *copy = strdup(path);
    reading_t reading = {.config = config, .path = path};

    *config = (kt_config_t){.log = KT_LOG_INFO};
    config->shell.readers = has_store ? KT_SHELL_READERS_USUAL : 0;
    config->shell.gather = true;
    config->shell.capacity = KT_SHELL_CAPACITY_USUAL;
    config->shell.drain_ms = KT_SHELL_DRAIN_MS_USUAL;
    config->shell.trace.keep = KT_TRACER_KEEP_USUAL;
    config->shell.log_bytes = KT_KV_LOG_BYTES_USUAL;
    config->shell.retention_us = KT_SHELL_RETENTION_DAYS_USUAL * KT_US_PER_DAY;
    if (!copy)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "out of memory");
    reading.folder = dirname(copy);
    read_file(&reading);
    check(&reading, has_store);
    free(copy);
    return reading.failed ? kt_error(KT_INVALID_ARGUMENT, 0, config->trouble) : kt_ok();
}

/* ---- what only a restart changes ---- */

static bool
texts_differ(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") != 0;
}

static bool
brokers_differ(const kt_shell_options_t *a, const kt_shell_options_t *b)
{
    bool differ = a->brokers_count != b->brokers_count;

    for (unsigned i = 0; i < a->brokers_count && !differ; i++)
        differ = texts_differ(a->brokers[i].endpoint, b->brokers[i].endpoint) ||
                 texts_differ(a->brokers[i].clients, b->brokers[i].clients) ||
                 texts_differ(a->brokers[i].server_key, b->brokers[i].server_key);
    return differ;
}

void
kt_config_fixed(const kt_config_t *running, const kt_config_t *read,
                char names[KT_CONFIG_FIXED_MAX])
{
    const kt_shell_options_t *a = &running->shell, *b = &read->shell;
    const struct {
        const char *name;
        bool differs;
    } rows[] = {
        {"certificate", texts_differ(a->keys.secret_key, b->keys.secret_key)},
        {"broker", brokers_differ(a, b)},
        {"store/path", texts_differ(a->store, b->store)},
        {"store/log", a->log_bytes != b->log_bytes},
        {"store/backups", texts_differ(a->backups, b->backups)},
        {"instance", texts_differ(a->instance, b->instance)},
        {"readers", a->readers != b->readers},
        {"threads", a->gather != b->gather},
        {"capacity", a->capacity != b->capacity},
        {"metrics", texts_differ(a->metrics, b->metrics)},
        {"trace", texts_differ(a->trace.path, b->trace.path) ||
                      a->trace.bytes_max != b->trace.bytes_max || a->trace.keep != b->trace.keep ||
                      a->trace.per_million != b->trace.per_million},
    };

    names[0] = '\0';
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        if (rows[i].differs)
            kt_words_add(names, KT_CONFIG_FIXED_MAX, rows[i].name);
}

void
kt_config_fini(kt_config_t *config)
{
    for (unsigned i = 0; i < config->shell.brokers_count; i++) {
        free(config->shell.brokers[i].endpoint);
        free(config->shell.brokers[i].clients);
    }
    free(config->shell.store);
    free(config->shell.backups);
    free(config->shell.metrics);
    free(config->shell.trace.path);
    explicit_bzero(&config->shell.keys, sizeof(config->shell.keys));
}
