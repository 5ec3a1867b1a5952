#include <kt/span.h>

/* The ranges are those of RFC 3629, section 4. */
size_t
kt_utf8_first(kt_span_t rest)
{
    const uint8_t *text = rest.data;
    uint8_t lead = rest.size > 0 ? text[0] : 0;
    size_t size = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

    if (lead == 0 || size == 0 || lead > 0xF4 || size > rest.size)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    }
    /* The second byte rules out overlong forms, surrogates and what lies past U+10FFFF. */
    if ((lead == 0xE0 && text[1] < 0xA0) || (lead == 0xED && text[1] > 0x9F) ||
        (lead == 0xF0 && text[1] < 0x90) || (lead == 0xF4 && text[1] > 0x8F))
        return 0;
    return size;
}

/* Whether eight bytes are all in 0x01..0x7F: the common case, taken a word at a time. */
static bool
plain_ascii_word(const uint8_t *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof(word));
    uint64_t zeros = (word - UINT64_C(0x0101010101010101)) & ~word;
    return ((word | zeros) & UINT64_C(0x8080808080808080)) == 0;
}

bool
kt_utf8_valid(kt_span_t text)
{
    size_t at = 0;

    while (text.size - at >= sizeof(uint64_t) && plain_ascii_word(text.data + at))
        at += sizeof(uint64_t);
    /* What is left of plain ASCII, in a word that overlaps the last one. */
    if (text.size - at < sizeof(uint64_t) && text.size >= sizeof(uint64_t) &&
        plain_ascii_word(text.data + text.size - sizeof(uint64_t)))
        return true;
    while (at < text.size) {
        if (text.size - at >= sizeof(uint64_t) && plain_ascii_word(text.data + at)) {
            at += sizeof(uint64_t);
            continue;
        }
        size_t size = kt_utf8_first(kt_span(text.data + at, text.size - at));
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

void
kt_words_add(char *text, size_t size, const char *word)
{
    size_t used = strlen(text), blank = used > 0;

    if (used + blank + strlen(word) >= size)
        return;
    memcpy(text + used, " ", blank);
    strcpy(text + used + blank, word);
}

kt_span_t
kt_utf8_cut(kt_span_t text, size_t max)
{
    if (text.size <= max)
        return text;
    while (max > 0 && (text.data[max] & 0xC0) == 0x80)
        max--;
    return kt_span(text.data, max);
}
