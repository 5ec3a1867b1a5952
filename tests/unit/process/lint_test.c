/* What a table of steps must keep: the shop's table is good, and each row here spoils one thing. */
#include "arena_fixture.h"
#include "mill.h"

#include <kantor/process/v1/process.kt.h>
#include <kt/process.h>

#define DAY_US (INT64_C(86400) * 1000000)
/* Lists that live as long as the test. */
#define LIST(...)                                                                                  \
    ((const kt_binding_text_t *)copied(                                                            \
        (const kt_binding_text_t[]){__VA_ARGS__, {NULL, NULL}},                                    \
        sizeof((const kt_binding_text_t[]){__VA_ARGS__, {NULL, NULL}})))
#define TEXTS(...)                                                                                 \
    ((const char *const *)copied((const char *const[]){__VA_ARGS__, NULL},                         \
                                 sizeof((const char *const[]){__VA_ARGS__, NULL})))

static const void *
copied(const void *list, size_t size)
{
    void *copy = kt_arena_alloc(arena, size);

    assert_non_null(copy);
    return memcpy(copy, list, size);
}

/* The steps of the shop's order. */
enum { NOTE, TAKE, JUDGED, KEEP, LATER, TELL, STEPS };

typedef struct copy {
    kt_process_table_t table;
    kt_step_t steps[KT_PROCESS_STEPS_MAX + 1];
} copy_t;

static const char *
wrong(const copy_t *copy)
{
    static const kt_service_desc_t *const CONTRACTS[] = {&mill_mill_service, &shop_shop_service,
                                                         &process_processes_service};
    const kt_process_table_t *const tables[] = {&copy->table};
    const kt_processes_t processes = {tables, 1, CONTRACTS, KT_COUNT(CONTRACTS)};

    return kt_process_wrong(arena, &processes, &copy->table);
}

static void
begin(copy_t *copy)
{
    *copy = (copy_t){.table = shop_order_table};
    for (uint32_t i = 0; i < STEPS; i++)
        copy->steps[i] = shop_order_table.steps[i];
    copy->table.steps = copy->steps;
}

/* ---- what each row spoils ---- */

#define SPOIL(name, ...)                                                                           \
    static void name(copy_t *c)                                                                    \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }

/* The process. */
SPOIL(no_process_name, c->table.name = "Order")
SPOIL(no_steps, c->table.steps_count = 0)
SPOIL(too_many_steps, c->table.steps_count = KT_PROCESS_STEPS_MAX + 1)
SPOIL(no_pivot, c->steps[JUDGED].class = KT_STEP_COMPENSATABLE)
SPOIL(two_pivots, c->steps[TAKE].class = KT_STEP_PIVOT)
SPOIL(bad_variable, c->table.variables = TEXTS("order", "amount", "at_us", "The Day"))
SPOIL(variable_that_is_given, c->table.variables = TEXTS("order", "amount", "at_us", "today"))
static void
too_many_variables(copy_t *c)
{
    static kt_binding_text_t kept[KT_PROCESS_VARIABLES_MAX - 1];

    for (size_t i = 0; i + 1 < KT_COUNT(kept); i++)
        kept[i] = (kt_binding_text_t){"state", "taken_as"};
    c->steps[TAKE].keep = kept; /* 46, and three of the start */
}

/* Names. */
SPOIL(no_name, c->steps[TAKE].name = NULL)
SPOIL(bad_name, c->steps[TAKE].name = "Take")
SPOIL(same_name, c->steps[TAKE].name = "note")
SPOIL(no_what, c->steps[TAKE].what = "")
SPOIL(null_what, c->steps[TAKE].what = NULL)

