/* purchases.h: what the verbs about purchases share. */
#ifndef CLI_IT_PURCHASES_H
#define CLI_IT_PURCHASES_H

#include "../decimal.h"
#include "page.h"

#include <kantor/it/v1/purchases.client.kt.h>

/* Asks finance for the decimal places of CURRENCY in BOOK; *SCALE is -1 when the book does not have
 * it. Says nothing; 0, or the code that PAGE's reply has. */
int it_scale_in(it_page_t *page, const char *book, const char *currency, int *scale);

#endif
