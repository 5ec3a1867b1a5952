#include "store/payables.h"

#include "store/lookup.h"
#include "store/tables.h"

/* ---- keys ---- */

static kt_key_t *
payable_key(kt_key_t *key, kt_span_t schedule, uint32_t line)
{
    return kt_key_u32(kt_key_of_name(key, schedule), line);
}

kt_key_t *
fin_payable_due_key(kt_key_t *key, uint64_t part, const fin_payable_record_t *payable)
{
    kt_key_date(kt_key_u64(kt_key(key), part), payable->due_on);
    return kt_key_u32(kt_key_name(key, payable->schedule), payable->line);
}

/* A row of the index of what is due. */
typedef struct due {
    int32_t due_on;
    kt_span_t schedule;
    uint32_t line;
} due_t;

static const kt_field_t DUE_FIELDS[] = {
    KT_F_DATE(due_t, due_on, KT_KEYED),
    KT_F_NAME(due_t, schedule, FIN_NAME_BYTES_MAX, KT_KEYED),
    KT_F_U32(due_t, line, 1, FIN_SCHEDULE_LINES_MAX, KT_KEYED),
};
static const kt_layout_t DUE = KT_LAYOUT("due payable", due_t, DUE_FIELDS);

static bool
read_due(kt_span_t key, void *row)
{
    due_t *due = (due_t *)row;
    kt_reader_t r = kt_reader(key);
    (void)kt_get_u64(&r);
    due->due_on = kt_key_get_date(&r);
    due->schedule = kt_key_get_name(&r);
    due->line = kt_get_u32(&r);
    return kt_reader_done(&r);
}

/* ---- schedules ---- */

kt_status_t
fin_store_load_schedule(const kt_call_t *call, kt_span_t name, fin_schedule_record_t *schedule)
{
    kt_key_t key;
    return kt_row_must(call, FIN_TABLE_SCHEDULE, kt_key_of_name(&key, name), &fin_schedule_layout,
                       schedule, FIN_SCHEDULE_UNKNOWN, "there is no schedule of that name");
}

kt_status_t
fin_store_put_schedule(const kt_call_t *call, const fin_schedule_record_t *schedule)
{
    kt_key_t key;
    return kt_row_put(call, FIN_TABLE_SCHEDULE, kt_key_of_name(&key, schedule->schedule),
                      &fin_schedule_layout, schedule);
}

kt_status_t
fin_store_load_plan(const kt_call_t *call, kt_span_t name, fin_plan_t *plan)
{
    kt_key_t prefix;
    KT_TRY(fin_store_load_schedule(call, name, &plan->schedule));
    uint32_t count = plan->schedule.lines_count, at = 0;
    plan->lines = KT_ARENA_ARRAY(call->arena, fin_payable_record_t, count);
    if (plan->lines == NULL)
        return kt_call_out_of_memory(call);
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    KT_TRY(kt_rows_begin(&rows, call, FIN_TABLE_PAYABLE, kt_key_of_name(&prefix, name)));
    while (at < count && kt_rows_next(&rows, &fin_payable_layout, &plan->lines[at]))
        at++;
    KT_TRY(rows.status);
    return at == count ? kt_ok() : fin_store_corrupt(call, FIN_TABLE_PAYABLE, "a schedule's line");
}

kt_status_t
fin_store_load_new_plan(const kt_call_t *call, const fin_plan_t *asked, fin_plan_facts_t *facts,
                        fin_budget_work_t *work)
{
    const fin_schedule_record_t *schedule = &asked->schedule;
    fin_book_record_t book;
    fin_account_record_t account;
    *facts = (fin_plan_facts_t){0};
    *work = (fin_budget_work_t){0};
    kt_status_t status = fin_store_load_plan(call, schedule->schedule, &facts->plan);
    facts->there = !kt_failed(status);
    if (status.code != KT_NOT_FOUND)
        return status;
    KT_TRY(fin_store_load_book(call, schedule->book, &book));
    KT_TRY(fin_store_load_account(call, &book, schedule->expense_account, &account));
    KT_TRY(fin_store_load_account(call, &book, schedule->payable_account, &account));
    return fin_store_load_reservation_facts(call, schedule->reservation, &facts->reservation, work);
}

kt_status_t
fin_store_load_plan_facts(const kt_call_t *call, kt_span_t name, fin_plan_facts_t *facts,
                          fin_budget_work_t *work)
{
    *facts = (fin_plan_facts_t){.there = true};
    KT_TRY(fin_store_load_plan(call, name, &facts->plan));
    return fin_store_load_reservation_facts(call, facts->plan.schedule.reservation,
                                            &facts->reservation, work);
}

/* One line, and whether it is among what is to be paid. */
static kt_status_t
put_payable(const kt_call_t *call, uint64_t part, const fin_payable_record_t *payable, bool open)
{
    kt_key_t key;
    KT_TRY(kt_row_put(call, FIN_TABLE_PAYABLE, payable_key(&key, payable->schedule, payable->line),
                      &fin_payable_layout, payable));
    fin_payable_due_key(&key, part, payable);
    if (!open)
        return kt_row_delete(call, FIN_TABLE_PAYABLE_DUE, &key);
    return kt_row_put(call, FIN_TABLE_PAYABLE_DUE, &key, &DUE, &(due_t){0});
}

kt_status_t
fin_store_apply_plan(const kt_call_t *call, const fin_budget_work_t *work, const fin_plan_t *plan,
                     const fin_reservation_record_t *reservation)
{
    bool open = plan->schedule.state == FIN_SCHEDULE_OPEN;
    KT_TRY(fin_store_put_schedule(call, &plan->schedule));
    for (uint32_t i = 0; i < plan->schedule.lines_count; i++)
        KT_TRY(put_payable(call, work->part, &plan->lines[i], open));
    return fin_store_put_reservation(call, reservation);
}

