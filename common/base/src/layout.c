#include <kt/layout.h>

#include <kt/time.h>

/* Where a field of a record lies. */
static const void *
place_of(const void *record, const kt_field_t *field)
{
    return (const uint8_t *)record + field->at;
}

static bool
is_stored(const kt_field_t *field, uint32_t depth)
{
    return depth > 1 || !(field->flags & KT_KEYED);
}

static const void *
item_of(const kt_list_t *list, const kt_layout_t *layout, uint32_t i)
{
    return (const uint8_t *)list->items + layout->size * i;
}

static void
clear_dates(const kt_layout_t *layout, uint8_t *record, uint32_t depth)
{
    KT_ASSERT(depth <= KT_LAYOUT_DEPTH_MAX);
    for (uint32_t i = 0; i < layout->count; i++) {
        const kt_field_t *field = &layout->fields[i];

        if (field->kind == KT_FIELD_DATE)
            *(int32_t *)(void *)(record + field->at) = KT_DATE_NONE;
        if (field->kind == KT_FIELD_PART)
            clear_dates(field->of, record + field->at, depth + 1);
    }
}

void
kt_layout_clear(const kt_layout_t *layout, void *record)
{
    memset(record, 0, layout->size);
    clear_dates(layout, (uint8_t *)record, 1);
}

/* ---- what a field may be ---- */

static bool
is_small_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

const char *
kt_wrong_name(kt_span_t text, size_t bytes_max)
{
    if (text.size == 0)
        return "is missing";
    if (text.size > bytes_max)
        return "is too long";
    if (!is_small_or_digit(text.data[0]))
        return "does not begin with a letter of a-z or a digit";
    for (size_t i = 1; i < text.size; i++) {
        uint8_t c = text.data[i];

        if (!is_small_or_digit(c) && c != '.' && c != '_' && c != '-')
            return "has other characters than a-z, 0-9, '.', '_' and '-'";
    }
    return NULL;
}

const char *
kt_wrong_text(kt_span_t text, size_t bytes_max)
{
    if (text.size > bytes_max)
        return "is too long";
    if (!kt_utf8_valid(text))
        return "is not UTF-8";
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        bool is_line_end = c == '\n' || c == '\r';
        /* U+0080 to U+009F */
        bool is_c1 = c == 0xC2 && text.data[i + 1] < 0xA0;

        if ((c < 0x20 && !is_line_end) || c == 0x7F || is_c1)
            return "has control characters";
    }
    return NULL;
}

static bool
is_date(int32_t days)
{
    return days == KT_DATE_NONE || (days >= kt_days_from_date((kt_date_t){KT_YEAR_MIN, 1, 1}) &&
                                    days <= kt_days_from_date((kt_date_t){KT_YEAR_MAX, 12, 31}));
}

static bool
are_names(const kt_field_t *field, const kt_list_t *list)
{
    const kt_span_t *names = (const kt_span_t *)list->items;

    if (list->count > field->max)
        return false;
    for (uint32_t i = 0; i < list->count; i++)
        if (kt_wrong_name(names[i], (size_t)field->min))
            return false;
    return true;
}

/* Of a field that holds no other layout. */
static bool
keeps_limits(const kt_field_t *field, const void *place)
{
    const kt_span_t *text = (const kt_span_t *)place;

    switch (field->kind) {
    case KT_FIELD_NAME:
        return text->size == 0 || !kt_wrong_name(*text, (size_t)field->max);
    case KT_FIELD_TEXT:
        return !kt_wrong_text(*text, (size_t)field->max);
    case KT_FIELD_ENUM:
        return *(const uint32_t *)place <= field->max;
    case KT_FIELD_U32:
        return *(const uint32_t *)place >= field->min && *(const uint32_t *)place <= field->max;
    case KT_FIELD_I64:
        return *(const int64_t *)place >= field->min && *(const int64_t *)place <= field->max;
    case KT_FIELD_DATE:
        return is_date(*(const int32_t *)place);
    case KT_FIELD_NAMES:
        return are_names(field, (const kt_list_t *)place);
    case KT_FIELD_ID:
    case KT_FIELD_HASH:
    case KT_FIELD_BOOL:
    case KT_FIELD_LIST:
    case KT_FIELD_PART:
        return true;
    }
    return false;
}

static const char *
wrong(const kt_layout_t *layout, const void *record, uint32_t depth)
{
    KT_ASSERT(depth <= KT_LAYOUT_DEPTH_MAX);
    for (uint32_t i = 0; i < layout->count; i++) {
        const kt_field_t *field = &layout->fields[i];
        const void *place = place_of(record, field);
        const kt_list_t *list = (const kt_list_t *)place;
        const char *inside = NULL;

        if (!is_stored(field, depth))
            continue;
        if (!keeps_limits(field, place) ||
            (field->kind == KT_FIELD_LIST && list->count > field->max))
            return field->name;
        if (field->kind == KT_FIELD_PART)
            inside = wrong(field->of, place, depth + 1);
        for (uint32_t j = 0; field->kind == KT_FIELD_LIST && !inside && j < list->count; j++)
            inside = wrong(field->of, item_of(list, field->of, j), depth + 1);
        if (inside)
            return inside;
    }
    return NULL;
}

