#include "cursor.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/journal.h>
#include <kt/pack.h>
#include <kt/rows.h>
#include <stdlib.h>

static const kt_field_t fields[] = {
    KT_F_ID(kt_taken_t, life, KT_KEYED),
    KT_F_I64(kt_taken_t, epoch, 1, INT64_MAX, 0),
    KT_F_I64(kt_taken_t, begins, 0, INT64_MAX, 0),
    KT_F_I64(kt_taken_t, ends, 0, INT64_MAX, 0),
    KT_F_I64(kt_taken_t, taken, 0, INT64_MAX, 0),
    KT_F_I64(kt_taken_t, size, 0, INT64_MAX, 0),
    KT_F_HASH(kt_taken_t, root, 0),
};
static const kt_layout_t layout = KT_LAYOUT("cursor", kt_taken_t, fields);

static uint32_t
table_of(const kt_call_t *call)
{
    return call->shared_first + KT_SHARED_CURSOR;
}

static const kt_key_t *
key_of(kt_key_t *key, kt_span_t department, const kt_taken_t *life)
{
    return kt_key_id(kt_key_of_name(key, department), &life->life);
}

static int
compare(const void *a, const void *b)
{
    const kt_taken_t *x = (const kt_taken_t *)a, *y = (const kt_taken_t *)b;

    if (x->epoch != y->epoch)
        return x->epoch < y->epoch ? -1 : 1;
    return memcmp(x->life.bytes, y->life.bytes, KT_ULID_BYTES);
}

static void
sort(kt_cursor_now_t *cursor)
{
    if (cursor->count > 0)
        qsort(cursor->lives, cursor->count, sizeof(*cursor->lives), compare);
}

/* ---- loading ---- */

static kt_status_t
none(void)
{
    return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT, "a record of the table cursor that is none");
}

/* The record from before lives were told, if there is one. */
static kt_status_t
load_unnamed(const kt_call_t *call, kt_span_t department, kt_cursor_now_t *cursor)
{
    kt_key_t key;
    kt_span_t value;
    kt_status_t found = kt_kv_get(call->txn, table_of(call),
                                  kt_key_span(kt_key_of_name(&key, department)), &value);
    kt_reader_t r = kt_reader(value);
    uint64_t taken;

    if (found.code == KT_NOT_FOUND)
        return kt_ok();
    KT_TRY(found);
    r = kt_reader(value);
    taken = kt_get_u64(&r);
    if (!kt_reader_done(&r) || taken > INT64_MAX)
        return none();
    cursor->lives[cursor->count++] = (kt_taken_t){
        .epoch = 1, .ends = INT64_MAX, .taken = (int64_t)taken};
    cursor->unnamed = true;
    return kt_ok();
}

static kt_status_t
load_lives(const kt_call_t *call, kt_span_t department, kt_cursor_now_t *cursor)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    kt_key_t prefix;
    kt_taken_t life;

    KT_TRY(kt_rows_begin(&rows, call, table_of(call), kt_key_of_name(&prefix, department)));
    while (kt_rows_next(&rows, NULL, NULL)) {
        kt_span_t value;
        kt_reader_t r = kt_reader(rows.key);

        (void)kt_key_get_name(&r);
        if (kt_reader_done(&r))
            continue; /* the unnamed one */
        life.life = kt_key_get_id(&r);
        KT_TRY(kt_kv_get(call->txn, table_of(call), rows.key, &value));
        if (!kt_reader_done(&r) || cursor->count == KT_CURSOR_LIVES_MAX ||
            !kt_layout_get(call->arena, value, &layout, &life))
            return none();
        cursor->lives[cursor->count++] = life;
    }
    return rows.status;
}

kt_status_t
kt_cursor_load(const kt_call_t *call, kt_span_t department, kt_cursor_now_t *cursor)
{
    *cursor = (kt_cursor_now_t){
        .lives = KT_ARENA_ARRAY(call->arena, kt_taken_t, KT_CURSOR_LIVES_MAX)};
    if (!cursor->lives)
        return kt_call_out_of_memory(call);
    KT_TRY(load_unnamed(call, department, cursor));
    if (!cursor->unnamed)
        KT_TRY(load_lives(call, department, cursor));
    sort(cursor);
    return kt_ok();
}

