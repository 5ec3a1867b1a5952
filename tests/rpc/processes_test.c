/* Processes of the shop over the mill (mill.h) behind a real broker: they go through with people in
 * them, news makes them go on, whoever restarts when; and what may be asked of them by whom. */
#include "testing.h"

#include "mill.h"
#include "stage.h"

#include <grpc/reflection/reflection.kt.h>
#include <kantor/process/v1/process.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kantor/store/v1/store.kt.h>
#include <kt/process.h>
#include <kt/time.h>

#define ORDERS     50
#define AMOUNT     (MILL_STOCK / ORDERS) /* so that a thing taken twice is missing elsewhere */
#define WAITS      32
#define BACKOFF_MS 10000
#define SOON_US    (5 * KT_US_PER_S)
#define ID_SIZE    (KT_ULID_CHARS + 1)

static const stage_principal_t principals[] = {
    {"carla", "clerk", NULL},          {"mia", "miller", NULL},
    {"ada", "auditor", NULL},          {"otto", "it.expert", NULL},
    {"olga", "it.expert clerk", NULL}, {"shop", "department", "shop"},
    {"mill", "department", "mill"},    {NULL, NULL, NULL},
};

typedef struct world {
    stage_t *stage;
    kt_shell_t *shop, *mill;
    kt_client_t *carla, *mia, *ada;
    kt_reply_t reply;
} world_t;

static int
setup(void **state)
{
    world_t *w = (world_t *)calloc(1, sizeof(*w));

    assert_non_null(w);
    w->stage = stage_new(principals);
    w->mill = stage_start(w->stage, mill_service(), NULL);
    w->shop = stage_start(w->stage, shop_service(), NULL);
    w->carla = stage_client(w->stage, "carla");
    w->mia = stage_client(w->stage, "mia");
    w->ada = stage_client(w->stage, "ada");
    assert_ok(kt_reply_init(&w->reply));
    *state = w;
    return 0;
}

static int
teardown(void **state)
{
    world_t *w = (world_t *)*state;

    kt_reply_fini(&w->reply);
    kt_client_destroy(&w->carla);
    kt_client_destroy(&w->mia);
    kt_client_destroy(&w->ada);
    kt_shell_destroy(&w->shop);
    kt_shell_destroy(&w->mill);
    stage_destroy(&w->stage);
    free(w);
    return 0;
}

static void
restart_shop(world_t *w)
{
    kt_shell_destroy(&w->shop);
    w->shop = stage_start(w->stage, shop_service(), NULL);
}

static void
restart_mill(world_t *w)
{
    kt_shell_destroy(&w->mill);
    w->mill = stage_start(w->stage, mill_service(), NULL);
}

static void
restart_broker(world_t *w)
{
    stage_stop_broker(w->stage);
    stage_start_broker(w->stage);
}

/* ---- calls ---- */

static void
order_at(world_t *w, const char *name, int64_t amount, int64_t at_us, char id[ID_SIZE])
{
    shop_order_request_t request = SHOP_ORDER_REQUEST_INIT;

    request.order = (char *)(uintptr_t)name;
    request.amount = amount;
    request.at_us = at_us;
    assert_ok(kt_client_call(w->carla, &shop_shop_service.methods[SHOP_SHOP_ORDER], NULL,
                             &request.base, &w->reply));
    (void)snprintf(id, ID_SIZE, "%s", ((const shop_order_response_t *)w->reply.message)->process);
}

static void
order(world_t *w, unsigned number, int64_t amount, char id[ID_SIZE])
{
    char name[16];

    (void)snprintf(name, sizeof(name), "o-%u", number);
    order_at(w, name, amount, kt_clock_wall_us(), id);
}

/* Things have the names of their processes, as names are written. */
static char *
thing_of(const char *id, char thing[ID_SIZE])
{
    for (size_t i = 0; i < ID_SIZE; i++)
        thing[i] = (char)(id[i] >= 'A' && id[i] <= 'Z' ? id[i] - 'A' + 'a' : id[i]);
    return thing;
}

