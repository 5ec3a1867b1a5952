/* kantor keys ls: the broker's list, and which of its keys are used. */
#include "connect.h"
#include "output.h"
#include "verbs.h"

#include <kantor/broker/v1/broker.client.kt.h>
#include <kt/time.h>

#define WORDS_BYTES 2048 /* of a principal's roles: 32 of 48 bytes */

static void
put_key(out_t *out, const broker_api_principal_key_t *key)
{
    char callers[16], instances[16], heard[28] = "", roles[WORDS_BYTES] = "", serves[512] = "";
    snprintf(callers, sizeof callers, "%u", (unsigned)key->callers);
    snprintf(instances, sizeof instances, "%u", (unsigned)key->instances);
    if (key->heard_us > 0) {
        kt_time_format(key->heard_us, heard);
        heard[19] = 'Z'; /* to the second */
        heard[20] = 0;
    }
    for (size_t i = 0; i < key->n_roles; i++)
        kt_words_add(roles, sizeof roles, key->roles[i]);
    for (size_t i = 0; i < key->n_serves; i++)
        kt_words_add(serves, sizeof serves, key->serves[i]);
    out_row(out, (const char *const[]){key->principal, key->next ? "next-key" : "key",
                                       key->public_key, callers, instances, heard, roles, serves});
}

static int
keys_ls(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"principal", "principal", OUT_TEXT},   {"place", "place", OUT_TEXT},
        {"public_key", "public key", OUT_TEXT}, {"callers", "callers", OUT_NUMBER},
        {"instances", "instances", OUT_NUMBER}, {"heard", "heard", OUT_TEXT},
        {"roles", "roles", OUT_TEXT},           {"serves", "serves", OUT_TEXT},
    };
    KT_CLEANUP(kt_reply_fini) kt_reply_t reply = {0};
    const broker_api_list_keys_response_t *response;
    broker_api_list_keys_request_t request = BROKER_API_LIST_KEYS_REQUEST_INIT;
    kt_call_options_t options = cli_call_options(cli, NULL);
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    kt_status_t status = kt_reply_init(&reply);
    if (kt_failed(status))
        return cli_report_status(cli, "reply", status);
    status = broker_api_broker_list_keys(cli->client, &options, &request, &reply, &response);
    if (kt_failed(status))
        return cli_report(cli, "the broker", &reply);
    out_t *out = out_new(cli->out, cli->format, columns, KT_COUNT(columns));
    if (!out)
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    for (size_t i = 0; i < response->n_keys; i++)
        put_key(out, response->keys[i]);
    return out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
}

static const char *const examples[] = {"kantor keys ls", NULL};
const cli_verb_t cli_verb_keys_ls = {
    .name = "keys ls",
    .operands = "",
    .summary = "The keys that the broker knows, whose they are, and which are used.",
    .about = "As it.operator or auditor. Before an old key is taken away it tells whether anybody "
             "still has it:\n"
             "connections of callers that have a call open or said something within the last "
             "minute, registered\n"
             "instances, and when anything came with it last, since this broker started. It asks "
             "one broker;\n"
             "where there are several, use for each a configuration that has it alone.",
    .examples = examples,
    .run = keys_ls,
};
