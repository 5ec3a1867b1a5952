/* No record passes what a row may have, and no call passes what its journal record may have,
 * however long the texts are. */
#include "testing.h"

#include "store/allowances.h"
#include "store/employees.h"
#include "store/payables.h"

#include <kt/journal.h>

/* The most bytes that a record of the layout has. */
static size_t
most(const kt_layout_t *layout)
{
    size_t size = 0;
    for (uint32_t i = 0; i < layout->count; i++) {
        const kt_field_t *field = &layout->fields[i];
        if (field->flags & KT_KEYED)
            continue;
        if (field->kind == KT_FIELD_NAME || field->kind == KT_FIELD_TEXT)
            size += 2 + (size_t)field->max;
        else if (field->kind == KT_FIELD_PART)
            size += most(field->of);
        else
            size += 8; /* no number has more */
    }
    return size;
}

static void
every_record_fits_a_row(void **state)
{
    (void)state;
    const kt_layout_t *const LAYOUTS[] = {
        &fin_cost_centre_layout, &fin_budget_layout,    &fin_reservation_layout,
        &fin_expiry_layout,      &fin_schedule_layout,  &fin_payable_layout,
        &fin_contract_layout,    &fin_headcount_layout, &fin_place_layout,
        &fin_employee_layout,    &fin_clearance_layout,
    };
    for (size_t i = 0; i < KT_COUNT(LAYOUTS); i++)
        if (most(LAYOUTS[i]) > KT_ROW_BYTES_MAX)
            fail_msg("%s may have %zu bytes", LAYOUTS[i]->name, most(LAYOUTS[i]));
}

/* A schedule writes most: itself, all its lines, its reservation and an event. */
static void
the_longest_schedule_fits_a_journal_record(void **state)
{
    (void)state;
    size_t key = FIN_NAME_BYTES_MAX + 1 + sizeof(uint32_t) + 16; /* and what leads a change */
    size_t lines = FIN_SCHEDULE_LINES_MAX * (most(&fin_payable_layout) + key);
    assert_true(lines + 3 * (KT_ROW_BYTES_MAX + key) < KT_WRITE_SET_BYTES_MAX);
}

/* Keys are made of names: the longest is that of what expires. */
static void
every_key_fits(void **state)
{
    (void)state;
    char symbol[FIN_SYMBOL_BYTES_MAX + 1], name[FIN_NAME_BYTES_MAX + 1];
    memset(symbol, 'A', sizeof(symbol) - 1);
    memset(name, 'a', sizeof(name) - 1);
    symbol[sizeof(symbol) - 1] = name[sizeof(name) - 1] = '\0';
    fin_budget_record_t budget = {.cost_centre = kt_span_str(name),
                                  .commodity = kt_span_str(symbol)};
    fin_expiry_t expiry = {.reservation = kt_span_str(name)};
    kt_key_t own, key;
    fin_allowance_key_t of = {FIN_SCARCE_BUDGET, fin_budget_key(&own, UINT64_MAX, &budget)};
    fin_expiry_key(&key, &of, &expiry);
    assert_true(key.size <= KT_KV_KEY_BYTES_MAX);
    /* And what is read back is what was written, whatever stands in the numbers. */
    kt_reader_t r = kt_reader(kt_key_span(&key));
    assert_int_equal(kt_get_u8(&r), FIN_SCARCE_BUDGET);
    assert_int_equal(kt_get_u64(&r), UINT64_MAX);
    assert_span_equal(kt_key_get_name(&r), kt_span_str(name));
    assert_span_equal(kt_key_get_name(&r), kt_span_str(symbol));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_fits_a_row),
        cmocka_unit_test(the_longest_schedule_fits_a_journal_record),
        cmocka_unit_test(every_key_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
