#include "output.h"

#include "display.h"

#include <stdlib.h>

struct out {
    FILE *file;
    cli_format_t format;
    const out_column_t *columns;
    unsigned count;
    uint64_t rows; /* that were put */
    bool flowing;  /* the widths are fixed and waiting rows were written */
    bool failed;   /* out of memory */
    size_t widths[OUT_COLUMNS_MAX];
    char **waiting; /* OUT_WIDTH_ROWS * count cells; a row of a first cell NULL is a rule */
    size_t waiting_rows;
};

/* A cell that stands for a rule across the table. */
static char rule_cell[] = "-";

void
out_json_string(FILE *file, const char *text)
{
    size_t left = strlen(text);
    fputc('"', file);
    while (left > 0) {
        unsigned char c = (unsigned char)*text;
        size_t bytes = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        if (c == '"' || c == '\\') {
            fprintf(file, "\\%c", c);
        } else if (c == '\n') {
            fputs("\\n", file);
        } else if (c < 0x20 || c == 0x7F) {
            fprintf(file, "\\u%04x", (unsigned)c);
        } else if (bytes > left || !kt_utf8_valid(kt_span(text, bytes))) {
            fputs("\xEF\xBF\xBD", file);
            bytes = 1;
        } else {
            fwrite(text, 1, bytes, file);
        }
        text += bytes;
        left -= bytes;
    }
    fputc('"', file);
}