const char *
kt_layout_wrong(const kt_layout_t *layout, const void *record)
{
    return wrong(layout, record, 1);
}

/* ---- writing ---- */

static void put(kt_writer_t *w, const kt_layout_t *layout, const void *record, uint32_t depth);

static void
put_count(kt_writer_t *w, uint32_t count)
{
    w->failed = w->failed || count > UINT16_MAX;
    kt_put_u16(w, (uint16_t)count);
}

static void
put_list(kt_writer_t *w, const kt_field_t *field, const kt_list_t *list, uint32_t depth)
{
    put_count(w, list->count);
    for (uint32_t i = 0; i < list->count; i++)
        put(w, field->of, item_of(list, field->of, i), depth + 1);
}

static void
put_names(kt_writer_t *w, const kt_list_t *list)
{
    const kt_span_t *names = (const kt_span_t *)list->items;

    put_count(w, list->count);
    for (uint32_t i = 0; i < list->count; i++)
        kt_put_str(w, names[i]);
}

static void
put_field(kt_writer_t *w, const kt_field_t *field, const void *place, uint32_t depth)
{
    switch (field->kind) {
    case KT_FIELD_NAME:
    case KT_FIELD_TEXT:
        kt_put_str(w, *(const kt_span_t *)place);
        return;
    case KT_FIELD_ID:
        kt_put_bytes(w, place, KT_ULID_BYTES);
        return;
    case KT_FIELD_HASH:
        kt_put_bytes(w, place, KT_HASH_BYTES);
        return;
    case KT_FIELD_BOOL:
        kt_put_u8(w, *(const bool *)place);
        return;
    case KT_FIELD_ENUM:
        put_count(w, *(const uint32_t *)place);
        return;
    case KT_FIELD_U32:
        kt_put_u32(w, *(const uint32_t *)place);
        return;
    case KT_FIELD_I64:
        kt_put_i64(w, *(const int64_t *)place);
        return;
    case KT_FIELD_DATE:
        kt_put_u32(w, (uint32_t) * (const int32_t *)place);
        return;
    case KT_FIELD_LIST:
        put_list(w, field, (const kt_list_t *)place, depth);
        return;
    case KT_FIELD_NAMES:
        put_names(w, (const kt_list_t *)place);
        return;
    case KT_FIELD_PART:
        put(w, field->of, place, depth + 1);
        return;
    }
}

static void
put(kt_writer_t *w, const kt_layout_t *layout, const void *record, uint32_t depth)
{
    KT_ASSERT(depth <= KT_LAYOUT_DEPTH_MAX);
    for (uint32_t i = 0; i < layout->count; i++)
        if (is_stored(&layout->fields[i], depth))
            put_field(w, &layout->fields[i], place_of(record, &layout->fields[i]), depth);
}

void
kt_layout_put(kt_writer_t *w, const kt_layout_t *layout, const void *record)
{
    put(w, layout, record, 1);
}

/* ---- how long it is ---- */

static size_t
size_of_names(const kt_list_t *list)
{
    const kt_span_t *names = (const kt_span_t *)list->items;
    size_t size = sizeof(uint16_t);

    for (uint32_t i = 0; i < list->count; i++)
        size += sizeof(uint16_t) + names[i].size;
    return size;
}

static size_t
size_of(const kt_layout_t *layout, const void *record, uint32_t depth)
{
    static const size_t FIXED[] = {
        [KT_FIELD_NAME] = sizeof(uint16_t),
        [KT_FIELD_TEXT] = sizeof(uint16_t),
        [KT_FIELD_ID] = KT_ULID_BYTES,
        [KT_FIELD_HASH] = KT_HASH_BYTES,
        [KT_FIELD_BOOL] = sizeof(uint8_t),
        [KT_FIELD_ENUM] = sizeof(uint16_t),
        [KT_FIELD_U32] = sizeof(uint32_t),
        [KT_FIELD_I64] = sizeof(int64_t),
        [KT_FIELD_DATE] = sizeof(uint32_t),
        [KT_FIELD_LIST] = sizeof(uint16_t),
        [KT_FIELD_PART] = 0,
        [KT_FIELD_NAMES] = 0,
    };
    size_t size = 0;

    KT_ASSERT(depth <= KT_LAYOUT_DEPTH_MAX);
    for (uint32_t i = 0; i < layout->count; i++) {
        const kt_field_t *field = &layout->fields[i];
        const void *place = place_of(record, field);
        const kt_list_t *list = (const kt_list_t *)place;

        if (!is_stored(field, depth))
            continue;
        size += FIXED[field->kind];
        if (field->kind == KT_FIELD_NAME || field->kind == KT_FIELD_TEXT)
            size += ((const kt_span_t *)place)->size;
        if (field->kind == KT_FIELD_NAMES)
            size += size_of_names(list);
        if (field->kind == KT_FIELD_PART)
            size += size_of(field->of, place, depth + 1);
        for (uint32_t j = 0; field->kind == KT_FIELD_LIST && j < list->count; j++)
            size += size_of(field->of, item_of(list, field->of, j), depth + 1);
    }
    return size;
}

