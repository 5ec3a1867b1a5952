/* instances.c: services and the instances that registered for them. */
#include "internal.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <stdlib.h>

broker_instance_t *
broker_instance_find(const broker_core_t *core, kt_peer_t peer)
{
    return (broker_instance_t *)(void *)broker_place_find(core, BROKER_SERVICES, peer);
}

broker_instance_info_t
broker_instance_info(const broker_instance_t *instance)
{
    return (broker_instance_info_t){
        .service = instance->service->name,
        .instance = instance->name,
        .principal = instance->principal->name,
        .version = instance->version,
        .capacity = instance->capacity,
        .open = instance->open,
        .since_us = instance->since_us,
        .draining = instance->draining,
    };
}

static void
note(const broker_core_t *core, broker_event_t event, const broker_instance_t *instance,
     const char *text)
{
    broker_instance_info_t info = broker_instance_info(instance);
    if (core->ports.noted != NULL)
        core->ports.noted(core->ports.context, event, &info, text);
}

broker_service_t *
broker_service_named(const broker_core_t *core, const char *name)
{
    for (unsigned i = 0; i < core->services_count; i++)
        if (strcmp(core->services[i]->name, name) == 0)
            return core->services[i];
    return NULL;
}

bool
broker_service_live(const broker_service_t *service)
{
    for (unsigned i = 0; i < service->instances_count; i++)
        if (service->instances[i] != NULL && !service->instances[i]->draining)
            return true;
    return false;
}

static kt_status_t
service_open(broker_core_t *core, const char *name, broker_service_t **service)
{
    *service = broker_service_named(core, name);
    if (*service != NULL)
        return kt_ok();
    if (core->services_count == BROKER_SERVICES_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the broker knows as many services as it can");
    broker_service_t *made = calloc(1, sizeof *made);
    if (made == NULL)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the broker is out of memory");
    strcpy(made->name, name);
    broker_list_init(&made->ring);
    core->services[core->services_count++] = made;
    *service = made;
    return kt_ok();
}

static bool
may_serve(const broker_grant_t *grant, const char *service)
{
    for (unsigned i = 0; i < grant->serves_count; i++)
        if (strcmp(grant->serves[i], service) == 0)
            return true;
    return false;
}

static broker_instance_t *
instance_named(const broker_service_t *service, const char *name)
{
    for (unsigned i = 0; i < service->instances_count; i++)
        if (service->instances[i] != NULL && strcmp(service->instances[i]->name, name) == 0)
            return service->instances[i];
    return NULL;
}

static void
ping(broker_core_t *core, broker_instance_t *instance)
{
    kt_head_t head = {.kind = KT_PING};
    broker_post_head(core, &instance->outbox, &head);
}

/* ---- leaving ---- */

static void
withdraw(broker_core_t *core, const broker_instance_t *instance)
{
    for (unsigned i = 0; i < core->methods_count; i++)
        if (core->methods[i]->service == instance->service)
            core->methods[i]->served_by &= ~(UINT64_C(1) << instance->place);
}

static void
instance_free(broker_core_t *core, broker_instance_t *instance)
{
    broker_service_t *service = instance->service;
    broker_key_heard(core, instance->key, instance->heard_us);
    broker_place_leave(core, &instance->outbox);
    service->instances[instance->place] = NULL;
    while (service->instances_count > 0 && service->instances[service->instances_count - 1] == NULL)
        service->instances_count--;
    service->next = 0;
    broker_outbox_fini(core, &instance->outbox);
    free(instance);
}

void
broker_instance_lost(broker_core_t *core, broker_instance_t *instance, broker_event_t event,
                     const char *why)
{
    broker_service_t *service = instance->service;
    note(core, event, instance, why);
    withdraw(core, instance);
    instance->outbox.gone = true;
    instance->draining = true;
    while (!broker_list_empty(
        &instance->calls)) /* the last first, so that the queue has them in order */
        broker_bereave(core, BROKER_ITEM(instance->calls.prev, broker_call_t, place));
    instance_free(core, instance);
    broker_queue_rearm(core, service);
    broker_queue_serve(core, service);
}

void
broker_instance_drain(broker_core_t *core, broker_instance_t *instance)
{
    if (instance->draining)
        return;
    instance->draining = true;
    note(core, BROKER_DRAINING, instance, NULL);
    broker_queue_rearm(core, instance->service);
}

void
broker_instance_ready(broker_core_t *core, broker_instance_t *instance)
{
    for (broker_node_t *node = instance->calls.next;
         node != &instance->calls && instance->outbox.count == 0; node = node->next)
        broker_backlog_flush(core, BROKER_ITEM(node, broker_call_t, place));
    broker_queue_serve(core, instance->service);
}

/* ---- registering ---- */

/* Whether an instance of that name is there beside PEER. One whose connection is gone makes room.
 */
static kt_status_t
check_name(broker_core_t *core, kt_peer_t peer, const broker_registration_t *registration)
{
    broker_instance_t *own = broker_instance_find(core, peer);
    if (own != NULL && (strcmp(own->name, registration->instance) != 0 ||
                        strcmp(own->service->name, registration->service) != 0))
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD,
                        "instance: the connection is registered under another name");
    broker_service_t *service = broker_service_named(core, registration->service);
    broker_instance_t *other = service != NULL ? instance_named(service, registration->instance)
                                               : NULL;
    if (other == NULL || other == own)
        return kt_ok();
    ping(core, other);
    if (!other->outbox.gone)
        return kt_error(KT_ALREADY_EXISTS, RPC_REASON_INSTANCE_EXISTS,
                        "an instance of this name is registered and alive");
    broker_instance_lost(core, other, BROKER_REPLACED,
                         "its connection is gone and another registers under its name");
    return kt_ok();
}

