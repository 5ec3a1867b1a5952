/* methods.c: the table of paths, their rules, and which principal may call what. */
#include "internal.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <stdlib.h>

static uint64_t
mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

static uint64_t
path_hash(uint64_t seed, kt_span_t path)
{
    uint64_t hash = mix(seed, path.size), word;
    size_t at = 0;
    for (; at + sizeof word <= path.size; at += sizeof word) {
        memcpy(&word, path.data + at, sizeof word);
        hash = mix(hash, word);
    }
    word = 0;
    if (at < path.size)
        memcpy(&word, path.data + at, path.size - at);
    return mix(hash, word);
}

broker_method_t *
broker_method_find(const broker_core_t *core, kt_span_t path)
{
    uint64_t hash = path_hash(core->seed, path);
    for (size_t at = hash % KT_COUNT(core->paths); core->paths[at] != 0;
         at = (at + 1) % KT_COUNT(core->paths)) {
        broker_method_t *method = core->methods[core->paths[at] - 1];
        if (method->hash == hash && method->path_size == path.size &&
            memcmp(method->path, path.data, path.size) == 0)
            return method;
    }
    return NULL;
}

kt_status_t
broker_method_new(broker_core_t *core, const char *path, broker_method_t **method)
{
    if (core->methods_count == BROKER_METHODS_KNOWN_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the broker knows as many methods as it can");
    broker_method_t *made = calloc(1, sizeof *made);
    if (made == NULL)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the broker is out of memory");
    made->path_size = strlen(path);
    KT_ASSERT(made->path_size <= KT_PATH_BYTES_MAX);
    memcpy(made->path, path, made->path_size + 1);
    made->hash = path_hash(core->seed, kt_span_str(path));
    size_t at = made->hash % KT_COUNT(core->paths);
    while (core->paths[at] != 0)
        at = (at + 1) % KT_COUNT(core->paths);
    core->methods[core->methods_count++] = made;
    core->paths[at] = (uint16_t)core->methods_count;
    *method = made;
    return kt_ok();
}

static bool
rule_has(const broker_rule_t *rule, const char *role)
{
    for (unsigned i = 0; i < rule->roles_count; i++)
        if (strcmp(rule->roles[i], role) == 0)
            return true;
    return false;
}

static bool
rule_covers(const broker_rule_t *rule, const broker_rule_t *other)
{
    for (unsigned i = 0; i < other->roles_count; i++)
        if (!rule_has(rule, other->roles[i]))
            return false;
    return true;
}

bool
broker_rule_equal(const broker_rule_t *a, const broker_rule_t *b)
{
    return a->kind == b->kind && a->client_streaming == b->client_streaming &&
           a->server_streaming == b->server_streaming && rule_covers(a, b) && rule_covers(b, a);
}

static bool
rule_allows(const broker_rule_t *rule, const broker_grant_t *grant)
{
    if (rule_has(rule, "*"))
        return true;
    for (unsigned i = 0; i < grant->roles_count; i++)
        if (rule_has(rule, grant->roles[i]))
            return true;
    return false;
}

static void
method_allow(const broker_core_t *core, broker_method_t *method)
{
    memset(method->allowed, 0, sizeof method->allowed);
    for (unsigned i = 0; i < core->principals_count; i++) {
        const broker_grant_t *grant = core->principals[i]->grant;
        if (grant != NULL && rule_allows(&method->rule, grant))
            method->allowed[i / 64] |= UINT64_C(1) << i % 64;
    }
}

void
broker_method_rule(broker_core_t *core, broker_method_t *method, const broker_rule_t *rule)
{
    method->rule = *rule;
    method_allow(core, method);
}

void
broker_methods_allow(broker_core_t *core)
{
    for (unsigned i = 0; i < core->methods_count; i++)
        method_allow(core, core->methods[i]);
}

void
broker_methods_free(broker_core_t *core)
{
    for (unsigned i = 0; i < core->methods_count; i++) {
        free(core->methods[i]->stats.took_us);
        free(core->methods[i]);
    }
}

kt_status_t
broker_core_add_local(broker_core_t *core, const char *path, const broker_rule_t *rule,
                      broker_local_t run, void *context)
{
    broker_method_t *method;
    KT_TRY(broker_method_new(core, path, &method));
    broker_method_rule(core, method, rule);
    method->run = run;
    method->run_context = context;
    return kt_ok();
}
