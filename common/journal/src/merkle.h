/* merkle.h: what the log in a store and its verification share beyond the public tree. */
#ifndef KT_MERKLE_H
#define KT_MERKLE_H

#include <kt/journal.h>

/* A tile is the hash of a complete subtree of 2^(8 * level) leaves, level 1 and up; a u64 of leaves
 * has at most seven levels. */
#define KT_TILE_BITS   8u
#define KT_TILE_LEVELS 7u

/* The tiles that one more leaf completed: of the levels 1 to COUNT, each the last of its level. */
typedef struct kt_tiles {
    uint32_t count;
    kt_hash_t hashes[KT_TILE_LEVELS];
} kt_tiles_t;

void kt_frontier_add_tiles(kt_frontier_t *frontier, const kt_hash_t *leaf, kt_tiles_t *tiles);

/* ---- encodings in the store ---- */

typedef struct kt_tile_key {
    uint8_t bytes[9];
} kt_tile_key_t;
typedef struct kt_number_key {
    uint8_t bytes[8];
} kt_number_key_t;

/* Both write to KEY and give a span of it. */
kt_span_t kt_tile_key(kt_tile_key_t *key, uint32_t level, uint64_t index);
kt_span_t kt_number_key(kt_number_key_t *key, uint64_t number);
/* Size and frontier as meta has them; the empty log when meta has none. */
kt_status_t kt_frontier_load(kt_frontier_t *frontier, kt_txn_t *txn);

#endif
