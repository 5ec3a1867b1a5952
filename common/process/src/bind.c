#include <errno.h>
#include <inttypes.h>
#include <kt/message.h>
#include <kt/process_bind.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_BYTES_MAX   64
#define NUMBER_BYTES_MAX 24

/* Takes the first name of a path; NULL when it is too long. */
static const char *
first_name(const char *path, char name[NAME_BYTES_MAX], bool *last)
{
    size_t size = strcspn(path, ".");

    if (size == 0 || size >= NAME_BYTES_MAX)
        return NULL;
    memcpy(name, path, size);
    name[size] = '\0';
    *last = path[size] == '\0';
    return path + size + !*last;
}

static const ProtobufCFieldDescriptor *
step_down(const ProtobufCMessageDescriptor *type, const char **path, bool *last)
{
    char name[NAME_BYTES_MAX];

    *path = first_name(*path, name, last);
    return *path ? protobuf_c_message_descriptor_get_field_by_name(type, name) : NULL;
}

const ProtobufCFieldDescriptor *
kt_bind_field(const ProtobufCMessageDescriptor *type, const char *path)
{
    for (;;) {
        bool last = false;
        const ProtobufCFieldDescriptor *field = step_down(type, &path, &last);

        if (!field || last)
            return field;
        if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED)
            return NULL;
        type = (const ProtobufCMessageDescriptor *)field->descriptor;
    }
}

/* ---- texts to values ---- */

static bool
read_signed(kt_span_t text, int64_t min, int64_t max, int64_t *value)
{
    char copy[NUMBER_BYTES_MAX], *end;
    long long read;

    if (text.size == 0 || text.size >= sizeof(copy))
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    if (copy[0] != '-' && (copy[0] < '0' || copy[0] > '9'))
        return false;
    errno = 0;
    read = strtoll(copy, &end, 10);
    *value = read;
    return errno == 0 && *end == '\0' && read >= min && read <= max;
}

static bool
read_unsigned(kt_span_t text, uint64_t max, uint64_t *value)
{
    char copy[NUMBER_BYTES_MAX], *end;
    unsigned long long read;

    if (text.size == 0 || text.size >= sizeof(copy) || text.data[0] < '0' || text.data[0] > '9')
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    errno = 0;
    read = strtoull(copy, &end, 10);
    *value = read;
    return errno == 0 && *end == '\0' && read <= max;
}

static int
hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
read_hex(kt_arena_t *arena, kt_span_t text, ProtobufCBinaryData *value)
{
    uint8_t *bytes = (uint8_t *)kt_arena_alloc(arena, text.size / 2 + 1);

    if (!bytes || text.size % 2 != 0)
        return false;
    for (size_t i = 0; i < text.size / 2; i++) {
        int high = hex_digit(text.data[2 * i]), low = hex_digit(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high * 16 + low);
    }
    *value = (ProtobufCBinaryData){.data = bytes, .len = text.size / 2};
    return true;
}

static bool
read_enum(const ProtobufCEnumDescriptor *type, kt_span_t text, int32_t *value)
{
    char name[NAME_BYTES_MAX];
    const ProtobufCEnumValue *found;

    if (text.size >= sizeof(name))
        return false;
    memcpy(name, text.data, text.size);
    name[text.size] = '\0';
    found = protobuf_c_enum_descriptor_get_value_by_name(type, name);
    if (found)
        *value = found->value;
    return found != NULL;
}

/* The value of a scalar field, at AT. */
static bool
read_scalar(kt_arena_t *arena, const ProtobufCFieldDescriptor *field, kt_span_t text, void *at)
{
    int64_t number = 0;
    uint64_t natural = 0;

    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return (*(char **)at = kt_arena_copy(arena, text)) != NULL;
    case PROTOBUF_C_TYPE_BYTES:
        return read_hex(arena, text, (ProtobufCBinaryData *)at);
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)at = kt_span_equal(text, kt_span_str("true"));
        return *(protobuf_c_boolean *)at || kt_span_equal(text, kt_span_str("false"));
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum((const ProtobufCEnumDescriptor *)field->descriptor, text, (int32_t *)at);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        if (!read_signed(text, INT32_MIN, INT32_MAX, &number))
            return false;
        *(int32_t *)at = (int32_t)number;
        return true;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return read_signed(text, INT64_MIN, INT64_MAX, (int64_t *)at);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        if (!read_unsigned(text, UINT32_MAX, &natural))
            return false;
        *(uint32_t *)at = (uint32_t)natural;
        return true;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_unsigned(text, UINT64_MAX, (uint64_t *)at);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_MESSAGE:
        break;
    }
    return false;
}

