/* Targets, probes, maintenance and outages, through the department. */
#include "nets.h"

#include "domain/probes.h"

#include <kantor/it/v1/networks.kt.h>
#include <kt/time.h>

/* ---- calls ---- */

typedef struct target_args {
    const char *name, *depends_on, *site;
    uint32_t confirmations;
} target_args_t;

static kt_status_t
create(room_t *room, const target_args_t *args)
{
    it_create_target_request_t request = IT_CREATE_TARGET_REQUEST_INIT;
    it_probe_target_t target = IT_PROBE_TARGET_INIT;
    target.target = text(args->name);
    target.kind = IT_TARGET_KIND_TCP;
    target.host = text("192.0.2.7");
    target.port = 22;
    target.depends_on = text(args->depends_on ? args->depends_on : "");
    target.site = text(args->site ? args->site : "");
    target.confirmations = args->confirmations;
    request.target = &target;
    return room_call(room, "Probes/CreateTarget", &request.base, NULL);
}

#define CREATE(room, ...) create((room), &(target_args_t){__VA_ARGS__})

static kt_status_t
report_at(room_t *room, const char *name, it_probe_outcome_t outcome, int64_t at_us,
          const it_probe_target_t **target)
{
    it_report_probe_request_t request = IT_REPORT_PROBE_REQUEST_INIT;
    const void *response = NULL;
    request.target = text(name);
    request.at_us = at_us;
    request.outcome = outcome;
    request.latency_us = 700;
    request.text = text("said");
    kt_status_t status = room_call(room, "Probes/ReportProbe", &request.base, &response);
    if (target)
        *target = (const it_probe_target_t *)response;
    return status;
}

/* A report of now, a second after the last one. */
static const it_probe_target_t *
report(room_t *room, const char *name, bool reached)
{
    const it_probe_target_t *target;
    room_set_now(room, room_now(room) + KT_US_PER_S);
    assert_ok(report_at(room, name,
                        reached ? IT_PROBE_OUTCOME_PROBE_REACHED : IT_PROBE_OUTCOME_PROBE_TIMED_OUT,
                        room_now(room), &target));
    return target;
}

static const it_probe_target_t *
get(room_t *room, const char *name)
{
    it_get_target_request_t request = IT_GET_TARGET_REQUEST_INIT;
    const void *response;
    request.target = text(name);
    assert_ok(room_call(room, "Probes/GetTarget", &request.base, &response));
    return (const it_probe_target_t *)response;
}

static const it_outage_t *
get_outage(room_t *room, const char *id)
{
    it_get_outage_request_t request = IT_GET_OUTAGE_REQUEST_INIT;
    const void *response;
    request.outage = text(id);
    assert_ok(room_call(room, "Probes/GetOutage", &request.base, &response));
    return (const it_outage_t *)response;
}

static const it_list_outages_response_t *
open_outages(room_t *room)
{
    it_list_outages_request_t request = IT_LIST_OUTAGES_REQUEST_INIT;
    const void *response;
    request.open_only = true;
    request.page_size = 1000;
    assert_ok(room_call(room, "Probes/ListOutages", &request.base, &response));
    return (const it_list_outages_response_t *)response;
}

static kt_status_t
place(room_t *room, const char *target, const char *site, int64_t from_us, int64_t until_us,
      const it_maintenance_t **placed)
{
    it_place_maintenance_request_t request = IT_PLACE_MAINTENANCE_REQUEST_INIT;
    it_maintenance_t window = IT_MAINTENANCE_INIT;
    const void *response = NULL;
    window.target = text(target);
    window.site = text(site);
    window.from_us = from_us;
    window.until_us = until_us;
    window.why = text("new firmware");
    request.maintenance = &window;
    kt_status_t status = room_call(room, "Probes/PlaceMaintenance", &request.base, &response);
    if (placed)
        *placed = (const it_maintenance_t *)response;
    return status;
}

