/* Input: a text. What reads as a date, a time or an id is written again, reads again, and is the
 * same; and a text that is UTF-8 stays so when a character of it is cut off at its front. */
#include <kt/time.h>
#include <kt/ulid.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_date(kt_span_t text)
{
    kt_date_t date;
    char out[11];

    if (!kt_date_parse(text, &date))
        return;
    kt_date_format(date, out);
    KT_ASSERT(kt_span_equal(kt_span_str(out), text));
    kt_date_t back = kt_date_from_days(kt_days_from_date(date));
    KT_ASSERT(memcmp(&back, &date, sizeof(date)) == 0);
}

static void
try_time(kt_span_t text)
{
    int64_t time_us, back;
    char out[28];

    if (!kt_time_parse(text, &time_us))
        return;
    kt_time_format(time_us, out);
    KT_ASSERT(kt_time_parse(kt_span_str(out), &back));
    KT_ASSERT(back == time_us);
}

static void
try_ulid(kt_span_t text)
{
    kt_ulid_t id, back;
    char out[KT_ULID_CHARS + 1];

    if (!kt_ulid_parse(text, &id))
        return;
    kt_ulid_format(&id, out);
    KT_ASSERT(kt_ulid_parse(kt_span_str(out), &back));
    KT_ASSERT(memcmp(&back, &id, sizeof(id)) == 0);
}

static void
try_utf8(kt_span_t text)
{
    size_t character = 1;

    if (!kt_utf8_valid(text) || text.size == 0)
        return;
    while (character < text.size && (text.data[character] & 0xC0) == 0x80)
        character++;
    KT_ASSERT(character <= 4);
    KT_ASSERT(kt_utf8_valid(kt_span(text.data + character, text.size - character)));
    KT_ASSERT(character == 1 || !kt_utf8_valid(kt_span(text.data + 1, text.size - 1)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kt_span_t text = kt_span(data, size);

    try_date(text);
    try_time(text);
    try_ulid(text);
    try_utf8(text);
    return 0;
}
