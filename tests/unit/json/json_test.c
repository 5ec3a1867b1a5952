#include "messages.h"
#include "testing.h"
#include <google/rpc/error_details.kt.h>
#include <kantor/finance/v1/ledger.kt.h>
#include <kantor/rpc/v1/call.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kantor/sets/sample.kt.h>
#include <kt/json.h>
#include <kt/message.h>
#include <sample/v1/shop.kt.h>
#include <sample/v1/types.kt.h>
#include <stdlib.h>

#define ARENA_BYTES ((size_t)64 << 20)
#define ROUNDS      20

static kt_arena_t *arena;
static const kt_json_options_t finding = {.find = testing_find};

static int
make_arena(void **state)
{
    (void)state;
    arena = kt_arena_new(1 << 16, ARENA_BYTES);
    return arena ? 0 : -1;
}

static int
drop_arena(void **state)
{
    (void)state;
    kt_arena_destroy(&arena);
    return 0;
}

static kt_status_t
parse(const ProtobufCMessageDescriptor *descriptor, const char *text, ProtobufCMessage **message)
{
    return kt_json_parse(arena, descriptor, kt_span_str(text), &finding, message);
}

/* ---- what is read and written ---- */

/* Reads TEXT, writes it compactly, and compares. */
static const struct form {
    const ProtobufCMessageDescriptor *descriptor;
    const char *text, *expected;
} forms[] = {
    {&smp_nothing_descriptor, " { } ", "{}"},
    {&smp_scalars_descriptor, "{\"aInt32\":-5}", "{\"aInt32\":-5}"},
    {&smp_scalars_descriptor, "{\"a_int32\":7}", "{\"aInt32\":7}"},
    {&smp_scalars_descriptor, "{\"aInt32\":\"7\"}", "{\"aInt32\":7}"},
    {&smp_scalars_descriptor, "{\"aInt32\":1e3}", "{\"aInt32\":1000}"},
    {&smp_scalars_descriptor, "{\"aInt32\":null}", "{}"},
    {&smp_scalars_descriptor, "{\"aInt32\":0}", "{}"},
    {&smp_scalars_descriptor, "{\"aInt32\":-2147483648}", "{\"aInt32\":-2147483648}"},
    {&smp_scalars_descriptor, "{\"aInt64\":\"-9223372036854775808\"}",
     "{\"aInt64\":\"-9223372036854775808\"}"},
    {&smp_scalars_descriptor, "{\"aInt64\":-12}", "{\"aInt64\":\"-12\"}"},
    {&smp_scalars_descriptor, "{\"aUint64\":\"18446744073709551615\"}",
     "{\"aUint64\":\"18446744073709551615\"}"},
    {&smp_scalars_descriptor, "{\"aFixed32\":4294967295}", "{\"aFixed32\":4294967295}"},
    {&smp_scalars_descriptor, "{\"aDouble\":0.1}", "{\"aDouble\":0.1}"},
    {&smp_scalars_descriptor, "{\"aDouble\":\"-1.5e300\"}", "{\"aDouble\":-1.5e+300}"},
    {&smp_scalars_descriptor, "{\"aDouble\":\"NaN\"}", "{\"aDouble\":\"NaN\"}"},
    {&smp_scalars_descriptor, "{\"aFloat\":\"-Infinity\"}", "{\"aFloat\":\"-Infinity\"}"},
    {&smp_scalars_descriptor, "{\"aFloat\":0.1}", "{\"aFloat\":0.1}"},
    {&smp_scalars_descriptor, "{\"aFloat\":3}", "{\"aFloat\":3}"},
    {&smp_scalars_descriptor, "{\"aBool\":true}", "{\"aBool\":true}"},
    {&smp_scalars_descriptor, "{\"aString\":\"a\\u00e4\\\"\\\\\\n\\u0001\\ud83d\\ude00\"}",
     "{\"aString\":\"a\xC3\xA4\\\"\\\\\\n\\u0001\xF0\x9F\x98\x80\"}"},
    {&smp_scalars_descriptor, "{\"aBytes\":\"AP8=\"}", "{\"aBytes\":\"AP8=\"}"},
    {&smp_scalars_descriptor, "{\"aBytes\":\"AP8\"}", "{\"aBytes\":\"AP8=\"}"},
    {&smp_scalars_descriptor, "{\"aBytes\":\"-_-_\"}", "{\"aBytes\":\"+/+/\"}"},
    {&smp_scalars_descriptor, "{\"aBytes\":\"AA==\"}", "{\"aBytes\":\"AA==\"}"},
    {&smp_scalars_descriptor, "{\"aColour\":\"RED\"}", "{\"aColour\":\"RED\"}"},
    {&smp_scalars_descriptor, "{\"aColour\":2}", "{\"aColour\":\"COLOUR_2\"}"},
    {&smp_scalars_descriptor, "{\"aColour\":77}", "{\"aColour\":77}"},
    {&smp_scalars_descriptor, "{\"aString\":\"z\",\"aInt32\":1}",
     "{\"aInt32\":1,\"aString\":\"z\"}"},
    {&smp_lists_descriptor, "{\"strings\":[\"a\",\"\"],\"int64s\":[1,\"2\"]}",
     "{\"int64s\":[\"1\",\"2\"],\"strings\":[\"a\",\"\"]}"},
    {&smp_lists_descriptor, "{\"strings\":[],\"int64s\":null}", "{}"},
    {&smp_lists_descriptor, "{\"messages\":[{},{\"aBool\":true}]}",
     "{\"messages\":[{},{\"aBool\":true}]}"},
    {&smp_http_outer_descriptor, "{\"text\":\"\"}", "{\"text\":\"\"}"},
    {&smp_http_outer_descriptor, "{\"flag\":false}", "{\"flag\":false}"},
    {&smp_http_outer_descriptor, "{\"someCore\":{\"size\":\"3\"}}",
     "{\"someCore\":{\"size\":\"3\"}}"},
    {&smp_http_outer_descriptor, "{\"inner\":{\"mood\":\"GOOD\",\"core\":{}}}",
     "{\"inner\":{\"mood\":\"GOOD\",\"core\":{}}}"},
    {&smp_sparse_descriptor, "{\"default\":1,\"greatest\":[1]}",
     "{\"default\":1,\"greatest\":[1]}"},
    {&shop_order_descriptor, "{\"made\":\"2026-11-23T16:04:05Z\"}",
     "{\"made\":\"2026-11-23T16:04:05Z\"}"},
    {&shop_order_descriptor, "{\"made\":\"2026-11-23T18:04:05.12+02:00\"}",
     "{\"made\":\"2026-11-23T16:04:05.120Z\"}"},
    {&shop_order_descriptor, "{\"made\":\"0001-01-01T00:00:00.000000001Z\"}",
     "{\"made\":\"0001-01-01T00:00:00.000000001Z\"}"},
    {&shop_order_descriptor, "{\"made\":\"9999-12-31T23:59:59.999999999Z\"}",
     "{\"made\":\"9999-12-31T23:59:59.999999999Z\"}"},
    {&shop_order_descriptor, "{\"took\":\"-1.5s\"}", "{\"took\":\"-1.500s\"}"},
    {&shop_order_descriptor, "{\"took\":\"-0.000001s\"}", "{\"took\":\"-0.000001s\"}"},
    {&shop_order_descriptor, "{\"took\":\"0s\"}", "{\"took\":\"0s\"}"},
    {&shop_order_descriptor, "{\"extras\":[{}]}", "{\"extras\":[{}]}"},
    {&shop_order_descriptor,
     "{\"extras\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"X\"}]}",
     "{\"extras\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"X\"}]}"},
    {&shop_order_descriptor,
     "{\"extras\":[{\"value\":\"3s\",\"@type\":\"a/google.protobuf.Duration\"}]}",
     "{\"extras\":[{\"@type\":\"a/google.protobuf.Duration\",\"value\":\"3s\"}]}"},
    {&shop_order_descriptor, "{\"extras\":[{\"@type\":\"a/no.such.Type\",\"value\":\"AAE=\"}]}",
     "{\"extras\":[{\"@type\":\"a/no.such.Type\",\"value\":\"AAE=\"}]}"},
    {&google__protobuf__duration__descriptor, "\"1s\"", "\"1s\""},
};

