/* Metadata encoded by hand, held against the generated code. */
#include "testing.h"

#include <google/rpc/error_details.kt.h>
#include <kantor/rpc/v1/call.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/call_meta.h>
#include <kt/pb.h>

static void
end_decodes_as_its_proto(void **state)
{
    const char *fields[] = {"lines[3].amount", "must not be 0", "title", "is missing"};
    kt_ulid_t key = {{1, 2, 3}};
    kt_end_t end = {
        .status = kt_error(KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD, "no good"),
        .reason = "BAD_FIELD",
        .domain = "kantor.rpc",
        .fields = fields,
        .violations_count = 2,
        .retry_after_ms = 1500,
        .outcome_unknown = true,
        .key = &key,
        .replayed = true,
    };
    uint8_t bytes[1024];
    size_t size = kt_end_encode(&end, bytes, sizeof(bytes));
    rpc_call_status_t *status = kantor__rpc__v1__call_status__unpack(NULL, size, bytes);
    google_rpc_error_info_t *info;
    google_rpc_retry_info_t *retry;
    google_rpc_bad_request_t *bad;

    (void)state;
    assert_non_null(status);
    assert_int_equal(status->code, KT_INVALID_ARGUMENT);
    assert_string_equal(status->message, "no good");
    assert_int_equal(status->outcome, KANTOR__RPC__V1__OUTCOME__OUTCOME_UNKNOWN);
    assert_true(status->replayed);
    assert_int_equal(status->idempotency_key.len, KT_ULID_BYTES);
    assert_int_equal(status->n_details, 3);
    assert_string_equal(status->details[0]->type_url, "type.googleapis.com/google.rpc.ErrorInfo");
    info = google__rpc__error_info__unpack(NULL, status->details[0]->value.len,
                                           status->details[0]->value.data);
    assert_string_equal(info->reason, "BAD_FIELD");
    assert_string_equal(info->domain, "kantor.rpc");
    retry = google__rpc__retry_info__unpack(NULL, status->details[1]->value.len,
                                            status->details[1]->value.data);
    assert_int_equal(retry->retry_delay->seconds, 1);
    assert_int_equal(retry->retry_delay->nanos, 500000000);
    bad = google__rpc__bad_request__unpack(NULL, status->details[2]->value.len,
                                           status->details[2]->value.data);
    assert_int_equal(bad->n_field_violations, 2);
    assert_string_equal(bad->field_violations[0]->field, "lines[3].amount");
    assert_string_equal(bad->field_violations[1]->description, "is missing");
    google__rpc__error_info__free_unpacked(info, NULL);
    google__rpc__retry_info__free_unpacked(retry, NULL);
    google__rpc__bad_request__free_unpacked(bad, NULL);
    kantor__rpc__v1__call_status__free_unpacked(status, NULL);
}

static void
plain_ok_is_empty(void **state)
{
    kt_end_t end = {.retry_after_ms = -1};
    uint8_t bytes[16];

    (void)state;
    assert_int_equal(kt_end_encode(&end, bytes, sizeof(bytes)), 0);
}

static void
long_texts_are_cut_at_a_character(void **state)
{
    char text[2 * KT_STATUS_MESSAGE_MAX];
    kt_end_t end = {.retry_after_ms = -1};
    uint8_t bytes[4096];
    rpc_call_status_t *status;
    size_t size;

    (void)state;
    for (size_t i = 0; i + 2 < sizeof(text); i += 2)
        memcpy(text + i, "\xc3\xa4", 3);
    text[0] = 'x'; /* so that the limit falls inside a character */
    memmove(text + 1, text + 2, strlen(text + 2) + 1);
    end.status = kt_error(KT_INTERNAL, 0, text);
    size = kt_end_encode(&end, bytes, sizeof(bytes));
    status = kantor__rpc__v1__call_status__unpack(NULL, size, bytes);
    assert_non_null(status);
    assert_int_equal(strlen(status->message), KT_STATUS_MESSAGE_MAX - 1);
    assert_true(kt_utf8_valid(kt_span_str(status->message)));
    kantor__rpc__v1__call_status__free_unpacked(status, NULL);
}