static const char *
wrong(kt_arena_t *arena, const ProtobufCFieldDescriptor *field, kt_span_t text)
{
    return kt_arena_printf(arena, "%s cannot be '%.*s'", field->name, (int)KT_MIN(text.size, 60),
                           (const char *)text.data);
}

/* What stands before the next DIVIDER; TEXT goes on behind it. */
static kt_span_t
take_item(kt_span_t *text, char divider)
{
    const uint8_t *at = text->size ? (const uint8_t *)memchr(text->data, divider, text->size)
                                   : NULL;
    size_t size = at ? (size_t)(at - text->data) : text->size;
    kt_span_t item = kt_span(text->data, size);

    *text = at ? kt_span(at + 1, text->size - size - 1) : kt_span(NULL, 0);
    return item;
}

static size_t
items_in(kt_span_t text, char divider)
{
    size_t count = 0;

    while (text.size > 0) {
        (void)take_item(&text, divider);
        count++;
    }
    return count;
}

/* "a=1,b=x": the fields of one message of a list. */
static const char *
set_item(kt_arena_t *arena, ProtobufCMessage *message, kt_span_t text)
{
    while (text.size > 0) {
        kt_span_t value = take_item(&text, ','), name = take_item(&value, '=');
        const char *path = kt_arena_copy(arena, name), *problem;

        if (!path)
            return "no memory for the request";
        problem = kt_bind_set(arena, message, path, value);
        if (problem)
            return problem;
    }
    return NULL;
}

static const char *
set_list(kt_arena_t *arena, const ProtobufCFieldDescriptor *field, char *base, kt_span_t text)
{
    bool messages = field->type == PROTOBUF_C_TYPE_MESSAGE;
    char divider = messages ? ';' : ',';
    size_t count = items_in(text, divider);
    void **list = KT_ARENA_ARRAY(arena, void *, count);

    if (field->type != PROTOBUF_C_TYPE_MESSAGE && field->type != PROTOBUF_C_TYPE_STRING)
        return kt_arena_printf(arena, "%s: no such list can be sent", field->name);
    if (!list)
        return "no memory for the request";
    for (size_t i = 0; i < count; i++) {
        kt_span_t item = take_item(&text, divider);
        const char *problem = NULL;

        if (messages) {
            list[i] = kt_message_new(arena, (const ProtobufCMessageDescriptor *)field->descriptor);
            problem = list[i] ? set_item(arena, (ProtobufCMessage *)list[i], item) : NULL;
        } else {
            list[i] = kt_arena_copy(arena, item);
        }
        if (problem || !list[i])
            return problem ? problem : "no memory for the request";
    }
    *(size_t *)(void *)(base + field->quantifier_offset) = count;
    *(void ***)(void *)(base + field->offset) = list;
    return NULL;
}

