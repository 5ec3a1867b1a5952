#include "messages.h"
#include "testing.h"
#include <google/protobuf/descriptor.pb-c.h>
#include <inttypes.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kantor/sets/sample.kt.h>
#include <kt/dynamic.h>
#include <kt/json.h>
#include <kt/message.h>
#include <kt/scan.h>
#include <stdlib.h>

#define ARENA_BYTES ((size_t)64 << 20)
#define FILES_MAX   16
#define ROUNDS      20

typedef Google__Protobuf__FileDescriptorProto file_t;
typedef Google__Protobuf__DescriptorProto message_t;
typedef Google__Protobuf__FieldDescriptorProto field_t;
typedef Google__Protobuf__EnumDescriptorProto enum_t;
typedef Google__Protobuf__EnumValueDescriptorProto value_t;
typedef Google__Protobuf__ServiceDescriptorProto service_t;
typedef Google__Protobuf__MethodDescriptorProto method_t;
typedef Google__Protobuf__MethodOptions options_t;

static kt_arena_t *arena, *scratch;

static int
make_arenas(void **state)
{
    (void)state;
    arena = kt_arena_new(1 << 16, ARENA_BYTES);
    scratch = kt_arena_new(1 << 16, ARENA_BYTES);
    return arena && scratch ? 0 : -1;
}

static int
drop_arenas(void **state)
{
    (void)state;
    kt_arena_destroy(&arena);
    kt_arena_destroy(&scratch);
    return 0;
}

static const kt_dynamic_t *
build_set(const kt_proto_set_t *set)
{
    kt_span_t files[FILES_MAX];
    const kt_dynamic_t *dynamic;
    assert_true(set->files_count <= FILES_MAX);
    /* In the order that helps least: what is needed comes last. */
    for (uint32_t i = 0; i < set->files_count; i++)
        files[i] = kt_span(set->files[set->files_count - 1 - i].data,
                           set->files[set->files_count - 1 - i].size);
    assert_ok(kt_dynamic_build(arena, files, set->files_count, &dynamic));
    return dynamic;
}

/* ---- the same as what is compiled in ---- */

static void
same_behaviour(kt_prng_t *prng, const kt_dynamic_t *dynamic,
               const ProtobufCMessageDescriptor *compiled)
{
    const ProtobufCMessageDescriptor *made = kt_dynamic_message(dynamic, compiled->name);
    kt_scan_limits_t limits = kt_scan_limits_usual();
    kt_scan_result_t scanned;
    kt_span_t packed, again;
    ProtobufCMessage *message, *parsed;
    const char *text, *expected;
    assert_non_null(made);
    kt_arena_reset(scratch);
    const ProtobufCMessage *sent = testing_random_message(prng, scratch, compiled);
    assert_ok(kt_message_pack(scratch, sent, &packed));
    assert_ok(kt_scan(made, packed, &limits, &scanned));
    size_t used = kt_arena_used(scratch);
    assert_ok(kt_message_unpack(scratch, made, packed, &message));
    assert_true(kt_arena_used(scratch) - used <= scanned.memory_bytes);
    assert_ok(kt_message_pack(scratch, message, &again));
    assert_span_equal(packed, again);
    kt_json_options_t options = {.defaults = kt_prng_below(prng, 2) != 0};
    assert_ok(kt_json_print(scratch, sent, &options, &expected));
    assert_ok(kt_json_print(scratch, message, &options, &text));
    assert_string_equal(text, expected);
    assert_ok(kt_json_parse(scratch, made, kt_span_str(text), NULL, &parsed));
    assert_ok(kt_message_pack(scratch, parsed, &again));
    assert_span_equal(packed, again);
}

