#include <kt/outcome.h>

#include <google/rpc/error_details.pb-c.h>
#include <kantor/rpc/v1/call.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/message.h>
#include <kt/scan.h>
#include <kt/wire.h>
#include <string.h>

#define TYPE_PREFIX "type.googleapis.com/google.rpc."
#define RPC_DOMAIN  "kantor.rpc"

/* Tags of CallMeta: field number, wire type 2 (length-delimited). */
enum {
    TAG_KEY = 1 << 3 | 2,
    TAG_TRACEPARENT = 2 << 3 | 2,
    TAG_ON_BEHALF_OF = 3 << 3 | 2,
    TAG_METADATA = 4 << 3 | 2,
    TAG_TRACE_ID = 5 << 3 | 2,
};
/* Of the Pair inside. */
enum { TAG_PAIR_KEY = 1 << 3 | 2, TAG_PAIR_VALUE = 2 << 3 | 2 };

static size_t
put_field(uint8_t *out, uint8_t tag, kt_span_t bytes)
{
    size_t at = 0;
    out[at++] = tag;
    if (bytes.size >= 0x80)
        out[at++] = (uint8_t)(bytes.size & 0x7F) | 0x80;
    out[at++] = (uint8_t)(bytes.size >= 0x80 ? bytes.size >> 7 : bytes.size);
    memcpy(out + at, bytes.data, bytes.size);
    return at + bytes.size;
}

static size_t
put_trace(uint8_t *out, const kt_trace_t *trace)
{
    char traceparent[KT_TRACEPARENT_CHARS + 1];
    if (!kt_trace_known(trace))
        return 0;
    if (!kt_trace_placed(trace))
        return put_field(out, TAG_TRACE_ID, kt_span(trace->id, sizeof trace->id));
    kt_trace_format(trace, traceparent);
    return put_field(out, TAG_TRACEPARENT, kt_span(traceparent, KT_TRACEPARENT_CHARS));
}

size_t
kt_call_meta_encode(const kt_ulid_t *key, const kt_trace_t *trace, kt_span_t on_behalf_of,
                    uint8_t out[KT_CALL_META_BYTES_MAX])
{
    KT_ASSERT(on_behalf_of.size <= 128);
    size_t size = 0;
    if (key)
        size += put_field(out, TAG_KEY, kt_span(key->bytes, KT_ULID_BYTES));
    size += put_trace(out + size, trace);
    if (on_behalf_of.size > 0)
        size += put_field(out + size, TAG_ON_BEHALF_OF, on_behalf_of);
    KT_ASSERT(size <= KT_CALL_META_BYTES_MAX);
    return size;
}

/* A field with SIZE bytes, of which an empty one is left out. */
static size_t
field_size(size_t size)
{
    size_t length = size >= 0x80 ? 2 : 1;
    return size == 0 ? 0 : 1 + length + size;
}

size_t
kt_metadata_size(const kt_metadata_t *pair)
{
    if (pair->value.size > KT_METADATA_BYTES_MAX)
        return SIZE_MAX;
    return field_size(field_size(strlen(pair->key)) + field_size(pair->value.size));
}

size_t
kt_metadata_encode(const kt_metadata_t *pair, uint8_t *out)
{
    uint8_t inner[KT_METADATA_BYTES_MAX];
    KT_ASSERT(kt_metadata_size(pair) <= KT_METADATA_BYTES_MAX);
    size_t size = put_field(inner, TAG_PAIR_KEY, kt_span_str(pair->key));
    if (pair->value.size > 0)
        size += put_field(inner + size, TAG_PAIR_VALUE, pair->value);
    return put_field(out, TAG_METADATA, kt_span(inner, size));
}

const char *
kt_reason_name(uint32_t reason)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(&rpc_reason_descriptor,
                                                                           (int)reason);
    return reason != 0 && value ? value->name : NULL;
}

kt_status_t
kt_response_read(kt_arena_t *arena, const ProtobufCMessageDescriptor *descriptor, kt_span_t bytes,
                 ProtobufCMessage **message)
{
    kt_scan_limits_t limits = kt_scan_limits_usual();
    limits.elements_max = KT_RESPONSE_ELEMENTS_MAX;
    kt_scan_result_t result;
    KT_TRY(kt_scan(descriptor, bytes, &limits, &result));
    return kt_message_unpack(arena, descriptor, bytes, message);
}

