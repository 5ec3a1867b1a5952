#include "codec/fields.h"

#include "domain/path.h"
#include "domain/post.h"

#include <kt/page.h>
#include <stdio.h>

static bool
small_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

const char *
fin_wrong_id(kt_span_t text)
{
    static const char *const RULE =
        "is not 1 to 63 of a-z, 0-9, '.', '_' and '-', beginning with a letter "
        "or a digit";
    if (text.size == 0 || text.size > FIN_ID_BYTES_MAX || !small_or_digit(text.data[0]))
        return RULE;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (!small_or_digit(c) && c != '.' && c != '_' && c != '-')
            return RULE;
    }
    return NULL;
}

const char *
fin_wrong_symbol(kt_span_t text)
{
    if (text.size == 0 || text.size > FIN_SYMBOL_BYTES_MAX || !fin_text_printable(text))
        return "is not 1 to 32 bytes of UTF-8 without control characters";
    return NULL;
}

/* SIZE decimal digits at DATA. */
static bool
digits(const uint8_t *data, size_t size, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < size; i++) {
        if (data[i] < '0' || data[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(data[i] - '0');
    }
    return true;
}

const char *
fin_wrong_month(kt_span_t text, int32_t *month)
{
    static const char *const RULE = "is not a month such as 2026-11";
    uint64_t year, of_year;
    if (text.size != 7 || text.data[4] != '-' || !digits(text.data, 4, &year) ||
        !digits(text.data + 5, 2, &of_year))
        return RULE;
    if (year < KT_YEAR_MIN || of_year < 1 || of_year > 12)
        return RULE;
    *month = (int32_t)(year * 12 + of_year - 1);
    return NULL;
}

char *
fin_pb_text(const kt_call_t *call, kt_span_t text)
{
    return kt_arena_copy(call->arena, text);
}

char *
fin_pb_date(const kt_call_t *call, int32_t days)
{
    char text[11];
    kt_date_format(kt_date_from_days(days), text);
    return kt_arena_strdup(call->arena, text);
}

char *
fin_pb_month(const kt_call_t *call, int32_t month)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%04d-%02d", (int)(month / 12), (int)(month % 12 + 1));
    return kt_arena_strdup(call->arena, text);
}

char *
fin_pb_entry(const kt_call_t *call, int32_t year, uint64_t number)
{
    if (number == 0)
        return kt_arena_strdup(call->arena, "");
    return (char *)fin_entry_name(call->arena, year, number);
}

char *
fin_pb_token(const kt_call_t *call, const kt_list_page_t *page, kt_span_t place)
{
    return kt_page_token(call->arena, page->query, place);
}

kt_status_t
fin_pb_done(const kt_call_t *call)
{
    return kt_arena_exhausted(call->arena) ? kt_call_out_of_memory(call) : kt_ok();
}
