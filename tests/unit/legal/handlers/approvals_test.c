/* Approval, and every way around it that was thought of: each refused, and kept. */
#include "firm.h"

#define OFFICER LEGAL_APPROVAL_LEVEL_OFFICER
#define FINANCE LEGAL_APPROVAL_LEVEL_FINANCE
#define CEO     LEGAL_APPROVAL_LEVEL_CEO

static firm_draft_t draft;

/* A contract of VALUE in APPROVAL, asked for by budi. */
static void
begin(room_t *room, const char *name, int64_t value)
{
    firm_fill(&draft, name)->contract.value_minor = value;
    draft.contract.requested_by = text("budi");
    firm_approval(room, &draft);
}

static uint32_t
needed(room_t *room, const char *name)
{
    uint32_t plan = 0;
    as_lena(room);
    const legal_contract_view_t *view = firm_get(room, name, "");
    for (size_t i = 0; i < view->n_needed; i++)
        plan |= LEGAL_LEVEL_BIT(view->needed[i]);
    return plan;
}

static bool
approved(room_t *room, const char *name)
{
    as_lena(room);
    return firm_get(room, name, "")->approved;
}

/* Version "one" of c-1, on behalf of WHOM. */
static kt_status_t
approve_for(room_t *room, const char *whom, legal_approval_level_t level)
{
    room_on_behalf_of(room, whom);
    return firm_approve(room, "c-1", "one", level);
}

/* ---- the plan ---- */

static void
the_plan_follows_value_and_risk(void **state)
{
    room_t *room = *state;
    struct {
        int64_t value;
        const char *currency;
        legal_contract_risk_t risk;
        uint32_t plan;
    } rows[] = {
        {999, "IDR", 1, LEGAL_LEVEL_BIT(OFFICER)},
        {1000, "IDR", 1, LEGAL_LEVEL_BIT(OFFICER) | LEGAL_LEVEL_BIT(FINANCE)},
        {10000, "IDR", 1, LEGAL_PLAN_ALL},
        {1, "IDR", 3, LEGAL_LEVEL_BIT(OFFICER) | LEGAL_LEVEL_BIT(CEO)},
        {1, "USD", 1, LEGAL_PLAN_ALL}, /* nobody said anything about dollars */
        {0, "", 1, LEGAL_LEVEL_BIT(OFFICER)},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        char name[8];
        snprintf(name, sizeof name, "c-%zu", i);
        firm_fill(&draft, name)->contract.value_minor = rows[i].value;
        draft.contract.currency = text(rows[i].currency);
        draft.contract.risk = rows[i].risk;
        draft.contract.requested_by = text(name); /* none counts with another */
        firm_approval(room, &draft);
        assert_int_equal(needed(room, name), rows[i].plan);
    }
}

static void
without_thresholds_every_level_is_needed(void **state)
{
    (void)state;
    room_t *room = room_open(legal_service());
    as_lena(room);
    assert_ok(firm_add_party(room, "acme"));
    begin(room, "c-1", 1);
    assert_int_equal(needed(room, "c-1"), LEGAL_PLAN_ALL);
    room_close(&room);
}

static void
all_levels_by_three_people_open_the_signing(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 10000);
    as_otto(room);
    assert_ok(firm_approve(room, "c-1", "one", OFFICER));
    firm_assert_kept(room, firm_open(room, "c-1"), LEGAL_APPROVALS_MISSING, "open signing");
    as_fina(room);
    assert_ok(firm_approve(room, "c-1", "one", FINANCE));
    assert_false(approved(room, "c-1"));
    as_carl(room);
    uint64_t events = room_events(room);
    assert_ok(firm_approve(room, "c-1", "one", CEO));
    const char *const told[] = {"version", "1", "opener", "", NULL};
    firm_assert_event(room, events + 1, "contract.approved", told);
    assert_int_equal(room_events(room), events + 1);
    assert_true(approved(room, "c-1"));
    as_lena(room);
    assert_ok(firm_open(room, "c-1"));
    assert_ok(firm_open(room, "c-1")); /* again: OK */
    assert_int_equal(firm_get(room, "c-1", "")->status, LEGAL_CONTRACT_STATUS_CONTRACT_SIGNING);
    const legal_list_approvals_response_t *list;
    legal_list_approvals_request_t request = LEGAL_LIST_APPROVALS_REQUEST_INIT;
    request.contract = text("c-1");
    assert_ok(room_call(room, "Contracts/ListApprovals", &request.base, (const void **)&list));
    assert_int_equal(list->n_approvals, 3);
    assert_string_equal(list->approvals[2]->approver, "carl");
    assert_true(list->approvals[2]->counts);
}

