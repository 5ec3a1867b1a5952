#include "world.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/journal.h>
#include <kt/prng.h>
#include <kt/rows.h>
#include <stdlib.h>

#define QUEUE_MAX   4096
#define METHODS_MAX 256
#define ROUNDS_MAX  1000000

/* A call on its way. */
typedef struct sending {
    uint32_t owner;
    uint64_t life; /* of the owner: its answer is for nobody else */
    uint64_t tag;
    char department[32];
    char method[KT_METHOD_PATH_BYTES_MAX];
    kt_ulid_t key;
    bool has_key;
    char on_behalf_of[64];
    uint8_t *body;
    size_t size;
} sending_t;

typedef struct owner {
    world_t *world;
    uint32_t room;
    kt_run_t *run;
    uint64_t life;
} owner_t;

typedef struct done {
    char method[KT_METHOD_PATH_BYTES_MAX];
    uint32_t times;
} done_t;

/* One department that is to be put back. */
typedef struct restore {
    bool wanted, done;
    uint32_t room;
    uint64_t backup_at, restore_at;
    kt_kv_t *backup;
    uint64_t heard[WORLD_ROOMS_MAX]; /* of the others' events, then */
    uint64_t events;
} restore_t;

struct world {
    const kt_service_t *services[WORLD_ROOMS_MAX];
    room_t *rooms[WORLD_ROOMS_MAX];
    owner_t owners[WORLD_ROOMS_MAX];
    /* Events of the first that the second was told of. */
    uint64_t news[WORLD_ROOMS_MAX][WORLD_ROOMS_MAX];
    restore_t restore;
    uint32_t count;
    int64_t now_us;
    kt_prng_t prng;
    sending_t *queue[QUEUE_MAX];
    uint32_t queued;
    uint64_t calls; /* of people */
    uint64_t die_at, die_often;
    uint32_t deaths; /* that are left */
    char lost[64];
    uint32_t lose;
    const char *refused, *away;
    done_t done[METHODS_MAX];
    uint32_t done_count;
    void (*watch)(void *context);
    void *watch_context;
    uint64_t watched; /* commits that were */
};

/* ---- opening ---- */

static bool
on_send(void *context, const kt_run_send_t *send)
{
    owner_t *owner = (owner_t *)context;
    world_t *world = owner->world;
    sending_t *sending;

    if (world->queued == QUEUE_MAX)
        return false;
    sending = (sending_t *)calloc(1, sizeof(*sending));
    assert_non_null(sending);
    *sending = (sending_t){.owner = owner->room, .life = owner->life, .tag = send->tag};
    (void)snprintf(sending->department, sizeof(sending->department), "%s", send->department);
    (void)snprintf(sending->method, sizeof(sending->method), "%s", send->method->path);
    if (send->on_behalf_of)
        (void)snprintf(sending->on_behalf_of, sizeof(sending->on_behalf_of), "%s",
                       send->on_behalf_of);
    sending->has_key = send->key != NULL;
    if (send->key)
        sending->key = *send->key;
    sending->body = (uint8_t *)malloc(send->body.size + 1);
    assert_non_null(sending->body);
    memcpy(sending->body, send->body.data, send->body.size);
    sending->size = send->body.size;
    world->queue[world->queued++] = sending;
    return true;
}

static void
start_run(world_t *world, uint32_t room)
{
    owner_t *owner = &world->owners[room];
    const kt_run_options_t options = {
        .department = world->services[room]->name,
        .processes = world->services[room]->processes,
        .send = on_send,
        .context = owner,
        .seed = kt_prng_next(&world->prng),
    };

    if (!options.processes)
        return;
    kt_run_destroy(&owner->run);
    owner->world = world;
    owner->room = room;
    owner->life++;
    owner->run = kt_run_new(&options);
    assert_non_null(owner->run);
}

static void
set_clock(world_t *world, int64_t now_us)
{
    world->now_us = now_us;
    for (uint32_t i = 0; i < world->count; i++)
        room_set_now(world->rooms[i], now_us / WORLD_MINUTE_US * WORLD_MINUTE_US);
}

