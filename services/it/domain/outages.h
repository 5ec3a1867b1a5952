/*
 * outages.h: one outage for each root cause.
 *
 * The root cause of a target that is down is the topmost one of its chain that is down. An outage
 * is of a root cause; what belongs to it is never written down, but follows from the chains. When
 * something further up goes down, the outages below are merged into the one of that deeper cause.
 * Maintenance opens no outage: where the root cause is in maintenance there is none, and those
 * below it that were open are excused.
 */
#ifndef IT_DOMAIN_OUTAGES_H
#define IT_DOMAIN_OUTAGES_H

#include "domain/probes.h"

/* The numbers are those of the contract. */
enum {
    IT_OUTAGE_NONE,
    IT_OUTAGE_OPEN,
    IT_OUTAGE_MERGED,
    IT_OUTAGE_CLOSED,
    IT_OUTAGE_STATES,
};

/* "it.outage" */
extern const kt_machine_t it_outage_machine;

typedef struct it_outage_record {
    kt_span_t outage;
    kt_span_t target; /* the root cause */
    uint32_t state;
    int64_t opened_us, closed_us;
    kt_span_t merged_into;
    bool excused;
    kt_span_t ticket;
} it_outage_record_t;

extern const kt_layout_t it_outage_layout;

typedef struct it_outage_facts {
    const it_chain_t *chain;         /* after the report */
    const it_outage_record_t *own;   /* open, of the first link; NULL: none */
    const it_outage_record_t *cause; /* open, of the root cause; NULL: none */
    /* Open ones whose causes depend on the root cause. Looked for when it_outages_move says so. */
    const it_outage_record_t *below;
    uint32_t below_count;
} it_outage_facts_t;

typedef struct it_outage_effects {
    bool opens;
    it_outage_record_t opened;
    it_outage_record_t *ended; /* merged or closed; in the arena */
    uint32_t ended_count;
    kt_span_t outage; /* that the first link belongs to then; empty: none */
} it_outage_effects_t;

/* Whether outages below the root cause may have to end: it has none itself yet. */
bool it_outages_move(const it_outage_facts_t *facts);

/* What becomes of outages; ID names the one that may be opened. RESOURCE_EXHAUSTED when the arena
 * is used up. */
kt_status_t it_decide_outages(kt_arena_t *arena, const it_outage_facts_t *facts, kt_span_t id,
                              int64_t now_us, it_outage_effects_t *fx);

/* OWN, the open outage of a target that is retired, is over. */
void it_decide_retire_outage(int64_t now_us, it_outage_record_t *own);

#endif
