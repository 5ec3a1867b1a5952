#include "domain/hold.h"

fin_held_t
fin_hold_state(const fin_hold_record_t *hold, int64_t now_us)
{
    if (fin_hold_left(hold) == 0)
        return FIN_HELD_COMMITTED;
    if (hold->released)
        return FIN_HELD_RELEASED;
    return hold->expires_us <= now_us ? FIN_HELD_EXPIRED : FIN_HELD_ACTIVE;
}

static kt_status_t
about(const fin_work_t *work, kt_code_t code, uint32_t reason, const char *why,
      const fin_account_fact_t *account)
{
    return kt_error(code, reason,
                    kt_arena_printf(work->arena, "%s: %.*s", why, (int)account->record.path.size,
                                    (const char *)account->record.path.data));
}

static kt_status_t
check_known(const fin_work_t *work, const fin_hold_facts_t *facts)
{
    const fin_account_fact_t *accounts[] = {facts->debit->account, facts->credit->account};
    for (size_t i = 0; i < KT_COUNT(accounts); i++)
        if (!accounts[i]->there)
            return about(work, KT_NOT_FOUND, FIN_ACCOUNT_UNKNOWN, "the book has no such account",
                         accounts[i]);
    if (!facts->debit->commodity->there)
        return kt_error(KT_NOT_FOUND, FIN_COMMODITY_UNKNOWN,
                        "the commodity is neither declared in the book nor a currency of ISO 4217");
    return kt_ok();
}

static kt_status_t
check_accounts(const fin_work_t *work, const fin_hold_facts_t *facts)
{
    const fin_account_fact_t *accounts[] = {facts->debit->account, facts->credit->account};
    for (size_t i = 0; i < KT_COUNT(accounts); i++)
        if (accounts[i]->record.closed)
            return about(work, KT_FAILED_PRECONDITION, FIN_ACCOUNT_CLOSED, "the account is closed",
                         accounts[i]);
    for (size_t i = 0; i < KT_COUNT(accounts); i++)
        if (accounts[i]->record.type == FIN_TYPE_TRADING)
            return about(work, KT_FAILED_PRECONDITION, FIN_ACCOUNT_RESERVED,
                         "only the ledger itself posts to", accounts[i]);
    return kt_ok();
}

kt_status_t
fin_decide_reserve(const fin_work_t *work, const fin_hold_facts_t *facts, fin_hold_record_t *hold)
{
    const fin_hold_record_t *held = &facts->view.hold;
    const fin_position_fact_t *debit = facts->debit, *credit = facts->credit;
    KT_TRY(check_known(work, facts));
    KT_TRY(check_accounts(work, facts));
    KT_TRY(fin_check_floor(work, debit, held->amount_minor, 0));
    KT_TRY(fin_check_floor(work, credit, 0, held->amount_minor));
    /* Readers are told the sum of each side. */
    if (debit->held_debit + held->amount_minor > INT64_MAX ||
        credit->held_credit + held->amount_minor > INT64_MAX)
        return kt_error(KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW,
                        "the sum of the account's holds does not fit 64 bits");
    if (debit->holds_count >= FIN_HOLDS_ACTIVE_MAX || credit->holds_count >= FIN_HOLDS_ACTIVE_MAX)
        return about(work, KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_HOLDS,
                     "the account has 1,000 active holds in this commodity",
                     debit->holds_count >= FIN_HOLDS_ACTIVE_MAX ? debit->account : credit->account);
    *hold = *held;
    hold->debit_account = debit->account->record.number;
    hold->credit_account = credit->account->record.number;
    hold->commodity = debit->commodity->record.number;
    return kt_ok();
}

static kt_status_t
check_active(const fin_work_t *work, const fin_hold_record_t *hold)
{
    switch (fin_hold_state(hold, work->now_us)) {
    case FIN_HELD_ACTIVE:
        return kt_ok();
    case FIN_HELD_COMMITTED:
        return kt_error(KT_FAILED_PRECONDITION, FIN_HOLD_ENDED, "the hold is wholly committed");
    case FIN_HELD_RELEASED:
        return kt_error(KT_FAILED_PRECONDITION, FIN_HOLD_ENDED, "the hold was released");
    case FIN_HELD_EXPIRED:
        break;
    }
    return kt_error(KT_FAILED_PRECONDITION, FIN_HOLD_ENDED, "the hold has expired");
}

kt_status_t
fin_decide_release(const fin_work_t *work, fin_hold_record_t *hold)
{
    KT_TRY(check_active(work, hold));
    hold->released = true;
    return kt_ok();
}

int64_t
fin_commit_amount(const fin_hold_record_t *held, const fin_commit_t *commit)
{
    if (commit->amount_minor != 0)
        return commit->amount_minor;
    return KT_MAX(fin_hold_left(held), INT64_C(1));
}

kt_status_t
fin_decide_commit(fin_work_t *work, const fin_hold_facts_t *facts, const fin_commit_t *commit,
                  fin_draft_t *draft, fin_commit_effects_t *fx)
{
    const fin_hold_record_t *held = &facts->view.hold;
    int64_t amount = fin_commit_amount(held, commit);
    KT_TRY(fin_check_source(work, draft));
    KT_TRY(check_active(work, held));
    if (amount > fin_hold_left(held))
        return kt_error(KT_FAILED_PRECONDITION, FIN_HOLD_EXCEEDED,
                        kt_arena_printf(work->arena, "only %lld is left of the hold",
                                        (long long)fin_hold_left(held)));
    /* The draft posts what the hold no longer holds: the floors meet it once. */
    int64_t freed = commit->release_rest ? fin_hold_left(held) : amount;
    facts->debit->held_debit -= freed;
    facts->credit->held_credit -= freed;
    fin_posting_t posting;
    KT_TRY(fin_accept(work, draft, &posting));
    if (held->parts_count ==
        FIN_HOLD_PARTS_MAX) /* the last reason there is; the working set is dropped */
        return kt_error(KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_PARTS,
                        "the hold was committed in 100 parts; release it and reserve anew");
    fx->posting = posting;
    fx->hold = *held;
    fx->hold.committed_minor += amount;
    fx->hold.released = commit->release_rest;
    fx->hold.parts[fx->hold.parts_count++] = (fin_hold_part_t){.year = posting.entry.year,
                                                               .number = posting.entry.number};
    return kt_ok();
}
