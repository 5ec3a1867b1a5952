#include "domain/assets.h"

#include "domain/reason.h"

static const char *const STATES[] = {
    [IT_ASSET_ABSENT] = "absent",     [IT_ASSET_IN_STOCK] = "in stock",
    [IT_ASSET_ASSIGNED] = "assigned", [IT_ASSET_LOST] = "lost",
    [IT_ASSET_RETIRED] = "retired",
};
static const char *const COMMANDS[] = {
    [IT_ASSET_DO_REGISTER] = "register", [IT_ASSET_DO_ASSIGN] = "assign",
    [IT_ASSET_DO_RETURN] = "return",     [IT_ASSET_DO_LOSE] = "lose",
    [IT_ASSET_DO_RETIRE] = "retire",
};
static const char *const GUARDS[] = {
    [IT_ASSET_SAME_HOLDER] = "it is for who holds it already",
};

#define ROW(from, what, to)                                                                        \
    {                                                                                              \
        .state = IT_ASSET_##from, .command = IT_ASSET_DO_##what, .guard = KT_UNGUARDED,            \
        .next = IT_ASSET_##to                                                                      \
    }

static const kt_transition_t ROWS[] = {
    ROW(ABSENT, REGISTER, IN_STOCK),
    ROW(IN_STOCK, ASSIGN, ASSIGNED),
    ROW(IN_STOCK, RETURN, IN_STOCK),
    ROW(IN_STOCK, LOSE, LOST),
    ROW(IN_STOCK, RETIRE, RETIRED),
    {.state = IT_ASSET_ASSIGNED,
     .command = IT_ASSET_DO_ASSIGN,
     .guard = IT_ASSET_SAME_HOLDER,
     .next = IT_ASSET_ASSIGNED},
    ROW(ASSIGNED, RETURN, IN_STOCK),
    ROW(ASSIGNED, LOSE, LOST),
    ROW(ASSIGNED, RETIRE, RETIRED),
    ROW(LOST, RETURN, IN_STOCK),
    ROW(LOST, LOSE, LOST),
    ROW(LOST, RETIRE, RETIRED),
    ROW(RETIRED, RETIRE, RETIRED),
};

const kt_machine_t it_asset_machine = {
    .name = "it.asset",
    .states = STATES,
    .commands = COMMANDS,
    .guards = GUARDS,
    .states_count = KT_COUNT(STATES),
    .commands_count = KT_COUNT(COMMANDS),
    .guards_count = KT_COUNT(GUARDS),
    .rows = ROWS,
    .rows_count = KT_COUNT(ROWS),
    .first = IT_ASSET_ABSENT,
};

