#include "codec/posting.h"

#include "codec/shape.h"

#include <kantor/finance/v1/reason.kt.h>

/* The index of a draft that is in no batch. */
#define FIN_DRAFT_ALONE UINT32_MAX

/* Names what holds a draft: "entry", or "entries[2]" of a batch. Made only where a field is
 * refused. */
static const char *
draft_name(const kt_call_t *call, uint32_t index)
{
    return index == FIN_DRAFT_ALONE ? "entry"
                                    : kt_arena_printf(call->arena, "entries[%u]", (unsigned)index);
}

static kt_status_t
line_from_pb(kt_call_t *call, const fin_line_t *from, uint32_t entry, uint32_t at,
             fin_draft_line_t *line)
{
    line->account = kt_span_str(from->account);
    line->commodity = kt_span_str(from->commodity);
    line->memo = kt_span_str(from->memo);
    line->amount_minor = from->amount_minor;
    const char *what = NULL, *field = NULL;
    if (line->account.size < 1 || line->account.size > FIN_PATH_BYTES_MAX)
        field = "account", what = "1 to 255 bytes";
    else if (line->commodity.size < 1 || line->commodity.size > FIN_SYMBOL_BYTES_MAX)
        field = "commodity", what = "1 to 32 bytes";
    else if (line->amount_minor == 0)
        field = "amount_minor", what = "not 0";
    else if (line->memo.size > FIN_MEMO_BYTES_MAX)
        field = "memo", what = "at most 500 bytes";
    if (what == NULL)
        return kt_ok();
    return kt_call_bad_field(call, what, "%s.lines[%u].%s", draft_name(call, entry), (unsigned)at,
                             field);
}

static kt_status_t
draft_from_pb(kt_call_t *call, const fin_entry_draft_t *from, uint32_t index, fin_draft_t *draft)
{
    kt_date_t date;
    if (!kt_date_parse(kt_span_str(from->date),
                       &date)) /* here and not in shape.c: its name costs */
        return kt_call_bad_field(call, "a date such as 2026-11-23", "%s.date",
                                 draft_name(call, index));
    draft->description = kt_span_str(from->description);
    if (draft->description.size > FIN_DESCRIPTION_BYTES_MAX)
        return kt_call_bad_field(call, "at most 500 bytes", "%s.description",
                                 draft_name(call, index));
    draft->source_ref = kt_span_str(from->source_ref);
    if (draft->source_ref.size > FIN_SOURCE_BYTES_MAX)
        return kt_call_bad_field(call, "at most 128 bytes", "%s.source_ref",
                                 draft_name(call, index));
    if (from->n_lines < 1 || from->n_lines > FIN_DRAFT_LINES_MAX)
        return kt_call_bad_field(call, "1 to 8,190 lines", "%s.lines", draft_name(call, index));
    draft->date = kt_days_from_date(date);
    draft->month = kt_month_of(date);
    draft->day = (uint32_t)date.day;
    draft->one_sided = from->one_sided;
    draft->lines_count = (uint32_t)from->n_lines;
    draft->lines = KT_ARENA_ARRAY(call->arena, fin_draft_line_t, from->n_lines);
    if (draft->lines == NULL)
        return fin_out_of_memory();
    size_t bytes = 0;
    for (uint32_t i = 0; i < draft->lines_count; i++) {
        const fin_draft_line_t *line = &draft->lines[i];
        KT_TRY(line_from_pb(call, from->lines[i], index, i, &draft->lines[i]));
        bytes += FIN_LINE_BYTES + line->account.size + line->commodity.size + line->memo.size;
    }
    if (bytes > FIN_ENTRY_BYTES_MAX)
        return kt_call_bad_field(call, "at most 4,000,000 bytes: texts, and 32 a line", "%s.lines",
                                 draft_name(call, index));
    return kt_ok();
}

static kt_status_t
begin(kt_call_t *call, const char *book, uint32_t count, fin_batch_t *batch)
{
    KT_TRY(fin_shape_book(call, book, "book", &batch->book));
    batch->count = count;
    batch->drafts = KT_ARENA_ARRAY(call->arena, fin_draft_t, count);
    return batch->drafts ? kt_ok() : fin_out_of_memory();
}

