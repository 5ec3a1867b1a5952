/*
 * fields.h: messages of the wire to records and back, by layout (kt/layout.h), and what listings
 * share. For codecs.
 *
 * A layout's field meets the message's field of the same name; what only one of them has is left
 * alone. So one layout serves a Create request, the stored record and the answer.
 */
#ifndef KT_FIELDS_H
#define KT_FIELDS_H

#include <kt/call.h>
#include <kt/layout.h>

/*
 * Fills RECORD, which the caller has zeroed or given defaults, from MESSAGE. Refuses the first
 * field that breaks its shape or limit as kt_call_bad_field does, under its name behind PREFIX
 * ("contract." or ""). Dates that are empty become KT_DATE_NONE; OUTPUT fields are not looked at. A
 * REQUIRED field that the message has must be given. Texts are borrowed from MESSAGE, lists lie in
 * the arena. MESSAGE may be NULL where a request's part is missing: INVALID_ARGUMENT.
 */
kt_status_t kt_fields_from_pb(kt_call_t *call, const kt_layout_t *layout,
                              const ProtobufCMessage *message, const char *prefix, void *record);

/* Fills MESSAGE, which is initialised, from RECORD; texts and lists are copied into the arena. */
kt_status_t kt_fields_to_pb(kt_call_t *call, const kt_layout_t *layout, const void *record,
                            ProtobufCMessage *message);

/* A repeated message field of an answer: COUNT records of LAYOUT, one after the other, as messages
 * of TYPE: kt_fields_list_to_pb(call, &LAYOUT, rows, count, &legal_party_descriptor,
 * &response->n_parties, (void ***)&response->parties). */
kt_status_t kt_fields_list_to_pb(kt_call_t *call, const kt_layout_t *layout, const void *records,
                                 uint32_t count, const ProtobufCMessageDescriptor *type, size_t *n,
                                 void ***list);

/* ---- pages of listings ---- */

#define KT_PAGE_SIZE_USUAL 100
#define KT_PAGE_SIZE_MAX   1000

typedef struct kt_list_page {
    uint32_t size;
    uint64_t query;  /* what its tokens are bound to */
    kt_span_t place; /* the key it begins at, in the call's arena; empty: at the beginning */
} kt_list_page_t;

/* FIELDS are those that shape the listing: a token is good for the same method and the same fields.
 */
kt_status_t kt_page_from_pb(kt_call_t *call, int32_t size, const char *token,
                            const char *const *fields, uint32_t fields_count, kt_list_page_t *page);
/* The same where the method says another limit. */
kt_status_t
kt_page_from_pb_most(kt_call_t *call, int32_t size, uint32_t size_max, const char *token,
                     const char *const *fields, uint32_t fields_count, kt_list_page_t *page);
/* INVALID_ARGUMENT for a place that no page of the listing has given. */
kt_status_t kt_bad_page_token(kt_call_t *call);
/* The token for what comes next, in the arena; empty when NEXT is. */
kt_status_t
kt_page_to_pb(kt_call_t *call, const kt_list_page_t *page, kt_span_t next, char **token);

#endif
