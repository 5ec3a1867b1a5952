#include "domain/hires.h"

#include "domain/reason.h"

static const kt_field_t HIRE[] = {
    KT_F_NAME(legal_hire_record_t, hire, LEGAL_NAME_BYTES_MAX, KT_KEYED),
    KT_F_NAME(legal_hire_record_t, employee, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(legal_hire_record_t, name, LEGAL_HIRE_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(legal_hire_record_t, principal, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(legal_hire_record_t, unit, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(legal_hire_record_t, book, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(legal_hire_record_t, cost_centre, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(legal_hire_record_t, position, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(legal_hire_record_t, currency, LEGAL_CURRENCY_BYTES, KT_REQUIRED),
    KT_F_I64(legal_hire_record_t, salary_minor, 1, INT64_MAX / LEGAL_SALARIES_COUNTED, KT_REQUIRED),
    KT_F_DATE(legal_hire_record_t, starts_on, KT_REQUIRED),
    KT_F_DATE(legal_hire_record_t, ends_on, 0),
    KT_F_U32(legal_hire_record_t, notice_months, 0, LEGAL_NOTICE_MONTHS_MAX, 0),
    KT_F_NAMES(legal_hire_record_t, equipment, LEGAL_EQUIPMENT_BYTES_MAX, LEGAL_HIRE_EQUIPMENT_MAX,
               0),
    KT_F_TEXT(legal_hire_record_t, requested_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_hire_record_t, requested_us, KT_OUTPUT),
    KT_F_ID(legal_hire_record_t, process, KT_OUTPUT),
};
const kt_layout_t legal_hire_layout = KT_LAYOUT("hire", legal_hire_record_t, HIRE);

static const kt_field_t LEAVE[] = {
    KT_F_NAME(legal_leave_record_t, leave, LEGAL_NAME_BYTES_MAX, KT_KEYED),
    KT_F_NAME(legal_leave_record_t, employee, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(legal_leave_record_t, contract, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_I64(legal_leave_record_t, leave_us, 1, INT64_C(253402300799000000), KT_REQUIRED),
    KT_F_DATE(legal_leave_record_t, left_on, 0),
    KT_F_TEXT(legal_leave_record_t, reason, LEGAL_LEAVE_REASON_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(legal_leave_record_t, requested_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_leave_record_t, requested_us, KT_OUTPUT),
    KT_F_ID(legal_leave_record_t, process, KT_OUTPUT),
};
const kt_layout_t legal_leave_layout = KT_LAYOUT("leave", legal_leave_record_t, LEAVE);

const char *
legal_hire_wrong(const legal_hire_record_t *draft, const char **field)
{
    *field = "ends_on";
    return draft->ends_on != KT_DATE_NONE && draft->ends_on < draft->starts_on
               ? "does not lie before starts_on"
               : NULL;
}

const char *
legal_leave_wrong(const legal_leave_record_t *draft, const char **field)
{
    *field = "left_on";
    /* A day off in either direction is a time zone; more is a mistake. */
    return draft->left_on > legal_day_of(draft->leave_us) + 1
               ? "does not lie after the instant at which accounts are suspended"
               : NULL;
}

kt_status_t
legal_decide_hire(const legal_hire_facts_t *facts)
{
    if (facts->exists)
        return kt_error(KT_ALREADY_EXISTS, LEGAL_HIRE_EXISTS, "there is a hire of this id");
    if (facts->contract_there)
        return kt_error(KT_ALREADY_EXISTS, LEGAL_CONTRACT_EXISTS,
                        "there is a contract of this id, which the hire's would have");
    if (facts->enrolled)
        return kt_error(KT_ALREADY_EXISTS, LEGAL_EMPLOYEE_EXISTS, "the employee works here");
    if (facts->principal_taken)
        return kt_error(KT_ALREADY_EXISTS, LEGAL_PRINCIPAL_TAKEN,
                        "another employee calls as this principal");
    return kt_ok();
}

kt_status_t
legal_decide_leave(const legal_leave_record_t *draft, const legal_leave_facts_t *facts)
{
    const legal_contract_record_t *contract = &facts->contract;

    if (facts->exists)
        return kt_error(KT_ALREADY_EXISTS, LEGAL_LEAVE_EXISTS, "there is a leave of this id");
    if (!facts->enrolled)
        return kt_error(KT_NOT_FOUND, LEGAL_EMPLOYEE_UNKNOWN, "there is no such employee");
    if (!facts->contract_there)
        return kt_error(KT_NOT_FOUND, LEGAL_CONTRACT_UNKNOWN, "there is no such contract");
    if (contract->kind != LEGAL_KIND_EMPLOYMENT || contract->state != LEGAL_SIGNED ||
        !kt_span_equal(contract->employee, draft->employee))
        return kt_error(KT_FAILED_PRECONDITION, LEGAL_NOT_EMPLOYED,
                        "the contract does not employ that employee");
    if (facts->leaving)
        return kt_error(KT_FAILED_PRECONDITION, LEGAL_LEAVING_ALREADY,
                        "the employee is leaving already");
    return kt_ok();
}