static void
every_form_is_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(forms); i++) {
        ProtobufCMessage *message;
        const char *text;
        kt_arena_reset(arena);
        kt_status_t status = parse(forms[i].descriptor, forms[i].text, &message);
        if (kt_failed(status))
            fail_msg("%s: %s", forms[i].text, status.text);
        assert_ok(kt_json_print(arena, message, &finding, &text));
        assert_string_equal(text, forms[i].expected);
    }
}

/* ---- what is refused ---- */

static const struct refusal {
    const ProtobufCMessageDescriptor *descriptor;
    const char *text, *expected;
} refusals[] = {
    {&smp_scalars_descriptor, "", "line 1: unexpected token near end of file"},
    {&smp_scalars_descriptor, "{\n\n\"aInt32\": }", "line 3: unexpected token near '}'"},
    {&smp_scalars_descriptor, "[]", "line 1: expected an object, not a list"},
    {&smp_scalars_descriptor, "{\"aInt32\":1,\"aInt32\":2}",
     "line 1: duplicate object key near '\"aInt32\"'"},
    {&smp_scalars_descriptor, "{\"aInt32\":1,\n\"a_int32\":2}",
     "line 2: a_int32: the field is given twice, once by each of its names"},
    {&smp_scalars_descriptor, "{\n \"aInt23\":1}",
     "line 2: aInt23: no such field in sample.v1.Scalars; did you mean \"aInt32\"?"},
    {&smp_scalars_descriptor, "{\"completelyElse\":1}",
     "line 1: completelyElse: no such field in sample.v1.Scalars"},
    {&smp_nothing_descriptor, "{\"a\":1}", "line 1: a: no such field in sample.v1.Nothing"},
    {&smp_scalars_descriptor, "{\"aInt32\":1.5}", "line 1: aInt32: 1.5 is no whole number"},
    {&smp_scalars_descriptor, "{\"aInt64\":1e300}", "line 1: aInt64: 1e+300 is no whole number"},
    {&smp_scalars_descriptor, "{\"aInt32\":true}",
     "line 1: aInt32: expected a whole number, not a boolean"},
    {&smp_scalars_descriptor, "{\"aInt32\":\"12x\"}",
     "line 1: aInt32: \"12x\" is no whole number of 64 bits"},
    {&smp_scalars_descriptor, "{\"aInt32\":\"\"}",
     "line 1: aInt32: \"\" is no whole number of 64 bits"},
    {&smp_scalars_descriptor, "{\"aInt32\":\"-\"}",
     "line 1: aInt32: \"-\" is no whole number of 64 bits"},
    {&smp_scalars_descriptor, "{\"aInt32\":2147483648}",
     "line 1: aInt32: 2147483648 does not fit into 32 bits"},
    {&smp_scalars_descriptor, "{\"aInt32\":-2147483649}",
     "line 1: aInt32: -2147483649 does not fit into 32 bits"},
    {&smp_scalars_descriptor, "{\"aInt64\":\"9223372036854775808\"}",
     "line 1: aInt64: 9223372036854775808 does not fit into 64 bits"},
    {&smp_scalars_descriptor, "{\"aUint64\":\"18446744073709551616\"}",
     "line 1: aUint64: \"18446744073709551616\" is no whole number of 64 bits"},
    {&smp_scalars_descriptor, "{\"aUint32\":4294967296}",
     "line 1: aUint32: 4294967296 does not fit into 32 bits"},
    {&smp_scalars_descriptor, "{\"aUint32\":-1}",
     "line 1: aUint32: -1 is negative, and this number cannot be"},
    {&smp_scalars_descriptor, "{\"aDouble\":\"abc\"}", "line 1: aDouble: \"abc\" is no number"},
    {&smp_scalars_descriptor, "{\"aDouble\":\"inf\"}", "line 1: aDouble: \"inf\" is no number"},
    {&smp_scalars_descriptor, "{\"aDouble\":\"\"}", "line 1: aDouble: \"\" is no number"},
    {&smp_scalars_descriptor, "{\"aDouble\":[]}", "line 1: aDouble: expected a number, not a list"},
    {&smp_scalars_descriptor, "{\"aFloat\":1e300}",
     "line 1: aFloat: 1e+300 does not fit into a float"},
    {&smp_scalars_descriptor, "{\"aBool\":1}",
     "line 1: aBool: expected true or false, not a number"},
    {&smp_scalars_descriptor, "{\"aString\":1}",
     "line 1: aString: expected a string, not a number"},
    {&smp_scalars_descriptor, "{\"aBytes\":1}",
     "line 1: aBytes: expected bytes as a string of base64, not a number"},
    {&smp_scalars_descriptor, "{\"aBytes\":\"A\"}", "line 1: aBytes: \"A\" is no base64"},
    {&smp_scalars_descriptor, "{\"aBytes\":\"A*==\"}", "line 1: aBytes: \"A*==\" is no base64"},
    {&smp_scalars_descriptor, "{\"aBytes\":\"AP8==\"}", "line 1: aBytes: \"AP8==\" is no base64"},
    {&smp_scalars_descriptor, "{\"aBytes\":\"A===\"}", "line 1: aBytes: \"A===\" is no base64"},
    {&smp_scalars_descriptor, "{\"aColour\":\"REDD\"}",
     "line 1: aColour: \"REDD\" is no name of sample.v1.Colour; did you mean \"RED\"?"},
    {&smp_scalars_descriptor, "{\"aColour\":\"BLUEISH\"}",
     "line 1: aColour: \"BLUEISH\" is no name of sample.v1.Colour"},
    {&smp_scalars_descriptor, "{\"aColour\":{}}",
     "line 1: aColour: expected a name of sample.v1.Colour, not an object"},
    {&smp_lists_descriptor, "{\"strings\":{}}", "line 1: strings: expected a list, not an object"},
    {&smp_lists_descriptor, "{\"strings\":[\"a\",\n null]}",
     "line 2: strings[1]: a list holds no null"},
    {&smp_lists_descriptor, "{\"messages\": [\n {},\n {\n \"aBool\": \"x\" } ] }",
     "line 4: messages[1].aBool: expected true or false, not a string"},
    {&smp_lists_descriptor, "{\"strings\":[\"}\\\"]\",\"\\\\\"],\n\"messages\":[{},\n3]}",
     "line 3: messages[1]: expected an object, not a number"},
    {&smp_http_outer_descriptor, "{\"text\":\"a\",\n\"flag\":true}",
     "line 2: flag: another field of the same oneof is set: text"},
    {&smp_http_outer_descriptor, "{\"inner\":1}",
     "line 1: inner: expected an object, not a number"},
    {&shop_order_descriptor, "{\"made\":\"2026-11-23\"}",
     "line 1: made: expected a time such as \"2026-11-23T16:04:05.123Z\" (RFC 3339)"},
    {&shop_order_descriptor, "{\"made\":\"2026-13-23T16:04:05Z\"}",
     "line 1: made: expected a time such as \"2026-11-23T16:04:05.123Z\" (RFC 3339)"},
    {&shop_order_descriptor, "{\"made\":\"2026-11-23T16:04:05.1234567891Z\"}",
     "line 1: made: expected a time such as \"2026-11-23T16:04:05.123Z\" (RFC 3339)"},
    {&shop_order_descriptor, "{\"made\":\"2026-11-23T16:04:05.Z\"}",
     "line 1: made: expected a time such as \"2026-11-23T16:04:05.123Z\" (RFC 3339)"},
    {&shop_order_descriptor, "{\"made\":5}",
     "line 1: made: expected a time such as \"2026-11-23T16:04:05.123Z\" (RFC 3339)"},
    {&shop_order_descriptor, "{\"took\":\"1\"}",
     "line 1: took: expected a duration such as \"1.5s\", at most 315576000000 s"},
    {&shop_order_descriptor, "{\"took\":\"315576000001s\"}",
     "line 1: took: expected a duration such as \"1.5s\", at most 315576000000 s"},
    {&shop_order_descriptor, "{\"took\":\"--1s\"}",
     "line 1: took: expected a duration such as \"1.5s\", at most 315576000000 s"},
    {&shop_order_descriptor, "{\"extras\":[3]}",
     "line 1: extras[0]: expected an object, not a number"},
    {&shop_order_descriptor, "{\"extras\":[{\"value\":\"AA==\"}]}",
     "line 1: extras[0]: expected \"@type\", such as \"type.googleapis.com/google.rpc.ErrorInfo\""},
    {&shop_order_descriptor, "{\"extras\":[{\"@type\":5}]}",
     "line 1: extras[0].@type: expected a string, not a number"},
    {&shop_order_descriptor, "{\"extras\":[{\"@type\":\"a/no.Type\",\"x\":5}]}",
     "line 1: extras[0].@type: \"a/no.Type\" is of no known type; only \"value\" in base64 can be "
     "read"},
    {&shop_order_descriptor,
     "{\"extras\":[{\"@type\":\"a/google.rpc.ErrorInfo\",\n\"reasons\":\"\"}]}",
     "line 2: extras[0].reasons: no such field in google.rpc.ErrorInfo; did you mean \"reason\"?"},
    {&shop_order_descriptor, "{\"extras\":[{\"@type\":\"a/google.protobuf.Duration\"}]}",
     "line 1: extras[0]: expected \"@type\" and \"value\" for google.protobuf.Duration, and no "
     "more"},
};