size_t
kt_layout_size(const kt_layout_t *layout, const void *record)
{
    return size_of(layout, record, 1);
}

/* ---- reading ---- */

typedef struct {
    kt_reader_t r;
    kt_arena_t *arena;
} source_t;

static void get(source_t *source, const kt_layout_t *layout, void *record, uint32_t depth);

static kt_span_t
get_text(source_t *source)
{
    kt_span_t bytes = kt_get_str(&source->r);
    const char *copy = source->r.failed ? NULL : kt_arena_copy(source->arena, bytes);

    source->r.failed = !copy;
    return kt_span(copy, copy ? bytes.size : 0);
}

static void
get_array(source_t *source, void *out, size_t size)
{
    kt_span_t bytes = kt_get_bytes(&source->r, size);

    if (bytes.size == size)
        memcpy(out, bytes.data, size);
}

static bool
get_bool(source_t *source)
{
    uint8_t byte = kt_get_u8(&source->r);

    source->r.failed = source->r.failed || byte > 1;
    return byte == 1;
}

/* Takes memory for no more than the field may have. */
static void
get_list(source_t *source, const kt_field_t *field, size_t item_size, kt_list_t *list)
{
    list->items = NULL;
    list->count = kt_get_u16(&source->r);
    source->r.failed = source->r.failed || list->count > field->max;
    if (source->r.failed)
        list->count = 0;
    if (list->count == 0)
        return;
    list->items = kt_arena_zalloc(source->arena, list->count, item_size);
    if (list->items)
        return;
    source->r.failed = true;
    list->count = 0;
}

static void
get_items(source_t *source, const kt_field_t *field, kt_list_t *list, uint32_t depth)
{
    get_list(source, field, field->of->size, list);
    for (uint32_t i = 0; i < list->count; i++)
        get(source, field->of, (uint8_t *)list->items + field->of->size * i, depth + 1);
}

static void
get_names(source_t *source, const kt_field_t *field, kt_list_t *list)
{
    get_list(source, field, sizeof(kt_span_t), list);
    for (uint32_t i = 0; i < list->count; i++)
        ((kt_span_t *)list->items)[i] = get_text(source);
}

static void
get_field(source_t *source, const kt_field_t *field, void *place, uint32_t depth)
{
    switch (field->kind) {
    case KT_FIELD_NAME:
    case KT_FIELD_TEXT:
        *(kt_span_t *)place = get_text(source);
        return;
    case KT_FIELD_ID:
        get_array(source, place, KT_ULID_BYTES);
        return;
    case KT_FIELD_HASH:
        get_array(source, place, KT_HASH_BYTES);
        return;
    case KT_FIELD_BOOL:
        *(bool *)place = get_bool(source);
        return;
    case KT_FIELD_ENUM:
        *(uint32_t *)place = kt_get_u16(&source->r);
        return;
    case KT_FIELD_U32:
        *(uint32_t *)place = kt_get_u32(&source->r);
        return;
    case KT_FIELD_I64:
        *(int64_t *)place = kt_get_i64(&source->r);
        return;
    case KT_FIELD_DATE:
        *(int32_t *)place = (int32_t)kt_get_u32(&source->r);
        return;
    case KT_FIELD_LIST:
        get_items(source, field, (kt_list_t *)place, depth);
        return;
    case KT_FIELD_NAMES:
        get_names(source, field, (kt_list_t *)place);
        return;
    case KT_FIELD_PART:
        get(source, field->of, place, depth + 1);
        return;
    }
}

static void
get(source_t *source, const kt_layout_t *layout, void *record, uint32_t depth)
{
    KT_ASSERT(depth <= KT_LAYOUT_DEPTH_MAX);
    for (uint32_t i = 0; i < layout->count && !source->r.failed; i++) {
        const kt_field_t *field = &layout->fields[i];

        if (is_stored(field, depth))
            get_field(source, field, (uint8_t *)record + field->at, depth);
    }
}

bool
kt_layout_get(kt_arena_t *arena, kt_span_t value, const kt_layout_t *layout, void *record)
{
    source_t source = {.r = kt_reader(value), .arena = arena};

    get(&source, layout, record, 1);
    return kt_reader_done(&source.r) && !wrong(layout, record, 1);
}
