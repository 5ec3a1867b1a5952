/* The front: sockets, the call machine, and the rounds in which it serves both and the other
 * threads. */
#include "caller.h"
#include "shell.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/log.h>

#define ROUND_MESSAGES_MAX 128           /* from one broker, before anything else is looked at */
#define ROUND_STEPS_US     INT64_C(5000) /* without readers: then no further handler runs */
#define LINGER_MS          1000
#define RECONNECT_US       INT64_C(500000) /* and as much again by chance */
#define METRICS_US         INT64_C(1000000)
/* What waits is asked again for news at most so often. */
#define REARM_US INT64_C(5000)

/* ---- what the call machine says ---- */

static kt_job_t *
job_of(kt_shell_t *shell, const kt_server_call_t *call)
{
    return &shell->jobs[call->slot];
}

static void
on_call(void *context, kt_server_call_t *call, kt_server_begin_t *begin)
{
    kt_job_begin((kt_shell_t *)context, call, begin);
}

static void
on_message(void *context, kt_server_call_t *call, kt_frame_t *body)
{
    kt_shell_t *shell = (kt_shell_t *)context;

    kt_stream_message(shell, job_of(shell, call), body);
}

static void
on_room(void *context, kt_server_call_t *call)
{
    kt_shell_t *shell = (kt_shell_t *)context;
    kt_job_t *job = job_of(shell, call);

    if (job->stream)
        kt_stream_turn(shell, job);
}

static void
on_over(void *context, kt_server_call_t *call, kt_status_t why)
{
    kt_shell_t *shell = (kt_shell_t *)context;

    kt_job_over(shell, job_of(shell, call), why);
}

static void
on_alarm(void *context, kt_server_call_t *call)
{
    kt_shell_t *shell = (kt_shell_t *)context;

    kt_job_alarm(shell, job_of(shell, call));
}

/* A broker that was there is tried again at once; one that stays away, now and then, and is spoken
 * of once. */
static void
lose(kt_shell_t *shell, unsigned link, const char *text)
{
    kt_lost_t *lost = &shell->lost[link];
    int64_t pause_us = RECONNECT_US + (int64_t)kt_prng_below(&shell->prng, RECONNECT_US);

    kt_log(lost->times == 0 ? KT_LOG_WARNING : KT_LOG_DEBUG, "broker-lost", "broker=%s text=%s",
           shell->options.brokers[link].endpoint, text);
    lost->reconnect_us = kt_clock_mono_us() + (lost->times > 0 ? pause_us : 0);
    lost->times++;
}

static void
on_link(void *context, unsigned link, kt_server_link_event_t event, const char *text)
{
    kt_shell_t *shell = (kt_shell_t *)context;
    const char *broker = shell->options.brokers[link].endpoint;

    switch (event) {
    case KT_LINK_REGISTERED:
        shell->lost[link] = (kt_lost_t){0};
        kt_log(KT_LOG_INFO, "registered", "broker=%s instance=%s", broker, shell->instance);
        break;
    case KT_LINK_REFUSED:
        kt_log(KT_LOG_WARNING, "registration-refused", "broker=%s text=%s", broker, text);
        break;
    case KT_LINK_LOST:
        lose(shell, link, text);
        break;
    }
    atomic_store(&shell->registered, kt_server_stat(shell->server).registered);
    if (event == KT_LINK_REGISTERED && shell->caller)
        kt_caller_wake(shell->caller);
}

const kt_server_events_t kt_front_events = {
    .call = on_call,
    .message = on_message,
    .room = on_room,
    .over = on_over,
    .alarm = on_alarm,
    .link = on_link,
};

/* ---- sockets ---- */

/* While it drains, an instance that has lost a broker does without. */
static bool
wants_connection(const kt_shell_t *shell, unsigned link)
{
    return shell->lost[link].reconnect_us != 0 && !shell->draining;
}