static void
every_refusal_names_line_path_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(refusals); i++) {
        ProtobufCMessage *message;
        kt_arena_reset(arena);
        kt_status_t status = parse(refusals[i].descriptor, refusals[i].text, &message);
        if (status.code != KT_INVALID_ARGUMENT || status.reason != RPC_REASON_BAD_FIELD)
            fail_msg("%s: %s, reason %u", refusals[i].text, kt_code_name(status.code),
                     (unsigned)status.reason);
        assert_string_equal(status.text, refusals[i].expected);
    }
}

static void
text_and_memory_are_limited(void **state)
{
    ProtobufCMessage *message;
    const char *text;
    char *blanks = malloc(KT_JSON_TEXT_BYTES_MAX + 1);
    kt_arena_t *small = kt_arena_new(64, 64);
    (void)state;
    assert_non_null(blanks);
    memset(blanks, ' ', KT_JSON_TEXT_BYTES_MAX + 1);
    assert_status(kt_json_parse(arena, &smp_scalars_descriptor,
                                kt_span(blanks, KT_JSON_TEXT_BYTES_MAX + 1), NULL, &message),
                  KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_LARGE);
    free(blanks);
    assert_status(kt_json_parse(small, &smp_scalars_descriptor, kt_span_str("{}"), NULL, &message),
                  KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS);
    kt_arena_reset(small);
    assert_ok(parse(&smp_scalars_descriptor, "{\"aString\":\"x\"}", &message));
    assert_status(kt_json_print(small, message, NULL, &text), KT_RESOURCE_EXHAUSTED,
                  RPC_REASON_TOO_MANY_ELEMENTS);
    kt_arena_destroy(&small);
}

