#include "page.h"

#include <inttypes.h>
#include <kt/time.h>
#include <strings.h>

int
it_page_open(it_page_t *page, cli_t *cli, const out_column_t *columns, unsigned count)
{
    page->cli = cli;
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    page->options = cli_call_options(cli, NULL);
    kt_status_t status = kt_reply_init(&page->reply);
    if (kt_failed(status))
        return cli_report_status(cli, "reply", status);
    if (count == 0)
        return 0;
    page->out = out_new(cli->out, cli->format, columns, count);
    return page->out ? 0 : cli_fail(cli, CLI_EXIT_BUG, "out of memory");
}

int
it_page_close(it_page_t *page, int code)
{
    if (page->out && code != 0)
        out_drop(&page->out);
    else if (page->out && !out_end(&page->out))
        code = CLI_EXIT_OUTPUT;
    kt_reply_fini(&page->reply);
    return code;
}

int
it_page_failed(it_page_t *page, const char *what)
{
    return cli_report(page->cli, what, &page->reply);
}

int
it_page_call(it_page_t *page, const kt_method_t *method, const ProtobufCMessage *request,
             const char *what, const void **response)
{
    if (kt_failed(kt_client_call(page->cli->client, method, &page->options, request, &page->reply)))
        return it_page_failed(page, what);
    if (response)
        *response = page->reply.message;
    return 0;
}

bool
it_page_next(it_page_t *page, const char *token)
{
    snprintf(page->token, sizeof page->token, "%s", token);
    return page->token[0] != 0;
}

char *
it_given(const char *value)
{
    return (char *)(uintptr_t)(value ? value : "");
}

static const char *
without(const char *name, const char *prefix)
{
    size_t size = strlen(prefix);
    return strncmp(name, prefix, size) == 0 ? name + size : name;
}

const char *
it_enum_text(const ProtobufCEnumDescriptor *type, int value, const char *prefix)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(type, value);
    if (value == 0)
        return "";
    return found ? without(found->name, prefix) : "?";
}

int
it_enum_value(const ProtobufCEnumDescriptor *type, const char *name, const char *prefix)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "%s", name);
    for (char *c = wanted; *c; c++)
        if (*c == '-')
            *c = '_';
    for (unsigned i = 0; i < type->n_values; i++)
        if (type->values[i].value != 0 &&
            strcasecmp(without(type->values[i].name, prefix), wanted) == 0)
            return type->values[i].value;
    return -1;
}

const char *
it_time_text(int64_t us, char out[IT_TIME_BYTES])
{
    out[0] = 0;
    if (us != 0)
        kt_time_format(us, out);
    return out;
}

it_text_t
it_when(int64_t us)
{
    it_text_t when = {""};
    if (us == 0)
        return when;
    kt_time_format(us, when.text);
    when.text[19] = 'Z';
    when.text[20] = 0;
    return when;
}

it_text_t
it_number(int64_t number)
{
    it_text_t text;
    snprintf(text.text, sizeof text.text, "%" PRId64, number);
    return text;
}

const char *
it_span_text(int64_t us, char out[IT_SPAN_BYTES])
{
    int64_t minutes = us / (60 * KT_US_PER_S);
    snprintf(out, IT_SPAN_BYTES, "%" PRId64 ":%02d", minutes / 60, (int)(minutes % 60));
    return out;
}
