/* Made by protoc-gen-kantor from sample/v1/shop.proto. Do not edit. */
#include <sample/v1/shop.kt.h>

static const char *const shop_shop_get_order_roles[] = {"*"};

static const char *const shop_shop_place_order_roles[] = {"shop.clerk", "shop.owner"};

static const char *const shop_shop_watch_roles[] = {"shop.owner"};

static const char *const shop_shop_upload_roles[] = {"shop.clerk"};

static const char *const shop_shop_haggle_roles[] = {"shop.clerk"};

static const kt_method_t shop_shop_methods[] = {
    [SHOP_SHOP_GET_ORDER] = {
        .path = "/sample.v1.Shop/GetOrder",
        .request = &sample__v1__scalars__descriptor,
        .response = &sample__v1__order__descriptor,
        .kind = KT_METHOD_READ,
        .client_streaming = false,
        .server_streaming = false,
        .roles = shop_shop_get_order_roles,
        .roles_count = 1,
    },
    [SHOP_SHOP_PLACE_ORDER] = {
        .path = "/sample.v1.Shop/PlaceOrder",
        .request = &sample__v1__order__descriptor,
        .response = &google__protobuf__empty__descriptor,
        .kind = KT_METHOD_WRITE,
        .client_streaming = false,
        .server_streaming = false,
        .roles = shop_shop_place_order_roles,
        .roles_count = 2,
    },
    [SHOP_SHOP_WATCH] = {
        .path = "/sample.v1.Shop/Watch",
        .request = &sample__v1__httpouter__inner__descriptor,
        .response = &sample__v1__order__descriptor,
        .kind = KT_METHOD_ADMIN,
        .client_streaming = false,
        .server_streaming = true,
        .roles = shop_shop_watch_roles,
        .roles_count = 1,
    },
    [SHOP_SHOP_UPLOAD] = {
        .path = "/sample.v1.Shop/Upload",
        .request = &sample__v1__order__descriptor,
        .response = &sample__v1__nothing__descriptor,
        .kind = KT_METHOD_READ,
        .client_streaming = true,
        .server_streaming = false,
        .roles = shop_shop_upload_roles,
        .roles_count = 1,
    },
    [SHOP_SHOP_HAGGLE] = {
        .path = "/sample.v1.Shop/Haggle",
        .request = &sample__v1__order__descriptor,
        .response = &sample__v1__order__descriptor,
        .kind = KT_METHOD_READ,
        .client_streaming = true,
        .server_streaming = true,
        .roles = shop_shop_haggle_roles,
        .roles_count = 1,
    },
};

const kt_service_desc_t shop_shop_service = {
    .name = "sample.v1.Shop",
    .methods = shop_shop_methods,
    .methods_count = 5,
};

static kt_status_t
shop_shop_get_order_unary(const void *handlers, kt_call_t *call, const void *request,
    void *response)
{
    const shop_shop_handlers_t *typed = handlers;
    return typed->get_order(call, request, response);
}

static kt_status_t
shop_shop_place_order_unary(const void *handlers, kt_call_t *call, const void *request,
    void *response)
{
    const shop_shop_handlers_t *typed = handlers;
    return typed->place_order(call, request, response);
}

static kt_status_t
shop_shop_watch_take_step(const void *handlers, kt_call_t *call, const void *request)
{
    const shop_shop_handlers_t *typed = handlers;
    return typed->watch_take(call, request);
}

static kt_status_t
shop_shop_watch_give_step(const void *handlers, kt_call_t *call, void *response, kt_give_t *given)
{
    const shop_shop_handlers_t *typed = handlers;
    return typed->watch_give(call, response, given);
}

static kt_status_t
shop_shop_upload_take_step(const void *handlers, kt_call_t *call, const void *request)
{
    const shop_shop_handlers_t *typed = handlers;
    return typed->upload_take(call, request);
}

static kt_status_t
shop_shop_upload_give_step(const void *handlers, kt_call_t *call, void *response, kt_give_t *given)
{
    const shop_shop_handlers_t *typed = handlers;
    return typed->upload_give(call, response, given);
}

static kt_status_t
shop_shop_haggle_take_step(const void *handlers, kt_call_t *call, const void *request)
{
    const shop_shop_handlers_t *typed = handlers;
    return typed->haggle_take(call, request);
}

static kt_status_t
shop_shop_haggle_give_step(const void *handlers, kt_call_t *call, void *response, kt_give_t *given)
{
    const shop_shop_handlers_t *typed = handlers;
    return typed->haggle_give(call, response, given);
}

static const kt_handler_t shop_shop_run[] = {
    [SHOP_SHOP_GET_ORDER] = {.unary = shop_shop_get_order_unary},
    [SHOP_SHOP_PLACE_ORDER] = {.unary = shop_shop_place_order_unary},
    [SHOP_SHOP_WATCH] = {.take = shop_shop_watch_take_step, .give = shop_shop_watch_give_step},
    [SHOP_SHOP_UPLOAD] = {.take = shop_shop_upload_take_step, .give = shop_shop_upload_give_step},
    [SHOP_SHOP_HAGGLE] = {.take = shop_shop_haggle_take_step, .give = shop_shop_haggle_give_step},
};

kt_binding_t
shop_shop_bind(const shop_shop_handlers_t *handlers)
{
    KT_ASSERT(handlers->get_order);
    KT_ASSERT(handlers->place_order);
    KT_ASSERT(handlers->watch_take && handlers->watch_give);
    KT_ASSERT(handlers->upload_take && handlers->upload_give);
    KT_ASSERT(handlers->haggle_take && handlers->haggle_give);
    return (kt_binding_t){
        .desc = &shop_shop_service,
        .run = shop_shop_run,
        .handlers = handlers,
    };
}

static const char *const shop_till_http_open_url_now_roles[] = {"shop.owner"};

static const kt_method_t shop_till_http_methods[] = {
    [SHOP_TILL_HTTP_OPEN_URL_NOW] = {
        .path = "/sample.v1.TillHTTP/OpenURLNow",
        .request = &sample__v1__nothing__descriptor,
        .response = &sample__v1__nothing__descriptor,
        .kind = KT_METHOD_ADMIN,
        .client_streaming = false,
        .server_streaming = false,
        .roles = shop_till_http_open_url_now_roles,
        .roles_count = 1,
    },
};

const kt_service_desc_t shop_till_http_service = {
    .name = "sample.v1.TillHTTP",
    .methods = shop_till_http_methods,
    .methods_count = 1,
};

static kt_status_t
shop_till_http_open_url_now_unary(const void *handlers, kt_call_t *call, const void *request,
    void *response)
{
    const shop_till_http_handlers_t *typed = handlers;
    return typed->open_url_now(call, request, response);
}

static const kt_handler_t shop_till_http_run[] = {
    [SHOP_TILL_HTTP_OPEN_URL_NOW] = {.unary = shop_till_http_open_url_now_unary},
};

kt_binding_t
shop_till_http_bind(const shop_till_http_handlers_t *handlers)
{
    KT_ASSERT(handlers->open_url_now);
    return (kt_binding_t){
        .desc = &shop_till_http_service,
        .run = shop_till_http_run,
        .handlers = handlers,
    };
}
