/* The tree without a store: roots, and proofs that hold and that do not. */
#include "hex.h"
#include "naive.h"
#include "testing.h"

#define LEAVES 130

static char texts[LEAVES][8];
static kt_span_t records[LEAVES];

static int
make_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEAVES; i++) {
        int size = snprintf(texts[i], sizeof(texts[i]), "r%zu", i);
        records[i] = kt_span(texts[i], (size_t)size);
    }
    return 0;
}

/* Computed once with another program from the definition; record i is the i-th letter, i times. */
static void
pinned_roots(void **state)
{
    (void)state;
    static const char *const pinned[] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "c561439833e4d980a46fa0b07b5d7c1a593c1e243a6b9ece5553188167f86e2d",
        "8a312b5cd53ff7e6d3751b4e7c0ab9f3bdb081e6a1ba9a4ff6f6d4e741ab07e2",
        "e8c6bbe16d733d0139a882ad03758b71ed2aa611c57928b9f6bddbafcfec520d",
        "bb30a9b03205683092c9ac376c8ef6e2b3a0013fe8a5220729373646854995e5",
        "c2e23f3c9f01aac40f8946c0ea2820b5e2b1c9ba9306d9c8b133484d412a6894",
        "b4bfc1eb5423ebe3752e4bed4bc095b523bfd344b4e1763c15aac2508a9230c5",
        "1c7ff12dbffb120d67c76302996b525e2311e2c3ea6909e1edbdc8e417517720",
    };
    kt_frontier_t frontier = {.size = 0};
    for (size_t n = 0; n < KT_COUNT(pinned); n++) {
        kt_hash_t root = kt_frontier_root(&frontier);
        char hex[2 * KT_SHA256_BYTES + 1], record[8];
        hash_hex(&root, hex);
        assert_string_equal(hex, pinned[n]);
        memset(record, (int)('a' + n), n < sizeof(record) ? n : 0);
        kt_hash_t leaf = kt_merkle_leaf(kt_span(record, n < sizeof(record) ? n : 0));
        kt_frontier_add(&frontier, &leaf);
    }
}

static void
frontier_roots_are_those_of_the_definition(void **state)
{
    (void)state;
    kt_frontier_t frontier = {.size = 0};
    for (size_t n = 0; n <= LEAVES; n++) {
        kt_hash_t root = kt_frontier_root(&frontier), expected = naive_root(records, n);
        assert_memory_equal(&root, &expected, sizeof(root));
        assert_true(frontier.size == n);
        if (n == LEAVES)
            break;
        kt_hash_t leaf = kt_merkle_leaf(records[n]);
        kt_frontier_add(&frontier, &leaf);
    }
}

/* A record that looks like a node does not hash like one. */
static void
records_are_not_nodes(void **state)
{
    (void)state;
    kt_hash_t left = kt_merkle_leaf(records[0]), right = kt_merkle_leaf(records[1]);
    kt_hash_t pair[2] = {left, right};
    kt_hash_t node = kt_merkle_node(&left, &right);
    kt_hash_t leaf = kt_merkle_leaf(kt_span(pair, sizeof(pair)));
    assert_memory_not_equal(&node, &leaf, sizeof(node));
}

/* Every proof, with each of its hashes changed, one taken away and one too many. */
static void
reject_changed_inclusion(const kt_hash_t *leaf, size_t index, size_t size, const kt_proof_t *proof,
                         const kt_hash_t *root)
{
    for (uint32_t i = 0; i < proof->count; i++) {
        kt_proof_t bad = *proof;
        bad.hashes[i].bytes[i % KT_SHA256_BYTES] ^= (uint8_t)(1u << (i % 8));
        assert_false(kt_merkle_includes(leaf, index, size, &bad, root));
    }
    kt_proof_t bad = *proof;
    bad.hashes[bad.count++] = *root;
    assert_false(kt_merkle_includes(leaf, index, size, &bad, root));
    if (proof->count > 0) {
        bad.count = proof->count - 1;
        assert_false(kt_merkle_includes(leaf, index, size, &bad, root));
        memmove(&bad.hashes[0], &bad.hashes[1], bad.count * sizeof(bad.hashes[0]));
        assert_false(kt_merkle_includes(leaf, index, size, &bad, root));
    }
    kt_hash_t other = *leaf;
    other.bytes[31] ^= 0x80;
    assert_false(kt_merkle_includes(&other, index, size, proof, root));
    other = *root;
    other.bytes[0] ^= 1;
    assert_false(kt_merkle_includes(leaf, index, size, proof, &other));
    assert_false(kt_merkle_includes(leaf, size, size, proof, root));
    assert_false(kt_merkle_includes(leaf, UINT64_MAX, size, proof, root));
    assert_false(kt_merkle_includes(leaf, index, index, proof, root));
    for (size_t wrong = 0; wrong < size; wrong++) {
        if (wrong != index)
            assert_false(kt_merkle_includes(leaf, wrong, size, proof, root));
    }
}

