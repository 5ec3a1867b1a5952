#include <kantor/rpc/v1/reason.kt.h>
#include <kt/call_meta.h>
#include <kt/pb.h>
#include <kt/wire.h>

/* The field numbers of call.proto and error_details.proto; a test decodes what is written here with
 * the generated code. */
enum {
    META_KEY = 1,
    META_TRACEPARENT = 2,
    META_ON_BEHALF_OF = 3,
    META_METADATA = 4,
    META_TRACE_ID = 5,
};
enum { PAIR_KEY = 1, PAIR_VALUE = 2 };
enum { CALLER_PRINCIPAL = 1, CALLER_ROLES = 2, CALLER_TRACE = 3 };
enum {
    STATUS_CODE = 1,
    STATUS_MESSAGE = 2,
    STATUS_DETAILS = 3,
    STATUS_OUTCOME = 5,
    STATUS_KEY = 6,
    STATUS_REPLAYED = 7,
};
enum { ANY_TYPE_URL = 1, ANY_VALUE = 2 };
enum { ERROR_INFO_REASON = 1, ERROR_INFO_DOMAIN = 2 };
enum { RETRY_INFO_DELAY = 1, DURATION_SECONDS = 1, DURATION_NANOS = 2 };
enum { BAD_REQUEST_VIOLATIONS = 1, VIOLATION_FIELD = 1, VIOLATION_DESCRIPTION = 2 };

#define OUTCOME_UNKNOWN 1
#define TYPE_URL(name)  "type.googleapis.com/google.rpc." name
/* A violation's two texts are cut so that at least ten of them fit into the meta frame. */
#define VIOLATION_TEXT_MAX 300

static kt_status_t
malformed(const char *text)
{
    return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_FRAME, text);
}

static kt_status_t
check_meta(const kt_call_meta_t *meta, uint32_t pairs)
{
    if (meta->on_behalf_of.size > KT_ON_BEHALF_BYTES_MAX)
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD,
                        "on_behalf_of is longer than 128 bytes");
    if (pairs > KT_METADATA_PAIRS_MAX)
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD,
                        "more than 32 pairs of metadata");
    if (!kt_utf8_valid(meta->on_behalf_of))
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_NOT_UTF8, "on_behalf_of is not UTF-8");
    return kt_ok();
}

/* The pairs that the shell itself looks for. False: it is no Pair. */
static bool
read_pair(kt_span_t bytes, kt_call_meta_t *found)
{
    kt_reader_t reader = kt_reader(bytes);
    kt_span_t key = kt_span(NULL, 0), value = kt_span(NULL, 0);
    kt_pb_field_t field;

    while (kt_pb_next(&reader, &field)) {
        if (field.type == KT_PB_BYTES && field.number == PAIR_KEY)
            key = field.bytes;
        else if (field.type == KT_PB_BYTES && field.number == PAIR_VALUE)
            value = field.bytes;
    }
    if (kt_span_equal(key, kt_span_str(KT_WITNESS_KEY)))
        found->witness = value;
    return !reader.failed;
}

/* No call fails for its trace. */
static void
read_trace(kt_span_t traceparent, kt_span_t id, kt_trace_t *trace)
{
    if (traceparent.size > 0)
        (void)kt_trace_parse(traceparent, trace);
    else if (id.size == sizeof(trace->id))
        memcpy(trace->id, id.data, sizeof(trace->id));
}

kt_status_t
kt_call_meta_decode(kt_span_t meta, kt_call_meta_t *decoded)
{
    kt_reader_t reader = kt_reader(meta);
    kt_span_t traceparent = kt_span(NULL, 0), trace_id = kt_span(NULL, 0);
    kt_call_meta_t found = {0};
    kt_pb_field_t field;
    uint32_t pairs = 0;
    bool fine = true;

    while (kt_pb_next(&reader, &field)) {
        if (field.type != KT_PB_BYTES)
            continue;
        if (field.number == META_KEY) {
            found.key = field.bytes;
        } else if (field.number == META_TRACEPARENT) {
            traceparent = field.bytes;
        } else if (field.number == META_TRACE_ID) {
            trace_id = field.bytes;
        } else if (field.number == META_ON_BEHALF_OF) {
            found.on_behalf_of = field.bytes;
        } else if (field.number == META_METADATA) {
            pairs++;
            fine &= read_pair(field.bytes, &found);
        }
    }
    if (reader.failed || !fine)
        return malformed("the meta frame is no CallMeta");
    KT_TRY(check_meta(&found, pairs));
    read_trace(traceparent, trace_id, &found.trace);
    *decoded = found;
    return kt_ok();
}

static kt_trace_t
read_caller_trace(kt_span_t bytes)
{
    kt_trace_t trace = {.sampled = false};

    if (bytes.size != KT_CALLER_TRACE_BYTES)
        return trace;
    memcpy(trace.id, bytes.data, sizeof(trace.id));
    memcpy(trace.span, bytes.data + sizeof(trace.id), sizeof(trace.span));
    trace.sampled = kt_trace_known(&trace);
    return trace;
}

