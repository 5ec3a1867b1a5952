/*
 * ulid.h: 128-bit ids that sort by the time they were made: 48 bits of Unix milliseconds, 80 random
 * bits.
 *
 * The text form is 26 characters of Crockford's base 32 (https://github.com/ulid/spec). A UUIDv7
 * (RFC 9562, section 5.7) has the same 48 bits in front, so the 16 bytes of either are good keys.
 */
#ifndef KT_ULID_H
#define KT_ULID_H

#include <kt/span.h>

#define KT_ULID_BYTES 16
#define KT_ULID_CHARS 26

typedef struct kt_ulid {
    uint8_t bytes[KT_ULID_BYTES];
} kt_ulid_t;

/* The id of a time and 80 bits of chance: of RANDOM_HIGH the low 16 bits, then RANDOM_LOW. A time
 * that 48 bits of milliseconds cannot hold becomes the nearest one that they can. */
kt_ulid_t kt_ulid_make(int64_t time_us, uint16_t random_high, uint64_t random_low);
/* The time inside, in microseconds (a whole number of milliseconds). */
int64_t kt_ulid_time_us(const kt_ulid_t *id);
/* Writes 26 characters and a NUL. */
void kt_ulid_format(const kt_ulid_t *id, char out[KT_ULID_CHARS + 1]);
/* The same in lower case, as names are written: [a-z0-9]. */
void kt_ulid_format_name(const kt_ulid_t *id, char out[KT_ULID_CHARS + 1]);
/* Reads a ULID (26 characters, either case) or a UUID (36 characters with hyphens). The letters
 * that Crockford leaves out (I, L, O, U) are refused, so that an id has one spelling but for case.
 */
bool kt_ulid_parse(kt_span_t text, kt_ulid_t *id);

#endif