#define STATUS_TYPE "a/kantor.rpc.v1.CallStatus"

/* A status whose detail holds a status, and so on: the one nesting that no contract bounds. ANYS of
 * them. */
static const char *
nested_text(unsigned anys)
{
    static char text[8192];
    char *at = text + sprintf(text, "{");
    for (unsigned i = 0; i < anys; i++)
        at += sprintf(at, "%s\"details\":[{\"@type\":\"" STATUS_TYPE "\"", i > 0 ? "," : "");
    for (unsigned i = 0; i < anys; i++)
        at += sprintf(at, "}]");
    strcpy(at, "}");
    return text;
}

static void
depth_is_limited_when_read(void **state)
{
    static char brackets[10000];
    ProtobufCMessage *message;
    const char *text;
    (void)state;
    assert_ok(parse(&rpc_call_status_descriptor, nested_text(KT_JSON_DEPTH_MAX - 1), &message));
    assert_ok(kt_json_print(arena, message, &finding, &text));
    assert_string_equal(text, nested_text(KT_JSON_DEPTH_MAX - 1));
    assert_status(parse(&rpc_call_status_descriptor, nested_text(KT_JSON_DEPTH_MAX), &message),
                  KT_INVALID_ARGUMENT, RPC_REASON_TOO_DEEP);
    memset(brackets, '[', sizeof(brackets) - 1);
    assert_status(parse(&rpc_call_status_descriptor, brackets, &message), KT_INVALID_ARGUMENT,
                  RPC_REASON_TOO_DEEP);
}

