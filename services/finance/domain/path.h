/*
 * path.h: the names of accounts. "assets:bank:checking" is the account "checking" below
 * "assets:bank".
 */
#ifndef FIN_PATH_H
#define FIN_PATH_H

#include "domain/types.h"

/* Where the ledger keeps the other side of an exchange of commodities; nobody else opens or posts
 * there. */
#define FIN_PATH_TRADING "equity:trading"

/* NULL when PATH keeps the rules of an account's path, else what it breaks, in words (static). */
const char *fin_path_check(kt_span_t path);
/* The path without its last name; empty for a first name. Borrowed from PATH. */
kt_span_t fin_path_parent(kt_span_t path);
/* Whether PATH is equity:trading or lies below it. */
bool fin_path_reserved(kt_span_t path);
/* What the first name says (in either case: assets, liabilities, equity, income or revenue,
 * expenses), or FIN_TYPE_NONE. */
fin_type_t fin_path_type(kt_span_t path);

/* Whether TEXT is UTF-8 without control characters (Unicode category Cc). */
bool fin_text_printable(kt_span_t text);

#endif
