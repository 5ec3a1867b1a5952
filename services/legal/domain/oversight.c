#include "domain/oversight.h"

#include "domain/contracts.h"
#include "domain/reason.h"

#include <kt/time.h>

static const kt_field_t FIGURES_FIELDS[] = {
    KT_F_U32(legal_figures_t, contracts_signed, 0, UINT32_MAX, KT_OUTPUT),
    KT_F_U32(legal_figures_t, reviews_done, 0, UINT32_MAX, KT_OUTPUT),
    KT_F_U32(legal_figures_t, reviews_overdue, 0, UINT32_MAX, KT_OUTPUT),
    KT_F_TIME(legal_figures_t, cycle_median_us, KT_OUTPUT),
    KT_F_TIME(legal_figures_t, cycle_longest_us, KT_OUTPUT),
    KT_F_U32(legal_figures_t, refusals, 0, UINT32_MAX, KT_OUTPUT),
    KT_F_U32(legal_figures_t, approvals_refused, 0, UINT32_MAX, KT_OUTPUT),
    KT_F_U32(legal_figures_t, gate_hits, 0, UINT32_MAX, KT_OUTPUT),
};
const kt_layout_t legal_figures_layout = KT_LAYOUT("figures", legal_figures_t, FIGURES_FIELDS);

static const kt_field_t REPORT_FIELDS[] = {
    KT_F_TEXT(legal_report_record_t, period, 7, KT_KEYED | KT_REQUIRED),
    KT_F_ENUM(legal_report_record_t, state, LEGAL_REPORT_RETURNED, KT_OUTPUT),
    KT_F_PART(legal_report_record_t, figures, &legal_figures_layout, KT_OUTPUT),
    KT_F_TEXT(legal_report_record_t, made_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_report_record_t, made_us, KT_OUTPUT),
    KT_F_TEXT(legal_report_record_t, decided_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_report_record_t, decided_us, KT_OUTPUT),
    KT_F_TEXT(legal_report_record_t, reason, LEGAL_REASON_BYTES_MAX, KT_REQUIRED),
};
const kt_layout_t legal_report_layout = KT_LAYOUT("report", legal_report_record_t, REPORT_FIELDS);

static const char *const STATES[] = {"NONE", "MADE", "SIGNED", "RETURNED"};
static const char *const COMMANDS[] = {"make", "sign", "return"};
static const kt_transition_t ROWS[] = {
    {LEGAL_REPORT_NONE, LEGAL_REPORT_MAKE, KT_UNGUARDED, LEGAL_REPORT_MADE, NULL},
    {LEGAL_REPORT_RETURNED, LEGAL_REPORT_MAKE, KT_UNGUARDED, LEGAL_REPORT_MADE, NULL},
    {LEGAL_REPORT_MADE, LEGAL_REPORT_SIGN, KT_UNGUARDED, LEGAL_REPORT_SIGNED, "ceo"},
    {LEGAL_REPORT_MADE, LEGAL_REPORT_RETURN, KT_UNGUARDED, LEGAL_REPORT_RETURNED, "ceo"},
};
const kt_machine_t legal_report_machine = {
    .name = "legal.report",
    .states = STATES,
    .states_count = LEGAL_REPORT_STATES_COUNT,
    .commands = COMMANDS,
    .commands_count = LEGAL_REPORT_COMMANDS_COUNT,
    .rows = ROWS,
    .rows_count = KT_COUNT(ROWS),
    .first = LEGAL_REPORT_NONE,
};

const char *
legal_wrong_month(kt_span_t text, int64_t *from_us, int64_t *to_us)
{
    char first[10];
    kt_date_t date;
    if (text.size == 7) {
        memcpy(first, text.data, 7);
        memcpy(first + 7, "-01", 3);
        if (kt_date_parse(kt_span(first, sizeof first), &date)) {
            int32_t day = kt_days_from_date(date);
            *from_us = day * KT_US_PER_DAY;
            *to_us = (day + kt_days_in_month(date.year, date.month)) * KT_US_PER_DAY;
            return NULL;
        }
    }
    return "is no month such as 2026-11";
}

kt_status_t
legal_decide_report(const legal_report_record_t *report, uint32_t command, const char *const *roles,
                    uint32_t roles_count, uint32_t *next)
{
    const kt_transition_t *row;
    kt_machine_ask_t ask = {
        .state = report->state, .command = command, .roles = roles, .roles_count = roles_count};
    if (kt_machine_ask(&legal_report_machine, &ask, &row) != KT_STEP_TAKEN)
        return kt_error(KT_FAILED_PRECONDITION, LEGAL_REPORT_STATE,
                        command == LEGAL_REPORT_MAKE
                            ? "the report is made, and the CEO has not returned it"
                            : "the CEO signs or returns a report once, when it is made");
    *next = row->next;
    return kt_ok();
}