world_t *
world_open(const kt_service_t *const *services, uint32_t count, uint64_t seed)
{
    world_t *world = (world_t *)calloc(1, sizeof(*world));

    assert_non_null(world);
    kt_prng_seed(&world->prng, seed);
    world->count = count;
    for (uint32_t i = 0; i < count; i++) {
        world->services[i] = services[i];
        world->rooms[i] = room_open(services[i]);
        start_run(world, i);
    }
    set_clock(world, ROOM_NOW_US);
    return world;
}

void
world_close(world_t **world)
{
    world_t *w = KT_TAKE(*world);

    for (uint32_t i = 0; i < w->queued; i++) {
        free(w->queue[i]->body);
        free(w->queue[i]);
    }
    kt_kv_close(&w->restore.backup);
    for (uint32_t i = 0; i < w->count; i++) {
        kt_run_destroy(&w->owners[i].run);
        room_close(&w->rooms[i]);
    }
    free(w);
}

static uint32_t
place_of(const world_t *world, const char *department)
{
    uint32_t i = 0;

    while (i < world->count && strcmp(world->services[i]->name, department) != 0)
        i++;
    KT_ASSERT(i < world->count);
    return i;
}

room_t *
world_room(world_t *world, const char *department)
{
    return world->rooms[place_of(world, department)];
}

int64_t
world_now(const world_t *world)
{
    return world->now_us;
}

/* ---- looking ---- */

void
world_watch(world_t *world, void (*watch)(void *context), void *context)
{
    world->watch = watch;
    world->watch_context = context;
    world->watched = world_commits(world);
}

static void
look(world_t *world)
{
    if (!world->watch || world_commits(world) == world->watched)
        return;
    world->watched = world_commits(world);
    world->watch(world->watch_context);
}

/* ---- trouble ---- */

uint64_t
world_commits(const world_t *world)
{
    uint64_t all = 0;

    for (uint32_t i = 0; i < world->count; i++)
        all += room_commits(world->rooms[i]);
    return all;
}

void
world_die_at(world_t *world, uint64_t k)
{
    world->die_at = k;
}

void
world_die_often(world_t *world, uint64_t n, uint32_t deaths)
{
    world->die_often = n;
    world->deaths = deaths;
}

/* Whether somebody is to die now. */
static bool
strikes(world_t *world)
{
    bool dies = world->deaths > 0 && kt_prng_below(&world->prng, world->die_often) == 0;

    world->deaths -= dies;
    return dies;
}

void
world_lose(world_t *world, const char *method, uint32_t times)
{
    (void)snprintf(world->lost, sizeof(world->lost), "%s", method);
    world->lose = times;
}

void
world_refuse(world_t *world, const char *method)
{
    world->refused = method;
}

void
world_away(world_t *world, const char *department)
{
    world->away = department;
}

static void
die(world_t *world, uint32_t room)
{
    room_restart(world->rooms[room]);
    start_run(world, room);
}

static bool
ends_in(const char *path, const char *end)
{
    size_t size = strlen(path), of = strlen(end);

    return of > 0 && size >= of && strcmp(path + size - of, end) == 0;
}

/* ---- calling ---- */

static void
count_done(world_t *world, const char *method)
{
    for (uint32_t i = 0; i < world->done_count; i++)
        if (strcmp(world->done[i].method, method) == 0) {
            world->done[i].times++;
            return;
        }
    KT_ASSERT(world->done_count < METHODS_MAX);
    (void)snprintf(world->done[world->done_count].method, KT_METHOD_PATH_BYTES_MAX, "%s", method);
    world->done[world->done_count++].times = 1;
}

uint32_t
world_done(const world_t *world, const char *method)
{
    uint32_t times = 0;

    for (uint32_t i = 0; i < world->done_count; i++)
        if (ends_in(world->done[i].method, method))
            times += world->done[i].times;
    return times;
}

static bool
follows(const kt_service_t *service, const char *department)
{
    for (uint32_t f = 0; f < service->follows_count; f++)
        if (service->take && strcmp(service->follows[f], department) == 0)
            return true;
    return false;
}

