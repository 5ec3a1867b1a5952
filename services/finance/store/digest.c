#include "store/digest.h"

#include <kt/pack.h>
#include <kt/sha256.h>

static void
add_head(kt_sha256_t *sha, int32_t date, kt_span_t description)
{
    uint8_t buffer[6];
    kt_writer_t w = kt_writer(buffer, sizeof(buffer));
    kt_put_u32(&w, (uint32_t)date);
    kt_put_u16(&w, (uint16_t)description.size);
    kt_sha256_add(sha, kt_written(&w));
    kt_sha256_add(sha, description);
}

static void
add_line(kt_sha256_t *sha, const fin_line_record_t *line)
{
    uint8_t buffer[18];
    kt_writer_t w = kt_writer(buffer, sizeof(buffer));
    kt_put_u32(&w, line->account);
    kt_put_u32(&w, line->commodity);
    kt_put_i64(&w, line->amount_minor);
    kt_put_u16(&w, (uint16_t)line->memo.size);
    kt_sha256_add(sha, kt_written(&w));
    kt_sha256_add(sha, line->memo);
}

static uint64_t
end(kt_sha256_t *sha)
{
    kt_hash_t hash = kt_sha256_end(sha);
    kt_reader_t r = kt_reader(kt_span(hash.bytes, sizeof(hash.bytes)));
    return kt_get_u64(&r);
}

uint64_t
fin_draft_digest(const fin_draft_t *draft)
{
    kt_sha256_t sha;
    kt_sha256_init(&sha);
    add_head(&sha, draft->date, draft->description);
    for (uint32_t i = 0; i < draft->lines_count; i++) {
        const fin_position_fact_t *position = draft->lines[i].position;
        add_line(&sha, &(fin_line_record_t){.account = position->account->record.number,
                                            .commodity = position->commodity->record.number,
                                            .amount_minor = draft->lines[i].amount_minor,
                                            .memo = draft->lines[i].memo});
    }
    return end(&sha);
}

uint64_t
fin_entry_digest(const fin_posting_t *entry)
{
    kt_sha256_t sha;
    kt_sha256_init(&sha);
    add_head(&sha, entry->entry.date, entry->entry.description);
    for (uint32_t i = 0; i < entry->entry.lines_count - entry->entry.own_count; i++)
        add_line(&sha, &entry->lines[i]);
    return end(&sha);
}