static void
judge(world_t *w, const char *id, mill_thing_state_t state)
{
    mill_judge_request_t request = MILL_JUDGE_REQUEST_INIT;
    char thing[ID_SIZE];

    request.thing = thing_of(id, thing);
    request.state = state;
    assert_ok(kt_client_call(w->mia, &mill_mill_service.methods[MILL_MILL_JUDGE], NULL,
                             &request.base, &w->reply));
}

static const mill_thing_t *
look(world_t *w, const char *id)
{
    mill_name_request_t request = MILL_NAME_REQUEST_INIT;
    char thing[ID_SIZE];

    request.thing = thing_of(id, thing);
    assert_ok(kt_client_call(w->mia, &mill_mill_service.methods[MILL_MILL_LOOK], NULL,
                             &request.base, &w->reply));
    return (const mill_thing_t *)w->reply.message;
}

static kt_status_t
of_processes(world_t *w, kt_client_t *client, uint32_t method, const ProtobufCMessage *request)
{
    kt_call_options_t options = {.department = "shop"};

    return kt_client_call(client, &process_processes_service.methods[method], &options, request,
                          &w->reply);
}

static kt_status_t
get(world_t *w, const char *id)
{
    process_get_process_request_t request = PROCESS_GET_PROCESS_REQUEST_INIT;

    request.process = (char *)(uintptr_t)id;
    return of_processes(w, w->ada, PROCESS_PROCESSES_GET_PROCESS, &request.base);
}

static const process_get_process_response_t *
got(const world_t *w)
{
    return (const process_get_process_response_t *)w->reply.message;
}

static kt_status_t
resolve(world_t *w, const char *who, const char *id, process_resolution_t resolution)
{
    process_resolve_incident_request_t request = PROCESS_RESOLVE_INCIDENT_REQUEST_INIT;
    kt_client_t *client = stage_client(w->stage, who);
    kt_status_t status;

    request.process = (char *)(uintptr_t)id;
    request.resolution = resolution;
    request.why = "looked at";
    status = of_processes(w, client, PROCESS_PROCESSES_RESOLVE_INCIDENT, &request.base);
    kt_client_destroy(&client);
    return status;
}

static kt_stream_t *
watch(world_t *w, const char *id, uint32_t from, uint32_t timeout_ms)
{
    process_watch_process_request_t request = PROCESS_WATCH_PROCESS_REQUEST_INIT;
    kt_call_options_t options = {.department = "shop", .timeout_ms = timeout_ms};
    kt_stream_t *stream = NULL;

    request.process = (char *)(uintptr_t)id;
    request.from_entry = from;
    assert_ok(kt_client_open(w->ada,
                             &process_processes_service.methods[PROCESS_PROCESSES_WATCH_PROCESS],
                             &options, &request.base, &stream));
    return stream;
}

/* Watches the process until STEP ("" of the process itself) has an entry of KIND, whoever restarts
 * meanwhile. Returns the entry's time. */
static int64_t
await(world_t *w, const char *id, const char *step, process_timeline_kind_t kind)
{
    for (;;) {
        kt_stream_t *stream = watch(w, id, 0, 60000);
        while (!kt_failed(kt_stream_receive(stream, &w->reply))) {
            const process_watch_process_response_t *news =
                (const process_watch_process_response_t *)w->reply.message;
            for (size_t i = 0; i < news->n_timeline; i++)
                if (news->timeline[i]->kind == kind && strcmp(news->timeline[i]->step, step) == 0) {
                    int64_t time_us = news->timeline[i]->time_us;
                    kt_stream_close(&stream);
                    return time_us;
                }
        }
        kt_stream_close(&stream);
        if (w->reply.status.code != KT_UNAVAILABLE)
            fail_msg("%s: no entry of kind %d of %s: %s", id, (int)kind, step,
                     w->reply.status.text ? w->reply.status.text : "it ended");
    }
}

