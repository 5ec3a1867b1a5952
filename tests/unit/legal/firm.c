#include "firm.h"

void
as_lena(room_t *room)
{
    room_as(room, "lena", "legal.officer employee");
}

void
as_otto(room_t *room)
{
    room_as(room, "otto", "legal.officer employee");
}

void
as_fina(room_t *room)
{
    room_as(room, "fina", "finance.analyst employee");
}

void
as_carl(room_t *room)
{
    room_as(room, "carl", "ceo employee");
}

void
as_it(room_t *room)
{
    room_as(room, "it", "department");
}

kt_status_t
firm_add_party(room_t *room, const char *name)
{
    legal_create_party_request_t request = LEGAL_CREATE_PARTY_REQUEST_INIT;
    legal_party_t party = LEGAL_PARTY_INIT;
    party.party = text(name);
    party.kind = LEGAL_PARTY_KIND_COMPANY;
    party.name = text("A company");
    party.country = text("ID");
    request.party = &party;
    return room_call(room, "Parties/CreateParty", &request.base, NULL);
}

void
firm_set_thresholds(room_t *room, int64_t finance_from, int64_t ceo_from)
{
    legal_set_thresholds_request_t request = LEGAL_SET_THRESHOLDS_REQUEST_INIT;
    legal_thresholds_t thresholds = LEGAL_THRESHOLDS_INIT;
    legal_value_threshold_t rows[] = {LEGAL_VALUE_THRESHOLD_INIT, LEGAL_VALUE_THRESHOLD_INIT,
                                      LEGAL_VALUE_THRESHOLD_INIT};
    legal_value_threshold_t *values[] = {&rows[0], &rows[1], &rows[2]};
    legal_risk_threshold_t high = LEGAL_RISK_THRESHOLD_INIT;
    legal_risk_threshold_t *risks[] = {&high};
    int64_t from[] = {0, finance_from, ceo_from};
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        rows[i].currency = text("IDR");
        rows[i].from_minor = from[i];
        rows[i].level = (legal_approval_level_t)(LEGAL_APPROVAL_LEVEL_OFFICER + i);
    }
    high.risk = LEGAL_CONTRACT_RISK_RISK_HIGH;
    high.level = LEGAL_APPROVAL_LEVEL_CEO;
    thresholds.values = values;
    thresholds.n_values = KT_COUNT(values);
    thresholds.risks = risks;
    thresholds.n_risks = KT_COUNT(risks);
    request.thresholds = &thresholds;
    as_carl(room);
    assert_ok(room_call(room, "Oversight/SetThresholds", &request.base, NULL));
}

int
firm_setup(void **state)
{
    room_t *room = room_open(legal_service());
    firm_set_thresholds(room, 1000, 10000);
    as_lena(room);
    assert_ok(firm_add_party(room, "acme"));
    *state = room;
    return 0;
}

int
firm_teardown(void **state)
{
    room_close((room_t **)state);
    return 0;
}

firm_draft_t *
firm_fill(firm_draft_t *draft, const char *name)
{
    *draft = (firm_draft_t){.contract = LEGAL_CONTRACT_INIT,
                            .terms = LEGAL_CONTRACT_TERMS_INIT,
                            .first = LEGAL_TERM_LENGTH_INIT,
                            .renews = LEGAL_TERM_LENGTH_INIT,
                            .notice = LEGAL_TERM_LENGTH_INIT};
    draft->contract.contract = text(name);
    draft->contract.kind = LEGAL_CONTRACT_KIND_PURCHASE;
    draft->contract.party = text("acme");
    draft->contract.title = text("Chairs");
    draft->contract.currency = text("IDR");
    draft->contract.value_minor = 500;
    draft->contract.risk = LEGAL_CONTRACT_RISK_RISK_LOW;
    draft->contract.terms = &draft->terms;
    draft->terms.starts_on = text("2026-12-01");
    draft->terms.first = &draft->first;
    draft->terms.renews = &draft->renews;
    draft->terms.notice = &draft->notice;
    draft->first.amount = 12;
    draft->first.unit = LEGAL_TERM_UNIT_MONTHS;
    return draft;
}

void
firm_renews(firm_draft_t *draft, uint32_t months, uint32_t notice_months)
{
    draft->renews.amount = months;
    draft->renews.unit = LEGAL_TERM_UNIT_MONTHS;
    draft->notice.amount = notice_months;
    draft->notice.unit = notice_months ? LEGAL_TERM_UNIT_MONTHS : 0;
}

void
firm_employs(firm_draft_t *draft, const char *employee)
{
    draft->contract.kind = LEGAL_CONTRACT_KIND_EMPLOYMENT;
    draft->contract.party = text("");
    draft->contract.employee = text(employee);
}

