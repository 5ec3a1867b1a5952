/* The open calls: how they begin, end and are handed out. */
#include "client_machine.h"

#include <stdlib.h>

#define SCRATCH_BYTES     4096
#define SCRATCH_BYTES_MAX 262144

kt_status_t
kt_rpc_client_new(const kt_rpc_client_options_t *options, kt_rpc_client_t **client)
{
    if (options->calls_max < 1 || options->calls_max > KT_RPC_CALLS_MAX ||
        options->brokers_count < 1 || options->brokers_count > KT_RPC_BROKERS_MAX)
        return kt_error(KT_INVALID_ARGUMENT, 0,
                        "a client has 1 to 65,536 calls and 1 to 8 brokers");
    kt_rpc_client_t *made = calloc(1, sizeof *made);
    if (made) {
        made->heap = calloc(options->calls_max, sizeof *made->heap);
        made->scratch = kt_arena_new(SCRATCH_BYTES, SCRATCH_BYTES_MAX);
    }
    if (!made || !made->heap || !made->scratch) {
        kt_rpc_client_destroy(&made);
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a client");
    }
    made->options = *options;
    kt_prng_seed(&made->prng, options->seed);
    made->link = (kt_rpc_link_t){
        .generation = 1,
        .broker = (unsigned)kt_prng_below(&made->prng, options->brokers_count),
        .open_us = options->now_us,
    };
    *client = made;
    return kt_ok();
}

static void
release_frames(kt_rpc_call_t *call)
{
    kt_frame_close(&call->body);
    kt_rpc_end_close(&call->end);
    kt_rpc_stream_free(&call->stream);
}

void
kt_rpc_client_limit_reach(kt_rpc_client_t *client, int64_t reach_us)
{
    int64_t before_us = client->options.reach_us;
    KT_ASSERT(reach_us > 0);
    client->options.reach_us = before_us > 0 ? KT_MIN(before_us, reach_us) : reach_us;
}

void
kt_rpc_client_destroy(kt_rpc_client_t **client)
{
    kt_rpc_client_t *gone = KT_TAKE(*client);
    if (!gone)
        return;
    for (unsigned i = 0; i < gone->slots; i++)
        release_frames(&gone->chunks[i / CHUNK_CALLS][i % CHUNK_CALLS]);
    for (unsigned i = 0; i < CHUNKS_MAX; i++)
        free(gone->chunks[i]);
    free(gone->heap);
    kt_arena_destroy(&gone->scratch);
    free(gone);
}

void
kt_rpc_end_init(kt_rpc_end_t *end)
{
    *end = (kt_rpc_end_t){0};
    kt_frame_init(&end->meta);
    kt_frame_init(&end->body);
}

void
kt_rpc_end_close(kt_rpc_end_t *end)
{
    kt_frame_close(&end->meta);
    kt_frame_close(&end->body);
}

static void
end_move(kt_rpc_end_t *to, kt_rpc_end_t *from)
{
    kt_rpc_end_close(to);
    *to = *from;
    kt_rpc_end_init(from);
}

/* ---- slots ---- */

static bool
make_chunk(kt_rpc_client_t *client)
{
    kt_rpc_call_t *chunk = calloc(CHUNK_CALLS, sizeof *chunk);
    if (!chunk)
        return false;
    client->chunks[client->slots / CHUNK_CALLS] = chunk;
    for (unsigned i = 0; i < CHUNK_CALLS; i++) {
        kt_rpc_call_t *call = &chunk[CHUNK_CALLS - 1 - i]; /* so that the first is taken first */
        call->slot = client->slots + CHUNK_CALLS - 1 - i;
        call->heap_index = NOT_IN_HEAP;
        kt_frame_init(&call->body);
        kt_rpc_end_init(&call->end);
        call->next = client->free;
        client->free = call;
    }
    client->slots += CHUNK_CALLS;
    return true;
}

