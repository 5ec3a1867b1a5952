/*
 * hold.h: holds: amounts that are promised from one account to another, counted against floors, not
 * yet posted.
 */
#ifndef FIN_HOLD_H
#define FIN_HOLD_H

#include "domain/post.h"

/* The numbers of the contract's HoldState (a test compares them). */
typedef enum fin_held {
    FIN_HELD_ACTIVE = 1,
    FIN_HELD_COMMITTED = 2,
    FIN_HELD_RELEASED = 3,
    FIN_HELD_EXPIRED = 4,
} fin_held_t;

/* What a hold is at a time: derived, so that nothing has to run when it expires. */
fin_held_t fin_hold_state(const fin_hold_record_t *hold, int64_t now_us);

static inline int64_t
fin_hold_left(const fin_hold_record_t *hold)
{
    return hold->amount_minor - hold->committed_minor;
}

/* A hold with the names of what its numbers stand for. */
typedef struct fin_hold_view {
    fin_hold_record_t hold;
    kt_span_t debit_account;
    kt_span_t credit_account;
    kt_span_t commodity;
} fin_hold_view_t;

/* A hold to be reserved: its accounts and commodity by name, its id, amount, times and description.
 */
typedef struct fin_reserve_order {
    kt_span_t book;
    fin_hold_view_t view;
} fin_reserve_order_t;

typedef struct fin_release_order {
    kt_span_t book;
    kt_ulid_t hold;
} fin_release_order_t;

typedef struct fin_commit {
    int64_t amount_minor; /* 0: all that is left */
    bool release_rest;
} fin_commit_t;

/* The draft has a date, and maybe a description and a source reference. */
typedef struct fin_commit_order {
    kt_span_t book;
    kt_ulid_t hold;
    fin_commit_t commit;
    fin_draft_t draft;
} fin_commit_order_t;

/* The two positions of a hold, with what other active holds have of them. */
typedef struct fin_hold_facts {
    fin_hold_view_t view; /* as it is in the store; for a new one as it was ordered */
    fin_position_fact_t *debit;
    fin_position_fact_t *credit;
} fin_hold_facts_t;

/* HOLD is what is to be written; its accounts and commodity get their numbers. Refuses with
 * ACCOUNT_UNKNOWN, COMMODITY_UNKNOWN, ACCOUNT_CLOSED, ACCOUNT_RESERVED, FLOOR_REACHED,
 * AMOUNT_OVERFLOW, TOO_MANY_HOLDS. */
kt_status_t
fin_decide_reserve(const fin_work_t *work, const fin_hold_facts_t *facts, fin_hold_record_t *hold);

/* Releases HOLD. HOLD_ENDED, and it is as it was. */
kt_status_t fin_decide_release(const fin_work_t *work, fin_hold_record_t *hold);

/* What a commit of HELD would take: the amount asked for, or all that is left (1 when nothing is,
 * so that the draft has a shape; such a commit is refused). */
int64_t fin_commit_amount(const fin_hold_record_t *held, const fin_commit_t *commit);

/* DRAFT has two lines, debit and credit, of fin_commit_amount. Refuses with SOURCE_EXISTS,
 * SOURCE_CONFLICT, HOLD_ENDED, HOLD_EXCEEDED, then as fin_accept, then TOO_MANY_PARTS. */
typedef struct fin_commit_effects {
    fin_hold_record_t hold;
    fin_posting_t posting;
} fin_commit_effects_t;
kt_status_t
fin_decide_commit(fin_work_t *work, const fin_hold_facts_t *facts, const fin_commit_t *commit,
                  fin_draft_t *draft, fin_commit_effects_t *fx);

#endif
