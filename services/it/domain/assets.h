/* assets.h: equipment: in stock, in an employee's hands, lost, retired. */
#ifndef IT_ASSETS_H
#define IT_ASSETS_H

#include "domain/desk.h"

#define IT_ASSET_KIND_BYTES_MAX    32
#define IT_ASSET_TEXT_BYTES_MAX    100
#define IT_CONDITION_BYTES_MAX     200
#define IT_ASSETS_PER_EMPLOYEE_MAX 100
#define IT_EQUIPMENT_ASKS_MAX      10 /* assets, and kinds, a call */
#define IT_EQUIPMENT_MAX           (2 * IT_EQUIPMENT_ASKS_MAX)

/* The numbers of the contract's AssetState. */
typedef enum it_asset_standing {
    IT_ASSET_ABSENT,
    IT_ASSET_IN_STOCK,
    IT_ASSET_ASSIGNED,
    IT_ASSET_LOST,
    IT_ASSET_RETIRED,
} it_asset_standing_t;

typedef enum it_asset_command {
    IT_ASSET_DO_REGISTER,
    IT_ASSET_DO_ASSIGN,
    IT_ASSET_DO_RETURN,
    IT_ASSET_DO_LOSE,
    IT_ASSET_DO_RETIRE,
} it_asset_command_t;

typedef enum it_asset_guard {
    IT_ASSET_SAME_HOLDER,
} it_asset_guard_t;

extern const kt_machine_t it_asset_machine;

typedef struct it_asset_record {
    kt_span_t asset, kind, serial, model;
    uint32_t state;
    kt_span_t employee, condition;
    int64_t since_us;
    kt_span_t reference; /* of the assignment */
} it_asset_record_t;

extern const kt_layout_t it_asset_layout;

/* ASSET_EXISTS. */
kt_status_t it_decide_register(const it_actor_t *actor, const it_asset_record_t *draft, bool there,
                               it_asset_record_t *next);
/* RETURN, LOSE or RETIRE; *WRITES false: it stands as it was. ASSET_STATE. */
kt_status_t it_decide_asset(kt_arena_t *arena, const it_actor_t *actor,
                            const it_asset_record_t *asset, it_asset_command_t command,
                            kt_span_t condition, it_asset_record_t *next, bool *writes);

/* ---- equipment of an employee ---- */

/* What was asked for, and what was given for its kinds: also the record kept under a reference. */
typedef struct it_equipment_record {
    kt_span_t employee;
    kt_list_t assets, kinds; /* of kt_span_t */
    kt_list_t picked;        /* one for each kind */
    kt_span_t reference;
    bool released; /* nothing is assigned under it any more */
} it_equipment_record_t;

extern const kt_layout_t it_equipment_layout;

/* What is in stock of one kind, lowest first: as many as a call may need. */
typedef struct it_stock {
    const it_asset_record_t *assets;
    uint32_t count;
} it_stock_t;

typedef struct it_equipment_facts {
    const it_equipment_record_t *known; /* under the reference; NULL: none */
    const it_asset_record_t *named;     /* one for each asset asked for */
    const it_stock_t *stocks;           /* one for each kind asked for */
    uint32_t held;                      /* by the employee */
    bool cleared;                       /* has left */
} it_equipment_facts_t;

typedef struct it_equipment_effects {
    bool repeated; /* it was done before; nothing to be written */
    it_equipment_record_t equipment;
    it_asset_record_t assets[IT_EQUIPMENT_MAX]; /* as they are to stand: those that change */
    uint32_t assets_count;
    uint32_t held;
} it_equipment_effects_t;

/* REFERENCE_RELEASED, REFERENCE_EXISTS, ASSET_STATE, EMPLOYEE_CLEARED, OUT_OF_STOCK,
 * TOO_MANY_ASSETS. */
kt_status_t
it_decide_equipment(kt_arena_t *arena, const it_actor_t *actor, const it_equipment_record_t *order,
                    const it_equipment_facts_t *facts, it_equipment_effects_t *fx);

/* What is to be taken back again. */
typedef struct it_given_facts {
    const it_equipment_record_t *known; /* under the reference; NULL: none */
    const it_asset_record_t *assets;    /* all of the known request's, as they stand */
    uint32_t assets_count;              /* at most IT_EQUIPMENT_MAX */
    uint32_t held;                      /* by the employee */
} it_given_facts_t;

/* Takes back what EMPLOYEE holds by REFERENCE, and ends the reference. REFERENCE_OF_ANOTHER. */
kt_status_t it_decide_take_back(const it_actor_t *actor, kt_span_t employee, kt_span_t reference,
                                const it_given_facts_t *facts, it_equipment_effects_t *fx);

#endif
