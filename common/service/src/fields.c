#include <kt/fields.h>

#include <inttypes.h>
#include <kt/message.h>
#include <kt/time.h>

/* ---- where a field stands, written out only when it is refused ---- */

typedef struct path {
    const struct path *outer;
    const char *name; /* of a list or a part; of the outermost, what the caller puts in front */
    int64_t index;    /* of a list's item; below 0: none */
} path_t;

static const char *
path_text(kt_call_t *call, const path_t *path)
{
    if (!path->outer)
        return path->name;
    if (path->index < 0)
        return kt_arena_printf(call->arena, "%s%s.", path_text(call, path->outer), path->name);
    return kt_arena_printf(call->arena, "%s%s[%" PRId64 "].", path_text(call, path->outer),
                           path->name, path->index);
}

static kt_status_t
bad(kt_call_t *call, const path_t *path, const kt_field_t *field, const char *what)
{
    return kt_call_bad_field(call, what, "%s%s", path_text(call, path), field->name);
}

/* ---- fields of messages ---- */

static const void *
member(const ProtobufCMessage *message, unsigned offset)
{
    return (const uint8_t *)message + offset;
}

/* One of several that are not there together, and not there. */
static bool
is_absent(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *to)
{
    return (to->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
           *(const uint32_t *)member(message, to->quantifier_offset) != to->id;
}

typedef struct range {
    int64_t min, max;
} range_t;

/* What a number of the wire can hold of an int64_t; an empty range for what is no number. */
static range_t
range_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return (range_t){INT32_MIN, INT32_MAX};
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return (range_t){0, UINT32_MAX};
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return (range_t){INT64_MIN, INT64_MAX};
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return (range_t){0, INT64_MAX};
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        break;
    }
    return (range_t){0, -1};
}

static bool
fits(const kt_field_t *field, const ProtobufCFieldDescriptor *to)
{
    bool repeated = to->label == PROTOBUF_C_LABEL_REPEATED;
    range_t range = range_of(to->type);

    switch (field->kind) {
    case KT_FIELD_NAME:
    case KT_FIELD_TEXT:
    case KT_FIELD_ID:
    case KT_FIELD_DATE:
        return !repeated && to->type == PROTOBUF_C_TYPE_STRING;
    case KT_FIELD_HASH:
        return !repeated && to->type == PROTOBUF_C_TYPE_BYTES;
    case KT_FIELD_BOOL:
        return !repeated && to->type == PROTOBUF_C_TYPE_BOOL;
    case KT_FIELD_ENUM:
        return !repeated && to->type == PROTOBUF_C_TYPE_ENUM;
    case KT_FIELD_U32:
    case KT_FIELD_I64:
        return !repeated && field->min >= range.min && field->max <= range.max;
    case KT_FIELD_LIST:
        return repeated && to->type == PROTOBUF_C_TYPE_MESSAGE;
    case KT_FIELD_NAMES:
        return repeated && to->type == PROTOBUF_C_TYPE_STRING;
    case KT_FIELD_PART:
        return !repeated && to->type == PROTOBUF_C_TYPE_MESSAGE;
    }
    return false;
}

/* The message's field that FIELD meets, or NULL. */
static const ProtobufCFieldDescriptor *
meet(const ProtobufCMessageDescriptor *type, const kt_field_t *field)
{
    const ProtobufCFieldDescriptor *to = protobuf_c_message_descriptor_get_field_by_name(
        type, field->name);

    KT_ASSERT(!to || fits(field, to));
    return to;
}

static bool
all_zero(const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((const uint8_t *)data)[i] != 0)
            return false;
    return true;
}

/* ---- from the wire ---- */

/* What one field is read with. */
typedef struct from {
    kt_call_t *call;
    const path_t *path;
    const kt_field_t *field;
    const void *place; /* in the message */
    size_t count;      /* of repeated fields */
    void *into;        /* in the record */
} from_t;

