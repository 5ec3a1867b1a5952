/* Roots and proofs for any size, out of tiles and, below the first level of them, records. */
#include "merkle.h"

/* The hash of one base node: a record's leaf for level 0, else a tile. */
static kt_status_t
base_hash(kt_txn_t *txn, uint32_t level, uint64_t index, kt_hash_t *hash)
{
    kt_tile_key_t key;
    kt_span_t value;

    if (level == 0) {
        kt_status_t status = kt_journal_get(txn, index, &value);
        if (status.code == KT_NOT_FOUND)
            return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT, "a record of the journal is missing");
        KT_TRY(status);
        *hash = kt_merkle_leaf(value);
        return kt_ok();
    }
    kt_status_t status = kt_kv_get(txn, KT_TABLE_JOURNAL_TREE, kt_tile_key(&key, level, index),
                                   &value);
    if (status.code == KT_NOT_FOUND || (!kt_failed(status) && value.size != sizeof(hash->bytes)))
        return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT, "a tile of the journal's tree is missing");
    KT_TRY(status);
    memcpy(hash->bytes, value.data, sizeof(hash->bytes));
    return kt_ok();
}

/* The hash of the complete subtree of 2^HEIGHT leaves that begins at leaf FIRST: at most 128 base
 * nodes. */
static kt_status_t
subtree_hash(kt_txn_t *txn, uint32_t height, uint64_t first, kt_hash_t *hash)
{
    uint32_t level = height / KT_TILE_BITS;
    uint64_t count = UINT64_C(1) << (height % KT_TILE_BITS);
    uint64_t base = first >> (KT_TILE_BITS * level);
    kt_frontier_t frontier = {.size = 0};

    for (uint64_t i = 0; i < count; i++) {
        kt_hash_t node;
        KT_TRY(base_hash(txn, level, base + i, &node));
        kt_frontier_add(&frontier, &node);
    }
    *hash = frontier.peaks[0]; /* a power of two has one peak */
    return kt_ok();
}

static uint32_t
floor_log2(uint64_t n)
{
    return 63u - (uint32_t)__builtin_clzll(n);
}

/* The largest power of two below N, for N > 1: where RFC 6962 divides a tree. */
static uint64_t
split_of(uint64_t n)
{
    return UINT64_C(1) << floor_log2(n - 1);
}

/* The tree's hash over the COUNT leaves from FIRST on, COUNT > 0: complete subtrees, folded from
 * the right. */
static kt_status_t
range_hash(kt_txn_t *txn, uint64_t first, uint64_t count, kt_hash_t *hash)
{
    kt_frontier_t frontier = {.size = count};
    uint32_t peaks = 0;

    for (uint64_t left = count; left > 0; peaks++) {
        uint32_t height = floor_log2(left);
        KT_TRY(subtree_hash(txn, height, first, &frontier.peaks[peaks]));
        first += UINT64_C(1) << height;
        left -= UINT64_C(1) << height;
    }
    *hash = kt_frontier_root(&frontier);
    return kt_ok();
}

static kt_status_t
check_size(kt_txn_t *txn, uint64_t size, kt_frontier_t *frontier)
{
    KT_TRY(kt_frontier_load(frontier, txn));
    if (size > frontier->size)
        return kt_error(KT_OUT_OF_RANGE, 0, "the journal is not as long as that");
    return kt_ok();
}

kt_status_t
kt_journal_root(kt_txn_t *txn, uint64_t size, kt_hash_t *root)
{
    kt_frontier_t frontier;

    KT_TRY(check_size(txn, size, &frontier));
    if (size == 0)
        *root = kt_merkle_empty();
    else if (size == frontier.size)
        *root = kt_frontier_root(&frontier);
    else
        return range_hash(txn, 0, size, root);
    return kt_ok();
}

static kt_status_t
add_range(kt_txn_t *txn, uint64_t first, uint64_t count, kt_proof_t *proof)
{
    KT_TRY(range_hash(txn, first, count, &proof->hashes[proof->count]));
    proof->count++;
    return kt_ok();
}

/* Proofs are found from the root down and read from the leaf up. */
static void
reverse(kt_proof_t *proof)
{
    for (uint32_t i = 0; i < proof->count / 2; i++) {
        kt_hash_t other = proof->hashes[proof->count - 1 - i];
        proof->hashes[proof->count - 1 - i] = proof->hashes[i];
        proof->hashes[i] = other;
    }
}

kt_status_t
kt_journal_prove_inclusion(kt_txn_t *txn, uint64_t index, uint64_t size, kt_proof_t *proof)
{
    kt_frontier_t frontier;
    uint64_t first = 0;

    KT_TRY(check_size(txn, size, &frontier));
    if (index >= size)
        return kt_error(KT_OUT_OF_RANGE, 0, "the record is not among the first of that many");
    proof->count = 0;
    for (uint64_t n = size; n > 1;) {
        uint64_t split = split_of(n);
        if (index - first < split) {
            KT_TRY(add_range(txn, first + split, n - split, proof));
            n = split;
        } else {
            KT_TRY(add_range(txn, first, split, proof));
            first += split;
            n -= split;
        }
    }
    reverse(proof);
    return kt_ok();
}

kt_status_t
kt_journal_prove_consistency(kt_txn_t *txn, uint64_t old_size, uint64_t new_size, kt_proof_t *proof)
{
    kt_frontier_t frontier;
    uint64_t first = 0, m = old_size, n = new_size;

    KT_TRY(check_size(txn, new_size, &frontier));
    if (old_size > new_size)
        return kt_error(KT_OUT_OF_RANGE, 0, "the older size is larger than the newer");
    proof->count = 0;
    if (old_size == 0)
        return kt_ok();
    /* SUBPROOF of RFC 6962, section 2.1.2; the old tree is whole below FIRST == 0. */
    while (m != n) {
        uint64_t split = split_of(n);
        if (m <= split) {
            KT_TRY(add_range(txn, first + split, n - split, proof));
            n = split;
        } else {
            KT_TRY(add_range(txn, first, split, proof));
            first += split;
            m -= split;
            n -= split;
        }
    }
    if (first > 0)
        KT_TRY(add_range(txn, first, m, proof));
    reverse(proof);
    return kt_ok();
}
