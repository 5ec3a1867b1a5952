/*
 * treap.h: an ordered tree of records of which every old version stays as it was.
 *
 * A version is a root. Changing one copies the nodes on the way to the change and shares the rest,
 * so that readers go on in the old version without a lock. Nodes and records are counted; a version
 * is given back with kt_treap_release. Priorities are a hash of the key: a set of keys has one
 * shape, whatever order it came in.
 */
#ifndef KT_KV_TREAP_H
#define KT_KV_TREAP_H

#include <kt/span.h>
#include <kt/status.h>

typedef struct kt_treap kt_treap_t; /* a node, and the tree below it; NULL is the empty tree */

/* The nodes a writer has in hand, so that a change that has begun cannot run out of memory. Each
 * writer has one; all zero is a fresh one. Nodes made with it are changed in place until
 * kt_treap_seal. */
typedef struct kt_treap_pen {
    kt_treap_t *spare;
    uint32_t spare_count;
    uint64_t epoch; /* of the nodes that only this writer can see */
} kt_treap_pen_t;

/* Ends the time in which nodes are changed in place: call before a version is shown to readers. */
void kt_treap_seal(kt_treap_pen_t *pen);
void kt_treap_pen_fini(kt_treap_pen_t *pen);

kt_treap_t *kt_treap_acquire(kt_treap_t *root);
void kt_treap_release(kt_treap_t *root);

/* Changes *ROOT to the version with KEY and room for SIZE bytes, which the caller fills;
 * RESOURCE_EXHAUSTED when memory is out, and nothing changed. *GREW is the change of the bytes
 * held. */
kt_status_t kt_treap_put(kt_treap_pen_t *pen, kt_treap_t **root, kt_span_t key, size_t size,
                         uint8_t **room, int64_t *grew);
/* Changes *ROOT to the version without KEY, which must be there. */
kt_status_t kt_treap_remove(kt_treap_pen_t *pen, kt_treap_t **root, kt_span_t key, int64_t *grew);

/* Each finds a node or NULL. Above and below are strict unless EQUAL is set. */
const kt_treap_t *kt_treap_find(const kt_treap_t *root, kt_span_t key);
const kt_treap_t *kt_treap_above(const kt_treap_t *root, kt_span_t key, bool equal);
const kt_treap_t *kt_treap_below(const kt_treap_t *root, kt_span_t key, bool equal);
const kt_treap_t *kt_treap_first(const kt_treap_t *root);
const kt_treap_t *kt_treap_last(const kt_treap_t *root);

kt_span_t kt_treap_key(const kt_treap_t *node);
kt_span_t kt_treap_value(const kt_treap_t *node);

#endif
