#include "merkle.h"

_Static_assert(sizeof(kt_hash_t) == KT_SHA256_BYTES, "hashes are hashed as they lie in memory");

/* The prefixes keep a node from being passed off as a record (RFC 6962, section 2.1). */
static const uint8_t leaf_prefix[] = {0x00};
static const uint8_t node_prefix[] = {0x01};

kt_hash_t
kt_merkle_leaf(kt_span_t record)
{
    kt_sha256_t sha;
    kt_sha256_init(&sha);
    kt_sha256_add(&sha, kt_span(leaf_prefix, sizeof(leaf_prefix)));
    kt_sha256_add(&sha, record);
    return kt_sha256_end(&sha);
}

kt_hash_t
kt_merkle_node(const kt_hash_t *left, const kt_hash_t *right)
{
    kt_sha256_t sha;
    kt_sha256_init(&sha);
    kt_sha256_add(&sha, kt_span(node_prefix, sizeof(node_prefix)));
    kt_sha256_add(&sha, kt_span(left->bytes, sizeof(left->bytes)));
    kt_sha256_add(&sha, kt_span(right->bytes, sizeof(right->bytes)));
    return kt_sha256_end(&sha);
}

kt_hash_t
kt_merkle_empty(void)
{
    return kt_sha256(kt_span(NULL, 0));
}

static bool
hash_equal(const kt_hash_t *a, const kt_hash_t *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* ---- the frontier ---- */

void
kt_frontier_add_tiles(kt_frontier_t *frontier, const kt_hash_t *leaf, kt_tiles_t *tiles)
{
    uint32_t peaks = (uint32_t)__builtin_popcountll(frontier->size);
    kt_hash_t hash = *leaf;

    tiles->count = 0;
    /* As in a binary counter: each peak of the height that was reached is carried on. */
    for (uint32_t height = 0; (frontier->size >> height) & 1; height++) {
        hash = kt_merkle_node(&frontier->peaks[--peaks], &hash);
        if ((height + 1) % KT_TILE_BITS == 0)
            tiles->hashes[tiles->count++] = hash;
    }
    frontier->peaks[peaks] = hash;
    frontier->size++;
}

void
kt_frontier_add(kt_frontier_t *frontier, const kt_hash_t *leaf)
{
    kt_tiles_t ignored;
    kt_frontier_add_tiles(frontier, leaf, &ignored);
}

kt_hash_t
kt_frontier_root(const kt_frontier_t *frontier)
{
    uint32_t peaks = (uint32_t)__builtin_popcountll(frontier->size);

    if (peaks == 0)
        return kt_merkle_empty();
    kt_hash_t root = frontier->peaks[peaks - 1];
    for (uint32_t i = peaks - 1; i > 0; i--)
        root = kt_merkle_node(&frontier->peaks[i - 1], &root);
    return root;
}

/* ---- proofs, checked ---- */

/* A place on the way up, and the last place of its row: when they meet, what is left has no right
 * side. */
typedef struct climb {
    uint64_t at, last;
} climb_t;

static void
climb_one(climb_t *c)
{
    c->at >>= 1;
    c->last >>= 1;
}

/* Whether the next hash of the path stands on the left. If so, skips the rows that the place passes
 * alone. */
static bool
sibling_is_left(climb_t *c)
{
    bool left = (c->at & 1) || c->at == c->last;

    while (left && !(c->at & 1) && c->at != 0)
        climb_one(c);
    return left;
}

/* RFC 9162, section 2.1.3.2. */
bool
kt_merkle_includes(const kt_hash_t *leaf, uint64_t index, uint64_t size, const kt_proof_t *proof,
                   const kt_hash_t *root)
{
    climb_t c = {.at = index, .last = size - 1};
    kt_hash_t hash = *leaf;

    if (index >= size || proof->count > KT_PROOF_HASHES_MAX)
        return false;
    for (uint32_t i = 0; i < proof->count; i++) {
        const kt_hash_t *sibling = &proof->hashes[i];
        if (c.last == 0)
            return false;
        hash = sibling_is_left(&c) ? kt_merkle_node(sibling, &hash)
                                   : kt_merkle_node(&hash, sibling);
        climb_one(&c);
    }
    return c.last == 0 && hash_equal(&hash, root);
}

/* RFC 9162, section 2.1.4.2, for 0 < OLD_SIZE < NEW_SIZE. */
static bool
climb_both(uint64_t old_size, const kt_hash_t *old_root, uint64_t new_size,
           const kt_hash_t *new_root, const kt_proof_t *proof)
{
    climb_t c = {.at = old_size - 1, .last = new_size - 1};
    bool old_is_subtree = (old_size & (old_size - 1)) == 0;
    uint32_t next = old_is_subtree ? 0 : 1;

    if (proof->count < next)
        return false;
    while (c.at & 1)
        climb_one(&c);
    kt_hash_t old_hash = old_is_subtree ? *old_root : proof->hashes[0];
    kt_hash_t new_hash = old_hash;
    for (uint32_t i = next; i < proof->count; i++) {
        const kt_hash_t *sibling = &proof->hashes[i];
        if (c.last == 0)
            return false;
        if (sibling_is_left(&c)) {
            old_hash = kt_merkle_node(sibling, &old_hash);
            new_hash = kt_merkle_node(sibling, &new_hash);
        } else {
            new_hash = kt_merkle_node(&new_hash, sibling);
        }
        climb_one(&c);
    }
    return c.last == 0 && hash_equal(&old_hash, old_root) && hash_equal(&new_hash, new_root);
}

bool
kt_merkle_consistent(uint64_t old_size, const kt_hash_t *old_root, uint64_t new_size,
                     const kt_hash_t *new_root, const kt_proof_t *proof)
{
    kt_hash_t empty = kt_merkle_empty();

    if (old_size > new_size || proof->count > KT_PROOF_HASHES_MAX)
        return false;
    if (old_size == new_size)
        return proof->count == 0 && hash_equal(old_root, new_root) &&
               (old_size > 0 || hash_equal(old_root, &empty));
    if (old_size == 0)
        return proof->count == 0 && hash_equal(old_root, &empty);
    return climb_both(old_size, old_root, new_size, new_root, proof);
}
