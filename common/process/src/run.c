#include <kantor/process/v1/process.kt.h>
#include <kt/map.h>
#include <kt/message.h>
#include <kt/prng.h>
#include <kt/process_bind.h>
#include <kt/process_run.h>
#include <kt/wire.h>
#include <stdio.h>
#include <stdlib.h>

#define TURNS_AT_ONCE 256
#define NEWS_MAX      8 /* variables of a question that news may be of */
/* An answer that is kept goes to the own department as a part of a message. */
#define ANSWER_BYTES_MAX (KT_BODY_BYTES_MAX - 4096)

typedef struct turn {
    uint64_t number;
    kt_ulid_t process;
    int64_t due_us;    /* not before */
    uint32_t attempts; /* without an answer, or without the one hoped for */
    bool sent;
    int64_t asked_us;    /* when what is open, or was open last, was sent */
    int64_t deadline_us; /* of the step */
    bool answered_late;  /* a wait: asked after its deadline, and the answer was not the one */
    int64_t silent_us;   /* since when there has been no answer; 0: there was one */
    kt_step_kind_t kind;
    uint64_t news[NEWS_MAX]; /* hashes of the texts it asks with */
    uint32_t news_count;
    bool asked_anew; /* there was news while it was being asked */
    const kt_step_t *step;
    kt_process_phase_t phase;
    char silence[KT_PROCESS_NOTE_BYTES_MAX + 1]; /* what the last failure said */

    /* What is to be told to the own department; verdict 0: nothing yet. */
    kt_verdict_t verdict;
    uint32_t code;
    char text[KT_PROCESS_NOTE_BYTES_MAX + 1];
    kt_ulid_t settle_key;
    char traceparent[KT_TRACEPARENT_CHARS + 1]; /* or empty */
    uint8_t *answer;                            /* heap */
    size_t answer_size;
} turn_t;

struct kt_run {
    kt_run_options_t options;
    kt_prng_t prng;
    kt_map_t *turns;   /* by number */
    kt_arena_t *arena; /* of one answer */
    uint64_t seen;
    int64_t next_us, looked_us;
    kt_run_stat_t stat;
};

#define ANSWER_ARENA_BYTES_MAX ((size_t)16 << 20)

kt_run_t *
kt_run_new(const kt_run_options_t *options)
{
    kt_run_t *run = (kt_run_t *)calloc(1, sizeof(*run));

    if (!run)
        return NULL;
    run->options = *options;
    kt_prng_seed(&run->prng, options->seed);
    run->turns = kt_map_new(64);
    run->arena = kt_arena_new(4096, ANSWER_ARENA_BYTES_MAX);
    if (!run->turns || !run->arena)
        kt_run_destroy(&run);
    return run;
}

static void
forget(kt_run_t *run, turn_t *turn)
{
    (void)kt_map_remove(run->turns, turn->number);
    free(turn->answer);
    free(turn);
}

void
kt_run_destroy(kt_run_t **run)
{
    kt_run_t *r = KT_TAKE(*run);
    size_t cursor = 0;
    uint64_t number;
    void *turn;

    if (!r)
        return;
    while (r->turns && kt_map_next(r->turns, &cursor, &number, &turn)) {
        free(((turn_t *)turn)->answer);
        free(turn);
    }
    kt_map_destroy(&r->turns);
    kt_arena_destroy(&r->arena);
    free(r);
}

/* ---- time ---- */

static void
wake_at(kt_run_t *run, turn_t *turn, int64_t due_us)
{
    turn->due_us = due_us;
    run->next_us = KT_MIN(run->next_us, due_us);
}

/* Half of it for sure, the rest by chance, so that many do not come back together. */
static int64_t
spread(kt_run_t *run, int64_t wait_us)
{
    return wait_us / 2 + (int64_t)kt_prng_below(&run->prng, (uint64_t)(wait_us / 2) + 1);
}

static int64_t
doubled(int64_t first_us, int64_t max_us, uint32_t times)
{
    int64_t wait_us = first_us;

    while (times-- > 0 && wait_us < max_us)
        wait_us *= 2;
    return KT_MIN(wait_us, max_us);
}

/* ---- what is to be told ---- */