static bool
is_of_oneof(const ProtobufCFieldDescriptor *field)
{
    return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

/* Whether the place of the field holds another field of its oneof, or none. */
static bool
is_absent(const ProtobufCFieldDescriptor *field, const char *base)
{
    return is_of_oneof(field) &&
           *(const uint32_t *)(const void *)(base + field->quantifier_offset) != field->id;
}

static void
choose(const ProtobufCFieldDescriptor *field, char *base)
{
    if (is_of_oneof(field))
        *(uint32_t *)(void *)(base + field->quantifier_offset) = field->id;
}

static const char *
set_scalar(kt_arena_t *arena, const ProtobufCFieldDescriptor *field, char *base, kt_span_t text)
{
    if (!read_scalar(arena, field, text, base + field->offset))
        return wrong(arena, field, text);
    choose(field, base);
    return NULL;
}

/* The message in the field, which is made if there is none; NULL: no memory. */
static ProtobufCMessage *
open_inner(kt_arena_t *arena, const ProtobufCFieldDescriptor *field, char *base)
{
    ProtobufCMessage **inner = (ProtobufCMessage **)(void *)(base + field->offset);

    if (is_absent(field, base) || !*inner) {
        *inner = kt_message_new(arena, (const ProtobufCMessageDescriptor *)field->descriptor);
        choose(field, base);
    }
    return *inner;
}

const char *
kt_bind_set(kt_arena_t *arena, ProtobufCMessage *message, const char *path, kt_span_t text)
{
    const char *whole = path;

    for (;;) {
        bool last = false;
        const ProtobufCFieldDescriptor *field = step_down(message->descriptor, &path, &last);
        char *base = (char *)message;

        if (!field)
            return kt_arena_printf(arena, "%s: no such field", whole);
        if (last && field->label == PROTOBUF_C_LABEL_REPEATED)
            return set_list(arena, field, base, text);
        if (last)
            return set_scalar(arena, field, base, text);
        if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED)
            return kt_arena_printf(arena, "%s: no such field", whole);
        message = open_inner(arena, field, base);
        if (!message)
            return "no memory for the request";
    }
}

/* ---- values to texts ---- */

static const char *
print_hex(kt_arena_t *arena, const ProtobufCBinaryData *value)
{
    char *text = (char *)kt_arena_alloc(arena, value->len * 2 + 1);

    if (!text)
        return "";
    for (size_t i = 0; i < value->len; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", (unsigned)value->data[i]);
    text[value->len * 2] = '\0';
    return text;
}

static const char *
print_enum(kt_arena_t *arena, const ProtobufCFieldDescriptor *field, int32_t value)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(
        (const ProtobufCEnumDescriptor *)field->descriptor, value);

    return found ? found->name : kt_arena_printf(arena, "%d", value);
}

static const char *
print_scalar(kt_arena_t *arena, const ProtobufCFieldDescriptor *field, const void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return *(char *const *)at ? *(char *const *)at : "";
    case PROTOBUF_C_TYPE_BYTES:
        return print_hex(arena, (const ProtobufCBinaryData *)at);
    case PROTOBUF_C_TYPE_BOOL:
        return *(const protobuf_c_boolean *)at ? "true" : "false";
    case PROTOBUF_C_TYPE_ENUM:
        return print_enum(arena, field, *(const int32_t *)at);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return kt_arena_printf(arena, "%" PRId32, *(const int32_t *)at);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return kt_arena_printf(arena, "%" PRId64, *(const int64_t *)at);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return kt_arena_printf(arena, "%" PRIu32, *(const uint32_t *)at);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return kt_arena_printf(arena, "%" PRIu64, *(const uint64_t *)at);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_MESSAGE:
        break;
    }
    return "";
}

kt_status_t
kt_bind_get(kt_arena_t *arena, const ProtobufCMessage *message, const char *path, kt_span_t *text)
{
    for (*text = kt_span(NULL, 0); message;) {
        bool last = false;
        const ProtobufCFieldDescriptor *field = step_down(message->descriptor, &path, &last);
        const char *base = (const char *)message;

        if (!field || field->label == PROTOBUF_C_LABEL_REPEATED)
            return kt_error(KT_INTERNAL, 0, "a process keeps a field that the answer has not");
        if (is_absent(field, base))
            return kt_ok();
        if (last) {
            *text = kt_span_str(print_scalar(arena, field, base + field->offset));
            return kt_arena_exhausted(arena)
                       ? kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the answer")
                       : kt_ok();
        }
        if (field->type != PROTOBUF_C_TYPE_MESSAGE)
            return kt_error(KT_INTERNAL, 0, "a process keeps a field that the answer has not");
        message = *(ProtobufCMessage *const *)(const void *)(base + field->offset);
    }
    return kt_ok();
}
