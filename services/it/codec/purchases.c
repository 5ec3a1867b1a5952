#include "codec/purchases.h"

#include <inttypes.h>
#include <kt/time.h>

#define VARIABLES_MAX 20

kt_status_t
it_request_purchase_from_pb(kt_call_t *call, const it_request_purchase_request_t *request,
                            it_purchase_record_t *draft)
{
    const char *field, *wrong;

    kt_layout_clear(&it_purchase_layout, draft);
    KT_TRY(kt_fields_from_pb(call, &it_purchase_layout,
                             request->purchase ? &request->purchase->base : NULL, "purchase.",
                             draft));
    wrong = it_purchase_wrong(draft, &field);
    return wrong ? kt_call_bad_field(call, wrong, "purchase.%s", field) : kt_ok();
}

/* ---- as variables ---- */

typedef struct variables {
    kt_call_t *call;
    kt_variable_t *all;
    uint32_t count;
} variables_t;

static void
put(variables_t *v, const char *name, kt_span_t value)
{
    KT_ASSERT(v->count < VARIABLES_MAX);
    v->all[v->count++] = (kt_variable_t){.name = kt_span_str(name), .value = value};
}

static void
put_number(variables_t *v, const char *name, int64_t number)
{
    put(v, name, kt_span_str(kt_arena_printf(v->call->arena, "%" PRId64, number)));
}

static const char *
day_text(const variables_t *v, int32_t days)
{
    char text[11];

    kt_date_format(kt_date_from_days(days), text);
    return kt_arena_printf(v->call->arena, "%s", text);
}

/* "due_on=2026-12-31,amount_minor=500;...": a list of messages, as bindings write it. */
static const char *
lines(const variables_t *v, const it_purchase_record_t *purchase)
{
    const it_instalment_record_t *instalments = (const it_instalment_record_t *)
                                                    purchase->instalments.items;
    const char *text = "";

    for (uint32_t i = 0; i < purchase->instalments.count; i++)
        text = kt_arena_printf(v->call->arena, "%s%sdue_on=%s,amount_minor=%" PRId64, text,
                               i > 0 ? ";" : "", day_text(v, instalments[i].due_on),
                               instalments[i].amount_minor);
    return text;
}

static const char *
employees(const variables_t *v, const it_purchase_record_t *purchase)
{
    const kt_span_t *names = (const kt_span_t *)purchase->employees.items;
    const char *text = "";

    for (uint32_t i = 0; i < purchase->employees.count; i++)
        text = kt_arena_printf(v->call->arena, "%s%s%.*s", text, i > 0 ? "," : "",
                               (int)names[i].size, (const char *)names[i].data);
    return text;
}

kt_status_t
it_purchase_variables(kt_call_t *call, const it_purchase_record_t *purchase,
                      kt_variable_t **variables, uint32_t *count)
{
    variables_t v = {.call = call,
                     .all = KT_ARENA_ARRAY(call->arena, kt_variable_t, VARIABLES_MAX)};

    if (!v.all)
        return kt_call_out_of_memory(call);
    put(&v, "purchase", purchase->purchase);
    put(&v, "title", purchase->title);
    put(&v, "vendor", purchase->vendor);
    put(&v, "product", purchase->product);
    put(&v, "book", purchase->book);
    put(&v, "cost_centre", purchase->cost_centre);
    put(&v, "currency", purchase->currency);
    put_number(&v, "amount_minor", purchase->amount_minor);
    put(&v, "lines", kt_span_str(lines(&v, purchase)));
    put(&v, "expense_account", purchase->expense_account);
    put(&v, "payable_account", purchase->payable_account);
    put_number(&v, "seats", purchase->seats);
    put(&v, "employees", kt_span_str(employees(&v, purchase)));
    put(&v, "from_date", kt_span_str(day_text(&v, purchase->from_date)));
    put(&v, "until_date", kt_span_str(day_text(&v, purchase->until_date)));
    put_number(&v, "from_us", purchase->from_date * KT_US_PER_DAY);
    *variables = v.all;
    *count = v.count;
    return kt_arena_exhausted(call->arena) ? kt_call_out_of_memory(call) : kt_ok();
}
