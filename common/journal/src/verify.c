/* Recomputes the Merkle log from its records and holds what is stored of it against that. */
#include "verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define STEPS_PER_PROGRESS 1024u

void
kt_verify_report(kt_verification_t *v, uint32_t table, kt_span_t key, const char *format, ...)
{
    kt_finding_t finding = {.table = v->tables[table].name, .key = "-"};
    va_list args;

    _Static_assert(sizeof(finding.key) >= KT_KEY_TEXT_MAX, "a finding holds a key's text");
    if (key.size > 0)
        kt_key_format(key, finding.key);
    va_start(args, format);
    vsnprintf(finding.what, sizeof(finding.what), format, args);
    va_end(args);
    v->how->report(v->how->report_context, &finding);
}

kt_status_t
kt_verify_step(kt_verification_t *v)
{
    v->done++;
    if (v->how->progress && v->done % STEPS_PER_PROGRESS == 0 &&
        !v->how->progress(v->how->progress_context, KT_MIN(v->done, v->all), v->all))
        return kt_error(KT_CANCELLED, 0, "the verification was cancelled");
    return kt_ok();
}

kt_status_t
kt_verify_unless_damaged(kt_status_t status)
{
    return status.code == KT_DATA_LOSS ? kt_ok() : status;
}

/* Holds one stored tile against the one that was computed. */
static kt_status_t
check_tile(kt_verification_t *v, uint32_t level, uint64_t index, const kt_hash_t *computed)
{
    kt_tile_key_t bytes;
    kt_span_t key = kt_tile_key(&bytes, level, index), value;
    kt_status_t status = kt_kv_get(v->txn, KT_TABLE_JOURNAL_TREE, key, &value);

    if (status.code == KT_NOT_FOUND)
        kt_verify_report(v, KT_TABLE_JOURNAL_TREE, key, "the tile is missing");
    else if (kt_failed(status))
        return kt_verify_unless_damaged(status);
    else if (!kt_span_equal(value, kt_span(computed->bytes, sizeof(computed->bytes))))
        kt_verify_report(v, KT_TABLE_JOURNAL_TREE, key, "the tile is not the hash of its records");
    return kt_ok();
}

static kt_status_t
add_record(kt_verification_t *v, kt_frontier_t *frontier, kt_span_t record)
{
    kt_tiles_t tiles;
    uint64_t index = frontier->size;

    kt_hash_t leaf = kt_merkle_leaf(record);
    kt_frontier_add_tiles(frontier, &leaf, &tiles);
    for (uint32_t level = 1; level <= tiles.count; level++)
        KT_TRY(check_tile(v, level, index >> (KT_TILE_BITS * level), &tiles.hashes[level - 1]));
    return kt_ok();
}

/* A record that says that a life began: what came before it is known here. */
static void
check_life(kt_verification_t *v, const kt_frontier_t *before, kt_span_t record)
{
    kt_number_key_t key;
    kt_span_t number = kt_number_key(&key, before->size);
    kt_hash_t root = kt_frontier_root(before);
    kt_life_t life;

    if (!kt_life_decode(record, &life))
        return;
    if (life.size != before->size || memcmp(life.root.bytes, root.bytes, sizeof(root.bytes)) != 0)
        kt_verify_report(v, KT_TABLE_JOURNAL, number,
                         "the life that it begins did not begin with the records before it");
    if (life.epoch < 2 || kt_life_compare(&life, &v->life) <= 0)
        kt_verify_report(v, KT_TABLE_JOURNAL, number,
                         "the life that it begins is not newer than the one before");
    if (v->lives_met >= v->lives.count || v->lives.numbers[v->lives_met] != before->size)
        kt_verify_report(v, KT_TABLE_META, kt_span_str("lives"),
                         "record %llu begins a life that is not kept in its place",
                         (unsigned long long)before->size);
    v->life = life;
    v->lives_met++;
}

/* Walks all records; leaves in FRONTIER what they add up to. */
static kt_status_t
recompute(kt_verification_t *v, kt_frontier_t *frontier)
{
    kt_cursor_t *cursor KT_CLEANUP(kt_kv_cursor_close) = NULL;
    kt_number_key_t expected;
    kt_span_t key, record;

    KT_TRY(kt_kv_cursor(v->txn, KT_TABLE_JOURNAL, &cursor));
    for (uint64_t i = 0; i < v->journal_size; i++) {
        kt_status_t status = kt_cursor_next(cursor, &key, &record);
        if (kt_failed(status)) {
            KT_TRY(kt_verify_unless_damaged(status));
            record = kt_span(NULL, 0); /* keeps its place */
        } else if (!kt_span_equal(key, kt_number_key(&expected, i))) {
            kt_verify_report(v, KT_TABLE_JOURNAL, key, "record %llu was expected here",
                             (unsigned long long)i);
        }
        check_life(v, frontier, record);
        KT_TRY(add_record(v, frontier, record));
        KT_TRY(kt_verify_step(v));
    }
    return kt_ok();
}

