/* Holds a department's processes to their rules when it is built: cmake's kt_processes compiles
 * this once for each department, with the name of its kt_processes_t. */
#include <kt/process.h>
#include <stdio.h>

extern const kt_processes_t *KT_PROCESSES(void);

int
main(void)
{
    kt_arena_t *arena = kt_arena_new(4096, 1u << 20);
    const kt_processes_t *processes = KT_PROCESSES();
    int wrong = arena ? 0 : 1;

    for (uint32_t i = 0; arena && i < processes->tables_count; i++) {
        const char *problem = kt_process_wrong(arena, processes, processes->tables[i]);
        if (problem) {
            fprintf(stderr, "process table: %s\n", problem);
            wrong++;
        }
    }
    kt_arena_destroy(&arena);
    return wrong > 0;
}
