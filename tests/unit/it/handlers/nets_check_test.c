/* The verification of networks and databases: what a wrong line of ours would leave in the store is
 * found. Behind CreateSite stands a handler that leaves it, or mends it again. */
#include "nets.h"

#include "domain/databases.h"
#include "domain/networks.h"
#include "domain/outages.h"
#include "handlers/networks.h"
#include "store/databases.h"
#include "store/networks.h"
#include "store/outages.h"
#include "store/tables.h"

#include <kantor/it/v1/databases.kt.h>

static kt_key_t *
key_of(kt_key_t *key, const char *name)
{
    return kt_key_name(kt_key(key), kt_span_str(name));
}

/* The only prefix, with other counts. */
static kt_status_t
recount(kt_call_t *call, uint32_t assigned, uint32_t taken)
{
    it_cidr_t cidr;
    it_prefix_facts_t facts;
    assert_null(it_cidr_parse(kt_span_str("10.1.0.0/24"), &cidr));
    KT_TRY(it_store_load_prefix(call, kt_span_str("main"), kt_span(NULL, 0), &cidr, &facts));
    facts.prefix.assigned = assigned;
    facts.prefix.taken = taken;
    return it_store_put_prefix(call, &facts.prefix);
}

/* The only address, which says that it is in another prefix. */
static kt_status_t
move_address(kt_call_t *call, const char *prefix)
{
    kt_row_page_t page;
    kt_key_t key;
    it_ip_t ip;
    KT_TRY(it_store_list_addresses(call, kt_span_str("main"), NULL, kt_span(NULL, 0), 1, &page));
    it_address_record_t address = *(const it_address_record_t *)page.rows;
    address.prefix = kt_span_str(prefix);
    assert_null(it_ip_parse(address.address, &ip));
    kt_key_u8(key_of(&key, "main"), 4);
    return kt_row_put(call, IT_TABLE_ADDRESS, kt_key_bytes(&key, ip.bytes, 4), &it_address_layout,
                      &address);
}

static kt_status_t
set_outage(kt_call_t *call, uint32_t state)
{
    kt_row_page_t page;
    kt_key_t key;
    KT_TRY(it_store_list_outages(call, false, kt_span(NULL, 0), 1, &page));
    it_outage_record_t outage = *(const it_outage_record_t *)page.rows;
    outage.state = state;
    return kt_row_put(call, IT_TABLE_OUTAGE, kt_key_name(kt_key(&key), outage.outage),
                      &it_outage_layout, &outage);
}

static kt_status_t
set_target(kt_call_t *call, const char *depends_on)
{
    kt_key_t key;
    it_target_record_t target = {0};
    bool there;
    KT_TRY(kt_row_get(call, IT_TABLE_TARGET, key_of(&key, "core"), &it_target_layout, &target,
                      &there));
    target.depends_on = kt_span_str(depends_on);
    return kt_row_put(call, IT_TABLE_TARGET, &key, &it_target_layout, &target);
}

static kt_status_t
set_last_good(kt_call_t *call, const char *backup)
{
    it_database_record_t database;
    KT_TRY(it_store_need_database(call, kt_span_str("ledger"), &database));
    database.last_good_backup = kt_span_str(backup);
    return it_store_put_database(call, &database);
}

static kt_status_t
delete_backup_name(kt_call_t *call)
{
    kt_key_t key;
    return kt_row_delete(call, IT_TABLE_BACKUP_NAME,
                         kt_key_name(key_of(&key, "ledger"), kt_span_str("b1")));
}

/* The backup with all that speaks of it. */
static kt_status_t
delete_backup(kt_call_t *call)
{
    kt_key_t key;
    kt_key_i64(key_of(&key, "ledger"), ROOM_NOW_US);
    KT_TRY(kt_row_delete(call, IT_TABLE_BACKUP, kt_key_name(&key, kt_span_str("b1"))));
    return set_last_good(call, "");
}

static kt_status_t
leave_wrong(kt_call_t *call, const it_create_site_request_t *request, it_site_t *response)
{
    const char *what = request->site->site;
    (void)response;
    if (strcmp(what, "count") == 0)
        return recount(call, 2, 1);
    if (strcmp(what, "taken") == 0)
        return recount(call, 1, 2);
    if (strcmp(what, "right") == 0)
        return recount(call, 1, 1);
    if (strcmp(what, "elsewhere") == 0)
        return move_address(call, "10.2.0.0/24");
    if (strcmp(what, "here") == 0)
        return move_address(call, "10.1.0.0/24");
    if (strcmp(what, "closed") == 0)
        return set_outage(call, IT_OUTAGE_CLOSED);
    if (strcmp(what, "open") == 0)
        return set_outage(call, IT_OUTAGE_OPEN);
    if (strcmp(what, "hanging") == 0)
        return set_target(call, "none");
    if (strcmp(what, "free") == 0)
        return set_target(call, "");
    if (strcmp(what, "other-backup") == 0)
        return set_last_good(call, "none");
    if (strcmp(what, "own-backup") == 0)
        return set_last_good(call, "b1");
    if (strcmp(what, "nameless") == 0)
        return delete_backup_name(call);
    return delete_backup(call);
}