kt_status_t
firm_send(room_t *room, firm_draft_t *draft)
{
    legal_draft_contract_request_t request = LEGAL_DRAFT_CONTRACT_REQUEST_INIT;
    request.contract = &draft->contract;
    return room_call(room, "Contracts/DraftContract", &request.base, NULL);
}

kt_status_t
firm_update(room_t *room, firm_draft_t *draft)
{
    legal_update_contract_request_t request = LEGAL_UPDATE_CONTRACT_REQUEST_INIT;
    request.contract = &draft->contract;
    return room_call(room, "Contracts/UpdateContract", &request.base, NULL);
}

/* ---- versions ---- */

kt_status_t
firm_begin(room_t *room, const char *contract, const legal_upload_t **upload)
{
    legal_begin_version_request_t begin = LEGAL_BEGIN_VERSION_REQUEST_INIT;
    begin.contract = text(contract);
    begin.media_type = text("application/pdf");
    begin.name = text("contract.pdf");
    return room_call(room, "Contracts/BeginVersion", &begin.base, (const void **)upload);
}

kt_status_t
firm_put(room_t *room, const char *upload, int64_t offset, const void *data, size_t size)
{
    legal_put_chunk_request_t put = LEGAL_PUT_CHUNK_REQUEST_INIT;
    put.upload = text(upload);
    put.offset = offset;
    put.data = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)data, .len = size};
    return room_call(room, "Contracts/PutChunk", &put.base, NULL);
}

kt_status_t
firm_finish(room_t *room, const char *upload, int64_t size)
{
    legal_finish_version_request_t finish = LEGAL_FINISH_VERSION_REQUEST_INIT;
    finish.upload = text(upload);
    finish.size = size;
    return room_call(room, "Contracts/FinishVersion", &finish.base, NULL);
}

void
firm_upload(room_t *room, const char *contract, const char *words)
{
    const legal_upload_t *upload;
    assert_ok(firm_begin(room, contract, &upload));
    assert_ok(firm_put(room, upload->upload, 0, words, strlen(words)));
    assert_ok(firm_finish(room, upload->upload, (int64_t)strlen(words)));
}

ProtobufCBinaryData
firm_hash(const char *words)
{
    static kt_hash_t hash;
    hash = kt_sha256(kt_span_str(words));
    return (ProtobufCBinaryData){.data = hash.bytes, .len = sizeof hash.bytes};
}

/* ---- steps ---- */

kt_status_t
firm_submit(room_t *room, const char *contract)
{
    legal_submit_contract_request_t request = LEGAL_SUBMIT_CONTRACT_REQUEST_INIT;
    request.contract = text(contract);
    return room_call(room, "Contracts/SubmitContract", &request.base, NULL);
}

kt_status_t
firm_return(room_t *room, const char *contract)
{
    legal_return_contract_request_t request = LEGAL_RETURN_CONTRACT_REQUEST_INIT;
    request.contract = text(contract);
    request.reason = text("too dear");
    return room_call(room, "Contracts/ReturnContract", &request.base, NULL);
}

kt_status_t
firm_start(room_t *room, const char *contract)
{
    legal_start_approval_request_t request = LEGAL_START_APPROVAL_REQUEST_INIT;
    request.contract = text(contract);
    return room_call(room, "Contracts/StartApproval", &request.base, NULL);
}

kt_status_t
firm_approve(room_t *room, const char *contract, const char *words, legal_approval_level_t level)
{
    legal_approve_request_t request = LEGAL_APPROVE_REQUEST_INIT;
    request.contract = text(contract);
    request.sha256 = firm_hash(words);
    request.level = level;
    return room_call(room, "Contracts/Approve", &request.base, NULL);
}

kt_status_t
firm_reject(room_t *room, const char *contract, const char *words)
{
    legal_reject_approval_request_t request = LEGAL_REJECT_APPROVAL_REQUEST_INIT;
    request.contract = text(contract);
    request.sha256 = firm_hash(words);
    request.reason = text("no");
    return room_call(room, "Contracts/RejectApproval", &request.base, NULL);
}

kt_status_t
firm_open(room_t *room, const char *contract)
{
    legal_open_signing_request_t request = LEGAL_OPEN_SIGNING_REQUEST_INIT;
    request.contract = text(contract);
    return room_call(room, "Contracts/OpenSigning", &request.base, NULL);
}

