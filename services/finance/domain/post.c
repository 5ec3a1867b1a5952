#include "domain/post.h"

kt_status_t
fin_out_of_memory(void)
{
    return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the call needs more memory than one may have");
}

const char *
fin_entry_name(kt_arena_t *arena, int32_t year, uint64_t number)
{
    /* Every answer names an entry, and printf would cost more than the rest of it. */
    char text[FIN_ENTRY_NAME_BYTES], *at = text + sizeof(text);
    *--at = '\0';
    for (int digits = 0; digits < 6 || number > 0; digits++, number /= 10)
        *--at = (char)('0' + number % 10);
    *--at = '-';
    for (int digits = 0; digits < 4; digits++, year /= 10)
        *--at = (char)('0' + year % 10);
    const char *name = kt_arena_copy(arena, kt_span(at, (size_t)(text + sizeof(text) - 1 - at)));
    return name ? name : "";
}

/* Digits from *AT to END or to a byte that is none; false for none at all or too many. */
static bool
parse_digits(kt_span_t text, size_t *at, uint64_t *number)
{
    size_t from = *at;
    *number = 0;
    for (; *at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9'; ++*at) {
        if (*at - from >= 18)
            return false;
        *number = *number * 10 + (uint64_t)(text.data[*at] - '0');
    }
    return *at > from;
}

bool
fin_entry_name_parse(kt_span_t name, int32_t *year, uint64_t *number)
{
    size_t at = 0;
    uint64_t y;
    if (!parse_digits(name, &at, &y) || at != 4 || at >= name.size || name.data[at++] != '-')
        return false;
    *year = (int32_t)y;
    return parse_digits(name, &at, number) && at == name.size;
}

/* A refusal whose text says which account or commodity it is about. */
static kt_status_t
refuse(const fin_work_t *work, kt_code_t code, uint32_t reason, const char *format, kt_span_t name)
{
    char text[FIN_PATH_BYTES_MAX + 1];
    size_t size = KT_MIN(name.size, sizeof(text) - 1);
    if (size > 0)
        memcpy(text, name.data, size);
    text[size] = '\0';
    return kt_error(code, reason, kt_arena_printf(work->arena, "%s: %s", format, text));
}

kt_status_t
fin_check_known(const fin_work_t *work, const fin_draft_t *draft)
{
    for (uint32_t i = 0; i < draft->lines_count; i++) {
        const fin_account_fact_t *account = draft->lines[i].position->account;
        if (!account->there || account->opened) /* no draft names what its own call opens */
            return refuse(work, KT_NOT_FOUND, FIN_ACCOUNT_UNKNOWN, "the book has no such account",
                          account->record.path);
    }
    for (uint32_t i = 0; i < draft->lines_count; i++) {
        const fin_commodity_fact_t *commodity = draft->lines[i].position->commodity;
        if (!commodity->there)
            return refuse(work, KT_NOT_FOUND, FIN_COMMODITY_UNKNOWN,
                          "neither declared in the book nor a currency of ISO 4217",
                          commodity->record.symbol);
    }
    return kt_ok();
}

kt_status_t
fin_check_source(const fin_work_t *work, const fin_draft_t *draft)
{
    const fin_source_fact_t *source = draft->source;
    if (source == NULL || source->sequence == 0)
        return kt_ok();
    const char *name = fin_entry_name(work->arena, source->year, source->number);
    if (source->digest == draft->digest)
        return kt_error(KT_ALREADY_EXISTS, FIN_SOURCE_EXISTS,
                        kt_arena_printf(work->arena, "posted before as entry %s", name));
    return kt_error(KT_ALREADY_EXISTS, FIN_SOURCE_CONFLICT,
                    kt_arena_printf(work->arena,
                                    "entry %s has this source reference and says something else",
                                    name));
}

/* Double entry: every commodity adds up to zero, or what is left over is an exchange of at least
 * two against each other, which the ledger's own accounts take (Selinger, Tutorial on multiple
 * currency accounting, 2005). */
static kt_status_t
check_balanced(const fin_work_t *work, const fin_draft_t *draft)
{
    const fin_draft_side_t *left = NULL;
    bool debit = false, credit = false;
    for (uint32_t i = 0; i < draft->sides_count; i++) {
        if (draft->sides[i].sum == 0)
            continue;
        left = &draft->sides[i];
        debit |= left->sum > 0;
        credit |= left->sum < 0;
    }
    if (left == NULL || (debit && credit) || draft->one_sided)
        return kt_ok();
    return refuse(work, KT_FAILED_PRECONDITION, FIN_ENTRY_UNBALANCED,
                  "the lines do not add up to zero", left->commodity->record.symbol);
}

static kt_status_t
check_period(const fin_work_t *work, const fin_draft_t *draft)
{
    fin_month_state_t state = draft->month_fact->state;
    bool unopened = state != FIN_MONTH_OPEN && state != FIN_MONTH_CLOSED;
    if (state != FIN_MONTH_CLOSED && !(work->book.explicit_periods && unopened))
        return kt_ok();
    kt_span_t month = kt_span_str(kt_arena_printf(
        work->arena, "%04d-%02d", (int)(draft->month / 12), (int)(draft->month % 12) + 1));
    if (unopened)
        return refuse(work, KT_FAILED_PRECONDITION, FIN_PERIOD_NOT_OPEN,
                      "the book takes entries only in months that were opened", month);
    return refuse(work, KT_FAILED_PRECONDITION, FIN_PERIOD_CLOSED, "the month is closed", month);
}

