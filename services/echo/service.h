/* service.h: the echo service, bound and ready to run. */
#ifndef ECHO_SERVICE_H
#define ECHO_SERVICE_H

#include <kt/service.h>

/* Static. */
const kt_service_t *echo_service(void);

#endif
