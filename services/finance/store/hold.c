#include "store/facts.h"
#include "store/lookup.h"
#include "store/records.h"
#include "store/tables.h"

/* ---- load ---- */

kt_status_t
fin_store_load_reserve(const kt_call_t *call, const fin_reserve_t *reserve, fin_hold_facts_t *facts,
                       fin_work_t **work)
{
    fin_book_record_t book;
    fin_account_fact_t *debit, *credit;
    fin_commodity_fact_t *commodity;
    KT_TRY(fin_store_load_book(call, reserve->book, &book));
    KT_TRY(fin_facts_begin(call, &book, 2, 1, work));
    KT_TRY(fin_fact_account(call, *work, reserve->debit_account, &debit));
    KT_TRY(fin_fact_account(call, *work, reserve->credit_account, &credit));
    KT_TRY(fin_fact_commodity(call, *work, reserve->commodity, &commodity));
    KT_TRY(fin_fact_position(call, *work, debit, commodity, &facts->debit));
    KT_TRY(fin_fact_position(call, *work, credit, commodity, &facts->credit));
    KT_TRY(fin_fact_held(call, *work, facts->debit));
    return fin_fact_held(call, *work, facts->credit);
}

static kt_status_t
load_hold(const kt_call_t *call, uint64_t part, const kt_ulid_t *id, fin_hold_record_t *hold)
{
    fin_key_t key;
    kt_span_t value;
    bool found;
    KT_TRY(fin_store_get(call, FIN_TABLE_HOLD, fin_key_hold(&key, part, id), &value, &found));
    if (!found)
        return kt_error(KT_NOT_FOUND, FIN_HOLD_UNKNOWN, "the book has no such hold");
    const char *copy = kt_arena_copy(call->arena, value);
    if (copy == NULL)
        return fin_out_of_memory();
    hold->id = *id;
    return fin_get_hold(kt_span(copy, value.size), hold)
               ? kt_ok()
               : fin_store_corrupt(call, FIN_TABLE_HOLD, "a hold");
}

kt_status_t
fin_store_load_hold(const kt_call_t *call, kt_span_t book, const kt_ulid_t *id,
                    fin_hold_record_t *hold, fin_work_t **work)
{
    fin_book_record_t record;
    KT_TRY(fin_store_load_book(call, book, &record));
    KT_TRY(load_hold(call, record.part, id, hold));
    return fin_facts_begin(call, &record, 0, 0, work);
}

kt_status_t
fin_store_hold_names(const kt_call_t *call, uint64_t part, fin_hold_view_t *view)
{
    fin_commodity_record_t commodity;
    KT_TRY(fin_store_account_path(call, part, view->hold.debit_account, &view->debit_account));
    KT_TRY(fin_store_account_path(call, part, view->hold.credit_account, &view->credit_account));
    KT_TRY(fin_store_commodity(call, part, view->hold.commodity, &commodity));
    view->commodity = commodity.symbol;
    return kt_ok();
}

static kt_status_t
copy_name(const kt_call_t *call, kt_span_t name, kt_span_t *copy)
{
    *copy = kt_span(kt_arena_copy(call->arena, name), name.size);
    return copy->data ? kt_ok() : fin_out_of_memory();
}

/* The two lines of a commit: the amount from the credit account to the debit account. */
static kt_status_t
draft_commit(const kt_call_t *call, uint64_t part, const fin_hold_record_t *hold, int64_t amount,
             fin_draft_t *draft)
{
    fin_hold_view_t names = {.hold = *hold};
    KT_TRY(fin_store_hold_names(call, part, &names));
    fin_draft_line_t *lines = KT_ARENA_ARRAY(call->arena, fin_draft_line_t, 2);
    if (lines == NULL)
        return fin_out_of_memory();
    KT_TRY(copy_name(call, names.debit_account, &lines[0].account));
    KT_TRY(copy_name(call, names.credit_account, &lines[1].account));
    KT_TRY(copy_name(call, names.commodity, &lines[0].commodity));
    lines[1].commodity = lines[0].commodity;
    lines[0].amount_minor = amount;
    lines[1].amount_minor = -amount;
    draft->lines = lines;
    draft->lines_count = 2;
    if (draft->description.size == 0)
        draft->description = hold->description;
    return kt_ok();
}

kt_status_t
fin_store_load_commit(const kt_call_t *call, kt_span_t book, const kt_ulid_t *id,
                      const fin_commit_t *commit, fin_draft_t *draft, fin_hold_facts_t *facts,
                      fin_work_t **work)
{
    fin_book_record_t record;
    KT_TRY(fin_store_load_book(call, book, &record));
    KT_TRY(load_hold(call, record.part, id, &facts->hold));
    KT_TRY(draft_commit(call, record.part, &facts->hold, fin_commit_amount(&facts->hold, commit),
                        draft));
    KT_TRY(fin_facts_drafts(call, &record, draft, 1, work));
    facts->debit = draft->lines[0].position;
    facts->credit = draft->lines[1].position;
    return kt_ok();
}

/* ---- apply ---- */

/* What is left of the hold on one account: AMOUNT while it is active, no record once it ended. */
static kt_status_t
apply_side(const kt_call_t *call, const fin_work_t *work, const fin_hold_record_t *hold,
           uint32_t account, int64_t amount)
{
    fin_key_t buffer;
    kt_span_t key = fin_key_hold_account(&buffer,
                                         &(fin_hold_account_key_t){.part = work->book.part,
                                                                   .account = account,
                                                                   .commodity = hold->commodity,
                                                                   .expires_us = hold->expires_us,
                                                                   .id = hold->id});
    if (hold->released || amount == 0)
        return kt_kv_delete(call->txn, FIN_TABLE_HOLD_ACCOUNT, key);
    uint8_t value[sizeof(int64_t)];
    kt_writer_t w = kt_writer(value, sizeof(value));
    fin_put_held(&w, amount);
    return kt_kv_put(call->txn, FIN_TABLE_HOLD_ACCOUNT, key, kt_written(&w));
}

kt_status_t
fin_store_apply_hold(const kt_call_t *call, const fin_work_t *work, const fin_hold_record_t *hold)
{
    uint8_t value[FIN_RECORD_BYTES_MAX];
    fin_key_t key;
    kt_writer_t w = kt_writer(value, sizeof(value));
    fin_put_hold(&w, hold);
    KT_ASSERT(!w.failed);
    KT_TRY(kt_kv_put(call->txn, FIN_TABLE_HOLD, fin_key_hold(&key, work->book.part, &hold->id),
                     kt_written(&w)));
    int64_t left = fin_hold_left(hold);
    KT_TRY(apply_side(call, work, hold, hold->debit_account, left));
    return apply_side(call, work, hold, hold->credit_account, -left);
}
