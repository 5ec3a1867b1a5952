#include "backend.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXTS_MAX      1024
#define TEXT_BYTES_MAX 512

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *texts[TEXTS_MAX];
static size_t texts_count;

/* A text that is kept already is not kept twice: a bad record that is read for ever costs one
 * entry. */
static const char *
keep(const char *text)
{
    for (size_t i = 0; i < texts_count; i++) {
        if (strcmp(texts[i], text) == 0)
            return texts[i];
    }
    if (texts_count == TEXTS_MAX)
        return NULL;
    char *copy = strdup(text);
    if (copy)
        texts[texts_count++] = copy;
    return copy;
}

const char *
kt_kv_text(const char *fallback, const char *format, ...)
{
    char text[TEXT_BYTES_MAX];
    va_list args;

    va_start(args, format);
    int size = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (size < 0)
        return fallback;
    pthread_mutex_lock(&lock);
    const char *kept = keep(text);
    pthread_mutex_unlock(&lock);
    return kept ? kept : fallback;
}

void
kt_key_format(kt_span_t key, char out[KT_KEY_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";
    bool text = key.size > 0;
    size_t at = 0;

    for (size_t i = 0; i < key.size && text; i++)
        text = key.data[i] > 0x20 && key.data[i] < 0x7F;
    size_t fits = text ? KT_KEY_TEXT_MAX - 1 : (KT_KEY_TEXT_MAX - 1 - 2) / 2;
    bool cut = key.size > fits;
    size_t shown = cut ? fits - 3 : key.size;
    if (!text) {
        out[at++] = '0';
        out[at++] = 'x';
    }
    for (size_t i = 0; i < shown; i++) {
        if (text) {
            out[at++] = (char)key.data[i];
        } else {
            out[at++] = digits[key.data[i] >> 4];
            out[at++] = digits[key.data[i] & 15];
        }
    }
    if (cut) {
        memcpy(out + at, "...", 3);
        at += 3;
    }
    out[at] = '\0';
}
