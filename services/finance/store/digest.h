/*
 * digest.h: what a draft says, in 8 bytes, so that the same reference with the same content is
 * known again.
 *
 * The first 8 bytes of SHA-256 over: u32 date, u16 size and description, then for each line that is
 * not the ledger's own u32 account, u32 commodity, i64 amount, u16 size and memo; big-endian.
 */
#ifndef FIN_DIGEST_H
#define FIN_DIGEST_H

#include "domain/post.h"

/* Accounts and commodities of DRAFT are there. */
uint64_t fin_draft_digest(const fin_draft_t *draft);
/* The same, of the draft that an entry was posted from. */
uint64_t fin_entry_digest(const fin_posting_t *entry);

#endif
