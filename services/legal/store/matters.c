#include "store/matters.h"

#include "domain/reason.h"
#include "store/task_keys.h"

static kt_status_t
unknown(const kt_call_t *call, uint32_t reason, const char *what, kt_span_t name)
{
    return kt_error(KT_NOT_FOUND, reason,
                    kt_arena_printf(call->arena, "there is no %s %.*s", what, (int)name.size,
                                    (const char *)name.data));
}

/* matter_deadline and legal_hold; custodian and deadline_due have more in front. */
static kt_key_t *
part_key(kt_key_t *key, kt_span_t matter, kt_span_t id)
{
    return kt_key_name(kt_key_of_name(key, matter), id);
}

/* A matter's part: its matter and its id. */
static bool
read_part_key(kt_span_t key, kt_span_t *matter, kt_span_t *id)
{
    kt_reader_t r = kt_reader(key);

    *matter = kt_key_get_name(&r);
    *id = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

/* ---- matters ---- */

static bool
read_matter_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);

    ((legal_matter_record_t *)row)->matter = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_find_matter(const kt_call_t *call, kt_span_t id, legal_matter_record_t *matter,
                        bool *found)
{
    kt_key_t key;

    *matter = (legal_matter_record_t){.matter = id};
    return kt_row_get(call, LEGAL_TABLE_MATTER, kt_key_of_name(&key, id), &legal_matter_layout,
                      matter, found);
}

kt_status_t
legal_store_load_matter(const kt_call_t *call, kt_span_t id, legal_matter_record_t *matter)
{
    bool found;

    KT_TRY(legal_store_find_matter(call, id, matter, &found));
    return found ? kt_ok() : unknown(call, LEGAL_MATTER_UNKNOWN, "matter", id);
}

static bool
read_total_key(kt_span_t key, void *row)
{
    kt_span_t matter;

    return read_part_key(key, &matter, &((legal_total_record_t *)row)->currency);
}

kt_status_t
legal_store_load_totals(const kt_call_t *call, kt_span_t matter, kt_list_t *totals)
{
    kt_row_page_t page;
    kt_key_t prefix;

    KT_TRY(kt_rows_page(call, LEGAL_TABLE_MATTER_TOTAL, kt_key_of_name(&prefix, matter),
                        kt_span(NULL, 0), LEGAL_CURRENCIES_MAX, &legal_total_layout, read_total_key,
                        &page));
    KT_ASSERT(page.next.size == 0);
    *totals = (kt_list_t){.items = page.rows, .count = page.count};
    return kt_ok();
}

kt_status_t
legal_store_load_close(const kt_call_t *call, kt_span_t matter, int32_t today,
                       legal_close_facts_t *facts)
{
    const legal_deadline_record_t *deadlines;
    const legal_hold_record_t *holds;
    kt_row_page_t page;

    *facts = (legal_close_facts_t){0};
    KT_TRY(legal_store_list_deadlines(call, matter, kt_span(NULL, 0), LEGAL_DEADLINES_MAX, &page));
    deadlines = (const legal_deadline_record_t *)page.rows;
    for (uint32_t i = 0; i < page.count && facts->pending_deadline.size == 0; i++)
        if (legal_deadline_waits(&deadlines[i], today))
            facts->pending_deadline = deadlines[i].deadline;
    KT_TRY(legal_store_list_holds(call, matter, kt_span(NULL, 0), LEGAL_HOLDS_MAX, &page));
    holds = (const legal_hold_record_t *)page.rows;
    for (uint32_t i = 0; i < page.count && facts->active_hold.size == 0; i++)
        if (legal_is_active(&holds[i]))
            facts->active_hold = holds[i].hold;
    return kt_ok();
}

static kt_status_t
is_overdue(const kt_call_t *call, kt_span_t matter, int32_t date, bool *overdue)
{
    const legal_deadline_record_t *deadlines;
    kt_row_page_t page;

    *overdue = false;
    KT_TRY(legal_store_list_deadlines(call, matter, kt_span(NULL, 0), LEGAL_DEADLINES_MAX, &page));
    deadlines = (const legal_deadline_record_t *)page.rows;
    for (uint32_t i = 0; i < page.count && !*overdue; i++)
        *overdue = legal_deadline_state(&deadlines[i], date) == LEGAL_DEADLINE_MISSED;
    return kt_ok();
}

