/* Made by protoc-gen-kantor from sample/v1/shop.proto. Do not edit. */
#include <sample/v1/shop.client.kt.h>

kt_status_t
shop_shop_get_order(kt_client_t *client, const kt_call_options_t *options,
    const smp_scalars_t *request, kt_reply_t *reply, const shop_order_t **response)
{
    const kt_method_t *method = &shop_shop_service.methods[SHOP_SHOP_GET_ORDER];
    KT_TRY(kt_client_call(client, method, options, &request->base, reply));
    *response = (const shop_order_t *)reply->message;
    return kt_ok();
}

kt_status_t
shop_shop_place_order(kt_client_t *client, const kt_call_options_t *options,
    const shop_order_t *request, kt_reply_t *reply, const Google__Protobuf__Empty **response)
{
    const kt_method_t *method = &shop_shop_service.methods[SHOP_SHOP_PLACE_ORDER];
    KT_TRY(kt_client_call(client, method, options, &request->base, reply));
    *response = (const Google__Protobuf__Empty *)reply->message;
    return kt_ok();
}

kt_status_t
shop_till_http_open_url_now(kt_client_t *client, const kt_call_options_t *options,
    const smp_nothing_t *request, kt_reply_t *reply, const smp_nothing_t **response)
{
    const kt_method_t *method = &shop_till_http_service.methods[SHOP_TILL_HTTP_OPEN_URL_NOW];
    KT_TRY(kt_client_call(client, method, options, &request->base, reply));
    *response = (const smp_nothing_t *)reply->message;
    return kt_ok();
}
