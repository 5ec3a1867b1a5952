/* policies.h: the handlers of Policies. */
#ifndef LEGAL_HANDLERS_POLICIES_H
#define LEGAL_HANDLERS_POLICIES_H

#include <kantor/legal/v1/policies.kt.h>

extern const legal_policies_handlers_t legal_policies_handlers;

/* staff.c */
kt_status_t legal_enrol_employee(kt_call_t *call, const legal_enrol_employee_request_t *request,
                                 legal_employee_t *response);
kt_status_t legal_close_employee(kt_call_t *call, const legal_close_employee_request_t *request,
                                 legal_employee_t *response);
kt_status_t legal_get_employee(kt_call_t *call, const legal_get_employee_request_t *request,
                               legal_employee_t *response);
kt_status_t legal_list_employees(kt_call_t *call, const legal_list_employees_request_t *request,
                                 legal_list_employees_response_t *response);

/* tasks.c */
kt_status_t legal_start_campaign(kt_call_t *call, const legal_start_campaign_request_t *request,
                                 legal_campaign_t *response);
kt_status_t
legal_continue_campaign(kt_call_t *call, const legal_continue_campaign_request_t *request,
                        legal_campaign_t *response);
kt_status_t legal_get_campaign(kt_call_t *call, const legal_get_campaign_request_t *request,
                               legal_campaign_t *response);
kt_status_t legal_list_campaigns(kt_call_t *call, const legal_list_campaigns_request_t *request,
                                 legal_list_campaigns_response_t *response);
kt_status_t
legal_attest(kt_call_t *call, const legal_attest_request_t *request, legal_task_t *response);
kt_status_t legal_list_tasks(kt_call_t *call, const legal_list_tasks_request_t *request,
                             legal_list_tasks_response_t *response);
kt_status_t legal_list_open_tasks(kt_call_t *call, const legal_list_open_tasks_request_t *request,
                                  legal_list_open_tasks_response_t *response);
kt_status_t legal_run_escalations(kt_call_t *call, const legal_run_escalations_request_t *request,
                                  legal_run_escalations_response_t *response);
kt_status_t legal_list_escalations(kt_call_t *call, const legal_list_escalations_request_t *request,
                                   legal_list_escalations_response_t *response);
kt_status_t legal_check_compliance(kt_call_t *call, const legal_check_compliance_request_t *request,
                                   legal_compliance_t *response);

#endif
