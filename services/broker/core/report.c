/* report.c: what the core tells about itself. */
#include "internal.h"

void
broker_core_stats(const broker_core_t *core, broker_stats_t *stats)
{
    *stats = core->stats;
    stats->callers = core->places[BROKER_CLIENTS].taken;
    stats->instances = core->places[BROKER_SERVICES].taken;
    stats->open_max = core->limits.calls_max;
    stats->queued_max = core->limits.queued_max;
    stats->queued_bytes_max = core->limits.queued_bytes_max;
    stats->kept_bytes_max = core->limits.kept_bytes_max;
    stats->outbox_bytes_max = core->limits.outbox_all_bytes_max;
}

static broker_method_info_t
method_info(const broker_method_t *method)
{
    return (broker_method_info_t){
        .path = method->path, .rule = &method->rule, .stats = &method->stats};
}

static void
report_instance(const broker_core_t *core, const broker_instance_t *instance, broker_report_t each,
                void *context)
{
    broker_instance_info_t info = broker_instance_info(instance);
    broker_method_info_t methods[BROKER_METHODS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < core->methods_count && count < BROKER_METHODS_MAX; i++) {
        const broker_method_t *method = core->methods[i];
        if (method->service == instance->service && (method->served_by >> instance->place & 1) != 0)
            methods[count++] = method_info(method);
    }
    each(context, &info, methods, count);
}

void
broker_core_each_instance(const broker_core_t *core, broker_report_t each, void *context)
{
    for (unsigned s = 0; s < core->services_count; s++) {
        const broker_service_t *service = core->services[s];
        for (unsigned i = 0; i < service->instances_count; i++)
            if (service->instances[i] != NULL)
                report_instance(core, service->instances[i], each, context);
    }
}

void
broker_core_each_missing(const broker_core_t *core,
                         void (*each)(void *context, const char *service), void *context)
{
    const broker_directory_t *directory = core->directory;
    for (unsigned g = 0; g < directory->grants_count; g++)
        for (unsigned s = 0; s < directory->grants[g].serves_count; s++) {
            const char *name = directory->grants[g].serves[s];
            const broker_service_t *service = broker_service_named(core, name);
            if (service == NULL || !broker_service_live(service))
                each(context, name);
        }
}

void
broker_core_each_method(const broker_core_t *core,
                        void (*each)(void *context, const broker_method_info_t *method),
                        void *context)
{
    for (unsigned i = 0; i < core->methods_count; i++) {
        broker_method_info_t info = method_info(core->methods[i]);
        each(context, &info);
    }
}

/* Whether METHOD belongs to the full service name NAME: "/kantor.finance.v1.Ledger/..." */
static bool
method_of(const broker_method_t *method, kt_span_t name)
{
    const char *slash = strchr(method->path, '/');
    return slash == method->path && method->path_size > name.size + 2 &&
           memcmp(method->path + 1, name.data, name.size) == 0 &&
           method->path[1 + name.size] == '/';
}

broker_health_t
broker_core_health(const broker_core_t *core, kt_span_t name)
{
    for (unsigned s = 0; s < core->services_count; s++)
        if (kt_span_equal(kt_span_str(core->services[s]->name), name))
            return broker_service_live(core->services[s]) ? BROKER_SERVING : BROKER_NOT_SERVING;
    broker_health_t health = BROKER_NOT_KNOWN;
    for (unsigned i = 0; name.size > 0 && i < core->methods_count && health != BROKER_SERVING;
         i++) {
        const broker_method_t *method = core->methods[i];
        if (method_of(method, name))
            health = method->service == NULL || broker_method_live(method) ? BROKER_SERVING
                                                                           : BROKER_NOT_SERVING;
    }
    return health;
}
