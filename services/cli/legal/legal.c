#include "legal.h"

#include "../display.h"

#include <kt/time.h>
#include <strings.h>

const out_column_t leg_field_columns[2] = {
    {"field", "field", OUT_TEXT},
    {"value", "value", OUT_TEXT},
};

int
leg_open(leg_verb_t *verb, cli_t *cli, const out_column_t *columns, unsigned count)
{
    verb->cli = cli;
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    verb->options = cli_call_options(cli, NULL);
    kt_status_t status = kt_reply_init(&verb->reply);
    if (kt_failed(status))
        return cli_report_status(cli, "reply", status);
    verb->has_reply = true;
    verb->out = out_new(cli->out, cli->format, columns, count);
    return verb->out ? 0 : cli_fail(cli, CLI_EXIT_BUG, "out of memory");
}

int
leg_close(leg_verb_t *verb, int code)
{
    if (code != 0 && verb->out)
        out_drop(&verb->out);
    else if (verb->out && !out_end(&verb->out))
        code = CLI_EXIT_OUTPUT;
    if (verb->has_reply)
        kt_reply_fini(&verb->reply);
    return code;
}

int
leg_failed(leg_verb_t *verb, const char *what)
{
    return cli_report(verb->cli, what, &verb->reply);
}

void
leg_next(leg_verb_t *verb, const char *token)
{
    snprintf(verb->token, sizeof verb->token, "%s", token);
}

char *
leg_request_text(const char *text)
{
    return (char *)(uintptr_t)(text ? text : "");
}

static const char *
behind(const char *name, const char *prefix)
{
    size_t size = strlen(prefix);
    return strncmp(name, prefix, size) == 0 ? name + size : name;
}

const char *
leg_enum_text(const ProtobufCEnumDescriptor *descriptor, int value, const char *prefix)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(descriptor, value);
    return found ? behind(found->name, prefix) : "?";
}

bool
leg_enum_value(const cli_t *cli, const ProtobufCEnumDescriptor *descriptor, const char *prefix,
               const char *what, const char *name, int *value)
{
    char all[400] = "";
    size_t size = 0;
    *value = 0;
    for (unsigned i = 0; name && i < descriptor->n_values; i++) {
        const ProtobufCEnumValue *each = &descriptor->values[i];
        const char *plain = behind(each->name, prefix);
        if (each->value == 0)
            continue;
        if (strcasecmp(name, plain) == 0 || strcasecmp(name, each->name) == 0) {
            *value = each->value;
            return true;
        }
        int wrote = snprintf(all + size, sizeof all - size, "%s%s", size > 0 ? ", " : "", plain);
        size = KT_MIN(size + (size_t)wrote, sizeof all - 1);
    }
    if (name)
        cli_fail(cli, 0, "--%s is one of %s, not '%s'", what, all, name);
    return !name;
}

void
leg_field(leg_verb_t *verb, const char *name, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (text[0])
        out_row(verb->out, (const char *const[]){name, text});
}

const char *
leg_time_text(int64_t time_us, char out[28])
{
    out[0] = '\0';
    if (time_us != 0) {
        kt_time_format(time_us, out);
        out[10] = ' ';
        out[16] = '\0';
    }
    return out;
}

void
leg_field_time(leg_verb_t *verb, const char *name, int64_t time_us)
{
    char text[28];
    leg_field(verb, name, "%s", leg_time_text(time_us, text));
}

int
leg_load_hash(leg_verb_t *verb, const char *contract, uint8_t hash[LEG_HASH_BYTES])
{
    char hex[LEG_HASH_CHARS + 1];
    const legal_contract_view_t *view;
    legal_get_contract_request_t request = LEGAL_GET_CONTRACT_REQUEST_INIT;
    const char *given = cli_required(verb->cli, "hash");
    if (!given)
        return CLI_EXIT_USAGE;
    if (strlen(given) < LEG_HASH_CHARS_MIN || strlen(given) > LEG_HASH_CHARS)
        return cli_fail(verb->cli, CLI_EXIT_USAGE, "--hash is 8 to 64 characters of the hash");
    request.contract = leg_request_text(contract);
    if (kt_failed(legal_contracts_get_contract(verb->cli->client, &verb->options, &request,
                                               &verb->reply, &view)))
        return leg_failed(verb, contract);
    if (view->contract->sha256.len != LEG_HASH_BYTES)
        return cli_fail(verb->cli, KT_FAILED_PRECONDITION, "%s has no version yet", contract);
    memcpy(hash, view->contract->sha256.data, LEG_HASH_BYTES);
    cli_hex(hash, LEG_HASH_BYTES, hex);
    if (strncasecmp(hex, given, strlen(given)) != 0)
        return cli_fail(verb->cli, KT_FAILED_PRECONDITION,
                        "the newest version of %s is %u with the hash %s: read that one first",
                        contract, (unsigned)view->contract->version, hex);
    return 0;
}
