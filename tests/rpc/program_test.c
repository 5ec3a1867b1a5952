/* kantor-echo as a program: options, exit codes, signals. usage: program_test KANTOR_ECHO */
#include "testing.h"

#include "stage.h"

#include <fcntl.h>
#include <kantor/echo/v1/echo.kt.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const stage_principal_t principals[] = {
    {"ann", NULL, NULL}, {"echo", NULL, "echo"}, {NULL, NULL, NULL}};

static const char *program;
static stage_t *stage;
static char config[PATH_MAX];

static int
setup(void **state)
{
    (void)state;
    stage = stage_new(principals);
    stage_config(stage, "echo", config);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    stage_destroy(&stage);
    return 0;
}

/* Starts the program, what it prints thrown away, and what it logs into LOG unless that is -1. */
static pid_t
spawn(const char *first, const char *second, const char *third, const char *fourth, int log)
{
    char *const arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)first,
                               (char *)(uintptr_t)second,  (char *)(uintptr_t)third,
                               (char *)(uintptr_t)fourth,  NULL};
    posix_spawn_file_actions_t files;
    pid_t pid;

    assert_int_equal(posix_spawn_file_actions_init(&files), 0);
    assert_int_equal(
        posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0), 0);
    assert_int_equal(
        log < 0 ? posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
                : posix_spawn_file_actions_adddup2(&files, log, STDERR_FILENO),
        0);
    assert_int_equal(posix_spawn(&pid, program, &files, NULL, arguments, environ), 0);
    (void)posix_spawn_file_actions_destroy(&files);
    return pid;
}

static pid_t
start_four(const char *first, const char *second, const char *third, const char *fourth)
{
    return spawn(first, second, third, fourth, -1);
}

static pid_t
start(const char *first, const char *second, const char *third)
{
    return start_four(first, second, third, NULL);
}

static int
exit_code(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
options(void **state)
{
    (void)state;
    assert_int_equal(exit_code(start("--help", NULL, NULL)), 0);
    assert_int_equal(exit_code(start("--version", NULL, NULL)), 0);
    assert_int_equal(exit_code(start(NULL, NULL, NULL)), 2);
    assert_int_equal(exit_code(start("--config", NULL, NULL)), 2);
    assert_int_equal(exit_code(start("--confgi", config, NULL)), 2);
    assert_int_equal(exit_code(start("--config", config, "more")), 2);
    assert_int_equal(exit_code(start("--config", config, "--check-config")), 0);
    assert_int_equal(exit_code(start("--config", "/nowhere/echo.conf", NULL)), 2);
}

static kt_status_t
echo(void)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    kt_client_t *client = stage_client(stage, "ann");
    kt_reply_t reply;
    kt_status_t status;

    assert_ok(kt_reply_init(&reply));
    status = kt_client_call(client, &echo_echo_service.methods[ECHO_ECHO_ECHO], NULL, &request.base,
                            &reply);
    kt_reply_fini(&reply);
    kt_client_destroy(&client);
    return status;
}

static void
serves_until_it_is_told_to_stop(void **state)
{
    static const int signals[] = {SIGTERM, SIGINT};

    (void)state;
    for (size_t i = 0; i < KT_COUNT(signals); i++) {
        pid_t pid = start("--config", config, NULL);

        assert_ok(echo()); /* waits in the broker until the service is there */
        assert_int_equal(kill(pid, signals[i]), 0);
        assert_int_equal(exit_code(pid), 0);
    }
}

static void
serves_again_after_kill_9(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        pid_t pid = start("--config", config, NULL);
        int status;

        assert_ok(echo());
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
    }
}

/* Reads what the program logs until a line has EVENT and WORD. */
static void
hear(FILE *log, const char *event, const char *word)
{
    char line[4096];

    while (fgets(line, sizeof(line), log))
        if (strstr(line, event) && strstr(line, word))
            return;
    fail_msg("it ended and never said %s with %s", event, word);
}

