#include "domain/probes.h"

#include "domain/reason.h"

#include <kt/time.h>

#define TEXT(span) (int)(span).size, (const char *)(span).data

/* ---- the machine ---- */

enum { REACHED, MISSED, COMMANDS };
enum { CONFIRMED, GUARDS };

static const char *const states[] = {"UNKNOWN", "UP", "DOWN"};
static const char *const commands[] = {"reached", "missed"};
static const char *const guards[] = {"as many outcomes in a row say so as the target wants"};

static const kt_transition_t rows[] = {
    {IT_UNKNOWN, REACHED, CONFIRMED, IT_UP, NULL},
    {IT_UNKNOWN, MISSED, CONFIRMED, IT_DOWN, NULL},
    {IT_UP, MISSED, CONFIRMED, IT_DOWN, NULL},
    {IT_DOWN, REACHED, CONFIRMED, IT_UP, NULL},
};

const kt_machine_t it_reachability_machine = {
    .name = "it.reachability",
    .states = states,
    .commands = commands,
    .guards = guards,
    .states_count = IT_REACHABILITIES,
    .commands_count = COMMANDS,
    .guards_count = GUARDS,
    .rows = rows,
    .rows_count = KT_COUNT(rows),
    .first = IT_UNKNOWN,
};

/* ---- records ---- */