/* Commands. */
SPOIL(unknown_method, c->steps[TAKE].run.method = "/kantor.mill.v1.Mill/Steal")
SPOIL(streams, c->steps[TAKE].run.method = "/kantor.process.v1.Processes/WatchProcess")
SPOIL(asks_by_writing, c->steps[JUDGED].run.method = "/kantor.mill.v1.Mill/Shut")
SPOIL(other_department, c->steps[TAKE].run.department = "shop")
SPOIL(part_of_a_department, c->steps[TAKE].run.department = "mil")
SPOIL(no_department, c->steps[TAKE].run.department = NULL)
SPOIL(for_people, c->steps[TAKE].run.method = "/kantor.mill.v1.Mill/Judge")
SPOIL(no_field, c->steps[TAKE].run.send = LIST({"thing.colour", "$order"}))
SPOIL(field_below_a_list, c->steps[TAKE].run.send = LIST({"thing.tags.name", "$order"}))
SPOIL(bound_to_nothing, c->steps[TAKE].run.send = LIST({"thing.thing", NULL}))
SPOIL(no_variable, c->steps[TAKE].run.send = LIST({"thing.thing", "$colour"}))
SPOIL(variable_of_later, c->steps[NOTE].run.send = LIST({"note", "$taken_as"}))
SPOIL(variable_of_itself, c->steps[TAKE].run.send = LIST({"thing.thing", "$taken_as"}))
SPOIL(whole_message, c->steps[TAKE].run.send = LIST({"thing", "$order"}))
SPOIL(bad_number, c->steps[TAKE].run.send = LIST({"thing.amount", "many"}))
SPOIL(bad_enum, c->steps[TAKE].run.send = LIST({"thing.state", "WORN"}))
SPOIL(no_field_to_keep, c->steps[TAKE].keep = LIST({"colour", "taken_as"}))
SPOIL(list_to_keep, c->steps[TAKE].keep = LIST({"tags", "taken_as"}))
SPOIL(kept_under_nothing, c->steps[TAKE].keep = LIST({"state", NULL}))
SPOIL(kept_under_no_name, c->steps[TAKE].keep = LIST({"state", "$taken_as"}))
SPOIL(kept_over_what_is_given, c->steps[TAKE].keep = LIST({"state", "process"}))
SPOIL(until_sends, c->steps[LATER].run = c->steps[NOTE].run)
SPOIL(until_undoes, c->steps[LATER].undo = c->steps[NOTE].undo)
SPOIL(until_has_a_door, c->steps[LATER].door = c->steps[JUDGED].door)
SPOIL(sends_nothing, c->steps[TAKE].run.method = NULL)
SPOIL(bad_undo, c->steps[TAKE].undo.send = LIST({"colour", "$order"}))
SPOIL(bad_door, c->steps[JUDGED].door.send = LIST({"thing", "$colour"}))

SPOIL(undo_that_reads, c->steps[TAKE].undo.method = "/kantor.mill.v1.Mill/Look")
SPOIL(door_that_reads, c->steps[JUDGED].door.method = "/kantor.mill.v1.Mill/Look")
SPOIL(no_kind, c->steps[TAKE].kind = 0)
SPOIL(kept_over_the_start, c->steps[TAKE].keep = LIST({"state", "order"}))
SPOIL(kept_twice, c->steps[NOTE].keep = NULL;
      c->steps[TAKE].keep = LIST({"state", "taken_as"}, {"amount", "taken_as"}))
SPOIL(kept_again, c->steps[JUDGED].keep = LIST({"state", "taken_as"}))

/* Order. */
SPOIL(late_undo, c->steps[KEEP].class = KT_STEP_COMPENSATABLE)
SPOIL(no_undo, c->steps[TAKE].undo.method = NULL)
SPOIL(harmless_undo, c->steps[TAKE].harmless = true)
SPOIL(pivot_with_undo, c->steps[JUDGED].undo = c->steps[TAKE].undo)
SPOIL(early_retriable, c->steps[TAKE].class = KT_STEP_RETRIABLE)
SPOIL(uncertain, c->steps[KEEP].certain = false)
static void
wait_that_may_end(copy_t *c)
{
    c->steps[KEEP] = c->steps[JUDGED];
    c->steps[KEEP].class = KT_STEP_RETRIABLE;
    c->steps[KEEP].name = "judged-again";
}
SPOIL(retriable_with_undo, c->steps[KEEP].undo = c->steps[NOTE].undo)
SPOIL(no_class, c->steps[KEEP].class = 0)

/* Waits. */
SPOIL(no_answer, c->steps[JUDGED].field = NULL)
SPOIL(no_hope, c->steps[JUDGED].hoped = NULL)
SPOIL(empty_hope, c->steps[JUDGED].hoped = TEXTS(NULL))
SPOIL(no_such_answer, c->steps[JUDGED].field = "colour")
SPOIL(list_as_answer, c->steps[JUDGED].field = "tags")
SPOIL(never_hoped, c->steps[JUDGED].hoped = TEXTS("GOOD", "BEST"))
SPOIL(never_never, c->steps[JUDGED].never = TEXTS("WORST"))

SPOIL(no_such_end, c->steps[JUDGED].never_field = "colour")
SPOIL(end_of_another, c->steps[JUDGED].field = "amount"; c->steps[JUDGED].never_field = "state";
      c->steps[JUDGED].never = TEXTS("WORST"))

