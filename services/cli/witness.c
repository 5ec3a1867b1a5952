/*
 * kantor verify --witness: whether each department's history is still the one that the others have
 * seen. First all that is kept is fetched, then each department's size, root and lives now, then a
 * proof for every kept size that the journal of now begins with the journal of then. The proofs are
 * checked here: nobody is believed.
 *
 * What was seen of a life behind the place where it was left is gone by a restore, which the
 * journal has to tell; that is said apart from all that does not fit otherwise.
 */
#include "witness.h"
#include "connect.h"
#include "display.h"
#include "history.h"
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
    kt_life_t life; /* its epoch and id */
    uint64_t size;
    kt_hash_t root;
    int64_t time_us;
} kept_t;

typedef enum verdict {
    FITS,
    PUT_BACK, /* in order: its journal tells of it */
    SHORTER,
    ANOTHER,
    OLDER,       /* an epoch that was left */
    FALSE_LIVES, /* it tells of a restore that its journal does not have */
    NOT_ASKED,
    UNPROVEN,
} verdict_t;

/* One keeper and one department. */
typedef struct pair {
    const kept_t *first; /* of COUNT, by size */
    size_t count;
    verdict_t verdict;
    const kept_t *wrong; /* the first that does not fit, or the last that was put back */
} pair_t;

typedef struct witness {
    cli_t *cli;
    kt_reply_t list, reply;
    cli_departments_t all;
    kept_t *kept;
    size_t kept_count, kept_room;
    cli_history_t history; /* of the department that is being checked */
    unsigned wrong, put_back, unasked;
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
    to->life.epoch = from->epoch ? from->epoch : 1; /* of a program from before lives were kept */
    if (from->life.len == KT_ULID_BYTES)
        memcpy(to->life.life.bytes, from->life.data, KT_ULID_BYTES);
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
    for (unsigned i = 0; i < w->all.running_count; i++)
        if (strcmp(w->all.running[i], department) == 0)
            return true;
    return false;
}

/* The life of which KEPT was seen, among those of the department; NULL: it does not come from it.
 */
static const kt_life_t *
life_of(const cli_history_t *history, const kept_t *kept)
{
    static const kt_ulid_t none;
    if (memcmp(&kept->life.life, &none, sizeof none) == 0)
        return &history->lives[0]; /* where none was told, it was the first */
    for (unsigned i = 0; i < history->count; i++)
        if (kt_life_compare(&history->lives[i], &kept->life) == 0)
            return &history->lives[i];
    return NULL;
}

/* What is plain before anything is proven: FITS when there is something to prove. */
static verdict_t
place(const cli_history_t *history, const kept_t *kept)
{
    const kt_life_t *life = life_of(history, kept), *last = &history->lives[history->count - 1];
    if (!life && kt_life_compare(last, &kept->life) < 0)
        return OLDER;
    if (!life) /* put back to what is from before it; a store that was made new is another one */
        return last->epoch > 1 && last->epoch >= kept->life.epoch ? PUT_BACK : ANOTHER;
    if (life < last && kept->size > life[1].size)
        return PUT_BACK;
    return kept->size > history->size ? SHORTER : FITS;
}

static verdict_t
check_one(witness_t *w, const kept_t *kept)
{
    verdict_t verdict = place(&w->history, kept);
    if (verdict != FITS)
        return verdict;
    switch (cli_history_begins(w->cli, kept->department, &w->reply, &w->history, kept->size,
                               &kept->root)) {
    case CLI_PROVEN:
        return FITS;
    case CLI_AWAY:
        return NOT_ASKED;
    case CLI_UNPROVEN:
        return UNPROVEN;
    case CLI_FALSE:
        break;
    }
    return ANOTHER;
}

/* A restore is told only if nothing is worse, and an epoch that was left before all else: of the
 * last one, which is of the newest life. */
static void
check_each(witness_t *w, pair_t *pair)
{
    const kept_t *last = &pair->first[pair->count - 1];
    if (place(&w->history, last) == OLDER) {
        pair->verdict = OLDER;
        pair->wrong = last;
    }
    for (size_t i = 0; i < pair->count && pair->verdict <= PUT_BACK; i++) {
        verdict_t verdict = check_one(w, &pair->first[i]);
        if (verdict == FITS)
            continue;
        pair->verdict = verdict;
        pair->wrong = &pair->first[i];
    }
}

/* The department's journal of now is asked for after all witnesses were fetched, so that an honest
 * one has at least what they saw. */
static void
check(witness_t *w, pair_t *pair)
{
    const char *department = pair->first->department;
    cli_proven_t proven = CLI_AWAY;
    w->history.size = 0;
    if (is_running(w, department))
        proven = cli_history(w->cli, department, &w->reply, &w->history);
    if (proven == CLI_PROVEN)
        check_each(w, pair);
    else
        pair->verdict = proven == CLI_AWAY       ? NOT_ASKED
                        : proven == CLI_UNPROVEN ? UNPROVEN
                                                 : FALSE_LIVES;
    if (proven == CLI_FALSE)
        pair->wrong = pair->first;
}

