/* A store behind a log: what is sealed, hardened and settled; crashes, and how it is opened. */
#include "on_disk.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define LOG_BYTES KT_KV_LOG_BYTES_MIN

static kt_kv_options_t
logged(void)
{
    kt_kv_options_t options = plain();
    options.log_bytes = LOG_BYTES;
    return options;
}

static kt_kv_t *
open_logged(void)
{
    kt_kv_t *store;
    assert_ok(try_open(logged(), &store));
    return store;
}

static uint64_t
seal_one(kt_kv_t *store, const char *key, kt_span_t value)
{
    kt_txn_t *txn = NULL;
    uint64_t mark = 0;
    assert_ok(kt_kv_begin_write(store, &txn));
    assert_ok(kt_kv_put(txn, THINGS, s(key), value));
    assert_ok(kt_kv_seal(&txn, &mark));
    assert_null(txn);
    return mark;
}

static kt_status_t
get_in_write(kt_kv_t *store, const char *key)
{
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;
    kt_span_t value;
    KT_TRY(kt_kv_begin_write(store, &txn));
    return kt_kv_get(txn, THINGS, s(key), &value);
}

/* ---- flushes that take long ---- */

static pthread_mutex_t flush_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t flush_changed = PTHREAD_COND_INITIALIZER;
static bool flushes_held;
static unsigned flushes_waiting;

/* In front of the C library's: how long a checkpoint takes is up to the test. */
int
fdatasync(int fd)
{
    pthread_mutex_lock(&flush_lock);
    flushes_waiting++;
    pthread_cond_broadcast(&flush_changed);
    while (flushes_held)
        pthread_cond_wait(&flush_changed, &flush_lock);
    flushes_waiting--;
    pthread_mutex_unlock(&flush_lock);
    return (int)syscall(SYS_fdatasync, fd);
}

/* Also in front of the C library's: a log of another size is emptied before it is made anew. */
static bool dies_when_a_log_is_emptied;

int
ftruncate(int fd, off_t size)
{
    struct stat file;
    bool dies = dies_when_a_log_is_emptied && size == 0 && fstat(fd, &file) == 0 &&
                file.st_size >= (off_t)(LOG_BYTES / 4);
    int rc = (int)syscall(SYS_ftruncate, fd, size);
    if (dies)
        (void)raise(SIGKILL);
    return rc;
}

static void
hold_flushes(bool held)
{
    pthread_mutex_lock(&flush_lock);
    flushes_held = held;
    pthread_cond_broadcast(&flush_changed);
    pthread_mutex_unlock(&flush_lock);
}

#define SEGMENT_RECORDS (LOG_BYTES / 4 / 4096) /* each of one block */
#define WRITES          (40 * SEGMENT_RECORDS)

typedef struct steady_writer {
    kt_kv_t *store;
    atomic_uint done;
} steady_writer_t;

static void *
write_steadily(void *context)
{
    steady_writer_t *writer = context;
    char key[16];
    for (unsigned i = 0; i < WRITES; i++) {
        snprintf(key, sizeof key, "k%u", i);
        assert_ok(kt_kv_harden(writer->store, seal_one(writer->store, key, s("v"))));
        atomic_fetch_add(&writer->done, 1);
        pthread_mutex_lock(&flush_lock);
        pthread_cond_broadcast(&flush_changed);
        pthread_mutex_unlock(&flush_lock);
    }
    assert_ok(kt_kv_settle(writer->store));
    return NULL;
}

/* The log goes on while a checkpoint is made, up to its last free segment; that one waits for the
 * checkpoint, and the writer does not wait for itself. */
static void
a_slow_checkpoint_holds_up_the_last_segment(void **state)
{
    (void)state;
    steady_writer_t writer = {.store = open_logged()};
    pthread_t thread;
    char key[16];
    hold_flushes(true);
    assert_int_equal(pthread_create(&thread, NULL, write_steadily, &writer), 0);
    pthread_mutex_lock(&flush_lock);
    while (flushes_waiting == 0 || atomic_load(&writer.done) < 3 * SEGMENT_RECORDS)
        pthread_cond_wait(&flush_changed, &flush_lock);
    pthread_mutex_unlock(&flush_lock);
    assert_int_equal(atomic_load(&writer.done), 3 * SEGMENT_RECORDS);
    hold_flushes(false);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(atomic_load(&writer.done), WRITES);
    for (unsigned i = 0; i < WRITES; i++) {
        snprintf(key, sizeof key, "k%u", i);
        assert_ok(get_one(writer.store, THINGS, key));
    }
    kt_kv_close(&writer.store);
}