/* Steps that are left out. */
SPOIL(without_no_variable, c->steps[TAKE].only_with = "$colour")
SPOIL(without_a_literal, c->steps[TAKE].only_with = "order")
SPOIL(without_what_is_given, c->steps[TAKE].only_with = "$subject")
SPOIL(without_what_it_keeps, c->steps[TAKE].only_with = "$taken_as")
SPOIL(until_without_no_variable, c->steps[LATER].only_with = "$colour")
SPOIL(pivot_left_out, c->steps[TAKE].only_with = c->steps[JUDGED].only_with = "$order")

/* Owners and times. */
SPOIL(no_owner, c->steps[TAKE].owner = NULL)
SPOIL(empty_owner, c->steps[TAKE].owner = "")
SPOIL(long_owner,
      c->steps[TAKE].owner = "a2345678901234567890123456789012345678901234567890123456789012345")
SPOIL(no_instant, c->steps[LATER].instant = NULL)
SPOIL(literal_instant, c->steps[LATER].instant = "1793610000000000")
SPOIL(unknown_instant, c->steps[LATER].instant = "$christmas_us")
SPOIL(no_deadline, c->steps[TAKE].deadline_us = 0)
SPOIL(long_deadline, c->steps[TAKE].deadline_us = KT_PROCESS_COMMAND_US_MAX + 1)
SPOIL(given_instant, c->steps[LATER].instant = "$today")
SPOIL(long_wait, c->steps[TAKE].reserves_us = 2 * KT_PROCESS_WAIT_US_MAX;
      c->steps[JUDGED].deadline_us = KT_PROCESS_WAIT_US_MAX + 1)
SPOIL(door_of_a_command, c->steps[TAKE].door = c->steps[JUDGED].door)
static void
door_after_the_pivot(copy_t *c)
{
    wait_that_may_end(c);
    c->steps[KEEP].never = NULL;
}
SPOIL(no_door, c->steps[JUDGED].door.method = NULL)

/* Reservations. */
SPOIL(confirms_nothing, c->steps[TAKE].reserves_us = 0)
SPOIL(unconfirmed, c->steps[TAKE].confirmed_by = NULL)
SPOIL(reserves_without_end, c->steps[TAKE].confirmed_by = "tell")
SPOIL(reserves_too_briefly, c->steps[TAKE].reserves_us = 3 * DAY_US)
SPOIL(confirmed_before, c->steps[JUDGED].reserves_us = DAY_US;
      c->steps[JUDGED].confirmed_by = "take"; c->table.steps_count = LATER)
SPOIL(confirmed_by_itself, c->steps[TAKE].confirmed_by = "take"; c->table.steps_count = LATER)

SPOIL(end_is_not_said, c->steps[TAKE].run.send = LIST({"thing.thing", "$process"}))
SPOIL(end_of_no_reservation, c->steps[TAKE].reserves_us = 0; c->steps[TAKE].confirmed_by = NULL)
SPOIL(confirmation_left_out, c->steps[TAKE].confirmed_by = "keep";
      c->steps[KEEP].only_with = "$order")

/* ---- the rows ---- */

