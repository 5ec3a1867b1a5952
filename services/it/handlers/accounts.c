/* Writes answer before they apply: what fails for want of memory has written nothing. */
#include "handlers/accounts.h"

#include "codec/accounts.h"
#include "handlers/actor.h"
#include "store/accounts.h"
#include "store/software.h"

/* ---- accounts ---- */

static const char *
state_name(const it_account_facts_t *facts, int64_t now_us)
{
    return it_account_machine.states[it_account_status(facts, now_us)];
}

/* How each command ends: refused and kept, or answered and written. */
static kt_status_t
finish(kt_call_t *call, it_account_facts_t *facts, kt_status_t status, const char *command,
       const it_account_record_t *next, bool writes, it_account_t *response)
{
    if (kt_failed(status))
        return it_refuse(call, status, "account", facts->account.employee,
                         state_name(facts, call->now_us), command);
    facts->there = true;
    facts->account = *next;
    it_account_record_t view = it_account_view(facts, call->now_us);
    KT_TRY(it_account_to_pb(call, &view, response));
    return writes ? it_store_apply_account(call, next) : kt_ok();
}

static kt_status_t
create_account(kt_call_t *call, const it_create_account_request_t *request, it_account_t *response)
{
    it_actor_t actor = it_actor_of(call);
    it_account_record_t draft, next;
    it_account_facts_t facts;
    bool writes = false;
    KT_TRY(it_create_account_from_pb(call, request, &draft));
    KT_TRY(it_store_load_account(call, draft.employee, &facts));
    kt_status_t status = it_decide_create_account(&actor, &draft, &facts, &next, &writes);
    return finish(call, &facts, status, "prepare", &next, writes, response);
}

typedef kt_status_t (*decide_account_t)(const it_actor_t *actor, const it_account_facts_t *facts,
                                        it_account_record_t *next, bool *writes);

/* A command that says nothing but whose account is meant. */
static kt_status_t
plain(kt_call_t *call, const char *whose, decide_account_t decide_, const char *command,
      it_account_t *response)
{
    it_actor_t actor = it_actor_of(call);
    kt_span_t employee;
    it_account_record_t next;
    it_account_facts_t facts;
    bool writes = false;
    KT_TRY(it_shape_name(call, whose, "employee", &employee));
    KT_TRY(it_store_load_account(call, employee, &facts));
    kt_status_t status = decide_(&actor, &facts, &next, &writes);
    return finish(call, &facts, status, command, &next, writes, response);
}

static kt_status_t
open_account(kt_call_t *call, const it_open_account_request_t *request, it_account_t *response)
{
    return plain(call, request->employee, it_decide_open_account, "open", response);
}

static kt_status_t
schedule_suspension(kt_call_t *call, const it_schedule_suspension_request_t *request,
                    it_account_t *response)
{
    it_actor_t actor = it_actor_of(call);
    kt_span_t employee;
    int64_t at_us;
    it_account_record_t next;
    it_account_facts_t facts;
    bool writes = false;
    KT_TRY(it_suspension_from_pb(call, request, &employee, &at_us));
    KT_TRY(it_store_load_account(call, employee, &facts));
    kt_status_t status = it_decide_suspension(&actor, &facts, at_us, &next, &writes);
    return finish(call, &facts, status, "schedule suspension", &next, writes, response);
}

static kt_status_t
close_account(kt_call_t *call, const it_close_account_request_t *request, it_account_t *response)
{
    return plain(call, request->employee, it_decide_close_account, "close", response);
}

static kt_status_t
get_account(kt_call_t *call, const it_get_account_request_t *request, it_account_t *response)
{
    kt_span_t employee;
    it_account_facts_t facts;
    KT_TRY(it_shape_name(call, request->employee, "employee", &employee));
    KT_TRY(it_store_load_account(call, employee, &facts));
    KT_TRY(it_decide_see_account(&facts));
    it_account_record_t view = it_account_view(&facts, call->now_us);
    return it_account_to_pb(call, &view, response);
}

