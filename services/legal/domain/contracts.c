/* What is done with contracts, but for their approval. */
#include "domain/contracts.h"

#include "domain/contract_machine.h"
#include "domain/reason.h"

#define HOLDS(guard) (UINT32_C(1) << (guard))

static kt_status_t
refuse(uint32_t reason, const char *text)
{
    return kt_error(KT_FAILED_PRECONDITION, reason, text);
}

static bool
is_mine(const legal_caller_t *caller, const legal_contract_record_t *contract)
{
    return kt_span_equal(caller->principal, contract->drafted_by) ||
           kt_span_equal(caller->principal, contract->requested_by);
}

kt_status_t
legal_check_seen(const legal_caller_t *caller, const legal_contract_record_t *contract)
{
    static const char *const all[] = {"legal.officer",   "ceo",           "auditor",
                                      "finance.analyst", "finance.clerk", "department"};
    for (size_t i = 0; i < KT_COUNT(all); i++)
        if (legal_has_role(caller, all[i]))
            return kt_ok();
    if (is_mine(caller, contract) || kt_span_equal(caller->principal, contract->employee))
        return kt_ok();
    return kt_error(KT_PERMISSION_DENIED, LEGAL_CONTRACT_PRIVATE,
                    "an employee sees contracts that they drafted, asked for or are employed by");
}

/* ---- drafting and editing ---- */

/* Another contract of the employee that is in force on some day of NEW_. The one that NEW_
 * supersedes ends where NEW_ begins. */
static kt_status_t
check_employee(const legal_case_t *at, const legal_contract_record_t *new_)
{
    for (uint32_t i = 0; new_->employee.size > 0 && i < at->employments_count; i++) {
        legal_contract_record_t other = at->employments[i];
        if (other.state == LEGAL_SIGNED && kt_span_equal(other.contract, new_->supersedes)) {
            other.state = LEGAL_SUPERSEDED;
            other.superseded_on = new_->terms.starts_on;
        }
        bool stands = other.state == LEGAL_SIGNED || other.state == LEGAL_TERMINATED ||
                      other.state == LEGAL_SUPERSEDED;
        if (stands && !kt_span_equal(other.contract, new_->contract) && legal_overlap(new_, &other))
            return refuse(LEGAL_EMPLOYMENT_OVERLAP,
                          kt_arena_printf(at->caller.arena,
                                          "the employee's contract %.*s is in force at that time",
                                          (int)other.contract.size,
                                          (const char *)other.contract.data));
    }
    return kt_ok();
}

static kt_status_t
check_party(const legal_case_t *at)
{
    return at->party_blocked ? refuse(LEGAL_PARTY_BLOCKED, "nothing is agreed with this party")
                             : kt_ok();
}

static kt_status_t
check_fit(const legal_case_t *at, const legal_contract_record_t *new_)
{
    KT_TRY(check_party(at));
    return check_employee(at, new_);
}

/* Whether NEW_ may take the place of OLD: an employment is followed by one of the same employee. */
static bool
may_follow(const legal_contract_record_t *old, const legal_contract_record_t *new_)
{
    return !kt_span_equal(old->contract, new_->contract) &&
           kt_span_equal(old->employee, new_->employee);
}