static const struct {
    void (*spoil)(copy_t *copy);
    const char *said;
} ROWS[] = {
    {no_process_name, "the process has no proper name"},
    {no_steps, "order has no steps, or more than 48"},
    {too_many_steps, "order has no steps, or more than 48"},
    {no_pivot, "order has 0 pivots, and must have one"},
    {two_pivots, "order has 2 pivots, and must have one"},
    {bad_variable, "order: The Day is no proper name of a variable"},
    {variable_that_is_given, "order: today is no proper name of a variable"},
    {too_many_variables, "order has more than 48 variables"},
    {no_name, "order, step ?: has no proper name"},
    {bad_name, "order, step Take: has no proper name"},
    {same_name, "order, step note: has the name of another"},
    {no_what, "order, step take: does not say what it is"},
    {null_what, "order, step take: does not say what it is"},
    {unknown_method, "order, step take: no contract has /kantor.mill.v1.Mill/Steal"},
    {streams, "order, step take: /kantor.process.v1.Processes/WatchProcess streams"},
    {asks_by_writing, "order, step judged: /kantor.mill.v1.Mill/Shut is no READ, and a wait asks"},
    {other_department,
     "order, step take: /kantor.mill.v1.Mill/Take is not of the department that is named"},
    {part_of_a_department,
     "order, step take: /kantor.mill.v1.Mill/Take is not of the department that is named"},
    {no_department,
     "order, step take: /kantor.mill.v1.Mill/Take is not of the department that is named"},
    {for_people, "order, step take: /kantor.mill.v1.Mill/Judge does not admit departments"},
    {no_field, "order, step take: kantor.mill.v1.ThingRequest has no field thing.colour"},
    {field_below_a_list,
     "order, step take: kantor.mill.v1.ThingRequest has no field thing.tags.name"},
    {bound_to_nothing, "order, step take: thing.thing is bound to nothing"},
    {no_variable, "order, step take: thing.thing: no variable $colour"},
    {variable_of_later, "order, step note: note: no variable $taken_as"},
    {variable_of_itself, "order, step take: thing.thing: no variable $taken_as"},
    {whole_message, "order, step take: thing is nothing that a text stands for"},
    {bad_number, "order, step take: amount cannot be 'many'"},
    {bad_enum, "order, step take: state cannot be 'WORN'"},
    {no_field_to_keep, "order, step take: kantor.mill.v1.Thing has no field colour to keep"},
    {list_to_keep, "order, step take: kantor.mill.v1.Thing has no field tags to keep"},
    {kept_under_nothing, "order, step take: state is kept under no proper name"},
    {kept_under_no_name, "order, step take: state is kept under no proper name"},
    {kept_over_what_is_given, "order, step take: state is kept under no proper name"},
    {until_sends, "order, step later: until sends nothing"},
    {until_undoes, "order, step later: until sends nothing"},
    {until_has_a_door, "order, step later: until sends nothing"},
    {sends_nothing, "order, step take: sends nothing"},
    {bad_undo, "order, step take: kantor.mill.v1.NameRequest has no field colour"},
    {bad_door, "order, step judged: thing: no variable $colour"},
    {undo_that_reads,
     "order, step take: /kantor.mill.v1.Mill/Look is no WRITE, and so undoes or shuts nothing"},
    {door_that_reads,
     "order, step judged: /kantor.mill.v1.Mill/Look is no WRITE, and so undoes or shuts nothing"},
    {no_kind, "order, step take: is no command, wait or until"},
    {kept_over_the_start, "order, step take: state is kept under a name that is taken"},
    {kept_twice, "order, step take: amount is kept under a name that is taken"},
    {kept_again, "order, step judged: state is kept under a name that is taken"},
    {late_undo, "order, step keep: is compensatable after the pivot"},
    {no_undo, "order, step take: has no compensation"},
    {harmless_undo, "order, step take: has a compensation and nothing to undo"},
    {pivot_with_undo, "order, step judged: is the pivot and has a compensation"},
    {early_retriable, "order, step take: is retriable before the pivot"},
    {uncertain, "order, step keep: can be rejected after the pivot"},
    {wait_that_may_end, "order, step judged-again: can be rejected after the pivot: its wait has "
                        "answers that end it"},
    {retriable_with_undo, "order, step keep: has a compensation after the pivot"},
    {no_class, "order, step keep: has no class"},
    {no_answer, "order, step judged: waits for no answer"},
    {no_hope, "order, step judged: waits for no answer"},
    {empty_hope, "order, step judged: waits for no answer"},
    {no_such_answer, "order, step judged: kantor.mill.v1.Thing has no field colour"},
    {list_as_answer, "order, step judged: kantor.mill.v1.Thing has no field tags"},
    {never_hoped, "order, step judged: state is never BEST"},
    {never_never, "order, step judged: state is never WORST"},
    {no_such_end, "order, step judged: kantor.mill.v1.Thing has no field colour"},
    {end_of_another, "order, step judged: state is never WORST"},
    {without_no_variable, "order, step take: is left out without what is no variable"},
    {without_a_literal, "order, step take: is left out without what is no variable"},
    {without_what_is_given, "order, step take: is left out without what is no variable"},
    {without_what_it_keeps, "order, step take: is left out without what is no variable"},
    {until_without_no_variable, "order, step later: is left out without what is no variable"},
    {pivot_left_out, "order, step judged: is the pivot and may be left out"},
    {no_owner, "order, step take: has no owner"},
    {empty_owner, "order, step take: has no owner"},
    {long_owner, "order, step take: has no owner"},
    {no_instant, "order, step later: is until no instant"},
    {literal_instant, "order, step later: is until no instant"},
    {unknown_instant, "order, step later: is until no instant"},
    {no_deadline, "order, step take: has no deadline"},
    {long_deadline, "order, step take: has a deadline past the life of an idempotency key"},
    {given_instant, "order, step later: is until no instant"},
    {long_wait, "order, step judged: waits for more than ten years"},
    {door_of_a_command,
     "order, step take: has a door that is never shut: it is no wait up to the pivot"},
    {door_after_the_pivot,
     "order, step judged-again: has a door that is never shut: it is no wait up to the pivot"},
    {no_door,
     "order, step judged: is a wait and the pivot, and has no door to shut when it expires"},
    {confirms_nothing, "order, step take: confirms what it does not reserve"},
    {unconfirmed, "order, step take: reserves, and nothing confirms it"},
    {reserves_without_end, "order, step take: reserves across later, which has no end"},
    {reserves_too_briefly,
     "order, step take: reserves for 259200 s, and judged may come after 259200 s"},
    {confirmed_before, "order, step judged: is confirmed by take, which does not follow"},
    {end_is_not_said, "order, step take: reserves, and does not say when it expires"},
    {end_of_no_reservation, "order, step take: says when it expires, and does not reserve"},
    {confirmation_left_out, "order, step take: is confirmed by keep, which may be left out"},
    {confirmed_by_itself, "order, step take: is confirmed by take, which does not follow"},
};

