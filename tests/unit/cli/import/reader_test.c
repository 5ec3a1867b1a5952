/* Entries out of hledger's CSV, and every reason to refuse one. */
#include "testing.h"

#include "import/reader.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define HEADER                                                                                     \
    "\"txnidx\",\"date\",\"date2\",\"status\",\"code\",\"description\",\"comment\",\"account\","   \
    "\"amount\","                                                                                  \
    "\"commodity\",\"credit\",\"debit\",\"posting-status\",\"posting-comment\"\n"
/* A row: txnidx, date, description, account, amount, commodity. */
#define ROW(idx, date, what, account, amount, commodity)                                           \
    idx "," date ",,,," what ",," account "," amount "," commodity ",,,,\n"
#define R(idx, account, amount, commodity) ROW(idx, "2026-11-23", "x", account, amount, commodity)

typedef struct text {
    char *bytes;
    size_t size;
    FILE *file;
} text_t;

/* Reads TEXT; writes each entry as "line date[!] description {account amount commodity memo}", or
 * "line: problem". */
static char *
read_all(const char *csv, imp_unbalanced_t unbalanced)
{
    text_t out = {0};
    out.file = open_memstream(&out.bytes, &out.size);
    FILE *in = fmemopen((void *)(uintptr_t)csv, strlen(csv), "r");
    imp_reader_t *reader = imp_reader_new(in, unbalanced);
    imp_entry_t entry;
    imp_result_t result;
    uint64_t line;
    while ((result = imp_reader_next(reader, &entry)) == IMP_ENTRY) {
        if (entry.problem) {
            fprintf(out.file, "%llu: %s|", (unsigned long long)entry.problem_line, entry.problem);
            continue;
        }
        fprintf(out.file, "%llu %s%s%s %s", (unsigned long long)entry.line, entry.date,
                entry.one_sided ? "!" : "", entry.cut ? "~" : "", entry.description);
        for (unsigned i = 0; i < entry.lines_count; i++) {
            const imp_line_t *l = &entry.lines[i];
            char amount[CLI_AMOUNT_CHARS];
            cli_amount_format(l->amount.digits, l->amount.scale, amount);
            fprintf(out.file, " {%s %s %s%s%s}", l->account, amount, l->commodity,
                    l->memo[0] ? " " : "", l->memo);
        }
        fputc('|', out.file);
    }
    if (result == IMP_BAD) {
        const char *problem = imp_reader_problem(reader, &line);
        fprintf(out.file, "BAD %llu: %s", (unsigned long long)line, problem);
    }
    imp_reader_destroy(&reader);
    fclose(in);
    fclose(out.file);
    return out.bytes;
}

static void
expect(const char *csv, imp_unbalanced_t unbalanced, const char *expected)
{
    char *got = read_all(csv, unbalanced);
    assert_string_equal(got, expected);
    free(got);
}

static void
reads_what_hledger_prints(void **state)
{
    (void)state;
    expect(HEADER "\"1\",\"2024-01-05\",\"2024-01-07\",\"*\",\"CODE1\",\"Payee | "
                  "note\",\"tag:val\",\"assets:bank\","
                  "\"1234,56\",\"EUR\",\"\",\"1234,56\",\"\",\"first\nsecond\"\n"
                  "\"1\",\"2024-01-05\",\"2024-01-07\",\"*\",\"CODE1\",\"Payee | "
                  "note\",\"tag:val\",\"income:x\","
                  "\"-1234,56\",\"EUR\",\"1234,56\",\"\",\"\",\"\"\n",
           IMP_AT_COST,
           "2 2024-01-05 (CODE1) Payee | note ; tag:val {assets:bank 1234.56 EUR first second} "
           "{income:x -1234.56 EUR}|");
}

static void
finds_columns_by_name(void **state)
{
    (void)state;
    expect("amount,commodity,account,x,txnidx,description,date\n"
           "5,EUR,a,,1,d,2026-01-01\n-5,EUR,b,,1,d,2026-01-01\n",
           IMP_AT_COST, "2 2026-01-01 d {a 5 EUR} {b -5 EUR}|");
    expect("txnidx,date,description,account,amount\n", IMP_AT_COST,
           "BAD 1: no column 'commodity'; expected is what 'hledger print -x -O csv' writes");
    expect("\n", IMP_AT_COST,
           "BAD 1: an empty file; expected is what 'hledger print -x -O csv' writes");
    expect(HEADER, IMP_AT_COST, "");
}

