/* service.h: the department, for main and for tests. */
#ifndef IT_SERVICE_H
#define IT_SERVICE_H

#include <kt/service.h>

/* Static. */
const kt_service_t *it_service(void);

#endif
