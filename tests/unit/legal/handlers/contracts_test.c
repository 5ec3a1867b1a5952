/* Contracts by their methods: from draft to signature. */
#include "firm.h"

static firm_draft_t draft;

#define IS(status) LEGAL_CONTRACT_STATUS_CONTRACT_##status

/* ---- drafting ---- */

static void
a_draft_is_read_back(void **state)
{
    room_t *room = *state;
    firm_renews(firm_fill(&draft, "c-1"), 12, 3);
    draft.contract.opener = text("it");
    assert_ok(firm_send(room, &draft));
    const legal_contract_view_t *view = firm_get(room, "c-1", "2027-12-01");
    assert_string_equal(view->contract->contract, "c-1");
    assert_string_equal(view->contract->drafted_by, "lena");
    assert_string_equal(view->contract->requested_by, "lena");
    assert_string_equal(view->contract->opener, "it");
    assert_string_equal(view->contract->terms->starts_on, "2026-12-01");
    assert_int_equal(view->contract->terms->renews->amount, 12);
    assert_int_equal(view->status, IS(DRAFT));
    assert_false(view->approved);
    assert_string_equal(view->on_date, "2027-12-01");
    assert_string_equal(view->first_end, "2027-11-30");
    assert_string_equal(view->current_end, "2028-11-30");
    assert_string_equal(view->notice_deadline, "2028-08-30");
    assert_string_equal(view->ends_on, "");
    const char *const told[] = {"state", "DRAFT", "from", "NONE", NULL};
    firm_assert_event(room, room_events(room), "contract.state", told);
    assert_status(firm_send(room, &draft), KT_ALREADY_EXISTS, LEGAL_CONTRACT_EXISTS);
    const legal_contract_t *made;
    legal_draft_contract_request_t request = LEGAL_DRAFT_CONTRACT_REQUEST_INIT;
    request.contract = &firm_fill(&draft, "")->contract;
    assert_ok(room_call(room, "Contracts/DraftContract", &request.base, (const void **)&made));
    assert_int_equal(strlen(made->contract), KT_ULID_CHARS);
}

static void
shapes_of_drafts_are_checked(void **state)
{
    room_t *room = *state;
    struct {
        kt_code_t code;
        uint32_t reason;
        firm_draft_t draft;
    } rows[15];
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        firm_fill(&rows[i].draft, "c-1");
        rows[i].draft.contract.terms = &rows[i].draft.terms;
        rows[i].code = KT_INVALID_ARGUMENT;
        rows[i].reason = RPC_REASON_BAD_FIELD;
    }
    rows[0].draft.contract.kind = 0;
    rows[1].draft.contract.kind = 8;
    rows[2].draft.contract.title = text("");
    rows[3].draft.contract.risk = 0;
    rows[4].draft.contract.currency = text("idr");
    rows[5].draft.contract.currency = text("");
    rows[6].draft.contract.value_minor = -1;
    rows[7].draft.contract.party = text("");
    rows[8].draft.contract.employee = text("budi");
    rows[9].draft.contract.kind = LEGAL_CONTRACT_KIND_EMPLOYMENT;
    rows[10].draft.contract.terms = NULL;
    rows[11].draft.terms.starts_on = text("2026-02-30");
    rows[12].draft.contract.supersedes = text("c-1");
    rows[13].draft.contract.party = text("nobody");
    rows[13].code = KT_NOT_FOUND;
    rows[13].reason = LEGAL_PARTY_UNKNOWN;
    rows[14].draft.contract.supersedes = text("c-0");
    rows[14].code = KT_NOT_FOUND;
    rows[14].reason = LEGAL_CONTRACT_UNKNOWN;
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        assert_status(firm_send(room, &rows[i].draft), rows[i].code, rows[i].reason);
    draft.contract.contract = text("");
    assert_status(firm_update(room, &draft), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
}