/* ---- ways around ---- */

static void
nobody_approves_what_they_wrote(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 1);
    as_lena(room); /* drafted it */
    firm_assert_kept(room, firm_approve(room, "c-1", "one", OFFICER), LEGAL_APPROVER_INVOLVED,
                     "approve");
}

static void
nobody_approves_what_they_asked_for(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 1);
    room_as(room, "budi", "legal.officer finance.analyst ceo");
    for (legal_approval_level_t level = OFFICER; level <= CEO; level++)
        firm_assert_kept(room, firm_approve(room, "c-1", "one", level), LEGAL_APPROVER_INVOLVED,
                         "approve");
}

static void
nobody_approves_what_they_edited_first_or_last(void **state)
{
    room_t *room = *state;
    firm_fill(&draft, "c-1");
    firm_review(room, &draft);
    as_otto(room);
    draft.contract.value_minor = 400;
    assert_ok(firm_update(room, &draft));
    room_as(room, "olga", "legal.officer");
    firm_upload(room, "c-1", "two");
    assert_ok(firm_start(room, "c-1"));
    /* A field, an older version, the newest version. */
    as_otto(room);
    firm_assert_kept(room, firm_approve(room, "c-1", "two", OFFICER), LEGAL_APPROVER_INVOLVED,
                     "approve");
    as_lena(room);
    firm_assert_kept(room, firm_approve(room, "c-1", "two", OFFICER), LEGAL_APPROVER_INVOLVED,
                     "approve");
    room_as(room, "olga", "legal.officer");
    firm_assert_kept(room, firm_approve(room, "c-1", "two", OFFICER), LEGAL_APPROVER_INVOLVED,
                     "approve");
    room_as(room, "oskar", "legal.officer");
    assert_ok(firm_approve(room, "c-1", "two", OFFICER));
}

static void
nobody_approves_for_those_who_may_not(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 1);
    const char *const whom[] = {"budi", "lena"}; /* asked for it, wrote it */
    as_otto(room);
    for (size_t i = 0; i < KT_COUNT(whom); i++) {
        firm_assert_kept(room, approve_for(room, whom[i], OFFICER), LEGAL_APPROVER_DELEGATE,
                         "approve");
    }
    /* And who edited on behalf of another made that one an editor, too. */
    as_lena(room);
    assert_ok(firm_reject(room, "c-1", "one"));
    room_on_behalf_of(room, "otto");
    assert_ok(firm_update(room, &draft));
    assert_ok(firm_start(room, "c-1"));
    as_otto(room);
    firm_assert_kept(room, firm_approve(room, "c-1", "one", OFFICER), LEGAL_APPROVER_INVOLVED,
                     "approve");
}

static void
who_wrote_a_part_of_it_does_not_approve(void **state)
{
    room_t *room = *state;
    const legal_upload_t *upload;
    firm_review(room, firm_fill(&draft, "c-1"));
    assert_ok(firm_begin(room, "c-1", &upload));
    room_on_behalf_of(room, "otto"); /* for the bytes, not for the end */
    assert_ok(firm_put(room, upload->upload, 0, "one", 3));
    assert_ok(firm_finish(room, upload->upload, 3));
    assert_ok(firm_start(room, "c-1"));
    as_otto(room);
    firm_assert_kept(room, firm_approve(room, "c-1", "one", OFFICER), LEGAL_APPROVER_INVOLVED,
                     "approve");
}

