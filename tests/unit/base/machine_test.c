#include "testing.h"

#include <kt/machine.h>

enum { DRAFT, OPEN, SHUT, STATES };
enum { START, END, BACK, COMMANDS };
enum { PAID, SIGNED, GUARDS };

static const char *const states[] = {"DRAFT", "OPEN", "SHUT"};
static const char *const commands[] = {"start", "end", "back"};
static const char *const guards[] = {"it is paid", "it is signed"};

static const kt_transition_t rows[] = {
    {DRAFT, START, PAID, OPEN, "clerk"},     {DRAFT, START, KT_UNGUARDED, OPEN, "ceo"},
    {OPEN, END, SIGNED, SHUT, "clerk"},      {OPEN, END, PAID, DRAFT, "clerk"},
    {OPEN, BACK, KT_UNGUARDED, DRAFT, NULL},
};

static const kt_machine_t machine = {
    .name = "test.thing",
    .states = states,
    .commands = commands,
    .guards = guards,
    .states_count = STATES,
    .commands_count = COMMANDS,
    .guards_count = GUARDS,
    .rows = rows,
    .rows_count = KT_COUNT(rows),
    .first = DRAFT,
};

static void
the_first_row_that_fits_is_taken(void **state)
{
    (void)state;
    static const struct {
        uint32_t state, command;
        const char *role;
        uint32_t holds;
        kt_step_answer_t answer;
        int row; /* -1: none */
    } ROWS[] = {
        {DRAFT, START, "clerk", 1 << PAID, KT_STEP_TAKEN, 0},
        {DRAFT, START, "clerk", 1 << SIGNED, KT_STEP_NO_GUARD, 0},
        {DRAFT, START, "ceo", 0, KT_STEP_TAKEN, 1},
        {DRAFT, START, "ceo", 1 << PAID, KT_STEP_TAKEN, 1},
        {DRAFT, START, "guest", 3, KT_STEP_NO_ROLE, 0},
        {DRAFT, START, NULL, 3, KT_STEP_NO_ROLE, 0},
        {DRAFT, END, "clerk", 3, KT_STEP_NO_ROW, -1},
        {OPEN, END, "clerk", 3, KT_STEP_TAKEN, 2},
        {OPEN, END, "clerk", 1 << PAID, KT_STEP_TAKEN, 3},
        {OPEN, END, "clerk", 0, KT_STEP_NO_GUARD, 2},
        {OPEN, END, "ceo", 3, KT_STEP_NO_ROLE, 2},
        {OPEN, BACK, NULL, 0, KT_STEP_TAKEN, 4},
        {SHUT, BACK, "ceo", 3, KT_STEP_NO_ROW, -1},
        {99, 99, "ceo", 3, KT_STEP_NO_ROW, -1},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        const char *roles[] = {"auditor", ROWS[i].role};
        kt_machine_ask_t ask = {
            .state = ROWS[i].state,
            .command = ROWS[i].command,
            .roles = roles,
            .roles_count = ROWS[i].role ? 2 : 1,
            .holds = ROWS[i].holds,
        };
        const kt_transition_t *row = &rows[0];
        assert_int_equal(kt_machine_ask(&machine, &ask, &row), ROWS[i].answer);
        assert_ptr_equal(row, ROWS[i].row < 0 ? NULL : &rows[ROWS[i].row]);
    }
}

static void
a_sound_table_is_not_wrong(void **state)
{
    (void)state;
    assert_null(kt_machine_wrong(&machine));
    kt_machine_t one = machine;
    one.states_count = 1;
    one.rows_count = 0;
    one.guards_count = 0;
    one.guards = NULL;
    assert_null(kt_machine_wrong(&one));
}

static void
a_number_without_a_name_is_none(void **state)
{
    (void)state;
    static const char *const some[] = {NULL, "OPEN", "SHUT"};
    static const char *const verbs[] = {NULL, "end", NULL};
    static const kt_transition_t row[] = {{OPEN, END, KT_UNGUARDED, SHUT, NULL}};
    kt_machine_t few = machine;
    few.states = some;
    few.commands = verbs;
    few.rows = row;
    few.rows_count = 1;
    few.first = OPEN;
    assert_null(kt_machine_wrong(&few));
    few.first = DRAFT;
    assert_string_equal(kt_machine_wrong(&few), "the first state is none");
    few.first = OPEN;
    few.rows = rows;
    assert_string_equal(kt_machine_wrong(&few), "a row has a number that is none");
    few.states = states;
    assert_string_equal(kt_machine_wrong(&few), "a row has a number that is none");
}

