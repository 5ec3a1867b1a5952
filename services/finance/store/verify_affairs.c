#include "store/verify_affairs.h"

#include "store/budgets.h"
#include "store/verifying.h"

#include <stdio.h>

#define ARENA_FIRST_BYTES 65536
#define ARENA_BYTES_MAX   (64u << 20)

/* What the reservations of one allowance add up to. */
typedef struct sums {
    fin_fact_t fact;
    kt_span_t key; /* of its kind, and its own */
    int64_t reserved, committed, used;
    uint32_t active;
} sums_t;

typedef struct affairs {
    fin_verify_t v; /* first, for the checks that get it */
    fin_fact_set_t sums;
} affairs_t;

/* The sums of an allowance, zero at first; NULL when memory is out. */
static sums_t *
sums_of(affairs_t *affairs, const fin_allowance_key_t *of)
{
    kt_key_t buffer;
    kt_key_bytes(kt_key_u8(kt_key(&buffer), (uint8_t)of->kind), of->key->data, of->key->size);
    kt_span_t key = kt_key_span(&buffer);
    uint64_t hash = fin_hash_text(key);
    for (fin_fact_t *f = NULL; (f = fin_fact_set_next(&affairs->sums, f, hash)) != NULL;)
        if (kt_span_equal(((sums_t *)f)->key, key))
            return (sums_t *)f;
    sums_t *made = KT_ARENA_NEW(affairs->v.lasting, sums_t);
    const char *copy = kt_arena_copy(affairs->v.lasting, key);
    if (made == NULL || copy == NULL)
        return NULL;
    made->key = kt_span(copy, key.size);
    fin_fact_set_add(&affairs->sums, &made->fact, hash);
    return made;
}

/* A finding about what has that name. */
static void
    KT_PRINTF(4, 5) find(fin_verify_t *v, uint32_t table, kt_span_t name, const char *what, ...)
{
    kt_finding_t finding = {.table = fin_tables[table].name};
    va_list args;
    snprintf(finding.key, sizeof(finding.key), "%.*s", (int)name.size, (const char *)name.data);
    va_start(args, what);
    vsnprintf(finding.what, sizeof(finding.what), what, args);
    va_end(args);
    v->sink->report(v->sink->context, &finding);
}

/* ---- rows of indexes ---- */

/* Whether the index has the row of a reservation exactly when it should. */
static kt_status_t
expect_row(fin_verify_t *v, uint32_t table, const kt_key_t *key, kt_span_t name, bool expected)
{
    bool found;
    KT_TRY(kt_row_has(&v->call, table, key, &found));
    if (found != expected)
        find(v, table, name, "%s", found ? "found, expected no record" : "no record");
    return kt_ok();
}

static kt_status_t
expect_expiry(fin_verify_t *v, const fin_allowance_key_t *of, const fin_expiry_t *expiry,
              bool active)
{
    kt_key_t key;
    fin_expiry_t row = {0};
    bool found;
    KT_TRY(expect_row(v, FIN_TABLE_EXPIRY, fin_expiry_key(&key, of, expiry), expiry->reservation,
                      active));
    KT_TRY(kt_row_get(&v->call, FIN_TABLE_EXPIRY, &key, &fin_expiry_layout, &row, &found));
    if (found && row.amount != expiry->amount)
        find(v, FIN_TABLE_EXPIRY, expiry->reservation, "found %lld, expected %lld",
             (long long)row.amount, (long long)expiry->amount);
    return kt_ok();
}

/* The name at the end of a key: what stands before its last zero byte. */
static kt_span_t
last_name(kt_span_t key)
{
    size_t end = key.size > 0 ? key.size - 1 : 0, begin = end;
    while (begin > 0 && key.data[begin - 1] != 0)
        begin--;
    return kt_span(key.data + begin, end - begin);
}

/* Rows that lead to nothing were not met on the way from the reservations; those that lead to the
 * wrong place are missing in the right one. */
static kt_status_t
check_leads(fin_verify_t *v, uint32_t index, uint32_t table, kt_span_t key)
{
    kt_key_t name;
    bool found;
    kt_key_bytes(kt_key(&name), key.data, key.size);
    KT_TRY(kt_row_has(&v->call, table, kt_key_name(kt_key(&name), last_name(key)), &found));
    if (!found)
        find(v, index, last_name(key), "there is no such reservation");
    return kt_ok();
}

static kt_status_t
check_expiry(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    (void)value;
    return check_leads(v, FIN_TABLE_EXPIRY, FIN_TABLE_RESERVATION, key);
}

