/* said.h: a file whose text a test reads. */
#ifndef KANTOR_CLI_SAID_H
#define KANTOR_CLI_SAID_H

#include "testing.h"

/* The test closes FILE, and then TEXT is all that was written; it frees it. */
typedef struct said {
    char *text;
    size_t size;
    FILE *file;
} said_t;

static inline void
open_said(said_t *said)
{
    *said = (said_t){0};
    said->file = open_memstream(&said->text, &said->size);
    assert_non_null(said->file);
}

#endif