static kt_status_t
list_accounts(kt_call_t *call, const it_list_accounts_request_t *request,
              it_list_accounts_response_t *response)
{
    kt_list_page_t page;
    it_account_list_t list;
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(it_store_list_accounts(call, page.place, page.size, &list));
    KT_TRY(kt_fields_list_to_pb(call, &it_account_view_layout, list.views, list.count,
                                &it_account_descriptor, &response->n_accounts,
                                (void ***)&response->accounts));
    return kt_page_to_pb(call, &page, list.next, &response->next_page_token);
}

/* ---- assets ---- */

static kt_status_t
register_asset(kt_call_t *call, const it_register_asset_request_t *request, it_asset_t *response)
{
    it_actor_t actor = it_actor_of(call);
    it_asset_record_t draft, next;
    bool found = false;
    KT_TRY(it_register_asset_from_pb(call, request, &draft));
    KT_TRY(it_store_has_asset(call, draft.asset, &found));
    KT_TRY(it_decide_register(&actor, &draft, found, &next));
    KT_TRY(kt_fields_to_pb(call, &it_asset_layout, &next, &response->base));
    return it_store_apply_asset(call, NULL, &next);
}

static kt_status_t
assign_equipment(kt_call_t *call, const it_assign_equipment_request_t *request,
                 it_assign_equipment_response_t *response)
{
    it_actor_t actor = it_actor_of(call);
    it_equipment_record_t order;
    it_equipment_facts_t facts;
    it_equipment_effects_t *fx = KT_ARENA_NEW(call->arena, it_equipment_effects_t);
    if (!fx)
        return kt_call_out_of_memory(call);
    KT_TRY(it_equipment_from_pb(call, request, &order));
    KT_TRY(it_store_load_equipment(call, &order, &facts));
    kt_status_t status = it_decide_equipment(call->arena, &actor, &order, &facts, fx);
    if (kt_failed(status))
        return it_refuse(call, status, "employee", order.employee, "", "assign equipment");
    KT_TRY(it_equipment_to_pb(call, &fx->equipment, response));
    return it_store_apply_equipment(call, fx);
}

static kt_status_t
release_equipment(kt_call_t *call, const it_release_equipment_request_t *request,
                  it_release_equipment_response_t *response)
{
    it_actor_t actor = it_actor_of(call);
    kt_span_t employee, reference;
    it_given_facts_t facts;
    it_equipment_effects_t *fx = KT_ARENA_NEW(call->arena, it_equipment_effects_t);
    if (!fx)
        return kt_call_out_of_memory(call);
    KT_TRY(it_shape_name(call, request->employee, "employee", &employee));
    KT_TRY(it_shape_name(call, request->reference, "reference", &reference));
    KT_TRY(it_store_load_given(call, employee, reference, &facts));
    kt_status_t status = it_decide_take_back(&actor, employee, reference, &facts, fx);
    if (kt_failed(status))
        return it_refuse(call, status, "equipment", reference, "", "release equipment");
    KT_TRY(it_released_to_pb(call, fx, response));
    return it_store_apply_equipment(call, fx);
}

static kt_status_t
change_asset(kt_call_t *call, const it_asset_order_t *order, it_asset_t *response)
{
    it_actor_t actor = it_actor_of(call);
    it_asset_record_t asset, next;
    bool writes = false;
    KT_TRY(it_store_load_asset(call, order->asset, &asset));
    kt_status_t status = it_decide_asset(call->arena, &actor, &asset, order->command,
                                         order->condition, &next, &writes);
    if (kt_failed(status))
        return it_refuse(call, status, "asset", order->asset, it_asset_machine.states[asset.state],
                         it_asset_machine.commands[order->command]);
    KT_TRY(kt_fields_to_pb(call, &it_asset_layout, &next, &response->base));
    return writes ? it_store_apply_asset(call, &asset, &next) : kt_ok();
}

static kt_status_t
return_asset(kt_call_t *call, const it_return_asset_request_t *request, it_asset_t *response)
{
    it_asset_order_t order;
    KT_TRY(it_return_asset_from_pb(call, request, &order));
    return change_asset(call, &order, response);
}

