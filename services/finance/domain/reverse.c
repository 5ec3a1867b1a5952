#include "domain/post.h"

kt_status_t
fin_draft_reversal(kt_arena_t *arena, const fin_posting_t *original, fin_draft_t *draft)
{
    const fin_entry_record_t *entry = &original->entry;
    draft->lines = KT_ARENA_ARRAY(arena, fin_draft_line_t, entry->lines_count);
    if (draft->lines == NULL)
        return fin_out_of_memory();
    for (uint32_t i = 0; i < entry->lines_count; i++) {
        draft->lines[i].memo = original->lines[i].memo;
        /* Fits: no total holds INT64_MIN, so no line does. */
        draft->lines[i].amount_minor = -original->lines[i].amount_minor;
    }
    draft->lines_count = entry->lines_count;
    draft->own_count = entry->own_count;
    draft->reverses = entry->sequence;
    if (draft->description.size == 0)
        draft->description = kt_span_str(kt_arena_printf(
            arena, "Reversal of %s", fin_entry_name(arena, entry->year, entry->number)));
    return kt_ok();
}

kt_status_t
fin_decide_reverse(fin_work_t *work, const fin_reversal_facts_t *facts, fin_draft_t *draft,
                   fin_posting_t *posting)
{
    if (facts->reversed)
        return kt_error(
            KT_FAILED_PRECONDITION, FIN_ALREADY_REVERSED,
            kt_arena_printf(work->arena, "reversed already by entry %s",
                            fin_entry_name(work->arena, facts->by_year, facts->by_number)));
    if (facts->original.entry.reverses != 0)
        return kt_error(KT_FAILED_PRECONDITION, FIN_IS_REVERSAL,
                        "a reversal is not reversed; post the entry anew");
    return fin_accept(work, draft, posting);
}