/* ---- telling ---- */

#define TIME_CHARS 28

/* To the second. */
static void
time_text(int64_t time_us, char out[TIME_CHARS])
{
    kt_time_format(time_us, out);
    out[19] = 'Z';
    out[20] = 0;
}

/* The restore that ended the life of which KEPT was seen: the first one after it. */
static const kt_life_t *
restore_after(const cli_history_t *history, const kept_t *kept)
{
    unsigned i = 1;
    while (i + 1 < history->count && kt_life_compare(&history->lives[i], &kept->life) <= 0)
        i++;
    return &history->lives[i];
}

static void
describe(const witness_t *w, const pair_t *pair, char out[120])
{
    const kept_t *wrong = pair->wrong;
    unsigned long long size = wrong ? (unsigned long long)wrong->size : 0;
    char began[TIME_CHARS];
    snprintf(out, 120, "fits");
    if (pair->verdict == PUT_BACK) {
        const kt_life_t *life = restore_after(&w->history, wrong);
        time_text(life->began_us, began);
        snprintf(out, 120, "put back at %s to %llu records: epoch %llu", began,
                 (unsigned long long)life->size, (unsigned long long)life->epoch);
    } else if (pair->verdict == SHORTER) {
        snprintf(out, 120, "SHORTER than the %llu records that were seen",
                 (unsigned long long)pair->first[pair->count - 1].size);
    } else if (pair->verdict == ANOTHER) {
        snprintf(out, 120, "ANOTHER history than the %llu records that were seen", size);
    } else if (pair->verdict == OLDER) {
        snprintf(out, 120, "OLDER: epoch %llu was seen", (unsigned long long)wrong->life.epoch);
    } else if (pair->verdict == FALSE_LIVES) {
        snprintf(out, 120, "FALSE: it tells of a restore that its journal does not have");
    } else if (pair->verdict == NOT_ASKED) {
        snprintf(out, 120, "not running");
    } else if (pair->verdict == UNPROVEN) {
        snprintf(out, 120, "not proven: it gives no proof");
    }
}

static void
put(witness_t *w, out_t *out, const pair_t *pair)
{
    const kept_t *last = &pair->first[pair->count - 1];
    char count[24], seen[24], now[24] = "", since[TIME_CHARS], verdict[120];
    snprintf(count, sizeof count, "%zu", pair->count);
    snprintf(seen, sizeof seen, "%llu", (unsigned long long)last->size);
    if (w->history.size > 0)
        snprintf(now, sizeof now, "%llu", (unsigned long long)w->history.size);
    time_text(pair->first->time_us, since);
    describe(w, pair, verdict);
    out_row(out, (const char *const[]){last->department, last->keeper, count, since, seen, now,
                                       verdict});
    w->put_back += pair->verdict == PUT_BACK;
    w->wrong += pair->verdict > PUT_BACK && pair->verdict < NOT_ASKED;
    w->unasked += pair->verdict >= NOT_ASKED;
}

/* A line for people about what does not fit. */
static void
tell(const witness_t *w, const pair_t *pair)
{
    const kept_t *wrong = pair->wrong;
    FILE *err = w->cli->err;
    if (!wrong || pair->verdict >= NOT_ASKED)
        return;
    if (pair->verdict != PUT_BACK) {
        fprintf(err, "kantor %s: %s: its history is not the one that %s has seen\n",
                w->cli->verb->name, wrong->department, wrong->keeper);
        return;
    }
    const kt_life_t *life = restore_after(&w->history, wrong);
    char began[TIME_CHARS];
    time_text(life->began_us, began);
    fprintf(err, "kantor %s: %s: history was put back: epoch %llu, restored at %s to %llu records",
            w->cli->verb->name, wrong->department, (unsigned long long)life->epoch, began,
            (unsigned long long)life->size);
    if (life == &w->history.lives[w->history.count - 1]) {
        fputs(" by ", err);
        cli_display_put(err, w->history.by);
    }
    fprintf(err, "; %s holds %llu records of epoch %llu\n", wrong->keeper,
            (unsigned long long)wrong->size, (unsigned long long)wrong->life.epoch);
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
        tell(w, &pair);
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
    int code = cli_departments(w->cli, &w->list, &w->all);
    for (unsigned i = 0; code == 0 && i < w->all.running_count; i++)
        code = fetch(w, w->all.running[i], department);
    for (size_t i = 0; code == 0 && i < w->all.missing_count; i++)
        code = pass_over(w, w->all.missing[i], "it is not running");
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
                        "a store was brought back without a restore, or rewritten: compare its "
                        "backups with what the others have seen");
    if (code == 0 && w->put_back > 0)
        code = cli_fail(w->cli, KT_FAILED_PRECONDITION,
                        "a store was put back, as its journal tells; what the others know and it "
                        "does not is to be settled");
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