static void
same_shape(const kt_dynamic_t *dynamic, const ProtobufCMessageDescriptor *compiled)
{
    const ProtobufCMessageDescriptor *made = kt_dynamic_message(dynamic, compiled->name);
    assert_non_null(made);
    assert_string_equal(made->short_name, compiled->short_name);
    assert_string_equal(made->package_name, compiled->package_name);
    assert_int_equal(made->n_fields, compiled->n_fields);
    for (unsigned i = 0; i < made->n_fields; i++) {
        const ProtobufCFieldDescriptor *a = &made->fields[i], *b = &compiled->fields[i];
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->id, b->id);
        assert_int_equal(a->label, b->label);
        assert_int_equal(a->type, b->type);
        assert_int_equal(a->flags, b->flags);
        assert_ptr_equal(protobuf_c_message_descriptor_get_field(made, b->id), a);
        assert_ptr_equal(protobuf_c_message_descriptor_get_field_by_name(made, b->name), a);
    }
}

static void
same_methods(const kt_dynamic_t *dynamic, const kt_service_desc_t *compiled)
{
    const kt_service_desc_t *made = kt_dynamic_service(dynamic, compiled->name);
    assert_non_null(made);
    assert_int_equal(made->methods_count, compiled->methods_count);
    for (uint32_t i = 0; i < made->methods_count; i++) {
        const kt_method_t *a = &made->methods[i], *b = &compiled->methods[i];
        assert_string_equal(a->path, b->path);
        assert_ptr_equal(kt_dynamic_method(dynamic, b->path), a);
        assert_string_equal(a->request->name, b->request->name);
        assert_string_equal(a->response->name, b->response->name);
        assert_int_equal(a->kind, b->kind);
        assert_int_equal(a->client_streaming, b->client_streaming);
        assert_int_equal(a->server_streaming, b->server_streaming);
        assert_int_equal(a->roles_count, b->roles_count);
        for (uint32_t j = 0; j < a->roles_count; j++)
            assert_string_equal(a->roles[j], b->roles[j]);
    }
}

static void
same_set(kt_prng_t *prng, const kt_proto_set_t *set)
{
    size_t count;
    kt_arena_reset(arena);
    const kt_dynamic_t *dynamic = build_set(set);
    for (uint32_t i = 0; i < set->messages_count; i++) {
        same_shape(dynamic, set->messages[i]);
        for (int round = 0; round < ROUNDS; round++)
            same_behaviour(prng, dynamic, set->messages[i]);
    }
    for (uint32_t i = 0; i < set->services_count; i++)
        same_methods(dynamic, set->services[i]);
    kt_dynamic_services(dynamic, &count);
    assert_int_equal(count, set->services_count);
}

static void
every_contract_is_as_compiled(void **state)
{
    kt_prng_t prng;
    (void)state;
    kt_prng_seed(&prng, testing_seed());
    for (size_t i = 0; i < TESTING_SETS; i++)
        same_set(&prng, testing_sets[i]);
    same_set(&prng, &sample_proto_set);
}

static void
what_proto2_says_is_as_compiled(void **state)
{
    const ProtobufCMessageDescriptor *compiled[] = {
        &google__protobuf__field_descriptor_proto__descriptor,
        &google__protobuf__uninterpreted_option__descriptor,
        &google__protobuf__uninterpreted_option__name_part__descriptor,
        &google__protobuf__source_code_info__location__descriptor,
    };
    (void)state;
    kt_arena_reset(arena);
    const kt_dynamic_t *dynamic = build_set(&sample_proto_set);
    for (size_t i = 0; i < KT_COUNT(compiled); i++)
        same_shape(dynamic, compiled[i]);
}

static void
things_are_found_by_name(void **state)
{
    size_t count;
    (void)state;
    kt_arena_reset(arena);
    const kt_dynamic_t *dynamic = build_set(&sample_proto_set);
    const ProtobufCEnumDescriptor *colour = kt_dynamic_enum(dynamic, "sample.v1.Colour");
    assert_non_null(colour);
    assert_string_equal(protobuf_c_enum_descriptor_get_value(colour, 1)->name, "RED");
    assert_int_equal(protobuf_c_enum_descriptor_get_value_by_name(colour, "COLOUR_2")->value, 2);
    assert_null(protobuf_c_enum_descriptor_get_value(colour, 3));
    assert_null(kt_dynamic_message(dynamic, "sample.v1.Colour"));
    assert_null(kt_dynamic_enum(dynamic, "sample.v1.Order"));
    assert_null(kt_dynamic_message(dynamic, "sample.v1.None"));
    assert_null(kt_dynamic_service(dynamic, "sample.v1.None"));
    assert_null(kt_dynamic_method(dynamic, "/sample.v1.Shop/None"));
    assert_ptr_equal(kt_dynamic_find(dynamic, "sample.v1.Order"),
                     kt_dynamic_message(dynamic, "sample.v1.Order"));
    const ProtobufCMessageDescriptor *const *messages = kt_dynamic_messages(dynamic, &count);
    for (size_t i = 1; i < count; i++)
        assert_true(strcmp(messages[i - 1]->name, messages[i]->name) < 0);
}

