/* process_variables.h: what a process begins with, as texts that bindings read (kt/process.h). */
#ifndef KT_PROCESS_VARIABLES_H
#define KT_PROCESS_VARIABLES_H

#include <kt/process.h>

typedef struct kt_variables {
    kt_arena_t *arena;
    kt_variable_t all[KT_PROCESS_VARIABLES_MAX];
    uint32_t count;
} kt_variables_t;

/* Texts are made in ARENA; whether it was used up is asked of it once, at the end. */
static inline kt_variables_t
kt_variables(kt_arena_t *arena)
{
    return (kt_variables_t){.arena = arena};
}

/* VALUE is borrowed. More than KT_PROCESS_VARIABLES_MAX are a bug. */
void kt_variables_put(kt_variables_t *v, const char *name, kt_span_t value);
void kt_variables_put_number(kt_variables_t *v, const char *name, int64_t number);
/* Nothing for KT_DATE_NONE. */
void kt_variables_put_date(kt_variables_t *v, const char *name, int32_t days);
/* Names divided by ','. */
void kt_variables_put_names(kt_variables_t *v, const char *name, const kt_list_t *names);
/* "2026-12-31", in the arena. */
const char *kt_variables_date(const kt_variables_t *v, int32_t days);

#endif
