/*
 * stage.h: a whole office inside a test: a broker, departments, and a client of each principal,
 * over ipc in a folder that vanishes with the test. Everything real but the network.
 */
#ifndef KANTOR_STAGE_H
#define KANTOR_STAGE_H

#include "tempdir.h"

#include <kt/client.h>
#include <kt/shell.h>

#define STAGE_PRINCIPALS_MAX 8

typedef struct stage_principal {
    const char *name;
    const char *roles;  /* "finance.clerk auditor"; NULL: none, or "department" if it serves one */
    const char *serves; /* "finance", or NULL */
} stage_principal_t;

typedef struct stage stage_t;

/* Makes keys and configuration and starts the broker. PRINCIPALS ends with a NULL name and is
 * borrowed. Fails the test when it cannot. The test destroys it, after its shells and clients. */
stage_t *stage_new(const stage_principal_t *principals);
void stage_destroy(stage_t **stage);

/* The folder; borrowed. */
const tempdir_t *stage_folder(const stage_t *stage);
/* Stops the broker, and starts one like it. */
void stage_stop_broker(stage_t *stage);
void stage_start_broker(stage_t *stage);

/* Has the broker read its configuration again: without the principal WITHOUT, and with the line
 * ALSO at its end; either may be NULL. */
void stage_reload(stage_t *stage, const char *without, const char *also);
/* A bare connection of PRINCIPAL to the broker, at the services endpoint if SERVICES; NULL: with a
 * key that nobody knows. The test closes it. */
kt_socket_t *stage_dial(stage_t *stage, kt_net_t *net, const char *principal, bool services);

/* Starts SERVICE as the principal that serves it, its store in the folder, and waits until it is
 * registered. MORE may be NULL: what its options say else. */
kt_shell_t *
stage_start(stage_t *stage, const kt_service_t *service, void (*more)(kt_shell_options_t *options));
/* A client of PRINCIPAL; the test destroys it. */
kt_client_t *stage_client(stage_t *stage, const char *principal);
/* Writes the path of a configuration file of PRINCIPAL for kt_client_from_config and `kantor` to
 * OUT. */
void stage_client_config(stage_t *stage, const char *principal, char out[PATH_MAX]);
/* Writes the path of a configuration file of SERVICE ("echo.conf") to OUT, as kt_service_main reads
 * it. */
void stage_config(stage_t *stage, const char *service, char out[PATH_MAX]);

/* The same for a department with a store in the folder, that calls others. */
void stage_department_config(stage_t *stage, const char *department, char out[PATH_MAX]);

/* What most tests want: a stage with one department, and a client of the first principal. */
typedef struct stage_world {
    stage_t *stage;
    kt_shell_t *shell;
    kt_client_t *client;
    kt_reply_t reply;
} stage_world_t;

/* Starts the broker and SERVICE; MORE as for stage_start. The world is the state of a cmocka test,
 * whose teardown destroys it with all that is in it. */
stage_world_t *stage_world_new(const stage_principal_t *principals, const kt_service_t *service,
                               void (*more)(kt_shell_options_t *options));
int stage_world_teardown(void **state);

#endif
