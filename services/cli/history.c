#include "history.h"

#include <kantor/store/v1/store.client.kt.h>

static cli_proven_t
why_not(kt_status_t status)
{
    return status.code == KT_UNAVAILABLE || status.code == KT_DEADLINE_EXCEEDED ? CLI_AWAY
                                                                                : CLI_UNPROVEN;
}

/* False: these are no hashes. */
static bool
take_proof(const store_prove_response_t *response, kt_proof_t *proof)
{
    if (response->n_hashes > KT_PROOF_HASHES_MAX)
        return false;
    proof->count = (uint32_t)response->n_hashes;
    for (size_t i = 0; i < response->n_hashes; i++) {
        if (response->hashes[i].len != KT_SHA256_BYTES)
            return false;
        memcpy(proof->hashes[i].bytes, response->hashes[i].data, KT_SHA256_BYTES);
    }
    return true;
}

static cli_proven_t
prove(cli_t *cli, const char *department, kt_reply_t *reply, const store_prove_request_t *request,
      const store_prove_response_t **response)
{
    kt_call_options_t options = cli_call_options(cli, department);
    kt_status_t status = store_store_prove(cli->client, &options, request, reply, response);
    return kt_failed(status) ? why_not(status) : CLI_PROVEN;
}

cli_proven_t
cli_history_begins(cli_t *cli, const char *department, kt_reply_t *reply,
                   const cli_history_t *history, uint64_t size, const kt_hash_t *root)
{
    store_prove_request_t request = STORE_PROVE_REQUEST_INIT;
    const store_prove_response_t *response;
    kt_proof_t proof;
    request.old_size = size;
    request.new_size = history->size;
    cli_proven_t proven = prove(cli, department, reply, &request, &response);
    if (proven != CLI_PROVEN)
        return proven;
    return take_proof(response, &proof) &&
                   kt_merkle_consistent(size, root, history->size, &history->root, &proof)
               ? CLI_PROVEN
               : CLI_FALSE;
}

/* That the journal has RECORD under the number that it names. */
static cli_proven_t
has_record(cli_t *cli, const char *department, kt_reply_t *reply, const cli_history_t *history,
           uint64_t number, const kt_hash_t *leaf)
{
    store_prove_request_t request = STORE_PROVE_REQUEST_INIT;
    const store_prove_response_t *response;
    kt_proof_t proof;
    request.by_index = true;
    request.index = number;
    request.new_size = history->size;
    cli_proven_t proven = prove(cli, department, reply, &request, &response);
    if (proven != CLI_PROVEN)
        return proven;
    return take_proof(response, &proof) &&
                   kt_merkle_includes(leaf, number, history->size, &proof, &history->root)
               ? CLI_PROVEN
               : CLI_FALSE;
}

/* ---- lives ---- */

static cli_proven_t
only_one(cli_history_t *history)
{
    history->lives[0] = (kt_life_t){.epoch = 1, .root = kt_merkle_empty()};
    history->count = 1;
    return CLI_PROVEN;
}

/* What is told of the first life, which no record begins. */
static bool
take_first(cli_history_t *history, const store_life_t *told)
{
    (void)only_one(history);
    if (told->life.len != KT_ULID_BYTES || told->epoch != 1)
        return false;
    memcpy(history->lives[0].life.bytes, told->life.data, KT_ULID_BYTES);
    return true;
}

/* A later one is what its record says; the leaf's hash is what is proven of it. */
static bool
take_life(cli_history_t *history, const store_life_t *told, kt_hash_t *leaf)
{
    kt_span_t record = kt_span(told->record.data, told->record.len);
    kt_life_t *life = &history->lives[history->count];
    if (!kt_life_decode(record, life) || kt_life_compare(life, life - 1) <= 0 ||
        life->size < life[-1].size || life->size >= history->size)
        return false;
    snprintf(history->by, sizeof history->by, "%.*s", (int)KT_MIN(life->by.size, (size_t)127),
             (const char *)life->by.data);
    life->by = life->from = kt_span(NULL, 0);
    *leaf = kt_merkle_leaf(record);
    history->count++;
    return true;
}

static cli_proven_t
ask_lives(cli_t *cli, const char *department, kt_reply_t *reply, cli_history_t *history,
          kt_hash_t *leaves)
{
    kt_call_options_t options = cli_call_options(cli, department);
    store_lives_request_t request = STORE_LIVES_REQUEST_INIT;
    const store_lives_response_t *answer;
    kt_status_t status = store_store_lives(cli->client, &options, &request, reply, &answer);
    if (status.code == KT_UNIMPLEMENTED)
        return only_one(history);
    if (kt_failed(status))
        return why_not(status);
    if (answer->n_lives == 0 || answer->n_lives > KT_LIVES_MAX ||
        !take_first(history, answer->lives[0]))
        return CLI_FALSE;
    for (size_t i = 1; i < answer->n_lives; i++)
        if (!take_life(history, answer->lives[i], &leaves[i]))
            return CLI_FALSE;
    return CLI_PROVEN;
}

static cli_proven_t
ask_head(cli_t *cli, const char *department, kt_reply_t *reply, cli_history_t *history)
{
    store_prove_request_t request = STORE_PROVE_REQUEST_INIT;
    const store_prove_response_t *response;
    cli_proven_t proven = prove(cli, department, reply, &request, &response);
    if (proven != CLI_PROVEN)
        return proven;
    if (response->root.len != KT_SHA256_BYTES)
        return CLI_UNPROVEN;
    history->size = response->size;
    memcpy(history->root.bytes, response->root.data, KT_SHA256_BYTES);
    return CLI_PROVEN;
}

cli_proven_t
cli_history(cli_t *cli, const char *department, kt_reply_t *reply, cli_history_t *history)
{
    kt_hash_t leaves[KT_LIVES_MAX];
    memset(history, 0, sizeof *history);
    cli_proven_t proven = ask_head(cli, department, reply, history);
    if (proven == CLI_PROVEN)
        proven = ask_lives(cli, department, reply, history, leaves);
    for (unsigned i = 1; proven == CLI_PROVEN && i < history->count; i++) {
        const kt_life_t *life = &history->lives[i];
        proven = has_record(cli, department, reply, history, life->size, &leaves[i]);
        if (proven == CLI_PROVEN)
            proven = cli_history_begins(cli, department, reply, history, life->size, &life->root);
    }
    return proven;
}
