/* callers.c: principals, and the connections at the clients endpoint. */
#include "internal.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <stdlib.h>

/* ---- principals ---- */

static broker_principal_t *
principal_named(const broker_core_t *core, const char *name)
{
    for (unsigned i = 0; i < core->principals_count; i++)
        if (strcmp(core->principals[i]->name, name) == 0)
            return core->principals[i];
    return NULL;
}

static bool
grants(const broker_directory_t *directory, const char *name)
{
    for (unsigned i = 0; i < directory->grants_count; i++)
        if (strcmp(directory->grants[i].name, name) == 0)
            return true;
    return false;
}

/* A place for a new principal of DIRECTORY: a new one, or one whose last call ended after its name
 * left. A name that just got a place has no grant yet either, and keeps it. */
static broker_principal_t *
principal_new(broker_core_t *core, const broker_directory_t *directory)
{
    if (core->principals_count < BROKER_PRINCIPALS_MAX) {
        broker_principal_t *made = calloc(1, sizeof *made);
        if (made == NULL)
            return NULL;
        made->index = core->principals_count;
        broker_list_init(&made->lanes);
        core->principals[core->principals_count++] = made;
        return made;
    }
    for (unsigned i = 0; i < core->principals_count; i++) {
        broker_principal_t *principal = core->principals[i];
        if (principal->grant == NULL && principal->open == 0 && !grants(directory, principal->name))
            return principal;
    }
    return NULL;
}

static kt_status_t
check_directory(const broker_directory_t *directory)
{
    uint8_t caller[KT_CALLER_BYTES_MAX];
    if (directory->grants_count > BROKER_PRINCIPALS_MAX || directory->keys_count > BROKER_KEYS_MAX)
        return kt_error(KT_INVALID_ARGUMENT, 0, "more than 1,024 principals, or two keys for each");
    for (unsigned i = 0; i < directory->grants_count; i++)
        if (broker_caller_encode(&directory->grants[i], caller) == 0)
            return kt_error(KT_INVALID_ARGUMENT, 0,
                            "a principal's name and roles are longer than 1,024 bytes");
    return kt_ok();
}

kt_status_t
broker_principals_load(broker_core_t *core, const broker_directory_t *directory)
{
    KT_TRY(check_directory(directory));
    /* Places first, since only they can fail: a new name without a grant is nobody yet. */
    for (unsigned i = 0; i < directory->grants_count; i++) {
        if (principal_named(core, directory->grants[i].name) != NULL)
            continue;
        broker_principal_t *made = principal_new(core, directory);
        if (made == NULL)
            return kt_error(KT_RESOURCE_EXHAUSTED, 0,
                            "no room for more principals before a restart");
        strcpy(made->name, directory->grants[i].name);
    }
    for (unsigned i = 0; i < core->principals_count; i++)
        core->principals[i]->grant = NULL;
    for (unsigned i = 0; i < directory->grants_count; i++) {
        const broker_grant_t *grant = &directory->grants[i];
        broker_principal_t *principal = principal_named(core, grant->name);
        KT_ASSERT(principal != NULL);
        principal->grant = grant;
        principal->caller_size = (uint16_t)broker_caller_encode(grant, principal->caller);
    }
    broker_keys_carry(core, directory);
    core->directory = directory;
    return kt_ok();
}

broker_principal_t *
broker_principal_of(const broker_core_t *core, const char *key)
{
    const broker_grant_t *grant = broker_directory_find(core->directory, key);
    return grant != NULL ? principal_named(core, grant->name) : NULL;
}

/* ---- peers ---- */

static void
peer_free(broker_core_t *core, broker_peer_t *peer)
{
    broker_key_heard(core, peer->key, peer->heard_us);
    broker_place_leave(core, &peer->outbox);
    broker_list_unlink(&peer->all);
    broker_outbox_fini(core, &peer->outbox);
    free(peer);
}

