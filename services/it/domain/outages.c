#include "domain/outages.h"

enum { OPEN, MERGE, EXCUSE, RECOVER, RETIRE, COMMANDS };

static const char *const states[] = {"NONE", "OPEN", "MERGED", "CLOSED"};
static const char *const commands[] = {"open", "merge", "excuse", "recover", "retire"};

static const kt_transition_t rows[] = {
    {IT_OUTAGE_NONE, OPEN, KT_UNGUARDED, IT_OUTAGE_OPEN, NULL},
    {IT_OUTAGE_OPEN, MERGE, KT_UNGUARDED, IT_OUTAGE_MERGED, NULL},
    {IT_OUTAGE_OPEN, EXCUSE, KT_UNGUARDED, IT_OUTAGE_CLOSED, NULL},
    {IT_OUTAGE_OPEN, RECOVER, KT_UNGUARDED, IT_OUTAGE_CLOSED, NULL},
    {IT_OUTAGE_OPEN, RETIRE, KT_UNGUARDED, IT_OUTAGE_CLOSED, NULL},
};

const kt_machine_t it_outage_machine = {
    .name = "it.outage",
    .states = states,
    .commands = commands,
    .states_count = IT_OUTAGE_STATES,
    .commands_count = COMMANDS,
    .rows = rows,
    .rows_count = KT_COUNT(rows),
    .first = IT_OUTAGE_NONE,
};

static const kt_field_t fields[] = {
    KT_F_NAME(it_outage_record_t, outage, IT_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_NAME(it_outage_record_t, target, IT_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_ENUM(it_outage_record_t, state, IT_OUTAGE_CLOSED, KT_OUTPUT),
    KT_F_TIME(it_outage_record_t, opened_us, KT_OUTPUT),
    KT_F_TIME(it_outage_record_t, closed_us, KT_OUTPUT),
    KT_F_NAME(it_outage_record_t, merged_into, IT_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_BOOL(it_outage_record_t, excused, KT_OUTPUT),
    KT_F_NAME(it_outage_record_t, ticket, IT_NAME_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t it_outage_layout = KT_LAYOUT("outage", it_outage_record_t, fields);

bool
it_outages_move(const it_outage_facts_t *facts)
{
    return it_chain_root(facts->chain) >= 0 && !facts->cause;
}

/* An outage's own steps are never refused: what is loaded as open is open. */
static void
step(it_outage_record_t *outage, uint32_t command, int64_t now_us)
{
    const kt_transition_t *row;
    kt_machine_ask_t ask = {.state = outage->state, .command = command};
    KT_ASSERT(kt_machine_ask(&it_outage_machine, &ask, &row) == KT_STEP_TAKEN);
    outage->state = row->next;
    if (command == OPEN)
        outage->opened_us = now_us;
    else
        outage->closed_us = now_us;
}

/* Ends the outages below the root cause: merged into CAUSE, or excused where there is none. */
static void
end_below(const it_outage_facts_t *facts, kt_span_t cause, int64_t now_us, it_outage_effects_t *fx)
{
    for (uint32_t i = 0; i < facts->below_count; i++) {
        it_outage_record_t *ended = &fx->ended[fx->ended_count++];
        *ended = facts->below[i];
        step(ended, cause.size > 0 ? MERGE : EXCUSE, now_us);
        ended->merged_into = cause;
        ended->excused = cause.size == 0;
    }
}

kt_status_t
it_decide_outages(kt_arena_t *arena, const it_outage_facts_t *facts, kt_span_t id, int64_t now_us,
                  it_outage_effects_t *fx)
{
    int32_t root = it_chain_root(facts->chain);
    *fx = (it_outage_effects_t){0};
    fx->ended = KT_ARENA_ARRAY(arena, it_outage_record_t, (size_t)facts->below_count + 1);
    if (!fx->ended)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the call's memory is used up");
    if (root >= 0 && !facts->cause && !facts->chain->links[root].maintained) {
        fx->opens = true;
        fx->opened = (it_outage_record_t){.outage = id,
                                          .target = facts->chain->links[root].target.target};
        step(&fx->opened, OPEN, now_us);
    }
    kt_span_t cause = facts->cause ? facts->cause->outage : fx->opened.outage;
    end_below(facts, cause, now_us, fx);
    bool down = it_chain_state(facts->chain, 0) == IT_DOWN;
    if (facts->own && !down) {
        it_outage_record_t *ended = &fx->ended[fx->ended_count++];
        *ended = *facts->own;
        step(ended, RECOVER, now_us);
    }
    fx->outage = down ? cause : kt_span(NULL, 0);
    return kt_ok();
}

void
it_decide_retire_outage(int64_t now_us, it_outage_record_t *own)
{
    step(own, RETIRE, now_us);
}
