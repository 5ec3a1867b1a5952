/*
 * process.h: durable processes across departments.
 *
 * A process is a table of steps that are done one after the other, whatever crashes in between. Its
 * instance lives in the store of the department that owns it; a step is begun in the transaction of
 * what caused it (the last step's answer, or the call that started the process), through the
 * outbox, and sent until its answer is definite: DONE, or REJECTED (a business no). Silence is
 * neither: the step is sent again under its key, (instance, step), and becomes an incident for a
 * named role when its deadline has passed.
 *
 * Steps stand in the order compensatable*, one pivot, retriable*. When one before the pivot is
 * rejected, or a wait expires, what was done is undone backwards. After the pivot there is only
 * forward. kt_process_wrong holds a table to these rules when the department is built.
 *
 * All state is variables: texts with names, taken from the start and from answers, put into
 * requests by constant bindings. So a process is data, and the same engine runs, shows and checks
 * them all.
 *
 * This part decides and keeps; it has no sockets and no clock. Who sends: kt/process_run.h.
 */
#ifndef KT_PROCESS_H
#define KT_PROCESS_H

#include <kt/call.h>
#include <kt/layout.h>

#define KT_PROCESS_STEPS_MAX         48
#define KT_PROCESS_VARIABLES_MAX     48
#define KT_PROCESS_NAME_BYTES_MAX    32
#define KT_PROCESS_SUBJECT_BYTES_MAX 128
#define KT_PROCESS_TEXT_BYTES_MAX    1500 /* of a variable */
#define KT_PROCESS_NOTE_BYTES_MAX    300
#define KT_PROCESS_TIMELINE_MAX      2000
#define KT_PROCESS_LOOKS_MAX         4000 /* at instances, for one page of a listing */
#define KT_PROCESS_COMMAND_US_MAX                                                                  \
    (INT64_C(6) * 86400 * 1000000) /* an idempotency key lives longer */
#define KT_PROCESS_WAIT_US_MAX (INT64_C(3653) * 86400 * 1000000) /* ten years */

typedef enum kt_step_kind {
    KT_STEP_COMMAND = 1, /* done when the department answers */
    KT_STEP_WAIT = 2,    /* done when a question is answered as hoped: a person acts meanwhile */
    KT_STEP_UNTIL = 3,   /* done when an instant is reached */
} kt_step_kind_t;

typedef enum kt_step_class {
    KT_STEP_COMPENSATABLE = 1,
    KT_STEP_PIVOT = 2,
    KT_STEP_RETRIABLE = 3,
} kt_step_class_t;

/*
 * One field of a request, or of an answer. FIELD is a path of the message: "contract.party". TEXT
 * is a variable ("$vendor"), or a literal; of an answer, the variable that takes the field's text.
 * Texts stand for their types: numbers in decimal, enums by name, "true", hexadecimal bytes. For a
 * repeated string, names divided by ','; for a repeated message, "a=1,b=x;a=2,b=y". A variable that
 * is empty leaves the field at its default. Lists end with a NULL field. Every instance has, of its
 * own: $process (its id), $subject, $started_by; and of the step: $now_us and $today when it began
 * (UTC), $expires_us when what it reserves ends.
 */
typedef struct kt_binding_text {
    const char *field;
    const char *text;
} kt_binding_text_t;

typedef struct kt_command {
    const char *department; /* "finance" */
    const char *method;     /* "/kantor.finance.v1.Budgets/Reserve"; NULL: there is none */
    const kt_binding_text_t *send;
} kt_command_t;

typedef struct kt_step {
    const char *name; /* "reserve-budget" */
    const char *what; /* for people: "Budget is reserved" */
    kt_step_kind_t kind;
    kt_step_class_t class;
    kt_command_t run; /* WAIT: the question, a READ */
    const kt_binding_text_t *keep;
    kt_command_t undo;
    bool harmless;       /* has nothing to undo */
    bool certain;        /* cannot be rejected: what it needs was made sure by the steps before */
    int64_t deadline_us; /* COMMAND: of silence; WAIT: of the answer hoped for */
    const char *owner;   /* the role that acts in a wait, and whose the step's incidents are */

    /* WAIT: the answer's field, and what it says when the step is done, or never will be. */
    const char *field;
    const char *const *hoped; /* texts, NULL at the end */
    const char *never_field;  /* NULL: the same field */
    const char *const *never;
    /* WAIT: sent when it expires, so that nobody acts any more; when that is rejected, somebody
     * has. */
    kt_command_t door;

    const char *only_with; /* a variable, "$equipment": without it the step is left out */

    const char *instant; /* UNTIL: a variable of microseconds, "$leave_us" */

    int64_t reserves_us; /* what this step reserves ends by itself after this; 0: it does not */
    const char *confirmed_by; /* the step that makes it lasting */
} kt_step_t;

typedef struct kt_process_table {
    const char *name; /* "procure-to-pay" */
    const char *what;
    uint32_t version; /* of the steps: instances of another are carried on by it alone */
    const kt_step_t *steps;
    uint32_t steps_count;
    const char *const *variables; /* that the start gives; NULL at the end */
} kt_process_table_t;