static kt_status_t from_message(kt_call_t *call, const kt_layout_t *layout,
                                const ProtobufCMessage *message, const path_t *path, void *record);

static kt_status_t
refuse(const from_t *from, const char *what)
{
    return bad(from->call, from->path, from->field, what);
}

static kt_status_t
missing(const from_t *from)
{
    return (from->field->flags & KT_REQUIRED) ? refuse(from, "is missing") : kt_ok();
}

static kt_status_t
refuse_more(const from_t *from, const char *of)
{
    return refuse(from, kt_arena_printf(from->call->arena, "has more than %" PRId64 " %s",
                                        from->field->max, of));
}

static kt_status_t
from_text(const from_t *from, kt_span_t text)
{
    size_t max = (size_t)from->field->max;
    const char *wrong;

    *(kt_span_t *)from->into = text;
    if (text.size == 0)
        return missing(from);
    if (text.size > max)
        return refuse_more(from, "bytes");
    wrong = from->field->kind == KT_FIELD_NAME ? kt_wrong_name(text, max)
                                               : kt_wrong_text(text, max);
    return wrong ? refuse(from, wrong) : kt_ok();
}

static kt_status_t
from_id(const from_t *from, kt_span_t text)
{
    kt_ulid_t *id = (kt_ulid_t *)from->into;

    *id = (kt_ulid_t){0};
    if (text.size > 0 && !kt_ulid_parse(text, id))
        return refuse(from, "is no id as it was given: 26 characters");
    return all_zero(id, sizeof *id) ? missing(from) : kt_ok();
}

static kt_status_t
from_date(const from_t *from, kt_span_t text)
{
    kt_date_t date;

    *(int32_t *)from->into = KT_DATE_NONE;
    if (text.size == 0)
        return missing(from);
    if (!kt_date_parse(text, &date))
        return refuse(from, "is no date such as 2026-11-28");
    *(int32_t *)from->into = kt_days_from_date(date);
    return kt_ok();
}

static kt_status_t
from_hash(const from_t *from)
{
    const ProtobufCBinaryData *bytes = (const ProtobufCBinaryData *)from->place;

    memset(from->into, 0, KT_HASH_BYTES);
    if (bytes->len != 0 && bytes->len != KT_HASH_BYTES)
        return refuse(from, "is not 32 bytes");
    if (bytes->len > 0)
        memcpy(from->into, bytes->data, KT_HASH_BYTES);
    return all_zero(from->into, KT_HASH_BYTES) ? missing(from) : kt_ok();
}

static kt_status_t
from_bool(const from_t *from)
{
    bool value = *(const protobuf_c_boolean *)from->place != 0;

    *(bool *)from->into = value;
    return value ? kt_ok() : missing(from);
}

static kt_status_t
from_enum(const from_t *from)
{
    int32_t value = *(const int32_t *)from->place;

    if (value < 0 || value > from->field->max)
        return refuse(from, "has no such value");
    *(uint32_t *)from->into = (uint32_t)value;
    return value == 0 ? missing(from) : kt_ok();
}

/* What does not fit becomes the nearest that does; no field of that type has it in its limits. */
static int64_t
number_at(ProtobufCType type, const void *place)
{
    range_t range = range_of(type);
    uint64_t large;

    if (range.min == INT32_MIN)
        return *(const int32_t *)place;
    if (range.max == UINT32_MAX)
        return *(const uint32_t *)place;
    if (range.min == INT64_MIN)
        return *(const int64_t *)place;
    large = *(const uint64_t *)place;
    return large > INT64_MAX ? -1 : (int64_t)large;
}

static kt_status_t
from_number(const from_t *from, ProtobufCType type)
{
    int64_t value = number_at(type, from->place);

    if (value == 0 && (from->field->flags & KT_REQUIRED))
        return missing(from);
    if (value < from->field->min || value > from->field->max)
        return refuse(from, kt_arena_printf(from->call->arena, "is not %" PRId64 " to %" PRId64,
                                            from->field->min, from->field->max));
    if (from->field->kind == KT_FIELD_U32)
        *(uint32_t *)from->into = (uint32_t)value;
    else
        *(int64_t *)from->into = value;
    return kt_ok();
}

