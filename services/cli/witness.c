/*
 * kantor verify --witness: whether each department's history is still the one that the others have
 * seen. First all that is kept is fetched, then each department's size and root now, then a proof
 * for every kept size that the journal of now begins with the journal of then. The proofs are
 * checked here: nobody is believed.
 */
#include "witness.h"
#include "connect.h"
#include "output.h"
#include "services.h"

#include <kantor/store/v1/store.client.kt.h>
#include <kt/journal.h>
#include <kt/time.h>
#include <stdlib.h>

#define PAGE_SIZE 1000
/* Fetched in all; a department keeps about a thousand of each other one, and one a day. */
#define KEPT_MAX (1u << 20)

/* What KEEPER has seen of a department. */
typedef struct kept {
    const char *keeper;
    char department[65];
    uint64_t size;
    kt_hash_t root;
    int64_t time_us;
} kept_t;

typedef enum verdict { FITS, SHORTER, ANOTHER, NOT_ASKED, UNPROVEN } verdict_t;

/* One keeper and one department. */
typedef struct pair {
    const kept_t *first; /* of COUNT, by size */
    size_t count;
    verdict_t verdict;
    uint64_t size_now;
    const kept_t *wrong; /* the first that does not fit */
} pair_t;

typedef struct witness {
    cli_t *cli;
    kt_reply_t list, reply;
    const char *departments[CLI_DEPARTMENTS_MAX];
    unsigned departments_count;
    kept_t *kept;
    size_t kept_count, kept_room;
    unsigned wrong, unasked;
} witness_t;

/* ---- what is kept ---- */

static int
add(witness_t *w, const char *keeper, const store_witness_t *from)
{
    if (w->kept_count == w->kept_room) {
        size_t room = KT_MAX(w->kept_room * 2, (size_t)1024);
        kept_t *more = room <= KEPT_MAX ? realloc(w->kept, room * sizeof *more) : NULL;
        if (!more)
            return cli_fail(w->cli, CLI_EXIT_BUG, "out of memory for what %s keeps", keeper);
        w->kept = more;
        w->kept_room = room;
    }
    kept_t *to = &w->kept[w->kept_count++];
    *to = (kept_t){.keeper = keeper, .size = from->size, .time_us = from->time_us};
    snprintf(to->department, sizeof to->department, "%s", from->principal);
    memcpy(to->root.bytes, from->root.data, KT_SHA256_BYTES);
    return 0;
}

/* A department that is there no more, or not yet. */
static bool
is_away(kt_status_t status)
{
    return status.code == KT_UNAVAILABLE || status.code == KT_DEADLINE_EXCEEDED;
}

/* What one department answers, or does not, hides nothing of what the others say. */
static int
pass_over(witness_t *w, const char *keeper, const char *why)
{
    cli_say(w->cli, "%s: %s: not all that it has seen is known", keeper, why);
    w->unasked++;
    return 0;
}

/* All that KEEPER has of DEPARTMENT (NULL: of everybody). */
static int
fetch(witness_t *w, const char *keeper, const char *department)
{
    kt_call_options_t options = cli_call_options(w->cli, keeper);
    char token[600] = "";
    do {
        store_witnesses_request_t request = STORE_WITNESSES_REQUEST_INIT;
        const store_witnesses_response_t *page;
        request.principal = (char *)(uintptr_t)(department ? department : "");
        request.page_size = PAGE_SIZE;
        request.page_token = token;
        kt_status_t status = store_store_witnesses(w->cli->client, &options, &request, &w->reply,
                                                   &page);
        if (status.code == KT_UNIMPLEMENTED)
            return 0; /* it keeps no store */
        if (is_away(status))
            return pass_over(w, keeper, "it is not running");
        if (kt_failed(status))
            return pass_over(w, keeper, status.text ? status.text : kt_code_name(status.code));
        if (page->n_witnesses == 0 && page->next_page_token[0])
            return pass_over(w, keeper, "it has pages without end");
        for (size_t i = 0; i < page->n_witnesses; i++) {
            const store_witness_t *witness = page->witnesses[i];
            if (witness->root.len != KT_SHA256_BYTES || witness->size == 0)
                return pass_over(w, keeper, "it keeps what is no witness");
            int code = add(w, keeper, witness);
            if (code != 0)
                return code;
        }
        snprintf(token, sizeof token, "%s", page->next_page_token);
    } while (token[0]);
    return 0;
}

