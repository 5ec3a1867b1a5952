/* The client's configuration file: docs/man/kantor.conf.5.md. */
#include <czmq.h>
#include <kt/client.h>

/* PATH as it stands in the file FROM: relative ones start at that file's folder. */
static kt_status_t
resolve(const char *from, const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(from, '/');
    int folder = path[0] == '/' || !slash ? 0 : (int)(slash - from + 1);
    int size = snprintf(out, PATH_MAX, "%.*s%s", folder, from, path);
    return size < PATH_MAX ? kt_ok() : kt_error(KT_INVALID_ARGUMENT, 0, "a path is too long");
}

static kt_status_t
bad(const char *text)
{
    return kt_error(KT_INVALID_ARGUMENT, 0, text);
}

typedef struct settings {
    kt_client_options_t options;
    kt_broker_address_t brokers[KT_CLIENT_BROKERS_MAX];
    kt_key_pair_t server_keys[KT_CLIENT_BROKERS_MAX];
} settings_t;

static kt_status_t
read_broker(const char *file, zconfig_t *section, settings_t *settings)
{
    unsigned at = settings->options.brokers_count;
    if (at == KT_CLIENT_BROKERS_MAX)
        return bad("the configuration names more than 8 brokers");
    kt_key_pair_t *key = &settings->server_keys[at];
    const char *endpoint = zconfig_get(section, "endpoint", NULL);
    const char *certificate = zconfig_get(section, "certificate", NULL);
    const char *public_key = zconfig_get(section, "key", NULL);
    if (!endpoint)
        return bad("a broker section has no endpoint");
    if (!certificate == !public_key)
        return bad("a broker section needs either a certificate or a key");
    if (certificate) {
        char path[PATH_MAX];
        KT_TRY(resolve(file, certificate, path));
        KT_TRY(kt_keys_load(path, false, key));
    } else {
        if (strlen(public_key) != KT_KEY_CHARS)
            return bad("a broker's key is not a CURVE key in Z85");
        memcpy(key->public_key, public_key, KT_KEY_CHARS + 1);
    }
    settings->brokers[at] = (kt_broker_address_t){.endpoint = endpoint,
                                                  .server_key = key->public_key};
    settings->options.brokers_count++;
    return kt_ok();
}

static kt_status_t
read_number(zconfig_t *section, const char *name, unsigned max, unsigned *out)
{
    const char *text = zconfig_get(section, name, NULL);
    if (!text)
        return kt_ok();
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' || value > max)
        return bad("a number in the client section is none, or too large");
    *out = (unsigned)value;
    return kt_ok();
}

static kt_status_t
read_client(const char *file, zconfig_t *section, settings_t *settings)
{
    const char *certificate = zconfig_get(section, "certificate", NULL);
    if (!certificate)
        return bad("the client section has no certificate");
    KT_TRY(read_number(section, "inflight_max", KT_CLIENT_INFLIGHT_MAX,
                       &settings->options.inflight_max));
    KT_TRY(read_number(section, "reach_ms", KT_TIMEOUT_MS_MAX, &settings->options.reach_ms));
    char path[PATH_MAX];
    KT_TRY(resolve(file, certificate, path));
    return kt_keys_load(path, true, &settings->options.keys);
}

static kt_status_t
read_all(const char *file, zconfig_t *root, settings_t *settings)
{
    unsigned clients = 0;
    for (zconfig_t *section = zconfig_child(root); section; section = zconfig_next(section)) {
        const char *name = zconfig_name(section);
        if (streq(name, "broker")) {
            KT_TRY(read_broker(file, section, settings));
        } else if (streq(name, "client")) {
            clients++;
            KT_TRY(read_client(file, section, settings));
        } else {
            return bad("the configuration has sections client and broker only");
        }
    }
    if (clients != 1)
        return bad("the configuration needs one client section");
    return settings->options.brokers_count > 0 ? kt_ok() : bad("the configuration names no broker");
}

kt_status_t
kt_client_from_config(const char *path, kt_client_t **client)
{
    zconfig_t *root = zconfig_load(path);
    if (!root)
        return kt_error(KT_NOT_FOUND, 0, "the configuration cannot be read, or is not ZPL");
    settings_t settings = {0};
    settings.options.brokers = settings.brokers;
    kt_status_t status = read_all(path, root, &settings);
    if (!kt_failed(status))
        status = kt_client_new(&settings.options, client);
    zconfig_destroy(&root);
    explicit_bzero(&settings, sizeof settings);
    return status;
}
