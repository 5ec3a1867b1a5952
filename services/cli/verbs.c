#include "verbs.h"

const cli_verb_t *const cli_verbs[] = {
    &cli_verb_call,
    &cli_verb_services,
    &cli_verb_describe,
    &cli_verb_health,
    &cli_verb_top,
    &cli_verb_verify,
    &cli_verb_backup,
    &cli_verb_restore,
    &cli_verb_events,
    &cli_verb_keys_new,
    &cli_verb_keys_show,
    &cli_verb_finance_import,
    &cli_verb_finance_trial_balance,
    &cli_verb_finance_register,
    &cli_verb_finance_balance,
    &cli_verb_finance_accounts,
    &cli_verb_finance_entries,
    &cli_verb_finance_books,
    &cli_verb_finance_periods,
    &cli_verb_bench_rpc,
    &cli_verb_bench_post,
    &cli_verb_bench_report,
    &cli_verb_completion,
};
const unsigned cli_verbs_count = KT_COUNT(cli_verbs);
