#include "oracle.h"

#include "domain/reason.h"

#define FIRST_MONTH (2025 * 12)

const uint32_t oracle_commodity_numbers[ORACLE_COMMODITIES] = {840, 978, FIN_COMMODITY_FIRST};

static const char *const ledgers_own[] = {"equity",
                                          "equity:trading",
                                          "equity:trading:USD",
                                          "equity:trading:EUR",
                                          "equity:trading:ACME",
                                          "assets:nowhere"};

const char *
oracle_account(uint32_t account)
{
    return account < OFFICE_ACCOUNTS ? office_accounts[account].path
                                     : ledgers_own[account - OFFICE_ACCOUNTS];
}

const char *
oracle_commodity(uint32_t commodity)
{
    static const char *const names[] = {"USD", "EUR", "ACME", "Unknown"};
    return names[commodity];
}

void
oracle_init(oracle_t *oracle)
{
    memset(oracle, 0, sizeof(*oracle));
    for (uint32_t i = 0; i < OFFICE_ACCOUNTS; i++)
        oracle->numbers[i] = i + 1;
    oracle->accounts = OFFICE_ACCOUNTS;
}

int32_t
oracle_month(const oracle_t *oracle, int32_t days)
{
    (void)oracle;
    return kt_month_of(kt_date_from_days(days)) - FIRST_MONTH;
}

void
oracle_turnover(const oracle_t *oracle, uint32_t account, uint32_t commodity, int32_t days,
                fin_wide_t *debit, fin_wide_t *credit)
{
    *debit = *credit = 0;
    for (uint32_t s = 1; s <= oracle->count; s++) {
        const oracle_draft_t *draft = &oracle->entries[s].draft;
        for (uint32_t i = 0; i < draft->count && (days == 0 || draft->days == days); i++) {
            const oracle_line_t *line = &draft->lines[i];
            if (line->account != account || line->commodity != commodity)
                continue;
            if (line->amount > 0)
                *debit += line->amount;
            else
                *credit -= line->amount;
        }
    }
}

uint64_t
oracle_newest(const oracle_t *oracle, const oracle_line_t *at, int32_t days, uint64_t before)
{
    for (uint32_t s = oracle->count; s > 0; s--) {
        const oracle_draft_t *draft = &oracle->entries[s].draft;
        for (uint32_t i = draft->count; draft->days == days && i-- > 0;)
            if (FIN_LINE_NAME(s, i) < before && draft->lines[i].account == at->account &&
                draft->lines[i].commodity == at->commodity)
                return FIN_LINE_NAME(s, i);
    }
    return 0;
}

/* ---- rules ---- */

static oracle_answer_t
refused(kt_code_t code, uint32_t reason)
{
    return (oracle_answer_t){.code = code, .reason = reason};
}

static oracle_answer_t
check_known(const oracle_t *oracle, const oracle_draft_t *draft)
{
    for (uint32_t i = 0; i < draft->count; i++) {
        uint32_t account = draft->lines[i].account;
        if (oracle->numbers[account] == 0 || oracle->opened_by[account] == oracle->call)
            return refused(KT_NOT_FOUND, FIN_ACCOUNT_UNKNOWN);
    }
    for (uint32_t i = 0; i < draft->count; i++)
        if (draft->lines[i].commodity == ORACLE_UNKNOWN)
            return refused(KT_NOT_FOUND, FIN_COMMODITY_UNKNOWN);
    return refused(KT_OK, 0);
}

static bool
same_content(const oracle_entry_t *entry, const oracle_draft_t *draft)
{
    if (entry->draft.days != draft->days || entry->draft.words != draft->words ||
        entry->draft.count - entry->own != draft->count)
        return false;
    for (uint32_t i = 0; i < draft->count; i++)
        if (entry->draft.lines[i].account != draft->lines[i].account ||
            entry->draft.lines[i].commodity != draft->lines[i].commodity ||
            entry->draft.lines[i].amount != draft->lines[i].amount)
            return false;
    return true;
}

static oracle_answer_t
check_source(const oracle_t *oracle, const oracle_draft_t *draft)
{
    for (uint32_t s = 1; draft->source != 0 && s <= oracle->count; s++)
        if (oracle->entries[s].draft.source == draft->source)
            return (oracle_answer_t){.code = KT_ALREADY_EXISTS,
                                     .reason = same_content(&oracle->entries[s], draft)
                                                   ? FIN_SOURCE_EXISTS
                                                   : FIN_SOURCE_CONFLICT,
                                     .sequence = s};
    return refused(KT_OK, 0);
}

/* What active holds may take from an account on its unnatural side, leaving out one of them. */
static fin_wide_t
held(const oracle_t *oracle, uint32_t account, uint32_t commodity, bool debit,
     const oracle_hold_t *but)
{
    fin_wide_t sum = 0;
    for (uint32_t i = 0; i < oracle->holds_count; i++) {
        const oracle_hold_t *hold = &oracle->holds[i];
        if (hold == but || hold->released || hold->expires_us <= oracle->now_us ||
            hold->commodity != commodity)
            continue;
        if ((debit ? hold->credit : hold->debit) == account)
            sum += hold->amount - hold->committed;
    }
    return sum;
}