static void
depth_is_limited_when_written(void **state)
{
    rpc_call_status_t *status = NULL;
    const char *text;
    (void)state;
    for (unsigned i = 0; i <= KT_JSON_DEPTH_MAX; i++) {
        rpc_call_status_t *outer = KT_ARENA_NEW(arena, rpc_call_status_t);
        *outer = (rpc_call_status_t)RPC_CALL_STATUS_INIT;
        if (status) {
            kt_span_t packed;
            Google__Protobuf__Any *any = KT_ARENA_NEW(arena, Google__Protobuf__Any);
            assert_ok(kt_message_pack(arena, &status->base, &packed));
            *any = (Google__Protobuf__Any)GOOGLE__PROTOBUF__ANY__INIT;
            any->type_url = kt_arena_strdup(arena, STATUS_TYPE);
            any->value.data = (uint8_t *)kt_arena_copy(arena, packed);
            any->value.len = packed.size;
            outer->details = KT_ARENA_NEW(arena, Google__Protobuf__Any *);
            outer->details[0] = any;
            outer->n_details = 1;
        }
        status = outer;
    }
    assert_status(kt_json_print(arena, &status->base, &finding, &text), KT_INVALID_ARGUMENT,
                  RPC_REASON_TOO_DEEP);
}

static void
pretty_is_for_people(void **state)
{
    const kt_json_options_t pretty = {.pretty = true};
    ProtobufCMessage *message;
    const char *text;
    (void)state;
    assert_ok(parse(&smp_lists_descriptor, "{\"int32s\":[1,2],\"messages\":[{},{\"aBool\":true}]}",
                    &message));
    assert_ok(kt_json_print(arena, message, &pretty, &text));
    assert_string_equal(text, "{\n"
                              "  \"int32s\": [\n"
                              "    1,\n"
                              "    2\n"
                              "  ],\n"
                              "  \"messages\": [\n"
                              "    {},\n"
                              "    {\n"
                              "      \"aBool\": true\n"
                              "    }\n"
                              "  ]\n"
                              "}");
}