static void
assert_wrong(const kt_machine_t *wrong, const char *what)
{
    const char *said = kt_machine_wrong(wrong);
    assert_non_null(said);
    assert_string_equal(said, what);
}

static void
wrong_rows_are_found(void **state)
{
    (void)state;
    static const char NEVER[] = "a row can never be taken: an earlier one always is";
    static const char PAST[] = "a row has a number that is none";
    static const struct {
        kt_transition_t row;
        const char *what;
    } ROWS[] = {
        {{DRAFT, START, PAID, OPEN, "clerk"}, "two rows are alike"},
        {{DRAFT, START, PAID, SHUT, "clerk"}, "two rows are alike"},
        {{OPEN, BACK, KT_UNGUARDED, SHUT, NULL}, "two rows are alike"},
        {{DRAFT, START, PAID, OPEN, "ceo"}, NEVER},
        {{OPEN, BACK, PAID, SHUT, NULL}, NEVER},
        {{OPEN, BACK, KT_UNGUARDED, SHUT, "clerk"}, NEVER},
        {{OPEN, BACK, PAID, SHUT, "clerk"}, NEVER},
        {{STATES, START, PAID, OPEN, NULL}, PAST},
        {{OPEN, COMMANDS, PAID, OPEN, NULL}, PAST},
        {{OPEN, START, GUARDS, OPEN, NULL}, PAST},
        {{OPEN, START, PAID, STATES, NULL}, PAST},
        /* these are sound */
        {{DRAFT, START, SIGNED, OPEN, "clerk"}, NULL},
        {{DRAFT, START, KT_UNGUARDED, SHUT, NULL}, NULL},
        {{SHUT, BACK, KT_UNGUARDED, OPEN, NULL}, NULL},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        kt_transition_t more[KT_COUNT(rows) + 1];
        memcpy(more, rows, sizeof rows);
        more[KT_COUNT(rows)] = ROWS[i].row;
        kt_machine_t wrong = machine;
        wrong.rows = more;
        wrong.rows_count = KT_COUNT(more);
        if (ROWS[i].what)
            assert_wrong(&wrong, ROWS[i].what);
        else
            assert_null(kt_machine_wrong(&wrong));
    }
}

static void
wrong_counts_and_names_are_found(void **state)
{
    (void)state;
    static const char *const gap[] = {"DRAFT", "", "SHUT"};
    static const char *const hole[] = {"it is paid", NULL};
    kt_machine_t wrong = machine;
    wrong.name = NULL;
    assert_wrong(&wrong, "it has no name");
    wrong = machine;
    wrong.states_count = KT_MACHINE_STATES_MAX + 1;
    assert_wrong(&wrong, "it has more states, commands or guards than a table may have");
    wrong = machine;
    wrong.states = gap;
    assert_wrong(&wrong, "a state, a command or a guard has no name");
    wrong = machine;
    wrong.guards = hole;
    assert_wrong(&wrong, "a state, a command or a guard has no name");
    wrong = machine;
    wrong.commands = NULL;
    assert_wrong(&wrong, "a state, a command or a guard has no name");
    wrong = machine;
    wrong.first = STATES;
    assert_wrong(&wrong, "the first state is none");
    wrong = machine;
    wrong.first = SHUT;
    assert_wrong(&wrong, "a state cannot be reached from the first");
    wrong = machine;
    wrong.rows_count = 2;
    assert_wrong(&wrong, "a state cannot be reached from the first");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_row_that_fits_is_taken),
        cmocka_unit_test(a_sound_table_is_not_wrong),
        cmocka_unit_test(a_number_without_a_name_is_none),
        cmocka_unit_test(wrong_rows_are_found),
        cmocka_unit_test(wrong_counts_and_names_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