static void
many_violations_fit_as_far_as_they_do(void **state)
{
    static char text[1024];
    const char *fields[2 * KT_STATUS_VIOLATIONS_MAX];
    kt_end_t end = {.status = kt_error(KT_INVALID_ARGUMENT, 0, text),
                    .fields = fields,
                    .violations_count = KT_STATUS_VIOLATIONS_MAX,
                    .retry_after_ms = -1};
    uint8_t bytes[8192];
    rpc_call_status_t *status;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (size_t i = 0; i < KT_COUNT(fields); i++)
        fields[i] = text;
    status = kantor__rpc__v1__call_status__unpack(NULL, kt_end_encode(&end, bytes, sizeof(bytes)),
                                                  bytes);
    assert_non_null(status);
    assert_int_equal(status->n_details, 1);
    kantor__rpc__v1__call_status__free_unpacked(status, NULL);
}

static void
meta_is_read_as_it_was_packed(void **state)
{
    rpc_call_meta_t meta = RPC_CALL_META_INIT;
    char trace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    char behalf[] = "Ann";
    uint8_t key[KT_ULID_BYTES] = {9};
    uint8_t bytes[256];
    kt_call_meta_t decoded;
    size_t size;

    (void)state;
    meta.traceparent = trace;
    meta.on_behalf_of = behalf;
    meta.idempotency_key = (ProtobufCBinaryData){.len = sizeof(key), .data = key};
    size = kantor__rpc__v1__call_meta__pack(&meta, bytes);
    assert_ok(kt_call_meta_decode(kt_span(bytes, size), &decoded));
    assert_span_equal(decoded.key, kt_span(key, sizeof(key)));
    char again[KT_TRACEPARENT_CHARS + 1];
    kt_trace_format(&decoded.trace, again);
    assert_string_equal(again, trace);
    assert_span_equal(decoded.on_behalf_of, kt_span_str("Ann"));
    assert_int_equal(decoded.witness.size, 0);
    assert_ok(kt_call_meta_decode(kt_span(NULL, 0), &decoded));
    assert_int_equal(decoded.key.size, 0);
}

static void
a_witness_is_found_among_the_pairs(void **state)
{
    rpc_call_meta_t meta = RPC_CALL_META_INIT;
    rpc_pair_t pairs[3] = {RPC_PAIR_INIT, RPC_PAIR_INIT, RPC_PAIR_INIT};
    rpc_pair_t *list[] = {&pairs[0], &pairs[1], &pairs[2]};
    char other[] = "kantor-witness", own[] = KT_WITNESS_KEY;
    uint8_t bytes[256], value[] = {1, 2, 3};
    kt_call_meta_t decoded;

    (void)state;
    pairs[0].key = other;
    pairs[1].key = own;
    pairs[1].value = (ProtobufCBinaryData){.len = sizeof(value), .data = value};
    meta.n_metadata = KT_COUNT(list);
    meta.metadata = list;
    assert_ok(kt_call_meta_decode(kt_span(bytes, kantor__rpc__v1__call_meta__pack(&meta, bytes)),
                                  &decoded));
    assert_span_equal(decoded.witness, kt_span(value, sizeof(value)));
}

typedef struct bad_meta {
    const char *bytes;
    size_t size;
    uint32_t reason;
} bad_meta_t;

/* A trace that begins with the call has an id and nothing else; a traceparent says more. */
static void
a_trace_may_be_an_id(void **state)
{
    static const struct {
        size_t id_size;
        const char *traceparent;
        bool known, placed;
    } rows[] = {
        {16, "", true, false},
        {15, "", false, false},
        {0, "", false, false},
        {16, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", true, true},
        {16, "none", false, false},
    };

    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        rpc_call_meta_t meta = RPC_CALL_META_INIT;
        uint8_t id[16] = {7}, bytes[256];
        kt_call_meta_t decoded;
        meta.trace_id = (ProtobufCBinaryData){.len = rows[i].id_size, .data = id};
        meta.traceparent = (char *)(uintptr_t)rows[i].traceparent;
        size_t size = kantor__rpc__v1__call_meta__pack(&meta, bytes);
        assert_ok(kt_call_meta_decode(kt_span(bytes, size), &decoded));
        assert_int_equal(kt_trace_known(&decoded.trace), rows[i].known);
        assert_int_equal(kt_trace_placed(&decoded.trace), rows[i].placed);
        assert_false(decoded.trace.sampled);
        if (rows[i].known && !rows[i].placed)
            assert_memory_equal(decoded.trace.id, id, sizeof id);
    }
}

