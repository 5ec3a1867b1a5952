/* lives_list.h: the list of a store's lives as meta has it, for who verifies it. */
#ifndef KT_LIVES_LIST_H
#define KT_LIVES_LIST_H

#include <kt/lives.h>

typedef struct kt_lives_list {
    bool there; /* false: the store is older than lives are */
    kt_ulid_t first;
    uint32_t count; /* of those after the first */
    uint64_t numbers[KT_LIVES_MAX - 1];
} kt_lives_list_t;

kt_status_t kt_lives_list(kt_txn_t *txn, kt_lives_list_t *list);

#endif