/* Whether METHOD's rule still binds: an instance other than OWN that takes calls registered it. */
static bool
bound(const broker_method_t *method, const broker_instance_t *own)
{
    for (uint64_t bits = method->served_by; bits != 0; bits &= bits - 1) {
        const broker_instance_t *instance = method->service->instances[__builtin_ctzll(bits)];
        if (instance != own && !instance->draining)
            return true;
    }
    return false;
}

static kt_status_t
check_offers(const broker_core_t *core, kt_peer_t peer, const broker_registration_t *registration)
{
    const broker_instance_t *own = broker_instance_find(core, peer);
    for (unsigned i = 0; i < registration->offers_count; i++) {
        const broker_offer_t *offer = &registration->offers[i];
        const broker_method_t *method = broker_method_find(core, kt_span_str(offer->path));
        if (method == NULL)
            continue;
        if (method->service == NULL || strcmp(method->service->name, registration->service) != 0)
            return kt_error(KT_FAILED_PRECONDITION, RPC_REASON_RULE_CONFLICT,
                            "methods[].path: another service's");
        if (!broker_rule_equal(&method->rule, &offer->rule) && bound(method, own))
            return kt_error(KT_FAILED_PRECONDITION, RPC_REASON_RULE_CONFLICT,
                            "methods[]: a live instance registered another rule");
    }
    return kt_ok();
}

/* Whether a store of EPOCH and LIFE goes on where OTHER's was put back from. Two stores of the
 * first epoch have nothing to do with each other. */
static bool
is_newer(uint64_t epoch, const kt_ulid_t *life, uint64_t other_epoch, const kt_ulid_t *other)
{
    if (epoch != other_epoch)
        return epoch > other_epoch;
    return epoch > 1 && memcmp(life->bytes, other->bytes, KT_ULID_BYTES) > 0;
}

/* Of two instances whose stores say which life they are in, and are not in the same one, the one of
 * the newer serves: the other is a copy that came back. */
static bool
is_rival(const broker_instance_t *instance, uint64_t epoch, const kt_ulid_t *life)
{
    return epoch > 0 && instance->epoch > 0 &&
           (instance->epoch != epoch ||
            memcmp(instance->life.bytes, life->bytes, KT_ULID_BYTES) != 0);
}

