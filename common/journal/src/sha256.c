#include <kt/sha256.h>

void
kt_sha256_init(kt_sha256_t *sha)
{
    sha256_init(&sha->context);
}

void
kt_sha256_add(kt_sha256_t *sha, kt_span_t bytes)
{
    if (bytes.size > 0)
        sha256_update(&sha->context, bytes.size, bytes.data);
}

kt_hash_t
kt_sha256_end(kt_sha256_t *sha)
{
    kt_hash_t hash;
    sha256_digest(&sha->context, sizeof(hash.bytes), hash.bytes);
    return hash;
}

kt_hash_t
kt_sha256(kt_span_t bytes)
{
    kt_sha256_t sha;
    kt_sha256_init(&sha);
    kt_sha256_add(&sha, bytes);
    return kt_sha256_end(&sha);
}
