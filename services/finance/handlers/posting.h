/* posting.h: what writes of Ledger: the handlers that service.c binds. */
#ifndef FIN_HANDLERS_POSTING_H
#define FIN_HANDLERS_POSTING_H

#include <kantor/finance/v1/ledger.kt.h>
#include <kt/call.h>

kt_status_t fin_post_entry(kt_call_t *call, const fin_post_entry_request_t *request,
                           fin_posted_entry_t *response);
kt_status_t fin_post_entries(kt_call_t *call, const fin_post_entries_request_t *request,
                             fin_post_entries_response_t *response);
kt_status_t fin_reverse_entry(kt_call_t *call, const fin_reverse_entry_request_t *request,
                              fin_posted_entry_t *response);
kt_status_t
fin_reserve_hold(kt_call_t *call, const fin_reserve_hold_request_t *request, fin_hold_t *response);
kt_status_t fin_commit_hold(kt_call_t *call, const fin_commit_hold_request_t *request,
                            fin_commit_hold_response_t *response);
kt_status_t
fin_release_hold(kt_call_t *call, const fin_release_hold_request_t *request, fin_hold_t *response);

#endif