static void
await_end(world_t *w, const char *id, process_state_t state)
{
    (void)await(w, id, "", PROCESS_TIMELINE_KIND_PROCESS_ENDED);
    assert_ok(get(w, id));
    assert_int_equal(got(w)->process->state, state);
}

/* ---- an order ---- */

static void
an_order_is_watched_to_its_end(void **state)
{
    world_t *w = (world_t *)*state;
    char id[ID_SIZE];
    kt_stream_t *stream;
    const process_watch_process_response_t *last;
    uint32_t entries = 0;

    order(w, 1, 30, id);
    stream = watch(w, id, 0, 60000);
    (void)await(w, id, "take", PROCESS_TIMELINE_KIND_STEP_DONE);
    assert_int_equal(look(w, id)->state, MILL_THING_STATE_NEW);
    judge(w, id, MILL_THING_STATE_GOOD);
    do {
        assert_ok(kt_stream_receive(stream, &w->reply));
        last = (const process_watch_process_response_t *)w->reply.message;
        entries += (uint32_t)last->n_timeline;
    } while (last->process->ended_us == 0);
    assert_int_equal(last->process->state, PROCESS_STATE_DONE);
    assert_int_equal(entries, 8);
    assert_int_equal(kt_stream_receive(stream, &w->reply).code, KT_OUT_OF_RANGE);
    assert_ok(w->reply.status);
    kt_stream_close(&stream);
    assert_ok(get(w, id));
    assert_int_equal(got(w)->n_timeline, 8);
    assert_string_equal(got(w)->process->started_by, "carla");
    assert_string_equal(got(w)->timeline[2]->by, "shop");
}

static void
a_watch_begins_at_an_entry(void **state)
{
    static const struct {
        uint32_t from;
        size_t entries;
    } rows[] = {{0, 5}, {1, 5}, {3, 3}, {5, 1}, {6, 0}, {UINT32_MAX, 0}};
    world_t *w = (world_t *)*state;
    char id[ID_SIZE];

    order(w, 1, MILL_STOCK, id);
    (void)await(w, id, "take", PROCESS_TIMELINE_KIND_STEP_DONE);
    order(w, 2, 1, id); /* started, noted, refused, note undone, ended */
    await_end(w, id, PROCESS_STATE_REJECTED);
    assert_int_equal(got(w)->n_timeline, 5);
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_stream_t *stream = watch(w, id, rows[i].from, 60000);
        const process_watch_process_response_t *only;
        assert_ok(kt_stream_receive(stream, &w->reply));
        only = (const process_watch_process_response_t *)w->reply.message;
        assert_int_equal(only->n_timeline, rows[i].entries);
        assert_int_equal(only->process->state, PROCESS_STATE_REJECTED);
        assert_int_equal(kt_stream_receive(stream, &w->reply).code, KT_OUT_OF_RANGE);
        assert_ok(w->reply.status);
        kt_stream_close(&stream);
    }
}

/* One that begins beyond the last entry there will ever be ends with the process all the same. */
static void
a_watch_from_beyond_ends_too(void **state)
{
    world_t *w = (world_t *)*state;
    char id[ID_SIZE];
    kt_stream_t *stream;

    order(w, 1, 1, id);
    stream = watch(w, id, UINT32_MAX, 60000);
    assert_ok(kt_stream_receive(stream, &w->reply));
    (void)await(w, id, "take", PROCESS_TIMELINE_KIND_STEP_DONE);
    judge(w, id, MILL_THING_STATE_BAD);
    await_end(w, id, PROCESS_STATE_REJECTED);
    assert_ok(kt_stream_receive(stream, &w->reply));
    assert_int_equal(((const process_watch_process_response_t *)w->reply.message)->process->state,
                     PROCESS_STATE_REJECTED);
    assert_int_equal(kt_stream_receive(stream, &w->reply).code, KT_OUT_OF_RANGE);
    assert_ok(w->reply.status);
    kt_stream_close(&stream);
}