/* ---- what is refused ---- */

/* A small contract that is good, for rows to spoil. */
typedef struct contract {
    file_t file;
    message_t messages[2];
    field_t fields[2];
    enum_t enumeration;
    value_t values[2];
    service_t service;
    method_t methods[2];
    options_t options;
    ProtobufCMessageUnknownField rule;
    Google__Protobuf__MessageOptions message_options;
    Google__Protobuf__OneofDescriptorProto oneof;
    message_t *message_list[2];
    field_t *field_list[2];
    enum_t *enum_list[2];
    value_t *value_list[2];
    service_t *service_list[2];
    method_t *method_list[2];
    Google__Protobuf__OneofDescriptorProto *oneof_list[1];
} contract_t;

#define TEXT(literal) ((char *)(uintptr_t)(literal))

/* { kind: READ roles: "x" }, with its length in front as protobuf-c keeps it. */
static uint8_t good_rule[] = {5, 0x08, 1, 0x12, 1, 'x'};

static void
contract_init(contract_t *c)
{
    memset(c, 0, sizeof(*c));
    google__protobuf__file_descriptor_proto__init(&c->file);
    c->file.name = TEXT("x.proto");
    c->file.package = TEXT("t");
    c->file.syntax = TEXT("proto3");
    for (int i = 0; i < 2; i++) {
        google__protobuf__descriptor_proto__init(&c->messages[i]);
        google__protobuf__field_descriptor_proto__init(&c->fields[i]);
        google__protobuf__enum_value_descriptor_proto__init(&c->values[i]);
        google__protobuf__method_descriptor_proto__init(&c->methods[i]);
        c->message_list[i] = &c->messages[i];
        c->field_list[i] = &c->fields[i];
        c->enum_list[i] = &c->enumeration;
        c->value_list[i] = &c->values[i];
        c->service_list[i] = &c->service;
        c->method_list[i] = &c->methods[i];
        c->fields[i].has_number = c->fields[i].has_type = c->fields[i].has_label = 1;
        c->fields[i].number = i + 1;
        c->fields[i].type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT32;
        c->fields[i].label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_OPTIONAL;
        c->values[i].has_number = 1;
        c->values[i].number = i;
    }
    google__protobuf__enum_descriptor_proto__init(&c->enumeration);
    google__protobuf__service_descriptor_proto__init(&c->service);
    google__protobuf__method_options__init(&c->options);
    google__protobuf__message_options__init(&c->message_options);
    google__protobuf__oneof_descriptor_proto__init(&c->oneof);
    c->oneof.name = TEXT("o");
    c->oneof_list[0] = &c->oneof;
    c->messages[0].name = TEXT("M");
    c->messages[1].name = TEXT("N");
    c->fields[0].name = TEXT("a");
    c->fields[1].name = TEXT("b");
    c->values[0].name = TEXT("ZERO");
    c->values[1].name = TEXT("ONE");
    c->methods[0].name = TEXT("A");
    c->methods[1].name = TEXT("B");
    c->rule = (ProtobufCMessageUnknownField){
        .tag = 51000,
        .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
        .len = sizeof(good_rule),
        .data = good_rule,
    };
    c->options.base.n_unknown_fields = 1;
    c->options.base.unknown_fields = &c->rule;
    for (int i = 0; i < 2; i++) {
        c->methods[i].input_type = TEXT(".t.M");
        c->methods[i].output_type = TEXT(".t.N");
        c->methods[i].options = &c->options;
    }
    c->enumeration.name = TEXT("E");
    c->service.name = TEXT("S");
    c->file.message_type = c->message_list;
    c->file.n_message_type = 2;
    c->file.enum_type = c->enum_list;
    c->file.n_enum_type = 1;
    c->file.service = c->service_list;
    c->file.n_service = 1;
    c->messages[0].field = c->field_list;
    c->messages[0].n_field = 2;
    c->enumeration.value = c->value_list;
    c->enumeration.n_value = 2;
    c->service.method = c->method_list;
    c->service.n_method = 2;
}

