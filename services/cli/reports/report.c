#include "report.h"

#include "../import/reader.h"

#include <stdlib.h>

#define PAGE_SIZE 1000

int
fin_report_open(fin_report_t *report, cli_t *cli, bool with_book, const out_column_t *columns,
                unsigned count)
{
    report->cli = cli;
    report->at = "";
    if (with_book) {
        report->book = (char *)(uintptr_t)cli_required(cli, "book");
        if (!report->book || !cli_date(cli, "at", &report->at))
            return CLI_EXIT_USAGE;
    }
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    report->options = cli_call_options(cli, NULL);
    kt_status_t status = kt_reply_init(&report->reply);
    if (kt_failed(status))
        return cli_report_status(cli, "reply", status);
    report->out = out_new(cli->out, cli->format, columns, count);
    return report->out ? 0 : cli_fail(cli, CLI_EXIT_BUG, "out of memory");
}

int
fin_report_close(fin_report_t *report, int code)
{
    if (code != 0)
        out_drop(&report->out);
    else if (!out_end(&report->out))
        code = CLI_EXIT_OUTPUT;
    kt_reply_fini(&report->reply);
    return code;
}

int
fin_report_failed(fin_report_t *report)
{
    return cli_report(report->cli, report->book ? report->book : "books", &report->reply);
}

void
fin_report_next(fin_report_t *report, const char *token)
{
    snprintf(report->token, sizeof report->token, "%s", token);
}

const char *
fin_commodity_text(const cli_t *cli, const char *commodity)
{
    bool none = strcmp(commodity, IMP_NO_COMMODITY) == 0;
    return none && cli->format != CLI_TABLE ? "" : commodity;
}

const char *
fin_enum_text(const ProtobufCEnumDescriptor *descriptor, int value)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(descriptor, value);
    return found ? found->name : "?";
}

int
fin_scales_load(fin_report_t *report, fin_scales_t *scales)
{
    *scales = (fin_scales_t){.names = cli_names_new()};
    if (!scales->names)
        return cli_fail(report->cli, CLI_EXIT_BUG, "out of memory");
    report->token[0] = 0;
    do {
        fin_list_commodities_request_t request = FIN_LIST_COMMODITIES_REQUEST_INIT;
        const fin_list_commodities_response_t *page;
        request.book = report->book;
        request.built_in = true;
        request.page_size = PAGE_SIZE;
        request.page_token = report->token;
        if (kt_failed(fin_books_list_commodities(report->cli->client, &report->options, &request,
                                                 &report->reply, &page)))
            return fin_report_failed(report);
        for (size_t i = 0; i < page->n_commodities; i++) {
            uint32_t number = cli_names_add(scales->names, page->commodities[i]->commodity);
            int *grown = number == CLI_NAMES_NONE
                             ? NULL
                             : realloc(scales->scales, (number + 1) * sizeof *grown);
            if (!grown)
                return cli_fail(report->cli, CLI_EXIT_BUG, "out of memory");
            grown[number] = page->commodities[i]->scale;
            scales->scales = grown;
        }
        fin_report_next(report, page->next_page_token);
    } while (report->token[0]);
    return 0;
}

void
fin_scales_fini(fin_scales_t *scales)
{
    cli_names_destroy(&scales->names);
    free(scales->scales);
}

int
fin_scale_of(const fin_scales_t *scales, const char *commodity)
{
    uint32_t number = cli_names_find(scales->names, kt_span_str(commodity));
    return number == CLI_NAMES_NONE ? -1 : scales->scales[number];
}
