#include "store/policies.h"

#include "domain/reason.h"
#include "store/tables.h"

#include <kt/sha256.h>

static kt_status_t
unknown(const kt_call_t *call, uint32_t reason, const char *what, kt_span_t name)
{
    return kt_error(KT_NOT_FOUND, reason,
                    kt_arena_printf(call->arena, "there is no %s %.*s", what, (int)name.size,
                                    (const char *)name.data));
}

/* NAME, on its own, is the key. */
static kt_status_t
find_named(const kt_call_t *call, uint32_t table, kt_span_t name, const kt_layout_t *layout,
           void *row, bool *found)
{
    kt_key_t key;

    return kt_row_get(call, table, kt_key_of_name(&key, name), layout, row, found);
}

/* ---- staff ---- */

bool
legal_read_employee_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);

    ((legal_employee_record_t *)row)->employee = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_find_employee(const kt_call_t *call, kt_span_t name, legal_employee_record_t *employee,
                          bool *found)
{
    KT_TRY(find_named(call, LEGAL_TABLE_EMPLOYEE, name, &legal_employee_layout, employee, found));
    employee->employee = name;
    return kt_ok();
}

kt_status_t
legal_store_load_employee(const kt_call_t *call, kt_span_t name, legal_employee_record_t *employee)
{
    bool found;

    KT_TRY(legal_store_find_employee(call, name, employee, &found));
    return found ? kt_ok() : unknown(call, LEGAL_EMPLOYEE_UNKNOWN, "employee", name);
}

kt_status_t
legal_store_find_principal(const kt_call_t *call, kt_span_t principal,
                           legal_employee_record_t *employee, bool *found)
{
    kt_key_t key;
    kt_span_t value;
    const char *name;
    kt_status_t status = kt_kv_get(call->txn, LEGAL_TABLE_EMPLOYEE_PRINCIPAL,
                                   kt_key_span(kt_key_of_name(&key, principal)), &value);

    *found = !kt_failed(status);
    if (status.code == KT_NOT_FOUND)
        return kt_ok();
    KT_TRY(status);
    name = kt_arena_copy(call->arena, value);
    if (!name)
        return kt_call_out_of_memory(call);
    return legal_store_load_employee(call, kt_span(name, value.size), employee);
}

kt_status_t
legal_store_list_employees(const kt_call_t *call, kt_span_t from, uint32_t size,
                           kt_row_page_t *page)
{
    kt_key_t all;

    return kt_rows_page(call, LEGAL_TABLE_EMPLOYEE, kt_key(&all), from, size,
                        &legal_employee_layout, legal_read_employee_key, page);
}

kt_status_t
legal_store_put_employee(const kt_call_t *call, const legal_employee_record_t *employee)
{
    kt_key_t key;

    KT_TRY(kt_row_put(call, LEGAL_TABLE_EMPLOYEE, kt_key_of_name(&key, employee->employee),
                      &legal_employee_layout, employee));
    (void)kt_key_of_name(&key, employee->principal);
    if (legal_is_closed(employee))
        return kt_row_delete(call, LEGAL_TABLE_EMPLOYEE_PRINCIPAL, &key);
    return kt_kv_put(call->txn, LEGAL_TABLE_EMPLOYEE_PRINCIPAL, kt_key_span(&key),
                     employee->employee);
}

/* ---- policies ---- */

static bool
read_policy_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);

    ((legal_policy_record_t *)row)->policy = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_find_policy(const kt_call_t *call, kt_span_t id, legal_policy_record_t *policy,
                        bool *found)
{
    KT_TRY(find_named(call, LEGAL_TABLE_POLICY, id, &legal_policy_layout, policy, found));
    policy->policy = id;
    return kt_ok();
}

kt_status_t
legal_store_load_policy(const kt_call_t *call, kt_span_t id, legal_policy_record_t *policy)
{
    bool found;

    KT_TRY(legal_store_find_policy(call, id, policy, &found));
    return found ? kt_ok() : unknown(call, LEGAL_POLICY_UNKNOWN, "policy", id);
}

kt_status_t
legal_store_list_policies(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page)
{
    kt_key_t all;

    return kt_rows_page(call, LEGAL_TABLE_POLICY, kt_key(&all), from, size, &legal_policy_layout,
                        read_policy_key, page);
}

kt_status_t
legal_store_all_policies(const kt_call_t *call, legal_policy_record_t **policies, uint32_t *count)
{
    kt_row_page_t page;

    KT_TRY(legal_store_list_policies(call, kt_span(NULL, 0), LEGAL_POLICIES_MAX, &page));
    KT_ASSERT(page.next.size == 0);
    *policies = (legal_policy_record_t *)page.rows;
    *count = page.count;
    return kt_ok();
}

kt_status_t
legal_store_put_policy(const kt_call_t *call, const legal_policy_record_t *policy)
{
    kt_key_t key;

    return kt_row_put(call, LEGAL_TABLE_POLICY, kt_key_of_name(&key, policy->policy),
                      &legal_policy_layout, policy);
}

/* ---- versions ---- */

static kt_key_t *
version_key(kt_key_t *key, kt_span_t policy, uint32_t version)
{
    return kt_key_u32(kt_key_of_name(key, policy), version);
}