kt_status_t
legal_decide_draft(const legal_case_t *at, const legal_contract_record_t *new_,
                   legal_contract_record_t *next)
{
    const legal_caller_t *caller = &at->caller;
    if (new_->party.size > 0 && !at->party_known)
        return kt_error(KT_NOT_FOUND, LEGAL_PARTY_UNKNOWN, "there is no such party");
    if (new_->supersedes.size > 0 && !at->other_known)
        return kt_error(KT_NOT_FOUND, LEGAL_CONTRACT_UNKNOWN,
                        "there is no such contract to supersede");
    if (new_->supersedes.size > 0 && !may_follow(&at->other, new_))
        return refuse(LEGAL_SUCCESSOR_UNFIT, "an employment is superseded by another one of the "
                                             "same employee, and supersedes nothing else");
    bool speaks = legal_has_role(caller, "legal.officer") || legal_has_role(caller, "department");
    if (new_->requested_by.size > 0 && !kt_span_equal(new_->requested_by, caller->principal) &&
        !speaks)
        return refuse(LEGAL_CONTRACT_NOT_YOURS, "only a legal.officer or a department says that "
                                                "somebody else asked for a contract");
    kt_status_t why = check_fit(at, new_);
    KT_TRY(legal_step(at, LEGAL_DO_DRAFT, kt_failed(why) ? 0 : HOLDS(LEGAL_IF_FIT), why, next));
    uint32_t state = next->state;
    *next = *new_;
    next->state = state;
    next->state_since_us = next->created_us = caller->now_us;
    next->drafted_by = next->last_edited_by = caller->principal;
    /* Values add up by requester: an employee's claim to act for another begins no new sum. */
    if (next->requested_by.size == 0)
        next->requested_by = speaks && caller->on_behalf_of.size > 0 ? caller->on_behalf_of
                                                                     : caller->principal;
    return kt_ok();
}

static kt_status_t
not_yours(void)
{
    return refuse(LEGAL_CONTRACT_NOT_YOURS, "only a legal.officer, a department, and who drafted "
                                            "or asked for the contract may do this");
}

/* A step by one whose contract it is, or by whom the table names. */
static kt_status_t
step_of_mine(const legal_case_t *at, legal_command_t command, legal_contract_record_t *next)
{
    uint32_t holds = is_mine(&at->caller, &at->contract) ? HOLDS(LEGAL_IF_MINE) : 0;
    return legal_step(at, command, holds, not_yours(), next);
}

kt_status_t
legal_decide_update(const legal_case_t *at, const legal_contract_record_t *change,
                    legal_contract_record_t *next)
{
    KT_TRY(step_of_mine(at, LEGAL_DO_UPDATE, next));
    next->title = change->title;
    next->currency = change->currency;
    next->value_minor = change->value_minor;
    next->risk = change->risk;
    next->terms = change->terms;
    next->last_edited_by = at->caller.principal;
    return kt_ok();
}

kt_status_t
legal_decide_upload(const legal_case_t *at)
{
    legal_contract_record_t next;
    return step_of_mine(at, LEGAL_DO_VERSION, &next);
}

static void
forget_signatures(legal_contract_record_t *next)
{
    next->us = next->them = (legal_signed_t){.on = KT_DATE_NONE};
    next->plan = 0;
}

kt_status_t
legal_decide_version(const legal_case_t *at, const uint8_t sha256[KT_HASH_BYTES],
                     legal_contract_record_t *next)
{
    KT_TRY(step_of_mine(at, LEGAL_DO_VERSION, next));
    forget_signatures(next);
    next->version++;
    memcpy(next->sha256, sha256, KT_HASH_BYTES);
    next->last_edited_by = at->caller.principal;
    return kt_ok();
}

/* ---- towards signing ---- */

static kt_status_t
check_ready(const legal_contract_record_t *contract)
{
    legal_clear_t clear;
    if (contract->version == 0)
        return refuse(LEGAL_VERSION_MISSING, "the contract has no version yet: upload its text");
    legal_problem_t problem = legal_terms_clear(&contract->terms, &clear);
    return problem ? refuse(LEGAL_TERMS_UNCLEAR, legal_problem_text(problem)) : kt_ok();
}

kt_status_t
legal_decide_submit(const legal_case_t *at, const legal_order_t *order,
                    legal_contract_record_t *next)
{
    (void)order;
    bool mine = is_mine(&at->caller, &at->contract);
    bool may = mine || legal_has_role(&at->caller, "legal.officer") ||
               legal_has_role(&at->caller, "department");
    kt_status_t why = may ? check_ready(&at->contract) : not_yours();
    uint32_t holds = 0;
    if (!kt_failed(why))
        holds = HOLDS(LEGAL_IF_READY) | (mine ? HOLDS(LEGAL_IF_MINE_READY) : 0);
    return legal_step(at, LEGAL_DO_SUBMIT, holds, why, next);
}

