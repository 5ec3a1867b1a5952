#include "store/nets_check.h"

#include "store/databases.h"
#include "store/networks.h"
#include "store/outages.h"
#include "store/tables.h"

#include <stdio.h>

/* ---- addresses ---- */

/* The addresses of one prefix follow each other: what was counted of the one that they stand in. */
typedef struct run {
    bool open;
    char prefix[IT_CIDR_TEXT_MAX];
    char vrf[IT_NAME_BYTES_MAX + 1];
    uint32_t assigned, taken; /* as the prefix says */
    uint32_t count, low;      /* as there are: all, and of the lowest `taken` */
} run_t;

static void
end_run(const it_walk_t *w, run_t *run)
{
    if (run->open && run->count != run->assigned)
        it_walk_find(w, "prefix", kt_span_str(run->prefix),
                     kt_arena_printf(w->call.arena, "it counts %u addresses; there are %u",
                                     (unsigned)run->assigned, (unsigned)run->count));
    if (run->open && run->low != run->taken)
        it_walk_find(w, "prefix", kt_span_str(run->prefix),
                     kt_arena_printf(w->call.arena, "of its %u lowest addresses %u are taken",
                                     (unsigned)run->taken, (unsigned)run->low));
    run->open = false;
}

static bool
same(const char *text, kt_span_t span)
{
    return kt_span_equal(kt_span_str(text), span);
}

/* Begins to count the addresses of the prefix that ADDRESS names. */
static kt_status_t
begin_run(it_walk_t *w, run_t *run, const it_address_record_t *address, const it_cidr_t *cidr)
{
    it_prefix_facts_t facts;
    KT_TRY(it_store_load_prefix(&w->call, address->vrf, kt_span(NULL, 0), cidr, &facts));
    *run = (run_t){.open = true};
    kt_span_t prefix = address->prefix, vrf = address->vrf;
    snprintf(run->prefix, sizeof run->prefix, "%.*s", (int)prefix.size, (const char *)prefix.data);
    snprintf(run->vrf, sizeof run->vrf, "%.*s", (int)vrf.size, (const char *)vrf.data);
    if (facts.there) {
        run->assigned = facts.prefix.assigned;
        run->taken = facts.prefix.taken;
    }
    return kt_ok();
}

static kt_status_t
check_address(it_walk_t *w, const void *row)
{
    const it_address_record_t *address = (const it_address_record_t *)row;
    run_t *run = (run_t *)w->context;
    it_cidr_t cidr;
    it_ip_t ip;
    uint64_t place;
    if (it_cidr_parse(address->prefix, &cidr) || it_ip_parse(address->address, &ip) ||
        !it_cidr_place(&cidr, &ip, &place)) {
        it_walk_find(w, "address", address->address, "it is no host address of its prefix");
        return kt_ok();
    }
    if (!run->open || !same(run->prefix, address->prefix) || !same(run->vrf, address->vrf)) {
        end_run(w, run);
        KT_TRY(begin_run(w, run, address, &cidr));
    }
    run->count++;
    run->low += place < run->taken;
    return kt_ok();
}

/* A prefix without an address was in no run. */
static kt_status_t
check_prefix(it_walk_t *w, const void *row)
{
    const it_prefix_record_t *prefix = (const it_prefix_record_t *)row;
    it_cidr_t cidr;
    kt_row_page_t page;
    if (it_cidr_parse(prefix->prefix, &cidr)) {
        it_walk_find(w, "prefix", prefix->prefix, "it is no prefix");
        return kt_ok();
    }
    if (prefix->assigned == 0)
        return kt_ok();
    KT_TRY(it_store_list_addresses(&w->call, prefix->vrf, &cidr, kt_span(NULL, 0), 1, &page));
    if (page.count == 0)
        it_walk_find(w, "prefix", prefix->prefix, "it counts addresses; there are none");
    return kt_ok();
}

/* ---- targets and outages ---- */

static kt_status_t
check_target(it_walk_t *w, const void *row)
{
    const it_target_record_t *target = (const it_target_record_t *)row;
    kt_key_t key;
    bool there = true;
    if (target->depends_on.size > 0)
        KT_TRY(kt_row_has(&w->call, IT_TABLE_TARGET, kt_key_of_name(&key, target->depends_on),
                          &there));
    if (!there)
        it_walk_find(w, "target", target->target, "what it depends on is not there");
    return kt_ok();
}

