#include "domain/accounts.h"

#include "domain/reason.h"

static const char *const STATES[] = {
    [IT_ACCOUNT_ABSENT] = "absent", [IT_ACCOUNT_PREPARED] = "prepared",
    [IT_ACCOUNT_OPEN] = "open",     [IT_ACCOUNT_SUSPENDED] = "suspended",
    [IT_ACCOUNT_CLOSED] = "closed",
};
static const char *const COMMANDS[] = {
    [IT_ACCOUNT_DO_PREPARE] = "prepare",
    [IT_ACCOUNT_DO_OPEN] = "open",
    [IT_ACCOUNT_DO_SCHEDULE] = "schedule suspension",
    [IT_ACCOUNT_DO_POSTPONE] = "postpone suspension",
    [IT_ACCOUNT_DO_SUSPEND] = "suspend",
    [IT_ACCOUNT_DO_CLOSE] = "close",
    [IT_ACCOUNT_DO_CONFIRM_LEFT] = "confirm left",
};
static const char *const GUARDS[] = {
    [IT_ACCOUNT_OPENABLE] = "the start is reached and all policies that must be acknowledged are",
    [IT_ACCOUNT_DUE] = "the scheduled instant is reached",
    [IT_ACCOUNT_EMPTY_HANDED] = "no seat is held and no asset is outstanding",
};

#define ROW(from, what, to)                                                                        \
    {                                                                                              \
        .state = IT_ACCOUNT_##from, .command = IT_ACCOUNT_DO_##what, .guard = KT_UNGUARDED,        \
        .next = IT_ACCOUNT_##to                                                                    \
    }
#define GUARDED(from, what, if_, to)                                                               \
    {                                                                                              \
        .state = IT_ACCOUNT_##from, .command = IT_ACCOUNT_DO_##what, .guard = IT_ACCOUNT_##if_,    \
        .next = IT_ACCOUNT_##to                                                                    \
    }
#define BY(who, from, what, to)                                                                    \
    {                                                                                              \
        .state = IT_ACCOUNT_##from, .command = IT_ACCOUNT_DO_##what, .guard = KT_UNGUARDED,        \
        .next = IT_ACCOUNT_##to, .role = (who)                                                     \
    }

/* What a process may ask twice is in the table twice: opening what is open, closing what is closed.
 */
static const kt_transition_t ROWS[] = {
    ROW(ABSENT, PREPARE, PREPARED),
    GUARDED(PREPARED, OPEN, OPENABLE, OPEN),
    ROW(PREPARED, SCHEDULE, PREPARED),
    BY("it.expert", PREPARED, POSTPONE, PREPARED),
    GUARDED(PREPARED, SUSPEND, DUE, SUSPENDED),
    ROW(PREPARED, CLOSE, CLOSED),
    ROW(OPEN, OPEN, OPEN),
    ROW(OPEN, SCHEDULE, OPEN),
    BY("it.expert", OPEN, POSTPONE, OPEN),
    GUARDED(OPEN, SUSPEND, DUE, SUSPENDED),
    ROW(OPEN, CLOSE, CLOSED),
    ROW(SUSPENDED, SCHEDULE, SUSPENDED),
    ROW(SUSPENDED, CLOSE, CLOSED),
    GUARDED(SUSPENDED, CONFIRM_LEFT, EMPTY_HANDED, SUSPENDED),
    ROW(CLOSED, PREPARE, PREPARED),
    ROW(CLOSED, SCHEDULE, CLOSED),
    ROW(CLOSED, CLOSE, CLOSED),
    GUARDED(CLOSED, CONFIRM_LEFT, EMPTY_HANDED, CLOSED),
};

const kt_machine_t it_account_machine = {
    .name = "it.account",
    .states = STATES,
    .commands = COMMANDS,
    .guards = GUARDS,
    .states_count = KT_COUNT(STATES),
    .commands_count = KT_COUNT(COMMANDS),
    .guards_count = KT_COUNT(GUARDS),
    .rows = ROWS,
    .rows_count = KT_COUNT(ROWS),
    .first = IT_ACCOUNT_ABSENT,
};

#define ACCOUNT_FIELDS                                                                             \
    KT_F_NAME(it_account_record_t, employee, IT_NAME_BYTES_MAX, KT_REQUIRED | KT_KEYED),           \
        KT_F_NAME(it_account_record_t, principal, IT_NAME_BYTES_MAX, KT_REQUIRED),                 \
        KT_F_I64(it_account_record_t, starts_us, 0, INT64_MAX, 0),                                 \
        KT_F_TIME(it_account_record_t, created_us, KT_OUTPUT),                                     \
        KT_F_TIME(it_account_record_t, opened_us, KT_OUTPUT),                                      \
        KT_F_TIME(it_account_record_t, suspend_at_us, KT_OUTPUT),                                  \
        KT_F_TIME(it_account_record_t, closed_us, KT_OUTPUT),                                      \
        KT_F_TIME(it_account_record_t, cleared_us, KT_OUTPUT)

