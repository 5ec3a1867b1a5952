/* hires.h: who is to be taken on, and who is to go, as it was asked for. What becomes of it is the
 * process's. */
#ifndef LEGAL_HIRES_H
#define LEGAL_HIRES_H

#include "domain/contracts.h"
#include "domain/policies.h"

#define LEGAL_HIRE_NAME_BYTES_MAX    140 /* so that "Employment of ..." is a contract's title */
#define LEGAL_HIRE_EQUIPMENT_MAX     10
#define LEGAL_EQUIPMENT_BYTES_MAX    31
#define LEGAL_NOTICE_MONTHS_MAX      24
#define LEGAL_LEAVE_REASON_BYTES_MAX 200
#define LEGAL_CURRENCY_BYTES         3
/* What a contract without end is worth to the thresholds: a year's salaries. */
#define LEGAL_SALARIES_COUNTED 12

typedef struct legal_hire_record {
    kt_span_t hire, employee, name, principal, unit, book, cost_centre, position, currency;
    int64_t salary_minor;
    int32_t starts_on, ends_on;
    uint32_t notice_months;
    kt_list_t equipment; /* of kt_span_t */
    kt_span_t requested_by;
    int64_t requested_us;
    kt_ulid_t process;
} legal_hire_record_t;
extern const kt_layout_t legal_hire_layout;

typedef struct legal_leave_record {
    kt_span_t leave, employee, contract;
    int64_t leave_us;
    int32_t left_on;
    kt_span_t reason, requested_by;
    int64_t requested_us;
    kt_ulid_t process;
} legal_leave_record_t;
extern const kt_layout_t legal_leave_layout;

/* NULL when it makes sense, else what is wrong and in which field (static). */
const char *legal_hire_wrong(const legal_hire_record_t *draft, const char **field);
const char *legal_leave_wrong(const legal_leave_record_t *draft, const char **field);

typedef struct legal_hire_facts {
    bool exists;         /* a hire of this id */
    bool contract_there; /* a contract of this id */
    bool enrolled;       /* the employee works here */
    bool principal_taken;
} legal_hire_facts_t;
/* HIRE_EXISTS, CONTRACT_EXISTS, EMPLOYEE_EXISTS, PRINCIPAL_TAKEN. */
kt_status_t legal_decide_hire(const legal_hire_facts_t *facts);

typedef struct legal_leave_facts {
    bool exists;       /* a leave of this id */
    bool leaving;      /* the employee has one already, under the same contract */
    kt_ulid_t process; /* leaving: of that one */
    bool contract_there;
    legal_contract_record_t contract;
    bool enrolled;
} legal_leave_facts_t;
/* LEAVE_EXISTS, EMPLOYEE_UNKNOWN, CONTRACT_UNKNOWN, NOT_EMPLOYED, LEAVING_ALREADY. */
kt_status_t legal_decide_leave(const legal_leave_record_t *draft, const legal_leave_facts_t *facts);

#endif
