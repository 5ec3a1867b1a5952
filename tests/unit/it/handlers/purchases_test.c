/* Requests for purchases, and the process that each starts, through the department. What the
 * process does then is told where all three departments are. */
#include "story.h"

/* The fields of a purchase that is as it should be, each as it stands in JSON. */
static const char *const GOOD[][2] = {
    {"purchase", "'p1'"},
    {"title", "'Editor, a year'"},
    {"vendor", "'acme'"},
    {"product", "'editor'"},
    {"book", "'company'"},
    {"costCentre", "'it'"},
    {"currency", "'EUR'"},
    {"amountMinor", "'120000'"},
    {"instalments", "[{'dueOn':'2026-12-01','amountMinor':'50000'},"
                    "{'dueOn':'2027-06-01','amountMinor':'70000'}]"},
    {"expenseAccount", "'expenses:software'"},
    {"payableAccount", "'liabilities:payables'"},
    {"seats", "3"},
    {"employees", "['emma','bob']"},
    {"fromDate", "'2026-12-01'"},
    {"untilDate", "'2027-11-30'"},
};

typedef struct change {
    const char *field, *value; /* NULL: left out */
} change_t;

/* A request of it all, but for the changes. */
static const char *
request_with(const change_t *changes, size_t count)
{
    static char json[16384];
    size_t size = (size_t)snprintf(json, sizeof json, "{'purchase':{");
    const char *comma = "";
    for (size_t i = 0; i < KT_COUNT(GOOD); i++) {
        const char *value = GOOD[i][1];
        for (size_t j = 0; j < count; j++)
            value = strcmp(GOOD[i][0], changes[j].field) == 0 ? changes[j].value : value;
        if (value)
            size += (size_t)snprintf(json + size, sizeof json - size, "%s'%s':%s", comma,
                                     GOOD[i][0], value);
        comma = value ? "," : comma;
    }
    assert_true(size + 3 < sizeof json);
    strcat(json, "}}");
    return json;
}

static const char *
with(const char *field, const char *value)
{
    return request_with(&(change_t){field, value}, 1);
}

static const char *
as_it_should_be(void)
{
    return request_with(NULL, 0);
}

static void
tell(room_t *room, const char *who, const char *request, uint32_t code, uint32_t reason,
     const char *says)
{
    const step_t step = {who, "Purchases/RequestPurchase", request, code, reason, says};
    story_step(room, &step);
    room_forget(room);
}

static const step_t CATALOGUE[] = {
    SAYS("erik", "Software/CreateProduct", "{'product':{'product':'editor'}}", NULL),
};

static void
a_request_is_kept_and_starts_its_process(void **state)
{
    room_t *room = *state;
    static const step_t read[] = {
        SAYS("rev", "Purchases/GetPurchase", "{'purchase':'p1'}",
             "'purchase':'p1','title':'Editor, a year','vendor':'acme','product':'editor',"
             "'book':'company','costCentre':'it','currency':'EUR','amountMinor':'120000',"
             "'instalments':[{'dueOn':'2026-12-01','amountMinor':'50000'},"
             "{'dueOn':'2027-06-01','amountMinor':'70000'}],"
             "'expenseAccount':'expenses:software','payableAccount':'liabilities:payables',"
             "'seats':3,'employees':['emma','bob'],'fromDate':'2026-12-01',"
             "'untilDate':'2027-11-30','requestedBy':'bob','requestedUs':'1793610000000000',"
             "'process':'"),
    };
    const char *answer = NULL, *process, *end;
    char id[KT_ULID_CHARS + 1], request[64];
    TELL(room, CATALOGUE);
    assert_ok(story_call(room, "bob", "Purchases/RequestPurchase", as_it_should_be(), &answer));
    process = strstr(answer, "\"process\":\"");
    assert_non_null(process);
    process += strlen("\"process\":\"");
    end = strchr(process, '"');
    assert_int_equal(end - process, KT_ULID_CHARS);
    snprintf(id, sizeof id, "%s", process);
    TELL(room, read);

    /* At its first step, with all that the steps will need. */
    snprintf(request, sizeof request, "{'process':'%s'}", id);
    static const char *const told[] = {
        "'type':'procure-to-pay'",
        "'subject':'p1','startedBy':'bob'",
        "'state':'RUNNING'",
        "'name':'check-vendor','what':'The vendor is known and not blocked'",
        "{'name':'amount_minor','value':'120000'}",
        "{'name':'employees','value':'emma,bob'}",
        "{'name':'from_us','value':'1796083200000000'}",
        "{'name':'lines','value':'due_on=2026-12-01,amount_minor=50000;due_on=",
        ";due_on=2027-06-01,amount_minor=70000'}",
        "{'name':'until_date','value':'2027-11-30'}",
    };
    for (size_t i = 0; i < KT_COUNT(told); i++) {
        const step_t step = SAYS("rev", "Processes/GetProcess", request, told[i]);
        story_step(room, &step);
    }
    const step_t not_theirs = {
        "bob", "Processes/GetProcess", request, KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING,
        NULL};
    story_step(room, &not_theirs);
}

