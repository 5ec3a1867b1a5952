#include "codec/parties.h"

#include "codec/single.h"

typedef struct party_order {
    kt_span_t party, reason;
} party_order_t;

static const kt_field_t ORDER_FIELDS[] = {
    KT_F_NAME(party_order_t, party, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(party_order_t, reason, LEGAL_REASON_BYTES_MAX, KT_REQUIRED),
};
static const kt_layout_t ORDER = KT_LAYOUT("party order", party_order_t, ORDER_FIELDS);

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
    return legal_name_or_new(call, party->party, &party->party);
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
