#include <kt/arena.h>
#include <kt/checked.h>

#include <sanitizer/asan_interface.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#define ALIGNMENT 16u

typedef struct block {
    struct block *previous;
    size_t capacity, used;
    /* For the address sanitizer only what is handed out, until the next reset. */
    alignas(ALIGNMENT) uint8_t bytes[];
} block_t;

struct kt_arena {
    block_t *current; /* the newest; its oldest predecessor is the first block */
    size_t limit;     /* of the capacities of all blocks together */
    size_t held;      /* that sum now */
    size_t used;      /* handed out since the reset */
    bool exhausted;
};

static block_t *
block_new(size_t capacity)
{
    block_t *block = (block_t *)malloc(sizeof(block_t) + capacity);

    if (block) {
        block->previous = NULL;
        block->capacity = capacity;
        block->used = 0;
        ASAN_POISON_MEMORY_REGION(block->bytes, capacity);
    }
    return block;
}

static void
block_free(block_t *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->capacity);
    free(block);
}

kt_arena_t *
kt_arena_new(size_t first_bytes, size_t limit_bytes)
{
    size_t first = first_bytes & ~(size_t)(ALIGNMENT - 1);
    kt_arena_t *arena = (kt_arena_t *)calloc(1, sizeof(*arena));

    KT_ASSERT(first_bytes <= limit_bytes);
    if (!arena)
        return NULL;
    arena->current = block_new(first);
    if (!arena->current) {
        free(arena);
        return NULL;
    }
    arena->limit = limit_bytes;
    arena->held = first;
    return arena;
}

void
kt_arena_destroy(kt_arena_t **arena)
{
    if (!*arena)
        return;
    kt_arena_reset(*arena);
    block_free((*arena)->current);
    free(*arena);
    *arena = NULL;
}

void
kt_arena_reset(kt_arena_t *arena)
{
    while (arena->current->previous) {
        block_t *later = arena->current;
        arena->current = later->previous;
        block_free(later);
    }
    ASAN_POISON_MEMORY_REGION(arena->current->bytes, arena->current->used);
    arena->current->used = 0;
    arena->held = arena->current->capacity;
    arena->used = 0;
    arena->exhausted = false;
}

/* A new block that holds at least SIZE: as much again as there is, as far as the limit lets it. */
static bool
grow(kt_arena_t *arena, size_t size)
{
    size_t room = (arena->limit - arena->held) & ~(size_t)(ALIGNMENT - 1);
    block_t *block;

    if (size > room)
        return false;
    block = block_new(KT_MAX(size, KT_MIN(arena->held, room)));
    if (!block)
        return false;
    block->previous = arena->current;
    arena->current = block;
    arena->held += block->capacity;
    return true;
}

void *
kt_arena_alloc(kt_arena_t *arena, size_t size)
{
    size_t rounded = (KT_MAX(size, 1) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);

    if (rounded < size ||
        (rounded > arena->current->capacity - arena->current->used && !grow(arena, rounded))) {
        arena->exhausted = true;
        return NULL;
    }
    block_t *block = arena->current;
    void *taken = block->bytes + block->used;
    ASAN_UNPOISON_MEMORY_REGION(taken, size);
    block->used += rounded;
    arena->used += rounded;
    return taken;
}

void *
kt_arena_zalloc(kt_arena_t *arena, size_t count, size_t size)
{
    size_t total;

    if (!kt_mul_size(count, size, &total)) {
        arena->exhausted = true;
        return NULL;
    }
    void *taken = kt_arena_alloc(arena, total);
    return taken ? memset(taken, 0, total) : NULL;
}

char *
kt_arena_copy(kt_arena_t *arena, kt_span_t bytes)
{
    if (bytes.size == SIZE_MAX) {
        arena->exhausted = true;
        return NULL;
    }
    char *copy = (char *)kt_arena_alloc(arena, bytes.size + 1);
    if (!copy)
        return NULL;
    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    copy[bytes.size] = '\0';
    return copy;
}

char *
kt_arena_strdup(kt_arena_t *arena, const char *text)
{
    return kt_arena_copy(arena, kt_span_str(text));
}

const char *
kt_arena_vprintf(kt_arena_t *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    char *text = size < 0 ? NULL : (char *)kt_arena_alloc(arena, (size_t)size + 1);

    if (text)
        vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text ? text : "(no memory left for this text)";
}

const char *
kt_arena_printf(kt_arena_t *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = kt_arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

bool
kt_arena_exhausted(const kt_arena_t *arena)
{
    return arena->exhausted;
}

size_t
kt_arena_used(const kt_arena_t *arena)
{
    return arena->used;
}
