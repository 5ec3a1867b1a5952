/* Every (state, command, role) of every transition table, with all guards, none, each one alone and
 * each one missing, against an oracle over the rows. */
#include "departments.h"
#include "testing.h"

#define ROLES_MAX 16

/* The roles that a table knows, each once. */
typedef struct {
    const char *names[ROLES_MAX];
    uint32_t count;
} roles_t;

static bool
has(const roles_t *roles, const char *role)
{
    for (uint32_t i = 0; i < roles->count; i++)
        if (strcmp(roles->names[i], role) == 0)
            return true;
    return false;
}

static roles_t
roles_of(const kt_machine_t *machine)
{
    roles_t roles = {.count = 0};
    for (uint32_t i = 0; i < machine->rows_count; i++) {
        const char *role = machine->rows[i].role;
        if (!role || has(&roles, role))
            continue;
        assert_true(roles.count < ROLES_MAX);
        roles.names[roles.count++] = role;
    }
    return roles;
}

/* ---- the oracle ---- */

/* How near a row comes: 0 is not of this step, 1 lacks the role, 2 the guard, 3 is taken. */
static int
nearness(const kt_transition_t *row, uint32_t state, uint32_t command, const roles_t *roles,
         uint32_t holds)
{
    if (row->state != state || row->command != command)
        return 0;
    if (row->role && !has(roles, row->role))
        return 1;
    return row->guard == KT_UNGUARDED || (holds & (1u << row->guard)) ? 3 : 2;
}

static void
check(const kt_machine_t *machine, uint32_t state, uint32_t command, const roles_t *roles,
      uint32_t holds)
{
    static const kt_step_answer_t ANSWERS[] = {KT_STEP_NO_ROW, KT_STEP_NO_ROLE, KT_STEP_NO_GUARD,
                                               KT_STEP_TAKEN};
    const kt_transition_t *nearest = NULL, *row = machine->rows;
    int best = 0;
    for (uint32_t i = machine->rows_count; i-- > 0;) { /* so the first of those alike remains */
        int near = nearness(&machine->rows[i], state, command, roles, holds);
        if (near > 0 && near >= best) {
            best = near;
            nearest = &machine->rows[i];
        }
    }
    const kt_machine_ask_t ask = {.state = state,
                                  .command = command,
                                  .roles = roles->names,
                                  .roles_count = roles->count,
                                  .holds = holds};
    kt_step_answer_t answer = kt_machine_ask(machine, &ask, &row);
    if (answer != ANSWERS[best] || row != nearest)
        fail_msg("%s: state %u, command %u, guards %x: answer %d, not %d", machine->name,
                 (unsigned)state, (unsigned)command, (unsigned)holds, (int)answer,
                 (int)ANSWERS[best]);
}

static uint32_t
walk_guards(const kt_machine_t *machine, uint32_t state, uint32_t command, const roles_t *roles)
{
    uint32_t all = (uint32_t)((UINT64_C(1) << machine->guards_count) - 1);
    check(machine, state, command, roles, 0);
    check(machine, state, command, roles, all);
    for (uint32_t g = 0; g < machine->guards_count; g++) {
        check(machine, state, command, roles, 1u << g);
        check(machine, state, command, roles, all & ~(1u << g));
    }
    return 2 + 2 * machine->guards_count;
}

/* ---- the walk ---- */

static void
every_step_of_every_table_is_as_its_rows_say(void **state)
{
    (void)state;
    uint32_t asked = 0, machines = 0;
    for (uint32_t d = 0; d < DEPARTMENTS; d++) {
        assert_true(department(d)->machines_count > 0);
        for (uint32_t m = 0; m < department(d)->machines_count; m++, machines++) {
            const kt_machine_t *machine = department(d)->machines[m];
            const roles_t all = roles_of(machine), none = {.count = 0};
            for (uint32_t s = 0; s < machine->states_count; s++)
                for (uint32_t c = 0; c < machine->commands_count; c++) {
                    asked += walk_guards(machine, s, c, &none);
                    asked += walk_guards(machine, s, c, &all);
                    for (uint32_t r = 0; r < all.count; r++) {
                        const roles_t one = {.names = {all.names[r]}, .count = 1};
                        asked += walk_guards(machine, s, c, &one);
                    }
                }
        }
    }
    print_message("%u questions to %u tables\n", (unsigned)asked, (unsigned)machines);
    assert_true(asked > 0);
}

static void
every_table_is_sound_and_named_for_its_department(void **state)
{
    (void)state;
    for (uint32_t d = 0; d < DEPARTMENTS; d++)
        for (uint32_t m = 0; m < department(d)->machines_count; m++) {
            const kt_machine_t *machine = department(d)->machines[m];
            const char *wrong = kt_machine_wrong(machine);
            size_t size = strlen(department(d)->name);
            if (wrong)
                fail_msg("%s: %s", machine->name ? machine->name : "a table", wrong);
            assert_memory_equal(machine->name, department(d)->name, size);
            assert_int_equal(machine->name[size], '.');
            for (uint32_t o = 0; o < m; o++)
                assert_string_not_equal(machine->name, department(d)->machines[o]->name);
        }
}

/* A row for a role that no method admits is one that nobody can take. */
static bool
some_method_admits(const kt_service_t *service, const char *role)
{
    for (uint32_t b = 0; b < service->bindings_count; b++)
        for (uint32_t m = 0; m < service->bindings[b].desc->methods_count; m++) {
            const kt_method_t *method = &service->bindings[b].desc->methods[m];
            for (uint32_t r = 0; r < method->roles_count; r++)
                if (method->kind == KT_METHOD_WRITE &&
                    (strcmp(method->roles[r], role) == 0 || strcmp(method->roles[r], "*") == 0))
                    return true;
        }
    return false;
}

static void
every_role_of_a_table_may_call(void **state)
{
    (void)state;
    for (uint32_t d = 0; d < DEPARTMENTS; d++)
        for (uint32_t m = 0; m < department(d)->machines_count; m++) {
            const roles_t roles = roles_of(department(d)->machines[m]);
            for (uint32_t r = 0; r < roles.count; r++)
                if (!some_method_admits(department(d), roles.names[r]))
                    fail_msg("%s: no method admits %s", department(d)->machines[m]->name,
                             roles.names[r]);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_of_every_table_is_as_its_rows_say),
        cmocka_unit_test(every_table_is_sound_and_named_for_its_department),
        cmocka_unit_test(every_role_of_a_table_may_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
