#include "store/software.h"

#include "domain/reason.h"
#include "store/accounts.h"
#include "store/tables.h"

#include <kt/event.h>
#include <kt/time.h>

static kt_key_t *
pair_key(kt_key_t *key, kt_span_t first, kt_span_t second)
{
    return kt_key_name(kt_key_of_name(key, first), second);
}

int32_t
it_store_today(const kt_call_t *call)
{
    return (int32_t)(call->now_us / KT_US_PER_DAY);
}

/* ---- products ---- */

kt_status_t
it_store_has_product(const kt_call_t *call, kt_span_t id, bool *found)
{
    kt_key_t key;
    return kt_row_has(call, IT_TABLE_PRODUCT, kt_key_of_name(&key, id), found);
}

kt_status_t
it_store_load_product(const kt_call_t *call, kt_span_t id, it_product_record_t *product)
{
    kt_key_t key;
    *product = (it_product_record_t){.product = id};
    return kt_row_must(call, IT_TABLE_PRODUCT, kt_key_of_name(&key, id), &it_product_layout,
                       product, IT_PRODUCT_UNKNOWN, "there is no such product");
}

kt_status_t
it_store_apply_product(const kt_call_t *call, const it_product_record_t *product)
{
    kt_key_t key;
    return kt_row_put(call, IT_TABLE_PRODUCT, kt_key_of_name(&key, product->product),
                      &it_product_layout, product);
}

static bool
read_product_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);
    ((it_product_record_t *)row)->product = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

kt_status_t
it_store_list_products(const kt_call_t *call, kt_span_t place, uint32_t size, kt_row_page_t *page)
{
    kt_key_t all;
    return kt_rows_page(call, IT_TABLE_PRODUCT, kt_key(&all), place, size, &it_product_layout,
                        read_product_key, page);
}

/* ---- licences ---- */

kt_status_t
it_store_find_licence(const kt_call_t *call, kt_span_t id, it_licence_record_t *licence,
                      bool *found)
{
    kt_key_t key;
    *licence = (it_licence_record_t){.licence = id};
    return kt_row_get(call, IT_TABLE_LICENCE, kt_key_of_name(&key, id), &it_licence_layout, licence,
                      found);
}

kt_status_t
it_store_load_licence(const kt_call_t *call, kt_span_t id, it_licence_record_t *licence)
{
    bool found;
    KT_TRY(it_store_find_licence(call, id, licence, &found));
    return found ? kt_ok() : kt_error(KT_NOT_FOUND, IT_LICENCE_UNKNOWN, "there is no such licence");
}

kt_status_t
it_store_apply_licence(const kt_call_t *call, const it_licence_record_t *licence)
{
    kt_key_t key;
    return kt_row_put(call, IT_TABLE_LICENCE, kt_key_of_name(&key, licence->licence),
                      &it_licence_layout, licence);
}

kt_status_t
it_store_list_licences(const kt_call_t *call, kt_span_t product, kt_span_t place, uint32_t size,
                       it_licence_list_t *list)
{
    kt_key_t all;
    *list = (it_licence_list_t){.licences = KT_ARENA_ARRAY(call->arena, it_licence_record_t, size)};
    if (!list->licences)
        return kt_call_out_of_memory(call);
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin_at(&rows, call, IT_TABLE_LICENCE, kt_key(&all), place));
    it_licence_record_t licence;
    for (uint32_t seen = 0; kt_rows_next(&rows, &it_licence_layout, &licence); seen++) {
        if (list->count == size || seen == IT_LICENCES_SCAN_MAX) {
            list->next = rows.key;
            break;
        }
        kt_reader_t r = kt_reader(rows.key);
        licence.licence = kt_key_get_name(&r);
        if (product.size == 0 || kt_span_equal(licence.product, product))
            list->licences[list->count++] = licence;
    }
    return rows.status;
}

/* ---- seats ---- */

static bool
read_seat_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);
    it_seat_record_t *seat = (it_seat_record_t *)row;
    seat->licence = kt_key_get_name(&r);
    seat->employee = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

static bool
read_employee_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);
    it_seat_record_t *seat = (it_seat_record_t *)row;
    seat->employee = kt_key_get_name(&r);
    seat->licence = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