static kt_status_t
passes(const kt_call_t *call, const legal_matter_filter_t *filter,
       const legal_matter_record_t *matter, bool *good)
{
    *good = !filter->open_only || matter->state != LEGAL_MATTER_AT_CLOSED;
    if (*good && filter->overdue_only)
        return is_overdue(call, matter->matter, filter->date, good);
    return kt_ok();
}

kt_status_t
legal_store_list_matters(const kt_call_t *call, const legal_matter_filter_t *filter, kt_span_t from,
                         uint32_t size, kt_row_page_t *page)
{
    bool all = !filter->open_only && !filter->overdue_only;
    legal_matter_record_t *matters;
    uint32_t kept = 0;
    kt_key_t any;

    KT_TRY(kt_rows_page(call, LEGAL_TABLE_MATTER, kt_key(&any), from,
                        all ? size : LEGAL_MATTERS_PER_CALL_MAX, &legal_matter_layout,
                        read_matter_key, page));
    matters = (legal_matter_record_t *)page->rows;
    for (uint32_t i = 0; i < page->count && !all; i++) {
        kt_key_t here;
        bool good;

        KT_TRY(passes(call, filter, &matters[i], &good));
        if (!good)
            continue;
        if (kept == size) { /* the next page begins with this one */
            kt_span_t key = kt_key_span(kt_key_of_name(&here, matters[i].matter));
            const char *copy = kt_arena_copy(call->arena, key);

            if (!copy)
                return kt_call_out_of_memory(call);
            page->next = kt_span(copy, key.size);
            break;
        }
        matters[kept++] = matters[i];
    }
    page->count = all ? page->count : kept;
    return kt_ok();
}

kt_status_t
legal_store_put_matter(const kt_call_t *call, const legal_matter_record_t *matter)
{
    kt_key_t key;

    return kt_row_put(call, LEGAL_TABLE_MATTER, kt_key_of_name(&key, matter->matter),
                      &legal_matter_layout, matter);
}

kt_status_t
legal_store_tell_matter(kt_call_t *call, const char *type, kt_span_t matter)
{
    return kt_event_emit(call, type, matter, NULL, 0);
}

/* ---- deadlines ---- */

bool
legal_read_deadline_key(kt_span_t key, void *row)
{
    legal_deadline_record_t *deadline = (legal_deadline_record_t *)row;

    return read_part_key(key, &deadline->matter, &deadline->deadline);
}

kt_key_t *
legal_due_key(kt_key_t *key, const legal_deadline_record_t *deadline)
{
    return kt_key_name(kt_key_name(kt_key_date(kt_key(key), deadline->due_on), deadline->matter),
                       deadline->deadline);
}

kt_status_t
legal_store_find_deadline(const kt_call_t *call, kt_span_t matter, kt_span_t id,
                          legal_deadline_record_t *deadline, bool *found)
{
    kt_key_t key;

    *deadline = (legal_deadline_record_t){.matter = matter, .deadline = id};
    return kt_row_get(call, LEGAL_TABLE_MATTER_DEADLINE, part_key(&key, matter, id),
                      &legal_deadline_layout, deadline, found);
}

kt_status_t
legal_store_load_deadline(const kt_call_t *call, kt_span_t matter, kt_span_t id,
                          legal_deadline_record_t *deadline)
{
    bool found;

    KT_TRY(legal_store_find_deadline(call, matter, id, deadline, &found));
    return found ? kt_ok() : unknown(call, LEGAL_DEADLINE_UNKNOWN, "deadline", id);
}

kt_status_t
legal_store_list_deadlines(const kt_call_t *call, kt_span_t matter, kt_span_t from, uint32_t size,
                           kt_row_page_t *page)
{
    kt_key_t prefix;

    return kt_rows_page(call, LEGAL_TABLE_MATTER_DEADLINE, kt_key_of_name(&prefix, matter), from,
                        size, &legal_deadline_layout, legal_read_deadline_key, page);
}

