/*
 * Input: two numbers of one byte, then the changes to make to a proof: pairs of a place and a byte
 * that is exclusive-ored in. A proof holds if, and only if, the changes cancel out.
 */
#include <kt/journal.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The root of records 0..size-1, where record i is the byte i, and with it the proof's hashes. */
static kt_hash_t
root_of(uint64_t first, uint64_t size)
{
    kt_frontier_t frontier = {.size = 0};

    for (uint64_t i = 0; i < size; i++) {
        uint8_t record = (uint8_t)(first + i);
        kt_hash_t leaf = kt_merkle_leaf(kt_span(&record, 1));
        kt_frontier_add(&frontier, &leaf);
    }
    return kt_frontier_root(&frontier);
}

static void
prove(uint64_t index, uint64_t size, uint64_t first, kt_proof_t *proof)
{
    uint64_t split = 1;

    if (size == 1)
        return;
    while (split * 2 < size)
        split *= 2;
    if (index < split) {
        prove(index, split, first, proof);
        proof->hashes[proof->count++] = root_of(first + split, size - split);
    } else {
        prove(index - split, size - split, first + split, proof);
        proof->hashes[proof->count++] = root_of(first, split);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kt_proof_t proof = {.count = 0}, changed;

    if (size < 2)
        return 0;
    uint64_t leaves = (uint64_t)data[0] + 1, index = data[1] % leaves;
    uint8_t record = (uint8_t)index;
    kt_hash_t leaf = kt_merkle_leaf(kt_span(&record, 1)), root = root_of(0, leaves);
    prove(index, leaves, 0, &proof);
    changed = proof;
    for (size_t at = 2; at + 1 < size && proof.count > 0; at += 2) {
        size_t place = data[at] % (proof.count * sizeof(kt_hash_t));
        changed.hashes[place / sizeof(kt_hash_t)].bytes[place % sizeof(kt_hash_t)] ^= data[at + 1];
    }
    bool same = memcmp(changed.hashes, proof.hashes, proof.count * sizeof(kt_hash_t)) == 0;
    KT_ASSERT(kt_merkle_includes(&leaf, index, leaves, &changed, &root) == same);
    return 0;
}
