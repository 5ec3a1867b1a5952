#include "departments.h"

/* Each stands in its department's service.h, and these have one name. */
const kt_service_t *fin_service(void);
const kt_service_t *it_service(void);
const kt_service_t *legal_service(void);

const kt_service_t *
department(uint32_t number)
{
    static const kt_service_t *(*const all[DEPARTMENTS])(void) = {fin_service, it_service,
                                                                  legal_service};

    KT_ASSERT(number < DEPARTMENTS);
    return all[number]();
}