/* Questions that were asked often already, and are asked again only after seconds, are asked at
 * once when what they ask for changes: that so many end soon is no accident. */
static void
news_ends_waits_soon(void **state)
{
    world_t *w = (world_t *)*state;
    static char ids[WAITS][ID_SIZE];
    int64_t judged_us[WAITS];
    kt_stream_t *stream;

    for (unsigned i = 0; i < WAITS; i++)
        order(w, i, 1, ids[i]);
    for (unsigned i = 0; i < WAITS; i++)
        (void)await(w, ids[i], "take", PROCESS_TIMELINE_KIND_STEP_DONE);
    stream = watch(w, ids[0], 4, BACKOFF_MS);
    assert_ok(kt_stream_receive(stream, &w->reply));
    assert_int_equal(kt_stream_receive(stream, &w->reply).code, KT_OUT_OF_RANGE);
    assert_int_equal(w->reply.status.code, KT_DEADLINE_EXCEEDED); /* nothing more happened */
    kt_stream_close(&stream);
    for (unsigned i = 0; i < WAITS; i++) {
        judged_us[i] = kt_clock_wall_us();
        judge(w, ids[i], MILL_THING_STATE_GOOD);
    }
    for (unsigned i = 0; i < WAITS; i++) {
        int64_t done_us = await(w, ids[i], "judged", PROCESS_TIMELINE_KIND_STEP_DONE);
        if (done_us - judged_us[i] >= SOON_US)
            fail_msg("the %u. wait ended %lld us after the judgement", i,
                     (long long)(done_us - judged_us[i]));
    }
}

/* ---- restarts ---- */

static uint64_t
records(world_t *w, const char *department, const char *table)
{
    store_stats_request_t request = STORE_STATS_REQUEST_INIT;
    kt_call_options_t options = {.department = department};
    const store_stats_response_t *stats;

    assert_ok(kt_client_call(w->ada, &store_store_service.methods[STORE_STORE_STATS], &options,
                             &request.base, &w->reply));
    stats = (const store_stats_response_t *)w->reply.message;
    for (size_t i = 0; i < stats->n_tables; i++)
        if (strcmp(stats->tables[i]->name, table) == 0)
            return stats->tables[i]->records;
    fail_msg("%s has no table %s", department, table);
    return 0;
}

static void
assert_verifies(world_t *w, const char *department)
{
    store_verify_request_t request = STORE_VERIFY_REQUEST_INIT;
    kt_call_options_t options = {.department = department};
    uint64_t found = 0;
    kt_stream_t *stream = NULL;

    assert_ok(kt_client_open(w->ada, &store_store_service.methods[STORE_STORE_VERIFY], &options,
                             &request.base, &stream));
    while (!kt_failed(kt_stream_receive(stream, &w->reply)))
        found += ((const store_verify_progress_t *)w->reply.message)->n_findings;
    assert_ok(w->reply.status);
    assert_int_equal(found, 0);
    kt_stream_close(&stream);
}

