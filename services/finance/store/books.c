#include "store/books.h"

#include "domain/iso4217.h"
#include "store/records.h"
#include "store/scan.h"
#include "store/state.h"
#include "store/tables.h"

kt_status_t
fin_store_load_create_book(const kt_call_t *call, const fin_book_record_t *draft,
                           fin_book_facts_t *facts)
{
    *facts = (fin_book_facts_t){0};
    kt_span_t value;
    uint64_t number, part;
    KT_TRY(fin_store_get(call, FIN_TABLE_BOOK, draft->id, &value, &facts->there));
    bool known;
    KT_TRY(fin_store_get(call, FIN_TABLE_ORGANIZATION, draft->organization, &value, &known));
    if (known && !fin_get_number(value, &number))
        return fin_store_corrupt(call, FIN_TABLE_ORGANIZATION, "an organisation");

    /* Numbers are given in order and never freed: the last part tells how many there are. */
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_BOOK_PART, kt_span(NULL, 0)));
    fin_key_t key;
    bool found;
    KT_TRY(fin_scan_seek_back(&scan, fin_key_part(&key, UINT64_MAX), &found));
    if (found && !fin_parse_part(scan.key, &part))
        return fin_store_corrupt(call, FIN_TABLE_BOOK_PART, "a book's part");
    facts->organizations = found ? FIN_PART_ORGANIZATION(part) : 0;
    if (!known)
        return kt_ok();
    facts->organization.number = (uint32_t)number;
    KT_TRY(fin_scan_seek_back(
        &scan, fin_key_part(&key, FIN_PART(facts->organization.number, UINT32_MAX)), &found));
    if (!found || !fin_parse_part(scan.key, &part) || FIN_PART_ORGANIZATION(part) != number)
        return fin_store_corrupt(call, FIN_TABLE_BOOK_PART, "an organisation's last book");
    facts->organization.books = FIN_PART_BOOK(part);
    return kt_ok();
}

kt_status_t
fin_store_apply_create_book(const kt_call_t *call, const fin_book_effects_t *fx)
{
    fin_state_forget((fin_state_t *)call->service);
    uint8_t buffer[FIN_RECORD_BYTES_MAX];
    fin_key_t key;
    kt_writer_t w = kt_writer(buffer, sizeof buffer);
    fin_put_number(&w, fx->organization.number);
    KT_TRY(kt_kv_put(call->txn, FIN_TABLE_ORGANIZATION, fx->organization.id, kt_written(&w)));
    w = kt_writer(buffer, sizeof buffer);
    fin_put_book(&w, &fx->book);
    KT_TRY(kt_kv_put(call->txn, FIN_TABLE_BOOK, fx->book.id, kt_written(&w)));
    return kt_kv_put(call->txn, FIN_TABLE_BOOK_PART, fin_key_part(&key, fx->book.part),
                     fx->book.id);
}

kt_status_t
fin_store_list_books(const kt_call_t *call, kt_span_t after, uint32_t limit, fin_book_list_t *list)
{
    *list = (fin_book_list_t){.books = KT_ARENA_ARRAY(call->arena, fin_book_record_t, limit)};
    if (!list->books)
        return kt_call_out_of_memory(call);
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_BOOK, kt_span(NULL, 0)));
    bool found;
    KT_TRY(fin_scan_seek(&scan, after, &found));
    if (found && kt_span_equal(scan.key, after))
        KT_TRY(fin_scan_next(&scan, &found));
    while (found && list->count < limit) {
        fin_book_record_t *book = &list->books[list->count++];
        if (!fin_get_book(scan.value, book))
            return fin_store_corrupt(call, FIN_TABLE_BOOK, "a book");
        book->id = scan.key;
        KT_TRY(fin_scan_next(&scan, &found));
    }
    list->more = found;
    return kt_ok();
}

kt_status_t
fin_store_load_period(const kt_call_t *call, const fin_book_record_t *book, int32_t month,
                      fin_period_facts_t *facts)
{
    *facts = (fin_period_facts_t){.explicit_periods = book->explicit_periods,
                                  .period = {.month = month, .state = FIN_MONTH_NOT_OPENED}};
    fin_key_t key;
    kt_span_t value;
    bool found;
    KT_TRY(fin_store_get(call, FIN_TABLE_PERIOD, fin_key_period(&key, book->part, month), &value,
                         &found));
    if (found && !fin_get_period(value, &facts->period))
        return fin_store_corrupt(call, FIN_TABLE_PERIOD, "a period");
    return kt_ok();
}

kt_status_t
fin_store_apply_period(const kt_call_t *call, uint64_t part, const fin_period_record_t *period)
{
    fin_state_forget((fin_state_t *)call->service);
    uint8_t buffer[FIN_RECORD_BYTES_MAX];
    fin_key_t key;
    kt_writer_t w = kt_writer(buffer, sizeof buffer);
    fin_put_period(&w, period);
    return kt_kv_put(call->txn, FIN_TABLE_PERIOD, fin_key_period(&key, part, period->month),
                     kt_written(&w));
}

kt_status_t
fin_store_list_periods(const kt_call_t *call, uint64_t part, int32_t first, uint32_t limit,
                       fin_period_list_t *list)
{
    *list = (fin_period_list_t){.periods = KT_ARENA_ARRAY(call->arena, fin_period_record_t, limit)};
    if (!list->periods)
        return kt_call_out_of_memory(call);
    fin_key_t prefix, key;
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_PERIOD, fin_key_part(&prefix, part)));
    bool found;
    KT_TRY(fin_scan_seek(&scan, fin_key_period(&key, part, first), &found));
    while (found && list->count < limit) {
        fin_period_record_t *period = &list->periods[list->count++];
        uint64_t of;
        if (!fin_parse_period(scan.key, &of, &period->month) || !fin_get_period(scan.value, period))
            return fin_store_corrupt(call, FIN_TABLE_PERIOD, "a period");
        KT_TRY(fin_scan_next(&scan, &found));
    }
    list->more = found;
    return kt_ok();
}
