#include "office.h"

#include "handlers/posting.h"
#include "store/keys.h"
#include "store/post.h"
#include "store/records.h"
#include "store/tables.h"
#include "store/verify.h"

#include <stdlib.h>

#define ARENA_BYTES_MAX (256u << 20)
#define TEXT_BYTES_MAX  4096

const office_account_t office_accounts[OFFICE_ACCOUNTS] = {
    {"assets:bank", FIN_TYPE_ASSET, false, NULL, 0},
    {"assets:cash", FIN_TYPE_ASSET, false, "USD", 0},
    {"assets:shares", FIN_TYPE_ASSET, false, "ACME", -50},
    {"liabilities:loan", FIN_TYPE_LIABILITY, false, NULL, 0},
    {"liabilities:deposits", FIN_TYPE_LIABILITY, false, "USD", -300},
    {"income:sales", FIN_TYPE_INCOME, false, NULL, 0},
    {"expenses:rent", FIN_TYPE_EXPENSE, false, NULL, 0},
    {"expenses:old", FIN_TYPE_EXPENSE, true, NULL, 0},
};

static void
put(office_t *office, uint32_t table, kt_span_t key, const kt_writer_t *w)
{
    assert_false(w->failed);
    assert_ok(kt_kv_put(office->call.txn, table, key, kt_written(w)));
}

static void
make_account(office_t *office, const office_account_t *from, uint32_t number)
{
    uint8_t buffer[FIN_RECORD_BYTES_MAX];
    kt_writer_t w = kt_writer(buffer, sizeof(buffer));
    fin_key_t key;
    fin_account_record_t account = {.number = number, .type = from->type, .closed = from->closed};
    if (from->floor_commodity != NULL) {
        account.floors_count = 1;
        account.floors[0].commodity = from->floor_commodity[0] == 'U' ? 840 : FIN_COMMODITY_FIRST;
        account.floors[0].amount_minor = from->floor_minor;
    }
    fin_put_account(&w, &account);
    put(office, FIN_TABLE_ACCOUNT, fin_key_text(&key, office->part, kt_span_str(from->path)), &w);
    assert_ok(kt_kv_put(office->call.txn, FIN_TABLE_ACCOUNT_NUMBER,
                        fin_key_number(&key, office->part, number), kt_span_str(from->path)));
}

static void
make_book(office_t *office)
{
    uint8_t buffer[FIN_RECORD_BYTES_MAX];
    fin_key_t key;
    kt_writer_t w = kt_writer(buffer, sizeof(buffer));
    office->part = FIN_PART(1, 1);
    fin_put_book(&w, &(fin_book_record_t){.part = office->part,
                                          .kind = FIN_KIND_COMPANY,
                                          .organization = kt_span_str("acme"),
                                          .first_month = 4});
    put(office, FIN_TABLE_BOOK, kt_span_str("acme"), &w);
    assert_ok(kt_kv_put(office->call.txn, FIN_TABLE_BOOK_PART, fin_key_part(&key, office->part),
                        kt_span_str("acme")));
    fin_commodity_record_t acme = {.symbol = kt_span_str("ACME"), .number = FIN_COMMODITY_FIRST};
    w = kt_writer(buffer, sizeof(buffer));
    fin_put_commodity(&w, &acme);
    put(office, FIN_TABLE_COMMODITY, fin_key_text(&key, office->part, acme.symbol), &w);
    w = kt_writer(buffer, sizeof(buffer));
    fin_put_commodity_number(&w, &acme);
    put(office, FIN_TABLE_COMMODITY_NUMBER, fin_key_number(&key, office->part, acme.number), &w);
    for (uint32_t i = 0; i < OFFICE_ACCOUNTS; i++)
        make_account(office, &office_accounts[i], i + 1);
}

void
office_open(office_t *office, office_store_t kind)
{
    *office = (office_t){.now_us = OFFICE_NOW_US};
    office->arena = kt_arena_new(65536, ARENA_BYTES_MAX);
    office->state = calloc(1, sizeof(fin_state_t));
    kt_kv_options_t options = {.service = "finance",
                               .format = FIN_FORMAT,
                               .tables = fin_tables,
                               .tables_count = FIN_TABLES_COUNT};
    if (kind == OFFICE_LMDB) {
        char path[PATH_MAX];
        tempdir_init(&office->folder);
        tempdir_join(&office->folder, "store", path);
        options.path = path;
        assert_ok(kt_kv_open_lmdb(&options, &office->store));
    } else {
        assert_ok(kt_kv_open_ram(&options, &office->store));
    }
    office_begin(office);
    make_book(office);
    assert_ok(office_end(office, kt_ok()));
    if (kind == OFFICE_FAULTY) {
        kt_kv_t *inner = office->store;
        assert_ok(kt_kv_open_fault(&inner, &office->store));
    }
}

void
office_close(office_t *office)
{
    kt_kv_close(&office->store);
    kt_arena_destroy(&office->arena);
    free(office->state);
    if (office->folder.path[0] != '\0')
        tempdir_fini(&office->folder);
}

