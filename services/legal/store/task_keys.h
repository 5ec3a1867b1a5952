/* task_keys.h: keys of tasks, for the store's own use. */
#ifndef LEGAL_TASK_KEYS_H
#define LEGAL_TASK_KEYS_H

#include "store/tables.h"

#include <kt/rows.h>

/* task; and with days behind it, escalation */
static inline kt_key_t *
legal_task_key(kt_key_t *key, kt_span_t employee, kt_span_t policy, uint32_t version)
{
    return kt_key_u32(kt_key_name(kt_key_of_name(key, employee), policy), version);
}

/* task_open */
static inline kt_key_t *
legal_open_key(kt_key_t *key, kt_span_t policy, kt_span_t employee, uint32_t version)
{
    return legal_task_key(key, policy, employee, version);
}

/* task_next */
static inline kt_key_t *
legal_next_key(kt_key_t *key, int32_t date, kt_span_t employee, kt_span_t policy, uint32_t version)
{
    (void)kt_key_name(kt_key_name(kt_key_date(kt_key(key), date), employee), policy);
    return kt_key_u32(key, version);
}

/* What an index says that its table does not. */
static inline kt_status_t
legal_store_stray(const kt_call_t *call, const char *index)
{
    return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT,
                    kt_arena_printf(call->arena, "%s names what is not there", index));
}

#endif
