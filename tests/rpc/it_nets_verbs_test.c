/* The command line's verbs about networks and databases against the real department. */
#include "it_words.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <it/tcp.h>
#include <kantor/it/v1/databases.kt.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- TCP ---- */

typedef struct listener {
    int fd;
    uint16_t port;
} listener_t;

static listener_t
listen_at(int backlog)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    listener_t l = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_true(l.fd >= 0);
    assert_int_equal(bind(l.fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(l.fd, backlog), 0);
    assert_int_equal(getsockname(l.fd, (struct sockaddr *)&address, &size), 0);
    l.port = ntohs(address.sin_port);
    return l;
}

/* A port that nobody listens at. */
static uint16_t
closed_port(void)
{
    listener_t l = listen_at(1);
    close(l.fd);
    return l.port;
}

static void
connections_tell_what_is_there(void **state)
{
    enum { FILLING = 8 };
    (void)state;
    listener_t open = listen_at(16), full = listen_at(0);
    tcp_probe_t filling[FILLING] = {{0}}; /* and are closed at once, but stay in the queue */
    for (uint32_t i = 0; i < FILLING; i++)
        filling[i] = (tcp_probe_t){.host = "127.0.0.1", .port = full.port, .timeout_ms = 50};
    tcp_probe(filling, FILLING);
    tcp_probe_t probes[] = {
        {.host = "127.0.0.1", .port = open.port, .timeout_ms = 5000},
        {.host = "localhost", .port = open.port, .timeout_ms = 5000},
        {.host = "127.0.0.1", .port = closed_port(), .timeout_ms = 5000},
        {.host = "127.0.0.1", .port = full.port, .timeout_ms = 50},
        {.host = "no-such-host.invalid", .port = 1, .timeout_ms = 50},
    };
    tcp_probe(probes, KT_COUNT(probes));
    assert_int_equal(probes[0].outcome, TCP_REACHED);
    assert_string_equal(probes[0].text, "connected");
    assert_true(probes[0].latency_us < 5000000);
    assert_int_equal(probes[2].outcome, TCP_REFUSED);
    assert_int_equal(probes[3].outcome, TCP_TIMED_OUT);
    assert_true(probes[3].latency_us >= 50000);
    assert_int_equal(probes[4].outcome, TCP_UNREACHABLE);
    for (size_t i = 0; i < KT_COUNT(probes); i++)
        assert_int_equal(probes[i].fd, -1);
    close(open.fd);
    close(full.fd);
}

/* ---- networks ---- */

static void
address_plans_are_shown(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    call(w, "Networks/CreateVrf", "{'vrf':{'vrf':'main','title':'The office'}}");
    call(w, "Networks/CreatePrefix", "{'prefix':{'vrf':'main','prefix':'10.1.0.0/24'}}");
    call(w, "Networks/CreatePrefix", "{'prefix':{'vrf':'main','prefix':'10.0.0.0/8'}}");
    says(w, "kantor it networks", 0, "The office");
    says(w, "kantor it networks --vrf main", 0, "  10.1.0.0/24");
    says(w, "kantor it networks --vrf main -o csv", 0, "main,10.1.0.0/24,,0,10.0.0.0/8,,1,");
    says(w, "kantor it networks --vrf none", 5, "VRF_UNKNOWN");
    says(w, "kantor it addresses --vrf main --prefix 10.1.0.0/24 --next-for printer -o csv", 0,
         "10.1.0.1,printer,10.1.0.0/24,");
    says(w, "kantor it addresses --vrf main --prefix 10.0.0.0/8 --next-for printer", 9,
         "PREFIX_DIVIDED");
    says(w, "kantor it addresses --vrf main", 0, "printer");
    says(w, "kantor it addresses --vrf main --next-for printer", CLI_EXIT_USAGE, "--prefix");
    says(w, "kantor it addresses", CLI_EXIT_USAGE, "--vrf");
}

/* ---- probes ---- */