static void
nobody_approves_their_own_employment(void **state)
{
    room_t *room = *state;
    firm_employs(firm_fill(&draft, "c-1"), "otto");
    firm_approval(room, &draft);
    as_otto(room);
    firm_assert_kept(room, firm_approve(room, "c-1", "one", OFFICER), LEGAL_APPROVER_INVOLVED,
                     "approve");
    room_as(room, "oskar", "legal.officer");
    firm_assert_kept(room, approve_for(room, "otto", OFFICER), LEGAL_APPROVER_DELEGATE, "approve");
    assert_ok(firm_approve(room, "c-1", "one", OFFICER));
}

static void
a_new_version_voids_what_was_approved(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 1);
    as_otto(room);
    assert_ok(firm_approve(room, "c-1", "one", OFFICER));
    assert_true(approved(room, "c-1"));
    firm_upload(room, "c-1", "two");
    const legal_contract_view_t *view = firm_get(room, "c-1", "");
    assert_false(view->approved);
    assert_int_equal(view->status, LEGAL_CONTRACT_STATUS_CONTRACT_REVIEW);
    firm_assert_kept(room, firm_open(room, "c-1"), LEGAL_CONTRACT_STATE, "open signing");
    assert_ok(firm_start(room, "c-1"));
    firm_assert_kept(room, firm_open(room, "c-1"), LEGAL_APPROVALS_MISSING, "open signing");
    /* The stale hash does not count, the fresh one does. */
    as_otto(room);
    firm_assert_kept(room, firm_approve(room, "c-1", "one", OFFICER), LEGAL_VERSION_STALE,
                     "approve");
    assert_ok(firm_approve(room, "c-1", "two", OFFICER));
    assert_true(approved(room, "c-1"));
}

static void
the_same_version_put_back_is_approved_anew(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 1);
    as_otto(room);
    assert_ok(firm_approve(room, "c-1", "one", OFFICER));
    as_lena(room);
    firm_upload(room, "c-1", "two");
    firm_upload(room, "c-1", "one");
    assert_ok(firm_start(room, "c-1"));
    assert_false(approved(room, "c-1"));
}

static void
an_edit_after_approval_is_approved_anew(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 1);
    as_otto(room);
    assert_ok(firm_approve(room, "c-1", "one", OFFICER));
    as_lena(room);
    draft.contract.value_minor = 999;
    firm_assert_kept(room, firm_update(room, &draft), LEGAL_CONTRACT_STATE, "update");
    assert_ok(firm_reject(room, "c-1", "one"));
    assert_ok(firm_update(room, &draft));
    assert_ok(firm_start(room, "c-1"));
    assert_false(approved(room, "c-1"));
    firm_assert_kept(room, firm_open(room, "c-1"), LEGAL_APPROVALS_MISSING, "open signing");
    as_otto(room);
    assert_ok(firm_approve(room, "c-1", "one", OFFICER));
    as_lena(room);
    assert_ok(firm_open(room, "c-1"));
}

static void
an_approval_is_not_played_again(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 10000);
    room_as(room, "otto", "legal.officer finance.analyst ceo");
    kt_ulid_t key = kt_ulid_make(room_now(room), 7, 7);
    room_with_key(room, &key);
    assert_ok(firm_approve(room, "c-1", "one", OFFICER));
    room_with_key(room, &key); /* the same call again: the same answer, once */
    assert_ok(firm_approve(room, "c-1", "one", OFFICER));
    firm_assert_kept(room, firm_approve(room, "c-1", "one", OFFICER), LEGAL_APPROVER_REPEATS,
                     "approve");
    /* One person gives one level, also through another. */
    firm_assert_kept(room, firm_approve(room, "c-1", "one", FINANCE), LEGAL_APPROVER_REPEATS,
                     "approve");
    as_fina(room);
    firm_assert_kept(room, approve_for(room, "otto", FINANCE), LEGAL_APPROVER_REPEATS, "approve");
    room_as(room, "olga", "legal.officer");
    firm_assert_kept(room, firm_approve(room, "c-1", "one", OFFICER), LEGAL_LEVEL_GIVEN, "approve");
    assert_false(approved(room, "c-1"));
}

