/* A call from its first frame to its END, as the front sees it. */
#include "shell.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/log.h>

#define BUSY_RETRY_MS 100

/* ---- arenas ---- */

static kt_arena_t *
take_arena(kt_arena_pool_t *pool)
{
    if (pool->count > 0)
        return pool->arenas[--pool->count];
    return kt_arena_new(KT_CALL_ARENA_FIRST, KT_CALL_ARENA_BYTES_MAX);
}

static void
give_arena(kt_arena_pool_t *pool, kt_arena_t *arena)
{
    if (!arena)
        return;
    kt_arena_reset(arena);
    KT_ASSERT(pool->count < pool->capacity);
    pool->arenas[pool->count++] = arena;
}

/* ---- who calls ---- */

/* C strings of a caller, in ARENA or (NULL) on the heap. */
static bool
copy_caller(kt_arena_t *arena, const kt_caller_t *caller, char **principal, const char ***roles)
{
    *principal = kt_arena_copy(arena, caller->principal);
    *roles = KT_ARENA_ARRAY(arena, const char *, caller->roles_count + 1);
    if (!*principal || !*roles)
        return false;
    for (uint32_t i = 0; i < caller->roles_count; i++)
        if (!((*roles)[i] = kt_arena_copy(arena, caller->roles[i])))
            return false;
    return true;
}

static bool
is_known(const kt_known_caller_t *known, const kt_caller_t *caller)
{
    if (!known->principal || known->roles_count != caller->roles_count ||
        !kt_span_equal(kt_span_str(known->principal), caller->principal))
        return false;
    for (uint32_t i = 0; i < caller->roles_count; i++)
        if (!kt_span_equal(kt_span_str(known->roles[i]), caller->roles[i]))
            return false;
    return true;
}

/* Principals are few and stay: their strings are made once, in a place chosen by the principal's
 * hash. Who finds the place taken by somebody else is copied into the call's arena. */
static kt_status_t
find_caller(kt_shell_t *shell, kt_call_t *call, const kt_caller_t *caller,
            const kt_known_caller_t **found)
{
    kt_known_caller_t *known =
        &shell->callers[kt_span_hash(KT_HASH_BEGIN, caller->principal) % KT_SHELL_CALLERS_MAX];

    *found = NULL;
    if (!known->principal) {
        if (!copy_caller(shell->callers_arena, caller, &known->principal, &known->roles)) {
            known->principal = NULL;
            return kt_call_out_of_memory(call);
        }
        known->roles_count = caller->roles_count;
    }
    if (is_known(known, caller))
        *found = known;
    return kt_ok();
}

static kt_status_t
name_caller(kt_shell_t *shell, kt_call_t *call, const kt_server_begin_t *begin)
{
    char *principal;
    const char **roles;

    if (shell->caller_number != begin->caller_number) {
        KT_TRY(find_caller(shell, call, begin->caller, &shell->last_caller));
        shell->caller_number = begin->caller_number;
    }
    if (shell->last_caller) {
        call->principal = shell->last_caller->principal;
        call->roles = shell->last_caller->roles;
    } else {
        if (!copy_caller(call->arena, begin->caller, &principal, &roles))
            return kt_call_out_of_memory(call);
        call->principal = principal;
        call->roles = roles;
    }
    call->roles_count = begin->caller->roles_count;
    return kt_ok();
}

static kt_status_t
check_roles(const kt_call_t *call)
{
    const kt_method_t *method = call->method;

    if (method->roles_count == 1 && strcmp(method->roles[0], "*") == 0)
        return kt_ok();
    for (uint32_t i = 0; i < method->roles_count; i++)
        if (kt_call_has_role(call, method->roles[i]))
            return kt_ok();
    return kt_error(KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING,
                    "none of the method's roles is the caller's");
}

/* ---- the beginning ---- */

/* What another department says of its journal is kept with what it writes here. */
static void
take_witness(kt_job_t *job, kt_span_t bytes)
{
    const kt_call_t *call = &job->call;

    if (call->shared_first == 0 || call->method->kind != KT_METHOD_WRITE ||
        !kt_call_has_role(call, KT_WITNESS_ROLE) ||
        strcmp(call->principal, job->shell->service->name) == 0 ||
        !kt_witness_decode(bytes, &job->write.witness))
        job->write.witness.size = 0;
}