static kt_status_t
write_off_asset(kt_call_t *call, const it_write_off_asset_request_t *request, it_asset_t *response)
{
    it_asset_order_t order;
    KT_TRY(it_write_off_asset_from_pb(call, request, &order));
    return change_asset(call, &order, response);
}

static kt_status_t
list_assets(kt_call_t *call, const it_list_assets_request_t *request,
            it_list_assets_response_t *response)
{
    kt_list_page_t page;
    kt_row_page_t rows;
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(it_store_list_assets(call, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_asset_layout, rows.rows, rows.count, &it_asset_descriptor,
                                &response->n_assets, (void ***)&response->assets));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- what an employee has ---- */

static kt_status_t
load_holdings(kt_call_t *call, kt_span_t employee, const it_account_facts_t *facts,
              it_holdings_record_t *holdings)
{
    it_held_seats_t *held = KT_ARENA_NEW(call->arena, it_held_seats_t);
    kt_span_t *assets = KT_ARENA_ARRAY(call->arena, kt_span_t, IT_ASSETS_PER_EMPLOYEE_MAX);
    kt_span_t *licences = KT_ARENA_ARRAY(call->arena, kt_span_t, IT_SEATS_PER_EMPLOYEE_MAX);
    if (!held || !assets || !licences)
        return kt_call_out_of_memory(call);
    *holdings = (it_holdings_record_t){
        .employee = employee,
        .account = it_account_status(facts, call->now_us),
        .cleared = facts->there && facts->account.cleared_us != 0,
        .assets.items = assets,
        .licences.items = licences,
    };
    KT_TRY(it_store_load_held_assets(call, employee, assets, &holdings->assets.count));
    KT_TRY(it_store_load_held_seats(call, employee, held));
    for (uint32_t i = 0; i < held->count; i++)
        if (it_licence_in_term(&held->licences[i], it_store_today(call)))
            licences[holdings->licences.count++] = held->licences[i].licence;
    holdings->outstanding = holdings->assets.count;
    return kt_ok();
}

static kt_status_t
list_holdings(kt_call_t *call, const it_list_holdings_request_t *request, it_holdings_t *response)
{
    kt_span_t employee;
    it_account_facts_t facts;
    it_holdings_record_t holdings;
    KT_TRY(it_shape_name(call, request->employee, "employee", &employee));
    KT_TRY(it_store_load_account(call, employee, &facts));
    KT_TRY(load_holdings(call, employee, &facts, &holdings));
    return it_holdings_to_pb(call, &holdings, response);
}

static kt_status_t
confirm_left(kt_call_t *call, const it_confirm_left_request_t *request, it_holdings_t *response)
{
    it_actor_t actor = it_actor_of(call);
    kt_span_t employee;
    it_account_facts_t facts;
    it_account_record_t next;
    it_holdings_record_t holdings;
    bool writes = false;
    KT_TRY(it_shape_name(call, request->employee, "employee", &employee));
    KT_TRY(it_store_load_account(call, employee, &facts));
    kt_status_t status = it_decide_confirm_left(&actor, &facts, &next, &writes);
    if (kt_failed(status))
        return it_refuse(call, status, "account", employee, state_name(&facts, call->now_us),
                         "confirm left");
    facts.account = next;
    KT_TRY(load_holdings(call, employee, &facts, &holdings));
    KT_TRY(it_holdings_to_pb(call, &holdings, response));
    return writes ? it_store_apply_left(call, &next) : kt_ok();
}

const it_accounts_handlers_t it_accounts_handlers = {
    .create_account = create_account,
    .open_account = open_account,
    .schedule_suspension = schedule_suspension,
    .close_account = close_account,
    .get_account = get_account,
    .list_accounts = list_accounts,
    .register_asset = register_asset,
    .assign_equipment = assign_equipment,
    .release_equipment = release_equipment,
    .return_asset = return_asset,
    .write_off_asset = write_off_asset,
    .list_assets = list_assets,
    .list_holdings = list_holdings,
    .confirm_left = confirm_left,
};
