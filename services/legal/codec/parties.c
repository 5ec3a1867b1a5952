#include "codec/parties.h"

typedef struct party_order {
    kt_span_t party, reason;
} party_order_t;

static const kt_field_t ORDER_FIELDS[] = {
    KT_F_NAME(party_order_t, party, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(party_order_t, reason, LEGAL_REASON_BYTES_MAX, KT_REQUIRED),
};
static const kt_layout_t ORDER = KT_LAYOUT("party order", party_order_t, ORDER_FIELDS);

kt_status_t
legal_new_name(kt_call_t *call, kt_span_t *name)
{
    char text[KT_ULID_CHARS + 1];
    kt_ulid_t id = kt_call_new_id(call);
    kt_ulid_format(&id, text);
    for (size_t i = 0; i < KT_ULID_CHARS; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] + ('a' - 'A'));
    *name = kt_span(kt_arena_copy(call->arena, kt_span(text, KT_ULID_CHARS)), KT_ULID_CHARS);
    return name->data ? kt_ok() : kt_call_out_of_memory(call);
}

kt_status_t
legal_party_from_pb(kt_call_t *call, const legal_party_t *message, bool update,
                    legal_party_record_t *party)
{
    kt_layout_clear(&legal_party_layout, party);
    KT_TRY(kt_fields_from_pb(call, &legal_party_layout, message ? &message->base : NULL, "party.",
                             party));
    const char *wrong = legal_wrong_country(party->country);
    if (wrong)
        return kt_call_bad_field(call, wrong, "party.country");
    if (update && party->party.size == 0)
        return kt_call_bad_field(call, "is missing", "party.party");
    party->changed_by = kt_span_str(call->principal);
    party->changed_us = call->now_us;
    return party->party.size == 0 ? legal_new_name(call, &party->party) : kt_ok();
}

kt_status_t
legal_party_order_from_pb(kt_call_t *call, const ProtobufCMessage *request,
                          legal_party_record_t *order)
{
    party_order_t given = {0};
    KT_TRY(kt_fields_from_pb(call, &ORDER, request, "", &given));
    kt_layout_clear(&legal_party_layout, order);
    order->party = given.party;
    order->reason = given.reason;
    return kt_ok();
}