static void
whoever_restarts_each_thing_is_taken_once(void **state)
{
    static void (*const RESTARTS[])(world_t *) = {restart_mill, restart_shop, restart_broker};
    world_t *w = (world_t *)*state;
    static char ids[ORDERS][ID_SIZE];

    for (unsigned i = 0; i < ORDERS; i++) {
        order(w, i, AMOUNT, ids[i]);
        if (i % 8 == 7)
            RESTARTS[i / 8 % KT_COUNT(RESTARTS)](w);
    }
    for (unsigned i = 0; i < ORDERS; i++) {
        (void)await(w, ids[i], "take", PROCESS_TIMELINE_KIND_STEP_DONE);
        judge(w, ids[i], MILL_THING_STATE_GOOD);
        if (i % 8 == 3)
            RESTARTS[i / 8 % KT_COUNT(RESTARTS)](w);
    }
    for (unsigned i = 0; i < ORDERS; i++) {
        await_end(w, ids[i], PROCESS_STATE_DONE);
        assert_int_equal(got(w)->n_timeline, 8);
        assert_int_equal(look(w, ids[i])->state, MILL_THING_STATE_GOOD);
        assert_int_equal(look(w, ids[i])->amount, AMOUNT);
    }
    /* Nothing is left, so none was taken twice; and each has a note of its own and one to keep. */
    order(w, ORDERS, 1, ids[0]);
    await_end(w, ids[0], PROCESS_STATE_REJECTED);
    assert_int_equal(records(w, "mill", "thing"), ORDERS);
    assert_int_equal(records(w, "shop", "note"), 2 * ORDERS);
    assert_int_equal(records(w, "shop", "outbox"), 0);
    assert_verifies(w, "shop");
    assert_verifies(w, "mill");
}

/* The mill is away for all of the orders, then the shop for all of the judgements. */
static void
what_is_away_is_waited_for(void **state)
{
    world_t *w = (world_t *)*state;
    static char ids[ORDERS][ID_SIZE];

    kt_shell_destroy(&w->mill);
    for (unsigned i = 0; i < ORDERS; i++)
        order(w, i, AMOUNT, ids[i]);
    for (unsigned i = 0; i < ORDERS; i++)
        (void)await(w, ids[i], "note", PROCESS_TIMELINE_KIND_STEP_DONE);
    w->mill = stage_start(w->stage, mill_service(), NULL);
    for (unsigned i = 0; i < ORDERS; i++)
        (void)await(w, ids[i], "take", PROCESS_TIMELINE_KIND_STEP_DONE);
    kt_shell_destroy(&w->shop);
    for (unsigned i = 0; i < ORDERS; i++)
        judge(w, ids[i], i % 2 ? MILL_THING_STATE_GOOD : MILL_THING_STATE_BAD);
    restart_broker(w);
    w->shop = stage_start(w->stage, shop_service(), NULL);
    for (unsigned i = 0; i < ORDERS; i++)
        await_end(w, ids[i], i % 2 ? PROCESS_STATE_DONE : PROCESS_STATE_REJECTED);
    for (unsigned i = 0; i < ORDERS; i++)
        assert_int_equal(look(w, ids[i])->state,
                         i % 2 ? MILL_THING_STATE_GOOD : MILL_THING_STATE_GIVEN);
    assert_int_equal(records(w, "shop", "note"), ORDERS); /* two for each that is done */
}

/* ---- who may what ---- */

/* An instant that is none cannot be waited for. */
static void
make_incident(world_t *w, char id[ID_SIZE])
{
    order_at(w, "o-1", 30, -1, id);
    (void)await(w, id, "take", PROCESS_TIMELINE_KIND_STEP_DONE);
    judge(w, id, MILL_THING_STATE_GOOD);
    (void)await(w, id, "later", PROCESS_TIMELINE_KIND_STEP_INCIDENT);
}