static void
a_level_belongs_to_its_role_and_to_the_plan(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 10000);
    as_fina(room);
    firm_assert_kept(room, firm_approve(room, "c-1", "one", CEO), LEGAL_LEVEL_ROLE, "approve");
    as_otto(room);
    firm_assert_kept(room, firm_approve(room, "c-1", "one", FINANCE), LEGAL_LEVEL_ROLE, "approve");
    begin(room, "c-2", 1);
    room_set_now(room, room_now(room) + 200 * FIRM_DAY_US);
    begin(room, "c-3", 1);
    as_carl(room);
    firm_assert_kept(room, firm_approve(room, "c-3", "one", CEO), LEGAL_LEVEL_NOT_NEEDED,
                     "approve");
}

static void
nothing_is_approved_outside_approval(void **state)
{
    room_t *room = *state;
    firm_fill(&draft, "c-1");
    firm_review(room, &draft);
    as_otto(room);
    firm_assert_kept(room, firm_approve(room, "c-1", "one", OFFICER), LEGAL_CONTRACT_STATE,
                     "approve");
    assert_status(firm_approve(room, "c-9", "one", OFFICER), KT_NOT_FOUND, LEGAL_CONTRACT_UNKNOWN);
    assert_status(firm_approve(room, "c-1", "one", 0), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    firm_fill(&draft, "c-2");
    firm_signing(room, &draft);
    as_otto(room);
    firm_assert_kept(room, firm_approve(room, "c-2", "one", OFFICER), LEGAL_CONTRACT_STATE,
                     "approve");
}

static void
split_amounts_count_together(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 6000);
    assert_int_equal(needed(room, "c-1") & LEGAL_LEVEL_BIT(CEO), 0);
    room_set_now(room, room_now(room) + 89 * FIRM_DAY_US);
    begin(room, "c-2", 4000);
    assert_int_equal(needed(room, "c-2"), LEGAL_PLAN_ALL);
    /* The first, still in approval, has become part of something larger. */
    assert_int_equal(needed(room, "c-1"), LEGAL_PLAN_ALL);
    as_otto(room);
    assert_ok(firm_approve(room, "c-1", "one", OFFICER));
    as_fina(room);
    assert_ok(firm_approve(room, "c-1", "one", FINANCE));
    as_lena(room);
    firm_assert_kept(room, firm_open(room, "c-1"), LEGAL_APPROVALS_MISSING, "open signing");
    as_carl(room);
    assert_ok(firm_approve(room, "c-1", "one", CEO));
    as_lena(room);
    assert_ok(firm_open(room, "c-1"));
    assert_true(firm_get(room, "c-1", "")->contract->needed_ceo);
}

static void
what_does_not_belong_together_counts_alone(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 6000);
    room_set_now(room, room_now(room) + 91 * FIRM_DAY_US);
    begin(room, "c-2", 6000); /* too late */
    assert_int_equal(needed(room, "c-2") & LEGAL_LEVEL_BIT(CEO), 0);
    firm_fill(&draft, "c-3")->contract.value_minor = 6000; /* of another requester */
    draft.contract.requested_by = text("dewi");
    firm_approval(room, &draft);
    assert_int_equal(needed(room, "c-3") & LEGAL_LEVEL_BIT(CEO), 0);
    as_lena(room);
    assert_ok(firm_add_party(room, "other"));
    firm_fill(&draft, "c-4")->contract.value_minor = 6000; /* with another party */
    draft.contract.requested_by = text("budi");
    draft.contract.party = text("other");
    firm_approval(room, &draft);
    assert_int_equal(needed(room, "c-4") & LEGAL_LEVEL_BIT(CEO), 0);
    begin(room, "c-5", 4000);
    assert_int_equal(needed(room, "c-5"), LEGAL_PLAN_ALL); /* with c-2 */
    assert_ok(firm_void(room, "c-2"));
    assert_int_equal(needed(room, "c-1") & LEGAL_LEVEL_BIT(CEO), 0);
    begin(room, "c-6", 5999); /* what was given up does not count */
    assert_int_equal(needed(room, "c-6") & LEGAL_LEVEL_BIT(CEO), 0);
}

