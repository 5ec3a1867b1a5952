/* Scales, account types and source references. */
#include "testing.h"

#include "import/plan.h"

#include <string.h>

static void
plans_scales(void **state)
{
    (void)state;
    static const struct {
        imp_commodity_t commodity;
        int least, scale;
    } rows[] = {
        {{.written = 0, .magnitude = 100}, 2, 2},
        {{.written = 2, .magnitude = 1e9}, 2, 2},
        {{.written = 8, .magnitude = 21e6}, 2, 8},
        {{.written = 7, .magnitude = 1}, 0, 7},
        {{.written = 18, .needed = 18, .magnitude = 6}, 2, 18},
        {{.written = 18, .needed = 18, .magnitude = 19}, 2, 17},
        {{.written = 18, .magnitude = 100}, 2, 15}, /* 64 bits hold no more */
        {{.written = 40, .magnitude = 0.1}, 2, 18},
        {{.written = 2, .magnitude = 9e18}, 2, 0},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        assert_int_equal(imp_plan_scale(&rows[i].commodity, rows[i].least), rows[i].scale);
}

static void
types_accounts(void **state)
{
    (void)state;
    static const struct {
        const char *account;
        int type;
    } rows[] = {
        {"assets", 1},     {"Assets:Bank", 1},   {"asset:x", 1},        {"liabilities:loan", 2},
        {"Liability", 2},  {"debts:x", 2},       {"equity:opening", 3}, {"Income:Salary", 4},
        {"revenues:x", 4}, {"EXPENSES:Food", 5}, {"[assets:a]", 1},     {"(assets:a)", 1},
        {"(expenses)", 5}, {"assetss", 6},       {"assetz:x", 6},       {"1:2:3", 6},
        {"", 6},           {"budget:assets", 6},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        if (imp_account_type(rows[i].account) != rows[i].type)
            fail_msg("%s: %d", rows[i].account, imp_account_type(rows[i].account));
}

static void
collects_what_is_needed(void **state)
{
    (void)state;
    imp_plan_t plan;
    const imp_line_t lines[] = {
        {.account = "a", .commodity = "EUR", .amount = {.digits = -15, .scale = 1, .written = 2}},
        {.account = "b", .commodity = "EUR", .amount = {.digits = 15, .scale = 1, .written = 1}},
        {.account = "a", .commodity = "BTC", .amount = {.digits = 1, .scale = 8, .written = 8}},
    };
    assert_true(imp_plan_init(&plan));
    const imp_entry_t entries[] = {
        {.date = "2026-02-01", .lines = lines, .lines_count = 3, .cut = true},
        {.date = "2026-01-01", .lines = lines, .lines_count = 2},
        {.date = "2020-01-01", .lines = lines},
        {.date = "2030-01-01", .lines = lines, .lines_count = 1, .problem = "wrong"},
    };
    for (size_t i = 0; i < KT_COUNT(entries); i++)
        assert_true(imp_plan_add(&plan, &entries[i]));
    assert_int_equal(plan.entries, 4);
    assert_int_equal(plan.empty, 1);
    assert_int_equal(plan.refused, 1);
    assert_int_equal(plan.lines, 5);
    assert_int_equal(plan.cut, 1);
    assert_string_equal(plan.first, "2026-01-01");
    assert_string_equal(plan.last, "2026-02-01");
    assert_int_equal(cli_names_count(plan.accounts), 2);
    assert_int_equal(cli_names_count(plan.commodities), 2);
    assert_int_equal(plan.by_number[0].written, 2);
    assert_int_equal(plan.by_number[0].needed, 1);
    assert_true(plan.by_number[0].magnitude > 5.99 && plan.by_number[0].magnitude < 6.01);
    assert_int_equal(plan.by_number[1].needed, 8);
    imp_plan_fini(&plan);
}

static void
numbers_equal_entries(void **state)
{
    (void)state;
    imp_sources_t sources;
    const uint8_t one[32] = {1, 2, 3}, other[32] = {9};
    char out[IMP_SOURCE_BYTES_MAX + 1], prefix[IMP_SOURCE_PREFIX_BYTES_MAX + 1];
    assert_true(imp_sources_init(&sources));
    assert_true(imp_sources_next(&sources, "import", one, out));
    assert_string_equal(out, "import:01020300000000000000000000000000.1");
    assert_true(imp_sources_next(&sources, "import", other, out));
    assert_string_equal(out, "import:09000000000000000000000000000000.1");
    assert_true(imp_sources_next(&sources, "import", one, out));
    assert_string_equal(out, "import:01020300000000000000000000000000.2");
    memset(prefix, 'p', sizeof prefix);
    prefix[IMP_SOURCE_PREFIX_BYTES_MAX] = 0;
    assert_true(imp_sources_next(&sources, prefix, one, out));
    assert_int_equal(strlen(out), IMP_SOURCE_PREFIX_BYTES_MAX + 1 + 32 + 2);
    imp_sources_fini(&sources);
}

static void
names_are_kept_once(void **state)
{
    (void)state;
    cli_names_t *names = cli_names_new();
    char text[16];
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < 1000; i++) {
            snprintf(text, sizeof text, "n%u", i);
            assert_int_equal(cli_names_add(names, text), i);
        }
    assert_int_equal(cli_names_count(names), 1000);
    assert_string_equal(cli_names_get(names, 999), "n999");
    assert_int_equal(cli_names_find(names, kt_span_str("n7")), 7);
    assert_int_equal(cli_names_find(names, kt_span_str("n")), CLI_NAMES_NONE);
    cli_names_destroy(&names);
    assert_null(names);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_scales),
        cmocka_unit_test(types_accounts),
        cmocka_unit_test(collects_what_is_needed),
        cmocka_unit_test(numbers_equal_entries),
        cmocka_unit_test(names_are_kept_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
