#include "config.h"

#include "reader.h"
#include <kt/gather.h>
#include <kt/setting.h>
#include <stdlib.h>

#define DRAIN_MS_USUAL 10000
#define DRAIN_MS_MAX   600000
#define GRACE_MS_MAX   600000
#define BYTES_MAX      (UINT64_C(64) << 30)

static const broker_caller_limits_t caller_limits_usual = {
    .calls_max = 4096,
    .queued_max = 4096,
    .queued_bytes_max = UINT64_C(64) << 20,
};

static const broker_number_t limit_numbers[] = {
    {"calls", offsetof(broker_limits_t, calls_max), 4, 1, BROKER_CALLS_MAX},
    {"queued", offsetof(broker_limits_t, queued_max), 4, 1, BROKER_CALLS_MAX},
    {"queued-bytes", offsetof(broker_limits_t, queued_bytes_max), 8, 1, BYTES_MAX},
    {"kept-bytes", offsetof(broker_limits_t, kept_bytes_max), 8, 0, BYTES_MAX},
    {"outbox-bytes", offsetof(broker_limits_t, outbox_bytes_max), 8, 65536, BYTES_MAX},
    {"outbox-all-bytes", offsetof(broker_limits_t, outbox_all_bytes_max), 8, 65536, BYTES_MAX},
    {"callers", offsetof(broker_limits_t, peers_max), 4, 1, 1048576},
    {"grace-ms", offsetof(broker_limits_t, grace_ms), 4, 0, GRACE_MS_MAX},
};

static const broker_number_t caller_limit_numbers[] = {
    {"calls", offsetof(broker_caller_limits_t, calls_max), 4, 1, BROKER_CALLS_MAX},
    {"queued", offsetof(broker_caller_limits_t, queued_max), 4, 1, BROKER_CALLS_MAX},
    {"queued-bytes", offsetof(broker_caller_limits_t, queued_bytes_max), 8, 1, BYTES_MAX},
};

/* ---- principals ---- */

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-"

typedef struct word_list {
    char *into; /* COUNT_MAX strings of BYTES_MAX + 1 */
    size_t bytes_max;
    unsigned count_max, *count;
    const char *allowed;
} word_list_t;

static kt_status_t
read_words(broker_reader_t *reader, broker_item_t *item, const word_list_t *list)
{
    const char *at = broker_item_value(item);
    while (*(at += strspn(at, " ,")) != '\0') {
        size_t size = strcspn(at, " ,");
        if (size > list->bytes_max || strspn(at, list->allowed) < size)
            return broker_refuse_item(
                reader, item, "a word is too long or has other letters than %s", list->allowed);
        if (*list->count == list->count_max)
            return broker_refuse_item(reader, item, "more than %u words", list->count_max);
        memcpy(list->into + *list->count * (list->bytes_max + 1), at, size);
        (*list->count)++;
        at += size;
    }
    return kt_ok();
}

static kt_status_t
add_key(broker_reader_t *reader, broker_item_t *item, broker_directory_t *directory, uint32_t grant,
        bool next)
{
    kt_key_pair_t pair;
    KT_TRY(broker_read_key(reader, item, false, &pair));
    broker_key_t *key = &directory->keys[directory->keys_count++];
    memcpy(key->text, pair.public_key, sizeof key->text);
    key->grant = grant;
    key->next = next;
    return kt_ok();
}

/* The keys of a principal: one, or while it is rotated two. */
static kt_status_t
read_keys(broker_reader_t *reader, broker_item_t *section, broker_directory_t *directory,
          uint32_t grant)
{
    unsigned keys = 0, next_keys = 0;
    for (broker_item_t *item = broker_item_first(section); item != NULL;
         item = broker_item_next(item)) {
        bool next = broker_item_is(item, "next-key");
        if (!next && !broker_item_is(item, "key"))
            continue;
        unsigned *count = next ? &next_keys : &keys;
        if (++*count > 1)
            return broker_refuse_item(reader, item,
                                      "stands twice in %s; a principal has one key, and while it "
                                      "is rotated one next-key",
                                      broker_item_name(section));
        KT_TRY(add_key(reader, item, directory, grant, next));
    }
    if (keys == 0)
        return broker_refuse_item(reader, section, "a principal needs a key%s",
                                  next_keys > 0 ? "; next-key is a second one" : "");
    return kt_ok();
}

