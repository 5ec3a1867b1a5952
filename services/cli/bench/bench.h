/*
 * bench.h: what `kantor bench` is made of: a load, the processes it is measured against, and the
 * figures.
 *
 * The load is a closed loop: as many calls as `in flight` says are open all the time, from one
 * thread and one connection. Their bodies are encoded once and patched in place, so that what is
 * measured is the office and not the bench.
 */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include "../connect.h"

#include <sys/types.h>

#define BENCH_PATH_BYTES    1024
#define BENCH_PROCESSES_MAX 20
#define BENCH_INSTANCES_MAX 16
#define BENCH_LIST_MAX      16
#define BENCH_ROUNDS_MAX    64
#define BENCH_BATCH_MAX     4000 /* entries of two lines in one PostEntries */

/* ---- processes.c: programs that are measured ---- */

/* Whose processor time is counted; the bench itself is the client. */
typedef enum bench_part { BENCH_CLIENT, BENCH_BROKER, BENCH_DEPARTMENT, BENCH_PARTS } bench_part_t;

typedef struct bench_process {
    bench_part_t part;
    pid_t pid;
} bench_process_t;

typedef struct bench_processes {
    unsigned count;
    bench_process_t all[BENCH_PROCESSES_MAX];
} bench_processes_t;

typedef struct bench_start {
    const char *program;
    const char *const *argv; /* the last is NULL */
    const char *log;         /* its output is added to this file */
    const char *environment; /* one "NAME=value" more, or NULL */
    const char *user;        /* whose it becomes when this process is root's, or NULL */
} bench_start_t;

/* Starts a program; it ends with this process. 0 after saying why not. */
pid_t bench_spawn(cli_t *cli, const bench_start_t *start);
/* Asks it to end, waits, and after 10 seconds kills it. */
void bench_stop(pid_t pid);
/* Waits until it ends by itself; what lasts longer than SECONDS_MAX is stopped, as all is after
 * Ctrl-C. Whether it ended well; USED, which may be NULL, is then set. */
struct rusage;
bool bench_finish(pid_t pid, double seconds_max, struct rusage *used);
/* A program of the system: on $PATH, or where Debian keeps servers. */
bool bench_find_program(const char *name, char out[BENCH_PATH_BYTES]);
/* The path of a program that was built or installed beside this one; false after saying that there
 * is none. */
bool bench_program(cli_t *cli, const char *name, char out[BENCH_PATH_BYTES]);
/* From --pids "broker=12,finance=13", else the processes of this user that are named kantor-broker
 * and DEPARTMENT, where there is one broker. False after saying what is wrong. */
bool bench_find_processes(cli_t *cli, const char *department, bench_processes_t *processes);
/* Processor seconds that all processes of PART have used. */
double bench_cpu_seconds(const bench_processes_t *processes, bench_part_t part);
/* MiB of memory of their own (RssAnon: no mapped files, so no pages of a store). */
double bench_memory_mib(const bench_processes_t *processes, bench_part_t part);
/* Whether Ctrl-C was pressed since bench_catch_signals. */
void bench_catch_signals(void);
bool bench_interrupted(void);

/* ---- placement.c ---- */

/* Where the kernel lets threads run. */
typedef enum bench_place {
    BENCH_FREE,  /* anywhere, as usual */
    BENCH_BATCH, /* anywhere; a thread that is woken does not interrupt another (SCHED_BATCH) */
    BENCH_ONE,   /* the same, and all on one processor */
} bench_place_t;

/* "", ", batch", ", one processor": what is added to the name of a load. */
const char *bench_place_name(bench_place_t place);
/* Places all threads of PID, and what it starts from then on. What the kernel refuses stays as it
 * was. */
void bench_place(pid_t pid, bench_place_t place);
/* All of PROCESSES. */
void bench_place_all(const bench_processes_t *processes, bench_place_t place);

/* ---- office.c: an office of its own in a temporary folder ---- */

typedef struct bench_office {
    const char *department; /* borrowed */
    char folder[BENCH_PATH_BYTES];
    char config[BENCH_PATH_BYTES]; /* of the client */
    bench_processes_t processes;
    unsigned instances;
} bench_office_t;

/* A new temporary folder, below --dir where it was given. False after saying why not. */
bool bench_make_folder(cli_t *cli, char folder[BENCH_PATH_BYTES]);
void bench_remove_folder(const char *folder);

/* Makes keys and configuration, starts a broker and INSTANCES of DEPARTMENT ("echo" or "finance")
 * and waits until they serve. 0, or an exit code after saying why not. The caller ends it in either
 * case. */
int
bench_office_open(cli_t *cli, const char *department, unsigned instances, bench_office_t *office);
/* Kills the department's one instance and starts another, without waiting until it serves. False
 * after saying why not. */
bool bench_office_restart(cli_t *cli, bench_office_t *office);
/* Stops all and removes the folder. */
void bench_office_close(bench_office_t *office);

/* ---- load.c ---- */

typedef struct bench_load {
    cli_t *cli;
    kt_method_t method; /* without a response: replies stay encoded */
    uint8_t *body;
    size_t body_size;
    void (*patch)(struct bench_load *load); /* before each call; NULL: none */
    void *context;
    unsigned in_flight;
    double seconds, warm_s;
    uint64_t calls_max; /* 0: as many as fit the time */
    unsigned per_call;  /* requests in one call */
    const bench_processes_t *processes;
} bench_load_t;

