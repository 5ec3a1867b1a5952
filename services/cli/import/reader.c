#include "reader.h"

#include "../display.h"
#include "balance.h"

#include <kt/arena.h>
#include <kt/sha256.h>
#include <kt/time.h>
#include <limits.h>
#include <stdlib.h>

#define FIRST_BYTES 65536
#define LIMIT_BYTES ((size_t)64 << 20)
#define NO_COLUMN   UINT_MAX

typedef enum column {
    TXNIDX,
    DATE,
    DESCRIPTION,
    ACCOUNT,
    AMOUNT,
    COMMODITY,
    REQUIRED, /* those before must be there */
    CODE = REQUIRED,
    COMMENT,
    POSTING_COMMENT,
    COLUMNS,
} column_t;

static const char *const column_names[COLUMNS] = {
    [TXNIDX] = "txnidx",   [DATE] = "date",       [DESCRIPTION] = "description",
    [ACCOUNT] = "account", [AMOUNT] = "amount",   [COMMODITY] = "commodity",
    [CODE] = "code",       [COMMENT] = "comment", [POSTING_COMMENT] = "posting-comment",
};

struct imp_reader {
    cli_csv_t *csv;
    cli_csv_row_t row; /* the row that was read last */
    bool pending;      /* it is not part of an entry yet */
    bool begun;        /* the header was read */
    imp_unbalanced_t unbalanced;
    unsigned at[COLUMNS]; /* where a column stands, or NO_COLUMN */
    unsigned columns;     /* that the header has */
    const char *problem;
    uint64_t problem_line;
    char problem_text[96];
    kt_arena_t *arena; /* of the entry */
    char *txnidx;
    imp_line_t lines[IMP_LINES_MAX];
    imp_balance_t balance;
    kt_sha256_t sha;
};

imp_reader_t *
imp_reader_new(FILE *in, imp_unbalanced_t unbalanced)
{
    imp_reader_t *reader = calloc(1, sizeof *reader);
    if (!reader)
        return NULL;
    reader->unbalanced = unbalanced;
    reader->csv = cli_csv_new(in);
    reader->arena = kt_arena_new(FIRST_BYTES, LIMIT_BYTES);
    if (!reader->csv || !reader->arena)
        imp_reader_destroy(&reader);
    return reader;
}

void
imp_reader_destroy(imp_reader_t **reader)
{
    imp_reader_t *r = KT_TAKE(*reader);
    if (!r)
        return;
    if (r->csv)
        cli_csv_destroy(&r->csv);
    kt_arena_destroy(&r->arena);
    free(r);
}

/* Reads the next row into reader->row. */
static imp_result_t
next_row(imp_reader_t *reader)
{
    cli_csv_result_t result = cli_csv_next(reader->csv, &reader->row);
    if (result == CLI_CSV_BAD) {
        reader->problem = cli_csv_problem(reader->csv, &reader->problem_line);
        return IMP_BAD;
    }
    reader->pending = result == CLI_CSV_ROW;
    return result == CLI_CSV_ROW ? IMP_ENTRY : IMP_END;
}

/* Finds the columns by their names. */
static imp_result_t
read_header(imp_reader_t *reader)
{
    imp_result_t result = next_row(reader);
    if (result == IMP_BAD)
        return result;
    reader->problem_line = 1;
    reader->problem = "an empty file; expected is what 'hledger print -x -O csv' writes";
    if (result == IMP_END)
        return IMP_BAD;
    reader->problem_line = reader->row.line;
    for (unsigned c = 0; c < COLUMNS; c++) {
        reader->at[c] = NO_COLUMN;
        for (unsigned i = 0; i < reader->row.count; i++)
            if (strcmp(reader->row.fields[i], column_names[c]) == 0)
                reader->at[c] = i;
        if (reader->at[c] == NO_COLUMN && c < REQUIRED) {
            snprintf(reader->problem_text, sizeof reader->problem_text,
                     "no column '%s'; expected is what 'hledger print -x -O csv' writes",
                     column_names[c]);
            reader->problem = reader->problem_text;
            return IMP_BAD;
        }
    }
    reader->columns = reader->row.count;
    reader->problem = NULL;
    reader->begun = true;
    reader->pending = false;
    return IMP_ENTRY;
}

/* A field of the row; "" where the row is too short or the file has no such column. */
static const char *
field(const imp_reader_t *reader, column_t column)
{
    unsigned at = reader->at[column];
    return at < reader->row.count ? reader->row.fields[at] : "";
}

