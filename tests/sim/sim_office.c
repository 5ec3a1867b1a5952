#include "sim_office.h"

#include "testing.h"
#include <kantor/rpc/v1/call.kt.h>

#define OPEN_MAX      8 /* of one client */
#define STREAM_LENGTH 40

static const char *const CLIENT_ENDPOINTS[BROKERS] = {"clients-0", "clients-1"};
static const char *const SERVICE_ENDPOINTS[BROKERS] = {"services-0", "services-1"};
#define CLIENT_KEY  "cccccccccccccccccccccccccccccccccccccccc"
#define SERVICE_KEY "dddddddddddddddddddddddddddddddddddddddd"

static const char *const everybody[] = {"*"};
static const kt_method_t methods[] = {
    {.path = "/kantor.dept.v1.T/Read",
     .kind = KT_METHOD_READ,
     .roles = everybody,
     .roles_count = 1},
    {.path = "/kantor.dept.v1.T/Write",
     .kind = KT_METHOD_WRITE,
     .roles = everybody,
     .roles_count = 1},
    {.path = "/kantor.dept.v1.T/Admin",
     .kind = KT_METHOD_ADMIN,
     .roles = everybody,
     .roles_count = 1},
    {.path = "/kantor.dept.v1.T/Down",
     .kind = KT_METHOD_READ,
     .server_streaming = true,
     .roles = everybody,
     .roles_count = 1},
    {.path = "/kantor.dept.v1.T/Up",
     .kind = KT_METHOD_READ,
     .client_streaming = true,
     .roles = everybody,
     .roles_count = 1},
};
static const kt_server_method_t served[] = {{"/kantor.dept.v1.T/Read", &methods[0]},
                                            {"/kantor.dept.v1.T/Write", &methods[1]},
                                            {"/kantor.dept.v1.T/Admin", &methods[2]},
                                            {"/kantor.dept.v1.T/Down", &methods[3]},
                                            {"/kantor.dept.v1.T/Up", &methods[4]}};

int64_t
office_now(const office_t *office)
{
    return kt_sim_now_us(office->sim);
}

uint64_t
office_chance(office_t *office, uint64_t bound)
{
    return kt_prng_below(kt_sim_prng(office->sim), bound);
}

static uint32_t
frame_number(const kt_frame_t *frame)
{
    uint32_t number = UINT32_MAX;
    kt_span_t bytes = kt_frame_span(frame);
    assert_int_equal(bytes.size, sizeof number);
    memcpy(&number, bytes.data, sizeof number);
    return number;
}

static void
frame_of(kt_frame_t *frame, uint32_t number)
{
    assert_ok(kt_frame_init_copy(frame, kt_span(&number, sizeof number)));
}

/* ---- brokers ---- */

static kt_io_t
broker_port(void *context, broker_side_t side, kt_peer_t peer, kt_message_t *message)
{
    sim_broker_t *broker = context;
    return kt_sim_send_to(broker->office->sim,
                          side == BROKER_CLIENTS ? CLIENT_ENDPOINTS[broker->index]
                                                 : SERVICE_ENDPOINTS[broker->index],
                          peer, message);
}

static void
broker_hears_client(void *context, kt_peer_t peer, const char *key, kt_message_t *message)
{
    sim_broker_t *broker = context;
    broker_core_on_client(broker->core, peer, key, message, office_now(broker->office));
}

static void
broker_hears_service(void *context, kt_peer_t peer, const char *key, kt_message_t *message)
{
    sim_broker_t *broker = context;
    broker_core_on_service(broker->core, peer, key, message, office_now(broker->office));
}

static void
broker_start(sim_broker_t *broker)
{
    office_t *office = broker->office;
    broker_options_t options = {
        .limits = broker_limits_usual(),
        .directory = &office->directory,
        .ports = {.context = broker, .send = broker_port},
        .seed = office_chance(office, UINT64_MAX),
        .now_us = office_now(office),
    };
    options.limits.calls_max = 1024;
    options.limits.queued_max = 512;
    options.limits.peers_max = 256;
    assert_ok(broker_core_new(&options, &broker->core));
    kt_sim_listen(office->sim, CLIENT_ENDPOINTS[broker->index], broker_hears_client, broker);
    kt_sim_listen(office->sim, SERVICE_ENDPOINTS[broker->index], broker_hears_service, broker);
}

