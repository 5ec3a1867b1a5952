#include "arena_fixture.h"

#include "domain/books.h"
#include "domain/reason.h"

static fin_book_record_t
draft(void)
{
    return (fin_book_record_t){
        .id = kt_span_str("acme-2026"),
        .kind = FIN_KIND_CLIENT,
        .organization = kt_span_str("acme"),
        .first_month = 4,
    };
}

static void
the_first_book_of_an_organisation_numbers_it(void **state)
{
    (void)state;
    fin_book_record_t book = draft();
    fin_book_facts_t facts = {.organizations = 6};
    fin_book_effects_t fx;
    assert_ok(fin_decide_create_book(arena, &book, &facts, 99, &fx));
    assert_int_equal(fx.organization.number, 7);
    assert_span_equal(fx.organization.id, kt_span_str("acme"));
    assert_int_equal(fx.book.part, FIN_PART(7, 1));
    assert_int_equal(fx.book.created_us, 99);
    assert_int_equal(fx.book.first_month, 4);
}

static void
further_books_lie_beside_it(void **state)
{
    (void)state;
    fin_book_record_t book = draft();
    fin_book_facts_t facts = {.organization = {.number = 3, .books = 2}, .organizations = 6};
    fin_book_effects_t fx;
    assert_ok(fin_decide_create_book(arena, &book, &facts, 99, &fx));
    assert_int_equal(fx.organization.number, 3);
    assert_int_equal(fx.book.part, FIN_PART(3, 3));
}

static void
a_book_is_not_made_twice(void **state)
{
    (void)state;
    fin_book_record_t book = draft();
    fin_book_facts_t facts = {.there = true};
    fin_book_effects_t fx;
    kt_status_t status = fin_decide_create_book(arena, &book, &facts, 99, &fx);
    assert_status(status, KT_ALREADY_EXISTS, FIN_BOOK_EXISTS);
    assert_non_null(strstr(status.text, "acme-2026"));
}

static void
declaring_follows_its_rows(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        fin_declare_facts_t facts;
        int32_t scale;
        uint32_t reason; /* 0: taken */
        bool changes;
        uint32_t number;
    } ROWS[] = {
        {"the first", {0}, 3, 0, true, FIN_COMMODITY_FIRST},
        {"the last there may be",
         {.declared = FIN_COMMODITIES_MAX - 1},
         3,
         0,
         true,
         FIN_COMMODITY_FIRST + FIN_COMMODITIES_MAX - 1},
        {"one too many", {.declared = FIN_COMMODITIES_MAX}, 3, FIN_TOO_MANY_COMMODITIES, false, 0},
        {"again", {.there = true, .commodity = {.number = 10007, .scale = 3}}, 3, 0, false, 10007},
        {"another scale, larger",
         {.there = true, .commodity = {.number = 10007, .scale = 3}},
         4,
         FIN_COMMODITY_EXISTS,
         false,
         0},
        {"another scale, smaller",
         {.there = true, .commodity = {.number = 10007, .scale = 3}},
         2,
         FIN_COMMODITY_EXISTS,
         false,
         0},
        {"ISO as it is",
         {.there = true, .built_in = true, .commodity = {.number = 840, .scale = 2}},
         2,
         0,
         false,
         840},
        {"ISO, larger and unused",
         {.there = true, .built_in = true, .commodity = {.number = 840, .scale = 2}},
         4,
         0,
         true,
         840},
        {"ISO, larger and used",
         {.there = true, .built_in = true, .used = true, .commodity = {.number = 840, .scale = 2}},
         4,
         FIN_COMMODITY_IN_USE,
         false,
         0},
        {"ISO, smaller and used: the first reason",
         {.there = true, .built_in = true, .used = true, .commodity = {.number = 840, .scale = 2}},
         1,
         FIN_COMMODITY_EXISTS,
         false,
         0},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_declare_effects_t fx = {0};
        fin_declare_facts_t facts = ROWS[i].facts;
        facts.commodity.symbol = kt_span_str("ABC");
        kt_status_t status = fin_decide_declare(arena, kt_span_str("ABC"), ROWS[i].scale, &facts,
                                                &fx);
        if (status.reason != ROWS[i].reason || fx.changes != ROWS[i].changes ||
            fx.commodity.number != ROWS[i].number)
            fail_msg("%s: reason %u, changes %d, number %u", ROWS[i].what, status.reason,
                     fx.changes, fx.commodity.number);
        if (!kt_failed(status))
            assert_int_equal(fx.commodity.scale, ROWS[i].scale);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(the_first_book_of_an_organisation_numbers_it),
        ARENA_TEST(further_books_lie_beside_it),
        ARENA_TEST(a_book_is_not_made_twice),
        ARENA_TEST(declaring_follows_its_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
