/*
 * reads.h: the messages of Ledger that read: entries, registers, balances, trial balances, holds.
 * Rules as in books.h.
 */
#ifndef FIN_CODEC_READS_H
#define FIN_CODEC_READS_H

#include "codec/fields.h"
#include "domain/views.h"

#include <kantor/finance/v1/ledger.kt.h>

typedef struct fin_entry_order {
    kt_span_t book;
    fin_entry_name_t name; /* number 0: by its source reference */
    kt_span_t source_ref;
} fin_entry_order_t;

kt_status_t fin_get_entry_from_pb(kt_call_t *call, const fin_get_entry_request_t *request,
                                  fin_entry_order_t *order);
kt_status_t fin_entry_to_pb(const kt_call_t *call, kt_span_t book, const fin_entry_view_t *view,
                            fin_entry_t *response);

typedef struct fin_entries_order {
    kt_span_t book;
    fin_entry_name_t from; /* year 0: the newest there is; number 0: from the newest entry */
    kt_list_page_t page;
} fin_entries_order_t;

kt_status_t fin_list_entries_from_pb(kt_call_t *call, const fin_list_entries_request_t *request,
                                     fin_entries_order_t *order);
kt_status_t fin_entries_to_pb(const kt_call_t *call, const fin_entries_order_t *order,
                              const fin_entry_list_t *list, fin_list_entries_response_t *response);

typedef struct fin_register_order {
    kt_span_t book;
    kt_span_t account;
    kt_span_t commodity;
    fin_register_query_t
        query; /* with dates, place and limit; the numbers are the store's to fill in */
    kt_list_page_t page;
} fin_register_order_t;

kt_status_t fin_list_register_from_pb(kt_call_t *call, const fin_list_register_request_t *request,
                                      fin_register_order_t *order);
kt_status_t
fin_register_to_pb(const kt_call_t *call, const fin_register_order_t *order, int32_t scale,
                   const fin_register_list_t *list, fin_list_register_response_t *response);

typedef struct fin_balance_order {
    kt_span_t book;
    kt_span_t account;
    fin_balance_query_t query; /* the part and the account are the store's to fill in */
} fin_balance_order_t;

kt_status_t fin_get_balance_from_pb(kt_call_t *call, const fin_get_balance_request_t *request,
                                    fin_balance_order_t *order);
kt_status_t fin_balance_to_pb(const kt_call_t *call, const fin_standing_t *standings,
                              uint32_t count, fin_get_balance_response_t *response);

kt_status_t fin_trial_balance_from_pb(kt_call_t *call, const fin_trial_balance_request_t *request,
                                      kt_span_t *book, fin_trial_query_t *query);
kt_status_t
fin_trial_page_to_pb(const kt_call_t *call, const fin_trial_view_t *rows, uint32_t count,
                     uint64_t sequence, fin_trial_balance_page_t *response);

kt_status_t fin_get_hold_from_pb(kt_call_t *call, const fin_get_hold_request_t *request,
                                 kt_span_t *book, kt_ulid_t *hold);

typedef struct fin_holds_order {
    kt_span_t book;
    kt_span_t account; /* empty: all of the book */
    kt_ulid_t after;   /* all zero: from the first */
    kt_list_page_t page;
} fin_holds_order_t;

kt_status_t fin_list_holds_from_pb(kt_call_t *call, const fin_list_holds_request_t *request,
                                   fin_holds_order_t *order);
kt_status_t fin_holds_to_pb(const kt_call_t *call, const fin_holds_order_t *order,
                            const fin_hold_list_t *list, fin_list_holds_response_t *response);

#endif
