#include "office_story.h"

#include "departments.h"

#include <kantor/finance/v1/payables.kt.h>
#include <kantor/it/v1/purchases.kt.h>
#include <kantor/legal/v1/contracts.kt.h>
#include <kantor/legal/v1/hires.kt.h>
#include <kantor/legal/v1/policies.kt.h>
#include <kantor/process/v1/process.kt.h>
#include <kt/json.h>
#include <kt/time.h>
#include <stdlib.h>

#define STORY_BYTES     4096
#define JSON_BYTES_MAX  65536
#define ARENA_BYTES_MAX (1u << 20)

static const struct {
    const char *name, *roles;
} PEOPLE[] = {
    {"ana", "finance.analyst"}, {"carla", "finance.clerk"}, {"olga", "legal.officer"},
    {"oscar", "legal.officer"}, {"erik", "it.expert"},      {"ceo", "ceo"},
    {"sari", "employee"},       {"rev", "auditor"},
};

static const char *
roles_of(const char *who)
{
    for (size_t i = 0; i < KT_COUNT(PEOPLE); i++)
        if (strcmp(PEOPLE[i].name, who) == 0)
            return PEOPLE[i].roles;
    return "employee";
}

/* ---- calls ---- */

static kt_status_t
call(world_t *world, const char *who, const char *department, const char *method, const char *json,
     const void **response)
{
    char path[KT_METHOD_PATH_BYTES_MAX], text[JSON_BYTES_MAX];
    const kt_method_t *found;
    kt_arena_t *arena = kt_arena_new(4096, ARENA_BYTES_MAX);
    ProtobufCMessage *request = NULL;
    kt_status_t status;

    assert_non_null(arena);
    (void)snprintf(path, sizeof(path), "/%s", method);
    (void)snprintf(text, sizeof(text), "%s", json);
    for (char *at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    found = room_method(world_room(world, department), path);
    if (!found)
        fail_msg("%s has no %s", department, method);
    assert_ok(kt_json_parse(arena, found->request, kt_span_str(text), NULL, &request));
    status = world_call(world, department, who, roles_of(who), method, request, response);
    kt_arena_destroy(&arena);
    return status;
}

const void *
story_say(world_t *world, const char *who, const char *department, const char *method,
          const char *json_format, ...)
{
    char json[JSON_BYTES_MAX];
    const void *response = NULL;
    kt_status_t status;
    va_list args;

    va_start(args, json_format);
    (void)vsnprintf(json, sizeof(json), json_format, args);
    va_end(args);
    status = call(world, who, department, method, json, &response);
    if (kt_failed(status))
        fail_msg("%s: %s %s: %s (%u): %s", who, method, json, kt_code_name(status.code),
                 (unsigned)status.reason, status.text);
    return response;
}

const void *
story_ask(world_t *world, const char *who, const char *department, const char *method,
          const char *json_format, ...)
{
    char json[JSON_BYTES_MAX];
    const void *response = NULL;
    kt_status_t status;
    va_list args;

    va_start(args, json_format);
    (void)vsnprintf(json, sizeof(json), json_format, args);
    va_end(args);
    status = call(world, who, department, method, json, &response);
    return kt_failed(status) ? NULL : response;
}

kt_status_t
story_try(world_t *world, const char *who, const char *department, const char *method,
          const char *json)
{
    return call(world, who, department, method, json, NULL);
}

void
story_pass(world_t *world, int64_t for_us)
{
    world_run(world, world_now(world) + for_us);
}

/* ---- the office ---- */

static void
open_books(world_t *world)
{
    (void)story_say(world, "ana", "finance", "Books/CreateBook",
                    "{'book':{'book':'company','kind':'COMPANY','title':'Merapi Niaga'}}");
    (void)story_say(world, "carla", "finance", "Books/OpenAccounts",
                    "{'book':'company','accounts':[{'account':'assets:bank'},"
                    "{'account':'expenses:software'},{'account':'liabilities:payable'},"
                    "{'account':'equity:capital'}]}");
    (void)story_say(
        world, "carla", "finance", "Ledger/PostEntry",
        "{'book':'company','entry':{'date':'2026-11-01','description':'Capital','lines':["
        "{'account':'assets:bank','commodity':'IDR','amountMinor':'90000000000'},"
        "{'account':'equity:capital','commodity':'IDR','amountMinor':'-90000000000'}]}}");
    (void)story_say(world, "ana", "finance", "Budgets/CreateCostCentre",
                    "{'book':'company','costCentre':'it','title':'IT','manager':'erik'}");
    (void)story_say(world, "ana", "finance", "Budgets/SetBudget",
                    "{'book':'company','costCentre':'it','commodity':'IDR','periodFrom':'2026-11',"
                    "'periodTo':'2026-12','amountMinor':'100000000000'}");
    (void)story_say(world, "ana", "finance", "Employees/SetHeadcount",
                    "{'book':'company','costCentre':'it','position':'engineer','count':3}");
}

static void
open_legal(world_t *world)
{
    (void)story_say(world, "ceo", "legal", "Oversight/SetThresholds",
                    "{'thresholds':{'values':[{'currency':'IDR','level':'OFFICER','fromMinor':'0'},"
                    "{'currency':'IDR','level':'FINANCE','fromMinor':'1000000000'},"
                    "{'currency':'IDR','level':'CEO','fromMinor':'2000000000'}]}}");
    (void)story_say(world, "olga", "legal", "Parties/CreateParty",
                    "{'party':{'party':'editor-inc','kind':'COMPANY','name':'Editor Inc.',"
                    "'country':'US'}}");
    (void)story_say(world, "olga", "legal", "Policies/CreatePolicy",
                    "{'policy':'conduct','title':'Code of conduct','mustAcknowledge':true}");
    (void)story_say(world, "olga", "legal", "Policies/PublishVersion",
                    "{'policy':'conduct','text':'QmUga2luZC4=','effectiveFrom':'2026-11-01'}");
}

static void
open_it(world_t *world)
{
    (void)story_say(world, "erik", "it", "Software/CreateProduct",
                    "{'product':{'product':'editor','title':'Editor'}}");
    (void)story_say(world, "erik", "it", "Accounts/RegisterAsset",
                    "{'asset':{'asset':'lap-1','kind':'laptop'}}");
    (void)story_say(world, "erik", "it", "Accounts/RegisterAsset",
                    "{'asset':{'asset':'pho-1','kind':'phone'}}");
}

world_t *
story_open(uint64_t seed)
{
    const kt_service_t *services[DEPARTMENTS];
    world_t *world;

    for (uint32_t i = 0; i < DEPARTMENTS; i++)
        services[i] = department(i);
    world = world_open(services, DEPARTMENTS, seed);
    open_books(world);
    open_legal(world);
    open_it(world);
    return world;
}

static kt_ulid_t
id_from(const char *text)
{
    kt_ulid_t id;

    assert_true(kt_ulid_parse(kt_span_str(text), &id));
    return id;
}

static void
put_base64(const ProtobufCBinaryData *bytes, char *out)
{
    static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;

    for (size_t i = 0; i < bytes->len; i += 3) {
        uint32_t left = (uint32_t)(bytes->len - i), three = (uint32_t)bytes->data[i] << 16;
        three |= left > 1 ? (uint32_t)bytes->data[i + 1] << 8 : 0;
        three |= left > 2 ? bytes->data[i + 2] : 0;
        out[n++] = BASE64[three >> 18 & 63];
        out[n++] = BASE64[three >> 12 & 63];
        out[n++] = left > 1 ? BASE64[three >> 6 & 63] : '=';
        out[n++] = left > 2 ? BASE64[three & 63] : '=';
    }
    out[n] = '\0';
}

/* ---- procure-to-pay ---- */

kt_ulid_t
story_request(world_t *world, const char *id)
{
    const it_purchase_t *made = (const it_purchase_t *)story_say(
        world, "erik", "it", "Purchases/RequestPurchase",
        "{'purchase':{'purchase':'%s','title':'Editor for ten','vendor':'editor-inc',"
        "'product':'editor','book':'company','costCentre':'it','currency':'IDR',"
        "'amountMinor':'3000000000','instalments':[{'dueOn':'2026-11-20','amountMinor':'2000000000'"
        "},"
        "{'dueOn':'2026-12-20','amountMinor':'1000000000'}],'expenseAccount':'expenses:software',"
        "'payableAccount':'liabilities:payable','seats':10,'employees':['e1','e2'],"
        "'fromDate':'2026-11-10','untilDate':'2027-11-09'}}",
        id);

    return id_from(made->process);
}

void
story_prepare_contract(world_t *world, const char *id)
{
    const legal_upload_t *upload = (const legal_upload_t *)story_say(
        world, "olga", "legal", "Contracts/BeginVersion",
        "{'contract':'%s','mediaType':'text/plain','name':'contract.txt'}", id);
    char name[64];

    (void)snprintf(name, sizeof(name), "%s", upload->upload);
    (void)story_say(world, "olga", "legal", "Contracts/PutChunk",
                    "{'upload':'%s','data':'V2UgYWdyZWUu'}", name);
    (void)story_say(world, "olga", "legal", "Contracts/FinishVersion", "{'upload':'%s','size':'9'}",
                    name);
    (void)story_say(world, "olga", "legal", "Contracts/SubmitContract", "{'contract':'%s'}", id);
    (void)story_say(world, "olga", "legal", "Contracts/StartApproval", "{'contract':'%s'}", id);
}

static void
hash_of(world_t *world, const char *id, char hash[64])
{
    const legal_contract_view_t *view = (const legal_contract_view_t *)story_say(
        world, "olga", "legal", "Contracts/GetContract", "{'contract':'%s'}", id);

    put_base64(&view->contract->sha256, hash);
}

void
story_approve_contract(world_t *world, const char *id)
{
    static const struct {
        const char *who, *level;
    } APPROVERS[] = {{"oscar", "OFFICER"}, {"ana", "FINANCE"}, {"ceo", "CEO"}};
    const legal_contract_view_t *view = (const legal_contract_view_t *)story_say(
        world, "olga", "legal", "Contracts/GetContract", "{'contract':'%s'}", id);
    size_t needed = view->n_needed;
    char hash[64];

    hash_of(world, id, hash);
    for (size_t i = 0; i < needed && i < KT_COUNT(APPROVERS); i++)
        (void)story_say(world, APPROVERS[i].who, "legal", "Contracts/Approve",
                        "{'contract':'%s','sha256':'%s','level':'%s'}", id, hash,
                        APPROVERS[i].level);
}

void
story_reject_contract(world_t *world, const char *id)
{
    char hash[64];

    hash_of(world, id, hash);
    (void)story_say(world, "oscar", "legal", "Contracts/RejectApproval",
                    "{'contract':'%s','sha256':'%s','reason':'too dear'}", id, hash);
}

static void
put_today(const world_t *world, char day[11])
{
    kt_date_format(kt_date_from_days((int32_t)(world_now(world) / KT_US_PER_DAY)), day);
}

void
story_sign_contract(world_t *world, const char *id)
{
    char hash[64], day[11];

    hash_of(world, id, hash);
    put_today(world, day);
    (void)story_say(world, "olga", "legal", "Contracts/RecordSignature",
                    "{'contract':'%s','sha256':'%s','side':'THEM','signedByName':'Ed',"
                    "'signedOn':'%s'}",
                    id, hash, day);
    (void)story_say(world, "olga", "legal", "Contracts/RecordSignature",
                    "{'contract':'%s','sha256':'%s','side':'US','signedByName':'Dewi',"
                    "'signedOn':'%s'}",
                    id, hash, day);
}

static void
push_text(world_t *world, const char *id)
{
    const legal_upload_t *upload = (const legal_upload_t *)story_ask(
        world, "olga", "legal", "Contracts/BeginVersion",
        "{'contract':'%s','mediaType':'text/plain','name':'contract.txt'}", id);
    char name[64];

    if (!upload)
        return;
    (void)snprintf(name, sizeof(name), "%s", upload->upload);
    (void)story_ask(world, "olga", "legal", "Contracts/PutChunk",
                    "{'upload':'%s','data':'V2UgYWdyZWUu'}", name);
    (void)story_ask(world, "olga", "legal", "Contracts/FinishVersion", "{'upload':'%s','size':'9'}",
                    name);
}

void
story_push_contract(world_t *world, const char *id)
{
    static const struct {
        const char *who, *level;
    } APPROVERS[] = {{"oscar", "OFFICER"}, {"ana", "FINANCE"}, {"ceo", "CEO"}};
    static const char *const SIDES[] = {"THEM", "US"};
    const legal_contract_view_t *view = (const legal_contract_view_t *)story_ask(
        world, "olga", "legal", "Contracts/GetContract", "{'contract':'%s'}", id);
    legal_contract_status_t status;
    char hash[64], day[11];
    bool approved;

    if (!view)
        return;
    status = view->status;
    approved = view->approved;
    put_today(world, day);
    if (view->contract->sha256.len > 0)
        put_base64(&view->contract->sha256, hash);
    else if (status == LEGAL_CONTRACT_STATUS_CONTRACT_DRAFT)
        push_text(world, id);
    if (status == LEGAL_CONTRACT_STATUS_CONTRACT_DRAFT)
        (void)story_ask(world, "olga", "legal", "Contracts/SubmitContract", "{'contract':'%s'}",
                        id);
    if (status == LEGAL_CONTRACT_STATUS_CONTRACT_REVIEW)
        (void)story_ask(world, "olga", "legal", "Contracts/StartApproval", "{'contract':'%s'}", id);
    for (size_t i = 0; i < KT_COUNT(APPROVERS); i++)
        if (status == LEGAL_CONTRACT_STATUS_CONTRACT_APPROVAL && !approved)
            (void)story_ask(world, APPROVERS[i].who, "legal", "Contracts/Approve",
                            "{'contract':'%s','sha256':'%s','level':'%s'}", id, hash,
                            APPROVERS[i].level);
    for (size_t i = 0; i < KT_COUNT(SIDES); i++)
        if (status == LEGAL_CONTRACT_STATUS_CONTRACT_SIGNING)
            (void)story_ask(world, "olga", "legal", "Contracts/RecordSignature",
                            "{'contract':'%s','sha256':'%s','side':'%s','signedByName':'Ed',"
                            "'signedOn':'%s'}",
                            id, hash, SIDES[i], day);
}

void
story_receive(world_t *world, const char *id)
{
    char day[11];

    put_today(world, day);
    (void)story_say(world, "erik", "finance", "Payables/RecordReceipt",
                    "{'schedule':'%s','receivedOn':'%s','what':'ten licence keys'}", id, day);
}

void
story_pay(world_t *world, const char *id, unsigned line)
{
    char day[11];

    put_today(world, day);
    (void)story_say(world, "carla", "finance", "Payables/PayPayable",
                    "{'schedule':'%s','line':%u,'paidOn':'%s','bankAccount':'assets:bank'}", id,
                    line, day);
}

kt_ulid_t
story_purchase(world_t *world, const char *id)
{
    kt_ulid_t process = story_request(world, id);

    story_pass(world, STORY_HOUR_US);
    story_prepare_contract(world, id);
    story_pass(world, STORY_HOUR_US);
    story_approve_contract(world, id);
    story_pass(world, STORY_HOUR_US);
    story_sign_contract(world, id);
    story_pass(world, 9 * STORY_DAY_US);
    story_receive(world, id);
    story_pass(world, 10 * STORY_DAY_US);
    story_pay(world, id, 1);
    story_pass(world, 30 * STORY_DAY_US);
    story_pay(world, id, 2);
    story_pass(world, STORY_HOUR_US);
    return process;
}

/* ---- hire to retire ---- */

kt_ulid_t
story_hire_request(world_t *world, const char *id)
{
    const legal_hire_t *made = (const legal_hire_t *)story_say(
        world, "olga", "legal", "Hires/StartHire",
        "{'hire':{'hire':'%s','employee':'sari','name':'Sari Dewi','principal':'sari','unit':'it',"
        "'book':'company','costCentre':'it','position':'engineer','currency':'IDR',"
        "'salaryMinor':'150000000','startsOn':'2026-11-07','noticeMonths':1,"
        "'equipment':['laptop']}}",
        id);

    return id_from(made->process);
}

void
story_acknowledge_as(world_t *world, const char *who)
{
    const legal_policy_text_t *read = (const legal_policy_text_t *)story_say(
        world, who, "legal", "Policies/ReadPolicyText", "{'policy':'conduct'}");
    char hash[64];

    put_base64(&read->version->sha256, hash);
    (void)story_say(world, who, "legal", "Policies/Attest",
                    "{'policy':'conduct','version':1,'sha256':'%s'}", hash);
}

void
story_acknowledge_if(world_t *world, const char *who)
{
    const legal_policy_text_t *read = (const legal_policy_text_t *)story_ask(
        world, who, "legal", "Policies/ReadPolicyText", "{'policy':'conduct'}");
    char hash[64];

    if (!read)
        return;
    put_base64(&read->version->sha256, hash);
    (void)story_ask(world, who, "legal", "Policies/Attest",
                    "{'policy':'conduct','version':1,'sha256':'%s'}", hash);
}

void
story_acknowledge(world_t *world)
{
    story_acknowledge_as(world, "sari");
}

kt_ulid_t
story_hire(world_t *world, const char *id)
{
    kt_ulid_t process = story_hire_request(world, id);

    story_pass(world, STORY_HOUR_US);
    story_prepare_contract(world, id);
    story_pass(world, STORY_HOUR_US);
    story_approve_contract(world, id);
    story_pass(world, STORY_HOUR_US);
    story_sign_contract(world, id);
    story_pass(world, STORY_DAY_US);
    story_acknowledge(world);
    story_pass(world, 5 * STORY_DAY_US);
    return process;
}

kt_ulid_t
story_leave_request(world_t *world, const char *id, const char *contract)
{
    int64_t day_us = world_now(world) / STORY_DAY_US * STORY_DAY_US;
    const legal_leave_t *made = (const legal_leave_t *)story_say(
        world, "olga", "legal", "Hires/StartLeave",
        "{'leave':{'leave':'%s','employee':'sari','contract':'%s','leaveUs':'%lld',"
        "'reason':'moves to Bandung'}}",
        id, contract, (long long)(day_us + 10 * STORY_DAY_US + 17 * STORY_HOUR_US));

    return id_from(made->process);
}

void
story_bring_back(world_t *world)
{
    (void)story_say(world, "erik", "it", "Accounts/ReturnAsset",
                    "{'asset':'lap-1','condition':'as new'}");
}

void
story_settle(world_t *world)
{
    (void)story_say(world, "carla", "finance", "Employees/SettleFinal",
                    "{'employee':'sari','amountMinor':'75000000','note':'half a month'}");
}

kt_ulid_t
story_leave(world_t *world, const char *id, const char *contract)
{
    kt_ulid_t process = story_leave_request(world, id, contract);

    story_pass(world, 12 * STORY_DAY_US);
    story_bring_back(world);
    story_pass(world, STORY_DAY_US);
    story_settle(world);
    story_pass(world, STORY_HOUR_US);
    return process;
}

/* ---- what is to be seen ---- */

static const process_get_process_response_t *
get(world_t *world, const char *department, kt_ulid_t process)
{
    char id[KT_ULID_CHARS + 1];

    kt_ulid_format(&process, id);
    return (const process_get_process_response_t *)story_say(
        world, "rev", department, "Processes/GetProcess", "{'process':'%s'}", id);
}

static void
put_story(const process_get_process_response_t *got, char story[STORY_BYTES])
{
    static const char *const KINDS[] = {"?",      "started", "done",     "rejected", "expired",
                                        "undone", "toolate", "incident", "resolved", "ended"};

    story[0] = '\0';
    for (size_t i = 0; i < got->n_timeline; i++) {
        const process_timeline_entry_t *entry = got->timeline[i];
        size_t at = strlen(story);
        (void)snprintf(story + at, STORY_BYTES - at, "%s%s%s%s", at ? " " : "", entry->step,
                       entry->step[0] ? ":" : "", KINDS[entry->kind]);
    }
}

void
story_tell(world_t *world, const char *department, kt_ulid_t process)
{
    const process_get_process_response_t *got = get(world, department, process);
    char story[STORY_BYTES];

    put_story(got, story);
    print_error("%s\nnote: %s\n", story, got->process->note);
}

void
story_assert(world_t *world, const char *department, kt_ulid_t process, const char *expected)
{
    char story[STORY_BYTES];

    put_story(get(world, department, process), story);
    if (strcmp(story, expected) != 0)
        story_tell(world, department, process);
    assert_string_equal(story, expected);
}

const char *
story_state(world_t *world, const char *department, kt_ulid_t process)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
        &process_state_descriptor, (int)get(world, department, process)->process->state);

    assert_non_null(value);
    return value->name;
}
