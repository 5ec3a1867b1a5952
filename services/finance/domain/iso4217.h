/*
 * iso4217.h: the currencies of ISO 4217 that have a minor unit: usable in every book without being
 * declared.
 *
 * Source: ISO 4217 as published by its maintenance agency (SIX), list one: alphabetic code, numeric
 * code, minor unit. Codes whose minor unit the list gives as "N.A." (XAU, XDR, XXX, ...) are not
 * here: how finely gold is counted is the book's own choice, so a book declares them.
 */
#ifndef FIN_ISO4217_H
#define FIN_ISO4217_H

#include <kt/span.h>

typedef struct fin_iso4217 {
    char code[4];     /* "USD" */
    uint16_t numeric; /* 840; below 1,000 */
    uint8_t exponent; /* decimal places of the minor unit, 0..4 */
} fin_iso4217_t;

/* The whole list, ordered by code. Static. */
const fin_iso4217_t *fin_iso4217_all(uint32_t *count);
/* NULL when the list has no such code. Codes are capital letters only. Static. */
const fin_iso4217_t *fin_iso4217_by_code(kt_span_t code);
const fin_iso4217_t *fin_iso4217_by_number(uint32_t numeric);

#endif
