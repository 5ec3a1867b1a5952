/* The verification of derived tables: what is missing, what is stray and what differs is found. */
#include "testing.h"

#include "store/matters.h"
#include "store/tables.h"
#include "store/tasks.h"
#include "store/verify.h"

#define S(t) kt_span_str(t)

typedef struct world {
    kt_kv_t *store;
    kt_txn_t *txn;
    kt_arena_t *arena;
    kt_call_t call;
    unsigned found;
    char table[64];
} world_t;

static void
find(void *context, const char *table, const char *key, const char *what)
{
    world_t *w = (world_t *)context;
    (void)key, (void)what;
    w->found++;
    snprintf(w->table, sizeof w->table, "%s", table);
}

static unsigned
verify(world_t *w)
{
    const legal_verify_sink_t sink = {.find = find, .context = w};
    w->found = 0;
    assert_ok(legal_store_verify_policies(w->txn, &sink));
    assert_ok(legal_store_verify_matters(w->txn, &sink));
    return w->found;
}

/* One of everything: an employee with an open task of whom one day was told, a matter with a
 * deadline, a cost and a hold. */
static void
fill(world_t *w)
{
    legal_day_record_t days[] = {{7}, {14}};
    kt_span_t custodian = S("ana");
    uint32_t none_before = 1;
    legal_employee_record_t ana = {.employee = S("ana"),
                                   .principal = S("ana.k"),
                                   .unit = S("sales"),
                                   .name = S("Ana"),
                                   .left_on = KT_DATE_NONE};
    legal_due_t due = {.task = {.employee = S("ana"),
                                .policy = S("p"),
                                .version = 1,
                                .state = LEGAL_TASK_AT_OPEN,
                                .escalations = {days, 2}},
                       .next = 7,
                       .after = 14,
                       .moves = true};
    legal_asked_t asked = {.makes = true, .task = due.task};
    legal_deadline_record_t deadline = {
        .matter = S("m"), .deadline = S("d"), .due_on = 20, .source = 1};
    legal_cost_record_t cost = {
        .matter = S("m"), .number = 1, .currency = S("EUR"), .amount_minor = 5};
    legal_total_record_t total = {.currency = S("EUR"), .amount_minor = 5};
    legal_hold_record_t hold = {.matter = S("m"), .hold = S("h"), .custodians = {&custodian, 1}};
    legal_escalation_record_t told = {
        .employee = S("ana"), .policy = S("p"), .version = 1, .days = 7, .level = 1};
    assert_ok(legal_store_put_employee(&w->call, &ana));
    assert_ok(legal_store_put_asked(&w->call, &asked));
    assert_ok(legal_store_put_escalations(&w->call, &due, 1, &told, 1));
    assert_ok(legal_store_put_matter(&w->call, &(legal_matter_record_t){.matter = S("m")}));
    assert_ok(legal_store_put_deadline(&w->call, &deadline));
    assert_ok(legal_store_put_cost(&w->call, &cost, &total));
    assert_ok(legal_store_put_hold(&w->call, &hold, &none_before));
}

static void
every_derived_table_is_held_against_the_facts(void **state)
{
    (void)state;
    static const uint32_t derived[] = {
        LEGAL_TABLE_EMPLOYEE_PRINCIPAL, LEGAL_TABLE_TASK_OPEN,    LEGAL_TABLE_TASK_NEXT,
        LEGAL_TABLE_DEADLINE_DUE,       LEGAL_TABLE_MATTER_TOTAL, LEGAL_TABLE_CUSTODIAN,
    };
    world_t w = {.arena = kt_arena_new(65536, 1 << 24)};
    kt_kv_options_t options = {.service = "legal",
                               .format = LEGAL_FORMAT,
                               .tables = legal_tables,
                               .tables_count = LEGAL_TABLES_COUNT};
    assert_ok(kt_kv_open_ram(&options, &w.store));
    assert_ok(kt_kv_begin_write(w.store, &w.txn));
    kt_call_init(&w.call, w.arena, w.txn, "lea", 0);
    w.call.shared_first = LEGAL_TABLE_SHARED;
    fill(&w);
    assert_int_equal(verify(&w), 0);
    for (size_t i = 0; i < KT_COUNT(derived); i++) {
        KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
        kt_key_t all;
        kt_span_t key, value;
        assert_ok(kt_rows_begin(&rows, &w.call, derived[i], kt_key(&all)));
        assert_true(kt_rows_next(&rows, NULL, NULL));
        key = rows.key;
        assert_ok(kt_kv_get(w.txn, derived[i], key, &value));
        const char *copy = kt_arena_copy(w.arena, value);
        size_t size = value.size;

        assert_ok(kt_kv_delete(w.txn, derived[i], key));
        assert_int_equal(verify(&w), 2); /* it is not there, and there are too few */
        assert_string_equal(w.table, legal_tables[derived[i]].name);
        assert_ok(kt_kv_put(w.txn, derived[i], key, S("other bytes")));
        assert_int_equal(verify(&w), 1);
        assert_string_equal(w.table, legal_tables[derived[i]].name);
        assert_ok(kt_kv_put(w.txn, derived[i], key, kt_span(copy, size)));
        assert_int_equal(verify(&w), 0);
        assert_ok(kt_kv_put(w.txn, derived[i], S("\x7fstray"), kt_span(copy, size)));
        assert_int_equal(verify(&w), 1);
        assert_ok(kt_kv_delete(w.txn, derived[i], S("\x7fstray")));
    }
    kt_kv_abort(&w.txn);
    kt_kv_close(&w.store);
    kt_arena_destroy(&w.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_derived_table_is_held_against_the_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