/* https://www.w3.org/TR/trace-context-1/ , section 4.3: a trace that is none is begun anew, by who
 * cares. */
static void
no_call_fails_for_its_trace(void **state)
{
    static const char *const rows[] = {"xyz", "\xff\xfe",
                                       "00-00000000000000000000000000000000-b7ad6b7169203331-01"};

    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        uint8_t bytes[256];
        kt_writer_t w = kt_writer(bytes, sizeof(bytes));
        kt_call_meta_t decoded;
        kt_pb_put_bytes(&w, 2, kt_span_str(rows[i]));
        assert_ok(kt_call_meta_decode(kt_written(&w), &decoded));
        assert_false(kt_trace_known(&decoded.trace));
    }
}

static void
meta_that_is_refused(void **state)
{
    static const bad_meta_t rows[] = {
        {"\x0a", 1, RPC_REASON_MALFORMED_FRAME},
        {"\x0a\x05xx", 4, RPC_REASON_MALFORMED_FRAME},
        {"\x1a\x02\xff\xfe", 4, RPC_REASON_NOT_UTF8},
        {"\x00\x01", 2, RPC_REASON_MALFORMED_FRAME},
        {"\x0b\x0c", 2, RPC_REASON_MALFORMED_FRAME},         /* a group */
        {"\x22\x02\x0a\x05", 4, RPC_REASON_MALFORMED_FRAME}, /* a pair that is none */
    };
    kt_call_meta_t decoded;
    uint8_t bytes[256];
    kt_writer_t w = kt_writer(bytes, sizeof(bytes));
    char text[KT_ON_BEHALF_BYTES_MAX + 2];

    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        assert_status(kt_call_meta_decode(kt_span(rows[i].bytes, rows[i].size), &decoded),
                      KT_INVALID_ARGUMENT, rows[i].reason);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    kt_pb_put_bytes(&w, 3, kt_span_str(text));
    assert_status(kt_call_meta_decode(kt_written(&w), &decoded), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    w = kt_writer(bytes, sizeof(bytes));
    for (int i = 0; i <= KT_METADATA_PAIRS_MAX; i++)
        kt_pb_put_bytes(&w, 4, kt_span_str("\n\1k"));
    assert_status(kt_call_meta_decode(kt_written(&w), &decoded), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
}

static void
caller_is_read_as_it_was_packed(void **state)
{
    rpc_caller_t caller = RPC_CALLER_INIT;
    char principal[] = "clerk", a[] = "finance.clerk", b[] = "auditor";
    char *roles[] = {a, b};
    kt_caller_t decoded;
    uint8_t bytes[256];
    size_t size;

    (void)state;
    caller.principal = principal;
    caller.roles = roles;
    caller.n_roles = 2;
    size = kantor__rpc__v1__caller__pack(&caller, bytes);
    assert_ok(kt_caller_decode(kt_span(bytes, size), &decoded));
    assert_span_equal(decoded.principal, kt_span_str("clerk"));
    assert_int_equal(decoded.roles_count, 2);
    assert_span_equal(decoded.roles[1], kt_span_str("auditor"));
    assert_status(kt_caller_decode(kt_span(NULL, 0), &decoded), KT_INVALID_ARGUMENT,
                  RPC_REASON_MALFORMED_FRAME);
    assert_status(kt_caller_decode(kt_span("\x0a\x7f", 2), &decoded), KT_INVALID_ARGUMENT,
                  RPC_REASON_MALFORMED_FRAME);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(end_decodes_as_its_proto),
        cmocka_unit_test(plain_ok_is_empty),
        cmocka_unit_test(long_texts_are_cut_at_a_character),
        cmocka_unit_test(many_violations_fit_as_far_as_they_do),
        cmocka_unit_test(meta_is_read_as_it_was_packed),
        cmocka_unit_test(a_witness_is_found_among_the_pairs),
        cmocka_unit_test(a_trace_may_be_an_id),
        cmocka_unit_test(no_call_fails_for_its_trace),
        cmocka_unit_test(meta_that_is_refused),
        cmocka_unit_test(caller_is_read_as_it_was_packed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