kt_status_t
legal_decide_return(const legal_case_t *at, const legal_order_t *order,
                    legal_contract_record_t *next)
{
    KT_TRY(legal_step(at, LEGAL_DO_RETURN, 0, kt_ok(), next));
    next->reason = order->reason;
    next->plan = 0;
    return kt_ok();
}

kt_status_t
legal_decide_start(const legal_case_t *at, const legal_order_t *order,
                   legal_contract_record_t *next)
{
    (void)order;
    kt_status_t why = check_ready(&at->contract);
    KT_TRY(legal_step(at, LEGAL_DO_START, kt_failed(why) ? 0 : HOLDS(LEGAL_IF_READY), why, next));
    next->round++;
    next->plan = at->plan_now;
    next->needed_ceo |= (next->plan & LEGAL_LEVEL_BIT(LEGAL_LEVEL_CEO)) != 0;
    return kt_ok();
}

static kt_status_t
check_fresh(const legal_case_t *at, const legal_order_t *order)
{
    if (memcmp(order->sha256, at->contract.sha256, KT_HASH_BYTES) == 0)
        return kt_ok();
    return refuse(LEGAL_VERSION_STALE, "this is not the newest version: read that one first");
}

kt_status_t
legal_decide_reject(const legal_case_t *at, const legal_order_t *order,
                    legal_contract_record_t *next)
{
    kt_status_t why = check_fresh(at, order);
    KT_TRY(legal_step(at, LEGAL_DO_REJECT, kt_failed(why) ? 0 : HOLDS(LEGAL_IF_FRESH), why, next));
    next->reason = order->reason;
    next->plan = 0;
    return kt_ok();
}

static kt_status_t
check_side(const legal_case_t *at, const legal_order_t *order)
{
    const legal_signed_t *side = order->side == LEGAL_SIDE_US ? &at->contract.us
                                                              : &at->contract.them;
    KT_TRY(check_fresh(at, order));
    return side->name.size > 0 ? refuse(LEGAL_SIDE_SIGNED, "this side has signed already")
                               : kt_ok();
}

kt_status_t
legal_decide_sign(const legal_case_t *at, const legal_order_t *order, legal_contract_record_t *next)
{
    bool us = order->side == LEGAL_SIDE_US;
    const legal_signed_t *other = us ? &at->contract.them : &at->contract.us;
    uint32_t holds = 0;
    kt_status_t why = check_side(at, order);
    if (!kt_failed(why) && other->name.size > 0) {
        why = check_employee(at, &at->contract);
        holds = kt_failed(why) ? 0 : HOLDS(LEGAL_IF_BOTH);
    } else if (!kt_failed(why)) {
        holds = HOLDS(LEGAL_IF_SIDE_FREE);
    }
    KT_TRY(legal_step(at, LEGAL_DO_SIGN, holds, why, next));
    *(us ? &next->us : &next->them) = (legal_signed_t){.name = order->signed_by_name,
                                                       .on = order->signed_on,
                                                       .recorded_by = at->caller.principal,
                                                       .recorded_us = at->caller.now_us};
    if (next->state == LEGAL_SIGNED)
        next->signed_us = at->caller.now_us;
    return kt_ok();
}

kt_status_t
legal_decide_void(const legal_case_t *at, const legal_order_t *order, legal_contract_record_t *next)
{
    KT_TRY(legal_step(at, LEGAL_DO_VOID, 0, kt_ok(), next));
    if (at->contract.state != LEGAL_VOID)
        next->reason = order->reason;
    return kt_ok();
}

/* ---- what ends it ---- */