static kt_status_t
check_accounts(const fin_work_t *work, const fin_draft_t *draft)
{
    for (uint32_t i = 0; i < draft->lines_count; i++) {
        const fin_account_record_t *account = &draft->lines[i].position->account->record;
        if (account->closed)
            return refuse(work, KT_FAILED_PRECONDITION, FIN_ACCOUNT_CLOSED, "the account is closed",
                          account->path);
    }
    for (uint32_t i = 0; i < draft->lines_count - draft->own_count; i++) {
        const fin_account_record_t *account = &draft->lines[i].position->account->record;
        if (account->type == FIN_TYPE_TRADING)
            return refuse(work, KT_FAILED_PRECONDITION, FIN_ACCOUNT_RESERVED,
                          "only the ledger itself posts to", account->path);
    }
    return kt_ok();
}

/* Adds an amount to what this decision puts on a position. */
static void
add_to(fin_work_t *work, fin_position_fact_t *position, fin_wide_t amount)
{
    if (position->mark != work->mark) {
        position->mark = work->mark;
        position->adds_debit = 0;
        position->adds_credit = 0;
    }
    if (amount > 0)
        position->adds_debit += amount;
    else
        position->adds_credit -= amount;
}

kt_status_t
fin_check_floor(const fin_work_t *work, const fin_position_fact_t *position, fin_wide_t adds_debit,
                fin_wide_t adds_credit)
{
    if (position->floor == NULL)
        return kt_ok();
    bool debit = fin_type_is_debit(position->account->record.type);
    fin_wide_t sign = debit ? 1 : -1;
    fin_wide_t adds = sign * (adds_debit - adds_credit);
    if (adds >= 0)
        return kt_ok();
    fin_wide_t balance = sign *
                         ((fin_wide_t)position->total.debit_minor - position->total.credit_minor);
    /* The worst that may come: every hold that lowers the account is committed, none that raises
     * it. */
    fin_wide_t held = debit ? position->held_credit : position->held_debit;
    if (balance - held + adds >= position->floor->amount_minor)
        return kt_ok();
    return refuse(work, KT_FAILED_PRECONDITION, FIN_FLOOR_REACHED,
                  "the account would fall below its floor", position->account->record.path);
}

static kt_status_t
check_floors(fin_work_t *work, const fin_draft_t *draft)
{
    work->mark++;
    for (uint32_t i = 0; i < draft->lines_count; i++)
        add_to(work, draft->lines[i].position, draft->lines[i].amount_minor);
    for (uint32_t i = 0; i < draft->lines_count; i++) {
        const fin_position_fact_t *position = draft->lines[i].position;
        KT_TRY(fin_check_floor(work, position, position->adds_debit, position->adds_credit));
    }
    return kt_ok();
}

static bool
fits(const fin_position_fact_t *position)
{
    return position->total.debit_minor + position->adds_debit <= INT64_MAX &&
           position->total.credit_minor + position->adds_credit <= INT64_MAX;
}

/* Days are parts of totals, so nothing overflows where no total does. Follows check_floors, which
 * summed the lines. */
static kt_status_t
check_overflow(fin_work_t *work, const fin_draft_t *draft)
{
    for (uint32_t i = 0; i < draft->lines_count; i++)
        if (!fits(draft->lines[i].position))
            return refuse(work, KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW,
                          "the account's total does not fit 64 bits",
                          draft->lines[i].position->account->record.path);
    if (!fin_draft_may_exchange(draft))
        return kt_ok();
    for (uint32_t i = 0; i < draft->sides_count; i++) {
        const fin_draft_side_t *side = &draft->sides[i];
        if (side->sum == 0)
            continue;
        add_to(work, side->trading, -side->sum);
        if (side->sum < -INT64_MAX || side->sum > INT64_MAX || !fits(side->trading))
            return refuse(work, KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW,
                          "what is exchanged does not fit 64 bits", side->commodity->record.symbol);
    }
    return kt_ok();
}

/* How many lines of its own the ledger adds, and whether there is room for them and their accounts.
 */
static kt_status_t
check_own(const fin_work_t *work, const fin_draft_t *draft, uint32_t *own)
{
    uint32_t lines = 0, opens = 0, parents = 0;
    for (uint32_t i = 0; fin_draft_may_exchange(draft) && i < draft->sides_count; i++) {
        const fin_draft_side_t *side = &draft->sides[i];
        if (side->sum == 0)
            continue;
        lines++;
        if (!side->trading->account->there)
            opens++;
    }
    for (uint32_t i = 0; opens > 0 && i < KT_COUNT(work->trading_parents); i++)
        parents += !work->trading_parents[i]->there;
    if (draft->lines_count + lines > FIN_ENTRY_LINES_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_LINES,
                        "with the ledger's own lines the entry has more than 8,192");
    if (opens > 0 && work->account_last + opens + parents > FIN_ACCOUNTS_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_ACCOUNTS,
                        "the book has as many accounts as one may have");
    if (work->opened_count + opens > FIN_TRADING_OPENED_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_COMMODITIES,
                        "the call exchanges more than 256 new commodities");
    *own = lines;
    return kt_ok();
}

