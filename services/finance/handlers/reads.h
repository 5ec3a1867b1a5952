/* reads.h: what reads of Ledger: the handlers that service.c binds. */
#ifndef FIN_HANDLERS_READS_H
#define FIN_HANDLERS_READS_H

#include <kantor/finance/v1/ledger.kt.h>
#include <kt/call.h>

kt_status_t
fin_read_entry(kt_call_t *call, const fin_get_entry_request_t *request, fin_entry_t *response);
kt_status_t fin_read_entries(kt_call_t *call, const fin_list_entries_request_t *request,
                             fin_list_entries_response_t *response);
kt_status_t fin_read_register(kt_call_t *call, const fin_list_register_request_t *request,
                              fin_list_register_response_t *response);
kt_status_t fin_read_balance(kt_call_t *call, const fin_get_balance_request_t *request,
                             fin_get_balance_response_t *response);
/* The first give takes the snapshot; each gives a page of it, the first one also when it is empty.
 */
kt_status_t fin_read_trial_take(kt_call_t *call, const fin_trial_balance_request_t *request);
kt_status_t
fin_read_trial_give(kt_call_t *call, fin_trial_balance_page_t *response, kt_give_t *given);
kt_status_t
fin_read_hold(kt_call_t *call, const fin_get_hold_request_t *request, fin_hold_t *response);
kt_status_t fin_read_holds(kt_call_t *call, const fin_list_holds_request_t *request,
                           fin_list_holds_response_t *response);

#endif
