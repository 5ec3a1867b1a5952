#include "listing.h"

#include <kt/time.h>

int
cli_listing_open(cli_listing_t *listing, cli_t *cli, const out_column_t *columns, unsigned count)
{
    listing->cli = cli;
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    listing->options = cli_call_options(cli, NULL);
    kt_status_t status = kt_reply_init(&listing->reply);
    if (kt_failed(status))
        return cli_report_status(cli, "reply", status);
    listing->out = out_new(cli->out, cli->format, columns, count);
    return listing->out ? 0 : cli_fail(cli, CLI_EXIT_BUG, "out of memory");
}

int
cli_listing_close(cli_listing_t *listing, int code)
{
    if (code != 0)
        out_drop(&listing->out);
    else if (!out_end(&listing->out))
        code = CLI_EXIT_OUTPUT;
    kt_reply_fini(&listing->reply);
    return code;
}

int
cli_listing_failed(cli_listing_t *listing, const char *what)
{
    return cli_report(listing->cli, what, &listing->reply);
}

void
cli_listing_next(cli_listing_t *listing, const char *token)
{
    snprintf(listing->token, sizeof listing->token, "%s", token);
}

char *
cli_listing_given(const char *value)
{
    return (char *)(uintptr_t)(value ? value : "");
}

const char *
cli_listing_enum(const ProtobufCEnumDescriptor *type, int value, const char *prefix)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(type, value);
    size_t size = strlen(prefix);
    if (value == 0)
        return "";
    if (!found)
        return "?";
    return strncmp(found->name, prefix, size) == 0 ? found->name + size : found->name;
}

const char *
cli_listing_time(int64_t us, char out[CLI_LISTING_TIME_BYTES])
{
    out[0] = 0;
    if (us != 0)
        kt_time_format(us, out);
    return out;
}
