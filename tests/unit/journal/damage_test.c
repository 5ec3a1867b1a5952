/* Verification over a data file in which bits have flipped, also where no checksum of ours lies. */
#include "office.h"
#include "tempdir.h"

#include <endian.h>

#define LINES_WRITTEN 600
/* Pages as LMDB lays them out: flags at 10, the end of the list of places at 12, the list from 16
 * on; a node has the size of its key at 6 and the key at 8. */
#define PAGE        4096
#define BRANCH_FLAG 0x01

static tempdir_t dir;
static char path[PATH_MAX], data[PATH_MAX];

static void
open_office(office_t *office)
{
    kt_kv_options_t options = office_options(path);
    kt_kv_t *store = NULL;
    assert_ok(kt_kv_open_lmdb(&options, &store));
    office_init(office, store);
}

static int
setup(void **state)
{
    (void)state;
    office_t office;
    tempdir_init(&dir);
    tempdir_join(&dir, "store", path);
    tempdir_join(&dir, "store/data.mdb", data);
    open_office(&office);
    assert_ok(office_begin(&office));
    for (unsigned i = 0; i < LINES_WRITTEN; i++) {
        char key[16];
        snprintf(key, sizeof(key), "l%06u", i);
        assert_ok(kt_kv_append(office.txn, LINES, kt_span_str(key), kt_span_str("a line")));
        assert_ok(office_next(&office));
    }
    assert_ok(kt_kv_put(office.txn, KT_TABLE_IDEMPOTENCY, kt_span_str("request"),
                        kt_span_str("the stored reply")));
    assert_ok(kt_kv_put(office.txn, SUMS, kt_span_str("sum"), kt_span_str("one derived value")));
    assert_ok(kt_kv_put(office.txn, FACTS, kt_span_str("fact"), kt_span_str("one single fact")));
    assert_ok(office_commit(&office));
    office_assert_sound(&office);
    office_fini(&office);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    tempdir_fini(&dir);
    return 0;
}

/* The data file in memory, to be changed and written back. */
typedef struct image {
    uint8_t *bytes;
    size_t size;
} image_t;

static image_t
load(void)
{
    FILE *file = fopen(data, "r");
    image_t image;
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    image.size = (size_t)ftell(file);
    rewind(file);
    image.bytes = (uint8_t *)malloc(image.size);
    assert_int_equal(fread(image.bytes, 1, image.size, file), image.size);
    fclose(file);
    return image;
}

static void
save(image_t *image)
{
    FILE *file = fopen(data, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(image->bytes, 1, image->size, file), image->size);
    fclose(file);
    free(image->bytes);
}

static findings_t
verify(void)
{
    office_t office;
    kt_txn_t *txn = NULL;
    findings_t findings;
    open_office(&office);
    assert_ok(kt_kv_begin_read(office.store, &txn));
    office_verify_in(&office, txn, &findings);
    kt_kv_abort(&txn);
    office_fini(&office);
    return findings;
}

/* The record with VALUE in its own table: behind its key and four bytes of checksum. In the
 * journal, where facts stand as well, there are four bytes of size instead. */
static uint8_t *
find_record(const image_t *image, const char *key, const char *value)
{
    uint32_t size = htobe32((uint32_t)strlen(value));
    uint8_t *found = NULL;
    for (size_t at = PAGE; at + strlen(value) <= image->size; at++) {
        uint8_t *here = image->bytes + at;
        if (memcmp(here, value, strlen(value)) == 0 &&
            memcmp(here - 4 - strlen(key), key, strlen(key)) == 0 &&
            memcmp(here - 4, &size, sizeof(size)) != 0)
            found = here;
    }
    assert_non_null(found);
    return found;
}

/* Tables that the journal does not speak of are read too. */
static void
a_flipped_bit_is_found_in_every_class(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *table, *says;
        unsigned count;
    } rows[] = {
        {"request", "the stored reply", "idempotency", "table idempotency, key request: ", 1},
        {"sum", "one derived value", "sums", "table sums, key sum: ", 1},
        {"fact", "one single fact", "facts", "table facts, key fact: ", 2}, /* and it is missing */
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        image_t image = load();
        uint8_t *at = find_record(&image, rows[i].key, rows[i].value);
        at[2] ^= 0x10;
        save(&image);
        findings_t findings = verify();
        assert_int_equal(findings.count, rows[i].count);
        assert_string_equal(findings.first.table, rows[i].table);
        assert_non_null(strstr(findings.first.what, rows[i].says));
        teardown(state);
        setup(state);
    }
}

static uint16_t
u16_at(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof(value));
    return le16toh(value);
}

/* Changes the first key of a line in a branch page; false when the page has none. */
static bool
change_separator(uint8_t *page)
{
    if (!(u16_at(page + 10) & BRANCH_FLAG))
        return false;
    for (unsigned at = 16; at + 2 <= u16_at(page + 12) && at < PAGE; at += 2) {
        uint8_t *node = page + u16_at(page + at);
        if (u16_at(node + 6) == 7 && node[8] == 'l') {
            node[8 + 6] ^= 1;
            return true;
        }
    }
    return false;
}

/* A separator above the records: a walk still meets them all, and a search misses one. */
static void
a_record_that_a_search_misses_is_found(void **state)
{
    (void)state;
    image_t image = load();
    unsigned changed = 0;
    for (size_t at = 2 * PAGE; at + PAGE <= image.size; at += PAGE)
        changed += change_separator(image.bytes + at);
    assert_true(changed > 0);
    save(&image);
    findings_t findings = verify();
    assert_true(findings.count > 0);
    assert_string_equal(findings.first.table, "lines");
    assert_string_equal(findings.first.what, "the record is there, and a search does not find it");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_flipped_bit_is_found_in_every_class, setup, teardown),
        cmocka_unit_test_setup_teardown(a_record_that_a_search_misses_is_found, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
