/* names.h: a set of strings, each kept once and numbered from 0 in the order in which they came. */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include <kt/span.h>

#define CLI_NAMES_NONE UINT32_MAX

typedef struct cli_names cli_names_t;

/* NULL when memory is out. The caller destroys it. */
cli_names_t *cli_names_new(void);
void cli_names_destroy(cli_names_t **names);
/* The number of TEXT, which is put in when it is new; CLI_NAMES_NONE when memory is out. */
uint32_t cli_names_add(cli_names_t *names, const char *text);
/* The number of TEXT, or CLI_NAMES_NONE. */
uint32_t cli_names_find(const cli_names_t *names, kt_span_t text);
/* Borrowed until the set is destroyed. */
const char *cli_names_get(const cli_names_t *names, uint32_t number);
uint32_t cli_names_count(const cli_names_t *names);

#endif