static void
an_incident_is_for_its_owner(void **state)
{
    world_t *w = (world_t *)*state;
    char id[ID_SIZE];

    make_incident(w, id);
    assert_ok(get(w, id));
    assert_int_equal(got(w)->process->state, PROCESS_STATE_INCIDENT);
    assert_string_equal(got(w)->process->incident_owner, "clerk");
    assert_status(resolve(w, "ada", id, PROCESS_RESOLUTION_SKIP), KT_PERMISSION_DENIED,
                  RPC_REASON_ROLE_MISSING);
    assert_status(resolve(w, "otto", id, PROCESS_RESOLUTION_SKIP), KT_PERMISSION_DENIED,
                  RPC_REASON_PROCESS_NOT_OWNER);
    assert_status(resolve(w, "olga", id, PROCESS_RESOLUTION_COMPENSATE), KT_FAILED_PRECONDITION,
                  RPC_REASON_PROCESS_PAST_PIVOT);
    assert_status(resolve(w, "olga", id, 99), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_ok(resolve(w, "olga", id, PROCESS_RESOLUTION_SKIP));
    await_end(w, id, PROCESS_STATE_DONE);
    assert_status(resolve(w, "olga", id, PROCESS_RESOLUTION_SKIP), KT_FAILED_PRECONDITION,
                  RPC_REASON_PROCESS_NO_INCIDENT);
}

static kt_status_t
settle(world_t *w, const char *who, const char *id, process_verdict_t verdict)
{
    process_settle_request_t request = PROCESS_SETTLE_REQUEST_INIT;
    kt_client_t *client = stage_client(w->stage, who);
    kt_status_t status;

    request.process = (char *)(uintptr_t)id;
    request.turn = 1;
    request.verdict = verdict;
    status = of_processes(w, client, PROCESS_PROCESSES_SETTLE, &request.base);
    kt_client_destroy(&client);
    return status;
}

static void
a_department_settles_its_own(void **state)
{
    world_t *w = (world_t *)*state;
    static const char *const STRANGERS[] = {"carla", "ada", "olga", "mill"};
    char id[ID_SIZE];

    order(w, 1, 30, id);
    (void)await(w, id, "take", PROCESS_TIMELINE_KIND_STEP_DONE);
    for (size_t i = 0; i < KT_COUNT(STRANGERS); i++)
        assert_status(settle(w, STRANGERS[i], id, PROCESS_VERDICT_DONE), KT_PERMISSION_DENIED,
                      RPC_REASON_ROLE_MISSING);
    /* It was settled before: nothing happens. */
    assert_ok(settle(w, "shop", id, PROCESS_VERDICT_REJECTED));
    assert_false(((const process_settle_response_t *)w->reply.message)->applied);
    assert_ok(get(w, id));
    assert_int_equal(got(w)->n_timeline, 3);
}

/* ---- reading ---- */

static const process_list_processes_response_t *
list(world_t *w, const char *type, process_state_t of, int32_t size, const char *token)
{
    process_list_processes_request_t request = PROCESS_LIST_PROCESSES_REQUEST_INIT;

    request.type = (char *)(uintptr_t)type;
    request.state = of;
    request.page_size = size;
    request.page_token = (char *)(uintptr_t)token;
    assert_ok(of_processes(w, w->ada, PROCESS_PROCESSES_LIST_PROCESSES, &request.base));
    return (const process_list_processes_response_t *)w->reply.message;
}

static bool
is_one_of(const char *id, char ids[][ID_SIZE], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(ids[i], id) == 0)
            return true;
    return false;
}

static void
listings_have_pages(void **state)
{
    enum { ALL = 5 };
    world_t *w = (world_t *)*state;
    char ids[ALL][ID_SIZE], token[1024] = "", last[ID_SIZE];
    unsigned seen = 0;

    assert_int_equal(list(w, "", 0, 0, "")->n_processes, 0);
    for (unsigned i = 0; i < ALL; i++)
        order(w, i, i == 2 ? MILL_STOCK + 1 : 1, ids[i]);
    for (unsigned i = 0; i < ALL; i++)
        if (i != 2)
            (void)await(w, ids[i], "take", PROCESS_TIMELINE_KIND_STEP_DONE);
    await_end(w, ids[2], PROCESS_STATE_REJECTED);
    do {
        const process_list_processes_response_t *page = list(w, "order", 0, 2, token);
        assert_true(page->n_processes <= 2);
        for (size_t i = 0; i < page->n_processes; i++, seen++) {
            /* The newest first; within one millisecond chance decides. */
            assert_true(seen == 0 || strcmp(page->processes[i]->process, last) < 0);
            (void)snprintf(last, sizeof(last), "%s", page->processes[i]->process);
            assert_true(is_one_of(last, ids, ALL));
        }
        (void)snprintf(token, sizeof(token), "%s", page->next_page_token);
    } while (token[0]);
    assert_int_equal(seen, ALL);
    assert_int_equal(list(w, "", PROCESS_STATE_RUNNING, 0, "")->n_processes, ALL - 1);
    assert_int_equal(list(w, "", PROCESS_STATE_REJECTED, 0, "")->n_processes, 1);
    assert_int_equal(list(w, "", PROCESS_STATE_DONE, 0, "")->n_processes, 0);
    assert_int_equal(list(w, "other", 0, 0, "")->n_processes, 0);
}

