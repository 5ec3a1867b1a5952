/* The verification of seats: what a wrong line of ours would leave in the store is found. Behind
 * CreateProduct stands a handler that leaves it. */
#include "story.h"

#include "domain/software.h"
#include "handlers/software.h"
#include "store/tables.h"

#include <kt/rows.h>

static kt_status_t
put_licence(kt_call_t *call, uint32_t used, uint32_t seats)
{
    kt_key_t key;
    it_licence_record_t licence = {.product = kt_span_str("editor"),
                                   .from_date = 0,
                                   .until_date = KT_DATE_NONE,
                                   .seats = seats,
                                   .used = used};
    return kt_row_put(call, IT_TABLE_LICENCE, kt_key_name(kt_key(&key), kt_span_str("l1")),
                      &it_licence_layout, &licence);
}

static kt_key_t *
pair(kt_key_t *key, const char *first, const char *second)
{
    return kt_key_name(kt_key_name(kt_key(key), kt_span_str(first)), kt_span_str(second));
}

static kt_status_t
leave_wrong(kt_call_t *call, const it_create_product_request_t *request, it_product_t *response)
{
    const char *what = request->product->product;
    it_seat_record_t seat = {.assigned_us = 1, .assigned_by = kt_span_str("erik")};
    kt_key_t key;
    (void)response;
    if (strcmp(what, "free") == 0)
        return put_licence(call, 0, 2);
    if (strcmp(what, "count") == 0)
        return put_licence(call, 3, 2);
    if (strcmp(what, "more-than-bought") == 0)
        return put_licence(call, 2, 1);
    if (strcmp(what, "right") == 0)
        return put_licence(call, 2, 2);
    if (strcmp(what, "no-twin") == 0)
        return kt_row_delete(call, IT_TABLE_SEAT_EMPLOYEE, pair(&key, "e1", "l1"));
    if (strcmp(what, "twin") == 0)
        return kt_row_put(call, IT_TABLE_SEAT_EMPLOYEE, pair(&key, "e1", "l1"), &it_seat_layout,
                          &seat);
    if (strcmp(what, "alone") == 0)
        return kt_row_put(call, IT_TABLE_SEAT_EMPLOYEE, pair(&key, "e9", "l1"), &it_seat_layout,
                          &seat);
    return kt_row_delete(call, IT_TABLE_SEAT_EMPLOYEE, pair(&key, "e9", "l1"));
}

static int
setup(void **state)
{
    static it_software_handlers_t handlers;
    static kt_binding_t bindings[8];
    static kt_service_t service;
    service = *it_service();
    for (uint32_t i = 0; i < service.bindings_count; i++)
        bindings[i] = service.bindings[i];
    handlers = it_software_handlers;
    handlers.create_product = leave_wrong;
    bindings[0] = it_software_bind(&handlers);
    service.bindings = bindings;
    *state = room_open(&service);
    return 0;
}

static void
what_is_wrong_with_seats_is_found(void **state)
{
    static const struct {
        const char *wrong, *right;
    } rows[] = {
        {"count", "right"},
        {"more-than-bought", "right"},
        {"no-twin", "twin"},
        {"alone", "gone"},
    };
    room_t *room = *state;
    char json[128];
    /* A licence of two seats, and both are given. */
    assert_ok(
        story_call(room, "erik", "Software/CreateProduct", "{'product':{'product':'free'}}", NULL));
    assert_ok(story_call(room, "erik", "Software/AssignSeats",
                         "{'licence':'l1','employees':['e1','e2']}", NULL));
    assert_int_equal(room_verify(room), 0);
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        snprintf(json, sizeof json, "{'product':{'product':'%s'}}", rows[i].wrong);
        assert_ok(story_call(room, "erik", "Software/CreateProduct", json, NULL));
        assert_int_equal(room_verify(room), 1);
        snprintf(json, sizeof json, "{'product':{'product':'%s'}}", rows[i].right);
        assert_ok(story_call(room, "erik", "Software/CreateProduct", json, NULL));
        assert_int_equal(room_verify(room), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_wrong_with_seats_is_found, setup, nets_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