static kt_rpc_call_t *
slot_take(kt_rpc_client_t *client)
{
    if (client->calls >= client->options.calls_max || (!client->free && !make_chunk(client)))
        return NULL;
    kt_rpc_call_t *call = client->free;
    client->free = call->next;
    client->calls++;
    call->next = NULL;
    return call;
}

static void
slot_release(kt_rpc_client_t *client, kt_rpc_call_t *call)
{
    release_frames(call);
    call->state = CALL_FREE; /* it may still be in the list of the queued, where that is seen */
    call->call_id = 0;
    call->next = client->free;
    client->free = call;
    client->calls--;
}

kt_rpc_call_t *
kt_rpc_call_of_id(kt_rpc_client_t *client, uint64_t call_id)
{
    unsigned slot = call_id & ((1u << SLOT_BITS) - 1);
    if (slot >= client->slots)
        return NULL;
    kt_rpc_call_t *call = &client->chunks[slot / CHUNK_CALLS][slot % CHUNK_CALLS];
    return call->state == CALL_OPEN && call->sent && call->call_id == call_id ? call : NULL;
}

/* ---- beginning ---- */

static kt_status_t
bad_field(const char *text)
{
    return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD, text);
}

static bool
metadata_valid(const kt_rpc_request_t *request)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t left = KT_METADATA_BYTES_MAX;
    for (unsigned i = 0; i < request->metadata_count; i++) {
        const kt_metadata_t *pair = &request->metadata[i];
        size_t size = strlen(pair->key), taken = kt_metadata_size(pair);
        bool binary = size >= 4 && strcmp(pair->key + size - 4, "-bin") == 0;
        if (size < 1 || size > KT_METADATA_KEY_BYTES_MAX || strspn(pair->key, letters) != size ||
            taken > left || (!binary && !kt_utf8_valid(pair->value)))
            return false;
        left -= taken;
    }
    return true;
}

static kt_status_t
check(const kt_rpc_request_t *request)
{
    if (request->department.size + request->path.size > KT_PATH_BYTES_MAX)
        return bad_field("the method's path is longer than 200 bytes");
    if (request->on_behalf_of.size > KT_RPC_ON_BEHALF_BYTES_MAX ||
        !kt_utf8_valid(request->on_behalf_of))
        return bad_field("on_behalf_of is UTF-8 of at most 128 bytes");
    if (!metadata_valid(request))
        return bad_field("metadata is no pairs of at most 256 bytes together");
    if (request->body && kt_frame_span(request->body).size > KT_BODY_BYTES_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_LARGE,
                        "the request is larger than 4 MiB");
    return kt_ok();
}

static void
fill_meta(kt_rpc_client_t *client, kt_rpc_call_t *call, const kt_rpc_request_t *request)
{
    call->sampled = request->trace.sampled;
    const kt_ulid_t *key = NULL;
    if (request->kind == KT_METHOD_WRITE) {
        call->end.key = request->key
                            ? *request->key
                            : kt_ulid_make(request->wall_us, (uint16_t)kt_prng_next(&client->prng),
                                           kt_prng_next(&client->prng));
        key = &call->end.key;
    }
    call->meta_size = kt_call_meta_encode(key, &request->trace, request->on_behalf_of, call->meta);
    for (unsigned i = 0; i < request->metadata_count; i++)
        call->meta_size += kt_metadata_encode(&request->metadata[i], call->meta + call->meta_size);
}

