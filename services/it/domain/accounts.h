/*
 * accounts.h: employees' accounts. What an account is at an instant is a pure function of its
 * record and the instant.
 */
#ifndef IT_ACCOUNTS_H
#define IT_ACCOUNTS_H

#include "domain/desk.h"

/* The numbers of the contract's AccountStatus. */
typedef enum it_account_standing {
    IT_ACCOUNT_ABSENT,
    IT_ACCOUNT_PREPARED,
    IT_ACCOUNT_OPEN,
    IT_ACCOUNT_SUSPENDED,
    IT_ACCOUNT_CLOSED,
} it_account_standing_t;

typedef enum it_account_command {
    IT_ACCOUNT_DO_PREPARE,
    IT_ACCOUNT_DO_OPEN,
    IT_ACCOUNT_DO_SCHEDULE, /* a suspension, no later than one that stands */
    IT_ACCOUNT_DO_POSTPONE, /* one that stands */
    IT_ACCOUNT_DO_SUSPEND,  /* time does */
    IT_ACCOUNT_DO_CLOSE,
    IT_ACCOUNT_DO_CONFIRM_LEFT,
} it_account_command_t;

typedef enum it_account_guard {
    IT_ACCOUNT_OPENABLE,
    IT_ACCOUNT_DUE,
    IT_ACCOUNT_EMPTY_HANDED,
} it_account_guard_t;

extern const kt_machine_t it_account_machine;

typedef struct it_account_record {
    kt_span_t employee, principal;
    int64_t starts_us, created_us, opened_us, suspend_at_us, closed_us, cleared_us; /* 0: not */
    /* Of a view at an instant: */
    uint32_t status;
    bool openable;
} it_account_record_t;

extern const kt_layout_t it_account_layout;      /* as stored */
extern const kt_layout_t it_account_view_layout; /* as told */

/* What the legal department told of an employee's policies. */
typedef struct it_policies_record {
    bool acknowledged; /* all that must be */
    int64_t time_us;
} it_policies_record_t;

extern const kt_layout_t it_policies_layout;

typedef struct it_account_facts {
    bool there;
    it_account_record_t account; /* as it stands; the employee alone when it is not there */
    bool acknowledged;           /* all policies that must be, as the legal department told */
    uint32_t seats_in_force, assets_held;
} it_account_facts_t;

/* ABSENT when there is none. */
it_account_standing_t it_account_status(const it_account_facts_t *facts, int64_t now_us);
it_account_record_t it_account_view(const it_account_facts_t *facts, int64_t now_us);

/* ACCOUNT_UNKNOWN when there is none. */
kt_status_t it_decide_see_account(const it_account_facts_t *facts);

/* Each makes the record that is to stand; *WRITES false: it stands as it was. All refuse with
 * ACCOUNT_UNKNOWN (but for the first) and ACCOUNT_STATE, and: */
/* ...ACCOUNT_EXISTS. DRAFT: employee, principal and start. */
kt_status_t
it_decide_create_account(const it_actor_t *actor, const it_account_record_t *draft,
                         const it_account_facts_t *facts, it_account_record_t *next, bool *writes);
/* ...NOT_STARTED, POLICIES_OPEN. */
kt_status_t it_decide_open_account(const it_actor_t *actor, const it_account_facts_t *facts,
                                   it_account_record_t *next, bool *writes);
/* ...SUSPENSION_STANDS. */
kt_status_t it_decide_suspension(const it_actor_t *actor, const it_account_facts_t *facts,
                                 int64_t at_us, it_account_record_t *next, bool *writes);
kt_status_t it_decide_close_account(const it_actor_t *actor, const it_account_facts_t *facts,
                                    it_account_record_t *next, bool *writes);
/* ...ACCOUNT_STILL_OPEN, SEATS_HELD, ASSETS_OUTSTANDING; never ACCOUNT_STATE. */
kt_status_t it_decide_confirm_left(const it_actor_t *actor, const it_account_facts_t *facts,
                                   it_account_record_t *next, bool *writes);

#endif
