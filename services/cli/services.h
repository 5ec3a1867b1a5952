/* services.h: the departments of an office. */
#ifndef CLI_SERVICES_H
#define CLI_SERVICES_H

#include "cli.h"

#include <kt/client.h>

#define CLI_DEPARTMENTS_MAX 64

/* Names, which live in the reply that they came with. */
typedef struct cli_departments {
    const char *running[CLI_DEPARTMENTS_MAX]; /* that have an instance now, each once */
    unsigned running_count;
    char *const *missing; /* that the broker is configured for, and have none */
    size_t missing_count;
} cli_departments_t;

/* Asks the broker; REPLY is initialised. 0, or an exit code after saying why not. */
int cli_departments(cli_t *cli, kt_reply_t *reply, cli_departments_t *departments);

#endif