static void
listings_that_are_refused(void **state)
{
    static const struct {
        int32_t size;
        const char *token;
    } rows[] = {{-1, ""}, {1001, ""}, {1, "nonsense"}};
    world_t *w = (world_t *)*state;

    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        process_list_processes_request_t request = PROCESS_LIST_PROCESSES_REQUEST_INIT;
        request.page_size = rows[i].size;
        request.page_token = (char *)(uintptr_t)rows[i].token;
        assert_status(of_processes(w, w->ada, PROCESS_PROCESSES_LIST_PROCESSES, &request.base),
                      KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    }
}

static void
what_is_not_there(void **state)
{
    world_t *w = (world_t *)*state;
    const char *unknown = "01JZZZZZZZZZZZZZZZZZZZZZZZ";
    kt_stream_t *stream;

    assert_status(get(w, unknown), KT_NOT_FOUND, RPC_REASON_PROCESS_UNKNOWN);
    assert_status(get(w, "o-1"), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(resolve(w, "olga", unknown, PROCESS_RESOLUTION_SKIP), KT_NOT_FOUND,
                  RPC_REASON_PROCESS_UNKNOWN);
    assert_status(settle(w, "shop", unknown, PROCESS_VERDICT_DONE), KT_NOT_FOUND,
                  RPC_REASON_PROCESS_UNKNOWN);
    stream = watch(w, unknown, 0, 60000);
    assert_int_equal(kt_stream_receive(stream, &w->reply).code, KT_OUT_OF_RANGE);
    assert_status(w->reply.status, KT_NOT_FOUND, RPC_REASON_PROCESS_UNKNOWN);
    kt_stream_close(&stream);
}

/* Command lines learn the contract from the department itself. */
static void
the_contract_is_reflected(void **state)
{
    world_t *w = (world_t *)*state;
    reflection_server_reflection_request_t request = REFLECTION_SERVER_REFLECTION_REQUEST_INIT;
    kt_call_options_t options = {.department = "shop"};
    const reflection_server_reflection_response_t *response;
    char symbol[] = "kantor.process.v1.Processes";
    kt_stream_t *stream = NULL;

    request.message_request_case =
        REFLECTION_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL;
    request.file_containing_symbol = symbol;
    assert_ok(kt_client_open(w->ada, &reflection_server_reflection_service.methods[0], &options,
                             NULL, &stream));
    assert_ok(kt_stream_send(stream, &request.base, true));
    assert_ok(kt_stream_receive(stream, &w->reply));
    response = (const reflection_server_reflection_response_t *)w->reply.message;
    assert_int_equal(
        response->message_response_case,
        REFLECTION_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE);
    kt_stream_close(&stream);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_order_is_watched_to_its_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_watch_begins_at_an_entry, setup, teardown),
        cmocka_unit_test_setup_teardown(a_watch_from_beyond_ends_too, setup, teardown),
        cmocka_unit_test_setup_teardown(news_ends_waits_soon, setup, teardown),
        cmocka_unit_test_setup_teardown(whoever_restarts_each_thing_is_taken_once, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_away_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(an_incident_is_for_its_owner, setup, teardown),
        cmocka_unit_test_setup_teardown(a_department_settles_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(listings_have_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(listings_that_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(the_contract_is_reflected, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
