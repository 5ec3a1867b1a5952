#include "display.h"

#include <string.h>
#include <wchar.h>

/* The bytes of the character at TEXT and the columns it takes; 1 byte and -1 columns when it is
 * none that can be shown. */
static size_t
character(const char *text, size_t size, int *columns)
{
    mbstate_t state = {0};
    wchar_t wide;
    size_t bytes = mbrtowc(&wide, text, size, &state);
    if (bytes == 0 || bytes > size) {
        *columns = -1;
        return 1;
    }
    *columns = wcwidth(wide);
    return bytes;
}

size_t
cli_display_width(const char *text)
{
    size_t left = strlen(text), width = 0;
    while (left > 0) {
        int columns;
        size_t bytes = character(text, left, &columns);
        width += columns < 0 ? 1 : (size_t)columns;
        text += bytes;
        left -= bytes;
    }
    return width;
}

void
cli_display_put(FILE *out, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        int columns;
        size_t bytes = character(text, left, &columns);
        if (columns < 0)
            fputc('?', out);
        else
            fwrite(text, 1, bytes, out);
        text += bytes;
        left -= bytes;
    }
}

size_t
cli_utf8_cut(const char *text, size_t size)
{
    size_t whole = strlen(text);
    if (whole <= size)
        return whole;
    while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
        size--;
    return size;
}

void
cli_hex(const uint8_t *bytes, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = 0;
}
