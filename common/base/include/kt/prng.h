/* prng.h: a small seeded generator (xoshiro256**, Blackman and Vigna 2018) for tests, ids and
 * jitter. Not for secrets: keys come from libsodium. */
#ifndef KT_PRNG_H
#define KT_PRNG_H

#include <kt/def.h>

typedef struct kt_prng {
    uint64_t state[4];
} kt_prng_t;

void kt_prng_seed(kt_prng_t *prng, uint64_t seed);
/* Seeds from the kernel's entropy (getrandom). */
void kt_prng_seed_system(kt_prng_t *prng);
uint64_t kt_prng_next(kt_prng_t *prng);
/* Uniform in [0, bound); 0 when bound is 0. */
uint64_t kt_prng_below(kt_prng_t *prng, uint64_t bound);

#endif