static kt_status_t
read_principal(broker_reader_t *reader, broker_item_t *section, broker_directory_t *directory)
{
    uint32_t index = directory->grants_count++;
    broker_grant_t *grant = &directory->grants[index];
    const char *name = broker_item_name(section);
    if (strlen(name) > BROKER_NAME_BYTES_MAX || strspn(name, NAME_CHARS) != strlen(name))
        return broker_refuse_item(reader, section, "a principal's name is [a-z0-9-]{1,64}");
    strcpy(grant->name, name);
    grant->limits = caller_limits_usual;
    const word_list_t roles = {grant->roles[0], BROKER_ROLE_BYTES_MAX, BROKER_ROLES_MAX,
                               &grant->roles_count, NAME_CHARS "."};
    const word_list_t serves = {grant->serves[0], BROKER_SERVICE_BYTES_MAX, BROKER_SERVES_MAX,
                                &grant->serves_count, NAME_CHARS};
    KT_TRY(read_keys(reader, section, directory, index));
    KT_TRY(broker_check_names(reader, section));
    for (broker_item_t *item = broker_item_first(section); item != NULL;
         item = broker_item_next(item)) {
        if (broker_item_is(item, "key") || broker_item_is(item, "next-key"))
            continue;
        if (broker_item_is(item, "roles"))
            KT_TRY(read_words(reader, item, &roles));
        else if (broker_item_is(item, "serves"))
            KT_TRY(read_words(reader, item, &serves));
        else if (broker_item_is(item, "limits"))
            KT_TRY(broker_read_numbers(reader, item, caller_limit_numbers,
                                       KT_COUNT(caller_limit_numbers), &grant->limits));
        else
            return broker_refuse_item(reader, item,
                                      "a principal has key, next-key, roles, serves and limits");
    }
    return kt_ok();
}

static kt_status_t
read_principals(broker_reader_t *reader, broker_item_t *section, broker_directory_t **out)
{
    unsigned count = 0;
    for (broker_item_t *item = broker_item_first(section); item != NULL;
         item = broker_item_next(item))
        count++;
    if (count == 0 || count > BROKER_PRINCIPALS_MAX)
        return broker_refuse_item(reader, section, "not 1 to %u principals",
                                  (unsigned)BROKER_PRINCIPALS_MAX);
    broker_directory_t *directory = calloc(1, sizeof *directory);
    if (directory == NULL)
        return broker_refuse_item(reader, section, "no memory");
    *out = directory; /* the configuration's from here on, whole or not */
    directory->grants = calloc(count, sizeof directory->grants[0]);
    directory->keys = calloc(BROKER_KEYS_MAX, sizeof directory->keys[0]);
    if (directory->grants == NULL || directory->keys == NULL)
        return broker_refuse_item(reader, section, "no memory");
    KT_TRY(broker_check_names(reader, section));
    for (broker_item_t *item = broker_item_first(section); item != NULL;
         item = broker_item_next(item))
        KT_TRY(read_principal(reader, item, directory));
    const broker_key_t *twice;
    if (!broker_directory_seal(directory, &twice)) {
        const char *names[] = {directory->grants[twice[0].grant].name,
                               directory->grants[twice[1].grant].name};
        return broker_refuse_item(reader, section,
                                  "the key %s stands twice, at %s and at %s; each key is for one "
                                  "place alone",
                                  twice->text, names[0], names[1]);
    }
    return kt_ok();
}

/* ---- traces ---- */

static kt_status_t
read_trace(broker_reader_t *reader, broker_item_t *section, broker_trace_config_t *trace)
{
    static const broker_number_t keep[] = {
        {"keep", offsetof(broker_trace_config_t, keep), 4, 0, KT_TRACER_KEEP_MAX}};
    KT_TRY(broker_check_names(reader, section));
    for (broker_item_t *item = broker_item_first(section); item != NULL;
         item = broker_item_next(item)) {
        if (broker_item_is(item, "path"))
            KT_TRY(broker_read_path(reader, item, "a file", trace->path, BROKER_PATH_BYTES_MAX));
        else if (broker_item_is(item, "keep"))
            KT_TRY(broker_read_number(reader, item, keep, trace));
        else if (broker_item_is(item, "size")) {
            if (!kt_size_parse(broker_item_value(item), &trace->bytes_max) ||
                trace->bytes_max < KT_TRACER_BYTES_MIN)
                return broker_refuse_item(reader, item, "no size of 64K or more, such as 64M");
        } else if (broker_item_is(item, "ratio")) {
            if (!kt_share_parse(broker_item_value(item), &trace->per_million))
                return broker_refuse_item(reader, item, "no share from 0 to 1, such as 0.01");
        } else {
            return broker_refuse_item(reader, item, "trace has path, size, keep and ratio");
        }
    }
    return trace->path[0] != '\0' ? kt_ok()
                                  : broker_refuse_item(reader, section, "path is missing");
}

/* ---- the file ---- */

static kt_status_t
read_endpoint(broker_reader_t *reader, broker_item_t *item,
              char endpoint[BROKER_ENDPOINT_BYTES_MAX + 1])
{
    const char *value = broker_item_value(item);
    if (strncmp(value, "tcp://", 6) != 0 && strncmp(value, "ipc://", 6) != 0)
        return broker_refuse_item(reader, item, "an endpoint begins with tcp:// or ipc://");
    return broker_read_text(reader, item, endpoint, BROKER_ENDPOINT_BYTES_MAX);
}

