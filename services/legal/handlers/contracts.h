/* contracts.h: the methods of Contracts, over three files. */
#ifndef LEGAL_HANDLERS_CONTRACTS_H
#define LEGAL_HANDLERS_CONTRACTS_H

#include "domain/contracts.h"

#include <kantor/legal/v1/contracts.kt.h>
#include <kt/call.h>

extern const legal_contracts_handlers_t legal_contracts_handlers;

/* STATUS as it is; a FAILED_PRECONDITION is kept as a refusal of COMMAND on CONTRACT. */
kt_status_t legal_kept(kt_call_t *call, const legal_contract_record_t *contract,
                       legal_command_t command, kt_status_t status);

/* ---- steps.c ---- */

kt_status_t legal_submit(kt_call_t *call, const legal_submit_contract_request_t *request,
                         legal_contract_t *response);
kt_status_t legal_return(kt_call_t *call, const legal_return_contract_request_t *request,
                         legal_contract_t *response);
kt_status_t legal_start_approval(kt_call_t *call, const legal_start_approval_request_t *request,
                                 legal_contract_view_t *response);
kt_status_t legal_approve(kt_call_t *call, const legal_approve_request_t *request,
                          legal_contract_view_t *response);
kt_status_t legal_reject(kt_call_t *call, const legal_reject_approval_request_t *request,
                         legal_contract_t *response);
kt_status_t legal_open_signing(kt_call_t *call, const legal_open_signing_request_t *request,
                               legal_contract_t *response);
kt_status_t legal_record_signature(kt_call_t *call, const legal_record_signature_request_t *request,
                                   legal_contract_t *response);
kt_status_t legal_void(kt_call_t *call, const legal_void_contract_request_t *request,
                       legal_contract_t *response);
kt_status_t legal_give_notice(kt_call_t *call, const legal_give_notice_request_t *request,
                              legal_contract_view_t *response);
kt_status_t legal_terminate(kt_call_t *call, const legal_terminate_contract_request_t *request,
                            legal_contract_view_t *response);
kt_status_t legal_supersede(kt_call_t *call, const legal_supersede_contract_request_t *request,
                            legal_contract_view_t *response);

/* ---- versions.c ---- */

kt_status_t legal_begin_version(kt_call_t *call, const legal_begin_version_request_t *request,
                                legal_upload_t *response);
kt_status_t legal_put_chunk(kt_call_t *call, const legal_put_chunk_request_t *request,
                            legal_upload_t *response);
kt_status_t legal_finish_version(kt_call_t *call, const legal_finish_version_request_t *request,
                                 legal_contract_version_t *response);
kt_status_t legal_read_take(kt_call_t *call, const legal_read_version_request_t *request);
kt_status_t legal_read_give(kt_call_t *call, legal_version_chunk_t *response, kt_give_t *given);
kt_status_t legal_list_versions(kt_call_t *call, const legal_list_versions_request_t *request,
                                legal_list_versions_response_t *response);

#endif
