/*
 * A process that writes is killed, again and again, at moments it does not choose. What it had
 * acknowledged is there each time, its history is sound, and the next process goes on from it.
 */
#include "office.h"
#include "tempdir.h"

#include <kt/prng.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 25
/* Acknowledgements that are awaited before the kill; more may be on their way. */
#define ACKS_MAX 40

static void
call(office_t *office)
{
    char key[24];

    snprintf(key, sizeof(key), "l%010llu", (unsigned long long)office->journal.current.size);
    assert_ok(office_begin(office));
    assert_ok(kt_kv_put(office->txn, FACTS, kt_span_str("newest"), kt_span_str(key)));
    assert_ok(kt_kv_append(office->txn, LINES, kt_span_str(key), kt_span_str("line")));
    assert_ok(office_commit(office));
}

static uint64_t log_bytes; /* of the store, in this run */

static void
open_office(office_t *office, const char *path)
{
    kt_kv_options_t options = office_options(path);
    kt_kv_t *store = NULL;

    options.log_bytes = log_bytes;
    assert_ok(kt_kv_open_lmdb(&options, &store));
    office_init(office, store);
}

/* Writes for ever, and says after each commit how long the journal is. */
static _Noreturn void
write_for_ever(const char *path, int acks)
{
    office_t office;

    open_office(&office, path);
    for (;;) {
        call(&office);
        uint64_t size = office.journal.durable.size;
        if (write(acks, &size, sizeof(size)) != (ssize_t)sizeof(size))
            _exit(1);
    }
}

/* Lets a child write until so many commits were acknowledged, kills it, and gives the last of all
 * that it had acknowledged. */
static uint64_t
run_and_kill(const char *path, uint64_t count)
{
    int ends[2];
    uint64_t acknowledged = 0;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_for_ever(path, ends[1]);
    }
    assert_true(child > 0);
    close(ends[1]);
    for (uint64_t i = 0; i < count; i++)
        assert_int_equal(read(ends[0], &acknowledged, sizeof(acknowledged)), sizeof(acknowledged));
    kill(child, SIGKILL);
    while (read(ends[0], &acknowledged, sizeof(acknowledged)) == (ssize_t)sizeof(acknowledged))
        continue;
    close(ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return acknowledged;
}

static void
what_was_acknowledged_is_there(void)
{
    tempdir_t dir;
    char path[PATH_MAX];
    kt_prng_t prng;
    kt_prng_seed_system(&prng);
    uint64_t seed = kt_prng_next(&prng);
    print_message("seed %llu\n", (unsigned long long)seed);
    kt_prng_seed(&prng, seed);
    tempdir_init(&dir);
    tempdir_join(&dir, "store", path);
    for (unsigned round = 0; round < ROUNDS; round++) {
        office_t office;
        uint64_t acknowledged = run_and_kill(path, 1 + kt_prng_below(&prng, ACKS_MAX));
        open_office(&office, path);
        /* One commit may have been made and not yet told. */
        assert_in_range(office.journal.durable.size, acknowledged, acknowledged + 1);
        office_assert_sound(&office);
        call(&office);
        office_fini(&office);
    }
    tempdir_fini(&dir);
}

static void
without_a_log(void **state)
{
    (void)state;
    log_bytes = 0;
    what_was_acknowledged_is_there();
}

static void
behind_a_log(void **state)
{
    (void)state;
    log_bytes = KT_KV_LOG_BYTES_MIN;
    what_was_acknowledged_is_there();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_log),
        cmocka_unit_test(behind_a_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