/* Runs RUN in a process of its own, which dies without closing anything. */
static void
in_a_process_that_dies(void (*run)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        run();
        (void)raise(SIGKILL);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
sealed_is_seen_by_the_next_write(void **state)
{
    (void)state;
    kt_kv_t *store = open_logged();
    uint64_t first = seal_one(store, "a", s("1"));
    assert_ok(get_in_write(store, "a"));
    uint64_t second = seal_one(store, "b", s("2"));
    assert_true(second > first);
    assert_ok(kt_kv_harden(store, first));
    assert_ok(kt_kv_harden(store, second));
    assert_ok(kt_kv_harden(store, first)); /* it is already */
    assert_ok(kt_kv_settle(store));
    assert_ok(kt_kv_settle(store)); /* nothing to do */
    assert_ok(get_one(store, THINGS, "a"));
    assert_ok(get_one(store, THINGS, "b"));
    kt_kv_close(&store);
}

/* An abort takes its own changes back, and nothing of what was sealed before. */
static void
an_abort_leaves_what_is_sealed(void **state)
{
    (void)state;
    kt_kv_t *store = open_logged();
    kt_txn_t *txn = NULL;
    seal_one(store, "a", s("1"));
    uint64_t mark = seal_one(store, "b", s("2"));
    assert_ok(kt_kv_begin_write(store, &txn));
    assert_ok(kt_kv_delete(txn, THINGS, s("a")));
    assert_ok(kt_kv_put(txn, THINGS, s("c"), s("3")));
    kt_kv_abort(&txn);
    assert_ok(get_in_write(store, "a"));
    assert_status(get_in_write(store, "c"), KT_NOT_FOUND, 0);
    assert_ok(kt_kv_begin_write(store, &txn)); /* one that did nothing */
    kt_kv_abort(&txn);
    assert_ok(kt_kv_harden(store, mark));
    assert_ok(kt_kv_settle(store));
    assert_ok(get_one(store, THINGS, "b"));
    kt_kv_close(&store);
}

static void
write_and_die(void)
{
    kt_kv_t *store = open_logged();
    char key[16];
    uint64_t mark = 0;
    for (unsigned i = 0; i < 60; i++) { /* more than the log holds at once */
        snprintf(key, sizeof key, "k%03u", i);
        mark = seal_one(store, key, s("some value"));
        if (i % 7 == 0)
            assert_ok(kt_kv_settle(store));
    }
    assert_ok(kt_kv_harden(store, mark));
    seal_one(store, "never hardened", s("0"));
}

static void
hardened_outlives_the_process(void **state)
{
    (void)state;
    char key[16];
    in_a_process_that_dies(write_and_die);
    kt_kv_t *store;
    kt_kv_options_t reading = plain();
    reading.read_only = true;
    kt_status_t refused = try_open(reading, &store);
    assert_status(refused, KT_FAILED_PRECONDITION, KT_KV_UNCLEAN);
    assert_says(refused, "let its service open it once");
    store = open_logged();
    for (unsigned i = 0; i < 60; i++) {
        snprintf(key, sizeof key, "k%03u", i);
        assert_ok(get_one(store, THINGS, key));
    }
    assert_status(get_one(store, THINGS, "never hardened"), KT_NOT_FOUND, 0);
    assert_ok(put_one(store, THINGS, "after", s("1")));
    kt_kv_close(&store);
    assert_ok(try_open(reading, &store)); /* closed in order, it stands by itself */
    assert_ok(get_one(store, THINGS, "after"));
    kt_kv_close(&store);
}

static void
write_large_and_die(void)
{
    static uint8_t large[300000];
    kt_kv_t *store = open_logged();
    seal_one(store, "before", s("1"));
    seal_one(store, "large", kt_span(large, sizeof large)); /* more than the log's buffer */
    assert_ok(get_one(store, THINGS, "large"));
    uint64_t mark = seal_one(store, "behind", s("2"));
    assert_ok(kt_kv_harden(store, mark));
}

static void
a_transaction_larger_than_the_log(void **state)
{
    (void)state;
    in_a_process_that_dies(write_large_and_die);
    kt_kv_t *store = open_logged();
    assert_ok(get_one(store, THINGS, "before"));
    assert_ok(get_one(store, THINGS, "large"));
    assert_ok(get_one(store, THINGS, "behind"));
    kt_kv_close(&store);
}

/* With a log, without, with another size: in turns, after crashes and in order. */
static void
any_log_at_any_time(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, LOG_BYTES, 4 * LOG_BYTES, 0, LOG_BYTES};
    kt_kv_t *store;
    char key[16], name[PATH_MAX];
    for (unsigned i = 0; i < KT_COUNT(sizes); i++) {
        kt_kv_options_t options = plain();
        options.log_bytes = sizes[i];
        if (i > 0)
            in_a_process_that_dies(write_and_die);
        assert_ok(try_open(options, &store));
        snprintf(key, sizeof key, "of %u", i);
        assert_ok(put_one(store, THINGS, key, s("1")));
        for (unsigned before = 0; before <= i; before++) {
            snprintf(key, sizeof key, "of %u", before);
            assert_ok(get_one(store, THINGS, key));
        }
        kt_kv_close(&store);
        tempdir_join(&dir, "store/log.0", name);
        assert_int_equal(access(name, F_OK), sizes[i] > 0 ? 0 : -1);
    }
}