/* What a department runs, and the contracts of all that it calls. */
typedef struct kt_processes {
    const kt_process_table_t *const *tables;
    uint32_t tables_count;
    const kt_service_desc_t *const *contracts;
    uint32_t contracts_count;
} kt_processes_t;

/* NULL when TABLE keeps the rules, else what is wrong with it, in ARENA, beginning with the step.
 */
const char *kt_process_wrong(kt_arena_t *arena, const kt_processes_t *processes,
                             const kt_process_table_t *table);
/* The method by its path; NULL: none of the contracts has it. */
const kt_method_t *kt_process_method(const kt_processes_t *processes, const char *path);
/* Whether DEPARTMENT's own contracts have it: "/kantor.finance.v1.Budgets/Reserve" is finance's. */
bool kt_process_method_is_of(const kt_method_t *method, const char *department);
/* The table by its name and version, one of kt_process_raised as well, or NULL. */
const kt_process_table_t *
kt_process_table(const kt_processes_t *processes, kt_span_t name, uint32_t version);

/* ---- instances ---- */

typedef enum kt_process_state {
    KT_PROCESS_RUNNING = 1,
    KT_PROCESS_UNDOING = 2, /* a step was rejected or expired: what was done is undone */
    KT_PROCESS_DONE = 3,
    KT_PROCESS_REJECTED = 4,  /* all that was done is undone */
    KT_PROCESS_INCIDENT = 5,  /* waits for a person: ResolveIncident */
    KT_PROCESS_ABANDONED = 6, /* a person ended it as it stands */
} kt_process_state_t;
#define KT_PROCESS_STATES 7 /* by their numbers; 0 is none */

typedef enum kt_process_phase {
    KT_PHASE_RUN = 1,
    KT_PHASE_DOOR = 2,
    KT_PHASE_UNDO = 3,
} kt_process_phase_t;

typedef struct kt_process {
    kt_ulid_t process; /* its id; in the key */
    kt_span_t type;
    uint32_t version;
    kt_span_t subject; /* what it is about: "purchase p-17" */
    kt_span_t started_by;
    int64_t started_us, changed_us, ended_us; /* 0: not yet */
    uint32_t state;                           /* kt_process_state_t */
    uint32_t step;                            /* of the table: being done, or undone */
    uint32_t phase;                           /* kt_process_phase_t */
    int64_t since_us, deadline_us;            /* of this step and phase */
    kt_ulid_t key;                            /* what its command goes under */
    uint64_t turn;                            /* its entry in the outbox; 0: none */
    uint32_t entries;                         /* of its timeline */
    uint32_t doors;                           /* how often a door was shut too late */
    bool doubtful;  /* undone though it is not known whether it was done */
    kt_span_t note; /* why it is where it is */
    kt_span_t incident_owner;
} kt_process_t;

typedef enum kt_timeline_kind {
    KT_TIMELINE_STARTED = 1,
    KT_TIMELINE_DONE = 2,
    KT_TIMELINE_REJECTED = 3,
    KT_TIMELINE_EXPIRED = 4,
    KT_TIMELINE_UNDONE = 5,
    KT_TIMELINE_TOO_LATE = 6, /* the door: somebody had acted */
    KT_TIMELINE_INCIDENT = 7,
    KT_TIMELINE_RESOLVED = 8,
    KT_TIMELINE_ENDED = 9,
} kt_timeline_kind_t;

typedef struct kt_timeline_entry {
    int64_t time_us;
    kt_span_t step; /* its name; empty: of the process */
    uint32_t kind;  /* kt_timeline_kind_t */
    kt_span_t text;
    kt_span_t by;
} kt_timeline_entry_t;

typedef struct kt_variable {
    kt_span_t name, value;
} kt_variable_t;

extern const kt_layout_t kt_process_layout;
extern const kt_layout_t kt_timeline_layout;
extern const kt_layout_t kt_variable_layout;

/* Starts the instance PROCESS (a new id of the call) in the transaction of its cause; for WRITE
 * handlers, where they apply. Values are borrowed. INVALID_ARGUMENT for a subject or values that
 * are too long or have control characters, and for what is no variable of the table's start.
 */
kt_status_t
kt_process_start(kt_call_t *call, const kt_process_table_t *table, const kt_ulid_t *process,
                 kt_span_t subject, const kt_variable_t *variables, uint32_t count);

/*
 * Something that happened and that a person of a role has to settle, as an incident from its
 * beginning: it is listed, shown and resolved (SKIP, ABANDON) as the others are. TABLE is one of
 * kt_process_raised, which every department has, whatever processes it owns. As kt_process_start
 * otherwise; TEXT says what happened, at most KT_PROCESS_NOTE_BYTES_MAX of it are kept.
 */
kt_status_t
kt_process_raise(kt_call_t *call, const kt_process_table_t *table, const kt_ulid_t *process,
                 kt_span_t subject, const kt_variable_t *variables, uint32_t count, kt_span_t text);