/* The deadline that a key of deadline_due names. */
static kt_status_t
load_due(const kt_call_t *call, kt_span_t key, legal_deadline_record_t *deadline)
{
    kt_reader_t r = kt_reader(key);
    kt_span_t matter, id;
    bool found;

    (void)kt_key_get_date(&r);
    matter = kt_key_get_name(&r);
    id = kt_key_get_name(&r);
    KT_TRY(legal_store_find_deadline(call, matter, id, deadline, &found));
    return found && kt_reader_done(&r) ? kt_ok() : legal_store_stray(call, "deadline_due");
}

kt_status_t
legal_store_list_due(const kt_call_t *call, int32_t first, int32_t last, kt_span_t from,
                     uint32_t size, kt_row_page_t *page)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    legal_deadline_record_t *deadlines = KT_ARENA_ARRAY(call->arena, legal_deadline_record_t, size);
    kt_key_t all, begin;

    *page = (kt_row_page_t){.rows = deadlines};
    if (!deadlines)
        return kt_call_out_of_memory(call);
    (void)kt_key_date(kt_key(&begin), first);
    if (from.size == 0)
        from = kt_key_span(&begin);
    KT_TRY(kt_rows_begin_at(&rows, call, LEGAL_TABLE_DEADLINE_DUE, kt_key(&all), from));
    while (kt_rows_next(&rows, NULL, NULL)) {
        kt_reader_t r = kt_reader(rows.key);

        if (kt_key_get_date(&r) > last)
            break;
        if (page->count == size) {
            page->next = rows.key;
            break;
        }
        KT_TRY(load_due(call, rows.key, &deadlines[page->count++]));
    }
    return rows.status;
}

kt_status_t
legal_store_put_deadline(const kt_call_t *call, const legal_deadline_record_t *deadline)
{
    kt_key_t key;

    KT_TRY(kt_row_put(call, LEGAL_TABLE_MATTER_DEADLINE,
                      part_key(&key, deadline->matter, deadline->deadline), &legal_deadline_layout,
                      deadline));
    return kt_kv_put(call->txn, LEGAL_TABLE_DEADLINE_DUE,
                     kt_key_span(legal_due_key(&key, deadline)), kt_span("", 0));
}

/* ---- costs ---- */

