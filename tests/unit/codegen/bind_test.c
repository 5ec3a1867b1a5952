/* The tables and casts that the plugin makes, at work. */
#include "testing.h"
#include <google/protobuf/descriptor.pb-c.h>
#include <google/protobuf/empty.pb-c.h>
#include <kantor/sets/sample.kt.h>
#include <sample/v1/shop.kt.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const void *seen_request;
static void *seen_response;
static const char *called;

static kt_status_t
saw(const char *name, const void *request, void *response)
{
    called = name;
    seen_request = request;
    seen_response = response;
    return kt_error(KT_ABORTED, 7, name);
}

static kt_status_t
get_order(kt_call_t *call, const smp_scalars_t *request, shop_order_t *response)
{
    (void)call;
    return saw("get_order", request, response);
}

static kt_status_t
place_order(kt_call_t *call, const shop_order_t *request, Google__Protobuf__Empty *response)
{
    (void)call;
    return saw("place_order", request, response);
}

static kt_status_t
watch_take(kt_call_t *call, const smp_http_outer_inner_t *request)
{
    (void)call;
    return saw("watch_take", request, NULL);
}

static kt_status_t
watch_give(kt_call_t *call, shop_order_t *response, kt_give_t *given)
{
    (void)call;
    *given = KT_GIVE_END;
    return saw("watch_give", NULL, response);
}

static kt_status_t
order_take(kt_call_t *call, const shop_order_t *request)
{
    (void)call;
    return saw("order_take", request, NULL);
}

static kt_status_t
upload_give(kt_call_t *call, smp_nothing_t *response, kt_give_t *given)
{
    (void)call;
    *given = KT_GIVE_WAIT;
    return saw("upload_give", NULL, response);
}

static const shop_shop_handlers_t handlers = {
    .get_order = get_order,
    .place_order = place_order,
    .watch_take = watch_take,
    .watch_give = watch_give,
    .upload_take = order_take,
    .upload_give = upload_give,
    .haggle_take = order_take,
    .haggle_give = watch_give,
};

static void
the_service_table_says_what_the_contract_says(void **state)
{
    const kt_method_t *place = &shop_shop_service.methods[SHOP_SHOP_PLACE_ORDER];
    const kt_method_t *watch = &shop_shop_service.methods[SHOP_SHOP_WATCH];
    (void)state;
    assert_string_equal(shop_shop_service.name, "sample.v1.Shop");
    assert_int_equal(shop_shop_service.methods_count, 5);
    assert_string_equal(place->path, "/sample.v1.Shop/PlaceOrder");
    assert_ptr_equal(place->request, &shop_order_descriptor);
    assert_int_equal(place->kind, KT_METHOD_WRITE);
    assert_int_equal(place->roles_count, 2);
    assert_string_equal(place->roles[1], "shop.owner");
    assert_false(place->client_streaming || place->server_streaming);
    assert_int_equal(watch->kind, KT_METHOD_ADMIN);
    assert_string_equal(watch->roles[0], "shop.owner");
    assert_true(!watch->client_streaming && watch->server_streaming);
    assert_string_equal(shop_till_http_service.methods[SHOP_TILL_HTTP_OPEN_URL_NOW].path,
                        "/sample.v1.TillHTTP/OpenURLNow");
}

static void
calls_reach_their_typed_handler(void **state)
{
    kt_binding_t binding = shop_shop_bind(&handlers);
    kt_give_t given = KT_GIVE_MESSAGE;
    int request, response;
    (void)state;
    assert_ptr_equal(binding.desc, &shop_shop_service);
    assert_status(
        binding.run[SHOP_SHOP_PLACE_ORDER].unary(binding.handlers, NULL, &request, &response),
        KT_ABORTED, 7);
    assert_string_equal(called, "place_order");
    assert_ptr_equal(seen_request, &request);
    assert_ptr_equal(seen_response, &response);
    assert_status(binding.run[SHOP_SHOP_WATCH].take(binding.handlers, NULL, &request), KT_ABORTED,
                  7);
    assert_string_equal(called, "watch_take");
    assert_status(binding.run[SHOP_SHOP_UPLOAD].give(binding.handlers, NULL, &response, &given),
                  KT_ABORTED, 7);
    assert_string_equal(called, "upload_give");
    assert_int_equal(given, KT_GIVE_WAIT);
    assert_null(binding.run[SHOP_SHOP_WATCH].unary);
    assert_null(binding.run[SHOP_SHOP_GET_ORDER].take);
}

static void
a_missing_handler_is_a_bug(void **state)
{
    int status;
    (void)state;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        shop_shop_handlers_t holed = handlers;
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        signal(SIGABRT, SIG_DFL);
        holed.upload_give = NULL;
        (void)shop_shop_bind(&holed);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void
short_names_fit_the_long_ones(void **state)
{
    smp_http_outer_t outer = SMP_HTTP_OUTER_INIT;
    (void)state;
    assert_int_equal(SMP_COLOUR_RED, 1);
    assert_int_equal(SMP_COLOUR_2, 2);
    assert_int_equal(SMP_HTTP_OUTER_INNER_MOOD_GOOD, 1);
    outer.choice_case = SMP_HTTP_OUTER_CHOICE_SOME_CORE;
    assert_int_equal(outer.choice_case, 3);
    assert_string_equal(smp_http_outer_inner_core_descriptor.name,
                        "sample.v1.HTTPOuter.Inner.Core");
}

static bool
names_file(const kt_file_desc_t *files, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(files[i].name, name) == 0)
            return true;
    return false;
}

static void
the_set_holds_dependencies_first(void **state)
{
    const kt_proto_set_t *set = &sample_proto_set;
    (void)state;
    assert_string_equal(set->name, "sample");
    assert_int_equal(set->services_count, 2);
    assert_int_equal(set->messages_count, 8);
    assert_true(names_file(set->files, set->files_count, "google/protobuf/descriptor.proto"));
    for (uint32_t i = 0; i < set->files_count; i++) {
        Google__Protobuf__FileDescriptorProto *file =
            google__protobuf__file_descriptor_proto__unpack(NULL, set->files[i].size,
                                                            set->files[i].data);
        assert_non_null(file);
        assert_string_equal(file->name, set->files[i].name);
        assert_null(file->source_code_info);
        for (size_t j = 0; j < file->n_dependency; j++)
            assert_true(names_file(set->files, i, file->dependency[j]));
        /* The rules travel with the descriptors. */
        for (size_t j = 0; j < file->n_service; j++)
            for (size_t k = 0; k < file->service[j]->n_method; k++)
                assert_int_equal(file->service[j]->method[k]->options->base.unknown_fields[0].tag,
                                 51000);
        google__protobuf__file_descriptor_proto__free_unpacked(file, NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_service_table_says_what_the_contract_says),
        cmocka_unit_test(calls_reach_their_typed_handler),
        cmocka_unit_test(a_missing_handler_is_a_bug),
        cmocka_unit_test(short_names_fit_the_long_ones),
        cmocka_unit_test(the_set_holds_dependencies_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
