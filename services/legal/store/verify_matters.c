/* deadline_due, matter_total and custodian. */
#include "store/matters.h"
#include "store/verifying.h"

static kt_status_t
of_deadline(legal_verifying_t *v, const void *fact)
{
    kt_key_t key;

    (void)legal_due_key(&key, (const legal_deadline_record_t *)fact);
    return legal_verify_say(v, LEGAL_TABLE_DEADLINE_DUE, &key, kt_span("", 0));
}

static kt_status_t
of_hold(legal_verifying_t *v, const void *fact)
{
    const legal_hold_record_t *hold = (const legal_hold_record_t *)fact;
    const kt_span_t *custodians = (const kt_span_t *)hold->custodians.items;
    kt_key_t key;

    for (uint32_t i = 0; legal_is_active(hold) && i < hold->custodians.count; i++) {
        (void)legal_custodian_key(&key, custodians[i], hold);
        KT_TRY(legal_verify_say(v, LEGAL_TABLE_CUSTODIAN, &key, kt_span("", 0)));
    }
    return kt_ok();
}

/* The totals of a matter, added up from its costs; as many as there are currencies in them. */
typedef struct sums {
    legal_total_record_t totals[LEGAL_CURRENCIES_MAX];
    char currencies[LEGAL_CURRENCIES_MAX][3];
    uint32_t count;
} sums_t;

static void
add(sums_t *sums, const legal_cost_record_t *cost)
{
    uint32_t i = 0;

    while (i < sums->count && !kt_span_equal(sums->totals[i].currency, cost->currency))
        i++;
    if (i == LEGAL_CURRENCIES_MAX || cost->currency.size != 3)
        return; /* then some total is not what the costs say, and is found */
    if (i == sums->count) {
        memcpy(sums->currencies[i], cost->currency.data, 3);
        sums->totals[i].currency = kt_span(sums->currencies[i], 3);
        sums->count++;
    }
    sums->totals[i].amount_minor = (int64_t)((uint64_t)sums->totals[i].amount_minor +
                                             (uint64_t)cost->amount_minor);
}

static kt_status_t
of_matter(legal_verifying_t *v, const void *fact)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    const legal_matter_record_t *matter = (const legal_matter_record_t *)fact;
    legal_cost_record_t cost;
    sums_t sums = {0};
    kt_key_t key;

    (void)kt_key_of_name(&key, matter->matter);
    KT_TRY(kt_rows_begin(&rows, &v->inner, LEGAL_TABLE_MATTER_COST, &key));
    while (kt_rows_next(&rows, &legal_cost_layout, &cost))
        add(&sums, &cost);
    KT_TRY(rows.status);
    for (uint32_t i = 0; i < sums.count; i++) {
        uint8_t value[16];
        kt_writer_t w = kt_writer(value, sizeof value);

        kt_layout_put(&w, &legal_total_layout, &sums.totals[i]);
        (void)kt_key_name(kt_key_of_name(&key, matter->matter), sums.totals[i].currency);
        KT_TRY(legal_verify_say(v, LEGAL_TABLE_MATTER_TOTAL, &key, kt_written(&w)));
    }
    return kt_ok();
}

static bool
read_matter_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);

    ((legal_matter_record_t *)row)->matter = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_verify_matters(kt_txn_t *txn, const legal_verify_sink_t *sink)
{
    KT_CLEANUP(legal_verify_end) legal_verifying_t v = {0};

    KT_TRY(legal_verify_begin(&v, txn, sink));
    KT_TRY(legal_verify_each(&v, LEGAL_TABLE_MATTER_DEADLINE, &legal_deadline_layout,
                             legal_read_deadline_key, of_deadline));
    KT_TRY(legal_verify_each(&v, LEGAL_TABLE_LEGAL_HOLD, &legal_hold_layout, legal_read_hold_key,
                             of_hold));
    KT_TRY(legal_verify_each(&v, LEGAL_TABLE_MATTER, &legal_matter_layout, read_matter_key,
                             of_matter));
    KT_TRY(legal_verify_count(&v, LEGAL_TABLE_DEADLINE_DUE));
    KT_TRY(legal_verify_count(&v, LEGAL_TABLE_CUSTODIAN));
    return legal_verify_count(&v, LEGAL_TABLE_MATTER_TOTAL);
}