static kt_status_t
read_meta(kt_shell_t *shell, kt_job_t *job, const kt_server_begin_t *begin, kt_span_t *key)
{
    kt_call_t *call = &job->call;
    kt_call_meta_t meta;

    KT_TRY(kt_call_meta_decode(kt_frame_span(begin->meta), &meta));
    *key = meta.key;
    take_witness(job, meta.witness);
    kt_job_trace_begin(shell, job, &meta.trace, &begin->caller->trace);
    if (meta.on_behalf_of.size > 0 &&
        !(call->on_behalf_of = kt_arena_copy(call->arena, meta.on_behalf_of)))
        return kt_call_out_of_memory(call);
    return kt_ok();
}

/* What makes a WRITE one that happens once: its key, and the digest of what it asks for. */
static kt_status_t
prepare_write(kt_job_t *job, kt_span_t key, kt_span_t body)
{
    kt_call_t *call = &job->call;
    kt_sha256_t sha;
    uint64_t from_digest, from_key;

    if (key.size != KT_ULID_BYTES)
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_KEY_MISSING,
                        "a write needs an idempotency key of 16 bytes");
    memcpy(call->key.bytes, key.data, KT_ULID_BYTES);
    kt_sha256_init(&sha);
    kt_sha256_add(&sha, kt_span_str(call->method->path));
    kt_sha256_add(&sha, body);
    job->write.digest = kt_sha256_end(&sha);
    memcpy(&from_digest, job->write.digest.bytes, sizeof(from_digest));
    memcpy(&from_key, call->key.bytes + KT_ULID_BYTES - sizeof(from_key), sizeof(from_key));
    call->chance = from_digest ^
                   (from_key + kt_span_hash(KT_HASH_BEGIN, kt_span_str(call->principal)));
    return kt_ok();
}

static kt_status_t
prepare(kt_shell_t *shell, kt_job_t *job, kt_server_begin_t *begin)
{
    kt_call_t *call = &job->call;
    kt_span_t key = kt_span(NULL, 0);

    if (!call->arena)
        return kt_call_out_of_memory(call);
    KT_TRY(name_caller(shell, call, begin));
    KT_TRY(read_meta(shell, job, begin, &key));
    KT_TRY(check_roles(call));
    if (shell->inside_bytes > KT_SHELL_INSIDE_BYTES_MAX) {
        call->retry_after_ms = BUSY_RETRY_MS;
        return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_QUEUE_FULL,
                        "the requests inside this instance are too large together");
    }
    if (call->method->client_streaming || call->method->server_streaming)
        return kt_stream_begin(shell, job, begin->body);
    KT_TRY(kt_step_unpack(job, begin->body, &job->write.request));
    job->inside_bytes = kt_arena_used(call->arena);
    shell->inside_bytes += job->inside_bytes;
    if (call->method->kind == KT_METHOD_WRITE)
        return prepare_write(job, key, kt_frame_span(begin->body));
    return kt_ok();
}

void
kt_job_begin(kt_shell_t *shell, kt_server_call_t *open, kt_server_begin_t *begin)
{
    kt_job_t *job = &shell->jobs[open->slot];
    kt_bound_t *bound = &shell->bound[open->method];
    int64_t wall_us = open->taken_us + shell->wall_offset_us;

    kt_call_init(&job->call, take_arena(&shell->arenas), NULL, NULL, wall_us);
    job->call.method = bound->method;
    job->call.store = bound->method->kind == KT_METHOD_ADMIN ? shell->store : NULL;
    job->call.service = bound->shared ? shell : shell->state;
    job->call.deadline_us = open->deadline_us + shell->wall_offset_us;
    job->call.over_us = open->deadline_us;
    job->call.cancelled = &job->cancelled;
    job->call.chance = kt_prng_next(&shell->prng);
    job->call.shared_first = shell->service->shared_first;
    job->call.department = shell->service->name;
    job->call.processes = shell->service->processes;
    job->shell = shell;
    job->bound = bound;
    job->open = open;
    job->write = (kt_write_t){.call = &job->call, .run = bound->run, .handlers = bound->handlers};
    job->taken_us = open->taken_us;
    job->away = job->kept = false;
    job->awaits = KT_NEWS_NONE;
    job->over = kt_ok();
    job->inside_bytes = 0;
    job->stream = NULL;
    atomic_store_explicit(&job->cancelled, false, memory_order_relaxed);
    kt_frame_init(&job->reply);

    job->write.status = prepare(shell, job, begin);
    if (kt_failed(job->write.status))
        kt_job_end(shell, job);
    else if (job->stream)
        kt_stream_turn(shell, job);
    else
        kt_job_hand_over(shell, job);
}

