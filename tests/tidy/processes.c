/* Draws the processes of every department as Markdown: docs/processes.md. */
#include "departments.h"

#include <kt/process.h>
#include <stdio.h>

#define DAY_US    (INT64_C(86400) * 1000000)
#define HOUR_US   (INT64_C(3600) * 1000000)
#define MINUTE_US (INT64_C(60) * 1000000)

/* "Budgets/Reserve" of "/kantor.finance.v1.Budgets/Reserve". */
static const char *
method_name(const kt_command_t *command)
{
    return strrchr(command->method, '.') + 1;
}

static void
print_span(int64_t span_us)
{
    if (span_us % DAY_US == 0)
        (void)printf("%lld d", (long long)(span_us / DAY_US));
    else if (span_us % HOUR_US == 0)
        (void)printf("%lld h", (long long)(span_us / HOUR_US));
    else
        (void)printf("%lld min", (long long)(span_us / MINUTE_US));
}

static void
print_texts(const char *const *texts)
{
    for (const char *const *text = texts; *text; text++)
        (void)printf("%s%s", text == texts ? "" : " or ", *text);
}

/* ---- the table ---- */

static const char *
class_name(const kt_step_t *step)
{
    return step->class == KT_STEP_COMPENSATABLE ? "compensatable"
           : step->class == KT_STEP_PIVOT       ? "**pivot**"
                                                : "retriable";
}

static void
print_method(const kt_step_t *step)
{
    if (step->kind == KT_STEP_UNTIL) {
        (void)printf("waits until `%s`", step->instant + 1);
        return;
    }
    (void)printf("%s%s", step->kind == KT_STEP_WAIT ? "asks " : "", method_name(&step->run));
    if (step->kind == KT_STEP_WAIT) {
        (void)printf(" until `%s` is ", step->field);
        print_texts(step->hoped);
    }
    if (step->never && step->never[0]) {
        (void)printf("; no more when `%s` is ",
                     step->never_field ? step->never_field : step->field);
        print_texts(step->never);
    }
    if (step->door.method)
        (void)printf("; its door is %s", method_name(&step->door));
}

static void
print_undo(const kt_step_t *step)
{
    if (step->undo.method)
        (void)printf("%s", method_name(&step->undo));
    else if (step->class == KT_STEP_COMPENSATABLE)
        (void)printf("nothing to undo");
}

static void
print_rows(const kt_process_table_t *table)
{
    (void)printf("| step | what | department | method | class | compensation | deadline | owner |\n"
                 "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (uint32_t i = 0; i < table->steps_count; i++) {
        const kt_step_t *step = &table->steps[i];

        (void)printf("| %s | %s", step->name, step->what);
        if (step->only_with)
            (void)printf(" (only with `%s`)", step->only_with + 1);
        (void)printf(" | %s | ", step->run.department ? step->run.department : "");
        print_method(step);
        (void)printf(" | %s | ", class_name(step));
        print_undo(step);
        (void)printf(" | ");
        if (step->deadline_us > 0)
            print_span(step->deadline_us);
        (void)printf(" | %s |\n", step->owner);
    }
}

static void
print_reservations(const kt_process_table_t *table)
{
    for (uint32_t i = 0; i < table->steps_count; i++) {
        const kt_step_t *step = &table->steps[i];

        if (step->reserves_us == 0)
            continue;
        (void)printf("\nWhat %s reserves ends by itself after ", step->name);
        print_span(step->reserves_us);
        (void)printf("; %s makes it lasting.\n", step->confirmed_by);
    }
}

/* ---- the flow ---- */

static void
draw_step(const kt_step_t *step, uint32_t at)
{
    static const struct {
        const char *open, *close;
    } SHAPES[] = {[KT_STEP_COMMAND] = {"[", "]"},
                  [KT_STEP_WAIT] = {"{{", "}}"},
                  [KT_STEP_UNTIL] = {"([", "])"}};

    (void)printf("    s%u%s\"%s%s%s<br/>%s\"%s\n", at, SHAPES[step->kind].open,
                 step->class == KT_STEP_PIVOT ? "<b>" : "", step->name,
                 step->class == KT_STEP_PIVOT ? "</b>" : "",
                 step->kind == KT_STEP_COMMAND ? step->run.department : step->owner,
                 SHAPES[step->kind].close);
}

/* The compensations, from the pivot back to the start. */
static void
draw_undoing(const kt_process_table_t *table)
{
    uint32_t pivot = 0;

    while (table->steps[pivot].class != KT_STEP_PIVOT)
        pivot++;
    for (uint32_t i = pivot; i-- > 0;)
        if (table->steps[i].undo.method)
            (void)printf("    u%u[\"%s<br/>%s\"]\n    s%u -.- u%u\n", i,
                         method_name(&table->steps[i].undo), table->steps[i].undo.department, i, i);
    (void)printf("    s%u -. no .-> ", pivot);
    for (uint32_t i = pivot; i-- > 0;)
        if (table->steps[i].undo.method)
            (void)printf("u%u --> ", i);
    (void)printf("rejected([rejected])\n");
}

static void
draw(const kt_process_table_t *table)
{
    (void)printf("\n```mermaid\nflowchart TD\n");
    for (uint32_t i = 0; i < table->steps_count; i++)
        draw_step(&table->steps[i], i);
    (void)printf("    s0");
    for (uint32_t i = 1; i < table->steps_count; i++)
        (void)printf(" --> s%u", i);
    (void)printf(" --> done([done])\n");
    draw_undoing(table);
    (void)printf("```\n");
}

static void
print_table(const char *department, const kt_process_table_t *table)
{
    (void)printf("\n## %s (%s)\n\n%s; version %u.\n\n", table->name, department, table->what,
                 table->version);
    print_rows(table);
    print_reservations(table);
    draw(table);
}

int
main(void)
{
    (void)printf(
        "# Processes across departments\n\n"
        "What is done by whom, and what undoes it. Steps are done one after the other. Until the "
        "pivot, a step that is refused or a\n"
        "wait that expires undoes what was done, the last first; after it there is only forward, "
        "and what stands still is an incident\n"
        "for the step's owner. A deadline is of silence for a command, and of the answer for a "
        "wait (`docs/architecture.md`).\n\n"
        "In the drawings a hexagon waits for people, whose role it bears, and dotted lines lead to "
        "what undoes a step.\n\n"
        "Made from the code by `tests/tidy/processes.c`; a test holds this page against it.\n");
    for (uint32_t d = 0; d < DEPARTMENTS; d++)
        for (uint32_t t = 0; department(d)->processes && t < department(d)->processes->tables_count;
             t++)
            print_table(department(d)->name, department(d)->processes->tables[t]);
    return ferror(stdout) ? 1 : 0;
}
