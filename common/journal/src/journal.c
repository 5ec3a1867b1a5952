#include "merkle.h"

#include <kt/pack.h>

static const char meta_key[] = "journal";

#define META_BYTES_MAX (8 + 64 * KT_SHA256_BYTES)

kt_span_t
kt_tile_key(kt_tile_key_t *key, uint32_t level, uint64_t index)
{
    kt_writer_t w = kt_writer(key->bytes, sizeof(key->bytes));

    kt_put_u8(&w, (uint8_t)level);
    kt_put_u64(&w, index);
    return kt_written(&w);
}

kt_span_t
kt_number_key(kt_number_key_t *key, uint64_t number)
{
    kt_writer_t w = kt_writer(key->bytes, sizeof(key->bytes));

    kt_put_u64(&w, number);
    return kt_written(&w);
}

kt_status_t
kt_frontier_load(kt_frontier_t *frontier, kt_txn_t *txn)
{
    kt_span_t value;
    kt_status_t status = kt_kv_get(txn, KT_TABLE_META, kt_span_str(meta_key), &value);

    frontier->size = 0;
    if (status.code == KT_NOT_FOUND)
        return kt_ok();
    KT_TRY(status);
    kt_reader_t r = kt_reader(value);
    uint64_t size = kt_get_u64(&r);
    kt_span_t peaks = kt_get_bytes(&r, (size_t)__builtin_popcountll(size) * KT_SHA256_BYTES);
    if (!kt_reader_done(&r))
        return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT, "the journal's record in meta is malformed");
    if (peaks.size > 0)
        memcpy(frontier->peaks, peaks.data, peaks.size);
    frontier->size = size;
    return kt_ok();
}

/* Copies the part that counts: a whole frontier is two kilobytes. */
static void
frontier_copy(kt_frontier_t *to, const kt_frontier_t *from)
{
    to->size = from->size;
    memcpy(to->peaks, from->peaks,
           (size_t)__builtin_popcountll(from->size) * sizeof(from->peaks[0]));
}

kt_status_t
kt_journal_load(kt_journal_t *journal, kt_txn_t *txn)
{
    KT_TRY(kt_frontier_load(&journal->durable, txn));
    frontier_copy(&journal->current, &journal->durable);
    return kt_ok();
}

kt_status_t
kt_journal_append(kt_journal_t *journal, kt_txn_t *txn, kt_span_t record, uint64_t *number)
{
    kt_frontier_t *current = &journal->current;
    uint64_t index = current->size;
    kt_number_key_t key;
    kt_tile_key_t tile_key;
    kt_tiles_t tiles;

    if (record.size > KT_JOURNAL_RECORD_BYTES_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "a journal record has at most 65,536 bytes");
    KT_TRY(kt_kv_append(txn, KT_TABLE_JOURNAL, kt_number_key(&key, index), record));
    kt_hash_t leaf = kt_merkle_leaf(record);
    kt_frontier_add_tiles(current, &leaf, &tiles);
    for (uint32_t level = 1; level <= tiles.count; level++) {
        const kt_hash_t *tile = &tiles.hashes[level - 1];
        KT_TRY(kt_kv_put(txn, KT_TABLE_JOURNAL_TREE,
                         kt_tile_key(&tile_key, level, index >> (KT_TILE_BITS * level)),
                         kt_span(tile->bytes, sizeof(tile->bytes))));
    }
    *number = index;
    return kt_ok();
}

kt_status_t
kt_journal_save(kt_journal_t *journal, kt_txn_t *txn)
{
    const kt_frontier_t *current = &journal->current;
    uint8_t bytes[META_BYTES_MAX];
    kt_writer_t w = kt_writer(bytes, sizeof(bytes));

    if (current->size == journal->durable.size)
        return kt_ok();
    kt_put_u64(&w, current->size);
    kt_put_bytes(&w, current->peaks,
                 (size_t)__builtin_popcountll(current->size) * sizeof(current->peaks[0]));
    return kt_kv_put(txn, KT_TABLE_META, kt_span_str(meta_key), kt_written(&w));
}

void
kt_journal_committed(kt_journal_t *journal)
{
    frontier_copy(&journal->durable, &journal->current);
}

void
kt_journal_aborted(kt_journal_t *journal)
{
    frontier_copy(&journal->current, &journal->durable);
}

kt_status_t
kt_journal_head(kt_txn_t *txn, uint64_t *size, kt_hash_t *root)
{
    kt_frontier_t frontier;

    KT_TRY(kt_frontier_load(&frontier, txn));
    *size = frontier.size;
    *root = kt_frontier_root(&frontier);
    return kt_ok();
}

kt_status_t
kt_journal_get(kt_txn_t *txn, uint64_t number, kt_span_t *record)
{
    kt_number_key_t key;
    return kt_kv_get(txn, KT_TABLE_JOURNAL, kt_number_key(&key, number), record);
}
