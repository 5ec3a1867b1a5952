/* Seats and equipment by chance, against a model that counts on its fingers. */
#include "story.h"

#define DAY_US INT64_C(86400000000)

enum { LICENCES = 6, EMPLOYEES = 9, ASSETS = 14, STEPS = 4000, LOOK_EVERY = 250 };

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
    } assets[ASSETS];
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

static void
assign_equipment(model_t *m)
{
    char json[256], wanted[256] = "{\"assets\":[";
    const char *answer = NULL;
    int e = below(m, EMPLOYEES), count = 1 + below(m, 3);
    bool taken[ASSETS] = {false}, enough = true;
    snprintf(json, sizeof json, "{'employee':'e%d','kinds':[", e);
    for (int i = 0; i < count; i++) {
        int kind = below(m, 2), a = lowest(m, kind, taken);
        snprintf(json + strlen(json), sizeof json - strlen(json), "%s'%s'", i ? "," : "",
                 kind == 0 ? "laptop" : "phone");
        snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s\"a%02d\"",
                 i ? "," : "", a);
        enough = enough && a >= 0;
        if (a >= 0)
            taken[a] = true;
    }
    strcat(json, "]}");
    strcat(wanted, "]}");
    if (!enough) {
        expect(m, "Accounts/AssignEquipment", json, KT_RESOURCE_EXHAUSTED, IT_OUT_OF_STOCK);
        return;
    }
    assert_ok(story_call(m->room, "legal", "Accounts/AssignEquipment", json, &answer));
    assert_string_equal(answer, wanted);
    for (int a = 0; a < ASSETS; a++)
        if (taken[a])
            m->assets[a].holder = e;
    m->done++;
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
    } else if (what < 77) {
        assign_equipment(m);
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