static void
too_many_parts_need_everybody(void **state)
{
    room_t *room = *state;
    char name[16];
    for (int i = 0; i < LEGAL_SPLIT_MAX; i++) {
        snprintf(name, sizeof name, "p-%d", i);
        firm_fill(&draft, name)->contract.value_minor = 0;
        draft.contract.requested_by = text("budi");
        assert_ok(firm_send(room, &draft));
        room_forget(room);
    }
    assert_int_equal(needed(room, "p-0"), LEGAL_LEVEL_BIT(OFFICER));
    firm_fill(&draft, "c-1")->contract.value_minor = 0;
    draft.contract.requested_by = text("budi");
    assert_ok(firm_send(room, &draft));
    assert_int_equal(needed(room, "c-1"), LEGAL_PLAN_ALL);
}

static void
another_currency_does_not_hide_a_part(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 9999);
    firm_fill(&draft, "c-2")->contract.value_minor = 1;
    draft.contract.requested_by = text("budi");
    draft.contract.currency = text("USD");
    firm_approval(room, &draft);
    assert_int_equal(needed(room, "c-2"), LEGAL_PLAN_ALL);
    assert_int_equal(needed(room, "c-1"), LEGAL_PLAN_ALL);
}

static void
a_requester_is_not_made_up(void **state)
{
    room_t *room = *state;
    room_as(room, "budi", "employee");
    firm_fill(&draft, "c-1")->contract.requested_by = text("dewi");
    firm_assert_kept(room, firm_send(room, &draft), LEGAL_CONTRACT_NOT_YOURS, "draft");
    draft.contract.requested_by = text("");
    assert_ok(firm_send(room, &draft));
    assert_string_equal(firm_get(room, "c-1", "")->contract->requested_by, "budi");
    /* Nor by claiming to act for another, which would keep the parts of a sum apart. */
    room_as(room, "budi", "employee");
    room_on_behalf_of(room, "dewi");
    firm_fill(&draft, "c-3");
    draft.contract.requested_by = text("");
    assert_ok(firm_send(room, &draft));
    assert_string_equal(firm_get(room, "c-3", "")->contract->requested_by, "budi");
    as_it(room);
    room_on_behalf_of(room, "dewi");
    firm_fill(&draft, "c-2");
    assert_ok(firm_send(room, &draft));
    assert_string_equal(firm_get(room, "c-2", "")->contract->requested_by, "dewi");
}

static void
stricter_thresholds_apply_at_once(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 500);
    as_otto(room);
    assert_ok(firm_approve(room, "c-1", "one", OFFICER));
    assert_true(approved(room, "c-1"));
    firm_set_thresholds(room, 100, 10000);
    assert_false(approved(room, "c-1"));
    firm_assert_kept(room, firm_open(room, "c-1"), LEGAL_APPROVALS_MISSING, "open signing");
    as_fina(room);
    assert_ok(firm_approve(room, "c-1", "one", FINANCE));
    /* Milder ones do not: what approval began with stays needed. */
    begin(room, "c-2", 500);
    firm_set_thresholds(room, 1000000, 1000000);
    assert_int_equal(needed(room, "c-2"), LEGAL_LEVEL_BIT(OFFICER) | LEGAL_LEVEL_BIT(FINANCE));
    as_lena(room);
    assert_ok(firm_open(room, "c-1"));
    /* And what is open for signing stays so. */
    firm_set_thresholds(room, 1, 1);
    assert_true(approved(room, "c-1"));
}

