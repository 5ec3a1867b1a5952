#include "codec/purchases.h"

#include <inttypes.h>
#include <kt/time.h>

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

/* "due_on=2026-12-31,amount_minor=500;...": a list of messages, as bindings write it. */
static kt_span_t
lines(const kt_variables_t *v, const it_purchase_record_t *purchase)
{
    const it_instalment_record_t *instalments = (const it_instalment_record_t *)
                                                    purchase->instalments.items;
    const char *text = "";

    for (uint32_t i = 0; i < purchase->instalments.count; i++)
        text = kt_arena_printf(v->arena, "%s%sdue_on=%s,amount_minor=%" PRId64, text,
                               i > 0 ? ";" : "", kt_variables_date(v, instalments[i].due_on),
                               instalments[i].amount_minor);
    return kt_span_str(text);
}

kt_variables_t
it_purchase_variables(kt_call_t *call, const it_purchase_record_t *purchase)
{
    kt_variables_t v = kt_variables(call->arena);

    kt_variables_put(&v, "purchase", purchase->purchase);
    kt_variables_put(&v, "title", purchase->title);
    kt_variables_put(&v, "vendor", purchase->vendor);
    kt_variables_put(&v, "product", purchase->product);
    kt_variables_put(&v, "book", purchase->book);
    kt_variables_put(&v, "cost_centre", purchase->cost_centre);
    kt_variables_put(&v, "currency", purchase->currency);
    kt_variables_put_number(&v, "amount_minor", purchase->amount_minor);
    kt_variables_put(&v, "lines", lines(&v, purchase));
    kt_variables_put(&v, "expense_account", purchase->expense_account);
    kt_variables_put(&v, "payable_account", purchase->payable_account);
    kt_variables_put_number(&v, "seats", purchase->seats);
    kt_variables_put_names(&v, "employees", &purchase->employees);
    kt_variables_put_date(&v, "from_date", purchase->from_date);
    kt_variables_put_date(&v, "until_date", purchase->until_date);
    kt_variables_put_number(&v, "from_us", purchase->from_date * KT_US_PER_DAY);
    return v;
}
