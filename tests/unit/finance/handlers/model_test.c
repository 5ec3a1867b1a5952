/* Random calls on finance, each against the oracle's answer; then every record against the oracle's
 * sums. */
#include "oracle.h"

#include "handlers/books.h"
#include "handlers/posting.h"
#include "store/entries.h"
#include "store/lookup.h"

#include <kt/prng.h>
#include <stdlib.h>

#define STEPS      1500
#define LOOK_EVERY 250
#define BATCH_MAX  6
#define SOURCES    60
#define FIRST_DAY  20700 /* 2026-09-04 */
#define DAYS       260   /* over the end of a fiscal year */

typedef struct model {
    office_t office;
    oracle_t *oracle;
    kt_prng_t prng;
    oracle_draft_t before; /* the draft made last, to be sent again */
    uint32_t accepted, refusals;
} model_t;

static char book[] = "acme";
static const char *const words[] = {"", "rent", "a longer description of what was bought"};

static uint32_t
below(model_t *m, uint64_t bound)
{
    return (uint32_t)kt_prng_below(&m->prng, bound);
}

static bool
chance(model_t *m, uint32_t percent)
{
    return below(m, 100) < percent;
}

/* ---- drafts ---- */

static int64_t
random_amount(model_t *m)
{
    int64_t amount = chance(m, 2) ? INT64_MAX / (1 + below(m, 4)) : 1 + below(m, 200);
    return chance(m, 50) ? amount : -amount;
}

static uint32_t
random_account(model_t *m)
{
    return below(m, chance(m, 3) ? ORACLE_ACCOUNTS : OFFICE_ACCOUNTS - 1);
}

static uint32_t
random_commodity(model_t *m)
{
    return chance(m, 1) ? ORACLE_UNKNOWN : below(m, chance(m, 30) ? ORACLE_COMMODITIES : 1);
}

static oracle_draft_t
random_draft(model_t *m)
{
    if (m->before.count > 0 && chance(m, 5))
        return m->before;
    oracle_draft_t draft = {.days = FIRST_DAY + (int32_t)below(m, DAYS),
                            .source = chance(m, 15) ? 1 + below(m, SOURCES) : 0,
                            .words = below(m, KT_COUNT(words)),
                            .one_sided = chance(m, 4)};
    uint32_t pairs = 1 + below(m, 3);
    for (uint32_t i = 0; i < pairs; i++) {
        int64_t amount = random_amount(m);
        uint32_t commodity = random_commodity(m);
        draft.lines[draft.count++] = (oracle_line_t){random_account(m), commodity, amount};
        draft.lines[draft.count++] = (oracle_line_t){random_account(m), commodity, -amount};
    }
    if (chance(m, 15)) { /* an exchange, mostly */
        draft.lines[draft.count++] = (oracle_line_t){random_account(m), ORACLE_EUR,
                                                     1 + below(m, 50)};
        draft.lines[draft.count++] = (oracle_line_t){random_account(m), ORACLE_ACME,
                                                     chance(m, 80) ? -7 : 7};
    }
    if (chance(m, 6))
        draft.count--;
    m->before = draft;
    return draft;
}

static fin_entry_draft_t *
to_pb(model_t *m, const oracle_draft_t *draft)
{
    office_line_t lines[ORACLE_LINES];
    char date[11], source[16] = "";
    for (uint32_t i = 0; i < draft->count; i++)
        lines[i] = (office_line_t){oracle_account(draft->lines[i].account),
                                   oracle_commodity(draft->lines[i].commodity),
                                   draft->lines[i].amount};
    kt_date_format(kt_date_from_days(draft->days), date);
    if (draft->source != 0)
        snprintf(source, sizeof(source), "bank:%u", draft->source);
    fin_entry_draft_t *made = office_draft(&m->office, date, source, lines, draft->count);
    made->description = kt_arena_strdup(m->office.arena, words[draft->words]);
    made->one_sided = draft->one_sided;
    return made;
}

static char *
entry_name(model_t *m, uint32_t sequence)
{
    const oracle_entry_t *entry = &m->oracle->entries[sequence];
    return (char *)fin_entry_name(m->office.arena, entry->year, entry->number);
}

/* ---- steps ---- */

