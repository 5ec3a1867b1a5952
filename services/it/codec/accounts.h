/* accounts.h: messages of Accounts to orders, and records to answers. */
#ifndef IT_CODEC_ACCOUNTS_H
#define IT_CODEC_ACCOUNTS_H

#include "codec/shape.h"
#include "domain/accounts.h"
#include "domain/assets.h"

#include <kantor/it/v1/accounts.kt.h>

kt_status_t it_create_account_from_pb(kt_call_t *call, const it_create_account_request_t *request,
                                      it_account_record_t *draft);
kt_status_t it_suspension_from_pb(kt_call_t *call, const it_schedule_suspension_request_t *request,
                                  kt_span_t *employee, int64_t *at_us);
kt_status_t it_register_asset_from_pb(kt_call_t *call, const it_register_asset_request_t *request,
                                      it_asset_record_t *draft);

typedef struct it_asset_order {
    it_asset_command_t command;
    kt_span_t asset, condition;
} it_asset_order_t;
kt_status_t it_return_asset_from_pb(kt_call_t *call, const it_return_asset_request_t *request,
                                    it_asset_order_t *order);
kt_status_t it_write_off_asset_from_pb(kt_call_t *call, const it_write_off_asset_request_t *request,
                                       it_asset_order_t *order);
kt_status_t it_equipment_from_pb(kt_call_t *call, const it_assign_equipment_request_t *request,
                                 it_equipment_record_t *order);

kt_status_t
it_account_to_pb(kt_call_t *call, const it_account_record_t *view, it_account_t *response);
/* Those named, then those picked. */
kt_status_t it_equipment_to_pb(kt_call_t *call, const it_equipment_record_t *equipment,
                               it_assign_equipment_response_t *response);

/* Those that went back. */
kt_status_t it_released_to_pb(kt_call_t *call, const it_equipment_effects_t *fx,
                              it_release_equipment_response_t *response);

/* What an employee has, for an answer. */
typedef struct it_holdings_record {
    kt_span_t employee;
    kt_list_t assets, licences; /* of kt_span_t */
    uint32_t account;           /* an it_account_standing_t */
    uint32_t outstanding;
    bool cleared;
} it_holdings_record_t;
kt_status_t
it_holdings_to_pb(kt_call_t *call, const it_holdings_record_t *holdings, it_holdings_t *response);

#endif