static void
write_config(const char *path, const char *text, const char *more)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fprintf(file, "%s%s", text, more);
    assert_int_equal(fclose(file), 0);
}

static void
reads_its_configuration_again(void **state)
{
    char path[PATH_MAX + 16], text[4096] = "";
    int both[2];
    FILE *file;
    pid_t pid;

    (void)state;
    assert_non_null(file = fopen(config, "r"));
    assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    memcpy(strstr(text, "log = error"), "log = info ", strlen("log = error"));
    snprintf(path, sizeof(path), "%s.again", config);
    write_config(path, text, "");
    assert_int_equal(pipe2(both, O_CLOEXEC), 0);
    pid = spawn("--config", path, NULL, NULL, both[1]);
    (void)close(both[1]);
    assert_non_null(file = fdopen(both[0], "r"));
    hear(file, "event=started", "service=echo");
    assert_int_equal(kill(pid, SIGHUP), 0);
    hear(file, "event=reloaded", "drain_ms=10000");
    assert_ok(echo());
    write_config(path, text, "drain = 3\n");
    assert_int_equal(kill(pid, SIGHUP), 0);
    hear(file, "event=reloaded", "drain_ms=3000");
    write_config(path, text, "nonsense = 1\n");
    assert_int_equal(kill(pid, SIGHUP), 0);
    hear(file, "event=reload-refused", "nonsense");
    write_config(path, text, "capacity = 7\n");
    assert_int_equal(kill(pid, SIGHUP), 0);
    hear(file, "event=reload-in-part", "unchanged=capacity ");
    for (int i = 0; i < 100; i++)
        assert_int_equal(kill(pid, SIGHUP), 0);
    assert_ok(echo());
    assert_int_equal(kill(pid, SIGTERM), 0);
    hear(file, "event=stopped", "clean=yes");
    assert_int_equal(fclose(file), 0);
    assert_int_equal(exit_code(pid), 0);
}

/* A port that was free a moment ago. */
static uint16_t
free_port(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(any);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&any, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &size), 0);
    (void)close(fd);
    return ntohs(any.sin_port);
}

/* Its exit code, as soon as that is WANTED, at last after some hundred tries. */
static int
health(const char *path, const char *more, int wanted)
{
    int code = -1;

    for (int i = 0; i < 300 && code != wanted; i++)
        code = exit_code(start_four("health", "--config", path, more));
    return code;
}

static void
says_whether_it_serves(void **state)
{
    char other[PATH_MAX + 16];
    char text[4096];
    FILE *file;
    size_t size;
    pid_t pid;

    (void)state;
    assert_int_equal(exit_code(start_four("health", "--config", config, NULL)), 1);
    assert_int_equal(exit_code(start("health", NULL, NULL)), 2);
    assert_int_equal(exit_code(start("--config", config, "--alive")), 2);
    assert_non_null(file = fopen(config, "r"));
    size = fread(text, 1, sizeof(text), file);
    assert_int_equal(fclose(file), 0);
    snprintf(other, sizeof(other), "%s.health", config);
    assert_non_null(file = fopen(other, "w"));
    fprintf(file, "metrics = \"127.0.0.1:%u\"\n%.*s", (unsigned)free_port(), (int)size, text);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(exit_code(start_four("health", "--config", other, NULL)), 1);
    pid = start("--config", other, NULL);
    assert_int_equal(health(other, "--alive", 0), 0);
    assert_int_equal(health(other, NULL, 0), 0);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(exit_code(pid), 0);
    assert_int_equal(exit_code(start_four("health", "--config", other, "--alive")), 1);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options),
        cmocka_unit_test(serves_until_it_is_told_to_stop),
        cmocka_unit_test(serves_again_after_kill_9),
        cmocka_unit_test(reads_its_configuration_again),
        cmocka_unit_test(says_whether_it_serves),
    };

    if (argc != 2)
        return 2;
    program = argv[1];
    return cmocka_run_group_tests(tests, setup, teardown);
}