static void
compare(model_t *m, kt_status_t status, oracle_answer_t expected)
{
    if (status.code != (uint32_t)expected.code || status.reason != expected.reason)
        fail_msg("got %s, reason %u (%s), expected %s, reason %u", kt_code_name(status.code),
                 (unsigned)status.reason, status.text ? status.text : "",
                 kt_code_name(expected.code), (unsigned)expected.reason);
    kt_status_t ended = office_end(&m->office, status);
    assert_int_equal(ended.code, status.code);
    if (kt_failed(status))
        m->refusals++;
    else
        m->accepted++;
}

static void
compare_posted(model_t *m, kt_status_t status, oracle_answer_t expected, const char *entry,
               uint64_t sequence)
{
    if (!kt_failed(status)) {
        assert_int_equal(sequence, expected.sequence);
        assert_string_equal(entry, entry_name(m, expected.sequence));
    }
    compare(m, status, expected);
}

static void
step_post(model_t *m)
{
    fin_post_entry_request_t request = FIN_POST_ENTRY_REQUEST_INIT;
    fin_posted_entry_t response = FIN_POSTED_ENTRY_INIT;
    oracle_draft_t draft = random_draft(m);
    request.book = book;
    request.entry = to_pb(m, &draft);
    kt_status_t status = fin_post_entry(&m->office.call, &request, &response);
    compare_posted(m, status, oracle_post(m->oracle, &draft), response.entry, response.sequence);
}

static void
compare_result(model_t *m, const fin_post_result_t *result, oracle_answer_t expected)
{
    assert_int_equal(result->code, expected.code);
    assert_int_equal(result->sequence, expected.sequence);
    if (expected.sequence != 0)
        assert_string_equal(result->entry, entry_name(m, expected.sequence));
}

static void
step_batch(model_t *m)
{
    fin_post_entries_request_t request = FIN_POST_ENTRIES_REQUEST_INIT;
    fin_post_entries_response_t response = FIN_POST_ENTRIES_RESPONSE_INIT;
    oracle_t *o = m->oracle, *whole = (oracle_t *)malloc(sizeof(*o));
    oracle_answer_t answers[BATCH_MAX], refusal = {0};
    fin_entry_draft_t *drafts[BATCH_MAX];
    memcpy(whole, o, sizeof(*o));
    request.book = book;
    request.n_entries = 1 + below(m, BATCH_MAX);
    request.entries = drafts;
    request.mode = chance(m, 70) ? FIN_BATCH_MODE_EACH : FIN_BATCH_MODE_ALL_OR_NOTHING;
    for (size_t i = 0; i < request.n_entries; i++) {
        oracle_draft_t draft = random_draft(m);
        drafts[i] = to_pb(m, &draft);
        answers[i] = oracle_post(o, &draft);
        if (refusal.code == KT_OK)
            refusal = answers[i];
    }
    kt_status_t status = fin_post_entries(&m->office.call, &request, &response);
    if (request.mode == FIN_BATCH_MODE_EACH)
        refusal = (oracle_answer_t){0};
    if (refusal.code != KT_OK)
        memcpy(o, whole, sizeof(*o));
    free(whole);
    for (size_t i = 0; i < response.n_results; i++)
        compare_result(m, response.results[i], answers[i]);
    compare(m, status, refusal);
}

static void
step_reverse(model_t *m)
{
    fin_reverse_entry_request_t request = FIN_REVERSE_ENTRY_REQUEST_INIT;
    fin_posted_entry_t response = FIN_POSTED_ENTRY_INIT;
    if (m->oracle->count == 0) {
        compare(m, kt_ok(), (oracle_answer_t){0});
        return;
    }
    uint32_t sequence = 1 + below(m, m->oracle->count);
    int32_t days = m->oracle->entries[sequence].draft.days;
    char date[11] = "";
    if (chance(m, 50)) {
        days = FIRST_DAY + (int32_t)below(m, DAYS);
        kt_date_format(kt_date_from_days(days), date);
    }
    request.book = book;
    request.entry = entry_name(m, sequence);
    request.date = date;
    kt_status_t status = fin_reverse_entry(&m->office.call, &request, &response);
    compare_posted(m, status, oracle_reverse(m->oracle, sequence, days), response.entry,
                   response.sequence);
}

