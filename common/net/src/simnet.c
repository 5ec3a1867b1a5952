#include <kt/simnet.h>
#include <stdlib.h>

typedef enum event_kind {
    EVENT_CONNECT,
    EVENT_TO_LISTENER,
    EVENT_TO_DEALER,
    EVENT_LOST
} event_kind_t;

typedef struct event {
    int64_t at_us;
    uint64_t order; /* of events at the same time: as they were made */
    event_kind_t kind;
    kt_sim_link_t *link;
    uint32_t life; /* of the link when it was made: a cut makes what is under way void */
    kt_message_t message;
} event_t;

typedef struct listener {
    const char *endpoint;
    kt_sim_heard_t heard; /* NULL: nobody listens now */
    void *context;
} listener_t;

struct kt_sim_link {
    kt_sim_t *sim;
    listener_t *listener;
    const char *key;
    kt_sim_dealer_t dealer;
    kt_peer_t peer;
    bool up, closed;
    bool ghost; /* up, and nothing gets through */
    uint32_t life;
    int64_t next_us[2]; /* nothing on this way arrives before: that keeps the order */
    unsigned flight[2];
    kt_sim_link_t *next;
};

enum { TO_LISTENER, TO_DEALER };

struct kt_sim {
    kt_sim_options_t options;
    int64_t now_us;
    kt_prng_t prng;
    listener_t listeners[KT_SIM_LISTENERS_MAX];
    unsigned listeners_count;
    kt_sim_link_t *links; /* all that ever were */
    kt_peer_t peers;
    event_t **heap;
    size_t heap_size, heap_capacity;
    uint64_t order;
};

kt_sim_t *
kt_sim_new(const kt_sim_options_t *options)
{
    kt_sim_t *sim = calloc(1, sizeof *sim);
    if (!sim)
        return NULL;
    sim->options = *options;
    sim->now_us = options->start_us;
    kt_prng_seed(&sim->prng, options->seed);
    return sim;
}

void
kt_sim_destroy(kt_sim_t **sim)
{
    kt_sim_t *gone = KT_TAKE(*sim);
    if (!gone)
        return;
    for (size_t i = 0; i < gone->heap_size; i++) {
        kt_message_close(&gone->heap[i]->message);
        free(gone->heap[i]);
    }
    for (kt_sim_link_t *link = gone->links, *next; link; link = next) {
        next = link->next;
        free(link);
    }
    free(gone->heap);
    free(gone);
}

int64_t
kt_sim_now_us(const kt_sim_t *sim)
{
    return sim->now_us;
}

kt_prng_t *
kt_sim_prng(kt_sim_t *sim)
{
    return &sim->prng;
}

/* ---- events ---- */