/* So much of a text from elsewhere as can be told. */
static void
put_text(char out[KT_PROCESS_NOTE_BYTES_MAX + 1], const char *text)
{
    kt_span_t fits = kt_utf8_cut(kt_span_str(text), KT_PROCESS_NOTE_BYTES_MAX);

    if (fits.size > 0)
        memcpy(out, fits.data, fits.size);
    out[fits.size] = '\0';
}

static kt_ulid_t
new_key(kt_run_t *run, int64_t now_us)
{
    uint16_t high = (uint16_t)kt_prng_next(&run->prng);

    return kt_ulid_make(now_us, high, kt_prng_next(&run->prng));
}

static void
conclude(kt_run_t *run, turn_t *turn, kt_verdict_t verdict, const char *text, int64_t now_us)
{
    turn->verdict = verdict;
    turn->attempts = 0;
    put_text(turn->text, text);
    turn->settle_key = new_key(run, now_us);
    wake_at(run, turn, now_us);
}

static kt_status_t
pack_settlement(const kt_call_t *call, const turn_t *turn, kt_span_t *body)
{
    process_settle_request_t request = PROCESS_SETTLE_REQUEST_INIT;
    char id[KT_ULID_CHARS + 1];

    kt_ulid_format(&turn->process, id);
    request.process = id;
    request.turn = turn->number;
    request.verdict = (process_verdict_t)turn->verdict;
    request.code = turn->code;
    request.text = (char *)(uintptr_t)turn->text;
    request.answer = (ProtobufCBinaryData){.data = turn->answer, .len = turn->answer_size};
    return kt_message_pack(call->arena, &request.base, body);
}

/* ---- sending ---- */

static void
sent(kt_run_t *run, turn_t *turn, int64_t now_us)
{
    turn->sent = true;
    turn->asked_us = now_us;
    turn->due_us = INT64_MAX;
    run->stat.inflight++;
    run->stat.sent++;
}

static uint64_t
tag_of(const turn_t *turn)
{
    return turn->number * 2 + (turn->verdict != 0);
}

static kt_status_t
tell(kt_run_t *run, const kt_call_t *call, turn_t *turn, int64_t now_us)
{
    kt_run_send_t send = {
        .tag = tag_of(turn),
        .department = run->options.department,
        .method = &process_processes_service.methods[PROCESS_PROCESSES_SETTLE],
        .key = &turn->settle_key,
        .traceparent = turn->traceparent[0] ? turn->traceparent : NULL,
        .timeout_ms = KT_RUN_TIMEOUT_MS,
    };

    KT_TRY(pack_settlement(call, turn, &send.body));
    if (run->options.send(run->options.context, &send))
        sent(run, turn, now_us);
    else
        wake_at(run, turn, now_us + KT_RUN_BACKOFF_MIN_US);
    return kt_ok();
}

static void
remember(turn_t *turn, const kt_turn_t *from)
{
    turn->process = from->process;
    turn->step = from->step;
    turn->phase = from->phase;
    turn->kind = from->kind;
    turn->deadline_us = from->deadline_us;
    (void)snprintf(turn->traceparent, sizeof(turn->traceparent), "%s",
                   from->traceparent ? from->traceparent : "");
    turn->news_count = 0;
    for (uint32_t i = 0; i < from->texts_count && i < NEWS_MAX; i++)
        if (from->texts[i])
            turn->news[turn->news_count++] = kt_span_hash(KT_HASH_BEGIN,
                                                          kt_span_str(from->texts[i]));
}

/* Whether its time is over, or it has come; then it is concluded. */
static bool
is_over(kt_run_t *run, turn_t *turn, const kt_turn_t *from, int64_t now_us)
{
    switch (from->kind) {
    case KT_STEP_UNTIL:
        if (now_us >= from->due_us)
            conclude(run, turn, KT_VERDICT_DONE, NULL, now_us);
        else
            wake_at(run, turn, from->due_us);
        return true;
    case KT_STEP_WAIT:
        if (turn->answered_late)
            conclude(run, turn, KT_VERDICT_EXPIRED, NULL, now_us);
        else if (turn->silent_us != 0 &&
                 now_us - KT_RUN_SILENCE_US >= KT_MAX(turn->silent_us, from->deadline_us))
            conclude(run, turn, KT_VERDICT_UNKNOWN, turn->silence, now_us);
        else
            return false;
        return true;
    case KT_STEP_COMMAND:
        /* Tried once more at its deadline: perhaps nobody was here to try it before. */
        if (now_us < from->deadline_us || turn->asked_us < from->deadline_us)
            return false;
        conclude(run, turn, KT_VERDICT_UNKNOWN,
                 turn->silence[0] ? turn->silence : "no definite answer until the deadline",
                 now_us);
        return true;
    }
    return false;
}

