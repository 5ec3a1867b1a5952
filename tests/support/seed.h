/* seed.h: a generator for tests of chance, whose seed is printed, and taken from KANTOR_SEED. */
#ifndef KANTOR_SEED_H
#define KANTOR_SEED_H

#include "testing.h"

#include <kt/prng.h>
#include <stdlib.h>

static inline void
seed_print(kt_prng_t *prng)
{
    const char *given = getenv("KANTOR_SEED");
    kt_prng_t chance;
    kt_prng_seed_system(&chance);
    uint64_t seed = given ? strtoull(given, NULL, 10) : kt_prng_next(&chance);
    print_message("KANTOR_SEED=%llu\n", (unsigned long long)seed);
    kt_prng_seed(prng, seed);
}

static inline int64_t
chance(kt_prng_t *prng, int64_t from, int64_t below)
{
    return from + (int64_t)kt_prng_below(prng, (uint64_t)(below - from));
}

#endif