static void
open_account(fin_work_t *work, fin_account_fact_t *account, fin_type_t type)
{
    if (account->there)
        return;
    account->record.number = ++work->account_last;
    account->record.type = type;
    account->there = true;
    account->opened = true;
}

/* Nothing can fail any more: puts one line on its position and balance, and gives it its back
 * pointer. */
static void
put_line(const fin_draft_t *draft, uint64_t name, const fin_draft_line_t *from,
         fin_line_record_t *line)
{
    fin_position_fact_t *position = from->position;
    fin_day_record_t *day = fin_balance_day(from->balance, draft->day);
    *line = (fin_line_record_t){.account = position->account->record.number,
                                .commodity = position->commodity->record.number,
                                .amount_minor = from->amount_minor,
                                .previous = day->newest,
                                .memo = from->memo};
    day->newest = name;
    if (from->amount_minor > 0) {
        day->turnover.debit_minor += from->amount_minor;
        position->total.debit_minor += from->amount_minor;
    } else {
        day->turnover.credit_minor -= from->amount_minor;
        position->total.credit_minor -= from->amount_minor;
    }
    from->balance->changed = true;
    if (position->newest != NULL) /* its record holds the total, or did until now */
        position->newest->changed = true;
    if (position->newest == NULL || position->newest->month < from->balance->month)
        position->newest = from->balance;
}

/* The ledger's own lines come last, in the order in which the draft names their commodities. */
static void
put_own_lines(fin_work_t *work, const fin_draft_t *draft, fin_posting_t *posting)
{
    uint32_t at = draft->lines_count;
    for (uint32_t i = 0; at < posting->entry.lines_count; i++) {
        const fin_draft_side_t *side = &draft->sides[i];
        if (side->sum == 0)
            continue;
        if (!side->trading->account->there) {
            open_account(work, work->trading_parents[0], FIN_TYPE_EQUITY);
            open_account(work, work->trading_parents[1], FIN_TYPE_TRADING);
            open_account(work, side->trading->account, FIN_TYPE_TRADING);
            work->opened_count++;
        }
        fin_draft_line_t own = {.position = side->trading,
                                .balance = side->trading_balance,
                                .amount_minor = (int64_t)-side->sum};
        put_line(draft, FIN_LINE_NAME(posting->entry.sequence, at), &own, &posting->lines[at]);
        at++;
    }
}

static void
accept_entry(fin_work_t *work, const fin_draft_t *draft, uint32_t own, fin_posting_t *posting)
{
    fin_series_fact_t *series = draft->month_fact->series;
    fin_entry_record_t *entry = &posting->entry;
    *entry = (fin_entry_record_t){.sequence = work->next_sequence++,
                                  .part = work->book.part,
                                  .year = series->year,
                                  .number = series->number + 1,
                                  .date = draft->date,
                                  .posted_us = work->now_us,
                                  .posted_by = work->principal,
                                  .description = draft->description,
                                  .source_ref = draft->source_ref,
                                  .reverses = draft->reverses,
                                  .previous = series->sequence,
                                  .lines_count = draft->lines_count + own,
                                  .own_count = draft->own_count + own};
    for (uint32_t i = 0; i < draft->lines_count; i++)
        put_line(draft, FIN_LINE_NAME(entry->sequence, i), &draft->lines[i], &posting->lines[i]);
    put_own_lines(work, draft, posting);
    series->number = entry->number;
    series->sequence = entry->sequence;
    series->changed = true;
    if (draft->source != NULL) {
        draft->source->sequence = entry->sequence;
        draft->source->digest = draft->digest;
        draft->source->year = entry->year;
        draft->source->number = entry->number;
        draft->source->changed = true;
    }
}

kt_status_t
fin_accept(fin_work_t *work, fin_draft_t *draft, fin_posting_t *posting)
{
    uint32_t own = 0;
    KT_TRY(check_balanced(work, draft));
    KT_TRY(check_period(work, draft));
    KT_TRY(check_accounts(work, draft));
    KT_TRY(check_floors(work, draft));
    KT_TRY(check_overflow(work, draft));
    KT_TRY(check_own(work, draft, &own));
    posting->lines = (fin_line_record_t *)kt_arena_alloc(work->arena, (draft->lines_count + own) *
                                                                          sizeof(*posting->lines));
    if (posting->lines == NULL)
        return fin_out_of_memory();
    accept_entry(work, draft, own, posting);
    return kt_ok();
}

kt_status_t
fin_decide_post(fin_work_t *work, fin_draft_t *draft, fin_posting_t *posting)
{
    KT_TRY(fin_check_known(work, draft));
    KT_TRY(fin_check_source(work, draft));
    return fin_accept(work, draft, posting);
}
