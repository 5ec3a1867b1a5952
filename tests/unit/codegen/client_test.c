/* Typed client stubs, over a kt_client_call of the test's own. */
#include "testing.h"
#include <sample/v1/shop.client.kt.h>

static const kt_method_t *called;
static const ProtobufCMessage *sent;
static const kt_call_options_t *options_seen;
static kt_status_t answer;

kt_status_t
kt_client_call(kt_client_t *client, const kt_method_t *method, const kt_call_options_t *options,
               const ProtobufCMessage *request, kt_reply_t *reply)
{
    static shop_order_t order = SHOP_ORDER_INIT;
    (void)client;
    called = method;
    sent = request;
    options_seen = options;
    reply->message = kt_failed(answer) ? NULL : &order.base;
    return answer;
}

static void
a_stub_calls_its_method(void **state)
{
    const kt_call_options_t options = {.timeout_ms = 5};
    smp_scalars_t request = SMP_SCALARS_INIT;
    const shop_order_t *order = NULL;
    kt_reply_t reply = {0};
    (void)state;
    answer = kt_ok();
    assert_ok(shop_shop_get_order(NULL, &options, &request, &reply, &order));
    assert_ptr_equal(called, &shop_shop_service.methods[SHOP_SHOP_GET_ORDER]);
    assert_ptr_equal(sent, &request.base);
    assert_ptr_equal(options_seen, &options);
    assert_ptr_equal(order, reply.message);
}

static void
a_failure_leaves_the_response_alone(void **state)
{
    smp_scalars_t request = SMP_SCALARS_INIT;
    const shop_order_t *order = NULL;
    kt_reply_t reply = {0};
    (void)state;
    answer = kt_error(KT_NOT_FOUND, 9, "no such order");
    assert_status(shop_shop_get_order(NULL, NULL, &request, &reply, &order), KT_NOT_FOUND, 9);
    assert_null(order);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stub_calls_its_method),
        cmocka_unit_test(a_failure_leaves_the_response_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