static const kt_field_t ACCOUNT[] = {ACCOUNT_FIELDS};
const kt_layout_t it_account_layout = KT_LAYOUT("account", it_account_record_t, ACCOUNT);

static const kt_field_t VIEW[] = {
    ACCOUNT_FIELDS,
    KT_F_ENUM(it_account_record_t, status, IT_ACCOUNT_CLOSED, KT_OUTPUT),
    KT_F_BOOL(it_account_record_t, openable, KT_OUTPUT),
};
const kt_layout_t it_account_view_layout = KT_LAYOUT("account", it_account_record_t, VIEW);

static const kt_field_t POLICIES[] = {
    KT_F_BOOL(it_policies_record_t, acknowledged, 0),
    KT_F_TIME(it_policies_record_t, time_us, 0),
};
const kt_layout_t it_policies_layout = KT_LAYOUT("policies", it_policies_record_t, POLICIES);

/* ---- what it is ---- */

it_account_standing_t
it_account_status(const it_account_facts_t *facts, int64_t now_us)
{
    const it_account_record_t *a = &facts->account;
    const kt_transition_t *row;
    if (!facts->there)
        return IT_ACCOUNT_ABSENT;
    it_account_standing_t stored = a->closed_us != 0   ? IT_ACCOUNT_CLOSED
                                   : a->opened_us != 0 ? IT_ACCOUNT_OPEN
                                                       : IT_ACCOUNT_PREPARED;
    bool due = a->suspend_at_us != 0 && now_us >= a->suspend_at_us;
    kt_machine_ask_t ask = {.state = stored,
                            .command = IT_ACCOUNT_DO_SUSPEND,
                            .holds = (uint32_t)due << IT_ACCOUNT_DUE};
    bool suspends = kt_machine_ask(&it_account_machine, &ask, &row) == KT_STEP_TAKEN;
    return suspends ? (it_account_standing_t)row->next : stored;
}

static uint32_t
holds(const it_account_facts_t *facts, int64_t now_us)
{
    bool openable = now_us >= facts->account.starts_us && facts->acknowledged;
    bool empty_handed = facts->seats_in_force == 0 && facts->assets_held == 0;
    return (uint32_t)openable << IT_ACCOUNT_OPENABLE | (uint32_t)empty_handed
                                                           << IT_ACCOUNT_EMPTY_HANDED;
}

it_account_record_t
it_account_view(const it_account_facts_t *facts, int64_t now_us)
{
    it_account_record_t view = facts->account;
    view.status = it_account_status(facts, now_us);
    view.openable = view.status == IT_ACCOUNT_PREPARED &&
                    (holds(facts, now_us) >> IT_ACCOUNT_OPENABLE & 1);
    return view;
}

/* ---- what becomes of it ---- */

static kt_step_answer_t
ask(const it_actor_t *actor, const it_account_facts_t *facts, it_account_command_t command,
    it_account_standing_t *state)
{
    const kt_transition_t *row;
    *state = it_account_status(facts, actor->now_us);
    kt_machine_ask_t question = {
        .state = *state,
        .command = command,
        .roles = actor->roles,
        .roles_count = actor->roles_count,
        .holds = holds(facts, actor->now_us),
    };
    return kt_machine_ask(&it_account_machine, &question, &row);
}

static kt_status_t
unknown(void)
{
    return kt_error(KT_NOT_FOUND, IT_ACCOUNT_UNKNOWN, "the employee has no account");
}

kt_status_t
it_decide_see_account(const it_account_facts_t *facts)
{
    return facts->there ? kt_ok() : unknown();
}

static kt_status_t
wrong_state(it_account_standing_t state)
{
    static const char *const texts[] = {
        [IT_ACCOUNT_ABSENT] = "the employee has no account",
        [IT_ACCOUNT_PREPARED] = "the account is prepared, and was never open",
        [IT_ACCOUNT_OPEN] = "the account is open",
        [IT_ACCOUNT_SUSPENDED] = "the account is suspended",
        [IT_ACCOUNT_CLOSED] = "the account is closed",
    };
    return kt_error(KT_FAILED_PRECONDITION, IT_ACCOUNT_STATE, texts[state]);
}

