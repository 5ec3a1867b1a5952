/* keys.c: which keys are used, and when last: whoever rotates one wants to know when the old one is
 * not. */
#include "internal.h"

void
broker_key_heard(broker_core_t *core, const char *key, int64_t heard_us)
{
    const broker_key_t *found = broker_directory_key(core->directory, key);
    if (found == NULL)
        return;
    int64_t *last_us = &core->key_heard_us[found - core->directory->keys];
    *last_us = KT_MAX(*last_us, heard_us);
}

void
broker_keys_carry(broker_core_t *core, const broker_directory_t *directory)
{
    int64_t heard_us[BROKER_KEYS_MAX] = {0};
    for (unsigned i = 0; i < directory->keys_count && core->directory != NULL; i++) {
        const broker_key_t *before = broker_directory_key(core->directory, directory->keys[i].text);
        if (before != NULL)
            heard_us[i] = core->key_heard_us[before - core->directory->keys];
    }
    memcpy(core->key_heard_us, heard_us, sizeof heard_us);
}

/* The key as INFOS, beside the directory's, counts it; NULL: it is on no list. */
static broker_key_info_t *
info_of(const broker_core_t *core, broker_key_info_t *infos, const char *text)
{
    const broker_key_t *found = broker_directory_key(core->directory, text);
    return found != NULL ? &infos[found - core->directory->keys] : NULL;
}

static void
count_callers(const broker_core_t *core, broker_key_info_t *infos)
{
    for (const broker_node_t *node = core->peers.next; node != &core->peers; node = node->next) {
        const broker_peer_t *peer = BROKER_ITEM(node, broker_peer_t, all);
        broker_key_info_t *info = info_of(core, infos, peer->key);
        if (info == NULL)
            continue;
        info->callers++;
        info->heard_us = KT_MAX(info->heard_us, peer->heard_us);
    }
}

static void
count_instances(const broker_core_t *core, broker_key_info_t *infos)
{
    for (unsigned s = 0; s < core->services_count; s++)
        for (unsigned i = 0; i < core->services[s]->instances_count; i++) {
            const broker_instance_t *instance = core->services[s]->instances[i];
            broker_key_info_t *info = instance != NULL ? info_of(core, infos, instance->key) : NULL;
            if (info == NULL)
                continue;
            info->instances++;
            info->heard_us = KT_MAX(info->heard_us, instance->heard_us);
        }
}

void
broker_core_each_key(const broker_core_t *core,
                     void (*each)(void *context, const broker_key_info_t *key), void *context)
{
    const broker_directory_t *directory = core->directory;
    broker_key_info_t infos[BROKER_KEYS_MAX] = {0};
    uint16_t places[BROKER_PRINCIPALS_MAX][BROKER_KEYS_OF_PRINCIPAL] = {0}; /* in infos, plus 1 */
    for (unsigned i = 0; i < directory->keys_count; i++) {
        const broker_key_t *key = &directory->keys[i];
        infos[i] = (broker_key_info_t){
            .key = key, .grant = &directory->grants[key->grant], .heard_us = core->key_heard_us[i]};
        places[key->grant][key->next] = (uint16_t)(i + 1);
    }
    count_callers(core, infos);
    count_instances(core, infos);
    for (unsigned g = 0; g < directory->grants_count; g++)
        for (unsigned k = 0; k < BROKER_KEYS_OF_PRINCIPAL; k++)
            if (places[g][k] != 0)
                each(context, &infos[places[g][k] - 1]);
}
