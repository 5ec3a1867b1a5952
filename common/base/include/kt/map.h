/*
 * map.h: a hash map from 64-bit keys to pointers; open addressing, linear probing, no tombstones.
 * Keys are mixed with a seed that is drawn at creation, so that a peer cannot choose colliding ids.
 */
#ifndef KT_MAP_H
#define KT_MAP_H

#include <kt/def.h>

typedef struct kt_map kt_map_t;

/* An empty map with room for EXPECTED keys; NULL when memory is out. The caller destroys it. */
kt_map_t *kt_map_new(size_t expected);
void kt_map_destroy(kt_map_t **map);
/* The value of KEY, or NULL. */
void *kt_map_get(const kt_map_t *map, uint64_t key);
/* Sets KEY to VALUE (not NULL); false when memory is out, and nothing changed. */
bool kt_map_put(kt_map_t *map, uint64_t key, void *value) KT_MUST_CHECK;
/* Removes KEY and returns its value, or NULL when it was not there. */
void *kt_map_remove(kt_map_t *map, uint64_t key);
size_t kt_map_size(const kt_map_t *map);
/* Walks all pairs in no given order: start with *CURSOR = 0; false at the end. The map must not
 * change meanwhile. */
bool kt_map_next(const kt_map_t *map, size_t *cursor, uint64_t *key, void **value);

#endif
