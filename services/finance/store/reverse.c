#include "store/entries.h"
#include "store/facts.h"
#include "store/lookup.h"
#include "store/tables.h"

/* Gives the mirrored lines the names of their accounts and commodities, copied: the entry's own
 * records are about to be written beside. */
static kt_status_t
name_lines(const kt_call_t *call, uint64_t part, const fin_posting_t *original, fin_draft_t *draft)
{
    for (uint32_t i = 0; i < draft->lines_count; i++) {
        const fin_line_record_t *line = &original->lines[i];
        const fin_line_record_t *before = i > 0 ? line - 1 : NULL;
        kt_span_t path;
        fin_commodity_record_t commodity;
        KT_TRY(fin_store_account_path(call, part, line->account, &path));
        draft->lines[i].account = kt_span(kt_arena_copy(call->arena, path), path.size);
        if (before != NULL && before->commodity == line->commodity) {
            draft->lines[i].commodity = draft->lines[i - 1].commodity;
        } else {
            KT_TRY(fin_store_commodity(call, part, line->commodity, &commodity));
            draft->lines[i].commodity = kt_span(kt_arena_copy(call->arena, commodity.symbol),
                                                commodity.symbol.size);
        }
        if (draft->lines[i].account.data == NULL || draft->lines[i].commodity.data == NULL)
            return fin_out_of_memory();
    }
    return kt_ok();
}

static kt_status_t
load_reversed(const kt_call_t *call, fin_reversal_facts_t *facts)
{
    fin_key_t key;
    kt_span_t value;
    uint64_t by;
    fin_entry_record_t entry;
    KT_TRY(fin_store_get(call, FIN_TABLE_REVERSAL,
                         fin_key_reversal(&key, facts->original.entry.sequence), &value,
                         &facts->reversed));
    if (!facts->reversed)
        return kt_ok();
    if (!fin_get_number(value, &by))
        return fin_store_corrupt(call, FIN_TABLE_REVERSAL, "a reversal");
    KT_TRY(fin_store_load_head(call, by, &entry));
    facts->by_year = entry.year;
    facts->by_number = entry.number;
    return kt_ok();
}

kt_status_t
fin_store_load_reverse(const kt_call_t *call, fin_reverse_order_t *order,
                       fin_reversal_facts_t *facts, fin_work_t **work)
{
    fin_book_record_t book;
    uint64_t sequence;
    KT_TRY(fin_facts_book(call, order->book, &book));
    KT_TRY(fin_store_find_entry(call, book.part, order->year, order->number, &sequence));
    *facts = (fin_reversal_facts_t){0};
    KT_TRY(fin_store_load_entry(call, sequence, &facts->original));
    KT_TRY(load_reversed(call, facts));
    if (!order->dated)
        fin_draft_date(&order->draft, facts->original.entry.date);
    KT_TRY(fin_draft_reversal(call->arena, &facts->original, &order->draft));
    KT_TRY(name_lines(call, book.part, &facts->original, &order->draft));
    return fin_facts_drafts(call, &book, &order->draft, 1, work);
}