static void
tell(world_t *world, uint32_t room, uint32_t to, const kt_event_t *event)
{
    const char *department = world->services[room]->name;

    if (world->owners[to].run)
        kt_run_news(world->owners[to].run, event->subject, world->now_us);
    if (follows(world->services[to], department))
        room_take(world->rooms[to], department, (const char *)event->type.data,
                  (const char *)event->subject.data, (const kt_event_value_t *)event->values.items,
                  event->values.count);
}

/* Events that the department emitted since are news for all that wait. */
static void
tell_news(world_t *world, uint32_t room)
{
    const kt_event_t *event;

    for (uint32_t i = 0; i < world->count; i++)
        while ((event = room_event(world->rooms[room], world->news[room][i] + 1)) != NULL) {
            world->news[room][i]++;
            tell(world, room, i, event);
        }
}

/* ---- a store that is put back ---- */

void
world_put_back(world_t *world, const char *department, uint64_t backup, uint64_t restore)
{
    world->restore = (restore_t){.wanted = true,
                                 .room = place_of(world, department),
                                 .backup_at = backup,
                                 .restore_at = restore};
}

bool
world_was_put_back(const world_t *world)
{
    return world->restore.done;
}

static void
take_backup(world_t *world, restore_t *r)
{
    r->backup = room_back_up(world->rooms[r->room]);
    r->events = room_events(world->rooms[r->room]);
    for (uint32_t i = 0; i < world->count; i++)
        r->heard[i] = world->news[i][r->room];
}

/* What it had heard of the others it hears again, and the others what it tells from there on. */
static void
put_back(world_t *world, restore_t *r)
{
    room_put_back(world->rooms[r->room], &r->backup);
    start_run(world, r->room);
    for (uint32_t i = 0; i < world->count; i++) {
        world->news[i][r->room] = r->heard[i];
        world->news[r->room][i] = KT_MIN(world->news[r->room][i], r->events);
    }
    r->done = true;
}

/* Between calls. */
static void
mind_restore(world_t *world)
{
    restore_t *r = &world->restore;

    if (!r->wanted || r->done)
        return;
    if (!r->backup && world_commits(world) >= r->backup_at)
        take_backup(world, r);
    if (r->backup && world_commits(world) >= r->restore_at)
        put_back(world, r);
}

static kt_run_reply_t
silence(void)
{
    return (kt_run_reply_t){.status = kt_error(KT_UNAVAILABLE, 0, "nobody answered"),
                            .domain = "kantor.rpc",
                            .outcome_unknown = true};
}

/* What DEPARTMENT answers; *DIED: it did so and died. */
static kt_run_reply_t
carry_out(world_t *world, const sending_t *s, uint32_t at, bool *died)
{
    room_t *room = world->rooms[at];
    uint64_t before = world_commits(world);
    const kt_method_t *method = room_method(room, s->method);
    kt_run_reply_t reply = {.domain = world->services[at]->reason_domain};
    kt_span_t body = {0};

    KT_ASSERT(method);
    if (world->refused && ends_in(s->method, world->refused)) {
        reply.status = kt_error(KT_FAILED_PRECONDITION, 1999, "refused by the test");
        return reply;
    }
    room_as(room, world->services[s->owner]->name, "department");
    if (s->on_behalf_of[0])
        room_on_behalf_of(room, s->on_behalf_of);
    if (s->has_key)
        room_with_key(room, &s->key);
    reply.status = room_call_packed(room, method, kt_span(s->body, s->size), &body);
    look(world);
    reply.body = body;
    if (reply.status.reason < 1000)
        reply.domain = reply.status.reason > 0 ? "kantor.rpc" : NULL;
    if (reply.status.reason == RPC_REASON_BAD_FIELD)
        reply.reason = "BAD_FIELD";
    if (!kt_failed(reply.status) && world_commits(world) > before)
        count_done(world, s->method);
    *died = world->die_at > 0 && before < world->die_at && world_commits(world) >= world->die_at;
    return reply;
}

