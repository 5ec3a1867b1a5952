/* Names of hosts: a name server that does not answer holds up nothing but the connection that asks
 * for it. The name server is here: getaddrinfo is wrapped. */
#include "support.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOKUPS_MAX 64 /* KT_LOOKUPS_MAX of zmq_net.h */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool answers; /* of slow.test */
    unsigned asked, ended;
} server = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

int __real_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);

int
__wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                   struct addrinfo **found)
{
    bool slow = strcmp(node, "slow.test") == 0;
    pthread_mutex_lock(&server.lock);
    server.asked++;
    pthread_cond_broadcast(&server.change);
    while (slow && !server.answers)
        pthread_cond_wait(&server.change, &server.lock);
    server.ended++;
    pthread_cond_broadcast(&server.change);
    pthread_mutex_unlock(&server.lock);
    if (strcmp(node, "unknown.test") == 0)
        return EAI_NONAME;
    return __real_getaddrinfo("127.0.0.1", service, hints, found);
}

static void
answer(bool answers)
{
    pthread_mutex_lock(&server.lock);
    server.answers = answers;
    pthread_cond_broadcast(&server.change);
    pthread_mutex_unlock(&server.lock);
}

static kt_socket_t *
connect_by_name(world_t *world, const char *name)
{
    kt_socket_options_t options = {.keys = &world->known, .server_key = world->server.public_key};
    kt_socket_t *dealer = NULL;
    char endpoint[128];
    snprintf(endpoint, sizeof endpoint, "tcp://%s%s", name,
             strrchr(kt_socket_endpoint(world->router), ':'));
    assert_ok(kt_socket_dealer(world->net, &options, &dealer));
    assert_ok(kt_socket_connect(dealer, endpoint));
    assert_string_equal(kt_socket_endpoint(dealer), endpoint);
    return dealer;
}

static void
test_a_slow_server_holds_up_nobody_else(void **state)
{
    (void)state;
    world_t world;
    kt_message_t message;
    world_open(&world);
    kt_message_init(&message);
    answer(false);
    kt_socket_t *slow = connect_by_name(&world, "slow.test");
    kt_socket_t *quick = connect_by_name(&world, "quick.test");
    kt_socket_t *numeric = world_dealer(&world, &world.known);
    (void)world_hear(&world, quick, &message, 2, "quick");
    (void)world_hear(&world, numeric, &message, 2, "numeric");
    message_set(&message, 1, "not yet");
    assert_int_equal(kt_socket_send(slow, &message, 0), KT_IO_AGAIN);
    assert_int_equal(kt_socket_recv(slow, &message, NULL, NULL), KT_IO_AGAIN);
    answer(true);
    /* Whoever waits for the socket is woken by the answer. */
    int64_t until_us = kt_clock_mono_us() + PATIENCE_MS * KT_US_PER_MS;
    message_set(&message, 1, "slow");
    while (kt_socket_send(slow, &message, 0) == KT_IO_AGAIN) {
        kt_wait_t wait = {.socket = slow, .for_send = true};
        assert_ok(kt_net_wait(&wait, 1, PATIENCE_MS));
        assert_true(wait.ready && kt_clock_mono_us() < until_us);
        kt_message_t none;
        kt_message_init(&none);
        assert_int_equal(kt_socket_recv(slow, &none, NULL, NULL), KT_IO_AGAIN);
    }
    kt_peer_t peer;
    assert_int_equal(receive_patiently(world.router, &message, &peer, NULL), KT_IO_OK);
    assert_span_equal(kt_frame_span(&message.frames[0]), kt_span_str("slow"));
    kt_message_close(&message);
    kt_socket_close(&slow);
    kt_socket_close(&quick);
    kt_socket_close(&numeric);
    world_close(&world);
}

static void
test_nobody_knows_it(void **state)
{
    (void)state;
    world_t world;
    kt_message_t message;
    world_open(&world);
    kt_message_init(&message);
    kt_socket_t *dealer = connect_by_name(&world, "unknown.test");
    assert_int_equal(receive_patiently(dealer, &message, NULL, NULL), KT_IO_LOST);
    assert_string_equal(kt_socket_trouble(dealer), "nobody knows its name");
    kt_socket_close(&dealer);
    world_close(&world);
}

/* A socket is closed, and the net ended, while the server has not answered; what is still asked
 * for counts until it has. */
static void
test_so_many_at_once(void **state)
{
    (void)state;
    world_t world;
    world_open(&world);
    answer(false);
    unsigned asked = server.asked;
    for (unsigned i = 0; i < LOOKUPS_MAX; i++) {
        kt_socket_t *dealer = connect_by_name(&world, "slow.test");
        kt_socket_close(&dealer);
    }
    kt_socket_options_t options = {.keys = &world.known, .server_key = world.server.public_key};
    kt_socket_t *dealer = NULL;
    assert_ok(kt_socket_dealer(world.net, &options, &dealer));
    assert_int_equal(kt_socket_connect(dealer, "tcp://slow.test:1").code, KT_RESOURCE_EXHAUSTED);
    kt_socket_close(&dealer);
    world_close(&world);
    pthread_mutex_lock(&server.lock);
    while (server.asked < asked + LOOKUPS_MAX)
        pthread_cond_wait(&server.change, &server.lock);
    server.answers = true;
    pthread_cond_broadcast(&server.change);
    while (server.ended < server.asked)
        pthread_cond_wait(&server.change, &server.lock);
    pthread_mutex_unlock(&server.lock);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_slow_server_holds_up_nobody_else),
        cmocka_unit_test(test_nobody_knows_it),
        cmocka_unit_test(test_so_many_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
