/* The records of contracts, and the table of what may be done with them. */
#include "domain/contract_machine.h"

#include "domain/reason.h"

static const kt_field_t SIGNED_FIELDS[] = {
    KT_F_TEXT(legal_signed_t, name, LEGAL_SIGNER_BYTES_MAX, 0),
    KT_F_DATE(legal_signed_t, on, 0),
    KT_F_TEXT(legal_signed_t, recorded_by, LEGAL_PRINCIPAL_BYTES_MAX, 0),
    KT_F_TIME(legal_signed_t, recorded_us, 0),
};
static const kt_layout_t SIGNED_LAYOUT = KT_LAYOUT("signature", legal_signed_t, SIGNED_FIELDS);

static const kt_field_t CONTRACT_FIELDS[] = {
    KT_F_NAME(legal_contract_record_t, contract, LEGAL_NAME_BYTES_MAX, KT_KEYED),
    KT_F_ENUM(legal_contract_record_t, kind, LEGAL_KIND_OTHER, 0),
    KT_F_NAME(legal_contract_record_t, party, LEGAL_NAME_BYTES_MAX, 0),
    KT_F_NAME(legal_contract_record_t, employee, LEGAL_NAME_BYTES_MAX, 0),
    KT_F_TEXT(legal_contract_record_t, title, LEGAL_TITLE_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(legal_contract_record_t, currency, 3, 0),
    KT_F_I64(legal_contract_record_t, value_minor, 0, INT64_MAX, 0),
    KT_F_ENUM(legal_contract_record_t, risk, LEGAL_IS_HIGH, KT_REQUIRED),
    KT_F_PART(legal_contract_record_t, terms, &legal_terms_layout, KT_REQUIRED),
    KT_F_TEXT(legal_contract_record_t, requested_by, LEGAL_PERSON_BYTES_MAX, 0),
    KT_F_TEXT(legal_contract_record_t, opener, LEGAL_PRINCIPAL_BYTES_MAX, 0),
    KT_F_NAME(legal_contract_record_t, supersedes, LEGAL_NAME_BYTES_MAX, 0),
    KT_F_TEXT(legal_contract_record_t, drafted_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TEXT(legal_contract_record_t, last_edited_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_contract_record_t, created_us, KT_OUTPUT),
    KT_F_ENUM(legal_contract_record_t, state, LEGAL_VOID, KT_OUTPUT),
    KT_F_TIME(legal_contract_record_t, state_since_us, KT_OUTPUT),
    KT_F_U32(legal_contract_record_t, version, 0, UINT32_MAX, KT_OUTPUT),
    KT_F_HASH(legal_contract_record_t, sha256, KT_OUTPUT),
    KT_F_U32(legal_contract_record_t, uploads, 0, LEGAL_UPLOADS_MAX, KT_OUTPUT),
    KT_F_U32(legal_contract_record_t, round, 0, UINT32_MAX, KT_OUTPUT),
    KT_F_U32(legal_contract_record_t, plan, 0, LEGAL_PLAN_ALL, KT_OUTPUT),
    KT_F_BOOL(legal_contract_record_t, needed_ceo, KT_OUTPUT),
    KT_F_PART(legal_contract_record_t, us, &SIGNED_LAYOUT, KT_OUTPUT),
    KT_F_PART(legal_contract_record_t, them, &SIGNED_LAYOUT, KT_OUTPUT),
    KT_F_TIME(legal_contract_record_t, signed_us, KT_OUTPUT),
    KT_F_DATE(legal_contract_record_t, notice_given_on, KT_OUTPUT),
    KT_F_DATE(legal_contract_record_t, terminated_on, KT_OUTPUT),
    KT_F_DATE(legal_contract_record_t, superseded_on, KT_OUTPUT),
    KT_F_NAME(legal_contract_record_t, superseded_by, LEGAL_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_TEXT(legal_contract_record_t, reason, LEGAL_REASON_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t legal_contract_layout = KT_LAYOUT("contract", legal_contract_record_t,
                                                    CONTRACT_FIELDS);

static const kt_field_t VERSION_FIELDS[] = {
    KT_F_U32(legal_version_record_t, version, 1, UINT32_MAX, KT_KEYED | KT_OUTPUT),
    KT_F_I64(legal_version_record_t, size, 1, LEGAL_VERSION_BYTES_MAX, KT_OUTPUT),
    KT_F_HASH(legal_version_record_t, sha256, KT_OUTPUT),
    KT_F_TEXT(legal_version_record_t, media_type, 100, KT_OUTPUT),
    KT_F_TEXT(legal_version_record_t, name, 200, KT_OUTPUT),
    KT_F_TEXT(legal_version_record_t, finished_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TEXT(legal_version_record_t, on_behalf_of, LEGAL_PERSON_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_version_record_t, finished_us, KT_OUTPUT),
    KT_F_ID(legal_version_record_t, upload, KT_OUTPUT),
};
const kt_layout_t legal_version_layout = KT_LAYOUT("version", legal_version_record_t,
                                                   VERSION_FIELDS);

static const kt_field_t UPLOAD_FIELDS[] = {
    KT_F_ID(legal_upload_record_t, upload, KT_KEYED | KT_OUTPUT),
    KT_F_NAME(legal_upload_record_t, contract, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(legal_upload_record_t, media_type, 100, KT_REQUIRED),
    KT_F_TEXT(legal_upload_record_t, name, 200, KT_REQUIRED),
    KT_F_I64(legal_upload_record_t, size, 0, LEGAL_VERSION_BYTES_MAX, KT_OUTPUT),
    KT_F_TEXT(legal_upload_record_t, begun_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_upload_record_t, begun_us, KT_OUTPUT),
    KT_F_BOOL(legal_upload_record_t, finished, KT_OUTPUT),
};
const kt_layout_t legal_upload_layout = KT_LAYOUT("upload", legal_upload_record_t, UPLOAD_FIELDS);

static const kt_field_t ORDER_FIELDS[] = {
    KT_F_NAME(legal_order_t, contract, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(legal_order_t, reason, LEGAL_REASON_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(legal_order_t, by, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_HASH(legal_order_t, sha256, KT_REQUIRED),
    KT_F_ENUM(legal_order_t, level, LEGAL_LEVEL_CEO, KT_REQUIRED),
    KT_F_ENUM(legal_order_t, side, LEGAL_SIDE_THEM, KT_REQUIRED),
    KT_F_TEXT(legal_order_t, signed_by_name, LEGAL_SIGNER_BYTES_MAX, KT_REQUIRED),
    KT_F_DATE(legal_order_t, signed_on, KT_REQUIRED),
    KT_F_DATE(legal_order_t, given_on, 0),
    KT_F_DATE(legal_order_t, on, KT_REQUIRED),
    KT_F_DATE(legal_order_t, on_date, 0),
};
const kt_layout_t legal_order_layout = KT_LAYOUT("order", legal_order_t, ORDER_FIELDS);

const char *
legal_kind_name(uint32_t kind)
{
    static const char *const names[] = {"",        "PURCHASE",   "SALE", "SERVICE",
                                        "LICENCE", "EMPLOYMENT", "NDA",  "OTHER"};
    KT_ASSERT(kind < KT_COUNT(names));
    return names[kind];
}

static const char *const STATUSES[LEGAL_STATUSES_COUNT] = {
    "NONE",       "DRAFT",      "REVIEW", "APPROVAL", "SIGNING", "SIGNED",
    "TERMINATED", "SUPERSEDED", "VOID",   "ACTIVE",   "NOTICE",  "EXPIRED",
};

const char *
legal_status_name(uint32_t status)
{
    KT_ASSERT(status < LEGAL_STATUSES_COUNT);
    return STATUSES[status];
}

static const char *const COMMANDS[LEGAL_COMMANDS_COUNT] = {
    [LEGAL_DO_DRAFT] = "draft",         [LEGAL_DO_UPDATE] = "update",
    [LEGAL_DO_VERSION] = "new version", [LEGAL_DO_SUBMIT] = "submit",
    [LEGAL_DO_RETURN] = "return",       [LEGAL_DO_START] = "start approval",
    [LEGAL_DO_APPROVE] = "approve",     [LEGAL_DO_REJECT] = "reject",
    [LEGAL_DO_OPEN] = "open signing",   [LEGAL_DO_SIGN] = "record signature",
    [LEGAL_DO_VOID] = "void",           [LEGAL_DO_NOTICE] = "give notice",
    [LEGAL_DO_TERMINATE] = "terminate", [LEGAL_DO_SUPERSEDE] = "supersede",
};

static const char *const GUARDS[LEGAL_GUARDS_COUNT] = {
    [LEGAL_IF_FIT] = "its party is known and not blocked, and its employee is free",
    [LEGAL_IF_MINE] = "the caller drafted it or asked for it",
    [LEGAL_IF_READY] = "it has a version, and its terms are clear",
    [LEGAL_IF_MINE_READY] = "the caller drafted it or asked for it; it has a version, and its "
                            "terms are clear",
    [LEGAL_IF_MAY_APPROVE] = "the version is the newest, the approver has no part in it, and the "
                             "plan wants the level from them",
    [LEGAL_IF_FRESH] = "the version is the newest",
    [LEGAL_IF_OPENS] = "the caller opens it, every approval of the plan is given for this version, "
                       "and its party is not blocked",
    [LEGAL_IF_OPENER] = "the caller opens it",
    [LEGAL_IF_SIDE_FREE] = "the version is the newest, and this side has not signed it",
    [LEGAL_IF_BOTH] = "the version is the newest, the other side has signed it, this one not, and "
                      "its employee is free",
    [LEGAL_IF_NOTICE] = "it is in force on that day, and goes on without notice",
    [LEGAL_IF_NOT_OVER] = "it is in force until that day or longer",
    [LEGAL_IF_SAME_DAY] = "it was terminated as of that day",
    [LEGAL_IF_SUCCESSOR] = "its successor is signed",
    [LEGAL_IF_SAME_SUCCESSOR] = "it was superseded by that one",
};

#define OFFICER    "legal.officer"
#define DEPARTMENT "department"
/* By a legal officer, a department, or whose contract it is. */
#define BY_THREE(state, command, guard, mine, next)                                                \
    {state, command, guard, next, OFFICER}, {state, command, guard, next, DEPARTMENT},             \
    {                                                                                              \
        state, command, mine, next, NULL                                                           \
    }

static const kt_transition_t ROWS[] = {
    {LEGAL_NONE, LEGAL_DO_DRAFT, LEGAL_IF_FIT, LEGAL_DRAFT, NULL},

    BY_THREE(LEGAL_DRAFT, LEGAL_DO_UPDATE, KT_UNGUARDED, LEGAL_IF_MINE, LEGAL_DRAFT),
    BY_THREE(LEGAL_REVIEW, LEGAL_DO_UPDATE, KT_UNGUARDED, LEGAL_IF_MINE, LEGAL_REVIEW),

    /* A new version voids what was approved and signed: it is reviewed anew. */
    BY_THREE(LEGAL_DRAFT, LEGAL_DO_VERSION, KT_UNGUARDED, LEGAL_IF_MINE, LEGAL_DRAFT),
    BY_THREE(LEGAL_REVIEW, LEGAL_DO_VERSION, KT_UNGUARDED, LEGAL_IF_MINE, LEGAL_REVIEW),
    BY_THREE(LEGAL_APPROVAL, LEGAL_DO_VERSION, KT_UNGUARDED, LEGAL_IF_MINE, LEGAL_REVIEW),
    BY_THREE(LEGAL_SIGNING, LEGAL_DO_VERSION, KT_UNGUARDED, LEGAL_IF_MINE, LEGAL_REVIEW),

    BY_THREE(LEGAL_DRAFT, LEGAL_DO_SUBMIT, LEGAL_IF_READY, LEGAL_IF_MINE_READY, LEGAL_REVIEW),
    {LEGAL_REVIEW, LEGAL_DO_RETURN, KT_UNGUARDED, LEGAL_DRAFT, OFFICER},
    {LEGAL_APPROVAL, LEGAL_DO_RETURN, KT_UNGUARDED, LEGAL_DRAFT, OFFICER},
    {LEGAL_REVIEW, LEGAL_DO_START, LEGAL_IF_READY, LEGAL_APPROVAL, OFFICER},
    {LEGAL_REVIEW, LEGAL_DO_START, LEGAL_IF_READY, LEGAL_APPROVAL, DEPARTMENT},
    {LEGAL_APPROVAL, LEGAL_DO_APPROVE, LEGAL_IF_MAY_APPROVE, LEGAL_APPROVAL, NULL},
    {LEGAL_APPROVAL, LEGAL_DO_REJECT, LEGAL_IF_FRESH, LEGAL_REVIEW, NULL},
    {LEGAL_APPROVAL, LEGAL_DO_OPEN, LEGAL_IF_OPENS, LEGAL_SIGNING, NULL},
    {LEGAL_SIGNING, LEGAL_DO_OPEN, LEGAL_IF_OPENER, LEGAL_SIGNING, NULL},
    {LEGAL_SIGNING, LEGAL_DO_SIGN, LEGAL_IF_BOTH, LEGAL_SIGNED, NULL},
    {LEGAL_SIGNING, LEGAL_DO_SIGN, LEGAL_IF_SIDE_FREE, LEGAL_SIGNING, NULL},

    {LEGAL_DRAFT, LEGAL_DO_VOID, KT_UNGUARDED, LEGAL_VOID, NULL},
    {LEGAL_REVIEW, LEGAL_DO_VOID, KT_UNGUARDED, LEGAL_VOID, NULL},
    {LEGAL_APPROVAL, LEGAL_DO_VOID, KT_UNGUARDED, LEGAL_VOID, NULL},
    {LEGAL_SIGNING, LEGAL_DO_VOID, KT_UNGUARDED, LEGAL_VOID, NULL},
    {LEGAL_VOID, LEGAL_DO_VOID, KT_UNGUARDED, LEGAL_VOID, NULL},

    {LEGAL_SIGNED, LEGAL_DO_NOTICE, LEGAL_IF_NOTICE, LEGAL_SIGNED, NULL},
    {LEGAL_SIGNED, LEGAL_DO_TERMINATE, LEGAL_IF_NOT_OVER, LEGAL_TERMINATED, NULL},
    {LEGAL_TERMINATED, LEGAL_DO_TERMINATE, LEGAL_IF_SAME_DAY, LEGAL_TERMINATED, NULL},
    {LEGAL_SIGNED, LEGAL_DO_SUPERSEDE, LEGAL_IF_SUCCESSOR, LEGAL_SUPERSEDED, NULL},
    {LEGAL_SUPERSEDED, LEGAL_DO_SUPERSEDE, LEGAL_IF_SAME_SUCCESSOR, LEGAL_SUPERSEDED, NULL},
};

const kt_machine_t legal_contract_machine = {
    .name = "legal.contract",
    .states = STATUSES,
    .states_count = LEGAL_STATES_COUNT,
    .commands = COMMANDS,
    .commands_count = LEGAL_COMMANDS_COUNT,
    .guards = GUARDS,
    .guards_count = LEGAL_GUARDS_COUNT,
    .rows = ROWS,
    .rows_count = KT_COUNT(ROWS),
    .first = LEGAL_NONE,
};

bool
legal_has_role(const legal_caller_t *caller, const char *role)
{
    for (uint32_t i = 0; i < caller->roles_count; i++)
        if (strcmp(caller->roles[i], role) == 0)
            return true;
    return false;
}

kt_status_t
legal_step(const legal_case_t *at, legal_command_t command, uint32_t holds, kt_status_t why,
           legal_contract_record_t *next)
{
    const kt_transition_t *row;
    kt_machine_ask_t ask = {.state = at->contract.state,
                            .command = (uint32_t)command,
                            .roles = at->caller.roles,
                            .roles_count = at->caller.roles_count,
                            .holds = holds};
    switch (kt_machine_ask(&legal_contract_machine, &ask, &row)) {
    case KT_STEP_TAKEN:
        break;
    case KT_STEP_NO_ROW:
        return kt_error(KT_FAILED_PRECONDITION, LEGAL_CONTRACT_STATE,
                        kt_arena_printf(at->caller.arena, "nothing leads from %s by \"%s\"",
                                        legal_status_name(at->contract.state), COMMANDS[command]));
    case KT_STEP_NO_ROLE:
        return kt_error(KT_FAILED_PRECONDITION, LEGAL_CONTRACT_ROLE,
                        kt_arena_printf(at->caller.arena, "\"%s\" belongs to %s", COMMANDS[command],
                                        row->role));
    case KT_STEP_NO_GUARD:
        KT_ASSERT(kt_failed(why));
        return why;
    }
    *next = at->contract;
    next->state = row->next;
    if (row->next != at->contract.state)
        next->state_since_us = at->caller.now_us;
    return kt_ok();
}
