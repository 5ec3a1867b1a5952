#include "arena_fixture.h"

#include "domain/accounts.h"
#include "domain/reason.h"

#define PLACES_MAX 8

/* Facts by hand: the places of drafts over what is there. Paths come in order. */
typedef struct fixture {
    fin_open_place_t places[PLACES_MAX];
    uint32_t place_of[PLACES_MAX];
    fin_open_facts_t facts;
} fixture_t;

static fin_open_place_t
place(const char *path, uint32_t parent, uint32_t draft, uint32_t cause)
{
    return (fin_open_place_t){
        .path = kt_span_str(path), .parent = parent, .draft = draft, .cause = cause};
}

static fin_open_place_t
standing(const char *path, uint32_t parent, uint32_t draft, uint32_t number, fin_type_t type)
{
    fin_open_place_t made = place(path, parent, draft, 0);
    made.there = true;
    made.account = (fin_account_record_t){.path = made.path, .number = number, .type = type};
    return made;
}

static fin_account_draft_t
draft_of(const char *path, fin_type_t type)
{
    return (fin_account_draft_t){.path = kt_span_str(path), .type = type};
}

static void
finish(fixture_t *f, uint32_t count, uint32_t accounts)
{
    f->facts = (fin_open_facts_t){
        .places = f->places, .places_count = count, .place_of = f->place_of, .accounts = accounts};
}

static void
missing_parents_are_opened_with_the_types_of_what_is_below(void **state)
{
    (void)state;
    fin_account_draft_t drafts[] = {draft_of("till:shop:coins", FIN_TYPE_ASSET)};
    fixture_t f = {
        .places = {place("till", FIN_NOWHERE, FIN_NOWHERE, 0),
                   place("till:shop", 0, FIN_NOWHERE, 0), place("till:shop:coins", 1, 0, 0)},
        .place_of = {2},
    };
    finish(&f, 3, 41);
    fin_open_effects_t fx;
    assert_ok(fin_decide_open(arena, drafts, 1, &f.facts, &fx));
    assert_int_equal(fx.opened, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(fx.accounts[i].type, FIN_TYPE_ASSET);
        assert_int_equal(fx.accounts[i].number, 42 + i);
        assert_span_equal(fx.accounts[i].path, f.places[i].path);
    }
}

static void
a_type_that_nobody_said_follows(void **state)
{
    (void)state;
    /* By the first name; by the account above that is there; by one that is opened with it; by
     * nothing. */
    fin_account_draft_t drafts[] = {
        draft_of("income:x", FIN_TYPE_NONE), draft_of("shop:x", FIN_TYPE_NONE),
        draft_of("till", FIN_TYPE_ASSET),    draft_of("till:x:y", FIN_TYPE_NONE),
        draft_of("zzz", FIN_TYPE_NONE),
    };
    fixture_t f = {
        .places = {standing("income", FIN_NOWHERE, FIN_NOWHERE, 1, FIN_TYPE_EQUITY),
                   place("income:x", 0, 0, 0),
                   standing("shop", FIN_NOWHERE, FIN_NOWHERE, 2, FIN_TYPE_LIABILITY),
                   place("shop:x", 2, 1, 1), place("till", FIN_NOWHERE, 2, 2),
                   place("till:x", 4, FIN_NOWHERE, 3), place("till:x:y", 5, 3, 3),
                   place("zzz", FIN_NOWHERE, 4, 4)},
        .place_of = {1, 3, 4, 6, 7},
    };
    finish(&f, 8, 2);
    fin_open_effects_t fx;
    assert_ok(fin_decide_open(arena, drafts, KT_COUNT(drafts), &f.facts, &fx));
    static const fin_type_t WANT[] = {FIN_TYPE_EQUITY,    FIN_TYPE_INCOME,  FIN_TYPE_LIABILITY,
                                      FIN_TYPE_LIABILITY, FIN_TYPE_ASSET,   FIN_TYPE_ASSET,
                                      FIN_TYPE_ASSET,     FIN_TYPE_SUSPENSE};
    for (uint32_t i = 0; i < KT_COUNT(WANT); i++)
        assert_int_equal(fx.accounts[i].type, WANT[i]);
    assert_int_equal(fx.opened, 6);
}