static void
only_the_opener_opens(void **state)
{
    room_t *room = *state;
    firm_fill(&draft, "c-1")->contract.opener = text("it");
    firm_approval(room, &draft);
    as_otto(room);
    assert_ok(firm_approve(room, "c-1", "one", OFFICER));
    firm_assert_kept(room, firm_open(room, "c-1"), LEGAL_OPENER_OTHER, "open signing");
    room_as(room, "finance", "department");
    firm_assert_kept(room, firm_open(room, "c-1"), LEGAL_OPENER_OTHER, "open signing");
    as_it(room);
    assert_ok(firm_open(room, "c-1"));
    assert_ok(firm_open(room, "c-1"));
    as_otto(room);
    firm_assert_kept(room, firm_open(room, "c-1"), LEGAL_OPENER_OTHER, "open signing");
    firm_fill(&draft, "c-2");
    firm_approval(room, &draft);
    as_otto(room);
    assert_ok(firm_approve(room, "c-2", "one", OFFICER));
    as_it(room); /* no opener: a legal.officer */
    firm_assert_kept(room, firm_open(room, "c-2"), LEGAL_OPENER_OTHER, "open signing");
}

static void
a_party_blocked_meanwhile_stops_the_signing(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 1);
    as_otto(room);
    assert_ok(firm_approve(room, "c-1", "one", OFFICER));
    legal_block_party_request_t block = LEGAL_BLOCK_PARTY_REQUEST_INIT;
    block.party = text("acme");
    block.reason = text("fraud");
    assert_ok(room_call(room, "Parties/BlockParty", &block.base, NULL));
    firm_assert_kept(room, firm_open(room, "c-1"), LEGAL_PARTY_BLOCKED, "open signing");
    firm_fill(&draft, "c-2");
    firm_assert_kept(room, firm_send(room, &draft), LEGAL_PARTY_BLOCKED, "draft");
}

static void
a_failing_store_gives_no_half_approval(void **state)
{
    room_t *room = *state;
    begin(room, "c-1", 10000);
    as_carl(room);
    legal_approve_request_t request = LEGAL_APPROVE_REQUEST_INIT;
    request.contract = text("c-1");
    request.sha256 = firm_hash("one");
    request.level = CEO;
    const legal_contract_view_t *view = room_sweep(room, "Contracts/Approve", &request.base);
    assert_false(view->approved);
    firm_assert_kept(room, firm_approve(room, "c-1", "one", CEO), LEGAL_APPROVER_REPEATS,
                     "approve");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        firm_test(the_plan_follows_value_and_risk),
        cmocka_unit_test(without_thresholds_every_level_is_needed),
        firm_test(all_levels_by_three_people_open_the_signing),
        firm_test(nobody_approves_what_they_wrote),
        firm_test(nobody_approves_what_they_asked_for),
        firm_test(nobody_approves_what_they_edited_first_or_last),
        firm_test(nobody_approves_for_those_who_may_not),
        firm_test(who_wrote_a_part_of_it_does_not_approve),
        firm_test(nobody_approves_their_own_employment),
        firm_test(a_new_version_voids_what_was_approved),
        firm_test(the_same_version_put_back_is_approved_anew),
        firm_test(an_edit_after_approval_is_approved_anew),
        firm_test(an_approval_is_not_played_again),
        firm_test(a_level_belongs_to_its_role_and_to_the_plan),
        firm_test(nothing_is_approved_outside_approval),
        firm_test(split_amounts_count_together),
        firm_test(what_does_not_belong_together_counts_alone),
        firm_test(too_many_parts_need_everybody),
        firm_test(another_currency_does_not_hide_a_part),
        firm_test(a_requester_is_not_made_up),
        firm_test(stricter_thresholds_apply_at_once),
        firm_test(only_the_opener_opens),
        firm_test(a_party_blocked_meanwhile_stops_the_signing),
        firm_test(a_failing_store_gives_no_half_approval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