/* Whether the row is a header once more: files were joined. */
static bool
is_header(const imp_reader_t *reader)
{
    for (unsigned c = 0; c < REQUIRED; c++)
        if (strcmp(field(reader, (column_t)c), column_names[c]) != 0)
            return false;
    return true;
}

static void
refuse(imp_entry_t *entry, uint64_t line, const char *problem)
{
    if (entry->problem)
        return; /* the first one counts */
    entry->problem = problem;
    entry->problem_line = line;
}

/* The bytes of the control character at TEXT (C0, DEL, or C1 as UTF-8 has it), or 0 when there is
 * none. */
static size_t
control_at(const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;
    if (byte[0] < 0x20 || byte[0] == 0x7F)
        return byte[0] != 0;
    return byte[0] == 0xC2 && byte[1] >= 0x80 && byte[1] < 0xA0 ? 2 : 0;
}

static bool
has_control(const char *text)
{
    for (; *text; text++)
        if (control_at(text) > 0)
            return true;
    return false;
}

/* What is wrong with an account's name, or NULL. */
static const char *
account_problem(const char *account)
{
    size_t size = strlen(account), names = 1;
    if (size == 0)
        return "no account";
    if (size > IMP_ACCOUNT_BYTES_MAX)
        return "an account name longer than 255 bytes";
    if (has_control(account))
        return "a control character in an account name";
    if (account[0] == ':' || account[size - 1] == ':' || strstr(account, "::"))
        return "an account name with an empty part";
    for (size_t i = 0; i < size; i++)
        names += account[i] == ':';
    return names > IMP_ACCOUNT_NAMES_MAX ? "an account more than 16 names deep" : NULL;
}

static const char *
commodity_problem(const char *commodity)
{
    if (strlen(commodity) > IMP_COMMODITY_BYTES_MAX)
        return "a commodity longer than 32 bytes";
    return has_control(commodity) ? "a control character in a commodity" : NULL;
}

/* TEXT as Kantor keeps it: without control characters, and cut to SIZE_MAX_ bytes. NULL when the
 * arena is full. */
static const char *
keep_text(imp_reader_t *reader, imp_entry_t *entry, const char *text, size_t size_max)
{
    size_t size = cli_utf8_cut(text, size_max);
    entry->cut = entry->cut || text[size] != 0;
    char *kept = kt_arena_copy(reader->arena, kt_span(text, size));
    for (char *p = kept; p && *p; p++)
        memset(p, ' ', control_at(p));
    return kept;
}

static void
add_to_digest(imp_reader_t *reader, const char *text)
{
    kt_sha256_add(&reader->sha, kt_span(text, strlen(text) + 1));
}

/* What all rows of an entry share: date, code, description, comment. */
static void
begin_entry(imp_reader_t *reader, imp_entry_t *entry)
{
    kt_date_t date;
    const char *text = field(reader, DATE), *code = field(reader, CODE),
               *comment = field(reader, COMMENT);
    *entry = (imp_entry_t){.line = reader->row.line, .lines = reader->lines};
    kt_arena_reset(reader->arena);
    imp_balance_init(&reader->balance);
    kt_sha256_init(&reader->sha);
    reader->txnidx = kt_arena_strdup(reader->arena, field(reader, TXNIDX));
    if (!kt_date_parse(kt_span_str(text), &date))
        refuse(entry, entry->line, "the date is not YYYY-MM-DD");
    else
        kt_date_format(date, entry->date);
    const char *whole = kt_arena_printf(reader->arena, "%s%s%s%s%s%s", code[0] ? "(" : "", code,
                                        code[0] ? ") " : "", field(reader, DESCRIPTION),
                                        comment[0] ? " ; " : "", comment);
    entry->description = keep_text(reader, entry, whole, IMP_DESCRIPTION_BYTES_MAX);
    add_to_digest(reader, entry->date);
    add_to_digest(reader, code);
    add_to_digest(reader, field(reader, DESCRIPTION));
}

/* Whether every field of the row is UTF-8. */
static bool
is_utf8(const imp_reader_t *reader)
{
    for (unsigned i = 0; i < reader->row.count; i++)
        if (!kt_utf8_valid(kt_span_str(reader->row.fields[i])))
            return false;
    return true;
}

