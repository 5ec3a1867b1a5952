/*
 * witness.h: what other departments' journals were seen to be, so that none can rewrite its past
 * alone. A department says size and root of its journal with every call (KT_WITNESS_KEY), and in
 * which life its store is (kt/lives.h); who is called keeps them with what the call writes, in the
 * table `witness`:
 * - key: the principal, a zero byte, u64 epoch with its highest bit set, 16 bytes life, u64 records
 *   of its journal; of the life zero, and from before lives were told: principal, zero byte,
 * records
 * - value: i64 time of the call in Unix microseconds, 32 bytes root
 *
 * READs keep nothing. What was kept is never replaced: a size that comes with another root is what
 * the first root will witness against.
 */
#ifndef KT_SERVICE_WITNESS_H
#define KT_SERVICE_WITNESS_H

#include <kt/call.h>
#include <kt/call_meta.h>
#include <kt/journal.h>
#include <kt/layout.h>

/* On the wire: u64 size, 32 bytes root, u64 epoch, 16 bytes life; of a program from before lives
 * were told, only the first two. */
#define KT_WITNESS_BYTES_LEAST (8 + KT_SHA256_BYTES)
#define KT_WITNESS_BYTES       (KT_WITNESS_BYTES_LEAST + 8 + KT_ULID_BYTES)
/* Whose word is kept. */
#define KT_WITNESS_ROLE "department"
/* Of each principal so many, the newest, are kept; of older ones the first of each day (UTC). They
 * are thinned now and then, by the chance of the call. */
#define KT_WITNESSES_MAX          1000
#define KT_WITNESS_THIN_ODDS      64
#define KT_WITNESS_THIN_MAX       128  /* removed at once */
#define KT_WITNESS_THIN_LOOKS_MAX 1024 /* older ones looked at */

typedef struct kt_witness {
    uint64_t size; /* records; 0: none */
    kt_hash_t root;
    uint64_t epoch; /* 1 with the life zero, where none was told */
    kt_ulid_t life;
} kt_witness_t;

void kt_witness_encode(const kt_witness_t *witness, uint8_t out[KT_WITNESS_BYTES]);
/* False for what is no witness. */
bool kt_witness_decode(kt_span_t bytes, kt_witness_t *witness);

/* Keeps what PRINCIPAL's journal is said to be, unless something was kept for that life and size.
 * For the writer, while it observes. */
kt_status_t
kt_witness_keep(const kt_call_t *call, kt_span_t principal, const kt_witness_t *witness);

/* A record of the table. */
typedef struct kt_kept_witness {
    kt_span_t principal;
    uint64_t epoch;
    kt_ulid_t life; /* not in the layout: on the wire it is bytes */
    uint64_t size;
    int64_t time_us;
    kt_hash_t root;
} kt_kept_witness_t;
extern const kt_layout_t kt_witness_layout;
/* Fills what the key holds, borrowed from it. False: it is none. */
bool kt_witness_read_key(kt_span_t key, void *kept);

#endif