kt_status_t
firm_sign(room_t *room, const char *contract, const char *words, legal_signature_side_t side)
{
    legal_record_signature_request_t request = LEGAL_RECORD_SIGNATURE_REQUEST_INIT;
    request.contract = text(contract);
    request.sha256 = firm_hash(words);
    request.side = side;
    request.signed_by_name = text("Somebody");
    request.signed_on = text("2026-11-02");
    return room_call(room, "Contracts/RecordSignature", &request.base, NULL);
}

kt_status_t
firm_void(room_t *room, const char *contract)
{
    legal_void_contract_request_t request = LEGAL_VOID_CONTRACT_REQUEST_INIT;
    request.contract = text(contract);
    request.reason = text("not wanted any more");
    return room_call(room, "Contracts/VoidContract", &request.base, NULL);
}

kt_status_t
firm_notice(room_t *room, const char *contract, const char *given_on)
{
    legal_give_notice_request_t request = LEGAL_GIVE_NOTICE_REQUEST_INIT;
    request.contract = text(contract);
    request.given_on = text(given_on);
    return room_call(room, "Contracts/GiveNotice", &request.base, NULL);
}

kt_status_t
firm_terminate(room_t *room, const char *contract, const char *on)
{
    legal_terminate_contract_request_t request = LEGAL_TERMINATE_CONTRACT_REQUEST_INIT;
    request.contract = text(contract);
    request.on = text(on);
    request.reason = text("breach");
    return room_call(room, "Contracts/TerminateContract", &request.base, NULL);
}

kt_status_t
firm_supersede(room_t *room, const char *contract, const char *by)
{
    legal_supersede_contract_request_t request = LEGAL_SUPERSEDE_CONTRACT_REQUEST_INIT;
    request.contract = text(contract);
    request.by = text(by);
    return room_call(room, "Contracts/SupersedeContract", &request.base, NULL);
}

const legal_contract_view_t *
firm_get(room_t *room, const char *contract, const char *on_date)
{
    const legal_contract_view_t *view;
    legal_get_contract_request_t request = LEGAL_GET_CONTRACT_REQUEST_INIT;
    request.contract = text(contract);
    request.on_date = text(on_date);
    assert_ok(room_call(room, "Contracts/GetContract", &request.base, (const void **)&view));
    return view;
}

legal_contract_status_t
firm_status(room_t *room, const char *name, const char *on_date)
{
    return firm_get(room, name, on_date)->status;
}

void
firm_review(room_t *room, firm_draft_t *draft)
{
    as_lena(room);
    assert_ok(firm_send(room, draft));
    firm_upload(room, draft->contract.contract, "one");
    assert_ok(firm_submit(room, draft->contract.contract));
}

void
firm_approval(room_t *room, firm_draft_t *draft)
{
    firm_review(room, draft);
    assert_ok(firm_start(room, draft->contract.contract));
}

void
firm_signing(room_t *room, firm_draft_t *draft)
{
    const char *name = draft->contract.contract;
    firm_approval(room, draft);
    const legal_contract_view_t *view = firm_get(room, name, "");
    for (size_t i = 0; i < view->n_needed; i++) {
        legal_approval_level_t level = view->needed[i];
        if (level == LEGAL_APPROVAL_LEVEL_OFFICER)
            as_otto(room);
        else if (level == LEGAL_APPROVAL_LEVEL_FINANCE)
            as_fina(room);
        else
            as_carl(room);
        assert_ok(firm_approve(room, name, "one", level));
    }
    as_lena(room);
    assert_ok(firm_open(room, name));
}

void
firm_signed(room_t *room, firm_draft_t *draft)
{
    const char *name = draft->contract.contract;
    firm_signing(room, draft);
    assert_ok(firm_sign(room, name, "one", LEGAL_SIGNATURE_SIDE_US));
    assert_ok(firm_sign(room, name, "one", LEGAL_SIGNATURE_SIDE_THEM));
}

const char *
firm_value(room_t *room, uint64_t sequence, const char *name)
{
    static char found[KT_EVENT_VALUE_BYTES_MAX + 1];
    const kt_event_t *event = room_event(room, sequence);
    const kt_event_value_t *values = event ? (const kt_event_value_t *)event->values.items : NULL;
    found[0] = '\0';
    for (uint32_t i = 0; event && i < event->values.count; i++)
        if (kt_span_equal(values[i].name, kt_span_str(name)))
            snprintf(found, sizeof found, "%.*s", (int)values[i].value.size,
                     (const char *)values[i].value.data);
    return found;
}

void
firm_assert_event(room_t *room, uint64_t sequence, const char *type, const char *const *pairs)
{
    assert_string_equal(room_event_type(room, sequence), type);
    for (; *pairs; pairs += 2)
        assert_string_equal(firm_value(room, sequence, pairs[0]), pairs[1]);
}
