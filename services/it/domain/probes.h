/*
 * probes.h: what is probed, and what outcomes say about it.
 *
 * Outcomes of probes are recorded as they come; the state of a target changes only when as many in
 * a row as it wants say the same. Targets depend on others and so form trees. What was seen of a
 * target through another one that was down says nothing about the target itself: when the other
 * comes back, such a DOWN counts for nothing, and the target is UNKNOWN until it is confirmed anew.
 */
#ifndef IT_DOMAIN_PROBES_H
#define IT_DOMAIN_PROBES_H

#include "domain/limits.h"

#include <kt/layout.h>
#include <kt/machine.h>
#include <kt/status.h>

#define IT_TARGETS_MAX         1000
#define IT_CHAIN_MAX           16  /* targets from one up to the one that depends on nothing */
#define IT_DEPENDENTS_MAX      128 /* so that one call can merge all their outages */
#define IT_HOST_BYTES_MAX      253
#define IT_INTERVAL_S_MAX      86400
#define IT_INTERVAL_S_USUAL    60
#define IT_TIMEOUT_MS_MIN      10
#define IT_TIMEOUT_MS_MAX      60000
#define IT_TIMEOUT_MS_USUAL    2000
#define IT_CONFIRMATIONS_MAX   10
#define IT_CONFIRMATIONS_USUAL 3
/* Not heard of for so many intervals: UNKNOWN, and what was in a row is no more. */
#define IT_STALE_INTERVALS 3

/* The numbers are those of the contract's enums. */
enum { IT_TARGET_TCP = 1, IT_TARGET_KANTOR };

enum {
    IT_UNKNOWN,
    IT_UP,
    IT_DOWN,
    IT_REACHABILITIES,
};

enum {
    IT_PROBE_REACHED = 1,
    IT_PROBE_REFUSED,
    IT_PROBE_TIMED_OUT,
    IT_PROBE_UNREACHABLE,
};

/* "it.reachability": outcomes are its commands. */
extern const kt_machine_t it_reachability_machine;

typedef struct it_target_record {
    kt_span_t target;
    uint32_t kind;
    kt_span_t host;
    uint32_t port;
    kt_span_t department, site, depends_on;
    uint32_t interval_s, timeout_ms, confirmations;
    int64_t created_us;
    uint32_t dependents; /* targets below it */
} it_target_record_t;

/* What probes said; kept apart, since it changes all the time. */
typedef struct it_reach_record {
    uint32_t reachability; /* as it was confirmed last */
    int64_t since_us;
    int64_t last_us;
    uint32_t last_outcome, last_latency_us;
    kt_span_t last_text;
    uint32_t run; /* outcomes in a row that say the same, up to what the target wants */
    /* By the department's clock, since several probers have several: when the first of the run was
     * taken, when the state was confirmed, and when it last came back from DOWN. */
    int64_t run_us, confirmed_us, recovered_us;
} it_reach_record_t;

/* What is derived for those who look. */
typedef struct it_target_view {
    uint32_t reachability;
    int64_t since_us;
    bool in_maintenance;
    kt_span_t outage;
    int64_t due_us;
} it_target_view_t;

extern const kt_layout_t it_target_layout, it_reach_layout, it_target_view_layout;

/* A target with all that it depends on: itself first. */
typedef struct it_link {
    it_target_record_t target;
    it_reach_record_t reach;
    bool maintained;
} it_link_t;

typedef struct it_chain {
    it_link_t links[IT_CHAIN_MAX];
    uint32_t count;
} it_chain_t;

/* The state of the link AT as it counts for outages: what was seen through a target that was down
 * is left out. Silence changes nothing here. */
uint32_t it_chain_state(const it_chain_t *chain, uint32_t at);
/* The topmost link that is DOWN: the root cause of what is down below; -1: nothing is. */
int32_t it_chain_root(const it_chain_t *chain);

/* What is shown of the first link. */
typedef struct it_target_item {
    it_target_record_t target;
    it_reach_record_t reach;
    it_target_view_t view; /* without the outage, which the store knows */
    kt_span_t cause;       /* of its being down; empty: it is not */
} it_target_item_t;
void it_view_target(const it_chain_t *chain, int64_t now_us, it_target_item_t *item);
int64_t it_due_us(const it_target_record_t *target, const it_reach_record_t *reach);

/* ---- decisions ---- */

typedef struct it_target_facts {
    bool there, site_there, depends_there;
    uint32_t targets;  /* how many there are */
    it_chain_t *above; /* from DEPENDS_ON up; empty when it is */
} it_target_facts_t;

/* Completes DRAFT, and counts it at all that it depends on. Refuses with SITE_UNKNOWN,
 * TARGET_UNKNOWN (what it depends on), TARGET_EXISTS, TOO_MANY_TARGETS, TOO_MANY_DEPENDENTS,
 * DEPENDS_TOO_DEEP. */
kt_status_t it_decide_create_target(kt_arena_t *arena, it_target_record_t *draft,
                                    const it_target_facts_t *facts, int64_t now_us);

/* CHAIN begins with the target; those above it count one less then. Refuses with TARGET_IN_USE. */
kt_status_t it_decide_retire_target(kt_arena_t *arena, it_chain_t *chain);

typedef struct it_report {
    kt_span_t target;
    int64_t at_us;
    uint32_t outcome, latency_us;
    kt_span_t text;
} it_report_t;

extern const kt_layout_t it_report_layout;

/* Takes the report into the first link of CHAIN. Refuses with PROBE_OUT_OF_ORDER. */
kt_status_t
it_decide_reach(kt_arena_t *arena, const it_report_t *report, int64_t now_us, it_chain_t *chain);

#endif