static void
create_tcp(stage_world_t *w, const char *name, uint16_t port, const char *depends_on)
{
    char json[400];
    snprintf(json, sizeof json,
             "{'target':{'target':'%s','kind':'TCP','host':'127.0.0.1','port':%u,'dependsOn':'%s',"
             "'confirmations':1,'intervalS':86400}}",
             name, (unsigned)port, depends_on);
    call(w, "Probes/CreateTarget", json);
}

static void
what_is_due_is_probed(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    listener_t open = listen_at(16);
    create_tcp(w, "web", open.port, "");
    create_tcp(w, "mail", closed_port(), "web");
    call(w, "Probes/CreateTarget",
         "{'target':{'target':'desk','kind':'KANTOR','department':'it','confirmations':1}}");
    call(w, "Probes/CreateTarget",
         "{'target':{'target':'broker','kind':'KANTOR','confirmations':1}}");
    call(w, "Probes/CreateTarget",
         "{'target':{'target':'gone','kind':'KANTOR','department':'gone','confirmations':2}}");
    char printed[4096];
    hear(w, "kantor it probe --once -o csv", 0, "web,REACHED,", printed, sizeof printed);
    assert_non_null(strstr(printed, "mail,REFUSED,"));
    assert_non_null(strstr(printed, ",connected,UP,"));
    assert_non_null(strstr(printed, ",Connection refused,DOWN,"));
    assert_non_null(strstr(printed, "desk,REACHED,"));
    assert_non_null(strstr(printed, "broker,REACHED,"));
    assert_non_null(strstr(printed, "gone,REFUSED,"));
    /* Nothing is due any more. */
    hear(w, "kantor it probe --once -o csv", 0, "target,outcome", printed, sizeof printed);
    assert_null(strstr(printed, "REACHED"));
    says(w, "kantor it outages -o csv", 0, ",mail,OPEN,");
    says(w, "kantor it targets -o csv", 0, "gone,gone,UNKNOWN,");
    says(w, "kantor it outages --all", 0, "mail");
    says(w, "kantor it probe", CLI_EXIT_USAGE, "--once");
    says(w, "kantor it probe --once --every 5", CLI_EXIT_USAGE, "--once");
    close(open.fd);
}

/* ---- databases ---- */

/* The folder that a table names in its column: the word that begins with '/'. */
static void
path_in(const char *printed, char path[PATH_MAX])
{
    const char *begin = strchr(printed, '/');
    assert_non_null(begin);
    snprintf(path, PATH_MAX, "%.*s", (int)strcspn(begin, ",\n"), begin);
}

/* The outcome of the only proof there is. */
static it_proof_outcome_t
outcome_of(stage_world_t *w)
{
    call(w, "Databases/ListRestoreProofs", "{'database':'desk'}");
    const it_list_restore_proofs_response_t *proofs = (const it_list_restore_proofs_response_t *)
                                                          w->reply.message;
    assert_int_equal(proofs->n_proofs, 1);
    return proofs->proofs[0]->outcome;
}

static void
backups_are_made_and_proven(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    char printed[4096], path[PATH_MAX], words[2 * PATH_MAX + 200];
    call(w, "Databases/RegisterDatabase",
         "{'database':{'database':'desk','engine':'lmdb','owner':'erik','kantorDepartment':'it',"
         "'rpoMinutes':60}}");
    call(w, "Databases/RegisterDatabase",
         "{'database':{'database':'mail','engine':'postgresql','owner':'erik'}}");
    says(w, "kantor it databases -o csv", 0, "desk,lmdb,erik,it,60,KEPT,,");
    says(w, "kantor it sample -o csv", 0, "desk,it,");
    says(w, "kantor it sample mail -o csv", 0, "database,department");
    hear(w, "kantor it backup desk -o csv", 0, "desk,desk-", printed, sizeof printed);
    says(w, "kantor it backup mail", 9, "not one of Kantor's own");
    says(w, "kantor it backup none", 5, "DATABASE_UNKNOWN");
    says(w, "kantor it databases -o csv", 0, "desk,lmdb,erik,it,60,KEPT,desk-");
    path_in(printed, path);
    char scratch[PATH_MAX];
    tempdir_join(stage_folder(w->stage), ".", scratch);
    snprintf(words, sizeof words, "kantor it prove-restore desk --backup %s --scratch %s -o csv",
             path, scratch);
    hear(w, words, 0, "database,2\n", printed, sizeof printed);
    assert_non_null(strstr(printed, "\nmeta,"));
    assert_non_null(strstr(printed, "\nbackup,0\n")); /* it came to be known afterwards */
    assert_int_equal(outcome_of(w), IT_PROOF_OUTCOME_PROOF_GOOD);
    says(w, "kantor it prove-restore desk --backup /nowhere/b", CLI_EXIT_NOINPUT, "No such file");
    says(w, "kantor it prove-restore desk", CLI_EXIT_USAGE, "--backup");
}

