/*
 * contracts.h: what an office serves, asked at run time: the paths that its departments registered,
 * and the contracts behind them by reflection. The broker's own two services come from the program
 * itself.
 */
#ifndef CLI_CONTRACTS_H
#define CLI_CONTRACTS_H

#include "connect.h"

#include <kt/dynamic.h>

#define CLI_METHODS_MAX     8192
#define CLI_DEPARTMENTS_MAX 64

typedef struct cli_method {
    const char *path;       /* as registered */
    const char *department; /* "" for the broker's own */
    bool shared; /* the department stands in front of the path, and is said with the call */
    kt_method_kind_t kind;
    bool client_streaming, server_streaming;
    const char *roles; /* "finance.clerk, front-office" */
} cli_method_t;

typedef struct cli_contracts cli_contracts_t;

/* Asks the broker. 0, or an exit code after saying why not. The caller closes it in either case. */
int cli_contracts_open(cli_t *cli, cli_contracts_t **contracts);
/* The same, and looks for a method as cli_contracts_method does. A department that is away may have
 * it, so while there is one and none else has, it asks again, until the call's time is over. */
int cli_contracts_open_for(cli_t *cli, const char *name, const char *department,
                           cli_contracts_t **contracts, const cli_method_t **method);
void cli_contracts_close(cli_contracts_t **contracts);

/* All methods, by path; borrowed as long as CONTRACTS live, as is everything that follows. */
const cli_method_t *cli_contracts_methods(const cli_contracts_t *contracts, size_t *count);
/* The one method that NAME means, where DEPARTMENT is NULL or narrows it. 0, or an exit code after
 * saying that there is none, or which there are. */
int cli_contracts_method(cli_contracts_t *contracts, const char *name, const char *department,
                         const cli_method_t **method);

/* A department's contracts. 0, or an exit code after saying why they cannot be had. */
int cli_contracts_load(cli_contracts_t *contracts, const char *department,
                       const kt_dynamic_t **dynamic);
/* The contract of a method; *DYNAMIC is NULL for the broker's own. */
int cli_contracts_describe(cli_contracts_t *contracts, const cli_method_t *method,
                           const kt_method_t **contract, const kt_dynamic_t **dynamic);

#endif
