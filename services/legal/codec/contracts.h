/* contracts.h: messages of Contracts to records and back. */
#ifndef LEGAL_CODEC_CONTRACTS_H
#define LEGAL_CODEC_CONTRACTS_H

#include "domain/contracts.h"

#include <kantor/legal/v1/contracts.kt.h>
#include <kt/fields.h>

/* Who calls; borrows from the call. */
legal_caller_t legal_caller(const kt_call_t *call);
/* The day of the call, UTC. */
int32_t legal_today(const kt_call_t *call);

/* A contract as it is to be drafted, with an id. */
kt_status_t legal_draft_from_pb(kt_call_t *call, const legal_contract_t *message,
                                legal_contract_record_t *draft);
/* What of a contract is to change, with the id of it. */
kt_status_t legal_change_from_pb(kt_call_t *call, const legal_contract_t *message,
                                 legal_contract_record_t *change);
/* Any of the commands. Days that were not given are today. */
kt_status_t
legal_order_from_pb(kt_call_t *call, const ProtobufCMessage *request, legal_order_t *order);

kt_status_t legal_contract_to_pb(kt_call_t *call, const legal_contract_record_t *contract,
                                 legal_contract_t *response);

/* A contract as it stands on a day; beside it, what its approval needs. */
typedef struct legal_view {
    legal_contract_record_t contract;
    int32_t on_date;
    uint32_t status;
    bool approved;
    uint32_t needed; /* levels, as bits */
    uint32_t problem;
    kt_span_t problem_text;
    int32_t first_end, current_end, notice_deadline, ends_on;
} legal_view_t;

legal_view_t legal_view(const legal_contract_record_t *contract, int32_t day);
kt_status_t
legal_view_to_pb(kt_call_t *call, const legal_view_t *view, legal_contract_view_t *response);

typedef struct legal_contracts_order {
    uint32_t status, kind;
    kt_span_t party;
    int32_t on_date;
    kt_list_page_t page;
} legal_contracts_order_t;
kt_status_t
legal_list_contracts_from_pb(kt_call_t *call, const legal_list_contracts_request_t *request,
                             legal_contracts_order_t *order);
kt_status_t legal_contracts_to_pb(kt_call_t *call, const legal_contracts_order_t *order,
                                  const legal_view_t *views, uint32_t count, kt_span_t next,
                                  legal_list_contracts_response_t *response);

/* The approvals of all rounds; those of the round and version of AT count. */
kt_status_t legal_approvals_to_pb(kt_call_t *call, const legal_contract_record_t *contract,
                                  const legal_approval_record_t *approvals, uint32_t count,
                                  legal_list_approvals_response_t *response);

kt_status_t legal_check_terms_from_pb(kt_call_t *call, const legal_check_terms_request_t *request,
                                      legal_terms_t *terms, int32_t *day);
kt_status_t legal_check_terms_to_pb(kt_call_t *call, const legal_terms_t *terms, int32_t day,
                                    legal_check_terms_response_t *response);

#endif
