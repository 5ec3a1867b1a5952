/* Made by protoc-gen-kantor from sample/v1/shop.proto. Do not edit. */
#ifndef SAMPLE_V1_SHOP_CLIENT_KT_H
#define SAMPLE_V1_SHOP_CLIENT_KT_H

#include <sample/v1/shop.kt.h>
#include <kt/client.h>

/* Unary methods of sample.v1.Shop: as kt_client_call does. *RESPONSE lies in REPLY and lives as
 * long as REPLY's contents do. Streams are opened by kt_client_open. */
kt_status_t shop_shop_get_order(kt_client_t *client, const kt_call_options_t *options,
    const smp_scalars_t *request, kt_reply_t *reply, const shop_order_t **response);
kt_status_t shop_shop_place_order(kt_client_t *client, const kt_call_options_t *options,
    const shop_order_t *request, kt_reply_t *reply, const Google__Protobuf__Empty **response);

/* Unary methods of sample.v1.TillHTTP: as kt_client_call does. *RESPONSE lies in REPLY and lives as
 * long as REPLY's contents do. Streams are opened by kt_client_open. */
kt_status_t shop_till_http_open_url_now(kt_client_t *client, const kt_call_options_t *options,
    const smp_nothing_t *request, kt_reply_t *reply, const smp_nothing_t **response);

#endif
