/* Descriptors of messages and enums as protoc-gen-c 1.4.1 makes them, with a layout of our own. */
#include "dynamic_private.h"
#include <kt/message.h>
#include <stdalign.h>
#include <stdlib.h>

#define FIELD_NUMBER_MAX ((1 << 29) - 1)

typedef Google__Protobuf__FieldDescriptorProto__Type proto_type_t;

/* What protobuf-c calls a type; groups (10) have no place. */
static const struct {
    ProtobufCType type;
    bool known, packable;
} types[] = {
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_DOUBLE] = {PROTOBUF_C_TYPE_DOUBLE, true,
                                                                     true},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_FLOAT] = {PROTOBUF_C_TYPE_FLOAT, true,
                                                                    true},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT64] = {PROTOBUF_C_TYPE_INT64, true,
                                                                    true},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT64] = {PROTOBUF_C_TYPE_UINT64, true,
                                                                     true},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT32] = {PROTOBUF_C_TYPE_INT32, true,
                                                                    true},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_FIXED64] = {PROTOBUF_C_TYPE_FIXED64, true,
                                                                      true},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_FIXED32] = {PROTOBUF_C_TYPE_FIXED32, true,
                                                                      true},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BOOL] = {PROTOBUF_C_TYPE_BOOL, true,
                                                                   true},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING] = {PROTOBUF_C_TYPE_STRING, true,
                                                                     false},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE] = {PROTOBUF_C_TYPE_MESSAGE, true,
                                                                      false},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BYTES] = {PROTOBUF_C_TYPE_BYTES, true,
                                                                    false},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT32] = {PROTOBUF_C_TYPE_UINT32, true,
                                                                     true},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_ENUM] = {PROTOBUF_C_TYPE_ENUM, true,
                                                                   true},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_SFIXED32] = {PROTOBUF_C_TYPE_SFIXED32,
                                                                       true, true},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_SFIXED64] = {PROTOBUF_C_TYPE_SFIXED64,
                                                                       true, true},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_SINT32] = {PROTOBUF_C_TYPE_SINT32, true,
                                                                     true},
    [GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_SINT64] = {PROTOBUF_C_TYPE_SINT64, true,
                                                                     true},
};

static const char *
short_name(const char *full)
{
    const char *dot = strrchr(full, '.');
    return dot ? dot + 1 : full;
}

/*
 * protobuf-c finds numbers through runs of consecutive ones: where each begins, and at which place;
 * one more at the end closes the last. NUMBER gives the number at a place. The runs, or NULL when
 * memory is out.
 */
static const ProtobufCIntRange *
make_ranges(const kt_dynamic_t *dynamic, unsigned count,
            int (*number)(const void *list, unsigned place), const void *list,
            unsigned *ranges_count)
{
    ProtobufCIntRange *ranges = DYN_ARRAY(dynamic, ProtobufCIntRange, (size_t)count + 1);
    unsigned made = 0;
    if (!ranges)
        return NULL;
    for (unsigned i = 0; i < count; i++)
        if (i == 0 || (int64_t)number(list, i) != (int64_t)number(list, i - 1) + 1)
            ranges[made++] = (ProtobufCIntRange){.start_value = number(list, i), .orig_index = i};
    ranges[made].orig_index = count;
    *ranges_count = made;
    return ranges;
}

/* ---- enums ---- */

static int
by_number(const void *a, const void *b)
{
    const ProtobufCEnumValue *x = (const ProtobufCEnumValue *)a, *y = (const ProtobufCEnumValue *)b;
    return (x->value > y->value) - (x->value < y->value);
}

static int
by_value_name(const void *a, const void *b)
{
    return strcmp(((const ProtobufCEnumValueIndex *)a)->name,
                  ((const ProtobufCEnumValueIndex *)b)->name);
}

static int
value_number(const void *list, unsigned place)
{
    return ((const ProtobufCEnumValue *)list)[place].value;
}

/* Each number once, still without its name; how many there are. */
static unsigned
keep_numbers(ProtobufCEnumValue *values, unsigned count)
{
    unsigned kept = 0;
    qsort(values, count, sizeof(values[0]), by_number);
    for (unsigned i = 0; i < count; i++)
        if (kept == 0 || values[kept - 1].value != values[i].value)
            values[kept++] = (ProtobufCEnumValue){.value = values[i].value};
    return kept;
}

