#include "codec/software.h"

kt_status_t
it_create_product_from_pb(kt_call_t *call, const it_create_product_request_t *request,
                          it_product_record_t *draft)
{
    kt_layout_clear(&it_product_layout, draft);
    return kt_fields_from_pb(call, &it_product_layout,
                             request->product ? &request->product->base : NULL, "product.", draft);
}

kt_status_t
it_activate_licence_from_pb(kt_call_t *call, const it_activate_licence_request_t *request,
                            it_licence_record_t *draft)
{
    const char *field;
    kt_layout_clear(&it_licence_layout, draft);
    KT_TRY(kt_fields_from_pb(call, &it_licence_layout,
                             request->licence ? &request->licence->base : NULL, "licence.", draft));
    const char *wrong = it_licence_wrong(draft, &field);
    return wrong ? kt_call_bad_field(call, wrong, "licence.%s", field) : kt_ok();
}

static const kt_field_t ASSIGN[] = {
    KT_F_NAME(it_assign_seats_order_t, licence, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAMES(it_assign_seats_order_t, employees, IT_NAME_BYTES_MAX, IT_SEAT_ASKS_MAX,
               KT_REQUIRED),
};
static const kt_layout_t ASSIGN_LAYOUT = KT_LAYOUT("order", it_assign_seats_order_t, ASSIGN);

kt_status_t
it_assign_seats_from_pb(kt_call_t *call, const it_assign_seats_request_t *request,
                        it_assign_seats_order_t *order)
{
    *order = (it_assign_seats_order_t){0};
    return kt_fields_from_pb(call, &ASSIGN_LAYOUT, &request->base, "", order);
}

kt_status_t
it_list_seats_from_pb(kt_call_t *call, const it_list_seats_request_t *request,
                      it_list_seats_order_t *order)
{
    const char *fields[] = {request->licence, request->employee};
    KT_TRY(it_shape_maybe_name(call, request->licence, "licence", &order->licence));
    KT_TRY(it_shape_maybe_name(call, request->employee, "employee", &order->employee));
    if ((order->licence.size > 0) == (order->employee.size > 0))
        return kt_call_bad_field(call, "is given, or employee, and not both", "licence");
    return kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           &order->page);
}

kt_status_t
it_licence_to_pb(kt_call_t *call, const it_licence_record_t *licence, int32_t day,
                 it_licence_t *response)
{
    it_licence_record_t view = it_licence_view(licence, day);
    return kt_fields_to_pb(call, &it_licence_view_layout, &view, &response->base);
}

kt_status_t
it_licences_to_pb(kt_call_t *call, it_licence_record_t *licences, uint32_t count, int32_t day,
                  it_list_licences_response_t *response)
{
    for (uint32_t i = 0; i < count; i++)
        licences[i] = it_licence_view(&licences[i], day);
    return kt_fields_list_to_pb(call, &it_licence_view_layout, licences, count,
                                &it_licence_descriptor, &response->n_licences,
                                (void ***)&response->licences);
}
