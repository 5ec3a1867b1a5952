/* def.h: the few macros that all of Kantor's C is written with. */
#ifndef KT_DEF_H
#define KT_DEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KT_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KT_MIN(a, b)    ((a) < (b) ? (a) : (b))
#define KT_MAX(a, b)    ((a) > (b) ? (a) : (b))

#define KT_PRINTF(format_index, first_index)                                                       \
    __attribute__((format(printf, format_index, first_index)))
#define KT_MUST_CHECK __attribute__((warn_unused_result))
#define KT_UNUSED     __attribute__((unused))

/* Runs FN(&variable) when the variable leaves its scope. FN takes a pointer to the variable. */
#define KT_CLEANUP(fn) __attribute__((cleanup(fn)))

/* Gives the pointer away and leaves NULL behind, so that its KT_CLEANUP does nothing. */
#define KT_TAKE(pointer)                                                                           \
    __extension__({                                                                                \
        __typeof__(pointer) kt_taken_ = (pointer);                                                 \
        (pointer) = NULL;                                                                          \
        kt_taken_;                                                                                 \
    })

/* For bugs only, never for input, memory or I/O: prints where and aborts. Always on. */
#define KT_ASSERT(condition)                                                                       \
    ((condition) ? (void)0 : kt_assert_failed(#condition, __FILE__, __LINE__))

_Noreturn void kt_assert_failed(const char *condition, const char *file, int line);

#endif
