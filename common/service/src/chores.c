#include "chores.h"
#include "shell.h"

#include <kt/log.h>
#include <kt/message.h>
#include <kt/process_bind.h>
#include <kt/time.h>
#include <stdlib.h>

#define ARENA_BYTES_MAX  ((size_t)1 << 20)
#define AFTER_BYTES_MAX  128
#define CHORE_TIMEOUT_MS 10000

typedef struct due {
    const kt_chore_t *chore;
    const kt_method_t *method;
    int64_t next_us;
    bool open;
    unsigned failures;               /* in a row */
    char after[AFTER_BYTES_MAX + 1]; /* where it goes on; empty: from the beginning */
} due_t;

struct kt_chores {
    kt_prng_t prng;    /* of the keys */
    kt_arena_t *arena; /* of one call, and of one answer */
    uint32_t count;
    due_t due[];
};

static const kt_method_t *
find_method(const kt_service_t *service, const char *path)
{
    for (uint32_t i = 0; i < service->bindings_count; i++) {
        const kt_service_desc_t *desc = service->bindings[i].desc;
        for (uint32_t j = 0; j < desc->methods_count; j++)
            if (strcmp(desc->methods[j].path, path) == 0)
                return &desc->methods[j];
    }
    return NULL;
}

static void
fail(due_t *due, kt_caller_loop_t *loop, kt_status_t status, int64_t now_us)
{
    kt_log(due->failures == 0 ? KT_LOG_WARNING : KT_LOG_DEBUG, "chore-failed",
           "method=%s code=%s text=%s", due->chore->method, kt_code_name(status.code),
           status.text ? status.text : "");
    due->failures++;
    due->next_us = now_us + kt_caller_backoff_us(loop, due->failures);
}

/* ---- as a source of the caller ---- */

static kt_status_t
begin(struct kt_chores *chores, due_t *due, kt_caller_loop_t *loop)
{
    kt_ulid_t key = kt_ulid_make(kt_clock_wall_us(), (uint16_t)kt_prng_next(&chores->prng),
                                 kt_prng_next(&chores->prng));
    kt_call_options_t options = {.key = &key, .timeout_ms = CHORE_TIMEOUT_MS};
    ProtobufCMessage *request;

    kt_arena_reset(chores->arena);
    request = kt_message_new(chores->arena, due->method->request);
    if (!request)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a chore");
    if (due->after[0] &&
        kt_bind_set(chores->arena, request, due->chore->after, kt_span_str(due->after)))
        return kt_error(KT_INTERNAL, 0, "a chore cannot go on where it was");
    return kt_caller_call(loop, chores, due->method, &options, request,
                          (uint64_t)(due - chores->due));
}

static void
poll_chores(void *context, kt_caller_loop_t *loop, int64_t now_us)
{
    struct kt_chores *chores = (struct kt_chores *)context;

    for (uint32_t i = 0; i < chores->count; i++) {
        due_t *due = &chores->due[i];
        kt_status_t status;

        if (due->open || due->next_us > now_us)
            continue;
        status = begin(chores, due, loop);
        due->open = !kt_failed(status);
        if (kt_failed(status))
            fail(due, loop, status, now_us);
    }
}

/* The text of a field of the answer; empty without one. */
static kt_span_t
say(struct kt_chores *chores, const kt_reply_t *reply, const char *field)
{
    kt_span_t text = {0};

    if (field && kt_failed(kt_bind_get(chores->arena, reply->message, field, &text)))
        return kt_span(NULL, 0);
    return text;
}

static void
done(void *context, kt_caller_loop_t *loop, uint64_t tag, const kt_reply_t *reply, int64_t now_us)
{
    struct kt_chores *chores = (struct kt_chores *)context;
    due_t *due = &chores->due[tag];
    kt_span_t after;
    bool more;

    due->open = false;
    if (kt_failed(reply->status)) {
        fail(due, loop, reply->status, now_us);
        return;
    }
    kt_arena_reset(chores->arena);
    due->failures = 0;
    more = kt_span_equal(say(chores, reply, due->chore->more), kt_span_str("true"));
    after = more ? say(chores, reply, due->chore->after) : kt_span(NULL, 0);
    if (after.size > AFTER_BYTES_MAX)
        after.size = 0;
    if (after.size > 0)
        memcpy(due->after, after.data, after.size);
    due->after[after.size] = '\0';
    due->next_us = more ? now_us : now_us + due->chore->every_us;
}

static int64_t
next_us(void *context)
{
    const struct kt_chores *chores = (const struct kt_chores *)context;
    int64_t next = INT64_MAX;

    for (uint32_t i = 0; i < chores->count; i++)
        if (!chores->due[i].open)
            next = KT_MIN(next, chores->due[i].next_us);
    return next;
}

/* ---- making ---- */

kt_status_t
kt_chores_new(kt_shell_t *shell, struct kt_chores **chores)
{
    const kt_service_t *service = shell->service;
    struct kt_chores *made = (struct kt_chores *)calloc(1, sizeof(*made) + service->chores_count *
                                                                               sizeof(due_t));

    if (!made)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for chores");
    *chores = made;
    made->count = service->chores_count;
    made->arena = kt_arena_new(4096, ARENA_BYTES_MAX);
    if (!made->arena)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for chores");
    kt_prng_seed_system(&made->prng);
    for (uint32_t i = 0; i < made->count; i++) {
        due_t *due = &made->due[i];
        due->chore = &service->chores[i];
        due->method = find_method(service, due->chore->method);
        KT_ASSERT(due->method && due->method->kind == KT_METHOD_WRITE);
        due->next_us = kt_clock_mono_us() + due->chore->every_us;
    }
    kt_caller_add(
        shell->caller,
        &(kt_caller_source_t){
            .context = made, .poll = poll_chores, .done = done, .next_us = next_us, .deaf = true});
    return kt_ok();
}

void
kt_chores_destroy(struct kt_chores **chores)
{
    struct kt_chores *c = KT_TAKE(*chores);

    if (!c)
        return;
    kt_arena_destroy(&c->arena);
    free(c);
}