/* ---- whether it fits ---- */

static bool
is_running(const witness_t *w, const char *department)
{
    for (unsigned i = 0; i < w->departments_count; i++)
        if (strcmp(w->departments[i], department) == 0)
            return true;
    return false;
}

static kt_status_t
prove(witness_t *w, const char *department, uint64_t old_size, uint64_t new_size,
      const store_prove_response_t **response)
{
    kt_call_options_t options = cli_call_options(w->cli, department);
    store_prove_request_t request = STORE_PROVE_REQUEST_INIT;
    request.old_size = old_size;
    request.new_size = new_size;
    return store_store_prove(w->cli->client, &options, &request, &w->reply, response);
}

/* Whether a history that ended with KEPT is the beginning of the one of SIZE and ROOT. False as
 * well when the proof is none. */
static bool
is_beginning(const kept_t *kept, uint64_t size, const kt_hash_t *root,
             const store_prove_response_t *response)
{
    kt_proof_t proof = {.count = (uint32_t)response->n_hashes};
    if (response->n_hashes > KT_PROOF_HASHES_MAX)
        return false;
    for (size_t i = 0; i < response->n_hashes; i++) {
        if (response->hashes[i].len != KT_SHA256_BYTES)
            return false;
        memcpy(proof.hashes[i].bytes, response->hashes[i].data, KT_SHA256_BYTES);
    }
    return kt_merkle_consistent(kept->size, &kept->root, size, root, &proof);
}

static void
check_each(witness_t *w, pair_t *pair, uint64_t size, const kt_hash_t *root)
{
    for (size_t i = 0; i < pair->count && pair->verdict == FITS; i++) {
        const kept_t *kept = &pair->first[i];
        const store_prove_response_t *response;
        if (kept->size > size) {
            pair->verdict = SHORTER;
            pair->wrong = kept;
            continue;
        }
        kt_status_t status = prove(w, kept->department, kept->size, size, &response);
        if (kt_failed(status))
            pair->verdict = is_away(status) ? NOT_ASKED : UNPROVEN;
        else if (!is_beginning(kept, size, root, response)) {
            pair->verdict = ANOTHER;
            pair->wrong = kept;
        }
    }
}

/* The department's journal of now is asked for after all witnesses were fetched, so that an honest
 * one has at least what they saw. */
static void
check(witness_t *w, pair_t *pair)
{
    const char *department = pair->first->department;
    const store_prove_response_t *now;
    kt_hash_t root;
    kt_status_t status = kt_ok();
    if (is_running(w, department))
        status = prove(w, department, 0, 0, &now);
    if (!is_running(w, department) || is_away(status)) {
        pair->verdict = NOT_ASKED;
        return;
    }
    if (kt_failed(status) || now->root.len != KT_SHA256_BYTES) {
        pair->verdict = UNPROVEN;
        return;
    }
    memcpy(root.bytes, now->root.data, KT_SHA256_BYTES);
    pair->size_now = now->size;
    check_each(w, pair, now->size, &root);
}

/* ---- telling ---- */