/* What is wrong with the row by itself, or NULL; its amount. */
static const char *
row_problem(imp_reader_t *reader, imp_entry_t *entry, cli_decimal_t *amount)
{
    if (reader->row.count != reader->columns)
        return kt_arena_printf(reader->arena, "%u fields where the first line has %u",
                               reader->row.count, reader->columns);
    if (!is_utf8(reader))
        return "not UTF-8";
    if (!reader->txnidx || !reader->txnidx[0])
        return "no txnidx: which entry is this row of?";
    if (strcmp(field(reader, DATE), entry->date) != 0 && !entry->problem)
        return "another date than the entry's first row";
    const char *problem = account_problem(field(reader, ACCOUNT));
    if (!problem)
        problem = commodity_problem(field(reader, COMMODITY));
    if (problem)
        return problem;
    problem = cli_decimal_parse(kt_span_str(field(reader, AMOUNT)), amount);
    return problem ? kt_arena_printf(reader->arena, "amount '%.40s': %s", field(reader, AMOUNT),
                                     problem)
                   : NULL;
}

/* equity:trading and what lies below it is the ledger's own. */
static bool
is_trading(const char *account)
{
    static const char path[] = "equity:trading";
    size_t size = sizeof path - 1;
    return strncmp(account, path, size) == 0 && (account[size] == 0 || account[size] == ':');
}

static void
add_row(imp_reader_t *reader, imp_entry_t *entry)
{
    cli_decimal_t amount;
    const char *problem = row_problem(reader, entry, &amount);
    if (problem) {
        refuse(entry, reader->row.line, problem);
        return;
    }
    const char *account = field(reader, ACCOUNT), *commodity = field(reader, COMMODITY);
    if (amount.digits == 0)
        return;
    char digits[48];
    snprintf(digits, sizeof digits, "%lldE-%d", (long long)amount.digits, amount.scale);
    add_to_digest(reader, account);
    add_to_digest(reader, commodity);
    add_to_digest(reader, digits);
    if (entry->lines_count == IMP_LINES_MAX) {
        refuse(entry, reader->row.line, "more than 8,190 postings in one entry");
        return;
    }
    imp_line_t line = {
        .line = reader->row.line,
        .account = kt_arena_strdup(reader->arena, account),
        .commodity = commodity[0] ? kt_arena_strdup(reader->arena, commodity) : IMP_NO_COMMODITY,
        .amount = amount,
        .memo = keep_text(reader, entry, field(reader, POSTING_COMMENT), IMP_MEMO_BYTES_MAX),
    };
    if (!line.account || !line.commodity || !line.memo) {
        refuse(entry, entry->line, "an entry of more than 64 MiB");
        return;
    }
    bool kept = !is_trading(account);
    if (!imp_balance_add(&reader->balance, &line, kept))
        refuse(entry, line.line, "too many commodities or too large amounts in one entry");
    if (kept)
        reader->lines[entry->lines_count++] = line;
}

static void
end_entry(imp_reader_t *reader, imp_entry_t *entry)
{
    kt_hash_t digest = kt_sha256_end(&reader->sha);
    memcpy(entry->digest, digest.bytes, sizeof entry->digest);
    if (!entry->problem && (!entry->description || !reader->txnidx))
        refuse(entry, entry->line, "an entry of more than 64 MiB");
    if (!entry->problem) {
        const char *problem = imp_balance_problem(&reader->balance, reader->unbalanced,
                                                  reader->arena);
        if (problem)
            refuse(entry, entry->line, problem);
        entry->one_sided = imp_balance_one_sided(&reader->balance);
    }
}

imp_result_t
imp_reader_next(imp_reader_t *reader, imp_entry_t *entry)
{
    if (reader->problem)
        return IMP_BAD;
    if (!reader->begun && read_header(reader) == IMP_BAD)
        return IMP_BAD;
    do {
        imp_result_t result = reader->pending ? IMP_ENTRY : next_row(reader);
        if (result != IMP_ENTRY)
            return result;
        reader->pending = !is_header(reader);
    } while (!reader->pending);
    begin_entry(reader, entry);
    for (;;) {
        add_row(reader, entry);
        imp_result_t result = next_row(reader);
        if (result == IMP_BAD)
            return IMP_BAD;
        if (result == IMP_END || !reader->txnidx ||
            strcmp(field(reader, TXNIDX), reader->txnidx) != 0)
            break;
    }
    end_entry(reader, entry);
    return IMP_ENTRY;
}

const char *
imp_reader_problem(const imp_reader_t *reader, uint64_t *line)
{
    *line = reader->problem_line;
    return reader->problem;
}

uint64_t
imp_reader_bytes(const imp_reader_t *reader)
{
    return cli_csv_bytes(reader->csv);
}