static void
step_reserve(model_t *m)
{
    fin_reserve_hold_request_t request = FIN_RESERVE_HOLD_REQUEST_INIT;
    fin_hold_t wanted = FIN_HOLD_INIT, response = FIN_HOLD_INIT;
    oracle_hold_t hold = {.debit = below(m, OFFICE_ACCOUNTS),
                          .commodity = below(m, ORACLE_COMMODITIES),
                          .amount = 1 + below(m, 60),
                          .expires_us = m->office.now_us + 1 + below(m, 3000)};
    hold.credit = (hold.debit + 1 + below(m, OFFICE_ACCOUNTS - 1)) % OFFICE_ACCOUNTS;
    wanted.book = book;
    wanted.debit_account = kt_arena_strdup(m->office.arena, oracle_account(hold.debit));
    wanted.credit_account = kt_arena_strdup(m->office.arena, oracle_account(hold.credit));
    wanted.commodity = kt_arena_strdup(m->office.arena, oracle_commodity(hold.commodity));
    wanted.amount_minor = hold.amount;
    wanted.expires_us = hold.expires_us;
    request.hold = &wanted;
    kt_status_t status = fin_reserve_hold(&m->office.call, &request, &response);
    if (!kt_failed(status))
        snprintf(hold.id, sizeof(hold.id), "%s", response.hold);
    compare(m, status, oracle_reserve(m->oracle, &hold));
}

/* One of the newest holds: those further back have all ended. */
static oracle_hold_t *
random_hold(model_t *m)
{
    uint32_t back = below(m, KT_MIN(m->oracle->holds_count, 12u));
    return &m->oracle->holds[m->oracle->holds_count - 1 - back];
}

static void
step_commit(model_t *m)
{
    fin_commit_hold_request_t request = FIN_COMMIT_HOLD_REQUEST_INIT;
    fin_commit_hold_response_t response = FIN_COMMIT_HOLD_RESPONSE_INIT;
    oracle_hold_t *hold = random_hold(m);
    char date[11];
    int32_t days = FIRST_DAY + (int32_t)below(m, DAYS);
    kt_date_format(kt_date_from_days(days), date);
    request.book = book;
    request.hold = hold->id;
    request.amount_minor = below(m, 70);
    request.release_rest = chance(m, 20);
    request.date = date;
    kt_status_t status = fin_commit_hold(&m->office.call, &request, &response);
    oracle_answer_t expected = oracle_commit(m->oracle, hold, request.amount_minor,
                                             request.release_rest, days);
    if (!kt_failed(status))
        assert_int_equal(response.hold->committed_minor, hold->committed);
    compare_posted(m, status, expected, kt_failed(status) ? "" : response.entry->entry,
                   kt_failed(status) ? 0 : response.entry->sequence);
}

static void
step_release(model_t *m)
{
    fin_release_hold_request_t request = FIN_RELEASE_HOLD_REQUEST_INIT;
    fin_hold_t response = FIN_HOLD_INIT;
    oracle_hold_t *hold = random_hold(m);
    request.book = book;
    request.hold = hold->id;
    kt_status_t status = fin_release_hold(&m->office.call, &request, &response);
    compare(m, status, oracle_release(m->oracle, hold));
}

/* Closes an open month or reopens a closed one, as Books does it: posting remembers months. */
static void
step_month(model_t *m)
{
    int32_t days = FIRST_DAY + (int32_t)below(m, DAYS);
    bool *closed = &m->oracle->closed[oracle_month(m->oracle, days)];
    char date[11], reason[] = "late invoice";
    fin_close_period_request_t close = FIN_CLOSE_PERIOD_REQUEST_INIT;
    fin_reopen_period_request_t reopen = FIN_REOPEN_PERIOD_REQUEST_INIT;
    fin_period_t response = FIN_PERIOD_INIT;
    kt_date_format(kt_date_from_days(days), date);
    date[7] = '\0'; /* "2026-11" */
    close.book = reopen.book = book;
    close.period = reopen.period = date;
    reopen.reason = reason;
    if (!*closed && chance(m, 60)) { /* so that most months are open */
        compare(m, kt_ok(), (oracle_answer_t){0});
        return;
    }
    kt_status_t status = *closed
                             ? fin_books_handlers.reopen_period(&m->office.call, &reopen, &response)
                             : fin_books_handlers.close_period(&m->office.call, &close, &response);
    compare(m, status, (oracle_answer_t){0});
    *closed = !*closed;
}

