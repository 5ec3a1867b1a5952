/* hex.h: hashes as text, for constants in tests. */
#ifndef KANTOR_TESTS_HEX_H
#define KANTOR_TESTS_HEX_H

#include <kt/sha256.h>
#include <stdio.h>

static inline void
hash_hex(const kt_hash_t *hash, char out[2 * KT_SHA256_BYTES + 1])
{
    for (size_t i = 0; i < KT_SHA256_BYTES; i++)
        snprintf(out + 2 * i, 3, "%02x", hash->bytes[i]);
}

#endif
