/* Seats and equipment by chance, against a model that counts on its fingers. */
#include "story.h"

#define DAY_US INT64_C(86400000000)

enum {
    LICENCES = 6,
    EMPLOYEES = 9,
    ASSETS = 14,
    REFERENCES = 150,
    EQUIPMENT_MAX = 3, /* an order */
    STEPS = 4000,
    LOOK_EVERY = 250
};

typedef struct order {
    int employee, count;
    int kinds[EQUIPMENT_MAX], picked[EQUIPMENT_MAX];
} order_t;

typedef struct model {
    room_t *room;
    kt_prng_t prng;
    int day; /* since the room's clock began */
    struct {
        unsigned seats;
        int from, until; /* days; until < 0: without end */
        bool ended;
        bool held[EMPLOYEES];
    } licences[LICENCES];
    struct {
        int holder; /* -1: in stock, -2: lost */
        int reference;
    } assets[ASSETS];
    struct {
        enum { UNHEARD, GIVEN, RELEASED } standing;
        order_t order;
    } references[REFERENCES];
    unsigned refused, done;
} model_t;

static int
below(model_t *m, int bound)
{
    return (int)kt_prng_below(&m->prng, (uint64_t)bound);
}

static bool
in_term(const model_t *m, int l)
{
    return !m->licences[l].ended && m->day >= m->licences[l].from &&
           (m->licences[l].until < 0 || m->day <= m->licences[l].until);
}

static unsigned
used(const model_t *m, int l)
{
    unsigned count = 0;
    for (int e = 0; e < EMPLOYEES; e++)
        count += m->licences[l].held[e];
    return count;
}

static void
expect(model_t *m, const char *method, const char *json, uint32_t code, uint32_t reason)
{
    kt_status_t status = story_call(m->room, "erik", method, json, NULL);
    if (status.code != code || status.reason != reason)
        fail_msg("%s %s: %s reason %u, the model says %u, %u", method, json,
                 kt_code_name(status.code), status.reason, code, reason);
    m->refused += code != KT_OK;
    m->done += code == KT_OK;
}

/* ---- seats ---- */

static void
assign_seats(model_t *m)
{
    char json[256];
    int l = below(m, LICENCES), count = 1 + below(m, 4);
    bool wanted[EMPLOYEES] = {false};
    unsigned more = 0;
    snprintf(json, sizeof json, "{'licence':'l%d','employees':[", l);
    for (int i = 0; i < count; i++) {
        int e = below(m, EMPLOYEES);
        snprintf(json + strlen(json), sizeof json - strlen(json), "%s'e%d'", i ? "," : "", e);
        more += !wanted[e] && !m->licences[l].held[e];
        wanted[e] = true;
    }
    strcat(json, "]}");
    if (!in_term(m, l)) {
        expect(m, "Software/AssignSeats", json, KT_FAILED_PRECONDITION, IT_LICENCE_NOT_IN_TERM);
        return;
    }
    if (used(m, l) + more > m->licences[l].seats) {
        expect(m, "Software/AssignSeats", json, KT_RESOURCE_EXHAUSTED, IT_SEATS_EXHAUSTED);
        return;
    }
    expect(m, "Software/AssignSeats", json, KT_OK, 0);
    for (int e = 0; e < EMPLOYEES; e++)
        m->licences[l].held[e] |= wanted[e];
}

static void
release_seats(model_t *m)
{
    char json[128];
    int e = below(m, EMPLOYEES), l = below(m, LICENCES + 1);
    if (l == LICENCES)
        snprintf(json, sizeof json, "{'employee':'e%d'}", e);
    else
        snprintf(json, sizeof json, "{'employee':'e%d','licence':'l%d'}", e, l);
    expect(m, "Software/ReleaseSeats", json, KT_OK, 0);
    for (int i = 0; i < LICENCES; i++)
        if (l == LICENCES || i == l)
            m->licences[i].held[e] = false;
}

/* ---- equipment: assets of even number are laptops, the others phones ---- */

static int
lowest(const model_t *m, int kind, const bool *taken)
{
    for (int a = kind; a < ASSETS; a += 2)
        if (m->assets[a].holder == -1 && !taken[a])
            return a;
    return -1;
}

/* "['laptop','phone']" of as many kinds as the order has. */
static const char *
kinds_text(const order_t *order, char out[64])
{
    strcpy(out, "[");
    for (int i = 0; i < order->count; i++)
        strcat(strcat(out, i ? "," : ""), order->kinds[i] == 0 ? "'laptop'" : "'phone'");
    return strcat(out, "]");
}

