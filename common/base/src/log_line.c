#include "log_line.h"

#include <stdio.h>

/* Kept free for what closes a cut line. */
#define LOGFMT_END "...\n"
#define JSON_END   "\",\"cut\":true}\n"

static size_t
room_of(const kt_log_line_t *line)
{
    return KT_LOG_LINE_MAX -
           (line->format == KT_LOG_JSON ? sizeof(JSON_END) - 1 : sizeof(LOGFMT_END) - 1);
}

/* Adds all of TEXT; or, once something did not fit, nothing more. */
static void
add(kt_log_line_t *line, const void *text, size_t size)
{
    line->cut |= line->size + size > room_of(line);
    if (line->cut || size == 0)
        return;
    memcpy(line->text + line->size, text, size);
    line->size += size;
}

static void
add_text(kt_log_line_t *line, const char *text)
{
    add(line, text, strlen(text));
}

/* For what has its room kept. */
static void
close_with(kt_log_line_t *line, const char *text)
{
    size_t size = strlen(text);

    KT_ASSERT(size <= KT_LOG_LINE_MAX - line->size);
    memcpy(line->text + line->size, text, size);
    line->size += size;
}

/* C1 controls (U+0080..U+009F) drive terminals as escape sequences do. */
static bool
is_c1(kt_span_t text)
{
    return text.size >= 2 && text.data[0] == 0xC2 && text.data[1] < 0xA0;
}

/* ---- logfmt ---- */

static bool
needs_escape(uint8_t c, bool utf8)
{
    return c < 0x20 || c == 0x7F || c == '"' || c == '\\' || (c >= 0x80 && !utf8);
}

/* One with C1 controls counts as broken text. */
static bool
is_clean_utf8(kt_span_t value)
{
    for (size_t i = 0; i < value.size; i++)
        if (is_c1(kt_span(value.data + i, value.size - i)))
            return false;
    return kt_utf8_valid(value);
}

static void
add_escaped(kt_log_line_t *line, uint8_t c)
{
    char escaped[8];
    int size = c == '\n'               ? snprintf(escaped, sizeof(escaped), "\\n")
               : c == '"' || c == '\\' ? snprintf(escaped, sizeof(escaped), "\\%c", c)
                                       : snprintf(escaped, sizeof(escaped), "\\x%02x", c);
    add(line, escaped, (size_t)size);
}

static void
add_logfmt_value(kt_log_line_t *line, kt_span_t value)
{
    bool utf8 = is_clean_utf8(value);
    bool quote = value.size == 0;

    for (size_t i = 0; i < value.size && !quote; i++)
        quote = needs_escape(value.data[i], utf8) || value.data[i] == ' ' || value.data[i] == '=';
    if (quote)
        add_text(line, "\"");
    for (size_t i = 0, size; i < value.size; i += size) {
        size = utf8 ? kt_utf8_first(kt_span(value.data + i, value.size - i)) : 1;
        if (needs_escape(value.data[i], utf8))
            add_escaped(line, value.data[i]);
        else
            add(line, value.data + i, size);
    }
    if (quote)
        add_text(line, "\"");
}

/* ---- JSON ---- */

static size_t
digits(kt_span_t text, size_t at)
{
    size_t from = at;

    while (at < text.size && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    return at - from;
}

/* RFC 8259, section 6: what printf writes of a number that is finite, and not padded with zeros. */
static bool
is_json_number(kt_span_t text)
{
    size_t at = text.size > 0 && text.data[0] == '-', count = digits(text, at);

    if (count == 0 || (count > 1 && text.data[at] == '0'))
        return false;
    at += count;
    if (at < text.size && text.data[at] == '.') {
        count = digits(text, at + 1);
        at += count > 0 ? 1 + count : 0;
    }
    if (at < text.size && text.data[at] == 'e') {
        size_t sign = at + 1 < text.size && (text.data[at + 1] == '-' || text.data[at + 1] == '+');
        count = digits(text, at + 1 + sign);
        at += count > 0 ? 1 + sign + count : 0;
    }
    return at == text.size;
}

/* The next character of a string; returns the bytes of it that were taken. */
static size_t
add_json_character(kt_log_line_t *line, kt_span_t rest)
{
    size_t size = kt_utf8_first(rest);
    uint8_t c = rest.data[0];
    char escaped[8];

    if (size == 0 && c != 0) {
        add_text(line, "\xEF\xBF\xBD"); /* U+FFFD */
        return 1;
    }
    if (c == '"' || c == '\\') {
        (void)snprintf(escaped, sizeof(escaped), "\\%c", c);
        add_text(line, escaped);
    } else if (c < 0x20 || c == 0x7F || is_c1(rest)) {
        (void)snprintf(escaped, sizeof(escaped), "\\u%04x", is_c1(rest) ? rest.data[1] : c);
        add_text(line, escaped);
    } else {
        add(line, rest.data, size);
    }
    return KT_MAX(size, (size_t)1);
}

static void
add_json_field(kt_log_line_t *line, kt_span_t name, kt_span_t value, bool number)
{
    size_t before = line->size;
    bool cut_before = line->cut;

    number = number && is_json_number(value);
    add_text(line, before == 1 ? "\"" : ",\"");
    add(line, name.data, name.size);
    add_text(line, number ? "\":" : "\":\"");
    if (number)
        add(line, value.data, value.size);
    if (line->cut) { /* not even its beginning fits */
        line->size = before;
        return;
    }
    KT_ASSERT(!cut_before);
    if (number)
        return;
    for (size_t at = 0; at < value.size && !line->cut;)
        at += add_json_character(line, kt_span(value.data + at, value.size - at));
    close_with(line, "\"");
}

/* ---- either ---- */

void
kt_log_line_begin(kt_log_line_t *line, kt_log_format_t format)
{
    line->size = 0;
    line->cut = false;
    line->format = format;
    if (format == KT_LOG_JSON)
        add_text(line, "{");
}

void
kt_log_line_field(kt_log_line_t *line, kt_span_t name, kt_span_t value, bool number)
{
    if (line->cut)
        return;
    if (line->format == KT_LOG_JSON) {
        add_json_field(line, name, value, number);
        return;
    }
    if (line->size > 0)
        add_text(line, " ");
    add(line, name.data, name.size);
    add_text(line, "=");
    add_logfmt_value(line, value);
}

void
kt_log_line_end(kt_log_line_t *line)
{
    if (line->format == KT_LOG_JSON)
        close_with(line, line->cut ? ",\"cut\":true}\n" : "}\n");
    else
        close_with(line, line->cut ? LOGFMT_END : "\n");
}