/* Room for the items of a list; none when it is empty. */
static kt_status_t
from_count(const from_t *from, size_t item_size, kt_list_t *list)
{
    *list = (kt_list_t){0};
    if (from->count == 0)
        return missing(from);
    if (from->count > (uint64_t)from->field->max)
        return refuse_more(from, "items");
    list->items = kt_arena_zalloc(from->call->arena, from->count, item_size);
    if (!list->items)
        return kt_call_out_of_memory(from->call);
    list->count = (uint32_t)from->count;
    return kt_ok();
}

static kt_status_t
from_list(const from_t *from)
{
    const kt_layout_t *of = from->field->of;
    ProtobufCMessage *const *messages = *(ProtobufCMessage *const *const *)from->place;
    kt_list_t *list = (kt_list_t *)from->into;

    KT_TRY(from_count(from, of->size, list));
    for (uint32_t i = 0; i < list->count; i++) {
        const path_t path = {.outer = from->path, .name = from->field->name, .index = i};
        void *item = (uint8_t *)list->items + of->size * i;

        kt_layout_clear(of, item);
        KT_TRY(from_message(from->call, of, messages[i], &path, item));
    }
    return kt_ok();
}

static kt_status_t
from_names(const from_t *from)
{
    char *const *texts = *(char *const *const *)from->place;
    size_t max = (size_t)from->field->min;
    kt_list_t *list = (kt_list_t *)from->into;

    KT_TRY(from_count(from, sizeof(kt_span_t), list));
    for (uint32_t i = 0; i < list->count; i++) {
        kt_span_t name = kt_span_str(texts[i]);
        const char *wrong = kt_wrong_name(name, max);

        if (name.size > max)
            wrong = kt_arena_printf(from->call->arena, "has more than %zu bytes", max);
        if (wrong)
            return kt_call_bad_field(from->call, wrong, "%s%s[%u]",
                                     path_text(from->call, from->path), from->field->name, i);
        ((kt_span_t *)list->items)[i] = name;
    }
    return kt_ok();
}

static kt_status_t
from_part(const from_t *from)
{
    const ProtobufCMessage *message = *(const ProtobufCMessage *const *)from->place;
    const path_t path = {.outer = from->path, .name = from->field->name, .index = -1};

    kt_layout_clear(from->field->of, from->into);
    if (!message)
        return missing(from);
    return from_message(from->call, from->field->of, message, &path, from->into);
}

static kt_status_t
from_field(const from_t *from, ProtobufCType type)
{
    switch (from->field->kind) {
    case KT_FIELD_NAME:
    case KT_FIELD_TEXT:
        return from_text(from, kt_span_str(*(const char *const *)from->place));
    case KT_FIELD_ID:
        return from_id(from, kt_span_str(*(const char *const *)from->place));
    case KT_FIELD_DATE:
        return from_date(from, kt_span_str(*(const char *const *)from->place));
    case KT_FIELD_HASH:
        return from_hash(from);
    case KT_FIELD_BOOL:
        return from_bool(from);
    case KT_FIELD_ENUM:
        return from_enum(from);
    case KT_FIELD_U32:
    case KT_FIELD_I64:
        return from_number(from, type);
    case KT_FIELD_LIST:
        return from_list(from);
    case KT_FIELD_NAMES:
        return from_names(from);
    case KT_FIELD_PART:
        return from_part(from);
    }
    return kt_ok();
}

/* What the wire says of a field that is not there: zeros of any type. */
static const union {
    uint64_t number;
    const void *pointer;
    ProtobufCBinaryData bytes;
} NOTHING;