static void
broker_bury(sim_broker_t *broker, int64_t back_us)
{
    broker_core_destroy(&broker->core);
    broker->back_us = back_us;
    broker->leave_us = 0;
}

void
sim_broker_kill(sim_broker_t *broker, int64_t back_us)
{
    kt_sim_shut(broker->office->sim, CLIENT_ENDPOINTS[broker->index]);
    kt_sim_shut(broker->office->sim, SERVICE_ENDPOINTS[broker->index]);
    broker_bury(broker, back_us);
}

void
sim_broker_vanish(sim_broker_t *broker, int64_t back_us)
{
    kt_sim_vanish(broker->office->sim, CLIENT_ENDPOINTS[broker->index]);
    kt_sim_vanish(broker->office->sim, SERVICE_ENDPOINTS[broker->index]);
    broker_bury(broker, back_us);
}

void
sim_broker_drain(sim_broker_t *broker, int64_t leave_us, int64_t back_us)
{
    broker_core_drain(broker->core, office_now(broker->office));
    broker->leave_us = leave_us;
    broker->back_us = back_us;
}

static void
broker_leave(sim_broker_t *broker)
{
    int64_t now_us = office_now(broker->office);
    if (now_us < broker->leave_us && !broker_core_idle(broker->core))
        return;
    broker_core_finish(broker->core, now_us);
    kt_sim_leave(broker->office->sim, CLIENT_ENDPOINTS[broker->index]);
    kt_sim_leave(broker->office->sim, SERVICE_ENDPOINTS[broker->index]);
    broker_bury(broker, broker->back_us);
}

/* ---- instances ---- */

static void
line_heard(void *context, kt_message_t *message)
{
    sim_line_t *line = context;
    sim_instance_t *instance = &line->office->instances[line->instance];
    if (instance->server && !line->renew)
        kt_server_receive(instance->server, line->broker, message, office_now(line->office));
}

static void
line_lost(void *context)
{
    sim_line_t *line = context;
    sim_instance_t *instance = &line->office->instances[line->instance];
    if (instance->server)
        kt_server_lost(instance->server, line->broker, "cut", office_now(line->office));
}

static void
instance_call(void *context, kt_server_call_t *call, kt_server_begin_t *begin)
{
    sim_instance_t *instance = context;
    office_t *office = instance->office;
    sim_job_t *job = &instance->jobs[call->slot];
    *job = (sim_job_t){.number = UINT32_MAX};
    if (call->takes)
        return; /* its messages say which one it is */
    job->number = frame_number(begin->body);
    assert_true(job->number < office->calls_count);
    office->calls[job->number].runs++;
    /* Mostly quick, now and then slower than the deadline. */
    int64_t takes_us = (int64_t)office_chance(office, office_chance(office, 8) ? 30 : 3000) * MS;
    kt_server_alarm(instance->server, call, office_now(office) + takes_us + 1);
}

static void
instance_end(sim_instance_t *instance, kt_server_call_t *call, kt_status_t status, kt_frame_t *body)
{
    uint8_t bytes[256];
    kt_end_t end = {.status = status, .retry_after_ms = -1};
    kt_frame_t meta, none;
    kt_frame_init(&none);
    assert_ok(kt_frame_init_copy(&meta, kt_span(bytes, kt_end_encode(&end, bytes, sizeof bytes))));
    kt_server_end(instance->server, call, &meta, body ? body : &none, NULL);
}

static void
instance_stream(sim_instance_t *instance, kt_server_call_t *call)
{
    sim_job_t *job = &instance->jobs[call->slot];
    while (job->given < STREAM_LENGTH && kt_server_room(instance->server, call) > 0) {
        kt_frame_t body;
        frame_of(&body, job->given++);
        kt_server_send(instance->server, call, &body);
        kt_frame_close(&body);
    }
    if (job->given == STREAM_LENGTH)
        instance_end(instance, call, kt_ok(), NULL);
}

