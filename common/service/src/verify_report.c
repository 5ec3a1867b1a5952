#include "verify_report.h"

#include <stdio.h>

void
kt_verify_find(kt_verify_report_t *report, const char *table, const char *key,
               const char *what_format, ...)
{
    kt_finding_t finding = {.table = table};
    va_list args;

    (void)snprintf(finding.key, sizeof(finding.key), "%s", key);
    va_start(args, what_format);
    (void)vsnprintf(finding.what, sizeof(finding.what), what_format, args);
    va_end(args);
    report->find(report->context, &finding);
}

bool
kt_verify_progress(kt_verify_report_t *report, uint64_t done, uint64_t all)
{
    return report->progress(report->context, done, all);
}