static int
setup(void **state)
{
    static it_networks_handlers_t handlers;
    static kt_binding_t bindings[8];
    static kt_service_t service;
    service = *it_service();
    handlers = it_networks_handlers;
    handlers.create_site = leave_wrong;
    kt_binding_t ours = it_networks_bind(&handlers);
    for (uint32_t i = 0; i < service.bindings_count; i++)
        bindings[i] = service.bindings[i].desc == ours.desc ? ours : service.bindings[i];
    service.bindings = bindings;
    *state = room_open(&service);
    room_as((room_t *)*state, "erik", "it.expert it.operator");
    return 0;
}

/* An address, an outage and a backup. */
static void
fill(room_t *room)
{
    it_create_vrf_request_t vrf_request = IT_CREATE_VRF_REQUEST_INIT;
    it_vrf_t vrf = IT_VRF_INIT;
    it_create_prefix_request_t prefix_request = IT_CREATE_PREFIX_REQUEST_INIT;
    it_prefix_t prefix = IT_PREFIX_INIT;
    it_allocate_address_request_t address = IT_ALLOCATE_ADDRESS_REQUEST_INIT;
    it_create_target_request_t target_request = IT_CREATE_TARGET_REQUEST_INIT;
    it_probe_target_t target = IT_PROBE_TARGET_INIT;
    it_report_probe_request_t report = IT_REPORT_PROBE_REQUEST_INIT;
    it_register_database_request_t database_request = IT_REGISTER_DATABASE_REQUEST_INIT;
    it_database_t database = IT_DATABASE_INIT;
    it_report_backup_request_t backup_request = IT_REPORT_BACKUP_REQUEST_INIT;
    it_backup_t backup = IT_BACKUP_INIT;
    vrf_request.vrf = &vrf;
    prefix_request.prefix = &prefix;
    vrf.vrf = prefix.vrf = address.vrf = text("main");
    prefix.prefix = address.prefix = text("10.1.0.0/24");
    address.holder = text("printer");
    target_request.target = &target;
    target.target = report.target = text("core");
    target.kind = IT_TARGET_KIND_KANTOR;
    target.confirmations = 1;
    report.at_us = room_now(room);
    report.outcome = IT_PROBE_OUTCOME_PROBE_REFUSED;
    database_request.database = &database;
    database.database = backup.database = text("ledger");
    database.engine = database.owner = text("erik");
    backup_request.backup = &backup;
    backup.backup = text("b1");
    backup.started_us = backup.finished_us = room_now(room);
    backup.outcome = IT_BACKUP_OUTCOME_BACKUP_GOOD;
    assert_ok(room_call(room, "Networks/CreateVrf", &vrf_request.base, NULL));
    assert_ok(room_call(room, "Networks/CreatePrefix", &prefix_request.base, NULL));
    assert_ok(room_call(room, "Networks/AllocateAddress", &address.base, NULL));
    assert_ok(room_call(room, "Probes/CreateTarget", &target_request.base, NULL));
    assert_ok(room_call(room, "Probes/ReportProbe", &report.base, NULL));
    assert_ok(room_call(room, "Databases/RegisterDatabase", &database_request.base, NULL));
    assert_ok(room_call(room, "Databases/ReportBackup", &backup_request.base, NULL));
}

static void
leave(room_t *room, const char *what)
{
    it_create_site_request_t request = IT_CREATE_SITE_REQUEST_INIT;
    it_site_t site = IT_SITE_INIT;
    site.site = text(what);
    request.site = &site;
    assert_ok(room_call(room, "Networks/CreateSite", &request.base, NULL));
}

static void
what_is_wrong_is_found(void **state)
{
    static const struct {
        const char *wrong, *right;
        unsigned findings;
    } rows[] = {
        {"count", "right", 1},      {"taken", "right", 1},  {"elsewhere", "here", 1},
        {"closed", "open", 1},      {"hanging", "free", 1}, {"other-backup", "own-backup", 1},
        {"nameless", "deleted", 2}, /* the backup, and the database whose last good one it is */
    };
    room_t *room = (room_t *)*state;
    fill(room);
    assert_int_equal(room_verify(room), 0);
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        leave(room, rows[i].wrong);
        assert_int_equal(room_verify(room), rows[i].findings);
        leave(room, rows[i].right);
        assert_int_equal(room_verify(room), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_wrong_is_found, setup, nets_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