void
out_csv_field(FILE *file, const char *text)
{
    size_t size = strlen(text);
    bool quote = strpbrk(text, ",\"\r\n") != NULL ||
                 (size > 0 && (text[0] == ' ' || text[size - 1] == ' '));
    if (!quote) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static bool
shown(const out_t *out, unsigned column)
{
    const out_column_t *c = &out->columns[column];
    return out->format == CLI_TABLE ? c->title != NULL : c->key != NULL;
}

static void
table_cells(const out_t *out, const char *const cells[])
{
    size_t gap = 0; /* blanks that are owed before the next cell: no line ends in blanks */
    for (unsigned i = 0; i < out->count; i++) {
        if (!shown(out, i))
            continue;
        const char *cell = cells[i] ? cells[i] : "";
        size_t width = cli_display_width(cell);
        size_t pad = width < out->widths[i] ? out->widths[i] - width : 0;
        bool right = out->columns[i].kind == OUT_NUMBER || out->columns[i].kind == OUT_AMOUNT;
        if (right)
            gap += pad;
        if (width > 0)
            fprintf(out->file, "%*s", (int)gap, "");
        cli_display_put(out->file, cell);
        gap = (width > 0 ? 0 : gap) + (right ? 0 : pad) + 2;
    }
    fputc('\n', out->file);
}

static void
table_rule(const out_t *out)
{
    size_t gap = 0;
    for (unsigned i = 0; i < out->count; i++) {
        if (!shown(out, i))
            continue;
        fprintf(out->file, "%*s", (int)gap, "");
        for (size_t w = 0; w < out->widths[i]; w++)
            fputc('-', out->file);
        gap = 2;
    }
    fputc('\n', out->file);
}

static void
table_put(const out_t *out, char *const cells[])
{
    if (cells[0] == rule_cell)
        table_rule(out);
    else
        table_cells(out, (const char *const *)cells);
}

/* Fixes the widths and writes the title line and the rows that waited for them. */
static void
table_flow(out_t *out)
{
    const char *titles[OUT_COLUMNS_MAX];
    for (unsigned i = 0; i < out->count; i++) {
        titles[i] = out->columns[i].title;
        out->widths[i] = titles[i] ? cli_display_width(titles[i]) : 0;
        for (size_t row = 0; row < out->waiting_rows; row++) {
            const char *const *cells = (const char *const *)out->waiting + row * out->count;
            if (cells[0] != rule_cell && cells[i])
                out->widths[i] = KT_MAX(out->widths[i], cli_display_width(cells[i]));
        }
    }
    out->flowing = true;
    table_cells(out, titles);
    table_rule(out);
    for (size_t row = 0; row < out->waiting_rows; row++) {
        char **cells = out->waiting + row * out->count;
        table_put(out, cells);
        for (unsigned i = 0; i < out->count; i++)
            if (cells[i] != rule_cell)
                free(cells[i]);
    }
    out->waiting_rows = 0;
}

static void
table_row(out_t *out, const char *const cells[])
{
    if (!out->flowing && out->waiting_rows == OUT_WIDTH_ROWS)
        table_flow(out);
    if (out->flowing) {
        table_put(out, (char *const *)cells);
        return;
    }
    char **kept = out->waiting + out->waiting_rows++ * out->count;
    for (unsigned i = 0; i < out->count; i++) {
        kept[i] = cells[0] == rule_cell ? rule_cell : cells[i] ? strdup(cells[i]) : NULL;
        out->failed = out->failed || (cells[i] && !kept[i]);
    }
}

static void
csv_row(const out_t *out, const char *const cells[])
{
    bool first = true;
    for (unsigned i = 0; i < out->count; i++) {
        if (!shown(out, i))
            continue;
        if (!first)
            fputc(',', out->file);
        out_csv_field(out->file, cells ? (cells[i] ? cells[i] : "") : out->columns[i].key);
        first = false;
    }
    fputc('\n', out->file);
}

static void
json_row(const out_t *out, const char *const cells[])
{
    bool first = true;
    fputs(out->rows > 0 ? ",\n " : "[\n ", out->file);
    for (unsigned i = 0; i < out->count; i++) {
        if (!shown(out, i))
            continue;
        fputs(first ? "{" : ", ", out->file);
        out_json_string(out->file, out->columns[i].key);
        fputs(": ", out->file);
        if (!cells[i])
            fputs("null", out->file);
        else if (out->columns[i].kind == OUT_NUMBER)
            fputs(cells[i], out->file);
        else if (out->columns[i].kind == OUT_YES)
            fputs(strcmp(cells[i], "yes") == 0 ? "true" : "false", out->file);
        else
            out_json_string(out->file, cells[i]);
        first = false;
    }
    fputc('}', out->file);
}

out_t *
out_new(FILE *file, cli_format_t format, const out_column_t *columns, unsigned count)
{
    KT_ASSERT(count > 0 && count <= OUT_COLUMNS_MAX);
    out_t *out = calloc(1, sizeof *out);
    if (!out)
        return NULL;
    *out = (out_t){.file = file, .format = format, .columns = columns, .count = count};
    if (format == CLI_TABLE) {
        out->waiting = calloc((size_t)OUT_WIDTH_ROWS * count, sizeof *out->waiting);
        if (!out->waiting) {
            free(out);
            return NULL;
        }
    }
    return out;
}

void
out_row(out_t *out, const char *const cells[])
{
    if (out->format == CLI_TABLE)
        table_row(out, cells);
    else if (out->format == CLI_JSON)
        json_row(out, cells);
    else if (out->rows == 0)
        csv_row(out, NULL);
    if (out->format == CLI_CSV)
        csv_row(out, cells);
    out->rows++;
}

void
out_rule(out_t *out)
{
    const char *const cells[OUT_COLUMNS_MAX] = {rule_cell};
    if (out->format == CLI_TABLE)
        table_row(out, cells);
}

bool
out_end(out_t **out)
{
    out_t *o = *out;
    if (!o)
        return false;
    if (o->format == CLI_TABLE && !o->flowing)
        table_flow(o);
    else if (o->format == CLI_CSV && o->rows == 0)
        csv_row(o, NULL);
    else if (o->format == CLI_JSON)
        fputs(o->rows > 0 ? "\n]\n" : "[]\n", o->file);
    bool right = !o->failed && fflush(o->file) == 0 && !ferror(o->file);
    out_drop(out);
    return right;
}

void
out_drop(out_t **out)
{
    out_t *o = KT_TAKE(*out);
    if (!o)
        return;
    for (size_t i = 0; i < o->waiting_rows * o->count; i++)
        if (o->waiting[i] != rule_cell)
            free(o->waiting[i]);
    free(o->waiting);
    free(o);
}
