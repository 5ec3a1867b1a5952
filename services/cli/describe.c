/* kantor describe: methods, services and messages as the office has them now. */
#include "contracts.h"
#include "method_name.h"
#include "output.h"
#include "verbs.h"

static const char *
kind_name(kt_method_kind_t kind)
{
    switch (kind) {
    case KT_METHOD_READ:
        return "READ";
    case KT_METHOD_WRITE:
        return "WRITE";
    case KT_METHOD_ADMIN:
        return "ADMIN";
    }
    return "?";
}

static const char *
streaming(bool client, bool server)
{
    return client && server ? "both ways" : client ? "requests" : server ? "responses" : "";
}

static int
out_of_memory(cli_t *cli)
{
    return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
}

/* The methods whose service is SERVICE (a short name), or all for NULL; *FOUND says how many. */
static int
list_methods(cli_t *cli, const cli_contracts_t *contracts, const char *service, size_t *found)
{
    static const out_column_t columns[] = {
        {"method", "method", OUT_TEXT}, {"department", "department", OUT_TEXT},
        {"kind", "kind", OUT_TEXT},     {"streams", "streams", OUT_TEXT},
        {"roles", "roles", OUT_TEXT},
    };
    size_t count;
    const cli_method_t *methods = cli_contracts_methods(contracts, &count);
    out_t *out = out_new(cli->out, cli->format, columns, KT_COUNT(columns));
    if (!out)
        return out_of_memory(cli);
    *found = 0;
    for (size_t i = 0; i < count; i++) {
        char name[KT_METHOD_PATH_BYTES_MAX + 1];
        kt_span_t full = cli_path_service(methods[i].path);
        snprintf(name, sizeof name, "%.*s", (int)full.size, (const char *)full.data);
        if (service && !cli_name_matches(name, service))
            continue;
        const char *department = methods[i].department[0] ? methods[i].department : "the broker";
        out_row(out, (const char *const[]){
                         methods[i].path, department, kind_name(methods[i].kind),
                         streaming(methods[i].client_streaming, methods[i].server_streaming),
                         methods[i].roles});
        ++*found;
    }
    if (*found == 0)
        out_drop(&out);
    return *found == 0 || out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
}

/* A field's type as a .proto has it. */
static const char *
field_type(const ProtobufCFieldDescriptor *field)
{
    static const char *const scalars[] = {
        [PROTOBUF_C_TYPE_INT32] = "int32",       [PROTOBUF_C_TYPE_SINT32] = "sint32",
        [PROTOBUF_C_TYPE_SFIXED32] = "sfixed32", [PROTOBUF_C_TYPE_INT64] = "int64",
        [PROTOBUF_C_TYPE_SINT64] = "sint64",     [PROTOBUF_C_TYPE_SFIXED64] = "sfixed64",
        [PROTOBUF_C_TYPE_UINT32] = "uint32",     [PROTOBUF_C_TYPE_FIXED32] = "fixed32",
        [PROTOBUF_C_TYPE_UINT64] = "uint64",     [PROTOBUF_C_TYPE_FIXED64] = "fixed64",
        [PROTOBUF_C_TYPE_FLOAT] = "float",       [PROTOBUF_C_TYPE_DOUBLE] = "double",
        [PROTOBUF_C_TYPE_BOOL] = "bool",         [PROTOBUF_C_TYPE_STRING] = "string",
        [PROTOBUF_C_TYPE_BYTES] = "bytes",
    };
    if (field->type == PROTOBUF_C_TYPE_ENUM)
        return ((const ProtobufCEnumDescriptor *)field->descriptor)->name;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return ((const ProtobufCMessageDescriptor *)field->descriptor)->name;
    return field->type < KT_COUNT(scalars) ? scalars[field->type] : "?";
}

/* The values of an enum, for people: "COMPANY, CLIENT". */
static void
enum_values(const ProtobufCFieldDescriptor *field, char *text, size_t size)
{
    const ProtobufCEnumDescriptor *type = field->descriptor;
    size_t at = 0;
    text[0] = 0;
    if (field->type != PROTOBUF_C_TYPE_ENUM)
        return;
    for (unsigned i = 0; i < type->n_values && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s", i > 0 ? ", " : "",
                               type->values[i].name);
}

