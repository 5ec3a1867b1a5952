/* software.h: messages of Software to orders, and records to answers. */
#ifndef IT_CODEC_SOFTWARE_H
#define IT_CODEC_SOFTWARE_H

#include "codec/shape.h"
#include "domain/software.h"

#include <kantor/it/v1/software.kt.h>

kt_status_t it_create_product_from_pb(kt_call_t *call, const it_create_product_request_t *request,
                                      it_product_record_t *draft);
kt_status_t
it_activate_licence_from_pb(kt_call_t *call, const it_activate_licence_request_t *request,
                            it_licence_record_t *draft);

typedef struct it_assign_seats_order {
    kt_span_t licence;
    kt_list_t employees; /* of kt_span_t, 1..IT_SEAT_ASKS_MAX */
} it_assign_seats_order_t;
kt_status_t it_assign_seats_from_pb(kt_call_t *call, const it_assign_seats_request_t *request,
                                    it_assign_seats_order_t *order);

typedef struct it_list_seats_order {
    kt_span_t licence, employee; /* one of them is empty */
    kt_list_page_t page;
} it_list_seats_order_t;
kt_status_t it_list_seats_from_pb(kt_call_t *call, const it_list_seats_request_t *request,
                                  it_list_seats_order_t *order);

/* As it is on DAY. */
kt_status_t it_licence_to_pb(kt_call_t *call, const it_licence_record_t *licence, int32_t day,
                             it_licence_t *response);
kt_status_t it_licences_to_pb(kt_call_t *call, it_licence_record_t *licences, uint32_t count,
                              int32_t day, it_list_licences_response_t *response);

#endif
