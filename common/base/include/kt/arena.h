/*
 * arena.h: memory that is taken piece by piece and given back all at once.
 *
 * An arena grows in blocks up to a limit. Past the limit every request returns NULL and the flag
 * `exhausted` stays up until the next reset: protobuf-c answers NULL for malformed input and for
 * want of memory alike, and this flag tells the two apart. Not for use from two threads at once.
 * Memory is aligned to 16 bytes and not cleared unless said so.
 */
#ifndef KT_ARENA_H
#define KT_ARENA_H

#include <kt/span.h>
#include <stdarg.h>

typedef struct kt_arena kt_arena_t;

/* A new arena whose first block has FIRST_BYTES and which never holds more than LIMIT_BYTES.
 * NULL when memory is out. The caller destroys it. */
kt_arena_t *kt_arena_new(size_t first_bytes, size_t limit_bytes);
void kt_arena_destroy(kt_arena_t **arena);

/* Takes everything back. The first block is kept, later blocks return to the system. */
void kt_arena_reset(kt_arena_t *arena);

/* SIZE bytes that live until the reset; NULL past the limit. */
void *kt_arena_alloc(kt_arena_t *arena, size_t size);
/* COUNT * SIZE bytes, all zero; NULL past the limit or when the product overflows. */
void *kt_arena_zalloc(kt_arena_t *arena, size_t count, size_t size);
/* Copies that end in a NUL byte; NULL past the limit. */
char *kt_arena_strdup(kt_arena_t *arena, const char *text);
char *kt_arena_copy(kt_arena_t *arena, kt_span_t bytes);
/* A formatted string. Never NULL: past the limit it is a literal that says so. */
const char *kt_arena_printf(kt_arena_t *arena, const char *format, ...) KT_PRINTF(2, 3);
const char *kt_arena_vprintf(kt_arena_t *arena, const char *format, va_list args) KT_PRINTF(2, 0);

/* Whether a request was refused since the last reset. */
bool kt_arena_exhausted(const kt_arena_t *arena);
/* Bytes handed out since the last reset. */
size_t kt_arena_used(const kt_arena_t *arena);

#define KT_ARENA_NEW(arena, type)          ((type *)kt_arena_zalloc((arena), 1, sizeof(type)))
#define KT_ARENA_ARRAY(arena, type, count) ((type *)kt_arena_zalloc((arena), (count), sizeof(type)))

#endif