static void
what_is_there_stays_as_it_is(void **state)
{
    (void)state;
    fin_account_draft_t drafts[] = {draft_of("assets", FIN_TYPE_ASSET),
                                    draft_of("assets", FIN_TYPE_NONE)};
    drafts[0].title = kt_span_str("another title");
    fixture_t f = {.places = {standing("assets", FIN_NOWHERE, 0, 5, FIN_TYPE_ASSET)}};
    finish(&f, 1, 5);
    fin_open_effects_t fx;
    assert_ok(fin_decide_open(arena, drafts, 2, &f.facts, &fx));
    assert_int_equal(fx.opened, 0);
    assert_int_equal(fx.accounts[0].number, 5);
    assert_int_equal(fx.accounts[0].title.size, 0);
}

static void
opening_refuses_by_its_rows(void **state)
{
    (void)state;
    enum { UNKNOWN_FLOOR = 1, HIGH_FLOOR = 2, FULL = 4, THERE = 8 };
    static const struct {
        const char *path;
        fin_type_t type;
        unsigned how;
        kt_code_t code;
        uint32_t reason;
    } ROWS[] = {
        {"assets", FIN_TYPE_ASSET, UNKNOWN_FLOOR | HIGH_FLOOR | FULL, KT_NOT_FOUND,
         FIN_COMMODITY_UNKNOWN},
        {"assets", FIN_TYPE_EQUITY, THERE | HIGH_FLOOR | FULL, KT_ALREADY_EXISTS,
         FIN_ACCOUNT_EXISTS},
        {"equity:trading", FIN_TYPE_NONE, HIGH_FLOOR | FULL, KT_FAILED_PRECONDITION,
         FIN_ACCOUNT_RESERVED},
        {"equity:trading:EUR", FIN_TYPE_TRADING, 0, KT_FAILED_PRECONDITION, FIN_ACCOUNT_RESERVED},
        {"assets", FIN_TYPE_ASSET, HIGH_FLOOR | FULL, KT_FAILED_PRECONDITION, FIN_FLOOR_BROKEN},
        {"assets", FIN_TYPE_ASSET, FULL, KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_ACCOUNTS},
        {"assets", FIN_TYPE_ASSET, FULL | THERE, KT_OK, 0},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_account_draft_t drafts[] = {draft_of(ROWS[i].path, ROWS[i].type)};
        drafts[0].floors_count = 1;
        drafts[0].floors[0] = (fin_floor_draft_t){
            .symbol = kt_span_str("EUR"),
            .commodity = ROWS[i].how & UNKNOWN_FLOOR ? 0 : 978,
            .amount_minor = ROWS[i].how & HIGH_FLOOR ? 1 : 0,
        };
        fixture_t f = {.places = {place(ROWS[i].path, FIN_NOWHERE, 0, 0)}};
        if (ROWS[i].how & THERE)
            f.places[0] = standing(ROWS[i].path, FIN_NOWHERE, 0, 1, FIN_TYPE_ASSET);
        finish(&f, 1, ROWS[i].how & FULL ? FIN_ACCOUNTS_MAX : 1);
        fin_open_effects_t fx = {0};
        kt_status_t status = fin_decide_open(arena, drafts, 1, &f.facts, &fx);
        assert_status(status, ROWS[i].code, ROWS[i].reason);
        assert_int_equal(fx.opened, 0);
        if (kt_failed(status) && ROWS[i].reason != FIN_TOO_MANY_ACCOUNTS)
            assert_non_null(strstr(status.text, ROWS[i].path));
    }
}

