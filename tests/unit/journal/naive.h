/* naive.h: RFC 6962, section 2.1, word for word: recursive, slow, and independent of the library's
 * tree. */
#ifndef KANTOR_TESTS_NAIVE_H
#define KANTOR_TESTS_NAIVE_H

#include <kt/journal.h>

/* The largest power of two below N, for N > 1. */
static inline size_t
naive_split(size_t n)
{
    size_t k = 1;
    while (k * 2 < n)
        k *= 2;
    return k;
}

static inline kt_hash_t
naive_sha(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, int prefix)
{
    struct sha256_ctx context;
    uint8_t first = (uint8_t)prefix;
    kt_hash_t hash;
    sha256_init(&context);
    if (prefix >= 0)
        sha256_update(&context, 1, &first);
    sha256_update(&context, a_size, a);
    sha256_update(&context, b_size, b);
    sha256_digest(&context, sizeof(hash.bytes), hash.bytes);
    return hash;
}

/* MTH */
static inline kt_hash_t
naive_root(const kt_span_t *d, size_t n)
{
    static const uint8_t nothing[1];
    if (n == 0)
        return naive_sha(nothing, 0, nothing, 0, -1);
    if (n == 1)
        return naive_sha(d[0].size ? d[0].data : nothing, d[0].size, nothing, 0, 0x00);
    size_t k = naive_split(n);
    kt_hash_t left = naive_root(d, k), right = naive_root(d + k, n - k);
    return naive_sha(left.bytes, sizeof(left.bytes), right.bytes, sizeof(right.bytes), 0x01);
}

static inline void
naive_push(kt_proof_t *proof, kt_hash_t hash)
{
    proof->hashes[proof->count++] = hash;
}

/* PATH(m, D[n]) */
static inline void
naive_path(size_t m, const kt_span_t *d, size_t n, kt_proof_t *proof)
{
    if (n == 1)
        return;
    size_t k = naive_split(n);
    if (m < k) {
        naive_path(m, d, k, proof);
        naive_push(proof, naive_root(d + k, n - k));
    } else {
        naive_path(m - k, d + k, n - k, proof);
        naive_push(proof, naive_root(d, k));
    }
}

/* SUBPROOF(m, D[n], b) */
static inline void
naive_subproof(size_t m, const kt_span_t *d, size_t n, bool whole, kt_proof_t *proof)
{
    if (m == n) {
        if (!whole)
            naive_push(proof, naive_root(d, n));
        return;
    }
    size_t k = naive_split(n);
    if (m <= k) {
        naive_subproof(m, d, k, whole, proof);
        naive_push(proof, naive_root(d + k, n - k));
    } else {
        naive_subproof(m - k, d + k, n - k, false, proof);
        naive_push(proof, naive_root(d, k));
    }
}

#endif