static void
groups_rows(void **state)
{
    (void)state;
    expect(HEADER R("1", "a", "1", "EUR") R("1", "b", "-1", "EUR") R("2", "a", "2", "EUR")
               R("2", "b", "-2", "EUR") HEADER R("1", "c", "3", "EUR") R("1", "d", "-3", "EUR")
                   HEADER,
           IMP_AT_COST,
           "2 2026-11-23 x {a 1 EUR} {b -1 EUR}|4 2026-11-23 x {a 2 EUR} {b -2 EUR}|"
           "7 2026-11-23 x {c 3 EUR} {d -3 EUR}|");
}

static void
keeps_what_kantor_has_no_word_for(void **state)
{
    (void)state;
    /* No commodity; zeros; virtual postings; the ledger's own accounts. */
    expect(HEADER R("1", "a", "10", "") R("1", "b", "-10", ""), IMP_AT_COST,
           "2 2026-11-23 x {a 10 (none)} {b -10 (none)}|");
    expect(HEADER R("1", "a", "0", "") R("1", "b", "0.00", "EUR"), IMP_AT_COST, "2 2026-11-23 x|");
    expect(HEADER R("1", "(food)", "5", "USD") R("1", "a", "1", "EUR") R("1", "b", "-1", "EUR"),
           IMP_REFUSE, "2 2026-11-23! x {(food) 5 USD} {a 1 EUR} {b -1 EUR}|");
    expect(HEADER R("1", "[a:b]", "5", "$") R("1", "[a:c]", "-5", "$"), IMP_REFUSE,
           "2 2026-11-23 x {[a:b] 5 $} {[a:c] -5 $}|");
    expect(HEADER R("1", "a", "9", "EUR") R("1", "b", "-10", "USD")
               R("1", "equity:trading:EUR", "-9", "EUR") R("1", "equity:trading:USD", "10", "USD"),
           IMP_REFUSE, "2 2026-11-23 x {a 9 EUR} {b -10 USD}|");
}

static void
cuts_long_texts(void **state)
{
    (void)state;
    char description[700], csv[2048], *got;
    memset(description, 'd', 499);
    snprintf(description + 499, 64, "\xE2\x82\xAC and more");
    snprintf(csv, sizeof csv,
             HEADER "1,2026-01-01,,,,%s,,a,1,EUR,,,,\n1,2026-01-01,,,,%s,,b,-1,EUR,,,,\n",
             description, description);
    got = read_all(csv, IMP_AT_COST);
    description[499] = 0; /* the euro sign did not fit whole */
    char expected[1024];
    snprintf(expected, sizeof expected, "2 2026-01-01~ %s {a 1 EUR} {b -1 EUR}|", description);
    assert_string_equal(got, expected);
    free(got);
}

