/*
 * A router's peers. Each frame is traced to its peer by the number of its connection, which lies in
 * its User-Id: numbers count up, so their low bits spread them, and nobody chooses his own.
 */
#include "zmq_net.h"

#include <stdlib.h>

#define FORGET_AT_ONCE 2 /* for each new one, so that places are used again and no step is long */
#define ROOM_FIRST     64

bool
kt_peers_init(kt_peers_t *peers)
{
    *peers = (kt_peers_t){.by_routing_id = kt_map_new(ROOM_FIRST)};
    return peers->by_routing_id != NULL;
}

void
kt_peers_fini(kt_peers_t *peers)
{
    for (uint32_t i = 0; i < peers->places_count; i++) {
        kt_flow_release(&peers->places[i]->flow);
        free(peers->places[i]);
    }
    free(peers->places);
    free(peers->rows);
    kt_map_destroy(&peers->by_routing_id);
    *peers = (kt_peers_t){0};
}

/* ---- the list, in the order they were last heard ---- */

static void
unlink_entry(kt_peers_t *peers, kt_peer_entry_t *entry)
{
    *(entry->prev ? &entry->prev->next : &peers->oldest) = entry->next;
    *(entry->next ? &entry->next->prev : &peers->newest) = entry->prev;
}

static void
link_last(kt_peers_t *peers, kt_peer_entry_t *entry)
{
    entry->prev = peers->newest;
    entry->next = NULL;
    *(peers->newest ? &peers->newest->next : &peers->oldest) = entry;
    peers->newest = entry;
}

/* ---- rows: by the low bits of the connection's number ---- */

static kt_peer_entry_t **
row_of(const kt_peers_t *peers, uint64_t connection)
{
    return &peers->rows[connection & (peers->room - 1)];
}

static void
enter_row(kt_peers_t *peers, kt_peer_entry_t *entry)
{
    kt_peer_entry_t **row = row_of(peers, entry->connection);
    entry->row_next = *row;
    *row = entry;
}

static void
leave_row(kt_peers_t *peers, kt_peer_entry_t *entry)
{
    kt_peer_entry_t **at = row_of(peers, entry->connection);
    while (*at != entry)
        at = &(*at)->row_next;
    *at = entry->row_next;
}

static kt_peer_entry_t *
find(const kt_peers_t *peers, uint64_t connection)
{
    kt_peer_entry_t *entry = peers->room > 0 ? *row_of(peers, connection) : NULL;
    while (entry && entry->connection != connection)
        entry = entry->row_next;
    return entry;
}

/* Makes room for twice as many. */
static bool
grow(kt_peers_t *peers)
{
    uint32_t room = peers->room > 0 ? 2 * peers->room : ROOM_FIRST;
    kt_peer_entry_t **places = realloc(peers->places, room * sizeof places[0]);
    if (places)
        peers->places = places;
    kt_peer_entry_t **rows = calloc(room, sizeof rows[0]);
    if (!places || !rows) {
        free(rows);
        return false;
    }
    free(peers->rows);
    peers->rows = rows;
    peers->room = room;
    for (kt_peer_entry_t *entry = peers->oldest; entry; entry = entry->next)
        enter_row(peers, entry);
    return true;
}

/* ---- who comes and goes ---- */

/* Leaves ENTRY, which nobody has, with its place to whoever comes. */
static void
put_aside(kt_peers_t *peers, kt_peer_entry_t *entry)
{
    entry->number = 0;
    entry->next = peers->spare;
    peers->spare = entry;
}

static void
forget(kt_peers_t *peers, kt_peer_entry_t *entry)
{
    unlink_entry(peers, entry);
    leave_row(peers, entry);
    (void)kt_map_remove(peers->by_routing_id, entry->routing_id);
    kt_flow_release(&entry->flow);
    put_aside(peers, entry);
}

/* An entry that nobody has, with a place; NULL when there are too many or memory is out. */
static kt_peer_entry_t *
take_place(kt_peers_t *peers)
{
    kt_peer_entry_t *entry = peers->spare;
    if (entry) {
        peers->spare = entry->next;
        return entry;
    }
    if (peers->places_count == KT_PEERS_MAX ||
        (peers->places_count == peers->room && !grow(peers)) || !(entry = calloc(1, sizeof *entry)))
        return NULL;
    entry->place = peers->places_count++;
    peers->places[entry->place] = entry;
    return entry;
}

static kt_peer_entry_t *
add(kt_peers_t *peers, uint64_t connection, uint32_t routing_id, const char *key, int64_t now_s)
{
    for (unsigned i = 0; i < FORGET_AT_ONCE; i++)
        if (peers->oldest && now_s - peers->oldest->seen_s > KT_PEER_SILENT_S)
            forget(peers, peers->oldest);
    kt_peer_entry_t *former = kt_map_get(peers->by_routing_id, routing_id);
    if (former) /* its connection is gone: libzmq lets nobody else have the routing id before */
        forget(peers, former);
    kt_peer_entry_t *entry = take_place(peers);
    if (!entry)
        return NULL;
    if (!kt_map_put(peers->by_routing_id, routing_id, entry)) {
        put_aside(peers, entry);
        return NULL;
    }
    *entry = (kt_peer_entry_t){.place = entry->place,
                               .number = connection << 32 | entry->place,
                               .connection = connection,
                               .routing_id = routing_id,
                               .seen_s = now_s};
    memcpy(entry->key, key, KT_KEY_CHARS);
    enter_row(peers, entry);
    link_last(peers, entry);
    return entry;
}

kt_peer_entry_t *
kt_peers_note(kt_peers_t *peers, uint64_t connection, uint32_t routing_id, const char *key,
              int64_t now_s)
{
    kt_peer_entry_t *entry = find(peers, connection);
    if (!entry)
        return add(peers, connection, routing_id, key, now_s);
    if (entry->seen_s != now_s) {
        entry->seen_s = now_s;
        unlink_entry(peers, entry);
        link_last(peers, entry);
    }
    return entry;
}

kt_peer_entry_t *
kt_peers_get(const kt_peers_t *peers, kt_peer_t peer)
{
    uint32_t place = kt_peer_place(peer);
    kt_peer_entry_t *entry = place < peers->places_count ? peers->places[place] : NULL;
    return peer != 0 && entry && entry->number == peer ? entry : NULL;
}

void
kt_peers_forget(kt_peers_t *peers, kt_peer_t peer)
{
    kt_peer_entry_t *entry = kt_peers_get(peers, peer);
    if (entry)
        forget(peers, entry);
}