static void
a_call_opens_what_its_journal_record_has_room_for(void **state)
{
    (void)state;
    enum { COUNT = 136 };
    static char paths[COUNT][FIN_PATH_BYTES_MAX];
    static fin_account_draft_t drafts[COUNT];
    static fin_open_place_t places[COUNT];
    static uint32_t place_of[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        memset(paths[i], 'a', sizeof paths[i]);
        (void)snprintf(paths[i], 5, "%04u", i);
        paths[i][4] = 'a';
        drafts[i] = (fin_account_draft_t){.path = kt_span(paths[i], sizeof paths[i]),
                                          .title = kt_span(paths[i], 124)};
        places[i] = (fin_open_place_t){
            .path = drafts[i].path, .parent = FIN_NOWHERE, .draft = i, .cause = i};
        place_of[i] = i;
    }
    /* 32 and 255 and 124 bytes each: 136 of them are 55,896. */
    fin_open_facts_t facts = {.places = places, .places_count = COUNT, .place_of = place_of};
    fin_open_effects_t fx;
    assert_ok(fin_decide_open(arena, drafts, COUNT, &facts, &fx));
    drafts[7].floors_count = 8;
    for (uint32_t i = 0; i < 8; i++)
        drafts[7].floors[i].commodity = 1;
    assert_ok(fin_decide_open(arena, drafts, COUNT, &facts, &fx)); /* 55,992 */
    drafts[8].floors_count = 1;
    drafts[8].floors[0].commodity = 1;
    assert_status(fin_decide_open(arena, drafts, COUNT, &facts, &fx), KT_RESOURCE_EXHAUSTED,
                  FIN_TOO_MANY_ACCOUNTS);
    places[0].there = true;
    places[0].account.type = FIN_TYPE_SUSPENSE;
    assert_ok(fin_decide_open(arena, drafts, COUNT, &facts, &fx));
}

static void
two_drafts_of_one_account_must_agree(void **state)
{
    (void)state;
    fin_account_draft_t drafts[] = {draft_of("till", FIN_TYPE_ASSET),
                                    draft_of("till", FIN_TYPE_EQUITY)};
    fixture_t f = {.places = {place("till", FIN_NOWHERE, 0, 0)}};
    finish(&f, 1, 0);
    fin_open_effects_t fx;
    assert_status(fin_decide_open(arena, drafts, 2, &f.facts, &fx), KT_ALREADY_EXISTS,
                  FIN_ACCOUNT_EXISTS);
}

enum { CLOSE = 1, FLOOR = 2 };
static const struct {
    const char *what;
    fin_type_t type;
    unsigned set;
    uint32_t floor_commodity;
    int64_t floor_minor;
    fin_standing_t standing;
    kt_code_t code;
    uint32_t reason;
} CHANGES[] = {
    {"a floor under the balance",
     FIN_TYPE_ASSET,
     FLOOR,
     978,
     100,
     {.commodity = 978, .posted = {300, 200}},
     KT_OK,
     0},
    {"a floor above the balance",
     FIN_TYPE_ASSET,
     FLOOR,
     978,
     101,
     {.commodity = 978, .posted = {300, 200}},
     KT_FAILED_PRECONDITION,
     FIN_FLOOR_BROKEN},
    {"what is held counts",
     FIN_TYPE_ASSET,
     FLOOR,
     978,
     100,
     {.commodity = 978, .posted = {300, 200}, .held = {0, 1}},
     KT_FAILED_PRECONDITION,
     FIN_FLOOR_BROKEN},
    {"what is to come does not",
     FIN_TYPE_ASSET,
     FLOOR,
     978,
     101,
     {.commodity = 978, .posted = {300, 200}, .held = {1, 0}},
     KT_FAILED_PRECONDITION,
     FIN_FLOOR_BROKEN},
    {"credit is the natural side",
     FIN_TYPE_LIABILITY,
     FLOOR,
     978,
     100,
     {.commodity = 978, .posted = {200, 300}, .held = {0, 7}},
     KT_OK,
     0},
    {"credit, held",
     FIN_TYPE_INCOME,
     FLOOR,
     978,
     100,
     {.commodity = 978, .posted = {200, 300}, .held = {1, 0}},
     KT_FAILED_PRECONDITION,
     FIN_FLOOR_BROKEN},
    {"nothing posted",
     FIN_TYPE_ASSET,
     FLOOR,
     978,
     0,
     {.commodity = 840, .posted = {9, 10}},
     KT_OK,
     0},
    {"nothing posted, and more wanted",
     FIN_TYPE_ASSET,
     FLOOR,
     978,
     1,
     {.commodity = 840},
     KT_FAILED_PRECONDITION,
     FIN_FLOOR_BROKEN},
    {"an overdraft that is allowed",
     FIN_TYPE_ASSET,
     FLOOR,
     978,
     -10,
     {.commodity = 978, .posted = {0, 10}},
     KT_OK,
     0},
    {"no such commodity, and a balance",
     FIN_TYPE_ASSET,
     CLOSE | FLOOR,
     0,
     0,
     {.commodity = 978, .posted = {1, 0}},
     KT_NOT_FOUND,
     FIN_COMMODITY_UNKNOWN},
    {"closing what has a balance, of the ledger's own",
     FIN_TYPE_TRADING,
     CLOSE,
     978,
     0,
     {.commodity = 978, .posted = {1, 0}},
     KT_FAILED_PRECONDITION,
     FIN_ACCOUNT_NOT_EMPTY},
    {"closing what is held",
     FIN_TYPE_ASSET,
     CLOSE,
     978,
     0,
     {.commodity = 978, .held = {0, 1}},
     KT_FAILED_PRECONDITION,
     FIN_ACCOUNT_NOT_EMPTY},
    {"closing what came and went",
     FIN_TYPE_ASSET,
     CLOSE,
     978,
     0,
     {.commodity = 978, .posted = {5, 5}},
     KT_OK,
     0},
    {"the ledger's own",
     FIN_TYPE_TRADING,
     FLOOR,
     978,
     1,
     {.commodity = 978},
     KT_FAILED_PRECONDITION,
     FIN_ACCOUNT_RESERVED},
    {"too much to add",
     FIN_TYPE_ASSET,
     FLOOR,
     978,
     0,
     {.commodity = 978, .posted = {0, INT64_MAX}, .held = {0, 2}},
     KT_OUT_OF_RANGE,
     FIN_AMOUNT_OVERFLOW},
};