static void
each_rule_is_held(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        copy_t copy;
        const char *said;
        begin(&copy);
        ROWS[i].spoil(&copy);
        said = wrong(&copy);
        if (!said || strcmp(said, ROWS[i].said) != 0)
            fail_msg("row %zu says '%s' and should say '%s'", i, said ? said : "nothing",
                     ROWS[i].said);
    }
}

/* ---- what is allowed ---- */

SPOIL(as_it_is, (void)c)
SPOIL(left_out, c->steps[TAKE].only_with = "$order"; c->steps[LATER].only_with = "$taken_as")
SPOIL(ends_by_another, c->steps[JUDGED].field = "amount"; c->steps[JUDGED].never_field = "state")
SPOIL(undo_of_what_was_kept, c->steps[TAKE].undo.send = LIST({"thing", "$taken_as"}))
SPOIL(empty_literal,
      c->steps[TAKE].run.send = LIST({"thing.amount", ""}, {"thing.until_us", "$expires_us"}))
SPOIL(literals, c->steps[TAKE].run.send = LIST({"thing.state", "GOOD"}, {"thing.tags", "a,b"},
                                               {"thing.until_us", "$expires_us"}))
SPOIL(longest_deadline, c->steps[TELL].deadline_us = KT_PROCESS_COMMAND_US_MAX)
SPOIL(long_enough, c->steps[TAKE].reserves_us = 3 * DAY_US + 1)
SPOIL(pivot_at_the_end, c->table.steps_count = KEEP)
static void
wait_after_the_pivot(copy_t *c)
{
    wait_that_may_end(c);
    c->steps[KEEP].never = NULL;
    c->steps[KEEP].door = (kt_command_t){0};
}
static void
wait_before_the_pivot(copy_t *c)
{
    c->steps[JUDGED].class = KT_STEP_COMPENSATABLE;
    c->steps[KEEP].class = KT_STEP_PIVOT;
    c->steps[TAKE].confirmed_by = "keep";
}
static void
harmless_check(copy_t *c)
{
    c->steps[NOTE].harmless = true;
    c->steps[NOTE].undo = (kt_command_t){0};
}

static void
what_is_good_is_taken(void **state)
{
    static void (*const GOOD[])(copy_t *) = {
        as_it_is,         left_out,
        ends_by_another,  undo_of_what_was_kept,
        empty_literal,    literals,
        longest_deadline, long_enough,
        pivot_at_the_end, wait_after_the_pivot,
        harmless_check,   wait_before_the_pivot,
    };

    (void)state;
    for (size_t i = 0; i < KT_COUNT(GOOD); i++) {
        copy_t copy;
        const char *said;
        begin(&copy);
        GOOD[i](&copy);
        said = wrong(&copy);
        if (said)
            fail_msg("good table %zu: %s", i, said);
    }
}

static void
tables_are_found_by_name_and_version(void **state)
{
    (void)state;
    assert_ptr_equal(kt_process_table(&shop_processes, kt_span_str("order"), 1), &shop_order_table);
    assert_null(kt_process_table(&shop_processes, kt_span_str("order"), 2));
    assert_null(kt_process_table(&shop_processes, kt_span_str("orders"), 1));
    assert_non_null(kt_process_method(&shop_processes, "/kantor.mill.v1.Mill/Take"));
    assert_null(kt_process_method(&shop_processes, "/kantor.mill.v1.Mill/Tak"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(each_rule_is_held),
        ARENA_TEST(what_is_good_is_taken),
        ARENA_TEST(tables_are_found_by_name_and_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
