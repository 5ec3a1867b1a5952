#include "crc.h"

#include <isa-l/crc.h>
#include <limits.h>
#include <string.h>

/* ISA-L folds long buffers faster than anything, but takes 50 ns for a key of 20 bytes, and a
 * posting has a dozen keys and short values: those take the processor's own instruction. */
#define SHORT_BYTES 512

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t
add_short(uint32_t crc, const uint8_t *data, size_t size)
{
    uint64_t wide = crc, word;

    for (; size >= sizeof(word); data += sizeof(word), size -= sizeof(word)) {
        memcpy(&word, data, sizeof(word));
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; size > 0; data++, size--)
        crc = __builtin_ia32_crc32qi(crc, *data);
    return crc;
}

static int
has_instruction(void)
{
    return __builtin_cpu_supports("sse4.2");
}

__attribute__((target("avx"))) static void
zero_upper_halves(void)
{
    __builtin_ia32_vzeroupper();
}

static void
clear_upper_halves(void)
{
    if (__builtin_cpu_supports("avx"))
        zero_upper_halves();
}

#else

static uint32_t
add_short(uint32_t crc, const uint8_t *data, size_t size)
{
    (void)data;
    (void)size;
    return crc;
}

static int
has_instruction(void)
{
    return 0;
}

static void
clear_upper_halves(void)
{
}

#endif

/* ISA-L leaves the upper halves of vector registers in use, and until they are cleared every SSE
 * instruction of this thread waits for what was last in its register. */
static uint32_t
add_long(uint32_t crc, const uint8_t *data, int size)
{
    /* It reads only: its prototype lacks the const. */
    crc = crc32_iscsi((unsigned char *)(uintptr_t)data, size, crc);
    clear_upper_halves();
    return crc;
}

uint32_t
kt_crc_add(uint32_t crc, const void *data, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)data;

    if (size < SHORT_BYTES && has_instruction())
        return add_short(crc, bytes, size);
    while (size > 0) { /* ISA-L takes an int */
        size_t part = size < INT_MAX ? size : INT_MAX;
        crc = add_long(crc, bytes, (int)part);
        bytes += part;
        size -= part;
    }
    return crc;
}
