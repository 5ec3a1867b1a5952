/* method_name.h: which of the registered method paths a person means. */
#ifndef CLI_METHOD_NAME_H
#define CLI_METHOD_NAME_H

#include <kt/span.h>

/*
 * PATH is as the broker has it: "/kantor.finance.v1.Ledger/PostEntry",
 * "finance/kantor.store.v1.Store/Stats". NAME is the whole path, or its end from the beginning of a
 * word on ("Ledger/PostEntry", "v1.Ledger/PostEntry"), with a department in front or not
 * ("finance/Store/Stats"); a dot may stand for the slash before the method.
 */
bool cli_method_matches(const char *path, const char *name);
/* Whether NAME is the whole of PATH, which ends all doubt. */
bool cli_method_is(const char *path, const char *name);
/* The same for what has no method: a service ("kantor.finance.v1.Ledger") or a message. */
bool cli_name_matches(const char *full, const char *name);

/* The parts of a path: its department ("" when none stands in front), and its service's full name,
 * borrowed from PATH. */
kt_span_t cli_path_department(const char *path);
kt_span_t cli_path_service(const char *path);

#endif
