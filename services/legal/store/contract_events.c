/* What is told of a contract. */
#include "store/contracts.h"
#include "store/tables.h"

#include <kt/event.h>
#include <kt/time.h>

static kt_event_value_t
value(const char *name, kt_span_t text)
{
    return (kt_event_value_t){.name = kt_span_str(name), .value = text};
}

static kt_span_t
date_text(kt_call_t *call, int32_t day)
{
    char text[11];
    if (day == KT_DATE_NONE)
        return kt_span(NULL, 0);
    kt_date_format(kt_date_from_days(day), text);
    return kt_span_str(kt_arena_printf(call->arena, "%s", text));
}

static kt_span_t
number_text(kt_call_t *call, int64_t number)
{
    return kt_span_str(kt_arena_printf(call->arena, "%lld", (long long)number));
}

static kt_status_t
tell_state(kt_call_t *call, const legal_contract_record_t *before,
           const legal_contract_record_t *after)
{
    kt_event_value_t values[] = {
        value("state", kt_span_str(legal_status_name(after->state))),
        value("from", kt_span_str(legal_status_name(before->state))),
        value("since_us", number_text(call, before->state_since_us)),
        value("drafted_us", number_text(call, after->created_us)),
    };
    return kt_event_emit(call, "contract.state", after->contract, values, KT_COUNT(values));
}

static kt_status_t
tell_standing(kt_call_t *call, const legal_contract_record_t *after, int32_t ends_on)
{
    bool stood = after->state != LEGAL_VOID;
    kt_event_value_t values[] = {
        value("party", after->party),
        value("kind", kt_span_str(legal_kind_name(after->kind))),
        value("state", kt_span_str(legal_status_name(after->state))),
        value("starts_on", date_text(call, stood ? after->terms.starts_on : KT_DATE_NONE)),
        value("ends_on", date_text(call, stood ? ends_on : KT_DATE_NONE)),
        value("employee", after->employee),
    };
    uint32_t count = KT_COUNT(values) - (after->employee.size == 0);
    return kt_event_emit(call, "contract.standing", after->contract, values, count);
}

kt_status_t
legal_store_tell_approved(kt_call_t *call, const legal_contract_record_t *contract)
{
    kt_event_value_t values[] = {
        value("version", number_text(call, contract->version)),
        value("opener", contract->opener),
    };
    return kt_event_emit(call, "contract.approved", contract->contract, values, KT_COUNT(values));
}

kt_status_t
legal_store_apply_contract(kt_call_t *call, const legal_contract_record_t *before,
                           const legal_contract_record_t *after)
{
    kt_key_t key;
    int32_t ended = legal_stand(before, after->terms.starts_on).ends_on;
    int32_t ends = legal_stand(after, after->terms.starts_on).ends_on;
    KT_TRY(kt_row_put(call, LEGAL_TABLE_CONTRACT, kt_key_of_name(&key, after->contract),
                      &legal_contract_layout, after));
    if (after->state != before->state)
        KT_TRY(tell_state(call, before, after));
    if (after->needed_ceo && !before->needed_ceo)
        KT_TRY(kt_event_emit(call, "contract.gate", after->contract, NULL, 0));
    if (after->state >= LEGAL_SIGNED && (after->state != before->state || ended != ends))
        KT_TRY(tell_standing(call, after, ends));
    return kt_ok();
}
