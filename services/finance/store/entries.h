/*
 * entries.h: posted entries, by sequence and by name.
 *
 * Statuses: as kt/kv.h says, DATA_LOSS with KT_KV_CORRUPT for what does not read back,
 * RESOURCE_EXHAUSTED when the call's arena is used up.
 */
#ifndef FIN_ENTRIES_H
#define FIN_ENTRIES_H

#include "domain/post.h"
#include "store/records.h"

#include <kt/call.h>

/* The head of the entry with this sequence. Texts are borrowed until the next write of the
 * transaction. DATA_LOSS when there is none: sequences come from other records. */
kt_status_t
fin_store_load_head(const kt_call_t *call, uint64_t sequence, fin_entry_record_t *entry);

/* The entry with all of its lines, in the call's arena. */
kt_status_t fin_store_load_entry(const kt_call_t *call, uint64_t sequence, fin_posting_t *entry);

/* The sequence of an entry by its name: from the anchor above it, or from the year's newest, back
 * pointers lead there in less than FIN_ANCHOR_ENTRIES steps. NOT_FOUND: ENTRY_UNKNOWN. */
kt_status_t fin_store_find_entry(const kt_call_t *call, uint64_t part, int32_t year,
                                 uint64_t number, uint64_t *sequence);

#endif
