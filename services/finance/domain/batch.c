#include "domain/post.h"

static bool
is_taken(kt_status_t status)
{
    return status.reason == FIN_SOURCE_EXISTS || status.reason == FIN_SOURCE_CONFLICT;
}

kt_status_t
fin_decide_batch(fin_work_t *work, const fin_batch_t *batch, fin_batch_effects_t *fx)
{
    *fx = (fin_batch_effects_t){
        .results = KT_ARENA_ARRAY(work->arena, fin_result_t, batch->count),
        .postings = KT_ARENA_ARRAY(work->arena, fin_posting_t, batch->count)};
    if (fx->results == NULL || fx->postings == NULL)
        return fin_out_of_memory();
    for (uint32_t i = 0; i < batch->count; i++) {
        fin_draft_t *draft = &batch->drafts[i];
        fin_posting_t *posting = &fx->postings[fx->postings_count];
        kt_status_t status = fin_decide_post(work, draft, posting);
        if (kt_failed(status) && status.reason == 0) /* not the draft's fault */
            return status;
        if (kt_failed(status) && !batch->each)
            return kt_error(
                (kt_code_t)status.code, status.reason,
                kt_arena_printf(work->arena, "entries[%u]: %s", (unsigned)i, status.text));
        fx->results[i].status = status;
        if (!kt_failed(status)) {
            fx->results[i].posting = posting;
            fx->postings_count++;
        } else if (is_taken(status)) {
            fx->results[i].existing = draft->source;
        }
    }
    return kt_ok();
}