static kt_status_t
send_turn(kt_run_t *run, const kt_call_t *call, turn_t *turn, int64_t now_us)
{
    kt_turn_t from;
    bool found;
    const char *problem;
    kt_run_send_t send;

    KT_TRY(kt_process_turn(call, run->options.processes, turn->number, &from, &found, &problem));
    if (!found) {
        forget(run, turn);
        return kt_ok();
    }
    remember(turn, &from);
    if (problem) {
        conclude(run, turn, KT_VERDICT_UNKNOWN, problem, now_us);
        return kt_ok();
    }
    if (is_over(run, turn, &from, now_us))
        return kt_ok();
    send = (kt_run_send_t){
        .tag = tag_of(turn),
        .department = from.command->department,
        .method = from.method,
        .key = from.method->kind == KT_METHOD_WRITE ? &from.key : NULL,
        .on_behalf_of = from.on_behalf_of,
        .traceparent = from.traceparent,
        .body = from.body,
        .timeout_ms = KT_RUN_TIMEOUT_MS,
    };
    if (run->options.send(run->options.context, &send))
        sent(run, turn, now_us);
    else
        wake_at(run, turn, now_us + KT_RUN_BACKOFF_MIN_US);
    return kt_ok();
}

/* ---- looking ---- */

static kt_status_t
find_new(kt_run_t *run, const kt_call_t *call, int64_t now_us)
{
    uint64_t numbers[TURNS_AT_ONCE];
    uint32_t count;

    do {
        KT_TRY(kt_process_turns(call, run->seen, TURNS_AT_ONCE, numbers, &count));
        for (uint32_t i = 0; i < count && kt_map_size(run->turns) < KT_RUN_TURNS_MAX; i++) {
            turn_t *turn = (turn_t *)calloc(1, sizeof(*turn));
            if (!turn || !kt_map_put(run->turns, numbers[i], turn)) {
                free(turn);
                return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for what is to be sent");
            }
            turn->number = numbers[i];
            run->seen = numbers[i];
            wake_at(run, turn, now_us);
        }
    } while (count == TURNS_AT_ONCE && kt_map_size(run->turns) < KT_RUN_TURNS_MAX);
    return kt_ok();
}

/* The numbers of what is due, in the call's arena: sending may forget turns. */
static uint64_t *
due_turns(kt_run_t *run, const kt_call_t *call, int64_t now_us, uint32_t *count)
{
    uint64_t *due = KT_ARENA_ARRAY(call->arena, uint64_t, kt_map_size(run->turns) + 1);
    size_t cursor = 0;
    uint64_t number;
    void *turn;

    *count = 0;
    run->next_us = INT64_MAX;
    while (due && kt_map_next(run->turns, &cursor, &number, &turn)) {
        int64_t due_us = ((turn_t *)turn)->due_us;
        if (due_us <= now_us)
            due[(*count)++] = number;
        else
            run->next_us = KT_MIN(run->next_us, due_us);
    }
    return due;
}

static int
compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Waits are told by the clock on the wall. When it is set back, they would be so much longer. */
static void
mind_the_clock(kt_run_t *run, int64_t now_us)
{
    bool back = run->looked_us - now_us > KT_RUN_BACKOFF_MIN_US;
    size_t cursor = 0;
    uint64_t number;
    void *turn;

    run->looked_us = now_us;
    while (back && kt_map_next(run->turns, &cursor, &number, &turn))
        if (!((turn_t *)turn)->sent)
            wake_at(run, (turn_t *)turn, now_us);
}