/* A failure here is one of resources; the next try is when the machine finds the broker silent. */
static void
connect_to(kt_shell_t *shell, unsigned link)
{
    const kt_shell_broker_t *broker = &shell->options.brokers[link];
    kt_socket_options_t options = {
        .keys = &shell->options.keys,
        .server_key = broker->server_key,
        .linger_ms = LINGER_MS,
    };
    kt_status_t status;

    kt_socket_close(&shell->sockets[link]);
    status = kt_socket_dealer(shell->net, &options, &shell->sockets[link]);
    if (!kt_failed(status))
        status = kt_socket_connect(shell->sockets[link], broker->endpoint);
    if (kt_failed(status))
        kt_log(KT_LOG_ERROR, "cannot-connect", "broker=%s text=%s", broker->endpoint, status.text);
    shell->lost[link].reconnect_us = 0;
    kt_server_connected(shell->server, link, kt_clock_mono_us());
}

static const char *
trouble_of(const kt_socket_t *socket)
{
    const char *trouble = kt_socket_trouble(socket);

    return trouble ? trouble : "the connection broke";
}

/* One look at everybody. */
typedef struct round {
    kt_shell_t *shell;
    int64_t now_us;
    int64_t looked_us; /* at the clock, after the last handler that the front itself has run */
} round_t;

/* Without readers the front is one itself. A call runs as soon as it has come, while what was made
 * of it is still at hand; one look at the clock ends it and begins the next. */
static void
run_steps(round_t *round)
{
    kt_shell_t *shell = round->shell;
    kt_job_t *job;

    if (shell->readers_count > 0)
        return;
    while (round->looked_us < round->now_us + ROUND_STEPS_US) {
        job = (kt_job_t *)kt_ring_pop(&shell->to_readers);
        if (!job)
            return;
        round->looked_us = kt_step_run(job, round->looked_us);
        kt_job_back(shell, job);
    }
}

/* True when it did not look to the end: there may be more. */
static bool
receive_from(round_t *round, unsigned link)
{
    kt_shell_t *shell = round->shell;
    kt_message_t message;
    unsigned received = 0;

    kt_message_init(&message);
    for (; received < ROUND_MESSAGES_MAX && shell->lost[link].reconnect_us == 0; received++) {
        kt_io_t io = shell->sockets[link]
                         ? kt_socket_recv(shell->sockets[link], &message, NULL, NULL)
                         : KT_IO_AGAIN;
        if (io == KT_IO_AGAIN || io == KT_IO_CLOSED)
            break;
        if (io == KT_IO_OK)
            kt_server_receive(shell->server, link, &message, round->now_us);
        else if (io != KT_IO_BAD)
            kt_server_lost(shell->server, link, trouble_of(shell->sockets[link]), round->now_us);
        run_steps(round);
    }
    kt_message_close(&message);
    return received == ROUND_MESSAGES_MAX;
}

/* True when all that LINK's broker is to have has left. A broker that is gone takes what was for it
 * along: receive_from learns of it. */
static bool
send_to(kt_shell_t *shell, unsigned link)
{
    kt_socket_t *socket = shell->sockets[link];
    kt_message_t *message;

    while (socket && (message = kt_server_outgoing(shell->server, link)) != NULL) {
        if (kt_socket_queue(socket, message, 0) != KT_IO_OK)
            break;
        kt_server_sent(shell->server, link);
    }
    return !socket || kt_socket_flush(socket, NULL) != KT_IO_AGAIN;
}

static void
send_all(kt_shell_t *shell)
{
    shell->unsent = false;
    for (unsigned i = 0; i < shell->options.brokers_count; i++)
        shell->unsent |= !send_to(shell, i);
}

/* ---- the other threads ---- */

static void
take_back(kt_shell_t *shell, kt_ring_t *ring)
{
    kt_job_t *job;

    while ((job = (kt_job_t *)kt_ring_pop(ring)) != NULL)
        kt_job_back(shell, job);
}

static void
take_all_back(kt_shell_t *shell)
{
    take_back(shell, &shell->from_writer);
    for (unsigned i = 0; i < shell->readers_count; i++)
        take_back(shell, &shell->readers[i].done);
}

