/* span.h: a borrowed run of bytes. It owns nothing; who made it says how long it lives. */
#ifndef KT_SPAN_H
#define KT_SPAN_H

#include <kt/def.h>
#include <string.h>

typedef struct kt_span {
    const uint8_t *data; /* may be NULL when size is 0 */
    size_t size;         /* bytes */
} kt_span_t;

static inline kt_span_t
kt_span(const void *data, size_t size)
{
    return (kt_span_t){.data = (const uint8_t *)data, .size = size};
}

/* The bytes of a C string without its terminator; an empty span for NULL. */
static inline kt_span_t
kt_span_str(const char *text)
{
    return kt_span(text, text ? strlen(text) : 0);
}

/* Orders as memcmp does, a shorter prefix first. */
static inline int
kt_span_compare(kt_span_t a, kt_span_t b)
{
    size_t common = KT_MIN(a.size, b.size);
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static inline bool
kt_span_equal(kt_span_t a, kt_span_t b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool
kt_span_starts_with(kt_span_t text, kt_span_t prefix)
{
    return text.size >= prefix.size &&
           (prefix.size == 0 || memcmp(text.data, prefix.data, prefix.size) == 0);
}

/* FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), going on from HASH; a hash begins
 * with KT_HASH_BEGIN. Not for tables whose keys a peer may choose: kt/map.h is. */
#define KT_HASH_BEGIN UINT64_C(0xCBF29CE484222325)
static inline uint64_t
kt_span_hash(uint64_t hash, kt_span_t bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        hash = (hash ^ bytes.data[i]) * UINT64_C(0x100000001B3);
    return hash;
}

/* Whether the bytes are well-formed UTF-8: RFC 3629, no surrogates, no overlong forms, no NUL. */
bool kt_utf8_valid(kt_span_t text);
/* Bytes of the character that TEXT begins with; 0 when it begins with none, or with a NUL. */
size_t kt_utf8_first(kt_span_t text);
/* Adds WORD to the words in TEXT (SIZE bytes with its zero byte), which blanks divide; one that
 * does not fit is left out. */
void kt_words_add(char *text, size_t size, const char *word);
/* The longest beginning of TEXT, which is UTF-8, that takes at most MAX bytes and ends between two
 * characters. */
kt_span_t kt_utf8_cut(kt_span_t text, size_t max);

#endif
