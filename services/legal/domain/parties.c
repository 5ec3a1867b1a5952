#include "domain/parties.h"

#include "domain/reason.h"

static const kt_field_t PARTY_FIELDS[] = {
    KT_F_NAME(legal_party_record_t, party, LEGAL_NAME_BYTES_MAX, KT_KEYED),
    KT_F_ENUM(legal_party_record_t, kind, LEGAL_KIND_AUTHORITY, KT_REQUIRED),
    KT_F_TEXT(legal_party_record_t, name, 200, KT_REQUIRED),
    KT_F_TEXT(legal_party_record_t, registration_number, 64, 0),
    KT_F_TEXT(legal_party_record_t, tax_number, 64, 0),
    KT_F_TEXT(legal_party_record_t, country, 2, KT_REQUIRED),
    KT_F_TEXT(legal_party_record_t, email, 254, 0),
    KT_F_BOOL(legal_party_record_t, blocked, KT_OUTPUT),
    KT_F_TEXT(legal_party_record_t, reason, LEGAL_REASON_BYTES_MAX, KT_OUTPUT),
    KT_F_TEXT(legal_party_record_t, changed_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_party_record_t, changed_us, KT_OUTPUT),
    KT_F_TEXT(legal_party_record_t, created_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_party_record_t, created_us, KT_OUTPUT),
};
const kt_layout_t legal_party_layout = KT_LAYOUT("party", legal_party_record_t, PARTY_FIELDS);

static const char *const PARTY_STATES[] = {"OPEN", "BLOCKED"};
static const char *const PARTY_COMMANDS[] = {"block", "unblock"};
static const kt_transition_t PARTY_ROWS[] = {
    {LEGAL_PARTY_IS_OPEN, LEGAL_BLOCK, KT_UNGUARDED, LEGAL_PARTY_IS_BLOCKED, "legal.officer"},
    {LEGAL_PARTY_IS_BLOCKED, LEGAL_UNBLOCK, KT_UNGUARDED, LEGAL_PARTY_IS_OPEN, "legal.officer"},
};
const kt_machine_t legal_party_machine = {
    .name = "legal.party",
    .states = PARTY_STATES,
    .states_count = LEGAL_PARTY_STATES_COUNT,
    .commands = PARTY_COMMANDS,
    .commands_count = LEGAL_PARTY_COMMANDS_COUNT,
    .rows = PARTY_ROWS,
    .rows_count = KT_COUNT(PARTY_ROWS),
    .first = LEGAL_PARTY_IS_OPEN,
};

/* ISO 3166-1, officially assigned alpha-2 codes. */
static const char COUNTRIES[] =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ "
    "EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW "
    "GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV "
    "MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY "
    "QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG "
    "TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM "
    "ZW";

const char *
legal_wrong_country(kt_span_t code)
{
    for (size_t at = 0; code.size == 2 && at + 2 < sizeof COUNTRIES; at += 3)
        if (memcmp(COUNTRIES + at, code.data, 2) == 0)
            return NULL;
    return "is no country of ISO 3166-1: two capital letters such as ID";
}

const char *
legal_wrong_currency(kt_span_t code)
{
    bool right = code.size == 3;
    for (size_t i = 0; right && i < code.size; i++)
        right = code.data[i] >= 'A' && code.data[i] <= 'Z';
    return right ? NULL : "is no currency: three capital letters such as IDR";
}

kt_status_t
legal_decide_block(uint32_t command, legal_party_record_t *party)
{
    /* The method has let in nobody but the role that the table asks for. */
    static const char *const roles[] = {"legal.officer"};
    const kt_transition_t *row;
    kt_machine_ask_t ask = {.state = party->blocked ? LEGAL_PARTY_IS_BLOCKED : LEGAL_PARTY_IS_OPEN,
                            .command = command,
                            .roles = roles,
                            .roles_count = KT_COUNT(roles)};
    if (kt_machine_ask(&legal_party_machine, &ask, &row) != KT_STEP_TAKEN)
        return kt_error(KT_FAILED_PRECONDITION, LEGAL_PARTY_STATE,
                        party->blocked ? "the party is blocked already"
                                       : "the party is not blocked");
    party->blocked = row->next == LEGAL_PARTY_IS_BLOCKED;
    return kt_ok();
}
