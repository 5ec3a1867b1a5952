#include "store/facts.h"

#include "domain/path.h"
#include "store/digest.h"
#include "store/lookup.h"

/* The commodity's place among the draft's own, made at its first line. MARK tells drafts apart. */
static fin_draft_side_t *
side_of(fin_draft_t *draft, fin_commodity_fact_t *commodity, uint32_t mark)
{
    if (commodity->mark != mark) {
        commodity->mark = mark;
        commodity->side = draft->sides_count++;
        draft->sides[commodity->side] = (fin_draft_side_t){.commodity = commodity};
    }
    return &draft->sides[commodity->side];
}

static kt_status_t
load_lines(const kt_call_t *call, fin_work_t *work, fin_draft_t *draft, uint32_t mark)
{
    draft->sides = KT_ARENA_ARRAY(call->arena, fin_draft_side_t, draft->lines_count);
    if (draft->sides == NULL)
        return fin_out_of_memory();
    for (uint32_t i = 0; i < draft->lines_count; i++)
        fin_fact_account_soon(call, work, draft->lines[i].account);
    for (uint32_t i = 0; i < draft->lines_count; i++) {
        fin_draft_line_t *line = &draft->lines[i];
        fin_account_fact_t *account;
        fin_commodity_fact_t *commodity;
        KT_TRY(fin_fact_account(call, work, line->account, &account));
        KT_TRY(fin_fact_commodity(call, work, line->commodity, &commodity));
        KT_TRY(fin_fact_position(call, work, account, commodity, &line->position));
        if (account->there && commodity->there)
            KT_TRY(fin_fact_balance(call, work, line->position, draft, &line->balance));
        side_of(draft, commodity, mark)->sum += line->amount_minor;
    }
    return kt_ok();
}

/* equity and equity:trading, which are opened before the first account below them. */
static kt_status_t
load_trading_parents(const kt_call_t *call, fin_work_t *work)
{
    kt_span_t trading = kt_span_str(FIN_PATH_TRADING);
    if (work->trading_parents[0] != NULL)
        return kt_ok();
    KT_TRY(fin_fact_account_last(call, work));
    KT_TRY(fin_fact_account(call, work, trading, &work->trading_parents[1]));
    return fin_fact_account(call, work, fin_path_parent(trading), &work->trading_parents[0]);
}

static kt_status_t
load_trading(const kt_call_t *call, fin_work_t *work, const fin_draft_t *draft,
             fin_draft_side_t *side)
{
    KT_TRY(load_trading_parents(call, work));
    kt_span_t symbol = side->commodity->record.symbol;
    kt_span_t path = kt_span_str(kt_arena_printf(call->arena, FIN_PATH_TRADING ":%.*s",
                                                 (int)symbol.size, (const char *)symbol.data));
    fin_account_fact_t *account;
    KT_TRY(fin_fact_account(call, work, path, &account));
    KT_TRY(fin_fact_position(call, work, account, side->commodity, &side->trading));
    return fin_fact_balance(call, work, side->trading, draft, &side->trading_balance);
}

static bool
knows_all(const fin_draft_t *draft)
{
    for (uint32_t i = 0; i < draft->lines_count; i++)
        if (draft->lines[i].balance == NULL)
            return false;
    return true;
}

static kt_status_t
load_draft(const kt_call_t *call, fin_work_t *work, fin_draft_t *draft, uint32_t mark)
{
    work->likely_month = draft->month;
    KT_TRY(fin_fact_month(call, work, draft->month, &draft->month_fact));
    KT_TRY(load_lines(call, work, draft, mark));
    if (!knows_all(draft)) /* refused by the first reason there is */
        return kt_ok();
    for (uint32_t i = 0; fin_draft_may_exchange(draft) && i < draft->sides_count; i++)
        if (draft->sides[i].sum != 0)
            KT_TRY(load_trading(call, work, draft, &draft->sides[i]));
    if (draft->source_ref.size == 0)
        return kt_ok();
    draft->digest = fin_draft_digest(draft);
    return fin_fact_source(call, work, draft->source_ref, &draft->source);
}

kt_status_t
fin_facts_drafts(const kt_call_t *call, const fin_book_record_t *book, fin_draft_t *drafts,
                 uint32_t count, fin_work_t **work)
{
    uint32_t lines = 0;
    for (uint32_t i = 0; i < count; i++)
        lines += drafts[i].lines_count;
    KT_TRY(fin_facts_begin(call, book, lines, count, work));
    for (uint32_t i = 0; i < count; i++)
        KT_TRY(load_draft(call, *work, &drafts[i], i + 1));
    return kt_ok();
}

kt_status_t
fin_store_load_batch(const kt_call_t *call, const fin_batch_t *batch, fin_work_t **work)
{
    fin_book_record_t book;
    KT_TRY(fin_facts_book(call, batch->book, &book));
    return fin_facts_drafts(call, &book, batch->drafts, batch->count, work);
}