/* A department that is followed was put back, and does not know any more what was taken of it. */
extern const kt_process_table_t kt_process_events_lost;
extern const kt_process_table_t *const kt_process_raised[]; /* NULL at the end */

/* ---- what is to be sent ---- */

/* One entry of the outbox, as a request. Bytes and texts lie in the call's arena. */
typedef struct kt_turn {
    uint64_t turn;
    kt_ulid_t process;
    kt_step_kind_t kind; /* UNTIL: nothing is sent */
    kt_process_phase_t phase;
    const kt_step_t *step;
    const kt_command_t *command;
    const kt_method_t *method;
    kt_ulid_t key;
    const char *on_behalf_of;
    const char *traceparent; /* or NULL */
    kt_span_t body;          /* the request, packed */
    int64_t due_us;          /* UNTIL: when */
    int64_t since_us, deadline_us;
    const char *const *texts; /* of the variables that are sent, for who waits for news of one */
    uint32_t texts_count;
} kt_turn_t;

/* The turns after AFTER (0: all), in order, at most MAX; for a call with a read transaction. */
kt_status_t kt_process_turns(const kt_call_t *call, uint64_t after, uint32_t max, uint64_t *turns,
                             uint32_t *count);
/* Prepares one. *FOUND false: it was taken meanwhile. A request that its own bindings cannot fill
 * is told in *PROBLEM (in the arena), and is an incident. */
kt_status_t kt_process_turn(const kt_call_t *call, const kt_processes_t *processes, uint64_t number,
                            kt_turn_t *turn, bool *found, const char **problem);

/* ---- what came back ---- */

typedef enum kt_verdict {
    KT_VERDICT_DONE = 1,
    KT_VERDICT_REJECTED = 2,
    KT_VERDICT_UNKNOWN = 3, /* at the deadline */
    KT_VERDICT_EXPIRED = 4, /* a wait's deadline */
} kt_verdict_t;

typedef struct kt_settlement {
    kt_ulid_t process;
    uint64_t turn;
    kt_verdict_t verdict;
    uint32_t code;    /* of what was rejected: a kt_code_t */
    kt_span_t text;   /* of what was rejected or is unknown */
    kt_span_t answer; /* DONE: the response, packed */
} kt_settlement_t;

/* Carries the instance on. A turn that was settled already changes nothing, and so is *APPLIED
 * false. In a WRITE. */
kt_status_t kt_process_settle(kt_call_t *call, const kt_processes_t *processes,
                              const kt_settlement_t *settlement, bool *applied);

typedef enum kt_resolution {
    KT_RESOLVE_RETRY = 1,   /* send the step again, under a new key */
    KT_RESOLVE_SKIP = 2,    /* it was done by other means */
    KT_RESOLVE_UNDO = 3,    /* before the pivot: undo what was done */
    KT_RESOLVE_ABANDON = 4, /* end it as it stands */
} kt_resolution_t;

/* Reasons; they stand in kantor.rpc.v1.Reason under the same numbers. */
enum {
    KT_PROCESS_UNKNOWN = 60,
    KT_PROCESS_NO_INCIDENT = 61,
    KT_PROCESS_NOT_OWNER = 62,
    KT_PROCESS_PAST_PIVOT = 63,
    KT_PROCESS_NO_TABLE = 64,
    KT_PROCESS_LATE = 65, /* its timeline is full */
    KT_PROCESS_NOTHING_TO_RETRY = 66,
};

kt_status_t
kt_process_resolve(kt_call_t *call, const kt_processes_t *processes, const kt_ulid_t *process,
                   kt_resolution_t resolution, kt_span_t why, kt_process_t *resolved);

/* ---- reading ---- */

kt_status_t kt_process_get(const kt_call_t *call, const kt_ulid_t *id, kt_process_t *process);
/* The traceparent of the call that began it: all its steps are of that trace. Empty: it had none.
 */
kt_status_t kt_process_trace(const kt_call_t *call, const kt_ulid_t *id, kt_span_t *traceparent);
kt_status_t kt_process_variables(const kt_call_t *call, const kt_ulid_t *id,
                                 kt_variable_t *variables, uint32_t *count);
kt_status_t kt_process_timeline(const kt_call_t *call, const kt_ulid_t *id, uint32_t from,
                                kt_timeline_entry_t **entries, uint32_t *count);
/* How many instances there are, by state. */
kt_status_t kt_process_counts(const kt_call_t *call, int64_t counts[KT_PROCESS_STATES]);
/* At most SIZE instances of STATE (0: any) and TYPE (empty: any) from FROM on, the newest first;
 * among the next KT_PROCESS_LOOKS_MAX, so that there may be none and more to come. */
kt_status_t kt_process_list(const kt_call_t *call, kt_span_t type, uint32_t state, kt_span_t from,
                            uint32_t size, kt_process_t **list, uint32_t *count, kt_span_t *next);

#endif
