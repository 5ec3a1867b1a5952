/* parties.h: with whom the company has contracts. Pure. */
#ifndef LEGAL_PARTIES_H
#define LEGAL_PARTIES_H

#include <kt/layout.h>
#include <kt/machine.h>
#include <kt/status.h>

#define LEGAL_NAME_BYTES_MAX      63 /* of ids */
#define LEGAL_PRINCIPAL_BYTES_MAX 64
#define LEGAL_PERSON_BYTES_MAX    128 /* on whose behalf a principal calls */
#define LEGAL_REASON_BYTES_MAX    200

/* The numbers of the contracts' PartyKind. */
enum { LEGAL_KIND_COMPANY = 1, LEGAL_KIND_PERSON, LEGAL_KIND_AUTHORITY };

typedef struct legal_party_record {
    kt_span_t party;
    uint32_t kind;
    kt_span_t name, registration_number, tax_number, country, email;
    bool blocked;
    kt_span_t reason, changed_by, created_by;
    int64_t changed_us, created_us;
} legal_party_record_t;

extern const kt_layout_t legal_party_layout;

enum { LEGAL_PARTY_IS_OPEN, LEGAL_PARTY_IS_BLOCKED, LEGAL_PARTY_STATES_COUNT };
enum { LEGAL_BLOCK, LEGAL_UNBLOCK, LEGAL_PARTY_COMMANDS_COUNT };
extern const kt_machine_t legal_party_machine;

/* NULL, or what is wrong with a country's code: ISO 3166-1 alpha-2, assigned codes only. */
const char *legal_wrong_country(kt_span_t code);
/* NULL, or what is wrong with a currency's code: three capital letters, as ISO 4217 has them. */
const char *legal_wrong_currency(kt_span_t code);

/* FAILED_PRECONDITION: PARTY_STATE. On success PARTY's state is the next. */
kt_status_t legal_decide_block(uint32_t command, legal_party_record_t *party);

#endif