/* Changes one letter of what a backup holds, as a bad disk would. */
static void
spoil(const char *folder)
{
    static const char engine[] = "\0\4lmdb\0\4erik";
    char name[PATH_MAX + 16];
    struct stat stat;
    snprintf(name, sizeof name, "%s/data.mdb", folder);
    int file = open(name, O_RDWR | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(fstat(file, &stat), 0);
    uint8_t *bytes = (uint8_t *)malloc((size_t)stat.st_size);
    assert_non_null(bytes);
    assert_int_equal(pread(file, bytes, (size_t)stat.st_size, 0), stat.st_size);
    const uint8_t *at = (const uint8_t *)memmem(bytes, (size_t)stat.st_size, engine,
                                                sizeof engine - 1);
    assert_non_null(at);
    assert_int_equal(pwrite(file, "L", 1, at + 2 - bytes), 1);
    close(file);
    free(bytes);
}

static void
a_spoiled_backup_is_found_out(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    char printed[4096], path[PATH_MAX], words[2 * PATH_MAX + 200];
    call(w, "Databases/RegisterDatabase",
         "{'database':{'database':'desk','engine':'lmdb','owner':'erik','kantorDepartment':'it'}}");
    hear(w, "kantor it backup desk -o csv", 0, "desk,desk-", printed, sizeof printed);
    path_in(printed, path);
    spoil(path);
    snprintf(words, sizeof words, "kantor it prove-restore desk --backup %s", path);
    says(w, words, KT_DATA_LOSS, "");
    assert_int_equal(outcome_of(w), IT_PROOF_OUTCOME_PROOF_BAD);
    says(w, "kantor it databases -o csv", 0, "desk,lmdb,erik,it,0,,,,");
}

/* One department that is not there keeps nobody from the others. */
static void
what_can_be_sampled_is(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    call(w, "Databases/RegisterDatabase",
         "{'database':{'database':'desk','engine':'lmdb','owner':'erik','kantorDepartment':'it'}}");
    call(w, "Databases/RegisterDatabase",
         "{'database':{'database':'a','engine':'lmdb','owner':'erik','kantorDepartment':'gone'}}");
    says(w, "kantor it sample --timeout 1 -o csv", KT_UNIMPLEMENTED, "gone");
    call(w, "Databases/ListSamples", "{'database':'desk'}");
    const it_list_samples_response_t *samples = (const it_list_samples_response_t *)
                                                    w->reply.message;
    assert_int_equal(samples->n_samples, 1);
    assert_true(samples->samples[0]->used_bytes > 0);
    assert_true(samples->samples[0]->journal_size > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_tell_what_is_there),
        cmocka_unit_test_setup_teardown(address_plans_are_shown, setup, stage_world_teardown),
        cmocka_unit_test_setup_teardown(what_is_due_is_probed, setup, stage_world_teardown),
        cmocka_unit_test_setup_teardown(backups_are_made_and_proven, setup, stage_world_teardown),
        cmocka_unit_test_setup_teardown(what_can_be_sampled_is, setup, stage_world_teardown),
        cmocka_unit_test_setup_teardown(a_spoiled_backup_is_found_out, setup, stage_world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
