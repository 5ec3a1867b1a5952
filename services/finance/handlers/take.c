#include "handlers/take.h"

#include "store/employees.h"
#include "store/payables.h"

const char *const fin_follows[FIN_FOLLOWS_COUNT] = {"legal", "it"};

static kt_span_t
value_of(const kt_event_t *event, const char *name)
{
    const kt_event_value_t *values = (const kt_event_value_t *)event->values.items;
    for (uint32_t i = 0; i < event->values.count; i++)
        if (kt_span_equal(values[i].name, kt_span_str(name)))
            return values[i].value;
    return kt_span("", 0);
}

/* False: it says a day, and that is none. Says nothing: KT_DATE_NONE. */
static bool
date_of(const kt_event_t *event, const char *name, int32_t *days)
{
    kt_date_t date;
    kt_span_t text = value_of(event, name);
    *days = KT_DATE_NONE;
    if (text.size == 0)
        return true;
    if (!kt_date_parse(text, &date))
        return false;
    *days = kt_days_from_date(date);
    return true;
}

/* What does not fit is left out: no contract is active for want of it. */
static kt_span_t
short_text(kt_span_t text, size_t bytes_max)
{
    return kt_wrong_text(text, bytes_max) ? kt_span("", 0) : text;
}

static kt_status_t
take_standing(kt_call_t *call, const kt_event_t *event)
{
    fin_contract_record_t contract = {
        .contract = event->subject,
        .state = fin_contract_state(value_of(event, "state")),
        .party = short_text(value_of(event, "party"), FIN_NAME_BYTES_MAX),
        .kind = short_text(value_of(event, "kind"), FIN_CONTRACT_KIND_BYTES_MAX),
    };
    bool starts = date_of(event, "starts_on", &contract.starts_on);
    bool ends = date_of(event, "ends_on", &contract.ends_on);
    if (!starts || !ends)
        contract.state = FIN_CONTRACT_UNKNOWN;
    return fin_store_put_contract(call, &contract);
}

static kt_status_t
take_clearance(kt_call_t *call, const kt_event_t *event, bool by_legal)
{
    fin_clearance_record_t clearance;
    KT_TRY(fin_store_load_clearance(call, event->subject, &clearance));
    if (by_legal)
        clearance.closed_us = event->time_us;
    else
        clearance.cleared_us = event->time_us;
    return fin_store_put_clearance(call, event->subject, &clearance);
}

kt_status_t
fin_take(kt_call_t *call, const char *department, const kt_event_t *event)
{
    bool legal = strcmp(department, "legal") == 0, it = strcmp(department, "it") == 0;
    if (event->subject.size == 0 || kt_wrong_name(event->subject, FIN_NAME_BYTES_MAX))
        return kt_ok();
    if (legal && kt_span_equal(event->type, kt_span_str("contract.standing")))
        return take_standing(call, event);
    if (legal && kt_span_equal(event->type, kt_span_str("employee.closed")))
        return take_clearance(call, event, true);
    if (it && kt_span_equal(event->type, kt_span_str("employee.cleared")))
        return take_clearance(call, event, false);
    return kt_ok();
}
