#include "directory.h"

#include <stdlib.h>

static int
compare(const void *a, const void *b)
{
    return memcmp(((const broker_key_t *)a)->text, ((const broker_key_t *)b)->text, KT_KEY_CHARS);
}

const broker_key_t *
broker_directory_key(const broker_directory_t *directory, const char *key)
{
    unsigned low = 0, high = directory->keys_count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        int order = memcmp(key, directory->keys[middle].text, KT_KEY_CHARS);
        if (order == 0)
            return &directory->keys[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const broker_grant_t *
broker_directory_find(const broker_directory_t *directory, const char *key)
{
    const broker_key_t *found = broker_directory_key(directory, key);
    return found != NULL ? &directory->grants[found->grant] : NULL;
}

bool
broker_directory_seal(broker_directory_t *directory, const broker_key_t **duplicate)
{
    if (directory->keys_count > 0)
        qsort(directory->keys, directory->keys_count, sizeof directory->keys[0], compare);
    for (unsigned i = 1; i < directory->keys_count; i++) {
        if (compare(&directory->keys[i - 1], &directory->keys[i]) != 0)
            continue;
        if (duplicate != NULL)
            *duplicate = &directory->keys[i - 1];
        return false;
    }
    return true;
}

void
broker_directory_destroy(broker_directory_t **directory)
{
    broker_directory_t *self = *directory;
    *directory = NULL;
    if (self == NULL)
        return;
    free(self->grants);
    free(self->keys);
    free(self);
}
