/* Short names of methods. */
#include "testing.h"

#include "method_name.h"

static void
matches(void **state)
{
    (void)state;
    static const char post[] = "/kantor.finance.v1.Ledger/PostEntry";
    static const char stats[] = "finance/kantor.store.v1.Store/Stats";
    static const struct {
        const char *path, *name;
        bool matches, is;
    } rows[] = {
        {post, "Ledger/PostEntry", true, false},
        {post, "v1.Ledger/PostEntry", true, false},
        {post, "kantor.finance.v1.Ledger/PostEntry", true, true},
        {post, "/kantor.finance.v1.Ledger/PostEntry", true, true},
        {post, "Ledger.PostEntry", true, false},
        {post, "PostEntry", true, false},
        {post, "dger/PostEntry", false, false},
        {post, "Entry", false, false},
        {post, "Ledger/PostEntries", false, false},
        {post, "finance/Ledger/PostEntry", false, false},
        {post, "", false, false},
        {post, "/", false, false},
        {stats, "Store/Stats", true, false},
        {stats, "finance/Store/Stats", true, false},
        {stats, "finance/kantor.store.v1.Store/Stats", true, true},
        {stats, "legal/Store/Stats", false, false},
        {stats, "/kantor.store.v1.Store/Stats", true, false},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        if (cli_method_matches(rows[i].path, rows[i].name) != rows[i].matches ||
            cli_method_is(rows[i].path, rows[i].name) != rows[i].is)
            fail_msg("%s for %s", rows[i].name, rows[i].path);
    }
    assert_span_equal(cli_path_department(stats), kt_span_str("finance"));
    assert_span_equal(cli_path_department(post), kt_span_str(""));
    assert_span_equal(cli_path_service(stats), kt_span_str("kantor.store.v1.Store"));
    assert_span_equal(cli_path_service(post), kt_span_str("kantor.finance.v1.Ledger"));
    assert_span_equal(cli_path_service("x"), kt_span_str(""));
    assert_true(cli_name_matches("kantor.finance.v1.Entry", "Entry"));
    assert_false(cli_name_matches("kantor.finance.v1.Entry", "try"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(matches)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
