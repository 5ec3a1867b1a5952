#include "domain/path.h"

static const struct {
    const char *name;
    fin_type_t type;
} FIRST_NAMES[] = {
    {"assets", FIN_TYPE_ASSET},          {"asset", FIN_TYPE_ASSET},
    {"liabilities", FIN_TYPE_LIABILITY}, {"liability", FIN_TYPE_LIABILITY},
    {"equity", FIN_TYPE_EQUITY},         {"income", FIN_TYPE_INCOME},
    {"revenues", FIN_TYPE_INCOME},       {"revenue", FIN_TYPE_INCOME},
    {"expenses", FIN_TYPE_EXPENSE},      {"expense", FIN_TYPE_EXPENSE},
};

bool
fin_text_printable(kt_span_t text)
{
    if (!kt_utf8_valid(text))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte < 0x20 || byte == 0x7f)
            return false;
        /* U+0080..U+009F are C2 80..C2 9F. */
        if (byte == 0xc2 && text.data[i + 1] < 0xa0)
            return false;
    }
    return true;
}

const char *
fin_path_check(kt_span_t path)
{
    if (path.size == 0)
        return "an account has a path, such as assets:bank";
    if (path.size > FIN_PATH_BYTES_MAX)
        return "an account's path has at most 255 bytes";
    if (!fin_text_printable(path))
        return "an account's path is UTF-8 without control characters";
    uint32_t names = 1;
    bool empty = true;
    for (size_t i = 0; i < path.size; i++) {
        if (path.data[i] != ':') {
            empty = false;
            continue;
        }
        if (empty)
            return "no name in an account's path is empty";
        empty = true;
        names++;
    }
    if (empty)
        return "no name in an account's path is empty";
    return names > FIN_PATH_NAMES_MAX ? "an account's path has at most 16 names" : NULL;
}

kt_span_t
fin_path_parent(kt_span_t path)
{
    size_t size = path.size;
    while (size > 0 && path.data[size - 1] != ':')
        size--;
    return kt_span(path.data, size > 0 ? size - 1 : 0);
}

bool
fin_path_reserved(kt_span_t path)
{
    kt_span_t trading = kt_span_str(FIN_PATH_TRADING);
    return kt_span_starts_with(path, trading) &&
           (path.size == trading.size || path.data[trading.size] == ':');
}

/* Whether the two are equal but for the case of ASCII letters; WORD is in lower case. */
static bool
same_word(kt_span_t text, const char *word)
{
    if (text.size != strlen(word))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte >= 'A' && byte <= 'Z')
            byte = (uint8_t)(byte + ('a' - 'A'));
        if (byte != (uint8_t)word[i])
            return false;
    }
    return true;
}

fin_type_t
fin_path_type(kt_span_t path)
{
    size_t size = 0;
    while (size < path.size && path.data[size] != ':')
        size++;
    for (size_t i = 0; i < KT_COUNT(FIRST_NAMES); i++)
        if (same_word(kt_span(path.data, size), FIRST_NAMES[i].name))
            return FIRST_NAMES[i].type;
    return FIN_TYPE_NONE;
}