/* The same record stands under both keys. */
kt_status_t
it_store_list_seats(const kt_call_t *call, kt_span_t licence, kt_span_t employee, kt_span_t place,
                    uint32_t size, kt_row_page_t *page)
{
    kt_key_t prefix;
    if (licence.size > 0)
        return kt_rows_page(call, IT_TABLE_SEAT, kt_key_of_name(&prefix, licence), place, size,
                            &it_seat_layout, read_seat_key, page);
    return kt_rows_page(call, IT_TABLE_SEAT_EMPLOYEE, kt_key_of_name(&prefix, employee), place,
                        size, &it_seat_layout, read_employee_key, page);
}

kt_status_t
it_store_load_held_seats(const kt_call_t *call, kt_span_t employee, it_held_seats_t *held)
{
    kt_key_t prefix;
    *held = (it_held_seats_t){0};
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin(&rows, call, IT_TABLE_SEAT_EMPLOYEE, kt_key_of_name(&prefix, employee)));
    while (held->count < IT_SEATS_PER_EMPLOYEE_MAX && kt_rows_next(&rows, NULL, NULL)) {
        it_seat_record_t seat;
        if (!read_employee_key(rows.key, &seat))
            return kt_error(KT_DATA_LOSS, 0, "the store holds a seat that is none");
        KT_TRY(it_store_load_licence(call, seat.licence, &held->licences[held->count]));
        held->in_force += it_licence_in_term(&held->licences[held->count], it_store_today(call));
        held->count++;
    }
    return rows.status;
}

kt_status_t
it_store_load_seat_asks(const kt_call_t *call, kt_span_t licence, const kt_list_t *employees,
                        it_seat_ask_t *asks)
{
    const kt_span_t *names = (const kt_span_t *)employees->items;
    it_held_seats_t *held = KT_ARENA_NEW(call->arena, it_held_seats_t);
    kt_key_t key;
    if (!held)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < employees->count; i++) {
        asks[i] = (it_seat_ask_t){.employee = names[i]};
        KT_TRY(kt_row_has(call, IT_TABLE_SEAT, pair_key(&key, licence, names[i]), &asks[i].holds));
        KT_TRY(it_store_is_cleared(call, names[i], &asks[i].cleared));
        KT_TRY(it_store_load_held_seats(call, names[i], held));
        asks[i].seats = held->count;
        asks[i].in_force = held->in_force;
    }
    return kt_ok();
}

static kt_status_t
tell_seats(kt_call_t *call, kt_span_t employee, uint32_t in_force)
{
    const char *count = kt_arena_printf(call->arena, "%u", in_force);
    kt_event_value_t value = {.name = kt_span_str("seats"), .value = kt_span_str(count)};
    return kt_event_emit(call, "employee.seats", employee, &value, 1);
}

kt_status_t
it_store_apply_assign_seats(kt_call_t *call, const it_licence_record_t *licence,
                            const it_seat_ask_t *asks, uint32_t count, const bool *gives)
{
    kt_key_t key;
    it_seat_record_t seat = {.assigned_us = call->now_us,
                             .assigned_by = kt_span_str(call->principal)};
    uint32_t given = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!gives[i])
            continue;
        KT_TRY(kt_row_put(call, IT_TABLE_SEAT, pair_key(&key, licence->licence, asks[i].employee),
                          &it_seat_layout, &seat));
        KT_TRY(kt_row_put(call, IT_TABLE_SEAT_EMPLOYEE,
                          pair_key(&key, asks[i].employee, licence->licence), &it_seat_layout,
                          &seat));
        KT_TRY(tell_seats(call, asks[i].employee, asks[i].in_force));
        given++;
    }
    return given > 0 ? it_store_apply_licence(call, licence) : kt_ok();
}

kt_status_t
it_store_apply_release_seats(kt_call_t *call, kt_span_t employee, const it_held_seats_t *held,
                             uint64_t gone, uint32_t left)
{
    kt_key_t key;
    for (uint32_t i = 0; i < held->count; i++) {
        if (!(gone >> i & 1))
            continue;
        it_licence_record_t licence = held->licences[i];
        KT_TRY(kt_row_delete(call, IT_TABLE_SEAT, pair_key(&key, licence.licence, employee)));
        KT_TRY(
            kt_row_delete(call, IT_TABLE_SEAT_EMPLOYEE, pair_key(&key, employee, licence.licence)));
        licence.used--;
        KT_TRY(it_store_apply_licence(call, &licence));
    }
    return gone != 0 ? tell_seats(call, employee, left) : kt_ok();
}
