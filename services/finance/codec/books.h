/*
 * books.h: the messages of the service Books.
 *
 * _from_pb functions check shapes and limits (INVALID_ARGUMENT with BAD_FIELD) and borrow texts
 * from the request; _to_pb functions fill the response in the call's arena. Either may end as
 * RESOURCE_EXHAUSTED when the arena is used up.
 */
#ifndef FIN_CODEC_BOOKS_H
#define FIN_CODEC_BOOKS_H

#include "codec/fields.h"
#include "domain/periods.h"
#include "domain/views.h"

#include <kantor/finance/v1/books.kt.h>

kt_status_t fin_create_book_from_pb(kt_call_t *call, const fin_create_book_request_t *request,
                                    fin_book_record_t *draft);
kt_status_t fin_list_books_from_pb(kt_call_t *call, const fin_list_books_request_t *request,
                                   kt_list_page_t *page);
kt_status_t
fin_book_to_pb(const kt_call_t *call, const fin_book_record_t *book, fin_book_t *response);
kt_status_t fin_books_to_pb(const kt_call_t *call, const kt_list_page_t *page,
                            const fin_book_list_t *list, fin_list_books_response_t *response);

typedef struct fin_declare_order {
    kt_span_t book;
    kt_span_t symbol;
    int32_t scale;
} fin_declare_order_t;

kt_status_t fin_declare_from_pb(kt_call_t *call, const fin_declare_commodity_request_t *request,
                                fin_declare_order_t *order);
kt_status_t fin_commodity_to_pb(const kt_call_t *call, const fin_commodity_record_t *commodity,
                                fin_commodity_t *response);

typedef struct fin_list_order {
    kt_span_t book;
    bool built_in;   /* of commodities */
    kt_span_t under; /* of accounts; empty: all */
    int32_t month;   /* of periods: the first */
    kt_list_page_t page;
} fin_list_order_t;

kt_status_t
fin_list_commodities_from_pb(kt_call_t *call, const fin_list_commodities_request_t *request,
                             fin_list_order_t *order);
kt_status_t
fin_commodities_to_pb(const kt_call_t *call, const kt_list_page_t *page,
                      const fin_commodity_list_t *list, fin_list_commodities_response_t *response);

/* Drafts of one book. */
typedef struct fin_open_order {
    kt_span_t book;
    fin_account_draft_t *drafts;
    uint32_t count;
} fin_open_order_t;

kt_status_t fin_open_account_from_pb(kt_call_t *call, const fin_open_account_request_t *request,
                                     fin_open_order_t *order);
kt_status_t fin_open_accounts_from_pb(kt_call_t *call, const fin_open_accounts_request_t *request,
                                      fin_open_order_t *order);
kt_status_t fin_update_account_from_pb(kt_call_t *call, const fin_update_account_request_t *request,
                                       kt_span_t *book, fin_update_order_t *order);
kt_status_t fin_get_account_from_pb(kt_call_t *call, const fin_get_account_request_t *request,
                                    kt_span_t *book, kt_span_t *path);
kt_status_t fin_list_accounts_from_pb(kt_call_t *call, const fin_list_accounts_request_t *request,
                                      fin_list_order_t *order);

kt_status_t fin_account_to_pb(const kt_call_t *call, kt_span_t book, const fin_account_view_t *view,
                              fin_account_t *response);
kt_status_t
fin_accounts_to_pb(const kt_call_t *call, const fin_list_order_t *order,
                   const fin_account_list_t *list, fin_list_accounts_response_t *response);

kt_status_t
fin_period_from_pb(kt_call_t *call, const char *book, const char *period,
                   fin_period_command_t command, kt_span_t *of, fin_period_order_t *order);
kt_status_t fin_reopen_period_from_pb(kt_call_t *call, const fin_reopen_period_request_t *request,
                                      kt_span_t *of, fin_period_order_t *order);
kt_status_t fin_list_periods_from_pb(kt_call_t *call, const fin_list_periods_request_t *request,
                                     fin_list_order_t *order);
kt_status_t fin_period_to_pb(const kt_call_t *call, kt_span_t book,
                             const fin_period_record_t *period, fin_period_t *response);
kt_status_t fin_periods_to_pb(const kt_call_t *call, const fin_list_order_t *order,
                              const fin_period_list_t *list, fin_list_periods_response_t *response);

#endif
