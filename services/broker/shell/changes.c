#include "changes.h"

#include <kt/log.h>

#define WORDS_BYTES 2048 /* 32 roles of 48 bytes */

/* Whether KEY stands in DIRECTORY, too, under the same name. */
static bool
stands_in(const broker_directory_t *directory, const char *key, const char *name)
{
    const broker_grant_t *grant = broker_directory_find(directory, key);
    return grant != NULL && strcmp(grant->name, name) == 0;
}

/* A line EVENT for each key of DIRECTORY that is not in OTHER. */
static void
log_keys(const broker_directory_t *directory, const broker_directory_t *other, const char *event)
{
    for (unsigned i = 0; i < directory->keys_count; i++) {
        const broker_key_t *key = &directory->keys[i];
        const char *name = directory->grants[key->grant].name;
        if (!stands_in(other, key->text, name))
            kt_log(KT_LOG_INFO, event, "principal=%s place=%s", name,
                   key->next ? "next-key" : "key");
    }
}

static const broker_grant_t *
grant_named(const broker_directory_t *directory, const char *name)
{
    for (unsigned i = 0; i < directory->grants_count; i++)
        if (strcmp(directory->grants[i].name, name) == 0)
            return &directory->grants[i];
    return NULL;
}

/* COUNT texts of SIZE bytes each as words. */
static const char *
words(const char *texts, size_t size, unsigned count, char out[WORDS_BYTES])
{
    out[0] = '\0';
    for (unsigned i = 0; i < count; i++)
        kt_words_add(out, WORDS_BYTES, texts + i * size);
    return out;
}

/* The rest of a grant is zeros, since it was made of them. */
static bool
same(const broker_grant_t *a, const broker_grant_t *b)
{
    return memcmp(a->roles, b->roles, sizeof a->roles) == 0 &&
           memcmp(a->serves, b->serves, sizeof a->serves) == 0 &&
           memcmp(&a->limits, &b->limits, sizeof a->limits) == 0;
}

void
broker_log_changes(const broker_directory_t *before, const broker_directory_t *after)
{
    char roles[WORDS_BYTES], serves[WORDS_BYTES];
    log_keys(before, after, "key-removed");
    log_keys(after, before, "key-added");
    for (unsigned i = 0; i < after->grants_count; i++) {
        const broker_grant_t *grant = &after->grants[i];
        const broker_grant_t *was = grant_named(before, grant->name);
        if (was == NULL || same(was, grant))
            continue;
        kt_log(KT_LOG_INFO, "principal-changed",
               "principal=%s roles=%s serves=%s calls=%u queued=%u queued_bytes=%llu", grant->name,
               words(grant->roles[0], sizeof grant->roles[0], grant->roles_count, roles),
               words(grant->serves[0], sizeof grant->serves[0], grant->serves_count, serves),
               (unsigned)grant->limits.calls_max, (unsigned)grant->limits.queued_max,
               (unsigned long long)grant->limits.queued_bytes_max);
    }
}
