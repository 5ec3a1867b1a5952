#include "treap.h"

#include "backend.h"

#include <stdatomic.h>
#include <stdlib.h>

/* A change copies at most the nodes on one path, and a removal those on two more. With priorities
 * by hash, a path of half as many nodes is out of reach for any number of keys that fits into
 * memory. */
#define SPARE_NODES 256u
/* What a record costs beside its bytes, for the quota's sake. */
#define RECORD_OVERHEAD 64

typedef struct record {
    atomic_uint_least32_t refs;
    uint32_t key_size;
    size_t size;
    uint8_t bytes[]; /* the key, then the value */
} record_t;

struct kt_treap {
    atomic_uint_least32_t refs;
    uint64_t epoch;
    uint64_t priority;
    record_t *record;
    kt_treap_t *left, *right; /* a spare node's next is its left */
};

/* Epochs are drawn from one counter, so that no two writers' nodes can be taken for each other's.
 */
static atomic_uint_least64_t epochs = 1;

kt_span_t
kt_treap_key(const kt_treap_t *node)
{
    return kt_span(node->record->bytes, node->record->key_size);
}

kt_span_t
kt_treap_value(const kt_treap_t *node)
{
    return kt_span(node->record->bytes + node->record->key_size, node->record->size);
}

static int64_t
record_cost(const record_t *record)
{
    return (int64_t)(record->key_size + record->size) + RECORD_OVERHEAD;
}

static void
record_release(record_t *record)
{
    if (atomic_fetch_sub(&record->refs, 1) == 1)
        free(record);
}

kt_treap_t *
kt_treap_acquire(kt_treap_t *root)
{
    if (root)
        atomic_fetch_add(&root->refs, 1);
    return root;
}

void
kt_treap_release(kt_treap_t *root)
{
    while (root && atomic_fetch_sub(&root->refs, 1) == 1) {
        kt_treap_t *right = root->right;
        kt_treap_release(root->left);
        record_release(root->record);
        free(root);
        root = right;
    }
}

/* ---- the pen ---- */

void
kt_treap_seal(kt_treap_pen_t *pen)
{
    pen->epoch = atomic_fetch_add(&epochs, 1);
}

void
kt_treap_pen_fini(kt_treap_pen_t *pen)
{
    while (pen->spare) {
        kt_treap_t *node = pen->spare;
        pen->spare = node->left;
        free(node);
    }
    pen->spare_count = 0;
}

static bool
fill_spare(kt_treap_pen_t *pen)
{
    if (pen->epoch == 0)
        kt_treap_seal(pen);
    while (pen->spare_count < SPARE_NODES) {
        kt_treap_t *node = (kt_treap_t *)malloc(sizeof(*node));
        if (!node)
            return false;
        node->left = pen->spare;
        pen->spare = node;
        pen->spare_count++;
    }
    return true;
}

static kt_treap_t *
take_spare(kt_treap_pen_t *pen)
{
    kt_treap_t *node = pen->spare;

    KT_ASSERT(node != NULL);
    pen->spare = node->left;
    pen->spare_count--;
    atomic_init(&node->refs, 1);
    node->epoch = pen->epoch;
    return node;
}

/* NODE itself when no reader can see it, else a copy in its place. Takes and gives one reference.
 */
static kt_treap_t *
editable(kt_treap_pen_t *pen, kt_treap_t *node)
{
    if (node->epoch == pen->epoch)
        return node;
    kt_treap_t *copy = take_spare(pen);
    copy->priority = node->priority;
    copy->record = node->record;
    atomic_fetch_add(&copy->record->refs, 1);
    copy->left = kt_treap_acquire(node->left);
    copy->right = kt_treap_acquire(node->right);
    kt_treap_release(node);
    return copy;
}

/* ---- changes ---- */

