#include "store/register.h"

#include "store/entries.h"
#include "store/tables.h"

#include <kt/checked.h>

typedef struct walk {
    kt_call_t *call;
    const fin_register_query_t *query;
    fin_scan_t months; /* of the account and commodity */
    fin_scan_t chunks; /* of all entries */
    int32_t date;
    uint64_t line;        /* 0: the walk is over */
    bool newest;          /* the line is its day's newest */
    bool told;            /* where it stands was told by the caller, not read */
    int64_t before_minor; /* the balance at the end of the day before */
    int64_t sum_minor;    /* what the day's lines add up to, up to this one */
} walk_t;

static void
walk_end(walk_t *walk)
{
    fin_scan_end(&walk->months);
    fin_scan_end(&walk->chunks);
}

/* What does not fit together was made up where the caller told it, and is broken otherwise. */
static kt_status_t
misfit(const walk_t *walk)
{
    if (walk->told)
        return kt_call_bad_field(
            walk->call, "is no place of this register: begin again without one", "page_token");
    return fin_store_corrupt(walk->call, FIN_TABLE_BALANCE, "a register's month");
}

static int64_t
net(const fin_turnover_t *turnover)
{
    return turnover->debit_minor - turnover->credit_minor; /* neither is negative */
}

/* The days of the month that the scan stands on, in DAYS; the last one up to LAST, or NULL. */
static kt_status_t
find_in_month(walk_t *walk, int32_t last, fin_day_record_t days[FIN_DAYS_MAX],
              const fin_day_record_t **found, int32_t *date)
{
    fin_balance_key_t key;
    uint32_t count;
    *found = NULL;
    if (!fin_parse_balance(walk->months.key, &key) ||
        !fin_get_days(walk->months.value, days, &count))
        return fin_store_corrupt(walk->call, FIN_TABLE_BALANCE, "a register's month");
    for (uint32_t i = 0; i < count; i++) {
        kt_date_t day = {key.month / 12, key.month % 12 + 1, (int32_t)days[i].day};
        if (!kt_date_valid(day))
            return fin_store_corrupt(walk->call, FIN_TABLE_BALANCE, "a register's day");
        if (kt_days_from_date(day) > last)
            break;
        *found = &days[i];
        *date = kt_days_from_date(day);
    }
    return kt_ok();
}

/* Goes to the newest line of the last day up to LAST that has lines. */
static kt_status_t
seek_day(walk_t *walk, int32_t last, fin_turnover_t *turnover)
{
    const fin_register_query_t *q = walk->query;
    walk->line = 0;
    walk->newest = true;
    walk->told = false;
    if (last < q->from)
        return kt_ok();
    fin_key_t key;
    fin_balance_key_t at = {q->part, q->account, q->commodity,
                            kt_month_of(kt_date_from_days(last))};
    fin_day_record_t days[FIN_DAYS_MAX];
    const fin_day_record_t *day = NULL;
    bool found;
    KT_TRY(fin_scan_seek_back(&walk->months, fin_key_balance(&key, &at), &found));
    while (found) {
        KT_TRY(find_in_month(walk, last, days, &day, &walk->date));
        if (day)
            break;
        KT_TRY(fin_scan_back(&walk->months, &found));
    }
    if (!day || walk->date < q->from)
        return kt_ok();
    walk->line = day->newest;
    walk->sum_minor = net(&day->turnover);
    *turnover = day->turnover;
    return walk->line ? kt_ok() : misfit(walk);
}

/* Goes to where the query begins. */
static kt_status_t
begin(walk_t *walk)
{
    const fin_register_place_t *place = &walk->query->begin;
    fin_turnover_t turnover, before;
    KT_TRY(seek_day(walk, place->date, &turnover));
    if (place->line != 0) {
        uint64_t newest = walk->line;
        walk->told = true;
        if (newest == 0 || walk->date != place->date || place->line > newest ||
            place->sum_minor > turnover.debit_minor || place->sum_minor < -turnover.credit_minor)
            return misfit(walk);
        walk->newest = place->line == newest;
        walk->line = place->line;
        walk->sum_minor = place->sum_minor;
    }
    if (walk->line == 0)
        return kt_ok();
    KT_TRY(fin_store_turnover_at(walk->call, walk->query->part, walk->query->account,
                                 walk->query->commodity, walk->date - 1, &before));
    walk->before_minor = net(&before);
    return kt_ok();
}

