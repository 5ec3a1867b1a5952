#include "store/contracts.h"

#include "domain/reason.h"
#include "store/parties.h"
#include "store/tables.h"
#include "store/thresholds.h"

#include <kt/time.h>

#define APPROVALS_LISTED_MAX 200
#define EMPLOYMENTS_MAX      200
/* Contracts that one page looks at. */
#define LOOKED_AT_MAX 2000

/* What an index holds beside its key. */
typedef struct mark {
    int64_t since_us;
} mark_t;
static const kt_field_t MARK_FIELDS[] = {KT_F_TIME(mark_t, since_us, 0)};
static const kt_layout_t MARK = KT_LAYOUT("mark", mark_t, MARK_FIELDS);

kt_status_t
legal_store_find_contract(const kt_call_t *call, kt_span_t name, legal_contract_record_t *contract,
                          bool *found)
{
    kt_key_t key;
    kt_layout_clear(&legal_contract_layout, contract);
    KT_TRY(kt_row_get(call, LEGAL_TABLE_CONTRACT, kt_key_of_name(&key, name),
                      &legal_contract_layout, contract, found));
    contract->contract = name;
    return kt_ok();
}

/* ---- loading ---- */

static kt_status_t
load_party(const kt_call_t *call, kt_span_t name, legal_case_t *at)
{
    legal_party_record_t party;
    if (name.size == 0)
        return kt_ok();
    KT_TRY(legal_store_find_party(call, name, &party, &at->party_known));
    at->party_blocked = at->party_known && party.blocked;
    return kt_ok();
}

static kt_key_t *
editor_key(kt_key_t *key, kt_span_t contract, kt_span_t who)
{
    return kt_key_name(kt_key_of_name(key, contract), who);
}

static kt_status_t
load_editors(const kt_call_t *call, legal_case_t *at)
{
    kt_key_t key;
    KT_TRY(kt_row_has(call, LEGAL_TABLE_CONTRACT_EDITOR,
                      editor_key(&key, at->contract.contract, at->caller.principal), &at->edited));
    if (at->caller.on_behalf_of.size == 0)
        return kt_ok();
    return kt_row_has(call, LEGAL_TABLE_CONTRACT_EDITOR,
                      editor_key(&key, at->contract.contract, at->caller.on_behalf_of),
                      &at->edited_for);
}

/* The last name in a key of an index. */
static bool
contract_of(kt_span_t key, size_t names_before, size_t bytes_before, kt_span_t *contract)
{
    kt_reader_t r = kt_reader(key);
    for (size_t i = 0; i < names_before; i++)
        (void)kt_key_get_name(&r);
    (void)kt_get_bytes(&r, bytes_before);
    *contract = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

static kt_status_t
corrupt(void)
{
    return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT,
                    "an index of contracts leads nowhere: run kantor verify");
}

/* The contract that an index leads to. */
static kt_status_t
follow(const kt_call_t *call, kt_span_t name, legal_contract_record_t *contract)
{
    bool found;
    KT_TRY(legal_store_find_contract(call, name, contract, &found));
    return found ? kt_ok() : corrupt();
}

static kt_status_t
load_employments(const kt_call_t *call, kt_span_t employee, kt_span_t but, legal_case_t *at)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t prefix;
    if (employee.size == 0)
        return kt_ok();
    legal_contract_record_t *found = KT_ARENA_ARRAY(call->arena, legal_contract_record_t,
                                                    EMPLOYMENTS_MAX);
    if (!found)
        return kt_call_out_of_memory(call);
    KT_TRY(kt_rows_begin(&rows, call, LEGAL_TABLE_CONTRACT_EMPLOYEE,
                         kt_key_of_name(&prefix, employee)));
    while (kt_rows_next(&rows, NULL, NULL)) {
        kt_span_t name;
        if (!contract_of(rows.key, 1, 0, &name))
            return corrupt();
        if (kt_span_equal(name, but))
            continue;
        if (at->employments_count == EMPLOYMENTS_MAX)
            return kt_error(KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_CONTRACTS,
                            "the employee has 200 contracts");
        KT_TRY(follow(call, name, &found[at->employments_count++]));
    }
    at->employments = found;
    return rows.status;
}

static kt_key_t *
asked_key(kt_key_t *key, const legal_contract_record_t *contract)
{
    return kt_key_name(kt_key_of_name(key, contract->party), contract->requested_by);
}

