#include "decimal.h"

#include <stdio.h>

static bool
is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Where the decimal mark stands in TEXT (no sign any more): its size when there is none. */
static size_t
find_mark(kt_span_t text)
{
    size_t last = text.size, marks = 0;
    bool both = false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != '.' && text.data[i] != ',')
            continue;
        both = both || (marks > 0 && text.data[last] != text.data[i]);
        last = i;
        marks++;
    }
    return marks == 1 || both ? last : text.size;
}

/* Whether the marks before the decimal one are all alike, not the decimal one, and divide groups of
 * three. */
static bool
groups_right(kt_span_t text, size_t mark)
{
    uint8_t divider = 0;
    size_t run = 0;
    for (size_t i = 0; i < mark; i++) {
        if (is_digit(text.data[i])) {
            run++;
            continue;
        }
        bool first = divider == 0;
        if (first)
            divider = text.data[i];
        if (text.data[i] != divider || (first ? run < 1 || run > 3 : run != 3))
            return false;
        run = 0;
    }
    return divider == 0 || (run == 3 && (mark == text.size || text.data[mark] != divider));
}

const char *
cli_decimal_parse(kt_span_t text, cli_decimal_t *decimal)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    if (negative || (text.size > 0 && text.data[0] == '+'))
        text = kt_span(text.data + 1, text.size - 1);
    bool digit = false;
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i]) && text.data[i] != '.' && text.data[i] != ',')
            return "not a decimal number";
        digit = digit || is_digit(text.data[i]);
    }
    if (!digit)
        return "not a decimal number";
    size_t mark = find_mark(text), end = text.size;
    if (!groups_right(text, mark))
        return "not a decimal number: the marks do not divide groups of three digits";
    int written = mark < text.size ? (int)KT_MIN(text.size - mark - 1, (size_t)INT32_MAX) : 0;
    while (mark < end && (text.data[end - 1] == '0' || end - 1 == mark))
        end--;
    int64_t digits = 0;
    for (size_t i = 0; i < end; i++) {
        if (!is_digit(text.data[i]))
            continue;
        if (__builtin_mul_overflow(digits, 10, &digits) ||
            __builtin_sub_overflow(digits, text.data[i] - '0', &digits))
            return "more digits than 64 bits hold";
    }
    size_t scale = mark < end ? end - mark - 1 : 0;
    if (scale > CLI_SCALE_MAX)
        return "more than 18 decimal places";
    if (!negative && digits == INT64_MIN)
        return "more digits than 64 bits hold";
    *decimal = (cli_decimal_t){
        .digits = negative ? digits : -digits, .scale = (int)scale, .written = written};
    return NULL;
}

bool
cli_decimal_to_minor(const cli_decimal_t *decimal, int scale, int64_t *minor)
{
    int64_t value = decimal->digits;
    if (decimal->scale > scale)
        return false;
    for (int i = decimal->scale; i < scale && value != 0; i++)
        if (__builtin_mul_overflow(value, 10, &value))
            return false;
    *minor = value;
    return true;
}

void
cli_amount_format(int64_t minor, int scale, char out[CLI_AMOUNT_CHARS])
{
    uint64_t left = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    char reversed[CLI_AMOUNT_CHARS];
    int at = 0;
    scale = KT_MAX(0, KT_MIN(scale, CLI_SCALE_MAX));
    for (int digit = 0; digit <= scale || left > 0; digit++) {
        if (digit == scale && scale > 0)
            reversed[at++] = '.';
        reversed[at++] = (char)('0' + left % 10);
        left /= 10;
    }
    if (minor < 0)
        reversed[at++] = '-';
    for (int i = 0; i < at; i++)
        out[i] = reversed[at - 1 - i];
    out[at] = 0;
}
