/* Headcounts and employees: every refusal has its row. */
#include "arena_fixture.h"

#include "domain/employees.h"

#define NAME(text) kt_span_str(text)

static void
the_tables_are_sound(void **state)
{
    (void)state;
    assert_null(kt_machine_wrong(&fin_headcount_machine));
    assert_null(kt_machine_wrong(&fin_employee_machine));
}

/* ---- headcounts ---- */

static void
setting_a_headcount(void **state)
{
    (void)state;
    static const struct {
        bool cost_centre, found;
        int64_t limit, lapsed;
        uint32_t code, reason;
    } ROWS[] = {
        {false, false, 1, 0, KT_NOT_FOUND, FIN_COST_CENTRE_UNKNOWN},
        {true, false, 0, 0, KT_OK, 0},
        {true, true, 3, 0, KT_OK, 0}, /* 2 hired, 1 reserved */
        {true, true, 2, 0, KT_FAILED_PRECONDITION, FIN_HEADCOUNT_BELOW_USE},
        {true, true, 2, 1, KT_OK, 0},
        {true, true, 1, 1, KT_FAILED_PRECONDITION, FIN_HEADCOUNT_BELOW_USE},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_headcount_facts_t facts = {
            .cost_centre = ROWS[i].cost_centre,
            .found = ROWS[i].found,
            .headcount.allowance = {.limit = 4, .used = 2, .reserved = 1, .active = 1},
            .lapsed = {ROWS[i].lapsed, (uint32_t)ROWS[i].lapsed}};
        fin_headcount_record_t order = {.allowance.limit = ROWS[i].limit};
        kt_status_t status = fin_decide_set_headcount(arena, &facts, 1000, &order);
        if (status.code != ROWS[i].code || status.reason != ROWS[i].reason)
            fail_msg("row %zu: %s %u", i, kt_code_name(status.code), (unsigned)status.reason);
    }
}

static fin_place_facts_t
place_of(uint32_t state)
{
    return (fin_place_facts_t){
        .found = true,
        .place = {.reservation = NAME("r"),
                  .book = NAME("acme"),
                  .cost_centre = NAME("it"),
                  .position = NAME("engineer"),
                  .expires_us = 2000,
                  .state = state},
        .headcount.allowance = {.limit = 4, .used = 1, .reserved = 2, .active = 2},
    };
}

static void
reserving_headcount(void **state)
{
    (void)state;
    static const struct {
        bool found, taken;
        int64_t limit, lapsed;
        uint32_t active;
        uint32_t code, reason;
    } ROWS[] = {
        {false, true, 4, 0, 2, KT_NOT_FOUND, FIN_HEADCOUNT_UNKNOWN},
        {true, true, 3, 0, 2, KT_ALREADY_EXISTS, FIN_HEADCOUNT_RESERVATION_EXISTS},
        {true, false, 3, 0, 2, KT_FAILED_PRECONDITION, FIN_HEADCOUNT_EXCEEDED},
        {true, false, 3, 1, 2, KT_OK, 0},
        {true, false, 4, 0, 2, KT_OK, 0},
        {true, false, 20000, 0, FIN_RESERVATIONS_ACTIVE_MAX, KT_RESOURCE_EXHAUSTED,
         FIN_TOO_MANY_RESERVATIONS},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_place_facts_t facts = place_of(FIN_HEADCOUNT_NONE);
        facts.found = ROWS[i].found;
        facts.taken = ROWS[i].taken;
        facts.headcount.allowance.limit = ROWS[i].limit;
        facts.headcount.allowance.active = ROWS[i].active;
        facts.lapsed = (fin_lapsed_t){ROWS[i].lapsed, (uint32_t)ROWS[i].lapsed};
        kt_status_t status = fin_decide_reserve_headcount(arena, 1000, &facts);
        if (status.code != ROWS[i].code || status.reason != ROWS[i].reason)
            fail_msg("row %zu: %s %u", i, kt_code_name(status.code), (unsigned)status.reason);
        if (status.code == KT_OK)
            assert_int_equal(facts.headcount.allowance.reserved, 3 - ROWS[i].lapsed);
    }
}