/* Forgets the first peer that has nothing open; false when all have. */
static bool
make_room(broker_core_t *core)
{
    for (broker_node_t *node = core->peers.next; node != &core->peers; node = node->next) {
        broker_peer_t *peer = BROKER_ITEM(node, broker_peer_t, all);
        if (peer->open == 0 && peer->outbox.count == 0) {
            peer_free(core, peer);
            return true;
        }
    }
    return false;
}

static broker_peer_t *
peer_new(broker_core_t *core, kt_peer_t id, const char *key)
{
    broker_place_vacate(core, BROKER_CLIENTS, id);
    while (core->places[BROKER_CLIENTS].taken >= core->limits.peers_max)
        if (!make_room(core))
            return NULL;
    broker_peer_t *peer = calloc(1, sizeof *peer);
    if (peer != NULL)
        broker_outbox_init(&peer->outbox, BROKER_CLIENTS, id);
    if (peer == NULL || !broker_place_take(core, &peer->outbox)) {
        free(peer);
        return NULL;
    }
    memcpy(peer->key, key, KT_KEY_CHARS);
    peer->principal = broker_principal_of(core, key);
    broker_list_init(&peer->calls);
    broker_list_init(&peer->lanes);
    broker_list_append(&core->peers, &peer->all);
    return peer;
}

broker_peer_t *
broker_peer_heard(broker_core_t *core, kt_peer_t id, const char *key)
{
    broker_peer_t *peer = (broker_peer_t *)(void *)broker_place_find(core, BROKER_CLIENTS, id);
    if (peer == NULL)
        peer = peer_new(core, id, key);
    if (peer != NULL)
        peer->heard_us = core->now_us;
    return peer;
}

void
broker_peer_gone(broker_core_t *core, broker_peer_t *peer)
{
    peer->outbox.gone = true;
    while (!broker_list_empty(&peer->calls))
        broker_forsake(core, BROKER_ITEM(peer->calls.next, broker_call_t, of_peer));
    peer_free(core, peer);
}

static const kt_status_t barred = {
    KT_UNAUTHENTICATED, RPC_REASON_UNKNOWN_PRINCIPAL,
    "the key of this connection was taken off the broker's list; connect with one that is on it"};

static const broker_verdict_t slow_caller = {
    .status = {KT_RESOURCE_EXHAUSTED, RPC_REASON_SLOW_CALLER,
               "the caller does not take its replies"},
    .unknown = true,
};

/* Of what waits only ENDs stay, and each without its body: its outcome is known to the service
 * alone. */
void
broker_peer_slow(broker_core_t *core, broker_peer_t *peer)
{
    broker_node_t parcels;
    broker_list_init(&parcels);
    broker_outbox_t *outbox = &peer->outbox;
    while (!broker_list_empty(&outbox->parcels)) {
        broker_node_t *node = outbox->parcels.next;
        broker_list_unlink(node);
        broker_list_append(&parcels, node);
    }
    core->stats.outbox_bytes -= outbox->bytes;
    outbox->count = 0;
    outbox->bytes = 0;
    for (broker_node_t *node = parcels.next; node != &parcels; node = node->next) {
        kt_message_t *message = &BROKER_ITEM(node, broker_parcel_t, node)->message;
        kt_head_t head;
        kt_span_t bytes = kt_frame_span(&message->frames[KT_FRAME_HEAD]);
        if (kt_failed(kt_head_decode(bytes, message->count, &head)) || head.kind != KT_END)
            continue;
        if (kt_frame_span(&message->frames[KT_FRAME_BODY]).size == 0)
            broker_post(core, outbox, message);
        else
            broker_refuse(core, outbox, head.call_id, NULL, &slow_caller);
    }
    broker_parcels_drop(&parcels);
    while (!broker_list_empty(&peer->calls))
        broker_end(core, BROKER_ITEM(peer->calls.next, broker_call_t, of_peer), &slow_caller);
}

void
broker_peers_sweep(broker_core_t *core)
{
    broker_node_t *node = core->peers.next;
    while (node != &core->peers) {
        broker_peer_t *peer = BROKER_ITEM(node, broker_peer_t, all);
        node = node->next;
        bool idle = peer->open == 0 && peer->outbox.count == 0;
        int64_t silent_us = core->now_us - peer->heard_us;
        if (silent_us > (idle ? BROKER_PEER_IDLE_US : BROKER_CALLER_SILENT_US))
            broker_peer_gone(core, peer);
    }
}