static void
step(model_t *m)
{
    uint32_t dice = below(m, 100);
    m->office.now_us += below(m, 300);
    m->oracle->now_us = m->office.now_us;
    m->oracle->call++;
    office_begin(&m->office);
    if (dice < 4)
        step_month(m);
    else if (dice < 50)
        step_post(m);
    else if (dice < 65)
        step_batch(m);
    else if (dice < 75)
        step_reverse(m);
    else if (dice < 85 || m->oracle->holds_count == 0)
        step_reserve(m);
    else if (dice < 95)
        step_commit(m);
    else
        step_release(m);
}

/* ---- every record against the oracle ---- */

static void
compare_entry(model_t *m, uint32_t sequence)
{
    const oracle_t *o = m->oracle;
    const oracle_entry_t *expected = &o->entries[sequence];
    fin_posting_t found;
    assert_ok(fin_store_load_entry(&m->office.call, sequence, &found));
    assert_int_equal(found.entry.year, expected->year);
    assert_int_equal(found.entry.number, expected->number);
    assert_int_equal(found.entry.date, expected->draft.days);
    assert_int_equal(found.entry.reverses, expected->reverses);
    assert_int_equal(found.entry.lines_count, expected->draft.count);
    assert_int_equal(found.entry.own_count, expected->own);
    for (uint32_t i = 0; i < found.entry.lines_count; i++) {
        const oracle_line_t *line = &expected->draft.lines[i];
        assert_int_equal(found.lines[i].account, o->numbers[line->account]);
        assert_int_equal(found.lines[i].commodity, oracle_commodity_numbers[line->commodity]);
        assert_true(found.lines[i].amount_minor == line->amount);
        assert_true(found.lines[i].previous ==
                    oracle_newest(o, line, expected->draft.days, FIN_LINE_NAME(sequence, i)));
    }
    uint64_t by_name;
    assert_ok(fin_store_find_entry(&m->office.call, m->office.part, expected->year,
                                   expected->number, &by_name));
    assert_int_equal(by_name, sequence);
}

static void
compare_total(model_t *m, uint32_t account, uint32_t commodity)
{
    fin_newest_month_t newest = {0};
    fin_wide_t debit, credit;
    bool found;
    fin_balance_key_t any = {.part = m->office.part,
                             .account = m->oracle->numbers[account],
                             .commodity = oracle_commodity_numbers[commodity],
                             .month = INT32_MAX};
    assert_ok(fin_store_newest_month(&m->office.call, &any, &newest, &found));
    if (!found)
        newest.total = (fin_turnover_t){0};
    oracle_turnover(m->oracle, account, commodity, 0, &debit, &credit);
    assert_true(newest.total.debit_minor == debit && newest.total.credit_minor == credit);
}

static void
compare_all(model_t *m)
{
    office_begin(&m->office);
    for (uint32_t s = 1; s <= m->oracle->count; s++)
        compare_entry(m, s);
    for (uint32_t a = 0; a < ORACLE_NOWHERE; a++)
        for (uint32_t c = 0; c < ORACLE_COMMODITIES && m->oracle->numbers[a] != 0; c++)
            compare_total(m, a, c);
    assert_ok(office_end(&m->office, kt_ok()));
    assert_int_equal(office_verify(&m->office, true), 0);
}

static uint64_t
seed_of(void)
{
    const char *given = getenv("KANTOR_SEED");
    kt_prng_t prng;
    kt_prng_seed_system(&prng);
    return given ? strtoull(given, NULL, 10) : kt_prng_next(&prng) % 1000000;
}

static void
run(office_store_t kind, uint32_t steps)
{
    static model_t model;
    model_t *m = &model;
    uint64_t seed = seed_of();
    print_message("KANTOR_SEED=%llu\n", (unsigned long long)seed);
    memset(m, 0, sizeof(*m));
    m->oracle = (oracle_t *)malloc(sizeof(oracle_t));
    oracle_init(m->oracle);
    kt_prng_seed(&m->prng, seed);
    office_open(&m->office, kind);
    for (uint32_t i = 1; i <= steps; i++) {
        step(m);
        if (i % LOOK_EVERY == 0)
            compare_all(m);
    }
    print_message("%u entries, %u calls accepted, %u refused\n", m->oracle->count, m->accepted,
                  m->refusals);
    office_close(&m->office);
    free(m->oracle);
}

static void
over_the_ram_backend(void **state)
{
    (void)state;
    run(OFFICE_RAM, STEPS);
}

static void
over_lmdb(void **state)
{
    (void)state;
    run(OFFICE_LMDB, LOOK_EVERY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_the_ram_backend),
        cmocka_unit_test(over_lmdb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
