/* json_split.h: cuts a stream into JSON objects that follow each other, as one feeds a streaming
 * call. */
#ifndef CLI_JSON_SPLIT_H
#define CLI_JSON_SPLIT_H

#include <kt/span.h>
#include <kt/status.h>
#include <stdio.h>

typedef struct cli_json_split cli_json_split_t;

/* IN is borrowed. No object may be longer than BYTES_MAX. NULL when memory is out. */
cli_json_split_t *cli_json_split_new(FILE *in, size_t bytes_max);
void cli_json_split_destroy(cli_json_split_t **split);
/* The next object's text, borrowed until the next step: from its { to its }, which need not be JSON
 * inside. NOT_FOUND at the end; INVALID_ARGUMENT when something else stands there or it never ends;
 * RESOURCE_EXHAUSTED when it is too long. */
kt_status_t cli_json_split_next(cli_json_split_t *split, kt_span_t *text);

#endif