/* Reads the line that the walk stands on, with the head of its entry. */
static kt_status_t
read_line(walk_t *walk, fin_entry_record_t *head, fin_line_record_t *line)
{
    fin_key_t key;
    uint64_t first;
    bool found;
    KT_TRY(fin_scan_seek_back(&walk->chunks, fin_key_entry(&key, walk->line), &found));
    if (!found || !fin_parse_entry(walk->chunks.key, &first) ||
        FIN_LINE_SEQUENCE(first) != FIN_LINE_SEQUENCE(walk->line))
        return misfit(walk);
    kt_reader_t r = kt_reader(walk->chunks.value);
    if (FIN_LINE_PLACE(first) > 0)
        KT_TRY(fin_store_load_head(walk->call, FIN_LINE_SEQUENCE(walk->line), head));
    else if (!fin_get_entry(&r, head))
        return misfit(walk);
    for (uint64_t at = first; at <= walk->line; at++)
        if (!fin_get_line(&r, line))
            return misfit(walk);
    const fin_register_query_t *q = walk->query;
    bool right = head->part == q->part && head->date == walk->date && line->account == q->account &&
                 line->commodity == q->commodity && line->previous < walk->line;
    return right ? kt_ok() : misfit(walk);
}

/* Goes from the line that was read to the one before it. */
static kt_status_t
step(walk_t *walk, const fin_line_record_t *line)
{
    if (!kt_sub_i64(walk->sum_minor, line->amount_minor, &walk->sum_minor))
        return misfit(walk);
    walk->newest = false;
    walk->line = line->previous;
    if (walk->line != 0)
        return kt_ok();
    if (walk->sum_minor != 0)
        return misfit(walk);
    fin_turnover_t turnover = {0};
    KT_TRY(seek_day(walk, walk->date - 1, &turnover));
    walk->before_minor -= net(&turnover);
    return kt_ok();
}

static kt_status_t
take_line(walk_t *walk, fin_register_view_t *out)
{
    fin_entry_record_t head;
    fin_line_record_t line;
    KT_TRY(read_line(walk, &head, &line));
    *out = (fin_register_view_t){
        .date = walk->date,
        .entry = {head.year, head.number},
        .description = head.description,
        .memo = line.memo,
        .amount_minor = line.amount_minor,
    };
    if (!kt_add_i64(walk->before_minor, walk->sum_minor, &out->balance_minor))
        return misfit(walk);
    return step(walk, &line);
}

kt_status_t
fin_store_list_register(kt_call_t *call, const fin_register_query_t *query,
                        fin_register_list_t *list)
{
    *list = (fin_register_list_t){
        .lines = KT_ARENA_ARRAY(call->arena, fin_register_view_t, query->limit)};
    if (!list->lines)
        return kt_call_out_of_memory(call);
    KT_CLEANUP(walk_end) walk_t walk = {.call = call, .query = query};
    fin_key_t prefix;
    KT_TRY(
        fin_scan_begin(&walk.months, call, FIN_TABLE_BALANCE,
                       fin_key_position(&prefix, query->part, query->account, query->commodity)));
    KT_TRY(fin_scan_begin(&walk.chunks, call, FIN_TABLE_ENTRY, kt_span(NULL, 0)));
    KT_TRY(begin(&walk));
    while (walk.line != 0 && list->count < query->limit)
        KT_TRY(take_line(&walk, &list->lines[list->count++]));
    list->more = walk.line != 0;
    list->next = (fin_register_place_t){.date = walk.date};
    if (!walk.newest) {
        list->next.line = walk.line;
        list->next.sum_minor = walk.sum_minor;
    }
    return kt_ok();
}