static kt_status_t
read_item(broker_reader_t *reader, broker_item_t *item, broker_config_t *config)
{
    static const broker_number_t drain[] = {
        {"drain-ms", offsetof(broker_config_t, drain_ms), 4, 0, DRAIN_MS_MAX}};
    if (broker_item_is(item, "clients"))
        return read_endpoint(reader, item, config->clients);
    if (broker_item_is(item, "services"))
        return read_endpoint(reader, item, config->services);
    if (broker_item_is(item, "metrics"))
        return broker_read_text(reader, item, config->metrics, BROKER_ENDPOINT_BYTES_MAX);
    if (broker_item_is(item, "key"))
        return broker_read_key(reader, item, true, &config->keys);
    if (broker_item_is(item, "drain-ms"))
        return broker_read_number(reader, item, drain, config);
    if (broker_item_is(item, "limits"))
        return broker_read_numbers(reader, item, limit_numbers, KT_COUNT(limit_numbers),
                                   &config->limits);
    if (broker_item_is(item, "principals"))
        return read_principals(reader, item, &config->directory);
    if (broker_item_is(item, "trace"))
        return read_trace(reader, item, &config->trace);
    if (broker_item_is(item, "log"))
        return kt_log_level_parse(broker_item_value(item), &config->log)
                   ? kt_ok()
                   : broker_refuse_item(reader, item, "not debug, info, warning or error");
    if (broker_item_is(item, "log-format"))
        return kt_log_format_parse(broker_item_value(item), &config->log_format)
                   ? kt_ok()
                   : broker_refuse_item(reader, item, "neither logfmt nor json");
    if (broker_item_is(item, "threads"))
        return kt_gather_parse(broker_item_value(item), &config->gather)
                   ? kt_ok()
                   : broker_refuse_item(reader, item, "neither gather nor free");
    return broker_refuse_item(reader, item,
                              "unknown; there are clients, services, metrics, key, log, "
                              "log-format, threads, drain-ms, limits, trace, principals");
}

static kt_status_t
read_root(broker_reader_t *reader, broker_item_t *root, broker_config_t *config)
{
    KT_TRY(broker_check_names(reader, root));
    for (broker_item_t *item = broker_item_first(root); item != NULL; item = broker_item_next(item))
        KT_TRY(read_item(reader, item, config));
    if (config->clients[0] == '\0')
        return broker_refuse_item(reader, root,
                                  "clients is missing: the endpoint that callers connect to");
    if (config->services[0] == '\0')
        return broker_refuse_item(reader, root,
                                  "services is missing: the endpoint that departments connect to");
    if (config->keys.secret_key[0] == '\0')
        return broker_refuse_item(reader, root,
                                  "key is missing: the path of the broker's secret certificate");
    if (config->directory == NULL)
        return broker_refuse_item(reader, root, "principals is missing: nobody could call");
    return kt_ok();
}

kt_status_t
broker_config_load(const char *path, broker_config_t *config)
{
    *config = (broker_config_t){.log = KT_LOG_INFO,
                                .gather = true,
                                .drain_ms = DRAIN_MS_USUAL,
                                .limits = broker_limits_usual(),
                                .trace = {.keep = KT_TRACER_KEEP_USUAL}};
    broker_reader_t reader = {
        .path = path, .problem = config->problem, .problem_size = sizeof config->problem};
    broker_item_t *root = NULL;
    kt_status_t status = broker_reader_open(&reader, &root);
    if (!kt_failed(status))
        status = read_root(&reader, root, config);
    broker_reader_close(&root);
    if (kt_failed(status))
        broker_config_fini(config);
    return status;
}

void
broker_config_fixed(const broker_config_t *running, const broker_config_t *read,
                    char names[BROKER_FIXED_BYTES_MAX])
{
    const struct {
        const char *name;
        bool differs;
    } rows[] = {
        {"clients", strcmp(running->clients, read->clients) != 0},
        {"services", strcmp(running->services, read->services) != 0},
        {"metrics", strcmp(running->metrics, read->metrics) != 0},
        {"trace", strcmp(running->trace.path, read->trace.path) != 0 ||
                      running->trace.bytes_max != read->trace.bytes_max ||
                      running->trace.keep != read->trace.keep ||
                      running->trace.per_million != read->trace.per_million},
        {"threads", running->gather != read->gather},
        {"key", strcmp(running->keys.public_key, read->keys.public_key) != 0},
    };
    names[0] = '\0';
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        if (rows[i].differs)
            kt_words_add(names, BROKER_FIXED_BYTES_MAX, rows[i].name);
}

void
broker_config_fini(broker_config_t *config)
{
    broker_directory_destroy(&config->directory);
    explicit_bzero(config->keys.secret_key, sizeof config->keys.secret_key);
}
