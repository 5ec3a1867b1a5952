#include "handlers/parties.h"

#include "codec/parties.h"
#include "domain/reason.h"
#include "store/parties.h"

#include <kt/event.h>

static kt_status_t
to_pb(kt_call_t *call, const legal_party_record_t *party, legal_party_t *response)
{
    return kt_fields_to_pb(call, &legal_party_layout, party, &response->base);
}

static kt_status_t
create_party(kt_call_t *call, const legal_create_party_request_t *request, legal_party_t *response)
{
    legal_party_record_t party, there;
    bool found = false;
    KT_TRY(legal_party_from_pb(call, request->party, false, &party));
    KT_TRY(legal_store_find_party(call, party.party, &there, &found));
    if (found)
        return kt_error(KT_ALREADY_EXISTS, LEGAL_PARTY_EXISTS, "there is a party of that name");
    party.created_by = party.changed_by;
    party.created_us = party.changed_us;
    KT_TRY(to_pb(call, &party, response));
    return legal_store_apply_party(call, &party);
}

static kt_status_t
update_party(kt_call_t *call, const legal_update_party_request_t *request, legal_party_t *response)
{
    legal_party_record_t party, there;
    KT_TRY(legal_party_from_pb(call, request->party, true, &party));
    KT_TRY(legal_store_load_party(call, party.party, &there));
    party.blocked = there.blocked;
    party.reason = there.reason;
    party.created_by = there.created_by;
    party.created_us = there.created_us;
    KT_TRY(to_pb(call, &party, response));
    return legal_store_apply_party(call, &party);
}

static kt_status_t
change_block(kt_call_t *call, const ProtobufCMessage *request, uint32_t command,
             legal_party_t *response)
{
    legal_party_record_t order, party;
    KT_TRY(legal_party_order_from_pb(call, request, &order));
    KT_TRY(legal_store_load_party(call, order.party, &party));
    bool blocked = party.blocked;
    kt_status_t status = legal_decide_block(command, &party);
    if (kt_failed(status))
        return kt_call_refuse(call, status.reason, status.text,
                              kt_arena_printf(call->arena, "party %.*s", (int)party.party.size,
                                              (const char *)party.party.data),
                              legal_party_machine.states[blocked],
                              legal_party_machine.commands[command]);
    party.reason = order.reason;
    party.changed_by = kt_span_str(call->principal);
    party.changed_us = call->now_us;
    KT_TRY(to_pb(call, &party, response));
    return legal_store_apply_party(call, &party);
}

static kt_status_t
block_party(kt_call_t *call, const legal_block_party_request_t *request, legal_party_t *response)
{
    return change_block(call, &request->base, LEGAL_BLOCK, response);
}

static kt_status_t
unblock_party(kt_call_t *call, const legal_unblock_party_request_t *request,
              legal_party_t *response)
{
    return change_block(call, &request->base, LEGAL_UNBLOCK, response);
}

static kt_status_t
load(kt_call_t *call, const ProtobufCMessage *request, legal_party_record_t *party)
{
    legal_party_record_t order;
    KT_TRY(legal_party_order_from_pb(call, request, &order));
    return legal_store_load_party(call, order.party, party);
}

static kt_status_t
get_party(kt_call_t *call, const legal_get_party_request_t *request, legal_party_t *response)
{
    legal_party_record_t party;
    KT_TRY(load(call, &request->base, &party));
    return to_pb(call, &party, response);
}

static kt_status_t
check_party(kt_call_t *call, const legal_check_party_request_t *request, legal_party_t *response)
{
    legal_party_record_t party;
    KT_TRY(load(call, &request->base, &party));
    if (party.blocked)
        return kt_error(KT_FAILED_PRECONDITION, LEGAL_PARTY_BLOCKED,
                        "nothing is agreed with this party");
    return to_pb(call, &party, response);
}

static kt_status_t
list_parties(kt_call_t *call, const legal_list_parties_request_t *request,
             legal_list_parties_response_t *response)
{
    kt_list_page_t page;
    kt_row_page_t list;
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(legal_store_list_parties(call, page.place, page.size, &list));
    KT_TRY(kt_fields_list_to_pb(call, &legal_party_layout, list.rows, list.count,
                                &legal_party_descriptor, &response->n_parties,
                                (void ***)&response->parties));
    return kt_page_to_pb(call, &page, list.next, &response->next_page_token);
}

const legal_parties_handlers_t legal_parties_handlers = {
    .create_party = create_party,
    .update_party = update_party,
    .block_party = block_party,
    .unblock_party = unblock_party,
    .get_party = get_party,
    .check_party = check_party,
    .list_parties = list_parties,
};