static kt_status_t
open_call(kt_rpc_client_t *client, const kt_rpc_request_t *request, int64_t now_us,
          kt_rpc_call_t **out)
{
    KT_TRY(check(request));
    kt_rpc_call_t *call = slot_take(client);
    if (!call)
        return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_CALLS,
                        "as many calls are open as this client may have");
    if (request->department.size > 0)
        memcpy(call->path, request->department.data, request->department.size);
    if (request->path.size > 0)
        memcpy(call->path + request->department.size, request->path.data, request->path.size);
    call->path_size = request->department.size + request->path.size;
    if (!kt_path_valid(kt_span(call->path, call->path_size))) {
        slot_release(client, call);
        return bad_field("not a method's path: /package.Service/Method");
    }
    bool streams = request->client_streaming || request->server_streaming;
    if (streams && !(call->stream = kt_rpc_stream_new())) {
        slot_release(client, call);
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a stream");
    }
    uint32_t timeout_ms = request->timeout_ms ? request->timeout_ms : KT_TIMEOUT_MS_USUAL;
    call->state = CALL_OPEN;
    call->started_us = now_us;
    call->deadline_us = now_us + (int64_t)KT_MIN(timeout_ms, (uint32_t)KT_TIMEOUT_MS_MAX) * 1000;
    call->retry_us = 0;
    call->attempts = 0;
    call->kind = request->kind;
    call->client_streaming = request->client_streaming;
    call->server_streaming = request->server_streaming;
    call->once = request->once;
    call->sent = call->doubt = call->cancel_due = false;
    call->end.tag = request->tag;
    call->end.context = request->context;
    call->end.traced.kept = false;
    if (request->traced)
        call->end.traced = *request->traced;
    fill_meta(client, call, request);
    if (request->body)
        kt_frame_move(&call->body, request->body);
    *out = call;
    return kt_ok();
}

kt_status_t
kt_rpc_client_start(kt_rpc_client_t *client, const kt_rpc_request_t *request, int64_t now_us,
                    kt_rpc_call_t **call)
{
    kt_rpc_call_t *opened = NULL;
    kt_status_t status = open_call(client, request, now_us, &opened);
    if (request->body)
        kt_frame_close(request->body);
    KT_TRY(status);
    kt_rpc_heap_put(client, opened);
    kt_rpc_call_enqueue(client, opened);
    if (call)
        *call = opened;
    return kt_ok();
}

void
kt_rpc_queue_put(call_list_t *list, kt_rpc_call_t *call)
{
    call->next_queued = NULL;
    if (list->last)
        list->last->next_queued = call;
    else
        list->first = call;
    list->last = call;
}

void
kt_rpc_call_enqueue(kt_rpc_client_t *client, kt_rpc_call_t *call)
{
    if (call->queued)
        return;
    call->queued = true;
    kt_rpc_queue_put(&client->queued, call);
}

/* ---- ending ---- */

bool
kt_rpc_call_repeatable(const kt_rpc_call_t *call)
{
    if (call->once || call->kind == KT_METHOD_ADMIN)
        return false;
    /* Of a stream that has begun neither side could say what the other has seen. */
    return !call->stream || (call->stream->in_number == 0 && call->stream->out_number == 0);
}

bool
kt_rpc_call_in_doubt(const kt_rpc_call_t *call, uint32_t code)
{
    if (!call->doubt || call->kind == KT_METHOD_READ)
        return false;
    /* These come from where the key is not looked at. */
    return code == KT_UNAVAILABLE || code == KT_DEADLINE_EXCEEDED || code == KT_CANCELLED ||
           code == KT_RESOURCE_EXHAUSTED || code == KT_UNAUTHENTICATED ||
           code == KT_PERMISSION_DENIED || code == KT_UNIMPLEMENTED;
}

int64_t
kt_rpc_backoff_us(kt_rpc_client_t *client, unsigned attempts)
{
    unsigned doublings = attempts > 0 ? KT_MIN(attempts - 1, 16u) : 0;
    int64_t step = KT_MIN((int64_t)KT_RPC_BACKOFF_FIRST_US << doublings, KT_RPC_BACKOFF_MAX_US);
    return step + (int64_t)kt_prng_below(&client->prng, (uint64_t)step);
}

void
kt_rpc_call_unsent(kt_rpc_client_t *client, kt_rpc_call_t *call)
{
    if (call->sent)
        client->sent--;
    call->sent = false;
    call->call_id = 0;
    call->cancel_due = false;
}