kt_status_t
it_decide_create_account(const it_actor_t *actor, const it_account_record_t *draft,
                         const it_account_facts_t *facts, it_account_record_t *next, bool *writes)
{
    it_account_standing_t state;
    const it_account_record_t *a = &facts->account;
    kt_step_answer_t answer = ask(actor, facts, IT_ACCOUNT_DO_PREPARE, &state);
    *writes = answer == KT_STEP_TAKEN;
    if (*writes) {
        *next = (it_account_record_t){.employee = draft->employee,
                                      .principal = draft->principal,
                                      .starts_us = draft->starts_us,
                                      .created_us = actor->now_us};
        return kt_ok();
    }
    if (!kt_span_equal(a->principal, draft->principal) || a->starts_us != draft->starts_us)
        return kt_error(KT_ALREADY_EXISTS, IT_ACCOUNT_EXISTS,
                        "the employee has an account of another principal or start");
    if (state == IT_ACCOUNT_SUSPENDED)
        return wrong_state(state);
    *next = *a;
    return kt_ok();
}

kt_status_t
it_decide_open_account(const it_actor_t *actor, const it_account_facts_t *facts,
                       it_account_record_t *next, bool *writes)
{
    it_account_standing_t state;
    if (!facts->there)
        return unknown();
    kt_step_answer_t answer = ask(actor, facts, IT_ACCOUNT_DO_OPEN, &state);
    if (answer == KT_STEP_NO_GUARD && actor->now_us < facts->account.starts_us)
        return kt_error(KT_FAILED_PRECONDITION, IT_NOT_STARTED, "the start is not reached");
    if (answer == KT_STEP_NO_GUARD)
        return kt_error(KT_FAILED_PRECONDITION, IT_POLICIES_OPEN,
                        "policies are not acknowledged that must be");
    if (answer != KT_STEP_TAKEN)
        return wrong_state(state);
    *next = facts->account;
    *writes = state == IT_ACCOUNT_PREPARED;
    if (*writes)
        next->opened_us = actor->now_us;
    return kt_ok();
}

kt_status_t
it_decide_suspension(const it_actor_t *actor, const it_account_facts_t *facts, int64_t at_us,
                     it_account_record_t *next, bool *writes)
{
    it_account_standing_t state;
    if (!facts->there)
        return unknown();
    int64_t stands_us = facts->account.suspend_at_us;
    bool later = stands_us != 0 && at_us > stands_us && facts->account.closed_us == 0;
    kt_step_answer_t answer = ask(actor, facts,
                                  later ? IT_ACCOUNT_DO_POSTPONE : IT_ACCOUNT_DO_SCHEDULE, &state);
    if (answer == KT_STEP_NO_ROLE)
        return kt_error(KT_FAILED_PRECONDITION, IT_SUSPENSION_STANDS,
                        "an earlier suspension stands; only an it.expert may postpone it");
    if (answer != KT_STEP_TAKEN)
        return wrong_state(state);
    *next = facts->account;
    *writes = at_us != stands_us && (state == IT_ACCOUNT_PREPARED || state == IT_ACCOUNT_OPEN);
    if (*writes)
        next->suspend_at_us = at_us;
    return kt_ok();
}

kt_status_t
it_decide_close_account(const it_actor_t *actor, const it_account_facts_t *facts,
                        it_account_record_t *next, bool *writes)
{
    it_account_standing_t state;
    if (!facts->there)
        return unknown();
    if (ask(actor, facts, IT_ACCOUNT_DO_CLOSE, &state) != KT_STEP_TAKEN)
        return wrong_state(state);
    *next = facts->account;
    *writes = state != IT_ACCOUNT_CLOSED;
    if (*writes)
        next->closed_us = actor->now_us;
    return kt_ok();
}

kt_status_t
it_decide_confirm_left(const it_actor_t *actor, const it_account_facts_t *facts,
                       it_account_record_t *next, bool *writes)
{
    it_account_standing_t state;
    if (!facts->there)
        return unknown();
    kt_step_answer_t answer = ask(actor, facts, IT_ACCOUNT_DO_CONFIRM_LEFT, &state);
    if (answer == KT_STEP_NO_GUARD && facts->seats_in_force > 0)
        return kt_error(KT_FAILED_PRECONDITION, IT_SEATS_HELD, "the employee holds seats");
    if (answer == KT_STEP_NO_GUARD)
        return kt_error(KT_FAILED_PRECONDITION, IT_ASSETS_OUTSTANDING,
                        "the employee has assets to give back");
    if (answer != KT_STEP_TAKEN)
        return kt_error(KT_FAILED_PRECONDITION, IT_ACCOUNT_STILL_OPEN,
                        "the account is neither suspended nor closed");
    *next = facts->account;
    *writes = next->cleared_us == 0;
    if (*writes)
        next->cleared_us = actor->now_us;
    return kt_ok();
}