static kt_status_t
from_message(kt_call_t *call, const kt_layout_t *layout, const ProtobufCMessage *message,
             const path_t *path, void *record)
{
    for (uint32_t i = 0; i < layout->count; i++) {
        const kt_field_t *field = &layout->fields[i];
        const ProtobufCFieldDescriptor *to = meet(message->descriptor, field);
        from_t from = {.call = call, .path = path, .field = field};

        if (!to || (field->flags & KT_OUTPUT))
            continue;
        from.into = (uint8_t *)record + field->at;
        from.place = is_absent(message, to) ? &NOTHING : member(message, to->offset);
        if (to->label == PROTOBUF_C_LABEL_REPEATED)
            from.count = *(const size_t *)member(message, to->quantifier_offset);
        KT_TRY(from_field(&from, to->type));
    }
    return kt_ok();
}

kt_status_t
kt_fields_from_pb(kt_call_t *call, const kt_layout_t *layout, const ProtobufCMessage *message,
                  const char *prefix, void *record)
{
    const path_t path = {.name = prefix};
    size_t size = strlen(prefix);

    if (!message)
        return kt_call_bad_field(call, "is missing", "%.*s", (int)(size > 0 ? size - 1 : 0),
                                 prefix);
    return from_message(call, layout, message, &path, record);
}

/* ---- to the wire ---- */

static void
to_number(ProtobufCType type, int64_t value, void *into)
{
    range_t range = range_of(type);

    KT_ASSERT(value >= range.min && value <= range.max);
    if (range.min == INT32_MIN)
        *(int32_t *)into = (int32_t)value;
    else if (range.max == UINT32_MAX)
        *(uint32_t *)into = (uint32_t)value;
    else
        *(uint64_t *)into = (uint64_t)value;
}

static void
to_text(kt_call_t *call, kt_span_t text, void *into)
{
    if (text.size > 0)
        *(char **)into = kt_arena_copy(call->arena, text);
}

static void
to_id(kt_call_t *call, const kt_ulid_t *id, void *into)
{
    char text[KT_ULID_CHARS + 1];

    if (all_zero(id, sizeof *id))
        return;
    kt_ulid_format(id, text);
    to_text(call, kt_span_str(text), into);
}

static void
to_date(kt_call_t *call, int32_t days, void *into)
{
    char text[11];

    if (days == KT_DATE_NONE)
        return;
    kt_date_format(kt_date_from_days(days), text);
    to_text(call, kt_span_str(text), into);
}

static void
to_hash(kt_call_t *call, const void *hash, ProtobufCBinaryData *into)
{
    if (all_zero(hash, KT_HASH_BYTES))
        return;
    into->data = (uint8_t *)kt_arena_copy(call->arena, kt_span(hash, KT_HASH_BYTES));
    into->len = into->data ? KT_HASH_BYTES : 0;
}

static void
to_names(kt_call_t *call, const kt_list_t *list, size_t *n, char ***into)
{
    const kt_span_t *names = (const kt_span_t *)list->items;
    char **texts = list->count > 0 ? KT_ARENA_ARRAY(call->arena, char *, list->count) : NULL;

    if (!texts)
        return;
    for (uint32_t i = 0; i < list->count; i++)
        texts[i] = kt_arena_copy(call->arena, names[i]);
    *n = list->count;
    *into = texts;
}

static kt_status_t
to_part(kt_call_t *call, const kt_layout_t *of, const void *part,
        const ProtobufCMessageDescriptor *type, ProtobufCMessage **into)
{
    ProtobufCMessage *message = kt_message_new(call->arena, type);

    if (!message)
        return kt_call_out_of_memory(call);
    *into = message;
    return kt_fields_to_pb(call, of, part, message);
}