static kt_status_t
check_life(const broker_core_t *core, kt_peer_t peer, const broker_registration_t *registration)
{
    const broker_service_t *service = broker_service_named(core, registration->service);
    const broker_instance_t *own = broker_instance_find(core, peer);
    for (unsigned i = 0; service != NULL && i < service->instances_count; i++) {
        const broker_instance_t *other = service->instances[i];
        if (other != NULL && other != own && !other->outbox.gone &&
            is_rival(other, registration->epoch, &registration->life) &&
            !is_newer(registration->epoch, &registration->life, other->epoch, &other->life))
            return kt_error(KT_FAILED_PRECONDITION, RPC_REASON_OLDER_STORE,
                            "an instance serves whose store is newer, or another one: this is a "
                            "copy that was left, or its volume is not the right one");
    }
    return kt_ok();
}

/* INSTANCE serves; what has an older copy of its store does so no more. */
static void
bar_older(broker_core_t *core, const broker_instance_t *instance)
{
    const broker_service_t *service = instance->service;
    for (unsigned i = 0; i < service->instances_count; i++) {
        broker_instance_t *other = service->instances[i];
        if (other != NULL && is_rival(other, instance->epoch, &instance->life))
            broker_instance_lost(core, other, BROKER_BARRED,
                                 "another instance has a newer life of its store");
    }
}

