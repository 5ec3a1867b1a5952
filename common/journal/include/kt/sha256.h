/* sha256.h: SHA-256 (FIPS 180-4) through nettle, which uses the processor's own instructions. */
#ifndef KT_SHA256_H
#define KT_SHA256_H

#include <kt/span.h>
#include <nettle/sha2.h>

#define KT_SHA256_BYTES 32

typedef struct kt_hash {
    uint8_t bytes[KT_SHA256_BYTES];
} kt_hash_t;

typedef struct kt_sha256 {
    struct sha256_ctx context;
} kt_sha256_t;

void kt_sha256_init(kt_sha256_t *sha);
void kt_sha256_add(kt_sha256_t *sha, kt_span_t bytes);
/* Gives the digest and leaves SHA ready for the next message. */
kt_hash_t kt_sha256_end(kt_sha256_t *sha);
kt_hash_t kt_sha256(kt_span_t bytes);

#endif