static void
refuses_one_entry_and_goes_on(void **state)
{
    (void)state;
    static const struct {
        const char *row, *problem;
    } rows[] = {
        {ROW("1", "2026-02-30", "x", "a", "1", "EUR"), "2: the date is not YYYY-MM-DD|"},
        {ROW("1", "23/11/2026", "x", "a", "1", "EUR"), "2: the date is not YYYY-MM-DD|"},
        {R("1", "a", "1", "EUR") ROW("1", "2026-11-24", "x", "b", "-1", "EUR"),
         "3: another date than the entry's first row|"},
        {"1,2026-11-23\n", "2: 2 fields where the first line has 14|"},
        {R("1", "a", "1", "EUR") "1,2026-11-23,,,,x,,b,-1,EUR,,,,,\n",
         "3: 15 fields where the first line has 14|"},
        {R("", "a", "1", "EUR"), "2: no txnidx: which entry is this row of?|"},
        {R("1", "", "1", "EUR"), "2: no account|"},
        {R("1", "a::b", "1", "EUR"), "2: an account name with an empty part|"},
        {R("1", ":a", "1", "EUR"), "2: an account name with an empty part|"},
        {R("1", "a:", "1", "EUR"), "2: an account name with an empty part|"},
        {R("1", "a\tb", "1", "EUR"), "2: a control character in an account name|"},
        {R("1", "a\xC2\x85", "1", "EUR"), "2: a control character in an account name|"},
        {R("1", "1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17", "1", "EUR"),
         "2: an account more than 16 names deep|"},
        {R("1", "a", "1", "123456789012345678901234567890123"),
         "2: a commodity longer than 32 bytes|"},
        {R("1", "a", "1", "E\x01"), "2: a control character in a commodity|"},
        {R("1", "a", "", "EUR"), "2: amount '': not a decimal number|"},
        {R("1", "a", "1x", "EUR"), "2: amount '1x': not a decimal number|"},
        {R("1", "a", "99999999999999999999", "EUR"),
         "2: amount '99999999999999999999': more digits than 64 bits hold|"},
        {R("1", "\xFF", "1", "EUR"), "2: not UTF-8|"},
        {R("1", "a", "1", "EUR") R("1", "b", "-1.10", "EUR"),
         "2: does not balance: its postings in EUR add up to -0.1; if it is balanced at cost, "
         "--unbalanced=all takes it|"},
        {R("1", "a", "1", "EUR") R("1", "b", "1", "USD"),
         "2: does not balance: its postings in USD add up to 1; if it is balanced at cost, "
         "--unbalanced=all takes it|"},
        {R("1", "a", "1", "EUR"),
         "2: does not balance: its postings in EUR add up to 1; if it is balanced at cost, "
         "--unbalanced=all takes it|"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        char csv[2048], expected[512];
        unsigned line = 2;
        for (const char *p = rows[i].row; *p; p++)
            line += *p == '\n';
        snprintf(csv, sizeof csv, HEADER "%s" R("9", "a", "7", "EUR") R("9", "b", "-7", "EUR"),
                 rows[i].row);
        snprintf(expected, sizeof expected, "%s%u 2026-11-23 x {a 7 EUR} {b -7 EUR}|",
                 rows[i].problem, line);
        expect(csv, IMP_AT_COST, expected);
    }
}

static void
takes_splits_but_not_wrong_money(void **state)
{
    (void)state;
    static const char split[] = HEADER R("1", "a", "-10", "AAPL") R("1", "a", "20", "AAPL");
    static const char taken[] = "2 2026-11-23! x {a -10 AAPL} {a 20 AAPL}|";
    expect(split, IMP_AT_COST, taken);
    expect(split, IMP_TAKE, taken);
    expect(split, IMP_REFUSE,
           "2: does not balance: its postings in AAPL add up to 10; if it is balanced at cost, "
           "--unbalanced=all takes it|");
    expect(HEADER R("1", "a", "1.001", "$") R("1", "b", "-1.00", "$"), IMP_TAKE,
           "2 2026-11-23! x {a 1.001 $} {b -1 $}|");
    static const char *const money[] = {"EUR",      "ZWG",           "$", "US$", "\xE2\x82\xAC",
                                        "\xC2\xA3", IMP_NO_COMMODITY};
    static const char *const others[] = {"AAPL", "VTI", "eur", "h", "AB ", "EURO", "\xFF", "Rp"};
    for (size_t i = 0; i < KT_COUNT(money); i++)
        assert_true(imp_is_money(money[i]));
    for (size_t i = 0; i < KT_COUNT(others); i++)
        assert_false(imp_is_money(others[i]));
}

static void
has_limits(void **state)
{
    (void)state;
    text_t csv = {0};
    csv.file = open_memstream(&csv.bytes, &csv.size);
    fputs(HEADER, csv.file);
    for (int i = 0; i < IMP_LINES_MAX + 1; i++)
        fprintf(csv.file, "1,2026-01-01,,,,x,,a,%d,EUR,,,,\n", i % 2 ? 1 : -1);
    for (int i = 0; i < IMP_COMMODITIES_MAX + 1; i++)
        fprintf(csv.file, "2,2026-01-01,,,,x,,a,1,C%d,,,,\n", i);
    fputs("3,2026-01-01,,,,x,,", csv.file);
    for (int i = 0; i < IMP_ACCOUNT_BYTES_MAX + 1; i++)
        fputc('a', csv.file);
    fputs(",1,EUR,,,,\n", csv.file);
    fclose(csv.file);
    expect(csv.bytes, IMP_AT_COST,
           "8192: more than 8,190 postings in one entry|"
           "8449: too many commodities or too large amounts in one entry|"
           "8450: an account name longer than 255 bytes|");
    free(csv.bytes);
}

static void
stops_where_it_is_no_csv(void **state)
{
    (void)state;
    expect(HEADER R("1", "a", "1", "EUR") R("1", "b", "-1", "EUR") "\"2\",\"2026", IMP_AT_COST,
           "BAD 4: a quoted field begins here and is never closed");
}

int
main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_hledger_prints),
        cmocka_unit_test(finds_columns_by_name),
        cmocka_unit_test(groups_rows),
        cmocka_unit_test(keeps_what_kantor_has_no_word_for),
        cmocka_unit_test(cuts_long_texts),
        cmocka_unit_test(refuses_one_entry_and_goes_on),
        cmocka_unit_test(takes_splits_but_not_wrong_money),
        cmocka_unit_test(has_limits),
        cmocka_unit_test(stops_where_it_is_no_csv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