static const kt_field_t target_fields[] = {
    KT_F_NAME(it_target_record_t, target, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_ENUM(it_target_record_t, kind, IT_TARGET_KANTOR, KT_REQUIRED),
    KT_F_TEXT(it_target_record_t, host, IT_HOST_BYTES_MAX, 0),
    KT_F_U32(it_target_record_t, port, 0, 65535, 0),
    KT_F_NAME(it_target_record_t, department, IT_NAME_BYTES_MAX, 0),
    KT_F_NAME(it_target_record_t, site, IT_NAME_BYTES_MAX, 0),
    KT_F_NAME(it_target_record_t, depends_on, IT_NAME_BYTES_MAX, 0),
    KT_F_U32(it_target_record_t, interval_s, 0, IT_INTERVAL_S_MAX, 0),
    KT_F_U32(it_target_record_t, timeout_ms, 0, IT_TIMEOUT_MS_MAX, 0),
    KT_F_U32(it_target_record_t, confirmations, 0, IT_CONFIRMATIONS_MAX, 0),
    KT_F_TIME(it_target_record_t, created_us, KT_OUTPUT),
    KT_F_U32(it_target_record_t, dependents, 0, IT_DEPENDENTS_MAX, KT_OUTPUT),
};
const kt_layout_t it_target_layout = KT_LAYOUT("target", it_target_record_t, target_fields);

/* What a message shows of its state is the view's, so that is not among these for the wire: they
 * are no fields of a request. */
static const kt_field_t reach_fields[] = {
    KT_F_ENUM(it_reach_record_t, reachability, IT_DOWN, KT_OUTPUT),
    KT_F_TIME(it_reach_record_t, since_us, KT_OUTPUT),
    KT_F_TIME(it_reach_record_t, last_us, KT_OUTPUT),
    KT_F_ENUM(it_reach_record_t, last_outcome, IT_PROBE_UNREACHABLE, KT_OUTPUT),
    KT_F_U32(it_reach_record_t, last_latency_us, 0, UINT32_MAX, KT_OUTPUT),
    KT_F_TEXT(it_reach_record_t, last_text, IT_TITLE_BYTES_MAX, KT_OUTPUT),
    KT_F_U32(it_reach_record_t, run, 0, IT_CONFIRMATIONS_MAX, KT_OUTPUT),
    KT_F_TIME(it_reach_record_t, run_us, KT_OUTPUT),
    KT_F_TIME(it_reach_record_t, confirmed_us, KT_OUTPUT),
    KT_F_TIME(it_reach_record_t, recovered_us, KT_OUTPUT),
};
const kt_layout_t it_reach_layout = KT_LAYOUT("reach", it_reach_record_t, reach_fields);

static const kt_field_t view_fields[] = {
    KT_F_ENUM(it_target_view_t, reachability, IT_DOWN, KT_OUTPUT),
    KT_F_TIME(it_target_view_t, since_us, KT_OUTPUT),
    KT_F_BOOL(it_target_view_t, in_maintenance, KT_OUTPUT),
    KT_F_NAME(it_target_view_t, outage, IT_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(it_target_view_t, due_us, KT_OUTPUT),
};
const kt_layout_t it_target_view_layout = KT_LAYOUT("view", it_target_view_t, view_fields);

static const kt_field_t report_fields[] = {
    KT_F_NAME(it_report_t, target, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_I64(it_report_t, at_us, 1, INT64_MAX, KT_REQUIRED),
    KT_F_ENUM(it_report_t, outcome, IT_PROBE_UNREACHABLE, KT_REQUIRED),
    KT_F_U32(it_report_t, latency_us, 0, UINT32_MAX, 0),
    KT_F_TEXT(it_report_t, text, IT_TITLE_BYTES_MAX, 0),
};
const kt_layout_t it_report_layout = KT_LAYOUT("report", it_report_t, report_fields);

/* ---- what a chain says ---- */

/* When something that the link AT depends on last came back. */
static int64_t
recovered_above(const it_chain_t *chain, uint32_t at)
{
    int64_t latest = 0;
    for (uint32_t i = at + 1; i < chain->count; i++)
        latest = KT_MAX(latest, chain->links[i].reach.recovered_us);
    return latest;
}

uint32_t
it_chain_state(const it_chain_t *chain, uint32_t at)
{
    const it_reach_record_t *reach = &chain->links[at].reach;
    bool through_what_was_down = reach->reachability == IT_DOWN &&
                                 reach->confirmed_us <= recovered_above(chain, at);
    return through_what_was_down ? IT_UNKNOWN : reach->reachability;
}

int32_t
it_chain_root(const it_chain_t *chain)
{
    for (uint32_t i = chain->count; i > 0; i--)
        if (it_chain_state(chain, i - 1) == IT_DOWN)
            return (int32_t)i - 1;
    return -1;
}

/* Silence that lasts longer than this says that nobody looks. */
static int64_t
patience_us(const it_target_record_t *target)
{
    return (int64_t)target->interval_s * KT_US_PER_S * IT_STALE_INTERVALS;
}

int64_t
it_due_us(const it_target_record_t *target, const it_reach_record_t *reach)
{
    return reach->last_us == 0 ? target->created_us
                               : reach->last_us + (int64_t)target->interval_s * KT_US_PER_S;
}

void
it_view_target(const it_chain_t *chain, int64_t now_us, it_target_item_t *item)
{
    const it_link_t *link = &chain->links[0];
    int32_t root = it_chain_root(chain);
    it_target_view_t view = {
        .reachability = it_chain_state(chain, 0),
        .since_us = link->reach.since_us,
        .in_maintenance = link->maintained,
        .due_us = it_due_us(&link->target, &link->reach),
    };
    *item = (it_target_item_t){.target = link->target, .reach = link->reach};
    if (view.reachability == IT_DOWN)
        item->cause = chain->links[root].target.target;
    if (view.reachability != link->reach.reachability)
        view.since_us = recovered_above(chain, 0);
    if (link->reach.last_us != 0 && now_us - link->reach.last_us > patience_us(&link->target)) {
        view.reachability = IT_UNKNOWN;
        view.since_us = link->reach.last_us + patience_us(&link->target);
    }
    item->view = view;
}

/* ---- decisions ---- */

static kt_status_t
check_above(kt_arena_t *arena, const it_target_record_t *draft, const it_chain_t *above)
{
    for (uint32_t i = 0; i < above->count; i++) {
        const it_target_record_t *target = &above->links[i].target;
        if (target->dependents >= IT_DEPENDENTS_MAX)
            return kt_error(KT_RESOURCE_EXHAUSTED, IT_TOO_MANY_DEPENDENTS,
                            kt_arena_printf(arena, "%u targets depend on %.*s, and no more can",
                                            (unsigned)target->dependents, TEXT(target->target)));
    }
    if (above->count >= IT_CHAIN_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, IT_DEPENDS_TOO_DEEP,
                        kt_arena_printf(arena, "%.*s would be the end of a chain of more than %d",
                                        TEXT(draft->target), IT_CHAIN_MAX));
    return kt_ok();
}

kt_status_t
it_decide_create_target(kt_arena_t *arena, it_target_record_t *draft,
                        const it_target_facts_t *facts, int64_t now_us)
{
    if (draft->site.size > 0 && !facts->site_there)
        return kt_error(KT_NOT_FOUND, IT_SITE_UNKNOWN,
                        kt_arena_printf(arena, "there is no site %.*s", TEXT(draft->site)));
    if (draft->depends_on.size > 0 && !facts->depends_there)
        return kt_error(KT_NOT_FOUND, IT_TARGET_UNKNOWN,
                        kt_arena_printf(arena, "there is no target %.*s to depend on",
                                        TEXT(draft->depends_on)));
    if (facts->there)
        return kt_error(
            KT_ALREADY_EXISTS, IT_TARGET_EXISTS,
            kt_arena_printf(arena, "target %.*s is there already", TEXT(draft->target)));
    if (facts->targets >= IT_TARGETS_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, IT_TOO_MANY_TARGETS,
                        kt_arena_printf(arena, "there are %u targets, and no more can be",
                                        (unsigned)facts->targets));
    KT_TRY(check_above(arena, draft, facts->above));
    for (uint32_t i = 0; i < facts->above->count; i++)
        facts->above->links[i].target.dependents++;
    draft->dependents = 0;
    draft->created_us = now_us;
    return kt_ok();
}

kt_status_t
it_decide_retire_target(kt_arena_t *arena, it_chain_t *chain)
{
    const it_target_record_t *target = &chain->links[0].target;
    if (target->dependents > 0)
        return kt_error(KT_FAILED_PRECONDITION, IT_TARGET_IN_USE,
                        kt_arena_printf(arena, "%u targets depend on %.*s: retire them first",
                                        (unsigned)target->dependents, TEXT(target->target)));
    for (uint32_t i = 1; i < chain->count; i++)
        chain->links[i].target.dependents--;
    return kt_ok();
}

/* Whether the report goes on with what the ones before it said. */
static bool
goes_on(const it_chain_t *chain, const it_report_t *report)
{
    const it_link_t *link = &chain->links[0];
    bool reached = report->outcome == IT_PROBE_REACHED;
    if (link->reach.run == 0 || (link->reach.last_outcome == IT_PROBE_REACHED) != reached)
        return false;
    if (report->at_us - link->reach.last_us > patience_us(&link->target))
        return false;
    return reached || link->reach.run_us > recovered_above(chain, 0);
}

kt_status_t
it_decide_reach(kt_arena_t *arena, const it_report_t *report, int64_t now_us, it_chain_t *chain)
{
    const it_target_record_t *target = &chain->links[0].target;
    it_reach_record_t *reach = &chain->links[0].reach;
    uint32_t before = it_chain_state(chain, 0);
    const kt_transition_t *row;
    if (report->at_us <= reach->last_us)
        return kt_error(
            KT_FAILED_PRECONDITION, IT_PROBE_OUT_OF_ORDER,
            kt_arena_printf(arena, "there is a later probe of %.*s", TEXT(target->target)));
    bool on = goes_on(chain, report);
    reach->run = on ? KT_MIN(reach->run + 1, target->confirmations) : 1;
    reach->run_us = on ? reach->run_us : now_us;
    reach->last_us = report->at_us;
    reach->last_outcome = report->outcome;
    reach->last_latency_us = report->latency_us;
    reach->last_text = report->text;
    kt_machine_ask_t ask = {
        .state = before,
        .command = report->outcome == IT_PROBE_REACHED ? REACHED : MISSED,
        .holds = reach->run >= target->confirmations ? 1u << CONFIRMED : 0,
    };
    bool moved = kt_machine_ask(&it_reachability_machine, &ask, &row) == KT_STEP_TAKEN;
    if (moved) {
        reach->reachability = row->next;
        reach->since_us = report->at_us;
        reach->confirmed_us = now_us;
    }
    if (moved && before == IT_DOWN)
        reach->recovered_us = now_us;
    return kt_ok();
}
