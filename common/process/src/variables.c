#include <inttypes.h>
#include <kt/process_variables.h>
#include <kt/time.h>

void
kt_variables_put(kt_variables_t *v, const char *name, kt_span_t value)
{
    KT_ASSERT(v->count < KT_PROCESS_VARIABLES_MAX);
    v->all[v->count++] = (kt_variable_t){.name = kt_span_str(name), .value = value};
}

void
kt_variables_put_number(kt_variables_t *v, const char *name, int64_t number)
{
    kt_variables_put(v, name, kt_span_str(kt_arena_printf(v->arena, "%" PRId64, number)));
}

const char *
kt_variables_date(const kt_variables_t *v, int32_t days)
{
    char text[11];

    kt_date_format(kt_date_from_days(days), text);
    return kt_arena_printf(v->arena, "%s", text);
}

void
kt_variables_put_date(kt_variables_t *v, const char *name, int32_t days)
{
    kt_variables_put(
        v, name, days == KT_DATE_NONE ? kt_span(NULL, 0) : kt_span_str(kt_variables_date(v, days)));
}

void
kt_variables_put_names(kt_variables_t *v, const char *name, const kt_list_t *names)
{
    const kt_span_t *items = (const kt_span_t *)names->items;
    const char *text = "";

    for (uint32_t i = 0; i < names->count; i++)
        text = kt_arena_printf(v->arena, "%s%s%.*s", text, i > 0 ? "," : "", (int)items[i].size,
                               (const char *)items[i].data);
    kt_variables_put(v, name, kt_span_str(text));
}