static void
set_type(field_t *field, Google__Protobuf__FieldDescriptorProto__Type type, const char *name)
{
    field->type = type;
    field->type_name = TEXT(name);
}

static void
set_rule(contract_t *c, uint8_t *bytes, size_t size)
{
    c->rule.data = bytes;
    c->rule.len = size;
}

#define MESSAGE_TYPE GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE
#define ENUM_TYPE    GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_ENUM
#define REPEATED     GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED
#define RULE(...)                                                                                  \
    static uint8_t bytes[] = {__VA_ARGS__};                                                        \
    set_rule(c, bytes, sizeof(bytes))
/* One way to spoil the contract. */
#define SPOIL(name, ...)                                                                           \
    static void name(contract_t *c)                                                                \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }

SPOIL(no_file_name, c->file.name = NULL)
SPOIL(odd_file_name, c->file.name = TEXT("a\033[2J"))
SPOIL(odd_syntax, c->file.syntax = TEXT("proto9"))
SPOIL(odd_package, c->file.package = TEXT("a..b"))
SPOIL(no_message_name, c->messages[0].name = NULL)
SPOIL(odd_message_name, c->messages[0].name = TEXT("a.b"))
SPOIL(same_message_twice, c->messages[1].name = TEXT("M"))
SPOIL(message_like_enum, c->messages[1].name = TEXT("E"))
SPOIL(field_number_0, c->fields[0].number = 0)
SPOIL(field_number_negative, c->fields[0].number = -1)
SPOIL(field_number_great, c->fields[0].number = 1 << 29)
SPOIL(field_number_twice, c->fields[1].number = 1)
SPOIL(field_name_twice, c->fields[1].name = TEXT("a"))
SPOIL(no_field_name, c->fields[0].name = NULL)
SPOIL(group,
      set_type(&c->fields[0], GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_GROUP, ".t.N"))
SPOIL(odd_type, c->fields[0].type = (Google__Protobuf__FieldDescriptorProto__Type)77)
SPOIL(negative_type, c->fields[0].type = (Google__Protobuf__FieldDescriptorProto__Type)(-1))
SPOIL(odd_label, c->fields[0].label = (Google__Protobuf__FieldDescriptorProto__Label)9)
SPOIL(proto3_optional, c->fields[0].has_proto3_optional = c->fields[0].proto3_optional = 1)
SPOIL(unknown_message, set_type(&c->fields[0], MESSAGE_TYPE, ".t.Gone"))
SPOIL(unnamed_message, set_type(&c->fields[0], MESSAGE_TYPE, NULL))
SPOIL(relative_name, set_type(&c->fields[0], MESSAGE_TYPE, "N"))
SPOIL(odd_type_name, set_type(&c->fields[0], MESSAGE_TYPE, ".t.\033"))
SPOIL(enum_as_message, set_type(&c->fields[0], MESSAGE_TYPE, ".t.E"))
SPOIL(message_as_enum, set_type(&c->fields[0], ENUM_TYPE, ".t.N"))
SPOIL(map, set_type(&c->fields[0], MESSAGE_TYPE, ".t.N"); c->fields[0].label = REPEATED;
      c->message_options.has_map_entry = c->message_options.map_entry = 1;
      c->messages[1].options = &c->message_options)
SPOIL(oneof_nowhere, c->fields[0].has_oneof_index = 1)
SPOIL(oneof_negative, c->fields[0].has_oneof_index = 1; c->fields[0].oneof_index = -1;
      c->messages[0].oneof_decl = c->oneof_list; c->messages[0].n_oneof_decl = 1)