static void
instance_alarm(void *context, kt_server_call_t *call)
{
    sim_instance_t *instance = context;
    office_t *office = instance->office;
    sim_job_t *job = &instance->jobs[call->slot];
    sim_call_t *done = &office->calls[job->number];
    if (done->down) {
        job->ready = true;
        instance_stream(instance, call);
        return;
    }
    if (done->kind == KT_METHOD_WRITE && done->effects > 0)
        office->replays++; /* the key was there already: the stored reply */
    else
        done->effects++;
    kt_frame_t body;
    frame_of(&body, job->number);
    instance_end(instance, call, kt_ok(), &body);
    kt_frame_close(&body);
}

static void
instance_room(void *context, kt_server_call_t *call)
{
    sim_instance_t *instance = context;
    if (instance->jobs[call->slot].ready)
        instance_stream(instance, call);
}

static void
instance_over(void *context, kt_server_call_t *call, kt_status_t why)
{
    instance_end(context, call, why, NULL);
}

/* Each message of a stream up says which call it is of, and in its upper half which message. */
static void
instance_message(void *context, kt_server_call_t *call, kt_frame_t *body)
{
    sim_instance_t *instance = context;
    sim_job_t *job = &instance->jobs[call->slot];
    if (body) {
        uint32_t said = frame_number(body);
        if (job->given == 0) {
            job->number = said & 0xFFFF;
            instance->office->calls[job->number].runs++;
        }
        assert_int_equal(said, job->number | job->given << 16);
        job->given++;
        kt_server_consumed(instance->server, call, 1);
    }
    if (call->takes)
        return;
    kt_frame_t sum;
    frame_of(&sum, job->number);
    instance_end(instance, call,
                 job->given == STREAM_LENGTH ? kt_ok() : kt_error(KT_DATA_LOSS, 0, "too few"),
                 &sum);
    kt_frame_close(&sum);
}

static void
instance_link(void *context, unsigned link, kt_server_link_event_t event, const char *text)
{
    (void)text;
    sim_instance_t *instance = context;
    if (event == KT_LINK_LOST)
        instance->lines[link].renew = true;
}

static const kt_server_events_t instance_events = {
    .call = instance_call,
    .message = instance_message,
    .room = instance_room,
    .over = instance_over,
    .alarm = instance_alarm,
    .link = instance_link,
};

static void
instance_register_bytes(sim_instance_t *instance)
{
    rpc_registered_method_t offered[KT_COUNT(methods)];
    rpc_registered_method_t *list[KT_COUNT(methods)];
    char *roles[] = {(char *)"*"};
    for (unsigned i = 0; i < KT_COUNT(methods); i++) {
        offered[i] = (rpc_registered_method_t)RPC_REGISTERED_METHOD_INIT;
        offered[i].path = (char *)(uintptr_t)methods[i].path;
        offered[i].kind = (Kantor__Rpc__V1__Kind)methods[i].kind;
        offered[i].server_streaming = methods[i].server_streaming;
        offered[i].client_streaming = methods[i].client_streaming;
        offered[i].roles = roles;
        offered[i].n_roles = 1;
        list[i] = &offered[i];
    }
    char name[32];
    snprintf(name, sizeof name, "i-%u-%u", instance->index, instance->incarnation);
    rpc_registration_t registration = RPC_REGISTRATION_INIT;
    registration.service = (char *)"dept";
    registration.instance = name;
    registration.capacity = CAPACITY;
    registration.version = (char *)"1";
    registration.methods = list;
    registration.n_methods = KT_COUNT(methods);
    instance->registration_size = kantor__rpc__v1__registration__pack(&registration,
                                                                      instance->registration);
}

static void
instance_connect(sim_instance_t *instance, unsigned broker)
{
    office_t *office = instance->office;
    sim_line_t *line = &instance->lines[broker];
    kt_sim_close(&line->link);
    *line = (sim_line_t){.office = office, .instance = instance->index, .broker = broker};
    kt_sim_dealer_t dealer = {.heard = line_heard, .lost = line_lost, .context = line};
    line->link = kt_sim_connect(office->sim, SERVICE_ENDPOINTS[broker], SERVICE_KEY, &dealer);
    kt_server_connected(instance->server, broker, office_now(office));
}