static unsigned
place_of_number(const ProtobufCEnumValue *values, unsigned count, int number)
{
    ProtobufCEnumValue key = {.value = number};
    const ProtobufCEnumValue *found = (const ProtobufCEnumValue *)bsearch(&key, values, count,
                                                                          sizeof(key), by_number);
    KT_ASSERT(found);
    return (unsigned)(found - values);
}

/* Of several names of one number, the first is the one that is written. */
static kt_status_t
name_values(const kt_dynamic_t *dynamic, const dyn_type_t *type, ProtobufCEnumValue *values,
            unsigned distinct, ProtobufCEnumValueIndex *names)
{
    const dyn_enum_proto_t *proto = type->enum_proto;
    for (size_t i = 0; i < proto->n_value; i++) {
        const char *name = proto->value[i]->name;
        if (!name || !dyn_is_name(name, false))
            return dyn_bad(dynamic, type->file, "enum %s: a value without a proper name",
                           type->name);
        unsigned place = place_of_number(values, distinct, proto->value[i]->number);
        if (!values[place].name)
            values[place].name = values[place].c_name = name;
        names[i] = (ProtobufCEnumValueIndex){.name = name, .index = place};
    }
    qsort(names, proto->n_value, sizeof(names[0]), by_value_name);
    for (size_t i = 1; i < proto->n_value; i++)
        if (strcmp(names[i - 1].name, names[i].name) == 0)
            return dyn_bad(dynamic, type->file, "enum %s has %s twice", type->name, names[i].name);
    return kt_ok();
}

kt_status_t
dyn_build_enum(const kt_dynamic_t *dynamic, dyn_type_t *type)
{
    const dyn_enum_proto_t *proto = type->enum_proto;
    if (proto->n_value == 0 || proto->n_value > KT_DYNAMIC_VALUES_MAX)
        return dyn_bad(dynamic, type->file, "enum %s has %zu values, not 1 to %d", type->name,
                       proto->n_value, KT_DYNAMIC_VALUES_MAX);
    unsigned count = (unsigned)proto->n_value, ranges_count = 0;
    ProtobufCEnumValue *values = DYN_ARRAY(dynamic, ProtobufCEnumValue, count);
    ProtobufCEnumValueIndex *names = DYN_ARRAY(dynamic, ProtobufCEnumValueIndex, count);
    if (!values || !names)
        return dyn_exhausted();
    for (unsigned i = 0; i < count; i++)
        values[i].value = proto->value[i]->number;
    unsigned distinct = keep_numbers(values, count);
    KT_TRY(name_values(dynamic, type, values, distinct, names));
    const ProtobufCIntRange *ranges = make_ranges(dynamic, distinct, value_number, values,
                                                  &ranges_count);
    if (!ranges)
        return dyn_exhausted();
    *type->enumeration = (ProtobufCEnumDescriptor){
        .magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC,
        .name = type->name,
        .short_name = short_name(type->name),
        .c_name = type->name,
        .package_name = type->file->package ? type->file->package : "",
        .n_values = distinct,
        .values = values,
        .n_value_names = count,
        .values_by_name = names,
        .n_value_ranges = ranges_count,
        .value_ranges = ranges,
    };
    return kt_ok();
}

/* ---- messages ---- */

/* Room in the struct, given out piece by piece, for the fields of one message. */
typedef struct layout {
    size_t size;
    unsigned *cases;  /* for each oneof, where its case lies; 0: not laid out yet */
    unsigned *unions; /* and its value */
} layout_t;

static unsigned
lay(layout_t *layout, size_t size, size_t alignment)
{
    layout->size = (layout->size + alignment - 1) & ~(alignment - 1);
    unsigned at = (unsigned)layout->size;
    layout->size += size;
    return at;
}

static void
lay_oneof(layout_t *layout, size_t oneof, ProtobufCFieldDescriptor *field)
{
    if (layout->cases[oneof] == 0) {
        layout->cases[oneof] = lay(layout, sizeof(uint32_t), alignof(uint32_t));
        layout->unions[oneof] = lay(layout, sizeof(ProtobufCBinaryData),
                                    alignof(ProtobufCBinaryData));
    }
    field->flags |= PROTOBUF_C_FIELD_FLAG_ONEOF;
    field->quantifier_offset = layout->cases[oneof];
    field->offset = layout->unions[oneof];
}

