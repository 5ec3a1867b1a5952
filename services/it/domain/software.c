#include "domain/software.h"

#include "domain/reason.h"

#include <kt/time.h>

static const kt_field_t PRODUCT[] = {
    KT_F_NAME(it_product_record_t, product, IT_NAME_BYTES_MAX, KT_REQUIRED | KT_KEYED),
    KT_F_TEXT(it_product_record_t, title, IT_TITLE_BYTES_MAX, 0),
    KT_F_TEXT(it_product_record_t, vendor, IT_TITLE_BYTES_MAX, 0),
    KT_F_TIME(it_product_record_t, created_us, KT_OUTPUT),
};
const kt_layout_t it_product_layout = KT_LAYOUT("product", it_product_record_t, PRODUCT);

#define LICENCE_FIELDS                                                                             \
    KT_F_NAME(it_licence_record_t, licence, IT_NAME_BYTES_MAX, KT_REQUIRED | KT_KEYED),            \
        KT_F_NAME(it_licence_record_t, product, IT_NAME_BYTES_MAX, KT_REQUIRED),                   \
        KT_F_NAME(it_licence_record_t, contract, IT_NAME_BYTES_MAX, 0),                            \
        KT_F_U32(it_licence_record_t, seats, 1, IT_SEATS_MAX, KT_REQUIRED),                        \
        KT_F_DATE(it_licence_record_t, from_date, KT_REQUIRED),                                    \
        KT_F_DATE(it_licence_record_t, until_date, 0),                                             \
        KT_F_I64(it_licence_record_t, cost_minor, 0, INT64_MAX, 0),                                \
        KT_F_TEXT(it_licence_record_t, currency, IT_CURRENCY_BYTES, 0),                            \
        KT_F_TIME(it_licence_record_t, activated_us, KT_OUTPUT),                                   \
        KT_F_TIME(it_licence_record_t, ended_us, KT_OUTPUT),                                       \
        KT_F_U32(it_licence_record_t, used, 0, IT_SEATS_MAX, KT_OUTPUT)

static const kt_field_t LICENCE[] = {LICENCE_FIELDS};
const kt_layout_t it_licence_layout = KT_LAYOUT("licence", it_licence_record_t, LICENCE);

static const kt_field_t VIEW[] = {
    LICENCE_FIELDS,
    KT_F_BOOL(it_licence_record_t, in_term, KT_OUTPUT),
    KT_F_U32(it_licence_record_t, free, 0, IT_SEATS_MAX, KT_OUTPUT),
};
const kt_layout_t it_licence_view_layout = KT_LAYOUT("licence", it_licence_record_t, VIEW);