static kt_status_t
check_notice(const legal_contract_record_t *contract, int32_t given_on)
{
    legal_clear_t clear;
    if (contract->notice_given_on != KT_DATE_NONE)
        return refuse(LEGAL_NOTICE_NO_EFFECT, "notice was given already");
    if (legal_stand(contract, given_on).status != LEGAL_ACTIVE)
        return refuse(LEGAL_NOT_IN_FORCE, "the contract is not in force on that day");
    if (legal_terms_clear(&contract->terms, &clear) != LEGAL_NO_PROBLEM ||
        legal_end_by_notice(&clear, given_on) == KT_DATE_NONE)
        return refuse(LEGAL_NOTICE_NO_EFFECT, "the contract ends by itself");
    return kt_ok();
}

kt_status_t
legal_decide_notice(const legal_case_t *at, const legal_order_t *order,
                    legal_contract_record_t *next)
{
    kt_status_t why = check_notice(&at->contract, order->given_on);
    KT_TRY(legal_step(at, LEGAL_DO_NOTICE, kt_failed(why) ? 0 : HOLDS(LEGAL_IF_NOTICE), why, next));
    next->notice_given_on = order->given_on;
    return kt_ok();
}

kt_status_t
legal_decide_terminate(const legal_case_t *at, const legal_order_t *order,
                       legal_contract_record_t *next)
{
    int32_t end = legal_stand(&at->contract, order->on).ends_on;
    uint32_t holds = end == KT_DATE_NONE || end >= order->on ? HOLDS(LEGAL_IF_NOT_OVER) : 0;
    if (at->contract.terminated_on == order->on)
        holds |= HOLDS(LEGAL_IF_SAME_DAY);
    kt_status_t why = at->contract.state == LEGAL_TERMINATED
                          ? refuse(LEGAL_NOT_IN_FORCE, "the contract was terminated as of another "
                                                       "day")
                          : refuse(LEGAL_NOT_IN_FORCE, "the contract ends before that day");
    KT_TRY(legal_step(at, LEGAL_DO_TERMINATE, holds, why, next));
    if (at->contract.state != LEGAL_TERMINATED) {
        next->terminated_on = order->on;
        next->reason = order->reason;
    }
    return kt_ok();
}

static void
supersede(legal_contract_record_t *old, const legal_contract_record_t *by)
{
    old->superseded_on = by->terms.starts_on;
    old->superseded_by = by->contract;
}

kt_status_t
legal_decide_supersede(const legal_case_t *at, const legal_order_t *order,
                       legal_contract_record_t *next)
{
    bool again = kt_span_equal(at->contract.superseded_by, order->by);
    if (!at->other_known)
        return kt_error(KT_NOT_FOUND, LEGAL_CONTRACT_UNKNOWN, "there is no such successor");
    bool fit = at->other.state == LEGAL_SIGNED && may_follow(&at->contract, &at->other);
    kt_status_t why = at->contract.state == LEGAL_SUPERSEDED
                          ? refuse(LEGAL_SUCCESSOR_UNFIT, "another contract has superseded it")
                          : refuse(LEGAL_SUCCESSOR_UNFIT, "its successor is another contract, "
                                                          "signed, and of the same employee");
    uint32_t holds = (fit ? HOLDS(LEGAL_IF_SUCCESSOR) : 0) |
                     (again ? HOLDS(LEGAL_IF_SAME_SUCCESSOR) : 0);
    KT_TRY(legal_step(at, LEGAL_DO_SUPERSEDE, holds, why, next));
    if (at->contract.state != LEGAL_SUPERSEDED)
        supersede(next, &at->other);
    return kt_ok();
}

bool
legal_ends_other(const legal_case_t *at, const legal_contract_record_t *next,
                 legal_contract_record_t *ended)
{
    if (next->state != LEGAL_SIGNED || at->contract.state == LEGAL_SIGNED ||
        next->supersedes.size == 0 || !at->other_known || at->other.state != LEGAL_SIGNED)
        return false;
    *ended = at->other;
    ended->state = LEGAL_SUPERSEDED;
    ended->state_since_us = at->caller.now_us;
    supersede(ended, next);
    return true;
}