const kt_taken_t *
kt_cursor_life(const kt_cursor_now_t *cursor)
{
    return cursor->count > 0 ? &cursor->lives[cursor->count - 1] : NULL;
}

uint64_t
kt_cursor_sequence(const kt_cursor_now_t *cursor)
{
    for (uint32_t i = 0; i < cursor->count; i++)
        if (cursor->lives[i].taken < cursor->lives[i].ends)
            return (uint64_t)cursor->lives[i].taken;
    return 0;
}

/* ---- keeping ---- */

static kt_status_t
put(const kt_call_t *call, kt_span_t department, const kt_taken_t *life)
{
    kt_key_t key;

    return kt_row_put(call, table_of(call), key_of(&key, department, life), &layout, life);
}

/* The record from before gets a name. */
static kt_status_t
name(const kt_call_t *call, kt_span_t department, kt_cursor_now_t *cursor)
{
    kt_key_t key;

    if (!cursor->unnamed)
        return kt_ok();
    cursor->unnamed = false;
    KT_TRY(kt_row_delete(call, table_of(call), kt_key_of_name(&key, department)));
    return put(call, department, &cursor->lives[0]);
}

kt_status_t
kt_cursor_take(const kt_call_t *call, kt_span_t department, kt_cursor_now_t *cursor,
               uint64_t sequence, uint64_t size, const kt_hash_t *root)
{
    int64_t last = (int64_t)sequence;

    if (cursor->count == 0) /* of a department that does not tell its lives */
        cursor->lives[cursor->count++] = (kt_taken_t){.epoch = 1, .ends = INT64_MAX};
    KT_TRY(name(call, department, cursor));
    for (uint32_t i = 0; i < cursor->count; i++) {
        kt_taken_t *life = &cursor->lives[i];
        int64_t taken = KT_MAX(life->taken, KT_MIN(last, life->ends));
        bool goes_on = life->ends == INT64_MAX;

        if (goes_on && size > 0 && size <= INT64_MAX) {
            life->size = (int64_t)size;
            memcpy(life->root, root->bytes, sizeof(life->root));
        }
        if (taken == life->taken && !goes_on)
            continue;
        life->taken = taken;
        KT_TRY(put(call, department, life));
    }
    return kt_ok();
}

/* ---- another life ---- */

static bool
are_lives(const kt_life_t *lives, uint32_t count)
{
    if (count == 0 || count > KT_LIVES_MAX || lives[0].epoch < 1 || lives[0].events != 0)
        return false;
    for (uint32_t i = 1; i < count; i++)
        if (kt_life_compare(&lives[i], &lives[i - 1]) <= 0 || lives[i].events < lives[i - 1].events)
            return false;
    return lives[count - 1].epoch <= INT64_MAX && lives[count - 1].events < INT64_MAX;
}

static kt_taken_t *
find(kt_cursor_now_t *cursor, const kt_ulid_t *life)
{
    for (uint32_t i = 0; i < cursor->count; i++)
        if (memcmp(cursor->lives[i].life.bytes, life->bytes, KT_ULID_BYTES) == 0)
            return &cursor->lives[i];
    return NULL;
}

/* Whether the last of LIVES may come after the one that is followed. */
static kt_status_t
check_newer(const kt_call_t *call, kt_cursor_now_t *cursor, const kt_life_t *lives, uint32_t count)
{
    const kt_taken_t *seen = kt_cursor_life(cursor);
    const kt_life_t *told = &lives[count - 1];
    kt_life_t followed;

    if (!seen)
        return kt_ok();
    followed = (kt_life_t){.epoch = (uint64_t)seen->epoch, .life = seen->life};
    if (kt_life_compare(told, &followed) < 0)
        return kt_error(KT_FAILED_PRECONDITION, RPC_REASON_HISTORY_DIFFERS,
                        kt_arena_printf(call->arena,
                                        "its store tells of epoch %llu, and a newer one, epoch "
                                        "%llu, was seen: an older copy runs; restore it with "
                                        "--epoch %llu",
                                        (unsigned long long)told->epoch,
                                        (unsigned long long)seen->epoch,
                                        (unsigned long long)seen->epoch + 1));
    if (!find(cursor, &lives[0].life) && told->epoch <= (uint64_t)seen->epoch)
        return kt_error(KT_FAILED_PRECONDITION, RPC_REASON_HISTORY_DIFFERS,
                        "its store is another one, with nothing of what was seen: is it an empty "
                        "one in place of the old? Restore a backup");
    return kt_ok();
}