/* The values of what counts together with CONTRACT. */
static kt_status_t
load_group(const kt_call_t *call, const legal_contract_record_t *contract, legal_group_t *group)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t prefix, from;
    int64_t window = LEGAL_SPLIT_DAYS * KT_US_PER_DAY;
    legal_value_t *values = KT_ARENA_ARRAY(call->arena, legal_value_t, LEGAL_SPLIT_MAX);
    if (!values)
        return kt_call_out_of_memory(call);
    *group = (legal_group_t){.values = values, .count = 1, .risk = contract->risk};
    values[0] = (legal_value_t){contract->currency, contract->value_minor};
    if (contract->party.size == 0)
        return kt_ok();
    kt_key_i64(asked_key(&from, contract), contract->created_us - window);
    KT_TRY(kt_rows_begin_at(&rows, call, LEGAL_TABLE_CONTRACT_PARTY, asked_key(&prefix, contract),
                            kt_key_span(&from)));
    while (!group->beyond && kt_rows_next(&rows, NULL, NULL)) {
        legal_contract_record_t other;
        kt_span_t name;
        if (!contract_of(rows.key, 2, 8, &name))
            return corrupt();
        KT_TRY(follow(call, name, &other));
        if (other.created_us > contract->created_us + window)
            break;
        if (other.state == LEGAL_VOID || kt_span_equal(name, contract->contract))
            continue;
        group->beyond = group->count == LEGAL_SPLIT_MAX;
        if (!group->beyond)
            values[group->count++] = (legal_value_t){other.currency, other.value_minor};
    }
    return rows.status;
}

static bool
read_approval_key(kt_span_t key, void *row)
{
    legal_approval_record_t *approval = (legal_approval_record_t *)row;
    kt_reader_t r = kt_reader(key);
    (void)kt_key_get_name(&r);
    approval->round = kt_get_u32(&r);
    approval->level = kt_get_u8(&r);
    return kt_reader_done(&r);
}

static kt_status_t
load_plan(const kt_call_t *call, legal_case_t *at)
{
    kt_key_t prefix;
    kt_row_page_t page;
    legal_group_t group;
    legal_thresholds_record_t thresholds;
    KT_TRY(legal_store_load_thresholds(call, 0, &thresholds));
    KT_TRY(load_group(call, &at->contract, &group));
    at->plan_now = legal_plan(&thresholds, &group);
    kt_key_u32(kt_key_of_name(&prefix, at->contract.contract), at->contract.round);
    KT_TRY(kt_rows_page(call, LEGAL_TABLE_CONTRACT_APPROVAL, &prefix, kt_span(NULL, 0),
                        LEGAL_LEVELS_COUNT, &legal_approval_layout, read_approval_key, &page));
    at->approvals = (const legal_approval_record_t *)page.rows;
    at->approvals_count = page.count;
    return kt_ok();
}

kt_status_t
legal_store_load_other(const kt_call_t *call, kt_span_t name, legal_case_t *at)
{
    return name.size > 0 ? legal_store_find_contract(call, name, &at->other, &at->other_known)
                         : kt_ok();
}

kt_status_t
legal_store_load_case(const kt_call_t *call, kt_span_t name, unsigned with, legal_case_t *at)
{
    bool found;
    KT_TRY(legal_store_find_contract(call, name, &at->contract, &found));
    if (!found)
        return kt_error(KT_NOT_FOUND, LEGAL_CONTRACT_UNKNOWN, "there is no such contract");
    if (with & LEGAL_WITH_PARTY)
        KT_TRY(load_party(call, at->contract.party, at));
    if (with & LEGAL_WITH_EDITORS)
        KT_TRY(load_editors(call, at));
    if (with & LEGAL_WITH_PLAN)
        KT_TRY(load_plan(call, at));
    if (with & LEGAL_WITH_EMPLOYEE)
        KT_TRY(load_employments(call, at->contract.employee, name, at));
    return with & LEGAL_WITH_SUPERSEDED ? legal_store_load_other(call, at->contract.supersedes, at)
                                        : kt_ok();
}

kt_status_t
legal_store_load_draft(const kt_call_t *call, const legal_contract_record_t *draft,
                       legal_case_t *at)
{
    bool found;
    KT_TRY(legal_store_find_contract(call, draft->contract, &at->contract, &found));
    if (found)
        return kt_error(KT_ALREADY_EXISTS, LEGAL_CONTRACT_EXISTS,
                        "there is a contract of that name");
    KT_TRY(load_party(call, draft->party, at));
    KT_TRY(load_employments(call, draft->employee, draft->contract, at));
    return legal_store_load_other(call, draft->supersedes, at);
}

/* ---- applying ---- */

