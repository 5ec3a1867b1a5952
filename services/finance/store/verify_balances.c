/* Balances along their lines, and totals along their months. */
#include "store/verifying.h"

#define TELL_EVERY 4096

typedef unsigned long long ull; /* for printf */

typedef struct walk {
    fin_verify_t *v;
    kt_cursor_t *entries;
    kt_cursor_t *balances;
    fin_entry_record_t head; /* of the entry read last */
    fin_balance_key_t group; /* the month before: its account and commodity are being added up */
    fin_turnover_t total;    /* what it says of all months */
    fin_wide_t debit, credit;
    bool in_group;
} walk_t;

/* ---- a day ---- */

/* The line of that name, and into the walk its entry's head; false when no such line is there. */
static kt_status_t
read_line(walk_t *walk, uint64_t name, fin_line_record_t *line, bool *there)
{
    fin_key_t buffer;
    kt_span_t key, value;
    uint64_t first;
    uint64_t sequence = FIN_LINE_SEQUENCE(name);
    *there = false;
    kt_status_t status = kt_cursor_seek_back(walk->entries, fin_key_entry(&buffer, name), &key,
                                             &value);
    if (status.code == KT_NOT_FOUND || status.code == KT_DATA_LOSS)
        return kt_ok();
    KT_TRY(status);
    if (!fin_parse_entry(key, &first) || FIN_LINE_SEQUENCE(first) != sequence)
        return kt_ok();
    kt_reader_t r = kt_reader(value);
    if (FIN_LINE_PLACE(first) == 0 && !fin_get_entry(&r, &walk->head))
        return kt_ok();
    if (FIN_LINE_PLACE(first) != 0 && walk->head.sequence != sequence) {
        status = fin_store_load_head(&walk->v->call, sequence, &walk->head);
        if (status.code == KT_DATA_LOSS)
            return kt_ok();
        KT_TRY(status);
    }
    walk->head.sequence = sequence;
    for (uint64_t at = first; r.at < r.size && fin_get_line(&r, line); at++)
        if (at == name) {
            *there = true;
            return kt_ok();
        }
    return kt_ok();
}

/* Walks one day back through its lines. */
static kt_status_t
check_day(walk_t *walk, kt_span_t key, const fin_balance_key_t *at, const fin_day_record_t *day)
{
    fin_verify_t *v = walk->v;
    fin_wide_t debit = 0, credit = 0;
    uint64_t before = UINT64_MAX;
    for (uint64_t name = day->newest; name != 0;) {
        fin_line_record_t line;
        bool there = false;
        if (name < before)
            KT_TRY(read_line(walk, name, &line, &there));
        kt_date_t date = there ? kt_date_from_days(walk->head.date) : (kt_date_t){0};
        if (!there || walk->head.part != at->part || line.account != at->account ||
            line.commodity != at->commodity || kt_month_of(date) != at->month ||
            (uint32_t)date.day != day->day) {
            fin_verify_find(v, FIN_TABLE_BALANCE, key,
                            "day %u leads to line %u of sequence %llu, which is none of its own",
                            (unsigned)day->day, (unsigned)FIN_LINE_PLACE(name),
                            (ull)FIN_LINE_SEQUENCE(name));
            return kt_ok();
        }
        if (line.amount_minor > 0)
            debit += line.amount_minor;
        else
            credit -= line.amount_minor;
        before = name;
        name = line.previous;
        if (++v->chained % TELL_EVERY == 0)
            KT_TRY(fin_verify_tell(v, v->entries + v->chained));
    }
    if (debit != day->turnover.debit_minor || credit != day->turnover.credit_minor)
        fin_verify_find(v, FIN_TABLE_BALANCE, key,
                        "found debit %lld, credit %lld on day %u, expected %lld and %lld",
                        (long long)day->turnover.debit_minor, (long long)day->turnover.credit_minor,
                        (unsigned)day->day, (long long)debit, (long long)credit);
    return kt_ok();
}

/* ---- months and totals ---- */

/* Only the newest month holds a total: what all of them add up to. */
static void
check_total(walk_t *walk, kt_span_t key, fin_wide_t debit, fin_wide_t credit)
{
    if (walk->total.debit_minor != debit || walk->total.credit_minor != credit)
        fin_verify_find(walk->v, FIN_TABLE_BALANCE, key,
                        "found total debit %lld, credit %lld, expected %lld and %lld",
                        (long long)walk->total.debit_minor, (long long)walk->total.credit_minor,
                        (long long)debit, (long long)credit);
}

/* Ends the month before: the next one is of the same account and commodity, or not. */
static void
end_month(walk_t *walk, bool newest)
{
    fin_key_t buffer;
    if (walk->in_group)
        check_total(walk, fin_key_balance(&buffer, &walk->group), newest ? walk->debit : 0,
                    newest ? walk->credit : 0);
    if (newest)
        walk->in_group = false;
}

