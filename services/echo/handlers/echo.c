/* The smallest handlers of each kind: the first thing to read (docs/adding-a-method.md is the
 * second). */
#include "echo.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- the service's state ---- */

typedef struct echo_state {
    char instance[32];
} echo_state_t;

kt_status_t
echo_start(kt_txn_t *txn, void **state)
{
    echo_state_t *made = (echo_state_t *)calloc(1, sizeof(*made));

    (void)txn; /* this service keeps no store */
    if (!made)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "out of memory");
    (void)snprintf(made->instance, sizeof(made->instance), "pid-%ld", (long)getpid());
    *state = made;
    return kt_ok();
}

void
echo_stop(void *state)
{
    free(state);
}

/* ---- unary ---- */

/* The status that the caller asked to see. */
static kt_status_t
asked_failure(kt_call_t *call, uint32_t code)
{
    return kt_error((kt_code_t)code, 0,
                    kt_arena_printf(call->arena, "you asked for %s", kt_code_name(code)));
}

/* Each request is checked before anything else. The response may borrow from it: both live until
 * the reply has left. */
static kt_status_t
echo(kt_call_t *call, const echo_echo_request_t *request, echo_echo_response_t *response)
{
    if (request->payload.len > ECHO_PAYLOAD_BYTES_MAX)
        return kt_call_bad_field(call, "must be at most 1 MiB", "payload");
    if (request->hold_ms > ECHO_HOLD_MS_MAX)
        return kt_call_bad_field(call, "must be at most 60,000", "hold_ms");
    if (request->fail_code >= KT_CODE_COUNT)
        return kt_call_bad_field(call, "must be a gRPC code, 0 to 16", "fail_code");
    if (request->hold_ms > 0 && call->runs == 0)
        return kt_call_again(call, request->hold_ms); /* no thread waits meanwhile */
    if (request->fail_code != KT_OK)
        return asked_failure(call, request->fail_code);
    response->payload = request->payload;
    response->instance = ((echo_state_t *)call->service)->instance;
    return kt_ok();
}

/* ---- server streaming: what is kept between the steps lies in call->state ---- */

typedef struct count {
    uint64_t next, left;
} count_t;

static kt_status_t
count_take(kt_call_t *call, const echo_count_request_t *request)
{
    count_t *count;

    if (!request)
        return kt_ok(); /* the caller has no more to say, and never had */
    if (request->to > request->from && request->to - request->from > ECHO_COUNT_MAX)
        return kt_call_bad_field(call, "must be at most from + 1,000,000", "to");
    count = KT_ARENA_NEW(call->stream_arena, count_t);
    if (!count)
        return kt_call_out_of_memory(call);
    count->next = request->from;
    count->left = request->to < request->from ? 0 : request->to - request->from + 1;
    call->state = count;
    return kt_ok();
}

static kt_status_t
count_give(kt_call_t *call, echo_number_t *response, kt_give_t *given)
{
    count_t *count = (count_t *)call->state;

    if (count->left == 0) {
        *given = KT_GIVE_END;
        return kt_ok();
    }
    response->value = count->next++;
    count->left--;
    *given = KT_GIVE_MESSAGE;
    return kt_ok();
}

/* ---- client streaming: one answer, after the last message ---- */

typedef struct sum {
    uint64_t count, sum;
} sum_t;

static kt_status_t
sum_take(kt_call_t *call, const echo_number_t *request)
{
    sum_t *sum = (sum_t *)call->state;

    if (!sum)
        call->state = sum = KT_ARENA_NEW(call->stream_arena, sum_t);
    if (!sum)
        return kt_call_out_of_memory(call);
    if (request) {
        sum->count++;
        sum->sum += request->value;
    }
    return kt_ok();
}

static kt_status_t
sum_give(kt_call_t *call, echo_sum_response_t *response, kt_give_t *given)
{
    const sum_t *sum = (const sum_t *)call->state;

    response->count = sum->count;
    response->sum = sum->sum;
    *given = KT_GIVE_END;
    return kt_ok();
}

/* ---- bidirectional: the next message comes when this one is answered ---- */

typedef struct twice {
    bool pending, last;
    uint64_t value;
} twice_t;

static twice_t *
twice_of(kt_call_t *call)
{
    if (!call->state)
        call->state = KT_ARENA_NEW(call->stream_arena, twice_t);
    return (twice_t *)call->state;
}

static kt_status_t
twice_take(kt_call_t *call, const echo_number_t *request)
{
    twice_t *twice = twice_of(call);

    if (!twice)
        return kt_call_out_of_memory(call);
    twice->pending = request != NULL;
    twice->last = request == NULL;
    twice->value = request ? request->value : 0;
    return kt_ok();
}

static kt_status_t
twice_give(kt_call_t *call, echo_number_t *response, kt_give_t *given)
{
    twice_t *twice = twice_of(call);

    if (!twice)
        return kt_call_out_of_memory(call);
    *given = twice->pending ? KT_GIVE_MESSAGE : twice->last ? KT_GIVE_END : KT_GIVE_WAIT;
    response->value = 2 * twice->value;
    twice->pending = false;
    return kt_ok();
}

const echo_echo_handlers_t echo_handlers = {
    .echo = echo,
    .count_take = count_take,
    .count_give = count_give,
    .sum_take = sum_take,
    .sum_give = sum_give,
    .twice_take = twice_take,
    .twice_give = twice_give,
};
