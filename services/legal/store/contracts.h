/* contracts.h: contracts in the store, what is known about them, and what is told of them. */
#ifndef LEGAL_STORE_CONTRACTS_H
#define LEGAL_STORE_CONTRACTS_H

#include "domain/contracts.h"

#include <kt/rows.h>

/* What of a case is loaded beside the contract. */
enum {
    LEGAL_WITH_PARTY = 1,
    LEGAL_WITH_EDITORS = 2,
    LEGAL_WITH_PLAN = 4, /* and the approvals of its round */
    LEGAL_WITH_EMPLOYEE = 8,
    LEGAL_WITH_SUPERSEDED = 16, /* the contract that it supersedes, as AT->other */
};

/* NOT_FOUND with CONTRACT_UNKNOWN. AT->caller is set. */
kt_status_t
legal_store_load_case(const kt_call_t *call, kt_span_t name, unsigned with, legal_case_t *at);
/* The case of a contract that is to be drafted, which must not be there: ALREADY_EXISTS with
 * CONTRACT_EXISTS. */
kt_status_t legal_store_load_draft(const kt_call_t *call, const legal_contract_record_t *draft,
                                   legal_case_t *at);
/* NAME as AT->other. */
kt_status_t legal_store_load_other(const kt_call_t *call, kt_span_t name, legal_case_t *at);

kt_status_t legal_store_find_contract(const kt_call_t *call, kt_span_t name,
                                      legal_contract_record_t *contract, bool *found);

/* Writes the contract and tells what changed: `contract.state`, `contract.standing` and
 * `contract.gate`. */
kt_status_t legal_store_apply_contract(kt_call_t *call, const legal_contract_record_t *before,
                                       const legal_contract_record_t *after);
/* A new one, with its indexes. */
kt_status_t legal_store_apply_draft(kt_call_t *call, const legal_contract_record_t *after);
/* Remembers that the caller, and on whose behalf they call, edited it. */
kt_status_t legal_store_apply_editor(const kt_call_t *call, kt_span_t contract);
kt_status_t legal_store_apply_approval(const kt_call_t *call, kt_span_t contract,
                                       const legal_approval_record_t *approval);

/* Tells that every approval of the plan is given for the newest version: `contract.approved`. */
kt_status_t legal_store_tell_approved(kt_call_t *call, const legal_contract_record_t *contract);

/* The contracts under a filter, from FROM on (which begins with PARTY and a zero byte, where there
 * is one), until SIZE are found or enough were looked at. */
typedef struct legal_filter {
    kt_span_t party;
    uint32_t status, kind; /* 0: any */
    int32_t day;
    kt_span_t from;
    uint32_t size;
} legal_filter_t;
typedef struct legal_contract_list {
    legal_contract_record_t *rows;
    uint32_t count;
    kt_span_t next; /* empty: there are no more */
} legal_contract_list_t;
kt_status_t legal_store_list_contracts(const kt_call_t *call, const legal_filter_t *filter,
                                       legal_contract_list_t *list);
/* All approvals of a contract, the newest 200. */
kt_status_t legal_store_list_approvals(const kt_call_t *call, kt_span_t contract,
                                       legal_approval_record_t **approvals, uint32_t *count);

#endif
