/*
 * Random outcomes over random forests, and windows of maintenance, against a model: at every moment
 * each target that is down belongs to exactly one open outage, and there is one for each root
 * cause.
 *
 * The model works the other way round: it pushes what happens to what is below, where the
 * department derives it from the chains.
 */
#include "nets.h"

#include "domain/probes.h"

#include <kantor/it/v1/networks.kt.h>
#include <kt/time.h>

#define SEED    UINT64_C(0x007A6E)
#define FORESTS 8
#define STEPS   300
enum { TARGETS = 10, STEP_S_MAX = 25 };

typedef struct node {
    char name[16];
    int above; /* -1: it depends on nothing */
    uint32_t confirmations;
    uint32_t state;
    bool reached;      /* the last outcome */
    uint32_t in_a_row; /* of it */
    int64_t last_us;
    int64_t maintained_until_us;
    bool outage; /* one of which it is the root cause is open */
} node_t;

typedef struct world {
    room_t *room;
    kt_prng_t prng;
    node_t nodes[TARGETS];
    bool maintenance;
} world_t;

/* ---- the model ---- */

static bool
is_below(const world_t *w, int node, int other)
{
    for (node = w->nodes[node].above; node >= 0; node = w->nodes[node].above)
        if (node == other)
            return true;
    return false;
}

static int
root_of(const world_t *w, int node)
{
    int root = -1;
    for (; node >= 0; node = w->nodes[node].above)
        if (w->nodes[node].state == IT_DOWN)
            root = node;
    return root;
}

static void
come_back(world_t *w, int node)
{
    for (int i = 0; i < TARGETS; i++) {
        if (!is_below(w, i, node))
            continue;
        if (w->nodes[i].state == IT_DOWN)
            w->nodes[i].state = IT_UNKNOWN;
        if (!w->nodes[i].reached)
            w->nodes[i].in_a_row = 0;
    }
}

static void
model_report(world_t *w, int node, bool reached, int64_t now_us)
{
    node_t *n = &w->nodes[node];
    if (n->reached != reached || now_us - n->last_us > 3 * NETS_MINUTE_US)
        n->in_a_row = 0;
    n->reached = reached;
    n->in_a_row++;
    n->last_us = now_us;
    uint32_t said = reached ? IT_UP : IT_DOWN;
    if (n->in_a_row >= n->confirmations && n->state != said) {
        bool back = n->state == IT_DOWN;
        n->state = said;
        if (back)
            come_back(w, node);
    }
    int root = root_of(w, node);
    if (root >= 0 && w->nodes[root].maintained_until_us <= now_us)
        w->nodes[root].outage = true;
    if (n->state != IT_DOWN)
        n->outage = false;
    for (int i = 0; root >= 0 && i < TARGETS; i++)
        if (is_below(w, i, root))
            w->nodes[i].outage = false;
}

/* ---- the department ---- */

static void
make_forest(world_t *w)
{
    for (int i = 0; i < TARGETS; i++) {
        it_create_target_request_t request = IT_CREATE_TARGET_REQUEST_INIT;
        it_probe_target_t target = IT_PROBE_TARGET_INIT;
        node_t *n = &w->nodes[i];
        int above = (int)kt_prng_below(&w->prng, (uint64_t)i + 1) - 1;
        *n = (node_t){.above = above, .confirmations = 1 + (uint32_t)kt_prng_below(&w->prng, 3)};
        snprintf(n->name, sizeof n->name, "t%d", i);
        target.target = n->name;
        target.kind = IT_TARGET_KIND_KANTOR;
        target.depends_on = above >= 0 ? w->nodes[above].name : text("");
        target.confirmations = n->confirmations;
        request.target = &target;
        assert_ok(room_call(w->room, "Probes/CreateTarget", &request.base, NULL));
    }
}

