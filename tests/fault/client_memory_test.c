/*
 * The client machine with the n-th allocation failing, for every n. Whatever fails: nothing
 * crashes, every call that began ends exactly once, and a WRITE whose answer could not be read is
 * not reported as a definite "no".
 *
 * The allocator is replaced for the whole process, libzmq's messages included. Sanitizers bring
 * their own; under them the test is skipped.
 */
#include "../unit/rpc/client_world.h"

#include <errno.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED

int
main(void)
{
    return 77; /* ctest's SKIP_RETURN_CODE */
}

#else

#define ALLOCATIONS_MAX 2000

static bool armed;
static unsigned count, fail_at; /* allocations since it was armed; the one that fails */

/* Seen by libzmq as well. */
#define EXPORTED        __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t members, size_t size);
void *__libc_realloc(void *old, size_t size);

static bool
fails(void)
{
    if (!armed || ++count != fail_at)
        return false;
    errno = ENOMEM;
    return true;
}

EXPORTED void *
malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

EXPORTED void *
calloc(size_t members, size_t size)
{
    return fails() ? NULL : __libc_calloc(members, size);
}

EXPORTED void *
realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}

/* The other side is made of memory that never fails. */
static bool
take(void *context, kt_message_t *message)
{
    armed = false;
    bool taken = world_take(context, message);
    armed = true;
    return taken;
}

static void
turn(world_t *world)
{
    kt_rpc_client_tick(world->client, world->now_us);
    kt_rpc_link_t link = kt_rpc_client_link(world->client);
    if (link.generation != world->opened && link.open_us <= world->now_us) {
        kt_rpc_client_opened(world->client, world->now_us);
        world->opened = link.generation;
    }
    kt_rpc_client_flush(world->client, take, world, world->now_us);
}

static kt_rpc_call_t *
begin(world_t *world, kt_method_kind_t kind, bool streams)
{
    kt_frame_t body;
    kt_rpc_request_t request = request_of(kind, 1000);
    request.path = kt_span_str("/kantor.finance.v1.Ledger/PostEntry"); /* too long for a frame */
    request.client_streaming = request.server_streaming = streams;
    if (!streams &&
        !kt_failed(kt_frame_init_copy(&body, kt_span_str("a request that is long enough to be "
                                                         "allocated")))) {
        request.body = &body;
    }
    kt_rpc_call_t *call = NULL;
    kt_status_t status = kt_rpc_client_start(world->client, &request, world->now_us, &call);
    if (kt_failed(status)) {
        assert_int_equal(status.code, KT_RESOURCE_EXHAUSTED);
        return NULL;
    }
    turn(world);
    return call;
}

static void
say(world_t *world, kt_head_t head, unsigned frames, kt_span_t second)
{
    kt_message_t message;
    uint8_t bytes[KT_HEAD_BYTES];
    armed = false;
    kt_message_init(&message);
    kt_head_encode(&head, bytes);
    assert_ok(kt_frame_init_copy(&message.frames[0], kt_span(bytes, sizeof bytes)));
    if (frames > 1)
        assert_ok(kt_frame_init_copy(&message.frames[1], second));
    message.count = frames;
    armed = true;
    kt_rpc_client_receive(world->client, &message, world->now_us);
    turn(world);
}

/* One of everything; returns how many unary calls began. */
static unsigned
scenario(world_t *world)
{
    static uint8_t refusal[512];
    kt_span_t status = status_of(KT_UNAVAILABLE, true, -1, "INSTANCE_LOST");
    memcpy(refusal, status.data, status.size);
    status.data = refusal;
    armed = true;
    unsigned began = 0;
    began += begin(world, KT_METHOD_READ, false) != NULL;
    began += begin(world, KT_METHOD_WRITE, false) != NULL;
    kt_rpc_call_t *stream = begin(world, KT_METHOD_READ, true);
    for (unsigned i = 0; stream && i < 4; i++) {
        kt_frame_t body;
        if (kt_failed(
                kt_frame_init_copy(&body, kt_span_str("one of the stream's own long messages"))))
            continue;
        (void)kt_rpc_stream_send(world->client, stream, &body, i == 3);
        kt_frame_close(&body);
        turn(world);
    }
    for (unsigned i = 0; i < world->sent_count; i++) {
        const kt_head_t *head = &world->sent[i].head;
        if (head->kind == KT_CALL)
            say(world, (kt_head_t){.kind = KT_END, .call_id = head->call_id}, 3, status);
    }
    kt_rpc_client_lost(world->client, world->now_us);
    for (unsigned i = 0; i < 10; i++) {
        world->now_us += 50 * MS;
        turn(world);
    }
    if (stream)
        kt_rpc_stream_close(world->client, &stream, world->now_us);
    armed = false;
    return began;
}

static void
test_every_allocation_fails_once(void **state)
{
    (void)state;
    unsigned total = 0, failed = 0;
    for (fail_at = 1; fail_at <= ALLOCATIONS_MAX; fail_at++) {
        world_t world;
        count = 0;
        kt_frames_trim();
        world_open(&world, 8, 1, 0);
        unsigned began = scenario(&world);
        bool done = count < fail_at;
        world_pass(&world, 2 * SECOND); /* past every deadline */
        unsigned ended = 0;
        for (; kt_rpc_client_next(world.client, &world.end); ended++)
            if (world.end.tag == 42 && world.end.attempts > 0 &&
                world.end.status.code == KT_INTERNAL && kt_ulid_time_us(&world.end.key) > 0)
                assert_true(world.end.outcome_unknown);
        assert_int_equal(ended, began);
        assert_int_equal(kt_rpc_client_open_calls(world.client), 0);
        total += began;
        failed += !done;
        world_close(&world);
        if (done)
            break;
    }
    print_message("%u allocations failed in turn, %u calls\n", failed, total);
    assert_true(failed > 6 && failed < ALLOCATIONS_MAX);
}

/* Making a client fails cleanly as well. */
static void
test_new(void **state)
{
    (void)state;
    for (fail_at = 1; fail_at < 100; fail_at++) {
        kt_rpc_client_options_t options = {.calls_max = 8, .brokers_count = 1};
        kt_rpc_client_t *client = NULL;
        count = 0;
        armed = true;
        kt_status_t status = kt_rpc_client_new(&options, &client);
        armed = false;
        kt_rpc_client_destroy(&client);
        if (!kt_failed(status))
            break;
        assert_int_equal(status.code, KT_RESOURCE_EXHAUSTED);
    }
    assert_true(fail_at > 2 && fail_at < 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation_fails_once),
                                       cmocka_unit_test(test_new)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
