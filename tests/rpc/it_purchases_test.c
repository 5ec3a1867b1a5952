/* The command line's verbs of purchases against the real departments of IT and finance. Legal is
 * not there, so that each process stands at its first step. */
#include "it_words.h"

#include "departments.h"

typedef struct office {
    stage_world_t *world;
    kt_shell_t *finance;
} office_t;

static int
open_office(void **state)
{
    office_t *office = (office_t *)calloc(1, sizeof *office);
    void *world = NULL;
    setup(&world);
    office->world = (stage_world_t *)world;
    office->finance = stage_start(office->world->stage, department(0), NULL);
    *state = office;
    return 0;
}

static int
close_office(void **state)
{
    office_t *office = (office_t *)*state;
    void *world = office->world;
    kt_shell_destroy(&office->finance);
    free(office);
    return stage_world_teardown(&world);
}

#define BUY                                                                                        \
    "kantor it buy -t Editor -v acme -p editor -b company -c it --until 2027-12-31 "               \
    "--expense-account expenses:software --payable-account liabilities:payables "
#define ALL BUY "--from 2027-01-01 --currency EUR -e emma -e bob "

static void
prepare(stage_world_t *w)
{
    call_of(w, department(0), "Books/CreateBook", "{'book':{'book':'company','kind':'COMPANY'}}");
    call(w, "Software/CreateProduct", "{'product':{'product':'editor'}}");
}

static void
a_purchase_is_requested_and_shown(void **state)
{
    office_t *office = (office_t *)*state;
    stage_world_t *w = office->world;
    prepare(w);
    says(w, "kantor it purchases -o json", 0, "[]");
    says(w, ALL "-a 1,200.00 -i 2027-01-01=500 -i 2027-07-01=700.00 --id p1 -o csv", 0,
         "purchase,process\np1,");
    says(w, ALL "-a 1,200.00 --id p1", KT_ALREADY_EXISTS, "PURCHASE_EXISTS");
    says(w, BUY "--from 2027-01-01 --currency JPY -e emma -s 5 --amount 90000 --id p2 -o csv", 0,
         "p2,");

    says(w, "kantor it purchases -o csv", 0,
         "purchase,title,vendor,product,seats,currency,amount,requested_by,requested,state,"
         "amount_minor,process\np1,Editor,acme,editor,2,EUR,1200.00,erik,");
    says(w, "kantor it purchases -o csv", 0, "Z,RUNNING,120000,");
    says(w, "kantor it purchases -o csv", 0, "\np2,Editor,acme,editor,5,JPY,90000,erik,");
    says(w, "kantor it purchases", 0, "1200.00");

    says(w, "kantor it purchase p1", 0,
         "Editor\n2 seats of editor, from acme, 2027-01-01 to 2027-12-31\n"
         "seats for emma, bob\n"
         "EUR 1200.00 from cost centre it of book company, as expenses:software, owed as "
         "liabilities:payables\n"
         "  2027-01-01  500.00\n  2027-07-01  700.00\nrequested by erik at ");
    says(w, "kantor it purchase p1", 0, ": RUNNING");
    says(w, "kantor it purchase p1 -o csv", 0,
         "check-vendor,The vendor is known and not blocked,legal.officer,RUNNING,");
    says(w, "kantor it purchase p1 -o csv", 0, "payment,Every instalment is paid,finance.clerk,,,");
    /* Without instalments all is due on the first day; JPY has no decimal places. */
    says(w, "kantor it purchase p2", 0, "  2027-01-01  90000\n");
    says(w, "kantor it purchase p9", KT_NOT_FOUND, "PURCHASE_UNKNOWN");
}