/* ---- handing over ---- */

void
kt_job_hand_over(kt_shell_t *shell, kt_job_t *job)
{
    job->away = true;
    for (unsigned i = 0; i < KT_NEWS_COUNT; i++)
        job->epochs[i] = shell->news[i].epoch;
    if (job->call.method->kind == KT_METHOD_WRITE) {
        kt_ring_push(&shell->to_writer, job);
        shell->write_knock = true;
    } else {
        kt_ring_push(&shell->to_readers, job);
        shell->read_knock = true;
    }
}

const kt_status_t kt_job_draining = {KT_UNAVAILABLE, RPC_REASON_DRAINING,
                                     "the instance is shutting down"};

bool
kt_job_waits_in_vain(const kt_shell_t *shell, const kt_job_t *job)
{
    /* What is only to be run again at a time has work of its own under way. */
    bool for_news = job->call.awaits != KT_NEWS_NONE || job->call.again_ms < 0;

    return shell->draining && job->call.method->kind == KT_METHOD_READ && for_news;
}

void
kt_job_await(kt_shell_t *shell, kt_job_t *job, kt_news_t news)
{
    job->awaits = news;
    shell->news[news].waiting++;
}

void
kt_job_awake(kt_shell_t *shell, kt_job_t *job)
{
    if (job->awaits != KT_NEWS_NONE)
        shell->news[job->awaits].waiting--;
    job->awaits = KT_NEWS_NONE;
}

static void
run_again(kt_shell_t *shell, kt_job_t *job)
{
    kt_job_awake(shell, job);
    job->call.runs++;
    kt_job_hand_over(shell, job);
}

void
kt_job_news(kt_shell_t *shell, kt_job_t *job)
{
    kt_server_alarm(shell->server, job->open, 0);
    run_again(shell, job);
}

/* The handler asked to be run again later (kt_call_again). */
static bool
sleeps(kt_shell_t *shell, kt_job_t *job)
{
    kt_news_t news = job->call.awaits;

    if (kt_failed(job->write.status) || job->call.again_ms < 0)
        return false;
    kt_frame_close(&job->reply);
    if (kt_job_waits_in_vain(shell, job)) {
        job->write.status = kt_job_draining;
        return false;
    }
    /* What came while it ran may be what it waits for. */
    if (news != KT_NEWS_NONE && job->epochs[news] != shell->news[news].epoch) {
        run_again(shell, job);
        return true;
    }
    kt_server_alarm(shell->server, job->open,
                    kt_clock_mono_us() + job->call.again_ms * KT_US_PER_MS);
    if (news != KT_NEWS_NONE)
        kt_job_await(shell, job, news);
    return true;
}

void
kt_job_back(kt_shell_t *shell, kt_job_t *job)
{
    job->away = false;
    if (job->stream) {
        kt_stream_back(shell, job);
        return;
    }
    /* Who did not run it knows less of why than the front; and what was to come later never will.
     */
    if (kt_failed(job->over) && (job->write.status.code == KT_CANCELLED || job->call.again_ms >= 0))
        job->write.status = job->over;
    if (kt_failed(job->over) || !sleeps(shell, job))
        kt_job_end(shell, job);
}

