/* nets.h: what the tests of networks and databases share: a department in a room, and calls on it
 * in one line. */
#ifndef IT_NETS_H
#define IT_NETS_H

#include "room.h"

#include "domain/reason.h"
#include "service.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/prng.h>
#include <stdlib.h>
#include <string.h>

#define NETS_MINUTE_US INT64_C(60000000)
/* More store operations than any call of these tests makes. */
#define NETS_OPERATIONS_MAX 4000

/* A field of a request that is built from a literal or a buffer. */
static inline char *
text(const char *value)
{
    return (char *)(uintptr_t)value;
}

static inline int
nets_setup(void **state)
{
    room_t *room = room_open(it_service());
    room_as(room, "erik", "it.expert it.operator");
    *state = room;
    return 0;
}

static inline int
nets_teardown(void **state)
{
    room_close((room_t **)state);
    return 0;
}

#define nets_test(name) cmocka_unit_test_setup_teardown(name, nets_setup, nets_teardown)

/* Fails the n-th store operation of a write, for every n, until it goes through: a failure leaves
 * nothing behind, and what comes last has its effect once (the test's teardown verifies). */
static inline const void *
nets_sweep(room_t *room, const char *method, const ProtobufCMessage *request)
{
    const void *response = NULL;
    for (uint64_t n = 1; n < NETS_OPERATIONS_MAX; n++) {
        room_fail(room, n);
        kt_status_t status = room_call(room, method, request, &response);
        bool struck = room_struck(room);
        room_fail(room, 0);
        if (!struck) {
            assert_ok(status);
            KT_ASSERT(response); /* for the compiler, which sees no end in a failed assertion */
            return response;
        }
        assert_true(kt_failed(status));
    }
    fail_msg("%s never went through", method);
    abort();
}

#endif
