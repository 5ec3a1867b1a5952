/* Records of derived tables that a store keeps for its writer. */
#include "testing.h"

#include "../../../common/kv/src/hot.h"

#include <stdio.h>
#include <string.h>

static kt_span_t
key_of(uint32_t number, char out[16])
{
    snprintf(out, 16, "k%08u", number);
    return kt_span_str(out);
}

static void
put(kt_hot_t *hot, uint32_t number, uint32_t value)
{
    char text[16];
    assert_true(kt_hot_put(hot, 1, key_of(number, text), kt_span(&value, sizeof value)));
}

/* What is kept under NUMBER; 0: nothing. */
static uint32_t
get(const kt_hot_t *hot, uint32_t number)
{
    char text[16];
    uint32_t value;
    const kt_hot_record_t *record = kt_hot_get(hot, 1, key_of(number, text));
    if (!record)
        return 0;
    assert_int_equal(record->value_size, sizeof value);
    memcpy(&value, record->value, sizeof value);
    return value;
}

static void
a_record_is_written_once(void **state)
{
    (void)state;
    kt_hot_t *hot = kt_hot_new();
    char text[16];
    assert_non_null(hot);
    put(hot, 1, 10);
    put(hot, 2, 20);
    put(hot, 1, 11);
    assert_int_equal(kt_hot_dirty(hot), 2);
    assert_memory_equal(kt_hot_dirty_at(hot, 0)->value, &(uint32_t){11}, 4);
    assert_null(kt_hot_get(hot, 2, key_of(1, text))); /* another table */
    kt_hot_clean(hot);
    assert_int_equal(kt_hot_dirty(hot), 0);
    assert_int_equal(get(hot, 1), 11);
    put(hot, 1, 12);
    assert_int_equal(kt_hot_dirty(hot), 1);
    kt_hot_clean(hot);
    kt_hot_drop(hot, 1, key_of(1, text));
    kt_hot_drop(hot, 1, key_of(99, text));
    assert_int_equal(get(hot, 1), 0);
    assert_int_equal(get(hot, 2), 20);
    kt_hot_forget(hot);
    assert_int_equal(get(hot, 2), 0);
    assert_int_equal(kt_hot_dirty(hot), 0);
    kt_hot_destroy(&hot);
}

/* What the engine has makes room, what it has not stays. */
static void
room_is_made_by_what_is_clean(void **state)
{
    (void)state;
    enum { MANY = 10 * KT_HOT_SETS * KT_HOT_WAYS };
    kt_hot_t *hot = kt_hot_new();
    char text[16];
    uint32_t full = 0, kept = 0;
    assert_non_null(hot);
    for (uint32_t i = 1; i <= MANY; i++) {
        if (kt_hot_put(hot, 1, key_of(i, text), kt_span(&i, sizeof i)))
            continue;
        full++;
        assert_int_equal(get(hot, i), 0);
        uint32_t dirty = kt_hot_dirty(hot);
        assert_true(dirty >= KT_HOT_WAYS);
        for (uint32_t j = 0; j < dirty; j++) {
            uint32_t value;
            memcpy(&value, kt_hot_dirty_at(hot, j)->value, sizeof value);
            assert_int_equal(get(hot, value), value);
        }
        kt_hot_clean(hot);
        put(hot, i, i);
    }
    assert_true(full > 0);
    for (uint32_t i = 1; i <= MANY; i++) {
        uint32_t value = get(hot, i);
        assert_true(value == 0 || value == i);
        kept += value != 0;
    }
    assert_true(kept > KT_HOT_SETS * KT_HOT_WAYS / 2);
    kt_hot_destroy(&hot);
}

/* Worth keeping is what comes back soon, or is kept. */
static void
only_what_comes_back_is_worth_it(void **state)
{
    (void)state;
    kt_hot_t *hot = kt_hot_new();
    char text[16];
    uint32_t worth = 0;
    assert_non_null(hot);
    assert_false(kt_hot_worth(hot, 1, key_of(1, text)));
    assert_true(kt_hot_worth(hot, 1, key_of(1, text)));
    assert_false(kt_hot_worth(hot, 2, key_of(1, text)));
    put(hot, 7, 70);
    assert_true(kt_hot_worth(hot, 1, key_of(7, text)));
    for (uint32_t i = 100; i < 100 + 20 * KT_HOT_SEEN; i++)
        worth += kt_hot_worth(hot, 1, key_of(i, text));
    assert_int_equal(worth, 0);
    assert_false(kt_hot_worth(hot, 1, key_of(1, text))); /* long ago */
    assert_true(kt_hot_worth(hot, 1, key_of(7, text)));
    kt_hot_destroy(&hot);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_written_once),
        cmocka_unit_test(room_is_made_by_what_is_clean),
        cmocka_unit_test(only_what_comes_back_is_worth_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
