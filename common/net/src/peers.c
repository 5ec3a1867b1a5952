#include "zmq_net.h"

#include <stdlib.h>

#define SWEEP_FIRST 1024

bool
kt_peers_init(kt_peers_t *peers)
{
    *peers = (kt_peers_t){.by_id = kt_map_new(64), .sweep_at = SWEEP_FIRST, .swept_s = -1};
    return peers->by_id != NULL;
}

void
kt_peers_fini(kt_peers_t *peers)
{
    if (!peers->by_id)
        return;
    size_t cursor = 0;
    uint64_t id;
    void *entry;
    while (kt_map_next(peers->by_id, &cursor, &id, &entry))
        free(entry);
    kt_map_destroy(&peers->by_id);
}

/* Forgets the silent. The map must not change under a walk, so each walk collects some and then
 * removes them. */
static void
sweep(kt_peers_t *peers, int64_t now_s)
{
    uint64_t silent[256];
    size_t count;
    do {
        size_t cursor = 0;
        uint64_t id;
        void *value;
        count = 0;
        while (count < KT_COUNT(silent) && kt_map_next(peers->by_id, &cursor, &id, &value))
            if (now_s - ((kt_peer_entry_t *)value)->seen_s > KT_PEER_SILENT_S)
                silent[count++] = id;
        for (size_t i = 0; i < count; i++)
            free(kt_map_remove(peers->by_id, silent[i]));
    } while (count == KT_COUNT(silent));
    size_t twice = 2 * kt_map_size(peers->by_id);
    peers->sweep_at = KT_MIN(KT_MAX((size_t)SWEEP_FIRST, twice), (size_t)KT_PEERS_MAX);
    peers->swept_s = now_s;
}

static kt_peer_entry_t *
add(kt_peers_t *peers, uint32_t routing_id, int64_t now_s)
{
    /* At most once a second, for it looks at all of them. */
    if (kt_map_size(peers->by_id) >= peers->sweep_at && now_s != peers->swept_s)
        sweep(peers, now_s);
    if (kt_map_size(peers->by_id) >= KT_PEERS_MAX)
        return NULL;
    kt_peer_entry_t *entry = calloc(1, sizeof *entry);
    if (entry && !kt_map_put(peers->by_id, routing_id, entry)) {
        free(entry);
        return NULL;
    }
    return entry;
}

kt_peer_entry_t *
kt_peers_note(kt_peers_t *peers, uint32_t routing_id, const char *key, int64_t now_s)
{
    kt_peer_entry_t *entry = kt_map_get(peers->by_id, routing_id);
    if (!entry && !(entry = add(peers, routing_id, now_s)))
        return NULL;
    if (memcmp(entry->key, key, KT_KEY_CHARS) != 0) {
        memcpy(entry->key, key, KT_KEY_CHARS);
        entry->number = (uint64_t)++peers->numbered << 32 | routing_id;
        entry->packs = false;
    }
    entry->seen_s = now_s;
    return entry;
}

kt_peer_entry_t *
kt_peers_get(const kt_peers_t *peers, kt_peer_t peer)
{
    kt_peer_entry_t *entry = kt_map_get(peers->by_id, kt_peer_routing_id(peer));
    return entry && entry->number == peer ? entry : NULL;
}

void
kt_peers_forget(kt_peers_t *peers, kt_peer_t peer)
{
    if (kt_peers_get(peers, peer))
        free(kt_map_remove(peers->by_id, kt_peer_routing_id(peer)));
}
