/* list.h: circular doubly linked lists whose nodes lie inside what they link. A list is a node of
 * its own. */
#ifndef BROKER_LIST_H
#define BROKER_LIST_H

#include <kt/def.h>

typedef struct broker_node {
    struct broker_node *next, *prev;
} broker_node_t;

/* The TYPE whose MEMBER is NODE. */
#define BROKER_ITEM(node, type, member)                                                            \
    ((type *)(void *)((unsigned char *)(node)-offsetof(type, member)))

static inline void
broker_list_init(broker_node_t *node)
{
    node->next = node->prev = node;
}

static inline bool
broker_list_empty(const broker_node_t *list)
{
    return list->next == list;
}

static inline void
broker_list_append(broker_node_t *list, broker_node_t *node)
{
    node->prev = list->prev;
    node->next = list;
    list->prev->next = node;
    list->prev = node;
}

static inline void
broker_list_prepend(broker_node_t *list, broker_node_t *node)
{
    broker_list_append(list->next, node);
}

/* Takes NODE out of its list, if it is in one, and leaves it linked to itself. */
static inline void
broker_list_unlink(broker_node_t *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    broker_list_init(node);
}

static inline bool
broker_list_linked(const broker_node_t *node)
{
    return node->next != node;
}

#endif
