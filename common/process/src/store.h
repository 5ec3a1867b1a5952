/*
 * store.h (private): what is kept of processes.
 *
 *   process   'n'                      u64: the last turn that was given
 *             'p', 16 bytes id         the instance
 *             'v', id, name            a variable
 *             't', id                  the trace that it is part of
 *             'c'                      how many instances there are in each state
 *   outbox    u64 turn                 16 bytes id: the instance whose turn it is
 *   timeline  id, u32 number           what happened
 */
#ifndef KT_PROCESS_STORE_H
#define KT_PROCESS_STORE_H

#include <kt/process.h>

kt_status_t
kt_process_load(const kt_call_t *call, const kt_ulid_t *id, kt_process_t *process, bool *found);
kt_status_t kt_process_save(const kt_call_t *call, const kt_process_t *process);
kt_status_t kt_process_set_trace(const kt_call_t *call, const kt_ulid_t *id, kt_trace_t trace);
kt_status_t
kt_process_set(const kt_call_t *call, const kt_ulid_t *id, const kt_variable_t *variable);
/* Adds to its timeline, which the instance counts; save it afterwards. */
kt_status_t
kt_process_note(const kt_call_t *call, kt_process_t *process, const kt_timeline_entry_t *entry);

/* The next turn's number. */
kt_status_t kt_process_next_turn(const kt_call_t *call, uint64_t *turn);
kt_status_t kt_process_put_turn(const kt_call_t *call, uint64_t turn, const kt_ulid_t *id);
kt_status_t kt_process_take_turn(const kt_call_t *call, uint64_t turn);
kt_status_t kt_process_whose_turn(const kt_call_t *call, uint64_t turn, kt_ulid_t *id, bool *found);

#endif
