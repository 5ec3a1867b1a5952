/*
 * accounts.h: opening and changing accounts.
 *
 * Accounts form a tree by their paths. Opening one opens what is missing above it. An account whose
 * type nobody said takes it from its first name, otherwise from the nearest account above it,
 * otherwise it is SUSPENSE.
 */
#ifndef FIN_ACCOUNTS_H
#define FIN_ACCOUNTS_H

#include "domain/types.h"

#include <kt/arena.h>
#include <kt/status.h>

#define FIN_OPEN_ACCOUNTS_MAX 500 /* of one call, parents not counted */
/* What one call may open, parents counted: paths, titles, 12 bytes a floor and
 * FIN_OPEN_ACCOUNT_BYTES an account. So much fits the call's journal record, whatever it is made
 * of. */
#define FIN_OPEN_BYTES_MAX     56000
#define FIN_OPEN_ACCOUNT_BYTES 32
#define FIN_OPEN_FLOOR_BYTES   12

/* A floor as it is asked for, and what load_ found its commodity to be; 0: the book knows none of
 * that name. */
typedef struct fin_floor_draft {
    kt_span_t symbol;
    uint32_t commodity;
    int64_t amount_minor;
} fin_floor_draft_t;

typedef struct fin_account_draft {
    kt_span_t path;
    fin_type_t type; /* NONE: not said */
    kt_span_t title;
    uint32_t floors_count;
    fin_floor_draft_t floors[FIN_FLOORS_MAX];
} fin_account_draft_t;

#define FIN_NOWHERE UINT32_MAX

/* One account that a call names, or that lies above one it names. */
typedef struct fin_open_place {
    kt_span_t path;
    uint32_t parent; /* its place in the list, or FIN_NOWHERE */
    uint32_t draft;  /* the first draft of exactly this path, or FIN_NOWHERE */
    uint32_t cause;  /* the first draft at or below this path */
    bool there;
    fin_account_record_t account; /* as it stands, when it is there */
} fin_open_place_t;

typedef struct fin_open_facts {
    const fin_open_place_t *places; /* by path, each path once: so what lies above comes before */
    uint32_t places_count;
    const uint32_t *place_of; /* of each draft */
    uint32_t accounts;        /* how many the book has, which is the number of the last */
} fin_open_facts_t;

typedef struct fin_open_effects {
    fin_account_record_t
        *accounts; /* one for each place, in the arena: as it stands or is to be opened */
    uint32_t opened;
} fin_open_effects_t;

/* All or nothing; a refusal of one of several drafts names it. NOT_FOUND: COMMODITY_UNKNOWN (of a
 * floor). ALREADY_EXISTS: ACCOUNT_EXISTS (with another type). FAILED_PRECONDITION:
 * ACCOUNT_RESERVED, FLOOR_BROKEN. RESOURCE_EXHAUSTED: TOO_MANY_ACCOUNTS, and without a reason when
 * the arena is used up. */
kt_status_t fin_decide_open(kt_arena_t *arena, const fin_account_draft_t *drafts, uint32_t count,
                            const fin_open_facts_t *facts, fin_open_effects_t *fx);

/* What stands on an account in one commodity, over all dates. */
typedef struct fin_standing {
    uint32_t commodity;
    kt_span_t symbol;
    int32_t scale;
    fin_turnover_t posted;
    fin_turnover_t held; /* what active holds would add to each side */
} fin_standing_t;

typedef struct fin_update_order {
    kt_span_t path;
    bool set_title;
    kt_span_t title;
    bool set_floors;
    uint32_t floors_count;
    fin_floor_draft_t floors[FIN_FLOORS_MAX];
    bool set_closed;
    bool closed;
} fin_update_order_t;

typedef struct fin_update_facts {
    fin_account_record_t account;
    const fin_standing_t *standings; /* of every commodity it has lines or active holds in */
    uint32_t standings_count;
} fin_update_facts_t;

/* The account as it is to stand. NOT_FOUND: COMMODITY_UNKNOWN. FAILED_PRECONDITION:
 * ACCOUNT_NOT_EMPTY, ACCOUNT_RESERVED, FLOOR_BROKEN. OUT_OF_RANGE: AMOUNT_OVERFLOW. */
kt_status_t fin_decide_update(kt_arena_t *arena, const fin_update_order_t *order,
                              const fin_update_facts_t *facts, fin_account_record_t *account);

#endif