kt_status_t
legal_check_month_over(int64_t to_us, int64_t now_us)
{
    return to_us <= now_us
               ? kt_ok()
               : kt_error(KT_FAILED_PRECONDITION, LEGAL_PERIOD_NOT_OVER, "the month is not over");
}

/* ---- counting ---- */

void
legal_tally_begin(legal_tally_t *tally, kt_arena_t *arena, int64_t from_us, int64_t to_us)
{
    *tally = (legal_tally_t){.arena = arena, .from_us = from_us, .to_us = to_us};
}

static bool
is_inside(const legal_tally_t *tally, int64_t time_us)
{
    return time_us >= tally->from_us && time_us < tally->to_us;
}

static bool
is_state(kt_span_t name, uint32_t state)
{
    return kt_span_equal(name, kt_span_str(legal_status_name(state)));
}

static void
add_cycle(legal_tally_t *tally, int64_t cycle_us)
{
    uint32_t count = tally->figures.contracts_signed;
    if (count == tally->cycles_room) {
        uint32_t room = KT_MAX(64u, tally->cycles_room * 2);
        int64_t *grown = KT_ARENA_ARRAY(tally->arena, int64_t, room);
        tally->failed |= grown == NULL;
        if (!grown)
            return;
        if (count > 0)
            memcpy(grown, tally->cycles, count * sizeof *grown);
        tally->cycles = grown;
        tally->cycles_room = room;
    }
    tally->cycles[count] = cycle_us;
    tally->figures.contracts_signed++;
}

void
legal_tally_step(legal_tally_t *tally, const legal_stepped_t *stepped)
{
    int64_t overdue_us = tally->to_us - LEGAL_REVIEW_DAYS_MAX * KT_US_PER_DAY;
    bool into = is_state(stepped->state, LEGAL_REVIEW);
    bool out = is_state(stepped->from, LEGAL_REVIEW);
    if (stepped->time_us >= tally->to_us)
        return;
    if (into && stepped->time_us < overdue_us)
        tally->reviews_open++;
    if (out && stepped->since_us < overdue_us)
        tally->reviews_open--;
    if (!is_inside(tally, stepped->time_us))
        return;
    tally->figures.reviews_done += out && (is_state(stepped->state, LEGAL_APPROVAL) ||
                                           is_state(stepped->state, LEGAL_DRAFT));
    if (is_state(stepped->state, LEGAL_SIGNED))
        add_cycle(tally, stepped->time_us - stepped->drafted_us);
}

void
legal_tally_gate(legal_tally_t *tally, int64_t time_us)
{
    tally->figures.gate_hits += is_inside(tally, time_us);
}

void
legal_tally_refusal(legal_tally_t *tally, int64_t time_us, kt_span_t command)
{
    const char *approve = legal_contract_machine.commands[LEGAL_DO_APPROVE];
    bool inside = is_inside(tally, time_us);
    tally->figures.refusals += inside;
    tally->figures.approvals_refused += inside && kt_span_equal(command, kt_span_str(approve));
}

/* Shell's sort, by thirds. */
static void
sort(int64_t *numbers, uint32_t count)
{
    uint32_t gap = 1;
    while (gap < count / 3)
        gap = gap * 3 + 1;
    for (; gap > 0; gap /= 3)
        for (uint32_t i = gap; i < count; i++) {
            int64_t number = numbers[i];
            uint32_t at = i;
            for (; at >= gap && numbers[at - gap] > number; at -= gap)
                numbers[at] = numbers[at - gap];
            numbers[at] = number;
        }
}

legal_figures_t
legal_tally_end(legal_tally_t *tally)
{
    legal_figures_t *figures = &tally->figures;
    uint32_t count = figures->contracts_signed;
    figures->reviews_overdue = (uint32_t)KT_MAX(tally->reviews_open, INT64_C(0));
    if (count > 0) {
        int64_t *cycles = tally->cycles;
        sort(cycles, count);
        int64_t low = cycles[(count - 1) / 2], high = cycles[count / 2];
        figures->cycle_median_us = low + (high - low) / 2;
        figures->cycle_longest_us = cycles[count - 1];
    }
    return *figures;
}

bool
legal_figures_equal(const legal_figures_t *a, const legal_figures_t *b)
{
    return a->contracts_signed == b->contracts_signed && a->reviews_done == b->reviews_done &&
           a->reviews_overdue == b->reviews_overdue && a->cycle_median_us == b->cycle_median_us &&
           a->cycle_longest_us == b->cycle_longest_us && a->refusals == b->refusals &&
           a->approvals_refused == b->approvals_refused && a->gate_hits == b->gate_hits;
}
