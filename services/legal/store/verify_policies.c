/* employee_principal, task_open and task_next. */
#include "store/task_keys.h"
#include "store/tasks.h"
#include "store/verifying.h"

static kt_status_t
of_employee(legal_verifying_t *v, const void *fact)
{
    const legal_employee_record_t *employee = (const legal_employee_record_t *)fact;
    kt_key_t key;

    if (legal_is_closed(employee))
        return kt_ok();
    (void)kt_key_of_name(&key, employee->principal);
    return legal_verify_say(v, LEGAL_TABLE_EMPLOYEE_PRINCIPAL, &key, employee->employee);
}

/* How many days of a task were told. */
static kt_status_t
count_told(legal_verifying_t *v, const legal_task_record_t *task, uint32_t *told)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t prefix;

    *told = 0;
    KT_TRY(kt_rows_begin(&rows, &v->inner, LEGAL_TABLE_ESCALATION,
                         legal_task_key(&prefix, task->employee, task->policy, task->version)));
    while (kt_rows_next(&rows, NULL, NULL))
        ++*told;
    return rows.status;
}

static kt_status_t
of_task(legal_verifying_t *v, const void *fact)
{
    const legal_task_record_t *task = (const legal_task_record_t *)fact;
    uint32_t told;
    int32_t next;
    kt_key_t key;

    if (!legal_is_open(task))
        return kt_ok();
    (void)legal_open_key(&key, task->policy, task->employee, task->version);
    KT_TRY(legal_verify_say(v, LEGAL_TABLE_TASK_OPEN, &key, kt_span("", 0)));
    KT_TRY(count_told(v, task, &told));
    next = legal_task_day(task, told);
    if (next == KT_DATE_NONE)
        return kt_ok();
    (void)legal_next_key(&key, next, task->employee, task->policy, task->version);
    return legal_verify_say(v, LEGAL_TABLE_TASK_NEXT, &key, kt_span("", 0));
}

kt_status_t
legal_store_verify_policies(kt_txn_t *txn, const legal_verify_sink_t *sink)
{
    KT_CLEANUP(legal_verify_end) legal_verifying_t v = {0};

    KT_TRY(legal_verify_begin(&v, txn, sink));
    KT_TRY(legal_verify_each(&v, LEGAL_TABLE_EMPLOYEE, &legal_employee_layout,
                             legal_read_employee_key, of_employee));
    KT_TRY(
        legal_verify_each(&v, LEGAL_TABLE_TASK, &legal_task_layout, legal_read_task_key, of_task));
    KT_TRY(legal_verify_count(&v, LEGAL_TABLE_EMPLOYEE_PRINCIPAL));
    KT_TRY(legal_verify_count(&v, LEGAL_TABLE_TASK_OPEN));
    return legal_verify_count(&v, LEGAL_TABLE_TASK_NEXT);
}
