/* verify.h: recomputes the derived tables of policies and matters from the facts. */
#ifndef LEGAL_STORE_VERIFY_H
#define LEGAL_STORE_VERIFY_H

#include <kt/kv.h>

/* Where findings go. TABLE is static; KEY is printable. */
typedef struct legal_verify_sink {
    void (*find)(void *context, const char *table, const char *key, const char *what);
    void *context;
} legal_verify_sink_t;

kt_status_t legal_store_verify_policies(kt_txn_t *txn, const legal_verify_sink_t *sink);
kt_status_t legal_store_verify_matters(kt_txn_t *txn, const legal_verify_sink_t *sink);

#endif