static void
lay_field(layout_t *layout, const dyn_field_proto_t *proto, ProtobufCFieldDescriptor *field)
{
    bool pointer = field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        field->quantifier_offset = lay(layout, sizeof(size_t), alignof(size_t));
        field->offset = lay(layout, sizeof(void *), alignof(void *));
        return;
    }
    if (proto->has_oneof_index) {
        lay_oneof(layout, (size_t)proto->oneof_index, field);
        return;
    }
    if (field->label == PROTOBUF_C_LABEL_OPTIONAL && !pointer)
        field->quantifier_offset = lay(layout, sizeof(protobuf_c_boolean),
                                       alignof(protobuf_c_boolean));
    size_t size = kt_field_bytes(field->type);
    field->offset = lay(layout, size, KT_MIN(size, alignof(void *)));
}

static ProtobufCLabel
label_of(const dyn_type_t *type, const dyn_field_proto_t *proto)
{
    if (proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED)
        return PROTOBUF_C_LABEL_REPEATED;
    if (type->file->syntax && strcmp(type->file->syntax, "proto3") == 0)
        return PROTOBUF_C_LABEL_NONE;
    return proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED
               ? PROTOBUF_C_LABEL_REQUIRED
               : PROTOBUF_C_LABEL_OPTIONAL;
}

static bool
is_packed(const dyn_type_t *type, const dyn_field_proto_t *proto)
{
    bool usual = type->file->syntax && strcmp(type->file->syntax, "proto3") == 0;
    bool packed = proto->options && proto->options->has_packed ? proto->options->packed : usual;
    return packed && types[proto->type].packable &&
           proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
}

static kt_status_t
check_field(const kt_dynamic_t *dynamic, const dyn_type_t *type, const dyn_field_proto_t *proto)
{
    if (!proto->name || !dyn_is_name(proto->name, false) ||
        strlen(proto->name) > KT_DYNAMIC_NAME_BYTES_MAX)
        return dyn_bad(dynamic, type->file, "message %s: a field without a proper name",
                       type->name);
    if (proto->number < 1 || proto->number > FIELD_NUMBER_MAX)
        return dyn_bad(dynamic, type->file, "field %s.%s has number %d", type->name, proto->name,
                       (int)proto->number);
    if ((unsigned)proto->type >= KT_COUNT(types) || !types[proto->type].known)
        return dyn_bad(dynamic, type->file, "field %s.%s is of type %d, which is not handled",
                       type->name, proto->name, (int)proto->type);
    if (proto->label < GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_OPTIONAL ||
        proto->label > GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED)
        return dyn_bad(dynamic, type->file, "field %s.%s has label %d", type->name, proto->name,
                       (int)proto->label);
    if (proto->proto3_optional)
        return dyn_bad(dynamic, type->file, "field %s.%s is `optional` in proto3", type->name,
                       proto->name);
    if (proto->has_oneof_index &&
        (proto->oneof_index < 0 ||
         (size_t)proto->oneof_index >= type->message_proto->n_oneof_decl ||
         proto->label != GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_OPTIONAL))
        return dyn_bad(dynamic, type->file, "field %s.%s lies in no oneof of its message",
                       type->name, proto->name);
    return kt_ok();
}

/* The type that a field of a message or enum names. */
static kt_status_t
resolve(const kt_dynamic_t *dynamic, const dyn_type_t *type, const dyn_field_proto_t *proto,
        ProtobufCFieldDescriptor *field)
{
    bool is_message = field->type == PROTOBUF_C_TYPE_MESSAGE;
    if (!is_message && field->type != PROTOBUF_C_TYPE_ENUM)
        return kt_ok();
    const dyn_type_t *named = proto->type_name ? dyn_find(dynamic, proto->type_name) : NULL;
    if (!named || (is_message ? !named->message : !named->enumeration))
        return dyn_bad(dynamic, type->file, "field %s.%s: there is no %s %s", type->name,
                       proto->name, is_message ? "message" : "enum",
                       dyn_shown(proto->type_name ? proto->type_name : ""));
    if (is_message && named->message_proto->options && named->message_proto->options->map_entry)
        return dyn_bad(dynamic, type->file, "field %s.%s is a map", type->name, proto->name);
    field->descriptor = is_message ? (const void *)named->message
                                   : (const void *)named->enumeration;
    return kt_ok();
}