static void
deliver(world_t *world, sending_t *s)
{
    uint32_t at = place_of(world, s->department);
    bool died = false, lost;
    kt_run_reply_t reply;

    mind_restore(world);
    if (world->away && strcmp(world->away, s->department) == 0)
        reply = silence();
    else
        reply = carry_out(world, s, at, &died);
    lost = world->lose > 0 && ends_in(s->method, world->lost);
    world->lose -= lost;
    died = died || strikes(world);
    if (died)
        die(world, at);
    if (strikes(world))
        die(world, s->owner);
    if (died || lost)
        reply = silence();
    if (world->owners[s->owner].life == s->life)
        kt_run_answer(world->owners[s->owner].run, s->tag, &reply, world->now_us);
    tell_news(world, at);
    for (uint32_t i = 0; i < world->count; i++)
        room_forget(world->rooms[i]);
    free(s->body);
    free(s);
}

kt_status_t
world_call(world_t *world, const char *department, const char *principal, const char *roles,
           const char *method, const ProtobufCMessage *request, const void **response)
{
    uint32_t at = place_of(world, department);
    kt_ulid_t key = kt_ulid_make(world->now_us / WORLD_MINUTE_US * WORLD_MINUTE_US, 0x7777,
                                 ++world->calls);
    uint64_t before = world_commits(world);
    kt_status_t status;

    room_as(world->rooms[at], principal, roles);
    room_with_key(world->rooms[at], &key);
    status = room_call(world->rooms[at], method, request, response);
    if (world->die_at > 0 && before < world->die_at && world_commits(world) >= world->die_at) {
        die(world, at);
        room_as(world->rooms[at], principal, roles);
        room_with_key(world->rooms[at], &key);
        status = room_call(world->rooms[at], method, request, response);
    }
    look(world);
    tell_news(world, at);
    return status;
}

static bool
deliver_all(world_t *world)
{
    uint32_t count = world->queued;
    sending_t *now[QUEUE_MAX];

    memcpy(now, world->queue, count * sizeof(*now));
    world->queued = 0;
    for (uint32_t i = 0; i < count; i++)
        deliver(world, now[i]);
    return count > 0;
}

static void
poll_all(world_t *world)
{
    mind_restore(world);
    for (uint32_t i = 0; i < world->count; i++) {
        tell_news(world, i);
        if (!world->owners[i].run)
            continue;
        assert_ok(kt_run_poll(world->owners[i].run, room_read(world->rooms[i]), world->now_us));
        room_read_end(world->rooms[i]);
    }
}

static int64_t
next_us(const world_t *world)
{
    int64_t next = INT64_MAX;

    for (uint32_t i = 0; i < world->count; i++)
        if (world->owners[i].run)
            next = KT_MIN(next, kt_run_next_us(world->owners[i].run));
    return next;
}

void
world_run(world_t *world, int64_t until_us)
{
    for (uint32_t round = 0; round < ROUNDS_MAX; round++) {
        poll_all(world);
        if (deliver_all(world))
            continue;
        if (next_us(world) > until_us) {
            set_clock(world, until_us);
            return;
        }
        set_clock(world, KT_MAX(world->now_us, next_us(world)));
    }
    fail_msg("the world goes in circles");
}

kt_hash_t
world_digest(world_t *world)
{
    kt_sha256_t sha;

    kt_sha256_init(&sha);
    for (uint32_t i = 0; i < world->count; i++) {
        kt_hash_t one = room_digest(world->rooms[i], false);
        kt_sha256_add(&sha, kt_span(one.bytes, sizeof(one.bytes)));
    }
    return kt_sha256_end(&sha);
}

void
world_try_every_death(const world_play_t *play)
{
    world_t *world = play->open(play->seed);
    uint64_t before = world_commits(world), after;
    kt_hash_t expected, got;

    play->play(world, play->context);
    expected = world_digest(world);
    after = world_commits(world);
    world_close(&world);
    assert_true(after - before >= play->least);
    print_message("%llu commits\n", (unsigned long long)(after - before));
    for (uint64_t k = before + 1; k <= after; k++) {
        world = play->open(play->seed);
        world_die_at(world, k);
        play->play(world, play->context);
        got = world_digest(world);
        if (memcmp(&got, &expected, sizeof(got)) != 0)
            fail_msg("a crash at commit %llu of %llu leads elsewhere",
                     (unsigned long long)(k - before), (unsigned long long)(after - before));
        world_close(&world);
    }
}
