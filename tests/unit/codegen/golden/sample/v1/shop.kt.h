/* Made by protoc-gen-kantor from sample/v1/shop.proto. Do not edit. */
#ifndef SAMPLE_V1_SHOP_KT_H
#define SAMPLE_V1_SHOP_KT_H

#include <sample/v1/shop.pb-c.h>
#include <kantor/rpc/v1/rule.kt.h>
#include <sample/v1/types.kt.h>
#include <kt/method.h>

/* sample.v1.Order */
typedef Sample__V1__Order shop_order_t;
#define SHOP_ORDER_INIT SAMPLE__V1__ORDER__INIT
#define shop_order_descriptor sample__v1__order__descriptor

/* service sample.v1.Shop */
extern const kt_service_desc_t shop_shop_service;

/* Places of its methods in shop_shop_service.methods. */
enum {
    SHOP_SHOP_GET_ORDER = 0,
    SHOP_SHOP_PLACE_ORDER = 1,
    SHOP_SHOP_WATCH = 2,
    SHOP_SHOP_UPLOAD = 3,
    SHOP_SHOP_HAGGLE = 4,
};

/* What runs its methods; kt/method.h says how. No member may be NULL. */
typedef struct shop_shop_handlers {
    kt_status_t (*get_order)(kt_call_t *call, const smp_scalars_t *request, shop_order_t *response);
    kt_status_t (*place_order)(kt_call_t *call, const shop_order_t *request,
        Google__Protobuf__Empty *response);
    kt_status_t (*watch_take)(kt_call_t *call, const smp_http_outer_inner_t *request);
    kt_status_t (*watch_give)(kt_call_t *call, shop_order_t *response, kt_give_t *given);
    kt_status_t (*upload_take)(kt_call_t *call, const shop_order_t *request);
    kt_status_t (*upload_give)(kt_call_t *call, smp_nothing_t *response, kt_give_t *given);
    kt_status_t (*haggle_take)(kt_call_t *call, const shop_order_t *request);
    kt_status_t (*haggle_give)(kt_call_t *call, shop_order_t *response, kt_give_t *given);
} shop_shop_handlers_t;

/* HANDLERS is borrowed for the process's life. */
kt_binding_t shop_shop_bind(const shop_shop_handlers_t *handlers);

/* service sample.v1.TillHTTP */
extern const kt_service_desc_t shop_till_http_service;

/* Places of its methods in shop_till_http_service.methods. */
enum {
    SHOP_TILL_HTTP_OPEN_URL_NOW = 0,
};

/* What runs its methods; kt/method.h says how. No member may be NULL. */
typedef struct shop_till_http_handlers {
    kt_status_t (*open_url_now)(kt_call_t *call, const smp_nothing_t *request,
        smp_nothing_t *response);
} shop_till_http_handlers_t;

/* HANDLERS is borrowed for the process's life. */
kt_binding_t shop_till_http_bind(const shop_till_http_handlers_t *handlers);

#endif