static kt_status_t
load_payable(const kt_call_t *call, kt_span_t schedule, uint32_t line,
             fin_payable_record_t *payable)
{
    kt_key_t key;
    return kt_row_must(call, FIN_TABLE_PAYABLE, payable_key(&key, schedule, line),
                       &fin_payable_layout, payable, FIN_PAYABLE_UNKNOWN,
                       "the schedule has no such line");
}

/* The rows of a page, which are in the order of their days, until one is due later. */
static void
cut(fin_listing_t *listing, const due_t *dues, int32_t until)
{
    for (uint32_t i = 0; i < listing->count; i++)
        if (dues[i].due_on > until) {
            listing->count = i;
            listing->next = kt_span(NULL, 0);
        }
}

kt_status_t
fin_store_list_payables(const kt_call_t *call, kt_span_t book, int32_t until,
                        fin_listing_t *listing)
{
    uint64_t part;
    kt_key_t prefix;
    kt_row_page_t page;
    KT_TRY(fin_store_part(call, book, &part));
    KT_TRY(kt_rows_page(call, FIN_TABLE_PAYABLE_DUE, kt_key_u64(kt_key(&prefix), part),
                        listing->place, listing->size, &DUE, read_due, &page));
    const due_t *dues = (const due_t *)page.rows;
    fin_payable_record_t *list = KT_ARENA_ARRAY(call->arena, fin_payable_record_t, page.count);
    if (list == NULL)
        return kt_call_out_of_memory(call);
    listing->rows = list;
    listing->count = page.count;
    listing->next = page.next;
    cut(listing, dues, until);
    for (uint32_t i = 0; i < listing->count; i++)
        KT_TRY(load_payable(call, dues[i].schedule, dues[i].line, &list[i]));
    return kt_ok();
}

/* ---- paying ---- */

/* What a payment posts: the expense becomes a debt, and the debt is paid at once, so that the
 * party's account shows both. */
static kt_status_t
draft_payment(const kt_call_t *call, const fin_pay_order_t *order, const fin_pay_facts_t *facts,
              fin_draft_t *draft)
{
    const fin_schedule_record_t *schedule = &facts->schedule;
    int64_t amount = facts->payable.amount_minor;
    fin_draft_line_t lines[] = {
        {.account = schedule->expense_account, .amount_minor = amount},
        {.account = schedule->payable_account, .amount_minor = -amount},
        {.account = schedule->payable_account, .amount_minor = amount},
        {.account = order->bank_account, .amount_minor = -amount},
    };
    *draft = (fin_draft_t){.description = schedule->description, .lines_count = KT_COUNT(lines)};
    draft->lines = KT_ARENA_ARRAY(call->arena, fin_draft_line_t, KT_COUNT(lines));
    if (draft->lines == NULL)
        return kt_call_out_of_memory(call);
    for (size_t i = 0; i < KT_COUNT(lines); i++) {
        draft->lines[i] = lines[i];
        draft->lines[i].commodity = schedule->commodity;
    }
    fin_draft_date(draft, order->paid_on);
    draft->source_ref = kt_span_str(
        kt_arena_printf(call->arena, "payable:%.*s:%u", (int)schedule->schedule.size,
                        (const char *)schedule->schedule.data, (unsigned)order->line));
    return kt_arena_exhausted(call->arena) ? kt_call_out_of_memory(call) : kt_ok();
}

kt_status_t
fin_store_load_pay(const kt_call_t *call, const fin_pay_order_t *order, fin_pay_facts_t *facts,
                   fin_pay_work_t *work)
{
    fin_account_record_t bank = {0};
    *facts = (fin_pay_facts_t){0};
    *work = (fin_pay_work_t){0};
    KT_TRY(fin_store_load_schedule(call, order->schedule, &facts->schedule));
    KT_TRY(load_payable(call, order->schedule, order->line, &facts->payable));
    KT_TRY(fin_store_load_contract(call, facts->schedule.contract, &facts->contract,
                                   &facts->contract_known));
    KT_TRY(fin_store_load_reservation_facts(call, facts->schedule.reservation, &facts->reservation,
                                            &work->budget));
    KT_TRY(fin_store_find_account(call, work->budget.part, order->bank_account, &bank,
                                  &facts->bank_known));
    facts->bank_type = bank.type;
    KT_TRY(draft_payment(call, order, facts, &work->draft));
    fin_batch_t batch = {.book = facts->schedule.book, .count = 1, .drafts = &work->draft};
    return fin_store_load_batch(call, &batch, &work->ledger);
}

kt_status_t
fin_store_apply_pay(const kt_call_t *call, const fin_pay_facts_t *facts, fin_pay_work_t *work)
{
    KT_TRY(fin_store_apply_postings(call, work->ledger, &work->posting, 1));
    KT_TRY(fin_store_put_schedule(call, &facts->schedule));
    KT_TRY(put_payable(call, work->budget.part, &facts->payable, false));
    return fin_store_apply_reservation(call, &work->budget, &facts->reservation);
}

/* ---- contracts ---- */

kt_status_t
fin_store_load_contract(const kt_call_t *call, kt_span_t name, fin_contract_record_t *contract,
                        bool *found)
{
    kt_key_t key;
    return kt_row_get(call, FIN_TABLE_CONTRACT, kt_key_of_name(&key, name), &fin_contract_layout,
                      contract, found);
}

kt_status_t
fin_store_put_contract(const kt_call_t *call, const fin_contract_record_t *contract)
{
    kt_key_t key;
    return kt_row_put(call, FIN_TABLE_CONTRACT, kt_key_of_name(&key, contract->contract),
                      &fin_contract_layout, contract);
}
