#include "spans.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#define ROOM_FIRST 256

/* The value of an attribute of OF as text, or "". */
static const char *
attribute(const json_t *of, const char *key)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(of, "attributes"), i, one)
    {
        const char *name = json_string_value(json_object_get(one, "key"));
        json_t *value = json_object_get(one, "value");
        if (!name || strcmp(name, key) != 0)
            continue;
        const char *text = json_string_value(json_object_get(value, "stringValue"));
        text = text ? text : json_string_value(json_object_get(value, "intValue"));
        return text ? text : "";
    }
    return "";
}

static bool
read_id(const json_t *span, const char *name, uint8_t *id, size_t size)
{
    return kt_trace_unhex(kt_span_str(json_string_value(json_object_get(span, name))), id, size);
}

/* Nanoseconds since 1970 are strings by the format; some write numbers. */
static int64_t
read_ns(const json_t *span, const char *name)
{
    const json_t *value = json_object_get(span, name);
    const char *text = json_string_value(value);
    int64_t ns = text ? strtoll(text, NULL, 10) : json_integer_value(value);
    return KT_MAX(ns, INT64_C(0));
}

static bool
make_room(trace_spans_t *spans)
{
    if (spans->count < spans->room)
        return true;
    size_t room = spans->room > 0 ? 2 * spans->room : ROOM_FIRST;
    trace_span_t *items = reallocarray(spans->items, room, sizeof *items);
    if (!items)
        return false;
    spans->items = items;
    spans->room = room;
    return true;
}

/* False when memory is out. */
static bool
add(const json_t *from, const char *service, trace_spans_t *spans)
{
    const char *name = json_string_value(json_object_get(from, "name"));
    trace_span_t span = {
        .begin_ns = read_ns(from, "startTimeUnixNano"),
        .end_ns = read_ns(from, "endTimeUnixNano"),
        .code = (uint32_t)strtoul(attribute(from, "rpc.grpc.status_code"), NULL, 10)};
    if (spans->count == TRACE_SPANS_MAX) {
        spans->more = true;
        return true;
    }
    span.end_ns = KT_MAX(span.end_ns, span.begin_ns);
    if (!read_id(from, "spanId", span.id, sizeof span.id))
        return true; /* it can be nobody's parent, and nobody's child */
    if (!read_id(from, "parentSpanId", span.parent, sizeof span.parent))
        memset(span.parent, 0, sizeof span.parent);
    span.name = strdup(name ? name : "");
    span.service = strdup(service);
    if (!span.name || !span.service || !make_room(spans)) {
        free(span.name);
        free(span.service);
        return false;
    }
    spans->items[spans->count++] = span;
    return true;
}

/* The spans of trace ID in one ExportTraceServiceRequest; false when memory is out. */
static bool
add_request(const json_t *request, const uint8_t id[KT_TRACE_ID_BYTES], trace_spans_t *spans)
{
    size_t r, s, i;
    json_t *of_resource, *of_scope, *span;
    json_array_foreach(json_object_get(request, "resourceSpans"), r, of_resource)
    {
        const char *service = attribute(json_object_get(of_resource, "resource"), "service.name");
        json_array_foreach(json_object_get(of_resource, "scopeSpans"), s, of_scope)
        {
            json_array_foreach(json_object_get(of_scope, "spans"), i, span)
            {
                uint8_t trace[KT_TRACE_ID_BYTES];
                bool mine = read_id(span, "traceId", trace, sizeof trace) &&
                            memcmp(trace, id, sizeof trace) == 0;
                if (mine && !add(span, service, spans))
                    return false;
            }
        }
    }
    return true;
}

static int
read_lines(cli_t *cli, const char *path, FILE *file, const uint8_t id[KT_TRACE_ID_BYTES],
           trace_spans_t *spans)
{
    char *line = NULL;
    size_t room = 0;
    int code = 0;
    ssize_t size;
    for (unsigned long number = 1; code == 0 && (size = getline(&line, &room, file)) > 0;
         number++) {
        if (line[size - 1] != '\n')
            break; /* it is being written */
        json_t *request = json_loadb(line, (size_t)size, 0, NULL);
        if (!request)
            code = cli_fail(cli, CLI_EXIT_NOINPUT, "%s:%lu: no line of OTLP/JSON", path, number);
        else if (!add_request(request, id, spans))
            code = cli_fail(cli, CLI_EXIT_BUG, "out of memory");
        json_decref(request);
    }
    if (code == 0 && ferror(file))
        code = cli_fail(cli, CLI_EXIT_NOINPUT, "%s: %s", path, strerror(errno));
    free(line);
    return code;
}

int
trace_spans_read(cli_t *cli, const char *path, const uint8_t id[KT_TRACE_ID_BYTES],
                 trace_spans_t *spans)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return cli_fail(cli, CLI_EXIT_NOINPUT, "%s: %s", path, strerror(errno));
    int code = read_lines(cli, path, file, id, spans);
    fclose(file);
    return code;
}

void
trace_spans_free(trace_spans_t *spans)
{
    for (size_t i = 0; i < spans->count; i++) {
        free(spans->items[i].name);
        free(spans->items[i].service);
    }
    free(spans->items);
    *spans = (trace_spans_t){0};
}
