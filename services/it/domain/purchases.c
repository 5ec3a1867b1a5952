#include "domain/purchases.h"

#include "domain/reason.h"
#include "domain/software.h"

static const kt_field_t INSTALMENT[] = {
    KT_F_DATE(it_instalment_record_t, due_on, KT_REQUIRED),
    KT_F_I64(it_instalment_record_t, amount_minor, 1, INT64_MAX, KT_REQUIRED),
};
const kt_layout_t it_instalment_layout = KT_LAYOUT("instalment", it_instalment_record_t,
                                                   INSTALMENT);

static const kt_field_t PURCHASE[] = {
    KT_F_NAME(it_purchase_record_t, purchase, IT_NAME_BYTES_MAX, KT_KEYED),
    KT_F_TEXT(it_purchase_record_t, title, IT_PURCHASE_TITLE_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(it_purchase_record_t, vendor, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(it_purchase_record_t, product, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(it_purchase_record_t, book, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(it_purchase_record_t, cost_centre, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(it_purchase_record_t, currency, IT_CURRENCY_BYTES, KT_REQUIRED),
    KT_F_I64(it_purchase_record_t, amount_minor, 1, INT64_MAX, KT_REQUIRED),
    KT_F_LIST(it_purchase_record_t, instalments, &it_instalment_layout, IT_INSTALMENTS_MAX,
              KT_REQUIRED),
    KT_F_TEXT(it_purchase_record_t, expense_account, IT_BOOK_ACCOUNT_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(it_purchase_record_t, payable_account, IT_BOOK_ACCOUNT_BYTES_MAX, KT_REQUIRED),
    KT_F_U32(it_purchase_record_t, seats, 1, IT_SEATS_MAX, KT_REQUIRED),
    KT_F_NAMES(it_purchase_record_t, employees, IT_NAME_BYTES_MAX, IT_PURCHASE_EMPLOYEES_MAX,
               KT_REQUIRED),
    KT_F_DATE(it_purchase_record_t, from_date, KT_REQUIRED),
    KT_F_DATE(it_purchase_record_t, until_date, KT_REQUIRED),
    KT_F_TEXT(it_purchase_record_t, requested_by, IT_WHO_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(it_purchase_record_t, requested_us, KT_OUTPUT),
    KT_F_ID(it_purchase_record_t, process, KT_OUTPUT),
};
const kt_layout_t it_purchase_layout = KT_LAYOUT("purchase", it_purchase_record_t, PURCHASE);

static bool
is_currency(kt_span_t text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < 'A' || text.data[i] > 'Z')
            return false;
    return text.size == IT_CURRENCY_BYTES;
}

static const char *
wrong_instalments(const it_purchase_record_t *draft)
{
    const it_instalment_record_t *instalments = (const it_instalment_record_t *)
                                                    draft->instalments.items;
    int64_t sum = 0;

    for (uint32_t i = 0; i < draft->instalments.count; i++) {
        if (i > 0 && instalments[i].due_on < instalments[i - 1].due_on)
            return "are in the order of their days";
        if (__builtin_add_overflow(sum, instalments[i].amount_minor, &sum))
            return "add up to the amount";
    }
    return sum == draft->amount_minor ? NULL : "add up to the amount";
}

const char *
it_purchase_wrong(const it_purchase_record_t *draft, const char **field)
{
    const char *wrong = wrong_instalments(draft);

    *field = "currency";
    if (!is_currency(draft->currency))
        return "is three letters as in ISO 4217, such as IDR";
    *field = "instalments";
    if (wrong)
        return wrong;
    *field = "employees";
    if (draft->employees.count > draft->seats)
        return "are no more than the seats";
    *field = "until_date";
    return draft->until_date < draft->from_date ? "does not lie before from_date" : NULL;
}

kt_status_t
it_decide_purchase(const it_purchase_record_t *draft, const it_purchase_facts_t *facts)
{
    if (!facts->product_known)
        return kt_error(KT_NOT_FOUND, IT_PRODUCT_UNKNOWN, "there is no such product");
    if (facts->exists)
        return kt_error(KT_ALREADY_EXISTS, IT_PURCHASE_EXISTS, "there is a purchase of this id");
    if (facts->licence_there)
        return kt_error(KT_ALREADY_EXISTS, IT_LICENCE_EXISTS,
                        "there is a licence of this id, which the purchase's would have");
    if (draft->until_date < facts->today)
        return kt_error(KT_FAILED_PRECONDITION, IT_LICENCE_NOT_IN_TERM,
                        "the licence's term would be over already");
    for (uint32_t i = 0; i < draft->employees.count; i++) {
        if (facts->asks[i].cleared)
            return kt_error(KT_FAILED_PRECONDITION, IT_EMPLOYEE_CLEARED,
                            "it was confirmed that one of the employees left");
        if (facts->asks[i].seats >= IT_SEATS_PER_EMPLOYEE_MAX)
            return kt_error(KT_RESOURCE_EXHAUSTED, IT_TOO_MANY_SEATS,
                            "one of the employees holds 64 seats");
    }
    return kt_ok();
}
