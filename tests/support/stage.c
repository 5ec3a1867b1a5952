#include "testing.h"

#include "stage.h"

#include <kt/log.h>
#include <kt/time.h>
#include <poll.h>
#include <pthread.h>
#include <shell/broker.h>
#include <unistd.h>

#define REGISTER_WAIT_MS 10000

/* What a department's shell borrows. */
typedef struct stage_department {
    const char *name;
    kt_shell_options_t options;
    char store[PATH_MAX], backups[PATH_MAX];
} stage_department_t;

struct stage {
    tempdir_t folder;
    const stage_principal_t *principals;
    kt_key_pair_t broker_keys;
    kt_key_pair_t keys[STAGE_PRINCIPALS_MAX];
    char services[PATH_MAX], clients[PATH_MAX];
    broker_t *broker;
    pthread_t thread;
    stage_department_t departments[STAGE_PRINCIPALS_MAX];
};

static void
path_in(const stage_t *stage, const char *name, const char *ending, char out[PATH_MAX])
{
    char whole[256];

    (void)snprintf(whole, sizeof(whole), "%s%s", name, ending);
    tempdir_join(&stage->folder, whole, out);
}

static void
make_keys(const stage_t *stage, const char *name, kt_key_pair_t *keys)
{
    char public_path[PATH_MAX], secret_path[PATH_MAX];

    path_in(stage, name, ".cert", public_path);
    path_in(stage, name, ".secret", secret_path);
    assert_ok(kt_keys_generate(keys));
    assert_ok(kt_keys_save(keys, name, public_path, secret_path));
}

static void
write_broker_config(const stage_t *stage, const char *without, const char *also)
{
    char path[PATH_MAX];
    FILE *file;

    path_in(stage, "broker", ".conf", path);
    assert_non_null(file = fopen(path, "w"));
    fprintf(file,
            "clients = \"%s\"\nservices = \"%s\"\nkey = \"broker.secret\"\nlog = error\n"
            "threads = free\nprincipals\n",
            stage->clients, stage->services);
    for (const stage_principal_t *p = stage->principals; p->name; p++) {
        if (without && strcmp(p->name, without) == 0)
            continue;
        fprintf(file, "    %s\n        key = \"%s.cert\"\n", p->name, p->name);
        if (p->roles || p->serves)
            fprintf(file, "        roles = \"%s\"\n", p->roles ? p->roles : "department");
        if (p->serves)
            fprintf(file, "        serves = \"%s\"\n", p->serves);
    }
    if (also)
        fprintf(file, "%s\n", also);
    assert_int_equal(fclose(file), 0);
}

static void *
run_broker(void *context)
{
    kt_status_t status = broker_run((broker_t *)context);

    if (kt_failed(status))
        kt_log(KT_LOG_ERROR, "broker_failed", "text=%s", status.text);
    return NULL;
}

void
stage_start_broker(stage_t *stage)
{
    static broker_config_t config;
    char path[PATH_MAX];
    kt_status_t status;

    path_in(stage, "broker", ".conf", path);
    status = broker_config_load(path, &config);
    if (!kt_failed(status))
        status = broker_new(path, &config, &stage->broker);
    assert_ok(status);
    assert_int_equal(pthread_create(&stage->thread, NULL, run_broker, stage->broker), 0);
}

void
stage_stop_broker(stage_t *stage)
{
    if (!stage->broker)
        return;
    broker_stop(stage->broker);
    broker_stop(stage->broker);
    (void)pthread_join(stage->thread, NULL);
    broker_destroy(&stage->broker);
}

stage_t *
stage_new(const stage_principal_t *principals)
{
    stage_t *stage = (stage_t *)calloc(1, sizeof(*stage));
    unsigned count = 0;

    assert_non_null(stage);
    kt_log_setup("test", KT_LOG_ERROR);
    tempdir_init(&stage->folder);
    stage->principals = principals;
    (void)snprintf(stage->services, PATH_MAX, "ipc://%s/services", stage->folder.path);
    (void)snprintf(stage->clients, PATH_MAX, "ipc://%s/clients", stage->folder.path);
    make_keys(stage, "broker", &stage->broker_keys);
    for (const stage_principal_t *p = principals; p->name; p++) {
        assert_true(count < STAGE_PRINCIPALS_MAX);
        make_keys(stage, p->name, &stage->keys[count++]);
    }
    write_broker_config(stage, NULL, NULL);
    stage_start_broker(stage);
    return stage;
}

void
stage_destroy(stage_t **stage)
{
    stage_t *o = KT_TAKE(*stage);

    if (!o)
        return;
    stage_stop_broker(o);
    tempdir_fini(&o->folder);
    free(o);
}

const tempdir_t *
stage_folder(const stage_t *stage)
{
    return &stage->folder;
}

static const kt_key_pair_t *
keys_of(const stage_t *stage, const char *principal, const char *serves)
{
    for (unsigned i = 0; stage->principals[i].name; i++) {
        const stage_principal_t *p = &stage->principals[i];
        if (serves ? p->serves && strcmp(p->serves, serves) == 0 : strcmp(p->name, principal) == 0)
            return &stage->keys[i];
    }
    fail_msg("nobody in the stage is %s", principal ? principal : serves);
    return NULL;
}