void
kt_rpc_call_farewell(kt_rpc_client_t *client, kt_rpc_call_t *call)
{
    /* One that finds no room is only a call that the broker ends at its deadline. */
    if (call->sent && client->farewells_count < FAREWELLS_MAX)
        client->farewells[client->farewells_count++] = call->call_id;
}

void
kt_rpc_call_finish(kt_rpc_client_t *client, kt_rpc_call_t *call, int64_t now_us)
{
    KT_ASSERT(call->state == CALL_OPEN);
    kt_rpc_heap_remove(client, call);
    kt_rpc_call_unsent(client, call);
    kt_frame_close(&call->body);
    call->state = CALL_DONE;
    call->end.took_us = now_us - call->started_us;
    call->end.attempts = call->attempts;
    if (call->stream)
        return;
    call->next = NULL;
    if (client->done.last)
        client->done.last->next = call;
    else
        client->done.first = call;
    client->done.last = call;
}

void
kt_rpc_call_end(kt_rpc_client_t *client, kt_rpc_call_t *call, kt_status_t status, bool unknown,
                int64_t now_us)
{
    kt_rpc_end_close(&call->end);
    call->end.status = status;
    call->end.outcome_unknown = unknown || kt_rpc_call_in_doubt(call, status.code);
    call->end.local = true;
    call->end.timeline = (kt_timeline_t){0};
    kt_rpc_call_finish(client, call, now_us);
}

void
kt_rpc_client_cancel(kt_rpc_client_t *client, kt_rpc_call_t *call, int64_t now_us)
{
    if (call->state != CALL_OPEN)
        return;
    if (call->sent) {
        call->cancel_due = true;
        kt_rpc_call_enqueue(client, call);
        return;
    }
    kt_status_t cancelled = kt_error(KT_CANCELLED, RPC_REASON_CALL_CANCELLED, "cancelled here");
    kt_rpc_call_end(client, call, cancelled, false, now_us);
}

void
kt_rpc_client_abandon(kt_rpc_client_t *client, kt_rpc_call_t *call, kt_status_t status,
                      int64_t now_us)
{
    if (call->state != CALL_OPEN)
        return;
    kt_rpc_call_farewell(client, call);
    kt_rpc_call_end(client, call, status, call->sent && call->kind != KT_METHOD_READ, now_us);
}

bool
kt_rpc_client_take(kt_rpc_client_t *client, kt_rpc_call_t *call, kt_rpc_end_t *end)
{
    KT_ASSERT(!call->stream);
    if (call->state != CALL_DONE)
        return false;
    kt_rpc_call_t *before = NULL;
    for (kt_rpc_call_t *at = client->done.first; at != call; at = at->next)
        before = at;
    *(before ? &before->next : &client->done.first) = call->next;
    if (!call->next)
        client->done.last = before;
    end_move(end, &call->end);
    slot_release(client, call);
    return true;
}

unsigned
kt_rpc_client_open_calls(const kt_rpc_client_t *client)
{
    return client->calls;
}

bool
kt_rpc_client_awaits(const kt_rpc_client_t *client)
{
    return client->sent > 0;
}

uint64_t
kt_rpc_client_dropped(const kt_rpc_client_t *client)
{
    return client->dropped;
}

bool
kt_rpc_client_ended(const kt_rpc_client_t *client)
{
    return client->done.first;
}

bool
kt_rpc_client_next(kt_rpc_client_t *client, kt_rpc_end_t *end)
{
    return client->done.first && kt_rpc_client_take(client, client->done.first, end);
}

void
kt_rpc_stream_close(kt_rpc_client_t *client, kt_rpc_call_t **call, int64_t now_us)
{
    kt_rpc_call_t *gone = KT_TAKE(*call);
    if (!gone)
        return;
    KT_ASSERT(gone->stream);
    if (gone->state == CALL_OPEN) {
        kt_rpc_call_farewell(client, gone);
        kt_rpc_call_finish(client, gone, now_us);
    }
    slot_release(client, gone);
}