static void
an_employee_has_their_own_contracts_only(void **state)
{
    room_t *room = *state;
    room_as(room, "budi", "employee");
    assert_ok(firm_send(room, firm_fill(&draft, "c-1")));
    firm_upload(room, "c-1", "one");
    room_as(room, "dewi", "employee");
    firm_assert_kept(room, firm_update(room, &draft), LEGAL_CONTRACT_NOT_YOURS, "update");
    firm_assert_kept(room, firm_submit(room, "c-1"), LEGAL_CONTRACT_NOT_YOURS, "submit");
    firm_assert_kept(room, firm_begin(room, "c-1", NULL), LEGAL_CONTRACT_NOT_YOURS, "new version");
    legal_get_contract_request_t get = LEGAL_GET_CONTRACT_REQUEST_INIT;
    legal_list_versions_request_t versions = LEGAL_LIST_VERSIONS_REQUEST_INIT;
    legal_list_approvals_request_t approvals = LEGAL_LIST_APPROVALS_REQUEST_INIT;
    get.contract = versions.contract = approvals.contract = text("c-1");
    assert_status(room_call(room, "Contracts/GetContract", &get.base, NULL), KT_PERMISSION_DENIED,
                  LEGAL_CONTRACT_PRIVATE);
    assert_status(room_call(room, "Contracts/ListVersions", &versions.base, NULL),
                  KT_PERMISSION_DENIED, LEGAL_CONTRACT_PRIVATE);
    assert_status(room_call(room, "Contracts/ListApprovals", &approvals.base, NULL),
                  KT_PERMISSION_DENIED, LEGAL_CONTRACT_PRIVATE);
    room_as(room, "budi", "employee");
    assert_ok(firm_update(room, &draft));
    assert_ok(firm_submit(room, "c-1"));
    /* Whose employment it is sees it as well. */
    as_lena(room);
    firm_employs(firm_fill(&draft, "e-1"), "dewi");
    assert_ok(firm_send(room, &draft));
    room_as(room, "dewi", "employee");
    assert_string_equal(firm_get(room, "e-1", "")->contract->employee, "dewi");
}

static void
unclear_terms_wait_for_a_human(void **state)
{
    room_t *room = *state;
    firm_fill(&draft, "c-1");
    draft.first.amount = 0;
    draft.first.unit = 0;
    draft.terms.written = text("5 years; 2 years");
    assert_ok(firm_send(room, &draft));
    firm_upload(room, "c-1", "one");
    const legal_contract_view_t *view = firm_get(room, "c-1", "");
    assert_int_equal(view->problem, LEGAL_TERM_PROBLEM_WRITTEN_AMBIGUOUS);
    assert_string_not_equal(view->problem_text, "");
    assert_string_equal(view->current_end, "");
    firm_assert_kept(room, firm_submit(room, "c-1"), LEGAL_TERMS_UNCLEAR, "submit");
    draft.terms.written = text("5 years");
    assert_ok(firm_update(room, &draft));
    assert_ok(firm_submit(room, "c-1"));
    assert_string_equal(firm_get(room, "c-1", "")->first_end, "2031-11-30");
    /* In REVIEW they may become unclear again; approval does not begin. */
    draft.terms.written = text("a while");
    assert_ok(firm_update(room, &draft));
    firm_assert_kept(room, firm_start(room, "c-1"), LEGAL_TERMS_UNCLEAR, "start approval");
}

/* ---- states ---- */

typedef kt_status_t (*step_t)(room_t *room, const char *name);

static kt_status_t
update(room_t *room, const char *name)
{
    firm_draft_t change;
    return firm_update(room, firm_fill(&change, name));
}

static kt_status_t
new_version(room_t *room, const char *name)
{
    return firm_begin(room, name, NULL);
}

static kt_status_t
approve(room_t *room, const char *name)
{
    return firm_approve(room, name, "one", LEGAL_APPROVAL_LEVEL_OFFICER);
}

static kt_status_t
reject(room_t *room, const char *name)
{
    return firm_reject(room, name, "one");
}

static kt_status_t
sign(room_t *room, const char *name)
{
    return firm_sign(room, name, "one", LEGAL_SIGNATURE_SIDE_US);
}

static kt_status_t
give_notice(room_t *room, const char *name)
{
    return firm_notice(room, name, "");
}

static kt_status_t
terminate(room_t *room, const char *name)
{
    return firm_terminate(room, name, "2027-06-01");
}

static kt_status_t
supersede(room_t *room, const char *name)
{
    return firm_supersede(room, name, "s-9");
}

static const struct {
    const char *name; /* of the command */
    step_t step;
    const char *states; /* where it is known: D, R, A, O (signing), S, T, U (superseded), V */
} STEPS[] = {
    {"update", update, "DR"},
    {"new version", new_version, "DRAO"},
    {"submit", firm_submit, "D"},
    {"return", firm_return, "RA"},
    {"start approval", firm_start, "R"},
    {"approve", approve, "A"},
    {"reject", reject, "A"},
    {"open signing", firm_open, "AO"},
    {"record signature", sign, "O"},
    {"void", firm_void, "DRAOV"},
    {"give notice", give_notice, "S"},
    {"terminate", terminate, "ST"},
    {"supersede", supersede, "SU"},
};

