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

#endif
