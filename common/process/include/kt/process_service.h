/* process_service.h: kantor.process.v1.Processes, as every department answers it. */
#ifndef KT_PROCESS_SERVICE_H
#define KT_PROCESS_SERVICE_H

#include <kt/method.h>

/* Its handlers need of the call: `processes`, and the department's shared tables. */
kt_binding_t kt_process_binding(void);

#endif
