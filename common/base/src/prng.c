#include <kt/prng.h>

#include <sys/random.h>

/* splitmix64: the way its authors recommend to fill the state of xoshiro256** from one number. */
static uint64_t
splitmix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static uint64_t
rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

void
kt_prng_seed(kt_prng_t *prng, uint64_t seed)
{
    for (size_t i = 0; i < KT_COUNT(prng->state); i++)
        prng->state[i] = splitmix(&seed);
}

void
kt_prng_seed_system(kt_prng_t *prng)
{
    uint64_t seed = 0;
    /* Up to 256 bytes getrandom(2) is never short and, once the kernel has booted, never blocks. */
    ssize_t got = getrandom(&seed, sizeof(seed), 0);
    KT_ASSERT(got == (ssize_t)sizeof(seed));
    kt_prng_seed(prng, seed);
}

uint64_t
kt_prng_next(kt_prng_t *prng)
{
    uint64_t *s = prng->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t
kt_prng_below(kt_prng_t *prng, uint64_t bound)
{
    if (bound == 0)
        return 0;
    /* Numbers below 2^64 mod bound would make the small results likelier. */
    uint64_t unfair = (0 - bound) % bound;
    uint64_t number;
    do {
        number = kt_prng_next(prng);
    } while (number < unfair);
    return number % bound;
}
