/*
 * facts.h: which value each fact has according to the journal: a hash map from keys to values, both
 * as 128 bits of SHA-256, so that its memory does not depend on how long they are.
 */
#ifndef KT_FACTS_H
#define KT_FACTS_H

#include <kt/journal.h>

typedef struct kt_facts kt_facts_t;

typedef struct kt_fact {
    uint8_t key[16], value[16];
    uint64_t number; /* of the journal record that set it, plus one; 0: a free slot */
} kt_fact_t;

/* NULL when memory is out. The caller destroys it. */
kt_facts_t *kt_facts_new(void);
void kt_facts_destroy(kt_facts_t **facts);
void kt_facts_clear(kt_facts_t *facts);

/* The fact of a table and key without value and number: what the others look for. */
kt_fact_t kt_fact_of(uint32_t table, kt_span_t key);
void kt_fact_set_value(kt_fact_t *fact, kt_span_t value);
/* In which of PARTS a fact falls: each pass of a verification holds one part in memory. */
uint32_t kt_fact_part(const kt_fact_t *fact, uint32_t parts);

/* Sets a fact; false when memory is out. */
bool kt_facts_put(kt_facts_t *facts, const kt_fact_t *fact) KT_MUST_CHECK;
/* Removes the fact with this key and gives what it was; false when there is none. */
bool kt_facts_take(kt_facts_t *facts, const kt_fact_t *key, kt_fact_t *was);
/* Walks what is left, from *CURSOR == 0 on. */
bool kt_facts_next(const kt_facts_t *facts, size_t *cursor, kt_fact_t *fact);

#endif