static void
instance_start(sim_instance_t *instance)
{
    instance->incarnation++;
    instance_register_bytes(instance);
    kt_server_options_t options = {
        .links = BROKERS,
        .capacity = CAPACITY,
        .registration = kt_span(instance->registration, instance->registration_size),
        .methods = served,
        .methods_count = KT_COUNT(served),
        .events = &instance_events,
        .context = instance,
    };
    assert_ok(kt_server_new(&options, &instance->server));
    for (unsigned i = 0; i < BROKERS; i++)
        instance_connect(instance, i);
}

void
sim_instance_drain(sim_instance_t *instance, int64_t leave_us, int64_t back_us)
{
    kt_server_drain(instance->server, office_now(instance->office));
    instance->leave_us = leave_us;
    instance->back_us = back_us;
}

/* As the shell sees it: nobody waits for an answer, and all of them have left. */
static bool
has_drained(sim_instance_t *instance)
{
    kt_server_stat_t stat = kt_server_stat(instance->server);
    return stat.open == 0 && stat.queued_messages == 0 && kt_server_drained(instance->server);
}

static void
instance_bury(sim_instance_t *instance, int64_t back_us)
{
    for (unsigned i = 0; i < BROKERS; i++)
        kt_sim_close(&instance->lines[i].link);
    kt_server_destroy(&instance->server);
    instance->leave_us = 0;
    instance->back_us = back_us;
}

void
sim_instance_kill(sim_instance_t *instance, int64_t back_us)
{
    for (unsigned i = 0; i < BROKERS; i++)
        kt_sim_cut(instance->lines[i].link); /* its last replies are lost */
    instance_bury(instance, back_us);
}

/* ---- clients ---- */

static void
client_heard(void *context, kt_message_t *message)
{
    sim_client_t *client = context;
    kt_rpc_client_receive(client->machine, message, office_now(client->office));
}

static void
client_lost(void *context)
{
    sim_client_t *client = context;
    client->lost = true;
}

static bool
client_send(void *context, kt_message_t *message)
{
    sim_client_t *client = context;
    return kt_sim_send(client->link, message) == KT_IO_OK;
}

static void
client_follow_link(sim_client_t *client)
{
    office_t *office = client->office;
    int64_t now_us = office_now(office);
    if (client->lost) {
        client->lost = false;
        kt_sim_close(&client->link);
        kt_rpc_client_lost(client->machine, now_us);
    }
    kt_rpc_link_t link = kt_rpc_client_link(client->machine);
    if (client->link && link.generation != client->generation)
        kt_sim_close(&client->link);
    if (client->link || now_us < link.open_us)
        return;
    kt_sim_dealer_t dealer = {.heard = client_heard, .lost = client_lost, .context = client};
    client->link = kt_sim_connect(office->sim, CLIENT_ENDPOINTS[link.broker], CLIENT_KEY, &dealer);
    client->generation = link.generation;
    kt_rpc_client_opened(client->machine, now_us);
}

static void
client_start(sim_client_t *client)
{
    office_t *office = client->office;
    if (office->calls_count == CALLS_MAX)
        return;
    uint32_t number = office->calls_count;
    const kt_method_t *method = &methods[office_chance(office, office->plain ? 3 : 5)];
    bool streams = method->server_streaming || method->client_streaming;
    if (streams && client->stream)
        return;
    /* From shorter than a round trip to longer than any outage. */
    uint32_t timeout_ms = (uint32_t)office_chance(office, 1u << (4 + office_chance(office, 11))) +
                          1;
    if (office->plain)
        timeout_ms = KT_TIMEOUT_MS_USUAL;
    kt_frame_t body;
    frame_of(&body, number);
    kt_rpc_request_t request = {
        .path = kt_span_str(method->path),
        .kind = method->kind,
        .server_streaming = method->server_streaming,
        .client_streaming = method->client_streaming,
        .once = !office->plain && office_chance(office, 8) == 0,
        .timeout_ms = timeout_ms,
        .body = method->client_streaming ? NULL : &body,
        .tag = number,
        .wall_us = office_now(office),
    };
    kt_rpc_call_t *call = NULL;
    office->calls[office->calls_count++] = (sim_call_t){.kind = request.kind,
                                                        .down = request.server_streaming,
                                                        .up = request.client_streaming,
                                                        .began_us = office_now(office),
                                                        .deadline_us = office_now(office) +
                                                                       timeout_ms * MS};
    assert_ok(kt_rpc_client_start(client->machine, &request, office_now(office), &call));
    kt_frame_close(&body);
    if (streams) {
        client->stream = call;
        client->stream_number = number;
        client->stream_taken = client->stream_sent = 0;
    }
}