static kt_status_t
check_room(kt_cursor_now_t *cursor, const kt_life_t *lives, uint32_t count)
{
    uint32_t more = 0;

    for (uint32_t i = 0; i < count; i++)
        more += !find(cursor, &lives[i].life);
    return cursor->count + more <= KT_CURSOR_LIVES_MAX
               ? kt_ok()
               : kt_error(KT_RESOURCE_EXHAUSTED, 0,
                          "its store had more lives than are kept of a department");
}

/* What was taken of LIFE by way of the lives before, and is no more in them now. */
static void
count_lost(const kt_taken_t *life, int64_t ends_now, kt_events_lost_t *lost)
{
    int64_t from = KT_MAX(life->begins, ends_now), to = KT_MIN(life->taken, life->ends);

    if (to <= from)
        return;
    lost->first = lost->events == 0 ? (uint64_t)from + 1 : KT_MIN(lost->first, (uint64_t)from + 1);
    lost->last = KT_MAX(lost->last, (uint64_t)to);
    lost->events += (uint64_t)(to - from);
}

/* The last event of lives[I] that the last of them has. */
static int64_t
end_of(const kt_life_t *lives, uint32_t count, uint32_t i)
{
    return i + 1 < count ? (int64_t)lives[i + 1].events : INT64_MAX;
}

static int64_t
end_now(const kt_life_t *lives, uint32_t count, const kt_ulid_t *life)
{
    for (uint32_t i = 0; i < count; i++)
        if (memcmp(lives[i].life.bytes, life->bytes, KT_ULID_BYTES) == 0)
            return end_of(lives, count, i);
    return 0;
}

static kt_status_t
adopt_known(const kt_call_t *call, kt_span_t department, kt_cursor_now_t *cursor,
            const kt_life_t *lives, uint32_t count, kt_events_lost_t *lost)
{
    for (uint32_t i = 0; i < cursor->count; i++) {
        kt_taken_t *life = &cursor->lives[i];
        int64_t ends = end_now(lives, count, &life->life);

        count_lost(life, ends, lost);
        if (ends == life->ends)
            continue;
        life->ends = ends;
        KT_TRY(put(call, department, life));
    }
    return kt_ok();
}

static kt_status_t
adopt_new(const kt_call_t *call, kt_span_t department, kt_cursor_now_t *cursor,
          const kt_life_t *lives, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        kt_taken_t life = {.life = lives[i].life,
                           .epoch = (int64_t)lives[i].epoch,
                           .begins = (int64_t)lives[i].events,
                           .ends = end_of(lives, count, i),
                           .taken = (int64_t)lives[i].events};

        if (find(cursor, &life.life))
            continue;
        cursor->lives[cursor->count++] = life;
        KT_TRY(put(call, department, &life));
    }
    return kt_ok();
}

kt_status_t
kt_cursor_adopt(const kt_call_t *call, kt_span_t department, kt_cursor_now_t *cursor,
                const kt_life_t *lives, uint32_t count, kt_events_lost_t *lost)
{
    const kt_taken_t *seen = kt_cursor_life(cursor);
    bool is_known;

    *lost = (kt_events_lost_t){0};
    if (!are_lives(lives, count))
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD,
                        "lives: they are not those of one store");
    if (cursor->unnamed) /* it was the first one, whatever that is called */
        cursor->lives[0].life = lives[0].life;
    is_known = seen && memcmp(&seen->life, &lives[count - 1].life, sizeof(seen->life)) == 0 &&
               (uint64_t)seen->epoch == lives[count - 1].epoch;
    if (!is_known) {
        KT_TRY(check_newer(call, cursor, lives, count));
        KT_TRY(check_room(cursor, lives, count));
    }
    KT_TRY(name(call, department, cursor));
    if (is_known)
        return kt_ok();
    KT_TRY(adopt_known(call, department, cursor, lives, count, lost));
    KT_TRY(adopt_new(call, department, cursor, lives, count));
    sort(cursor);
    return kt_ok();
}