static void
knock(kt_shell_t *shell)
{
    if (shell->write_knock)
        (void)kt_door_knock(&shell->writer_door);
    for (unsigned i = 0; shell->read_knock && i < shell->readers_count; i++)
        (void)kt_door_knock(&shell->readers[i].door);
    shell->write_knock = false;
    shell->read_knock = false;
}

/* ---- rounds ---- */

static bool
has_news(const kt_shell_news_t *news)
{
    return news->waiting > 0 && atomic_load(&news->count) != news->seen;
}

static void
rearm(kt_shell_t *shell, int64_t now_us)
{
    if (now_us < shell->rearm_us)
        return;
    for (unsigned i = 0; i < KT_NEWS_COUNT; i++) {
        kt_shell_news_t *news = &shell->news[i];
        if (!has_news(news))
            continue;
        news->seen = atomic_load(&news->count);
        shell->rearm_us = now_us + REARM_US;
        kt_stream_wake_all(shell, (kt_news_t)i);
    }
}

static void
begin_drain(kt_shell_t *shell, int64_t now_us)
{
    kt_log(KT_LOG_INFO, "draining", "open=%u", (unsigned)kt_server_stat(shell->server).open);
    shell->draining = true;
    shell->drain_until_us = now_us + (int64_t)atomic_load(&shell->tuning.drain_ms) * KT_US_PER_MS;
    kt_server_drain(shell->server, now_us);
    for (unsigned i = 0; i < KT_NEWS_COUNT; i++)
        kt_stream_wake_all(shell, (kt_news_t)i);
}

/* Calls that do not end by themselves are ended; those that are away come back with what they did.
 */
static void
end_all(kt_shell_t *shell)
{
    for (uint32_t i = 0; i < shell->options.capacity; i++)
        if (shell->jobs[i].open && !kt_failed(shell->jobs[i].over))
            kt_job_over(shell, &shell->jobs[i], kt_job_draining);
}

/* True when the shell has drained. */
static bool
drain(kt_shell_t *shell, int64_t now_us)
{
    kt_server_stat_t stat;

    if (!shell->draining) {
        if (atomic_load(&shell->drain_asked) || atomic_load(&shell->failed))
            begin_drain(shell, now_us);
        return false;
    }
    stat = kt_server_stat(shell->server);
    if (stat.open == 0)
        return (stat.queued_messages == 0 && !shell->unsent && kt_server_drained(shell->server)) ||
               now_us >= shell->drain_until_us + LINGER_MS * 1000;
    if (now_us >= shell->drain_until_us)
        end_all(shell);
    return false;
}

/* When it has something to do by itself. */
static int64_t
due_at(const kt_shell_t *shell)
{
    int64_t due_us = kt_server_due(shell->server);

    for (unsigned i = 0; i < KT_NEWS_COUNT; i++)
        if (has_news(&shell->news[i]))
            due_us = KT_MIN(due_us, shell->rearm_us);
    for (unsigned i = 0; i < shell->options.brokers_count; i++)
        if (wants_connection(shell, i))
            due_us = KT_MIN(due_us, shell->lost[i].reconnect_us);
    return due_us;
}

static int64_t
wait_ms(const kt_shell_t *shell, int64_t now_us)
{
    int64_t due_us = shell->due_us;

    if (shell->draining)
        due_us = KT_MIN(due_us, KT_MAX(shell->drain_until_us, now_us + 10 * KT_US_PER_MS));
    if (due_us <= now_us)
        return 0;
    return KT_MIN((due_us - now_us + KT_US_PER_MS - 1) / KT_US_PER_MS, 1000);
}

static bool
others_have_work(const kt_shell_t *shell)
{
    bool any = !kt_ring_empty(&shell->from_writer);

    if (shell->readers_count == 0)
        any |= !kt_ring_empty(&shell->to_readers);
    for (unsigned i = 0; i < shell->readers_count; i++)
        any |= !kt_ring_empty(&shell->readers[i].done);
    return any;
}