static const it_maintenance_t *
end(room_t *room, const char *id)
{
    it_end_maintenance_request_t request = IT_END_MAINTENANCE_REQUEST_INIT;
    const void *response;
    request.maintenance = text(id);
    assert_ok(room_call(room, "Probes/EndMaintenance", &request.base, &response));
    return (const it_maintenance_t *)response;
}

static kt_status_t
create_site(room_t *room, const char *name)
{
    it_create_site_request_t request = IT_CREATE_SITE_REQUEST_INIT;
    it_site_t site = IT_SITE_INIT;
    site.site = text(name);
    request.site = &site;
    return room_call(room, "Networks/CreateSite", &request.base, NULL);
}

/* ---- targets ---- */

static kt_status_t
create_kind(room_t *room, it_target_kind_t kind, const char *host, uint32_t port,
            const char *department, uint32_t timeout_ms)
{
    it_create_target_request_t request = IT_CREATE_TARGET_REQUEST_INIT;
    it_probe_target_t target = IT_PROBE_TARGET_INIT;
    target.target = text("thing");
    target.kind = kind;
    target.host = text(host);
    target.port = port;
    target.department = text(department);
    target.timeout_ms = timeout_ms;
    request.target = &target;
    return room_call(room, "Probes/CreateTarget", &request.base, NULL);
}

