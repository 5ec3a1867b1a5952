/* From a command line to an exit code. */
#include "connect.h"

#include <locale.h>
#include <signal.h>
#include <stdarg.h>

int
cli_fail(const cli_t *cli, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(cli->err, "kantor %s: ", cli->verb->name);
    vfprintf(cli->err, format, args);
    fputc('\n', cli->err);
    va_end(args);
    return code;
}

void
cli_say(const cli_t *cli, const char *format, ...)
{
    if (cli->quiet)
        return;
    va_list args;
    va_start(args, format);
    vfprintf(cli->err, format, args);
    fputc('\n', cli->err);
    va_end(args);
}

int
cli_main(int argc, char *const argv[], FILE *out, FILE *err)
{
    cli_t cli = {.verbs = cli_verbs, .verbs_count = cli_verbs_count, .out = out, .err = err};
    setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN); /* a reader that left shows as a failed write */
    cli_parsed_t parsed = cli_parse(&cli, argc, argv);
    int code = parsed == CLI_WRONG ? CLI_EXIT_USAGE : 0;
    if (parsed == CLI_RUN) {
        code = cli_trace_begin(&cli);
        code = code == 0 ? cli.verb->run(&cli) : code;
    }
    cli_disconnect(&cli);
    cli_trace_end(&cli, code);
    if ((fflush(out) != 0 || ferror(out)) && code == 0)
        code = CLI_EXIT_OUTPUT;
    return code;
}
