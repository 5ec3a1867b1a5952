/* decimal.h: decimal amounts as people and plain-text books write them, and the minor units that
 * Kantor keeps. */
#ifndef CLI_DECIMAL_H
#define CLI_DECIMAL_H

#include <kt/span.h>

#define CLI_SCALE_MAX    18 /* decimal places of a commodity; the ledger's own limit */
#define CLI_AMOUNT_CHARS 24 /* "-9.223372036854775808", and a NUL */

/* digits / 10^scale, without zeros at the end of its fraction. */
typedef struct cli_decimal {
    int64_t digits;
    int scale;   /* 0..CLI_SCALE_MAX */
    int written; /* decimal places as written, zeros included: "1.50" has 2 */
} cli_decimal_t;

/*
 * Reads "-1234.56" or "-1234,56": an optional sign, digits, and at most one decimal mark. Where
 * both marks stand, or one of them stands more than once, the others divide groups of three digits:
 * "1.234.567,89". Returns NULL, or what is wrong with TEXT (a literal).
 */
const char *cli_decimal_parse(kt_span_t text, cli_decimal_t *decimal);

/* In units of 10^-SCALE; false when it has more decimal places, or does not fit 64 bits. */
bool cli_decimal_to_minor(const cli_decimal_t *decimal, int scale, int64_t *minor);

/* Writes MINOR with SCALE decimal places: -5, 2 gives "-0.05". A scale outside 0..CLI_SCALE_MAX
 * counts as the nearest. */
void cli_amount_format(int64_t minor, int scale, char out[CLI_AMOUNT_CHARS]);

#endif