/* What the front waits for at its brokers: how many places of WAITS that takes. */
static unsigned
waits_of(const kt_shell_t *shell, kt_wait_t waits[KT_SHELL_BROKERS_MAX])
{
    unsigned count = 0;

    for (unsigned i = 0; i < shell->options.brokers_count; i++)
        if (shell->sockets[i] && shell->lost[i].reconnect_us == 0)
            waits[count++] = (kt_wait_t){
                .socket = shell->sockets[i],
                .for_send = kt_server_outgoing(shell->server, i) != NULL,
            };
    return count;
}

static void
sleep_until_something(kt_shell_t *shell, int64_t now_us)
{
    kt_wait_t waits[KT_SHELL_BROKERS_MAX + 1] = {{.fd = shell->front_door.bell.fd}};

    kt_door_enter(&shell->front_door);
    if (!others_have_work(shell)) {
        unsigned count = 1 + waits_of(shell, waits + 1);
        shell->due_us = due_at(shell);
        kt_ignore(kt_net_wait_unlocked(waits, count, wait_ms(shell, now_us), &shell->front_lock));
        if (waits[0].ready)
            kt_bell_hear(&shell->front_door.bell);
    }
    kt_door_leave(&shell->front_door);
}

/* True when some broker has more to say; what the other threads have, sleep_until_something sees.
 */
static bool
round_of(kt_shell_t *shell, int64_t now_us)
{
    round_t round = {.shell = shell, .now_us = now_us, .looked_us = now_us};
    bool more = false;

    shell->wall_offset_us = kt_clock_wall_us() - now_us;
    for (unsigned i = 0; i < shell->options.brokers_count; i++)
        more |= receive_from(&round, i);
    take_all_back(shell);
    run_steps(&round);
    knock(shell);
    rearm(shell, now_us);
    if (kt_server_due(shell->server) <= now_us)
        kt_server_tick(shell->server, now_us);
    knock(shell);
    kt_gather_tick(&shell->gather, now_us);
    if (now_us >= shell->metrics_us) {
        shell->metrics_us = now_us + METRICS_US;
        kt_shell_metrics_tick(shell);
    }
    for (unsigned i = 0; i < shell->options.brokers_count; i++)
        if (wants_connection(shell, i) && shell->lost[i].reconnect_us <= now_us)
            connect_to(shell, i);
    send_all(shell);
    return more;
}

/* Whether the front, which sleeps, is to look at something itself. */
static bool
is_wanted(const kt_shell_t *shell)
{
    kt_wait_t waits[KT_SHELL_BROKERS_MAX];
    unsigned count = waits_of(shell, waits);
    bool any = others_have_work(shell) || due_at(shell) < shell->due_us ||
               atomic_load(&shell->failed);

    for (unsigned i = 0; i < count; i++)
        any |= kt_net_ready(&waits[i]);
    return any;
}

bool
kt_front_answer(kt_shell_t *shell)
{
    bool done = false;

    if (pthread_mutex_trylock(&shell->front_lock) != 0)
        return false;
    if (!shell->draining) {
        take_all_back(shell);
        knock(shell);
        send_all(shell);
        done = !is_wanted(shell);
    }
    pthread_mutex_unlock(&shell->front_lock);
    return done;
}

void *
kt_front_main(void *context)
{
    kt_shell_t *shell = (kt_shell_t *)context;

    pthread_mutex_lock(&shell->front_lock);
    for (unsigned i = 0; i < shell->options.brokers_count; i++)
        connect_to(shell, i);
    for (;;) {
        int64_t now_us = kt_clock_mono_us();
        bool more = round_of(shell, now_us);

        if (drain(shell, now_us))
            break;
        if (!more)
            sleep_until_something(shell, now_us);
    }
    for (unsigned i = 0; i < shell->options.brokers_count; i++)
        kt_socket_close(&shell->sockets[i]);
    pthread_mutex_unlock(&shell->front_lock);
    kt_bell_ring(&shell->finished);
    return NULL;
}
