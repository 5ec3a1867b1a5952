/* Parties by their methods. */
#include "firm.h"

static legal_party_t
party_of(const char *name)
{
    legal_party_t party = LEGAL_PARTY_INIT;
    party.party = text(name);
    party.kind = LEGAL_PARTY_KIND_PERSON;
    party.name = text("Budi");
    party.country = text("DE");
    party.email = text("budi@example.org");
    return party;
}

static kt_status_t
create(room_t *room, legal_party_t *party, const legal_party_t **made)
{
    legal_create_party_request_t request = LEGAL_CREATE_PARTY_REQUEST_INIT;
    request.party = party;
    return room_call(room, "Parties/CreateParty", &request.base, (const void **)made);
}

static kt_status_t
update(room_t *room, legal_party_t *party, const legal_party_t **made)
{
    legal_update_party_request_t request = LEGAL_UPDATE_PARTY_REQUEST_INIT;
    request.party = party;
    return room_call(room, "Parties/UpdateParty", &request.base, (const void **)made);
}

static kt_status_t
block(room_t *room, const char *name, bool blocked)
{
    legal_block_party_request_t on = LEGAL_BLOCK_PARTY_REQUEST_INIT;
    legal_unblock_party_request_t off = LEGAL_UNBLOCK_PARTY_REQUEST_INIT;
    on.party = off.party = text(name);
    on.reason = off.reason = text("sanctions");
    return blocked ? room_call(room, "Parties/BlockParty", &on.base, NULL)
                   : room_call(room, "Parties/UnblockParty", &off.base, NULL);
}

static kt_status_t
check(room_t *room, const char *name, const legal_party_t **party)
{
    legal_check_party_request_t request = LEGAL_CHECK_PARTY_REQUEST_INIT;
    request.party = text(name);
    return room_call(room, "Parties/CheckParty", &request.base, (const void **)party);
}

static void
a_party_is_made_changed_and_read(void **state)
{
    room_t *room = *state;
    const legal_party_t *made;
    legal_party_t party = party_of("budi");
    assert_ok(create(room, &party, &made));
    assert_string_equal(made->created_by, "lena");
    assert_int_equal(made->created_us, room_now(room));
    room_set_now(room, room_now(room) + 5);
    as_otto(room);
    party.name = text("Budi Santoso");
    party.tax_number = text("09.254.294.3-407.000");
    assert_ok(update(room, &party, &made));
    legal_get_party_request_t get = LEGAL_GET_PARTY_REQUEST_INIT;
    get.party = text("budi");
    assert_ok(room_call(room, "Parties/GetParty", &get.base, (const void **)&made));
    assert_string_equal(made->name, "Budi Santoso");
    assert_string_equal(made->tax_number, "09.254.294.3-407.000");
    assert_string_equal(made->created_by, "lena");
    assert_string_equal(made->changed_by, "otto");
    assert_int_equal(made->changed_us, made->created_us + 5);
    assert_string_equal(made->country, "DE");
}

static void
an_id_is_made_where_none_is_given(void **state)
{
    room_t *room = *state;
    const legal_party_t *made, *again;
    legal_party_t party = party_of("");
    assert_ok(create(room, &party, &made));
    assert_int_equal(strlen(made->party), KT_ULID_CHARS);
    assert_ok(check(room, made->party, &again));
    assert_string_equal(again->name, "Budi");
}

static void
a_blocked_party_is_told(void **state)
{
    room_t *room = *state;
    const legal_party_t *party;
    assert_ok(check(room, "acme", &party));
    assert_false(party->blocked);
    assert_ok(block(room, "acme", true));
    room_as(room, "it", "department");
    assert_status(check(room, "acme", NULL), KT_FAILED_PRECONDITION, LEGAL_PARTY_BLOCKED);
    assert_status(check(room, "nobody", NULL), KT_NOT_FOUND, LEGAL_PARTY_UNKNOWN);
    as_lena(room);
    firm_assert_kept(room, block(room, "acme", true), LEGAL_PARTY_STATE, "block");
    legal_party_t changed = party_of("acme");
    assert_ok(update(room, &changed, &party));
    assert_true(party->blocked); /* an update does not lift it */
    assert_string_equal(party->reason, "sanctions");
    assert_ok(block(room, "acme", false));
    assert_ok(check(room, "acme", &party));
    firm_assert_kept(room, block(room, "acme", false), LEGAL_PARTY_STATE, "unblock");
}

static void
shapes_are_checked(void **state)
{
    room_t *room = *state;
    struct {
        const char *name, *title, *country;
        legal_party_kind_t kind;
        kt_code_t code;
        uint32_t reason;
    } rows[] = {
        {"budi", "Budi", "XX", 1, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD},
        {"budi", "Budi", "id", 1, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD},
        {"budi", "Budi", "", 1, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD},
        {"budi", "", "ID", 1, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD},
        {"budi", "Budi", "ID", 0, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD},
        {"budi", "Budi", "ID", 4, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD},
        {"Budi", "Budi", "ID", 1, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD},
        {"acme", "Budi", "ID", 1, KT_ALREADY_EXISTS, LEGAL_PARTY_EXISTS},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        legal_party_t party = party_of(rows[i].name);
        party.name = text(rows[i].title);
        party.country = text(rows[i].country);
        party.kind = rows[i].kind;
        assert_status(create(room, &party, NULL), rows[i].code, rows[i].reason);
    }
    legal_party_t party = party_of("");
    assert_status(update(room, &party, NULL), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    party = party_of("nobody");
    assert_status(update(room, &party, NULL), KT_NOT_FOUND, LEGAL_PARTY_UNKNOWN);
    assert_status(block(room, "nobody", true), KT_NOT_FOUND, LEGAL_PARTY_UNKNOWN);
    char name[202];
    memset(name, 'n', 201);
    name[201] = '\0';
    party = party_of("budi");
    party.name = name;
    assert_status(create(room, &party, NULL), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    name[200] = '\0';
    assert_ok(create(room, &party, NULL));
}

static void
parties_are_listed_in_pages(void **state)
{
    room_t *room = *state;
    char name[16], token[KT_COUNT(name) + 512] = "";
    uint32_t seen = 0;
    for (int i = 0; i < 7; i++) {
        snprintf(name, sizeof name, "p-%d", i);
        assert_ok(firm_add_party(room, name));
    }
    do {
        const legal_list_parties_response_t *page;
        legal_list_parties_request_t request = LEGAL_LIST_PARTIES_REQUEST_INIT;
        request.page_size = 3;
        request.page_token = token;
        assert_ok(room_call(room, "Parties/ListParties", &request.base, (const void **)&page));
        seen += (uint32_t)page->n_parties;
        snprintf(token, sizeof token, "%s", page->next_page_token);
    } while (token[0]);
    assert_int_equal(seen, 8); /* with acme */
}

static void
a_failing_store_leaves_nothing_behind(void **state)
{
    room_t *room = *state;
    legal_party_t party = party_of("budi");
    legal_create_party_request_t request = LEGAL_CREATE_PARTY_REQUEST_INIT;
    request.party = &party;
    const legal_party_t *made = room_sweep(room, "Parties/CreateParty", &request.base);
    assert_string_equal(made->party, "budi");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        firm_test(a_party_is_made_changed_and_read),
        firm_test(an_id_is_made_where_none_is_given),
        firm_test(a_blocked_party_is_told),
        firm_test(shapes_are_checked),
        firm_test(parties_are_listed_in_pages),
        firm_test(a_failing_store_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
