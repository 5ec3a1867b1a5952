/* The log in front of a store and its checkpoints, as files. */
#include "tempdir.h"
#include "testing.h"

#include "../../../common/kv/src/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#define SEGMENT (4 * KT_LOG_BLOCK_BYTES)
#define LINEAGE UINT64_C(77)

static tempdir_t dir;

static int
setup(void **state)
{
    (void)state;
    tempdir_init(&dir);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    tempdir_fini(&dir);
    return 0;
}

static void
append(kt_log_t *log, size_t size, uint8_t fill, uint32_t checkpoint)
{
    static _Alignas(4096) uint8_t record[SEGMENT];
    kt_log_label_t label = {
        .lineage = log->end.lineage, .index = log->end.next, .checkpoint = checkpoint};
    memset(record + KT_LOG_HEAD_BYTES, fill, size);
    kt_log_frame(record, size, &label);
    assert_int_equal(kt_log_payload_bytes(record), size);
    if (!kt_log_fits(log, kt_log_frame_bytes(size)))
        kt_log_turn(log);
    assert_ok(kt_log_append(log, record, kt_log_frame_bytes(size), 1));
}

/* What was read: the sizes and first bytes, as "100a 20b". */
typedef struct told {
    char text[256];
    uint64_t next;
} told_t;

static kt_status_t
tell(void *context, uint64_t index, kt_span_t payload)
{
    told_t *told = context;
    size_t at = strlen(told->text);
    assert_true(index > 0);
    snprintf(told->text + at, sizeof told->text - at, "%s%zu%c", at > 0 ? " " : "", payload.size,
             payload.size > 0 ? payload.data[0] : '-');
    return kt_ok();
}

static told_t
read_from(const kt_log_place_t *place)
{
    kt_log_t log;
    told_t told = {.next = 0};
    kt_log_init(&log);
    assert_ok(kt_log_open(&log, dir.path));
    assert_ok(kt_log_read(&log, place, 5, tell, &told, &told.next));
    kt_log_close(&log);
    return told;
}

static kt_log_t
begin(uint64_t lineage, uint64_t next)
{
    kt_log_t log;
    kt_log_init(&log);
    assert_ok(kt_log_open(&log, dir.path));
    assert_ok(kt_log_begin(&log, dir.path, SEGMENT, lineage, next));
    return log;
}

static void
what_was_appended_is_read(void **state)
{
    (void)state;
    kt_log_t log = begin(LINEAGE, 10);
    kt_log_place_t first = log.end;
    append(&log, 100, 'a', 5);
    append(&log, 0, 'b', 5);
    append(&log, 2 * KT_LOG_BLOCK_BYTES - KT_LOG_HEAD_BYTES, 'c', 5); /* to the last byte */
    append(&log, 7, 'd', 5);                                          /* in the other segment */
    told_t told = read_from(&first);
    assert_string_equal(told.text, "100a 0- 8160c 7d");
    assert_int_equal(told.next, 14);
    kt_log_place_t second = {.lineage = LINEAGE, .next = 11, .offset = KT_LOG_BLOCK_BYTES};
    assert_string_equal(read_from(&second).text, "0- 8160c 7d");
    assert_int_equal(read_from(&log.end).next, 14); /* nothing stands at the end */
    kt_log_close(&log);
}

/* Over the last segment's end the first follows. */
static void
all_segments_are_read_around(void **state)
{
    (void)state;
    kt_log_t log = begin(LINEAGE, 1);
    for (unsigned i = 0; i < 2; i++) /* from the second segment on, and around to it again */
        append(&log, SEGMENT - KT_LOG_HEAD_BYTES, 'a', 0);
    kt_log_place_t second = {.lineage = LINEAGE, .next = 2, .segment = 1};
    for (unsigned i = 2; i <= KT_LOG_SEGMENTS; i++)
        append(&log, i, 'b', 0);
    assert_true(kt_log_behind(&log, &second) ==
                SEGMENT + (KT_LOG_SEGMENTS - 1) * KT_LOG_BLOCK_BYTES);
    while (log.end.segment != 0)
        append(&log, SEGMENT - KT_LOG_HEAD_BYTES, 'c', 0);
    told_t told = read_from(&second);
    assert_true(told.next == log.end.next);
    assert_true(kt_log_behind(&log, &second) == KT_LOG_SEGMENTS * SEGMENT);
    kt_log_close(&log);
}

/* An earlier build had two segments. */
static void
a_log_of_fewer_segments_is_read_around(void **state)
{
    (void)state;
    kt_log_t log = begin(LINEAGE, 1);
    char last[PATH_MAX], path[PATH_MAX];
    while (log.end.segment != KT_LOG_SEGMENTS - 1)
        append(&log, SEGMENT - KT_LOG_HEAD_BYTES, 'a', 0);
    kt_log_place_t place = log.end;
    place.next--;
    place.offset = 0;
    append(&log, 5, 'b', 0);
    uint64_t next = log.end.next;
    kt_log_close(&log);
    tempdir_join(&dir, "log.3", last);
    tempdir_join(&dir, "log.1", path);
    assert_int_equal(rename(last, path), 0);
    tempdir_join(&dir, "log.2", path);
    assert_int_equal(unlink(path), 0);
    place.segment = 1;
    assert_true(read_from(&place).next == next);
    kt_log_remove(dir.path);
}