static const kt_field_t ASSET[] = {
    KT_F_NAME(it_asset_record_t, asset, IT_NAME_BYTES_MAX, KT_REQUIRED | KT_KEYED),
    KT_F_NAME(it_asset_record_t, kind, IT_ASSET_KIND_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(it_asset_record_t, serial, IT_ASSET_TEXT_BYTES_MAX, 0),
    KT_F_TEXT(it_asset_record_t, model, IT_ASSET_TEXT_BYTES_MAX, 0),
    KT_F_ENUM(it_asset_record_t, state, IT_ASSET_RETIRED, KT_OUTPUT),
    KT_F_NAME(it_asset_record_t, employee, IT_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_TEXT(it_asset_record_t, condition, IT_CONDITION_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(it_asset_record_t, since_us, KT_OUTPUT),
    KT_F_NAME(it_asset_record_t, reference, IT_NAME_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t it_asset_layout = KT_LAYOUT("asset", it_asset_record_t, ASSET);

static const kt_field_t EQUIPMENT[] = {
    KT_F_NAME(it_equipment_record_t, employee, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAMES(it_equipment_record_t, assets, IT_NAME_BYTES_MAX, IT_EQUIPMENT_ASKS_MAX, 0),
    KT_F_NAMES(it_equipment_record_t, kinds, IT_ASSET_KIND_BYTES_MAX, IT_EQUIPMENT_ASKS_MAX, 0),
    KT_F_NAMES(it_equipment_record_t, picked, IT_NAME_BYTES_MAX, IT_EQUIPMENT_ASKS_MAX, KT_OUTPUT),
    KT_F_NAME(it_equipment_record_t, reference, IT_NAME_BYTES_MAX, KT_KEYED),
    KT_F_BOOL(it_equipment_record_t, released, KT_OUTPUT),
};
const kt_layout_t it_equipment_layout = KT_LAYOUT("equipment", it_equipment_record_t, EQUIPMENT);

kt_status_t
it_decide_register(const it_actor_t *actor, const it_asset_record_t *draft, bool there,
                   it_asset_record_t *next)
{
    if (there)
        return kt_error(KT_ALREADY_EXISTS, IT_ASSET_EXISTS, "there is an asset of this tag");
    *next = *draft;
    next->state = IT_ASSET_IN_STOCK;
    next->since_us = actor->now_us;
    return kt_ok();
}

static kt_status_t
wrong_state(kt_arena_t *arena, const it_asset_record_t *asset)
{
    return kt_error(KT_FAILED_PRECONDITION, IT_ASSET_STATE,
                    kt_arena_printf(arena, "asset %.*s is %s", (int)asset->asset.size,
                                    (const char *)asset->asset.data, STATES[asset->state]));
}

kt_status_t
it_decide_asset(kt_arena_t *arena, const it_actor_t *actor, const it_asset_record_t *asset,
                it_asset_command_t command, kt_span_t condition, it_asset_record_t *next,
                bool *writes)
{
    const kt_transition_t *row;
    kt_machine_ask_t ask = {.state = asset->state,
                            .command = command,
                            .roles = actor->roles,
                            .roles_count = actor->roles_count};
    if (kt_machine_ask(&it_asset_machine, &ask, &row) != KT_STEP_TAKEN)
        return wrong_state(arena, asset);
    *next = *asset;
    *writes = row->next != asset->state;
    if (!*writes)
        return kt_ok();
    next->state = row->next;
    next->condition = condition;
    next->since_us = actor->now_us;
    if (row->next == IT_ASSET_IN_STOCK)
        next->employee = next->reference = kt_span(NULL, 0);
    return kt_ok();
}

/* ---- equipment ---- */

static const kt_span_t *
names(const kt_list_t *list)
{
    return (const kt_span_t *)list->items;
}

static bool
same_names(const kt_list_t *a, const kt_list_t *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!kt_span_equal(names(a)[i], names(b)[i]))
            return false;
    return true;
}

static kt_status_t
repeat(const it_equipment_record_t *order, const it_equipment_record_t *known,
       it_equipment_effects_t *fx)
{
    if (known->released)
        return kt_error(KT_FAILED_PRECONDITION, IT_REFERENCE_RELEASED,
                        "what was assigned under the reference was released");
    if (!kt_span_equal(order->employee, known->employee) ||
        !same_names(&order->assets, &known->assets) || !same_names(&order->kinds, &known->kinds))
        return kt_error(KT_ALREADY_EXISTS, IT_REFERENCE_EXISTS,
                        "the reference stands for another request");
    fx->repeated = true;
    fx->equipment = *known;
    return kt_ok();
}

static bool
is_taken(const it_equipment_effects_t *fx, kt_span_t asset)
{
    for (uint32_t i = 0; i < fx->assets_count; i++)
        if (kt_span_equal(fx->assets[i].asset, asset))
            return true;
    return false;
}

static void
give(const it_actor_t *actor, const it_asset_record_t *asset, const it_equipment_record_t *order,
     it_equipment_effects_t *fx)
{
    it_asset_record_t *next = &fx->assets[fx->assets_count++];
    *next = *asset;
    next->state = IT_ASSET_ASSIGNED;
    next->employee = order->employee;
    next->reference = order->reference;
    next->since_us = actor->now_us;
}

static kt_status_t
give_named(kt_arena_t *arena, const it_actor_t *actor, const it_equipment_record_t *order,
           const it_equipment_facts_t *facts, it_equipment_effects_t *fx)
{
    for (uint32_t i = 0; i < order->assets.count; i++) {
        const it_asset_record_t *asset = &facts->named[i];
        const kt_transition_t *row;
        bool same = kt_span_equal(asset->employee, order->employee);
        kt_machine_ask_t ask = {.state = asset->state,
                                .command = IT_ASSET_DO_ASSIGN,
                                .holds = (uint32_t)same << IT_ASSET_SAME_HOLDER};
        if (kt_machine_ask(&it_asset_machine, &ask, &row) != KT_STEP_TAKEN)
            return wrong_state(arena, asset);
        if (asset->state == IT_ASSET_IN_STOCK && !is_taken(fx, asset->asset))
            give(actor, asset, order, fx);
    }
    return kt_ok();
}

static kt_status_t
pick_kinds(kt_arena_t *arena, const it_actor_t *actor, const it_equipment_record_t *order,
           const it_equipment_facts_t *facts, it_equipment_effects_t *fx)
{
    kt_span_t *picked = KT_ARENA_ARRAY(arena, kt_span_t, order->kinds.count + 1);
    if (!picked)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the call's memory is used up");
    for (uint32_t i = 0; i < order->kinds.count; i++) {
        const it_stock_t *stock = &facts->stocks[i];
        uint32_t at = 0;
        while (at < stock->count && is_taken(fx, stock->assets[at].asset))
            at++;
        if (at == stock->count)
            return kt_error(KT_RESOURCE_EXHAUSTED, IT_OUT_OF_STOCK,
                            kt_arena_printf(arena, "nothing is left in stock of kind %.*s",
                                            (int)names(&order->kinds)[i].size,
                                            (const char *)names(&order->kinds)[i].data));
        picked[i] = stock->assets[at].asset;
        give(actor, &stock->assets[at], order, fx);
    }
    fx->equipment.picked = (kt_list_t){.items = picked, .count = order->kinds.count};
    return kt_ok();
}

kt_status_t
it_decide_equipment(kt_arena_t *arena, const it_actor_t *actor, const it_equipment_record_t *order,
                    const it_equipment_facts_t *facts, it_equipment_effects_t *fx)
{
    *fx = (it_equipment_effects_t){.equipment = *order, .held = facts->held};
    if (facts->known)
        return repeat(order, facts->known, fx);
    KT_TRY(give_named(arena, actor, order, facts, fx));
    if (facts->cleared)
        return kt_error(KT_FAILED_PRECONDITION, IT_EMPLOYEE_CLEARED,
                        "it was confirmed that the employee left");
    KT_TRY(pick_kinds(arena, actor, order, facts, fx));
    fx->held += fx->assets_count;
    if (fx->held > IT_ASSETS_PER_EMPLOYEE_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, IT_TOO_MANY_ASSETS,
                        "the employee would hold more than 100 assets");
    return kt_ok();
}

/* By this assignment: what came back meanwhile may be in the same hands by another one. */
static bool
holds_by(const it_asset_record_t *asset, const it_equipment_record_t *equipment)
{
    return asset->state == IT_ASSET_ASSIGNED &&
           kt_span_equal(asset->employee, equipment->employee) &&
           kt_span_equal(asset->reference, equipment->reference);
}

kt_status_t
it_decide_take_back(const it_actor_t *actor, kt_span_t employee, kt_span_t reference,
                    const it_given_facts_t *facts, it_equipment_effects_t *fx)
{
    *fx = (it_equipment_effects_t){
        .equipment = {.employee = employee, .reference = reference},
        .held = facts->held,
    };
    if (facts->known && !kt_span_equal(facts->known->employee, employee))
        return kt_error(KT_FAILED_PRECONDITION, IT_REFERENCE_OF_ANOTHER,
                        "the reference is of another employee");
    if (facts->known)
        fx->equipment = *facts->known;
    fx->repeated = fx->equipment.released;
    fx->equipment.released = true;
    for (uint32_t i = 0; i < facts->assets_count; i++) {
        if (!holds_by(&facts->assets[i], &fx->equipment) || is_taken(fx, facts->assets[i].asset))
            continue;
        it_asset_record_t *next = &fx->assets[fx->assets_count++];
        *next = facts->assets[i];
        next->state = IT_ASSET_IN_STOCK;
        next->employee = next->reference = kt_span(NULL, 0);
        next->since_us = actor->now_us;
    }
    fx->held -= fx->assets_count;
    return kt_ok();
}