bool
legal_read_cost_key(kt_span_t key, void *row)
{
    legal_cost_record_t *cost = (legal_cost_record_t *)row;
    kt_reader_t r = kt_reader(key);

    cost->matter = kt_key_get_name(&r);
    cost->number = kt_get_u32(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_list_costs(const kt_call_t *call, kt_span_t matter, kt_span_t from, uint32_t size,
                       kt_row_page_t *page)
{
    kt_key_t prefix;

    return kt_rows_page(call, LEGAL_TABLE_MATTER_COST, kt_key_of_name(&prefix, matter), from, size,
                        &legal_cost_layout, legal_read_cost_key, page);
}

kt_status_t
legal_store_put_cost(const kt_call_t *call, const legal_cost_record_t *cost,
                     const legal_total_record_t *total)
{
    kt_key_t key;

    KT_TRY(kt_row_put(call, LEGAL_TABLE_MATTER_COST,
                      kt_key_u32(kt_key_of_name(&key, cost->matter), cost->number),
                      &legal_cost_layout, cost));
    return kt_row_put(call, LEGAL_TABLE_MATTER_TOTAL, part_key(&key, cost->matter, total->currency),
                      &legal_total_layout, total);
}

/* ---- legal holds ---- */

bool
legal_read_hold_key(kt_span_t key, void *row)
{
    legal_hold_record_t *hold = (legal_hold_record_t *)row;

    return read_part_key(key, &hold->matter, &hold->hold);
}

kt_key_t *
legal_custodian_key(kt_key_t *key, kt_span_t custodian, const legal_hold_record_t *hold)
{
    return kt_key_name(kt_key_name(kt_key_of_name(key, custodian), hold->matter), hold->hold);
}

kt_status_t
legal_store_find_hold(const kt_call_t *call, kt_span_t matter, kt_span_t id,
                      legal_hold_record_t *hold, bool *found)
{
    kt_key_t key;

    *hold = (legal_hold_record_t){.matter = matter, .hold = id};
    return kt_row_get(call, LEGAL_TABLE_LEGAL_HOLD, part_key(&key, matter, id), &legal_hold_layout,
                      hold, found);
}

kt_status_t
legal_store_load_hold(const kt_call_t *call, kt_span_t matter, kt_span_t id,
                      legal_hold_record_t *hold)
{
    bool found;

    KT_TRY(legal_store_find_hold(call, matter, id, hold, &found));
    return found ? kt_ok() : unknown(call, LEGAL_HOLD_UNKNOWN, "legal hold", id);
}

kt_status_t
legal_store_list_holds(const kt_call_t *call, kt_span_t matter, kt_span_t from, uint32_t size,
                       kt_row_page_t *page)
{
    kt_key_t prefix;

    return kt_rows_page(call, LEGAL_TABLE_LEGAL_HOLD, kt_key_of_name(&prefix, matter), from, size,
                        &legal_hold_layout, legal_read_hold_key, page);
}

kt_status_t
legal_store_list_held(const kt_call_t *call, kt_span_t employee, kt_list_t *matters)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_span_t *names = KT_ARENA_ARRAY(call->arena, kt_span_t, LEGAL_HELD_MATTERS_MAX);
    kt_key_t prefix;
    uint32_t count = 0;

    if (!names)
        return kt_call_out_of_memory(call);
    KT_TRY(kt_rows_begin(&rows, call, LEGAL_TABLE_CUSTODIAN, kt_key_of_name(&prefix, employee)));
    while (count < LEGAL_HELD_MATTERS_MAX && kt_rows_next(&rows, NULL, NULL)) {
        kt_reader_t r = kt_reader(rows.key);
        kt_span_t matter;

        (void)kt_key_get_name(&r);
        matter = kt_key_get_name(&r);
        if (count == 0 || !kt_span_equal(names[count - 1], matter))
            names[count++] = matter;
    }
    *matters = (kt_list_t){.items = names, .count = count};
    return rows.status;
}

static kt_status_t
count_held(const kt_call_t *call, kt_span_t custodian, uint32_t *count)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t prefix;

    *count = 0;
    KT_TRY(kt_rows_begin(&rows, call, LEGAL_TABLE_CUSTODIAN, kt_key_of_name(&prefix, custodian)));
    while (kt_rows_next(&rows, NULL, NULL))
        ++*count;
    return rows.status;
}

kt_status_t
legal_store_count_held(const kt_call_t *call, const legal_hold_record_t *hold, uint32_t **counts)
{
    const kt_span_t *custodians = (const kt_span_t *)hold->custodians.items;

    *counts = KT_ARENA_ARRAY(call->arena, uint32_t, hold->custodians.count);
    if (!*counts)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < hold->custodians.count; i++)
        KT_TRY(count_held(call, custodians[i], &(*counts)[i]));
    return kt_ok();
}

static kt_status_t
tell_held(kt_call_t *call, kt_span_t custodian, bool held)
{
    const kt_event_value_t value = {kt_span_str("held"), kt_span_str(held ? "true" : "false")};

    return kt_event_emit(call, "employee.held", custodian, &value, 1);
}

kt_status_t
legal_store_put_hold(kt_call_t *call, const legal_hold_record_t *hold, const uint32_t *before)
{
    const kt_span_t *custodians = (const kt_span_t *)hold->custodians.items;
    bool active = legal_is_active(hold);
    kt_key_t key;

    KT_TRY(kt_row_put(call, LEGAL_TABLE_LEGAL_HOLD, part_key(&key, hold->matter, hold->hold),
                      &legal_hold_layout, hold));
    for (uint32_t i = 0; i < hold->custodians.count; i++) {
        (void)legal_custodian_key(&key, custodians[i], hold);
        if (active)
            KT_TRY(kt_kv_put(call->txn, LEGAL_TABLE_CUSTODIAN, kt_key_span(&key), kt_span("", 0)));
        else
            KT_TRY(kt_row_delete(call, LEGAL_TABLE_CUSTODIAN, &key));
        if (before[i] == (active ? 0 : 1))
            KT_TRY(tell_held(call, custodians[i], active));
    }
    return kt_ok();
}
