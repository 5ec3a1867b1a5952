/* processes.h: what IT owns across departments. The tables are held to their rules when IT is
 * built. */
#ifndef IT_PROCESSES_H
#define IT_PROCESSES_H

#include <kt/process.h>

/* From a request for a licence to the last instalment. */
extern const kt_process_table_t it_procure_to_pay;

/* All of them, and the contracts they call. Static. */
const kt_processes_t *it_processes(void);

#endif