static void
defaults_can_be_written(void **state)
{
    const kt_json_options_t defaults = {.defaults = true};
    ProtobufCMessage *message;
    const char *text;
    (void)state;
    assert_ok(parse(&smp_scalars_descriptor, "{}", &message));
    assert_ok(kt_json_print(arena, message, &defaults, &text));
    assert_string_equal(text,
                        "{\"aInt32\":0,\"aSint32\":0,\"aSfixed32\":0,\"aUint32\":0,\"aFixed32\":0,"
                        "\"aInt64\":\"0\",\"aSint64\":\"0\",\"aSfixed64\":\"0\",\"aUint64\":\"0\","
                        "\"aFixed64\":\"0\",\"aFloat\":0,\"aDouble\":0,\"aBool\":false,"
                        "\"aString\":\"\",\"aBytes\":\"\",\"aColour\":\"COLOUR_UNSPECIFIED\"}");
    assert_ok(parse(&smp_http_outer_descriptor, "{}", &message));
    assert_ok(kt_json_print(arena, message, &defaults, &text));
    assert_string_equal(text, "{}");
}

static void
what_cannot_be_written_is_refused(void **state)
{
    Google__Protobuf__Timestamp late = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Google__Protobuf__Duration mixed = GOOGLE__PROTOBUF__DURATION__INIT;
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;
    uint8_t cut[] = {0x0A};
    uint8_t latin[] = {0x0A, 1, 0xFF};
    const char *text;
    (void)state;
    late.seconds = INT64_C(253402300800);
    assert_status(kt_json_print(arena, &late.base, NULL, &text), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    mixed.seconds = 1;
    mixed.nanos = -1;
    assert_status(kt_json_print(arena, &mixed.base, NULL, &text), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    any.type_url = (char *)(uintptr_t) "a/google.rpc.ErrorInfo";
    any.value = (ProtobufCBinaryData){.len = sizeof(cut), .data = cut};
    assert_status(kt_json_print(arena, &any.base, &finding, &text), KT_INVALID_ARGUMENT,
                  RPC_REASON_MALFORMED_BODY);
    any.value = (ProtobufCBinaryData){.len = sizeof(latin), .data = latin};
    assert_status(kt_json_print(arena, &any.base, &finding, &text), KT_INVALID_ARGUMENT,
                  RPC_REASON_NOT_UTF8);
}

/* ---- every message there is ---- */

static void
round_trip(kt_prng_t *prng, const ProtobufCMessageDescriptor *descriptor)
{
    kt_json_options_t options = {
        .pretty = kt_prng_below(prng, 2) != 0,
        .defaults = kt_prng_below(prng, 2) != 0,
        .find = kt_prng_below(prng, 4) != 0 ? testing_find : NULL,
    };
    ProtobufCMessage *again;
    const char *text, *text_again;
    kt_arena_reset(arena);
    const ProtobufCMessage *message = testing_random_message(prng, arena, descriptor);
    assert_ok(kt_json_print(arena, message, &options, &text));
    kt_status_t status = kt_json_parse(arena, descriptor, kt_span_str(text), &options, &again);
    if (kt_failed(status))
        fail_msg("%s: %s: %s", descriptor->name, status.text, text);
    assert_ok(kt_json_print(arena, again, &options, &text_again));
    assert_string_equal(text, text_again);
    if (!testing_messages_equal(message, again))
        fail_msg("%s does not come back as it went: %s", descriptor->name, text);
}

static void
round_trips(kt_prng_t *prng, const kt_proto_set_t *set)
{
    for (uint32_t i = 0; i < set->messages_count; i++)
        for (int round = 0; round < ROUNDS; round++)
            round_trip(prng, set->messages[i]);
}

static void
every_message_comes_back_as_it_went(void **state)
{
    kt_prng_t prng;
    (void)state;
    kt_prng_seed(&prng, testing_seed());
    for (size_t i = 0; i < TESTING_SETS; i++)
        round_trips(&prng, testing_sets[i]);
    round_trips(&prng, &sample_proto_set);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_read_and_written),
        cmocka_unit_test(every_refusal_names_line_path_and_reason),
        cmocka_unit_test(text_and_memory_are_limited),
        cmocka_unit_test(depth_is_limited_when_read),
        cmocka_unit_test(depth_is_limited_when_written),
        cmocka_unit_test(pretty_is_for_people),
        cmocka_unit_test(defaults_can_be_written),
        cmocka_unit_test(what_cannot_be_written_is_refused),
        cmocka_unit_test(every_message_comes_back_as_it_went),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