static void
changing_follows_its_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(CHANGES); i++) {
        fin_update_order_t order = {
            .path = kt_span_str("till"),
            .set_closed = (CHANGES[i].set & CLOSE) != 0,
            .closed = true,
            .set_floors = (CHANGES[i].set & FLOOR) != 0,
            .floors_count = 1,
            .floors = {{kt_span_str("EUR"), CHANGES[i].floor_commodity, CHANGES[i].floor_minor}},
        };
        fin_update_facts_t facts = {
            .account = {.path = order.path, .number = 1, .type = CHANGES[i].type},
            .standings = &CHANGES[i].standing,
            .standings_count = 1,
        };
        fin_account_record_t account = {0};
        kt_status_t status = fin_decide_update(arena, &order, &facts, &account);
        if (status.code != (uint32_t)CHANGES[i].code || status.reason != CHANGES[i].reason)
            fail_msg("%s: %s, reason %u", CHANGES[i].what, kt_code_name(status.code),
                     status.reason);
        if (kt_failed(status)) {
            assert_int_equal(account.number, 0);
            continue;
        }
        assert_int_equal(account.closed, order.set_closed);
        assert_int_equal(account.floors_count, order.set_floors ? 1 : 0);
    }
}

static void
what_is_not_said_stays(void **state)
{
    (void)state;
    fin_update_order_t order = {
        .path = kt_span_str("till"), .set_title = true, .title = kt_span_str("new")};
    fin_update_facts_t facts = {.account = {.number = 9,
                                            .type = FIN_TYPE_ASSET,
                                            .closed = true,
                                            .floors_count = 1,
                                            .floors = {{978, 3}}}};
    fin_account_record_t account;
    assert_ok(fin_decide_update(arena, &order, &facts, &account));
    assert_span_equal(account.title, kt_span_str("new"));
    assert_true(account.closed);
    assert_int_equal(account.floors_count, 1);
    assert_int_equal(account.floors[0].amount_minor, 3);

    order = (fin_update_order_t){
        .path = kt_span_str("till"), .set_closed = true, .set_floors = true};
    assert_ok(fin_decide_update(arena, &order, &facts, &account));
    assert_false(account.closed);
    assert_int_equal(account.floors_count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(missing_parents_are_opened_with_the_types_of_what_is_below),
        ARENA_TEST(a_type_that_nobody_said_follows),
        ARENA_TEST(what_is_there_stays_as_it_is),
        ARENA_TEST(opening_refuses_by_its_rows),
        ARENA_TEST(a_call_opens_what_its_journal_record_has_room_for),
        ARENA_TEST(two_drafts_of_one_account_must_agree),
        ARENA_TEST(changing_follows_its_rows),
        ARENA_TEST(what_is_not_said_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
