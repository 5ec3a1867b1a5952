#include "otlp.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define SCOPE        "kantor"
#define RPC_SYSTEM   "kantor" /* no name that OpenTelemetry lists; the codes are gRPC's */
#define STATUS_ERROR 2
#define NS_PER_US    1000

void
kt_kept_span_copy(const kt_trace_span_t *from, kt_kept_span_t *to)
{
    to->trace = from->trace;
    memcpy(to->parent, from->parent, sizeof(to->parent));
    to->kind = from->kind;
    to->code = from->code;
    to->from_us = from->from_us;
    to->to_us = KT_MAX(from->from_us, from->to_us);
    (void)snprintf(to->name, sizeof(to->name), "%s", from->name);
    for (size_t i = 0; i < KT_TRACE_ATTRIBUTES_MAX; i++) {
        to->keys[i] = from->attributes[i].key;
        if (to->keys[i])
            (void)snprintf(to->values[i], sizeof(to->values[i]), "%s", from->attributes[i].value);
    }
}

/* TEXT as jansson takes it: what is no UTF-8 is left out, for names are ours. */
static json_t *
text_json(kt_span_t text)
{
    return json_stringn(kt_utf8_valid(text) ? (const char *)text.data : "",
                        kt_utf8_valid(text) ? text.size : 0);
}

static json_t *
hex_json(const uint8_t *bytes, size_t count)
{
    char text[KT_TRACE_ID_CHARS];

    kt_trace_hex(bytes, count, text);
    return json_stringn(text, 2 * count);
}

static json_t *
number_json(int64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRId64, number);
    return json_string(text);
}

static void
add_text(json_t *attributes, const char *key, kt_span_t value)
{
    (void)json_array_append_new(attributes, json_pack("{s:s, s:{s:o}}", "key", key, "value",
                                                      "stringValue", text_json(value)));
}

static void
add_number(json_t *attributes, const char *key, int64_t value)
{
    (void)json_array_append_new(attributes, json_pack("{s:s, s:{s:o}}", "key", key, "value",
                                                      "intValue", number_json(value)));
}

/* Whether a call that ended with CODE is an error of the part that tells: the semantic conventions
 * of RPC count at the server what is not the caller's doing, and at the client all but OK. */
static bool
is_error(kt_trace_kind_t kind, uint32_t code)
{
    if (kind != KT_TRACE_SERVER)
        return code != KT_OK;
    return code == KT_UNKNOWN || code == KT_DEADLINE_EXCEEDED || code == KT_UNIMPLEMENTED ||
           code == KT_INTERNAL || code == KT_UNAVAILABLE || code == KT_DATA_LOSS;
}

/* "kantor.finance.v1.Ledger/PostEntry", whoever's it is: what stands before the first slash is the
 * department of a shared service. */
static kt_span_t
full_method(const char *path)
{
    const char *slash = strchr(path, '/');

    return kt_span_str(slash ? slash + 1 : path);
}

static void
add_rpc(json_t *attributes, const kt_kept_span_t *span, kt_span_t method)
{
    const uint8_t *slash = method.size > 0 ? memchr(method.data, '/', method.size) : NULL;
    size_t service = slash ? (size_t)(slash - method.data) : method.size;

    add_text(attributes, "rpc.system", kt_span_str(RPC_SYSTEM));
    add_text(attributes, "rpc.service", kt_span(method.data, service));
    if (slash)
        add_text(attributes, "rpc.method", kt_span(slash + 1, method.size - service - 1));
    add_number(attributes, "rpc.grpc.status_code", span->code);
}

static json_t *
span_json(const kt_kept_span_t *span)
{
    bool rpc = span->kind != KT_TRACE_INTERNAL, failed = is_error(span->kind, span->code);
    kt_span_t name = rpc ? full_method(span->name) : kt_span_str(span->name);
    json_t *attributes = json_array();
    static const uint8_t root[KT_TRACE_SPAN_BYTES];
    json_t *made = json_pack("{s:o, s:o, s:o, s:i, s:o, s:o}", "traceId",
                             hex_json(span->trace.id, sizeof(span->trace.id)), "spanId",
                             hex_json(span->trace.span, sizeof(span->trace.span)), "name",
                             text_json(name), "kind", (int)span->kind, "startTimeUnixNano",
                             number_json(span->from_us * NS_PER_US), "endTimeUnixNano",
                             number_json(span->to_us * NS_PER_US));

    if (memcmp(span->parent, root, sizeof(root)) != 0)
        (void)json_object_set_new(made, "parentSpanId",
                                  hex_json(span->parent, sizeof(span->parent)));
    if (rpc)
        add_rpc(attributes, span, name);
    for (size_t i = 0; i < KT_TRACE_ATTRIBUTES_MAX; i++)
        if (span->keys[i])
            add_text(attributes, span->keys[i], kt_span_str(span->values[i]));
    if (failed && rpc)
        add_text(attributes, "error.type", kt_span_str(kt_code_name(span->code)));
    (void)json_object_set_new(made, "attributes", attributes);
    (void)json_object_set_new(made, "status",
                              failed ? json_pack("{s:i}", "code", STATUS_ERROR) : json_object());
    return made;
}

static json_t *
resource_json(const kt_tracer_options_t *options)
{
    json_t *attributes = json_array();

    add_text(attributes, "service.name", kt_span_str(options->service));
    add_text(attributes, "service.version", kt_span_str(options->version));
    add_text(attributes, "service.instance.id", kt_span_str(options->instance));
    return json_pack("{s:o}", "attributes", attributes);
}

char *
kt_otlp_line(const kt_tracer_options_t *options, const kt_kept_span_t *spans, unsigned count,
             size_t *size)
{
    json_t *list = json_array();
    json_t *request;
    char *line;

    for (unsigned i = 0; i < count; i++)
        (void)json_array_append_new(list, span_json(&spans[i]));
    if (json_array_size(list) != count) { /* memory was out on the way */
        json_decref(list);
        return NULL;
    }
    request = json_pack("{s:[{s:o, s:[{s:{s:s, s:s}, s:o}]}]}", "resourceSpans", "resource",
                        resource_json(options), "scopeSpans", "scope", "name", SCOPE, "version",
                        options->version, "spans", list);
    line = request ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    if (!line)
        return NULL;
    *size = strlen(line);
    line[(*size)++] = '\n'; /* where the NUL was */
    return line;
}