static void
what_makes_no_sense_is_said_before_anything_is_sent(void **state)
{
    office_t *office = (office_t *)*state;
    stage_world_t *w = office->world;
    prepare(w);
    says(w, "kantor it buy", CLI_EXIT_USAGE, "--title");
    says(w, ALL, CLI_EXIT_USAGE, "--amount");
    says(w, BUY "--from 2027-01-01 --currency EUR -a 5", CLI_EXIT_USAGE, "--employee");
    says(w, BUY "--from tomorrow --currency EUR -a 5 -e emma", CLI_EXIT_USAGE, "--from");
    says(w, BUY "--from 2027-01-01 --currency QQQ -a 5 -e emma", CLI_EXIT_USAGE,
         "book company has no currency 'QQQ'");
    says(w, ALL "-b nowhere -a 5", KT_NOT_FOUND, "BOOK_UNKNOWN");
    says(w, ALL "-a five", CLI_EXIT_USAGE, "--amount 'five'");
    says(w, ALL "-a 5.001", CLI_EXIT_USAGE, "more decimal places");
    says(w, ALL "-a 99999999999999999999", CLI_EXIT_USAGE, "--amount '99999999999999999999'");
    says(w, ALL "-a 5 -i 2027-01-01", CLI_EXIT_USAGE, "--instalment is DATE=AMOUNT");
    says(w, ALL "-a 5 -i soon=5", CLI_EXIT_USAGE, "--instalment is DATE=AMOUNT");
    says(w, ALL "-a 5 -i 2027-01-01=five", CLI_EXIT_USAGE, "--instalment 'five'");
    says(w, ALL "-a 5 -s 0", CLI_EXIT_USAGE, "--seats");
    /* What the department refuses. */
    says(w, ALL "-a 5 -i 2027-01-01=4", KT_INVALID_ARGUMENT, "add up to the amount");
    says(w, ALL "-a 5 -s 1", KT_INVALID_ARGUMENT, "are no more than the seats");
    says(w, ALL "-p viewer -a 5", KT_NOT_FOUND, "PRODUCT_UNKNOWN");
    says(w, "kantor it purchases -o json", 0, "[]");
}

static void
no_more_than_a_purchase_has_room_for(void **state)
{
    office_t *office = (office_t *)*state;
    stage_world_t *w = office->world;
    char words[2048] = ALL "-a 25";
    prepare(w);
    for (int i = 0; i < 25; i++)
        strcat(words, " -i 2027-01-01=1");
    says(w, words, CLI_EXIT_USAGE, "at most 24 instalments");
    strcpy(words, ALL "-a 25");
    for (int i = 0; i < 19; i++)
        strcat(words, " -e emma");
    says(w, words, CLI_EXIT_USAGE, "at most 20 employees");
}

static void
who_may_not_ask_for_the_process_sees_the_rest(void **state)
{
    office_t *office = (office_t *)*state;
    stage_world_t *w = office->world;
    prepare(w);
    hear_as(w, "bob", ALL "-a 5 --id p1 -o csv", 0, "p1,", NULL, 0);
    hear_as(w, "bob", "kantor it purchases -o csv", 0, ",5.00,bob,", NULL, 0);
    hear_as(w, "bob", "kantor it purchases -o csv", 0, "Z,,500,", NULL, 0);
    hear_as(w, "bob", "kantor it purchase p1", KT_PERMISSION_DENIED, "its process", NULL, 0);
}

static void
without_finance_amounts_are_in_minor_units(void **state)
{
    office_t *office = (office_t *)*state;
    stage_world_t *w = office->world;
    prepare(w);
    says(w, ALL "-a 1200 --id p1 -o csv", 0, "p1,");
    kt_shell_destroy(&office->finance);
    says(w, "kantor it purchases --timeout 1", 0, "120000 minor");
    says(w, "kantor it purchases --timeout 1 -o csv", 0, ",EUR,,erik,");
    says(w, ALL "-a 1200 --id p2 --timeout 1", KT_DEADLINE_EXCEEDED, "company");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_purchase_is_requested_and_shown, open_office,
                                        close_office),
        cmocka_unit_test_setup_teardown(what_makes_no_sense_is_said_before_anything_is_sent,
                                        open_office, close_office),
        cmocka_unit_test_setup_teardown(no_more_than_a_purchase_has_room_for, open_office,
                                        close_office),
        cmocka_unit_test_setup_teardown(who_may_not_ask_for_the_process_sees_the_rest, open_office,
                                        close_office),
        cmocka_unit_test_setup_teardown(without_finance_amounts_are_in_minor_units, open_office,
                                        close_office),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
