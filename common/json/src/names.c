#include "json_private.h"
#include <ctype.h>
#include <kantor/rpc/v1/reason.kt.h>

#define WORD_MAX 64

char
kt_json_next_letter(const char **at)
{
    bool raise = false;
    while (**at == '_') {
        raise = true;
        (*at)++;
    }
    if (!**at)
        return 0;
    char letter = *(*at)++;
    return raise ? (char)toupper((unsigned char)letter) : letter;
}

bool
kt_json_name_is(const char *proto_name, const char *key)
{
    const char *at = proto_name;
    if (strcmp(proto_name, key) == 0)
        return true;
    for (;; key++) {
        char letter = kt_json_next_letter(&at);
        if (letter != *key)
            return false;
        if (!letter)
            return true;
    }
}

const char *
kt_json_name(kt_arena_t *arena, const char *proto_name)
{
    size_t size = strlen(proto_name) + 1;
    char *camel = (char *)kt_arena_alloc(arena, size);
    if (!camel)
        return proto_name;
    for (char *end = camel; (*end = kt_json_next_letter(&proto_name)); end++)
        continue;
    return camel;
}

/* Levenshtein's distance, a row at a time. */
unsigned
kt_json_distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1];
    size_t width = strlen(b);
    if (width > WORD_MAX || strlen(a) > WORD_MAX)
        return WORD_MAX;
    for (unsigned j = 0; j <= width; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= width; j++) {
            unsigned change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = KT_MIN(change, KT_MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[width];
}

kt_json_form_t
kt_json_form(const ProtobufCMessageDescriptor *descriptor)
{
    static const struct {
        const char *name;
        kt_json_form_t form;
        ProtobufCType first, second;
    } forms[] = {
        {"google.protobuf.Timestamp", KT_JSON_TIMESTAMP, PROTOBUF_C_TYPE_INT64,
         PROTOBUF_C_TYPE_INT32},
        {"google.protobuf.Duration", KT_JSON_DURATION, PROTOBUF_C_TYPE_INT64,
         PROTOBUF_C_TYPE_INT32},
        {"google.protobuf.Any", KT_JSON_ANY, PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES},
    };
    const ProtobufCFieldDescriptor *fields = descriptor->fields;
    for (size_t i = 0; i < KT_COUNT(forms); i++)
        if (strcmp(descriptor->name, forms[i].name) == 0 && descriptor->n_fields == 2 &&
            fields[0].id == 1 && fields[0].type == forms[i].first && fields[1].id == 2 &&
            fields[1].type == forms[i].second && fields[0].label == PROTOBUF_C_LABEL_NONE &&
            fields[1].label == PROTOBUF_C_LABEL_NONE)
            return forms[i].form;
    return KT_JSON_PLAIN;
}

kt_json_pair_t
kt_json_pair(const ProtobufCMessage *message)
{
    const ProtobufCFieldDescriptor *fields = message->descriptor->fields;
    return (kt_json_pair_t){
        .first = kt_json_at(message, fields[0].offset),
        .second = kt_json_at(message, fields[1].offset),
    };
}

const char *
kt_json_any_type(const char *url)
{
    const char *slash = strrchr(url, '/');
    return slash && slash[1] ? slash + 1 : NULL;
}

kt_status_t
kt_json_exhausted(void)
{
    return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS,
                    "the message takes more memory than there is for it");
}
