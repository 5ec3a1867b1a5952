/* verify_report.h: whom a department's verification tells (kt_verify_find, kt_verify_progress). */
#ifndef KT_SERVICE_VERIFY_REPORT_H
#define KT_SERVICE_VERIFY_REPORT_H

#include <kt/service.h>

struct kt_verify_report {
    kt_finding_fn_t find;
    kt_verify_progress_t progress;
    void *context; /* of both */
};

#endif
