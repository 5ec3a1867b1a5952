#include <kt/time.h>
#include <kt/ulid.h>

#define TIME_MS_MAX ((INT64_C(1) << 48) - 1)

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

kt_ulid_t
kt_ulid_make(int64_t time_us, uint16_t random_high, uint64_t random_low)
{
    int64_t time_ms = KT_MAX(0, KT_MIN(time_us / KT_US_PER_MS, TIME_MS_MAX));
    uint64_t high = (uint64_t)time_ms << 16 | random_high;
    kt_ulid_t id;

    for (unsigned i = 0; i < 8; i++) {
        id.bytes[i] = (uint8_t)(high >> (56 - 8 * i));
        id.bytes[8 + i] = (uint8_t)(random_low >> (56 - 8 * i));
    }
    return id;
}

int64_t
kt_ulid_time_us(const kt_ulid_t *id)
{
    int64_t time_ms = 0;

    for (unsigned i = 0; i < 6; i++)
        time_ms = time_ms << 8 | id->bytes[i];
    return time_ms * KT_US_PER_MS;
}

void
kt_ulid_format(const kt_ulid_t *id, char out[KT_ULID_CHARS + 1])
{
    /* 26 characters of five bits are 130 bits: the first carries only the top three. */
    uint32_t bits = 0;
    unsigned held = 2;
    size_t next = 0;

    for (size_t i = 0; i < KT_ULID_CHARS; i++) {
        if (held < 5) {
            bits = bits << 8 | id->bytes[next++];
            held += 8;
        }
        held -= 5;
        out[i] = alphabet[bits >> held & 31];
    }
    out[KT_ULID_CHARS] = '\0';
}

static int
base32_digit(uint8_t c)
{
    uint8_t upper = c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
    const char *found = upper ? strchr(alphabet, upper) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

static int
hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
parse_base32(const uint8_t *text, kt_ulid_t *id)
{
    kt_ulid_t made = {{0}};
    uint32_t bits = 0;
    unsigned held = 0;
    size_t next = 0;

    for (size_t i = 0; i < KT_ULID_CHARS; i++) {
        int digit = base32_digit(text[i]);
        if (digit < 0 || (i == 0 && digit > 7))
            return false;
        bits = bits << 5 | (uint32_t)digit;
        held += i == 0 ? 3 : 5;
        if (held >= 8) {
            held -= 8;
            made.bytes[next++] = (uint8_t)(bits >> held);
        }
    }
    *id = made;
    return true;
}

static bool
parse_uuid(const uint8_t *text, kt_ulid_t *id)
{
    kt_ulid_t made = {{0}};
    size_t digits = 0;

    for (size_t i = 0; i < 36; i++) {
        bool hyphen_here = i == 8 || i == 13 || i == 18 || i == 23;
        int digit = hyphen_here ? 0 : hex_digit(text[i]);
        if (digit < 0 || (hyphen_here && text[i] != '-'))
            return false;
        if (!hyphen_here) {
            uint8_t *byte = &made.bytes[digits++ / 2];
            *byte = (uint8_t)(*byte << 4 | digit);
        }
    }
    *id = made;
    return true;
}

void
kt_ulid_format_name(const kt_ulid_t *id, char out[KT_ULID_CHARS + 1])
{
    kt_ulid_format(id, out);
    for (char *c = out; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
}

bool
kt_ulid_parse(kt_span_t text, kt_ulid_t *id)
{
    if (text.size == KT_ULID_CHARS)
        return parse_base32(text.data, id);
    return text.size == 36 && parse_uuid(text.data, id);
}
