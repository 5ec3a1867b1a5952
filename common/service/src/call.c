#include <kantor/rpc/v1/reason.kt.h>
#include <kt/call.h>
#include <kt/prng.h>
#include <kt/time.h>

void
kt_call_init(kt_call_t *call, kt_arena_t *arena, kt_txn_t *txn, const char *principal,
             int64_t now_us)
{
    *call = (kt_call_t){
        .now_us = now_us,
        .arena = arena,
        .txn = txn,
        .principal = principal,
        .deadline_us = INT64_MAX,
        .over_us = INT64_MAX,
        .retry_after_ms = -1,
        .again_ms = -1,
    };
}

kt_ulid_t
kt_call_new_id(kt_call_t *call)
{
    kt_prng_t prng;
    uint64_t high;

    kt_prng_seed(&prng, call->chance + call->ids++);
    high = kt_prng_next(&prng);
    return kt_ulid_make(call->now_us, (uint16_t)high, kt_prng_next(&prng));
}

kt_span_t
kt_call_new_name(kt_call_t *call)
{
    kt_ulid_t id = kt_call_new_id(call);
    char *name = (char *)kt_arena_alloc(call->arena, KT_ULID_CHARS + 1);

    if (!name)
        return kt_span(NULL, 0);
    kt_ulid_format_name(&id, name);
    return kt_span(name, KT_ULID_CHARS);
}

kt_status_t
kt_call_again(kt_call_t *call, uint32_t after_ms)
{
    KT_ASSERT(!call->method || call->method->kind != KT_METHOD_WRITE);
    call->again_ms = KT_MIN(after_ms, (uint32_t)KT_CALL_AGAIN_MS_MAX);
    return kt_ok();
}

kt_status_t
kt_call_await(kt_call_t *call, kt_news_t news, uint32_t after_ms)
{
    call->awaits = news;
    return kt_call_again(call, after_ms);
}

bool
kt_call_has_role(const kt_call_t *call, const char *role)
{
    for (uint32_t i = 0; i < call->roles_count; i++)
        if (strcmp(call->roles[i], role) == 0)
            return true;
    return false;
}

kt_status_t
kt_call_bad_field(kt_call_t *call, const char *description, const char *field_format, ...)
{
    const char *field;
    va_list args;

    va_start(args, field_format);
    field = kt_arena_vprintf(call->arena, field_format, args);
    va_end(args);
    if (call->violations_count < KT_VIOLATIONS_MAX)
        call->violations[call->violations_count++] = (kt_violation_t){.field = field,
                                                                      .description = description};
    return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD,
                    kt_arena_printf(call->arena, "%s: %s", field, description));
}

bool
kt_call_over(const kt_call_t *call)
{
    return kt_call_over_at(call, kt_clock_mono_us());
}

bool
kt_call_over_at(const kt_call_t *call, int64_t now_us)
{
    if (call->cancelled && atomic_load_explicit(call->cancelled, memory_order_relaxed))
        return true;
    return now_us >= call->over_us;
}

kt_status_t
kt_call_out_of_memory(const kt_call_t *call)
{
    (void)call;
    return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS,
                    "the call needs more memory than one call may have");
}