static void
a_purchase_without_an_id_is_given_one(void **state)
{
    room_t *room = *state;
    const char *answer = NULL;
    static const step_t listed[] = {
        SAYS("rev", "Purchases/ListPurchases", "{}", "'vendor':'acme'"),
    };
    TELL(room, CATALOGUE);
    assert_ok(
        story_call(room, "erik", "Purchases/RequestPurchase", with("purchase", NULL), &answer));
    const char *id = strstr(answer, "\"purchase\":\"");
    assert_non_null(id);
    assert_int_equal(strcspn(id + strlen("\"purchase\":\""), "\""), KT_ULID_CHARS);
    TELL(room, listed);
}

static void
what_cannot_be_bought_is_refused(void **state)
{
    room_t *room = *state;
    TELL(room, CATALOGUE);
    tell(room, "bob", with("product", "'viewer'"), KT_NOT_FOUND, IT_PRODUCT_UNKNOWN, NULL);
    tell(room, "bob", as_it_should_be(), KT_OK, 0, "'purchase':'p1'");
    tell(room, "bob", as_it_should_be(), KT_ALREADY_EXISTS, IT_PURCHASE_EXISTS, NULL);
    /* Where several hold, the product is told of first. */
    tell(room, "bob", with("product", "'viewer'"), KT_NOT_FOUND, IT_PRODUCT_UNKNOWN, NULL);
    static const step_t steps[] = {
        {"rev", "Purchases/GetPurchase", "{'purchase':'p9'}", KT_NOT_FOUND, IT_PURCHASE_UNKNOWN,
         NULL},
        BAD("rev", "Purchases/GetPurchase", "{}", "purchase: "),
        BAD("rev", "Purchases/GetPurchase", "{'purchase':'P 1'}", "purchase: "),
        BAD("rev", "Purchases/ListPurchases", "{'pageSize':1001}", "page_size: "),
        BAD("rev", "Purchases/ListPurchases", "{'pageToken':'x'}", "page_token: "),
        BAD("bob", "Purchases/RequestPurchase", "{}", "purchase: "),
        {"cleo", "Purchases/RequestPurchase", "{}", KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING,
         NULL},
    };
    TELL(room, steps);
}

/* ITEM, COUNT times. */
static void
put_array(char *json, size_t size, int count, const char *item)
{
    assert_true((strlen(item) + 1) * (size_t)count + 2 < size);
    strcpy(json, "[");
    for (int i = 0; i < count; i++)
        strcat(strcat(json, i > 0 ? "," : ""), item);
    strcat(json, "]");
}