/* What a store leaves in its folder is no other thing, whatever it has lost. */
static void
the_folder_of_a_store_without_its_data(void **state)
{
    (void)state;
    kt_kv_t *store = open_logged();
    kt_kv_close(&store);
    assert_int_equal(unlink(data), 0);
    store = open_logged();
    kt_kv_close(&store);
    char other[PATH_MAX];
    tempdir_join(&dir, "store/log.9", other);
    int fd = open(other, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(unlink(data), 0);
    assert_status(try_open(logged(), &store), KT_FAILED_PRECONDITION, KT_KV_FOREIGN);
}

/* Less than would make a checkpoint: there is something to replay. */
static void
write_little_and_die(void)
{
    kt_kv_t *store = open_logged();
    assert_ok(kt_kv_harden(store, seal_one(store, "little", s("1"))));
}

static void
empty_the_log_and_die(void)
{
    kt_kv_options_t options = plain();
    kt_kv_t *store;
    options.log_bytes = 4 * LOG_BYTES;
    dies_when_a_log_is_emptied = true;
    (void)try_open(options, &store);
    fail_msg("no log was emptied");
}

/* A log of another size is emptied when all that it had is durable elsewhere. */
static void
a_crash_while_the_log_is_made_anew(void **state)
{
    (void)state;
    in_a_process_that_dies(write_little_and_die);
    in_a_process_that_dies(empty_the_log_and_die);
    kt_kv_t *store = open_logged();
    assert_ok(get_one(store, THINGS, "little"));
    kt_kv_close(&store);
}

static void
other_tables_are_not_replayed(void **state)
{
    (void)state;
    static const kt_table_t others[] = {{"meta", KT_TABLE_SYSTEM}, {"stuff", KT_TABLE_FACT}};
    kt_kv_t *store;
    kt_kv_options_t options = logged();
    in_a_process_that_dies(write_little_and_die);
    options.tables = others;
    kt_status_t status = try_open(options, &store);
    assert_status(status, KT_FAILED_PRECONDITION, KT_KV_NEWER);
    assert_says(status, "open the store once with that program");
    options = logged();
    options.tables_count = 3; /* one more at the end means no other */
    assert_ok(try_open(options, &store));
    assert_ok(get_one(store, THINGS, "little"));
    kt_kv_close(&store);
}

/* ---- readers ---- */

typedef struct waiting {
    kt_kv_t *store;
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    bool is_wanted;
    kt_status_t got;
} waiting_t;

static void
on_wanted(void *context)
{
    waiting_t *w = context;
    pthread_mutex_lock(&w->lock);
    w->is_wanted = true;
    pthread_cond_signal(&w->wanted);
    pthread_mutex_unlock(&w->lock);
}

static void *
read_it(void *context)
{
    waiting_t *w = context;
    w->got = get_one(w->store, THINGS, "a");
    return NULL;
}

/* A reader waits for what was sealed before it came, and says so. */
static void
a_reader_waits_for_what_is_sealed(void **state)
{
    (void)state;
    static waiting_t w = {.lock = PTHREAD_MUTEX_INITIALIZER, .wanted = PTHREAD_COND_INITIALIZER};
    kt_kv_options_t options = logged();
    pthread_t thread;
    options.wanted = on_wanted;
    options.wanted_context = &w;
    assert_ok(try_open(options, &w.store));
    seal_one(w.store, "a", s("1"));
    assert_false(kt_kv_wanted(w.store));
    assert_int_equal(pthread_create(&thread, NULL, read_it, &w), 0);
    pthread_mutex_lock(&w.lock);
    while (!w.is_wanted)
        pthread_cond_wait(&w.wanted, &w.lock);
    pthread_mutex_unlock(&w.lock);
    assert_true(kt_kv_wanted(w.store));
    kt_kv_stat_t stat;
    assert_ok(kt_kv_stat(w.store, &stat)); /* does not wait */
    assert_ok(kt_kv_settle(w.store));
    pthread_join(thread, NULL);
    assert_ok(w.got);
    assert_false(kt_kv_wanted(w.store));
    kt_kv_close(&w.store);
}

/* The disk as the store finds it: stands in front of the system's own. */
static bool little_room;

int
fstatvfs(int fd, struct statvfs *disk)
{
    (void)fd;
    *disk = (struct statvfs){.f_frsize = 4096, .f_blocks = 1 << 20};
    disk->f_bavail = little_room ? (64 << 8) - 1 : 64 << 8; /* of 64 MiB a page less, or all */
    return 0;
}

/* While there is little room on the disk, it is kept for repair. */
static void
the_last_room_is_for_repair(void **state)
{
    (void)state;
    kt_kv_t *store = open_logged();
    kt_txn_t *txn = NULL;
    assert_ok(put_one(store, THINGS, "a", s("1")));
    assert_ok(put_one(store, THINGS, "b", s("1")));
    little_room = true;
    assert_status(put_one(store, THINGS, "c", s("1")), KT_RESOURCE_EXHAUSTED, KT_KV_FULL);
    assert_ok(kt_kv_begin_write(store, &txn));
    kt_kv_use_reserve(txn);
    assert_ok(kt_kv_put(txn, THINGS, s("repaired"), s("1")));
    assert_ok(kt_kv_commit(&txn));
    assert_ok(kt_kv_begin_write(store, &txn));
    assert_ok(kt_kv_delete(txn, THINGS, s("a")));
    assert_ok(kt_kv_commit(&txn));
    assert_ok(get_one(store, THINGS, "repaired"));
    little_room = false;
    assert_ok(put_one(store, THINGS, "c", s("1")));
    kt_kv_close(&store);
}

/* The disk fills up after an answer was given: it is safe, and seen when there is room again. */
static void
a_full_disk_keeps_what_was_hardened(void **state)
{
    (void)state;
    static uint8_t bytes[1500];
    struct rlimit before, small;
    struct stat status;
    char key[16];
    kt_kv_t *store = open_logged();
    assert_ok(put_one(store, THINGS, "first", s("1")));
    assert_int_equal(stat(data, &status), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = (rlim_t)status.st_size; /* the log has its room already: 32 KiB a segment */
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    uint64_t mark = 0;
    for (unsigned i = 0; i < 3; i++) {
        snprintf(key, sizeof key, "k%u", i);
        mark = seal_one(store, key, kt_span(bytes, sizeof bytes));
    }
    kt_status_t hardened = kt_kv_harden(store, mark);
    kt_status_t settled = kt_kv_settle(store);
    kt_status_t read = get_one(store, THINGS, "first");
    kt_status_t more = put_one(store, THINGS, "more", s("1"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_ok(hardened);
    assert_status(settled, KT_RESOURCE_EXHAUSTED, KT_KV_FULL);
    assert_status(read, KT_RESOURCE_EXHAUSTED, KT_KV_FULL);
    assert_status(more, KT_RESOURCE_EXHAUSTED, KT_KV_FULL);
    assert_ok(kt_kv_settle(store));
    assert_ok(get_one(store, THINGS, "k2"));
    assert_ok(put_one(store, THINGS, "more", s("1")));
    assert_ok(get_one(store, THINGS, "more"));
    kt_kv_close(&store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(sealed_is_seen_by_the_next_write),
        FRESH(an_abort_leaves_what_is_sealed),
        FRESH(hardened_outlives_the_process),
        FRESH(a_transaction_larger_than_the_log),
        FRESH(any_log_at_any_time),
        FRESH(the_folder_of_a_store_without_its_data),
        FRESH(a_crash_while_the_log_is_made_anew),
        FRESH(other_tables_are_not_replayed),
        FRESH(a_reader_waits_for_what_is_sealed),
        FRESH(a_slow_checkpoint_holds_up_the_last_segment),
        FRESH(the_last_room_is_for_repair),
        FRESH(a_full_disk_keeps_what_was_hardened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
