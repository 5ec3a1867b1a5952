/* kt_service_main: options, signals, exit codes. */
#include "config.h"
#include "shell.h"

#include <errno.h>
#include <getopt.h>
#include <kt/service.h>
#include <kt/time.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

typedef struct options {
    const char *config;
    bool check, help, version, health, alive;
} options_t;

static void
print_help(const kt_service_t *service)
{
    printf(
        "usage: kantor-%s --config FILE [--check-config]\n"
        "       kantor-%s health --config FILE [--alive]\n\n"
        "Runs the department \"%s\" until SIGTERM or SIGINT, then ends what is open and leaves.\n"
        "SIGHUP reads the configuration again: quota, retention, keep, drain, log and log-format "
        "change\n"
        "at once, the rest at a restart; a bad file changes nothing. The file of traces is opened "
        "anew.\n\n"
        "  -c, --config FILE   the configuration\n"
        "      --check-config  read it, say what is wrong, and leave\n"
        "  -V, --version       print the version and leave\n"
        "  -h, --help          print this and leave\n\n"
        "  health              asks the process of this configuration, at its metrics, whether it "
        "serves:\n"
        "                      it lives and a broker has it; exit code 0: it does\n"
        "      --alive         only whether it lives\n\n"
        "The configuration is ZPL: four blanks a level, # begins a comment. It may say:\n\n%s\n"
        "Example:\n\n"
        "  certificate = keys/%s.key_secret\n"
        "  broker\n"
        "      endpoint = \"tcp://127.0.0.1:5702\"\n"
        "      certificate = keys/broker.key\n",
        service->name, service->name, service->name, kt_config_help, service->name);
    if (service->tables)
        printf("  store\n      path = /var/lib/kantor/%s\n      quota = 100G\n", service->name);
    printf("\nAnd to try it:\n\n"
           "  kantor-%s --config /etc/kantor/%s.conf --check-config\n",
           service->name, service->name);
    printf("\nExit codes: 0 drained, 1 failed, 2 wrong options or configuration.\n");
}

/* False: what was given makes no sense, and getopt has said why. */
static bool
parse(int argc, char **argv, options_t *options)
{
    static const struct option names[] = {
        {"config", required_argument, NULL, 'c'}, {"check-config", no_argument, NULL, 'C'},
        {"help", no_argument, NULL, 'h'},         {"version", no_argument, NULL, 'V'},
        {"alive", no_argument, NULL, 'a'},        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "c:hV", names, NULL)) != -1) {
        switch (option) {
        case 'c':
            options->config = optarg;
            break;
        case 'C':
            options->check = true;
            break;
        case 'h':
            options->help = true;
            break;
        case 'V':
            options->version = true;
            break;
        case 'a':
            options->alive = true;
            break;
        default:
            return false;
        }
    }
    if (options->alive && !options->health)
        return false;
    return optind == argc && (options->help || options->version || options->config);
}

/* Reads the configuration anew and takes over what a running department can. */
static void
reload(kt_shell_t *shell, const char *path, const kt_config_t *running, bool has_store)
{
    kt_config_t read;
    kt_status_t status = kt_config_load(&read, path, has_store);
    char fixed[KT_CONFIG_FIXED_MAX];

    if (kt_failed(status)) {
        kt_log(KT_LOG_ERROR, "reload-refused", "why=%s", status.text);
        kt_config_fini(&read);
        return;
    }
    kt_shell_reload(shell, &read.shell);
    kt_log_at_least(read.log);
    kt_log_set_format(read.log_format);
    kt_log(KT_LOG_INFO, "reloaded", "quota=%llu retention_days=%lld keep=%u drain_ms=%u",
           (unsigned long long)read.shell.quota_bytes,
           (long long)(read.shell.retention_us / KT_US_PER_DAY), read.shell.backups_keep,
           (unsigned)read.shell.drain_ms);
    kt_config_fixed(running, &read, fixed);
    if (fixed[0] != '\0')
        kt_log(KT_LOG_WARNING, "reload-in-part", "unchanged=%s why=%s", fixed,
               "these change only at a restart");
    kt_config_fini(&read);
}