static bool
read_version_key(kt_span_t key, void *row)
{
    legal_policy_version_record_t *version = (legal_policy_version_record_t *)row;
    kt_reader_t r = kt_reader(key);

    version->policy = kt_key_get_name(&r);
    version->version = kt_get_u32(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_find_version(const kt_call_t *call, kt_span_t policy, uint32_t number,
                         legal_policy_version_record_t *version, bool *found)
{
    kt_key_t key;

    KT_TRY(kt_row_get(call, LEGAL_TABLE_POLICY_VERSION, version_key(&key, policy, number),
                      &legal_policy_version_layout, version, found));
    version->policy = policy;
    version->version = number;
    return kt_ok();
}

kt_status_t
legal_store_list_versions(const kt_call_t *call, kt_span_t policy, kt_span_t from, uint32_t size,
                          kt_row_page_t *page)
{
    kt_key_t prefix;

    return kt_rows_page(call, LEGAL_TABLE_POLICY_VERSION, kt_key_of_name(&prefix, policy), from,
                        size, &legal_policy_version_layout, read_version_key, page);
}

kt_status_t
legal_store_version_in_effect(const kt_call_t *call, kt_span_t policy, int32_t date,
                              legal_policy_version_record_t *version)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t prefix;

    KT_TRY(kt_rows_begin_last(&rows, call, LEGAL_TABLE_POLICY_VERSION,
                              kt_key_of_name(&prefix, policy)));
    while (kt_rows_next(&rows, &legal_policy_version_layout, version))
        if (version->effective_from <= date) {
            bool is_key = read_version_key(rows.key, version);
            KT_ASSERT(is_key);
            return kt_ok();
        }
    *version = (legal_policy_version_record_t){.policy = policy};
    return rows.status;
}

/* ---- texts ---- */

static kt_span_t
chunk_of(kt_span_t text, uint32_t n)
{
    size_t at = (size_t)n * LEGAL_POLICY_CHUNK_BYTES_MAX;

    return kt_span(text.data + at, KT_MIN(text.size - at, (size_t)LEGAL_POLICY_CHUNK_BYTES_MAX));
}

static uint32_t
chunks_of(size_t size)
{
    return (uint32_t)((size + LEGAL_POLICY_CHUNK_BYTES_MAX - 1) / LEGAL_POLICY_CHUNK_BYTES_MAX);
}

kt_status_t
legal_store_load_text(const kt_call_t *call, const legal_policy_version_record_t *version,
                      kt_span_t *text)
{
    uint8_t *data = (uint8_t *)kt_arena_alloc(call->arena, version->size);
    size_t size = 0;
    kt_hash_t hash;

    if (!data)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < chunks_of(version->size); i++) {
        kt_key_t key;
        kt_span_t chunk;

        (void)kt_key_u32(version_key(&key, version->policy, version->version), i);
        KT_TRY(kt_kv_get(call->txn, LEGAL_TABLE_POLICY_TEXT, kt_key_span(&key), &chunk));
        if (chunk.size > version->size - size)
            break;
        memcpy(data + size, chunk.data, chunk.size);
        size += chunk.size;
    }
    *text = kt_span(data, size);
    hash = kt_sha256(*text);
    if (memcmp(hash.bytes, version->sha256, KT_HASH_BYTES) != 0)
        return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT, "the text is not that of its hash");
    return kt_ok();
}

kt_status_t
legal_store_put_version(const kt_call_t *call, const legal_policy_version_record_t *version,
                        kt_span_t text)
{
    kt_key_t key;

    KT_TRY(kt_row_put(call, LEGAL_TABLE_POLICY_VERSION,
                      version_key(&key, version->policy, version->version),
                      &legal_policy_version_layout, version));
    for (uint32_t i = 0; i < chunks_of(text.size); i++) {
        (void)kt_key_u32(version_key(&key, version->policy, version->version), i);
        KT_TRY(kt_kv_put(call->txn, LEGAL_TABLE_POLICY_TEXT, kt_key_span(&key), chunk_of(text, i)));
    }
    return kt_ok();
}

/* ---- campaigns ---- */

static bool
read_campaign_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);

    ((legal_campaign_record_t *)row)->campaign = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_find_campaign(const kt_call_t *call, kt_span_t id, legal_campaign_record_t *campaign,
                          bool *found)
{
    KT_TRY(find_named(call, LEGAL_TABLE_CAMPAIGN, id, &legal_campaign_layout, campaign, found));
    campaign->campaign = id;
    return kt_ok();
}

kt_status_t
legal_store_load_campaign(const kt_call_t *call, kt_span_t id, legal_campaign_record_t *campaign)
{
    bool found;

    KT_TRY(legal_store_find_campaign(call, id, campaign, &found));
    return found ? kt_ok() : unknown(call, LEGAL_CAMPAIGN_UNKNOWN, "campaign", id);
}

kt_status_t
legal_store_running_campaign(const kt_call_t *call, const legal_policy_record_t *policy,
                             legal_campaign_record_t *campaign,
                             const legal_campaign_record_t **running)
{
    *running = NULL;
    if (policy->campaign.size == 0 || policy->state != LEGAL_POLICY_AT_PUBLISHED)
        return kt_ok();
    KT_TRY(legal_store_load_campaign(call, policy->campaign, campaign));
    *running = campaign;
    return kt_ok();
}

kt_status_t
legal_store_list_campaigns(const kt_call_t *call, kt_span_t from, uint32_t size,
                           kt_row_page_t *page)
{
    kt_key_t all;

    return kt_rows_page(call, LEGAL_TABLE_CAMPAIGN, kt_key(&all), from, size,
                        &legal_campaign_layout, read_campaign_key, page);
}

kt_status_t
legal_store_put_campaign(const kt_call_t *call, const legal_campaign_record_t *campaign)
{
    kt_key_t key;

    return kt_row_put(call, LEGAL_TABLE_CAMPAIGN, kt_key_of_name(&key, campaign->campaign),
                      &legal_campaign_layout, campaign);
}