static void
releasing_headcount(void **state)
{
    (void)state;
    static const struct {
        uint32_t state;
        int64_t now_us;
        bool refused;
        int64_t reserved;
    } ROWS[] = {
        {FIN_HEADCOUNT_RESERVED, 1999, false, 1},
        {FIN_HEADCOUNT_RESERVED, 2000, false, 2}, /* it is not counted any more */
        {FIN_HEADCOUNT_RELEASED, 1000, false, 2},
        {FIN_HEADCOUNT_HIRED, 1000, true, 0},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_place_facts_t facts = place_of(ROWS[i].state);
        kt_status_t status = fin_decide_release_headcount(arena, ROWS[i].now_us, &facts);
        if (ROWS[i].refused) {
            assert_status(status, KT_FAILED_PRECONDITION, FIN_HEADCOUNT_STATE);
            continue;
        }
        assert_ok(status);
        assert_int_equal(facts.place.state, FIN_HEADCOUNT_RELEASED);
        assert_int_equal(facts.headcount.allowance.reserved, ROWS[i].reserved);
    }
    fin_place_record_t place = place_of(FIN_HEADCOUNT_RESERVED).place;
    assert_int_equal(fin_place_state(&place, 1999), FIN_HEADCOUNT_RESERVED);
    assert_int_equal(fin_place_state(&place, 2000), FIN_HEADCOUNT_EXPIRED);
}

/* ---- employees ---- */

static fin_employee_record_t
employee_of(uint32_t state)
{
    return (fin_employee_record_t){.employee = NAME("e"),
                                   .reservation = NAME("r"),
                                   .contract = NAME("c"),
                                   .name = NAME("Eve"),
                                   .starts_on = 100,
                                   .salary_minor = 5,
                                   .commodity = NAME("IDR"),
                                   .state = state,
                                   .left_on = state > FIN_EMPLOYEE_HIRED ? 200 : KT_DATE_NONE,
                                   .settlement_minor = state == FIN_EMPLOYEE_SETTLED ? 7 : 0};
}

static void
hiring_uses_a_reservation_up(void **state)
{
    (void)state;
    static const struct {
        uint32_t state;
        int64_t now_us;
        bool refused;
    } ROWS[] = {
        {FIN_HEADCOUNT_RESERVED, 1999, false},
        {FIN_HEADCOUNT_RESERVED, 2000, true},
        {FIN_HEADCOUNT_RELEASED, 1000, true},
        {FIN_HEADCOUNT_HIRED, 1000, true},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_hire_facts_t facts = {.place = place_of(ROWS[i].state)};
        fin_employee_record_t order = employee_of(FIN_EMPLOYEE_NONE);
        bool changes = false;
        kt_status_t status = fin_decide_hire(arena, ROWS[i].now_us, &facts, &order, &changes);
        if (ROWS[i].refused) {
            assert_status(status, KT_FAILED_PRECONDITION, FIN_HEADCOUNT_STATE);
            continue;
        }
        assert_ok(status);
        assert_true(changes);
        assert_int_equal(order.state, FIN_EMPLOYEE_HIRED);
        assert_span_equal(order.position, NAME("engineer"));
        assert_span_equal(facts.place.place.employee, NAME("e"));
        assert_int_equal(facts.place.headcount.allowance.reserved, 1);
        assert_int_equal(facts.place.headcount.allowance.used, 2);
    }
}

static void
the_same_hire_again_changes_nothing(void **state)
{
    (void)state;
    for (int what = 0; what < 7; what++) {
        fin_hire_facts_t facts = {.there = true, .employee = employee_of(FIN_EMPLOYEE_LEFT)};
        fin_employee_record_t order = employee_of(FIN_EMPLOYEE_NONE);
        bool changes = true;
        kt_span_t *const texts[] = {&order.reservation, &order.contract, &order.name,
                                    &order.commodity};
        order.starts_on += what == 1;
        order.salary_minor += what == 2;
        if (what >= 3)
            *texts[what - 3] = NAME("other");
        kt_status_t status = fin_decide_hire(arena, 1000, &facts, &order, &changes);
        if (what > 0) {
            assert_status(status, KT_ALREADY_EXISTS, FIN_EMPLOYEE_EXISTS);
            continue;
        }
        assert_ok(status);
        assert_false(changes);
        assert_int_equal(order.state, FIN_EMPLOYEE_LEFT);
    }
}