/* A finishing mix behind the hash: short keys that differ in one bit get unlike priorities. */
static uint64_t
priority_of(kt_span_t key)
{
    uint64_t hash = kt_span_hash(KT_HASH_BEGIN, key);

    hash = (hash ^ (hash >> 32)) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

static void
replace_record(kt_treap_t *node, record_t *record, int64_t *grew)
{
    *grew -= record_cost(node->record);
    record_release(node->record);
    node->record = record;
}

static kt_treap_t *
insert(kt_treap_pen_t *pen, kt_treap_t *node, kt_span_t key, record_t *record, int64_t *grew)
{
    if (!node) {
        kt_treap_t *leaf = take_spare(pen);
        leaf->priority = priority_of(key);
        leaf->record = record;
        leaf->left = leaf->right = NULL;
        return leaf;
    }
    node = editable(pen, node);
    int order = kt_span_compare(key, kt_treap_key(node));
    if (order == 0) {
        replace_record(node, record, grew);
        return node;
    }
    kt_treap_t **side = order < 0 ? &node->left : &node->right;
    *side = insert(pen, *side, key, record, grew);
    kt_treap_t *child = *side;
    if (child->priority <= node->priority)
        return node;
    /* Turn the child up; it is editable, since the change came through it. */
    kt_treap_t **inner = order < 0 ? &child->right : &child->left;
    *side = *inner;
    *inner = node;
    return child;
}

/* One tree of two, where every key of LEFT is below every key of RIGHT. */
static kt_treap_t *
merge(kt_treap_pen_t *pen, kt_treap_t *left, kt_treap_t *right)
{
    if (!left || !right)
        return left ? left : right;
    if (left->priority > right->priority) {
        left = editable(pen, left);
        left->right = merge(pen, left->right, right);
        return left;
    }
    right = editable(pen, right);
    right->left = merge(pen, left, right->left);
    return right;
}

static kt_treap_t *
take_out(kt_treap_pen_t *pen, kt_treap_t *node, kt_span_t key, int64_t *grew)
{
    node = editable(pen, node);
    int order = kt_span_compare(key, kt_treap_key(node));
    if (order != 0) {
        kt_treap_t **side = order < 0 ? &node->left : &node->right;
        *side = take_out(pen, *side, key, grew);
        return node;
    }
    kt_treap_t *rest = merge(pen, node->left, node->right);
    *grew -= record_cost(node->record);
    node->left = node->right = NULL;
    kt_treap_release(node);
    return rest;
}

static kt_status_t
no_memory(void)
{
    return kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "no memory left for the store");
}

kt_status_t
kt_treap_put(kt_treap_pen_t *pen, kt_treap_t **root, kt_span_t key, size_t size, uint8_t **room,
             int64_t *grew)
{
    record_t *record = fill_spare(pen) ? malloc(sizeof(*record) + key.size + size) : NULL;

    if (!record)
        return no_memory();
    atomic_init(&record->refs, 1);
    record->key_size = (uint32_t)key.size;
    record->size = size;
    memcpy(record->bytes, key.data, key.size);
    *room = record->bytes + key.size;
    *grew = record_cost(record);
    *root = insert(pen, *root, key, record, grew);
    return kt_ok();
}

kt_status_t
kt_treap_remove(kt_treap_pen_t *pen, kt_treap_t **root, kt_span_t key, int64_t *grew)
{
    if (!fill_spare(pen))
        return no_memory();
    *grew = 0;
    *root = take_out(pen, *root, key, grew);
    return kt_ok();
}

/* ---- searches ---- */

const kt_treap_t *
kt_treap_find(const kt_treap_t *root, kt_span_t key)
{
    while (root) {
        int order = kt_span_compare(key, kt_treap_key(root));
        if (order == 0)
            return root;
        root = order < 0 ? root->left : root->right;
    }
    return NULL;
}

const kt_treap_t *
kt_treap_above(const kt_treap_t *root, kt_span_t key, bool equal)
{
    const kt_treap_t *best = NULL;

    while (root) {
        int order = kt_span_compare(key, kt_treap_key(root));
        if (order < 0 || (equal && order == 0)) {
            best = root;
            root = root->left;
        } else {
            root = root->right;
        }
    }
    return best;
}

const kt_treap_t *
kt_treap_below(const kt_treap_t *root, kt_span_t key, bool equal)
{
    const kt_treap_t *best = NULL;

    while (root) {
        int order = kt_span_compare(key, kt_treap_key(root));
        if (order > 0 || (equal && order == 0)) {
            best = root;
            root = root->right;
        } else {
            root = root->left;
        }
    }
    return best;
}

const kt_treap_t *
kt_treap_first(const kt_treap_t *root)
{
    while (root && root->left)
        root = root->left;
    return root;
}

const kt_treap_t *
kt_treap_last(const kt_treap_t *root)
{
    while (root && root->right)
        root = root->right;
    return root;
}