static uint64_t
tiles_of(uint64_t size)
{
    uint64_t tiles = 0;
    for (uint64_t level = size >> KT_TILE_BITS; level > 0; level >>= KT_TILE_BITS)
        tiles += level;
    return tiles;
}

kt_status_t
kt_verify_log(kt_verification_t *v)
{
    kt_frontier_t computed = {.size = 0}, stored;
    kt_table_stat_t tree;

    kt_status_t status = kt_lives_list(v->txn, &v->lives);
    if (status.code == KT_DATA_LOSS)
        kt_verify_report(v, KT_TABLE_META, kt_span_str("lives"), "%s", status.text);
    else
        KT_TRY(status);
    v->life = (kt_life_t){.life = v->lives.first};
    KT_TRY(recompute(v, &computed));
    if (v->lives.count > v->lives_met)
        kt_verify_report(v, KT_TABLE_META, kt_span_str("lives"),
                         "%u lives are kept that no record begins", v->lives.count - v->lives_met);
    KT_TRY(kt_kv_table_stat(v->txn, KT_TABLE_JOURNAL_TREE, &tree));
    if (tree.records != tiles_of(computed.size))
        kt_verify_report(v, KT_TABLE_JOURNAL_TREE, kt_span(NULL, 0),
                         "there are %llu tiles, and %llu belong to the records",
                         (unsigned long long)tree.records,
                         (unsigned long long)tiles_of(computed.size));
    status = kt_frontier_load(&stored, v->txn);
    if (status.code == KT_DATA_LOSS) {
        kt_verify_report(v, KT_TABLE_META, kt_span_str("journal"), "%s", status.text);
        return kt_ok();
    }
    KT_TRY(status);
    kt_hash_t stored_root = kt_frontier_root(&stored), root = kt_frontier_root(&computed);
    if (stored.size != computed.size)
        kt_verify_report(v, KT_TABLE_META, kt_span_str("journal"),
                         "the journal's size is kept as %llu, and it has %llu records",
                         (unsigned long long)stored.size, (unsigned long long)computed.size);
    else if (memcmp(stored_root.bytes, root.bytes, sizeof(root.bytes)) != 0)
        kt_verify_report(v, KT_TABLE_META, kt_span_str("journal"),
                         "the kept root is not the root of the records");
    return kt_ok();
}

/* ---- the whole ---- */

static kt_status_t
plan(kt_verification_t *v)
{
    uint64_t facts = 0, logs = 0, records = 0;
    kt_table_stat_t stat;

    for (uint32_t i = 0; i < v->tables_count; i++) {
        KT_TRY(kt_kv_table_stat(v->txn, i, &stat));
        records += stat.records;
        facts += v->tables[i].kind == KT_TABLE_FACT ? stat.records : 0;
        logs += v->tables[i].kind == KT_TABLE_LOG ? stat.records : 0;
    }
    KT_TRY(kt_kv_table_stat(v->txn, KT_TABLE_JOURNAL, &stat));
    v->journal_size = stat.records;
    uint64_t per_pass = v->how->facts_per_pass ? v->how->facts_per_pass : KT_JOURNAL_FACTS_PER_PASS;
    v->passes = (uint32_t)(facts / per_pass) + 1;
    v->all = records + v->journal_size * (1 + v->passes) + facts * v->passes + logs;
    return kt_ok();
}

static kt_status_t
run(kt_verification_t *v)
{
    KT_TRY(plan(v));
    KT_TRY(kt_verify_records(v));
    KT_TRY(kt_verify_log(v));
    return kt_verify_tables(v);
}

kt_status_t
kt_journal_verify(kt_kv_t *store, kt_txn_t *txn, const kt_journal_verify_t *how)
{
    kt_verification_t v = {.txn = txn, .how = how};
    kt_status_t status = kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory left to verify with");

    v.tables = kt_kv_tables(store, &v.tables_count);
    v.facts = kt_facts_new();
    v.position = calloc(v.tables_count, sizeof(*v.position));
    v.position_size = (uint16_t *)calloc(v.tables_count, sizeof(*v.position_size));
    if (v.facts && v.position && v.position_size)
        status = run(&v);
    free(v.position);
    free(v.position_size);
    kt_facts_destroy(&v.facts);
    return status;
}
