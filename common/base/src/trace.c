#include <kt/prng.h>
#include <kt/trace.h>

#define VERSION_INVALID 0xFF
#define FLAG_SAMPLED    0x01

/* Where the parts of a traceparent begin. */
enum { AT_VERSION = 0, AT_ID = 3, AT_SPAN = 36, AT_FLAGS = 53 };

/* Whether any of COUNT bytes, eight or sixteen, is not zero. */
static bool
any(const uint8_t *bytes, size_t count)
{
    uint64_t all = 0, word;

    for (size_t i = 0; i < count; i += sizeof(word)) {
        memcpy(&word, bytes + i, sizeof(word));
        all |= word;
    }
    return all != 0;
}

bool
kt_trace_known(const kt_trace_t *trace)
{
    return any(trace->id, sizeof(trace->id));
}

bool
kt_trace_placed(const kt_trace_t *trace)
{
    return any(trace->span, sizeof(trace->span));
}

void
kt_trace_hex(const uint8_t *bytes, size_t count, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

/* 0..15, or more for what is no digit of lower-case hexadecimal. */
static uint8_t
digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return (uint8_t)(c - '0');
    return c >= 'a' && c <= 'f' ? (uint8_t)(c - 'a' + 10) : UINT8_MAX;
}

static bool
unhex(const uint8_t *text, uint8_t *bytes, size_t count)
{
    uint8_t wrong = 0;

    for (size_t i = 0; i < count; i++) {
        uint8_t high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);
        wrong |= (uint8_t)((high | low) & 0xF0);
        bytes[i] = (uint8_t)(high << 4 | (low & 15));
    }
    return wrong == 0;
}

bool
kt_trace_unhex(kt_span_t text, uint8_t *bytes, size_t count)
{
    return text.size == 2 * count && unhex(text.data, bytes, count) && any(bytes, count);
}

static bool
has_shape(kt_span_t text)
{
    return text.size >= KT_TRACEPARENT_CHARS && text.data[AT_ID - 1] == '-' &&
           text.data[AT_SPAN - 1] == '-' && text.data[AT_FLAGS - 1] == '-';
}

bool
kt_trace_parse(kt_span_t text, kt_trace_t *trace)
{
    kt_trace_t read = {.sampled = false};
    uint8_t version, flags;

    *trace = read;
    if (!has_shape(text) || !unhex(text.data + AT_VERSION, &version, 1) ||
        !unhex(text.data + AT_ID, read.id, sizeof(read.id)) ||
        !unhex(text.data + AT_SPAN, read.span, sizeof(read.span)) ||
        !unhex(text.data + AT_FLAGS, &flags, 1))
        return false;
    if (version == VERSION_INVALID || !any(read.id, sizeof(read.id)) ||
        !any(read.span, sizeof(read.span)))
        return false;
    /* Only a later version may go on, and then behind a dash. */
    if (text.size > KT_TRACEPARENT_CHARS &&
        (version == 0 || text.data[KT_TRACEPARENT_CHARS] != '-'))
        return false;
    read.sampled = (flags & FLAG_SAMPLED) != 0;
    *trace = read;
    return true;
}

void
kt_trace_format(const kt_trace_t *trace, char out[KT_TRACEPARENT_CHARS + 1])
{
    memcpy(out, "00-", AT_ID);
    kt_trace_hex(trace->id, sizeof(trace->id), out + AT_ID);
    out[AT_SPAN - 1] = '-';
    kt_trace_hex(trace->span, sizeof(trace->span), out + AT_SPAN);
    memcpy(out + AT_FLAGS - 1, trace->sampled ? "-01" : "-00", 4);
}

void
kt_trace_format_ids(const kt_trace_t *trace, char id[KT_TRACE_ID_CHARS + 1],
                    char span[KT_TRACE_SPAN_CHARS + 1])
{
    bool known = kt_trace_known(trace);

    id[known ? KT_TRACE_ID_CHARS : 0] = span[known ? KT_TRACE_SPAN_CHARS : 0] = '\0';
    if (!known)
        return;
    kt_trace_hex(trace->id, sizeof(trace->id), id);
    kt_trace_hex(trace->span, sizeof(trace->span), span);
}

/* Eight bytes of chance, never all zero. */
static void
draw(kt_prng_t *prng, uint8_t out[8])
{
    uint64_t bits = kt_prng_next(prng);

    bits = bits != 0 ? bits : 1;
    memcpy(out, &bits, sizeof(bits));
}

kt_trace_t
kt_trace_new(kt_prng_t *prng, uint32_t per_million)
{
    kt_trace_t trace = {.sampled = false};
    uint64_t chance;

    draw(prng, trace.id);
    draw(prng, trace.id + 8);
    memcpy(&chance, trace.id + 8, sizeof(chance));
    trace.sampled = chance % KT_TRACE_ALWAYS < per_million;
    if (trace.sampled)
        draw(prng, trace.span);
    return trace;
}

void
kt_trace_new_span(kt_prng_t *prng, kt_trace_t *trace)
{
    draw(prng, trace->span);
}