int
office_setup(void **state)
{
    office_open(*state, OFFICE_RAM);
    return 0;
}

int
office_teardown(void **state)
{
    office_close(*state);
    return 0;
}

static kt_status_t
count_change(void *context, kt_kv_change_t change, uint32_t table, kt_span_t key, kt_span_t value)
{
    (void)change, (void)table, (void)key, (void)value;
    ++*(uint64_t *)context;
    return kt_ok();
}

static uint64_t changes;

void
office_begin(office_t *office)
{
    static const char *const roles[] = {"finance.clerk"};
    kt_txn_t *txn = NULL;
    kt_arena_reset(office->arena);
    kt_status_t status = kt_kv_begin_write(office->store, &txn);
    if (!kt_failed(status)) {
        changes = 0;
        kt_kv_observe(txn, count_change, &changes);
    }
    kt_call_init(&office->call, office->arena, txn, "clerk", office->now_us);
    office->call.roles = roles;
    office->call.roles_count = KT_COUNT(roles);
    office->call.service = office->state;
    office->call.chance = ++office->calls;
}

kt_status_t
office_end(office_t *office, kt_status_t status)
{
    if (office->call.txn == NULL)
        return kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "the transaction did not begin");
    if (!kt_failed(status)) {
        status = kt_kv_commit(&office->call.txn);
    } else {
        if (status.code != KT_RESOURCE_EXHAUSTED || status.reason != KT_KV_FULL)
            assert_int_equal(changes, 0);
        kt_kv_abort(&office->call.txn);
    }
    if (kt_failed(status))
        fin_state_forget((fin_state_t *)office->state);
    return status;
}

typedef struct findings {
    uint32_t count;
    bool print;
    bool named;
    const char *table;
} findings_t;

static void
found(void *context, const kt_finding_t *finding)
{
    findings_t *findings = (findings_t *)context;
    findings->count++;
    findings->named |= findings->table != NULL && strcmp(findings->table, finding->table) == 0;
    if (findings->print)
        print_message("%s [%s]: %s\n", finding->table, finding->key, finding->what);
}

static findings_t
verify(office_t *office, bool print, const char *table)
{
    findings_t findings = {.print = print, .table = table};
    kt_txn_t *txn;
    assert_ok(kt_kv_begin_read(office->store, &txn));
    assert_ok(fin_store_verify(txn, &(fin_verify_sink_t){.report = found, .context = &findings}));
    kt_kv_abort(&txn);
    return findings;
}

uint32_t
office_verify(office_t *office, bool print)
{
    return verify(office, print, NULL).count;
}

bool
office_verify_names(office_t *office, const char *table)
{
    return verify(office, false, table).named;
}

void
office_assert_field(const office_t *office, const char *field)
{
    assert_int_equal(office->call.violations_count, 1);
    assert_string_equal(office->call.violations[0].field, field);
}

char *
office_text(size_t bytes)
{
    static char text[TEXT_BYTES_MAX + 1];
    assert_in_range(bytes, 0, TEXT_BYTES_MAX);
    memset(text, 'x', bytes);
    text[bytes] = '\0';
    return text;
}

fin_entry_draft_t *
office_draft(office_t *office, const char *date, const char *source_ref, const office_line_t *lines,
             size_t count)
{
    fin_entry_draft_t *draft = KT_ARENA_NEW(office->arena, fin_entry_draft_t);
    fin_line_t *made = KT_ARENA_ARRAY(office->arena, fin_line_t, count);
    *draft = (fin_entry_draft_t)FIN_ENTRY_DRAFT_INIT;
    draft->date = kt_arena_strdup(office->arena, date);
    draft->source_ref = kt_arena_strdup(office->arena, source_ref);
    draft->lines = KT_ARENA_ARRAY(office->arena, fin_line_t *, count);
    draft->n_lines = count;
    for (size_t i = 0; i < count; i++) {
        made[i] = (fin_line_t)FIN_LINE_INIT;
        made[i].account = kt_arena_strdup(office->arena, lines[i].account);
        made[i].commodity = kt_arena_strdup(office->arena, lines[i].commodity);
        made[i].amount_minor = lines[i].amount_minor;
        draft->lines[i] = &made[i];
    }
    return draft;
}

kt_status_t
office_post(office_t *office, const char *date, const char *source_ref, const office_line_t *lines,
            size_t count, char entry[32])
{
    office_begin(office);
    char book[] = "acme";
    fin_post_entry_request_t request = FIN_POST_ENTRY_REQUEST_INIT;
    fin_posted_entry_t response = FIN_POSTED_ENTRY_INIT;
    request.book = book;
    request.entry = office_draft(office, date, source_ref, lines, count);
    kt_status_t status = fin_post_entry(&office->call, &request, &response);
    if (!kt_failed(status))
        snprintf(entry, 32, "%s", response.entry);
    return office_end(office, status);
}