static void
every_field_is_held_to_its_shape(void **state)
{
    room_t *room = *state;
    static char long_title[200], long_account[160], lines[2000], people[200];
    static const struct {
        const char *field, *value, *says;
    } rows[] = {
        {"purchase", "'P 1'", "purchase.purchase: "},
        {"title", NULL, "purchase.title: "},
        {"title", long_title, "purchase.title: "},
        {"title", "'a\\u0007'", "purchase.title: "},
        {"vendor", NULL, "purchase.vendor: "},
        {"vendor", "'Acme Ltd'", "purchase.vendor: "},
        {"product", NULL, "purchase.product: "},
        {"product", "'Editor'", "purchase.product: "},
        {"book", NULL, "purchase.book: "},
        {"book", "'a book'", "purchase.book: "},
        {"costCentre", NULL, "purchase.cost_centre: "},
        {"costCentre", "'I T'", "purchase.cost_centre: "},
        {"currency", NULL, "purchase.currency: "},
        {"currency", "'EU'", "purchase.currency: "},
        {"currency", "'eur'", "purchase.currency: "},
        {"currency", "'EURO'", "purchase.currency: "},
        {"amountMinor", NULL, "purchase.amount_minor: "},
        {"amountMinor", "'-1'", "purchase.amount_minor: "},
        {"amountMinor", "'120001'", "purchase.instalments: add up"},
        {"instalments", NULL, "purchase.instalments: "},
        {"instalments", lines, "purchase.instalments: "},
        {"instalments", "[{'dueOn':'2026-12-01','amountMinor':'120000'},{'dueOn':'2027-01-01'}]",
         "purchase.instalments[1].amount_minor: "},
        {"instalments", "[{'amountMinor':'120000'}]", "purchase.instalments[0].due_on: "},
        {"instalments", "[{'dueOn':'2026-13-01','amountMinor':'120000'}]",
         "purchase.instalments[0].due_on: "},
        {"instalments",
         "[{'dueOn':'2027-01-01','amountMinor':'60000'},"
         "{'dueOn':'2026-12-31','amountMinor':'60000'}]",
         "purchase.instalments: are in the order of their days"},
        {"instalments",
         "[{'dueOn':'2027-01-01','amountMinor':'9223372036854775807'},"
         "{'dueOn':'2027-01-01','amountMinor':'9223372036854775807'}]",
         "purchase.instalments: add up"},
        {"expenseAccount", NULL, "purchase.expense_account: "},
        {"expenseAccount", long_account, "purchase.expense_account: "},
        {"payableAccount", NULL, "purchase.payable_account: "},
        {"payableAccount", long_account, "purchase.payable_account: "},
        {"seats", NULL, "purchase.seats: "},
        {"seats", "10001", "purchase.seats: "},
        {"seats", "1", "purchase.employees: are no more than the seats"},
        {"employees", NULL, "purchase.employees: "},
        {"employees", "['Emma']", "purchase.employees[0]: "},
        {"employees", people, "purchase.employees: "},
        {"fromDate", NULL, "purchase.from_date: "},
        {"fromDate", "'tomorrow'", "purchase.from_date: "},
        {"untilDate", NULL, "purchase.until_date: "},
        {"untilDate", "'2026-11-30'", "purchase.until_date: does not lie before"},
    };
    snprintf(long_title, sizeof long_title, "'%0161d'", 0);
    snprintf(long_account, sizeof long_account, "'%0121d'", 0);
    put_array(lines, sizeof lines, 25, "{'dueOn':'2026-12-01','amountMinor':'1'}");
    put_array(people, sizeof people, 21, "'emma'");
    TELL(room, CATALOGUE);
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        tell(room, "bob", with(rows[i].field, rows[i].value), KT_INVALID_ARGUMENT,
             RPC_REASON_BAD_FIELD, rows[i].says);
    /* Nothing of it is there. */
    const step_t nothing = SAYS("rev", "Purchases/ListPurchases", "{}", "{}");
    story_step(room, &nothing);
    tell(room, "bob", as_it_should_be(), KT_OK, 0, NULL);
}

