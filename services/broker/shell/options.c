/* options.c: the command line of kantor-broker, and its signals. */
#include "broker.h"
#include "metrics.h"
#include "version.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char help[] =
    "usage: kantor-broker --config FILE [--check-config]\n"
    "       kantor-broker health --config FILE\n"
    "\n"
    "Takes calls from callers and gives them to departments. Needs a configuration file that says "
    "where\n"
    "it listens, which key it has, and who may call and serve (docs/man/kantor-broker.conf.5).\n"
    "\n"
    "  --config FILE    the configuration, in ZPL\n"
    "  --check-config   read it, say whether it is good, and leave\n"
    "  --version        say which version this is\n"
    "  --help           this text\n"
    "\n"
    "  health           asks the broker of this configuration, at its metrics, whether its loop "
    "goes "
    "round;\n"
    "                   exit code 0: it does\n"
    "\n"
    "Signals: SIGHUP reads the configuration again: principals with their keys, roles and limits, "
    "limits,\n"
    "log and drain-ms change at once, the rest at a restart; a bad file changes nothing. SIGTERM "
    "and SIGINT\n"
    "finish the open calls and leave, a second one leaves at once.\n"
    "\n"
    "Examples:\n"
    "  kantor-broker --config /etc/kantor/broker.conf\n"
    "  kantor-broker --config broker.conf --check-config && systemctl reload kantor-broker\n";

static broker_t *running;

static void
on_signal(int number)
{
    int saved = errno;
    if (number == SIGHUP)
        broker_reload(running);
    else
        broker_stop(running);
    errno = saved;
}

static const int signals[] = {SIGHUP, SIGTERM, SIGINT};

/* Before the configuration is read: a signal that comes while the broker starts waits until there
 * is one to hear it, and the threads made meanwhile never hear any. */
static void
hold_signals(int how)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < KT_COUNT(signals); i++)
        sigaddset(&set, signals[i]);
    (void)pthread_sigmask(how, &set, NULL);
}

static void
catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < KT_COUNT(signals); i++)
        (void)sigaction(signals[i], &action, NULL);
    hold_signals(SIG_UNBLOCK);
}

static int
fail(kt_status_t status)
{
    kt_log(KT_LOG_ERROR, "cannot-start", "why=%s", status.text);
    return EXIT_FAILED;
}

static int
run(const char *path, broker_config_t *config)
{
    kt_log_setup("broker", config->log);
    kt_log_set_format(config->log_format);
    kt_status_t status = broker_new(path, config, &running);
    if (kt_failed(status))
        return fail(status);
    catch_signals();
    kt_log(KT_LOG_INFO, "started", "version=%s clients=%s services=%s metrics_port=%u",
           BROKER_VERSION, broker_clients_endpoint(running), broker_services_endpoint(running),
           (unsigned)broker_metrics_http_port(running));
    status = broker_run(running);
    hold_signals(SIG_BLOCK);
    broker_destroy(&running);
    return kt_failed(status) ? fail(status) : EXIT_GOOD;
}

static int
say(bool bad, const char *text)
{
    fprintf(bad ? stderr : stdout, "%s\n", text);
    return bad ? EXIT_FAILED : EXIT_GOOD;
}

static int
health(const broker_config_t *config)
{
    kt_status_t status = kt_metrics_ask_alive(config->metrics, BROKER_METRIC_ALIVE);
    return say(kt_failed(status), kt_failed(status) ? status.text : "serving");
}

int
broker_main(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"check-config", no_argument, NULL, 'k'},
                                            {"version", no_argument, NULL, 'v'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *path = NULL;
    bool check = false, ask = argc > 1 && strcmp(argv[1], "health") == 0;
    argc -= ask;
    argv += ask;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'h' || option == 'v') {
            fputs(option == 'h' ? help : "kantor-broker " BROKER_VERSION "\n", stdout);
            return EXIT_GOOD;
        }
        if (option == '?') {
            fputs("kantor-broker --help says how\n", stderr);
            return EXIT_USAGE;
        }
        path = option == 'c' ? optarg : path;
        check |= option == 'k';
    }
    if (path == NULL || optind != argc) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    broker_config_t config;
    hold_signals(SIG_BLOCK);
    kt_status_t status = broker_config_load(path, &config);
    if (!check && !ask && !kt_failed(status))
        return run(path, &config);
    int code = kt_failed(status) ? say(true, status.text)
               : check           ? say(false, "good")
                                 : health(&config);
    broker_config_fini(&config);
    return code;
}