static kt_status_t
check_open(it_walk_t *w, const void *row)
{
    kt_reader_t r = kt_reader(kt_key_span(&w->at));
    kt_span_t target = kt_key_get_name(&r);
    it_outage_record_t outage;
    bool there;
    (void)row;
    kt_status_t status = it_store_load_open(&w->call, target, &outage, &there);
    if (status.code == KT_NOT_FOUND) {
        it_walk_find(w, "outage_open", target, "its outage is not there");
        return kt_ok();
    }
    KT_TRY(status);
    if (outage.state != IT_OUTAGE_OPEN || !kt_span_equal(outage.target, target))
        it_walk_find(w, "outage_open", target, "its outage is over, or another's");
    return kt_ok();
}

static kt_status_t
check_outage(it_walk_t *w, const void *row)
{
    const it_outage_record_t *outage = (const it_outage_record_t *)row;
    it_outage_record_t open;
    bool there;
    if (outage->state != IT_OUTAGE_OPEN)
        return kt_ok();
    KT_TRY(it_store_load_open(&w->call, outage->target, &open, &there));
    if (!there || !kt_span_equal(open.outage, outage->outage))
        it_walk_find(w, "outage", outage->outage, "it is open, but not by its cause");
    return kt_ok();
}

/* ---- databases ---- */

static kt_status_t
check_backup(it_walk_t *w, const void *row)
{
    const it_backup_record_t *backup = (const it_backup_record_t *)row;
    it_backup_record_t named;
    bool there;
    KT_TRY(it_store_load_named_backup(&w->call, backup->database, backup->backup, &named, &there));
    if (!there || named.started_us != backup->started_us)
        it_walk_find(w, "backup", backup->backup, "its name leads elsewhere");
    return kt_ok();
}

static kt_status_t
check_backup_name(it_walk_t *w, const void *row)
{
    kt_reader_t r = kt_reader(kt_key_span(&w->at));
    kt_span_t database = kt_key_get_name(&r);
    kt_span_t name = kt_key_get_name(&r);
    it_backup_record_t backup;
    bool there;
    (void)row;
    KT_TRY(it_store_load_named_backup(&w->call, database, name, &backup, &there));
    if (!there)
        it_walk_find(w, "backup_name", name, "the backup is not there");
    return kt_ok();
}

static kt_status_t
check_database(it_walk_t *w, const void *row)
{
    const it_database_record_t *database = (const it_database_record_t *)row;
    it_backup_record_t backup = {0};
    bool there;
    if (database->last_good_backup.size == 0)
        return kt_ok();
    KT_TRY(it_store_load_named_backup(&w->call, database->database, database->last_good_backup,
                                      &backup, &there));
    if (!there || backup.outcome != IT_BACKUP_GOOD || backup.proof == IT_PROOF_BAD ||
        backup.started_us != database->last_good_us)
        it_walk_find(w, "database", database->database, "its last good backup is none");
    return kt_ok();
}

/* ---- all of it ---- */

static kt_status_t
check_networks(it_walk_t *w)
{
    it_address_record_t address;
    it_prefix_record_t prefix;
    it_target_record_t target;
    it_outage_record_t outage;
    KT_TRY(it_walk_all(w, IT_TABLE_ADDRESS, &it_address_layout, &address, check_address));
    end_run(w, (run_t *)w->context);
    KT_TRY(it_walk_all(w, IT_TABLE_PREFIX, &it_prefix_layout, &prefix, check_prefix));
    KT_TRY(it_walk_all(w, IT_TABLE_TARGET, &it_target_layout, &target, check_target));
    KT_TRY(it_walk_all(w, IT_TABLE_OUTAGE_OPEN, NULL, NULL, check_open));
    return it_walk_all(w, IT_TABLE_OUTAGE, &it_outage_layout, &outage, check_outage);
}

static kt_status_t
check_all(it_walk_t *w)
{
    it_backup_record_t backup;
    it_database_record_t database;
    KT_TRY(check_networks(w));
    KT_TRY(it_walk_all(w, IT_TABLE_BACKUP, &it_backup_layout, &backup, check_backup));
    KT_TRY(it_walk_all(w, IT_TABLE_BACKUP_NAME, NULL, NULL, check_backup_name));
    return it_walk_all(w, IT_TABLE_DATABASE, &it_database_layout, &database, check_database);
}

kt_status_t
it_store_check_nets(kt_txn_t *txn, const it_check_sink_t *sink)
{
    run_t run = {0};
    return it_walk_run(txn, sink, &run, check_all, "networks and databases could not be read");
}