/* NULL for an empty string: proto3 does not tell it from a missing one. */
static const char *
text_of(const char *text)
{
    return text && text[0] != '\0' ? text : NULL;
}

static void
read_error_info(const Google__Rpc__ErrorInfo *info, kt_outcome_t *outcome)
{
    outcome->reason = text_of(info->reason);
    outcome->domain = text_of(info->domain);
    if (!outcome->reason || !outcome->domain || strcmp(outcome->domain, RPC_DOMAIN) != 0)
        return;
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value_by_name(
        &rpc_reason_descriptor, outcome->reason);
    outcome->status.reason = value ? (uint32_t)value->value : 0;
}

static void
read_bad_request(const Google__Rpc__BadRequest *request, kt_outcome_t *outcome)
{
    if (request->n_field_violations == 0)
        return;
    outcome->field = text_of(request->field_violations[0]->field);
    outcome->field_problem = text_of(request->field_violations[0]->description);
}

static void
read_retry_info(const Google__Rpc__RetryInfo *info, kt_outcome_t *outcome)
{
    const Google__Protobuf__Duration *delay = info->retry_delay;
    if (!delay || delay->seconds < 0 || delay->nanos < 0)
        return;
    int64_t seconds = KT_MIN(delay->seconds, (int64_t)KT_TIMEOUT_MS_MAX / 1000);
    outcome->retry_after_ms = seconds * 1000 + delay->nanos / 1000000;
}

static kt_status_t
read_detail(kt_arena_t *arena, const Google__Protobuf__Any *any, kt_outcome_t *outcome)
{
    static const struct {
        const char *name;
        const ProtobufCMessageDescriptor *descriptor;
    } kinds[] = {
        {"ErrorInfo", &google__rpc__error_info__descriptor},
        {"BadRequest", &google__rpc__bad_request__descriptor},
        {"RetryInfo", &google__rpc__retry_info__descriptor},
    };
    size_t prefix = strlen(TYPE_PREFIX);
    if (strncmp(any->type_url, TYPE_PREFIX, prefix) != 0)
        return kt_ok();
    for (size_t i = 0; i < KT_COUNT(kinds); i++) {
        if (strcmp(any->type_url + prefix, kinds[i].name) != 0)
            continue;
        ProtobufCMessage *message = NULL;
        kt_span_t bytes = kt_span(any->value.data, any->value.len);
        KT_TRY(kt_response_read(arena, kinds[i].descriptor, bytes, &message));
        if (i == 0)
            read_error_info((const Google__Rpc__ErrorInfo *)message, outcome);
        else if (i == 1)
            read_bad_request((const Google__Rpc__BadRequest *)message, outcome);
        else
            read_retry_info((const Google__Rpc__RetryInfo *)message, outcome);
    }
    return kt_ok();
}

kt_status_t
kt_outcome_read(kt_arena_t *arena, kt_span_t meta, kt_outcome_t *outcome)
{
    *outcome = (kt_outcome_t){.retry_after_ms = -1};
    if (meta.size == 0)
        return kt_ok();
    kt_outcome_t read = *outcome;
    kt_status_t malformed = kt_error(KT_INVALID_ARGUMENT, KT_MALFORMED_FRAME,
                                     "the meta frame of an END is no CallStatus");
    ProtobufCMessage *message = NULL;
    if (meta.size > KT_META_BYTES_MAX ||
        kt_failed(kt_response_read(arena, &rpc_call_status_descriptor, meta, &message)))
        return malformed;
    const rpc_call_status_t *status = (const rpc_call_status_t *)message;
    if (status->code < 0 || status->code >= KT_CODE_COUNT)
        return malformed;
    const char *text = text_of(status->message);
    if (status->code != KT_OK)
        read.status = kt_error((kt_code_t)status->code, 0, text ? text : "no message");
    for (size_t i = 0; i < status->n_details; i++)
        if (kt_failed(read_detail(arena, status->details[i], &read)))
            return malformed;
    read.unknown = status->outcome == RPC_OUTCOME_UNKNOWN;
    read.replayed = status->replayed;
    read.has_key = status->idempotency_key.len == KT_ULID_BYTES;
    if (read.has_key)
        memcpy(read.key.bytes, status->idempotency_key.data, KT_ULID_BYTES);
    *outcome = read;
    return kt_ok();
}