typedef struct bench_sample {
    double per_second;
    double p50_us, p99_us, p999_us;
    double steady_p50_us, steady_p999_us; /* of calls that met no slow moment (pace.h); Kantor's */
    double slow_percent;                  /* of the time, in which the processors were slow */
    double cpu_us[BENCH_PARTS];           /* of a request */
    double memory_mib[BENCH_PARTS];       /* at its end */
} bench_sample_t;

/* One round. 0, or an exit code after saying why it failed. */
int bench_run(bench_load_t *load, bench_sample_t *sample);

/* ---- requests.c: what is sent ---- */

typedef struct bench_posting bench_posting_t;

/* Echo with PAYLOAD bytes. */
bool bench_echo_load(bench_load_t *load, size_t payload);
/* Entries of two lines over ACCOUNTS accounts of BOOK, BATCH in a call (1: PostEntry); they are
 * patched with accounts by chance. */
bool bench_post_load(bench_load_t *load, const char *book, unsigned accounts, unsigned batch);
/* Balances of accounts by chance. */
bool bench_balance_load(bench_load_t *load, const char *book, unsigned accounts);
void bench_load_fini(bench_load_t *load);
/* Makes the book and its accounts, where they are not there. 0, or an exit code after saying why
 * not. */
int bench_post_prepare(cli_t *cli, const char *book, unsigned accounts);

/* Posts ENTRIES in large batches, with progress: what the books hold before anything is measured.
 * 0, or an exit code after saying why not. */
int bench_post_fill(cli_t *cli, const bench_processes_t *processes, const char *book,
                    unsigned accounts, uint64_t entries);

/* ---- writes.c: what a department's store has written since it started ---- */

#define BENCH_TABLES_MAX 64

typedef struct bench_table_writes {
    char name[40];
    uint64_t records, bytes;
} bench_table_writes_t;

typedef struct bench_writes {
    unsigned count;
    bench_table_writes_t tables[BENCH_TABLES_MAX];
    uint64_t pages; /* of the engine, when it took over what its log had */
} bench_writes_t;

/* False when DEPARTMENT does not tell: it has no store, or the caller may not ask. */
bool bench_writes_read(cli_t *cli, const char *department, bench_writes_t *writes);
/* The table of what was written between the two, for each record of the table COUNTED. 0, or an
 * exit code. */
int bench_writes_print(cli_t *cli, const char *conditions, const bench_writes_t *before,
                       const bench_writes_t *after, const char *counted);

/* ---- anchors.c: what runs beside an office, with a client of its own ---- */

/* Its processes, and how its client is called: PROGRAM client REACH FRONT EXTRA. */
typedef struct bench_floor {
    pid_t broker, server;
    const char *reach; /* "--front" */
    char front[BENCH_PATH_BYTES], program[BENCH_PATH_BYTES];
    char output[BENCH_PATH_BYTES]; /* where the client's words go */
    char extra[64];                /* more arguments of the client: "--size 64" */
    bool curve;
} bench_floor_t;

/* The bare forwarder with a bare echo behind it. FOLDER is for sockets and logs, and a store. */
bool bench_floor_rpc(cli_t *cli, const char *anchors, const char *folder, size_t payload,
                     bool curve, bench_floor_t *floor);
/* The bare posting loop with back pointers behind the bare forwarder, its store filled with FILL
 * entries. */
bool bench_floor_post(cli_t *cli, const char *anchors, const char *folder, unsigned accounts,
                      uint64_t fill, bench_floor_t *floor);
/* Waits until its processes have found each other; whether both still run. */
bool bench_floor_settled(const bench_floor_t *floor);
void bench_floor_close(bench_floor_t *floor);
/* One round of the floor's own client. False after saying why it failed. */
bool bench_floor_run(cli_t *cli, const bench_floor_t *floor, unsigned in_flight, double seconds,
                     double warm_s, bench_sample_t *sample);
/* The figures of a client's line "RESULT name rps=1 p50=2 ..."; false when TEXT has none. */
bool bench_read_result(const char *text, bench_sample_t *sample);
/* The start of a file, at most SIZE - 1 bytes and a NUL; "" when there is none. */
void bench_read_file(const char *path, char *out, size_t size);

/* ---- figures.c: medians, and how they are told ---- */

typedef struct bench_figures {
    char what[64];
    unsigned in_flight;
    unsigned count;
    bench_sample_t rounds[BENCH_ROUNDS_MAX];
} bench_figures_t;

/* "1,64,1024"; false after saying what is wrong. */
bool bench_list(cli_t *cli, const char *option, const char *usual, uint64_t max,
                unsigned out[BENCH_LIST_MAX], unsigned *count);
/* The machine and what else holds for every figure: CONDITIONS is what the verb adds. */
void bench_conditions(char *out, size_t size, const char *conditions);
/* The table of medians. 0, or an exit code. */
int bench_print(cli_t *cli, const char *conditions, const bench_figures_t *figures, unsigned count);
/* Ratios of the first to each other of COUNT figures with the same in flight: medians of the
 * rounds, with ranges. */
int bench_print_ratios(cli_t *cli, const char *conditions, const bench_figures_t *figures,
                       unsigned count);
double bench_median(const double *values, unsigned count);
void bench_least_and_most(const double *values, unsigned count, double *least, double *most);
/* One value of every round: OFFSET is its place in bench_sample_t. */
void bench_values(const bench_figures_t *figures, size_t offset, double values[BENCH_ROUNDS_MAX]);
/* The file system a folder is on, as far as it matters: what a commit is worth there. */
const char *bench_file_system(const char *folder);

#endif
