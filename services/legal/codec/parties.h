/* parties.h: messages of Parties to records and back. */
#ifndef LEGAL_CODEC_PARTIES_H
#define LEGAL_CODEC_PARTIES_H

#include "domain/parties.h"

#include <kantor/legal/v1/parties.kt.h>
#include <kt/fields.h>

/* A party as it is to be, with an id (made where none was given, but for an update), and by whom.
 */
kt_status_t legal_party_from_pb(kt_call_t *call, const legal_party_t *message, bool update,
                                legal_party_record_t *party);

/* A request that names a party and perhaps a reason: fills those two of PARTY. */
kt_status_t legal_party_order_from_pb(kt_call_t *call, const ProtobufCMessage *request,
                                      legal_party_record_t *order);

#endif