static kt_status_t
check_month(walk_t *walk, kt_span_t key, kt_span_t value)
{
    fin_balance_key_t at;
    fin_day_record_t days[FIN_DAYS_MAX];
    fin_turnover_t total;
    uint32_t count;
    if (!fin_parse_balance(key, &at) || !fin_get_days(value, days, &count) || count == 0 ||
        !fin_get_total(value, &total)) {
        fin_verify_find(walk->v, FIN_TABLE_BALANCE, key, "it does not read back");
        return kt_ok();
    }
    const fin_balance_key_t *group = &walk->group;
    end_month(walk, group->part != at.part || group->account != at.account ||
                        group->commodity != at.commodity);
    if (!walk->in_group)
        walk->debit = walk->credit = 0;
    walk->group = at;
    walk->total = total;
    walk->in_group = true;
    for (uint32_t i = 0; i < count; i++) {
        walk->debit += days[i].turnover.debit_minor;
        walk->credit += days[i].turnover.credit_minor;
        KT_TRY(check_day(walk, key, &at, &days[i]));
        kt_arena_reset(walk->v->arena);
    }
    return kt_ok();
}

static kt_status_t
check_months(walk_t *walk)
{
    kt_span_t key, value;
    kt_status_t status = kt_cursor_first(walk->balances, &key, &value);
    while (!kt_failed(status) || status.code == KT_DATA_LOSS) {
        if (kt_failed(status))
            fin_verify_find(walk->v, FIN_TABLE_BALANCE, kt_span(NULL, 0), "%s", status.text);
        else
            KT_TRY(check_month(walk, key, value));
        status = kt_cursor_next(walk->balances, &key, &value);
    }
    if (status.code != KT_NOT_FOUND)
        return status;
    end_month(walk, true);
    return kt_ok();
}

/* ---- lines that no day leads to ---- */

static kt_status_t
check_line(fin_verify_t *v, const fin_posting_t *entry, uint32_t place)
{
    const fin_line_record_t *line = &entry->lines[place];
    kt_date_t date = kt_date_from_days(entry->entry.date);
    fin_balance_key_t at = {.part = entry->entry.part,
                            .account = line->account,
                            .commodity = line->commodity,
                            .month = kt_month_of(date)};
    fin_key_t buffer;
    kt_span_t key = fin_key_balance(&buffer, &at), value;
    fin_look_t look;
    fin_day_record_t days[FIN_DAYS_MAX];
    uint32_t count = 0;
    KT_TRY(fin_verify_get(v, FIN_TABLE_BALANCE, key, &value, &look));
    if (look == FIN_LOOK_DAMAGED || (look == FIN_LOOK_THERE && !fin_get_days(value, days, &count)))
        return kt_ok(); /* reported already */
    uint64_t name = FIN_LINE_NAME(entry->entry.sequence, place);
    for (uint32_t i = 0; i < count; i++)
        if (days[i].day == (uint32_t)date.day && days[i].newest >= name)
            return kt_ok();
    fin_verify_find(v, FIN_TABLE_BALANCE, key, "line %u of sequence %llu is missing on day %d",
                    (unsigned)place, (ull)entry->entry.sequence, (int)date.day);
    return kt_ok();
}

/* Only where the days do not lead to as many lines as there are: which entries' lines are missing.
 */
static kt_status_t
find_missing(fin_verify_t *v)
{
    for (uint64_t sequence = 1; sequence <= v->entries; sequence++) {
        fin_posting_t entry = {0};
        kt_status_t status = fin_store_load_entry(&v->call, sequence, &entry);
        if (kt_failed(status) && status.code != KT_DATA_LOSS)
            return status;
        for (uint32_t i = 0; !kt_failed(status) && i < entry.entry.lines_count; i++)
            KT_TRY(check_line(v, &entry, i));
        kt_arena_reset(v->arena);
    }
    return kt_ok();
}

kt_status_t
fin_verify_balances(fin_verify_t *v)
{
    kt_cursor_t *entries KT_CLEANUP(kt_kv_cursor_close) = NULL;
    kt_cursor_t *balances KT_CLEANUP(kt_kv_cursor_close) = NULL;
    KT_TRY(kt_kv_cursor(v->call.txn, FIN_TABLE_ENTRY, &entries));
    KT_TRY(kt_kv_cursor(v->call.txn, FIN_TABLE_BALANCE, &balances));
    walk_t walk = {.v = v, .entries = entries, .balances = balances};
    KT_TRY(check_months(&walk));
    if (v->chained == v->lines)
        return kt_ok();
    fin_verify_find(v, FIN_TABLE_BALANCE, kt_span(NULL, 0),
                    "found %llu lines along the days, expected %llu", (ull)v->chained,
                    (ull)v->lines);
    return find_missing(v);
}