/* One that fails does not keep the others from their turn, and is tried again. */
static kt_status_t
send_due(kt_run_t *run, const kt_call_t *call, int64_t now_us)
{
    kt_status_t first = kt_ok();
    uint32_t count;
    uint64_t *due = due_turns(run, call, now_us, &count);

    if (!due) {
        run->next_us = now_us + KT_RUN_BACKOFF_MIN_US;
        return kt_call_out_of_memory(call);
    }
    qsort(due, count, sizeof(*due), compare); /* the oldest first */
    for (uint32_t i = 0; i < count; i++) {
        turn_t *turn = (turn_t *)kt_map_get(run->turns, due[i]);
        kt_status_t status;
        if (run->stat.inflight >= KT_RUN_INFLIGHT_MAX) {
            run->next_us = KT_MIN(run->next_us, now_us + KT_RUN_BACKOFF_MIN_US);
            break;
        }
        status = turn->verdict ? tell(run, call, turn, now_us) : send_turn(run, call, turn, now_us);
        if (!kt_failed(status))
            continue;
        wake_at(run, turn, now_us + KT_RUN_BACKOFF_MIN_US);
        first = kt_failed(first) ? first : status;
    }
    return first;
}

kt_status_t
kt_run_poll(kt_run_t *run, const kt_call_t *call, int64_t now_us)
{
    kt_status_t found, sent_all = kt_ok();

    mind_the_clock(run, now_us);
    found = find_new(run, call, now_us);
    if (now_us >= run->next_us)
        sent_all = send_due(run, call, now_us);
    return kt_failed(found) ? found : sent_all;
}

int64_t
kt_run_next_us(const kt_run_t *run)
{
    return run->next_us;
}

/* ---- answers ---- */

static bool
is_business(const kt_run_reply_t *reply)
{
    if (reply->outcome_unknown || !reply->domain)
        return false;
    if (strcmp(reply->domain, "kantor.rpc") != 0)
        return reply->status.code != KT_UNAVAILABLE && reply->status.code != KT_INTERNAL &&
               reply->status.code != KT_DATA_LOSS && reply->status.code != KT_ABORTED;
    return reply->reason && strcmp(reply->reason, "BAD_FIELD") == 0;
}

static bool
is_one_of(kt_span_t text, const char *const *texts)
{
    for (; texts && *texts; texts++)
        if (kt_span_equal(text, kt_span_str(*texts)))
            return true;
    return false;
}

static void
silent(kt_run_t *run, turn_t *turn, const char *why, int64_t now_us)
{
    put_text(turn->silence, why ? why : "no answer");
    turn->silent_us = turn->silent_us ? turn->silent_us : now_us;
    run->stat.silent++;
    wake_at(run, turn,
            now_us + spread(run, doubled(KT_RUN_BACKOFF_MIN_US, KT_RUN_BACKOFF_MAX_US,
                                         turn->attempts++)));
}

/* Whether the own department can read it, with less memory than it has for that. */
static bool
can_be_kept(kt_run_t *run, const turn_t *turn, kt_span_t answer)
{
    const kt_method_t *method = kt_process_method(run->options.processes, turn->step->run.method);
    ProtobufCMessage *message;

    if (answer.size > ANSWER_BYTES_MAX)
        return false;
    kt_arena_reset(run->arena);
    return kt_message_unpack(run->arena, method->response, answer, &message).code !=
           KT_RESOURCE_EXHAUSTED;
}

/* Of an answer of which nothing is kept, nothing is told. */
static void
keep_answer(kt_run_t *run, turn_t *turn, kt_span_t body, int64_t now_us)
{
    bool kept = turn->phase == KT_PHASE_RUN && turn->step->keep && turn->step->keep->field;
    kt_span_t answer = kept ? body : kt_span(NULL, 0);
    uint8_t *copy;

    if (kept && !can_be_kept(run, turn, answer)) {
        silent(run, turn, "the answer is larger than a process can keep", now_us);
        return;
    }
    copy = (uint8_t *)malloc(answer.size + 1);
    if (!copy) {
        silent(run, turn, "no memory for the answer", now_us);
        return;
    }
    if (answer.size > 0)
        memcpy(copy, answer.data, answer.size);
    turn->answer = copy;
    turn->answer_size = answer.size;
    conclude(run, turn, KT_VERDICT_DONE, NULL, now_us);
}

