/* Plans and approvals by rows. */
#include "testing.h"

#include "domain/approvals.h"
#include "domain/reason.h"

#define OFFICER LEGAL_LEVEL_BIT(LEGAL_LEVEL_OFFICER)
#define FINANCE LEGAL_LEVEL_BIT(LEGAL_LEVEL_FINANCE)
#define CEO     LEGAL_LEVEL_BIT(LEGAL_LEVEL_CEO)

#define IDR                                                                                        \
    {                                                                                              \
        (const uint8_t *)"IDR", 3                                                                  \
    }
#define USD                                                                                        \
    {                                                                                              \
        (const uint8_t *)"USD", 3                                                                  \
    }

static legal_value_row_t VALUES[] = {
    {IDR, 1000, LEGAL_LEVEL_FINANCE},
    {IDR, 10000, LEGAL_LEVEL_CEO},
    {USD, 0, LEGAL_LEVEL_FINANCE},
};
static legal_risk_row_t RISKS[] = {{LEGAL_IS_HIGH, LEGAL_LEVEL_CEO}};

static legal_thresholds_record_t
thresholds(uint32_t revision)
{
    return (legal_thresholds_record_t){.revision = revision,
                                       .values = {VALUES, KT_COUNT(VALUES)},
                                       .risks = {RISKS, KT_COUNT(RISKS)}};
}

static void
plans_are_computed(void **state)
{
    (void)state;
    struct {
        legal_value_t values[3];
        uint32_t count, risk, revision;
        bool beyond;
        uint32_t plan;
    } rows[] = {
        {{{IDR, 999}}, 1, LEGAL_IS_LOW, 1, false, OFFICER}, /* none asks anything */
        {{{IDR, 1000}}, 1, LEGAL_IS_LOW, 1, false, FINANCE},
        {{{IDR, 9999}}, 1, LEGAL_IS_LOW, 1, false, FINANCE},
        {{{IDR, 10000}}, 1, LEGAL_IS_LOW, 1, false, FINANCE | CEO},
        {{{IDR, INT64_MAX}}, 1, LEGAL_IS_LOW, 1, false, FINANCE | CEO},
        {{{IDR, 1}}, 1, LEGAL_IS_HIGH, 1, false, CEO},
        {{{IDR, 1}}, 1, LEGAL_IS_MEDIUM, 1, false, OFFICER},
        {{{USD, 0}}, 1, LEGAL_IS_LOW, 1, false, FINANCE},
        {{{{(const uint8_t *)"EUR", 3}, 1}}, 1, LEGAL_IS_LOW, 1, false, LEGAL_PLAN_ALL},
        {{{{NULL, 0}, 0}}, 1, LEGAL_IS_LOW, 1, false, OFFICER},
        {{{IDR, 1}}, 1, LEGAL_IS_LOW, 0, false, LEGAL_PLAN_ALL},
        {{{IDR, 1}}, 1, LEGAL_IS_LOW, 1, true, LEGAL_PLAN_ALL},
        {{{IDR, 5000}, {IDR, 4999}}, 2, LEGAL_IS_LOW, 1, false, FINANCE},
        {{{IDR, 5000}, {IDR, 5000}}, 2, LEGAL_IS_LOW, 1, false, FINANCE | CEO},
        {{{IDR, 1}, {USD, 1}, {IDR, 999}}, 3, LEGAL_IS_LOW, 1, false, FINANCE},
        {{{IDR, 1}, {IDR, INT64_MAX}}, 2, LEGAL_IS_LOW, 1, false, LEGAL_PLAN_ALL},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        legal_thresholds_record_t set = thresholds(rows[i].revision);
        legal_group_t group = {.values = rows[i].values,
                               .count = rows[i].count,
                               .beyond = rows[i].beyond,
                               .risk = rows[i].risk};
        uint32_t plan = legal_plan(&set, &group);
        if (plan != rows[i].plan)
            fail_msg("row %zu: plan %u, expected %u", i, (unsigned)plan, (unsigned)rows[i].plan);
    }
}

static void
a_double_threshold_is_found(void **state)
{
    (void)state;
    legal_thresholds_record_t set = thresholds(1);
    assert_int_equal(legal_thresholds_double(&set), KT_COUNT(VALUES));
    legal_value_row_t twice[] = {{IDR, 1, 1}, {USD, 1, 1}, {IDR, 1, 2}, {USD, 2, 1}};
    set.values = (kt_list_t){twice, KT_COUNT(twice)};
    assert_int_equal(legal_thresholds_double(&set), 3);
    set.values.count = 0;
    assert_int_equal(legal_thresholds_double(&set), 0);
}

static kt_span_t
who(const char *name)
{
    return kt_span_str(name);
}

/* Every reason, and with each all that come after it: the first that holds is given. */
static void
the_first_reason_that_holds_is_given(void **state)
{
    (void)state;
    legal_approval_record_t given[] = {
        {.level = LEGAL_LEVEL_CEO, .approver = who("carl"), .on_behalf_of = who("dora")}};
    legal_try_t good = {.level = LEGAL_LEVEL_OFFICER,
                        .fresh = true,
                        .has_role = true,
                        .needed = OFFICER | CEO,
                        .approver = who("otto"),
                        .given = given,
                        .given_count = 1};
    assert_ok(legal_check_approval(&good));
    legal_try_t tried = good;
    tried.level = LEGAL_LEVEL_CEO;
    assert_status(legal_check_approval(&tried), KT_FAILED_PRECONDITION, LEGAL_LEVEL_GIVEN);
    const char *const repeats[][2] = {
        {"carl", ""}, {"dora", ""}, {"otto", "carl"}, {"otto", "dora"}};
    for (size_t i = 0; i < KT_COUNT(repeats); i++) {
        tried.approver = who(repeats[i][0]);
        tried.on_behalf_of = who(repeats[i][1]);
        assert_status(legal_check_approval(&tried), KT_FAILED_PRECONDITION, LEGAL_APPROVER_REPEATS);
    }
    tried.has_role = false;
    assert_status(legal_check_approval(&tried), KT_FAILED_PRECONDITION, LEGAL_LEVEL_ROLE);
    tried.needed = OFFICER;
    assert_status(legal_check_approval(&tried), KT_FAILED_PRECONDITION, LEGAL_LEVEL_NOT_NEEDED);
    tried.delegate = true;
    assert_status(legal_check_approval(&tried), KT_FAILED_PRECONDITION, LEGAL_APPROVER_DELEGATE);
    tried.involved = true;
    assert_status(legal_check_approval(&tried), KT_FAILED_PRECONDITION, LEGAL_APPROVER_INVOLVED);
    tried.fresh = false;
    assert_status(legal_check_approval(&tried), KT_FAILED_PRECONDITION, LEGAL_VERSION_STALE);
}

static void
only_approvals_of_the_hash_count(void **state)
{
    (void)state;
    legal_approval_record_t given[] = {{.level = LEGAL_LEVEL_CEO, .sha256 = {1}},
                                       {.level = LEGAL_LEVEL_FINANCE, .sha256 = {2}},
                                       {.level = LEGAL_LEVEL_OFFICER, .sha256 = {1}}};
    const uint8_t one[KT_HASH_BYTES] = {1}, three[KT_HASH_BYTES] = {3};
    assert_int_equal(legal_given(given, KT_COUNT(given), one), OFFICER | CEO);
    assert_int_equal(legal_given(given, KT_COUNT(given), three), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_are_computed),
        cmocka_unit_test(a_double_threshold_is_found),
        cmocka_unit_test(the_first_reason_that_holds_is_given),
        cmocka_unit_test(only_approvals_of_the_hash_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
