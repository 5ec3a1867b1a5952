#include "domain/employees.h"

static const kt_field_t HEADCOUNT_FIELDS[] = {
    KT_F_NAME(fin_headcount_record_t, book, FIN_ID_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_headcount_record_t, cost_centre, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_headcount_record_t, position, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_PART(fin_headcount_record_t, allowance, &fin_allowance_layout, KT_OUTPUT),
};
const kt_layout_t fin_headcount_layout = KT_LAYOUT("headcount", fin_headcount_record_t,
                                                   HEADCOUNT_FIELDS);

static const kt_field_t PLACE_FIELDS[] = {
    KT_F_NAME(fin_place_record_t, reservation, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_place_record_t, book, FIN_ID_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_place_record_t, cost_centre, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_place_record_t, position, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TIME(fin_place_record_t, expires_us, KT_REQUIRED),
    KT_F_ENUM(fin_place_record_t, state, FIN_HEADCOUNT_RELEASED, KT_OUTPUT),
    KT_F_NAME(fin_place_record_t, employee, FIN_NAME_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t fin_place_layout = KT_LAYOUT("headcount reservation", fin_place_record_t,
                                               PLACE_FIELDS);

static const kt_field_t EMPLOYEE_FIELDS[] = {
    KT_F_NAME(fin_employee_record_t, employee, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_employee_record_t, reservation, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_employee_record_t, contract, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(fin_employee_record_t, name, FIN_EMPLOYEE_TEXT_BYTES_MAX, KT_REQUIRED),
    KT_F_DATE(fin_employee_record_t, starts_on, KT_REQUIRED),
    KT_F_I64(fin_employee_record_t, salary_minor, 1, INT64_MAX, KT_REQUIRED),
    KT_F_TEXT(fin_employee_record_t, commodity, FIN_SYMBOL_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_employee_record_t, book, FIN_ID_BYTES_MAX, KT_OUTPUT),
    KT_F_NAME(fin_employee_record_t, cost_centre, FIN_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_NAME(fin_employee_record_t, position, FIN_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_ENUM(fin_employee_record_t, state, FIN_EMPLOYEE_SETTLED, KT_OUTPUT),
    KT_F_DATE(fin_employee_record_t, left_on, KT_OUTPUT),
    KT_F_I64(fin_employee_record_t, settlement_minor, 0, INT64_MAX, KT_OUTPUT),
    KT_F_TEXT(fin_employee_record_t, note, FIN_EMPLOYEE_TEXT_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t fin_employee_layout = KT_LAYOUT("employee", fin_employee_record_t,
                                                  EMPLOYEE_FIELDS);

static const kt_field_t CLEARANCE_FIELDS[] = {
    KT_F_TIME(fin_clearance_record_t, closed_us, 0),
    KT_F_TIME(fin_clearance_record_t, cleared_us, 0),
};
const kt_layout_t fin_clearance_layout = KT_LAYOUT("clearance", fin_clearance_record_t,
                                                   CLEARANCE_FIELDS);

/* ---- the tables ---- */

enum { ALIVE };

static const char *const PLACE_STATES[] = {"NONE", "RESERVED", "HIRED", "RELEASED"};
static const char *const PLACE_COMMANDS[] = {"reserve", "hire", "release"};
static const char *const PLACE_GUARDS[] = {[ALIVE] = "it has not expired"};
static const kt_transition_t PLACE_ROWS[] = {
    {FIN_HEADCOUNT_NONE, FIN_HEADCOUNT_RESERVE, KT_UNGUARDED, FIN_HEADCOUNT_RESERVED, NULL},
    {FIN_HEADCOUNT_RESERVED, FIN_HEADCOUNT_HIRE, ALIVE, FIN_HEADCOUNT_HIRED, NULL},
    {FIN_HEADCOUNT_RESERVED, FIN_HEADCOUNT_RELEASE, KT_UNGUARDED, FIN_HEADCOUNT_RELEASED, NULL},
    {FIN_HEADCOUNT_RELEASED, FIN_HEADCOUNT_RELEASE, KT_UNGUARDED, FIN_HEADCOUNT_RELEASED, NULL},
};
const kt_machine_t fin_headcount_machine = {
    .name = "finance.headcount",
    .states = PLACE_STATES,
    .commands = PLACE_COMMANDS,
    .guards = PLACE_GUARDS,
    .states_count = KT_COUNT(PLACE_STATES),
    .commands_count = KT_COUNT(PLACE_COMMANDS),
    .guards_count = KT_COUNT(PLACE_GUARDS),
    .rows = PLACE_ROWS,
    .rows_count = KT_COUNT(PLACE_ROWS),
    .first = FIN_HEADCOUNT_NONE,
};

enum { SAME_DAY, CLEARED, SAME_AMOUNT };

static const char *const STATES[] = {"NONE", "HIRED", "LEFT", "SETTLED"};
static const char *const COMMANDS[] = {"hire", "leave", "settle"};
static const char *const GUARDS[] = {
    [SAME_DAY] = "it is the same day as before",
    [CLEARED] = "legal has closed and IT has cleared the employee",
    [SAME_AMOUNT] = "it is the same amount as before",
};
static const kt_transition_t ROWS[] = {
    {FIN_EMPLOYEE_NONE, FIN_EMPLOYEE_HIRE, KT_UNGUARDED, FIN_EMPLOYEE_HIRED, NULL},
    {FIN_EMPLOYEE_HIRED, FIN_EMPLOYEE_LEAVE, KT_UNGUARDED, FIN_EMPLOYEE_LEFT, NULL},
    {FIN_EMPLOYEE_LEFT, FIN_EMPLOYEE_LEAVE, SAME_DAY, FIN_EMPLOYEE_LEFT, NULL},
    {FIN_EMPLOYEE_LEFT, FIN_EMPLOYEE_SETTLE, CLEARED, FIN_EMPLOYEE_SETTLED, NULL},
    {FIN_EMPLOYEE_SETTLED, FIN_EMPLOYEE_LEAVE, SAME_DAY, FIN_EMPLOYEE_SETTLED, NULL},
    {FIN_EMPLOYEE_SETTLED, FIN_EMPLOYEE_SETTLE, SAME_AMOUNT, FIN_EMPLOYEE_SETTLED, NULL},
};
const kt_machine_t fin_employee_machine = {
    .name = "finance.employee",
    .states = STATES,
    .commands = COMMANDS,
    .guards = GUARDS,
    .states_count = KT_COUNT(STATES),
    .commands_count = KT_COUNT(COMMANDS),
    .guards_count = KT_COUNT(GUARDS),
    .rows = ROWS,
    .rows_count = KT_COUNT(ROWS),
    .first = FIN_EMPLOYEE_NONE,
};

static kt_status_t
step_place(kt_arena_t *arena, uint32_t command, uint32_t holds, fin_place_record_t *place)
{
    fin_step_t step = {.machine = &fin_headcount_machine,
                       .command = command,
                       .holds = holds,
                       .reason = FIN_HEADCOUNT_STATE,
                       .thing = place->reservation};
    return fin_step(arena, &step, &place->state);
}

static kt_status_t
step(kt_arena_t *arena, uint32_t command, uint32_t holds, fin_employee_record_t *employee)
{
    fin_step_t step = {.machine = &fin_employee_machine,
                       .command = command,
                       .holds = holds,
                       .reason = FIN_EMPLOYEE_STATE,
                       .thing = employee->employee};
    return fin_step(arena, &step, &employee->state);
}

/* ---- headcounts ---- */

uint32_t
fin_place_state(const fin_place_record_t *place, int64_t now_us)
{
    if (place->state == FIN_HEADCOUNT_RESERVED && place->expires_us <= now_us)
        return FIN_HEADCOUNT_EXPIRED;
    return place->state;
}

kt_status_t
fin_decide_set_headcount(kt_arena_t *arena, const fin_headcount_facts_t *facts, int64_t now_us,
                         fin_headcount_record_t *order)
{
    fin_allowance_t allowance = {.seen_us = now_us};
    if (!facts->cost_centre)
        return kt_error(KT_NOT_FOUND, FIN_COST_CENTRE_UNKNOWN, "the book has no such cost centre");
    if (facts->found) {
        allowance = facts->headcount.allowance;
        fin_allowance_advance(&allowance, &facts->lapsed, now_us);
    }
    allowance.limit = order->allowance.limit;
    if (fin_allowance_free(&allowance) < 0)
        return kt_error(
            KT_FAILED_PRECONDITION, FIN_HEADCOUNT_BELOW_USE,
            kt_arena_printf(arena, "%lld are hired or reserved already",
                            (long long)(allowance.limit - fin_allowance_free(&allowance))));
    order->allowance = allowance;
    return kt_ok();
}

kt_status_t
fin_decide_reserve_headcount(kt_arena_t *arena, int64_t now_us, fin_place_facts_t *facts)
{
    fin_allowance_t *allowance = &facts->headcount.allowance;
    if (!facts->found)
        return kt_error(KT_NOT_FOUND, FIN_HEADCOUNT_UNKNOWN,
                        "the cost centre has no headcount of that position");
    if (facts->taken)
        return kt_error(KT_ALREADY_EXISTS, FIN_HEADCOUNT_RESERVATION_EXISTS,
                        "there is a reservation of that name");
    fin_allowance_advance(allowance, &facts->lapsed, now_us);
    if (fin_allowance_free(allowance) < 1)
        return kt_error(KT_FAILED_PRECONDITION, FIN_HEADCOUNT_EXCEEDED,
                        "all of the headcount is hired or reserved");
    if (allowance->active >= FIN_RESERVATIONS_ACTIVE_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_RESERVATIONS,
                        "the headcount has 10,000 active reservations");
    fin_allowance_reserve(allowance, 1);
    return step_place(arena, FIN_HEADCOUNT_RESERVE, 0, &facts->place);
}

kt_status_t
fin_decide_release_headcount(kt_arena_t *arena, int64_t now_us, fin_place_facts_t *facts)
{
    fin_place_record_t *place = &facts->place;
    fin_allowance_t *allowance = &facts->headcount.allowance;
    bool counted = place->state == FIN_HEADCOUNT_RESERVED;
    fin_allowance_advance(allowance, &facts->lapsed, now_us);
    KT_TRY(step_place(arena, FIN_HEADCOUNT_RELEASE, 0, place));
    if (counted && place->expires_us > allowance->seen_us)
        fin_allowance_unreserve(allowance, 1);
    return kt_ok();
}

/* ---- employees ---- */

static bool
same_hire(const fin_employee_record_t *a, const fin_employee_record_t *b)
{
    return kt_span_equal(a->reservation, b->reservation) &&
           kt_span_equal(a->contract, b->contract) && kt_span_equal(a->name, b->name) &&
           a->starts_on == b->starts_on && a->salary_minor == b->salary_minor &&
           kt_span_equal(a->commodity, b->commodity);
}

kt_status_t
fin_decide_hire(kt_arena_t *arena, int64_t now_us, fin_hire_facts_t *facts,
                fin_employee_record_t *order, bool *changes)
{
    fin_place_record_t *place = &facts->place.place;
    fin_allowance_t *allowance = &facts->place.headcount.allowance;
    *changes = !facts->there;
    if (facts->there && !same_hire(&facts->employee, order))
        return kt_error(KT_ALREADY_EXISTS, FIN_EMPLOYEE_EXISTS,
                        "there is an employee of that name with other content");
    if (facts->there) {
        *order = facts->employee;
        return kt_ok();
    }
    fin_allowance_advance(allowance, &facts->place.lapsed, now_us);
    KT_TRY(step_place(arena, FIN_HEADCOUNT_HIRE,
                      place->expires_us > allowance->seen_us ? FIN_HOLDS(ALIVE) : 0, place));
    fin_allowance_unreserve(allowance, 1);
    allowance->used++;
    place->employee = order->employee;
    order->book = place->book;
    order->cost_centre = place->cost_centre;
    order->position = place->position;
    return step(arena, FIN_EMPLOYEE_HIRE, 0, order);
}

kt_status_t
fin_decide_leave(kt_arena_t *arena, int64_t now_us, int32_t left_on, const fin_lapsed_t *lapsed,
                 fin_employee_record_t *employee, fin_headcount_record_t *headcount, bool *changes)
{
    *changes = employee->state == FIN_EMPLOYEE_HIRED;
    KT_TRY(step(arena, FIN_EMPLOYEE_LEAVE, employee->left_on == left_on ? FIN_HOLDS(SAME_DAY) : 0,
                employee));
    if (!*changes)
        return kt_ok();
    fin_allowance_advance(&headcount->allowance, lapsed, now_us);
    headcount->allowance.used--;
    employee->left_on = left_on;
    return kt_ok();
}

static const char *
missing(const fin_clearance_record_t *clearance)
{
    if (clearance->cleared_us != 0)
        return "legal has not closed the employee";
    if (clearance->closed_us != 0)
        return "IT has not cleared the employee";
    return "legal has not closed the employee, and IT has not cleared the employee";
}

kt_status_t
fin_decide_settle(kt_arena_t *arena, const fin_settlement_t *settlement,
                  const fin_clearance_record_t *clearance, fin_employee_record_t *employee,
                  bool *changes)
{
    uint32_t holds = 0;
    *changes = employee->state == FIN_EMPLOYEE_LEFT;
    if (*changes && !fin_is_cleared(clearance))
        return kt_error(KT_FAILED_PRECONDITION, FIN_NOT_CLEARED, missing(clearance));
    if (fin_is_cleared(clearance))
        holds |= FIN_HOLDS(CLEARED);
    if (employee->settlement_minor == settlement->amount_minor)
        holds |= FIN_HOLDS(SAME_AMOUNT);
    KT_TRY(step(arena, FIN_EMPLOYEE_SETTLE, holds, employee));
    if (!*changes)
        return kt_ok();
    employee->settlement_minor = settlement->amount_minor;
    employee->note = settlement->note;
    return kt_ok();
}
