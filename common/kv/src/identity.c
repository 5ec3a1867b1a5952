/* Which service a store belongs to and in which format version it is written, and the steps between
 * versions. */
#include "backend.h"

#include <kt/pack.h>

#define META 0u /* the first table of every store */

static const char format_key[] = "kv.format";
static const char service_key[] = "kv.service";

static kt_status_t
put_format(kt_txn_t *txn, uint32_t format)
{
    uint8_t bytes[sizeof(format)];
    kt_writer_t w = kt_writer(bytes, sizeof(bytes));

    kt_put_u32(&w, format);
    return kt_kv_put(txn, META, kt_span_str(format_key), kt_written(&w));
}

static kt_status_t
foreign(const char *what)
{
    return kt_error(KT_FAILED_PRECONDITION, KT_KV_FOREIGN, what);
}

kt_status_t
kt_kv_identify(kt_txn_t *txn, const kt_kv_options_t *options, bool fresh)
{
    kt_span_t value;

    if (fresh) {
        KT_TRY(kt_kv_put(txn, META, kt_span_str(service_key), kt_span_str(options->service)));
        return put_format(txn, options->format);
    }
    kt_status_t status = kt_kv_get(txn, META, kt_span_str(service_key), &value);
    if (status.code == KT_NOT_FOUND)
        return foreign("the folder holds the store of another program");
    KT_TRY(status);
    bool any = !options->service && value.size <= KT_KV_TABLE_NAME_MAX;
    if (!any && !kt_span_equal(value, kt_span_str(options->service)))
        return foreign(kt_kv_text("the folder holds the store of another service",
                                  "the folder holds the store of the service %.*s, not of %s",
                                  (int)KT_MIN(value.size, KT_KV_TABLE_NAME_MAX),
                                  (const char *)value.data,
                                  options->service ? options->service : "any"));
    memcpy(txn->store->service, value.data, value.size);
    txn->store->service[value.size] = '\0';
    status = kt_kv_get(txn, META, kt_span_str(format_key), &value);
    if (status.code == KT_NOT_FOUND)
        return foreign("the store has no format version");
    KT_TRY(status);
    kt_reader_t r = kt_reader(value);
    uint32_t stored = kt_get_u32(&r);
    if (!kt_reader_done(&r))
        return foreign("the store's format version is not one");
    txn->store->format = stored;
    if (!options->service)
        return kt_ok();
    if (stored > options->format)
        return kt_error(KT_FAILED_PRECONDITION, KT_KV_NEWER,
                        kt_kv_text("the store is of a newer format: use the newer program",
                                   "the store is of format %u and this program writes %u: use the "
                                   "newer program, or restore an older backup",
                                   stored, options->format));
    if (stored < options->format && options->read_only)
        return kt_error(KT_FAILED_PRECONDITION, 0,
                        "the store is of an older format: open it for writing once to migrate it");
    return kt_ok();
}

static kt_status_t
migrate_once(kt_kv_t *store, const kt_kv_migration_t *migration, void *context)
{
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;

    KT_TRY(kt_kv_begin_write(store, &txn));
    kt_kv_use_reserve(txn);
    KT_TRY(migration->run(txn, context));
    KT_TRY(put_format(txn, migration->from + 1));
    KT_TRY(kt_kv_commit(&txn));
    store->format = migration->from + 1;
    return kt_ok();
}

kt_status_t
kt_kv_migrate(kt_kv_t *store, const kt_kv_options_t *options)
{
    while (store->format < options->format) {
        const kt_kv_migration_t *found = NULL;
        for (uint32_t i = 0; i < options->migrations_count && !found; i++) {
            if (options->migrations[i].from == store->format)
                found = &options->migrations[i];
        }
        if (!found)
            return kt_error(KT_INTERNAL, 0,
                            kt_kv_text("a migration is missing",
                                       "no migration leads on from format %u", store->format));
        KT_TRY(migrate_once(store, found, options->migration_context));
    }
    return kt_ok();
}
