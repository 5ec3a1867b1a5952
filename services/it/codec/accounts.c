#include "codec/accounts.h"

#include "domain/software.h"

kt_status_t
it_create_account_from_pb(kt_call_t *call, const it_create_account_request_t *request,
                          it_account_record_t *draft)
{
    kt_layout_clear(&it_account_layout, draft);
    return kt_fields_from_pb(call, &it_account_layout,
                             request->account ? &request->account->base : NULL, "account.", draft);
}

kt_status_t
it_suspension_from_pb(kt_call_t *call, const it_schedule_suspension_request_t *request,
                      kt_span_t *employee, int64_t *at_us)
{
    KT_TRY(it_shape_name(call, request->employee, "employee", employee));
    if (request->at_us < 1)
        return kt_call_bad_field(call, "is a time: Unix microseconds, 1 or more", "at_us");
    *at_us = request->at_us;
    return kt_ok();
}

kt_status_t
it_register_asset_from_pb(kt_call_t *call, const it_register_asset_request_t *request,
                          it_asset_record_t *draft)
{
    kt_layout_clear(&it_asset_layout, draft);
    return kt_fields_from_pb(call, &it_asset_layout, request->asset ? &request->asset->base : NULL,
                             "asset.", draft);
}

kt_status_t
it_return_asset_from_pb(kt_call_t *call, const it_return_asset_request_t *request,
                        it_asset_order_t *order)
{
    order->command = IT_ASSET_DO_RETURN;
    KT_TRY(it_shape_name(call, request->asset, "asset", &order->asset));
    return it_shape_text(call, request->condition, IT_CONDITION_BYTES_MAX, "condition",
                         &order->condition);
}

kt_status_t
it_write_off_asset_from_pb(kt_call_t *call, const it_write_off_asset_request_t *request,
                           it_asset_order_t *order)
{
    KT_TRY(it_shape_name(call, request->asset, "asset", &order->asset));
    if (request->state != IT_ASSET_STATE_ASSET_LOST &&
        request->state != IT_ASSET_STATE_ASSET_RETIRED)
        return kt_call_bad_field(call, "is ASSET_LOST or ASSET_RETIRED", "state");
    order->command = request->state == IT_ASSET_STATE_ASSET_LOST ? IT_ASSET_DO_LOSE
                                                                 : IT_ASSET_DO_RETIRE;
    KT_TRY(it_shape_text(call, request->condition, IT_CONDITION_BYTES_MAX, "condition",
                         &order->condition));
    if (order->condition.size == 0)
        return kt_call_bad_field(call, "is missing: why is it written off?", "condition");
    return kt_ok();
}

kt_status_t
it_equipment_from_pb(kt_call_t *call, const it_assign_equipment_request_t *request,
                     it_equipment_record_t *order)
{
    *order = (it_equipment_record_t){0};
    KT_TRY(kt_fields_from_pb(call, &it_equipment_layout, &request->base, "", order));
    if (order->assets.count == 0 && order->kinds.count == 0)
        return kt_call_bad_field(call, "is given, or assets, or both", "kinds");
    return kt_ok();
}

kt_status_t
it_account_to_pb(kt_call_t *call, const it_account_record_t *view, it_account_t *response)
{
    return kt_fields_to_pb(call, &it_account_view_layout, view, &response->base);
}

kt_status_t
it_equipment_to_pb(kt_call_t *call, const it_equipment_record_t *equipment,
                   it_assign_equipment_response_t *response)
{
    const kt_list_t *lists[] = {&equipment->assets, &equipment->picked};
    response->assets = KT_ARENA_ARRAY(call->arena, char *, IT_EQUIPMENT_MAX);
    if (!response->assets)
        return kt_call_out_of_memory(call);
    for (size_t l = 0; l < KT_COUNT(lists); l++)
        for (uint32_t i = 0; i < lists[l]->count; i++)
            response->assets[response->n_assets++] = kt_arena_copy(
                call->arena, ((const kt_span_t *)lists[l]->items)[i]);
    return kt_arena_exhausted(call->arena) ? kt_call_out_of_memory(call) : kt_ok();
}

kt_status_t
it_released_to_pb(kt_call_t *call, const it_equipment_effects_t *fx,
                  it_release_equipment_response_t *response)
{
    response->assets = KT_ARENA_ARRAY(call->arena, char *, IT_EQUIPMENT_MAX);
    if (!response->assets)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < fx->assets_count; i++)
        response->assets[response->n_assets++] = kt_arena_copy(call->arena, fx->assets[i].asset);
    return kt_arena_exhausted(call->arena) ? kt_call_out_of_memory(call) : kt_ok();
}

static const kt_field_t HOLDINGS[] = {
    KT_F_NAME(it_holdings_record_t, employee, IT_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_NAMES(it_holdings_record_t, assets, IT_NAME_BYTES_MAX, IT_ASSETS_PER_EMPLOYEE_MAX,
               KT_OUTPUT),
    KT_F_NAMES(it_holdings_record_t, licences, IT_NAME_BYTES_MAX, IT_SEATS_PER_EMPLOYEE_MAX,
               KT_OUTPUT),
    KT_F_ENUM(it_holdings_record_t, account, IT_ACCOUNT_CLOSED, KT_OUTPUT),
    KT_F_U32(it_holdings_record_t, outstanding, 0, IT_ASSETS_PER_EMPLOYEE_MAX, KT_OUTPUT),
    KT_F_BOOL(it_holdings_record_t, cleared, KT_OUTPUT),
};
static const kt_layout_t HOLDINGS_LAYOUT = KT_LAYOUT("holdings", it_holdings_record_t, HOLDINGS);

kt_status_t
it_holdings_to_pb(kt_call_t *call, const it_holdings_record_t *holdings, it_holdings_t *response)
{
    return kt_fields_to_pb(call, &HOLDINGS_LAYOUT, holdings, &response->base);
}
