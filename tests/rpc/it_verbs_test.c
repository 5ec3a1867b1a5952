/* The command line's verbs of IT against the real department. */
#include "it_words.h"

static void
verbs_show_what_there_is(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    call(w, "Desk/SetCalendar",
         "{'calendar':{'calendar':'always','timeZone':'UTC0','hours':["
         "{'weekday':1,'untilMinute':1440},{'weekday':2,'untilMinute':1440},"
         "{'weekday':3,'untilMinute':1440},{'weekday':4,'untilMinute':1440},"
         "{'weekday':5,'untilMinute':1440},{'weekday':6,'untilMinute':1440},"
         "{'weekday':7,'untilMinute':1440}]}}");
    call(w, "Desk/SetServiceLevel",
         "{'level':{'level':'standard','calendar':'always','targets':[{'priority':'HIGH',"
         "'responseMinutes':90}]}}");
    call(w, "Desk/OpenTicket",
         "{'ticket':{'ticket':'t1','title':'No mail','requester':'bob','priority':'HIGH'}}");
    call(w, "Desk/AssignTicket", "{'ticket':'t1','assignee':'erik'}");
    call(w, "Software/CreateProduct", "{'product':{'product':'editor'}}");
    call(w, "Software/ActivateLicence",
         "{'licence':{'licence':'l1','product':'editor','seats':3,'fromDate':'2020-01-01'}}");
    call(w, "Software/AssignSeats", "{'licence':'l1','employees':['emma']}");
    call(w, "Accounts/CreateAccount",
         "{'account':{'employee':'emma','principal':'emma','startsUs':'1793610000000000'}}");
    call(w, "Accounts/RegisterAsset", "{'asset':{'asset':'lt-1','kind':'laptop'}}");
    call(w, "Accounts/AssignEquipment", "{'employee':'emma','kinds':['laptop']}");

    says(w, "kantor it tickets -o csv", 0, "t1,IN_PROGRESS,HIGH,bob,erik,no,");
    says(w, "kantor it tickets --state in-progress -o json", 0, "\"No mail\"");
    says(w, "kantor it tickets --state closed -o json", 0, "[]");
    says(w, "kantor it tickets --state lost", CLI_EXIT_USAGE, "--state is");
    says(w, "kantor it ticket t1", 0, "IN_PROGRESS, HIGH, for bob, with erik");
    says(w, "kantor it ticket t1", 0, "0:00 of 1:30 hours, running, due ");
    says(w, "kantor it ticket t1 -o csv", 0, ",erik,ASSIGN,IN_PROGRESS,");
    says(w, "kantor it ticket t9", KT_NOT_FOUND, "TICKET_UNKNOWN");
    says(w, "kantor it seats -o csv", 0, "l1,editor,3,1,2,2020-01-01,,yes");
    says(w, "kantor it seats --licence l1 -o csv", 0, "l1,emma,");
    says(w, "kantor it seats --employee emma -o csv", 0, "l1,emma,");
    says(w, "kantor it seats --employee emma --licence l1", CLI_EXIT_USAGE, "either");
    says(w, "kantor it holdings emma -o csv", 0, "account,PREPARED\nasset,lt-1\nseat,l1\n");
    says(w, "kantor it holdings nobody -o csv", 0, "account,none");
    says(w, "kantor it account -o csv", 0, "emma,emma,PREPARED,no,2026-11-02T09:00:00.000000Z,,");
    says(w, "kantor it account emma -o json", 0, "\"openable\": false");
    says(w, "kantor it account nobody", KT_NOT_FOUND, "ACCOUNT_UNKNOWN");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(verbs_show_what_there_is, setup, stage_world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