static void
leaving_gives_the_place_back(void **state)
{
    (void)state;
    static const struct {
        uint32_t state;
        int32_t day;
        bool refused, changes;
    } ROWS[] = {
        {FIN_EMPLOYEE_HIRED, 200, false, true},   {FIN_EMPLOYEE_LEFT, 200, false, false},
        {FIN_EMPLOYEE_LEFT, 201, true, false},    {FIN_EMPLOYEE_SETTLED, 200, false, false},
        {FIN_EMPLOYEE_SETTLED, 199, true, false},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_employee_record_t employee = employee_of(ROWS[i].state);
        fin_headcount_record_t headcount = place_of(FIN_HEADCOUNT_HIRED).headcount;
        fin_lapsed_t lapsed = {0};
        bool changes = false;
        kt_status_t status = fin_decide_leave(arena, 1000, ROWS[i].day, &lapsed, &employee,
                                              &headcount, &changes);
        if (ROWS[i].refused) {
            assert_status(status, KT_FAILED_PRECONDITION, FIN_EMPLOYEE_STATE);
            continue;
        }
        assert_ok(status);
        assert_int_equal(changes, ROWS[i].changes);
        assert_int_equal(employee.left_on, 200);
        assert_int_equal(headcount.allowance.used, ROWS[i].changes ? 0 : 1);
    }
}

static void
settling_waits_for_the_others(void **state)
{
    (void)state;
    static const struct {
        uint32_t state;
        int64_t closed, cleared, amount;
        uint32_t reason;
        bool changes;
        const char *says;
    } ROWS[] = {
        {FIN_EMPLOYEE_HIRED, 1, 1, 7, FIN_EMPLOYEE_STATE, false, "HIRED"},
        {FIN_EMPLOYEE_HIRED, 0, 0, 7, FIN_EMPLOYEE_STATE, false, "HIRED"},
        {FIN_EMPLOYEE_LEFT, 0, 0, 7, FIN_NOT_CLEARED, false,
         "legal has not closed the employee, and"},
        {FIN_EMPLOYEE_LEFT, 1, 0, 7, FIN_NOT_CLEARED, false, "IT has not"},
        {FIN_EMPLOYEE_LEFT, 0, 1, 7, FIN_NOT_CLEARED, false, "legal has not closed the employee"},
        {FIN_EMPLOYEE_LEFT, 1, 1, 7, 0, true, ""},
        {FIN_EMPLOYEE_SETTLED, 1, 1, 7, 0, false, ""},
        {FIN_EMPLOYEE_SETTLED, 1, 1, 8, FIN_EMPLOYEE_STATE, false, "the same amount"},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_employee_record_t employee = employee_of(ROWS[i].state);
        fin_clearance_record_t clearance = {ROWS[i].closed, ROWS[i].cleared};
        fin_settlement_t settlement = {.amount_minor = ROWS[i].amount, .note = NAME("n")};
        bool changes = false;
        kt_status_t status = fin_decide_settle(arena, &settlement, &clearance, &employee, &changes);
        if (status.reason != ROWS[i].reason ||
            (status.reason != 0 && strstr(status.text, ROWS[i].says) == NULL))
            fail_msg("row %zu: %u %s", i, (unsigned)status.reason, status.text);
        if (status.reason != 0)
            continue;
        assert_int_equal(changes, ROWS[i].changes);
        assert_int_equal(employee.state, FIN_EMPLOYEE_SETTLED);
        assert_int_equal(employee.settlement_minor, 7);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(the_tables_are_sound),         ARENA_TEST(setting_a_headcount),
        ARENA_TEST(reserving_headcount),          ARENA_TEST(releasing_headcount),
        ARENA_TEST(hiring_uses_a_reservation_up), ARENA_TEST(the_same_hire_again_changes_nothing),
        ARENA_TEST(leaving_gives_the_place_back), ARENA_TEST(settling_waits_for_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
