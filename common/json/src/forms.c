#include "json_private.h"
#include <inttypes.h>
#include <kt/time.h>
#include <stdio.h>

#define NANOS_PER_S 1000000000
#define NANO_DIGITS 9
/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, as timestamp.proto has them. */
#define TIMESTAMP_MIN INT64_C(-62135596800)
#define TIMESTAMP_MAX INT64_C(253402300799)
/* Ten thousand years, as duration.proto has it. */
#define DURATION_MAX INT64_C(315576000000)

/* ---- base64 ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
kt_json_base64_encode(kt_span_t bytes, char *out)
{
    size_t at = 0;
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t group = KT_MIN(bytes.size - i, 3u);
        uint32_t bits = (uint32_t)bytes.data[i] << 16;
        if (group > 1)
            bits |= (uint32_t)bytes.data[i + 1] << 8;
        if (group > 2)
            bits |= bytes.data[i + 2];
        for (size_t j = 0; j < 4; j++)
            out[at++] = j <= group ? alphabet[(bits >> (18 - 6 * j)) & 63] : '=';
    }
    out[at] = '\0';
}

/* Six bits, or -1. */
static int
base64_value(char letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A';
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9')
        return letter - '0' + 52;
    if (letter == '+' || letter == '-')
        return 62;
    return letter == '/' || letter == '_' ? 63 : -1;
}

bool
kt_json_base64_decode(const char *text, size_t length, uint8_t *out, size_t *size)
{
    size_t padding = 0, made = 0;
    uint32_t bits = 0;
    while (padding < 2 && length > padding && text[length - padding - 1] == '=')
        padding++;
    if (padding > 0 && length % 4 != 0)
        return false;
    length -= padding;
    if (length % 4 == 1)
        return false;
    for (size_t i = 0; i < length; i++) {
        int value = base64_value(text[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 != 0)
            out[made++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    *size = made;
    return true;
}

/* ---- times ---- */

/* ".5", ".000001" and so on with 3, 6 or 9 digits; nothing for 0. */
static void
print_fraction(int32_t nanos, char out[NANO_DIGITS + 2])
{
    snprintf(out, NANO_DIGITS + 2, ".%09" PRId32, nanos);
    if (nanos == 0)
        out[0] = '\0';
    else if (nanos % 1000000 == 0)
        out[4] = '\0';
    else if (nanos % 1000 == 0)
        out[7] = '\0';
}

/* Reads ".digits" at *AT when there is one, and moves past it. */
static bool
parse_fraction(const char **at, int32_t *nanos)
{
    int32_t scale = NANOS_PER_S;
    *nanos = 0;
    if (**at != '.')
        return true;
    for ((*at)++; **at >= '0' && **at <= '9'; (*at)++) {
        if (scale == 1)
            return false;
        scale /= 10;
        *nanos += (**at - '0') * scale;
    }
    return scale < NANOS_PER_S;
}

bool
kt_json_timestamp_print(int64_t seconds, int32_t nanos, char out[KT_JSON_TIME_CHARS])
{
    char whole[28], fraction[NANO_DIGITS + 2];
    if (seconds < TIMESTAMP_MIN || seconds > TIMESTAMP_MAX || nanos < 0 || nanos >= NANOS_PER_S)
        return false;
    kt_time_format(seconds * KT_US_PER_S, whole);
    print_fraction(nanos, fraction);
    snprintf(out, KT_JSON_TIME_CHARS, "%.19s%sZ", whole, fraction);
    return true;
}

bool
kt_json_timestamp_parse(const char *text, int64_t *seconds, int32_t *nanos)
{
    char whole[KT_JSON_TIME_CHARS];
    int64_t time_us;
    size_t length = strlen(text);
    if (length < 20 || length >= KT_JSON_TIME_CHARS)
        return false;
    const char *zone = text + 19;
    if (!parse_fraction(&zone, nanos))
        return false;
    snprintf(whole, sizeof(whole), "%.19s%s", text, zone);
    if (!kt_time_parse(kt_span_str(whole), &time_us))
        return false;
    *seconds = time_us / KT_US_PER_S;
    return true;
}

bool
kt_json_duration_print(int64_t seconds, int32_t nanos, char out[KT_JSON_TIME_CHARS])
{
    char fraction[NANO_DIGITS + 2];
    bool negative = seconds < 0 || nanos < 0;
    if (seconds < -DURATION_MAX || seconds > DURATION_MAX || nanos <= -NANOS_PER_S ||
        nanos >= NANOS_PER_S || (negative && (seconds > 0 || nanos > 0)))
        return false;
    print_fraction(negative ? -nanos : nanos, fraction);
    snprintf(out, KT_JSON_TIME_CHARS, "%s%" PRId64 "%ss", negative ? "-" : "",
             negative ? -seconds : seconds, fraction);
    return true;
}

bool
kt_json_duration_parse(const char *text, int64_t *seconds, int32_t *nanos)
{
    bool negative = *text == '-';
    const char *at = text + negative;
    int64_t whole = 0;
    int32_t part;
    if (*at < '0' || *at > '9')
        return false;
    for (; *at >= '0' && *at <= '9'; at++) {
        whole = whole * 10 + (*at - '0');
        if (whole > DURATION_MAX)
            return false;
    }
    if (!parse_fraction(&at, &part) || strcmp(at, "s") != 0)
        return false;
    *seconds = negative ? -whole : whole;
    *nanos = negative ? -part : part;
    return true;
}
