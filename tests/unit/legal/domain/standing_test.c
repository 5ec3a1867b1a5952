/* How a contract stands on any day, and whether two stand on the same: against a walk over days. */
#include "testing.h"

#include "domain/contracts.h"

#include <kt/prng.h>
#include <kt/time.h>

#define RUNS 600
/* Days that are walked; every contract of chance lies among them. */
#define DAYS 1600

static kt_prng_t prng;

static uint32_t
below(uint32_t bound)
{
    return (uint32_t)kt_prng_below(&prng, bound);
}

static legal_length_t
length(void)
{
    static const uint32_t most[] = {0, 90, 20, 6, 1};
    uint32_t unit = 1 + below(4);
    return (legal_length_t){1 + below(most[unit]), unit};
}

/* A signed contract of chance, perhaps with notice given or with an end put to it. */
static legal_contract_record_t
chance(void)
{
    legal_contract_record_t contract = {
        .state = LEGAL_SIGNED,
        .terms = {.starts_on = (int32_t)below(400), .ends_on = KT_DATE_NONE},
        .notice_given_on = KT_DATE_NONE,
        .terminated_on = KT_DATE_NONE,
        .superseded_on = KT_DATE_NONE};
    switch (below(4)) {
    case 0:
        contract.terms.open = true;
        break;
    case 1:
        contract.terms.ends_on = contract.terms.starts_on + (int32_t)below(400);
        break;
    default:
        contract.terms.first = length();
        break;
    }
    if (!contract.terms.open && below(2))
        contract.terms.renews = length();
    if (below(2))
        contract.terms.notice = (legal_length_t){1 + below(28), LEGAL_DAYS};
    if (below(3) == 0)
        contract.notice_given_on = contract.terms.starts_on + (int32_t)below(500);
    if (below(3) == 0) {
        contract.state = below(2) ? LEGAL_TERMINATED : LEGAL_SUPERSEDED;
        contract.terminated_on = contract.superseded_on = (int32_t)below(900);
    }
    return contract;
}

/* Notice counts only where the department takes it: in force, and going on. */
static void
drop_vain_notice(legal_contract_record_t *contract)
{
    legal_clear_t clear;
    int32_t given = contract->notice_given_on;
    contract->notice_given_on = KT_DATE_NONE;
    if (given != KT_DATE_NONE && legal_stand(contract, given).status == LEGAL_ACTIVE &&
        legal_terms_clear(&contract->terms, &clear) == LEGAL_NO_PROBLEM &&
        legal_end_by_notice(&clear, given) != KT_DATE_NONE)
        contract->notice_given_on = given;
}

static bool
is_in_force(legal_status_t status)
{
    return status == LEGAL_ACTIVE || status == LEGAL_NOTICE;
}

/* The place of a status in a contract's life. */
static int
age(legal_status_t status)
{
    if (status == LEGAL_SIGNED)
        return 0;
    if (status == LEGAL_ACTIVE)
        return 1;
    return status == LEGAL_NOTICE ? 2 : 3;
}

static void
walk(const legal_contract_record_t *contract, bool in_force[DAYS])
{
    int last = 0;
    for (int32_t day = 0; day < DAYS; day++) {
        legal_standing_t standing = legal_stand(contract, day);
        in_force[day] = is_in_force(standing.status);
        /* It never grows younger. */
        assert_true(age(standing.status) >= last || contract->state != LEGAL_SIGNED);
        last = age(standing.status);
        bool inside = day >= contract->terms.starts_on &&
                      (standing.ends_on == KT_DATE_NONE || day <= standing.ends_on);
        assert_int_equal(in_force[day], inside);
        if (in_force[day] && standing.current_end != KT_DATE_NONE)
            assert_true(standing.current_end >= day);
        if (standing.notice_deadline != KT_DATE_NONE) {
            /* Notice on the deadline ends it at the current end, a day later it does not. */
            legal_clear_t clear;
            assert_int_equal(legal_terms_clear(&contract->terms, &clear), LEGAL_NO_PROBLEM);
            int32_t deadline = standing.notice_deadline, end = standing.current_end;
            if (legal_term_on(&clear, deadline).end == end)
                assert_int_equal(legal_end_by_notice(&clear, deadline), end);
            assert_true(legal_end_by_notice(&clear, deadline + 1) > end);
        }
    }
}

static void
a_contract_is_in_force_from_its_first_to_its_last_day(void **state)
{
    (void)state;
    uint64_t seed = (uint64_t)kt_clock_wall_us();
    unsigned overlaps = 0;
    print_message("seed %llu\n", (unsigned long long)seed);
    kt_prng_seed(&prng, seed);
    for (int run = 0; run < RUNS; run++) {
        static bool days[2][DAYS];
        legal_contract_record_t pair[2] = {chance(), chance()};
        legal_clear_t clear;
        bool expected = false;
        for (int i = 0; i < 2; i++) {
            while (legal_terms_clear(&pair[i].terms, &clear) != LEGAL_NO_PROBLEM)
                pair[i] = chance();
            drop_vain_notice(&pair[i]);
            walk(&pair[i], days[i]);
        }
        for (int day = 0; day < DAYS; day++)
            expected = expected || (days[0][day] && days[1][day]);
        assert_int_equal(legal_overlap(&pair[0], &pair[1]), expected);
        overlaps += expected;
    }
    assert_in_range(overlaps, RUNS / 20, RUNS - RUNS / 20); /* both happened often */
}

static void
what_is_not_signed_stands_as_it_is_stored(void **state)
{
    (void)state;
    static const uint32_t stored[] = {LEGAL_DRAFT, LEGAL_REVIEW, LEGAL_APPROVAL, LEGAL_SIGNING,
                                      LEGAL_VOID};
    legal_contract_record_t contract = {.terms = {.starts_on = 100, .ends_on = 200},
                                        .notice_given_on = KT_DATE_NONE};
    for (size_t i = 0; i < KT_COUNT(stored); i++)
        for (int32_t day = 50; day < 300; day += 50) {
            contract.state = stored[i];
            assert_int_equal(legal_stand(&contract, day).status, stored[i]);
        }
}

static void
unclear_terms_give_no_days(void **state)
{
    (void)state;
    legal_contract_record_t contract = {.state = LEGAL_DRAFT,
                                        .terms = {.starts_on = 100, .ends_on = KT_DATE_NONE}};
    legal_standing_t standing = legal_stand(&contract, 100);
    assert_int_equal(standing.problem, LEGAL_NO_TERM);
    assert_int_equal(standing.status, LEGAL_DRAFT);
    assert_int_equal(standing.first_end, KT_DATE_NONE);
    assert_int_equal(standing.current_end, KT_DATE_NONE);
    assert_false(legal_overlap(&contract, &contract));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_contract_is_in_force_from_its_first_to_its_last_day),
        cmocka_unit_test(what_is_not_signed_stands_as_it_is_stored),
        cmocka_unit_test(unclear_terms_give_no_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