SPOIL(oneof_repeated, c->fields[0].has_oneof_index = 1; c->fields[0].label = REPEATED;
      c->messages[0].oneof_decl = c->oneof_list; c->messages[0].n_oneof_decl = 1)
SPOIL(enum_without_values, c->enumeration.n_value = 0)
SPOIL(no_value_name, c->values[0].name = NULL)
SPOIL(value_twice, c->values[1].name = TEXT("ZERO"))
SPOIL(service_twice, c->file.n_service = 2)
SPOIL(no_service_name, c->service.name = NULL)
SPOIL(no_method_name, c->methods[0].name = TEXT("a b"))
SPOIL(method_twice, c->methods[1].name = TEXT("A"))
SPOIL(no_input, c->methods[0].input_type = NULL)
SPOIL(odd_output, c->methods[0].output_type = TEXT(".t.E"))
SPOIL(no_options, c->methods[0].options = NULL)
SPOIL(no_rule, c->options.base.n_unknown_fields = 0)
SPOIL(rule_as_number, c->rule.wire_type = PROTOBUF_C_WIRE_TYPE_VARINT; RULE(1))
SPOIL(no_kind, RULE(3, 0x12, 1, 'x'))
SPOIL(odd_kind, RULE(5, 0x08, 9, 0x12, 1, 'x'))
SPOIL(no_roles, RULE(2, 0x08, 1))
SPOIL(odd_role, RULE(5, 0x08, 1, 0x12, 1, '\n'))
SPOIL(empty_role, RULE(4, 0x08, 1, 0x12, 0))
SPOIL(rule_cut, RULE(4, 0x08, 1, 0x12, 9))
SPOIL(streaming_write, RULE(5, 0x08, 2, 0x12, 1, 'x');
      c->methods[0].has_server_streaming = c->methods[0].server_streaming = 1)
SPOIL(cycle, set_type(&c->fields[0], MESSAGE_TYPE, ".t.M"))

static const struct refusal {
    void (*spoil)(contract_t *c);
    const char *expected;
} refusals[] = {
    {no_file_name, "?: a file without a proper name"},
    {odd_file_name, "?: a file without a proper name"},
    {odd_syntax, "x.proto: neither proto2 nor proto3"},
    {odd_package, "x.proto: its package has no proper name"},
    {no_message_name, "x.proto: something without a proper name in \"t\""},
    {odd_message_name, "x.proto: something without a proper name in \"t\""},
    {same_message_twice, "x.proto: t.M is declared twice"},
    {message_like_enum, "x.proto: t.E is declared twice"},
    {field_number_0, "x.proto: field t.M.a has number 0"},
    {field_number_negative, "x.proto: field t.M.a has number -1"},
    {field_number_great, "x.proto: field t.M.a has number 536870912"},
    {field_number_twice, "x.proto: message t.M has two fields of number 1"},
    {field_name_twice, "x.proto: message t.M has two fields a"},
    {no_field_name, "x.proto: message t.M: a field without a proper name"},
    {group, "x.proto: field t.M.a is of type 10, which is not handled"},
    {odd_type, "x.proto: field t.M.a is of type 77, which is not handled"},
    {negative_type, "x.proto: field t.M.a is of type -1, which is not handled"},
    {odd_label, "x.proto: field t.M.a has label 9"},
    {proto3_optional, "x.proto: field t.M.a is `optional` in proto3"},
    {unknown_message, "x.proto: field t.M.a: there is no message .t.Gone"},
    {unnamed_message, "x.proto: field t.M.a: there is no message ?"},
    {relative_name, "x.proto: field t.M.a: there is no message N"},
    {odd_type_name, "x.proto: field t.M.a: there is no message ?"},
    {enum_as_message, "x.proto: field t.M.a: there is no message .t.E"},
    {message_as_enum, "x.proto: field t.M.a: there is no enum .t.N"},
    {map, "x.proto: field t.M.a is a map"},
    {oneof_nowhere, "x.proto: field t.M.a lies in no oneof of its message"},
    {oneof_negative, "x.proto: field t.M.a lies in no oneof of its message"},
    {oneof_repeated, "x.proto: field t.M.a lies in no oneof of its message"},
    {enum_without_values, "x.proto: enum t.E has 0 values, not 1 to 4096"},
    {no_value_name, "x.proto: enum t.E: a value without a proper name"},
    {value_twice, "x.proto: enum t.E has ZERO twice"},
    {service_twice, "x.proto: t.S is declared twice"},
    {no_service_name, "x.proto: something without a proper name in \"t\""},
    {no_method_name, "x.proto: a method of t.S without a proper name"},
    {method_twice, "x.proto: method /t.S/A is declared twice"},
    {no_input, "x.proto: method /t.S/A: there is no message ?"},
    {odd_output, "x.proto: method /t.S/A: there is no message .t.E"},
    {no_options, "x.proto: method /t.S/A has no rule"},
    {no_rule, "x.proto: method /t.S/A has no rule"},
    {rule_as_number, "x.proto: method /t.S/A has no rule"},
    {no_kind, "x.proto: the rule of method /t.S/A has no kind that is known here"},
    {odd_kind, "x.proto: the rule of method /t.S/A has no kind that is known here"},
    {no_roles, "x.proto: the rule of method /t.S/A has 0 roles, not 1 to 8"},
    {odd_role, "x.proto: the rule of method /t.S/A has a role without a proper name"},
    {empty_role, "x.proto: the rule of method /t.S/A has a role without a proper name"},
    {rule_cut, "the body is no message of its type"},
    {streaming_write, "x.proto: method /t.S/A is a WRITE and streams"},
    {cycle, "x.proto: method /t.S/A: message t.M holds itself, or nests deeper than 32"},
};

