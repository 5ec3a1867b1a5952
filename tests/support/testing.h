/* testing.h: cmocka with its includes in order, and the assertions that Kantor's types want. */
#ifndef KANTOR_TESTING_H
#define KANTOR_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <kt/span.h>
#include <kt/status.h>

/* Fails with the status's own words unless it is OK. */
#define assert_ok(expression)                                                                      \
    do {                                                                                           \
        kt_status_t ok_status_ = (expression);                                                     \
        if (kt_failed(ok_status_))                                                                 \
            fail_msg("%s: %s (reason %u): %s", #expression, kt_code_name(ok_status_.code),         \
                     (unsigned)ok_status_.reason, ok_status_.text);                                \
    } while (0)

/* Fails unless the expression ends with exactly this code and reason. */
#define assert_status(expression, expected_code, expected_reason)                                  \
    do {                                                                                           \
        kt_status_t got_status_ = (expression);                                                    \
        if (got_status_.code != (uint32_t)(expected_code) ||                                       \
            got_status_.reason != (uint32_t)(expected_reason))                                     \
            fail_msg("%s: got %s reason %u (%s), expected %s reason %u", #expression,              \
                     kt_code_name(got_status_.code), (unsigned)got_status_.reason,                 \
                     got_status_.text ? got_status_.text : "", kt_code_name(expected_code),        \
                     (unsigned)(expected_reason));                                                 \
    } while (0)

#define assert_span_equal(a, b) assert_true(kt_span_equal((a), (b)))

#endif
