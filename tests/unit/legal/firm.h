/* firm.h: what the tests of parties, contracts and oversight share: the department in a room, and
 * calls on it in one line. */
#ifndef LEGAL_FIRM_H
#define LEGAL_FIRM_H

#include "room.h"

#include "domain/contracts.h"
#include "domain/reason.h"
#include "service.h"

#include <kantor/legal/v1/contracts.kt.h>
#include <kantor/legal/v1/oversight.kt.h>
#include <kantor/legal/v1/parties.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/sha256.h>
#include <kt/time.h>
#include <string.h>

#define FIRM_DAY_US KT_US_PER_DAY

#define firm_test(name) cmocka_unit_test_setup_teardown(name, firm_setup, firm_teardown)

/* A field of a request that is built from a literal or a buffer. */
static inline char *
text(const char *value)
{
    return (char *)(uintptr_t)value;
}

/* The people of these tests. */
void as_lena(room_t *room); /* an officer, who writes contracts */
void as_otto(room_t *room); /* the other officer */
void as_fina(room_t *room);
void as_carl(room_t *room);
void as_it(room_t *room);

kt_status_t firm_add_party(room_t *room, const char *name);

/* IDR: FINANCE from 1,000, CEO from 10,000; RISK_HIGH: CEO; everything else OFFICER. */
void firm_set_thresholds(room_t *room, int64_t finance_from, int64_t ceo_from);

int firm_setup(void **state);
int firm_teardown(void **state);

/* A draft to be changed and sent: a purchase of 500 IDR from acme, 2026-12-01 for 12 months, at
 * low risk. */
typedef struct firm_draft {
    legal_contract_t contract;
    legal_contract_terms_t terms;
    legal_term_length_t first, renews, notice;
} firm_draft_t;

firm_draft_t *firm_fill(firm_draft_t *draft, const char *name);
void firm_renews(firm_draft_t *draft, uint32_t months, uint32_t notice_months);
void firm_employs(firm_draft_t *draft, const char *employee);
kt_status_t firm_send(room_t *room, firm_draft_t *draft);
kt_status_t firm_update(room_t *room, firm_draft_t *draft);

/* ---- versions ---- */

kt_status_t firm_begin(room_t *room, const char *contract, const legal_upload_t **upload);
kt_status_t
firm_put(room_t *room, const char *upload, int64_t offset, const void *data, size_t size);
kt_status_t firm_finish(room_t *room, const char *upload, int64_t size);

/* A whole version, whose content is WORDS. */
void firm_upload(room_t *room, const char *contract, const char *words);

/* The hash of such a version; static until the next. */
ProtobufCBinaryData firm_hash(const char *words);

/* ---- steps ---- */

kt_status_t firm_submit(room_t *room, const char *contract);
kt_status_t firm_return(room_t *room, const char *contract);
kt_status_t firm_start(room_t *room, const char *contract);
kt_status_t
firm_approve(room_t *room, const char *contract, const char *words, legal_approval_level_t level);
kt_status_t firm_reject(room_t *room, const char *contract, const char *words);
kt_status_t firm_open(room_t *room, const char *contract);
kt_status_t
firm_sign(room_t *room, const char *contract, const char *words, legal_signature_side_t side);
kt_status_t firm_void(room_t *room, const char *contract);
kt_status_t firm_notice(room_t *room, const char *contract, const char *given_on);
kt_status_t firm_terminate(room_t *room, const char *contract, const char *on);
kt_status_t firm_supersede(room_t *room, const char *contract, const char *by);
const legal_contract_view_t *firm_get(room_t *room, const char *contract, const char *on_date);

legal_contract_status_t firm_status(room_t *room, const char *contract, const char *on_date);

/* Drafted by lena with version "one" and submitted: in REVIEW. */
void firm_review(room_t *room, firm_draft_t *draft);

/* ...and in APPROVAL. */
void firm_approval(room_t *room, firm_draft_t *draft);

/* ...and approved by all whom it needs, and in SIGNING. */
void firm_signing(room_t *room, firm_draft_t *draft);

/* ...and signed by both. */
void firm_signed(room_t *room, firm_draft_t *draft);

/* The value of that name in an event; "" when there is none. Until room_forget. */
const char *firm_value(room_t *room, uint64_t sequence, const char *name);

/* The newest event is of that type; values are pairs of names and texts up to a NULL. */
void firm_assert_event(room_t *room, uint64_t sequence, const char *type, const char *const *pairs);

/* Fails, and one refusal more is kept, of that contract. */
#define firm_assert_kept(room, expression, reason_, command_)                                      \
    do {                                                                                           \
        uint32_t kept_ = room_refusals(room);                                                      \
        assert_status(expression, KT_FAILED_PRECONDITION, reason_);                                \
        assert_int_equal(room_refusals(room), kept_ + 1);                                          \
        assert_int_equal(room_refusal(room)->reason, reason_);                                     \
        assert_span_equal(room_refusal(room)->command, kt_span_str(command_));                     \
    } while (0)

#endif