static kt_status_t
build_file(const file_t *file)
{
    kt_span_t packed;
    const kt_dynamic_t *dynamic;
    assert_ok(kt_message_pack(scratch, &file->base, &packed));
    return kt_dynamic_build(arena, &packed, 1, &dynamic);
}

static void
every_refusal_names_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(refusals); i++) {
        contract_t contract;
        kt_arena_reset(arena);
        kt_arena_reset(scratch);
        contract_init(&contract);
        assert_ok(build_file(&contract.file));
        refusals[i].spoil(&contract);
        kt_status_t status = build_file(&contract.file);
        if (status.code != KT_INVALID_ARGUMENT || status.reason != RPC_REASON_MALFORMED_BODY)
            fail_msg("%s: %s", refusals[i].expected, kt_code_name(status.code));
        assert_string_equal(status.text, refusals[i].expected);
    }
}

static void
an_alias_goes_by_its_first_name(void **state)
{
    contract_t contract;
    kt_span_t packed;
    const kt_dynamic_t *dynamic;
    (void)state;
    kt_arena_reset(arena);
    contract_init(&contract);
    contract.values[1].number = 0;
    assert_ok(kt_message_pack(scratch, &contract.file.base, &packed));
    assert_ok(kt_dynamic_build(arena, &packed, 1, &dynamic));
    const ProtobufCEnumDescriptor *e = kt_dynamic_enum(dynamic, "t.E");
    assert_int_equal(e->n_values, 1);
    assert_string_equal(protobuf_c_enum_descriptor_get_value(e, 0)->name, "ZERO");
    assert_int_equal(protobuf_c_enum_descriptor_get_value_by_name(e, "ONE")->value, 0);
}

static void
a_file_may_come_again_but_not_changed(void **state)
{
    contract_t contract;
    kt_span_t files[3];
    const kt_dynamic_t *dynamic;
    (void)state;
    kt_arena_reset(arena);
    contract_init(&contract);
    assert_ok(kt_message_pack(scratch, &contract.file.base, &files[0]));
    files[1] = files[0];
    assert_ok(kt_dynamic_build(arena, files, 2, &dynamic));
    contract.messages[1].name = TEXT("N2");
    assert_ok(kt_message_pack(scratch, &contract.file.base, &files[2]));
    kt_status_t status = kt_dynamic_build(arena, files, 3, &dynamic);
    assert_int_equal(status.code, KT_INVALID_ARGUMENT);
    assert_string_equal(status.text, "x.proto: comes twice with different contents");
}