static const char *
assets_text(const int *assets, int count, char out[128])
{
    strcpy(out, count > 0 ? "{\"assets\":[" : "{");
    for (int i = 0; i < count; i++)
        snprintf(out + strlen(out), 128 - strlen(out), "%s\"a%02d\"", i ? "," : "", assets[i]);
    return strcat(out, count > 0 ? "]}" : "}");
}

static void
expect_assets(model_t *m, const char *method, const char *json, const int *assets, int count)
{
    char wanted[128];
    const char *answer = NULL;
    assert_ok(story_call(m->room, "legal", method, json, &answer));
    assert_string_equal(answer, assets_text(assets, count, wanted));
    m->done++;
}

/* By a reference or without one (R below 0). */
static void
give(model_t *m, const char *json, order_t *order, int r)
{
    bool taken[ASSETS] = {false};
    for (int i = 0; i < order->count; i++) {
        int a = order->picked[i] = lowest(m, order->kinds[i], taken);
        if (a < 0) {
            expect(m, "Accounts/AssignEquipment", json, KT_RESOURCE_EXHAUSTED, IT_OUT_OF_STOCK);
            return;
        }
        taken[a] = true;
    }
    expect_assets(m, "Accounts/AssignEquipment", json, order->picked, order->count);
    for (int i = 0; i < order->count; i++) {
        m->assets[order->picked[i]].holder = order->employee;
        m->assets[order->picked[i]].reference = r;
    }
    if (r >= 0) {
        m->references[r].order = *order;
        m->references[r].standing = GIVEN;
    }
}

static bool
same_order(const order_t *a, const order_t *b)
{
    bool same = a->employee == b->employee && a->count == b->count;
    for (int i = 0; same && i < a->count; i++)
        same = a->kinds[i] == b->kinds[i];
    return same;
}

static void
assign_equipment(model_t *m)
{
    char json[256], kinds[64];
    int r = below(m, 2) == 0 ? -1 : below(m, REFERENCES);
    order_t order = {.employee = below(m, EMPLOYEES), .count = 1 + below(m, 3)};
    for (int i = 0; i < order.count; i++)
        order.kinds[i] = below(m, 2);
    /* Often the same once more. */
    if (r >= 0 && m->references[r].standing == GIVEN && below(m, 2) == 0)
        order = m->references[r].order;
    snprintf(json, sizeof json, "{'employee':'e%d','kinds':%s", order.employee,
             kinds_text(&order, kinds));
    if (r >= 0)
        snprintf(json + strlen(json), sizeof json - strlen(json), ",'reference':'r%d'", r);
    strcat(json, "}");
    if (r < 0 || m->references[r].standing == UNHEARD)
        give(m, json, &order, r);
    else if (m->references[r].standing == RELEASED)
        expect(m, "Accounts/AssignEquipment", json, KT_FAILED_PRECONDITION, IT_REFERENCE_RELEASED);
    else if (same_order(&order, &m->references[r].order))
        expect_assets(m, "Accounts/AssignEquipment", json, m->references[r].order.picked,
                      order.count);
    else
        expect(m, "Accounts/AssignEquipment", json, KT_ALREADY_EXISTS, IT_REFERENCE_EXISTS);
}

static void
release_equipment(model_t *m)
{
    char json[128];
    int r = below(m, REFERENCES), back[EQUIPMENT_MAX], count = 0;
    order_t *order = &m->references[r].order;
    int e = m->references[r].standing == UNHEARD || below(m, 4) == 0 ? below(m, EMPLOYEES)
                                                                     : order->employee;
    snprintf(json, sizeof json, "{'employee':'e%d','reference':'r%d'}", e, r);
    if (m->references[r].standing != UNHEARD && e != order->employee) {
        expect(m, "Accounts/ReleaseEquipment", json, KT_FAILED_PRECONDITION,
               IT_REFERENCE_OF_ANOTHER);
        return;
    }
    for (int i = 0; i < order->count; i++) {
        int a = order->picked[i];
        if (m->assets[a].holder != e || m->assets[a].reference != r)
            continue;
        m->assets[a].holder = -1;
        back[count++] = a;
    }
    expect_assets(m, "Accounts/ReleaseEquipment", json, back, count);
    order->employee = e;
    m->references[r].standing = RELEASED;
}

