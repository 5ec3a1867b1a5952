/* Writes answer before they apply: what fails for want of memory has written nothing. */
#include "handlers/software.h"

#include "codec/software.h"
#include "domain/reason.h"
#include "handlers/actor.h"
#include "store/software.h"

/* ---- products ---- */

static kt_status_t
create_product(kt_call_t *call, const it_create_product_request_t *request, it_product_t *response)
{
    it_product_record_t product;
    bool found = false;
    KT_TRY(it_create_product_from_pb(call, request, &product));
    KT_TRY(it_store_has_product(call, product.product, &found));
    if (found)
        return kt_error(KT_ALREADY_EXISTS, IT_PRODUCT_EXISTS, "there is a product of this id");
    product.created_us = call->now_us;
    KT_TRY(kt_fields_to_pb(call, &it_product_layout, &product, &response->base));
    return it_store_apply_product(call, &product);
}

static kt_status_t
get_product(kt_call_t *call, const it_get_product_request_t *request, it_product_t *response)
{
    kt_span_t id;
    it_product_record_t product;
    KT_TRY(it_shape_name(call, request->product, "product", &id));
    KT_TRY(it_store_load_product(call, id, &product));
    return kt_fields_to_pb(call, &it_product_layout, &product, &response->base);
}

static kt_status_t
list_products(kt_call_t *call, const it_list_products_request_t *request,
              it_list_products_response_t *response)
{
    kt_list_page_t page;
    kt_row_page_t rows;
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(it_store_list_products(call, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_product_layout, rows.rows, rows.count,
                                &it_product_descriptor, &response->n_products,
                                (void ***)&response->products));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- licences ---- */

static kt_status_t
activate_licence(kt_call_t *call, const it_activate_licence_request_t *request,
                 it_licence_t *response)
{
    it_licence_record_t draft, there, next;
    bool known, found, writes;
    KT_TRY(it_activate_licence_from_pb(call, request, &draft));
    KT_TRY(it_store_has_product(call, draft.product, &known));
    KT_TRY(it_store_find_licence(call, draft.licence, &there, &found));
    kt_status_t status = it_decide_activate(&draft, found ? &there : NULL, known, call->now_us,
                                            &next, &writes);
    if (kt_failed(status))
        return it_refuse(call, status, "licence", draft.licence, "ended", "activate");
    KT_TRY(it_licence_to_pb(call, &next, it_store_today(call), response));
    return writes ? it_store_apply_licence(call, &next) : kt_ok();
}

static kt_status_t
end_licence(kt_call_t *call, const it_end_licence_request_t *request, it_licence_t *response)
{
    kt_span_t id;
    it_licence_record_t licence;
    KT_TRY(it_shape_name(call, request->licence, "licence", &id));
    KT_TRY(it_store_load_licence(call, id, &licence));
    bool writes = licence.ended_us == 0;
    if (writes)
        licence.ended_us = call->now_us;
    KT_TRY(it_licence_to_pb(call, &licence, it_store_today(call), response));
    return writes ? it_store_apply_licence(call, &licence) : kt_ok();
}

static kt_status_t
get_licence(kt_call_t *call, const it_get_licence_request_t *request, it_licence_t *response)
{
    kt_span_t id;
    int32_t day;
    it_licence_record_t licence;
    KT_TRY(it_shape_name(call, request->licence, "licence", &id));
    KT_TRY(it_shape_date(call, request->date, it_store_today(call), "date", &day));
    KT_TRY(it_store_load_licence(call, id, &licence));
    return it_licence_to_pb(call, &licence, day, response);
}

static kt_status_t
list_licences(kt_call_t *call, const it_list_licences_request_t *request,
              it_list_licences_response_t *response)
{
    const char *fields[] = {request->product};
    kt_span_t product;
    kt_list_page_t page;
    it_licence_list_t list;
    KT_TRY(it_shape_maybe_name(call, request->product, "product", &product));
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           &page));
    KT_TRY(it_store_list_licences(call, product, page.place, page.size, &list));
    KT_TRY(it_licences_to_pb(call, list.licences, list.count, it_store_today(call), response));
    return kt_page_to_pb(call, &page, list.next, &response->next_page_token);
}