static void
step(world_t *w)
{
    int node = (int)kt_prng_below(&w->prng, TARGETS);
    int64_t now_us = room_now(w->room) + 1 +
                     (int64_t)kt_prng_below(&w->prng, STEP_S_MAX * (uint64_t)KT_US_PER_S);
    room_set_now(w->room, now_us);
    if (w->maintenance && kt_prng_below(&w->prng, 8) == 0) {
        it_place_maintenance_request_t request = IT_PLACE_MAINTENANCE_REQUEST_INIT;
        it_maintenance_t window = IT_MAINTENANCE_INIT;
        node_t *n = &w->nodes[node];
        window.target = n->name;
        window.from_us = now_us;
        window.until_us = now_us + 1 +
                          (int64_t)kt_prng_below(&w->prng, 5 * (uint64_t)NETS_MINUTE_US);
        window.why = text("chance");
        request.maintenance = &window;
        assert_ok(room_call(w->room, "Probes/PlaceMaintenance", &request.base, NULL));
        n->maintained_until_us = KT_MAX(n->maintained_until_us, window.until_us);
        return;
    }
    /* Mostly as before, so that runs come up. */
    bool reached = kt_prng_below(&w->prng, 3) == 0 ? kt_prng_below(&w->prng, 2) == 0
                                                   : w->nodes[node].reached;
    it_report_probe_request_t request = IT_REPORT_PROBE_REQUEST_INIT;
    request.target = w->nodes[node].name;
    request.at_us = now_us;
    request.outcome = reached ? IT_PROBE_OUTCOME_PROBE_REACHED : IT_PROBE_OUTCOME_PROBE_TIMED_OUT;
    assert_ok(room_call(w->room, "Probes/ReportProbe", &request.base, NULL));
    model_report(w, node, reached, now_us);
}

/* ---- comparing ---- */

static int
node_of(const char *name)
{
    return atoi(name + 1);
}

/* The outage of each root cause, by node; NULL: none. */
static void
look_at_outages(const world_t *w, const char *open[TARGETS])
{
    it_list_outages_request_t request = IT_LIST_OUTAGES_REQUEST_INIT;
    const void *response;
    request.open_only = true;
    assert_ok(room_call(w->room, "Probes/ListOutages", &request.base, &response));
    const it_list_outages_response_t *list = (const it_list_outages_response_t *)response;
    for (size_t i = 0; i < list->n_outages; i++) {
        int node = node_of(list->outages[i]->target);
        assert_int_equal(list->outages[i]->state, IT_OUTAGE_STATE_OUTAGE_OPEN);
        assert_null(open[node]);
        open[node] = list->outages[i]->outage;
        assert_int_equal(root_of(w, node), node);
    }
    for (int i = 0; i < TARGETS; i++)
        assert_int_equal(open[i] != NULL, w->nodes[i].outage);
}

static void
compare(const world_t *w)
{
    const char *open[TARGETS] = {NULL};
    it_list_targets_request_t request = IT_LIST_TARGETS_REQUEST_INIT;
    const void *response;
    look_at_outages(w, open);
    assert_ok(room_call(w->room, "Probes/ListTargets", &request.base, &response));
    const it_list_targets_response_t *list = (const it_list_targets_response_t *)response;
    assert_int_equal(list->n_targets, TARGETS);
    for (int i = 0; i < TARGETS; i++) {
        const it_probe_target_t *target = list->targets[i];
        const node_t *n = &w->nodes[node_of(target->target)];
        int root = root_of(w, node_of(target->target));
        bool stale = n->last_us != 0 && room_now(w->room) - n->last_us > 3 * NETS_MINUTE_US;
        assert_int_equal(target->reachability, stale ? IT_UNKNOWN : n->state);
        assert_int_equal(target->in_maintenance, n->maintained_until_us > room_now(w->room));
        const char *outage = n->state == IT_DOWN && open[root] ? open[root] : "";
        assert_string_equal(target->outage, outage);
        if (n->state == IT_DOWN && !w->maintenance)
            assert_string_not_equal(target->outage, "");
    }
}

static void
run(world_t *w, bool maintenance)
{
    uint32_t outages = 0;
    for (uint32_t forest = 0; forest < FORESTS; forest++) {
        *w = (world_t){.room = room_open(it_service()), .maintenance = maintenance};
        room_as(w->room, "erik", "it.expert it.operator");
        kt_prng_seed(&w->prng, SEED + forest);
        make_forest(w);
        for (uint32_t i = 0; i < STEPS; i++) {
            step(w);
            compare(w);
            for (int node = 0; node < TARGETS; node++)
                outages += w->nodes[node].outage;
            room_forget(w->room);
        }
        room_close(&w->room);
    }
    assert_true(outages > STEPS); /* it was worth the while */
}

static void
every_root_cause_has_its_outage(void **state)
{
    world_t w;
    (void)state;
    print_message("seed %#llx\n", (unsigned long long)SEED);
    run(&w, false);
}

static void
maintenance_opens_none(void **state)
{
    world_t w;
    (void)state;
    print_message("seed %#llx\n", (unsigned long long)SEED);
    run(&w, true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_root_cause_has_its_outage),
        cmocka_unit_test(maintenance_opens_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