static void
a_purchase_of_everything_at_its_longest_is_too_large(void **state)
{
    room_t *room = *state;
    char title[170], account[130], name[70], people[1600], lines[1600];
    snprintf(title, sizeof title, "'%0160d'", 0);
    snprintf(account, sizeof account, "'%0120d'", 0);
    snprintf(name, sizeof name, "'%063d'", 0);
    change_t changes[] = {
        {"purchase", "'p2'"},        {"title", title},       {"expenseAccount", account},
        {"payableAccount", account}, {"vendor", name},       {"book", name},
        {"costCentre", name},        {"seats", "20"},        {"employees", people},
        {"amountMinor", "24"},       {"instalments", lines},
    };
    put_array(lines, sizeof lines, 24, "{'dueOn':'2026-12-01','amountMinor':'1'}");
    put_array(people, sizeof people, 20, name);
    TELL(room, CATALOGUE);
    tell(room, "bob", request_with(changes, KT_COUNT(changes)), KT_RESOURCE_EXHAUSTED,
         RPC_REASON_TOO_LARGE, "shorten its texts");
    const step_t none = {"rev",        "Purchases/GetPurchase", "{'purchase':'p2'}",
                         KT_NOT_FOUND, IT_PURCHASE_UNKNOWN,     NULL};
    story_step(room, &none);
    /* With shorter names of people it fits, and so do its variables. */
    put_array(people, sizeof people, 20, "'emma-of-the-third-floor'");
    tell(room, "bob", request_with(changes, KT_COUNT(changes)), KT_OK, 0, "'purchase':'p2'");
}

static void
purchases_are_listed_page_by_page(void **state)
{
    room_t *room = *state;
    char id[16], request[512], token[256] = "";
    unsigned seen = 0, pages = 0;
    TELL(room, CATALOGUE);
    for (int i = 6; i >= 0; i--) {
        snprintf(id, sizeof id, "'p%d'", i);
        tell(room, "erik", with("purchase", id), KT_OK, 0, NULL);
    }
    do {
        const char *answer = NULL, *at;
        snprintf(request, sizeof request, "{'pageSize':3,'pageToken':'%s'}", token);
        assert_ok(story_call(room, "rev", "Purchases/ListPurchases", request, &answer));
        for (at = strstr(answer, "{\"purchase\":"); at; at = strstr(at + 1, "{\"purchase\":")) {
            snprintf(id, sizeof id, "\"p%u\"", seen++);
            assert_memory_equal(at + strlen("{\"purchase\":"), id, strlen(id));
        }
        at = strstr(answer, "\"nextPageToken\":\"");
        token[0] = 0;
        if (at)
            snprintf(token, sizeof token, "%.*s",
                     (int)strcspn(at + strlen("\"nextPageToken\":\""), "\""),
                     at + strlen("\"nextPageToken\":\""));
        pages++;
        room_forget(room);
    } while (token[0]);
    assert_int_equal(seen, 7);
    assert_int_equal(pages, 3);
}

static void
a_store_that_fails_anywhere_leaves_nothing_behind(void **state)
{
    room_t *room = *state;
    const char *answer = NULL;
    TELL(room, CATALOGUE);
    story_sweep(room, "bob", "Purchases/RequestPurchase", as_it_should_be());
    /* One purchase, one process. */
    assert_ok(story_call(room, "rev", "Processes/ListProcesses", "{}", &answer));
    const char *first = strstr(answer, "\"subject\":\"p1\"");
    assert_non_null(first);
    assert_null(strstr(first + 1, "\"subject\":"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        nets_test(a_request_is_kept_and_starts_its_process),
        nets_test(a_purchase_without_an_id_is_given_one),
        nets_test(what_cannot_be_bought_is_refused),
        nets_test(every_field_is_held_to_its_shape),
        nets_test(a_purchase_of_everything_at_its_longest_is_too_large),
        nets_test(purchases_are_listed_page_by_page),
        nets_test(a_store_that_fails_anywhere_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
