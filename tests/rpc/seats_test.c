/* A thousand assignments at once on a hundred seats, by several clients of the real department. */
#include "testing.h"

#include "service.h"
#include "stage.h"

#include <kantor/it/v1/software.kt.h>

enum { CLIENTS = 4, CALLS = 1000, SEATS = 100 };

static const stage_principal_t principals[] = {
    {"erik", "it.expert", NULL},   {"emma", "it.expert", NULL}, {"finance", "department", NULL},
    {"legal", "department", NULL}, {"it", NULL, "it"},          {NULL, NULL, NULL}};

static int
setup(void **state)
{
    *state = stage_world_new(principals, it_service(), NULL);
    return 0;
}

static const kt_method_t *
method(uint32_t which)
{
    return &it_software_service.methods[which];
}

static void
make_licence(stage_world_t *w)
{
    it_create_product_request_t create = IT_CREATE_PRODUCT_REQUEST_INIT;
    it_product_t product = IT_PRODUCT_INIT;
    it_activate_licence_request_t activate = IT_ACTIVATE_LICENCE_REQUEST_INIT;
    it_licence_t licence = IT_LICENCE_INIT;
    char editor[] = "editor", l1[] = "l1", from[] = "2020-01-01";
    product.product = editor;
    create.product = &product;
    licence.licence = l1;
    licence.product = editor;
    licence.seats = SEATS;
    licence.from_date = from;
    activate.licence = &licence;
    assert_ok(kt_client_call(w->client, method(IT_SOFTWARE_CREATE_PRODUCT), NULL, &create.base,
                             &w->reply));
    assert_ok(kt_client_call(w->client, method(IT_SOFTWARE_ACTIVATE_LICENCE), NULL, &activate.base,
                             &w->reply));
}

/* Sends all calls before it takes an answer; call N asks a seat for employee N % EMPLOYEES. */
static void
assign_at_once(stage_world_t *w, unsigned employees, unsigned *ok, unsigned *exhausted)
{
    kt_client_t *clients[CLIENTS];
    for (unsigned c = 0; c < CLIENTS; c++)
        clients[c] = stage_client(w->stage, principals[c].name);
    for (unsigned n = 0; n < CALLS; n++) {
        it_assign_seats_request_t request = IT_ASSIGN_SEATS_REQUEST_INIT;
        char licence[] = "l1", name[16], *names[] = {name};
        snprintf(name, sizeof name, "e%u", n % employees);
        request.licence = licence;
        request.employees = names;
        request.n_employees = 1;
        assert_ok(kt_client_start(clients[n % CLIENTS], method(IT_SOFTWARE_ASSIGN_SEATS), NULL,
                                  &request.base, n));
    }
    for (unsigned n = 0; n < CALLS; n++) {
        uint64_t tag;
        assert_ok(kt_client_next(clients[n % CLIENTS], -1, &tag, &w->reply));
        if (w->reply.status.code == KT_OK)
            ++*ok;
        else if (w->reply.reason && strcmp(w->reply.reason, "SEATS_EXHAUSTED") == 0)
            ++*exhausted;
        else
            fail_msg("%s", w->reply.status.text);
    }
    for (unsigned c = 0; c < CLIENTS; c++)
        kt_client_destroy(&clients[c]);
}

static void
exactly_the_seats_that_were_bought(stage_world_t *w)
{
    it_list_seats_request_t list = IT_LIST_SEATS_REQUEST_INIT;
    it_get_licence_request_t get = IT_GET_LICENCE_REQUEST_INIT;
    char licence[] = "l1";
    list.licence = get.licence = licence;
    list.page_size = CALLS;
    assert_ok(
        kt_client_call(w->client, method(IT_SOFTWARE_LIST_SEATS), NULL, &list.base, &w->reply));
    const it_list_seats_response_t *seats = (const it_list_seats_response_t *)w->reply.message;
    assert_int_equal(seats->n_seats, SEATS);
    for (size_t i = 1; i < seats->n_seats; i++) /* by employee: no two alike */
        assert_true(strcmp(seats->seats[i - 1]->employee, seats->seats[i]->employee) < 0);
    assert_ok(
        kt_client_call(w->client, method(IT_SOFTWARE_GET_LICENCE), NULL, &get.base, &w->reply));
    const it_licence_t *told = (const it_licence_t *)w->reply.message;
    assert_int_equal(told->used, SEATS);
    assert_int_equal(told->free, 0);
}

static void
a_thousand_employees_on_a_hundred_seats(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    unsigned ok = 0, exhausted = 0;
    make_licence(w);
    assign_at_once(w, CALLS, &ok, &exhausted);
    assert_int_equal(ok, SEATS);
    assert_int_equal(exhausted, CALLS - SEATS);
    exactly_the_seats_that_were_bought(w);
}

/* Each employee is asked for by every client: who has a seat is answered so again. */
static void
several_ask_for_the_same_employee(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    unsigned ok = 0, exhausted = 0;
    make_licence(w);
    assign_at_once(w, 199, &ok, &exhausted); /* odd: each comes to each client */
    assert_true(ok > SEATS);
    exactly_the_seats_that_were_bought(w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_thousand_employees_on_a_hundred_seats, setup,
                                        stage_world_teardown),
        cmocka_unit_test_setup_teardown(several_ask_for_the_same_employee, setup,
                                        stage_world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