void
kt_job_over(kt_shell_t *shell, kt_job_t *job, kt_status_t why)
{
    job->over = why;
    atomic_store_explicit(&job->cancelled, true, memory_order_relaxed);
    if (job->away)
        return; /* it comes back sooner now */
    job->write.status = why;
    kt_job_end(shell, job);
}

void
kt_job_alarm(kt_shell_t *shell, kt_job_t *job)
{
    KT_ASSERT(!job->away);
    if (!job->stream) {
        run_again(shell, job);
        return;
    }
    kt_stream_wake(shell, job);
    kt_stream_turn(shell, job);
}

/* ---- the end ---- */

static uint32_t
span_us(int64_t from_us, int64_t to_us)
{
    if (from_us == 0 || to_us <= from_us)
        return 0;
    return to_us - from_us > UINT32_MAX ? UINT32_MAX : (uint32_t)(to_us - from_us);
}

static kt_timeline_t
timeline_of(const kt_job_t *job)
{
    const kt_write_t *write = &job->write;

    return (kt_timeline_t){
        .waited_us = span_us(job->taken_us, write->began_us),
        .ran_us = span_us(write->began_us, write->ran_us),
        .committed_us = span_us(write->ran_us, write->committed_us),
    };
}

/* The reply's frame: readers have packed it already, a write's lies in the arena. */
static void
take_reply(kt_job_t *job, kt_frame_t *body)
{
    kt_write_t *write = &job->write;

    kt_frame_init(body);
    if (kt_failed(write->status))
        return;
    if (job->call.method->kind != KT_METHOD_WRITE)
        kt_frame_move(body, &job->reply);
    else if (kt_failed(kt_frame_init_copy(body, write->reply)))
        /* It did happen; only the answer is lost, and the key brings it back. */
        *write = (kt_write_t){
            .status = kt_error(KT_UNAVAILABLE, 0, "no memory for the reply"),
            .outcome_unknown = true,
        };
}

/* What points at a bug or at damage is for the operator as well; all else is between the service
 * and its caller, whose words the text of a refusal may quote. */
static void
log_end(const kt_job_t *job)
{
    const kt_status_t status = job->write.status;
    bool bad = status.code == KT_INTERNAL || status.code == KT_DATA_LOSS ||
               status.code == KT_UNKNOWN;
    kt_log_level_t level = bad ? KT_LOG_WARNING : KT_LOG_DEBUG;
    char trace[KT_TRACE_ID_CHARS + 1], span[KT_TRACE_SPAN_CHARS + 1];
    const char *reason, *domain;

    if (!kt_log_enabled(level))
        return;
    reason = kt_reason_of(job->shell->service, status.reason, &domain);
    kt_trace_format_ids(&job->call.trace, trace, span);
    kt_log(level, "call", "method=%s principal=%s code=%s reason=%s text=%s trace_id=%s span_id=%s",
           job->call.method->path, job->call.principal ? job->call.principal : "",
           kt_code_name(status.code), reason ? reason : "", bad && status.text ? status.text : "",
           trace, span);
}

void
kt_job_end(kt_shell_t *shell, kt_job_t *job)
{
    kt_timeline_t timeline = timeline_of(job);
    kt_frame_t meta, body;

    kt_job_awake(shell, job);
    take_reply(job, &body);
    if (kt_failed(kt_end_frame(shell, job, &meta)))
        kt_frame_init(&meta);
    kt_shell_metrics_ended(shell, job);
    log_end(job);
    if (job->kept)
        kt_job_trace_end(shell, job);
    kt_server_end(shell->server, job->open, &meta, &body, &timeline);
    if (job->call.ended)
        job->call.ended(&job->call);
    if (job->stream)
        kt_stream_end(shell, job);
    kt_frame_close(&job->reply);
    shell->inside_bytes -= job->inside_bytes;
    give_arena(&shell->arenas, job->call.arena);
    give_arena(&shell->arenas, job->call.stream_arena);
    job->open = NULL;
}

kt_arena_t *
kt_job_take_arena(kt_shell_t *shell)
{
    return take_arena(&shell->arenas);
}