/* Of a record that is not whole nothing is read, nor of what an earlier life has left behind it. */
static void
a_torn_end_is_the_end(void **state)
{
    (void)state;
    kt_log_t log = begin(LINEAGE, 1);
    kt_log_place_t first = log.end;
    char path[PATH_MAX];
    for (unsigned i = 0; i < 3; i++)
        append(&log, 100, (uint8_t)('a' + i), 0);
    kt_log_close(&log);
    tempdir_join(&dir, "log.0", path);
    int fd = open(path, O_RDWR);
    assert_int_equal(pwrite(fd, "x", 1, KT_LOG_BLOCK_BYTES + 90), 1); /* in the second */
    assert_string_equal(read_from(&first).text, "100a");
    log = begin(LINEAGE + 1, 2);
    first = log.end;
    append(&log, 100, 'z', 0);
    assert_string_equal(read_from(&first).text, "100z"); /* and not the old third */
    kt_log_close(&log);
    assert_int_equal(ftruncate(fd, 10), 0);
    assert_string_equal(read_from(&first).text, "");
    close(fd);
}

/* Records that a newer checkpoint let be written: the one that was found is not the newest. */
static void
a_newer_checkpoint_is_missed(void **state)
{
    (void)state;
    kt_log_t log = begin(LINEAGE, 1);
    kt_log_place_t first = log.end;
    told_t told = {.next = 0};
    append(&log, 100, 'a', 5);
    append(&log, 100, 'b', 6);
    assert_status(kt_log_read(&log, &first, 5, tell, &told, &told.next), KT_DATA_LOSS,
                  KT_KV_CORRUPT);
    for (unsigned i = 0; i < 10; i++) /* twice around */
        append(&log, 100, 'c', 0);
    assert_status(kt_log_read(&log, &first, 5, tell, &told, &told.next), KT_DATA_LOSS,
                  KT_KV_CORRUPT);
    kt_log_close(&log);
}

static void
another_size_begins_anew(void **state)
{
    (void)state;
    kt_log_t log = begin(LINEAGE, 1);
    kt_log_place_t first = log.end;
    append(&log, 100, 'a', 0);
    assert_ok(kt_log_begin(&log, dir.path, 2 * SEGMENT, LINEAGE + 1, 2));
    assert_string_equal(read_from(&first).text, "");
    assert_true(kt_log_fits(&log, 2 * SEGMENT));
    assert_false(kt_log_fits(&log, 2 * SEGMENT + 1));
    kt_log_close(&log);
    kt_log_remove(dir.path);
    assert_string_equal(read_from(&first).text, "");
}

/* ---- checkpoints ---- */

static void
the_newest_checkpoint_that_is_whole(void **state)
{
    (void)state;
    static kt_checkpoint_t one, found;
    bool any = true;
    int fd = -1;
    char path[PATH_MAX];
    assert_ok(kt_checkpoint_load(dir.path, &found, &any));
    assert_false(any);
    assert_ok(kt_checkpoint_open(dir.path, &fd));
    assert_ok(kt_checkpoint_load(dir.path, &found, &any));
    assert_false(any);
    for (uint8_t i = 1; i <= 3; i++) {
        one.place = (kt_log_place_t){
            .lineage = LINEAGE, .next = i, .segment = i % 2, .offset = 4096};
        one.tables_count = i;
        memset(one.metas, i, sizeof one.metas);
        assert_ok(kt_checkpoint_store(fd, &one));
        assert_int_equal(one.sequence, i);
        assert_ok(kt_checkpoint_load(dir.path, &found, &any));
        assert_true(any && !found.clean);
        assert_int_equal(found.sequence, i);
        assert_memory_equal(&found, &one, sizeof one);
    }
    tempdir_join(&dir, "checkpoint", path);
    int damage = open(path, O_RDWR);
    assert_int_equal(pwrite(damage, "x", 1, 12288 + 9000), 1); /* of the third: as if torn */
    assert_ok(kt_checkpoint_load(dir.path, &found, &any));
    assert_true(any && found.sequence == 2);
    assert_int_equal(pwrite(damage, "x", 1, 9000), 1);
    assert_status(kt_checkpoint_load(dir.path, &found, &any), KT_DATA_LOSS, KT_KV_CORRUPT);
    assert_int_equal(ftruncate(damage, 100), 0); /* it was being made */
    any = true;
    assert_ok(kt_checkpoint_load(dir.path, &found, &any));
    assert_false(any);
    close(damage);
    close(fd);
    kt_checkpoint_remove(dir.path);
    assert_int_equal(access(path, F_OK), -1);
}

/* A first checkpoint that was torn never was: LMDB's files stand by themselves. */
static void
a_torn_first_checkpoint_is_none(void **state)
{
    (void)state;
    static kt_checkpoint_t one;
    char path[PATH_MAX];
    bool any = true;
    int fd = -1;
    assert_ok(kt_checkpoint_open(dir.path, &fd));
    assert_ok(kt_checkpoint_store(fd, &one));
    tempdir_join(&dir, "checkpoint", path);
    int damage = open(path, O_RDWR);
    assert_int_equal(pwrite(damage, "x", 1, 12288 + 20), 1);
    assert_ok(kt_checkpoint_load(dir.path, &one, &any));
    assert_false(any);
    close(damage);
    close(fd);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(what_was_appended_is_read),
        FRESH(all_segments_are_read_around),
        FRESH(a_log_of_fewer_segments_is_read_around),
        FRESH(a_torn_end_is_the_end),
        FRESH(a_newer_checkpoint_is_missed),
        FRESH(another_size_begins_anew),
        FRESH(the_newest_checkpoint_that_is_whole),
        FRESH(a_torn_first_checkpoint_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