static kt_status_t
instance_open(broker_core_t *core, kt_peer_t peer, const char *key,
              const broker_registration_t *registration, broker_instance_t **instance)
{
    *instance = broker_instance_find(core, peer);
    if (*instance != NULL)
        return kt_ok();
    broker_service_t *service;
    KT_TRY(service_open(core, registration->service, &service));
    unsigned place = 0;
    while (place < service->instances_count && service->instances[place] != NULL)
        place++;
    if (place == BROKER_INSTANCES_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the service has as many instances as it can");
    broker_instance_t *made = calloc(1, sizeof *made);
    if (made != NULL)
        broker_outbox_init(&made->outbox, BROKER_SERVICES, peer);
    if (made == NULL || !broker_place_take(core, &made->outbox)) {
        free(made);
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the broker is out of memory");
    }
    broker_list_init(&made->calls);
    memcpy(made->key, key, KT_KEY_CHARS);
    strcpy(made->name, registration->instance);
    made->principal = broker_principal_of(core, key);
    made->service = service;
    made->place = place;
    service->instances[place] = made;
    service->instances_count = KT_MAX(service->instances_count, place + 1);
    *instance = made;
    return kt_ok();
}

static kt_status_t
take_offers(broker_core_t *core, broker_instance_t *instance,
            const broker_registration_t *registration)
{
    withdraw(core, instance);
    for (unsigned i = 0; i < registration->offers_count; i++) {
        const broker_offer_t *offer = &registration->offers[i];
        broker_method_t *method = broker_method_find(core, kt_span_str(offer->path));
        if (method == NULL)
            KT_TRY(broker_method_new(core, offer->path, &method));
        method->service = instance->service;
        if (method->rule.kind == 0 || !broker_rule_equal(&method->rule, &offer->rule))
            broker_method_rule(core, method, &offer->rule);
        method->served_by |= UINT64_C(1) << instance->place;
    }
    return kt_ok();
}

static kt_status_t
register_instance(broker_core_t *core, kt_peer_t peer, const char *key,
                  const broker_registration_t *registration)
{
    const broker_principal_t *principal = broker_principal_of(core, key);
    if (principal == NULL)
        return kt_error(KT_UNAUTHENTICATED, RPC_REASON_UNKNOWN_PRINCIPAL,
                        "the connection's key is on no list");
    if (!may_serve(principal->grant, registration->service))
        return kt_error(KT_PERMISSION_DENIED, RPC_REASON_NOT_A_SERVER,
                        "this key may not serve that");
    broker_place_vacate(core, BROKER_SERVICES, peer);
    KT_TRY(check_name(core, peer, registration));
    KT_TRY(check_life(core, peer, registration));
    KT_TRY(check_offers(core, peer, registration));
    broker_instance_t *instance;
    bool again = broker_instance_find(core, peer) != NULL;
    KT_TRY(instance_open(core, peer, key, registration, &instance));
    kt_status_t status = take_offers(core, instance, registration);
    if (kt_failed(status)) {
        broker_instance_lost(core, instance, BROKER_REFUSED, status.text);
        return status;
    }
    strcpy(instance->version, registration->version);
    instance->capacity = registration->capacity;
    instance->epoch = registration->epoch;
    instance->life = registration->life;
    instance->draining = false;
    instance->since_us = instance->heard_us = core->now_us;
    note(core, again ? BROKER_REPLACED : BROKER_REGISTERED, instance, NULL);
    return kt_ok();
}

static void
note_refused(const broker_core_t *core, const char *key, const broker_registration_t *registration,
             const char *text)
{
    const broker_principal_t *principal = broker_principal_of(core, key);
    broker_instance_info_t info = {.service = registration->service,
                                   .instance = registration->instance,
                                   .version = registration->version,
                                   .capacity = registration->capacity,
                                   .principal = principal != NULL ? principal->name : ""};
    if (core->ports.noted != NULL)
        core->ports.noted(core->ports.context, BROKER_REFUSED, &info, text);
}

void
broker_register(broker_core_t *core, kt_peer_t peer, const char *key, const kt_head_t *head,
                kt_span_t meta)
{
    broker_registration_t registration = {0};
    broker_verdict_t verdict = {.status = broker_registration_decode(meta, &registration)};
    if (!kt_failed(verdict.status))
        verdict.status = register_instance(core, peer, key, &registration);
    broker_instance_t *instance = broker_instance_find(core, peer);
    if (kt_failed(verdict.status)) {
        /* A refused peer is nobody: its answer is tried once. */
        broker_outbox_t outbox;
        broker_outbox_init(&outbox, BROKER_SERVICES, peer);
        note_refused(core, key, &registration, verdict.status.text);
        broker_refuse(core, instance != NULL ? &instance->outbox : &outbox, head->call_id, NULL,
                      &verdict);
        broker_outbox_fini(core, &outbox);
    } else {
        broker_answer(core, &instance->outbox, head->call_id, NULL);
        bar_older(core, instance);
        broker_queue_rearm(core, instance->service);
        broker_queue_serve(core, instance->service);
        broker_limbo_leave(core);
    }
    broker_registration_fini(&registration);
}

/* ---- all of them ---- */

/* Calls EACH for every instance; EACH may take it off the list. */
static void
for_each(broker_core_t *core, void (*each)(broker_core_t *core, broker_instance_t *instance))
{
    for (unsigned s = 0; s < core->services_count; s++)
        for (unsigned i = 0; i < core->services[s]->instances_count; i++)
            if (core->services[s]->instances[i] != NULL)
                each(core, core->services[s]->instances[i]);
}

static void
sweep(broker_core_t *core, broker_instance_t *instance)
{
    if (core->now_us - instance->heard_us > BROKER_INSTANCE_SILENT_US)
        broker_instance_lost(core, instance, BROKER_LOST, "it said nothing for 5 seconds");
    else if (instance->outbox.count == 0)
        ping(core, instance);
}

void
broker_instances_sweep(broker_core_t *core)
{
    for_each(core, sweep);
}

void
broker_instances_forgive(broker_core_t *core, int64_t slept_us)
{
    for (unsigned s = 0; s < core->services_count; s++)
        for (unsigned i = 0; i < core->services[s]->instances_count; i++) {
            broker_instance_t *instance = core->services[s]->instances[i];
            if (instance != NULL)
                instance->heard_us = KT_MIN(instance->heard_us + slept_us, core->now_us);
        }
}

static void
reload(broker_core_t *core, broker_instance_t *instance)
{
    const broker_principal_t *principal = broker_principal_of(core, instance->key);
    if (principal == instance->principal && may_serve(principal->grant, instance->service->name))
        return;
    broker_instance_lost(core, instance, BROKER_BARRED, "its key may not serve this any more");
}

void
broker_instances_reload(broker_core_t *core)
{
    for_each(core, reload);
}

static void
drop(broker_core_t *core, broker_instance_t *instance)
{
    while (!broker_list_empty(&instance->calls))
        broker_call_free(core, BROKER_ITEM(instance->calls.next, broker_call_t, place));
    instance_free(core, instance);
}

void
broker_instances_free(broker_core_t *core)
{
    for_each(core, drop);
    for (unsigned s = 0; s < core->services_count; s++)
        free(core->services[s]);
}
