/*
 * tamper: changes one byte of the first record of a table in the store of a department that is not
 * running, past its journal: the checksum fits, only the history does not. A second time puts it
 * back.
 *
 *   tamper DEPARTMENT FOLDER TABLE
 */
#include "departments.h"

#include <kt/kv.h>
#include <stdio.h>
#include <string.h>

#define VALUE_BYTES_MAX 65536

static const kt_service_t *
find_service(const char *name)
{
    for (uint32_t i = 0; i < DEPARTMENTS; i++)
        if (strcmp(department(i)->name, name) == 0)
            return department(i);
    return NULL;
}

static uint32_t
find_table(const kt_service_t *service, const char *name)
{
    uint32_t i = 0;
    while (i < service->tables_count && strcmp(service->tables[i].name, name) != 0)
        i++;
    return i;
}

static kt_status_t
change_first(kt_txn_t *txn, uint32_t table)
{
    kt_cursor_t *cursor = NULL;
    kt_span_t key, value;
    uint8_t changed[VALUE_BYTES_MAX], at[KT_KV_KEY_BYTES_MAX];
    KT_TRY(kt_kv_cursor(txn, table, &cursor));
    kt_status_t status = kt_cursor_first(cursor, &key, &value);
    if (!kt_failed(status) && (value.size == 0 || value.size > sizeof changed))
        status = kt_error(KT_OUT_OF_RANGE, 0, "the record has no byte to change");
    if (!kt_failed(status)) {
        memcpy(at, key.data, key.size);
        memcpy(changed, value.data, value.size);
        changed[value.size - 1] ^= 1;
        key.data = at;
        value.data = changed;
    }
    kt_kv_cursor_close(&cursor);
    KT_TRY(status);
    return kt_kv_put(txn, table, key, value);
}

static kt_status_t
tamper(const kt_service_t *service, const char *folder, uint32_t table)
{
    const kt_kv_options_t options = {
        .path = folder,
        .service = service->name,
        .format = service->format,
        .tables = service->tables,
        .tables_count = service->tables_count,
        .log_bytes = 1 << 20,
    };
    kt_kv_t *store KT_CLEANUP(kt_kv_close) = NULL;
    kt_txn_t *txn = NULL;
    KT_TRY(kt_kv_open_lmdb(&options, &store));
    KT_TRY(kt_kv_begin_write(store, &txn));
    kt_status_t status = change_first(txn, table);
    if (kt_failed(status))
        kt_kv_abort(&txn);
    KT_TRY(status);
    return kt_kv_commit(&txn);
}

int
main(int argc, char **argv)
{
    const kt_service_t *service = argc == 4 ? find_service(argv[1]) : NULL;
    if (!service || find_table(service, argv[3]) == service->tables_count) {
        fputs("usage: tamper DEPARTMENT FOLDER TABLE\n", stderr);
        return 2;
    }
    kt_status_t status = tamper(service, argv[2], find_table(service, argv[3]));
    if (kt_failed(status))
        fprintf(stderr, "tamper: %s: %s\n", argv[3], status.text);
    return kt_failed(status) ? 1 : 0;
}
