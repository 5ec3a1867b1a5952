#include "handlers/kept.h"

kt_status_t
fin_kept(kt_call_t *call, const fin_attempt_t *attempt, kt_status_t status)
{
    if (status.code != KT_FAILED_PRECONDITION)
        return status;
    /* "finance.reservation": what kind of thing it is. */
    const char *kind = strchr(attempt->machine->name, '.') + 1;
    const char *subject = kt_arena_printf(call->arena, "%s %.*s", kind, (int)attempt->thing.size,
                                          (const char *)attempt->thing.data);
    return kt_call_refuse(call, status.reason, status.text, subject,
                          attempt->machine->states[attempt->state],
                          attempt->machine->commands[attempt->command]);
}
