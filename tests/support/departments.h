/* departments.h: all of Kantor's departments, for tests that hold of each. */
#ifndef KANTOR_DEPARTMENTS_H
#define KANTOR_DEPARTMENTS_H

#include <kt/service.h>

#define DEPARTMENTS 3

/* The NUMBER-th, in the order of their names. */
const kt_service_t *department(uint32_t number);

#endif
