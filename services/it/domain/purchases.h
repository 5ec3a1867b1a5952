/* purchases.h: what is to be bought, as it was asked for. What becomes of it is its process's. */
#ifndef IT_PURCHASES_H
#define IT_PURCHASES_H

#include "domain/software.h"

#define IT_PURCHASE_TITLE_BYTES_MAX 160 /* as a contract's */
#define IT_BOOK_ACCOUNT_BYTES_MAX   120
#define IT_INSTALMENTS_MAX          24
#define IT_PURCHASE_EMPLOYEES_MAX   20

typedef struct it_instalment_record {
    int32_t due_on;
    int64_t amount_minor;
} it_instalment_record_t;

extern const kt_layout_t it_instalment_layout;

typedef struct it_purchase_record {
    kt_span_t purchase, title, vendor, product, book, cost_centre, currency;
    int64_t amount_minor;
    kt_list_t instalments; /* of it_instalment_record_t */
    kt_span_t expense_account, payable_account;
    uint32_t seats;
    kt_list_t employees; /* of kt_span_t */
    int32_t from_date, until_date;
    kt_span_t requested_by;
    int64_t requested_us;
    kt_ulid_t process;
} it_purchase_record_t;

extern const kt_layout_t it_purchase_layout;

/* NULL when the purchase makes sense, else what is wrong and in which field (static). */
const char *it_purchase_wrong(const it_purchase_record_t *draft, const char **field);

typedef struct it_purchase_facts {
    bool product_known;
    bool exists;               /* a purchase of this id */
    bool licence_there;        /* a licence of this id */
    const it_seat_ask_t *asks; /* of its employees, as many as there are */
    int32_t today;
} it_purchase_facts_t;

/* What can be seen now to fail after the signature fails at once. PRODUCT_UNKNOWN, PURCHASE_EXISTS,
 * LICENCE_EXISTS, LICENCE_NOT_IN_TERM, EMPLOYEE_CLEARED, TOO_MANY_SEATS. */
kt_status_t it_decide_purchase(const it_purchase_record_t *draft, const it_purchase_facts_t *facts);

#endif
