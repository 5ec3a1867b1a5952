/* processes.h: what legal owns across departments: hire to retire, in its two halves. The tables
 * are held to their rules when legal is built. */
#ifndef LEGAL_PROCESSES_H
#define LEGAL_PROCESSES_H

#include <kt/process.h>

/* From a place on the staff to an open account. */
extern const kt_process_table_t legal_hire_process;
/* From the end of the contract to the final settlement. */
extern const kt_process_table_t legal_leave_process;

/* All of them, and the contracts they call. Static. */
const kt_processes_t *legal_processes(void);

#endif