/* Sends of a stream up what there is room for; the LAST with the last message, or bare. */
static void
client_give(sim_client_t *client)
{
    office_t *office = client->office;
    bool bare = client->stream_number % 2;
    while (client->stream && office->calls[client->stream_number].up &&
           client->stream_sent < STREAM_LENGTH) {
        kt_frame_t body;
        frame_of(&body, client->stream_number | client->stream_sent << 16);
        bool last = client->stream_sent + 1 == STREAM_LENGTH;
        kt_rpc_io_t io = kt_rpc_stream_send(client->machine, client->stream, &body, last && !bare);
        kt_frame_close(&body);
        if (io != KT_RPC_OK)
            return;
        client->stream_sent++;
        if (last && bare)
            (void)kt_rpc_stream_send(client->machine, client->stream, NULL, true);
    }
}

static void
client_note_end(sim_client_t *client, uint32_t number)
{
    office_t *office = client->office;
    sim_call_t *call = &office->calls[number];
    call->ends++;
    call->took_us = office_now(office) - call->began_us;
    call->code = office->end.status.code;
    call->reason = office->end.status.reason;
    call->unknown = office->end.outcome_unknown;
    if (office_now(office) > call->deadline_us)
        fail_msg("KANTOR_SEED=%llu call %u: ended %lld us after its deadline",
                 (unsigned long long)office->seed, number,
                 (long long)(office_now(office) - call->deadline_us));
    if (call->code == KT_OK && !call->down)
        assert_int_equal(frame_number(&office->end.body), number);
}

static void
client_take(sim_client_t *client)
{
    office_t *office = client->office;
    while (kt_rpc_client_next(client->machine, &office->end))
        client_note_end(client, (uint32_t)office->end.tag);
    kt_rpc_io_t io = KT_RPC_AGAIN;
    while (client->stream && (io = kt_rpc_stream_receive(client->machine, client->stream,
                                                         &office->body, &office->end)) == KT_RPC_OK)
        assert_int_equal(frame_number(&office->body), client->stream_taken++);
    if (!client->stream || io == KT_RPC_AGAIN)
        return;
    client_note_end(client, client->stream_number);
    if (office->end.status.code == KT_OK && office->calls[client->stream_number].down)
        assert_int_equal(client->stream_taken, STREAM_LENGTH);
    kt_rpc_stream_close(client->machine, &client->stream, office_now(office));
}

/* ---- the office ---- */

/* Everything that every process would do in one turn of its loop. */
static void
office_turn(office_t *office, bool load)
{
    int64_t now_us = office_now(office);
    for (unsigned i = 0; i < BROKERS; i++) {
        sim_broker_t *broker = &office->brokers[i];
        if (!broker->core && broker->back_us <= now_us)
            broker_start(broker);
        if (broker->core)
            broker_core_tick(broker->core, now_us);
        if (broker->core && broker->leave_us > 0)
            broker_leave(broker);
    }
    for (unsigned i = 0; i < INSTANCES; i++) {
        sim_instance_t *instance = &office->instances[i];
        if (!instance->server && instance->back_us <= now_us)
            instance_start(instance);
        if (!instance->server)
            continue;
        if (instance->leave_us > 0 && (instance->leave_us <= now_us || has_drained(instance))) {
            instance_bury(instance, instance->back_us);
            continue;
        }
        kt_server_tick(instance->server, now_us);
        for (unsigned b = 0; b < BROKERS; b++) {
            if (instance->lines[b].renew)
                instance_connect(instance, b);
            kt_message_t *message;
            while ((message = kt_server_outgoing(instance->server, b)) &&
                   kt_sim_send(instance->lines[b].link, message) == KT_IO_OK)
                kt_server_sent(instance->server, b);
        }
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        sim_client_t *client = &office->clients[i];
        if (load && now_us >= client->next_us) {
            client->next_us = now_us + (int64_t)office_chance(office, 60) * MS + 1;
            if (kt_rpc_client_open_calls(client->machine) < OPEN_MAX)
                client_start(client);
        }
        client_follow_link(client);
        kt_rpc_client_tick(client->machine, now_us);
        client_follow_link(client);
        client_give(client);
        if (client->link)
            kt_rpc_client_flush(client->machine, client_send, client, now_us);
        client_take(client);
    }
}

