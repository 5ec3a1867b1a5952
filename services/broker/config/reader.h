/* reader.h: strict reading of a ZPL tree; the only place of the broker that knows czmq. */
#ifndef BROKER_READER_H
#define BROKER_READER_H

#include <kt/net.h>

typedef struct _zconfig_t broker_item_t; /* a name, a value, and items below */

typedef struct broker_reader {
    const char *path; /* of the file; paths inside it are relative to its folder */
    char *problem;    /* where refusals are written */
    size_t problem_size;
} broker_reader_t;

/* Opens the file; the caller closes ROOT. */
kt_status_t broker_reader_open(broker_reader_t *reader, broker_item_t **root);
void broker_reader_close(broker_item_t **root);

broker_item_t *broker_item_first(broker_item_t *section);
broker_item_t *broker_item_next(broker_item_t *item);
const char *broker_item_name(broker_item_t *item);
const char *broker_item_value(broker_item_t *item); /* "" when it has none */
bool broker_item_is(broker_item_t *item, const char *name);

/* INVALID_ARGUMENT with the text "FILE: NAME: REASON". */
kt_status_t broker_refuse_item(broker_reader_t *reader, broker_item_t *item, const char *format,
                               ...) KT_PRINTF(3, 4);
/* Refuses a section in which a name stands twice. */
kt_status_t broker_check_names(broker_reader_t *reader, broker_item_t *section);

/* A whole number that goes to OFFSET of a struct, in WIDTH (4 or 8) bytes. */
typedef struct broker_number {
    const char *name;
    size_t offset, width;
    uint64_t min, max;
} broker_number_t;

kt_status_t broker_read_number(broker_reader_t *reader, broker_item_t *item,
                               const broker_number_t *number, void *into);
/* A section of nothing but numbers, each at most once; those that are missing stay as they are in
 * INTO. */
kt_status_t broker_read_numbers(broker_reader_t *reader, broker_item_t *section,
                                const broker_number_t *numbers, size_t count, void *into);
kt_status_t
broker_read_text(broker_reader_t *reader, broker_item_t *item, char *out, size_t bytes_max);
/* The path of a file; relative ones start at the folder of the configuration. */
kt_status_t broker_read_path(broker_reader_t *reader, broker_item_t *item, const char *what,
                             char *out, size_t bytes_max);
/* A key: the path of a certificate, or "z85:" and a public key itself (SECRET false). */
kt_status_t
broker_read_key(broker_reader_t *reader, broker_item_t *item, bool secret, kt_key_pair_t *keys);

#endif