/* Whether there is something to say of a field that is one of several. */
static bool
is_given(const kt_field_t *field, const void *place)
{
    switch (field->kind) {
    case KT_FIELD_NAME:
    case KT_FIELD_TEXT:
        return ((const kt_span_t *)place)->size > 0;
    case KT_FIELD_ID:
        return !all_zero(place, KT_ULID_BYTES);
    case KT_FIELD_HASH:
        return !all_zero(place, KT_HASH_BYTES);
    case KT_FIELD_BOOL:
        return *(const bool *)place;
    case KT_FIELD_ENUM:
    case KT_FIELD_U32:
        return *(const uint32_t *)place != 0;
    case KT_FIELD_I64:
        return *(const int64_t *)place != 0;
    case KT_FIELD_DATE:
        return *(const int32_t *)place != KT_DATE_NONE;
    case KT_FIELD_LIST:
    case KT_FIELD_NAMES:
    case KT_FIELD_PART:
        return true;
    }
    return true;
}

static kt_status_t
to_field(kt_call_t *call, const kt_field_t *field, const void *place,
         const ProtobufCFieldDescriptor *to, ProtobufCMessage *message)
{
    const kt_list_t *list = (const kt_list_t *)place;
    void *into = (uint8_t *)message + to->offset;
    void *quantifier = (uint8_t *)message + to->quantifier_offset;
    const ProtobufCMessageDescriptor *type = (const ProtobufCMessageDescriptor *)to->descriptor;

    switch (field->kind) {
    case KT_FIELD_NAME:
    case KT_FIELD_TEXT:
        to_text(call, *(const kt_span_t *)place, into);
        break;
    case KT_FIELD_ID:
        to_id(call, (const kt_ulid_t *)place, into);
        break;
    case KT_FIELD_DATE:
        to_date(call, *(const int32_t *)place, into);
        break;
    case KT_FIELD_HASH:
        to_hash(call, place, (ProtobufCBinaryData *)into);
        break;
    case KT_FIELD_BOOL:
        *(protobuf_c_boolean *)into = *(const bool *)place;
        break;
    case KT_FIELD_ENUM:
        *(int32_t *)into = (int32_t) * (const uint32_t *)place;
        break;
    case KT_FIELD_U32:
        to_number(to->type, *(const uint32_t *)place, into);
        break;
    case KT_FIELD_I64:
        to_number(to->type, *(const int64_t *)place, into);
        break;
    case KT_FIELD_LIST:
        return kt_fields_list_to_pb(call, field->of, list->items, list->count, type,
                                    (size_t *)quantifier, (void ***)into);
    case KT_FIELD_NAMES:
        to_names(call, list, (size_t *)quantifier, (char ***)into);
        break;
    case KT_FIELD_PART:
        return to_part(call, field->of, place, type, (ProtobufCMessage **)into);
    }
    return kt_ok();
}

kt_status_t
kt_fields_to_pb(kt_call_t *call, const kt_layout_t *layout, const void *record,
                ProtobufCMessage *message)
{
    for (uint32_t i = 0; i < layout->count; i++) {
        const kt_field_t *field = &layout->fields[i];
        const void *place = (const uint8_t *)record + field->at;
        const ProtobufCFieldDescriptor *to = meet(message->descriptor, field);
        bool one_of = to && (to->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;

        if (!to || (one_of && !is_given(field, place)))
            continue;
        KT_TRY(to_field(call, field, place, to, message));
        if (one_of)
            *(uint32_t *)(void *)((uint8_t *)message + to->quantifier_offset) = to->id;
    }
    return kt_arena_exhausted(call->arena) ? kt_call_out_of_memory(call) : kt_ok();
}

kt_status_t
kt_fields_list_to_pb(kt_call_t *call, const kt_layout_t *layout, const void *records,
                     uint32_t count, const ProtobufCMessageDescriptor *type, size_t *n,
                     void ***list)
{
    ProtobufCMessage **messages;

    *n = 0;
    *list = NULL;
    if (count == 0)
        return kt_ok();
    messages = KT_ARENA_ARRAY(call->arena, ProtobufCMessage *, count);
    if (!messages)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < count; i++)
        KT_TRY(
            to_part(call, layout, (const uint8_t *)records + layout->size * i, type, &messages[i]));
    *n = count;
    *list = (void **)messages;
    return kt_ok();
}