static kt_status_t
put_mark(const kt_call_t *call, uint32_t table, const kt_key_t *key)
{
    return kt_row_put(call, table, key, &MARK, &(mark_t){call->now_us});
}

kt_status_t
legal_store_apply_editor(const kt_call_t *call, kt_span_t contract)
{
    kt_key_t key;
    kt_span_t behalf = kt_span_str(call->on_behalf_of);
    KT_TRY(put_mark(call, LEGAL_TABLE_CONTRACT_EDITOR,
                    editor_key(&key, contract, kt_span_str(call->principal))));
    return behalf.size > 0
               ? put_mark(call, LEGAL_TABLE_CONTRACT_EDITOR, editor_key(&key, contract, behalf))
               : kt_ok();
}

kt_status_t
legal_store_apply_approval(const kt_call_t *call, kt_span_t contract,
                           const legal_approval_record_t *approval)
{
    kt_key_t key;
    kt_key_u8(kt_key_u32(kt_key_of_name(&key, contract), approval->round),
              (uint8_t)approval->level);
    return kt_row_put(call, LEGAL_TABLE_CONTRACT_APPROVAL, &key, &legal_approval_layout, approval);
}

kt_status_t
legal_store_apply_draft(kt_call_t *call, const legal_contract_record_t *after)
{
    kt_key_t key;
    legal_contract_record_t before;
    kt_layout_clear(&legal_contract_layout, &before);
    if (after->party.size > 0) {
        kt_key_name(kt_key_i64(asked_key(&key, after), after->created_us), after->contract);
        KT_TRY(put_mark(call, LEGAL_TABLE_CONTRACT_PARTY, &key));
    }
    if (after->employee.size > 0)
        KT_TRY(put_mark(call, LEGAL_TABLE_CONTRACT_EMPLOYEE,
                        kt_key_name(kt_key_of_name(&key, after->employee), after->contract)));
    KT_TRY(legal_store_apply_editor(call, after->contract));
    return legal_store_apply_contract(call, &before, after);
}

/* ---- listing ---- */

static bool
passes(const legal_filter_t *filter, const legal_contract_record_t *contract)
{
    return (filter->kind == 0 || contract->kind == filter->kind) &&
           (filter->status == 0 ||
            (uint32_t)legal_stand(contract, filter->day).status == filter->status);
}

kt_status_t
legal_store_list_contracts(const kt_call_t *call, const legal_filter_t *filter,
                           legal_contract_list_t *list)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    bool by_party = filter->party.size > 0;
    kt_key_t prefix;
    kt_key(&prefix);
    if (by_party)
        kt_key_name(&prefix, filter->party);
    kt_span_t from = filter->from.size > 0 ? filter->from : kt_key_span(&prefix);
    *list = (legal_contract_list_t){
        .rows = KT_ARENA_ARRAY(call->arena, legal_contract_record_t, filter->size)};
    if (!list->rows)
        return kt_call_out_of_memory(call);
    KT_TRY(kt_rows_begin_at(
        &rows, call, by_party ? LEGAL_TABLE_CONTRACT_PARTY : LEGAL_TABLE_CONTRACT, &prefix, from));
    for (uint32_t looked_at = 0; kt_rows_next(&rows, NULL, NULL); looked_at++) {
        kt_span_t name;
        if (!(by_party ? contract_of(rows.key, 2, 8, &name) : contract_of(rows.key, 0, 0, &name)))
            return corrupt();
        if (list->count == filter->size || looked_at == LOOKED_AT_MAX) {
            list->next = rows.key;
            return kt_ok();
        }
        legal_contract_record_t *row = &list->rows[list->count];
        KT_TRY(follow(call, name, row));
        list->count += passes(filter, row);
    }
    return rows.status;
}

kt_status_t
legal_store_list_approvals(const kt_call_t *call, kt_span_t contract,
                           legal_approval_record_t **approvals, uint32_t *count)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t prefix;
    legal_approval_record_t *all = KT_ARENA_ARRAY(call->arena, legal_approval_record_t,
                                                  APPROVALS_LISTED_MAX);
    uint32_t at = APPROVALS_LISTED_MAX;
    if (!all)
        return kt_call_out_of_memory(call);
    KT_TRY(kt_rows_begin_last(&rows, call, LEGAL_TABLE_CONTRACT_APPROVAL,
                              kt_key_of_name(&prefix, contract)));
    while (at > 0 && kt_rows_next(&rows, &legal_approval_layout, &all[at - 1]))
        if (!read_approval_key(rows.key, &all[--at]))
            return corrupt();
    *approvals = all + at;
    *count = APPROVALS_LISTED_MAX - at;
    return rows.status;
}
