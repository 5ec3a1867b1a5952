#include "testing.h"

#include "domain/path.h"

static void
paths_keep_the_rules_or_are_told_which_they_break(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *part_of_answer; /* NULL: the path is right */
    } ROWS[] = {
        {"assets", NULL},
        {"assets:bank:checking", NULL},
        {"Aktiva:Börse & Co", NULL},
        {"a b:c d", NULL},
        {"1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16", NULL},
        {"1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17", "16 names"},
        {"", "has a path"},
        {":", "empty"},
        {":assets", "empty"},
        {"assets:", "empty"},
        {"assets::bank", "empty"},
        {"assets\tbank", "control"},
        {"assets\x7f", "control"},
        {"assets\xc2\x85", "control"},
        {"assets\xc2\xa0", NULL},
        {"assets\xff", "UTF-8"},
        {"assets\xc2", "UTF-8"},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        const char *wrong = fin_path_check(kt_span_str(ROWS[i].path));
        if (!ROWS[i].part_of_answer) {
            if (wrong)
                fail_msg("%s: %s", ROWS[i].path, wrong);
            continue;
        }
        assert_non_null(wrong);
        if (!strstr(wrong, ROWS[i].part_of_answer))
            fail_msg("row %zu: %s", i, wrong);
    }
    char longest[FIN_PATH_BYTES_MAX + 2];
    memset(longest, 'a', sizeof longest);
    assert_null(fin_path_check(kt_span(longest, FIN_PATH_BYTES_MAX)));
    assert_non_null(strstr(fin_path_check(kt_span(longest, FIN_PATH_BYTES_MAX + 1)), "255"));
}

static void
a_parent_is_the_path_without_its_last_name(void **state)
{
    (void)state;
    static const char *const ROWS[][2] = {{"assets:bank:checking", "assets:bank"},
                                          {"assets:bank", "assets"},
                                          {"assets", ""},
                                          {"", ""}};
    for (size_t i = 0; i < KT_COUNT(ROWS); i++)
        assert_span_equal(fin_path_parent(kt_span_str(ROWS[i][0])), kt_span_str(ROWS[i][1]));
}

static void
the_trading_accounts_are_reserved(void **state)
{
    (void)state;
    assert_true(fin_path_reserved(kt_span_str("equity:trading")));
    assert_true(fin_path_reserved(kt_span_str("equity:trading:EUR")));
    assert_false(fin_path_reserved(kt_span_str("equity:tradings")));
    assert_false(fin_path_reserved(kt_span_str("equity")));
    assert_false(fin_path_reserved(kt_span_str("assets:equity:trading")));
    assert_false(fin_path_reserved(kt_span_str("equity:tradin")));
}

static void
the_first_name_tells_the_type(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        fin_type_t type;
    } ROWS[] = {
        {"assets", FIN_TYPE_ASSET},
        {"asset:bank", FIN_TYPE_ASSET},
        {"Assets:Bank", FIN_TYPE_ASSET},
        {"ASSETS", FIN_TYPE_ASSET},
        {"liabilities:card", FIN_TYPE_LIABILITY},
        {"liability", FIN_TYPE_LIABILITY},
        {"equity:opening", FIN_TYPE_EQUITY},
        {"income:sales", FIN_TYPE_INCOME},
        {"revenue", FIN_TYPE_INCOME},
        {"revenues:sales", FIN_TYPE_INCOME},
        {"expenses:rent", FIN_TYPE_EXPENSE},
        {"expense", FIN_TYPE_EXPENSE},
        {"assetsx", FIN_TYPE_NONE},
        {"bank:assets", FIN_TYPE_NONE},
        {"", FIN_TYPE_NONE},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++)
        assert_int_equal(fin_path_type(kt_span_str(ROWS[i].path)), ROWS[i].type);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_keep_the_rules_or_are_told_which_they_break),
        cmocka_unit_test(a_parent_is_the_path_without_its_last_name),
        cmocka_unit_test(the_trading_accounts_are_reserved),
        cmocka_unit_test(the_first_name_tells_the_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
