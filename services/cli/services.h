/* services.h: the departments of an office. */
#ifndef CLI_SERVICES_H
#define CLI_SERVICES_H

#include "cli.h"

#include <kt/client.h>

#define CLI_DEPARTMENTS_MAX 64

/* The names of those that have an instance now, each once; they live in REPLY, which is
 * initialised. 0, or an exit code after saying why not. */
int cli_departments(cli_t *cli, kt_reply_t *reply, const char *names[CLI_DEPARTMENTS_MAX],
                    unsigned *count);

#endif