static bool
breaks_floor(const oracle_t *oracle, uint32_t account, uint32_t commodity, fin_wide_t adds,
             const oracle_hold_t *but, fin_wide_t rest)
{
    const office_account_t *a = account < OFFICE_ACCOUNTS ? &office_accounts[account] : NULL;
    if (a == NULL || a->floor_commodity == NULL ||
        strcmp(a->floor_commodity, oracle_commodity(commodity)) != 0)
        return false;
    fin_wide_t debit, credit, sign = fin_type_is_debit(a->type) ? 1 : -1;
    oracle_turnover(oracle, account, commodity, 0, &debit, &credit);
    adds *= sign;
    /* What stays held of the hold that is being committed still counts on the side it lowers. */
    if (but != NULL && (sign > 0 ? but->credit : but->debit) != account)
        rest = 0;
    return adds < 0 &&
           sign * (debit - credit) - held(oracle, account, commodity, sign > 0, but) - rest + adds <
               a->floor_minor;
}

static fin_wide_t
sum_of(const oracle_draft_t *draft, uint32_t account, uint32_t commodity, int side)
{
    fin_wide_t sum = 0;
    for (uint32_t i = 0; i < draft->count; i++) {
        const oracle_line_t *line = &draft->lines[i];
        if (line->commodity == commodity && (account == UINT32_MAX || line->account == account) &&
            (side == 0 || (side > 0) == (line->amount > 0)))
            sum += line->amount;
    }
    return sum;
}

static bool
overflows(const oracle_t *oracle, uint32_t account, uint32_t commodity, fin_wide_t adds_debit,
          fin_wide_t adds_credit)
{
    fin_wide_t debit, credit;
    oracle_turnover(oracle, account, commodity, 0, &debit, &credit);
    return debit + adds_debit > INT64_MAX || credit + adds_credit > INT64_MAX;
}

static oracle_answer_t
check_content(const oracle_t *oracle, const oracle_draft_t *draft, uint32_t own,
              const oracle_hold_t *but, fin_wide_t rest)
{
    uint32_t plus = 0, minus = 0;
    for (uint32_t c = 0; c < ORACLE_COMMODITIES; c++) {
        plus += sum_of(draft, UINT32_MAX, c, 0) > 0;
        minus += sum_of(draft, UINT32_MAX, c, 0) < 0;
    }
    if (!draft->one_sided && (plus == 0) != (minus == 0))
        return refused(KT_FAILED_PRECONDITION, FIN_ENTRY_UNBALANCED);
    if (oracle->closed[oracle_month(oracle, draft->days)])
        return refused(KT_FAILED_PRECONDITION, FIN_PERIOD_CLOSED);
    for (uint32_t i = 0; i < draft->count; i++)
        if (draft->lines[i].account < OFFICE_ACCOUNTS &&
            office_accounts[draft->lines[i].account].closed)
            return refused(KT_FAILED_PRECONDITION, FIN_ACCOUNT_CLOSED);
    for (uint32_t i = 0; i < draft->count - own; i++)
        if (draft->lines[i].account >= ORACLE_TRADING)
            return refused(KT_FAILED_PRECONDITION, FIN_ACCOUNT_RESERVED);
    for (uint32_t i = 0; i < draft->count; i++) {
        const oracle_line_t *l = &draft->lines[i];
        if (breaks_floor(oracle, l->account, l->commodity,
                         sum_of(draft, l->account, l->commodity, 0), but, rest))
            return refused(KT_FAILED_PRECONDITION, FIN_FLOOR_REACHED);
    }
    for (uint32_t i = 0; i < draft->count; i++) {
        const oracle_line_t *l = &draft->lines[i];
        if (overflows(oracle, l->account, l->commodity, sum_of(draft, l->account, l->commodity, 1),
                      -sum_of(draft, l->account, l->commodity, -1)))
            return refused(KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW);
    }
    for (uint32_t c = 0; c < ORACLE_COMMODITIES; c++) {
        fin_wide_t sum = sum_of(draft, UINT32_MAX, c, 0);
        if (overflows(oracle, ORACLE_TRADING + 1 + c, c, sum < 0 ? -sum : 0, sum > 0 ? sum : 0))
            return refused(KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW);
    }
    return refused(KT_OK, 0);
}

static void
open_account(oracle_t *oracle, uint32_t account)
{
    if (oracle->numbers[account] != 0)
        return;
    oracle->numbers[account] = ++oracle->accounts;
    oracle->opened_by[account] = oracle->call;
}

/* Appends the entry, with the ledger's own lines in the order in which the draft names commodities.
 */