/* Whether the question is answered as hoped, or never will be. */
static void
weigh(kt_run_t *run, turn_t *turn, const kt_run_reply_t *reply, int64_t now_us, bool late)
{
    const kt_method_t *method = kt_process_method(run->options.processes, turn->step->run.method);
    ProtobufCMessage *message;
    const char *never_field = turn->step->never_field ? turn->step->never_field : turn->step->field;
    kt_span_t said, said_never;
    kt_status_t status;
    int64_t ask_us;

    kt_arena_reset(run->arena);
    status = kt_message_unpack(run->arena, method->response, reply->body, &message);
    if (!kt_failed(status))
        status = kt_bind_get(run->arena, message, turn->step->field, &said);
    if (!kt_failed(status))
        status = kt_bind_get(run->arena, message, never_field, &said_never);
    if (kt_failed(status)) {
        silent(run, turn, status.text, now_us);
        return;
    }
    if (is_one_of(said, turn->step->hoped)) {
        keep_answer(run, turn, reply->body, now_us);
        return;
    }
    if (is_one_of(said_never, turn->step->never)) {
        turn->code = KT_FAILED_PRECONDITION;
        conclude(run, turn, KT_VERDICT_REJECTED,
                 kt_arena_printf(run->arena, "%s is %.*s", never_field, (int)said_never.size,
                                 (const char *)said_never.data),
                 now_us);
        return;
    }
    if (turn->asked_anew)
        turn->attempts = 0;
    turn->silent_us = 0;
    /* At its deadline it is asked for the last time. */
    turn->answered_late = late && !turn->asked_anew;
    turn->asked_anew = false;
    ask_us = now_us + spread(run, doubled(KT_RUN_ASK_MIN_US, KT_RUN_ASK_MAX_US, turn->attempts++));
    wake_at(run, turn, late ? now_us : KT_MIN(ask_us, KT_MAX(turn->deadline_us, now_us)));
}

static void
answered(kt_run_t *run, turn_t *turn, const kt_run_reply_t *reply, int64_t now_us)
{
    if (!kt_failed(reply->status)) {
        if (turn->kind == KT_STEP_WAIT)
            weigh(run, turn, reply, now_us, turn->asked_us >= turn->deadline_us);
        else
            keep_answer(run, turn, reply->body, now_us);
        return;
    }
    if (!is_business(reply)) {
        silent(run, turn, reply->status.text, now_us);
        return;
    }
    turn->code = reply->status.code;
    conclude(run, turn, KT_VERDICT_REJECTED, reply->status.text, now_us);
}

/* A refused settlement: its key may be too old by now, or the clock was set back and the wait has
 * not expired. The turn's number settles it once, under whichever key. */
static void
reconsider(kt_run_t *run, turn_t *turn, int64_t now_us)
{
    turn->settle_key = new_key(run, now_us);
    if (turn->verdict != KT_VERDICT_EXPIRED)
        return;
    turn->verdict = (kt_verdict_t)0; /* it is asked again */
    turn->answered_late = false;
}

void
kt_run_answer(kt_run_t *run, uint64_t tag, const kt_run_reply_t *reply, int64_t now_us)
{
    turn_t *turn = (turn_t *)kt_map_get(run->turns, tag / 2);

    if (!turn || !turn->sent || tag_of(turn) != tag)
        return;
    turn->sent = false;
    run->stat.inflight--;
    if (!turn->verdict) {
        answered(run, turn, reply, now_us);
        return;
    }
    if (kt_failed(reply->status)) {
        if (reply->status.code == KT_FAILED_PRECONDITION)
            reconsider(run, turn, now_us);
        silent(run, turn, reply->status.text, now_us);
        return;
    }
    run->stat.settled++;
    forget(run, turn);
}

void
kt_run_news(kt_run_t *run, kt_span_t subject, int64_t now_us)
{
    uint64_t hash = kt_span_hash(KT_HASH_BEGIN, subject), number;
    size_t cursor = 0;
    void *value;

    while (kt_map_next(run->turns, &cursor, &number, &value)) {
        turn_t *turn = (turn_t *)value;
        if (turn->verdict || turn->kind != KT_STEP_WAIT)
            continue;
        for (uint32_t i = 0; i < turn->news_count; i++)
            if (turn->news[i] == hash) {
                turn->attempts = 0;
                /* An answer that is on its way may be from before. */
                turn->asked_anew = turn->sent;
                if (!turn->sent)
                    wake_at(run, turn, now_us);
            }
    }
}

kt_run_stat_t
kt_run_stat(const kt_run_t *run)
{
    kt_run_stat_t stat = run->stat;

    stat.turns = (uint32_t)kt_map_size(run->turns);
    return stat;
}