void
stage_reload(stage_t *stage, const char *without, const char *also)
{
    write_broker_config(stage, without, also);
    broker_reload(stage->broker);
}

kt_socket_t *
stage_dial(stage_t *stage, kt_net_t *net, const char *principal, bool services)
{
    kt_key_pair_t keys;
    kt_socket_t *socket = NULL;

    if (principal)
        keys = *keys_of(stage, principal, NULL);
    else
        assert_ok(kt_keys_generate(&keys));
    kt_socket_options_t options = {.keys = &keys, .server_key = stage->broker_keys.public_key};
    assert_ok(kt_socket_dealer(net, &options, &socket));
    assert_ok(kt_socket_connect(socket, services ? stage->services : stage->clients));
    return socket;
}

/* There is no event to wait for outside the process under test but its own state. */
static void
await_registration(kt_shell_t *shell)
{
    int64_t until_us = kt_clock_mono_us() + REGISTER_WAIT_MS * KT_US_PER_MS;

    while (kt_shell_registered(shell) == 0) {
        assert_true(kt_clock_mono_us() < until_us);
        (void)poll(NULL, 0, 1);
    }
}

static stage_department_t *
department_of(stage_t *stage, const char *name)
{
    stage_department_t *department = stage->departments;

    while (department->name && strcmp(department->name, name) != 0)
        department++;
    assert_true(department < stage->departments + STAGE_PRINCIPALS_MAX);
    if (department->name)
        return department; /* an instance of it may be reading these paths */
    department->name = name;
    path_in(stage, name, "-store", department->store);
    path_in(stage, name, "-backups", department->backups);
    return department;
}

kt_shell_t *
stage_start(stage_t *stage, const kt_service_t *service, void (*more)(kt_shell_options_t *options))
{
    stage_department_t *department = department_of(stage, service->name);
    kt_shell_options_t *options = &department->options;
    kt_shell_t *shell = NULL;

    *options = (kt_shell_options_t){
        .keys = *keys_of(stage, NULL, service->name),
        .store = service->tables ? department->store : NULL,
        .backups = service->tables ? department->backups : NULL,
        .readers = service->tables ? 2 : 0,
        .capacity = 256,
        .log_bytes = 1 << 20,
        .retention_us = 7 * KT_US_PER_DAY,
        .drain_ms = 2000,
        .brokers_count = 1,
    };
    options->brokers[0].endpoint = stage->services;
    options->brokers[0].clients = stage->clients;
    memcpy(options->brokers[0].server_key, stage->broker_keys.public_key, KT_KEY_CHARS + 1);
    if (more)
        more(options);
    assert_ok(kt_shell_start(options, service, &shell));
    await_registration(shell);
    return shell;
}

kt_client_t *
stage_client(stage_t *stage, const char *principal)
{
    kt_broker_address_t broker = {.endpoint = stage->clients,
                                  .server_key = stage->broker_keys.public_key};
    kt_client_options_t options = {
        .brokers = &broker, .brokers_count = 1, .keys = *keys_of(stage, principal, NULL)};
    kt_client_t *client = NULL;

    assert_ok(kt_client_new(&options, &client));
    return client;
}

stage_world_t *
stage_world_new(const stage_principal_t *principals, const kt_service_t *service,
                void (*more)(kt_shell_options_t *options))
{
    stage_world_t *w = (stage_world_t *)calloc(1, sizeof(*w));

    assert_non_null(w);
    w->stage = stage_new(principals);
    w->shell = stage_start(w->stage, service, more);
    w->client = stage_client(w->stage, principals[0].name);
    assert_ok(kt_reply_init(&w->reply));
    return w;
}

int
stage_world_teardown(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;

    kt_reply_fini(&w->reply);
    kt_client_destroy(&w->client);
    kt_shell_destroy(&w->shell);
    stage_destroy(&w->stage);
    free(w);
    return 0;
}

void
stage_client_config(stage_t *stage, const char *principal, char out[PATH_MAX])
{
    FILE *file;

    path_in(stage, principal, "-client.conf", out);
    assert_non_null(file = fopen(out, "w"));
    fprintf(file,
            "client\n    certificate = \"%s.secret\"\nbroker\n    endpoint = \"%s\"\n"
            "    certificate = \"broker.cert\"\n",
            principal, stage->clients);
    assert_int_equal(fclose(file), 0);
}

void
stage_department_config(stage_t *stage, const char *department, char out[PATH_MAX])
{
    FILE *file;

    path_in(stage, department, ".conf", out);
    assert_non_null(file = fopen(out, "w"));
    fprintf(file,
            "certificate = \"%s.secret\"\nlog = error\nbroker\n    endpoint = \"%s\"\n"
            "    clients = \"%s\"\n    certificate = \"broker.cert\"\n"
            "store\n    path = \"%s-store\"\n    log = 1M\n",
            department, stage->services, stage->clients, department);
    assert_int_equal(fclose(file), 0);
}

void
stage_config(stage_t *stage, const char *service, char out[PATH_MAX])
{
    FILE *file;

    path_in(stage, service, ".conf", out);
    assert_non_null(file = fopen(out, "w"));
    fprintf(file,
            "certificate = \"%s.secret\"\nlog = error\nbroker\n    endpoint = \"%s\"\n"
            "    certificate = \"broker.cert\"\n",
            service, stage->services);
    assert_int_equal(fclose(file), 0);
}