/* ---- approval ---- */

uint32_t
legal_needed(const legal_case_t *at)
{
    if (at->contract.state < LEGAL_APPROVAL)
        return at->plan_now;
    return at->contract.plan | (at->contract.state == LEGAL_APPROVAL ? at->plan_now : 0);
}

bool
legal_approved(const legal_case_t *at)
{
    uint32_t given = legal_given(at->approvals, at->approvals_count, at->contract.sha256);
    return at->contract.state >= LEGAL_APPROVAL && at->contract.state != LEGAL_VOID &&
           (legal_needed(at) & ~given) == 0;
}

/* Who drafted it, asked for it, or is employed by it. */
static bool
has_part(const legal_contract_record_t *contract, kt_span_t who)
{
    return who.size > 0 &&
           (kt_span_equal(who, contract->drafted_by) ||
            kt_span_equal(who, contract->requested_by) || kt_span_equal(who, contract->employee));
}

kt_status_t
legal_decide_approve(const legal_case_t *at, const legal_order_t *order,
                     legal_contract_record_t *next)
{
    const legal_caller_t *caller = &at->caller;
    const legal_contract_record_t *contract = &at->contract;
    legal_try_t tried = {
        .level = order->level,
        .fresh = memcmp(order->sha256, contract->sha256, KT_HASH_BYTES) == 0,
        .involved = at->edited || has_part(contract, caller->principal),
        .delegate = at->edited_for || has_part(contract, caller->on_behalf_of),
        .has_role = legal_has_role(caller, legal_level_role(order->level)),
        .needed = legal_needed(at),
        .approver = caller->principal,
        .on_behalf_of = caller->on_behalf_of,
        .given = at->approvals,
        .given_count = at->approvals_count,
    };
    kt_status_t why = legal_check_approval(&tried);
    uint32_t holds = kt_failed(why) ? 0 : HOLDS(LEGAL_IF_MAY_APPROVE);
    KT_TRY(legal_step(at, LEGAL_DO_APPROVE, holds, why, next));
    next->plan = tried.needed;
    next->needed_ceo |= (next->plan & LEGAL_LEVEL_BIT(LEGAL_LEVEL_CEO)) != 0;
    return kt_ok();
}

legal_approval_record_t
legal_approval_made(const legal_case_t *at, const legal_order_t *order)
{
    legal_approval_record_t made = {.round = at->contract.round,
                                    .level = order->level,
                                    .approver = at->caller.principal,
                                    .on_behalf_of = at->caller.on_behalf_of,
                                    .given_us = at->caller.now_us};
    memcpy(made.sha256, order->sha256, KT_HASH_BYTES);
    return made;
}

kt_status_t
legal_decide_open(const legal_case_t *at, const legal_order_t *order, legal_contract_record_t *next)
{
    (void)order;
    const legal_contract_record_t *contract = &at->contract;
    bool opener = contract->opener.size > 0 ? kt_span_equal(contract->opener, at->caller.principal)
                                            : legal_has_role(&at->caller, "legal.officer");
    kt_status_t why = kt_ok();
    if (!opener)
        why = refuse(LEGAL_OPENER_OTHER, contract->opener.size > 0
                                             ? "only the contract's opener opens its signing"
                                             : "a legal.officer opens the signing");
    else if (!legal_approved(at))
        why = refuse(LEGAL_APPROVALS_MISSING,
                     "not every approval of the plan is given for this version");
    else
        why = check_party(at);
    uint32_t holds = (opener ? HOLDS(LEGAL_IF_OPENER) : 0) |
                     (kt_failed(why) ? 0 : HOLDS(LEGAL_IF_OPENS));
    KT_TRY(legal_step(at, LEGAL_DO_OPEN, holds, why, next));
    next->plan = legal_needed(at);
    return kt_ok();
}
