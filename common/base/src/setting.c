#include <kt/setting.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool
kt_size_parse(const char *text, uint64_t *bytes)
{
    static const char units[] = "KMGT";
    const char *unit;
    char *end;
    unsigned long long number;
    unsigned shift = 0;

    errno = 0;
    number = strtoull(text, &end, 10);
    if (*end != '\0' && (unit = strchr(units, *end)) != NULL) {
        shift = 10 * ((unsigned)(unit - units) + 1);
        end++;
    }
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 &&
           !__builtin_mul_overflow(number, UINT64_C(1) << shift, bytes);
}

bool
kt_share_parse(const char *text, uint32_t *share)
{
    uint32_t unit = KT_SHARE_WHOLE, read;

    if ((text[0] != '0' && text[0] != '1') || (text[1] != '\0' && text[1] != '.') ||
        (text[1] == '.' && text[2] == '\0'))
        return false;
    read = text[0] == '1' ? KT_SHARE_WHOLE : 0;
    for (const char *c = text + 1 + (text[1] == '.'); *c; c++) {
        if (*c < '0' || *c > '9' || unit == 1)
            return false;
        unit /= 10;
        read += (uint32_t)(*c - '0') * unit;
    }
    if (read > KT_SHARE_WHOLE)
        return false;
    *share = read;
    return true;
}
