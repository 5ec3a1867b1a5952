/*
 * one_write: one write to a department, and how its caller is told that it ended.
 *
 *   one_write CONFIG DEPARTMENT NAME KEY TIMEOUT_MS [once]
 *
 * Makes a cost centre of the book "company", a party or a product; sends again by itself, unless it
 * is "once". Prints one line: the code, the
 * reason or "-", "known" or "unknown" outcome, "replayed" or "new".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kantor/finance/v1/budgets.kt.h>
#include <kantor/it/v1/software.kt.h>
#include <kantor/legal/v1/parties.kt.h>
#include <kt/client.h>

static kt_status_t
make_cost_centre(kt_client_t *client, const kt_call_options_t *options, char *name,
                 kt_reply_t *reply)
{
    fin_create_cost_centre_request_t request = FIN_CREATE_COST_CENTRE_REQUEST_INIT;
    request.book = (char *)(uintptr_t) "company";
    request.cost_centre = request.title = name;
    return kt_client_call(client, &fin_budgets_service.methods[FIN_BUDGETS_CREATE_COST_CENTRE],
                          options, &request.base, reply);
}

static kt_status_t
make_party(kt_client_t *client, const kt_call_options_t *options, char *name, kt_reply_t *reply)
{
    legal_create_party_request_t request = LEGAL_CREATE_PARTY_REQUEST_INIT;
    legal_party_t party = LEGAL_PARTY_INIT;
    party.party = party.name = name;
    party.kind = LEGAL_PARTY_KIND_COMPANY;
    party.country = (char *)(uintptr_t) "ID";
    request.party = &party;
    return kt_client_call(client, &legal_parties_service.methods[LEGAL_PARTIES_CREATE_PARTY],
                          options, &request.base, reply);
}

static kt_status_t
make_product(kt_client_t *client, const kt_call_options_t *options, char *name, kt_reply_t *reply)
{
    it_create_product_request_t request = IT_CREATE_PRODUCT_REQUEST_INIT;
    it_product_t product = IT_PRODUCT_INIT;
    product.product = product.title = name;
    request.product = &product;
    return kt_client_call(client, &it_software_service.methods[IT_SOFTWARE_CREATE_PRODUCT], options,
                          &request.base, reply);
}

static kt_status_t
make(kt_client_t *client, const char *department, char *name, const kt_call_options_t *options,
     kt_reply_t *reply)
{
    if (strcmp(department, "finance") == 0)
        return make_cost_centre(client, options, name, reply);
    if (strcmp(department, "legal") == 0)
        return make_party(client, options, name, reply);
    return make_product(client, options, name, reply);
}

int
main(int argc, char **argv)
{
    kt_client_t *client = NULL;
    kt_reply_t reply;
    kt_ulid_t key;
    if (argc < 6 || argc > 7 || !kt_ulid_parse(kt_span_str(argv[4]), &key)) {
        fputs("usage: one_write CONFIG DEPARTMENT NAME KEY TIMEOUT_MS [once]\n", stderr);
        return 2;
    }
    kt_call_options_t options = {
        .timeout_ms = (uint32_t)strtoul(argv[5], NULL, 10), .key = &key, .once = argc == 7};
    kt_status_t status = kt_client_from_config(argv[1], &client);
    if (!kt_failed(status))
        status = kt_reply_init(&reply);
    if (kt_failed(status)) {
        fprintf(stderr, "one_write: %s\n", status.text);
        return 1;
    }
    kt_ignore(make(client, argv[2], argv[3], &options, &reply));
    printf("%s %s %s %s\n", kt_code_name(reply.status.code), reply.reason ? reply.reason : "-",
           reply.outcome_unknown ? "unknown" : "known", reply.replayed ? "replayed" : "new");
    kt_reply_fini(&reply);
    kt_client_destroy(&client);
    return 0;
}