/* Waits for a signal or for the shell to end by itself. False: for the latter. */
static bool
hear_signal(const kt_shell_t *shell, int signals, int *number)
{
    struct pollfd waits[] = {{.fd = signals, .events = POLLIN},
                             {.fd = kt_shell_fd(shell), .events = POLLIN}};
    struct signalfd_siginfo info;

    for (;;) {
        if (poll(waits, 2, -1) < 0)
            continue;
        if (waits[0].revents != 0 && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
            *number = (int)info.ssi_signo;
            return true;
        }
        if (waits[1].revents != 0)
            return false;
    }
}

/* A second signal to stop does not hurry it: the drain has its own end. */
static void
serve(kt_shell_t *shell, int signals, const char *path, const kt_config_t *config, bool has_store)
{
    int number = 0;

    while (hear_signal(shell, signals, &number) && number == SIGHUP) {
        kt_shell_reopen(shell); /* whatever is in the configuration: it was moved away */
        reload(shell, path, config, has_store);
    }
    if (number != 0 && number != SIGHUP)
        kt_log(KT_LOG_INFO, "signal", "name=%s", strsignal(number));
    kt_shell_drain(shell);
}

/* The descriptor that hears them. Before the configuration is read, so that one that comes while
 * the department starts waits for it, and before the first thread, so that none of them hears any.
 */
static int
hold_signals(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static int
run(const kt_service_t *service, int signals, const char *path, const kt_config_t *config)
{
    kt_shell_t *shell = NULL;
    kt_status_t status;
    bool fine;

    kt_log_setup(service->name, config->log);
    kt_log_set_format(config->log_format);
    status = kt_shell_start(&config->shell, service, &shell);
    if (kt_failed(status)) {
        kt_log(KT_LOG_ERROR, "cannot-start", "code=%s text=%s", kt_code_name(status.code),
               status.text);
        return EXIT_FAILURE;
    }
    serve(shell, signals, path, config, service->tables != NULL);
    fine = kt_shell_wait(shell);
    kt_shell_destroy(&shell);
    kt_log(KT_LOG_INFO, "stopped", "clean=%s", fine ? "yes" : "no");
    return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
health(const char *metrics, bool alive)
{
    int64_t brokers = 1;
    kt_status_t status = kt_metrics_ask_alive(metrics, KT_SHELL_METRIC_ALIVE);

    if (!kt_failed(status) && !alive)
        status = kt_metrics_ask(metrics, KT_SHELL_METRIC_REGISTERED, &brokers);
    if (!kt_failed(status) && brokers == 0)
        status = kt_error(KT_UNAVAILABLE, 0, "it lives, but no broker has it");
    fprintf(kt_failed(status) ? stderr : stdout, "%s\n",
            kt_failed(status) ? status.text : "serving");
    return kt_failed(status) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int
run_with_config(const options_t *options, const kt_service_t *service)
{
    int signals = options->check || options->health ? -1 : hold_signals();
    kt_config_t config;
    kt_status_t status = kt_config_load(&config, options->config, service->tables != NULL);
    int code = EXIT_SUCCESS;

    if (kt_failed(status)) {
        fprintf(stderr, "kantor-%s: %s\n", service->name, status.text);
        code = EXIT_USAGE;
    } else if (options->check) {
        printf("%s: fine\n", options->config);
    } else if (options->health) {
        code = health(config.shell.metrics ? config.shell.metrics : "", options->alive);
    } else {
        code = run(service, signals, options->config, &config);
    }
    kt_config_fini(&config);
    if (signals >= 0)
        (void)close(signals);
    return code;
}

int
kt_service_main(int argc, char **argv, const kt_service_t *service)
{
    options_t options = {.health = argc > 1 && strcmp(argv[1], "health") == 0};

    argc -= options.health;
    argv += options.health;
    if (!parse(argc, argv, &options)) {
        fprintf(stderr, "kantor-%s: --config FILE is wanted; see --help\n", service->name);
        return EXIT_USAGE;
    }
    if (options.help) {
        print_help(service);
        return EXIT_SUCCESS;
    }
    if (options.version) {
        printf("kantor-%s %s\n", service->name, service->version);
        return EXIT_SUCCESS;
    }
    return run_with_config(&options, service);
}