static void
the_shape_of_a_target_is_checked(void **state)
{
    room_t *room = (room_t *)*state;
    static const struct {
        it_target_kind_t kind;
        const char *host;
        uint32_t port;
        const char *department;
        uint32_t timeout_ms;
    } bad[] = {
        {IT_TARGET_KIND_UNSPECIFIED, "", 0, "", 0},
        {IT_TARGET_KIND_TCP, "", 22, "", 0},
        {IT_TARGET_KIND_TCP, "a b", 22, "", 0},
        {IT_TARGET_KIND_TCP, "web-1", 0, "", 0},
        {IT_TARGET_KIND_TCP, "web-1", 65536, "", 0},
        {IT_TARGET_KIND_TCP, "web-1", 22, "finance", 0},
        {IT_TARGET_KIND_TCP, "web-1", 22, "", 9},
        {IT_TARGET_KIND_TCP, "web-1", 22, "", 60001},
        {IT_TARGET_KIND_KANTOR, "web-1", 0, "finance", 0},
        {IT_TARGET_KIND_KANTOR, "", 22, "finance", 0},
        {IT_TARGET_KIND_KANTOR, "", 0, "Finance", 0},
    };
    for (size_t i = 0; i < KT_COUNT(bad); i++)
        assert_status(create_kind(room, bad[i].kind, bad[i].host, bad[i].port, bad[i].department,
                                  bad[i].timeout_ms),
                      KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_ok(create_kind(room, IT_TARGET_KIND_KANTOR, "", 0, "finance", 0));
    const it_probe_target_t *target = get(room, "thing");
    assert_int_equal(target->interval_s, IT_INTERVAL_S_USUAL);
    assert_int_equal(target->timeout_ms, IT_TIMEOUT_MS_USUAL);
    assert_int_equal(target->confirmations, IT_CONFIRMATIONS_USUAL);
    assert_int_equal(target->reachability, IT_REACHABILITY_UNKNOWN);
    assert_int_equal(target->due_us, ROOM_NOW_US);
}

static void
targets_are_refused(void **state)
{
    room_t *room = (room_t *)*state;
    it_get_target_request_t missing = IT_GET_TARGET_REQUEST_INIT;
    it_get_outage_request_t outage = IT_GET_OUTAGE_REQUEST_INIT;
    missing.target = outage.outage = text("none");
    assert_ok(CREATE(room, .name = "core"));
    assert_status(CREATE(room, .name = "core"), KT_ALREADY_EXISTS, IT_TARGET_EXISTS);
    assert_status(CREATE(room, .name = "a", .site = "none"), KT_NOT_FOUND, IT_SITE_UNKNOWN);
    assert_status(CREATE(room, .name = "a", .depends_on = "none"), KT_NOT_FOUND, IT_TARGET_UNKNOWN);
    /* What depends on itself is not there when it is made: so no chain ever closes. */
    assert_status(CREATE(room, .name = "a", .depends_on = "a"), KT_NOT_FOUND, IT_TARGET_UNKNOWN);
    assert_status(room_call(room, "Probes/GetTarget", &missing.base, NULL), KT_NOT_FOUND,
                  IT_TARGET_UNKNOWN);
    assert_status(room_call(room, "Probes/GetOutage", &outage.base, NULL), KT_NOT_FOUND,
                  IT_OUTAGE_UNKNOWN);
    assert_status(report_at(room, "none", IT_PROBE_OUTCOME_PROBE_REACHED, ROOM_NOW_US, NULL),
                  KT_NOT_FOUND, IT_TARGET_UNKNOWN);
    assert_status(report_at(room, "core", IT_PROBE_OUTCOME_UNSPECIFIED, ROOM_NOW_US, NULL),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(report_at(room, "core", IT_PROBE_OUTCOME_PROBE_REACHED,
                            ROOM_NOW_US + INT64_C(300000001), NULL),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(report_at(room, "core", IT_PROBE_OUTCOME_PROBE_REACHED, 0, NULL),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_ok(report_at(room, "core", IT_PROBE_OUTCOME_PROBE_REACHED, ROOM_NOW_US, NULL));
    assert_status(report_at(room, "core", IT_PROBE_OUTCOME_PROBE_REACHED, ROOM_NOW_US, NULL),
                  KT_FAILED_PRECONDITION, IT_PROBE_OUT_OF_ORDER);
}

static void
a_chain_has_an_end(void **state)
{
    room_t *room = (room_t *)*state;
    char names[IT_CHAIN_MAX + 1][16];
    for (uint32_t i = 0; i <= IT_CHAIN_MAX; i++) {
        snprintf(names[i], sizeof names[i], "t%u", i);
        kt_status_t status = CREATE(room, .name = names[i],
                                    .depends_on = i > 0 ? names[i - 1] : NULL);
        if (i < IT_CHAIN_MAX)
            assert_ok(status);
        else
            assert_status(status, KT_RESOURCE_EXHAUSTED, IT_DEPENDS_TOO_DEEP);
    }
    assert_int_equal(get(room, "t0")->dependents, IT_CHAIN_MAX - 1);
    assert_int_equal(get(room, "t15")->dependents, 0);
}

static void
there_are_only_so_many_targets(void **state)
{
    room_t *room = (room_t *)*state;
    for (uint32_t i = 0; i < IT_TARGETS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%u", i);
        assert_ok(CREATE(room, .name = name));
        room_forget(room);
    }
    assert_status(CREATE(room, .name = "more"), KT_RESOURCE_EXHAUSTED, IT_TOO_MANY_TARGETS);
    it_list_due_probes_request_t due = IT_LIST_DUE_PROBES_REQUEST_INIT;
    const void *response;
    due.targets_max = IT_TARGETS_MAX;
    assert_ok(room_call(room, "Probes/ListDueProbes", &due.base, &response));
    assert_int_equal(((const it_list_due_probes_response_t *)response)->n_targets, IT_TARGETS_MAX);
    it_list_targets_request_t list = IT_LIST_TARGETS_REQUEST_INIT;
    list.page_size = 1000;
    assert_ok(room_call(room, "Probes/ListTargets", &list.base, &response));
    assert_int_equal(((const it_list_targets_response_t *)response)->n_targets, IT_TARGETS_MAX);
}

/* ---- confirmation ---- */

static void
a_state_is_confirmed_in_a_row(void **state)
{
    room_t *room = (room_t *)*state;
    assert_ok(CREATE(room, .name = "core", .confirmations = 3));
    assert_int_equal(report(room, "core", true)->reachability, IT_UNKNOWN);
    assert_int_equal(report(room, "core", true)->reachability, IT_UNKNOWN);
    const it_probe_target_t *up = report(room, "core", true);
    assert_int_equal(up->reachability, IT_UP);
    assert_int_equal(up->since_us, room_now(room));
    assert_int_equal(up->last_us, room_now(room));
    assert_int_equal(up->last_latency_us, 700);
    assert_string_equal(up->last_text, "said");
    int64_t since_us = up->since_us;
    report(room, "core", false);
    report(room, "core", false);
    up = report(room, "core", true); /* breaks the row */
    assert_int_equal(up->reachability, IT_UP);
    assert_int_equal(up->since_us, since_us);
    report(room, "core", false);
    report(room, "core", false);
    const it_probe_target_t *down = report(room, "core", false);
    assert_int_equal(down->reachability, IT_DOWN);
    assert_string_not_equal(down->outage, "");
    report(room, "core", true);
    report(room, "core", true);
    up = report(room, "core", true);
    assert_int_equal(up->reachability, IT_UP);
    assert_string_equal(up->outage, "");
}

static void
silence_makes_a_state_unknown(void **state)
{
    room_t *room = (room_t *)*state;
    assert_ok(CREATE(room, .name = "core", .confirmations = 2));
    report(room, "core", true);
    int64_t last_us = report(room, "core", true)->last_us;
    room_set_now(room, last_us + 3 * NETS_MINUTE_US);
    assert_int_equal(get(room, "core")->reachability, IT_UP);
    room_set_now(room, last_us + 3 * NETS_MINUTE_US + 1);
    const it_probe_target_t *stale = get(room, "core");
    assert_int_equal(stale->reachability, IT_UNKNOWN);
    assert_int_equal(stale->since_us, last_us + 3 * NETS_MINUTE_US);
    /* One miss before the silence and one behind it are not two in a row. */
    report(room, "core", false);
    room_set_now(room, room_now(room) + 4 * NETS_MINUTE_US);
    assert_int_equal(report(room, "core", false)->reachability, IT_UP);
    assert_int_equal(report(room, "core", false)->reachability, IT_DOWN);
}

static void
what_is_due_is_listed(void **state)
{
    room_t *room = (room_t *)*state;
    it_list_due_probes_request_t request = IT_LIST_DUE_PROBES_REQUEST_INIT;
    const it_list_due_probes_response_t *due;
    const void *response;
    assert_ok(CREATE(room, .name = "a"));
    assert_ok(CREATE(room, .name = "b"));
    assert_ok(CREATE(room, .name = "c"));
    int64_t first_us = report(room, "a", true)->last_us;
    report(room, "b", true);
    assert_ok(room_call(room, "Probes/ListDueProbes", &request.base, &response));
    due = (const it_list_due_probes_response_t *)response;
    assert_int_equal(due->n_targets, 1);
    assert_string_equal(due->targets[0]->target, "c");
    assert_string_equal(due->targets[0]->host, "192.0.2.7");
    assert_int_equal(due->next_due_us, first_us + NETS_MINUTE_US);
    room_set_now(room, first_us + NETS_MINUTE_US);
    request.targets_max = 1;
    assert_ok(room_call(room, "Probes/ListDueProbes", &request.base, &response));
    due = (const it_list_due_probes_response_t *)response;
    assert_int_equal(due->n_targets, 1);
    assert_string_equal(due->targets[0]->target, "a");
    assert_true(due->next_due_us <= room_now(room)); /* c is due as well */
    request.targets_max = 1001;
    assert_status(room_call(room, "Probes/ListDueProbes", &request.base, NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
}

/* ---- outages ---- */

static void
an_outage_is_of_its_root_cause(void **state)
{
    room_t *room = (room_t *)*state;
    assert_ok(CREATE(room, .name = "core", .confirmations = 1));
    assert_ok(CREATE(room, .name = "switch", .depends_on = "core", .confirmations = 1));
    assert_ok(CREATE(room, .name = "web", .depends_on = "switch", .confirmations = 1));
    /* From below: web, then core while the switch was never asked. */
    const char *first = report(room, "web", false)->outage;
    const it_outage_t *outage = get_outage(room, first);
    assert_string_equal(outage->target, "web");
    assert_int_equal(outage->state, IT_OUTAGE_STATE_OUTAGE_OPEN);
    assert_string_not_equal(outage->ticket, "");
    assert_int_equal(outage->n_affected, 1);
    const char *second = report(room, "core", false)->outage;
    assert_string_not_equal(second, first);
    outage = get_outage(room, first);
    assert_int_equal(outage->state, IT_OUTAGE_STATE_OUTAGE_MERGED);
    assert_string_equal(outage->merged_into, second);
    assert_string_equal(get(room, "web")->outage, second);
    assert_string_equal(report(room, "switch", false)->outage, second);
    assert_int_equal(get_outage(room, second)->n_affected, 3);
    assert_int_equal(open_outages(room)->n_outages, 1);
    /* The cause comes back: what was seen through it is void, and is asked anew. */
    report(room, "core", true);
    assert_int_equal(open_outages(room)->n_outages, 0);
    outage = get_outage(room, second);
    assert_int_equal(outage->state, IT_OUTAGE_STATE_OUTAGE_CLOSED);
    assert_int_equal(outage->closed_us, room_now(room));
    assert_int_equal(outage->n_affected, 0);
    assert_int_equal(get(room, "web")->reachability, IT_UNKNOWN);
    assert_int_equal(get(room, "switch")->reachability, IT_UNKNOWN);
    const char *third = report(room, "web", false)->outage;
    assert_string_equal(get_outage(room, third)->target, "web");

    static const char *const types[] = {"outage.opened", "outage.opened", "outage.merged",
                                        "outage.closed", "outage.opened"};
    uint32_t told = 0;
    for (uint64_t i = 1; i <= room_events(room); i++)
        if (strncmp(room_event_type(room, i), "outage.", 7) == 0) {
            assert_true(told < KT_COUNT(types));
            assert_string_equal(room_event_type(room, i), types[told++]);
        }
    assert_int_equal(told, KT_COUNT(types));
}

static void
one_call_merges_all_there_can_be(void **state)
{
    room_t *room = (room_t *)*state;
    assert_ok(CREATE(room, .name = "core", .confirmations = 1));
    for (uint32_t i = 0; i < IT_DEPENDENTS_MAX; i++) {
        char name[64];
        memset(name, 'x', 63); /* the longest names there are */
        snprintf(name, sizeof name, "host-%03u", i);
        name[8] = '-';
        name[63] = 0;
        assert_ok(CREATE(room, .name = name, .depends_on = "core", .confirmations = 1));
        report(room, name, false);
        room_forget(room);
    }
    assert_status(CREATE(room, .name = "more", .depends_on = "core"), KT_RESOURCE_EXHAUSTED,
                  IT_TOO_MANY_DEPENDENTS);
    assert_int_equal(open_outages(room)->n_outages, IT_DEPENDENTS_MAX);
    const char *cause = report(room, "core", false)->outage;
    assert_int_equal(open_outages(room)->n_outages, 1);
    assert_int_equal(get_outage(room, cause)->n_affected, IT_DEPENDENTS_MAX + 1);
}

static kt_status_t
retire(room_t *room, const char *name)
{
    it_retire_target_request_t request = IT_RETIRE_TARGET_REQUEST_INIT;
    request.target = text(name);
    return room_call(room, "Probes/RetireTarget", &request.base, NULL);
}

static void
what_is_retired_is_down_no_more(void **state)
{
    room_t *room = (room_t *)*state;
    assert_ok(CREATE(room, .name = "core", .confirmations = 1));
    assert_ok(CREATE(room, .name = "web", .depends_on = "core", .confirmations = 1));
    const char *outage = report(room, "web", false)->outage;
    assert_status(retire(room, "core"), KT_FAILED_PRECONDITION, IT_TARGET_IN_USE);
    assert_status(retire(room, "Core"), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_ok(retire(room, "web"));
    assert_ok(retire(room, "web"));
    assert_int_equal(get_outage(room, outage)->state, IT_OUTAGE_STATE_OUTAGE_CLOSED);
    assert_int_equal(open_outages(room)->n_outages, 0);
    assert_int_equal(get(room, "core")->dependents, 0);
    assert_status(report_at(room, "web", IT_PROBE_OUTCOME_PROBE_REACHED, room_now(room), NULL),
                  KT_NOT_FOUND, IT_TARGET_UNKNOWN);
    /* One of that name that is made anew knows nothing of the old one. */
    assert_ok(CREATE(room, .name = "web"));
    assert_int_equal(get(room, "web")->reachability, IT_UNKNOWN);
    assert_int_equal(get(room, "web")->last_us, 0);
    assert_ok(retire(room, "core"));
}

/* ---- maintenance ---- */

static void
maintenance_opens_no_outage(void **state)
{
    room_t *room = (room_t *)*state;
    const it_maintenance_t *window;
    assert_ok(create_site(room, "depot"));
    assert_ok(CREATE(room, .name = "core", .site = "depot", .confirmations = 1));
    assert_ok(CREATE(room, .name = "web", .depends_on = "core", .confirmations = 1));
    report(room, "core", true);
    const char *early = report(room, "web", false)->outage;
    assert_ok(
        place(room, "", "depot", room_now(room), room_now(room) + 10 * NETS_MINUTE_US, &window));
    assert_string_equal(window->placed_by, "erik");
    assert_true(get(room, "core")->in_maintenance);
    assert_false(get(room, "web")->in_maintenance);
    const it_probe_target_t *core = report(room, "core", false);
    assert_int_equal(core->reachability, IT_DOWN);
    assert_string_equal(core->outage, "");
    assert_true(core->in_maintenance);
    /* What was opened below it was its doing. */
    const it_outage_t *excused = get_outage(room, early);
    assert_int_equal(excused->state, IT_OUTAGE_STATE_OUTAGE_CLOSED);
    assert_true(excused->excused);
    assert_string_equal(report(room, "web", false)->outage, "");
    assert_int_equal(open_outages(room)->n_outages, 0);
    /* It ends early, and the core is still down: now that is an outage. */
    const it_maintenance_t *ended = end(room, window->maintenance);
    assert_int_equal(ended->until_us, room_now(room));
    assert_string_equal(ended->ended_by, "erik");
    room_set_now(room, room_now(room) + NETS_MINUTE_US);
    assert_int_equal(end(room, window->maintenance)->until_us, ended->until_us);
    const char *outage = report(room, "web", false)->outage;
    assert_string_equal(get_outage(room, outage)->target, "core");
    assert_string_equal(get(room, "core")->outage, outage);
    /* One that is open stays open in maintenance. */
    assert_ok(place(room, "core", "", room_now(room), room_now(room) + NETS_MINUTE_US, NULL));
    assert_string_equal(report(room, "core", false)->outage, outage);
}

static void
maintenance_is_refused(void **state)
{
    room_t *room = (room_t *)*state;
    it_end_maintenance_request_t missing = IT_END_MAINTENANCE_REQUEST_INIT;
    it_list_maintenance_request_t list = IT_LIST_MAINTENANCE_REQUEST_INIT;
    const void *response;
    int64_t now_us = room_now(room), year_us = 366 * KT_US_PER_DAY;
    missing.maintenance = text("none");
    assert_ok(CREATE(room, .name = "core"));
    static const struct {
        const char *target, *site;
        int64_t from, until; /* from now */
    } bad[] = {{"", "", 0, 1},
               {"core", "depot", 0, 1},
               {"core", "", 0, 0},
               {"core", "", 5, 5},
               {"core", "", -9, -1}};
    for (size_t i = 0; i < KT_COUNT(bad); i++)
        assert_status(place(room, bad[i].target, bad[i].site, now_us + bad[i].from,
                            now_us + bad[i].until, NULL),
                      KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(place(room, "core", "", now_us, now_us + year_us + 1, NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_status(place(room, "none", "", now_us, now_us + 1, NULL), KT_NOT_FOUND,
                  IT_TARGET_UNKNOWN);
    assert_status(place(room, "", "none", now_us, now_us + 1, NULL), KT_NOT_FOUND, IT_SITE_UNKNOWN);
    assert_status(room_call(room, "Probes/EndMaintenance", &missing.base, NULL), KT_NOT_FOUND,
                  IT_MAINTENANCE_UNKNOWN);
    for (uint32_t i = 0; i < 64; i++)
        assert_ok(place(room, "core", "", now_us, now_us + 1 + i, NULL));
    assert_status(place(room, "core", "", now_us, now_us + 9, NULL), KT_RESOURCE_EXHAUSTED,
                  IT_TOO_MANY_WINDOWS);
    room_set_now(room, now_us + 1); /* one is over */
    assert_ok(place(room, "core", "", now_us + year_us, now_us + 2 * year_us, NULL));
    assert_ok(room_call(room, "Probes/ListMaintenance", &list.base, &response));
    assert_int_equal(((const it_list_maintenance_response_t *)response)->n_maintenance, 65);
}

static void
a_window_that_has_not_begun_is_called_off(void **state)
{
    room_t *room = (room_t *)*state;
    const it_maintenance_t *window;
    assert_ok(CREATE(room, .name = "core"));
    int64_t from_us = room_now(room) + NETS_MINUTE_US;
    assert_ok(place(room, "core", "", from_us, from_us + NETS_MINUTE_US, &window));
    assert_false(get(room, "core")->in_maintenance);
    assert_int_equal(end(room, window->maintenance)->until_us, from_us);
    room_set_now(room, from_us);
    assert_false(get(room, "core")->in_maintenance);
}

static void
every_failure_of_the_store_leaves_nothing_behind(void **state)
{
    room_t *room = (room_t *)*state;
    it_report_probe_request_t request = IT_REPORT_PROBE_REQUEST_INIT;
    it_create_target_request_t make = IT_CREATE_TARGET_REQUEST_INIT;
    it_probe_target_t target = IT_PROBE_TARGET_INIT;
    assert_ok(CREATE(room, .name = "core", .confirmations = 1));
    make.target = &target;
    target.target = text("web");
    target.kind = IT_TARGET_KIND_KANTOR;
    target.depends_on = text("core");
    target.confirmations = 1;
    room_sweep(room, "Probes/CreateTarget", &make.base);
    assert_int_equal(get(room, "core")->dependents, 1);
    request.at_us = room_now(room);
    request.outcome = IT_PROBE_OUTCOME_PROBE_REFUSED;
    request.target = text("web");
    room_sweep(room, "Probes/ReportProbe", &request.base); /* opens */
    request.target = text("core");
    room_sweep(room, "Probes/ReportProbe", &request.base); /* opens, and merges */
    assert_int_equal(open_outages(room)->n_outages, 1);
    request.at_us++;
    request.outcome = IT_PROBE_OUTCOME_PROBE_REACHED;
    room_sweep(room, "Probes/ReportProbe", &request.base); /* closes */
    assert_int_equal(open_outages(room)->n_outages, 0);
    it_retire_target_request_t retired = IT_RETIRE_TARGET_REQUEST_INIT;
    retired.target = text("web");
    room_sweep(room, "Probes/RetireTarget", &retired.base);
    assert_int_equal(get(room, "core")->dependents, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        nets_test(the_shape_of_a_target_is_checked),
        nets_test(targets_are_refused),
        nets_test(a_chain_has_an_end),
        nets_test(there_are_only_so_many_targets),
        nets_test(a_state_is_confirmed_in_a_row),
        nets_test(silence_makes_a_state_unknown),
        nets_test(what_is_due_is_listed),
        nets_test(an_outage_is_of_its_root_cause),
        nets_test(one_call_merges_all_there_can_be),
        nets_test(what_is_retired_is_down_no_more),
        nets_test(maintenance_opens_no_outage),
        nets_test(maintenance_is_refused),
        nets_test(a_window_that_has_not_begun_is_called_off),
        nets_test(every_failure_of_the_store_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
