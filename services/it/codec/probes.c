#include "codec/probes.h"

#include <kt/time.h>

/* ---- from the wire ---- */

/* Letters, digits and what stands in host names and addresses. */
static bool
is_host(kt_span_t text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != ':' && c != '-' && c != '_')
            return false;
    }
    return text.size > 0;
}

static kt_status_t
check_kind(kt_call_t *call, const it_target_record_t *draft)
{
    bool tcp = draft->kind == IT_TARGET_TCP;
    if (tcp ? !is_host(draft->host) : draft->host.size > 0)
        return kt_call_bad_field(
            call, tcp ? "is a host name or an address" : "is of TCP targets only", "target.host");
    if (tcp == (draft->port == 0))
        return kt_call_bad_field(call, tcp ? "is 1 to 65535" : "is of TCP targets only",
                                 "target.port");
    if (tcp && draft->department.size > 0)
        return kt_call_bad_field(call, "is of KANTOR targets only", "target.department");
    return kt_ok();
}

kt_status_t
it_create_target_from_pb(kt_call_t *call, const it_create_target_request_t *request,
                         it_target_record_t *draft)
{
    *draft = (it_target_record_t){0};
    KT_TRY(kt_fields_from_pb(call, &it_target_layout,
                             request->target ? &request->target->base : NULL, "target.", draft));
    if (draft->interval_s == 0)
        draft->interval_s = IT_INTERVAL_S_USUAL;
    if (draft->timeout_ms == 0)
        draft->timeout_ms = IT_TIMEOUT_MS_USUAL;
    if (draft->confirmations == 0)
        draft->confirmations = IT_CONFIRMATIONS_USUAL;
    if (draft->timeout_ms < IT_TIMEOUT_MS_MIN)
        return kt_call_bad_field(call, "is 10 to 60000", "target.timeout_ms");
    return check_kind(call, draft);
}

kt_status_t
it_report_from_pb(kt_call_t *call, const it_report_probe_request_t *request, it_report_t *report)
{
    *report = (it_report_t){0};
    KT_TRY(kt_fields_from_pb(call, &it_report_layout, &request->base, "", report));
    if (report->at_us > call->now_us + IT_AHEAD_US)
        return kt_call_bad_field(call, "lies ahead of the department's clock", "at_us");
    return kt_ok();
}

kt_status_t
it_list_due_from_pb(kt_call_t *call, const it_list_due_probes_request_t *request,
                    uint32_t *targets_max)
{
    if (request->targets_max > IT_TARGETS_MAX)
        return kt_call_bad_field(call, "is 1 to 1000", "targets_max");
    *targets_max = request->targets_max == 0 ? KT_PAGE_SIZE_USUAL : request->targets_max;
    return kt_ok();
}

kt_status_t
it_place_from_pb(kt_call_t *call, const it_place_maintenance_request_t *request,
                 it_window_record_t *draft)
{
    *draft = (it_window_record_t){0};
    KT_TRY(kt_fields_from_pb(call, &it_window_layout,
                             request->maintenance ? &request->maintenance->base : NULL,
                             "maintenance.", draft));
    if ((draft->target.size > 0) == (draft->site.size > 0))
        return kt_call_bad_field(call, "is a target, or a site instead", "maintenance.target");
    if (draft->until_us <= draft->from_us || draft->until_us <= call->now_us ||
        draft->until_us - draft->from_us > IT_WINDOW_DAYS_MAX * KT_US_PER_DAY)
        return kt_call_bad_field(call, "is after from_us and now, at most 366 days after from_us",
                                 "maintenance.until_us");
    return kt_ok();
}

/* ---- to the wire ---- */

kt_status_t
it_target_to_pb(kt_call_t *call, const it_target_item_t *item, it_probe_target_t *response)
{
    KT_TRY(kt_fields_to_pb(call, &it_target_layout, &item->target, &response->base));
    KT_TRY(kt_fields_to_pb(call, &it_reach_layout, &item->reach, &response->base));
    return kt_fields_to_pb(call, &it_target_view_layout, &item->view, &response->base);
}

kt_status_t
it_targets_to_pb(kt_call_t *call, const it_target_item_t *items, uint32_t count, size_t *n,
                 it_probe_target_t ***list)
{
    it_probe_target_t *messages = KT_ARENA_ARRAY(call->arena, it_probe_target_t, count);
    *list = KT_ARENA_ARRAY(call->arena, it_probe_target_t *, count);
    if (!messages || !*list)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < count; i++) {
        messages[i] = (it_probe_target_t)IT_PROBE_TARGET_INIT;
        KT_TRY(it_target_to_pb(call, &items[i], &messages[i]));
        (*list)[i] = &messages[i];
    }
    *n = count;
    return kt_ok();
}

kt_status_t
it_outage_to_pb(kt_call_t *call, const it_outage_record_t *outage, const kt_list_t *names,
                it_outage_t *response)
{
    const kt_span_t *spans = (const kt_span_t *)names->items;
    response->affected = KT_ARENA_ARRAY(call->arena, char *, (size_t)names->count + 1);
    if (!response->affected)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < names->count; i++) {
        char *name = kt_arena_copy(call->arena, spans[i]);
        if (!name)
            return kt_call_out_of_memory(call);
        response->affected[response->n_affected++] = name;
    }
    return kt_fields_to_pb(call, &it_outage_layout, outage, &response->base);
}