static bool
earlier(const event_t *a, const event_t *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void
heap_put(kt_sim_t *sim, event_t *event)
{
    if (sim->heap_size == sim->heap_capacity) {
        sim->heap_capacity = KT_MAX((size_t)64, 2 * sim->heap_capacity);
        sim->heap = reallocarray(sim->heap, sim->heap_capacity, sizeof *sim->heap);
        KT_ASSERT(sim->heap);
    }
    size_t at = sim->heap_size++;
    for (; at > 0 && earlier(event, sim->heap[(at - 1) / 2]); at = (at - 1) / 2)
        sim->heap[at] = sim->heap[(at - 1) / 2];
    sim->heap[at] = event;
}

static event_t *
heap_take(kt_sim_t *sim)
{
    event_t *first = sim->heap[0], *last = sim->heap[--sim->heap_size];
    size_t at = 0, child;
    while ((child = 2 * at + 1) < sim->heap_size) {
        if (child + 1 < sim->heap_size && earlier(sim->heap[child + 1], sim->heap[child]))
            child++;
        if (!earlier(sim->heap[child], last))
            break;
        sim->heap[at] = sim->heap[child];
        at = child;
    }
    if (sim->heap_size > 0)
        sim->heap[at] = last;
    return first;
}

static int64_t
delay_us(kt_sim_t *sim)
{
    int64_t spread_us = sim->options.delay_max_us - sim->options.delay_min_us;
    return sim->options.delay_min_us + (int64_t)kt_prng_below(&sim->prng, (uint64_t)spread_us + 1);
}

/* MESSAGE (may be NULL) is taken. */
static void
plan(kt_sim_link_t *link, event_kind_t kind, int64_t at_us, kt_message_t *message)
{
    kt_sim_t *sim = link->sim;
    event_t *event = calloc(1, sizeof *event);
    KT_ASSERT(event);
    event->at_us = at_us;
    event->order = sim->order++;
    event->kind = kind;
    event->link = link;
    event->life = link->life;
    kt_message_init(&event->message);
    if (message)
        kt_message_move(&event->message, message);
    heap_put(sim, event);
}

static kt_io_t
carry(kt_sim_link_t *link, unsigned way, kt_message_t *message)
{
    if (link->flight[way] == KT_SIM_FLIGHT_MAX)
        return KT_IO_AGAIN;
    int64_t at_us = link->sim->now_us + delay_us(link->sim);
    link->next_us[way] = KT_MAX(link->next_us[way], at_us);
    link->flight[way]++;
    plan(link, way == TO_LISTENER ? EVENT_TO_LISTENER : EVENT_TO_DEALER, link->next_us[way],
         message);
    return KT_IO_OK;
}

/* ---- listeners ---- */

static listener_t *
listener_at(kt_sim_t *sim, const char *endpoint)
{
    for (unsigned i = 0; i < sim->listeners_count; i++)
        if (strcmp(sim->listeners[i].endpoint, endpoint) == 0)
            return &sim->listeners[i];
    KT_ASSERT(sim->listeners_count < KT_SIM_LISTENERS_MAX);
    listener_t *made = &sim->listeners[sim->listeners_count++];
    *made = (listener_t){.endpoint = endpoint};
    return made;
}

void
kt_sim_listen(kt_sim_t *sim, const char *endpoint, kt_sim_heard_t heard, void *context)
{
    listener_t *listener = listener_at(sim, endpoint);
    listener->heard = heard;
    listener->context = context;
}

void
kt_sim_shut(kt_sim_t *sim, const char *endpoint)
{
    listener_t *listener = listener_at(sim, endpoint);
    listener->heard = NULL;
    for (kt_sim_link_t *link = sim->links; link; link = link->next)
        if (link->listener == listener)
            kt_sim_cut(link);
}

void
kt_sim_leave(kt_sim_t *sim, const char *endpoint)
{
    listener_t *listener = listener_at(sim, endpoint);
    listener->heard = NULL;
    for (kt_sim_link_t *link = sim->links; link; link = link->next) {
        if (link->listener != listener || !link->up)
            continue;
        int64_t at_us = sim->now_us + delay_us(sim);
        link->up = false;
        plan(link, EVENT_LOST, KT_MAX(link->next_us[TO_DEALER], at_us), NULL);
    }
}

void
kt_sim_vanish(kt_sim_t *sim, const char *endpoint)
{
    listener_t *listener = listener_at(sim, endpoint);
    listener->heard = NULL;
    for (kt_sim_link_t *link = sim->links; link; link = link->next)
        link->ghost |= link->listener == listener && link->up;
}

kt_io_t
kt_sim_send_to(kt_sim_t *sim, const char *endpoint, kt_peer_t peer, kt_message_t *message)
{
    const listener_t *listener = listener_at(sim, endpoint);
    for (kt_sim_link_t *link = sim->links; link; link = link->next)
        if (link->peer == peer && link->listener == listener && link->up && !link->ghost)
            return carry(link, TO_DEALER, message);
    return KT_IO_GONE;
}

/* ---- dealers ---- */

kt_sim_link_t *
kt_sim_connect(kt_sim_t *sim, const char *endpoint, const char *key, const kt_sim_dealer_t *dealer)
{
    kt_sim_link_t *link = calloc(1, sizeof *link);
    KT_ASSERT(link);
    *link = (kt_sim_link_t){.sim = sim,
                            .listener = listener_at(sim, endpoint),
                            .key = key,
                            .dealer = *dealer,
                            .peer = ++sim->peers,
                            .next = sim->links};
    sim->links = link;
    plan(link, EVENT_CONNECT, sim->now_us + delay_us(sim), NULL);
    return link;
}

kt_io_t
kt_sim_send(kt_sim_link_t *link, kt_message_t *message)
{
    KT_ASSERT(!link->closed);
    return link->up ? carry(link, TO_LISTENER, message) : KT_IO_AGAIN;
}

void
kt_sim_close(kt_sim_link_t **link)
{
    kt_sim_link_t *gone = KT_TAKE(*link);
    if (!gone)
        return;
    gone->closed = true;
    gone->up = false;
}

void
kt_sim_cut(kt_sim_link_t *link)
{
    if (!link->up)
        return;
    link->up = false;
    link->life++;
    plan(link, EVENT_LOST, link->sim->now_us + delay_us(link->sim), NULL);
}

void
kt_sim_cut_any(kt_sim_t *sim)
{
    uint64_t up = 0;
    for (kt_sim_link_t *link = sim->links; link; link = link->next)
        up += link->up;
    uint64_t chosen = kt_prng_below(&sim->prng, up);
    for (kt_sim_link_t *link = sim->links; link; link = link->next)
        if (link->up && chosen-- == 0) {
            kt_sim_cut(link);
            return;
        }
}

/* ---- time ---- */

static void
connect_now(kt_sim_link_t *link)
{
    if (link->closed)
        return;
    if (link->listener->heard)
        link->up = true;
    else
        plan(link, EVENT_CONNECT, link->sim->now_us + KT_SIM_RETRY_US + delay_us(link->sim), NULL);
}

static void
happen(event_t *event)
{
    kt_sim_link_t *link = event->link;
    const listener_t *listener = link->listener;
    bool valid = event->life == link->life && !link->ghost;
    switch (event->kind) {
    case EVENT_CONNECT:
        connect_now(link);
        break;
    case EVENT_TO_LISTENER:
        link->flight[TO_LISTENER]--;
        if (valid && listener->heard)
            listener->heard(listener->context, link->peer, link->key, &event->message);
        break;
    case EVENT_TO_DEALER:
        link->flight[TO_DEALER]--;
        if (valid && !link->closed)
            link->dealer.heard(link->dealer.context, &event->message);
        break;
    case EVENT_LOST:
        if (!link->closed)
            link->dealer.lost(link->dealer.context);
        break;
    }
}

bool
kt_sim_step(kt_sim_t *sim, int64_t until_us)
{
    if (sim->heap_size == 0 || sim->heap[0]->at_us > until_us) {
        sim->now_us = KT_MAX(sim->now_us, until_us);
        return false;
    }
    event_t *event = heap_take(sim);
    sim->now_us = KT_MAX(sim->now_us, event->at_us);
    happen(event);
    kt_message_close(&event->message);
    free(event);
    return true;
}