kt_status_t
fin_post_entry_from_pb(kt_call_t *call, const fin_post_entry_request_t *request, fin_batch_t *batch)
{
    KT_TRY(begin(call, request->book, 1, batch));
    if (request->entry == NULL)
        return kt_call_bad_field(call, "what is to be posted is missing", "entry");
    batch->each = false;
    return draft_from_pb(call, request->entry, FIN_DRAFT_ALONE, &batch->drafts[0]);
}

kt_status_t
fin_post_entries_from_pb(kt_call_t *call, const fin_post_entries_request_t *request,
                         fin_batch_t *batch)
{
    size_t lines = 0;
    for (size_t i = 0; i < request->n_entries; i++)
        lines += request->entries[i]->n_lines;
    if (request->n_entries < 1 || request->n_entries > FIN_DRAFT_LINES_MAX ||
        lines > FIN_DRAFT_LINES_MAX)
        return kt_call_bad_field(call, "1 to 8,190 lines in all", "entries");
    if (request->mode != FIN_BATCH_MODE_ALL_OR_NOTHING && request->mode != FIN_BATCH_MODE_EACH)
        return kt_call_bad_field(call, "ALL_OR_NOTHING or EACH", "mode");
    KT_TRY(begin(call, request->book, (uint32_t)request->n_entries, batch));
    batch->each = request->mode == FIN_BATCH_MODE_EACH;
    for (uint32_t i = 0; i < batch->count; i++)
        KT_TRY(draft_from_pb(call, request->entries[i], i, &batch->drafts[i]));
    return kt_ok();
}

kt_status_t
fin_reverse_entry_from_pb(kt_call_t *call, const fin_reverse_entry_request_t *request,
                          fin_reverse_order_t *order)
{
    *order = (fin_reverse_order_t){.dated = request->date[0] != '\0'};
    KT_TRY(fin_shape_book(call, request->book, "book", &order->book));
    if (!fin_entry_name_parse(kt_span_str(request->entry), &order->year, &order->number))
        return kt_call_bad_field(call, "an entry's number such as 2026-000123", "entry");
    if (order->dated) {
        int32_t days;
        KT_TRY(fin_shape_date(call, request->date, "date", &days));
        fin_draft_date(&order->draft, days);
    }
    return fin_shape_text(call, request->description, FIN_DESCRIPTION_BYTES_MAX, "description",
                          &order->draft.description);
}

kt_status_t
fin_posted_to_pb(const kt_call_t *call, const fin_entry_record_t *entry,
                 fin_posted_entry_t *response)
{
    response->entry = (char *)fin_entry_name(call->arena, entry->year, entry->number);
    response->sequence = entry->sequence;
    return kt_arena_exhausted(call->arena) ? fin_out_of_memory() : kt_ok();
}

static void
result_to_pb(const kt_call_t *call, const fin_result_t *result, fin_post_result_t *into)
{
    *into = (fin_post_result_t)FIN_POST_RESULT_INIT;
    if (result->posting != NULL) {
        const fin_entry_record_t *entry = &result->posting->entry;
        into->entry = (char *)fin_entry_name(call->arena, entry->year, entry->number);
        into->sequence = entry->sequence;
        return;
    }
    into->code = (int32_t)result->status.code;
    into->message = (char *)result->status.text;
    const ProtobufCEnumValue *reason = protobuf_c_enum_descriptor_get_value(
        &fin_reason_descriptor, (int)result->status.reason);
    if (reason != NULL)
        into->reason = (char *)reason->name;
    if (result->existing != NULL) {
        into->entry = (char *)fin_entry_name(call->arena, result->existing->year,
                                             result->existing->number);
        into->sequence = result->existing->sequence;
    }
}

kt_status_t
fin_results_to_pb(const kt_call_t *call, const fin_result_t *results, uint32_t count,
                  fin_post_entries_response_t *response)
{
    fin_post_result_t *made = KT_ARENA_ARRAY(call->arena, fin_post_result_t, count);
    fin_post_result_t **list = KT_ARENA_ARRAY(call->arena, fin_post_result_t *, count);
    if (made == NULL || list == NULL)
        return fin_out_of_memory();
    for (uint32_t i = 0; i < count; i++) {
        list[i] = &made[i];
        result_to_pb(call, &results[i], &made[i]);
        response->posted += results[i].posting != NULL;
    }
    response->results = list;
    response->n_results = count;
    return kt_arena_exhausted(call->arena) ? fin_out_of_memory() : kt_ok();
}
