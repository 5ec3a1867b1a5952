/* verbs.h: the rows of the verb table; each is defined in the file that is named beside it. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli.h"

extern const cli_verb_t cli_verb_call;                      /* call.c */
extern const cli_verb_t cli_verb_describe;                  /* describe.c */
extern const cli_verb_t cli_verb_services, cli_verb_health; /* services.c */
extern const cli_verb_t cli_verb_top;                       /* top.c */
extern const cli_verb_t cli_verb_verify, cli_verb_backup;   /* store.c */
extern const cli_verb_t cli_verb_restore;                   /* restore.c */
extern const cli_verb_t cli_verb_events;                    /* events.c */
extern const cli_verb_t cli_verb_keys_ls;                   /* keys_ls.c */
/* keys.c */
extern const cli_verb_t cli_verb_keys_new, cli_verb_keys_show, cli_verb_keys_rotate;
extern const cli_verb_t cli_verb_completion; /* completion.c */

extern const cli_verb_t cli_verb_finance_import;        /* import/verb.c */
extern const cli_verb_t cli_verb_finance_trial_balance; /* reports/trial_balance.c */
/* reports/accounts.c */
extern const cli_verb_t cli_verb_finance_books, cli_verb_finance_accounts, cli_verb_finance_periods;
/* reports/register.c */
extern const cli_verb_t cli_verb_finance_register, cli_verb_finance_balance,
    cli_verb_finance_entries;
/* reports/affairs.c */
extern const cli_verb_t cli_verb_finance_budgets, cli_verb_finance_payables,
    cli_verb_finance_employees;

/* legal/policies.c, legal/matters.c */
extern const cli_verb_t cli_verb_legal_policies, cli_verb_legal_attest, cli_verb_legal_compliance;
extern const cli_verb_t cli_verb_legal_matters, cli_verb_legal_deadlines;

/* it/desk.c, it/software.c, it/accounts.c */
extern const cli_verb_t cli_verb_it_tickets, cli_verb_it_ticket;
extern const cli_verb_t cli_verb_it_seats;
extern const cli_verb_t cli_verb_it_holdings, cli_verb_it_account;

/* legal/contracts.c */
extern const cli_verb_t cli_verb_legal_contracts, cli_verb_legal_contract, cli_verb_legal_parties;
extern const cli_verb_t cli_verb_legal_read;                         /* legal/read.c */
extern const cli_verb_t cli_verb_legal_upload;                       /* legal/upload.c */
extern const cli_verb_t cli_verb_legal_approve, cli_verb_legal_sign; /* legal/approve.c */
extern const cli_verb_t cli_verb_legal_report, cli_verb_legal_terms; /* legal/report.c */
/* it/networks.c */
extern const cli_verb_t cli_verb_it_networks, cli_verb_it_addresses, cli_verb_it_targets,
    cli_verb_it_outages;
extern const cli_verb_t cli_verb_it_probe; /* it/probe.c */
/* it/purchases.c, it/buy.c */
extern const cli_verb_t cli_verb_it_purchases, cli_verb_it_purchase, cli_verb_it_buy;
/* it/databases.c, it/prove.c */
extern const cli_verb_t cli_verb_it_databases, cli_verb_it_sample, cli_verb_it_backup,
    cli_verb_it_prove_restore;

/* process/list.c, show.c, watch.c */
extern const cli_verb_t cli_verb_process_ls, cli_verb_process_show, cli_verb_process_watch,
    cli_verb_process_resolve;

extern const cli_verb_t cli_verb_trace_show; /* trace/show.c */

extern const cli_verb_t cli_verb_bench_rpc, cli_verb_bench_post; /* bench/verbs.c */
extern const cli_verb_t cli_verb_bench_report;                   /* bench/report.c */

#endif
