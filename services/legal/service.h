/* service.h: the department, for main and for tests. */
#ifndef LEGAL_SERVICE_H
#define LEGAL_SERVICE_H

#include <kt/service.h>

/* Static. */
const kt_service_t *legal_service(void);

#endif