/* ---- seats ---- */

static kt_status_t
assign_seats(kt_call_t *call, const it_assign_seats_request_t *request,
             it_assign_seats_response_t *response)
{
    it_assign_seats_order_t order;
    it_licence_record_t licence;
    it_seat_ask_t asks[IT_SEAT_ASKS_MAX];
    bool gives[IT_SEAT_ASKS_MAX];
    it_licence_t told = IT_LICENCE_INIT;
    KT_TRY(it_assign_seats_from_pb(call, request, &order));
    KT_TRY(it_store_load_licence(call, order.licence, &licence));
    KT_TRY(it_store_load_seat_asks(call, order.licence, &order.employees, asks));
    kt_status_t status = it_decide_assign_seats(call->arena, &licence, asks, order.employees.count,
                                                it_store_today(call), gives, &response->assigned);
    if (kt_failed(status))
        return it_refuse(call, status, "licence", order.licence, "", "assign seats");
    KT_TRY(it_licence_to_pb(call, &licence, it_store_today(call), &told));
    response->licence = KT_ARENA_NEW(call->arena, it_licence_t);
    if (!response->licence)
        return kt_call_out_of_memory(call);
    *response->licence = told;
    return it_store_apply_assign_seats(call, &licence, asks, order.employees.count, gives);
}

/* Which seats of HELD are meant: those of LICENCE, or all; and how many are in force without them.
 */
static uint64_t
meant(const it_held_seats_t *held, kt_span_t licence, int32_t today,
      it_release_seats_response_t *response)
{
    uint64_t gone = 0;
    response->seats = held->in_force;
    for (uint32_t i = 0; i < held->count; i++) {
        const it_licence_record_t *of = &held->licences[i];
        if (licence.size > 0 && !kt_span_equal(of->licence, licence))
            continue;
        gone |= UINT64_C(1) << i;
        response->released++;
        response->seats -= it_licence_in_term(of, today);
    }
    return gone;
}

static kt_status_t
release_seats(kt_call_t *call, const it_release_seats_request_t *request,
              it_release_seats_response_t *response)
{
    kt_span_t employee, licence;
    it_licence_record_t of;
    it_held_seats_t *held = KT_ARENA_NEW(call->arena, it_held_seats_t);
    if (!held)
        return kt_call_out_of_memory(call);
    KT_TRY(it_shape_name(call, request->employee, "employee", &employee));
    KT_TRY(it_shape_maybe_name(call, request->licence, "licence", &licence));
    if (licence.size > 0)
        KT_TRY(it_store_load_licence(call, licence, &of));
    KT_TRY(it_store_load_held_seats(call, employee, held));
    uint64_t gone = meant(held, licence, it_store_today(call), response);
    return it_store_apply_release_seats(call, employee, held, gone, response->seats);
}

static kt_status_t
list_seats(kt_call_t *call, const it_list_seats_request_t *request,
           it_list_seats_response_t *response)
{
    it_list_seats_order_t order;
    it_licence_record_t licence;
    kt_row_page_t rows;
    KT_TRY(it_list_seats_from_pb(call, request, &order));
    if (order.licence.size > 0)
        KT_TRY(it_store_load_licence(call, order.licence, &licence));
    KT_TRY(it_store_list_seats(call, order.licence, order.employee, order.page.place,
                               order.page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_seat_layout, rows.rows, rows.count, &it_seat_descriptor,
                                &response->n_seats, (void ***)&response->seats));
    return kt_page_to_pb(call, &order.page, rows.next, &response->next_page_token);
}

const it_software_handlers_t it_software_handlers = {
    .create_product = create_product,
    .get_product = get_product,
    .list_products = list_products,
    .activate_licence = activate_licence,
    .end_licence = end_licence,
    .get_licence = get_licence,
    .list_licences = list_licences,
    .assign_seats = assign_seats,
    .release_seats = release_seats,
    .list_seats = list_seats,
};
