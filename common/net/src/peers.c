#include "zmq_net.h"

#include <stdlib.h>

#define FORGET_AT_ONCE 2 /* for each new one, so that the table shrinks and no step is long */

bool
kt_peers_init(kt_peers_t *peers)
{
    *peers = (kt_peers_t){.by_id = kt_map_new(64)};
    return peers->by_id != NULL;
}

void
kt_peers_fini(kt_peers_t *peers)
{
    for (kt_peer_entry_t *entry = peers->oldest, *next; entry; entry = next) {
        next = entry->next;
        kt_flow_release(&entry->flow);
        free(entry);
    }
    peers->oldest = peers->newest = NULL;
    kt_map_destroy(&peers->by_id);
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

static void
forget(kt_peers_t *peers, kt_peer_entry_t *entry)
{
    if (peers->last == entry)
        peers->last = NULL;
    unlink_entry(peers, entry);
    (void)kt_map_remove(peers->by_id, kt_peer_routing_id(entry->number));
    kt_flow_release(&entry->flow);
    free(entry);
}

static kt_peer_entry_t *
add(kt_peers_t *peers, uint32_t routing_id, int64_t now_s)
{
    for (unsigned i = 0; i < FORGET_AT_ONCE; i++)
        if (peers->oldest && now_s - peers->oldest->seen_s > KT_PEER_SILENT_S)
            forget(peers, peers->oldest);
    if (kt_map_size(peers->by_id) >= KT_PEERS_MAX)
        return NULL;
    kt_peer_entry_t *entry = calloc(1, sizeof *entry);
    if (entry && !kt_map_put(peers->by_id, routing_id, entry)) {
        free(entry);
        return NULL;
    }
    if (entry) {
        entry->seen_s = now_s;
        link_last(peers, entry);
    }
    return entry;
}

kt_peer_entry_t *
kt_peers_note(kt_peers_t *peers, uint32_t routing_id, const char *key, int64_t now_s)
{
    kt_peer_entry_t *entry = peers->last;
    if (!entry || kt_peer_routing_id(entry->number) != routing_id)
        entry = kt_map_get(peers->by_id, routing_id);
    if (!entry && !(entry = add(peers, routing_id, now_s)))
        return NULL;
    peers->last = entry;
    if (memcmp(entry->key, key, KT_KEY_CHARS) != 0) {
        memcpy(entry->key, key, KT_KEY_CHARS);
        entry->number = (uint64_t)++peers->numbered << 32 | routing_id;
        entry->packs = false;
        entry->waiting = NULL; /* it is for who was here before */
        kt_flow_release(&entry->flow);
    }
    if (entry->seen_s != now_s) {
        entry->seen_s = now_s;
        unlink_entry(peers, entry);
        link_last(peers, entry);
    }
    return entry;
}

kt_peer_entry_t *
kt_peers_get(kt_peers_t *peers, kt_peer_t peer)
{
    kt_peer_entry_t *entry = peers->last;
    if (entry && entry->number == peer)
        return entry;
    entry = kt_map_get(peers->by_id, kt_peer_routing_id(peer));
    if (!entry || entry->number != peer)
        return NULL;
    peers->last = entry;
    return entry;
}

void
kt_peers_forget(kt_peers_t *peers, kt_peer_t peer)
{
    kt_peer_entry_t *entry = kt_peers_get(peers, peer);
    if (entry)
        forget(peers, entry);
}