/* A contract in each of the states. */
static const char STATES[] = "DRAOSTUV";
static const char *const IN_STATE[] = {"d-1", "r-1", "a-1", "o-1", "s-1", "t-1", "u-1", "v-1"};

static void
make_one_in_each_state(room_t *room)
{
    assert_ok(firm_send(room, firm_fill(&draft, "d-1")));
    firm_review(room, firm_fill(&draft, "r-1"));
    firm_approval(room, firm_fill(&draft, "a-1"));
    firm_signing(room, firm_fill(&draft, "o-1"));
    const char *const all[] = {"s-1", "s-9", "t-1", "u-1"};
    for (size_t i = 0; i < KT_COUNT(all); i++)
        firm_signed(room, firm_fill(&draft, all[i]));
    assert_ok(firm_terminate(room, "t-1", "2027-06-01"));
    assert_ok(firm_supersede(room, "u-1", "s-9"));
    assert_ok(firm_send(room, firm_fill(&draft, "v-1")));
    assert_ok(firm_void(room, "v-1"));
}

static void
what_the_table_does_not_have_is_refused_and_kept(void **state)
{
    room_t *room = *state;
    make_one_in_each_state(room);
    as_lena(room);
    for (size_t i = 0; i < KT_COUNT(STEPS); i++)
        for (size_t k = 0; STATES[k]; k++) {
            if (strchr(STEPS[i].states, STATES[k]))
                continue;
            firm_assert_kept(room, STEPS[i].step(room, IN_STATE[k]), LEGAL_CONTRACT_STATE,
                             STEPS[i].name);
        }
}

static void
what_is_not_there_is_told(void **state)
{
    room_t *room = *state;
    as_lena(room);
    for (size_t i = 0; i < KT_COUNT(STEPS); i++)
        assert_status(STEPS[i].step(room, "c-0"), KT_NOT_FOUND, LEGAL_CONTRACT_UNKNOWN);
}

static void
a_contract_comes_to_be_signed(void **state)
{
    room_t *room = *state;
    firm_fill(&draft, "c-1");
    assert_ok(firm_send(room, &draft));
    firm_assert_kept(room, firm_submit(room, "c-1"), LEGAL_VERSION_MISSING, "submit");
    firm_upload(room, "c-1", "one");
    assert_ok(firm_submit(room, "c-1"));
    assert_ok(firm_return(room, "c-1"));
    assert_string_equal(firm_get(room, "c-1", "")->contract->reason, "too dear");
    room_as(room, "budi", "department");
    firm_assert_kept(room, firm_start(room, "c-1"), LEGAL_CONTRACT_STATE, "start approval");
    as_lena(room);
    assert_ok(firm_submit(room, "c-1"));
    as_it(room); /* a department starts it as well as an officer */
    assert_ok(firm_start(room, "c-1"));
    as_otto(room);
    firm_assert_kept(room, firm_reject(room, "c-1", "two"), LEGAL_VERSION_STALE, "reject");
    assert_ok(firm_reject(room, "c-1", "one"));
    assert_ok(firm_start(room, "c-1"));
    assert_ok(firm_approve(room, "c-1", "one", LEGAL_APPROVAL_LEVEL_OFFICER));
    assert_ok(firm_open(room, "c-1"));
    firm_assert_kept(room, firm_sign(room, "c-1", "two", LEGAL_SIGNATURE_SIDE_US),
                     LEGAL_VERSION_STALE, "record signature");
    assert_ok(firm_sign(room, "c-1", "one", LEGAL_SIGNATURE_SIDE_THEM));
    firm_assert_kept(room, firm_sign(room, "c-1", "one", LEGAL_SIGNATURE_SIDE_THEM),
                     LEGAL_SIDE_SIGNED, "record signature");
    assert_int_equal(firm_status(room, "c-1", ""), IS(SIGNING));
    uint64_t events = room_events(room);
    assert_ok(firm_sign(room, "c-1", "one", LEGAL_SIGNATURE_SIDE_US));
    const char *const state_told[] = {"state", "SIGNED", "from", "SIGNING", NULL};
    const char *const standing_told[] = {"party",   "acme",       "kind",      "PURCHASE",
                                         "state",   "SIGNED",     "starts_on", "2026-12-01",
                                         "ends_on", "2027-11-30", NULL};
    firm_assert_event(room, events + 1, "contract.state", state_told);
    firm_assert_event(room, events + 2, "contract.standing", standing_told);
    assert_int_equal(room_events(room), events + 2);
    assert_int_equal(firm_status(room, "c-1", "2026-11-30"), IS(SIGNED));
    assert_int_equal(firm_status(room, "c-1", "2026-12-01"), IS(ACTIVE));
    assert_int_equal(firm_status(room, "c-1", "2027-11-30"), IS(ACTIVE));
    assert_int_equal(firm_status(room, "c-1", "2027-12-01"), IS(EXPIRED));
    firm_assert_kept(room, firm_void(room, "c-1"), LEGAL_CONTRACT_STATE, "void");
}