static int64_t
office_next_us(const office_t *office, bool load)
{
    int64_t next_us = INT64_MAX;
    for (unsigned i = 0; i < BROKERS; i++) {
        const sim_broker_t *broker = &office->brokers[i];
        next_us = KT_MIN(next_us,
                         broker->core ? broker_core_next_us(broker->core) : broker->back_us);
    }
    for (unsigned i = 0; i < INSTANCES; i++) {
        const sim_instance_t *instance = &office->instances[i];
        next_us = KT_MIN(next_us,
                         instance->server ? kt_server_due(instance->server) : instance->back_us);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        next_us = KT_MIN(next_us, kt_rpc_client_timer(office->clients[i].machine));
        if (load)
            next_us = KT_MIN(next_us, office->clients[i].next_us);
    }
    return KT_MAX(next_us, office_now(office) + 1);
}

void
office_run(office_t *office, int64_t until_us, bool load)
{
    while (office_now(office) < until_us) {
        (void)kt_sim_step(office->sim, KT_MIN(until_us, office_next_us(office, load)));
        office_turn(office, load);
    }
}

void
office_open(office_t *office, uint64_t seed, unsigned known)
{
    memset(office, 0, sizeof *office);
    office->seed = seed;
    kt_sim_options_t network = {
        .seed = seed, .start_us = 1000 * SECOND, .delay_min_us = 50, .delay_max_us = 5 * MS};
    office->sim = kt_sim_new(&network);
    assert_non_null(office->sim);
    kt_rpc_end_init(&office->end);
    kt_frame_init(&office->body);
    broker_caller_limits_t limits = {
        .calls_max = 256, .queued_max = 256, .queued_bytes_max = 1 << 20};
    office->grants[0] = (broker_grant_t){.name = "shop", .limits = limits};
    office->grants[1] = (broker_grant_t){
        .name = "dept", .serves = {"dept"}, .serves_count = 1, .limits = limits};
    office->keys[0] = (broker_key_t){.text = CLIENT_KEY, .grant = 0};
    office->keys[1] = (broker_key_t){.text = SERVICE_KEY, .grant = 1};
    office->directory = (broker_directory_t){
        .grants = office->grants, .grants_count = 2, .keys = office->keys, .keys_count = 2};
    assert_true(broker_directory_seal(&office->directory, NULL));
    for (unsigned i = 0; i < BROKERS; i++) {
        office->brokers[i] = (sim_broker_t){.office = office, .index = i};
        broker_start(&office->brokers[i]);
    }
    for (unsigned i = 0; i < INSTANCES; i++) {
        office->instances[i] = (sim_instance_t){.office = office, .index = i};
        instance_start(&office->instances[i]);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        sim_client_t *client = &office->clients[i];
        *client = (sim_client_t){.office = office, .index = i};
        kt_rpc_client_options_t options = {.calls_max = OPEN_MAX,
                                           .brokers_count = known,
                                           .seed = office_chance(office, UINT64_MAX),
                                           .now_us = office_now(office)};
        assert_ok(kt_rpc_client_new(&options, &client->machine));
    }
}

void
office_plain_calls(office_t *office)
{
    office->plain = true;
}

void
office_close(office_t *office)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        kt_rpc_client_destroy(&office->clients[i].machine);
    for (unsigned i = 0; i < INSTANCES; i++)
        kt_server_destroy(&office->instances[i].server);
    for (unsigned i = 0; i < BROKERS; i++)
        broker_core_destroy(&office->brokers[i].core);
    kt_rpc_end_close(&office->end);
    kt_frame_close(&office->body);
    kt_sim_destroy(&office->sim);
}
