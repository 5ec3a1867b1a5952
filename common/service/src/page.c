#include <kt/pack.h>
#include <kt/page.h>

#define VERSION    1
#define HEAD_BYTES 9 /* version, query */

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

uint64_t
kt_page_query(uint64_t query, kt_span_t field)
{
    /* The length goes first, so that ("ab", "c") and ("a", "bc") differ. */
    uint8_t length[8];
    kt_writer_t w = kt_writer(length, sizeof length);
    kt_put_u64(&w, field.size);
    return kt_span_hash(kt_span_hash(query ^ KT_HASH_BEGIN, kt_written(&w)), field);
}

char *
kt_page_token(kt_arena_t *arena, uint64_t query, kt_span_t place)
{
    KT_ASSERT(place.size <= KT_PAGE_PLACE_BYTES_MAX);
    uint8_t raw[HEAD_BYTES + KT_PAGE_PLACE_BYTES_MAX];
    kt_writer_t w = kt_writer(raw, sizeof raw);
    kt_put_u8(&w, VERSION);
    kt_put_u64(&w, query);
    kt_put_bytes(&w, place.data, place.size);

    char *token = (char *)kt_arena_alloc(arena, KT_PAGE_TOKEN_CHARS_MAX + 1);
    if (!token)
        return NULL;
    size_t chars = 0;
    uint32_t bits = 0, held = 0;
    for (size_t i = 0; i < w.size; i++) {
        bits = (bits << 8) | raw[i];
        for (held += 8; held >= 6; held -= 6)
            token[chars++] = ALPHABET[(bits >> (held - 6)) & 63];
    }
    if (held > 0)
        token[chars++] = ALPHABET[(bits << (6 - held)) & 63];
    token[chars] = '\0';
    return token;
}

/* The number a character stands for, or -1. */
static int
digit(uint8_t c)
{
    const char *at = c ? strchr(ALPHABET, c) : NULL;
    return at ? (int)(at - ALPHABET) : -1;
}

bool
kt_page_parse(kt_arena_t *arena, kt_span_t token, uint64_t query, kt_span_t *place)
{
    if (token.size > KT_PAGE_TOKEN_CHARS_MAX)
        return false;
    uint8_t *raw = (uint8_t *)kt_arena_alloc(arena, token.size + 1);
    if (!raw)
        return false;
    size_t size = 0;
    uint32_t bits = 0, held = 0;
    for (size_t i = 0; i < token.size; i++) {
        int value = digit(token.data[i]);
        if (value < 0)
            return false;
        bits = (bits << 6) | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            raw[size++] = (uint8_t)(bits >> held);
        }
    }
    /* One spelling for each token: no lone character, no bits left over. */
    if (held >= 6 || (bits & ((1u << held) - 1)) != 0)
        return false;

    kt_reader_t r = kt_reader(kt_span(raw, size));
    uint8_t version = kt_get_u8(&r);
    uint64_t bound = kt_get_u64(&r);
    if (r.failed || version != VERSION || bound != query)
        return false;
    *place = kt_span(raw + HEAD_BYTES, size - HEAD_BYTES);
    return true;
}
