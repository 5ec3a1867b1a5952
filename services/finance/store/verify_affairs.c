#include "store/verify_affairs.h"

#include "store/employees.h"
#include "store/payables.h"
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

/* Beside fin_scarce_t: what schedules have of a reservation, reserved what is not paid. */
#define OF_RESERVATION 3

/* The sums of an allowance, zero at first; NULL when memory is out. */
static sums_t *
sums_of(affairs_t *affairs, uint8_t kind, const kt_key_t *own)
{
    kt_key_t buffer;
    kt_key_bytes(kt_key_u8(kt_key(&buffer), kind), own->data, own->size);
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

/* The name at the end of a key that has names alone behind its part. */
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
check_leads(fin_verify_t *v, uint32_t index, uint32_t table, kt_span_t name)
{
    kt_key_t key;
    bool found;
    KT_TRY(kt_row_has(&v->call, table, kt_key_of_name(&key, name), &found));
    if (!found)
        find(v, index, name, "it leads to nothing");
    return kt_ok();
}

static kt_status_t
check_expiry(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    kt_reader_t r = kt_reader(key);
    (void)value;
    bool of_budget = kt_get_u8(&r) == FIN_SCARCE_BUDGET;
    (void)kt_get_u64(&r);
    (void)kt_key_get_name(&r); /* cost centre */
    (void)kt_key_get_name(&r); /* commodity, or position */
    if (of_budget)
        (void)kt_get_u32(&r);
    (void)kt_get_key_i64(&r);
    kt_span_t name = kt_key_get_name(&r);
    return check_leads(v, FIN_TABLE_EXPIRY,
                       of_budget ? FIN_TABLE_RESERVATION : FIN_TABLE_HEADCOUNT_RESERVATION, name);
}

static kt_status_t
check_reservation_place(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    (void)value;
    return check_leads(v, FIN_TABLE_RESERVATION_PLACE, FIN_TABLE_RESERVATION, last_name(key));
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
    sums_t *sums = sums_of((affairs_t *)v, (uint8_t)of.kind, of.key);
    const sums_t *scheduled = sums_of((affairs_t *)v, OF_RESERVATION, kt_key_of_name(&place, name));
    if (sums == NULL || scheduled == NULL)
        return fin_out_of_memory();
    if (r->scheduled_minor != scheduled->reserved || r->spent_minor != scheduled->used)
        find(v, FIN_TABLE_RESERVATION, name,
             "found scheduled %lld, spent %lld, its schedules say %lld, %lld",
             (long long)r->scheduled_minor, (long long)r->spent_minor,
             (long long)scheduled->reserved, (long long)scheduled->used);
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
    const sums_t *sums = sums_of((affairs_t *)v, (uint8_t)of.kind, of.key);
    if (sums == NULL)
        return fin_out_of_memory();
    compare(v, FIN_TABLE_BUDGET, budget.cost_centre, &budget.allowance, sums);
    return kt_ok();
}

/* ---- payables ---- */

/* One line: what is to be paid stands among what is due, and nothing else does. */
static kt_status_t
check_line(fin_verify_t *v, uint64_t part, const fin_plan_t *plan, uint32_t at)
{
    const fin_payable_record_t *line = &plan->lines[at];
    kt_key_t key;
    bool open = plan->schedule.state == FIN_SCHEDULE_OPEN && line->paid_on == KT_DATE_NONE;
    return expect_row(v, FIN_TABLE_PAYABLE_DUE, fin_payable_due_key(&key, part, line),
                      line->schedule, open);
}

static kt_status_t
check_plan(fin_verify_t *v, uint64_t part, const fin_plan_t *plan)
{
    const fin_schedule_record_t *schedule = &plan->schedule;
    int64_t amount = 0, paid = 0;
    uint32_t count = 0;
    kt_key_t key;
    for (uint32_t i = 0; i < schedule->lines_count; i++) {
        bool is_paid = plan->lines[i].paid_on != KT_DATE_NONE;
        amount += plan->lines[i].amount_minor;
        paid += is_paid ? plan->lines[i].amount_minor : 0;
        count += is_paid;
        KT_TRY(check_line(v, part, plan, i));
    }
    if (amount != schedule->amount_minor || paid != schedule->paid_minor ||
        count != schedule->paid_count)
        find(v, FIN_TABLE_SCHEDULE, schedule->schedule,
             "found %lld and %lld paid, its lines say %lld and %lld",
             (long long)schedule->amount_minor, (long long)schedule->paid_minor, (long long)amount,
             (long long)paid);
    sums_t *sums = sums_of((affairs_t *)v, OF_RESERVATION,
                           kt_key_of_name(&key, schedule->reservation));
    if (sums == NULL)
        return fin_out_of_memory();
    sums->used += paid;
    sums->reserved += schedule->state == FIN_SCHEDULE_OPEN ? amount - paid : 0;
    return kt_ok();
}

static kt_status_t
check_schedule(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    fin_plan_t plan;
    uint64_t part;
    (void)value;
    kt_status_t status = fin_store_load_plan(&v->call, last_name(key), &plan);
    if (!kt_failed(status))
        status = fin_store_part(&v->call, plan.schedule.book, &part);
    if (status.code == KT_DATA_LOSS || status.code == KT_NOT_FOUND) {
        find(v, FIN_TABLE_SCHEDULE, last_name(key), "%s", status.text);
        return kt_ok();
    }
    KT_TRY(status);
    return check_plan(v, part, &plan);
}

/* A row of what is due: those of lines that are there were met with their schedules. */
static kt_status_t
check_due(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    kt_reader_t r = kt_reader(key);
    kt_key_t payable;
    bool found;
    (void)value;
    (void)kt_get_u64(&r);
    (void)kt_key_get_date(&r);
    kt_span_t schedule = kt_key_get_name(&r);
    kt_key_u32(kt_key_of_name(&payable, schedule), kt_get_u32(&r));
    KT_TRY(kt_row_has(&v->call, FIN_TABLE_PAYABLE, &payable, &found));
    if (!kt_reader_done(&r) || !found)
        find(v, FIN_TABLE_PAYABLE_DUE, schedule, "it leads to nothing");
    return kt_ok();
}

/* ---- headcounts and employees ---- */

static kt_status_t
check_place(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    fin_place_facts_t facts;
    fin_headcount_work_t work;
    kt_key_t headcount;
    (void)value;
    kt_span_t name = last_name(key);
    kt_status_t status = fin_store_load_place(&v->call, name, &facts, &work);
    if (status.code == KT_DATA_LOSS || status.code == KT_NOT_FOUND) {
        find(v, FIN_TABLE_HEADCOUNT_RESERVATION, name, "%s", status.text);
        return kt_ok();
    }
    KT_TRY(status);
    fin_allowance_key_t of = {FIN_SCARCE_HEADCOUNT,
                              fin_headcount_key(&headcount, work.part, &facts.headcount)};
    fin_expiry_t expiry = {name, facts.place.expires_us, 1};
    bool active = facts.place.state == FIN_HEADCOUNT_RESERVED &&
                  facts.place.expires_us > facts.headcount.allowance.seen_us;
    sums_t *sums = sums_of((affairs_t *)v, FIN_SCARCE_HEADCOUNT, of.key);
    if (sums == NULL)
        return fin_out_of_memory();
    sums->active += active;
    sums->reserved += active;
    return expect_expiry(v, &of, &expiry, active);
}

static kt_status_t
check_employee(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    fin_employee_record_t employee;
    uint64_t part;
    kt_key_t own;
    (void)value;
    kt_span_t name = last_name(key);
    kt_status_t status = fin_store_load_employee(&v->call, name, &employee);
    if (!kt_failed(status))
        status = fin_store_part(&v->call, employee.book, &part);
    if (status.code == KT_DATA_LOSS || status.code == KT_NOT_FOUND) {
        find(v, FIN_TABLE_EMPLOYEE, name, "%s", status.text);
        return kt_ok();
    }
    KT_TRY(status);
    sums_t *sums = sums_of((affairs_t *)v, FIN_SCARCE_HEADCOUNT,
                           fin_place_key(&own, part, employee.cost_centre, employee.position));
    if (sums == NULL)
        return fin_out_of_memory();
    sums->used += employee.state == FIN_EMPLOYEE_HIRED;
    return expect_row(v, FIN_TABLE_EMPLOYEE_PLACE,
                      fin_place_key(&own, part, employee.cost_centre, name), name, true);
}

static kt_status_t
check_employee_place(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    (void)value;
    return check_leads(v, FIN_TABLE_EMPLOYEE_PLACE, FIN_TABLE_EMPLOYEE, last_name(key));
}

static kt_status_t
check_headcount(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    fin_headcount_record_t headcount;
    kt_key_t own;
    if (!kt_layout_get(v->arena, value, &fin_headcount_layout, &headcount)) {
        find(v, FIN_TABLE_HEADCOUNT, last_name(key), "it does not read back");
        return kt_ok();
    }
    const sums_t *sums = sums_of((affairs_t *)v, FIN_SCARCE_HEADCOUNT,
                                 kt_key_bytes(kt_key(&own), key.data, key.size));
    if (sums == NULL)
        return fin_out_of_memory();
    compare(v, FIN_TABLE_HEADCOUNT, headcount.position, &headcount.allowance, sums);
    return kt_ok();
}

/* ---- the whole ---- */

/* Schedules before the reservations that they draw on, those before their budgets; the same of
 * headcounts. */
static kt_status_t
run(fin_verify_t *v)
{
    static const struct {
        uint32_t table;
        fin_verify_check_t check;
    } CHECKS[] = {
        {FIN_TABLE_SCHEDULE, check_schedule},
        {FIN_TABLE_RESERVATION, check_reservation},
        {FIN_TABLE_BUDGET, check_budget},
        {FIN_TABLE_HEADCOUNT_RESERVATION, check_place},
        {FIN_TABLE_EMPLOYEE, check_employee},
        {FIN_TABLE_HEADCOUNT, check_headcount},
        {FIN_TABLE_RESERVATION_PLACE, check_reservation_place},
        {FIN_TABLE_EXPIRY, check_expiry},
        {FIN_TABLE_PAYABLE_DUE, check_due},
        {FIN_TABLE_EMPLOYEE_PLACE, check_employee_place},
    };
    for (size_t i = 0; i < KT_COUNT(CHECKS); i++)
        KT_TRY(fin_verify_each(v, CHECKS[i].table, CHECKS[i].check));
    return kt_ok();
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