/* COUNT messages, each holding the next. */
static kt_status_t
build_chain(size_t count)
{
    contract_t contract;
    contract_init(&contract);
    message_t *messages = KT_ARENA_ARRAY(scratch, message_t, count);
    field_t *fields = KT_ARENA_ARRAY(scratch, field_t, count);
    message_t **message_list = KT_ARENA_ARRAY(scratch, message_t *, count);
    for (size_t i = 0; i < count; i++) {
        google__protobuf__descriptor_proto__init(&messages[i]);
        message_list[i] = &messages[i];
        messages[i].name = TEXT(kt_arena_printf(scratch, "M%zu", i));
        if (i + 1 == count)
            continue;
        fields[i] = contract.fields[0];
        set_type(&fields[i], MESSAGE_TYPE, kt_arena_printf(scratch, ".t.M%zu", i + 1));
        messages[i].n_field = 1;
        messages[i].field = KT_ARENA_NEW(scratch, field_t *);
        messages[i].field[0] = &fields[i];
    }
    contract.file.message_type = message_list;
    contract.file.n_message_type = count;
    contract.service.n_method = 1;
    contract.methods[0].input_type = TEXT(".t.M0");
    contract.methods[0].output_type = TEXT(".t.M0");
    return build_file(&contract.file);
}

static void
nesting_and_counts_are_limited(void **state)
{
    (void)state;
    kt_arena_reset(arena);
    assert_ok(build_chain(KT_SCAN_DEPTH_MAX));
    kt_arena_reset(scratch);
    assert_status(build_chain(KT_SCAN_DEPTH_MAX + 1), KT_INVALID_ARGUMENT,
                  RPC_REASON_MALFORMED_BODY);
    kt_arena_reset(scratch);
    assert_status(build_chain(KT_DYNAMIC_TYPES_MAX - 1), KT_INVALID_ARGUMENT,
                  RPC_REASON_MALFORMED_BODY);
    kt_arena_reset(scratch);
    assert_status(build_chain(KT_DYNAMIC_TYPES_MAX), KT_RESOURCE_EXHAUSTED,
                  RPC_REASON_TOO_MANY_ELEMENTS);
}

static void
bytes_and_memory_are_limited(void **state)
{
    contract_t contract;
    kt_span_t packed;
    const kt_dynamic_t *dynamic;
    (void)state;
    kt_arena_reset(scratch);
    contract_init(&contract);
    assert_ok(kt_message_pack(scratch, &contract.file.base, &packed));
    for (size_t limit = 64; limit < 16384; limit += 512) {
        kt_arena_t *small = kt_arena_new(64, limit);
        kt_status_t status = kt_dynamic_build(small, &packed, 1, &dynamic);
        if (kt_failed(status))
            assert_int_equal(status.code, KT_RESOURCE_EXHAUSTED);
        kt_arena_destroy(&small);
    }
    uint8_t *large = (uint8_t *)kt_arena_zalloc(scratch, 1, KT_DYNAMIC_FILE_BYTES_MAX + 1);
    packed = kt_span(large, KT_DYNAMIC_FILE_BYTES_MAX + 1);
    kt_arena_reset(arena);
    assert_status(kt_dynamic_build(arena, &packed, 1, &dynamic), KT_RESOURCE_EXHAUSTED,
                  RPC_REASON_TOO_MANY_ELEMENTS);
    packed = kt_span("\xFF", 1);
    assert_status(kt_dynamic_build(arena, &packed, 1, &dynamic), KT_INVALID_ARGUMENT,
                  RPC_REASON_MALFORMED_BODY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_contract_is_as_compiled),
        cmocka_unit_test(what_proto2_says_is_as_compiled),
        cmocka_unit_test(things_are_found_by_name),
        cmocka_unit_test(every_refusal_names_what_is_wrong),
        cmocka_unit_test(an_alias_goes_by_its_first_name),
        cmocka_unit_test(a_file_may_come_again_but_not_changed),
        cmocka_unit_test(nesting_and_counts_are_limited),
        cmocka_unit_test(bytes_and_memory_are_limited),
    };
    return cmocka_run_group_tests(tests, make_arenas, drop_arenas);
}