static void
put(witness_t *w, out_t *out, const pair_t *pair)
{
    const kept_t *last = &pair->first[pair->count - 1];
    char count[24], seen[24], now[24] = "", since[28], verdict[80] = "fits";
    snprintf(count, sizeof count, "%zu", pair->count);
    snprintf(seen, sizeof seen, "%llu", (unsigned long long)last->size);
    if (pair->size_now > 0)
        snprintf(now, sizeof now, "%llu", (unsigned long long)pair->size_now);
    kt_time_format(pair->first->time_us, since);
    since[19] = 'Z'; /* to the second */
    since[20] = 0;
    if (pair->verdict == SHORTER)
        snprintf(verdict, sizeof verdict, "SHORTER than the %llu records that were seen",
                 (unsigned long long)last->size);
    else if (pair->verdict == ANOTHER)
        snprintf(verdict, sizeof verdict, "ANOTHER history than the %llu records that were seen",
                 (unsigned long long)pair->wrong->size);
    else if (pair->verdict == NOT_ASKED)
        snprintf(verdict, sizeof verdict, "not running");
    else if (pair->verdict == UNPROVEN)
        snprintf(verdict, sizeof verdict, "not proven: it gives no proof");
    out_row(out, (const char *const[]){last->department, last->keeper, count, since, seen, now,
                                       verdict});
    w->wrong += pair->verdict == SHORTER || pair->verdict == ANOTHER;
    w->unasked += pair->verdict == NOT_ASKED || pair->verdict == UNPROVEN;
}

/* Pairs stand one after the other: by keeper, then by department, then by size. */
static void
check_all(witness_t *w, out_t *out)
{
    for (size_t i = 0; i < w->kept_count;) {
        pair_t pair = {.first = &w->kept[i]};
        while (i + pair.count < w->kept_count &&
               pair.first[pair.count].keeper == pair.first->keeper &&
               strcmp(pair.first[pair.count].department, pair.first->department) == 0)
            pair.count++;
        i += pair.count;
        check(w, &pair);
        put(w, out, &pair);
        if (pair.wrong)
            fprintf(w->cli->err, "kantor %s: %s: its history is not the one that %s has seen\n",
                    w->cli->verb->name, pair.first->department, pair.first->keeper);
    }
}

static int
run(witness_t *w, const char *department)
{
    static const out_column_t columns[] = {
        {"department", "department", OUT_TEXT},    {"keeper", "seen by", OUT_TEXT},
        {"witnesses", "times", OUT_NUMBER},        {"since", "since", OUT_TEXT},
        {"size_seen", "records seen", OUT_NUMBER}, {"size", "records now", OUT_NUMBER},
        {"verdict", "its history", OUT_TEXT},
    };
    int code = cli_departments(w->cli, &w->list, w->departments, &w->departments_count);
    for (unsigned i = 0; code == 0 && i < w->departments_count; i++)
        code = fetch(w, w->departments[i], department);
    if (code != 0)
        return code;
    out_t *out = out_new(w->cli->out, w->cli->format, columns, KT_COUNT(columns));
    if (!out)
        return cli_fail(w->cli, CLI_EXIT_BUG, "out of memory");
    check_all(w, out);
    if (!out_end(&out) && code == 0)
        code = CLI_EXIT_OUTPUT;
    if (code == 0 && w->wrong > 0)
        code = cli_fail(w->cli, KT_DATA_LOSS,
                        "a store was put back or rewritten: compare its backups with what the "
                        "others have seen");
    if (code == 0 && w->unasked > 0)
        code = cli_fail(w->cli, KT_UNAVAILABLE, "not every department could be asked");
    if (code == 0 && w->kept_count == 0)
        cli_say(w->cli, "nothing was seen of %s yet", department ? department : "anybody");
    return code;
}

int
cli_verify_witnesses(cli_t *cli)
{
    witness_t w = {.cli = cli};
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    if (kt_failed(kt_reply_init(&w.list)) || kt_failed(kt_reply_init(&w.reply)))
        code = cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    else
        code = run(&w, cli->operands_count > 0 ? cli->operands[0] : NULL);
    kt_reply_fini(&w.list);
    kt_reply_fini(&w.reply);
    free(w.kept);
    return code;
}