static const kt_field_t SEAT[] = {
    KT_F_NAME(it_seat_record_t, licence, IT_NAME_BYTES_MAX, KT_KEYED),
    KT_F_NAME(it_seat_record_t, employee, IT_NAME_BYTES_MAX, KT_KEYED),
    KT_F_TIME(it_seat_record_t, assigned_us, KT_OUTPUT),
    KT_F_TEXT(it_seat_record_t, assigned_by, IT_WHO_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t it_seat_layout = KT_LAYOUT("seat", it_seat_record_t, SEAT);

bool
it_licence_in_term(const it_licence_record_t *licence, int32_t day)
{
    if (licence->ended_us != 0 && day >= licence->ended_us / KT_US_PER_DAY)
        return false;
    return day >= licence->from_date &&
           (licence->until_date == KT_DATE_NONE || day <= licence->until_date);
}

it_licence_record_t
it_licence_view(const it_licence_record_t *licence, int32_t day)
{
    it_licence_record_t view = *licence;
    view.in_term = it_licence_in_term(licence, day);
    view.used = view.in_term ? licence->used : 0;
    view.free = view.in_term ? licence->seats - licence->used : 0;
    return view;
}

static bool
is_currency(kt_span_t text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < 'A' || text.data[i] > 'Z')
            return false;
    return text.size == IT_CURRENCY_BYTES;
}

const char *
it_licence_wrong(const it_licence_record_t *draft, const char **field)
{
    *field = "until_date";
    if (draft->until_date != KT_DATE_NONE && draft->until_date < draft->from_date)
        return "is before from_date";
    *field = "currency";
    if (draft->cost_minor != 0 && !is_currency(draft->currency))
        return "is not three capital letters";
    if (draft->cost_minor == 0 && draft->currency.size > 0)
        return "is given without cost_minor";
    return NULL;
}

static bool
same_content(const it_licence_record_t *a, const it_licence_record_t *b)
{
    return kt_span_equal(a->product, b->product) && kt_span_equal(a->contract, b->contract) &&
           a->seats == b->seats && a->from_date == b->from_date && a->until_date == b->until_date &&
           a->cost_minor == b->cost_minor && kt_span_equal(a->currency, b->currency);
}

kt_status_t
it_decide_activate(const it_licence_record_t *draft, const it_licence_record_t *there,
                   bool product_known, int64_t now_us, it_licence_record_t *next, bool *writes)
{
    if (!product_known)
        return kt_error(KT_NOT_FOUND, IT_PRODUCT_UNKNOWN, "there is no such product");
    if (there && !same_content(draft, there))
        return kt_error(KT_ALREADY_EXISTS, IT_LICENCE_EXISTS,
                        "there is a licence of this id with other content");
    if (there && there->ended_us != 0)
        return kt_error(KT_FAILED_PRECONDITION, IT_LICENCE_ENDED, "the licence was ended");
    *next = there ? *there : *draft;
    *writes = !there;
    if (!there)
        next->activated_us = now_us;
    return kt_ok();
}

/* ---- seats ---- */

static kt_status_t
about(kt_arena_t *arena, kt_code_t code, uint32_t reason, const char *what, kt_span_t employee)
{
    return kt_error(
        code, reason,
        kt_arena_printf(arena, "%s: %.*s", what, (int)employee.size, (const char *)employee.data));
}

static bool
asked_before(const it_seat_ask_t *asks, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (kt_span_equal(asks[i].employee, asks[at].employee))
            return true;
    return false;
}

kt_status_t
it_decide_assign_seats(kt_arena_t *arena, it_licence_record_t *licence, it_seat_ask_t *asks,
                       uint32_t count, int32_t today, bool gives[IT_SEAT_ASKS_MAX],
                       uint32_t *assigned)
{
    uint32_t more = 0;
    if (!it_licence_in_term(licence, today))
        return kt_error(KT_FAILED_PRECONDITION, IT_LICENCE_NOT_IN_TERM,
                        "the licence is not in its term");
    for (uint32_t i = 0; i < count; i++) {
        gives[i] = !asks[i].holds && !asked_before(asks, i);
        more += gives[i];
    }
    for (uint32_t i = 0; i < count; i++)
        if (gives[i] && asks[i].cleared)
            return about(arena, KT_FAILED_PRECONDITION, IT_EMPLOYEE_CLEARED,
                         "it was confirmed that the employee left", asks[i].employee);
    if (more > licence->seats - licence->used)
        return kt_error(KT_RESOURCE_EXHAUSTED, IT_SEATS_EXHAUSTED,
                        kt_arena_printf(arena, "%u seats are free of %u",
                                        licence->seats - licence->used, licence->seats));
    for (uint32_t i = 0; i < count; i++)
        if (gives[i] && asks[i].seats >= IT_SEATS_PER_EMPLOYEE_MAX)
            return about(arena, KT_RESOURCE_EXHAUSTED, IT_TOO_MANY_SEATS,
                         "the employee holds 64 seats", asks[i].employee);
    for (uint32_t i = 0; i < count; i++)
        if (gives[i]) {
            asks[i].seats++;
            asks[i].in_force++;
        }
    licence->used += more;
    *assigned = more;
    return kt_ok();
}
