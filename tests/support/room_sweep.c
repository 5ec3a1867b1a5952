#include "room.h"

#include <stdlib.h>

/* More store operations than any call of a test makes. */
#define OPERATIONS_MAX 4000

const void *
room_sweep(room_t *room, const char *method, const ProtobufCMessage *request)
{
    const void *response = NULL;
    for (uint64_t n = 1; n < OPERATIONS_MAX; n++) {
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
