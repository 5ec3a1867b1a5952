/*
 * directory.h: who is who: public keys, the principals they belong to, and what each principal may.
 * Made once by the configuration and never changed; a reload makes another. Plain data, safe to
 * read from any thread.
 */
#ifndef BROKER_DIRECTORY_H
#define BROKER_DIRECTORY_H

#include <kt/net.h>

#define BROKER_NAME_BYTES_MAX    64 /* of a principal or an instance */
#define BROKER_SERVICE_BYTES_MAX 32
#define BROKER_ROLE_BYTES_MAX    48
#define BROKER_ROLES_MAX         32 /* of a principal */
#define BROKER_SERVES_MAX        8  /* services that one principal may register */
#define BROKER_PRINCIPALS_MAX    1024
/* Keys of a principal: the one in use, and while it is rotated the next. */
#define BROKER_KEYS_OF_PRINCIPAL 2
#define BROKER_KEYS_MAX          (BROKER_PRINCIPALS_MAX * BROKER_KEYS_OF_PRINCIPAL)

/* What one principal may have in the broker at once, over all its connections. */
typedef struct broker_caller_limits {
    uint32_t calls_max;        /* open */
    uint32_t queued_max;       /* of these, waiting for an instance */
    uint64_t queued_bytes_max; /* of requests that wait */
} broker_caller_limits_t;

typedef struct broker_grant {
    char name[BROKER_NAME_BYTES_MAX + 1];
    char roles[BROKER_ROLES_MAX][BROKER_ROLE_BYTES_MAX + 1];
    unsigned roles_count;
    char serves[BROKER_SERVES_MAX][BROKER_SERVICE_BYTES_MAX + 1];
    unsigned serves_count;
    broker_caller_limits_t limits;
} broker_grant_t;

typedef struct broker_key {
    char text[KT_KEY_CHARS + 1]; /* Z85 */
    uint32_t grant;              /* index into grants */
    bool next;                   /* the one that comes after the one in use */
} broker_key_t;

typedef struct broker_directory {
    broker_grant_t *grants;
    unsigned grants_count;
    broker_key_t *keys; /* sorted by text */
    unsigned keys_count;
} broker_directory_t;

/* KEY (40 characters) as it stands in the directory, or NULL. */
const broker_key_t *broker_directory_key(const broker_directory_t *directory, const char *key);
/* The grant that KEY (40 characters) belongs to, or NULL. */
const broker_grant_t *broker_directory_find(const broker_directory_t *directory, const char *key);
/* Sorts the keys, once all are there; false when one stands twice, and then DUPLICATE (may be NULL)
 * is the first of the two, which lie beside each other. */
bool broker_directory_seal(broker_directory_t *directory, const broker_key_t **duplicate);
void broker_directory_destroy(broker_directory_t **directory);

#endif