static void
return_asset(model_t *m)
{
    char json[128];
    int a = below(m, ASSETS);
    bool loses = below(m, 10) == 0;
    snprintf(json, sizeof json,
             loses ? "{'asset':'a%02d','state':'ASSET_LOST','condition':'x'}" : "{'asset':'a%02d'}",
             a);
    expect(m, loses ? "Accounts/WriteOffAsset" : "Accounts/ReturnAsset", json, KT_OK, 0);
    m->assets[a].holder = loses ? -2 : -1;
}

/* ---- all of it ---- */

static void
make(model_t *m)
{
    char json[256];
    expect(m, "Software/CreateProduct", "{'product':{'product':'p'}}", KT_OK, 0);
    for (int l = 0; l < LICENCES; l++) {
        /* Terms of days in November 2026: the clock begins on the second. */
        m->licences[l].seats = 1 + (unsigned)below(m, 5);
        m->licences[l].from = below(m, 8);
        m->licences[l].until = below(m, 3) == 0 ? -1 : m->licences[l].from + below(m, 15);
        snprintf(json, sizeof json,
                 "{'licence':{'licence':'l%d','product':'p','seats':%u,'fromDate':'2026-11-%02d'",
                 l, m->licences[l].seats, 2 + m->licences[l].from);
        if (m->licences[l].until >= 0)
            snprintf(json + strlen(json), sizeof json - strlen(json), ",'untilDate':'2026-11-%02d'",
                     2 + m->licences[l].until);
        strcat(json, "}}");
        expect(m, "Software/ActivateLicence", json, KT_OK, 0);
    }
    for (int a = 0; a < ASSETS; a++) {
        m->assets[a].holder = -1;
        snprintf(json, sizeof json, "{'asset':{'asset':'a%02d','kind':'%s'}}", a,
                 a % 2 == 0 ? "laptop" : "phone");
        expect(m, "Accounts/RegisterAsset", json, KT_OK, 0);
    }
}

/* What is told of an employee is what the model has. */
static void
look_at(model_t *m, int e)
{
    char json[64], wanted[512];
    const char *answer = NULL, *before = "";
    unsigned assets = 0;
    snprintf(wanted, sizeof wanted, "{\"employee\":\"e%d\"", e);
    for (int a = 0; a < ASSETS; a++)
        if (m->assets[a].holder == e)
            snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s\"a%02d\"",
                     assets++ ? "," : ",\"assets\":[", a);
    strcat(wanted, assets ? "]" : "");
    for (int l = 0; l < LICENCES; l++)
        if (m->licences[l].held[e] && in_term(m, l)) {
            snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s\"l%d\"",
                     before[0] ? "," : ",\"licences\":[", l);
            before = "]";
        }
    strcat(wanted, before);
    if (assets > 0)
        snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), ",\"outstanding\":%u",
                 assets);
    strcat(wanted, "}");
    snprintf(json, sizeof json, "{'employee':'e%d'}", e);
    assert_ok(story_call(m->room, "rev", "Accounts/ListHoldings", json, &answer));
    assert_string_equal(answer, wanted);
}

static void
step(model_t *m)
{
    char json[64];
    int what = below(m, 100);
    if (what < 35) {
        assign_seats(m);
    } else if (what < 55) {
        release_seats(m);
    } else if (what < 75) {
        assign_equipment(m);
    } else if (what < 80) {
        release_equipment(m);
    } else if (what < 98) {
        return_asset(m);
    } else if (what == 98 && below(m, 20) == 0) {
        int l = below(m, LICENCES);
        snprintf(json, sizeof json, "{'licence':'l%d'}", l);
        expect(m, "Software/EndLicence", json, KT_OK, 0);
        m->licences[l].ended = true;
    } else if (what == 99 && below(m, 3) == 0) {
        m->day++;
        room_set_now(m->room, ROOM_NOW_US + m->day * DAY_US);
    }
}

static void
they_are_what_the_model_says(void **state)
{
    const char *given = getenv("KANTOR_SEED");
    model_t m = {.room = *state};
    kt_prng_seed_system(&m.prng);
    uint64_t seed = given ? strtoull(given, NULL, 10) : kt_prng_next(&m.prng) % 1000000;
    print_message("KANTOR_SEED=%llu\n", (unsigned long long)seed);
    kt_prng_seed(&m.prng, seed);
    make(&m);
    for (int i = 1; i <= STEPS; i++) {
        step(&m);
        room_forget(m.room);
        for (int e = 0; i % LOOK_EVERY == 0 && e < EMPLOYEES; e++)
            look_at(&m, e);
    }
    print_message("%u calls done, %u refused, %d days\n", m.done, m.refused, m.day);
    assert_int_equal(room_verify(m.room), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        nets_test(they_are_what_the_model_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