static int
describe_message(cli_t *cli, const ProtobufCMessageDescriptor *message)
{
    static const out_column_t columns[] = {
        {"number", "no.", OUT_NUMBER}, {"field", "field", OUT_TEXT}, {"type", "type", OUT_TEXT},
        {"repeated", NULL, OUT_YES},   {NULL, "", OUT_TEXT},         {"values", "values", OUT_TEXT},
    };
    out_t *out = out_new(cli->out, cli->format, columns, KT_COUNT(columns));
    if (!out)
        return out_of_memory(cli);
    for (unsigned i = 0; i < message->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &message->fields[i];
        char number[16], values[1024];
        bool repeated = f->label == PROTOBUF_C_LABEL_REPEATED;
        snprintf(number, sizeof number, "%u", (unsigned)f->id);
        enum_values(f, values, sizeof values);
        const char *how = repeated                                 ? "repeated"
                          : f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF ? "one of several"
                                                                   : "";
        out_row(out, (const char *const[]){number, f->name, field_type(f), repeated ? "yes" : "no",
                                           how, values});
    }
    return out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
}

static int
describe_method(cli_t *cli, cli_contracts_t *contracts, const cli_method_t *method)
{
    const kt_method_t *contract;
    const kt_dynamic_t *dynamic;
    int code = cli_contracts_describe(contracts, method, &contract, &dynamic);
    if (code != 0)
        return code;
    if (cli->format != CLI_TABLE)
        return describe_message(cli, contract->request);
    const char *streams = streaming(method->client_streaming, method->server_streaming);
    fprintf(cli->out, "%s\n  %s, may be called by: %s%s%s\n\nrequest %s\n", method->path,
            kind_name(method->kind), method->roles, streams[0] ? "; streams " : "", streams,
            contract->request->name);
    code = describe_message(cli, contract->request);
    if (code != 0)
        return code;
    fprintf(cli->out, "\nresponse %s\n", contract->response->name);
    return describe_message(cli, contract->response);
}

/* Looks for a message of that (short) name in every department. */
static int
describe_type(cli_t *cli, cli_contracts_t *contracts, const char *name)
{
    size_t count;
    const cli_method_t *methods = cli_contracts_methods(contracts, &count);
    const ProtobufCMessageDescriptor *found = NULL;
    for (size_t i = 0; i < count; i++) {
        const kt_dynamic_t *dynamic;
        if (!methods[i].department[0] ||
            (i > 0 && methods[i - 1].department == methods[i].department))
            continue;
        int code = cli_contracts_load(contracts, methods[i].department, &dynamic);
        if (code != 0)
            return code;
        size_t messages_count;
        const ProtobufCMessageDescriptor *const *messages = kt_dynamic_messages(dynamic,
                                                                                &messages_count);
        for (size_t m = 0; m < messages_count; m++) {
            if (!cli_name_matches(messages[m]->name, name))
                continue;
            if (found && strcmp(found->name, messages[m]->name) != 0)
                return cli_fail(cli, CLI_EXIT_USAGE, "%s can be %s or %s; say more of its name",
                                name, found->name, messages[m]->name);
            found = messages[m];
        }
    }
    if (!found)
        return cli_fail(cli, KT_NOT_FOUND,
                        "%s: no method, service or message of that name; 'kantor describe' lists "
                        "the methods",
                        name);
    if (cli->format == CLI_TABLE)
        fprintf(cli->out, "message %s\n", found->name);
    return describe_message(cli, found);
}

static int
describe_any(cli_t *cli, cli_contracts_t *contracts)
{
    const char *name = cli->operands_count > 0 ? cli->operands[0] : NULL;
    const cli_method_t *method;
    size_t found;
    if (name && strchr(name, '/')) {
        int code = cli_contracts_method(contracts, name, NULL, &method);
        return code != 0 ? code : describe_method(cli, contracts, method);
    }
    int code = list_methods(cli, contracts, name, &found);
    if (code != 0 || found > 0 || !name)
        return code;
    return describe_type(cli, contracts, name);
}

static int
describe(cli_t *cli)
{
    cli_contracts_t *contracts;
    int code = cli_contracts_open(cli, &contracts);
    if (code == 0)
        code = describe_any(cli, contracts);
    cli_contracts_close(&contracts);
    return code;
}

static const char *const examples[] = {"kantor describe", "kantor describe Ledger",
                                       "kantor describe Ledger/PostEntry",
                                       "kantor describe EntryDraft", NULL};
const cli_verb_t cli_verb_describe = {
    .name = "describe",
    .operands = "[SERVICE|SERVICE/METHOD|MESSAGE]",
    .operands_max = 1,
    .summary = "The methods, fields and rules that the office has now.",
    .about = "Without a name: every method, with its kind and the roles that may call it. Names "
             "may be cut\n"
             "short from the left: Ledger/PostEntry is kantor.finance.v1.Ledger/PostEntry.",
    .examples = examples,
    .run = describe,
};
