/*
 * office.h: a finance store for tests: one book with accounts, and calls that run in transactions
 * of their own, as the shell runs them.
 *
 * The book "acme" has fiscal years from April and the accounts of office_accounts, numbered from 1;
 * the commodity ACME (scale 0) is declared beside those of ISO 4217.
 */
#ifndef FIN_OFFICE_H
#define FIN_OFFICE_H

#include "tempdir.h"
#include "testing.h"

#include "domain/types.h"

#include <kantor/finance/v1/ledger.kt.h>
#include <kt/call.h>

/* 2026-11-23T00:00:00Z */
#define OFFICE_NOW_US (INT64_C(20780) * KT_US_PER_DAY)

typedef struct office_account {
    const char *path;
    fin_type_t type;
    bool closed;
    const char *floor_commodity; /* or NULL */
    int64_t floor_minor;
} office_account_t;

#define OFFICE_ACCOUNTS 8
extern const office_account_t office_accounts[OFFICE_ACCOUNTS];

typedef enum office_store { OFFICE_RAM, OFFICE_LMDB, OFFICE_FAULTY } office_store_t;

typedef struct office {
    kt_kv_t *store;
    kt_arena_t *arena;
    void *state; /* the department's own */
    kt_call_t call;
    uint64_t calls;
    int64_t now_us;
    tempdir_t folder; /* of LMDB */
    uint64_t part;
} office_t;

void office_open(office_t *office, office_store_t kind);
void office_close(office_t *office);

/* A test that begins with *OFFICE open in memory; it is closed when the test is over. */
#define OFFICE_TEST(name, office)                                                                  \
    cmocka_unit_test_prestate_setup_teardown(name, office_setup, office_teardown, office)
int office_setup(void **state);
int office_teardown(void **state);

/* Begins a call; HANDLER(&office->call, ...) runs inside. Its status goes to office_end, which
 * commits when it is OK, and otherwise aborts; a refusal must have written nothing, which is
 * checked. Returns the call's status, or the commit's. */
void office_begin(office_t *office);
kt_status_t office_end(office_t *office, kt_status_t status);

/* One such call of HANDLER; what it answers lives until the next. */
#define OFFICE_RUN(office, handler, request, response)                                             \
    __extension__({                                                                                \
        office_begin(office);                                                                      \
        office_end((office), (handler)(&(office)->call, (request), (response)));                   \
    })

/* How many findings verification has; each is printed when PRINT. */
uint32_t office_verify(office_t *office, bool print);
/* The same, and whether one of them is about TABLE. */
bool office_verify_names(office_t *office, const char *table);

/* Fails unless the last call said that FIELD, and no other, broke its rule. */
void office_assert_field(const office_t *office, const char *field);
/* A text of BYTES letters, to be too long with; borrowed until the next. */
char *office_text(size_t bytes);

/* A draft, made from values, in the call's arena. */
typedef struct office_line {
    const char *account;
    const char *commodity;
    int64_t amount_minor;
} office_line_t;
fin_entry_draft_t *office_draft(office_t *office, const char *date, const char *source_ref,
                                const office_line_t *lines, size_t count);
/* Posts it as a call of its own. */
kt_status_t office_post(office_t *office, const char *date, const char *source_ref,
                        const office_line_t *lines, size_t count, char entry[32]);

#endif
