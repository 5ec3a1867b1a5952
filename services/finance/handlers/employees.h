/* employees.h: the methods of Employees. */
#ifndef FIN_HANDLERS_EMPLOYEES_H
#define FIN_HANDLERS_EMPLOYEES_H

#include <kantor/finance/v1/employees.kt.h>

extern const fin_employees_handlers_t fin_employees_handlers;

#endif