static kt_status_t
build_field(const kt_dynamic_t *dynamic, const dyn_type_t *type, const dyn_field_proto_t *proto,
            layout_t *layout, ProtobufCFieldDescriptor *field)
{
    KT_TRY(check_field(dynamic, type, proto));
    *field = (ProtobufCFieldDescriptor){
        .name = proto->name,
        .id = (uint32_t)proto->number,
        .label = label_of(type, proto),
        .type = types[proto->type].type,
        .flags = is_packed(type, proto) ? PROTOBUF_C_FIELD_FLAG_PACKED : 0,
    };
    /* In proto3 a string that is not set is empty; in proto2 it is NULL, as for protoc-gen-c. Not
     * in a oneof: without an init function protobuf-c would write the default into the union, and
     * take it for a message there. */
    if (field->type == PROTOBUF_C_TYPE_STRING && field->label == PROTOBUF_C_LABEL_NONE &&
        !proto->has_oneof_index)
        field->default_value = protobuf_c_empty_string;
    KT_TRY(resolve(dynamic, type, proto, field));
    lay_field(layout, proto, field);
    return kt_ok();
}

static int
by_id(const void *a, const void *b)
{
    const ProtobufCFieldDescriptor *x = (const ProtobufCFieldDescriptor *)a;
    const ProtobufCFieldDescriptor *y = (const ProtobufCFieldDescriptor *)b;
    return (x->id > y->id) - (x->id < y->id);
}

static int
by_field_name(const void *a, const void *b, void *fields)
{
    const ProtobufCFieldDescriptor *list = (const ProtobufCFieldDescriptor *)fields;
    return strcmp(list[*(const unsigned *)a].name, list[*(const unsigned *)b].name);
}

static int
field_number(const void *list, unsigned place)
{
    return (int)((const ProtobufCFieldDescriptor *)list)[place].id;
}

static kt_status_t
order_fields(const kt_dynamic_t *dynamic, const dyn_type_t *type, ProtobufCFieldDescriptor *fields,
             unsigned count, unsigned *names)
{
    qsort(fields, count, sizeof(fields[0]), by_id);
    for (unsigned i = 0; i < count; i++) {
        names[i] = i;
        if (i > 0 && fields[i - 1].id == fields[i].id)
            return dyn_bad(dynamic, type->file, "message %s has two fields of number %u",
                           type->name, fields[i].id);
    }
    qsort_r(names, count, sizeof(names[0]), by_field_name, fields);
    for (unsigned i = 1; i < count; i++)
        if (strcmp(fields[names[i - 1]].name, fields[names[i]].name) == 0)
            return dyn_bad(dynamic, type->file, "message %s has two fields %s", type->name,
                           fields[names[i]].name);
    return kt_ok();
}

kt_status_t
dyn_build_message(const kt_dynamic_t *dynamic, dyn_type_t *type)
{
    const dyn_message_proto_t *proto = type->message_proto;
    unsigned count = (unsigned)proto->n_field, ranges_count = 0;
    if (proto->n_field > KT_MESSAGE_FIELDS_MAX)
        return dyn_bad(dynamic, type->file, "message %s has more than %d fields", type->name,
                       KT_MESSAGE_FIELDS_MAX);
    layout_t layout = {
        .size = sizeof(ProtobufCMessage),
        .cases = DYN_ARRAY(dynamic, unsigned, proto->n_oneof_decl),
        .unions = DYN_ARRAY(dynamic, unsigned, proto->n_oneof_decl),
    };
    ProtobufCFieldDescriptor *fields = DYN_ARRAY(dynamic, ProtobufCFieldDescriptor, count);
    unsigned *names = DYN_ARRAY(dynamic, unsigned, count);
    if (!layout.cases || !layout.unions || !fields || !names)
        return dyn_exhausted();
    for (unsigned i = 0; i < count; i++)
        KT_TRY(build_field(dynamic, type, proto->field[i], &layout, &fields[i]));
    KT_TRY(order_fields(dynamic, type, fields, count, names));
    const ProtobufCIntRange *ranges = make_ranges(dynamic, count, field_number, fields,
                                                  &ranges_count);
    if (!ranges)
        return dyn_exhausted();
    *type->message = (ProtobufCMessageDescriptor){
        .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
        .name = type->name,
        .short_name = short_name(type->name),
        .c_name = type->name,
        .package_name = type->file->package ? type->file->package : "",
        .sizeof_message = lay(&layout, 0, alignof(max_align_t)),
        .n_fields = count,
        .fields = fields,
        .fields_sorted_by_name = names,
        .n_field_ranges = ranges_count,
        .field_ranges = ranges,
    };
    return kt_ok();
}