/* Whether the list as it is now lets PEER's CALL go on. What waits for a method that nobody knows
 * yet is asked once it is known. */
static kt_status_t
still_allowed(const broker_core_t *core, const broker_peer_t *peer, const broker_call_t *call)
{
    if (broker_principal_of(core, peer->key) != peer->principal)
        return barred;
    if (call->method != NULL && !broker_method_allows(call->method, peer->principal))
        return kt_error(KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING,
                        "the role that let the caller call this was taken away");
    return kt_ok();
}

static void
peer_reload(broker_core_t *core, broker_peer_t *peer)
{
    broker_node_t *node = peer->calls.next;
    while (node != &peer->calls) {
        broker_call_t *call = BROKER_ITEM(node, broker_call_t, of_peer);
        node = node->next;
        broker_verdict_t verdict = {
            .status = still_allowed(core, peer, call),
            .unknown = call->method != NULL && call->method->rule.kind != BROKER_READ,
        };
        if (kt_failed(verdict.status))
            broker_end(core, call, &verdict);
    }
    peer->barred |= peer->principal != NULL;
    peer->principal = broker_principal_of(core, peer->key);
    peer->barred &= peer->principal == NULL;
}

/* ---- draining ---- */

void
broker_peer_dismiss(broker_core_t *core, broker_peer_t *peer)
{
    kt_head_t head = {.kind = KT_DRAIN};
    if (!peer->dismissed && peer->principal != NULL)
        broker_post_head(core, &peer->outbox, &head);
    peer->dismissed = true;
}

void
broker_peers_dismiss(broker_core_t *core)
{
    for (broker_node_t *node = core->peers.next; node != &core->peers; node = node->next)
        broker_peer_dismiss(core, BROKER_ITEM(node, broker_peer_t, all));
}

static void
hurry(broker_core_t *core, broker_call_t *call)
{
    bool reads = call->method != NULL && call->method->rule.kind == BROKER_READ;
    bool quiet = core->now_us >= call->moved_us + BROKER_DRAIN_QUIET_US;
    if (call->state == CALL_QUEUED || (reads && quiet))
        broker_end(core, call,
                   &(broker_verdict_t){
                       .status = broker_draining,
                       .unknown = !reads && call->resends > 0,
                   });
}

void
broker_peers_hurry(broker_core_t *core)
{
    for (broker_node_t *at = core->peers.next; at != &core->peers; at = at->next) {
        broker_peer_t *peer = BROKER_ITEM(at, broker_peer_t, all);
        for (broker_node_t *node = peer->calls.next, *next; node != &peer->calls; node = next) {
            next = node->next;
            hurry(core, BROKER_ITEM(node, broker_call_t, of_peer));
        }
    }
}

void
broker_peers_reload(broker_core_t *core)
{
    for (broker_node_t *node = core->peers.next; node != &core->peers; node = node->next)
        peer_reload(core, BROKER_ITEM(node, broker_peer_t, all));
}

kt_status_t
broker_peer_unknown(const broker_peer_t *peer)
{
    return peer->barred ? barred
                        : kt_error(KT_UNAUTHENTICATED, RPC_REASON_UNKNOWN_PRINCIPAL,
                                   "the connection's key is on no list");
}

void
broker_callers_free(broker_core_t *core)
{
    while (!broker_list_empty(&core->peers)) {
        broker_peer_t *peer = BROKER_ITEM(core->peers.next, broker_peer_t, all);
        while (!broker_list_empty(&peer->calls)) {
            broker_call_t *call = BROKER_ITEM(peer->calls.next, broker_call_t, of_peer);
            broker_call_detach(core, call);
            broker_call_free(core, call);
        }
        peer_free(core, peer);
    }
    for (unsigned i = 0; i < core->principals_count; i++)
        free(core->principals[i]);
}