static void
inclusion_for_all_indexes_and_sizes(void **state)
{
    (void)state;
    for (size_t size = 1; size <= LEAVES; size++) {
        kt_hash_t root = naive_root(records, size);
        for (size_t index = 0; index < size; index++) {
            kt_proof_t proof = {.count = 0};
            kt_hash_t leaf = kt_merkle_leaf(records[index]);
            naive_path(index, records, size, &proof);
            assert_true(kt_merkle_includes(&leaf, index, size, &proof, &root));
            if (size <= 20 || index % 16 == 0)
                reject_changed_inclusion(&leaf, index, size, &proof, &root);
        }
    }
}

static void
reject_changed_consistency(size_t m, const kt_hash_t *old_root, size_t n, const kt_hash_t *new_root,
                           const kt_proof_t *proof)
{
    for (uint32_t i = 0; i < proof->count; i++) {
        kt_proof_t bad = *proof;
        bad.hashes[i].bytes[i % KT_SHA256_BYTES] ^= (uint8_t)(1u << (i % 8));
        assert_false(kt_merkle_consistent(m, old_root, n, new_root, &bad));
    }
    kt_proof_t bad = *proof;
    bad.hashes[bad.count++] = *new_root;
    assert_false(kt_merkle_consistent(m, old_root, n, new_root, &bad));
    if (proof->count > 0) {
        bad.count = proof->count - 1;
        assert_false(kt_merkle_consistent(m, old_root, n, new_root, &bad));
        memmove(&bad.hashes[0], &bad.hashes[1], bad.count * sizeof(bad.hashes[0]));
        assert_false(kt_merkle_consistent(m, old_root, n, new_root, &bad));
    }
    kt_hash_t other = *old_root;
    other.bytes[5] ^= 4;
    assert_false(kt_merkle_consistent(m, &other, n, new_root, proof));
    other = *new_root;
    other.bytes[6] ^= 4;
    assert_false(kt_merkle_consistent(m, old_root, n, &other, proof));
    if (m != n) {
        assert_false(kt_merkle_consistent(n, old_root, m, new_root, proof));
        assert_false(kt_merkle_consistent(m, new_root, n, old_root, proof));
        assert_false(kt_merkle_consistent(m, old_root, m, new_root, proof));
    }
}

static void
consistency_for_all_pairs_of_sizes(void **state)
{
    (void)state;
    kt_hash_t roots[LEAVES + 1];
    for (size_t n = 0; n <= LEAVES; n++)
        roots[n] = naive_root(records, n);
    for (size_t n = 0; n <= LEAVES; n++) {
        for (size_t m = 0; m <= n; m++) {
            kt_proof_t proof = {.count = 0};
            if (m > 0)
                naive_subproof(m, records, n, true, &proof);
            assert_true(kt_merkle_consistent(m, &roots[m], n, &roots[n], &proof));
            if (m > 0)
                reject_changed_consistency(m, &roots[m], n, &roots[n], &proof);
        }
    }
}

static void
consistency_with_the_empty_log(void **state)
{
    (void)state;
    kt_proof_t proof = {.count = 0};
    kt_hash_t empty = kt_merkle_empty(), root = naive_root(records, 5);
    assert_true(kt_merkle_consistent(0, &empty, 5, &root, &proof));
    assert_true(kt_merkle_consistent(0, &empty, 0, &empty, &proof));
    assert_false(kt_merkle_consistent(0, &root, 5, &root, &proof));
    assert_false(kt_merkle_consistent(0, &root, 0, &root, &proof));
    proof.hashes[proof.count++] = root;
    assert_false(kt_merkle_consistent(0, &empty, 5, &root, &proof));
}

/* Sizes that no log will have: proofs for them end, and are false. */
static void
absurd_sizes_and_counts(void **state)
{
    (void)state;
    kt_hash_t leaf = kt_merkle_leaf(records[0]);
    static kt_proof_t proof;
    for (proof.count = 0; proof.count <= KT_PROOF_HASHES_MAX; proof.count++) {
        assert_false(kt_merkle_includes(&leaf, UINT64_MAX - 1, UINT64_MAX, &proof, &leaf));
        assert_false(kt_merkle_includes(&leaf, 0, UINT64_C(1) << 63, &proof, &leaf));
        assert_false(kt_merkle_consistent(1, &leaf, UINT64_MAX, &leaf, &proof));
        assert_false(kt_merkle_consistent(UINT64_MAX - 1, &leaf, UINT64_MAX, &leaf, &proof));
    }
    proof.count = UINT32_MAX;
    assert_false(kt_merkle_includes(&leaf, 0, 2, &proof, &leaf));
    assert_false(kt_merkle_consistent(1, &leaf, 2, &leaf, &proof));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pinned_roots),
        cmocka_unit_test(frontier_roots_are_those_of_the_definition),
        cmocka_unit_test(records_are_not_nodes),
        cmocka_unit_test(inclusion_for_all_indexes_and_sizes),
        cmocka_unit_test(consistency_for_all_pairs_of_sizes),
        cmocka_unit_test(consistency_with_the_empty_log),
        cmocka_unit_test(absurd_sizes_and_counts),
    };
    return cmocka_run_group_tests(tests, make_records, NULL);
}