static kt_status_t
check_reservation_place(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    (void)value;
    return check_leads(v, FIN_TABLE_RESERVATION_PLACE, FIN_TABLE_RESERVATION, key);
}

/* ---- budgets ---- */

static kt_status_t
check_reservation(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    fin_reservation_facts_t facts;
    fin_budget_work_t work;
    kt_key_t place, budget;
    (void)value;
    kt_span_t name = last_name(key);
    kt_status_t status = fin_store_load_reservation_facts(&v->call, name, &facts, &work);
    if (status.code == KT_DATA_LOSS || status.code == KT_NOT_FOUND) {
        find(v, FIN_TABLE_RESERVATION, name, "%s", status.text);
        return kt_ok();
    }
    KT_TRY(status);
    const fin_reservation_record_t *r = &facts.reservation;
    const fin_allowance_t *allowance = &facts.budget.allowance;
    fin_allowance_key_t of = {FIN_SCARCE_BUDGET, fin_budget_key(&budget, work.part, &facts.budget)};
    fin_expiry_t expiry = {name, r->expires_us, r->amount_minor};
    bool active = r->state == FIN_RESERVATION_RESERVED && r->expires_us > allowance->seen_us;
    sums_t *sums = sums_of((affairs_t *)v, &of);
    if (sums == NULL)
        return fin_out_of_memory();
    sums->active += active;
    sums->reserved += active ? r->amount_minor : 0;
    sums->committed += r->state == FIN_RESERVATION_COMMITTED ? fin_reservation_left(r) : 0;
    sums->used += r->spent_minor;
    KT_TRY(expect_row(v, FIN_TABLE_RESERVATION_PLACE,
                      fin_place_key(&place, work.part, r->cost_centre, name), name, true));
    return expect_expiry(v, &of, &expiry, active);
}

static void
compare(fin_verify_t *v, uint32_t table, kt_span_t name, const fin_allowance_t *is,
        const sums_t *sums)
{
    if (is->reserved != sums->reserved || is->committed != sums->committed ||
        is->used != sums->used || is->active != sums->active)
        find(v, table, name,
             "found reserved %lld, committed %lld, used %lld, expected %lld, %lld, %lld",
             (long long)is->reserved, (long long)is->committed, (long long)is->used,
             (long long)sums->reserved, (long long)sums->committed, (long long)sums->used);
    if (fin_allowance_free(is) < 0)
        find(v, table, name, "%lld more is taken than there is",
             -(long long)fin_allowance_free(is));
}

static kt_status_t
check_budget(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    fin_budget_record_t budget;
    kt_key_t own;
    if (!kt_layout_get(v->arena, value, &fin_budget_layout, &budget)) {
        find(v, FIN_TABLE_BUDGET, last_name(key), "it does not read back");
        return kt_ok();
    }
    fin_allowance_key_t of = {FIN_SCARCE_BUDGET, kt_key_bytes(kt_key(&own), key.data, key.size)};
    const sums_t *sums = sums_of((affairs_t *)v, &of);
    if (sums == NULL)
        return fin_out_of_memory();
    compare(v, FIN_TABLE_BUDGET, budget.cost_centre, &budget.allowance, sums);
    return kt_ok();
}

/* ---- the whole ---- */

static kt_status_t
run(fin_verify_t *v)
{
    KT_TRY(fin_verify_each(v, FIN_TABLE_RESERVATION, check_reservation));
    KT_TRY(fin_verify_each(v, FIN_TABLE_BUDGET, check_budget));
    KT_TRY(fin_verify_each(v, FIN_TABLE_RESERVATION_PLACE, check_reservation_place));
    return fin_verify_each(v, FIN_TABLE_EXPIRY, check_expiry);
}

kt_status_t
fin_store_verify_affairs(kt_txn_t *txn, const fin_verify_sink_t *sink)
{
    kt_arena_t *arena KT_CLEANUP(kt_arena_destroy) = kt_arena_new(ARENA_FIRST_BYTES,
                                                                  ARENA_BYTES_MAX);
    kt_arena_t *lasting KT_CLEANUP(kt_arena_destroy) = kt_arena_new(ARENA_FIRST_BYTES,
                                                                    ARENA_BYTES_MAX);
    affairs_t affairs = {.v = {.sink = sink, .arena = arena, .lasting = lasting}};
    if (arena == NULL || lasting == NULL || !fin_fact_set_init(&affairs.sums, lasting, 1024))
        return fin_out_of_memory();
    kt_call_init(&affairs.v.call, arena, txn, "", 0);
    return run(&affairs.v);
}