kt_status_t
kt_caller_decode(kt_span_t bytes, kt_caller_t *caller)
{
    kt_reader_t reader = kt_reader(bytes);
    kt_pb_field_t field;

    caller->principal = kt_span(NULL, 0);
    caller->roles_count = 0;
    caller->trace = (kt_trace_t){.sampled = false};
    while (kt_pb_next(&reader, &field)) {
        if (field.type != KT_PB_BYTES)
            continue;
        if (field.number == CALLER_PRINCIPAL) {
            caller->principal = field.bytes;
        } else if (field.number == CALLER_ROLES) {
            if (caller->roles_count == KT_CALLER_ROLES_MAX || field.bytes.size > KT_ROLE_BYTES_MAX)
                return malformed("a Caller with too many or too long roles");
            caller->roles[caller->roles_count++] = field.bytes;
        } else if (field.number == CALLER_TRACE) {
            caller->trace = read_caller_trace(field.bytes);
        }
    }
    if (reader.failed || caller->principal.size == 0 ||
        caller->principal.size > KT_PRINCIPAL_BYTES_MAX)
        return malformed("the head of a CALL holds no Caller");
    return kt_ok();
}

/* At most MAX bytes of TEXT, not ending inside a UTF-8 sequence. */
static kt_span_t
cut(const char *text, size_t max)
{
    kt_span_t whole = kt_span_str(text);

    if (whole.size <= max)
        return whole;
    while (max > 0 && (whole.data[max] & 0xC0) == 0x80)
        max--;
    return kt_span(whole.data, max);
}

static size_t
open_detail(kt_writer_t *w, const char *type_url, size_t *detail)
{
    *detail = kt_pb_open(w, STATUS_DETAILS);
    kt_pb_put_bytes(w, ANY_TYPE_URL, kt_span_str(type_url));
    return kt_pb_open(w, ANY_VALUE);
}

static void
close_detail(kt_writer_t *w, size_t value, size_t detail)
{
    kt_pb_close(w, value);
    kt_pb_close(w, detail);
}

static void
put_error_info(kt_writer_t *w, const kt_end_t *end)
{
    size_t detail, value = open_detail(w, TYPE_URL("ErrorInfo"), &detail);

    kt_pb_put_bytes(w, ERROR_INFO_REASON, kt_span_str(end->reason));
    kt_pb_put_bytes(w, ERROR_INFO_DOMAIN, kt_span_str(end->domain));
    close_detail(w, value, detail);
}

static void
put_retry_info(kt_writer_t *w, int64_t after_ms)
{
    size_t detail, value = open_detail(w, TYPE_URL("RetryInfo"), &detail);
    size_t delay = kt_pb_open(w, RETRY_INFO_DELAY);

    kt_pb_put_uint(w, DURATION_SECONDS, (uint64_t)(after_ms / 1000));
    kt_pb_put_uint(w, DURATION_NANOS, (uint64_t)(after_ms % 1000) * 1000000);
    kt_pb_close(w, delay);
    close_detail(w, value, detail);
}

static void
put_bad_request(kt_writer_t *w, const kt_end_t *end)
{
    size_t detail, value = open_detail(w, TYPE_URL("BadRequest"), &detail);

    for (uint32_t i = 0; i < end->violations_count; i++) {
        size_t violation;

        if (w->capacity - w->size < 2 * VIOLATION_TEXT_MAX + 64)
            break;
        violation = kt_pb_open(w, BAD_REQUEST_VIOLATIONS);
        kt_pb_put_bytes(w, VIOLATION_FIELD, cut(end->fields[2 * i], VIOLATION_TEXT_MAX));
        kt_pb_put_bytes(w, VIOLATION_DESCRIPTION, cut(end->fields[2 * i + 1], VIOLATION_TEXT_MAX));
        kt_pb_close(w, violation);
    }
    close_detail(w, value, detail);
}

size_t
kt_end_encode(const kt_end_t *end, uint8_t *out, size_t capacity)
{
    kt_writer_t w = kt_writer(out, capacity);

    kt_pb_put_uint(&w, STATUS_CODE, end->status.code);
    kt_pb_put_bytes(&w, STATUS_MESSAGE, cut(end->status.text, KT_STATUS_MESSAGE_MAX));
    if (end->reason)
        put_error_info(&w, end);
    if (end->retry_after_ms >= 0 && kt_failed(end->status))
        put_retry_info(&w, end->retry_after_ms);
    kt_pb_put_uint(&w, STATUS_OUTCOME, end->outcome_unknown ? OUTCOME_UNKNOWN : 0);
    if (end->outcome_unknown && end->key)
        kt_pb_put_bytes(&w, STATUS_KEY, kt_span(end->key->bytes, KT_ULID_BYTES));
    kt_pb_put_uint(&w, STATUS_REPLAYED, end->replayed);
    if (end->violations_count > 0)
        put_bad_request(&w, end);
    KT_ASSERT(!w.failed);
    return w.size;
}