static oracle_answer_t
append(oracle_t *oracle, const oracle_draft_t *draft, uint32_t own, uint32_t reverses)
{
    oracle_entry_t *entry = &oracle->entries[oracle->count + 1];
    kt_date_t date = kt_date_from_days(draft->days);
    *entry = (oracle_entry_t){.draft = *draft, .own = own, .reverses = reverses};
    entry->year = date.month >= 4 ? date.year : date.year - 1;
    entry->number = 1;
    for (uint32_t s = 1; s <= oracle->count; s++)
        entry->number += oracle->entries[s].year == entry->year;
    bool done[ORACLE_COMMODITIES] = {false};
    for (uint32_t i = 0; i < draft->count; i++) {
        uint32_t c = draft->lines[i].commodity;
        fin_wide_t sum = sum_of(draft, UINT32_MAX, c, 0);
        if (done[c] || sum == 0)
            continue;
        done[c] = true;
        open_account(oracle, ORACLE_EQUITY);
        open_account(oracle, ORACLE_TRADING);
        open_account(oracle, ORACLE_TRADING + 1 + c);
        entry->own++;
        entry->draft.lines[entry->draft.count++] = (oracle_line_t){
            .account = ORACLE_TRADING + 1 + c, .commodity = c, .amount = (int64_t)-sum};
    }
    oracle->count++;
    if (reverses != 0)
        oracle->entries[reverses].reversed_by = oracle->count;
    return (oracle_answer_t){.sequence = oracle->count};
}

#define CHECK(call)                                                                                \
    do {                                                                                           \
        oracle_answer_t answer_ = (call);                                                          \
        if (answer_.code != KT_OK)                                                                 \
            return answer_;                                                                        \
    } while (0)

oracle_answer_t
oracle_post(oracle_t *oracle, const oracle_draft_t *draft)
{
    CHECK(check_known(oracle, draft));
    CHECK(check_source(oracle, draft));
    CHECK(check_content(oracle, draft, 0, NULL, 0));
    return append(oracle, draft, 0, 0);
}

oracle_answer_t
oracle_reverse(oracle_t *oracle, uint32_t sequence, int32_t days)
{
    const oracle_entry_t *entry = &oracle->entries[sequence];
    if (entry->reversed_by != 0)
        return refused(KT_FAILED_PRECONDITION, FIN_ALREADY_REVERSED);
    if (entry->reverses != 0)
        return refused(KT_FAILED_PRECONDITION, FIN_IS_REVERSAL);
    oracle_draft_t draft = entry->draft;
    draft.days = days;
    draft.source = 0;
    for (uint32_t i = 0; i < draft.count; i++)
        draft.lines[i].amount = -draft.lines[i].amount;
    CHECK(check_content(oracle, &draft, entry->own, NULL, 0));
    return append(oracle, &draft, entry->own, sequence);
}

oracle_answer_t
oracle_reserve(oracle_t *oracle, const oracle_hold_t *hold)
{
    if (office_accounts[hold->debit].closed || office_accounts[hold->credit].closed)
        return refused(KT_FAILED_PRECONDITION, FIN_ACCOUNT_CLOSED);
    if (breaks_floor(oracle, hold->debit, hold->commodity, hold->amount, NULL, 0) ||
        breaks_floor(oracle, hold->credit, hold->commodity, -(fin_wide_t)hold->amount, NULL, 0))
        return refused(KT_FAILED_PRECONDITION, FIN_FLOOR_REACHED);
    oracle->holds[oracle->holds_count++] = *hold;
    return refused(KT_OK, 0);
}

static bool
is_active(const oracle_t *oracle, const oracle_hold_t *hold)
{
    return !hold->released && hold->committed < hold->amount && hold->expires_us > oracle->now_us;
}

oracle_answer_t
oracle_commit(oracle_t *oracle, oracle_hold_t *hold, int64_t amount, bool release, int32_t days)
{
    int64_t left = hold->amount - hold->committed;
    if (!is_active(oracle, hold))
        return refused(KT_FAILED_PRECONDITION, FIN_HOLD_ENDED);
    if (amount == 0)
        amount = left;
    if (amount > left)
        return refused(KT_FAILED_PRECONDITION, FIN_HOLD_EXCEEDED);
    oracle_draft_t draft = {.days = days, .count = 2};
    draft.lines[0] = (oracle_line_t){hold->debit, hold->commodity, amount};
    draft.lines[1] = (oracle_line_t){hold->credit, hold->commodity, -amount};
    CHECK(check_content(oracle, &draft, 0, hold, release ? 0 : left - amount));
    hold->committed += amount;
    hold->released |= release;
    return append(oracle, &draft, 0, 0);
}

oracle_answer_t
oracle_release(oracle_t *oracle, oracle_hold_t *hold)
{
    if (!is_active(oracle, hold))
        return refused(KT_FAILED_PRECONDITION, FIN_HOLD_ENDED);
    hold->released = true;
    return refused(KT_OK, 0);
}
