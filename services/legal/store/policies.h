/*
 * policies.h: staff, policies, their versions and texts, and campaigns, in the store. `find_` says
 * whether there is one; `load_` refuses with NOT_FOUND where there is none.
 */
#ifndef LEGAL_STORE_POLICIES_H
#define LEGAL_STORE_POLICIES_H

#include "domain/tasks.h"

#include <kt/rows.h>

/* ---- staff ---- */

/* As kt_row_key_t. */
bool legal_read_employee_key(kt_span_t key, void *row);

kt_status_t legal_store_find_employee(const kt_call_t *call, kt_span_t name,
                                      legal_employee_record_t *employee, bool *found);
kt_status_t
legal_store_load_employee(const kt_call_t *call, kt_span_t name, legal_employee_record_t *employee);
/* The employee, not closed, whom PRINCIPAL calls as. */
kt_status_t legal_store_find_principal(const kt_call_t *call, kt_span_t principal,
                                       legal_employee_record_t *employee, bool *found);
kt_status_t legal_store_list_employees(const kt_call_t *call, kt_span_t from, uint32_t size,
                                       kt_row_page_t *page);
kt_status_t
legal_store_put_employee(const kt_call_t *call, const legal_employee_record_t *employee);

/* ---- policies ---- */

kt_status_t legal_store_find_policy(const kt_call_t *call, kt_span_t id,
                                    legal_policy_record_t *policy, bool *found);
kt_status_t
legal_store_load_policy(const kt_call_t *call, kt_span_t id, legal_policy_record_t *policy);
kt_status_t legal_store_list_policies(const kt_call_t *call, kt_span_t from, uint32_t size,
                                      kt_row_page_t *page);
/* All of them, LEGAL_POLICIES_MAX at most. */
kt_status_t
legal_store_all_policies(const kt_call_t *call, legal_policy_record_t **policies, uint32_t *count);
kt_status_t legal_store_put_policy(const kt_call_t *call, const legal_policy_record_t *policy);

kt_status_t legal_store_find_version(const kt_call_t *call, kt_span_t policy, uint32_t number,
                                     legal_policy_version_record_t *version, bool *found);
kt_status_t legal_store_list_versions(const kt_call_t *call, kt_span_t policy, kt_span_t from,
                                      uint32_t size, kt_row_page_t *page);
/* The newest version that is in effect on DATE; number 0 when there is none. */
kt_status_t legal_store_version_in_effect(const kt_call_t *call, kt_span_t policy, int32_t date,
                                          legal_policy_version_record_t *version);
/* DATA_LOSS when the text is not that of the version's hash. In the arena. */
kt_status_t legal_store_load_text(const kt_call_t *call,
                                  const legal_policy_version_record_t *version, kt_span_t *text);
kt_status_t legal_store_put_version(const kt_call_t *call,
                                    const legal_policy_version_record_t *version, kt_span_t text);

/* ---- campaigns ---- */

kt_status_t legal_store_find_campaign(const kt_call_t *call, kt_span_t id,
                                      legal_campaign_record_t *campaign, bool *found);
kt_status_t
legal_store_load_campaign(const kt_call_t *call, kt_span_t id, legal_campaign_record_t *campaign);
/* The one that runs for POLICY: *RUNNING is CAMPAIGN, or NULL. */
kt_status_t legal_store_running_campaign(const kt_call_t *call, const legal_policy_record_t *policy,
                                         legal_campaign_record_t *campaign,
                                         const legal_campaign_record_t **running);
kt_status_t legal_store_list_campaigns(const kt_call_t *call, kt_span_t from, uint32_t size,
                                       kt_row_page_t *page);
kt_status_t
legal_store_put_campaign(const kt_call_t *call, const legal_campaign_record_t *campaign);

#endif
