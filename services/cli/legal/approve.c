/* kantor legal approve and sign */
#include "../verbs.h"
#include "legal.h"

static int
approve(cli_t *cli)
{
    leg_verb_t v = {0};
    int level;
    uint8_t hash[LEG_HASH_BYTES];
    const char *name = cli->operands[0], *given = cli_required(cli, "level");
    const legal_contract_view_t *view;
    legal_approve_request_t request = LEGAL_APPROVE_REQUEST_INIT;
    if (!given ||
        !leg_enum_value(cli, &legal_approval_level_descriptor, "", "level", given, &level))
        return CLI_EXIT_USAGE;
    int code = leg_open(&v, cli, leg_field_columns, KT_COUNT(leg_field_columns));
    if (code == 0)
        code = leg_load_hash(&v, name, hash);
    request.contract = leg_request_text(name);
    request.level = (legal_approval_level_t)level;
    request.sha256 = (ProtobufCBinaryData){.data = hash, .len = sizeof hash};
    if (code == 0 &&
        kt_failed(legal_contracts_approve(cli->client, &v.options, &request, &v.reply, &view)))
        code = leg_failed(&v, name);
    if (code == 0) {
        leg_field(&v, "contract", "%s", view->contract->contract);
        leg_field(&v, "version", "%u", (unsigned)view->contract->version);
        leg_field(&v, "level", "%s", leg_enum_text(&legal_approval_level_descriptor, level, ""));
        leg_field(&v, "approved", "%s", view->approved ? "yes" : "not by all yet");
    }
    return leg_close(&v, code);
}

static const cli_option_t approve_options[] = {
    {"level", 'l', "LEVEL", "OFFICER, FINANCE or CEO"},
    {"hash", 0, "HASH", "of the version that was read; its first 8 characters are enough"},
};
static const char *const approve_examples[] = {
    "kantor legal approve c-2026-001 --level ceo --hash 9f86d081", NULL};
const cli_verb_t cli_verb_legal_approve = {
    .name = "legal approve",
    .operands = "CONTRACT",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Approves the version of a contract that was read.",
    .about = "Nobody approves what they wrote, edited or asked for. 'kantor legal contract' shows "
             "the hashes\n"
             "and which levels are needed.",
    .options = approve_options,
    .options_count = KT_COUNT(approve_options),
    .examples = approve_examples,
    .run = approve,
};

static int
sign(cli_t *cli)
{
    leg_verb_t v = {0};
    int side;
    uint8_t hash[LEG_HASH_BYTES];
    const legal_contract_t *contract;
    legal_record_signature_request_t request = LEGAL_RECORD_SIGNATURE_REQUEST_INIT;
    const char *name = cli->operands[0], *given = cli_required(cli, "side"), *on;
    const char *by = given ? cli_required(cli, "by") : NULL;
    if (!by || !cli_required(cli, "on") || !cli_date(cli, "on", &on) ||
        !leg_enum_value(cli, &legal_signature_side_descriptor, "", "side", given, &side))
        return CLI_EXIT_USAGE;
    int code = leg_open(&v, cli, leg_field_columns, KT_COUNT(leg_field_columns));
    if (code == 0)
        code = leg_load_hash(&v, name, hash);
    request.contract = leg_request_text(name);
    request.side = (legal_signature_side_t)side;
    request.sha256 = (ProtobufCBinaryData){.data = hash, .len = sizeof hash};
    request.signed_by_name = leg_request_text(by);
    request.signed_on = leg_request_text(on);
    if (code == 0 && kt_failed(legal_contracts_record_signature(cli->client, &v.options, &request,
                                                                &v.reply, &contract)))
        code = leg_failed(&v, name);
    if (code == 0) {
        leg_field(&v, "contract", "%s", contract->contract);
        leg_field(
            &v, "state", "%s",
            leg_enum_text(&legal_contract_status_descriptor, (int)contract->state, "CONTRACT_"));
    }
    return leg_close(&v, code);
}

static const cli_option_t sign_options[] = {
    {"side", 's', "SIDE", "whose signature: us or them"},
    {"by", 'b', "NAME", "who signed"},
    {"on", 0, "DATE", "when it was signed, 2026-11-28"},
    {"hash", 0, "HASH", "of the version that was signed; its first 8 characters are enough"},
};
static const char *const sign_examples[] = {
    "kantor legal sign c-2026-001 --side us --by 'Dewi Lestari' --on 2026-11-28 --hash 9f86d081",
    NULL};
const cli_verb_t cli_verb_legal_sign = {
    .name = "legal sign",
    .operands = "CONTRACT",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Records that one side signed a contract.",
    .about = "When both sides have signed, the contract is SIGNED.",
    .options = sign_options,
    .options_count = KT_COUNT(sign_options),
    .examples = sign_examples,
    .run = sign,
};