static void
signatures_belong_to_a_version(void **state)
{
    room_t *room = *state;
    firm_signing(room, firm_fill(&draft, "c-1"));
    assert_ok(firm_sign(room, "c-1", "one", LEGAL_SIGNATURE_SIDE_US));
    firm_upload(room, "c-1", "two");
    const legal_contract_view_t *view = firm_get(room, "c-1", "");
    assert_int_equal(view->status, IS(REVIEW));
    assert_string_equal(view->contract->us->name, "");
    assert_int_equal(view->contract->version, 2);
    legal_record_signature_request_t request = LEGAL_RECORD_SIGNATURE_REQUEST_INIT;
    request.contract = text("c-1");
    request.sha256 = firm_hash("two");
    request.side = LEGAL_SIGNATURE_SIDE_US;
    request.signed_by_name = text("Somebody");
    request.signed_on = text("2026-11-03"); /* tomorrow */
    assert_status(room_call(room, "Contracts/RecordSignature", &request.base, NULL),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
}

static void
void_again_is_fine(void **state)
{
    room_t *room = *state;
    assert_ok(firm_send(room, firm_fill(&draft, "c-1")));
    as_it(room);
    assert_ok(firm_void(room, "c-1"));
    const char *const told[] = {"state", "VOID", "starts_on", "", "ends_on", "", NULL};
    firm_assert_event(room, room_events(room), "contract.standing", told);
    uint64_t events = room_events(room);
    assert_ok(firm_void(room, "c-1"));
    assert_int_equal(room_events(room), events);
}

/* ---- listing ---- */

static uint32_t
count(room_t *room, legal_contract_status_t status, const char *party, legal_contract_kind_t kind,
      const char *on_date)
{
    uint32_t found = 0;
    char token[1024] = "";
    do {
        const legal_list_contracts_response_t *page;
        legal_list_contracts_request_t request = LEGAL_LIST_CONTRACTS_REQUEST_INIT;
        request.status = status;
        request.party = text(party);
        request.kind = kind;
        request.on_date = text(on_date);
        request.page_size = 2;
        request.page_token = token;
        assert_ok(room_call(room, "Contracts/ListContracts", &request.base, (const void **)&page));
        assert_in_range(page->n_contracts, 0, 2);
        found += (uint32_t)page->n_contracts;
        snprintf(token, sizeof token, "%s", page->next_page_token);
    } while (token[0]);
    return found;
}

static void
contracts_are_listed_by_filters(void **state)
{
    room_t *room = *state;
    make_one_in_each_state(room);
    as_lena(room);
    assert_ok(firm_add_party(room, "other"));
    firm_fill(&draft, "x-1")->contract.party = text("other");
    draft.contract.kind = LEGAL_CONTRACT_KIND_NDA;
    assert_ok(firm_send(room, &draft));
    assert_int_equal(count(room, 0, "", 0, ""), 10);
    assert_int_equal(count(room, 0, "acme", 0, ""), 9);
    assert_int_equal(count(room, 0, "other", 0, ""), 1);
    assert_int_equal(count(room, 0, "nobody", 0, ""), 0);
    assert_int_equal(count(room, 0, "", LEGAL_CONTRACT_KIND_NDA, ""), 1);
    assert_int_equal(count(room, IS(DRAFT), "", 0, ""), 2);
    assert_int_equal(count(room, IS(DRAFT), "acme", 0, ""), 1);
    /* Not begun; what is to end one counts from its day. */
    assert_int_equal(count(room, IS(SIGNED), "", 0, ""), 4);
    assert_int_equal(count(room, IS(ACTIVE), "", 0, "2027-01-01"), 3);
    assert_int_equal(count(room, IS(TERMINATED), "", 0, "2027-07-01"), 1);
    assert_int_equal(count(room, IS(SUPERSEDED), "", 0, "2027-07-01"), 1);
    assert_int_equal(count(room, IS(EXPIRED), "", 0, "2028-01-01"), 2);
    legal_list_contracts_request_t request = LEGAL_LIST_CONTRACTS_REQUEST_INIT;
    request.page_size = 201;
    assert_status(room_call(room, "Contracts/ListContracts", &request.base, NULL),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    request.page_size = 0;
    request.page_token = text("made-up");
    assert_status(room_call(room, "Contracts/ListContracts", &request.base, NULL),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
}

/* ---- the calculator ---- */

static void
terms_are_computed_for_anybody(void **state)
{
    room_t *room = *state;
    const legal_check_terms_response_t *checked;
    legal_check_terms_request_t request = LEGAL_CHECK_TERMS_REQUEST_INIT;
    firm_renews(firm_fill(&draft, ""), 12, 2);
    draft.terms.starts_on = text("2024-08-29");
    draft.first.amount = draft.first.unit = 0;
    draft.terms.ends_on = text("2025-08-28");
    request.terms = &draft.terms;
    request.on_date = text("2026-02-11");
    room_as(room, "anybody", "");
    assert_ok(room_call(room, "Contracts/CheckTerms", &request.base, (const void **)&checked));
    assert_int_equal(checked->problem, 0);
    assert_string_equal(checked->first_end, "2025-08-28");
    assert_string_equal(checked->current_end, "2026-08-28");
    assert_string_equal(checked->notice_deadline, "2026-06-28");
    draft.terms.ends_on = text("");
    draft.terms.written = text("5 years; 2 years");
    assert_ok(room_call(room, "Contracts/CheckTerms", &request.base, (const void **)&checked));
    assert_int_equal(checked->problem, LEGAL_TERM_PROBLEM_WRITTEN_AMBIGUOUS);
    assert_string_equal(checked->first_end, "");
    draft.terms.written = text("36 months");
    assert_ok(room_call(room, "Contracts/CheckTerms", &request.base, (const void **)&checked));
    assert_int_equal(checked->first->amount, 36);
    assert_int_equal(checked->first->unit, LEGAL_TERM_UNIT_MONTHS);
    request.terms = NULL;
    assert_status(room_call(room, "Contracts/CheckTerms", &request.base, NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
}

static void
a_failing_store_signs_nothing_by_half(void **state)
{
    room_t *room = *state;
    firm_employs(firm_fill(&draft, "e-1"), "budi");
    firm_signed(room, &draft);
    draft.contract.contract = text("e-2");
    draft.contract.supersedes = text("e-1");
    draft.terms.starts_on = text("2027-07-01");
    firm_signing(room, &draft);
    assert_ok(firm_sign(room, "e-2", "one", LEGAL_SIGNATURE_SIDE_US));
    uint64_t events = room_events(room);
    legal_record_signature_request_t request = LEGAL_RECORD_SIGNATURE_REQUEST_INIT;
    request.contract = text("e-2");
    request.sha256 = firm_hash("one");
    request.side = LEGAL_SIGNATURE_SIDE_THEM;
    request.signed_by_name = text("Budi");
    request.signed_on = text("2026-11-02");
    room_sweep(room, "Contracts/RecordSignature", &request.base);
    assert_int_equal(room_events(room), events + 4);
    assert_int_equal(firm_status(room, "e-1", "2027-07-01"), IS(SUPERSEDED));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        firm_test(a_draft_is_read_back),
        firm_test(shapes_of_drafts_are_checked),
        firm_test(an_employee_has_their_own_contracts_only),
        firm_test(unclear_terms_wait_for_a_human),
        firm_test(what_the_table_does_not_have_is_refused_and_kept),
        firm_test(what_is_not_there_is_told),
        firm_test(a_contract_comes_to_be_signed),
        firm_test(signatures_belong_to_a_version),
        firm_test(void_again_is_fine),
        firm_test(contracts_are_listed_by_filters),
        firm_test(terms_are_computed_for_anybody),
        firm_test(a_failing_store_signs_nothing_by_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
