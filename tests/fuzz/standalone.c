/* Runs a fuzz target without libFuzzer: every seed of a folder as it is, then mutations of seeds by
 * a fixed generator. */
#include <dirent.h>
#include <kt/prng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUTATIONS   5000
#define SEEDS_MAX   256
#define SEED_BYTES  4096
#define INPUT_BYTES (2 * SEED_BYTES)
#define EDITS_MAX   8
#define PRNG_SEED   1

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct seed {
    uint8_t bytes[SEED_BYTES];
    size_t size;
} seed_t;

static seed_t seeds[SEEDS_MAX];
static size_t seeds_count;

static void
load(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0) {
        perror(folder);
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        FILE *file = entries[i]->d_type == DT_REG && seeds_count < SEEDS_MAX ? fopen(path, "rb")
                                                                             : NULL;
        if (file) {
            seed_t *seed = &seeds[seeds_count++];
            seed->size = fread(seed->bytes, 1, SEED_BYTES, file);
            fclose(file);
        }
        free(entries[i]);
    }
    free(entries);
}

static size_t
edit(kt_prng_t *prng, uint8_t *input, size_t size)
{
    size_t at = kt_prng_below(prng, size + 1);
    switch (kt_prng_below(prng, 5)) {
    case 0: /* put a byte in */
        memmove(input + at + 1, input + at, size - at);
        input[at] = (uint8_t)kt_prng_next(prng);
        return size + 1;
    case 1: /* cut the rest off */
        return at;
    case 2: /* splice in the end of another seed */
        if (seeds_count > 0) {
            const seed_t *other = &seeds[kt_prng_below(prng, seeds_count)];
            size_t from = kt_prng_below(prng, other->size + 1);
            size_t size_after = at + other->size - from;
            if (size_after > INPUT_BYTES - EDITS_MAX)
                return size;
            memcpy(input + at, other->bytes + from, other->size - from);
            return size_after;
        }
        return size;
    case 3: /* flip a bit */
        if (at < size)
            input[at] ^= (uint8_t)(1u << kt_prng_below(prng, 8));
        return size;
    default:
        if (at < size)
            input[at] = (uint8_t)kt_prng_next(prng);
        return size;
    }
}

int
main(int argc, char **argv)
{
    static uint8_t input[INPUT_BYTES];
    kt_prng_t prng;
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER-OF-SEEDS\n", argv[0]);
        return 2;
    }
    load(argv[1]);
    kt_prng_seed(&prng, PRNG_SEED);
    for (size_t i = 0; i < seeds_count; i++)
        LLVMFuzzerTestOneInput(seeds[i].bytes, seeds[i].size);
    for (int i = 0; i < MUTATIONS; i++) {
        size_t size = 0;
        if (seeds_count > 0) {
            const seed_t *seed = &seeds[kt_prng_below(&prng, seeds_count)];
            size = seed->size;
            memcpy(input, seed->bytes, size);
        }
        for (uint64_t edits = 1 + kt_prng_below(&prng, EDITS_MAX - 1); edits > 0; edits--)
            size = edit(&prng, input, size);
        LLVMFuzzerTestOneInput(input, size);
    }
    printf("%zu seeds and %d mutations of them\n", seeds_count, MUTATIONS);
    return 0;
}
