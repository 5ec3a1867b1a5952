/* service.h: the finance department, bound and ready to run. */
#ifndef FIN_SERVICE_H
#define FIN_SERVICE_H

#include <kt/service.h>

/* Static. */
const kt_service_t *fin_service(void);

#endif
